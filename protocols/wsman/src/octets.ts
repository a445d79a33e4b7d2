/** Text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Text of characters below 256 as bytes, one each. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Bytes as characters below 256. */
export function toLatin1(bytes: Uint8Array): string {
  let text = '';
  // In pieces: a call takes a bounded number of arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** Base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  return btoa(toLatin1(bytes));
}

/** Bytes of base64, white space ignored; `undefined` for what is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return fromLatin1(atob(text));
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
