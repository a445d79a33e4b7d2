import { DER, DerError, type DerNode, readDer } from '@winmedic/bytes';
import { KerberosError } from './errors.ts';
import { LIMITS } from './limits.ts';
import type { EtypeInfoEntry, PrincipalName } from './message-types.ts';
import { MESSAGE, PA } from './numbers.ts';

/** Messages with everything in them, ciphertext included: for both sides of the exchange, never for display. */

/** EncryptedData (RFC 4120 section 5.2.9). */
export interface EncryptedData {
  readonly etype: number;
  readonly kvno: number | undefined;
  readonly cipher: Uint8Array;
}

/** PA-DATA (RFC 4120 section 5.2.7). */
export interface PaData {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Ticket (RFC 4120 section 5.3); `raw` is the whole element. */
export interface Ticket {
  readonly realm: string;
  readonly service: PrincipalName;
  readonly encrypted: EncryptedData;
  readonly raw: Uint8Array;
}

/** KDC-REQ (RFC 4120 section 5.4.1); `body` is the element the checksum of a TGS-REQ covers. */
export interface KdcReq {
  readonly messageType: typeof MESSAGE.asReq | typeof MESSAGE.tgsReq;
  readonly preAuthentication: readonly PaData[];
  readonly options: number;
  readonly client: PrincipalName | undefined;
  readonly realm: string;
  readonly service: PrincipalName | undefined;
  readonly till: number | undefined;
  readonly nonce: number;
  readonly etypes: readonly number[];
  readonly additionalTickets: number;
  readonly body: Uint8Array;
}

/** KDC-REP (RFC 4120 section 5.4.2). */
export interface KdcRep {
  readonly messageType: typeof MESSAGE.asRep | typeof MESSAGE.tgsRep;
  readonly preAuthentication: readonly PaData[];
  readonly clientRealm: string;
  readonly client: PrincipalName;
  readonly ticket: Ticket;
  readonly encrypted: EncryptedData;
}

/** AP-REQ (RFC 4120 section 5.5.1). */
export interface ApReq {
  readonly messageType: typeof MESSAGE.apReq;
  readonly options: number;
  readonly ticket: Ticket;
  readonly authenticator: EncryptedData;
}

/** AP-REP (RFC 4120 section 5.5.2). */
export interface ApRep {
  readonly messageType: typeof MESSAGE.apRep;
  readonly encrypted: EncryptedData;
}

/** KRB-ERROR (RFC 4120 section 5.9.1). */
export interface KrbErrorWire {
  readonly messageType: typeof MESSAGE.error;
  readonly error: number;
  readonly serverTime: number;
  readonly clientTime: number | undefined;
  readonly clientRealm: string | undefined;
  readonly client: PrincipalName | undefined;
  readonly realm: string;
  readonly service: PrincipalName;
  readonly text: string | undefined;
  readonly data: Uint8Array | undefined;
}

/** Any message. `inner` of the others is not read. */
export type Wire =
  | KdcReq
  | KdcRep
  | ApReq
  | ApRep
  | KrbErrorWire
  | { readonly messageType: typeof MESSAGE.safe | typeof MESSAGE.priv | typeof MESSAGE.cred };

/** Runs a reader; whatever is wrong with the structure becomes `KERBEROS_MESSAGE` with its offset. */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) throw new KerberosError('KERBEROS_MESSAGE', what, { offset: error.offset, cause: error });
    throw error;
  }
}

/** Fields of a SEQUENCE by context tag, each with the one element inside. */
export class Fields {
  readonly #node: DerNode;

  constructor(node: DerNode) {
    this.#node = node.expect(DER.sequence).checked();
  }

  /** @throws KerberosError when the field is missing. */
  need(tag: number, what: string): DerNode {
    const node = this.maybe(tag);
    if (node === undefined) throw new KerberosError('KERBEROS_MESSAGE', `field ${tag}, ${what}`, { offset: this.#node.offset });
    return node;
  }

  maybe(tag: number): DerNode | undefined {
    // A handful of fields: looking through them is quicker than a map of them.
    return this.#node.field(tag);
  }
}

function bad(what: string, node: DerNode, need?: number, have?: number): KerberosError {
  return new KerberosError('KERBEROS_MESSAGE', what, {
    offset: node.offset,
    ...(need === undefined ? {} : { need }),
    ...(have === undefined ? {} : { have }),
  });
}

/** Elements of a SEQUENCE OF, at most `most`. */
export function listOf(node: DerNode, most: number, what: string): DerNode[] {
  const items = node.expect(DER.sequence).children();
  if (items.length > most) throw bad(`number of ${what}`, node, most, items.length);
  return items;
}

/** KerberosString: RFC 4120 allows ASCII, Windows and MIT send UTF-8. */
export function textOf(node: DerNode): string {
  if (node.size > LIMITS.text) throw bad('length of a text', node, LIMITS.text, node.size);
  return node.utf8();
}

/** KerberosTime (RFC 4120 section 5.2.3) in milliseconds. */
export function timeOf(node: DerNode): number {
  node.expect(DER.generalizedTime);
  const { content } = node;
  if (content.length !== 15 || content[14] !== 0x5a) throw bad('time', node);
  for (let i = 0; i < 14; i++) if (content[i]! < 0x30 || content[i]! > 0x39) throw bad('time', node);
  const two = (at: number): number => content[at]! * 10 + content[at + 1]! - 0x30 * 11;
  return Date.UTC(two(0) * 100 + two(2), two(4) - 1, two(6), two(8), two(10), two(12));
}

/** Named bits as one number, bit 0 the highest of 32. */
export function flagsOf(node: DerNode): number {
  const { content } = node.expect(DER.bitString);
  let flags = 0;
  for (let i = 1; i <= 4; i++) flags = (flags << 8) | (content[i] ?? 0);
  return flags >>> 0;
}

/** UInt32 that some senders write as a negative Int32. */
export function uint32Of(node: DerNode): number {
  const { size } = node.expect(DER.integer);
  return size > 0 && size <= 6 ? node.integer() >>> 0 : Number(BigInt.asUintN(32, node.bigint()));
}

/** PrincipalName. */
export function nameOf(node: DerNode): PrincipalName {
  const fields = new Fields(node);
  const parts = listOf(fields.need(1, 'name-string'), LIMITS.nameParts, 'parts of a name').map(textOf);
  return { type: fields.need(0, 'name-type').integer(), parts };
}

/** EncryptedData. */
function encryptedOf(node: DerNode): EncryptedData {
  const fields = new Fields(node);
  const kvno = fields.maybe(1);
  return {
    etype: fields.need(0, 'etype').integer(),
    kvno: kvno === undefined ? undefined : uint32Of(kvno),
    cipher: fields.need(2, 'cipher').expect(DER.octetString).content,
  };
}

/** Ticket, [APPLICATION 1]. */
function ticketOf(node: DerNode): Ticket {
  const fields = new Fields(node.expect(1, 'application').only());
  if (fields.need(0, 'tkt-vno').integer() !== 5) throw bad('version of a ticket', node, 5);
  return {
    realm: textOf(fields.need(1, 'realm')),
    service: nameOf(fields.need(2, 'sname')),
    encrypted: encryptedOf(fields.need(3, 'enc-part')),
    raw: node.raw,
  };
}

/** A ticket as caches keep it. @throws KerberosError KERBEROS_MESSAGE */
export function readTicket(bytes: Uint8Array): Ticket {
  return reading('ticket', () => ticketOf(readDer(bytes)));
}

/** SEQUENCE OF PA-DATA. */
function paDataOf(node: DerNode | undefined): PaData[] {
  if (node === undefined) return [];
  return listOf(node, LIMITS.preAuthentication, 'pre-authentication data').map((item) => {
    const fields = new Fields(item);
    return { type: fields.need(1, 'padata-type').integer(), value: fields.need(2, 'padata-value').expect(DER.octetString).content };
  });
}

/** EncryptedData on its own, as in PA-ENC-TIMESTAMP. @throws KerberosError KERBEROS_MESSAGE */
export function readEncrypted(bytes: Uint8Array): EncryptedData {
  return reading('encrypted data', () => encryptedOf(readDer(bytes)));
}

/** PA-ETYPE-INFO2 and PA-ETYPE-INFO (RFC 4120 sections 5.2.7.4 and 5.2.7.5). */
export function etypeInfoOf(bytes: Uint8Array): EtypeInfoEntry[] {
  return reading('ETYPE-INFO2', () =>
    listOf(readDer(bytes), LIMITS.etypes, 'encryption types').map((item) => {
      const fields = new Fields(item);
      const salt = fields.maybe(1);
      const params = fields.maybe(2)?.content;
      return {
        etype: fields.need(0, 'etype').integer(),
        salt: salt === undefined ? undefined : textOf(salt),
        // RFC 3962 section 4: four bytes, 0 stands for 2^32.
        iterations: params?.length === 4 ? new DataView(params.buffer, params.byteOffset, 4).getUint32(0) || 0x1_0000_0000 : undefined,
      };
    }),
  );
}

function kdcReqOf(fields: Fields, messageType: KdcReq['messageType']): KdcReq {
  const bodyNode = fields.need(4, 'req-body');
  const body = new Fields(bodyNode);
  const [client, service, till, additional] = [body.maybe(1), body.maybe(3), body.maybe(5), body.maybe(11)];
  return {
    messageType,
    preAuthentication: paDataOf(fields.maybe(3)),
    options: flagsOf(body.need(0, 'kdc-options')),
    client: client === undefined ? undefined : nameOf(client),
    realm: textOf(body.need(2, 'realm')),
    service: service === undefined ? undefined : nameOf(service),
    till: till === undefined ? undefined : timeOf(till),
    nonce: uint32Of(body.need(7, 'nonce')),
    etypes: listOf(body.need(8, 'etype'), LIMITS.etypes, 'encryption types').map((node) => node.integer()),
    additionalTickets: additional === undefined ? 0 : listOf(additional, LIMITS.nameParts, 'additional tickets').length,
    body: bodyNode.raw,
  };
}

function kdcRepOf(fields: Fields, messageType: KdcRep['messageType']): KdcRep {
  return {
    messageType,
    preAuthentication: paDataOf(fields.maybe(2)),
    clientRealm: textOf(fields.need(3, 'crealm')),
    client: nameOf(fields.need(4, 'cname')),
    ticket: ticketOf(fields.need(5, 'ticket')),
    encrypted: encryptedOf(fields.need(6, 'enc-part')),
  };
}

/** Time with its microseconds, in whole milliseconds. */
export function preciseTime(seconds: DerNode, micros: DerNode | undefined): number {
  const usec = micros?.integer() ?? 0;
  return timeOf(seconds) + (usec >= 0 && usec < 1_000_000 ? Math.floor(usec / 1000) : 0);
}

function errorOf(fields: Fields): KrbErrorWire {
  const [ctime, crealm, cname, text, data] = [fields.maybe(2), fields.maybe(7), fields.maybe(8), fields.maybe(11), fields.maybe(12)];
  return {
    messageType: MESSAGE.error,
    error: fields.need(6, 'error-code').integer(),
    serverTime: preciseTime(fields.need(4, 'stime'), fields.maybe(5)),
    clientTime: ctime === undefined ? undefined : preciseTime(ctime, fields.maybe(3)),
    clientRealm: crealm === undefined ? undefined : textOf(crealm),
    client: cname === undefined ? undefined : nameOf(cname),
    realm: textOf(fields.need(9, 'realm')),
    service: nameOf(fields.need(10, 'sname')),
    text: text === undefined ? undefined : textOf(text),
    data: data?.expect(DER.octetString).content,
  };
}

/**
 * Reads a message by its application tag, or without one by its msg-type field (some recorders cut the tag off).
 * @throws KerberosError KERBEROS_MESSAGE
 */
export function readWire(bytes: Uint8Array): Wire {
  if (bytes.length > LIMITS.message) {
    throw new KerberosError('KERBEROS_MESSAGE', 'length of a message', { need: LIMITS.message, have: bytes.length });
  }
  return reading('Kerberos message', () => {
    const top = readDer(bytes);
    const sequence = top.class === 'application' ? top.only() : top;
    const fields = new Fields(sequence);
    // KDC-REQ counts its fields from 1, all others from 0 (RFC 4120 sections 5.4.1 and 5.4.2).
    const fromOne = fields.maybe(0) === undefined;
    if (fields.need(fromOne ? 1 : 0, 'pvno').integer() !== 5) throw bad('protocol version', sequence, 5);
    const messageType = fields.need(fromOne ? 2 : 1, 'msg-type').integer();
    if (top.class === 'application' && top.tag !== messageType) throw bad('msg-type', sequence, top.tag, messageType);
    switch (messageType) {
      case MESSAGE.asReq:
      case MESSAGE.tgsReq:
        return kdcReqOf(fields, messageType);
      case MESSAGE.asRep:
      case MESSAGE.tgsRep:
        return kdcRepOf(fields, messageType);
      case MESSAGE.apReq:
        return {
          messageType,
          options: flagsOf(fields.need(2, 'ap-options')),
          ticket: ticketOf(fields.need(3, 'ticket')),
          authenticator: encryptedOf(fields.need(4, 'authenticator')),
        };
      case MESSAGE.apRep:
        return { messageType, encrypted: encryptedOf(fields.need(2, 'enc-part')) };
      case MESSAGE.error:
        return errorOf(fields);
      case MESSAGE.safe:
      case MESSAGE.priv:
      case MESSAGE.cred:
        return { messageType };
      default:
        throw bad('message type', sequence, undefined, messageType);
    }
  });
}

/** What the error data of a KRB-ERROR holds: METHOD-DATA or KERB-ERROR-DATA (MS-KILE 2.2.2); both absent for anything else. */
export interface ErrorData {
  readonly preAuthentication: readonly PaData[];
  /** NTSTATUS, unsigned. */
  readonly ntstatus: number | undefined;
  /** The service offers to go on with its clock (KERB_AP_ERR_TYPE_SKEW_RECOVERY). */
  readonly skewRecovery: boolean;
}

/** Status of a KERB_EXT_ERROR: three 32-bit numbers, little-endian (MS-KILE 2.2.1). */
export function extendedStatus(value: Uint8Array): number | undefined {
  return value.length === 12 ? new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true) : undefined;
}

/** Reads error data. Never throws: it is free-form (RFC 4120 section 5.9.1), and what is not understood is left out. */
export function readErrorData(data: Uint8Array | undefined): ErrorData {
  const nothing: ErrorData = { preAuthentication: [], ntstatus: undefined, skewRecovery: false };
  if (data === undefined) return nothing;
  try {
    const top = readDer(data).expect(DER.sequence);
    if (top.children()[0]?.is(1, 'context') === true) {
      const fields = new Fields(top);
      const type = fields.need(1, 'data-type').integer();
      const value = fields.maybe(2)?.content;
      return { ...nothing, skewRecovery: type === 2, ntstatus: type === 3 && value !== undefined ? extendedStatus(value) : undefined };
    }
    const preAuthentication = paDataOf(top);
    const extended = preAuthentication.find(({ type, value }) => type === PA.pwSalt && value.length === 12);
    return { ...nothing, preAuthentication, ntstatus: extended && extendedStatus(extended.value) };
  } catch (error) {
    if (error instanceof DerError || error instanceof KerberosError) return nothing;
    throw error;
  }
}
