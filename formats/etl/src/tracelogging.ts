import { viewOf } from '@winmedic/bytes';
import type { PayloadField } from './decode.ts';
import { MAX_DEPTH, MAX_VALUES } from './limits.ts';
import { utf8 } from './text.ts';
import type { EtlFieldType } from './types.ts';

/** Name of an event and its fields, as they stand in its extended item 0xB. */
export interface Schema {
  readonly name: string;
  readonly fields: readonly PayloadField[];
  /** Name of the field at which the description could not be followed any further. */
  readonly brokenAt?: string;
}

/** Types of values. @source Windows SDK, TraceLoggingProvider.h, enum TlgIn_t (MIT: microsoft/tracelogging) */
const IN_TYPES: readonly (EtlFieldType | undefined)[] = [
  undefined,
  'UnicodeString',
  'AnsiString',
  'Int8',
  'UInt8',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'UInt64',
  'Float',
  'Double',
  'Boolean',
  'CountedBinary',
  'GUID',
  // 16 (pointer) is never written: TraceLogging uses HexInt32 and HexInt64.
  undefined,
  'FILETIME',
  'SYSTEMTIME',
  'SID',
  'HexInt32',
  'HexInt64',
  'CountedUnicodeString',
  'CountedAnsiString',
  'Struct',
  'CountedBinary',
];

/** Ways of showing values that change their text. @source TraceLoggingProvider.h, enum TlgOut_t */
const OUT_TYPES: ReadonlyMap<number, string> = new Map([
  [2, 'string'],
  [3, 'boolean'],
  [4, 'hex'],
  [7, 'port'],
  [8, 'ipv4'],
  [9, 'ipv6'],
  [10, 'socket-address'],
  [11, 'utf8'],
  [12, 'utf8'],
  [13, 'win32'],
  [14, 'ntstatus'],
  [15, 'hresult'],
  [16, 'filetime'],
  [17, 'signed'],
  [18, 'unsigned'],
  [35, 'utf8'],
  [37, 'code-pointer'],
]);

const CONSTANT_COUNT = 0x20;
const VARIABLE_COUNT = 0x40;
const CHAIN = 0x80;

/**
 * Reads the description of an event: size, tags of the event, its name, then for each field name, type, way of showing, tags and constant count.
 *
 * @source Windows SDK, TraceLoggingProvider.h (_tlgEventMetadata_t); Microsoft Learn, EVENT_HEADER_EXT_TYPE_EVENT_SCHEMA_TL
 */
export function readSchema(bytes: Uint8Array): Schema {
  const end = bytes.length < 2 ? 0 : Math.min(bytes.length, bytes[0]! | (bytes[1]! << 8));
  const reader = new SchemaReader(bytes, end);
  reader.tags();
  const name = reader.text() ?? '';
  const fields: PayloadField[] = [];
  while (reader.at < end && reader.brokenAt === undefined) {
    const field = reader.field(0);
    if (field !== undefined) fields.push(field);
  }
  return { name, fields, ...(reader.brokenAt === undefined ? {} : { brokenAt: reader.brokenAt }) };
}

/** Name of the event alone. */
export function schemaName(bytes: Uint8Array): string {
  const reader = new SchemaReader(bytes, bytes.length < 2 ? 0 : Math.min(bytes.length, bytes[0]! | (bytes[1]! << 8)));
  reader.tags();
  return reader.text() ?? '';
}

class SchemaReader {
  at = 2;
  brokenAt: string | undefined;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #fields = 0;

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#end = end;
  }

  /** Passes over tags: seven bits a byte, the eighth says that another follows. */
  tags(): void {
    while (this.at < this.#end && (this.#bytes[this.at++]! & CHAIN) !== 0);
  }

  /** UTF-8 text up to its NUL; `undefined` when that is missing. */
  text(): string | undefined {
    const nul = this.#bytes.indexOf(0, this.at);
    if (nul < 0 || nul >= this.#end) return undefined;
    const text = utf8(this.#bytes, this.at, nul);
    this.at = nul + 1;
    return text;
  }

  field(depth: number): PayloadField | undefined {
    const name = this.text();
    if (name === undefined || this.at >= this.#end || ++this.#fields > MAX_VALUES) return this.#broken(name);
    const type = this.#bytes[this.at++]!;
    const counting = type & (CONSTANT_COUNT | VARIABLE_COUNT);
    let out = 0;
    if ((type & CHAIN) !== 0) {
      if (this.at >= this.#end) return this.#broken(name);
      out = this.#bytes[this.at++]!;
      if ((out & CHAIN) !== 0) this.tags();
      out &= CHAIN - 1;
    }
    const inType = IN_TYPES[type & 0x1f];
    // Both bits: values written by a serializer of the program's own.
    if (counting === (CONSTANT_COUNT | VARIABLE_COUNT) || inType === undefined) return this.#broken(name);
    let count: number | undefined;
    if (counting === CONSTANT_COUNT) {
      if (this.at + 2 > this.#end) return this.#broken(name);
      count = viewOf(this.#bytes).getUint16(this.at, true);
      this.at += 2;
    }
    const shape = {
      name,
      type: inType,
      ...(count === undefined ? {} : { count }),
      ...(counting === VARIABLE_COUNT ? { counted: true } : {}),
    };
    if (inType !== 'Struct') {
      const shown = OUT_TYPES.get(out);
      return shown === undefined ? shape : { ...shape, out: shown };
    }
    if (depth >= MAX_DEPTH) return this.#broken(name);
    // The way of showing a struct is the number of its fields.
    const fields: PayloadField[] = [];
    for (let i = 0; i < out && this.brokenAt === undefined; i++) {
      const member = this.field(depth + 1);
      if (member !== undefined) fields.push(member);
    }
    return { ...shape, fields };
  }

  #broken(name: string | undefined): undefined {
    this.brokenAt ??= name ?? '';
    return undefined;
  }
}
