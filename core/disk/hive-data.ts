/** Type and data of a value as they are stored. */
export interface HiveData {
  readonly type: number;
  readonly data: Uint8Array;
}

const TYPE = { sz: 1, expand: 2, binary: 3, dword: 4, multi: 7, qword: 11 } as const;
/** Data written as text is for settings; 1 MiB is far beyond any. */
const MAX_DATA_BYTES = 1 << 20;
/** Bytes of binary data shown when a change is told. */
const SHOWN_BYTES = 64;

/**
 * Data of a value as it is written on a command line: `dword:4`, `dword:0x4`, `qword:1`, `sz:text`, `expand:%SystemRoot%\x`, `multi:a;b`, `hex:01 02 ff`
 * (REG_BINARY) and `hex(7):61 00` for any type by its number in hexadecimal digits, as in files of regedit. `undefined`: none of these.
 * Strings end with a NUL, a list with two, as Windows stores them.
 */
export function parseHiveData(text: string): HiveData | undefined {
  const match = /^(dword|qword|sz|expand|multi|hex)(?:\(([0-9a-f]{1,8})\))?:([\s\S]*)$/i.exec(text);
  if (match === null || text.length > MAX_DATA_BYTES) return undefined;
  const [, name = '', number, value = ''] = match;
  const kind = name.toLowerCase();
  if (number !== undefined && kind !== 'hex') return undefined;
  if (kind === 'dword' || kind === 'qword') return integer(kind, value);
  if (kind === 'sz' || kind === 'expand') return value.includes('\0') ? undefined : { type: TYPE[kind], data: utf16(`${value}\0`) };
  if (kind === 'multi') {
    const parts = value === '' ? [] : value.split(';');
    // An empty string inside would end the list.
    return parts.some((part) => part === '' || part.includes('\0'))
      ? undefined
      : { type: TYPE.multi, data: utf16(`${parts.map((part) => `${part}\0`).join('')}\0`) };
  }
  const digits = value.replaceAll(/[\s,]/g, '');
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) return undefined;
  const data = Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
  return { type: number === undefined ? TYPE.binary : Number.parseInt(number, 16), data };
}

/** Type and data in the form of {@link parseHiveData}; long binary data is cut and says how long it is. */
export function hiveDataText({ type, data }: HiveData): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (type === TYPE.dword && data.length === 4) return `dword:${view.getUint32(0, true)}`;
  if (type === TYPE.qword && data.length === 8) return `qword:${view.getBigUint64(0, true)}`;
  const text = data.length % 2 === 0 ? new TextDecoder('utf-16le').decode(data) : undefined;
  const candidates =
    text === undefined
      ? []
      : type === TYPE.sz
        ? [`sz:${text.replace(/\0$/, '')}`]
        : type === TYPE.expand
          ? [`expand:${text.replace(/\0$/, '')}`]
          : type === TYPE.multi
            ? [`multi:${text.replace(/\0\0$/, '').replace(/^\0$/, '').replaceAll('\0', ';')}`]
            : [];
  // Only what reads back as the same bytes: a string without its NUL or with two is shown as it is stored.
  const exact = candidates.find((candidate) => same(parseHiveData(candidate)?.data, data));
  if (exact !== undefined) return exact;
  const name = type === TYPE.binary ? 'hex' : `hex(${type.toString(16)})`;
  const digits = [...data.subarray(0, SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${name}:${digits}${data.length > SHOWN_BYTES ? ` … (${data.length})` : ''}`;
}

function integer(kind: 'dword' | 'qword', text: string): HiveData | undefined {
  if (!/^(?:\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text)) return undefined;
  const value = BigInt(text);
  const bytes = kind === 'dword' ? 4 : 8;
  if (value >= 1n << BigInt(bytes * 8)) return undefined;
  return { type: TYPE[kind], data: Uint8Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(i * 8)) & 0xffn)) };
}

function utf16(text: string): Uint8Array {
  const data = new Uint8Array(text.length * 2);
  const view = new DataView(data.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), true);
  return data;
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
