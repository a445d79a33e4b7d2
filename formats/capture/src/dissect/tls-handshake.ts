import { toHex } from '@winmedic/bytes';
import { latin1 } from './latin1.ts';
import { tlsVersionName } from './tls-records.ts';
import type { TlsMessage } from './types.ts';

/** HandshakeType (RFC 8446 section 4, RFC 5246 section 7.4). */
export const HANDSHAKE = { clientHello: 1, serverHello: 2, helloRetryRequest: 6, certificate: 11, certificateRequest: 13 } as const;
/** Certificates of a chain that are kept: a real one has up to five. */
const MAX_CERTIFICATES = 16;
/** Cipher suites that are kept: 400 are registered. */
const MAX_SUITES = 1024;
/** Entries of the lists of versions, names and protocols that are kept. */
const MAX_ENTRIES = 64;

/** Random of a ServerHello that asks for another hello: SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3). */
const HELLO_RETRY = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

/** What of a handshake message becomes a message of the conversation, without frame, time and side. */
type WithoutPlace<M> = M extends unknown ? Omit<M, 'frame' | 'at' | 'from' | 'bytes'> : never;
/** See {@link readHandshake}. */
export type TlsParts = WithoutPlace<TlsMessage>;

/**
 * Reads a handshake message in clear: hellos, certificates up to TLS 1.2, the request for one. A body that ends too early gives what stands before, marked as
 * partial; other types are nothing.
 * @param body without type and length.
 */
export function readHandshake(type: number, body: Uint8Array): TlsParts | undefined {
  const fields = new Fields(body);
  const parts =
    type === HANDSHAKE.clientHello
      ? clientHello(fields)
      : type === HANDSHAKE.serverHello
        ? serverHello(fields)
        : type === HANDSHAKE.helloRetryRequest
          ? ({ layer: 'tls', kind: 'server-hello', version: tlsVersionName(fields.number(2)), cipherSuite: 0, helloRetry: true } as const)
          : type === HANDSHAKE.certificate
            ? certificate(fields)
            : type === HANDSHAKE.certificateRequest
              ? ({ layer: 'tls', kind: 'certificate-request' } as const)
              : undefined;
  return parts && fields.short ? { ...parts, partial: true } : parts;
}

/**
 * Can a handshake message begin like this when nothing of the handshake was seen before it? Encrypted ones look like any bytes, so its lengths or version must fit.
 * @param start the message with its header, at least six bytes, maybe cut.
 */
export function isHandshakeStart(start: Uint8Array): boolean {
  const length = (start[1]! << 16) | (start[2]! << 8) | start[3]!;
  if (start[0] === HANDSHAKE.certificate)
    return length >= 3 && ((start[4]! << 16) | (start[5]! << 8) | (start[6] ?? (length - 3) & 0xff)) === length - 3;
  if (start[0] !== HANDSHAKE.clientHello && start[0] !== HANDSHAKE.serverHello && start[0] !== HANDSHAKE.helloRetryRequest) return false;
  return start[1] === 0 && ((start[4] === 3 && start[5]! <= 4) || start[4] === 0x7f);
}

/** SSL 2 ClientHello. @param bytes the record. @param cipherBytes length of the list at 11. */
export function readSsl2Hello(bytes: Uint8Array, version: number, cipherBytes: number): TlsParts {
  const suites = new Fields(bytes.subarray(11, 11 + cipherBytes)).list(3, MAX_SUITES);
  const name = tlsVersionName(version);
  return { layer: 'tls', kind: 'client-hello', version: name, versions: [name], serverName: '', alpn: [], cipherSuites: suites };
}

/** Big-endian fields read in order; what is missing reads as nothing and is remembered. */
class Fields {
  readonly #bytes: Uint8Array;
  #at = 0;
  short = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(size: number): number {
    if (size > this.left) this.short = true;
    const end = Math.min(this.#bytes.length, this.#at + size);
    let value = 0;
    for (; this.#at < end; this.#at++) value = value * 256 + this.#bytes[this.#at]!;
    return value;
  }

  bytes(size: number): Uint8Array {
    if (size > this.left) this.short = true;
    const part = this.#bytes.subarray(this.#at, this.#at + size);
    this.#at = Math.min(this.#bytes.length, this.#at + size);
    return part;
  }

  /** Bytes behind their length of `size` bytes. */
  vector(size: number): Fields {
    return new Fields(this.bytes(this.number(size)));
  }

  /** Numbers of `size` bytes up to the end. */
  list(size: number, most: number): number[] {
    const values: number[] = [];
    while (this.left >= size && values.length < most) values.push(this.number(size));
    return values;
  }
}

function clientHello(fields: Fields): TlsParts {
  const legacy = fields.number(2);
  fields.bytes(32);
  fields.vector(1);
  const cipherSuites = fields.vector(2).list(2, MAX_SUITES);
  fields.vector(1);
  const found = extensions(fields);
  const named = new Fields(found.get(43) ?? new Uint8Array())
    .vector(1)
    .list(2, MAX_ENTRIES)
    .filter((version) => !isGrease(version));
  const versions = named.length > 0 ? named : [legacy];
  return {
    layer: 'tls',
    kind: 'client-hello',
    version: tlsVersionName(versions.reduce((best, version) => (rank(version) > rank(best) ? version : best))),
    versions: versions.map(tlsVersionName),
    serverName: serverName(found.get(0)),
    alpn: protocolNames(found.get(16)),
    cipherSuites,
  };
}

function serverHello(fields: Fields): TlsParts {
  const legacy = fields.number(2);
  const random = fields.bytes(32);
  // Drafts before 22 had neither session nor compression in this message (draft-ietf-tls-tls13-21 section 4.1.3).
  const oldDraft = legacy > 0x7f00 && legacy < 0x7f16;
  if (!oldDraft) fields.vector(1);
  const cipherSuite = fields.number(2);
  if (!oldDraft) fields.number(1);
  const chosen = extensions(fields).get(43);
  return {
    layer: 'tls',
    kind: 'server-hello',
    version: tlsVersionName(chosen?.length === 2 ? (chosen[0]! << 8) | chosen[1]! : legacy),
    cipherSuite,
    helloRetry: toHex(random) === HELLO_RETRY,
  };
}

/** Extensions by type, the first of each; a hello may end before them (RFC 5246 section 7.4.1.2). */
function extensions(fields: Fields): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  if (fields.left === 0) return found;
  const list = fields.vector(2);
  while (list.left >= 4) {
    const type = list.number(2);
    const value = list.bytes(list.number(2));
    if (!list.short && !found.has(type)) found.set(type, value);
  }
  return found;
}

/** First host name of server_name (RFC 6066 section 3). */
function serverName(value: Uint8Array | undefined): string {
  const list = new Fields(value ?? new Uint8Array()).vector(2);
  for (let entries = 0; list.left > 3 && entries < MAX_ENTRIES; entries++) {
    const type = list.number(1);
    const name = list.bytes(list.number(2));
    if (type === 0) return latin1(name);
  }
  return '';
}

/** application_layer_protocol_negotiation (RFC 7301 section 3.1). */
function protocolNames(value: Uint8Array | undefined): string[] {
  const list = new Fields(value ?? new Uint8Array()).vector(2);
  const names: string[] = [];
  while (list.left > 1 && names.length < MAX_ENTRIES) {
    const name = latin1(list.bytes(list.number(1)));
    if (!isGreaseName(name)) names.push(name);
  }
  return names;
}

/** Chain of a certificate message up to TLS 1.2 (RFC 5246 section 7.4.2). */
function certificate(fields: Fields): TlsParts {
  const list = fields.vector(3);
  const chain: Uint8Array[] = [];
  while (list.left >= 3 && chain.length < MAX_CERTIFICATES) {
    const der = list.bytes(list.number(3));
    if (list.short) break;
    chain.push(der.slice());
  }
  return { layer: 'tls', kind: 'certificate', chain, ...(list.short || list.left > 0 ? { partial: true } : {}) };
}

/** Values that browsers send to keep servers tolerant (RFC 8701 section 2). */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

function isGreaseName(name: string): boolean {
  return name.length === 2 && isGrease((name.charCodeAt(0) << 8) | name.charCodeAt(1));
}

/** Order of versions: drafts of TLS 1.3 lie below it and above TLS 1.2. */
function rank(version: number): number {
  return version >> 8 === 0x7f ? 0x0303 + (version & 0xff) / 256 : version;
}
