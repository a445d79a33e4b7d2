import { u16At } from './window.ts';

/** Options of one block that are looked at; blocks have a handful. */
const MAX_OPTIONS = 1000;

/**
 * Visits the options of a pcapng block (draft-ietf-opsawg-pcapng section 3.5): code, length, value padded to 4 bytes; code 0 ends them. Ends at the first one that
 * does not fit.
 */
export function eachOption(
  bytes: Uint8Array,
  start: number,
  end: number,
  bigEndian: boolean,
  visit: (code: number, value: Uint8Array) => void,
): void {
  let at = start;
  for (let n = 0; n < MAX_OPTIONS && at + 4 <= end; n++) {
    const code = u16At(bytes, at, bigEndian);
    const length = u16At(bytes, at + 2, bigEndian);
    if (code === 0 || at + 4 + length > end) return;
    visit(code, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + ((length + 3) & ~3);
  }
}

/** Text longer than this is cut: names and comments are for people. */
const MAX_TEXT_BYTES = 4096;

/** A UTF-8 text option; a NUL ends it although none should be there. */
export function optionText(value: Uint8Array): string {
  const text = new TextDecoder().decode(value.subarray(0, MAX_TEXT_BYTES));
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** An unsigned 64-bit option as a number; larger ones than 2^53 lose their last digits. */
export function optionU64(value: Uint8Array, bigEndian: boolean): number | undefined {
  if (value.length !== 8) return undefined;
  return Number(new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, !bigEndian));
}

/** A signed 64-bit option as a number. */
export function optionI64(value: Uint8Array, bigEndian: boolean): number | undefined {
  if (value.length !== 8) return undefined;
  return Number(new DataView(value.buffer, value.byteOffset, 8).getBigInt64(0, !bigEndian));
}
