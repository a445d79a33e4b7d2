import { RdpError } from './errors.ts';

/** Security protocols (MS-RDPBCGR 2.2.1.1.1, 2.2.1.2.1), by bit. Standard RDP security is the absence of all of them. */
export const RDP_PROTOCOL = {
  /** TLS. */
  ssl: 0x01,
  /** CredSSP: Network Level Authentication. */
  hybrid: 0x02,
  rdstls: 0x04,
  /** CredSSP with the Early User Authorization Result. */
  hybridEx: 0x08,
  /** Microsoft Entra ID. */
  rdsAad: 0x10,
} as const;

/** Flags of the request (MS-RDPBCGR 2.2.1.1.1). */
export const RDP_REQUEST_FLAG = {
  restrictedAdminRequired: 0x01,
  redirectedAuthenticationRequired: 0x02,
  correlationInfoPresent: 0x08,
} as const;

/** Flags of the response (MS-RDPBCGR 2.2.1.2.1). */
export const RDP_RESPONSE_FLAG = {
  extendedClientData: 0x01,
  graphicsPipeline: 0x02,
  reserved: 0x04,
  restrictedAdmin: 0x08,
  redirectedAuthentication: 0x10,
} as const;

/** Failure codes by number (MS-RDPBCGR 2.2.1.2.2). */
export const RDP_FAILURE = {
  1: 'SSL_REQUIRED_BY_SERVER',
  2: 'SSL_NOT_ALLOWED_BY_SERVER',
  3: 'SSL_CERT_NOT_ON_SERVER',
  4: 'INCONSISTENT_FLAGS',
  5: 'HYBRID_REQUIRED_BY_SERVER',
  6: 'SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER',
} as const;
/** Number of a failure code that the specification names. */
export type RdpFailureCode = keyof typeof RDP_FAILURE;

/** Name of a failure code; `failure N` for a number that the specification does not have. */
export function rdpFailureName(code: number): string {
  return (RDP_FAILURE as Readonly<Record<number, string>>)[code] ?? `failure ${code}`;
}

/** Names of the protocols in a mask, in the order of the bits; `['rdp']` for none. Names as in the property `rdp.security`. */
export function rdpProtocolNames(mask: number): string[] {
  const names: string[] = [];
  if (mask & RDP_PROTOCOL.ssl) names.push('tls');
  if (mask & (RDP_PROTOCOL.hybrid | RDP_PROTOCOL.hybridEx)) names.push('credssp');
  if (mask & RDP_PROTOCOL.rdstls) names.push('rdstls');
  if (mask & RDP_PROTOCOL.rdsAad) names.push('aad');
  return mask === 0 ? ['rdp'] : names;
}

/** X.224 Connection Request with what RDP puts into it (MS-RDPBCGR 2.2.1.1). */
export interface ConnectionRequest {
  readonly kind: 'request';
  /** Name in `Cookie: mstshash=…`. */
  readonly cookie?: string;
  /** Routing token of a load balancer, without its CR LF; excludes {@link cookie}. */
  readonly routingToken?: string;
  /** Absent from clients before RDP 5.2: Standard RDP security alone. */
  readonly negotiation?: { readonly flags: number; readonly protocols: number };
  /** 16 bytes by which the server's diagnosis finds this connection. */
  readonly correlationId?: Uint8Array;
}

/** X.224 Connection Confirm (MS-RDPBCGR 2.2.1.2): without negotiation data the server knows Standard RDP security alone. */
export type ConnectionConfirm =
  | { readonly kind: 'confirm' }
  | { readonly kind: 'confirm'; readonly selected: { readonly flags: number; readonly protocol: number } }
  | { readonly kind: 'confirm'; readonly failure: number };

const TPKT_VERSION = 3;
/** TPKT header (T.123 section 8) and fixed part of the TPDU (X.224 sections 13.3, 13.4). */
const TPKT_BYTES = 4;
const TPDU_BYTES = 7;
const CONNECTION_REQUEST = 0xe0;
const CONNECTION_CONFIRM = 0xd0;
const TYPE = { request: 1, response: 2, failure: 3, correlation: 6 } as const;
const NEGOTIATION_BYTES = 8;
const CORRELATION_BYTES = 36;
const COOKIE = 'Cookie: mstshash=';
/** The length indicator of a TPDU is one byte and 255 is reserved (X.224 section 13.2.1). */
const MAX_TPDU_BYTES = 255;

/**
 * Bytes of the packet that begins here, from its TPKT header: how much to read.
 * @returns `undefined` while fewer than four bytes are there.
 * @throws RdpError `RDP_NOT_TPKT` as soon as the bytes cannot be one; `RDP_MESSAGE` for a length that no negotiation has.
 */
export function tpktLength(bytes: Uint8Array): number | undefined {
  if ((bytes.length > 0 && bytes[0] !== TPKT_VERSION) || (bytes.length > 1 && bytes[1] !== 0)) {
    const wrong = bytes[0] === TPKT_VERSION ? 1 : 0;
    throw new RdpError('RDP_NOT_TPKT', 'TPKT header', {
      offset: wrong,
      need: wrong === 0 ? TPKT_VERSION : 0,
      have: bytes[wrong] as number,
    });
  }
  if (bytes.length < TPKT_BYTES) return undefined;
  const length = (bytes[2] as number) * 256 + (bytes[3] as number);
  if (length < TPKT_BYTES + TPDU_BYTES || length > TPKT_BYTES + MAX_TPDU_BYTES)
    throw new RdpError('RDP_MESSAGE', 'TPKT length', { offset: 2, need: TPKT_BYTES + TPDU_BYTES, have: length });
  return length;
}

/**
 * Reads a Connection Request or a Connection Confirm; what follows the packet is left.
 * @throws RdpError; `RDP_TRUNCATED` when the packet has not come whole.
 */
export function parseRdpNegotiation(bytes: Uint8Array): ConnectionRequest | ConnectionConfirm {
  const length = tpktLength(bytes);
  if (length === undefined || bytes.length < length)
    throw new RdpError('RDP_TRUNCATED', 'packet', { offset: bytes.length, need: length ?? TPKT_BYTES, have: bytes.length });
  const indicator = bytes[TPKT_BYTES] as number;
  if (indicator + 1 !== length - TPKT_BYTES)
    throw new RdpError('RDP_MESSAGE', 'length indicator', { offset: TPKT_BYTES, need: length - TPKT_BYTES - 1, have: indicator });
  const code = (bytes[5] as number) & 0xf0;
  const packet = bytes.subarray(0, length);
  if (code === CONNECTION_REQUEST) return parseRequest(packet);
  if (code === CONNECTION_CONFIRM) return parseConfirm(packet);
  throw new RdpError('RDP_MESSAGE', 'kind of TPDU', { offset: 5, need: CONNECTION_CONFIRM, have: code });
}

function parseRequest(packet: Uint8Array): ConnectionRequest {
  let at = TPKT_BYTES + TPDU_BYTES;
  let line: string | undefined;
  // A structure's type is 1 or 6, never the first letter of a text.
  if (at < packet.length && packet[at] !== TYPE.request) {
    const end = packet.findIndex((byte, i) => i >= at && byte === 0x0d && packet[i + 1] === 0x0a);
    if (end < 0) throw new RdpError('RDP_MESSAGE', 'end of the cookie or routing token', { offset: at });
    line = latin1(packet.subarray(at, end));
    at = end + 2;
  }
  const named = line === undefined ? {} : line.startsWith(COOKIE) ? { cookie: line.slice(COOKIE.length) } : { routingToken: line };
  if (at === packet.length) return { kind: 'request', ...named };
  const { flags, value } = structure(packet, at, TYPE.request, NEGOTIATION_BYTES);
  const request: ConnectionRequest = { kind: 'request', ...named, negotiation: { flags, protocols: value } };
  at += NEGOTIATION_BYTES;
  if ((flags & RDP_REQUEST_FLAG.correlationInfoPresent) === 0) return request;
  structure(packet, at, TYPE.correlation, CORRELATION_BYTES);
  return { ...request, correlationId: Uint8Array.from(packet.subarray(at + 4, at + 20)) };
}

function parseConfirm(packet: Uint8Array): ConnectionConfirm {
  const at = TPKT_BYTES + TPDU_BYTES;
  if (at === packet.length) return { kind: 'confirm' };
  if (packet[at] === TYPE.failure) return { kind: 'confirm', failure: structure(packet, at, TYPE.failure, NEGOTIATION_BYTES).value };
  const { flags, value } = structure(packet, at, TYPE.response, NEGOTIATION_BYTES);
  return { kind: 'confirm', selected: { flags, protocol: value } };
}

function structure(packet: Uint8Array, at: number, type: number, size: number): { readonly flags: number; readonly value: number } {
  if (packet.length - at < size)
    throw new RdpError('RDP_MESSAGE', 'negotiation data', { offset: at, need: size, have: packet.length - at });
  const view = new DataView(packet.buffer, packet.byteOffset + at, size);
  if (view.getUint8(0) !== type)
    throw new RdpError('RDP_MESSAGE', 'type of the negotiation data', { offset: at, need: type, have: view.getUint8(0) });
  if (view.getUint16(2, true) !== size)
    throw new RdpError('RDP_MESSAGE', 'length of the negotiation data', { offset: at + 2, need: size, have: view.getUint16(2, true) });
  return { flags: view.getUint8(1), value: view.getUint32(4, true) };
}

/** Writes a Connection Request. @throws RdpError `RDP_MESSAGE` when cookie or token do not fit or hold what cannot stand there. */
export function writeConnectionRequest(request: Omit<ConnectionRequest, 'kind'>): Uint8Array {
  const { cookie, routingToken, negotiation, correlationId } = request;
  const line = cookie === undefined ? routingToken : `${COOKIE}${cookie}`;
  // A text that began like the negotiation data could not be told from it.
  if (line !== undefined && (/[\r\n]|[^\0-\xff]/.test(line) || line.charCodeAt(0) === TYPE.request || line === ''))
    throw new RdpError('RDP_MESSAGE', 'cookie or routing token');
  if (correlationId !== undefined && (correlationId.length !== 16 || negotiation === undefined))
    throw new RdpError('RDP_MESSAGE', 'correlation identifier', { need: 16, have: correlationId.length });
  const parts: Uint8Array[] = [];
  if (line !== undefined) parts.push(Uint8Array.from(`${line}\r\n`, (character) => character.charCodeAt(0)));
  if (negotiation !== undefined) {
    const present = correlationId === undefined ? 0 : RDP_REQUEST_FLAG.correlationInfoPresent;
    const others = negotiation.flags & ~RDP_REQUEST_FLAG.correlationInfoPresent;
    parts.push(writeStructure(TYPE.request, others | present, negotiation.protocols));
  }
  if (correlationId !== undefined) {
    const info = new Uint8Array(CORRELATION_BYTES);
    info.set([TYPE.correlation, 0, CORRELATION_BYTES, 0]);
    info.set(correlationId, 4);
    parts.push(info);
  }
  return packetOf(CONNECTION_REQUEST, parts);
}

/** Writes a Connection Confirm. */
export function writeConnectionConfirm(confirm: ConnectionConfirm): Uint8Array {
  if ('failure' in confirm) return packetOf(CONNECTION_CONFIRM, [writeStructure(TYPE.failure, 0, confirm.failure)]);
  if ('selected' in confirm)
    return packetOf(CONNECTION_CONFIRM, [writeStructure(TYPE.response, confirm.selected.flags, confirm.selected.protocol)]);
  return packetOf(CONNECTION_CONFIRM, []);
}

function writeStructure(type: number, flags: number, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(NEGOTIATION_BYTES));
  view.setUint8(0, type);
  view.setUint8(1, flags);
  view.setUint16(2, NEGOTIATION_BYTES, true);
  view.setUint32(4, value, true);
  return new Uint8Array(view.buffer);
}

function packetOf(code: number, parts: readonly Uint8Array[]): Uint8Array {
  const size = TPKT_BYTES + TPDU_BYTES + parts.reduce((sum, part) => sum + part.length, 0);
  if (size > TPKT_BYTES + MAX_TPDU_BYTES)
    throw new RdpError('RDP_MESSAGE', 'size of the message', { need: TPKT_BYTES + MAX_TPDU_BYTES, have: size });
  const packet = new Uint8Array(size);
  packet.set([TPKT_VERSION, 0, size >> 8, size & 0xff, size - TPKT_BYTES - 1, code]);
  let at = TPKT_BYTES + TPDU_BYTES;
  for (const part of parts) {
    packet.set(part, at);
    at += part.length;
  }
  return packet;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
