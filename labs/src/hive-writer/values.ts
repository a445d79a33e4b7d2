import { encodeUtf16 } from '@winmedic/bytes';
import type { WriteHiveValue } from './types.ts';

/** Numbers of the value types. @source msuhanov/regf "Data types" */
export const REG = {
  none: 0,
  sz: 1,
  expandSz: 2,
  binary: 3,
  dword: 4,
  dwordBigEndian: 5,
  link: 6,
  multiSz: 7,
  qword: 11,
} as const;

/** REG_SZ with its terminating NUL. */
export function sz(name: string, text: string): WriteHiveValue {
  return { name, type: REG.sz, data: encodeUtf16(`${text}\0`) };
}

/** REG_EXPAND_SZ with its terminating NUL. */
export function expandSz(name: string, text: string): WriteHiveValue {
  return { name, type: REG.expandSz, data: encodeUtf16(`${text}\0`) };
}

/** REG_MULTI_SZ: every text with its NUL, and one more NUL behind the last. */
export function multiSz(name: string, texts: readonly string[]): WriteHiveValue {
  return { name, type: REG.multiSz, data: encodeUtf16(`${texts.map((text) => `${text}\0`).join('')}\0`) };
}

/** REG_DWORD. */
export function dword(name: string, value: number): WriteHiveValue {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value, true);
  return { name, type: REG.dword, data };
}

/** REG_DWORD_BIG_ENDIAN. */
export function dwordBigEndian(name: string, value: number): WriteHiveValue {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value, false);
  return { name, type: REG.dwordBigEndian, data };
}

/** REG_QWORD. */
export function qword(name: string, value: bigint): WriteHiveValue {
  return { name, type: REG.qword, data: ticksBytes(value) };
}

/** REG_BINARY. */
export function binary(name: string, data: Uint8Array): WriteHiveValue {
  return { name, type: REG.binary, data };
}

/** REG_BINARY that holds a FILETIME, as `ShutdownTime` does. */
export function filetime(name: string, ticks: bigint): WriteHiveValue {
  return { name, type: REG.binary, data: ticksBytes(ticks) };
}

function ticksBytes(value: bigint): Uint8Array {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, value, true);
  return data;
}
