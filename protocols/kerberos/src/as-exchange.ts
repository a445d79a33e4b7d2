import { der } from '@winmedic/bytes';
import type { CachedCredential, Principal } from './credential-cache.ts';
import { encryptionType } from './crypto/encryption-type.ts';
import { readEncKdcRepPart, type SessionKey, writeTimestamp } from './enc-parts.ts';
import { KerberosError } from './errors.ts';
import { ask, isError, kdcError, random31, type Session, unexpected } from './kdc-client.ts';
import type { Keytab } from './keytab.ts';
import { LIMITS } from './limits.ts';
import type { EtypeInfoEntry, PrincipalName } from './message-types.ts';
import { KRB, MESSAGE, NAME_TYPE, PA, USAGE } from './numbers.ts';
import type { KerberosLoginOptions } from './types.ts';
import { etypeInfoOf, type KdcRep, type KrbErrorWire, type PaData, readErrorData } from './wire.ts';
import { writeEncrypted, writeRequest, writeRequestBody } from './write-wire.ts';

/** KDCOptions: canonicalize, bit 15 (RFC 6806 section 3). Nothing is asked to be forwardable or renewable. */
export const CANONICALIZE = 0x0001_0000;
/** End of the ticket asked for, 2037-09-13 02:48:05 as Windows asks: the KDC cuts it to what it allows, and our clock may be wrong. */
const TILL = Date.UTC(2037, 8, 13, 2, 48, 5);

/** Who asks, and how the key is found once the KDC has said which one. */
interface Asker {
  readonly name: PrincipalName;
  readonly realm: string;
  readonly etypes: readonly number[];
  key(etype: number, entry: EtypeInfoEntry | undefined, realm: string): SessionKey;
}

/**
 * AS exchange (RFC 4120 section 3.1): the first request goes without pre-authentication, which costs no credential check and tells salt,
 * encryption types and the KDC's clock; then one encrypted timestamp. Never a second one, whatever the answer.
 * @throws KerberosError KERBEROS_KDC_ERROR, KERBEROS_PASSWORD, KERBEROS_REPLY_MISMATCH, KERBEROS_ETYPE, KERBEROS_NO_KEY, KERBEROS_TRANSPORT
 */
export async function asExchange(session: Session, credential: KerberosLoginOptions['credential']): Promise<CachedCredential> {
  const asker = credential.kind === 'password' ? passwordAsker(session, credential) : keytabAsker(session, credential);
  let { realm } = asker;
  const seen = new Set<string>();
  for (;;) {
    seen.add(realm);
    const nonce = random31(session);
    const request = writeRequestBody({
      options: CANONICALIZE,
      client: asker.name,
      realm,
      service: { type: NAME_TYPE.serviceInstance, parts: ['krbtgt', realm] },
      till: TILL,
      nonce,
      etypes: asker.etypes,
    });
    const first = await ask(session, 'as', realm, writeRequest(MESSAGE.asReq, [PAC_REQUEST], request));
    if (first.messageType === MESSAGE.asRep) return accept(session, asker, realm, nonce, first, undefined);
    if (!isError(first)) throw unexpected('as', realm, first);
    session.clock.learn(first.serverTime);
    if (first.error === KRB.wrongRealm && first.clientRealm !== undefined) {
      realm = nextRealm(session, seen, first, realm);
      continue;
    }
    if (first.error !== KRB.preauthRequired) throw kdcError(session, 'as', realm, first);
    const offered = readErrorData(first.data).preAuthentication;
    const entry = chooseEntry(asker.etypes, offered);
    const key = asker.key(entry?.etype ?? (asker.etypes[0] as number), entry, realm);
    const padata = preAuthentication(session, offered, key, kdcError(session, 'as', realm, first));
    session.credentialChecks++;
    const second = await ask(session, 'as', realm, writeRequest(MESSAGE.asReq, padata, request));
    if (isError(second)) throw kdcError(session, 'as', realm, second);
    if (second.messageType !== MESSAGE.asRep) throw unexpected('as', realm, second);
    return accept(session, asker, realm, nonce, second, key);
  }
}

/** PA-PAC-REQUEST: the services of a domain decide by the PAC (MS-KILE 2.2.3). */
const PAC_REQUEST: PaData = { type: PA.pacRequest, value: der.sequence(der.field(0, der.boolean(true))) };
/** PA-FX-COOKIE, to be sent back as it came (RFC 6113 section 5.2). */
const PA_COOKIE = 133;

function preAuthentication(session: Session, offered: readonly PaData[], key: SessionKey, refused: KerberosError): PaData[] {
  // Only methods without a password are left, such as smart cards.
  if (offered.length > 0 && !offered.some(({ type }) => type === PA.encTimestamp)) throw refused;
  const type = encryptionType(key.etype);
  const confounder = session.random(type.confounderLength);
  const cipher = type.forUsage(key.key, USAGE.encTimestamp).encrypt(confounder, writeTimestamp(session.clock.now()));
  const timestamp: PaData = { type: PA.encTimestamp, value: writeEncrypted({ etype: key.etype, kvno: undefined, cipher }) };
  return [timestamp, PAC_REQUEST, ...offered.filter(({ type }) => type === PA_COOKIE)];
}

/** The first type of the KDC's list that was offered: it lists the keys the account has, best first (RFC 4120 section 5.2.7.5). */
function chooseEntry(etypes: readonly number[], offered: readonly PaData[]): EtypeInfoEntry | undefined {
  for (const wanted of [PA.etypeInfo2, PA.etypeInfo]) {
    const info = offered.find(({ type }) => type === wanted);
    const entry = info && etypeInfoOf(info.value).find(({ etype }) => etypes.includes(etype));
    if (entry !== undefined) return entry;
    if (info !== undefined) throw new KerberosError('KERBEROS_ETYPE', 'encryption types of the account', { stage: 'as' });
  }
  return undefined;
}

function nextRealm(session: Session, seen: ReadonlySet<string>, error: KrbErrorWire, realm: string): string {
  const next = error.clientRealm ?? '';
  if (next === '' || seen.has(next) || seen.size > LIMITS.referrals) {
    throw new KerberosError('KERBEROS_REFERRAL_LOOP', 'realm of the client', {
      stage: 'as',
      realm,
      krbError: error.error,
      credentialChecks: session.credentialChecks,
    });
  }
  return next;
}

function accept(
  session: Session,
  asker: Asker,
  realm: string,
  nonce: number,
  reply: KdcRep,
  used: SessionKey | undefined,
): CachedCredential {
  const { etype, cipher } = reply.encrypted;
  if (!asker.etypes.includes(etype))
    throw new KerberosError('KERBEROS_ETYPE', 'encryption type of an answer', { stage: 'as', have: etype });
  const key = used?.etype === etype ? used : asker.key(etype, chooseEntry([etype], reply.preAuthentication), realm);
  let plain: Uint8Array;
  try {
    plain = encryptionType(etype).forUsage(key.key, USAGE.asRep).decrypt(cipher);
  } catch (cause) {
    if (!(cause instanceof KerberosError) || cause.code !== 'KERBEROS_BAD_MIC') throw cause;
    throw new KerberosError('KERBEROS_PASSWORD', 'answer of the KDC', {
      stage: 'as',
      realm,
      credentialChecks: session.credentialChecks,
      cause,
    });
  }
  const part = readEncKdcRepPart(plain);
  const [service, of] = part.service.parts;
  // The KDC may name itself otherwise than it was asked for (`corp`, `CORP` for `CORP.EXAMPLE`): canonicalize allows it (RFC 6806 section 7).
  if (part.nonce !== nonce || service !== 'krbtgt' || of !== part.realm) {
    throw new KerberosError('KERBEROS_REPLY_MISMATCH', part.nonce === nonce ? 'service of an answer' : 'nonce of an answer', {
      stage: 'as',
      realm,
      credentialChecks: session.credentialChecks,
    });
  }
  if (!session.clock.known) session.clock.learn(part.authTime);
  return credentialOf(reply, part);
}

/** What a reply gave, as a cache holds it. */
export function credentialOf(reply: KdcRep, part: ReturnType<typeof readEncKdcRepPart>): CachedCredential {
  const principal = (realm: string, { type, parts }: PrincipalName): Principal => ({ realm, name: parts, nameType: type });
  return {
    client: principal(reply.clientRealm, reply.client),
    service: principal(part.realm, part.service),
    sessionKey: part.sessionKey,
    authTime: part.authTime,
    startTime: part.startTime ?? part.authTime,
    endTime: part.endTime,
    renewTill: part.renewTill ?? 0,
    flags: part.flags,
    ticket: Uint8Array.from(reply.ticket.raw),
  };
}

function passwordAsker(
  session: Session,
  { user, realm, password }: Extract<KerberosLoginOptions['credential'], { kind: 'password' }>,
): Asker {
  if (user === '' || realm === '') throw new KerberosError('KERBEROS_USAGE', user === '' ? 'user name' : 'realm');
  const enterprise = user.includes('@');
  const name = enterprise ? { type: NAME_TYPE.enterprise, parts: [user] } : { type: NAME_TYPE.principal, parts: user.split('/') };
  return {
    name,
    realm,
    etypes: session.etypes,
    key(etype, entry, at) {
      const salt = new TextEncoder().encode(entry?.salt ?? at + name.parts.join(''));
      return { etype, key: encryptionType(etype).stringToKey(password.reveal(), salt, entry?.iterations) };
    },
  };
}

function keytabAsker(session: Session, { keytab, user, realm }: Extract<KerberosLoginOptions['credential'], { kind: 'keytab' }>): Asker {
  const entries = entriesOf(keytab, user, realm);
  const first = entries[0];
  const etypes = session.etypes.filter((etype) => entries.some((entry) => entry.etype === etype));
  if (first === undefined || etypes.length === 0) throw new KerberosError('KERBEROS_NO_KEY', 'keytab', { stage: 'as' });
  return {
    name: { type: NAME_TYPE.principal, parts: first.name },
    realm: first.realm,
    etypes,
    key(etype) {
      // The newest key: passwords of computers change every 30 days and old ones stay in the file.
      const newest = entries.filter((entry) => entry.etype === etype).sort((a, b) => b.kvno - a.kvno)[0];
      if (newest === undefined) throw new KerberosError('KERBEROS_NO_KEY', 'keytab', { stage: 'as', have: etype });
      return { etype, key: newest.key };
    },
  };
}

function entriesOf({ entries }: Keytab, user: string | undefined, realm: string | undefined): Keytab['entries'] {
  const first = entries.find(
    (entry) => (user === undefined || entry.name.join('/') === user) && (realm === undefined || entry.realm === realm),
  );
  return first === undefined ? [] : entries.filter((entry) => entry.realm === first.realm && entry.name.join('/') === first.name.join('/'));
}
