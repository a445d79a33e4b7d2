import { DER, DerError, der, readDer } from '@winmedic/bytes';
import { KerberosError } from './errors.ts';
import type { PrincipalName } from './message-types.ts';
import { Fields, flagsOf, nameOf, preciseTime, textOf, timeOf, uint32Of } from './wire.ts';
import { optional, writeFlags, writeMicros, writeName, writeTime } from './write-wire.ts';

/** The decrypted insides of tickets and messages (RFC 4120 section 5). They hold keys: never shown, never logged. */

const { field } = der;

/** Types of authorisation data (RFC 4120 section 7.5.4, MS-PAC section 2.9). */
const AD = { ifRelevant: 1, win2kPac: 128 } as const;

/** EncryptionKey (RFC 4120 section 5.2.9). */
export interface SessionKey {
  readonly etype: number;
  readonly key: Uint8Array;
}

/** EncTicketPart (section 5.3). Times in milliseconds. */
export interface EncTicketPart {
  readonly flags: number;
  readonly sessionKey: SessionKey;
  readonly clientRealm: string;
  readonly client: PrincipalName;
  readonly authTime: number;
  readonly startTime: number | undefined;
  readonly endTime: number;
  /** Written as AD-IF-RELEVANT around AD-WIN2K-PAC (MS-PAC section 2.9), not read. */
  readonly pac?: Uint8Array;
}

/** EncKDCRepPart (section 5.4.2). */
export interface EncKdcRepPart {
  readonly sessionKey: SessionKey;
  readonly nonce: number;
  readonly flags: number;
  readonly authTime: number;
  readonly startTime: number | undefined;
  readonly endTime: number;
  readonly renewTill: number | undefined;
  readonly realm: string;
  readonly service: PrincipalName;
}

/** Authenticator (section 5.5.1). */
export interface Authenticator {
  readonly clientRealm: string;
  readonly client: PrincipalName;
  readonly checksum: { readonly type: number; readonly value: Uint8Array } | undefined;
  /** Milliseconds. */
  readonly time: number;
  /** Microseconds of the second, 0 to 999 999, as they go over the wire. */
  readonly micros: number;
  readonly subkey: SessionKey | undefined;
  readonly sequence: number | undefined;
}

/** EncAPRepPart (section 5.5.2). */
export interface EncApRepPart {
  /** Seconds since 1970 as milliseconds, and the microseconds: an echo that must be exact. */
  readonly seconds: number;
  readonly micros: number;
  readonly subkey: SessionKey | undefined;
  readonly sequence: number | undefined;
}

/** Structures are read after their checksum was verified: what is wrong then was sent so. */
function inside<T>(what: string, bytes: Uint8Array, tags: readonly number[], read: (fields: Fields) => T): T {
  try {
    const top = readDer(bytes);
    if (top.class !== 'application' || !tags.includes(top.tag)) {
      throw new KerberosError('KERBEROS_MESSAGE', what, { need: tags.join(' or '), have: top.tag });
    }
    return read(new Fields(top.only()));
  } catch (error) {
    if (error instanceof DerError) throw new KerberosError('KERBEROS_MESSAGE', what, { offset: error.offset, cause: error });
    throw error;
  }
}

function keyOf(node: ReturnType<Fields['need']>): SessionKey {
  const fields = new Fields(node);
  return { etype: fields.need(0, 'keytype').integer(), key: Uint8Array.from(fields.need(1, 'keyvalue').expect(DER.octetString).content) };
}

function writeKey({ etype, key }: SessionKey): Uint8Array {
  return der.sequence(field(0, der.integer(etype)), field(1, der.octets(key)));
}

/** @throws KerberosError KERBEROS_MESSAGE */
export function readEncTicketPart(bytes: Uint8Array): EncTicketPart {
  return inside('EncTicketPart', bytes, [3], (fields) => {
    const start = fields.maybe(6);
    return {
      flags: flagsOf(fields.need(0, 'flags')),
      sessionKey: keyOf(fields.need(1, 'key')),
      clientRealm: textOf(fields.need(2, 'crealm')),
      client: nameOf(fields.need(3, 'cname')),
      authTime: timeOf(fields.need(5, 'authtime')),
      startTime: start && timeOf(start),
      endTime: timeOf(fields.need(7, 'endtime')),
    };
  });
}

/** EncTicketPart; without a PAC it has no authorisation data. */
export function writeEncTicketPart(part: EncTicketPart): Uint8Array {
  return der.application(
    3,
    der.sequence(
      field(0, writeFlags(part.flags)),
      field(1, writeKey(part.sessionKey)),
      field(2, der.text(part.clientRealm)),
      field(3, writeName(part.client)),
      field(4, der.sequence(field(0, der.integer(0)), field(1, der.octets(new Uint8Array())))),
      field(5, writeTime(part.authTime)),
      ...optional(6, part.startTime, writeTime),
      field(7, writeTime(part.endTime)),
      ...optional(10, part.pac, (pac) => authorisation(AD.ifRelevant, authorisation(AD.win2kPac, pac))),
    ),
  );
}

/** AuthorizationData of one element (section 5.2.6). */
function authorisation(type: number, data: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(field(0, der.integer(type)), field(1, der.octets(data))));
}

/** EncASRepPart (25) or EncTGSRepPart (26); some KDCs send 26 for both (RFC 4120 section 5.4.2). @throws KerberosError KERBEROS_MESSAGE */
export function readEncKdcRepPart(bytes: Uint8Array): EncKdcRepPart {
  return inside('EncKDCRepPart', bytes, [25, 26], (fields) => {
    const [start, renew] = [fields.maybe(6), fields.maybe(8)];
    return {
      sessionKey: keyOf(fields.need(0, 'key')),
      nonce: uint32Of(fields.need(2, 'nonce')),
      flags: flagsOf(fields.need(4, 'flags')),
      authTime: timeOf(fields.need(5, 'authtime')),
      startTime: start && timeOf(start),
      endTime: timeOf(fields.need(7, 'endtime')),
      renewTill: renew && timeOf(renew),
      realm: textOf(fields.need(9, 'srealm')),
      service: nameOf(fields.need(10, 'sname')),
    };
  });
}

/** @param tag 25 for an AS-REP, 26 for a TGS-REP. */
export function writeEncKdcRepPart(tag: 25 | 26, part: EncKdcRepPart): Uint8Array {
  return der.application(
    tag,
    der.sequence(
      field(0, writeKey(part.sessionKey)),
      field(1, der.sequence(der.sequence(field(0, der.integer(0)), field(1, writeTime(part.authTime))))),
      field(2, der.integer(part.nonce)),
      field(4, writeFlags(part.flags)),
      field(5, writeTime(part.authTime)),
      ...optional(6, part.startTime, writeTime),
      field(7, writeTime(part.endTime)),
      ...optional(8, part.renewTill, writeTime),
      field(9, der.text(part.realm)),
      field(10, writeName(part.service)),
    ),
  );
}

/** @throws KerberosError KERBEROS_MESSAGE */
export function readAuthenticator(bytes: Uint8Array): Authenticator {
  return inside('Authenticator', bytes, [2], (fields) => {
    const [checksum, subkey, sequence] = [fields.maybe(3), fields.maybe(6), fields.maybe(7)];
    const sum = checksum && new Fields(checksum);
    const micros = fields.need(4, 'cusec');
    return {
      clientRealm: textOf(fields.need(1, 'crealm')),
      client: nameOf(fields.need(2, 'cname')),
      checksum: sum && { type: sum.need(0, 'cksumtype').integer(), value: sum.need(1, 'checksum').expect(DER.octetString).content },
      time: preciseTime(fields.need(5, 'ctime'), micros),
      micros: micros.integer(),
      subkey: subkey && keyOf(subkey),
      sequence: sequence && uint32Of(sequence),
    };
  });
}

/** An authenticator. Its microseconds go out as they are. */
export function writeAuthenticator(part: Authenticator): Uint8Array {
  return der.application(
    2,
    der.sequence(
      field(0, der.integer(5)),
      field(1, der.text(part.clientRealm)),
      field(2, writeName(part.client)),
      ...optional(3, part.checksum, ({ type, value }) => der.sequence(field(0, der.integer(type)), field(1, der.octets(value)))),
      field(4, der.integer(part.micros)),
      field(5, writeTime(part.time)),
      ...optional(6, part.subkey, writeKey),
      ...optional(7, part.sequence, der.integer),
    ),
  );
}

/** @throws KerberosError KERBEROS_MESSAGE */
export function readEncApRepPart(bytes: Uint8Array): EncApRepPart {
  return inside('EncAPRepPart', bytes, [27], (fields) => {
    const [subkey, sequence] = [fields.maybe(2), fields.maybe(3)];
    return {
      seconds: timeOf(fields.need(0, 'ctime')),
      micros: fields.need(1, 'cusec').integer(),
      subkey: subkey && keyOf(subkey),
      sequence: sequence && uint32Of(sequence),
    };
  });
}

/** EncAPRepPart. */
export function writeEncApRepPart(part: EncApRepPart): Uint8Array {
  return der.application(
    27,
    der.sequence(
      field(0, writeTime(part.seconds)),
      field(1, der.integer(part.micros)),
      ...optional(2, part.subkey, writeKey),
      ...optional(3, part.sequence, der.integer),
    ),
  );
}

/** PA-ENC-TS-ENC (section 5.2.7.2). */
export function writeTimestamp(ms: number): Uint8Array {
  return der.sequence(field(0, writeTime(ms)), field(1, writeMicros(ms)));
}

/** @returns milliseconds. @throws KerberosError KERBEROS_MESSAGE */
export function readTimestamp(bytes: Uint8Array): number {
  try {
    const fields = new Fields(readDer(bytes));
    return preciseTime(fields.need(0, 'patimestamp'), fields.maybe(1));
  } catch (error) {
    if (error instanceof DerError) throw new KerberosError('KERBEROS_MESSAGE', 'PA-ENC-TS-ENC', { offset: error.offset, cause: error });
    throw error;
  }
}
