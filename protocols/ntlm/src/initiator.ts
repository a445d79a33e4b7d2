import { randomBytes } from 'node:crypto';
import { unixMsToTicks } from '@winmedic/bytes';
import type { MessageProtection } from '@winmedic/gss';
import { AV_FLAGS, AV_ID, flagsPair, textPair } from './av-pairs.ts';
import { NtlmError } from './errors.ts';
import { flagsOf, hasFlag, NEGOTIATE_FLAGS } from './flags.ts';
import { hmacMd5, lmHash, ntHash, ntHashFromHex, ntOwfV2 } from './hashes.ts';
import type { NtHashCredential, NtlmInitiator, NtlmInitiatorOptions } from './options.ts';
import { parseNtlmMessage } from './parse.ts';
import { NtlmProtection } from './protection.ts';
import { computeV1, computeV2, type Responses } from './responses.ts';
import { exchangesKey, kxKey, rc4Once } from './session-keys.ts';
import type { AvPair, NtlmChallenge, NtlmVersion } from './types.ts';
import { writeAuthenticate, writeNegotiate } from './write.ts';

/** Honest as far as the field can be: no build of Windows is claimed. */
export const DEFAULT_VERSION: NtlmVersion = { major: 10, minor: 0, build: 0, revision: 15 };

/** Where the MIC stands in the AUTHENTICATE messages written here. */
const MIC_OFFSET = 72;

/**
 * The client's side of NTLM (MS-NLMP 3.1): one context for one login. {@link NtlmInitiator.step} gives the NEGOTIATE message, then, handed
 * the CHALLENGE, the AUTHENTICATE message; the context is complete then. Whether the server accepts it is told by the protocol around it.
 * The password is used when the challenge is answered and not before; levels 0 and 1 also look whether there is an LM hash of it.
 * @throws RangeError when `channelBindings` are not 16 bytes.
 */
export function ntlmInitiator(options: NtlmInitiatorOptions): NtlmInitiator {
  const size = options.channelBindings?.length ?? 16;
  if (size !== 16) throw new RangeError(`channel binding hash of ${size} bytes`);
  return new Initiator(options);
}

class Initiator implements NtlmInitiator {
  readonly mechanism = 'NTLM';
  readonly #options: NtlmInitiatorOptions;
  readonly #level: number;
  #negotiate: { readonly flags: number; readonly bytes: Uint8Array } | undefined;
  #protection: NtlmProtection | undefined;
  challenge?: NtlmChallenge;
  sent?: NonNullable<NtlmInitiator['sent']>;

  constructor(options: NtlmInitiatorOptions) {
    this.#options = options;
    this.#level = options.level ?? 3;
  }

  get complete(): boolean {
    return this.#protection !== undefined;
  }

  get protection(): MessageProtection {
    if (this.#protection === undefined) throw new NtlmError('NTLM_NOT_READY', 'the login is not complete');
    return this.#protection;
  }

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#negotiate === undefined) {
      if (token !== undefined && token.length > 0) throw new NtlmError('NTLM_BAD_MESSAGE', 'a token before the first message');
      return this.#start();
    }
    if (this.complete) throw new NtlmError('NTLM_BAD_MESSAGE', 'a token after the last message');
    if (token === undefined) throw new NtlmError('NTLM_BAD_MESSAGE', 'CHALLENGE_MESSAGE', { need: 32, have: 0 });
    return this.#answer(token, this.#negotiate);
  }

  #start(): Uint8Array {
    let flags =
      NEGOTIATE_FLAGS.NTLM_NEGOTIATE_OEM |
      flagsOf(
        'NTLMSSP_NEGOTIATE_UNICODE',
        'NTLMSSP_REQUEST_TARGET',
        'NTLMSSP_NEGOTIATE_SIGN',
        'NTLMSSP_NEGOTIATE_NTLM',
        'NTLMSSP_NEGOTIATE_ALWAYS_SIGN',
        'NTLMSSP_NEGOTIATE_VERSION',
        'NTLMSSP_NEGOTIATE_128',
        'NTLMSSP_NEGOTIATE_KEY_EXCH',
        'NTLMSSP_NEGOTIATE_56',
      );
    if (this.#options.sealing !== false) flags |= NEGOTIATE_FLAGS.NTLMSSP_NEGOTIATE_SEAL;
    if (this.#level > 0) flags |= NEGOTIATE_FLAGS.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY;
    // Only who can send an LM response has a key from the LM hash.
    if (this.#level < 2 && this.#lmHash() !== undefined) flags |= NEGOTIATE_FLAGS.NTLMSSP_NEGOTIATE_LM_KEY;
    flags >>>= 0;
    const bytes = writeNegotiate({ flags, version: this.#version });
    this.#negotiate = { flags, bytes };
    return bytes;
  }

  #answer(token: Uint8Array, negotiate: { readonly flags: number; readonly bytes: Uint8Array }): Uint8Array {
    const challenge = this.#readChallenge(token);
    // What the server adds without having been asked is not used, but for its target info.
    const asked = challenge.flags & (negotiate.flags | NEGOTIATE_FLAGS.NTLMSSP_NEGOTIATE_TARGET_INFO);
    const unicode = hasFlag(asked, 'NTLMSSP_NEGOTIATE_UNICODE');
    const flags = (unicode ? asked & ~NEGOTIATE_FLAGS.NTLM_NEGOTIATE_OEM : asked) >>> 0;
    this.#refuseWeak(flags);
    const anonymous = this.#anonymous;
    const { user, domain } = this.#options.credential;
    const targetInfo = challenge.targetInfo;
    const version = this.#level < 3 ? 'v1' : 'v2';
    const withMic = version === 'v2' && !anonymous && targetInfo?.timestamp !== undefined;
    const responses = anonymous ? ANONYMOUS : version === 'v1' ? this.#v1(challenge, flags) : this.#v2(challenge, withMic);
    const keyExchangeKey = anonymous
      ? responses.sessionBaseKey
      : kxKey({
          flags,
          version,
          sessionBaseKey: responses.sessionBaseKey,
          lmResponse: responses.lm,
          lmHash: this.#lmHash(),
          serverChallenge: challenge.serverChallenge,
        });
    if (keyExchangeKey === undefined) throw new NtlmError('NTLM_WEAK', 'a session key from an LM hash there is none of');
    const exchange = exchangesKey(flags);
    const sessionKey = exchange ? this.#random(16) : keyExchangeKey;
    const workstation = this.#options.workstation ?? '';
    const bytes = writeAuthenticate({
      flags: anonymous ? flags | NEGOTIATE_FLAGS.NTLMSSP_NEGOTIATE_ANONYMOUS : flags,
      domain,
      user,
      workstation,
      lmResponse: responses.lm,
      ntResponse: responses.nt,
      ...(exchange ? { encryptedSessionKey: rc4Once(keyExchangeKey, sessionKey) } : {}),
      version: this.#version,
      mic: new Uint8Array(16),
    });
    if (withMic) bytes.set(hmacMd5(sessionKey, negotiate.bytes, token, bytes), MIC_OFFSET);
    this.sent = { user, domain, workstation };
    this.#protection = new NtlmProtection(flags, sessionKey, 'client');
    return bytes;
  }

  #readChallenge(token: Uint8Array): NtlmChallenge {
    const message = parseNtlmMessage(token);
    if (message.kind !== 'challenge')
      throw new NtlmError('NTLM_BAD_MESSAGE', 'CHALLENGE_MESSAGE', { offset: 8, need: 2, have: message.kind });
    this.challenge = message;
    const [damage] = message.damages;
    if (damage !== undefined) throw new NtlmError('NTLM_BAD_MESSAGE', damage.what, damage);
    if ((message.flags & (NEGOTIATE_FLAGS.NTLMSSP_NEGOTIATE_UNICODE | NEGOTIATE_FLAGS.NTLM_NEGOTIATE_OEM)) === 0)
      throw new NtlmError('NTLM_BAD_MESSAGE', 'a character set', { offset: 20 });
    return message;
  }

  #refuseWeak(flags: number): void {
    if (this.#options.requireEss === true && !hasFlag(flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY'))
      throw new NtlmError('NTLM_WEAK', 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY');
    if (this.#options.require128 === true && !hasFlag(flags, 'NTLMSSP_NEGOTIATE_128'))
      throw new NtlmError('NTLM_WEAK', 'NTLMSSP_NEGOTIATE_128');
  }

  #v1(challenge: NtlmChallenge, flags: number): Responses {
    // Level 2 sends the NT response in the LM field (NoLMResponseNTLMv1).
    const lm = this.#level < 2 ? this.#lmHash() : undefined;
    return computeV1({
      flags,
      ntHash: this.#ntHash(),
      ...(lm === undefined ? {} : { lmHash: lm }),
      serverChallenge: challenge.serverChallenge,
      clientChallenge: this.#random(8),
    });
  }

  #v2({ targetInfo, serverChallenge }: NtlmChallenge, withMic: boolean): Responses {
    if (targetInfo?.netbiosComputer === undefined || targetInfo.netbiosDomain === undefined)
      throw new NtlmError('NTLM_TARGET_INFO', 'MsvAvNbComputerName and MsvAvNbDomainName');
    const { credential, now } = this.#options;
    const responses = computeV2({
      responseKey: ntOwfV2(this.#ntHash(), credential.user, credential.domain),
      serverChallenge,
      clientChallenge: this.#random(8),
      time: targetInfo.timestamp ?? now?.() ?? unixMsToTicks(Date.now()),
      targetInfo: this.#clientPairs(targetInfo.pairs, targetInfo.flags ?? 0, withMic),
    });
    return targetInfo.timestamp === undefined ? responses : { ...responses, lm: new Uint8Array(24) };
  }

  /** The server's pairs with what the client adds to them (MS-NLMP 3.1.5.1.2). */
  #clientPairs(pairs: readonly AvPair[], serverFlags: number, withMic: boolean): AvPair[] {
    const own: ReadonlySet<number> = new Set([AV_ID.MsvAvFlags, AV_ID.MsvAvChannelBindings, AV_ID.MsvAvTargetName]);
    const flags = withMic ? serverFlags | AV_FLAGS.mic : serverFlags;
    return [
      ...pairs.filter(({ id }) => !own.has(id)),
      ...(flags === 0 ? [] : [flagsPair(flags)]),
      { id: AV_ID.MsvAvChannelBindings, value: this.#options.channelBindings ?? new Uint8Array(16) },
      textPair(AV_ID.MsvAvTargetName, this.#options.servicePrincipalName ?? ''),
    ];
  }

  get #anonymous(): boolean {
    const { credential } = this.#options;
    return credential.user === '' && 'password' in credential && credential.password.empty;
  }

  get #version(): NtlmVersion {
    return this.#options.version ?? DEFAULT_VERSION;
  }

  #ntHash(): Uint8Array {
    const { credential } = this.#options;
    return 'password' in credential ? ntHash(credential.password) : ntHashFromHex((credential satisfies NtHashCredential).ntHash);
  }

  #lmHash(): Uint8Array | undefined {
    const { credential } = this.#options;
    return 'password' in credential ? lmHash(credential.password) : undefined;
  }

  #random(length: number): Uint8Array {
    return this.#options.random?.(length) ?? Uint8Array.from(randomBytes(length));
  }
}

/** MS-NLMP 3.3.1, 3.3.2: no NT response, one zero byte as LM response, a session key of zeros. */
const ANONYMOUS: Responses = { lm: new Uint8Array(1), nt: new Uint8Array(), sessionBaseKey: new Uint8Array(16) };
