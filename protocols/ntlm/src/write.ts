import { encodeUtf16 } from '@winmedic/bytes';
import { writeAvPairs } from './av-pairs.ts';
import { NtlmError } from './errors.ts';
import { hasFlag } from './flags.ts';
import { NTLM_SIGNATURE } from './parse.ts';
import type { AvPair, NtlmVersion } from './types.ts';

/** A NEGOTIATE_MESSAGE to write; names are sent when the flags say so. */
export interface NegotiateToWrite {
  readonly flags: number;
  readonly domain?: string;
  readonly workstation?: string;
  readonly version?: NtlmVersion;
}

/** A CHALLENGE_MESSAGE to write. */
export interface ChallengeToWrite {
  readonly flags: number;
  readonly targetName?: string;
  /** 8 bytes. */
  readonly serverChallenge: Uint8Array;
  /** MsvAvEOL is added. */
  readonly targetInfo?: readonly AvPair[];
  readonly version?: NtlmVersion;
}

/** An AUTHENTICATE_MESSAGE to write. */
export interface AuthenticateToWrite {
  readonly flags: number;
  readonly domain?: string;
  readonly user?: string;
  readonly workstation?: string;
  readonly lmResponse?: Uint8Array;
  readonly ntResponse?: Uint8Array;
  readonly encryptedSessionKey?: Uint8Array;
  readonly version?: NtlmVersion;
  /** 16 bytes, zero while the MIC is being computed. Absent: the message has no room for it. */
  readonly mic?: Uint8Array;
}

/** Writes a NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1). @throws NtlmError NTLM_CREDENTIAL for a name beyond 64 KiB. */
export function writeNegotiate(message: NegotiateToWrite): Uint8Array {
  const { flags } = message;
  const writer = new MessageWriter(1, 40);
  writer.u32(12, flags);
  const domain = hasFlag(flags, 'NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED') ? oem(message.domain ?? '') : new Uint8Array();
  const workstation = hasFlag(flags, 'NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED') ? oem(message.workstation ?? '') : new Uint8Array();
  writer.version(32, flags, message.version);
  writer.field(16, 'DomainName', domain);
  writer.field(24, 'WorkstationName', workstation);
  return writer.bytes();
}

/** Writes a CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2). @throws NtlmError NTLM_CREDENTIAL for a field beyond 64 KiB. */
export function writeChallenge(message: ChallengeToWrite): Uint8Array {
  const { flags } = message;
  const writer = new MessageWriter(2, 56);
  writer.u32(20, flags);
  writer.raw(24, message.serverChallenge);
  writer.version(48, flags, message.version);
  writer.field(12, 'TargetName', text(message.targetName ?? '', flags));
  writer.field(40, 'TargetInfo', message.targetInfo === undefined ? new Uint8Array() : writeAvPairs(message.targetInfo));
  return writer.bytes();
}

/** Writes an AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3). @throws NtlmError NTLM_CREDENTIAL for a field beyond 64 KiB. */
export function writeAuthenticate(message: AuthenticateToWrite): Uint8Array {
  const { flags, mic } = message;
  const writer = new MessageWriter(3, mic === undefined ? 72 : 88);
  writer.u32(60, flags);
  writer.version(64, flags, message.version);
  if (mic !== undefined) writer.raw(72, mic);
  writer.field(28, 'DomainName', text(message.domain ?? '', flags));
  writer.field(36, 'UserName', text(message.user ?? '', flags));
  writer.field(44, 'Workstation', text(message.workstation ?? '', flags));
  writer.field(12, 'LmChallengeResponse', message.lmResponse ?? new Uint8Array());
  writer.field(20, 'NtChallengeResponse', message.ntResponse ?? new Uint8Array());
  writer.field(52, 'EncryptedRandomSessionKey', message.encryptedSessionKey ?? new Uint8Array());
  return writer.bytes();
}

/** Fixed part first, payload in the order in which fields are added: the order of the examples in MS-NLMP section 4.2. */
class MessageWriter {
  readonly #head: Uint8Array;
  readonly #view: DataView;
  readonly #payload: Uint8Array[] = [];
  #end: number;

  constructor(type: number, size: number) {
    this.#head = new Uint8Array(size);
    this.#head.set(NTLM_SIGNATURE);
    this.#view = new DataView(this.#head.buffer);
    this.#view.setUint32(8, type, true);
    this.#end = size;
  }

  u32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }

  raw(offset: number, bytes: Uint8Array): void {
    this.#head.set(bytes, offset);
  }

  version(offset: number, flags: number, version: NtlmVersion | undefined): void {
    if (version === undefined || !hasFlag(flags, 'NTLMSSP_NEGOTIATE_VERSION')) return;
    this.#view.setUint8(offset, version.major);
    this.#view.setUint8(offset + 1, version.minor);
    this.#view.setUint16(offset + 2, version.build, true);
    this.#view.setUint8(offset + 7, version.revision);
  }

  field(offset: number, what: string, bytes: Uint8Array): void {
    if (bytes.length > 0xffff) throw new NtlmError('NTLM_CREDENTIAL', what, { need: 0xffff, have: bytes.length });
    this.#view.setUint16(offset, bytes.length, true);
    this.#view.setUint16(offset + 2, bytes.length, true);
    this.u32(offset + 4, this.#end);
    this.#payload.push(bytes);
    this.#end += bytes.length;
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(this.#end);
    out.set(this.#head);
    let at = this.#head.length;
    for (const part of this.#payload) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

/** Text in the character set the flags chose. */
function text(value: string, flags: number): Uint8Array {
  return hasFlag(flags, 'NTLMSSP_NEGOTIATE_UNICODE') ? encodeUtf16(value) : oem(value);
}

/** One byte for each character. The peer's OEM code page is unknown: what is beyond ISO 8859-1 becomes `?`. */
function oem(value: string): Uint8Array {
  return Uint8Array.from(value, (char) => {
    const code = char.codePointAt(0) as number;
    return code > 0xff ? 0x3f : code;
  });
}
