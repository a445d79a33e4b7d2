/** ContentType (RFC 8446 section 5.1). */
export const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
/** Bytes of a record's header: type, version, length. */
export const RECORD_HEADER = 5;
/** Bytes of an SSL 2 hello up to its lists (RFC 5246 appendix E.2), with the length of the record. */
const SSL2_HEADER = 11;
/** 2^14 and the most that protection may add (RFC 5246 section 6.2.3). */
export const MAX_RECORD = (1 << 14) + 2048;

/** Header of a record. */
export interface RecordHead {
  readonly type: number;
  /** ProtocolVersion of the record layer, 0x0301 … */
  readonly version: number;
  readonly length: number;
}

/** Reads a record's header; `undefined` when there are fewer than five bytes or they are no record of SSL 3 or TLS. */
export function readRecordHead(bytes: Uint8Array, at = 0): RecordHead | undefined {
  if (at + RECORD_HEADER > bytes.length) return undefined;
  const type = bytes[at]!;
  const minor = bytes[at + 2]!;
  const length = (bytes[at + 3]! << 8) | bytes[at + 4]!;
  if (type < 20 || type > 23 || bytes[at + 1] !== 3 || minor > 4 || length > MAX_RECORD) return undefined;
  // Only application data may be empty (RFC 8446 section 5.1); a change of the cipher is one byte in clear.
  if (length === 0 && type !== RECORD.applicationData) return undefined;
  return { type, version: 0x0300 | minor, length };
}

/** Do the first bytes belong to TLS: a record, or the hello of SSL 2? `more`: too few to tell. */
export function recogniseTls(first: Uint8Array): 'yes' | 'no' | 'more' {
  const type = first[0] ?? 0;
  const major = first[1] ?? 3;
  if (type >= 20 && type <= 23) {
    if (major !== 3) return 'no';
    if (first.length < RECORD_HEADER) return 'more';
    return readRecordHead(first) === undefined ? 'no' : 'yes';
  }
  if (first.length === 0) return 'more';
  if ((type & 0x80) === 0 || (first[2] ?? 1) !== 1) return 'no';
  if (first.length < SSL2_HEADER) return 'more';
  return readSsl2Head(first) === undefined ? 'no' : 'yes';
}

/** Lengths of an SSL 2 ClientHello. */
export interface Ssl2Head {
  readonly version: number;
  /** Bytes of the whole record with its two bytes of length. */
  readonly size: number;
  /** Bytes of the list of cipher specifications, three for each, behind the header of 11 bytes. */
  readonly cipherBytes: number;
}

/** Reads the header of an SSL 2 ClientHello (RFC 5246 appendix E.2); `undefined` when the lengths do not fit together. */
export function readSsl2Head(bytes: Uint8Array): Ssl2Head | undefined {
  if (bytes.length < SSL2_HEADER) return undefined;
  const u16 = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  const length = u16(0) & 0x7fff;
  const version = u16(3);
  const [cipherBytes, session, challenge] = [u16(5), u16(7), u16(9)];
  if ((bytes[0]! & 0x80) === 0 || bytes[2] !== 1 || (version !== 0x0002 && version >> 8 !== 3)) return undefined;
  if (cipherBytes === 0 || cipherBytes % 3 !== 0 || (session !== 0 && session !== 16) || challenge < 16 || challenge > 32) return undefined;
  return length === 9 + cipherBytes + session + challenge ? { version, size: 2 + length, cipherBytes } : undefined;
}

/** ProtocolVersion in words: `TLSv1.2`, `SSLv3`, `TLSv1.3-draft16`; anything else as a hexadecimal number. */
export function tlsVersionName(version: number): string {
  if (version === 0x0002) return 'SSLv2';
  if (version === 0x0300) return 'SSLv3';
  if (version > 0x0300 && version <= 0x0304) return `TLSv1.${version - 0x0301}`;
  // Drafts of TLS 1.3 (draft-ietf-tls-tls13-16 section 4.2.1).
  if (version > 0x7f00 && version <= 0x7f1c) return `TLSv1.3-draft${version & 0xff}`;
  return `0x${version.toString(16).padStart(4, '0')}`;
}
