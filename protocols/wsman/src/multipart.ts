import { joinBytes } from '@winmedic/bytes';
import type { MessageProtection } from '@winmedic/gss';
import { WsmanError } from './errors.ts';
import { LIMITS } from './limits.ts';
import type { SchemeName } from './login.ts';
import { fromLatin1, toLatin1 } from './octets.ts';

/** Schemes whose contexts seal. */
export type SealingScheme = Exclude<SchemeName, 'Basic' | 'Certificate'>;

/** Protocol names (MS-WSMV 2.2.9.1): SPNEGO also when it chose Kerberos, and for raw NTLM. */
const PROTOCOLS: Readonly<Record<SealingScheme, string>> = {
  Negotiate: 'application/HTTP-SPNEGO-session-encrypted',
  NTLM: 'application/HTTP-SPNEGO-session-encrypted',
  Kerberos: 'application/HTTP-Kerberos-session-encrypted',
  CredSSP: 'application/HTTP-CredSSP-session-encrypted',
};
const CREDSSP = PROTOCOLS.CredSSP.toLowerCase();
const BOUNDARY = 'Encrypted Boundary';
/** CredSSP seals TLS records of at most 16 KiB: larger messages go in pieces (MS-WSMV 2.2.9.1.3.2). */
const PIECE = 16 * 1024;

/** Padding of RC4 and DES tokens of Kerberos (RFC 1964 section 1.2.2.3). */
const MAX_PADDING = 8;

/** A sealed HTTP body. */
export interface SealedBody {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/**
 * Seals an envelope into a multipart body (MS-WSMV 2.2.9.1). Messages must be sealed in the order in which they are sent.
 * @param scheme the scheme of the login; decides the protocol name and, for CredSSP, the pieces.
 */
export function sealBody(protection: MessageProtection, scheme: SealingScheme, clear: Uint8Array): SealedBody {
  const pieces: Uint8Array[] = [];
  if (scheme === 'CredSSP') for (let at = 0; at < clear.length; at += PIECE) pieces.push(clear.subarray(at, at + PIECE));
  if (pieces.length === 0) pieces.push(clear);
  const protocol = PROTOCOLS[scheme];
  const parts = pieces.flatMap((piece) => sealPiece(protection, protocol, piece));
  parts.push(fromLatin1(`--${BOUNDARY}--\r\n`));
  const type = pieces.length > 1 ? 'multipart/x-multi-encrypted' : 'multipart/encrypted';
  return { contentType: `${type};protocol="${protocol}";boundary="${BOUNDARY}"`, body: joinBytes(...parts) };
}

function sealPiece(protection: MessageProtection, protocol: string, clear: Uint8Array): Uint8Array[] {
  const { header, data } = protection.seal(clear);
  // Old Kerberos etypes (RFC 1964, RFC 4757) pad, and the length counts the padding.
  const length = paddedToken(header) ? data.length : clear.length;
  const head = [
    `--${BOUNDARY}`,
    `\tContent-Type: ${protocol}`,
    `\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=${length}`,
    `--${BOUNDARY}`,
    '\tContent-Type: application/octet-stream',
    '',
  ];
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, header.length, true);
  return [fromLatin1(head.join('\r\n')), size, header, data];
}

/** A GSS-API token with its ASN.1 frame: RC4 and DES of Kerberos. NTLM starts with 1, AES tokens with 5. */
function paddedToken(header: Uint8Array): boolean {
  return header[0] === 0x60;
}

/** Is this the media type of a sealed body? */
export function isSealedType(contentType: string): boolean {
  return /^\s*multipart\/(x-multi-)?encrypted\s*(;|$)/i.test(contentType);
}

/**
 * Takes a sealed body apart and unseals it. Lenient where servers differ (TAB or none before part headers, a blank in the boundary, line ends
 * around it); parts are cut by their lengths, and a length that does not fit is refused.
 * @throws WsmanError `WSMAN_MULTIPART`, `WSMAN_LENGTH`; what the protection throws for a wrong signature.
 */
export function unsealBody(contentType: string, body: Uint8Array, protection: MessageProtection): Uint8Array {
  if (!isSealedType(contentType)) throw new WsmanError('WSMAN_MULTIPART', 'media type multipart/encrypted');
  const boundary = parameter(contentType, 'boundary') ?? BOUNDARY;
  if (boundary === '' || boundary.length > 70) throw new WsmanError('WSMAN_MULTIPART', 'boundary of 1 to 70 characters (RFC 2046)');
  const reader = new PartReader(body, boundary);
  const pieces: Uint8Array[] = [];
  let more = reader.boundary() === 'next';
  if (!more) throw new WsmanError('WSMAN_MULTIPART', 'first part', { offset: reader.at });
  while (more) {
    if (pieces.length >= LIMITS.parts) throw new WsmanError('WSMAN_MULTIPART', 'number of parts', { need: LIMITS.parts, have: 'more' });
    const { length, protocol } = reader.metadata();
    reader.octetStream();
    const sealed = reader.sealed(length, protocol.toLowerCase() === CREDSSP);
    // Before anything is unsealed: a wrong cut must not use up a sequence number.
    more = reader.boundary() === 'next';
    const clear = protection.unseal(sealed);
    const padding = length - clear.length;
    if (padding !== 0 && !(paddedToken(sealed.header) && padding > 0 && padding <= MAX_PADDING)) {
      throw new WsmanError('WSMAN_LENGTH', 'length of the unsealed part', { need: length, have: clear.length });
    }
    pieces.push(clear);
  }
  return pieces.length === 1 ? pieces[0]! : joinBytes(...pieces);
}

/** Value of a parameter of a media type. */
export function parameter(contentType: string, name: string): string | undefined {
  for (const piece of contentType.slice(0, 1024).split(';').slice(1)) {
    const equals = piece.indexOf('=');
    if (equals < 0 || piece.slice(0, equals).trim().toLowerCase() !== name) continue;
    return piece
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const BLANK = 0x20;

class PartReader {
  readonly #body: Uint8Array;
  readonly #boundary: Uint8Array;
  at = 0;

  constructor(body: Uint8Array, boundary: string) {
    this.#body = body;
    this.#boundary = fromLatin1(boundary);
  }

  /** At a boundary line: goes past it. */
  boundary(): 'next' | 'end' {
    const from = this.at;
    this.#lineEnd();
    const at = this.#boundaryAt(this.at);
    if (at === undefined) throw new WsmanError('WSMAN_LENGTH', 'boundary after a part', { offset: from });
    this.at = at;
    if (this.#body[at] === DASH && this.#body[at + 1] === DASH) {
      this.at = at + 2;
      while (this.#lineEnd());
      if (this.at < this.#body.length) throw new WsmanError('WSMAN_LENGTH', 'nothing after the last boundary', { offset: this.at });
      return 'end';
    }
    if (!this.#lineEnd()) throw new WsmanError('WSMAN_MULTIPART', 'end of a boundary line', { offset: this.at });
    return 'next';
  }

  /** Headers of the first part of a pair, up to the boundary of the second. */
  metadata(): { length: number; protocol: string } {
    const from = this.at;
    let length: number | undefined;
    let protocol = '';
    while (this.#boundaryAt(this.at) === undefined) {
      if (this.at - from > LIMITS.partHeaderBytes) throw new WsmanError('WSMAN_MULTIPART', 'headers of a part', { offset: from });
      const line = this.#line();
      const found = /^\s*OriginalContent\s*:.*;\s*Length\s*=\s*"?(\d{1,9})"?\s*$/i.exec(line);
      if (found !== null) length = Number(found[1]);
      protocol = /^\s*Content-Type\s*:\s*([^\s;]+)/i.exec(line)?.[1] ?? protocol;
    }
    if (length === undefined) throw new WsmanError('WSMAN_MULTIPART', 'Length of OriginalContent', { offset: from });
    if (length > LIMITS.envelopeBytes) {
      throw new WsmanError('WSMAN_LENGTH', 'length of an envelope', { offset: from, need: LIMITS.envelopeBytes, have: length });
    }
    if (this.boundary() !== 'next') throw new WsmanError('WSMAN_MULTIPART', 'second part', { offset: this.at });
    return { length, protocol };
  }

  /** The one header line of the second part: data follows without a blank line. */
  octetStream(): void {
    const from = this.at;
    if (!/^\s*Content-Type\s*:\s*application\/octet-stream\s*$/i.test(this.#line())) {
      throw new WsmanError('WSMAN_MULTIPART', 'Content-Type of the second part', { offset: from });
    }
  }

  sealed(length: number, records: boolean): { header: Uint8Array; data: Uint8Array } {
    const body = this.#body;
    if (this.at + 4 > body.length)
      throw new WsmanError('WSMAN_LENGTH', 'length of the seal', { offset: this.at, need: 4, have: body.length - this.at });
    const size = new DataView(body.buffer, body.byteOffset + this.at, 4).getUint32(0, true);
    if (size > LIMITS.sealHeaderBytes) {
      throw new WsmanError('WSMAN_LENGTH', 'length of the seal', { offset: this.at, need: LIMITS.sealHeaderBytes, have: size });
    }
    const from = this.at + 4;
    const padded = paddedToken(body.subarray(from, from + size));
    const end = records ? this.#records(from) : this.#padding(from + size + length, padded);
    if (end > body.length || end < from + size) {
      throw new WsmanError('WSMAN_LENGTH', 'sealed data', { offset: from, need: end - from, have: body.length - from });
    }
    this.at = end;
    return { header: body.subarray(from, from + size), data: body.subarray(from + size, end) };
  }

  /** Servers on MIT's library do not count the padding of old tokens in Length: the boundary may stand up to 8 bytes further. */
  #padding(end: number, padded: boolean): number {
    if (!padded) return end;
    for (let more = 0; more <= MAX_PADDING; more++) if (this.#boundaryAt(end + more) !== undefined) return end + more;
    return end;
  }

  /** End of the TLS records of CredSSP (RFC 5246 section 6.2.1): their own lengths, since OriginalContent tells the clear length only. */
  #records(from: number): number {
    let at = from;
    for (;;) {
      const type = this.#body[at] ?? 0;
      if (type < 20 || type > 24 || this.#body[at + 1] !== 3) return at;
      at += 5 + (this.#body[at + 3] ?? 0) * 256 + (this.#body[at + 4] ?? 0);
    }
  }

  /** Offset behind `--boundary` when it stands at `at`. */
  #boundaryAt(at: number): number | undefined {
    if (this.#body[at] !== DASH || this.#body[at + 1] !== DASH) return undefined;
    // Exchange and the example in MS-WSMV write a blank after the dashes.
    const from = this.#body[at + 2] === BLANK && this.#boundary[0] !== BLANK ? at + 3 : at + 2;
    const end = from + this.#boundary.length;
    return this.#boundary.every((byte, index) => this.#body[from + index] === byte) ? end : undefined;
  }

  #line(): string {
    const end = this.#body.indexOf(LF, this.at);
    if (end < 0 || end - this.at > LIMITS.partHeaderBytes)
      throw new WsmanError('WSMAN_MULTIPART', 'header line of a part', { offset: this.at });
    const line = toLatin1(this.#body.subarray(this.at, end));
    this.at = end + 1;
    return line;
  }

  /** Goes past one line end, if there is one. */
  #lineEnd(): boolean {
    if (this.#body[this.at] === CR && this.#body[this.at + 1] === LF) this.at += 2;
    else if (this.#body[this.at] === LF) this.at += 1;
    else return false;
    return true;
  }
}
