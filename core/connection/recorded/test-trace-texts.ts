import { loadKnowledge } from '@winmedic/knowledge';
import { activityId, eventsOf, type TraceRow } from '@winmedic/labs/trace-rows';

const PROVIDERS = {
  winrm: { name: 'Microsoft-Windows-WinRM', guid: '{a7975c8f-ac13-49f1-87da-5a984a4ab417}' },
  wmi: { name: 'Microsoft-Windows-WMI-Activity', guid: '{1418ef04-b0b4-4623-bf7e-d74ab47bbdaa}' },
} as const;
const NO_ACTIVITY = '{00000000-0000-0000-0000-000000000000}';
/** 2026-04-01T00:00:00Z in FILETIME ticks. */
const START = 134_195_136_000_000_000n;
const EPOCH = 116_444_736_000_000_000n;

interface Told {
  readonly id: number;
  readonly ticks: bigint;
  readonly activity: string;
  readonly related: string;
  readonly level: number;
  readonly thread: number;
  /** In the order of the template. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

function toldBy({ story }: TraceRow): { readonly provider: (typeof PROVIDERS)[keyof typeof PROVIDERS]; readonly events: readonly Told[] } {
  const templates = eventsOf(story);
  let ticks = START;
  const events = story.steps.map(({ id, values = {}, activity, related, afterMs = 2 }, index): Told => {
    const template = templates.get(id);
    if (template === undefined) throw new RangeError(`event ${id}`);
    if (index > 0) ticks += BigInt(afterMs) * 10_000n;
    return {
      id,
      ticks,
      level: template.level,
      thread: 4000 + 4 * (activity ?? 0),
      activity: activity === undefined ? '' : `{${activityId(activity)}}`,
      related: related === undefined ? '' : `{${activityId(related)}}`,
      fields: template.fields.map(({ name, type }) => {
        const value = values[name];
        if (type === 'HexInt32') return [name, `0x${Number(value).toString(16).toUpperCase()}`];
        return [name, typeof value === 'boolean' ? String(value) : String(value ?? '')];
      }),
    };
  });
  return { provider: story.side === 'wmi' ? PROVIDERS.wmi : PROVIDERS.winrm, events };
}

const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const iso = (ticks: bigint): string =>
  `${new Date(Number((ticks - EPOCH) / 10_000n)).toISOString().slice(0, 19)}.${String(ticks % 10_000_000n).padStart(7, '0')}00Z`;

/** What `tracerpt -of XML` writes of a row: the shape of the event viewer's XML, the computer left empty. */
export function asTracerptXml(row: TraceRow): string {
  const { provider, events } = toldBy(row);
  const body = events.map(({ id, ticks, activity, related, level, thread, fields }) => {
    const correlation =
      activity === '' ? '' : `<Correlation ActivityID="${activity}"${related === '' ? '' : ` RelatedActivityID="${related}"`} />`;
    const data = fields.map(([name, value]) => `<Data Name="${name}">${xml(value)}</Data>`).join('');
    return `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="${provider.name}" Guid="${provider.guid}" /><EventID>${id}</EventID><Version>0</Version><Level>${level}</Level><Task>0</Task><Opcode>0</Opcode><Keywords>0x4000000000000001</Keywords><TimeCreated SystemTime="${iso(ticks)}" />${correlation}<Execution ProcessID="2044" ThreadID="${thread}" ProcessorID="1" KernelTime="0" UserTime="0" /><Channel>${provider.name}/Analytic</Channel><Computer /></System><EventData>${data}</EventData></Event>`;
  });
  return `<?xml version="1.0" encoding="utf-8"?>\n<Events>\n${body.join('\n')}\n</Events>\n`;
}

const COLUMNS =
  'Event Name, Type, Event ID, Version, Channel, Level, Opcode, Task, Keyword, PID, TID, Processor Number, Instance ID, Parent Instance ID, Activity ID, Related Activity ID, Clock-Time, Kernel(ms), User(ms), User Data';

/** What `tracerpt -of CSV` writes of a row: texts in quotes, fields without their names. */
export function asTracerptCsv(row: TraceRow): string {
  const { provider, events } = toldBy(row);
  const lines = events.map(({ id, ticks, activity, related, level, thread, fields }) =>
    [
      provider.name,
      'Start',
      String(id),
      '0',
      '17',
      String(level),
      '0',
      '0',
      '0x4000000000000001',
      '0x000007FC',
      `0x${thread.toString(16).toUpperCase().padStart(8, '0')}`,
      '1',
      '',
      '',
      activity === '' ? NO_ACTIVITY : activity,
      related === '' ? NO_ACTIVITY : related,
      String(ticks),
      '0',
      '0',
      ...fields.map(([, value]) => (/^(?:\d+|0x[0-9A-F]+|true|false)$/.test(value) ? value : `"${value.replaceAll('\n', ' ')}"`)),
    ].join(', '),
  );
  return `${COLUMNS}\r\nEventTrace, Header, 0, 2, 0, 0, 0, 0, 0x0, 0x000007FC, 0x00000FA0, 0, , , ${NO_ACTIVITY}, , ${START}, 0, 0, 65536\r\n${lines.join('\r\n')}\r\n`;
}

/** What `netsh trace convert` prints of a row: messages in words, without the number and the activity of an event. What has no known text is printed as it came. */
export function asNetshText(row: TraceRow): string {
  const { provider, events } = toldBy(row);
  const texts = new Map(
    loadKnowledge()
      .messages.filter((each) => each.provider === provider.name)
      .map(({ id, text }) => [id, text]),
  );
  return events
    .map(({ id, ticks, thread, fields }) => {
      const at = new Date(Number((ticks - EPOCH) / 10_000n)).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', '-');
      const prefix = `[1]07FC.${thread.toString(16).toUpperCase().padStart(4, '0')}::${at}.${String(ticks % 10_000_000n).padStart(7, '0')} [${provider.name}]`;
      const text = texts.get(id);
      if (text === undefined) return `${prefix}Activity of the provider`;
      const values = new Map(fields);
      // The schemes a server offers stand behind each other.
      const offered = [1, 2, 3, 4, 5].map((n) => values.get(`authServer${n}`) ?? '').filter((name) => name !== '');
      if (offered.length > 0) values.set('authServer1', offered.join(' '));
      return `${prefix}${text.replaceAll(/\{([^}]+)\}/g, (_, name: string) => values.get(name) ?? '')}`;
    })
    .join('\r\n');
}
