import { formatSid, readFiletime, readSystemtime, sidSize, ticksToIso, toHex, viewOf } from '@winmedic/bytes';
import { MAX_BINARY_BYTES, MAX_DEPTH, MAX_VALUES } from './limits.ts';
import { guidText } from './providers.ts';
import { ansi, floatText, ipv4Text, ipv6Text, socketAddressText, utf8, wide } from './text.ts';
import type { EtlField } from './types.ts';

/** A field as payloads are read by: what a template says, and what only TraceLogging can say. */
export interface PayloadField extends EtlField {
  readonly fields?: readonly PayloadField[];
  /** The number of elements stands as a u16 before them. */
  readonly counted?: boolean;
}

/** A payload read by its fields. */
export interface Payload {
  readonly fields: ReadonlyMap<string, string>;
  readonly cutAt?: string;
  readonly restBytes: number;
  readonly shortened?: readonly string[];
}

/** Reads a payload by its fields; stops at the first that does not fit. */
export function readPayload(bytes: Uint8Array, fields: readonly PayloadField[], pointerBytes: 4 | 8): Payload {
  const reader = new PayloadReader(bytes, pointerBytes);
  const whole = reader.members(fields, '', 0);
  return {
    fields: reader.values,
    ...(whole ? {} : { cutAt: reader.stoppedAt }),
    restBytes: bytes.length - reader.at,
    ...(reader.shortened.length === 0 ? {} : { shortened: reader.shortened }),
  };
}

/** Bytes of types that always have the same. */
const FIXED: Readonly<Partial<Record<EtlField['type'], number>>> = {
  Int8: 1,
  UInt8: 1,
  Int16: 2,
  UInt16: 2,
  Int32: 4,
  UInt32: 4,
  HexInt32: 4,
  Float: 4,
  Boolean: 4,
  Int64: 8,
  UInt64: 8,
  HexInt64: 8,
  Double: 8,
  FILETIME: 8,
  GUID: 16,
  SYSTEMTIME: 16,
};

/** `out` of numbers that are read in hexadecimal. */
const HEX_OUT: ReadonlySet<string> = new Set(['hex', 'ntstatus', 'hresult', 'code-pointer']);

class PayloadReader {
  at = 0;
  readonly values = new Map<string, string>();
  /** Names of values that were cut to their cap. */
  readonly shortened: string[] = [];
  stoppedAt = '';
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #pointerBytes: 4 | 8;
  /** Latest value of each number, for the `length` and `count` of others. */
  readonly #numbers = new Map<string, number>();
  #count = 0;

  constructor(bytes: Uint8Array, pointerBytes: 4 | 8) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#pointerBytes = pointerBytes;
  }

  /** Reads fields one after the other; `false` where it had to stop. */
  members(fields: readonly PayloadField[], prefix: string, depth: number): boolean {
    for (const field of fields) if (!this.#field(field, prefix + field.name, depth)) return false;
    return true;
  }

  #stop(name: string): false {
    this.stoppedAt ||= name;
    return false;
  }

  #field(field: PayloadField, name: string, depth: number): boolean {
    const array = field.counted === true || field.count !== undefined;
    if (!array) return this.#one(field, name, depth);
    const count = this.#elements(field);
    if (count === undefined) return this.#stop(name);
    if (field.out === 'string' && (FIXED[field.type] ?? 3) <= 2) return this.#characters(field, name, count);
    for (let i = 0; i < count; i++) if (!this.#one(field, `${name}[${i}]`, depth)) return false;
    return true;
  }

  #elements(field: PayloadField): number | undefined {
    if (field.counted !== true) return this.#number(field.count);
    if (this.at + 2 > this.#bytes.length) return undefined;
    const count = this.#view.getUint16(this.at, true);
    this.at += 2;
    return count;
  }

  /** A fixed number, or that of an earlier field. */
  #number(of: number | string | undefined): number | undefined {
    return typeof of === 'string' ? this.#numbers.get(of) : of;
  }

  /** An array of characters is one text. */
  #characters(field: PayloadField, name: string, count: number): boolean {
    const size = count * FIXED[field.type]!;
    if (this.at + size > this.#bytes.length || ++this.#count > MAX_VALUES) return this.#stop(name);
    const text = FIXED[field.type] === 2 ? wide(this.#bytes, this.at, this.at + size) : this.#narrow(this.at, this.at + size);
    this.values.set(name, text);
    this.at += size;
    return true;
  }

  #one(field: PayloadField, name: string, depth: number): boolean {
    if (++this.#count > MAX_VALUES) return this.#stop(name);
    if (field.type === 'Struct') {
      // A table may know that there is a struct and not its members: where the next field begins is then unknown.
      if (field.fields === undefined || depth >= MAX_DEPTH) return this.#stop(name);
      return this.members(field.fields, `${name}.`, depth + 1);
    }
    const text = this.#value(field, name);
    if (text === undefined) return this.#stop(name);
    this.values.set(name, text);
    return true;
  }

  /** Text of a value, the position moved behind it; `undefined` when its bytes are not there. */
  #value(field: PayloadField, name: string): string | undefined {
    const fixed = field.type === 'Pointer' || field.type === 'SizeT' ? this.#pointerBytes : FIXED[field.type];
    if (fixed !== undefined) {
      const at = this.at;
      if (at + fixed > this.#bytes.length) return undefined;
      this.at += fixed;
      return this.#fixed(field, at);
    }
    switch (field.type) {
      case 'UnicodeString':
      case 'AnsiString':
        return this.#string(field);
      case 'Binary':
        return this.#binary(field, name, this.#binaryLength(field));
      case 'SID': {
        const size = sidSize(this.#bytes, this.at);
        const text = size === undefined ? undefined : formatSid(this.#bytes, this.at);
        if (text !== undefined) this.at += size ?? 0;
        return text;
      }
      default: {
        if (this.at + 2 > this.#bytes.length) return undefined;
        const size = this.#view.getUint16(this.at, true);
        if (this.at + 2 + size > this.#bytes.length) return undefined;
        this.at += 2;
        if (field.type === 'CountedBinary') return this.#binary(field, name, size);
        const at = this.at;
        this.at += size;
        if (field.type === 'CountedUnicodeString') return wide(this.#bytes, at, at + size);
        return field.out === 'utf8' ? utf8(this.#bytes, at, at + size) : this.#narrow(at, at + size);
      }
    }
  }

  #fixed({ type, name, out = '' }: PayloadField, at: number): string {
    const view = this.#view;
    const integer = (signed: number, unsigned: number): string => {
      this.#numbers.set(name, unsigned);
      if (HEX_OUT.has(out)) return `0x${unsigned.toString(16)}`;
      if (out === 'boolean') return String(unsigned !== 0);
      return String(signed);
    };
    switch (type) {
      case 'Int8':
        return integer(view.getInt8(at), view.getUint8(at));
      case 'UInt8':
        return out === 'string' ? this.#narrow(at, at + 1) : integer(view.getUint8(at), view.getUint8(at));
      case 'Int16':
        return integer(view.getInt16(at, true), view.getUint16(at, true));
      case 'UInt16':
        if (out === 'port') return String(view.getUint16(at, false));
        return out === 'string' ? wide(this.#bytes, at, at + 2) : integer(view.getUint16(at, true), view.getUint16(at, true));
      case 'Int32':
        return integer(view.getInt32(at, true), view.getUint32(at, true));
      case 'UInt32':
        return out === 'ipv4' ? ipv4Text(this.#bytes, at) : integer(view.getUint32(at, true), view.getUint32(at, true));
      case 'HexInt32':
        this.#numbers.set(name, view.getUint32(at, true));
        return `0x${view.getUint32(at, true).toString(16)}`;
      case 'Boolean':
        return String(view.getUint32(at, true) !== 0);
      case 'Int64':
      case 'UInt64': {
        const value = view.getBigUint64(at, true);
        if (value <= 0xffff_ffffn) this.#numbers.set(name, Number(value));
        if (out === 'filetime') return ticksToIso(value);
        if (HEX_OUT.has(out)) return `0x${value.toString(16)}`;
        return String(type === 'Int64' ? BigInt.asIntN(64, value) : value);
      }
      case 'HexInt64':
        return `0x${view.getBigUint64(at, true).toString(16)}`;
      case 'Float':
        return floatText(view.getFloat32(at, true));
      case 'Double':
        return String(view.getFloat64(at, true));
      case 'FILETIME':
        return ticksToIso(readFiletime(view, at));
      case 'GUID':
        return guidText(this.#bytes, at);
      case 'SYSTEMTIME': {
        const ticks = readSystemtime(view, at);
        return ticks === undefined ? toHex(this.#bytes.subarray(at, at + 16)) : ticksToIso(ticks);
      }
      default: {
        const value = this.#pointerBytes === 4 ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true);
        return `0x${value.toString(16)}`;
      }
    }
  }

  #string(field: PayloadField): string | undefined {
    const bytes = this.#bytes;
    const unit = field.type === 'UnicodeString' ? 2 : 1;
    const at = this.at;
    let end: number;
    if (field.length === undefined) {
      if (at >= bytes.length) return undefined;
      end = at;
      if (unit === 2) while (end + 1 < bytes.length && (bytes[end]! | bytes[end + 1]!) !== 0) end += 2;
      else while (end < bytes.length && bytes[end] !== 0) end++;
      // A text at the end of the payload may come without its NUL.
      this.at = Math.min(bytes.length, end + unit);
    } else {
      const length = this.#number(field.length);
      if (length === undefined || at + length * unit > bytes.length) return undefined;
      end = at + length * unit;
      this.at = end;
    }
    if (unit === 2) return wide(bytes, at, end);
    return field.out === 'utf8' ? utf8(bytes, at, end) : this.#narrow(at, end);
  }

  #narrow(at: number, end: number): string {
    let stop = end;
    while (stop > at && this.#bytes[stop - 1] === 0) stop--;
    return ansi(this.#bytes, at, stop);
  }

  /** Without a length: 16 bytes of an IPv6 address, else all that is left (a table that does not tell it). */
  #binaryLength({ length, out }: PayloadField): number | undefined {
    if (length !== undefined) return this.#number(length);
    return out === 'ipv6' ? 16 : this.#bytes.length - this.at;
  }

  #binary(field: PayloadField, name: string, length: number | undefined): string | undefined {
    if (length === undefined || this.at + length > this.#bytes.length) return undefined;
    const bytes = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    if (field.out === 'ipv6' && length === 16) return ipv6Text(bytes, 0);
    if (field.out === 'ipv4' && length === 4) return ipv4Text(bytes, 0);
    if (field.out === 'socket-address') return socketAddressText(bytes);
    if (length > MAX_BINARY_BYTES) this.shortened.push(name);
    return toHex(bytes.subarray(0, MAX_BINARY_BYTES));
  }
}
