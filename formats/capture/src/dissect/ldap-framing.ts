import type { Framing } from './unit-reader.ts';

/** Bytes of one message that are kept: a bind with the largest Kerberos token stays below; results of searches are not looked at. */
export const LDAP_KEEP = 96 * 1024;
/** Length of one message or sealed buffer: Active Directory takes 10 MB (MaxReceiveBuffer) and sends pages of some MB. */
const MAX_LENGTH = 64 * 1024 * 1024;

/** Length of a BER element from its tag on, at most four bytes of length; `undefined`: more bytes are needed; 0: none (RFC 4511 section 5.1). */
export function berLength(bytes: Uint8Array, at: number): number | undefined {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const size = first - 0x80;
  if (size < 1 || size > 4) return 0;
  if (at + 2 + size > bytes.length) return undefined;
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + 2 + i]!;
  return value > MAX_LENGTH ? 0 : 2 + size + value;
}

/** Bytes of tag and length of the element at this offset, whose length is known. */
export function berHead(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1]!;
  return first < 0x80 ? 2 : 2 + first - 0x80;
}

/** LDAPMessages (RFC 4511 section 4.1.1); after a login with sealing buffers with four bytes of length before them (RFC 4422 section 3.7). */
export const ldapFraming: Framing = {
  headBytes: 6,
  keep: LDAP_KEEP,
  length(bytes) {
    if (bytes.length === 0) return undefined;
    if (bytes[0] === 0x30) return berLength(bytes, 0);
    if (bytes[0]! > 3) return 0;
    if (bytes.length < 4) return undefined;
    const length = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
    return length === 0 || length > MAX_LENGTH ? 0 : 4 + length;
  },
  plausible(bytes, at) {
    if (bytes[at] !== 0x30) return at < bytes.length ? false : undefined;
    const length = berLength(bytes, at);
    if (length === undefined) return undefined;
    const id = at + berHead(bytes, at);
    if (length < 7 || (id < bytes.length && bytes[id] !== 0x02)) return false;
    const size = bytes[id + 1];
    if (size === undefined) return undefined;
    if (size < 1 || size > 4) return false;
    const operation = bytes[id + 2 + size];
    if (operation === undefined) return undefined;
    // Operations 0 to 25 of the application class, unbind, delete and abandon primitive (RFC 4511 section 4.2 ff.).
    return (operation & 0xc0) === 0x40 && (operation & 0x1f) <= 25;
  },
};
