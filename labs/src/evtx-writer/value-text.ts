import type { WriteValue } from './types.ts';

const TICKS_PER_SECOND = 10_000_000n;
const SECONDS_1601_TO_1970 = 11_644_473_600n;

/** Returns FILETIME ticks as `2018-07-05T21:04:29.1234567Z`, all seven digits. */
export function ticksToIso(ticks: bigint): string {
  const seconds = ticks / TICKS_PER_SECOND - SECONDS_1601_TO_1970;
  const head = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${head}.${(ticks % TICKS_PER_SECOND).toString().padStart(7, '0')}Z`;
}

/** Returns a value as the text a plain fragment carries: numbers decimal, hex types `0x…`, binary as upper-case hex. */
export function plainText(value: WriteValue): string {
  switch (value.type) {
    case 'null':
      return '';
    case 'string':
    case 'ansi':
    case 'sid':
      return value.value;
    case 'guid':
      return `{${value.value.replace(/[{}]/g, '').toUpperCase()}}`;
    case 'hex32':
    case 'hex64':
    case 'sizeT':
      return `0x${value.value.toString(16)}`;
    case 'binary':
      return [...value.value].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
    case 'filetime':
    case 'systemtime':
      return ticksToIso(value.ticks);
    case 'array':
    case 'binxml':
      throw new TypeError(`a value of type ${value.type} has no plain text`);
    default:
      return String(value.value);
  }
}
