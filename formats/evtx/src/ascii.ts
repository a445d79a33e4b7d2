// Comparison of UTF-16 bytes with ASCII text in any case, without making a string. It agrees with comparing the text in lower case:
// the only other characters whose lower case holds ASCII are U+212A KELVIN SIGN (k) and U+0130 (i and a combining dot).

/** True when the text has no character beyond ASCII. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Where UTF-16 text ends when trailing NULs are left out. */
export function trimmedEnd(bytes: Uint8Array, at: number, end: number): number {
  let last = at + ((end - at) & ~1);
  while (last > at && bytes[last - 1] === 0 && bytes[last - 2] === 0) last -= 2;
  return last;
}

/** Where UTF-16 text ends when blanks at its end are left out. */
export function paddedEnd(bytes: Uint8Array, at: number, end: number): number {
  let last = end;
  while (last > at && bytes[last - 2] === 0x20 && bytes[last - 1] === 0) last -= 2;
  return last;
}

/** True when the UTF-16 bytes `[at, end)` are that lower-case ASCII text in any case. */
export function equalsAscii(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at !== text.length * 2) return false;
  for (let i = 0, p = at; i < text.length; i++, p += 2) if (lower(bytes, p) !== text.charCodeAt(i)) return false;
  return true;
}

/** True when the UTF-16 bytes `[at, end)` end with that lower-case ASCII text in any case. */
export function endsWithAscii(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  const from = end - text.length * 2;
  return from >= at && equalsAscii(bytes, from, end, text);
}

/** True when the UTF-16 bytes `[at, end)` begin with that lower-case ASCII text in any case. */
export function startsWithAscii(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  const last = text.length - 1;
  if (at + last * 2 + 2 > end) return false;
  for (let i = 0, p = at; i <= last; i++, p += 2) {
    const unit = lower(bytes, p);
    // The dot of U+0130 comes behind its i: both fit only when nothing else is wanted.
    if (unit !== text.charCodeAt(i) && !(unit === 0x130 && i === last && text.charCodeAt(i) === 0x69)) return false;
  }
  return true;
}

/** True when the UTF-16 bytes `[at, end)` hold that lower-case ASCII text in any case. */
export function containsAscii(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  for (let p = at; p + text.length * 2 <= end; p += 2) if (startsWithAscii(bytes, p, end, text)) return true;
  return false;
}

function lower(bytes: Uint8Array, at: number): number {
  const unit = bytes[at]! | (bytes[at + 1]! << 8);
  if (unit >= 0x41 && unit <= 0x5a) return unit | 0x20;
  return unit === 0x212a ? 0x6b : unit;
}
