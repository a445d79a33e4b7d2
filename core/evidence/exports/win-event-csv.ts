import { csvRows } from '../../explain/csv.ts';
import { levelNumber } from '../../explain/labels.ts';
import { orderOf } from './instant-of.ts';
import { printedTime } from './local-time.ts';
import { MAX_EVENTS, type Sink } from './sink.ts';
import { WinEvents } from './win-event.ts';

/** Columns by property of `Get-WinEvent`, then of `Get-EventLog`; properties are never translated. */
const COLUMNS = {
  id: ['Id', 'EventID'],
  provider: ['ProviderName', 'Source'],
  time: ['TimeCreated', 'TimeGenerated'],
  record: ['RecordId', 'Index'],
  channel: ['LogName'],
  host: ['MachineName'],
  version: ['Version'],
  level: ['Level', 'EntryType'],
  user: ['UserId', 'UserName'],
  activity: ['ActivityId'],
  message: ['Message'],
} as const;
type Column = keyof typeof COLUMNS;

/** Longest line of headings. */
const MAX_HEADINGS = 4000;
const TYPE_LINE = /^#TYPE [^\r\n]{1,300}\r?\n/;

/** Where the rows begin, and which column is which. */
export interface CsvHead {
  /** Offset of the headings, and their line. */
  readonly start: number;
  readonly line: number;
  readonly columns: ReadonlyMap<Column, number>;
}

/** Recognises what `Export-Csv` and `ConvertTo-Csv` write of event records, with or without the line of the type. */
export function winEventCsvHead(text: string): CsvHead | undefined {
  const bom = text.startsWith('\uFEFF') ? 1 : 0;
  const type = TYPE_LINE.exec(text.slice(bom, bom + MAX_HEADINGS))?.[0].length ?? 0;
  const start = bom + type;
  const feed = text.indexOf('\n', start);
  if (feed < 0 || feed - start > MAX_HEADINGS) return undefined;
  const [row] = csvRows(text.slice(start, feed));
  const headings = row?.fields ?? [];
  const columns = new Map<Column, number>();
  for (const [column, names] of Object.entries(COLUMNS) as [Column, readonly string[]][]) {
    const at = headings.findIndex((heading) => names.includes(heading.trim()));
    if (at >= 0) columns.set(column, at);
  }
  const known = columns.has('id') && columns.has('time') && (columns.has('provider') || columns.has('message'));
  return known ? { start, line: type > 0 ? 2 : 1, columns } : undefined;
}

/** Reads the rows. The culture of the system that wrote them is not stated: the order of day and month is found from all dates together. */
export function readWinEventCsv(text: string, head: CsvHead, sink: Sink): void {
  sink.section('winevent-csv');
  const body = text.slice(head.start);
  const order = orderOf(times(body, head));
  const events = new WinEvents(sink);
  let first = true;
  for (const { fields, line: inBody } of csvRows(body)) {
    if (first) {
      first = false;
      continue;
    }
    if (fields.length === 1 && fields[0]?.trim() === '') continue;
    const line = head.line + inBody - 1;
    const get = (column: Column): string => fields[head.columns.get(column) ?? -1]?.trim() ?? '';
    const id = get('id');
    if (!/^\d{1,10}$/.test(id)) {
      sink.problem('EXPORT_LINE_UNKNOWN', 'partial', line);
      continue;
    }
    const shown = get('time');
    const printed = printedTime(shown);
    let time = sink.clock.yearFirst(shown);
    if (time === undefined && printed !== undefined && order !== undefined) time = sink.clock.instant(printed, order);
    if (time === undefined) sink.problem(printed === undefined ? 'EXPORT_NO_TIME' : 'EXPORT_DATE_AMBIGUOUS', 'partial', line);
    const level = get('level');
    const taken = events.add({
      time: time ?? 0n,
      id: Number(id),
      provider: get('provider'),
      channel: get('channel'),
      host: get('host'),
      version: Number(get('version')) || 0,
      level: /^\d$/.test(level) ? Number(level) : levelNumber(level),
      recordId: /^\d{1,20}$/.test(get('record')) ? get('record') : '',
      user: get('user') || undefined,
      activityId: get('activity') || undefined,
      message: get('message'),
      properties: [],
      line,
    });
    if (!taken) return;
  }
}

function* times(body: string, head: CsvHead): Generator<string> {
  const at = head.columns.get('time') as number;
  let rows = 0;
  for (const { fields } of csvRows(body)) if (++rows > 1 && rows <= MAX_EVENTS) yield fields[at] ?? '';
}
