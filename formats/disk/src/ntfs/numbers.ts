import type { FileReference } from './types.ts';

/** A 64-bit field as a number; -1 when it is negative or beyond 2^53, which no size or cluster number of a volume is. */
export function count64(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  return high >= 0x20_0000 ? -1 : high * 2 ** 32 + view.getUint32(at, true);
}

/** A file reference: 48 bits of record number, 16 of sequence number. */
export function reference(view: DataView, at: number): FileReference {
  return { record: view.getUint32(at, true) + view.getUint16(at + 4, true) * 2 ** 32, sequence: view.getUint16(at + 6, true) };
}

/**
 * Text of UTF-16 units as they are. NTFS takes any units as a name: lone surrogates are kept, since a name that was changed here would be found in no
 * index; who shows it makes it well-formed.
 */
export function unitsText(view: DataView, at: number, units: number): string {
  let text = '';
  for (let i = 0; i < units; i++) text += String.fromCharCode(view.getUint16(at + i * 2, true));
  return text;
}

/** Whether it is a power of two from `least` to `most`. */
export function isPowerOfTwo(value: number, least: number, most: number): boolean {
  return value >= least && value <= most && Number.isInteger(Math.log2(value));
}
