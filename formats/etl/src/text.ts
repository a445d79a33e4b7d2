import { decodeUtf16, toHex } from '@winmedic/bytes';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const western = new TextDecoder('windows-1252');

/** UTF-8 text; ill-formed parts become U+FFFD. */
const loose = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 text of a part. */
export function utf8(bytes: Uint8Array, at: number, end: number): string {
  return loose.decode(bytes.subarray(at, end));
}

/**
 * Text of one-byte characters, whose code page no trace names: UTF-8 when it is that, but for a character cut at either end (a long text comes in
 * chunks), else Windows-1252.
 */
export function ansi(bytes: Uint8Array, at: number, end: number): string {
  let from = at;
  // At most three bytes of a character whose beginning is in the chunk before.
  while (from < end && from < at + 3 && (bytes[from]! & 0xc0) === 0x80) from++;
  let to = end;
  for (let back = 1; back <= 3 && end - back >= from; back++) {
    const byte = bytes[end - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (need > back) to = end - back;
    break;
  }
  try {
    const text = strict.decode(bytes.subarray(from, to));
    return `${from > at ? '\ufffd' : ''}${text}${to < end ? '\ufffd' : ''}`;
  } catch {
    return western.decode(bytes.subarray(at, end));
  }
}

/** UTF-16 text of a part, without the NULs at its end. */
export function wide(bytes: Uint8Array, at: number, end: number): string {
  let chars = (end - at) >> 1;
  while (chars > 0 && (bytes[at + chars * 2 - 1]! | bytes[at + chars * 2 - 2]!) === 0) chars--;
  return decodeUtf16(bytes, at, chars);
}

/** The shortest decimal text that is the same 32-bit floating point number. */
export function floatText(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/** IPv4 address of four bytes. */
export function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** IPv6 address of 16 bytes, the first longest run of zero groups shortened. @source RFC 5952 section 4 */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[at + i * 2]! << 8) | bytes[at + i * 2 + 1]!);
  let best = 0;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run++;
    if (run > length) [best, length] = [i, run];
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? text(groups) : `${text(groups.slice(0, best))}::${text(groups.slice(best + length))}`;
}

/** SOCKADDR_IN and SOCKADDR_IN6 as `address:port` and `[address%scope]:port`; other families as hexadecimal. @source Microsoft Learn, sockaddr (Winsock) */
export function socketAddressText(bytes: Uint8Array): string {
  const family = bytes.length < 2 ? 0 : bytes[0]! | (bytes[1]! << 8);
  const port = bytes.length < 4 ? 0 : (bytes[2]! << 8) | bytes[3]!;
  if (family === 2 && bytes.length >= 8) return `${ipv4Text(bytes, 4)}:${port}`;
  if (family === 23 && bytes.length >= 24) {
    const scope = bytes.length < 28 ? 0 : (bytes[24]! | (bytes[25]! << 8) | (bytes[26]! << 16) | (bytes[27]! << 24)) >>> 0;
    return `[${ipv6Text(bytes, 8)}${scope === 0 ? '' : `%${scope}`}]:${port}`;
  }
  return toHex(bytes);
}
