import { randomBytes } from 'node:crypto';
import { unixMsToTicks } from '@winmedic/bytes';
import type { MessageProtection } from '@winmedic/gss';
import { AV_FLAGS, AV_ID, textPair, timestampPair } from './av-pairs.ts';
import { NtlmError, type NtlmErrorCode } from './errors.ts';
import { flagsOf, hasFlag, NEGOTIATE_FLAGS } from './flags.ts';
import { hmacMd5 } from './hashes.ts';
import { DEFAULT_VERSION } from './initiator.ts';
import type { NtlmAcceptor, NtlmAcceptorOptions, NtlmCheckOutcome } from './options.ts';
import { parseNtlmMessage } from './parse.ts';
import { NtlmProtection } from './protection.ts';
import { exchangesKey, kxKey, rc4Once } from './session-keys.ts';
import type { AvPair, NtlmAuthenticate } from './types.ts';
import { same, verifyResponse } from './verify.ts';
import { writeChallenge } from './write.ts';

/** What a client may ask for and gets. */
const SUPPORTED =
  NEGOTIATE_FLAGS.NTLM_NEGOTIATE_OEM |
  flagsOf(
    'NTLMSSP_NEGOTIATE_UNICODE',
    'NTLMSSP_NEGOTIATE_SIGN',
    'NTLMSSP_NEGOTIATE_SEAL',
    'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY',
    'NTLMSSP_NEGOTIATE_IDENTIFY',
    'NTLMSSP_NEGOTIATE_VERSION',
    'NTLMSSP_NEGOTIATE_128',
    'NTLMSSP_NEGOTIATE_KEY_EXCH',
    'NTLMSSP_NEGOTIATE_56',
  );
const LM_KEYS = flagsOf('NTLMSSP_NEGOTIATE_LM_KEY', 'NTLMSSP_REQUEST_NON_NT_SESSION_KEY');
const ALWAYS = flagsOf(
  'NTLMSSP_REQUEST_TARGET',
  'NTLMSSP_NEGOTIATE_NTLM',
  'NTLMSSP_NEGOTIATE_ALWAYS_SIGN',
  'NTLMSSP_NEGOTIATE_TARGET_INFO',
);
const KEY_LENGTHS = flagsOf('NTLMSSP_NEGOTIATE_128', 'NTLMSSP_NEGOTIATE_56');
const TICKS_PER_SECOND = 10_000_000n;

/** Values of MS-ERREF 2.3.1; `bindings` is what Windows writes into event 4625. */
const NTSTATUS = { logonFailure: 0xc000_006d, wrongPassword: 0xc000_006a, noSuchUser: 0xc000_0064, badBindings: 0xc000_035b } as const;

/** Why a login fails: outcome for the counter, error for the caller. */
const FAILURES: Readonly<
  Record<Exclude<NtlmCheckOutcome, 'accepted' | 'anonymous' | 'refused'>, readonly [NtlmErrorCode, string, number]>
> = {
  'unknown-user': ['NTLM_LOGON_FAILURE', 'unknown user', NTSTATUS.noSuchUser],
  'wrong-password': ['NTLM_LOGON_FAILURE', 'response does not fit the password', NTSTATUS.wrongPassword],
  level: ['NTLM_LEVEL', 'LM or NTLMv1 response', NTSTATUS.logonFailure],
  bindings: ['NTLM_BINDINGS', 'channel binding', NTSTATUS.badBindings],
  mic: ['NTLM_BAD_MIC', 'MIC of the AUTHENTICATE_MESSAGE', NTSTATUS.logonFailure],
  clock: ['NTLM_CLOCK', 'time of the NTLMv2 response', NTSTATUS.logonFailure],
};

/**
 * The accepting side of NTLM (MS-NLMP 3.2) with accounts handed in: one context for one login. A login that fails makes
 * {@link NtlmAcceptor.step} reject with an {@link NtlmError}; the context is of no use after that.
 */
export function ntlmAcceptor(options: NtlmAcceptorOptions): NtlmAcceptor {
  return new Acceptor(options);
}

/** What was said before the AUTHENTICATE message. */
interface Offer {
  readonly flags: number;
  readonly serverChallenge: Uint8Array;
  readonly negotiate: Uint8Array;
  readonly challenge: Uint8Array;
}

class Acceptor implements NtlmAcceptor {
  readonly mechanism = 'NTLM';
  peer?: NonNullable<NtlmAcceptor['peer']>;
  readonly #options: NtlmAcceptorOptions;
  #state: 'first' | 'offered' | 'done' = 'first';
  #offer: Offer | undefined;
  #protection: NtlmProtection | undefined;

  constructor(options: NtlmAcceptorOptions) {
    this.#options = options;
  }

  get complete(): boolean {
    return this.#protection !== undefined;
  }

  get protection(): MessageProtection {
    if (this.#protection === undefined) throw new NtlmError('NTLM_NOT_READY', 'the login is not complete');
    return this.#protection;
  }

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    const message = parseNtlmMessage(token ?? new Uint8Array());
    const bytes = Uint8Array.from(token as Uint8Array);
    const expected = this.#state === 'first' ? 'negotiate' : this.#state === 'offered' ? 'authenticate' : 'nothing';
    if (message.kind !== expected)
      throw new NtlmError('NTLM_BAD_MESSAGE', 'MessageType', { offset: 8, need: expected, have: message.kind });
    const [damage] = message.damages;
    if (damage !== undefined) throw new NtlmError('NTLM_BAD_MESSAGE', damage.what, damage);
    if (message.kind === 'authenticate') {
      this.#state = 'done';
      await this.#judge(message, bytes, this.#offer as Offer);
      return undefined;
    }
    const challenge = this.#challenge(message.flags, bytes);
    this.#state = 'offered';
    return challenge;
  }

  #challenge(asked: number, negotiate: Uint8Array): Uint8Array {
    const { target, withhold = [], lmKeys = false } = this.#options;
    const withheld = flagsOf(...withhold);
    let flags = (asked & (lmKeys ? SUPPORTED | LM_KEYS : SUPPORTED) & ~withheld) | ALWAYS;
    if (hasFlag(flags, 'NTLMSSP_NEGOTIATE_UNICODE')) flags &= ~NEGOTIATE_FLAGS.NTLM_NEGOTIATE_OEM;
    else if ((flags & NEGOTIATE_FLAGS.NTLM_NEGOTIATE_OEM) === 0) throw new NtlmError('NTLM_BAD_MESSAGE', 'a character set', { offset: 12 });
    if (!hasFlag(flags, 'NTLMSSP_NEGOTIATE_SIGN') && !hasFlag(flags, 'NTLMSSP_NEGOTIATE_SEAL')) flags &= ~KEY_LENGTHS;
    // A computer of a workgroup names itself as its domain.
    const joined = target.netbiosDomain !== '' && target.netbiosDomain.toUpperCase() !== target.netbiosComputer.toUpperCase();
    flags |= joined ? NEGOTIATE_FLAGS.NTLMSSP_TARGET_TYPE_DOMAIN : NEGOTIATE_FLAGS.NTLMSSP_TARGET_TYPE_SERVER;
    flags &= ~withheld;
    if (hasFlag(flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY')) flags &= ~NEGOTIATE_FLAGS.NTLMSSP_NEGOTIATE_LM_KEY;
    flags >>>= 0;
    const serverChallenge = this.#options.random?.(8) ?? Uint8Array.from(randomBytes(8));
    const challenge = writeChallenge({
      flags,
      targetName: joined ? target.netbiosDomain : target.netbiosComputer,
      serverChallenge,
      ...(hasFlag(flags, 'NTLMSSP_NEGOTIATE_TARGET_INFO') ? { targetInfo: this.#targetInfo() } : {}),
      version: target.version ?? DEFAULT_VERSION,
    });
    this.#offer = { flags, serverChallenge, negotiate, challenge };
    return challenge;
  }

  /** In the order in which Windows sends them (MS-NLMP 3.2.5.1.1 names no order for the timestamp). */
  #targetInfo(): AvPair[] {
    const { target, timestamp = true } = this.#options;
    const names: readonly (readonly [number, string | undefined])[] = [
      [AV_ID.MsvAvNbDomainName, target.netbiosDomain || target.netbiosComputer],
      [AV_ID.MsvAvNbComputerName, target.netbiosComputer],
      [AV_ID.MsvAvDnsDomainName, target.dnsDomain],
      [AV_ID.MsvAvDnsComputerName, target.dnsComputer],
      [AV_ID.MsvAvDnsTreeName, target.forest],
    ];
    return [...names.flatMap(([id, name]) => (name ? [textPair(id, name)] : [])), ...(timestamp ? [timestampPair(this.#now())] : [])];
  }

  async #judge(message: NtlmAuthenticate, bytes: Uint8Array, offer: Offer): Promise<void> {
    const { user, domain, workstation } = message;
    const result = await this.#check(message, bytes, offer);
    this.#options.onCheck?.({ user, domain, workstation, outcome: result.outcome });
    if (result.protection === undefined) {
      if (result.outcome === 'refused')
        throw new NtlmError('NTLM_LOGON_FAILURE', 'account', result.ntstatus === undefined ? {} : { ntstatus: result.ntstatus });
      const [code, what, ntstatus] = FAILURES[result.outcome];
      throw new NtlmError(code, what, { ntstatus });
    }
    this.peer = { user, domain, workstation };
    this.#protection = result.protection;
  }

  async #check(message: NtlmAuthenticate, bytes: Uint8Array, offer: Offer): Promise<Judgement> {
    const flags = (message.flags & offer.flags) >>> 0;
    // Before any account is looked at: a message that cannot end in keys is no credential check.
    const keyLength = message.encryptedSessionKey.length;
    if (exchangesKey(flags) && keyLength !== 16)
      throw new NtlmError('NTLM_BAD_MESSAGE', 'EncryptedRandomSessionKey', { offset: 52, need: 16, have: keyLength });
    if (message.user === '' && message.ntResponse.length === 0 && message.lmResponse.every((byte) => byte === 0)) {
      if (this.#options.anonymous !== true) return { outcome: 'unknown-user' };
      return { outcome: 'anonymous', protection: new NtlmProtection(flags, exportedKey(flags, message, new Uint8Array(16)), 'server') };
    }
    const account = await this.#options.lookUp(message.user, message.domain);
    if (account === undefined) return { outcome: 'unknown-user' };
    const level = this.#options.lmCompatibilityLevel ?? 3;
    if ((level >= 4 && (message.response === 'lm' || message.response === 'none')) || (level >= 5 && message.response !== 'v2'))
      return { outcome: 'level' };
    const sessionBaseKey = verifyResponse(message, flags, offer.serverChallenge, account);
    if (sessionBaseKey === undefined) return { outcome: 'wrong-password' };
    if (account.refused !== undefined) return { outcome: 'refused', ntstatus: account.refused };
    const { lmHash } = account;
    const version = message.response === 'v2' ? 'v2' : 'v1';
    const key = kxKey({ flags, version, sessionBaseKey, lmResponse: message.lmResponse, lmHash, serverChallenge: offer.serverChallenge });
    if (key === undefined) return { outcome: 'wrong-password' };
    const sessionKey = exportedKey(flags, message, key);
    if (!this.#bindingsFit(message)) return { outcome: 'bindings' };
    if (!micFits(message, bytes, offer, sessionKey)) return { outcome: 'mic' };
    if (!this.#timely(message)) return { outcome: 'clock' };
    return { outcome: 'accepted', protection: new NtlmProtection(flags, sessionKey, 'server') };
  }

  #bindingsFit({ channelBinding, clientChallenge }: NtlmAuthenticate): boolean {
    const { bindings = 'none', channelBindings } = this.#options;
    if (bindings === 'none') return true;
    const sent = clientChallenge?.targetInfo.channelBindings;
    if (channelBinding !== 'present' || sent === undefined) return bindings === 'relaxed';
    return channelBindings === undefined || same(sent, channelBindings);
  }

  #timely({ clientChallenge }: NtlmAuthenticate): boolean {
    const most = this.#options.maxLifetimeSeconds;
    if (most === undefined || clientChallenge === undefined) return true;
    const apart = clientChallenge.timestamp - this.#now();
    return (apart < 0n ? -apart : apart) <= BigInt(Math.round(most)) * TICKS_PER_SECOND;
  }

  #now(): bigint {
    const { now, clockSkewSeconds = 0 } = this.#options;
    return (now?.() ?? unixMsToTicks(Date.now())) + BigInt(Math.round(clockSkewSeconds * 1000)) * (TICKS_PER_SECOND / 1000n);
  }
}

type Judgement =
  | { readonly outcome: 'accepted' | 'anonymous'; readonly protection: NtlmProtection }
  | { readonly outcome: 'refused'; readonly ntstatus: number; readonly protection?: undefined }
  | { readonly outcome: keyof typeof FAILURES; readonly protection?: undefined };

/** ExportedSessionKey (MS-NLMP 3.2.5.1.2). */
function exportedKey(flags: number, message: NtlmAuthenticate, keyExchangeKey: Uint8Array): Uint8Array {
  return exchangesKey(flags) ? rc4Once(keyExchangeKey, message.encryptedSessionKey) : keyExchangeKey;
}

/** Without MsvAvFlags saying so there is no MIC, and nothing to compare (MS-NLMP 3.2.5.1.2). */
function micFits(message: NtlmAuthenticate, bytes: Uint8Array, offer: Offer, sessionKey: Uint8Array): boolean {
  if (((message.clientChallenge?.targetInfo.flags ?? 0) & AV_FLAGS.mic) === 0) return true;
  if (message.mic === undefined || message.micOffset === undefined) return false;
  const zeroed = Uint8Array.from(bytes).fill(0, message.micOffset, message.micOffset + 16);
  return same(hmacMd5(sessionKey, offer.negotiate, offer.challenge, zeroed), message.mic);
}
