import { CANONICALIZE, credentialOf } from './as-exchange.ts';
import type { CachedCredential } from './credential-cache.ts';
import { encryptionType } from './crypto/encryption-type.ts';
import { readEncKdcRepPart, writeAuthenticator } from './enc-parts.ts';
import { KerberosError } from './errors.ts';
import { ask, isError, kdcError, random31, type Session, unexpected } from './kdc-client.ts';
import { LIMITS } from './limits.ts';
import { KRB, MESSAGE, NAME_TYPE, PA, USAGE } from './numbers.ts';
import type { KdcRep } from './wire.ts';
import { writeApRequest, writeRequest, writeRequestBody } from './write-wire.ts';

/**
 * TGS exchange (RFC 4120 section 3.3) with referrals from realm to realm (RFC 6806 section 8).
 * @param grant a ticket-granting ticket.
 * @param serviceRealm when it is known; else the service is asked for where the ticket is from.
 * @throws KerberosError KERBEROS_KDC_ERROR, KERBEROS_REFERRAL_LOOP, KERBEROS_REPLY_MISMATCH, KERBEROS_TRANSPORT
 */
export async function tgsExchange(
  session: Session,
  grant: CachedCredential,
  servicePrincipalName: string,
  serviceRealm: string | undefined,
): Promise<CachedCredential> {
  const wanted = servicePrincipalName.split('/');
  let current = grant;
  const seen = new Set<string>();
  for (;;) {
    const realm = realmOfGrant(current);
    if (seen.has(realm) || seen.size > LIMITS.referrals) {
      throw new KerberosError('KERBEROS_REFERRAL_LOOP', 'realm of the service', { stage: 'tgs', realm });
    }
    seen.add(realm);
    const parts = serviceRealm === undefined || serviceRealm === realm ? wanted : ['krbtgt', serviceRealm];
    const next = await requestTicket(session, current, realm, parts);
    const [service, to] = next.service.name;
    const referral = service === 'krbtgt' && wanted[0] !== 'krbtgt' && to !== undefined;
    if (!referral) return next;
    current = next;
  }
}

/** Realm whose KDC takes this ticket-granting ticket. */
function realmOfGrant({ service }: CachedCredential): string {
  return service.name[1] ?? service.realm;
}

async function requestTicket(
  session: Session,
  grant: CachedCredential,
  realm: string,
  parts: readonly string[],
): Promise<CachedCredential> {
  for (let adjusted = false; ; adjusted = true) {
    const nonce = random31(session);
    const body = writeRequestBody({
      options: CANONICALIZE,
      client: undefined,
      realm,
      service: { type: NAME_TYPE.serviceInstance, parts },
      till: grant.endTime,
      nonce,
      etypes: session.etypes,
    });
    const request = writeRequest(MESSAGE.tgsReq, [{ type: PA.tgsReq, value: apRequest(session, grant, body) }], body);
    const reply = await ask(session, 'tgs', realm, request);
    if (isError(reply)) {
      // The ticket proves who we are: asking again with the KDC's time checks no password.
      if (reply.error !== KRB.skew || adjusted) throw kdcError(session, 'tgs', realm, reply);
      session.clock.learn(reply.serverTime);
      continue;
    }
    if (reply.messageType !== MESSAGE.tgsRep) throw unexpected('tgs', realm, reply);
    return accept(grant, realm, nonce, reply, parts);
  }
}

function apRequest(session: Session, grant: CachedCredential, body: Uint8Array): Uint8Array {
  const { etype, key } = grant.sessionKey;
  const type = encryptionType(etype);
  const time = session.clock.now();
  const plain = writeAuthenticator({
    clientRealm: grant.client.realm,
    client: { type: grant.client.nameType, parts: grant.client.name },
    checksum: { type: type.checksumType, value: type.forUsage(key, USAGE.tgsReqChecksum).checksum(body) },
    time,
    micros: microsOf(time, session),
    subkey: undefined,
    sequence: undefined,
  });
  const cipher = type.forUsage(key, USAGE.tgsReqAuthenticator).encrypt(session.random(type.confounderLength), plain);
  return writeApRequest(0, grant.ticket, { etype, kvno: undefined, cipher });
}

/** Microseconds of a time, the part below a millisecond at random: services refuse a second authenticator of the same microsecond. */
export function microsOf(time: number, session: Pick<Session, 'random'>): number {
  return (((Math.floor(time) % 1000) + 1000) % 1000) * 1000 + (random31(session) % 1000);
}

function accept(grant: CachedCredential, realm: string, nonce: number, reply: KdcRep, parts: readonly string[]): CachedCredential {
  const { etype, cipher } = reply.encrypted;
  const place = { stage: 'tgs', realm } as const;
  if (etype !== grant.sessionKey.etype)
    throw new KerberosError('KERBEROS_ETYPE', 'encryption type of an answer', { ...place, have: etype });
  const part = readEncKdcRepPart(encryptionType(etype).forUsage(grant.sessionKey.key, USAGE.tgsRepSessionKey).decrypt(cipher));
  if (part.nonce !== nonce) throw new KerberosError('KERBEROS_REPLY_MISMATCH', 'nonce of an answer', place);
  // With canonicalize the KDC may answer with the service's other spelling or with a ticket-granting ticket for another realm.
  const [service] = part.service.parts;
  if (service?.toLowerCase() !== parts[0]?.toLowerCase() && service !== 'krbtgt') {
    throw new KerberosError('KERBEROS_REPLY_MISMATCH', 'service of an answer', place);
  }
  return credentialOf(reply, part);
}
