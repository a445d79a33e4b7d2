import { randomBytes } from 'node:crypto';
import { KerberosError, type KeytabEntry, type PrincipalName, kerberosParts as parts } from '@winmedic/kerberos';
import { type Account, type Accounts, accountsOf } from './accounts.ts';
import type { KdcPrincipal, KdcSpec } from './types.ts';

const { KRB, MESSAGE, PA, USAGE } = parts;

/** NTSTATUS that domain controllers add (MS-ERREF 2.3.1, MS-KILE 3.3.5.6): disabled, locked out, account expired, password must change. */
const STATUS = { disabled: 0xc000_0072, locked: 0xc000_0234, expired: 0xc000_0193, 'must-change': 0xc000_0224 } as const;
/** Tickets last as long as in Windows domains. */
const LIFETIME_MS = 10 * 3600 * 1000;
/** TicketFlags: initial (bit 9), pre-authenticated (bit 10). */
const FLAGS = { initial: 0x0040_0000, preAuthenticated: 0x0020_0000 } as const;

/** A refusal on its way to the client. */
class Refusal extends Error {
  readonly error: number;
  readonly data: Uint8Array | undefined;
  readonly clientRealm: string | undefined;

  constructor(error: number, data?: Uint8Array, clientRealm?: string) {
    super(`KRB-ERROR ${error}`);
    this.error = error;
    this.data = data;
    this.clientRealm = clientRealm;
  }
}

/** A KDC without sockets: one request in, one answer out. */
export interface Answerer {
  answer(request: Uint8Array): Uint8Array;
  readonly accounts: Accounts;
}

/** Makes the KDC of a specification. */
export function answererOf(spec: KdcSpec): Answerer {
  const etypes = spec.etypes ?? [18, 17, 23];
  const grantor: KdcPrincipal = {
    name: `krbtgt/${spec.realm}`,
    key: { etype: etypes[0] as number, bytes: randomKey(etypes[0] as number) },
  };
  // A trust is a principal whose key both sides know: krbtgt/THERE@HERE (RFC 4120 section 1.1), the same text of salt on both sides.
  const trusts = (spec.trusts ?? []).map((trust): KdcPrincipal => ({ name: `krbtgt/${trust.realm}`, password: trust.password }));
  const accounts = accountsOf(spec, [grantor, ...trusts, ...spec.principals], etypes);
  const kdc = new AnswererState(spec, etypes, accounts);
  return {
    accounts,
    answer(request) {
      const reply = kdc.answer(request);
      spec.onRequest?.(request, reply);
      return reply;
    },
  };
}

function randomKey(etype: number): Uint8Array {
  return Uint8Array.from(randomBytes(parts.encryptionType(etype).keyLength));
}

class AnswererState {
  readonly #spec: KdcSpec;
  readonly #etypes: readonly number[];
  readonly #accounts: Accounts;

  constructor(spec: KdcSpec, etypes: readonly number[], accounts: Accounts) {
    this.#spec = spec;
    this.#etypes = etypes;
    this.#accounts = accounts;
  }

  #now(): number {
    return (this.#spec.now ?? Date.now)() + (this.#spec.clockSkewSeconds ?? 0) * 1000;
  }

  answer(bytes: Uint8Array): Uint8Array {
    let request: parts.KdcReq | undefined;
    try {
      const wire = parts.readWire(bytes);
      if (wire.messageType !== MESSAGE.asReq && wire.messageType !== MESSAGE.tgsReq) throw new Refusal(KRB.messageType);
      request = wire;
      return wire.messageType === MESSAGE.asReq ? this.#asReply(wire) : this.#tgsReply(wire);
    } catch (error) {
      if (error instanceof Refusal) return this.#error(error, request);
      if (error instanceof KerberosError) return this.#error(new Refusal(KRB.generic), request);
      throw error;
    }
  }

  #error({ error, data, clientRealm }: Refusal, request: parts.KdcReq | undefined): Uint8Array {
    return parts.writeError({
      error,
      serverTime: this.#now(),
      clientTime: undefined,
      clientRealm,
      client: request?.client,
      realm: this.#spec.realm,
      service: request?.service ?? { type: 2, parts: ['krbtgt', this.#spec.realm] },
      text: undefined,
      data,
    });
  }

  #asReply(request: parts.KdcReq): Uint8Array {
    const account = this.#client(request);
    refuseState(account.state, account.state !== 'must-change');
    const key = account.keys.find(({ etype }) => request.etypes.includes(etype));
    if (key === undefined) throw new Refusal(KRB.etypeNotSupported);
    const flags = FLAGS.initial | this.#preAuthenticate(request, account);
    // MS-KILE 3.3.5.6.3 leaves open when it is said; here once the old password was proven.
    refuseState(account.state, true);
    const grantor = this.#accounts.find(['krbtgt', this.#spec.realm], false);
    if (grantor === undefined) throw new Refusal(KRB.serverUnknown);
    return this.#reply(request, {
      client: { type: 1, parts: account.name.split('/') },
      clientRealm: this.#spec.realm,
      service: { type: 2, parts: ['krbtgt', this.#spec.realm] },
      serviceKey: grantor.keys[0] as KeytabEntry,
      replyKey: key,
      replyUsage: USAGE.asRep,
      flags,
      tag: 25,
    });
  }

  #client(request: parts.KdcReq): Account {
    const { realm, aliases = [], trusts = [] } = this.#spec;
    const name = request.client;
    if (name === undefined) throw new Refusal(KRB.clientUnknown);
    const asked = request.realm.toLowerCase();
    if (![realm, ...aliases].some((known) => known.toLowerCase() === asked)) throw new Refusal(KRB.wrongRealm, undefined, realm);
    const enterprise = name.type === parts.NAME_TYPE.enterprise;
    const account = this.#accounts.find(name.parts, enterprise);
    if (account !== undefined) return account;
    const suffix = enterprise ? name.parts.join('/').split('@').at(-1)?.toLowerCase() : undefined;
    const home = trusts.find(({ userSuffixes }) => userSuffixes?.some((known) => known.toLowerCase() === suffix));
    if (home !== undefined) throw new Refusal(KRB.wrongRealm, undefined, home.realm);
    throw new Refusal(KRB.clientUnknown);
  }

  /** @returns the flag of a ticket that was pre-authenticated. */
  #preAuthenticate(request: parts.KdcReq, account: Account): number {
    const timestamp = request.preAuthentication.find(({ type }) => type === PA.encTimestamp);
    if (timestamp === undefined) {
      if (this.#spec.requirePreauth === false) return 0;
      throw new Refusal(KRB.preauthRequired, parts.writePaData(this.#methods(request, account)));
    }
    const { etype, cipher } = parts.readEncrypted(timestamp.value);
    const key = account.keys.find((entry) => entry.etype === etype);
    if (key === undefined) throw new Refusal(KRB.etypeNotSupported);
    let time: number;
    try {
      time = parts.readTimestamp(parts.encryptionType(etype).forUsage(key.key, USAGE.encTimestamp).decrypt(cipher));
    } catch (error) {
      if (!(error instanceof KerberosError)) throw error;
      this.#accounts.count(account, false);
      throw new Refusal(KRB.preauthFailed, parts.writePaData(this.#methods(request, account)));
    }
    this.#accounts.count(account, true);
    if (Math.abs(time - this.#now()) > (this.#spec.maxSkewSeconds ?? 300) * 1000) throw new Refusal(KRB.skew);
    return FLAGS.preAuthenticated;
  }

  #methods(request: parts.KdcReq, account: Account): parts.PaData[] {
    const entries = account.keys
      .filter(({ etype }) => request.etypes.includes(etype))
      .map(({ etype }) => ({ etype, salt: etype === 23 ? undefined : account.salt, iterations: undefined }));
    return [
      { type: PA.etypeInfo2, value: parts.writeEtypeInfo2(entries) },
      { type: PA.encTimestamp, value: new Uint8Array() },
    ];
  }

  #tgsReply(request: parts.KdcReq): Uint8Array {
    const data = request.preAuthentication.find(({ type }) => type === PA.tgsReq);
    const inner = data && parts.readWire(data.value);
    if (inner?.messageType !== MESSAGE.apReq) throw new Refusal(KRB.generic);
    const grant = this.#openGrant(inner, request);
    const name = request.service?.parts ?? [];
    const service = this.#accounts.find(name, false) ?? this.#referral(name);
    const key = service?.keys[0];
    if (service === undefined || key === undefined) throw new Refusal(KRB.serverUnknown);
    if (!request.etypes.some((etype) => this.#etypes.includes(etype))) throw new Refusal(KRB.etypeNotSupported);
    return this.#reply(request, {
      client: grant.client,
      clientRealm: grant.clientRealm,
      service: { type: 2, parts: service.name.split('/') },
      serviceKey: key,
      replyKey: grant.sessionKey,
      replyUsage: USAGE.tgsRepSessionKey,
      flags: FLAGS.preAuthenticated,
      tag: 26,
    });
  }

  /** The trust that leads to a host of another realm. */
  #referral(name: readonly string[]): Account | undefined {
    const host = name[1]?.toLowerCase() ?? '';
    const trust = this.#spec.trusts?.find(({ hostSuffixes }) => hostSuffixes?.some((suffix) => host.endsWith(suffix.toLowerCase())));
    return trust && this.#accounts.find(['krbtgt', trust.realm], false);
  }

  #openGrant({ ticket, authenticator }: parts.ApReq, request: parts.KdcReq): parts.EncTicketPart {
    const { realm, trusts = [] } = this.#spec;
    const foreign = trusts.find((trust) => trust.realm === ticket.realm);
    // A ticket of a trusting realm names this one, and is made with the key of the trust: krbtgt/HERE@THERE.
    const keys =
      foreign === undefined
        ? this.#accounts.find(['krbtgt', realm], false)?.keys
        : accountsOf({ ...this.#spec, realm: foreign.realm }, [{ name: `krbtgt/${realm}`, password: foreign.password }], this.#etypes).find(
            ['krbtgt', realm],
            false,
          )?.keys;
    const key = keys?.find(({ etype }) => etype === ticket.encrypted.etype);
    if (key === undefined || ticket.service.parts[1] !== realm) throw new Refusal(KRB.notUs);
    try {
      const grant = parts.readEncTicketPart(
        parts.encryptionType(key.etype).forUsage(key.key, USAGE.ticket).decrypt(ticket.encrypted.cipher),
      );
      const session = parts.encryptionType(grant.sessionKey.etype);
      const proof = parts.readAuthenticator(
        session.forUsage(grant.sessionKey.key, USAGE.tgsReqAuthenticator).decrypt(authenticator.cipher),
      );
      const sum = session.forUsage(grant.sessionKey.key, USAGE.tgsReqChecksum).checksum(request.body);
      if (proof.checksum === undefined || Buffer.compare(sum, proof.checksum.value) !== 0) throw new Refusal(KRB.modified);
      if (grant.endTime < this.#now()) throw new Refusal(KRB.ticketExpired);
      if (Math.abs(proof.time - this.#now()) > (this.#spec.maxSkewSeconds ?? 300) * 1000) throw new Refusal(KRB.skew);
      return grant;
    } catch (error) {
      if (error instanceof KerberosError) throw new Refusal(KRB.badIntegrity);
      throw error;
    }
  }

  #reply(request: parts.KdcReq, made: Made): Uint8Array {
    const now = this.#now();
    const etype = request.etypes.find((wanted) => this.#etypes.includes(wanted)) ?? (this.#etypes[0] as number);
    const sessionKey = { etype, key: randomKey(etype) };
    const times = { authTime: now, startTime: now, endTime: Math.min(request.till || Number.POSITIVE_INFINITY, now + LIFETIME_MS) };
    const { client, clientRealm, service, flags } = made;
    const pacBytes = this.#accounts.find(client.parts, false)?.spec.pacBytes;
    const ticket = parts.writeEncTicketPart({
      flags,
      sessionKey,
      clientRealm,
      client,
      ...times,
      ...(pacBytes === undefined ? {} : { pac: new Uint8Array(pacBytes) }),
    });
    const part = parts.writeEncKdcRepPart(made.tag, {
      sessionKey,
      nonce: request.nonce,
      flags,
      ...times,
      renewTill: undefined,
      realm: this.#spec.realm,
      service,
    });
    return parts.writeReply({
      messageType: made.tag === 25 ? MESSAGE.asRep : MESSAGE.tgsRep,
      preAuthentication: [],
      clientRealm,
      client,
      ticket: parts.writeTicket(this.#spec.realm, service, {
        ...encrypted(made.serviceKey, USAGE.ticket, ticket),
        kvno: made.serviceKey.kvno,
      }),
      encrypted: encrypted(made.replyKey, made.replyUsage, part),
    });
  }
}

/** What a reply is made of. */
interface Made {
  readonly client: PrincipalName;
  readonly clientRealm: string;
  readonly service: PrincipalName;
  readonly serviceKey: KeytabEntry;
  readonly replyKey: parts.SessionKey;
  readonly replyUsage: number;
  readonly flags: number;
  readonly tag: 25 | 26;
}

function encrypted({ etype, key }: parts.SessionKey, usage: number, plaintext: Uint8Array): parts.EncryptedData {
  const type = parts.encryptionType(etype);
  const cipher = type.forUsage(key, usage).encrypt(Uint8Array.from(randomBytes(type.confounderLength)), plaintext);
  return { etype, kvno: undefined, cipher };
}

function refuseState(state: Account['state'], tell: boolean): void {
  if (state === 'ok' || !tell) return;
  throw new Refusal(state === 'must-change' ? KRB.keyExpired : KRB.clientRevoked, parts.writeExtendedError(STATUS[state]));
}
