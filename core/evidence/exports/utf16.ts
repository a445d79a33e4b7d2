/** Bytes looked at; a binary file shows itself in its first kilobyte. */
const PROBE = 2048;

/**
 * Recognises UTF-16 text that lost its byte order mark (registry exports and PowerShell output after a tool joined or cut them): the first character is of
 * ASCII, and no unit of the first kilobyte is a control, a lone surrogate or not assigned for text.
 * @returns the encoding for a `TextDecoder`, or `undefined` for anything else.
 */
export function utf16WithoutMark(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes.length < 4) return undefined;
  if (isUnits(bytes, true)) return 'utf-16le';
  return isUnits(bytes, false) ? 'utf-16be' : undefined;
}

function isUnits(bytes: Uint8Array, little: boolean): boolean {
  const units = Math.floor(Math.min(bytes.length, PROBE) / 2);
  let high = false;
  let ascii = 0;
  for (let i = 0; i < units; i++) {
    const [a, b] = [bytes[2 * i] as number, bytes[2 * i + 1] as number];
    const unit = little ? a | (b << 8) : (a << 8) | b;
    if (unit < 0x20 && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d && unit !== 0x0c) return false;
    const isLow = unit >= 0xdc00 && unit < 0xe000;
    if (isLow !== high || unit >= 0xfffe) return false;
    high = unit >= 0xd800 && unit < 0xdc00;
    if (unit < 0x80) ascii++;
    else if (i === 0) return false;
  }
  // Bytes of ASCII taken for units have none below 0x80; of real text line ends and blanks alone are more than this.
  return ascii * 20 >= units;
}
