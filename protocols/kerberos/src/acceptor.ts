import { randomBytes } from 'node:crypto';
import type { MessageProtection, PeerIdentity } from '@winmedic/gss';
import { sameBytes } from './crypto/bytes.ts';
import { encryptionType, supportsEtype } from './crypto/encryption-type.ts';
import {
  type Authenticator,
  type EncTicketPart,
  readAuthenticator,
  readEncApRepPart,
  readEncTicketPart,
  type SessionKey,
  writeEncApRepPart,
} from './enc-parts.ts';
import { KerberosError } from './errors.ts';
import { GSS_CHECKSUM, GSS_FLAG, readGssChecksum } from './gss-checksum.ts';
import { frame, TOKEN, unframe } from './gss-framing.ts';
import { contextKey } from './initiator.ts';
import { random31 } from './kdc-client.ts';
import type { KeytabEntry } from './keytab.ts';
import { ETYPE, KRB, krbErrorName, MESSAGE, USAGE } from './numbers.ts';
import { type ContextKeys, messageProtection } from './protection.ts';
import { isReplay } from './replay-cache.ts';
import type { KerberosAcceptor, KerberosAcceptorOptions } from './types.ts';
import { type ApReq, readWire, type Ticket } from './wire.ts';
import { writeApReply, writeError, writeSkewRecovery } from './write-wire.ts';

/**
 * The service's side: opens the ticket with a key of the keytab, verifies the authenticator and answers with AP-REP. The ticket's authorisation
 * data (PAC) is not looked at: who the peer is comes from the ticket's client name.
 * A refusal rejects with {@link KerberosError} KERBEROS_AP_ERROR (`krbError`, and as `token` the KRB-ERROR to send), a wrong channel binding with
 * KERBEROS_CHANNEL_BINDING; another AP-REQ may then follow.
 * @throws KerberosError KERBEROS_USAGE when bindings are to be checked and none are given.
 */
export function kerberosAcceptor(options: KerberosAcceptorOptions): KerberosAcceptor {
  return new Acceptor(options);
}

/** Between the service's AP-REP and the client's, in DCE style. */
interface ThirdLeg {
  readonly sessionKey: SessionKey;
  readonly sequence: number;
  readonly keys: ContextKeys;
  readonly peer: PeerIdentity;
}

class Acceptor implements KerberosAcceptor {
  readonly mechanism = 'Kerberos';
  readonly #options: KerberosAcceptorOptions;
  readonly #random: (length: number) => Uint8Array;
  #third: ThirdLeg | undefined;
  #protection: MessageProtection | undefined;
  #peer: PeerIdentity | undefined;

  constructor(options: KerberosAcceptorOptions) {
    if ((options.bindings ?? 'none') !== 'none' && options.channelBindings?.length !== 16) {
      throw new KerberosError('KERBEROS_USAGE', 'length of channel bindings', { need: 16, have: options.channelBindings?.length ?? 0 });
    }
    this.#options = options;
    this.#random = options.random ?? ((length) => Uint8Array.from(randomBytes(length)));
  }

  get complete(): boolean {
    return this.#protection !== undefined;
  }

  get protection(): MessageProtection {
    if (this.#protection === undefined) throw new KerberosError('KERBEROS_NOT_READY', 'message protection');
    return this.#protection;
  }

  get peer(): PeerIdentity {
    if (this.#peer === undefined) throw new KerberosError('KERBEROS_NOT_READY', 'peer');
    return this.#peer;
  }

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.complete) throw new KerberosError('KERBEROS_DONE', 'token', { stage: 'ap' });
    if (this.#third !== undefined) return this.#finish(this.#third, token ?? new Uint8Array());
    const bytes = token ?? new Uint8Array();
    const framed = unframe(bytes);
    const message = readWire(framed?.inner ?? bytes);
    if (message.messageType !== MESSAGE.apReq)
      throw new KerberosError('KERBEROS_MESSAGE', 'AP-REQ', { stage: 'ap', have: message.messageType });
    return this.#accept(message, framed !== undefined);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #accept(request: ApReq, framed: boolean): Uint8Array | undefined {
    const refuse = (error: number): KerberosError => this.#refuse(error, request.ticket, framed);
    const ticket = this.#openTicket(request.ticket, refuse);
    const authenticator = openAuthenticator(ticket, request, refuse);
    this.#checkTimes(ticket, authenticator, request, refuse);
    const checksum = authenticator.checksum;
    if (checksum !== undefined && checksum.type !== GSS_CHECKSUM) throw refuse(KRB.inappropriateChecksum);
    // Without a checksum no flag is set and no binding was sent (MS-KILE 3.4.5).
    const gss = checksum && readGssChecksum(checksum.value);
    if (checksum !== undefined && gss === undefined) throw refuse(KRB.inappropriateChecksum);
    this.#checkBindings(gss?.bindings ?? new Uint8Array(16));
    return this.#establish(request, ticket, authenticator, gss?.flags ?? 0);
  }

  #openTicket(ticket: Ticket, refuse: (error: number) => KerberosError): EncTicketPart {
    const { etype, kvno, cipher } = ticket.encrypted;
    const named = (entry: KeytabEntry): boolean => entry.name.join('/').toLowerCase() === ticket.service.parts.join('/').toLowerCase();
    const rank = (entry: KeytabEntry): number => (named(entry) ? 0 : 2) + (entry.kvno === kvno ? 0 : 1);
    // As Windows does, a ticket for another name is opened when the key fits: all names of a computer share its key.
    const keys = this.#options.keytab.entries.filter((entry) => entry.etype === etype).sort((a, b) => rank(a) - rank(b));
    if (keys.length === 0 || !supportsEtype(etype)) throw refuse(KRB.noKey);
    for (const entry of keys) {
      try {
        return readEncTicketPart(encryptionType(etype).forUsage(entry.key, USAGE.ticket).decrypt(cipher));
      } catch (error) {
        if (!(error instanceof KerberosError)) throw error;
      }
    }
    throw refuse(KRB.modified);
  }

  #checkTimes(ticket: EncTicketPart, authenticator: Authenticator, request: ApReq, refuse: (error: number) => KerberosError): void {
    const now = this.#now();
    const skew = (this.#options.maxSkewSeconds ?? 300) * 1000;
    if (Math.abs(authenticator.time - now) > skew) throw refuse(KRB.skew);
    if ((ticket.startTime ?? ticket.authTime) > now + skew) throw refuse(KRB.ticketNotYetValid);
    if (ticket.endTime < now - skew) throw refuse(KRB.ticketExpired);
    if (isReplay(this.#options.keytab, request.authenticator.cipher, now, authenticator.time + 2 * skew)) throw refuse(KRB.repeat);
  }

  #checkBindings(sent: Uint8Array): void {
    const { bindings = 'none', channelBindings } = this.#options;
    if (bindings === 'none' || channelBindings === undefined) return;
    const absent = sent.every((byte) => byte === 0);
    if (absent ? bindings === 'strict' : !sameBytes(sent, channelBindings)) {
      throw new KerberosError('KERBEROS_CHANNEL_BINDING', 'channel bindings', { stage: 'ap', have: absent ? 'none' : 'others' });
    }
  }

  #establish(request: ApReq, ticket: EncTicketPart, authenticator: Authenticator, flags: number): Uint8Array | undefined {
    const peer = { user: ticket.client.parts.join('/'), domain: ticket.clientRealm };
    const dceStyle = (flags & GSS_FLAG.dceStyle) !== 0;
    const mutual = dceStyle || (flags & GSS_FLAG.mutual) !== 0 || (request.options & 0x2000_0000) !== 0;
    const initiatorKey = authenticator.subkey ?? ticket.sessionKey;
    const type = encryptionType(initiatorKey.etype);
    const receiveSequence = authenticator.sequence ?? 0;
    const sequence = mutual ? random31({ random: this.#random }) >>> 1 : receiveSequence;
    const subkey: SessionKey | undefined =
      mutual && initiatorKey.etype !== ETYPE.rc4 ? { etype: initiatorKey.etype, key: this.#random(type.keyLength) } : undefined;
    const chosen = contextKey(initiatorKey, subkey, dceStyle);
    const keys: ContextKeys = {
      role: 'acceptor',
      etype: chosen.etype,
      key: chosen.key,
      acceptorSubkey: subkey !== undefined,
      sendSequence: sequence,
      receiveSequence,
      dceStyle,
      random: this.#random,
    };
    if (dceStyle) this.#third = { sessionKey: ticket.sessionKey, sequence, keys, peer };
    else {
      this.#peer = peer;
      this.#protection = messageProtection(keys);
    }
    if (!mutual) return undefined;
    const seconds = Math.floor(authenticator.time / 1000) * 1000;
    const message = this.#apReply(ticket.sessionKey, writeEncApRepPart({ seconds, micros: authenticator.micros, subkey, sequence }));
    return dceStyle ? message : frame(TOKEN.apRep, message);
  }

  #apReply({ etype, key }: SessionKey, part: Uint8Array): Uint8Array {
    const type = encryptionType(etype);
    return writeApReply({
      etype,
      kvno: undefined,
      cipher: type.forUsage(key, USAGE.apRep).encrypt(this.#random(type.confounderLength), part),
    });
  }

  #finish({ sessionKey, sequence, keys, peer }: ThirdLeg, token: Uint8Array): undefined {
    this.#third = undefined;
    const message = readWire(unframe(token)?.inner ?? token);
    if (message.messageType !== MESSAGE.apRep)
      throw new KerberosError('KERBEROS_MESSAGE', 'AP-REP', { stage: 'ap', have: message.messageType });
    const part = readEncApRepPart(encryptionType(sessionKey.etype).forUsage(sessionKey.key, USAGE.apRep).decrypt(message.encrypted.cipher));
    if (part.sequence !== sequence) throw new KerberosError('KERBEROS_REPLY_MISMATCH', 'sequence number of the third leg', { stage: 'ap' });
    this.#peer = peer;
    this.#protection = messageProtection(keys);
    return undefined;
  }

  #refuse(error: number, ticket: Ticket, framed: boolean): KerberosError {
    const message = writeError({
      error,
      serverTime: this.#now(),
      clientTime: undefined,
      clientRealm: undefined,
      client: undefined,
      realm: ticket.realm,
      service: ticket.service,
      text: undefined,
      data: error === KRB.skew ? writeSkewRecovery() : undefined,
    });
    return new KerberosError('KERBEROS_AP_ERROR', `KRB-ERROR ${error} ${krbErrorName(error) ?? ''}`.trim(), {
      krbError: error,
      stage: 'ap',
      realm: ticket.realm,
      token: framed ? frame(TOKEN.error, message) : message,
    });
  }
}

function openAuthenticator(ticket: EncTicketPart, request: ApReq, refuse: (error: number) => KerberosError): Authenticator {
  const { etype, key } = ticket.sessionKey;
  let authenticator: Authenticator;
  try {
    if (request.authenticator.etype !== etype) throw refuse(KRB.modified);
    authenticator = readAuthenticator(encryptionType(etype).forUsage(key, USAGE.apReqAuthenticator).decrypt(request.authenticator.cipher));
  } catch (error) {
    if (!(error instanceof KerberosError)) throw error;
    // MS-KILE 3.4.5: a modified authenticator is KRB_AP_ERR_MODIFIED.
    throw refuse(KRB.modified);
  }
  const same = ticket.client.parts.join('\0') === authenticator.client.parts.join('\0') && ticket.clientRealm === authenticator.clientRealm;
  if (!same) throw refuse(KRB.badMatch);
  return authenticator;
}
