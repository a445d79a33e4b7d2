/** Most sub-authorities a SID may hold. @source [MS-DTYP] 2.4.2.2 SID packet representation */
export const MAX_SUB_AUTHORITIES = 15;

/**
 * `S-1-…` text of the binary SID at `offset`, not reading past `end`.
 * @returns the text, or `undefined` when the bytes are no SID (revision, count or length).
 * @source [MS-DTYP] 2.4.2.1 SID string format: authorities of 2^32 and above print as `0x` and 12 digits
 */
export function formatSid(bytes: Uint8Array, offset = 0, end = bytes.length): string | undefined {
  if (offset + 8 > end) return undefined;
  const count = bytes[offset + 1]!;
  if (bytes[offset] !== 1 || count > MAX_SUB_AUTHORITIES || offset + 8 + count * 4 > end) return undefined;
  const high = bytes[offset + 2]! * 256 + bytes[offset + 3]!;
  const low = u32be(bytes, offset + 4);
  let text = high === 0 ? `S-1-${low}` : `S-1-0x${high.toString(16).padStart(4, '0')}${low.toString(16).padStart(8, '0')}`;
  for (let i = 0, at = offset + 8; i < count; i++, at += 4) text += `-${u32le(bytes, at)}`;
  return text;
}

/** Size in bytes of the SID at `offset` by its sub-authority count; `undefined` when it does not fit before `end`. */
export function sidSize(bytes: Uint8Array, offset = 0, end = bytes.length): number | undefined {
  if (offset + 8 > end) return undefined;
  const size = 8 + bytes[offset + 1]! * 4;
  return bytes[offset + 1]! > MAX_SUB_AUTHORITIES || offset + size > end ? undefined : size;
}

/** Binary SID of `S-1-…` text; `undefined` when it is none. */
export function parseSid(text: string): Uint8Array | undefined {
  const m = /^S-1-(0x[0-9a-f]{1,12}|\d{1,15})((?:-\d{1,10}){0,15})$/i.exec(text.trim());
  if (m === null) return undefined;
  const authority = Number(m[1]);
  const parts = m[2] === '' ? [] : m[2]!.slice(1).split('-').map(Number);
  if (authority >= 2 ** 48 || parts.some((part) => part > 0xffff_ffff)) return undefined;
  const out = new Uint8Array(8 + parts.length * 4);
  const view = new DataView(out.buffer);
  out[0] = 1;
  out[1] = parts.length;
  view.setUint16(2, Math.floor(authority / 2 ** 32));
  view.setUint32(4, authority % 2 ** 32);
  parts.forEach((part, i) => {
    view.setUint32(8 + i * 4, part, true);
  });
  return out;
}

function u32le(b: Uint8Array, o: number): number {
  return (b[o]! | (b[o + 1]! << 8) | (b[o + 2]! << 16) | (b[o + 3]! << 24)) >>> 0;
}
function u32be(b: Uint8Array, o: number): number {
  return ((b[o]! << 24) | (b[o + 1]! << 16) | (b[o + 2]! << 8) | b[o + 3]!) >>> 0;
}
