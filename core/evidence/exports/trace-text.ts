import type { MessageTemplate } from '@winmedic/knowledge/model';
import type { Lines } from './lines.ts';
import type { Sink } from './sink.ts';

/**
 * The beginning of a record as `netsh trace convert` and tracefmt print it: `[cpu]pid.tid::time [provider]message`, process and thread in hexadecimal.
 * @source Microsoft Learn, "Trace Message Prefix"
 */
const PREFIX =
  /^\[(\d{1,5})\]([0-9A-Fa-f]{4,8})\.([0-9A-Fa-f]{4,8})::(?:(\d{4})\/(\d{2})\/(\d{2})|(\d{2})\/(\d{2})\/(\d{4}))-(\d{2}:\d{2}:\d{2})\.(\d{1,9}) ?\[([^\]]{1,200})\] ?/;
/** Further lines of one message: a SOAP document that was laid out. */
const MAX_LINES = 10_000;
/** Longest message kept; traces hold SOAP in pieces of at most 32 KiB. */
const MAX_MESSAGE = 65_536;

/** Does a trace in words begin here? */
export function isTraceText(lines: Lines): boolean {
  return PREFIX.test(lines.trimmed() ?? '');
}

/**
 * Reads a trace in words to its end. Which event a line is, is found by the message texts of the knowledge base: the numbers are not printed. What has no known
 * text becomes an event without a number that decides nothing. Times are local: those of the zone given.
 */
export function readTraceText(lines: Lines, sink: Sink, templates: readonly MessageTemplate[]): void {
  sink.section('trace-text');
  const known = byProvider(templates);
  for (let text = lines.trimmed(); text !== undefined; text = lines.trimmed()) {
    const line = lines.number;
    const prefix = PREFIX.exec(text);
    lines.next();
    if (prefix === null) continue;
    let message = text.slice(prefix[0].length);
    for (let n = 0; n < MAX_LINES; n++) {
      const more = lines.trimmed();
      if (more === undefined || PREFIX.test(more)) break;
      lines.next();
      if (message.length < MAX_MESSAGE) message += `\n${more}`;
    }
    if (!add(prefix, message.slice(0, MAX_MESSAGE).trim(), line, sink, known)) return;
  }
}

function add(prefix: RegExpExecArray, message: string, line: number, sink: Sink, known: ReadonlyMap<string, readonly Pattern[]>): boolean {
  const [, , pid = '', , year, month, day, otherMonth, otherDay, otherYear, clock = '', fraction = '', name = ''] = prefix;
  const date = year === undefined ? `${otherYear}-${otherMonth}-${otherDay}` : `${year}-${month}-${day}`;
  const whole = sink.clock.yearFirst(`${date}T${clock}`);
  if (whole === undefined) {
    sink.problem('EXPORT_NO_TIME', 'partial', line);
    return true;
  }
  // tracefmt adds the channel to the name.
  const provider = name.split('/')[0] as string;
  const match = matchOf(message, known.get(provider.toLowerCase()) ?? []);
  const fields = new Map<string, string>(match?.fields);
  fields.set('ProcessID', String(Number.parseInt(pid, 16)));
  return sink.event(
    {
      time: whole + BigInt(fraction.padEnd(9, '0')),
      host: '',
      channel: match?.template.channel ?? `${provider}/Trace`,
      provider,
      eventId: match?.template.id ?? 0,
      version: 0,
      level: 0,
      recordId: '',
      fields,
      message,
    },
    line,
  );
}

/** A message text cut at its fields. */
interface Pattern {
  readonly template: MessageTemplate;
  /** One more than fields. */
  readonly literals: readonly string[];
  readonly fields: readonly string[];
}

function byProvider(templates: readonly MessageTemplate[]): Map<string, Pattern[]> {
  const known = new Map<string, Pattern[]>();
  for (const template of templates) {
    const parts = template.text.split(/\{([^}]+)\}/);
    const pattern = {
      template,
      literals: parts.filter((_, n) => n % 2 === 0),
      fields: parts.filter((_, n) => n % 2 === 1),
    };
    const key = template.provider.toLowerCase();
    known.set(key, [...(known.get(key) ?? []), pattern]);
  }
  // The longest text first: one may be the beginning of another.
  for (const list of known.values()) list.sort((a, b) => b.literals.join('').length - a.literals.join('').length);
  return known;
}

interface Match {
  readonly template: MessageTemplate;
  readonly fields: Map<string, string>;
}

/** The text stands at the beginning of the message, its parts in order; the last field takes what is left. */
function matchOf(message: string, patterns: readonly Pattern[]): Match | undefined {
  // Line breaks of a message table are printed as one or two blanks.
  const plain = message.replaceAll(/ {2,}/g, ' ');
  for (const { template, literals, fields } of patterns) {
    const [first = '', ...rest] = literals;
    if (!plain.startsWith(first)) continue;
    let at = first.length;
    const values = new Map<string, string>();
    const whole = rest.every((literal, n) => {
      const last = n === rest.length - 1;
      const end = literal === '' && last ? plain.length : plain.indexOf(literal, at);
      if (end < 0) return false;
      values.set(fields[n] as string, plain.slice(at, end).trim());
      at = end + literal.length;
      return true;
    });
    if (whole) return { template, fields: values };
  }
  return undefined;
}
