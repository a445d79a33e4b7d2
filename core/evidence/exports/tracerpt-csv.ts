import type { TraceProviderTable } from '@winmedic/knowledge';
import { instantOfTicks } from '../instant.ts';
import type { Lines } from './lines.ts';
import type { Sink } from './sink.ts';

/** Columns before the user data, in the order tracerpt writes them. */
const COLUMNS = [
  'Event Name',
  'Type',
  'Event ID',
  'Version',
  'Channel',
  'Level',
  'Opcode',
  'Task',
  'Keyword',
  'PID',
  'TID',
  'Processor Number',
  'Instance ID',
  'Parent Instance ID',
  'Activity ID',
  'Related Activity ID',
  'Clock-Time',
  'Kernel(ms)',
  'User(ms)',
] as const;
const AT = new Map<string, number>(COLUMNS.map((name, n) => [name, n]));
const NO_ACTIVITY = '{00000000-0000-0000-0000-000000000000}';
/** Lines of one record: user data may hold line breaks. */
const MAX_LINES = 10_000;
/** Longest user data kept. */
const MAX_DATA = 65_536;
/** Years 1601 to about 60000: what a FILETIME of a trace is written with. */
const TICKS = /^\d{17,19}$/;

/** Tables of trace events by the name of the provider. */
export type TablesByName = (provider: string) => TraceProviderTable | undefined;

/** Is this the line of headings that `tracerpt -of CSV` writes? */
export function isTracerptCsv(lines: Lines): boolean {
  const headings = (lines.trimmed() ?? '').replace(/^\uFEFF/, '').split(',');
  return headings.length >= COLUMNS.length + 1 && COLUMNS.every((name, n) => headings[n]?.trim() === name);
}

/**
 * Reads the rows that follow the headings. User data has no names and its commas are not quoted: the fields of the event's template are filled in order, the last
 * text takes what is left over. An event without a known template keeps its data as one field.
 */
export function readTracerptCsv(lines: Lines, sink: Sink, tables: TablesByName): void {
  sink.section('tracerpt-csv');
  lines.next();
  while (!lines.done) {
    const line = lines.number;
    const row = rowOf(lines.trimmed() ?? '');
    lines.next();
    if (row === undefined) continue;
    let { data } = row;
    for (let n = 0; n < MAX_LINES; n++) {
      const more = lines.trimmed();
      if (more === undefined || rowOf(more) !== undefined) break;
      lines.next();
      if (data.length < MAX_DATA) data += `\n${more}`;
    }
    if (!add(row.cells, data.slice(0, MAX_DATA), line, sink, tables)) return;
  }
}

interface Row {
  readonly cells: readonly string[];
  readonly data: string;
}

/** A line that begins a record: all columns, and a clock in its place. */
function rowOf(line: string): Row | undefined {
  const cells: string[] = [];
  let at = 0;
  while (cells.length < COLUMNS.length) {
    const comma = line.indexOf(',', at);
    // A record without user data ends with its last column.
    const end = comma < 0 && cells.length === COLUMNS.length - 1 ? line.length : comma;
    if (end < 0) return undefined;
    cells.push(line.slice(at, end).trim());
    at = end + 1;
  }
  return TICKS.test(cells[AT.get('Clock-Time') as number] as string) ? { cells, data: line.slice(at).trim() } : undefined;
}

function add(cells: readonly string[], data: string, line: number, sink: Sink, tables: TablesByName): boolean {
  const cell = (name: (typeof COLUMNS)[number]): string => cells[AT.get(name) as number] as string;
  const provider = cell('Event Name');
  // The header record of the trace itself.
  if (provider === 'EventTrace') return true;
  const id = Number(cell('Event ID'));
  if (!Number.isInteger(id) || id < 0 || provider === '') {
    sink.problem('EXPORT_LINE_UNKNOWN', 'partial', line);
    return true;
  }
  const version = Number(cell('Version')) || 0;
  const templates = tables(provider)?.templates.filter((template) => template.id === id) ?? [];
  const template = templates.find((one) => one.version === version) ?? templates[0];
  const fields = new Map<string, string>();
  if (template === undefined) {
    if (data !== '') fields.set('Data', data);
  } else {
    const names = template.fields.map(({ name }) => name);
    const parts = partsOf(data, names.length);
    for (const [n, name] of names.entries()) if (parts[n] !== undefined) fields.set(name, parts[n]);
  }
  const pid = Number(cell('PID'));
  if (Number.isInteger(pid)) fields.set('ProcessID', String(pid));
  const activityId = cell('Activity ID').toUpperCase();
  return sink.event(
    {
      time: instantOfTicks(BigInt(cell('Clock-Time'))),
      host: '',
      channel: `${provider}/Trace`,
      provider,
      eventId: id,
      version,
      level: Number(cell('Level')) || 0,
      recordId: '',
      ...(/^\{[0-9A-F-]{36}\}$/.test(activityId) && activityId !== NO_ACTIVITY && { activityId }),
      fields,
    },
    line,
  );
}

/** Values between commas, quotes taken off; the last of `count` takes the rest. */
function partsOf(data: string, count: number): string[] {
  const parts: string[] = [];
  let at = 0;
  while (at <= data.length && parts.length < count) {
    while (data[at] === ' ') at++;
    let end: number;
    if (parts.length === count - 1) end = data.length;
    else if (data[at] === '"') {
      const quote = data.indexOf('",', at + 1);
      end = quote < 0 ? data.length : quote + 1;
    } else {
      const comma = data.indexOf(',', at);
      end = comma < 0 ? data.length : comma;
    }
    parts.push(unquoted(data.slice(at, end).trim()));
    at = end + 1;
  }
  return parts;
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}
