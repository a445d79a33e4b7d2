import { formatGuid, formatSid, readSystemtime, sidSize, ticksToIso } from '@winmedic/bytes';
import { hex32, upperHex } from './hex.ts';
import { ARRAY, type Instance, TYPE } from './instance.ts';
import { timeText } from './time-text.ts';
import { trimNuls } from './tokens.ts';
import type { EvtxValue } from './types.ts';
import type { Window } from './window.ts';

/**
 * Decoding of substitution values from their bytes. A size that does not fit the type is no error: empty means NULL, and integers
 * and booleans are read from the bytes there are (one-byte booleans and four-byte ones both occur).
 * @source [MS-EVEN6] 2.2.12.3 and 3.1.4.7.3
 */

/** Little-endian unsigned integer of 1 to 8 bytes that fits a number; undefined when it does not. */
export function uintAt(window: Window, at: number, size: number): number | undefined {
  const { view, bytes } = window;
  switch (size) {
    case 1:
      return bytes[at]!;
    case 2:
      return view.getUint16(at, true);
    case 4:
      return view.getUint32(at, true);
    case 8: {
      const high = view.getUint32(at + 4, true);
      return high > 0x1f_ffff ? undefined : high * 0x1_0000_0000 + view.getUint32(at, true);
    }
    default:
      return undefined;
  }
}

function bigAt(window: Window, at: number, size: number): bigint {
  let value = 0n;
  for (let i = Math.min(size, 8) - 1; i >= 0; i--) value = (value << 8n) | BigInt(window.bytes[at + i]!);
  return value;
}

function hexAt(window: Window, at: number, size: number): string {
  if (size === 8) {
    const high = window.view.getUint32(at + 4, true);
    const low = window.view.getUint32(at, true);
    return high === 0 ? hex32(low) : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
  }
  if (size === 4) return hex32(window.view.getUint32(at, true));
  return `0x${bigAt(window, at, size).toString(16)}`;
}

/** Shortest decimal text that reads back as the same 32-bit float. */
function float32Text(value: number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function isTrue(window: Window, at: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (window.bytes[at + i] !== 0) return true;
  return false;
}

/** Bytes of one item of a fixed-size type; 0 for the others. */
const ITEM_SIZE: readonly number[] = [0, 0, 0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4, 0, 16, 0, 8, 16, 0, 4, 8];

/** Bytes of one item of a type: 0 when it varies, undefined for an unknown type. Booleans occur with one byte and with four. */
export function itemSize(type: number): number | undefined {
  if (type === TYPE.BINXML) return 0;
  if (type === TYPE.HANDLE) return 4;
  if (type === TYPE.BOOL) return 1;
  return type === TYPE.SIZE ? 4 : ITEM_SIZE[type];
}

/**
 * Value as it stands in JSON: number when exact, else decimal string; HexInt `0x…`; times ISO; binary upper-case hex; boolean; null.
 * Scalars only: for arrays use {@link items}.
 */
export function scalar(window: Window, type: number, at: number, size: number): string | number | boolean | null {
  if (size === 0) return type === TYPE.STRING || type === TYPE.ANSI || type === TYPE.BINARY ? '' : null;
  const view = window.view;
  switch (type) {
    case TYPE.NULL:
      return null;
    case TYPE.STRING:
      return stringAt(window, at, size);
    case TYPE.ANSI:
      return trimNuls(window.ansi.decode(window.bytes.subarray(at, at + size)));
    case TYPE.I8:
      if (size === 1) return view.getInt8(at);
      break;
    case TYPE.I16:
      if (size === 2) return view.getInt16(at, true);
      break;
    case TYPE.I32:
      if (size === 4) return view.getInt32(at, true);
      break;
    case TYPE.I64:
      if (size === 8) {
        const value = view.getBigInt64(at, true);
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : value.toString();
      }
      break;
    case TYPE.U8:
    case TYPE.U16:
    case TYPE.U32:
    case TYPE.U64:
      break;
    case TYPE.F32:
      if (size === 4) return finite(float32Text(view.getFloat32(at, true)));
      break;
    case TYPE.F64:
      if (size === 8) return finite(view.getFloat64(at, true));
      break;
    case TYPE.BOOL:
      return isTrue(window, at, size);
    case TYPE.GUID:
      if (size === 16) return formatGuid(window.bytes, at);
      return binary(window, at, size);
    case TYPE.SIZE:
    case TYPE.HEX32:
    case TYPE.HEX64:
    case TYPE.HANDLE:
      return size <= 8 ? hexAt(window, at, size) : binary(window, at, size);
    case TYPE.FILETIME:
      if (size === 8) return timeText(view.getUint32(at, true), view.getUint32(at + 4, true));
      return binary(window, at, size);
    case TYPE.SYSTEMTIME: {
      const ticks = size === 16 ? readSystemtime(view, at) : undefined;
      return ticks === undefined ? binary(window, at, size) : ticksToIso(ticks);
    }
    case TYPE.SID:
      return formatSid(window.bytes, at, at + size) ?? binary(window, at, size);
    default:
      return binary(window, at, size);
  }
  if (size > 8) return binary(window, at, size);
  const number = uintAt(window, at, size);
  if (number !== undefined) return number;
  const value = bigAt(window, at, size);
  return value <= 0x1f_ffff_ffff_ffffn ? Number(value) : value.toString();
}

/** UTF-16 text of a value without trailing NULs. */
export function stringAt(window: Window, at: number, size: number): string {
  let chars = size >> 1;
  const bytes = window.bytes;
  while (chars > 0 && bytes[at + chars * 2 - 1] === 0 && bytes[at + chars * 2 - 2] === 0) chars--;
  return window.text.decode(at, chars);
}

/** JSON has no infinities: they become text. */
function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function binary(window: Window, at: number, size: number): string {
  return upperHex(window.bytes, at, size);
}

/** Value as canonical text; `''` for NULL. */
export function scalarText(window: Window, type: number, at: number, size: number): string {
  const value = scalar(window, type, at, size);
  return value === null ? '' : typeof value === 'string' ? value : String(value);
}

/** Calls `visit` for the bytes of every item of an array value; what does not divide evenly is one last item of the rest. */
export function items(
  window: Window,
  type: number,
  at: number,
  size: number,
  visit: (type: number, at: number, size: number) => void,
): void {
  const base = type & ~ARRAY;
  const end = at + size;
  const step = base === TYPE.SIZE ? (size % 8 === 0 ? 8 : 4) : (ITEM_SIZE[base] ?? 0);
  if (base === TYPE.STRING || base === TYPE.ANSI) {
    const unit = base === TYPE.STRING ? 2 : 1;
    let from = at;
    for (let p = at; p + unit <= end; p += unit) {
      if (window.bytes[p] !== 0 || (unit === 2 && window.bytes[p + 1] !== 0)) continue;
      visit(base, from, p - from);
      from = p + unit;
    }
    if (end - from >= unit) visit(base, from, end - from);
  } else if (base === TYPE.SID) {
    for (let p = at; p < end; ) {
      const length = sidSize(window.bytes, p, end) ?? end - p;
      visit(base, p, length);
      p += length;
    }
  } else if (step === 0) visit(base, at, size);
  else for (let p = at; p < end; p += step) visit(base, p, Math.min(step, end - p));
}

/** Items of an array value as they stand in JSON. */
export function itemScalars(window: Window, type: number, at: number, size: number): (string | number | boolean | null)[] {
  const out: (string | number | boolean | null)[] = [];
  items(window, type, at, size, (t, a, s) => {
    out.push(scalar(window, t, a, s));
  });
  return out;
}

/** True when value `i` of the instance is an array. */
export function isArray(instance: Instance, i: number): boolean {
  return (instance.type(i) & ARRAY) !== 0;
}

/** Text of value `i`; items of an array are joined with `, `. Nested BinXML is not handled here. */
export function slotText(instance: Instance, i: number): string {
  const type = instance.type(i);
  if (i >= instance.count) return '';
  const at = instance.start(i);
  const size = instance.end(i) - at;
  if ((type & ARRAY) === 0) return scalarText(instance.window, type, at, size);
  const parts: string[] = [];
  items(instance.window, type, at, size, (t, a, s) => {
    parts.push(scalarText(instance.window, t, a, s));
  });
  return parts.join(', ');
}

/** Typed value of scalar bytes. */
function typedScalar(window: Window, type: number, at: number, size: number): EvtxValue {
  if (size > 0 && size <= 8) {
    if (type === TYPE.I64 && size === 8) return window.view.getBigInt64(at, true);
    if (type === TYPE.U64) return bigAt(window, at, size);
    if (type === TYPE.SIZE || type === TYPE.HEX32 || type === TYPE.HEX64 || type === TYPE.HANDLE) {
      return { kind: 'hex', value: bigAt(window, at, size) };
    }
    if (type === TYPE.FILETIME && size === 8) return { kind: 'filetime', ticks: window.view.getBigUint64(at, true) };
    if (type === TYPE.F32 && size === 4) return float32Text(window.view.getFloat32(at, true));
    if (type === TYPE.F64 && size === 8) return window.view.getFloat64(at, true);
  }
  if (type === TYPE.BINARY) return window.bytes.slice(at, at + size);
  if (type === TYPE.SYSTEMTIME && size === 16) {
    const ticks = readSystemtime(window.view, at);
    if (ticks !== undefined) return { kind: 'filetime', ticks };
  }
  return scalar(window, type, at, size);
}

/** Typed value `i` of the instance. Nested BinXML is not handled here. */
export function slotTyped(instance: Instance, i: number): EvtxValue {
  if (i >= instance.count) return null;
  const type = instance.type(i);
  const at = instance.start(i);
  const size = instance.end(i) - at;
  if ((type & ARRAY) === 0) return typedScalar(instance.window, type, at, size);
  const out: EvtxValue[] = [];
  items(instance.window, type, at, size, (t, a, s) => {
    out.push(typedScalar(instance.window, t, a, s));
  });
  return out;
}
