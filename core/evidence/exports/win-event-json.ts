import type { Sink } from './sink.ts';
import { WinEvents } from './win-event.ts';

/** Longest JSON read, characters: parsed whole, it takes several times its size. */
const MAX_JSON = 64 * 1024 * 1024;
/** Part of the beginning in which the names of properties are looked for. */
const HEAD = 65_536;
const PROPERTIES = ['"ProviderName"', '"TimeCreated"', '"RecordId"', '"LogName"'] as const;
/** Most data items of one event, and longest text of one. */
const MAX_PROPERTIES = 200;
const MAX_VALUE = 100_000;
const NS_PER_MS = 1_000_000n;

/** Recognises what `ConvertTo-Json` writes of event records: an object, or a list of them. */
export function isWinEventJson(text: string): boolean {
  if (!/^\uFEFF?\s{0,1000}(?:\[\s{0,1000})?\{/.test(text.slice(0, 3000))) return false;
  const head = text.slice(0, HEAD);
  return PROPERTIES.filter((name) => head.includes(name)).length >= 2;
}

/** Reads the records. */
export function readWinEventJson(text: string, sink: Sink): void {
  sink.section('winevent-json');
  if (text.length > MAX_JSON) {
    sink.problem('EXPORT_JSON_TOO_LARGE', 'unusable', 1);
    return;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    sink.problem('EXPORT_JSON_BROKEN', 'unusable', 1);
    return;
  }
  const events = new WinEvents(sink);
  for (const [i, record] of (Array.isArray(parsed) ? parsed : [parsed]).entries()) if (!addRecord(record, i, events, sink)) return;
}

function addRecord(record: unknown, index: number, events: WinEvents, sink: Sink): boolean {
  const id = get(record, 'Id');
  // Lines mean nothing in JSON written on one line: the number of the record stands for it.
  const line = index + 1;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) {
    sink.problem('EXPORT_LINE_UNKNOWN', 'partial', line);
    return true;
  }
  const time = timeOf(get(record, 'TimeCreated'), sink);
  if (time === undefined) sink.problem('EXPORT_NO_TIME', 'partial', line);
  const properties = get(record, 'Properties');
  const recordId = scalar(get(record, 'RecordId'));
  return events.add({
    time: time ?? 0n,
    id,
    provider: scalar(get(record, 'ProviderName')) ?? '',
    channel: scalar(get(record, 'LogName')) ?? '',
    host: scalar(get(record, 'MachineName')) ?? '',
    version: Number(get(record, 'Version')) || 0,
    level: Number(get(record, 'Level')) || 0,
    recordId: /^\d{1,20}$/.test(recordId ?? '') ? (recordId as string) : '',
    user: scalar(get(record, 'UserId')) ?? scalar(get(get(record, 'UserId'), 'Value')),
    activityId: scalar(get(record, 'ActivityId')) || undefined,
    message: scalar(get(record, 'Message')) ?? '',
    properties: Array.isArray(properties) ? properties.slice(0, MAX_PROPERTIES).map((item) => dataOf(get(item, 'Value'))) : [],
    line,
  });
}

function get(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, name)
    ? (object as Record<string, unknown>)[name]
    : undefined;
}

function scalar(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** A data item: text, a SID (`{ "Value": "S-1-…" }`), or bytes as upper-case hex. Dates and deeper objects are not written as the log has them. */
function dataOf(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const isBytes = value.length <= MAX_VALUE / 2 && value.every((b) => Number.isInteger(b) && b >= 0 && b <= 255);
    return isBytes ? Buffer.from(value).toString('hex').toUpperCase() : undefined;
  }
  const sid = get(value, 'Value');
  if (typeof sid === 'string' && /^S-1-\d/.test(sid)) return sid;
  const text = scalar(value);
  return text === undefined || /^\/Date\(/.test(text) || text.length > MAX_VALUE ? undefined : text;
}

/** `/Date(1530824669000)/` of Windows PowerShell (also below `value`), ISO 8601 of PowerShell 7. */
function timeOf(value: unknown, sink: Sink): bigint | undefined {
  const text = scalar(value) ?? scalar(get(value, 'value'));
  if (text === undefined) return undefined;
  const ms = /^\/Date\((-?\d{1,14})(?:[+-]\d{4})?\)\/$/.exec(text)?.[1];
  return ms === undefined ? sink.clock.yearFirst(text) : BigInt(ms) * NS_PER_MS;
}
