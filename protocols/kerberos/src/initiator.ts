import type { MessageProtection } from '@winmedic/gss';
import { asExchange } from './as-exchange.ts';
import { chooseTicket } from './cache-choice.ts';
import type { CachedCredential, CredentialCache } from './credential-cache.ts';
import { encryptionType } from './crypto/encryption-type.ts';
import {
  type Authenticator,
  type EncApRepPart,
  readEncApRepPart,
  type SessionKey,
  writeAuthenticator,
  writeEncApRepPart,
} from './enc-parts.ts';
import { KerberosError } from './errors.ts';
import { GSS_CHECKSUM, GSS_FLAG, writeGssChecksum } from './gss-checksum.ts';
import { frame, TOKEN, unframe } from './gss-framing.ts';
import { newSession, random31, refusal, type Session } from './kdc-client.ts';
import { ETYPE, KRB, MESSAGE, USAGE } from './numbers.ts';
import { messageProtection } from './protection.ts';
import { microsOf, tgsExchange } from './tgs-exchange.ts';
import type { KerberosInitiator, KerberosInitiatorOptions, KerberosLogin, KerberosLoginOptions, ServiceTicket } from './types.ts';
import { type EncryptedData, readErrorData, readTicket, readWire } from './wire.ts';
import { writeApReply, writeApRequest } from './write-wire.ts';

/**
 * The client's side: gets a service ticket (from the cache, or from KDCs with password or keytab), proves itself with AP-REQ and verifies the
 * service's AP-REP. Tokens as RFC 4121 section 4.1 frames them; bare and with a third leg in DCE style (MS-KILE 3.4.5.1).
 * `step` rejects with {@link KerberosError}; after that the context is of no use.
 */
export function kerberosInitiator(options: KerberosInitiatorOptions): KerberosInitiator {
  return new Initiator(options);
}

/**
 * Logs in with the KDC alone and gives the ticket-granting ticket as a cache: one check of the password for any number of services.
 * @throws KerberosError as the first step of {@link kerberosInitiator}.
 */
export async function kerberosLogin(options: KerberosLoginOptions): Promise<KerberosLogin> {
  const session = newSession(options);
  const grant = await asExchange(session, options.credential);
  const cache: CredentialCache = { principal: grant.client, kdcOffset: session.clock.offset, credentials: [grant], damages: [] };
  return { cache, credentialChecks: session.credentialChecks, skewSeconds: session.clock.skewSeconds ?? 0 };
}

/** AES-SHA2 cannot sign the header and trailer of DCE RPC around sealed data, see KERBEROS_COVER. */
const DCE_ETYPES: readonly number[] = [ETYPE.aes256, ETYPE.aes128, ETYPE.rc4];

/** What the AP-REQ that is under way was made with. */
interface Pending {
  readonly ticket: CachedCredential;
  readonly authenticator: Authenticator;
  readonly subkey: SessionKey;
  readonly request: Uint8Array;
}

class Initiator implements KerberosInitiator {
  readonly mechanism = 'Kerberos';
  readonly #options: KerberosInitiatorOptions;
  readonly #session: Session;
  readonly #mutual: boolean;
  readonly #dceStyle: boolean;
  #pending: Pending | undefined;
  #ticket: ServiceTicket | undefined;
  #protection: MessageProtection | undefined;
  #adjusted = false;

  constructor(options: KerberosInitiatorOptions) {
    const { credential, channelBindings } = options;
    if (channelBindings !== undefined && channelBindings.length !== 16) {
      throw new KerberosError('KERBEROS_USAGE', 'length of channel bindings', { need: 16, have: channelBindings.length });
    }
    if (!/^[^/]+\/[^/]+(?:\/[^/]+)?$/.test(options.servicePrincipalName))
      throw new KerberosError('KERBEROS_USAGE', 'service principal name');
    this.#options = options;
    this.#dceStyle = options.dceStyle ?? false;
    this.#mutual = this.#dceStyle || (options.mutual ?? true);
    this.#session = newSession({
      ...(this.#dceStyle ? { etypes: DCE_ETYPES } : {}),
      ...options,
      ...(credential.kind === 'cache' ? { kdcOffset: credential.cache.kdcOffset } : {}),
    });
  }

  get complete(): boolean {
    return this.#protection !== undefined;
  }

  get credentialChecks(): number {
    return this.#session.credentialChecks;
  }

  get skewSeconds(): number | undefined {
    return this.#session.clock.skewSeconds;
  }

  get ticket(): ServiceTicket | undefined {
    return this.#ticket;
  }

  get protection(): MessageProtection {
    if (this.#protection === undefined) throw new KerberosError('KERBEROS_NOT_READY', 'message protection');
    return this.#protection;
  }

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.complete) throw new KerberosError('KERBEROS_DONE', 'token', { stage: 'ap' });
    if (this.#pending !== undefined) return this.#answer(token ?? new Uint8Array());
    if (token !== undefined && token.length > 0)
      throw new KerberosError('KERBEROS_REPLY_MISMATCH', 'token before the first step', { stage: 'ap' });
    return this.#request(await this.#serviceTicket());
  }

  async #serviceTicket(): Promise<CachedCredential> {
    const { credential, servicePrincipalName, serviceRealm } = this.#options;
    const session = this.#session;
    let fromCache = false;
    let ticket: CachedCredential;
    if (credential.kind === 'cache') {
      const chosen = chooseTicket(credential.cache, servicePrincipalName, session.clock.now());
      fromCache = chosen.direct;
      ticket = fromCache ? chosen.credential : await tgsExchange(session, chosen.credential, servicePrincipalName, serviceRealm);
    } else {
      ticket = await tgsExchange(session, await asExchange(session, credential), servicePrincipalName, serviceRealm);
    }
    this.#ticket = {
      client: `${ticket.client.name.join('/')}@${ticket.client.realm}`,
      service: `${ticket.service.name.join('/')}@${ticket.service.realm}`,
      endTime: ticket.endTime,
      sessionEtype: ticket.sessionKey.etype,
      ticketEtype: readTicket(ticket.ticket).encrypted.etype,
      length: ticket.ticket.length,
      fromCache,
    };
    return ticket;
  }

  #request(ticket: CachedCredential): Uint8Array {
    const session = this.#session;
    const { etype, key } = ticket.sessionKey;
    const type = encryptionType(etype);
    const time = session.clock.now();
    const subkey = { etype, key: session.random(type.keyLength) };
    const flags =
      GSS_FLAG.replay |
      GSS_FLAG.sequence |
      GSS_FLAG.integrity |
      (this.#options.sealing === false ? 0 : GSS_FLAG.confidentiality) |
      (this.#mutual ? GSS_FLAG.mutual : 0) |
      (this.#dceStyle ? GSS_FLAG.dceStyle : 0);
    const authenticator: Authenticator = {
      clientRealm: ticket.client.realm,
      client: { type: ticket.client.nameType, parts: ticket.client.name },
      checksum: { type: GSS_CHECKSUM, value: writeGssChecksum(flags, this.#options.channelBindings) },
      time,
      micros: microsOf(time, session),
      subkey,
      // 30 bits: older implementations read the number as signed.
      sequence: random31(session) >>> 1,
    };
    const cipher = type
      .forUsage(key, USAGE.apReqAuthenticator)
      .encrypt(session.random(type.confounderLength), writeAuthenticator(authenticator));
    const message = writeApRequest(this.#mutual ? 0x2000_0000 : 0, ticket.ticket, { etype, kvno: undefined, cipher });
    const request = this.#dceStyle ? message : frame(TOKEN.apReq, message);
    if (this.#mutual) this.#pending = { ticket, authenticator, subkey, request };
    else {
      this.#session.onExchange?.({ stage: 'ap', realm: ticket.service.realm, request });
      this.#establish(authenticator, subkey, false, authenticator.sequence ?? 0);
    }
    return request;
  }

  #answer(token: Uint8Array): Uint8Array | undefined {
    const { ticket, authenticator, subkey, request } = this.#pending as Pending;
    const realm = ticket.service.realm;
    this.#session.onExchange?.({ stage: 'ap', realm, request, reply: token });
    const reply = readWire(unframe(token)?.inner ?? token);
    if (reply.messageType === MESSAGE.error) {
      const skewSeconds = this.#session.clock.skewTo(reply.serverTime);
      // The service offers another try with its clock (MS-KILE 3.2.5.8); the ticket stays, no password is checked.
      if (reply.error === KRB.skew && readErrorData(reply.data).skewRecovery && !this.#adjusted) {
        this.#adjusted = true;
        this.#session.clock.learn(reply.serverTime);
        return this.#request(ticket);
      }
      throw refusal('KERBEROS_AP_ERROR', reply, { stage: 'ap', realm, skewSeconds });
    }
    if (reply.messageType !== MESSAGE.apRep) {
      throw new KerberosError('KERBEROS_REPLY_MISMATCH', 'kind of answer', { stage: 'ap', realm, have: reply.messageType });
    }
    const part = this.#verify(ticket, authenticator, reply.encrypted);
    const chosen = contextKey(subkey, part.subkey, this.#dceStyle);
    this.#establish(authenticator, chosen, chosen === part.subkey, part.sequence ?? 0);
    return this.#dceStyle ? this.#thirdLeg(ticket, part) : undefined;
  }

  #verify(ticket: CachedCredential, { time, micros }: Authenticator, { etype, cipher }: EncryptedData): EncApRepPart {
    const place = { stage: 'ap', realm: ticket.service.realm } as const;
    if (etype !== ticket.sessionKey.etype)
      throw new KerberosError('KERBEROS_ETYPE', 'encryption type of an answer', { ...place, have: etype });
    const part = readEncApRepPart(encryptionType(etype).forUsage(ticket.sessionKey.key, USAGE.apRep).decrypt(cipher));
    if (part.seconds !== Math.floor(time / 1000) * 1000 || part.micros !== micros) {
      throw new KerberosError('KERBEROS_REPLY_MISMATCH', 'time in the answer', place);
    }
    return part;
  }

  /** AP-REP of the client, with the service's sequence number (MS-KILE 3.4.5.1). */
  #thirdLeg(ticket: CachedCredential, { sequence }: EncApRepPart): Uint8Array {
    const session = this.#session;
    const { etype, key } = ticket.sessionKey;
    const type = encryptionType(etype);
    const time = session.clock.now();
    const plain = writeEncApRepPart({ seconds: time, micros: microsOf(time, session), subkey: undefined, sequence });
    const cipher = type.forUsage(key, USAGE.apRep).encrypt(session.random(type.confounderLength), plain);
    return writeApReply({ etype, kvno: undefined, cipher });
  }

  #establish({ sequence }: Authenticator, key: SessionKey, acceptorSubkey: boolean, receiveSequence: number): void {
    this.#pending = undefined;
    this.#protection = messageProtection({
      role: 'initiator',
      etype: key.etype,
      key: key.key,
      acceptorSubkey,
      sendSequence: sequence ?? 0,
      receiveSequence,
      dceStyle: this.#dceStyle,
      random: this.#session.random,
    });
  }
}

/** The key of the context: with RC4 the initiator's subkey stays, unless DCE style or another type speaks against it (as MIT krb5 does). */
export function contextKey(initiator: SessionKey, acceptor: SessionKey | undefined, dceStyle: boolean): SessionKey {
  if (acceptor === undefined) return initiator;
  const newer = initiator.etype !== ETYPE.rc4 || dceStyle || acceptor.etype !== initiator.etype;
  return newer ? acceptor : initiator;
}
