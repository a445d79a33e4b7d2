import { loadKnowledge, type MessageTemplate } from '@winmedic/knowledge';
import type { EventObservation, InputProblem, Origin } from '../model/index.ts';
import { csvRows } from './csv.ts';
import { accountSid, type LabelKey, type LabelLine, labelKey, labelLines, levelNumber } from './labels.ts';
import { matchTemplates, type TemplateMatch } from './message-templates.ts';
import { normaliseText } from './normalise.ts';
import { securityFields, securityHead } from './security-message.ts';
import { findTime } from './times.ts';
import { xmlEvents } from './xml.ts';
import { eventFromXml } from './xml-event.ts';

/** How a text is read. */
export interface ParseTextOptions {
  /** Shown in origins and problems. */
  readonly path: string;
  readonly sourceId: string;
  /** UTC offset assumed for times that state none, minutes, east positive. Default 0, and said so. */
  readonly zoneOffsetMinutes?: number;
  /** Windows' own message texts; by default those of the knowledge base. */
  readonly templates?: readonly MessageTemplate[];
}

/** Events found in a text, and what was not understood. Trust of all events is `text`. */
export interface ParsedText {
  readonly events: EventObservation[];
  readonly problems: InputProblem[];
}

/** Longest text read; a longer one is cut and said so (an export of a whole log belongs into EVTX). */
const MAX_TEXT = 64 * 1024 * 1024;
/** Most events of one text. */
const MAX_EVENTS = 200_000;

/**
 * Reads events from text people send: a message pasted from the Event Viewer (Japanese or English, with or without its label lines), several
 * of them in one posting, a table saved by the Event Viewer (CSV or tabs), or the XML of `wevtutil qe` and the Event Viewer. An `Event Xml:` part wins over the prose
 * before it. Events without a time get time 0 and the problem TEXT_NO_TIME.
 */
export function parseEventText(text: string, options: ParseTextOptions): ParsedText {
  const state = new State(options);
  const source = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  if (source.length < text.length) state.problem('TEXT_TOO_LONG', 'partial');
  const head = source.replace(/^\uFEFF/, '').trimStart();
  if (head.startsWith('<')) readXml(source, state);
  else if (isTable(head, ',')) readTable(head, ',', state);
  else if (isTable(head, '\t')) readTable(head, '\t', state);
  else readProse(source, state);
  if (state.events.length === 0) state.problem('TEXT_NO_EVENT', 'unusable');
  return { events: state.events, problems: [...state.problems.values()] };
}

class State {
  readonly options: ParseTextOptions;
  readonly templates: readonly MessageTemplate[];
  readonly events: EventObservation[] = [];
  readonly problems = new Map<string, InputProblem>();

  constructor(options: ParseTextOptions) {
    this.options = options;
    this.templates = options.templates ?? loadKnowledge().messages;
  }

  problem(code: string, severity: InputProblem['severity'], line?: number): void {
    const known = this.problems.get(code);
    this.problems.set(code, {
      code,
      severity,
      path: this.options.path,
      count: (known?.count ?? 0) + 1,
      what: known?.what ?? (line === undefined ? 'text' : `line ${line}`),
    });
  }

  origin(line: number): Origin {
    return { sourceId: this.options.sourceId, path: this.options.path, line };
  }

  /** The time in a text; an assumed zone and a missing time are reported. */
  time(text: string, line: number): bigint {
    const found = findTime(text, this.options.zoneOffsetMinutes ?? 0);
    if (!found) {
      this.problem('TEXT_NO_TIME', 'partial', line);
      return 0n;
    }
    if (found.zone === 'assumed') this.problem('TEXT_ZONE_ASSUMED', 'note', line);
    return found.time;
  }

  add(event: EventObservation): boolean {
    if (this.events.length >= MAX_EVENTS) {
      this.problem('TEXT_TOO_MANY_EVENTS', 'partial');
      return false;
    }
    this.events.push(event);
    return true;
  }
}

function readXml(text: string, state: State): void {
  let line = 1;
  let seen = 0;
  for (const { node, offset } of xmlEvents(text)) {
    for (; seen < offset; seen++) if (text.charCodeAt(seen) === 10) line++;
    const event = node && eventFromXml(node, state.origin(line));
    if (!event) state.problem('TEXT_BROKEN_EVENT', 'partial', line);
    else {
      if (event.time === 0n) state.problem('TEXT_NO_TIME', 'partial', line);
      if (!state.add(event)) return;
    }
  }
}

function isTable(text: string, delimiter: Delimiter): boolean {
  const header = text.slice(0, Math.max(text.search(/\r?\n/), 0)).split(delimiter);
  return header.length >= 4 && header.filter((cell) => labelKey(cell.replaceAll('"', '')) !== undefined).length >= 3;
}

type Delimiter = ',' | '\t';

function readTable(text: string, delimiter: Delimiter, state: State): void {
  let columns: (LabelKey | undefined)[] = [];
  for (const { fields, line } of csvRows(text, delimiter)) {
    if (columns.length === 0) {
      columns = fields.map((field) => labelKey(field));
      continue;
    }
    if (fields.length === 1 && fields[0]?.trim() === '') continue;
    const get = (key: LabelKey): string | undefined => fields[columns.indexOf(key)];
    // The Event Viewer's export has a message column without a heading, after the task category.
    const message = normaliseText(get('description') ?? fields[columns.length] ?? '');
    const provider = get('provider')?.trim();
    const id = Number(get('id'));
    if (!provider || !Number.isInteger(id)) {
      state.problem('TEXT_BROKEN_EVENT', 'partial', line);
      continue;
    }
    const added = state.add(
      makeEvent(state, {
        provider,
        id,
        channel: get('channel') ?? channelOf(provider),
        host: get('computer') ?? '',
        level: levelNumber(get('level')),
        time: state.time(get('date') ?? '', line),
        user: get('user'),
        message,
        line,
        recordId: get('record') ?? '',
      }),
    );
    if (!added) return;
  }
}

interface Draft {
  readonly provider: string;
  readonly id: number;
  readonly channel: string;
  readonly host: string;
  readonly level: number;
  readonly time: bigint;
  readonly user: string | undefined;
  readonly message: string;
  readonly line: number;
  readonly recordId: string;
  readonly match?: TemplateMatch;
}

/** Channel of the providers whose messages are read, when the text does not name it. */
function channelOf(provider: string): string {
  return /Security-Auditing/i.test(provider)
    ? 'Security'
    : /^(User32|EventLog|Microsoft-Windows-(Kernel|WER|Winlogon|WindowsUpdate))/i.test(provider)
      ? 'System'
      : '';
}

/**
 * Fields that the message of an event gives: by Windows' own wording, and for Security events by their labelled lines.
 * @param message normalised ({@link normaliseText}).
 * @param templates wordings of events with this id.
 */
export function fieldsOfMessage(
  message: string,
  provider: string,
  id: number,
  templates: readonly MessageTemplate[],
  match: TemplateMatch | undefined = matchTemplates(message, templates).at(0),
): { readonly fields: Map<string, string>; readonly match: TemplateMatch | undefined } {
  const fields = new Map(match?.fields ?? []);
  if (/Security-Auditing/i.test(provider)) for (const [name, value] of securityFields(message, id)) fields.set(name, value);
  return { fields, match };
}

function makeEvent(state: State, draft: Draft): EventObservation {
  const templates = state.templates.filter(({ id }) => id === draft.id);
  const { fields, match } = fieldsOfMessage(draft.message, draft.provider, draft.id, templates, draft.match);
  if (!/Security-Auditing/i.test(draft.provider) && fields.size === 0 && draft.message !== '' && !match)
    state.problem('TEXT_FIELDS_UNKNOWN', 'note', draft.line);
  const userSid = accountSid(fields.get('param7') ?? draft.user);
  return {
    type: 'event',
    id: '',
    time: draft.time,
    host: draft.host || fields.get('param2') || '',
    channel: draft.channel,
    provider: draft.provider,
    eventId: draft.id,
    version: 0,
    level: draft.level,
    recordId: draft.recordId,
    ...(userSid ? { userSid } : {}),
    fields,
    origin: draft.recordId ? { ...state.origin(draft.line), recordId: draft.recordId } : state.origin(draft.line),
    trust: 'text',
    ...(draft.message ? { message: draft.message.slice(0, 20_000) } : {}),
  };
}

/** A part of a posting that holds one event. */
interface Segment {
  readonly from: number;
  readonly to: number;
  readonly labels: ReadonlyMap<LabelKey, LabelLine>;
}

function readProse(text: string, state: State): void {
  const clean = normaliseText(text);
  const lines = clean.split('\n');
  const labels = labelLines(lines);
  for (const segment of segments(lines, labels)) {
    const part = lines.slice(segment.from, segment.to).join('\n');
    const xml = part.indexOf('<Event ');
    if (xml >= 0) {
      const before = state.events.length;
      readXml(part.slice(xml), state);
      if (state.events.length > before) continue;
    }
    if (!readSegment(part, segment, state)) return;
  }
}

/** Cuts the text where a new group of label lines with an event id begins; without labels the whole text is one segment. */
function segments(lines: readonly string[], labels: readonly LabelLine[]): Segment[] {
  const byLine = new Map(labels.map((label) => [label.line, label]));
  const starts: number[] = [];
  for (const label of labels) {
    if (label.key !== 'id') continue;
    let first = label.line;
    for (let above = byLine.get(first - 1); above && above.key !== 'description' && above.key !== 'id'; above = byLine.get(first - 1))
      first--;
    starts.push(first);
  }
  const cuts = starts.length > 0 ? [...(starts[0]! > 0 ? [0] : []), ...starts] : [0];
  let next = 0;
  return cuts.map((from, index) => {
    const to = cuts[index + 1] ?? lines.length;
    const own = new Map<LabelKey, LabelLine>();
    for (; next < labels.length && labels[next]!.line < to; next++)
      if (!own.has(labels[next]!.key)) own.set(labels[next]!.key, labels[next]!);
    return { from, to, labels: own };
  });
}

/** Adds the events of one segment; false when no more are taken. */
function readSegment(part: string, segment: Segment, state: State): boolean {
  const value = (key: LabelKey): string | undefined => segment.labels.get(key)?.value;
  const line = segment.from + 1;
  const labelled = Number(/^\d+/.exec(value('id') ?? '')?.[0] ?? Number.NaN);
  const common = {
    host: value('computer') ?? '',
    level: levelNumber(value('level')),
    user: value('user'),
    recordId: value('record') ?? '',
  };
  const security = securityHead(part);
  if (Number.isInteger(labelled)) {
    const match = matchTemplates(
      part,
      state.templates.filter(({ id }) => id === labelled),
    ).at(0);
    const provider =
      value('provider') || match?.template.provider || (security?.id === labelled ? 'Microsoft-Windows-Security-Auditing' : '');
    if (!provider) {
      state.problem('TEXT_NO_PROVIDER', 'partial', line);
      return true;
    }
    const body = match ? part.slice(match.start, match.end) : security ? part.slice(security.index) : afterLabel(part, segment);
    return state.add(
      makeEvent(state, {
        ...common,
        provider,
        id: labelled,
        channel: value('channel') || match?.template.channel || channelOf(provider),
        time: state.time(value('date') ?? part, line),
        message: body,
        line,
        ...(match ? { match } : {}),
      }),
    );
  }
  const matches = matchTemplates(part, state.templates);
  let from = 0;
  for (const match of matches) {
    const at = segment.from + part.slice(0, match.start).split('\n').length;
    // The time of a posting stands before its message, or right after it.
    const near = `${part.slice(from, match.start)}\n${part.slice(match.end, match.end + 200)}`;
    const { provider, id, channel } = match.template;
    if (
      !state.add(
        makeEvent(state, {
          ...common,
          provider,
          id,
          channel,
          time: state.time(near, at),
          message: part.slice(match.start, match.end),
          line: at,
          match,
        }),
      )
    )
      return false;
    from = match.end;
  }
  if (matches.length === 0 && security) {
    const time = state.time(part, line);
    return state.add(
      makeEvent(state, {
        ...common,
        provider: 'Microsoft-Windows-Security-Auditing',
        id: security.id,
        channel: 'Security',
        time,
        message: part.slice(security.index),
        line,
      }),
    );
  }
  return true;
}

function afterLabel(part: string, segment: Segment): string {
  const label = segment.labels.get('description');
  if (!label) return '';
  const lines = part.split('\n').slice(label.line - segment.from);
  return [label.value, ...lines.slice(1)].join('\n').trim();
}
