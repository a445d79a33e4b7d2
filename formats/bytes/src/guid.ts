const hex: readonly string[] = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

const HEX: readonly string[] = hex.map((digits) => digits.toUpperCase());

/**
 * `{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}` in lower case of the 16 bytes at `offset` (first three groups little-endian).
 * @source [MS-DTYP] 2.3.4.2 GUID packet representation
 */
export function formatGuid(b: Uint8Array, o = 0): string {
  const h = hex;
  return `{${h[b[o + 3]!]}${h[b[o + 2]!]}${h[b[o + 1]!]}${h[b[o]!]}-${h[b[o + 5]!]}${h[b[o + 4]!]}-${h[b[o + 7]!]}${h[b[o + 6]!]}-${
    h[b[o + 8]!]
  }${h[b[o + 9]!]}-${h[b[o + 10]!]}${h[b[o + 11]!]}${h[b[o + 12]!]}${h[b[o + 13]!]}${h[b[o + 14]!]}${h[b[o + 15]!]}}`;
}

/** The 16 bytes of a GUID text, with or without braces; `undefined` when it is none. */
export function parseGuid(text: string): Uint8Array | undefined {
  const m = /^\{?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}?$/i.exec(text.trim());
  if (m === null) return undefined;
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  view.setUint32(0, Number.parseInt(m[1]!, 16), true);
  view.setUint16(4, Number.parseInt(m[2]!, 16), true);
  view.setUint16(6, Number.parseInt(m[3]!, 16), true);
  const tail = m[4]! + m[5]!;
  for (let i = 0; i < 8; i++) out[8 + i] = Number.parseInt(tail.slice(i * 2, i * 2 + 2), 16);
  return out;
}

/** Bytes as hexadecimal digits. */
export function toHex(bytes: Uint8Array, upper = false): string {
  const digits = upper ? HEX : hex;
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += digits[bytes[i]!];
  return text;
}
