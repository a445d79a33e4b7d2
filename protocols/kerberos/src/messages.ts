/** Parsers of Kerberos messages and tokens without any secret value: for captures, explainers and browsers. */

import { readDer, viewOf } from '@winmedic/bytes';
import { KerberosError } from './errors.ts';
import { KERBEROS_OID, KERBEROS_U2U_OID, MS_KERBEROS_OID, TOKEN, unframe } from './gss-framing.ts';
import { LIMITS } from './limits.ts';
import type {
  ApRequest,
  EncryptedPart,
  GssKerberosToken,
  KerberosMessage,
  PaDataView,
  PerMessageToken,
  TicketView,
} from './message-types.ts';
import { krbErrorName, MESSAGE, PA, paDataName } from './numbers.ts';
import {
  type ApReq,
  type EncryptedData,
  etypeInfoOf,
  extendedStatus,
  Fields,
  type KdcReq,
  type PaData,
  readEncrypted,
  readErrorData,
  reading,
  readWire,
  type Ticket,
} from './wire.ts';

export { KerberosError, type KerberosErrorCode, type KerberosErrorDetail, type KerberosStage } from './errors.ts';
export type * from './message-types.ts';
export { etypeName, krbErrorName, paDataName } from './numbers.ts';

/**
 * Reads one Kerberos message (RFC 4120 section 5), also when a recorder cut its application tag off. Without the length prefix of TCP,
 * see {@link kerberosTcpMessages}.
 * @throws KerberosError KERBEROS_MESSAGE
 */
export function readKerberosMessage(bytes: Uint8Array): KerberosMessage {
  const wire = readWire(bytes);
  switch (wire.messageType) {
    case MESSAGE.asReq:
    case MESSAGE.tgsReq: {
      const { messageType, preAuthentication, body: _, ...rest } = wire;
      return {
        kind: messageType === MESSAGE.asReq ? 'AS-REQ' : 'TGS-REQ',
        preAuthentication: preAuthentication.map(paDataView),
        apRequest: apRequestOf(wire),
        ...rest,
      };
    }
    case MESSAGE.asRep:
    case MESSAGE.tgsRep:
      return {
        kind: wire.messageType === MESSAGE.asRep ? 'AS-REP' : 'TGS-REP',
        preAuthentication: wire.preAuthentication.map(paDataView),
        clientRealm: wire.clientRealm,
        client: wire.client,
        ticket: ticketView(wire.ticket),
        encrypted: partView(wire.encrypted),
      };
    case MESSAGE.apReq:
      return apRequestView(wire);
    case MESSAGE.apRep:
      return { kind: 'AP-REP', encrypted: partView(wire.encrypted) };
    case MESSAGE.error: {
      const { messageType: _, data, ...rest } = wire;
      const { preAuthentication, ntstatus } = readErrorData(data);
      return {
        kind: 'KRB-ERROR',
        errorName: krbErrorName(wire.error),
        ...rest,
        preAuthentication: preAuthentication.map(paDataView),
        ntstatus,
        dataLength: data?.length ?? 0,
      };
    }
    default:
      return { kind: 'OTHER', messageType: wire.messageType };
  }
}

function partView({ etype, kvno, cipher }: EncryptedData): EncryptedPart {
  return { etype, kvno, length: cipher.length };
}

function ticketView({ realm, service, encrypted }: Ticket): TicketView {
  return { realm, service, encrypted: partView(encrypted) };
}

function apRequestView({ options, ticket, authenticator }: ApReq): ApRequest {
  return {
    kind: 'AP-REQ',
    // APOptions, bits 1 and 2 (RFC 4120 section 5.5.1).
    useSessionKey: (options & 0x4000_0000) !== 0,
    mutualRequired: (options & 0x2000_0000) !== 0,
    ticket: ticketView(ticket),
    authenticator: partView(authenticator),
  };
}

function apRequestOf({ messageType, preAuthentication }: KdcReq): ApRequest | undefined {
  const data = messageType === MESSAGE.tgsReq ? preAuthentication.find(({ type }) => type === PA.tgsReq) : undefined;
  const inner = data && readWire(data.value);
  return inner?.messageType === MESSAGE.apReq ? apRequestView(inner) : undefined;
}

function paDataView({ type, value }: PaData): PaDataView {
  return { type, name: paDataName(type), length: value.length, ...paDataContent(type, value) };
}

/** What the content of some types tells; a content that cannot be read tells nothing, as for all other types. */
function paDataContent(type: number, value: Uint8Array): Partial<PaDataView> {
  // As an offer in KRB-ERROR most are empty.
  if (value.length === 0) return {};
  try {
    if (type === PA.etypeInfo2 || type === PA.etypeInfo) return { etypes: etypeInfoOf(value) };
    if (type === PA.encTimestamp) return { encrypted: partView(readEncrypted(value)) };
    if (type === PA.pwSalt) {
      const ntstatus = extendedStatus(value);
      return ntstatus === undefined ? {} : { ntstatus };
    }
    if (type === PA.pacRequest)
      return { includePac: reading('PA-PAC-REQUEST', () => new Fields(readDer(value)).need(0, 'include-pac').content[0] !== 0) };
  } catch (error) {
    if (!(error instanceof KerberosError)) throw error;
  }
  return {};
}

/**
 * Reads a context token of the Kerberos mechanism: AP-REQ, AP-REP or KRB-ERROR with its GSS framing, or bare as in DCE style.
 * @throws KerberosError KERBEROS_MESSAGE, also for framing with another mechanism's object identifier.
 */
export function readGssKerberosToken(token: Uint8Array): GssKerberosToken {
  const framed = unframe(token);
  if (framed === undefined) return { framed: false, mechanism: undefined, tokenId: undefined, message: readKerberosMessage(token) };
  const { mechanism, tokenId, inner } = framed;
  if (mechanism !== KERBEROS_OID && mechanism !== MS_KERBEROS_OID && mechanism !== KERBEROS_U2U_OID)
    throw new KerberosError('KERBEROS_MESSAGE', 'mechanism of a token', { offset: 2 });
  const known = tokenId === TOKEN.apReq || tokenId === TOKEN.apRep || tokenId === TOKEN.error;
  if (!known && tokenId !== TOKEN.tgtReq && tokenId !== TOKEN.tgtRep)
    throw new KerberosError('KERBEROS_MESSAGE', 'token identifier', { have: tokenId });
  return { framed: true, mechanism, tokenId, message: known ? readKerberosMessage(inner) : undefined };
}

/**
 * Reads the header of a per-message token: Wrap and MIC of RFC 4121 section 4.2.6, or the older ones of RFC 1964 and RFC 4757 in GSS framing.
 * @throws KerberosError KERBEROS_MESSAGE
 */
export function readPerMessageToken(token: Uint8Array): PerMessageToken {
  const framed = unframe(token);
  if (framed !== undefined) return readV1Token(token, framed.tokenId, framed.inner);
  if (token.length < 16) throw new KerberosError('KERBEROS_MESSAGE', 'per-message token', { need: 16, have: token.length });
  const view = viewOf(token);
  const id = view.getUint16(0);
  if (id !== 0x0504 && id !== 0x0404) throw new KerberosError('KERBEROS_MESSAGE', 'token identifier', { have: id });
  const flags = view.getUint8(2);
  const wrap = id === 0x0504;
  const sealed = wrap && (flags & 2) !== 0;
  const rrc = wrap ? view.getUint16(6) : undefined;
  return {
    kind: wrap ? 'wrap' : 'mic',
    format: 'cfx',
    sentByAcceptor: (flags & 1) !== 0,
    sealed,
    acceptorSubkey: (flags & 4) !== 0,
    ec: wrap ? view.getUint16(4) : undefined,
    rrc,
    sequence: view.getBigUint64(8),
    headerLength: sealed && rrc !== undefined && rrc > 0 ? 16 + 16 + rrc : undefined,
  };
}

/** Token in GSS framing: SGN_ALG, SEAL_ALG, filler, encrypted number, checksum and, when sealed, the confounder (RFC 4757 section 7.3). */
function readV1Token(token: Uint8Array, tokenId: number, inner: Uint8Array): PerMessageToken {
  if (tokenId !== 0x0201 && tokenId !== 0x0101) throw new KerberosError('KERBEROS_MESSAGE', 'token identifier', { have: tokenId });
  const wrap = tokenId === 0x0201;
  if (inner.length < (wrap ? 30 : 22))
    throw new KerberosError('KERBEROS_MESSAGE', 'per-message token', { need: wrap ? 30 : 22, have: inner.length });
  const sealed = wrap && !(inner[2] === 0xff && inner[3] === 0xff);
  return {
    kind: wrap ? 'wrap' : 'mic',
    format: 'v1',
    sentByAcceptor: undefined,
    sealed,
    acceptorSubkey: undefined,
    ec: undefined,
    rrc: undefined,
    sequence: undefined,
    headerLength: wrap ? token.length - inner.length + 30 : undefined,
  };
}

/** Messages in a stretch of a TCP stream, and how many bytes of it they take; the rest is the start of one that is not complete. */
export interface TcpMessages {
  readonly messages: readonly Uint8Array[];
  readonly used: number;
}

/**
 * Cuts a TCP stream to or from a KDC into messages: each has its length in four bytes before it, high bit zero (RFC 4120 section 7.2.2).
 * @throws KerberosError KERBEROS_MESSAGE when a length is impossible: it is another protocol, or bytes are missing.
 */
export function kerberosTcpMessages(stream: Uint8Array): TcpMessages {
  const view = viewOf(stream);
  const messages: Uint8Array[] = [];
  let at = 0;
  while (stream.length - at >= 4) {
    const length = view.getUint32(at);
    if (length > LIMITS.message)
      throw new KerberosError('KERBEROS_MESSAGE', 'length of a message', { offset: at, need: LIMITS.message, have: length });
    if (stream.length - at - 4 < length) break;
    messages.push(stream.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { messages, used: at };
}

/** Puts the length prefix of TCP before a message (RFC 4120 section 7.2.2). */
export function kerberosTcpFrame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(4 + message.length);
  viewOf(framed).setUint32(0, message.length);
  framed.set(message, 4);
  return framed;
}
