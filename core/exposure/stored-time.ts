import { readFiletime, readSystemtime, ticksToIso } from '@winmedic/bytes';
import type { SettingDefinition } from '@winmedic/knowledge/model';

/**
 * A stored time as ISO text in UTC, to the second: a FILETIME (8 bytes or a number) or a SYSTEMTIME (16 bytes), bytes as hexadecimal digits.
 * `undefined` for other values, also for times that cannot be (zero, an impossible date).
 * @source [MS-DTYP] 2.3.3 FILETIME, 2.3.13 SYSTEMTIME
 */
export function storedTime(kind: NonNullable<SettingDefinition['time']>, value: string): string | undefined {
  const ticks = kind === 'filetime' ? filetimeOf(value) : systemtimeOf(value);
  return ticks === undefined || ticks <= 0n ? undefined : ticksToIso(ticks).replace(/\.\d+Z$/, 'Z');
}

function filetimeOf(value: string): bigint | undefined {
  if (/^\d{1,19}$/.test(value) && !/^\d{16}$/.test(value)) return BigInt(value);
  return /^[0-9A-F]{16}$/i.test(value) ? readFiletime(viewOf(value), 0) : undefined;
}

function systemtimeOf(value: string): bigint | undefined {
  return /^[0-9A-F]{32}$/i.test(value) ? readSystemtime(viewOf(value), 0) : undefined;
}

function viewOf(hex: string): DataView {
  const bytes = Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
  return new DataView(bytes.buffer);
}
