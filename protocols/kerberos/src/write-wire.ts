import { DER, der } from '@winmedic/bytes';
import type { EtypeInfoEntry, PrincipalName } from './message-types.ts';
import { MESSAGE } from './numbers.ts';
import type { ApReq, EncryptedData, KdcRep, KdcReq, KrbErrorWire, PaData } from './wire.ts';

/** Writers of the messages of RFC 4120 section 5, the inverse of `wire.ts`. */

const { field } = der;

/** An optional field. */
export function optional<T>(tag: number, value: T | undefined, write: (value: T) => Uint8Array): Uint8Array[] {
  return value === undefined ? [] : [field(tag, write(value))];
}

/** KerberosTime of milliseconds; parts of a second are dropped. */
export function writeTime(ms: number): Uint8Array {
  return der.text(
    `${new Date(ms)
      .toISOString()
      .replace(/[-:T]|\.\d+/g, '')
      .slice(0, 14)}Z`,
    DER.generalizedTime,
  );
}

/** Named bits of 32. */
export function writeFlags(flags: number): Uint8Array {
  return der.bits(Uint8Array.of(flags >>> 24, flags >>> 16, flags >>> 8, flags));
}

/** PrincipalName. */
export function writeName({ type, parts }: PrincipalName): Uint8Array {
  return der.sequence(field(0, der.integer(type)), field(1, der.sequence(...parts.map((part) => der.text(part)))));
}

/** EncryptedData. */
export function writeEncrypted({ etype, kvno, cipher }: EncryptedData): Uint8Array {
  return der.sequence(field(0, der.integer(etype)), ...optional(1, kvno, der.integer), field(2, der.octets(cipher)));
}

/** Ticket. */
export function writeTicket(realm: string, service: PrincipalName, encrypted: EncryptedData): Uint8Array {
  return der.application(
    1,
    der.sequence(field(0, der.integer(5)), field(1, der.text(realm)), field(2, writeName(service)), field(3, writeEncrypted(encrypted))),
  );
}

/** SEQUENCE OF PA-DATA. */
export function writePaData(items: readonly PaData[]): Uint8Array {
  return der.sequence(...items.map(({ type, value }) => der.sequence(field(1, der.integer(type)), field(2, der.octets(value)))));
}

/** PA-ETYPE-INFO2. */
export function writeEtypeInfo2(entries: readonly EtypeInfoEntry[]): Uint8Array {
  return der.sequence(
    ...entries.map(({ etype, salt, iterations }) => {
      const params = new Uint8Array(4);
      new DataView(params.buffer).setUint32(0, iterations ?? 0);
      return der.sequence(
        field(0, der.integer(etype)),
        ...optional(1, salt, (text) => der.text(text)),
        ...(iterations === undefined ? [] : [field(2, der.octets(params))]),
      );
    }),
  );
}

/** KDC-REQ-BODY. @param till end of the ticket asked for, milliseconds. */
export function writeRequestBody(body: Omit<KdcReq, 'messageType' | 'preAuthentication' | 'body' | 'additionalTickets'>): Uint8Array {
  return der.sequence(
    field(0, writeFlags(body.options)),
    ...optional(1, body.client, writeName),
    field(2, der.text(body.realm)),
    ...optional(3, body.service, writeName),
    field(5, writeTime(body.till ?? 0)),
    field(7, der.integer(body.nonce)),
    field(8, der.sequence(...body.etypes.map((etype) => der.integer(etype)))),
  );
}

/** AS-REQ or TGS-REQ around a body of {@link writeRequestBody}. */
export function writeRequest(messageType: KdcReq['messageType'], preAuthentication: readonly PaData[], body: Uint8Array): Uint8Array {
  return der.application(
    messageType,
    der.sequence(
      field(1, der.integer(5)),
      field(2, der.integer(messageType)),
      ...(preAuthentication.length === 0 ? [] : [field(3, writePaData(preAuthentication))]),
      field(4, body),
    ),
  );
}

/** AS-REP or TGS-REP. @param ticket the whole element. */
export function writeReply(reply: Omit<KdcRep, 'ticket'> & { readonly ticket: Uint8Array }): Uint8Array {
  return der.application(
    reply.messageType,
    der.sequence(
      field(0, der.integer(5)),
      field(1, der.integer(reply.messageType)),
      ...(reply.preAuthentication.length === 0 ? [] : [field(2, writePaData(reply.preAuthentication))]),
      field(3, der.text(reply.clientRealm)),
      field(4, writeName(reply.client)),
      field(5, reply.ticket),
      field(6, writeEncrypted(reply.encrypted)),
    ),
  );
}

/** AP-REQ. @param ticket the whole element. */
export function writeApRequest(options: number, ticket: Uint8Array, authenticator: ApReq['authenticator']): Uint8Array {
  return der.application(
    MESSAGE.apReq,
    der.sequence(
      field(0, der.integer(5)),
      field(1, der.integer(MESSAGE.apReq)),
      field(2, writeFlags(options)),
      field(3, ticket),
      field(4, writeEncrypted(authenticator)),
    ),
  );
}

/** AP-REP. */
export function writeApReply(encrypted: EncryptedData): Uint8Array {
  return der.application(
    MESSAGE.apRep,
    der.sequence(field(0, der.integer(5)), field(1, der.integer(MESSAGE.apRep)), field(2, writeEncrypted(encrypted))),
  );
}

/** KRB-ERROR. */
export function writeError(error: Omit<KrbErrorWire, 'messageType'>): Uint8Array {
  return der.application(
    MESSAGE.error,
    der.sequence(
      field(0, der.integer(5)),
      field(1, der.integer(MESSAGE.error)),
      ...optional(2, error.clientTime, writeTime),
      ...optional(3, error.clientTime, writeMicros),
      field(4, writeTime(error.serverTime)),
      field(5, writeMicros(error.serverTime)),
      field(6, der.integer(error.error)),
      ...optional(7, error.clientRealm, (text) => der.text(text)),
      ...optional(8, error.client, writeName),
      field(9, der.text(error.realm)),
      field(10, writeName(error.service)),
      ...optional(11, error.text, (text) => der.text(text)),
      ...optional(12, error.data, der.octets),
    ),
  );
}

/** Microseconds of a time in milliseconds. */
export function writeMicros(ms: number): Uint8Array {
  return der.integer(Math.floor((((ms % 1000) + 1000) % 1000) * 1000));
}

/** KERB-ERROR-DATA with a KERB-EXT-ERROR (MS-KILE 2.2.1 and 2.2.2). */
export function writeExtendedError(ntstatus: number): Uint8Array {
  const value = new Uint8Array(12);
  const view = new DataView(value.buffer);
  view.setUint32(0, ntstatus, true);
  view.setUint32(8, 1, true);
  return der.sequence(field(1, der.integer(3)), field(2, der.octets(value)));
}

/** KERB-ERROR-DATA that offers clock skew recovery (MS-KILE 2.2.2). */
export function writeSkewRecovery(): Uint8Array {
  return der.sequence(field(1, der.integer(2)));
}
