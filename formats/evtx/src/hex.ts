import { toHex } from '@winmedic/bytes';
import { latin1Text } from './latin1.ts';

/** Bytes put into text at a time. */
const PIECE = 1024;
const DIGITS = '0123456789ABCDEF';

const pairs = new Uint16Array(PIECE);
const text = latin1Text(pairs.buffer);
/** Both digits of a byte as they lie in memory. */
const pairOf = new Uint16Array(
  Uint8Array.from({ length: 512 }, (_, i) => DIGITS.charCodeAt((i & 1) === 0 ? i >> 5 : (i >> 1) & 15)).buffer,
);

/** Bytes `[at, at + size)` as upper-case hexadecimal digits. */
export function upperHex(bytes: Uint8Array, at: number, size: number): string {
  if (text === undefined) return toHex(bytes.subarray(at, at + size), true);
  let out = '';
  for (let from = 0; from < size; from += PIECE) {
    const length = Math.min(PIECE, size - from);
    for (let i = 0; i < length; i++) pairs[i] = pairOf[bytes[at + from + i]!]!;
    const piece = text.toString('latin1', 0, length * 2);
    out = from === 0 ? piece : out + piece;
  }
  return out;
}

/** Entries of the direct-mapped cache of {@link hex32}. */
const RECENT = 1024;
const recentNumbers = new Uint32Array(RECENT);
const recentTexts: string[] = new Array<string>(RECENT).fill('0x0');

/** `0x…` of an unsigned number of 32 bits. Status codes, handles and process ids repeat: the texts made last are kept. */
export function hex32(number: number): string {
  const entry = (Math.imul(number, 0x9e37_79b1) >>> 22) & (RECENT - 1);
  if (recentNumbers[entry] === number) return recentTexts[entry]!;
  const made = `0x${number.toString(16)}`;
  recentNumbers[entry] = number;
  recentTexts[entry] = made;
  return made;
}
