import { type Damage, type DamageReport, damageReporter, decodeUtf16 } from '@winmedic/bytes';
import { AV_FLAGS, readAvPairs } from './av-pairs.ts';
import { type NtlmDamageCode, NtlmError } from './errors.ts';
import { flagNames, hasFlag } from './flags.ts';
import type {
  NtlmAuthenticate,
  NtlmChallenge,
  NtlmClientChallenge,
  NtlmMessage,
  NtlmNegotiate,
  NtlmResponseKind,
  NtlmVersion,
} from './types.ts';

/** `NTLMSSP` and a zero byte. */
export const NTLM_SIGNATURE = Uint8Array.of(0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0);
/** Every damage names another field; the messages have fewer than this. */
const MAX_DAMAGES = 32;
/** Before AvPairs in NTLMv2_RESPONSE: proof and the fixed part of NTLMv2_CLIENT_CHALLENGE (MS-NLMP 2.2.2.7, 2.2.2.8). */
const V2_AV_PAIRS = 44;

/** Do the bytes begin as an NTLM message does? */
export function isNtlmMessage(bytes: Uint8Array): boolean {
  return bytes.length >= 12 && NTLM_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads any of the three NTLM messages. Fields may lie anywhere; one that lies outside the message is empty and told in `damages`.
 * @throws NtlmError NTLM_BAD_MESSAGE when the bytes are no NTLM message at all, or of a type that does not exist.
 */
export function parseNtlmMessage(bytes: Uint8Array): NtlmMessage {
  if (!isNtlmMessage(bytes)) throw new NtlmError('NTLM_BAD_MESSAGE', 'signature', { need: 12, have: bytes.length });
  const message = new Fields(bytes);
  const type = message.u32(8, 'MessageType');
  if (type === 1) return negotiate(message);
  if (type === 2) return challenge(message);
  if (type === 3) return authenticate(message);
  throw new NtlmError('NTLM_BAD_MESSAGE', 'MessageType', { offset: 8, need: '1, 2 or 3', have: type });
}

/** The message with its fixed and variable fields, each read checked. */
class Fields {
  readonly bytes: Uint8Array;
  readonly damages: Damage[] = [];
  readonly damage: DamageReport<NtlmDamageCode> = damageReporter((damage) => this.damages.push(damage), MAX_DAMAGES);
  /** Where the payload begins, as far as fields with content tell. */
  payload: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.payload = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  has(offset: number, size: number, what: string): boolean {
    if (offset + size <= this.bytes.length) return true;
    this.damage('NTLM_TRUNCATED', offset, what, size, Math.max(0, this.bytes.length - offset));
    return false;
  }

  u32(offset: number, what: string): number {
    return this.has(offset, 4, what) ? this.#view.getUint32(offset, true) : 0;
  }

  /** Length, maximum length (not looked at) and offset, then the bytes they point to. */
  field(offset: number, what: string): { readonly at: number; readonly bytes: Uint8Array } {
    if (!this.has(offset, 8, what)) return { at: offset, bytes: new Uint8Array() };
    const length = this.#view.getUint16(offset, true);
    const at = this.#view.getUint32(offset + 4, true);
    if (length === 0) return { at, bytes: new Uint8Array() };
    this.payload = Math.min(this.payload, at);
    if (at + length > this.bytes.length) {
      this.damage('NTLM_FIELD', offset, what, at + length, this.bytes.length);
      return { at, bytes: new Uint8Array() };
    }
    return { at, bytes: this.bytes.slice(at, at + length) };
  }

  text(offset: number, what: string, unicode: boolean): string {
    const { bytes } = this.field(offset, what);
    if (!unicode) return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    if (bytes.length % 2 !== 0) this.damage('NTLM_FIELD', offset, `${what}: UTF-16`, bytes.length + 1, bytes.length);
    return decodeUtf16(bytes);
  }

  /** VERSION at this offset when the flag promises it; messages of Windows 2000 have payload there instead. */
  version(offset: number, flags: number): { readonly version?: NtlmVersion } {
    if (!hasFlag(flags, 'NTLMSSP_NEGOTIATE_VERSION') || this.payload < offset + 8 || !this.has(offset, 8, 'Version')) return {};
    const byte = (at: number): number => this.#view.getUint8(offset + at);
    return { version: { major: byte(0), minor: byte(1), build: this.#view.getUint16(offset + 2, true), revision: byte(7) } };
  }

  u64(offset: number): bigint {
    return this.#view.getBigUint64(offset, true);
  }
}

function negotiate(message: Fields): NtlmNegotiate {
  const flags = message.u32(12, 'NegotiateFlags');
  // Names in the first message are always in the OEM character set (MS-NLMP 2.2.1.1).
  const domain = hasFlag(flags, 'NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED') ? message.text(16, 'DomainName', false) : '';
  const workstation = hasFlag(flags, 'NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED') ? message.text(24, 'WorkstationName', false) : '';
  return {
    kind: 'negotiate',
    flags,
    flagNames: flagNames(flags),
    ...message.version(32, flags),
    domain,
    workstation,
    damages: message.damages,
  };
}

function challenge(message: Fields): NtlmChallenge {
  const flags = message.u32(20, 'NegotiateFlags');
  const targetName = message.text(12, 'TargetName', hasFlag(flags, 'NTLMSSP_NEGOTIATE_UNICODE'));
  const serverChallenge = message.has(24, 8, 'ServerChallenge') ? message.bytes.slice(24, 32) : new Uint8Array();
  const info = hasFlag(flags, 'NTLMSSP_NEGOTIATE_TARGET_INFO') ? message.field(40, 'TargetInfo') : undefined;
  return {
    kind: 'challenge',
    flags,
    flagNames: flagNames(flags),
    ...message.version(48, flags),
    targetName,
    serverChallenge,
    ...(info === undefined || info.bytes.length === 0 ? {} : { targetInfo: readAvPairs(info.bytes, info.at, message.damage) }),
    damages: message.damages,
  };
}

function authenticate(message: Fields): NtlmAuthenticate {
  const flags = message.u32(60, 'NegotiateFlags');
  // Without the flags field the character set is unknown; everything since Windows NT sends UTF-16.
  const unicode = message.bytes.length < 64 || hasFlag(flags, 'NTLMSSP_NEGOTIATE_UNICODE');
  const lmResponse = message.field(12, 'LmChallengeResponse').bytes;
  const nt = message.field(20, 'NtChallengeResponse');
  const domain = message.text(28, 'DomainName', unicode);
  const user = message.text(36, 'UserName', unicode);
  const workstation = message.text(44, 'Workstation', unicode);
  const encryptedSessionKey = message.field(52, 'EncryptedRandomSessionKey').bytes;
  const response = responseKind(message, flags, lmResponse, nt.bytes);
  const clientChallenge = response === 'v2' ? readClientChallenge(message, nt.at, nt.bytes) : undefined;
  const hasMic = ((clientChallenge?.targetInfo.flags ?? 0) & AV_FLAGS.mic) !== 0;
  // With NTLMSSP_NEGOTIATE_VERSION or without, the eight bytes of Version stand before the MIC.
  const room = message.payload >= 88 && message.bytes.length >= 88;
  if (hasMic && !room) message.damage('NTLM_FIELD', 72, 'MIC', 16, Math.max(0, Math.min(message.payload, message.bytes.length) - 72));
  const bindings = clientChallenge?.targetInfo.channelBindings;
  return {
    kind: 'authenticate',
    flags,
    flagNames: flagNames(flags),
    ...message.version(64, flags),
    domain,
    user,
    workstation,
    response,
    lmResponse,
    ntResponse: nt.bytes,
    encryptedSessionKey,
    hasMic: hasMic && room,
    ...(room ? { mic: message.bytes.slice(72, 88), micOffset: 72 } : {}),
    channelBinding: bindings === undefined ? 'absent' : bindings.every((byte) => byte === 0) ? 'zero' : 'present',
    ...(clientChallenge === undefined ? {} : { clientChallenge }),
    damages: message.damages,
  };
}

function responseKind(message: Fields, flags: number, lm: Uint8Array, nt: Uint8Array): NtlmResponseKind {
  if (nt.length > 24) return 'v2';
  if (nt.length === 24) {
    const ess = hasFlag(flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY') && lm.length === 24;
    return ess && lm.subarray(8).every((byte) => byte === 0) ? 'v1-ess' : 'v1';
  }
  if (nt.length > 0) message.damage('NTLM_FIELD', 20, 'NtChallengeResponse', 24, nt.length);
  return lm.length === 24 ? 'lm' : 'none';
}

function readClientChallenge(message: Fields, at: number, response: Uint8Array): NtlmClientChallenge | undefined {
  if (response.length < V2_AV_PAIRS) {
    message.damage('NTLM_FIELD', 20, 'NTLMv2_CLIENT_CHALLENGE', V2_AV_PAIRS, response.length);
    return undefined;
  }
  return {
    timestamp: message.u64(at + 24),
    challenge: response.slice(32, 40),
    targetInfo: readAvPairs(response.subarray(V2_AV_PAIRS), at + V2_AV_PAIRS, message.damage),
  };
}
