import { createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { crc32, joinBytes } from '@winmedic/bytes';
import { type Rc4, rc4 } from '@winmedic/ciphers';
import type { Cover, MessageProtection, Sealed } from '@winmedic/gss';
import { NtlmError } from './errors.ts';
import { hasFlag } from './flags.ts';
import { hmacMd5 } from './hashes.ts';
import { type Side, sealKey, signKey } from './session-keys.ts';

/** NTLMSSP_MESSAGE_SIGNATURE (MS-NLMP 2.2.2.9): version, checksum, sequence number. */
const SIGNATURE_LENGTH = 16;
const EMPTY = new Uint8Array();

/** Key stream, key and count of one direction. Without extended session security both directions share one. */
interface Direction {
  cipher: Rc4;
  /** Key stream before the last signature that was made or checked alone. */
  before: Rc4 | undefined;
  sequence: number;
  readonly signKey: KeyObject | undefined;
}

/**
 * Signing and sealing of a connection (MS-NLMP section 3.4), connection-oriented: the key stream runs on from message to message. Without
 * extended session security there is one key stream and one count for both directions: the sides have to take turns (MS-NLMP 3.4).
 */
export class NtlmProtection implements MessageProtection {
  readonly #flags: number;
  readonly #sessionKey: Uint8Array;
  readonly #sent: Direction;
  readonly #received: Direction;

  /** @param flags as negotiated. @param sessionKey ExportedSessionKey, 16 bytes. @param side which one this is. */
  constructor(flags: number, sessionKey: Uint8Array, side: Side) {
    this.#flags = flags;
    this.#sessionKey = sessionKey;
    const direction = (of: Side): Direction => {
      const key = signKey(flags, sessionKey, of);
      return {
        cipher: rc4(sealKey(flags, sessionKey, of)),
        before: undefined,
        sequence: 0,
        signKey: key === undefined ? undefined : createSecretKey(key),
      };
    };
    this.#sent = direction(side);
    this.#received = this.#ess ? direction(side === 'client' ? 'server' : 'client') : this.#sent;
  }

  /** ExportedSessionKey, 16 bytes. */
  get sessionKey(): Uint8Array {
    return this.#sessionKey;
  }

  /** Throws as {@link sign} does, so that who announces a signature learns in time that there will be none. */
  get signatureLength(): number {
    this.#needSigning();
    return SIGNATURE_LENGTH;
  }

  get #ess(): boolean {
    return hasFlag(this.#flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY');
  }

  /**
   * `header` is the signature. With extended session security the signature of a DCE RPC packet covers header and trailer whether or not header
   * signing was agreed; without it only when it was (MS-NLMP 3.4.6.1, MS-RPCE 3.3.1.5.2.2): hand in `cover` accordingly.
   */
  seal(data: Uint8Array, cover?: Cover): Sealed {
    this.#needSealing();
    const sealed = this.#sent.cipher.update(data);
    return { header: this.#mac(this.#sent, data, cover), data: sealed };
  }

  unseal(sealed: Sealed, cover?: Cover): Uint8Array {
    this.#needSealing();
    const data = this.#received.cipher.update(sealed.data);
    this.#compare(this.#mac(this.#received, data, cover), sealed.header);
    return data;
  }

  sign(data: Uint8Array): Uint8Array {
    this.#needSigning();
    this.#sent.before = this.#sent.cipher.clone();
    return this.#mac(this.#sent, data);
  }

  verify(data: Uint8Array, signature: Uint8Array): void {
    this.#needSigning();
    this.#received.before = this.#received.cipher.clone();
    this.#compare(this.#mac(this.#received, data), signature);
  }

  headerLength(_dataLength: number): number {
    this.#needSealing();
    return SIGNATURE_LENGTH;
  }

  rewindCipher(direction: 'sent' | 'received'): void {
    const state = direction === 'sent' ? this.#sent : this.#received;
    if (state.before !== undefined) state.cipher = state.before;
    state.before = undefined;
  }

  #needSealing(): void {
    if (!hasFlag(this.#flags, 'NTLMSSP_NEGOTIATE_SEAL')) throw new NtlmError('NTLM_NOT_READY', 'sealing was not negotiated');
  }

  /** Without both flags a signature is a constant that anybody can write (MS-NLMP 3.4.4.3): it must not pass for one. */
  #needSigning(): void {
    if (!hasFlag(this.#flags, 'NTLMSSP_NEGOTIATE_SIGN') && !hasFlag(this.#flags, 'NTLMSSP_NEGOTIATE_SEAL'))
      throw new NtlmError('NTLM_NOT_READY', 'signing was not negotiated');
  }

  /** MAC (MS-NLMP 3.4.4). Counts the message. */
  #mac(direction: Direction, data: Uint8Array, { before, after }: Cover = { before: EMPTY, after: EMPTY }): Uint8Array {
    const out = new Uint8Array(SIGNATURE_LENGTH);
    const view = new DataView(out.buffer);
    view.setUint32(0, 1, true);
    const sequence = direction.sequence++ >>> 0;
    if (direction.signKey === undefined) {
      const crc = new Uint8Array(8);
      new DataView(crc.buffer).setUint32(4, crc32(after, crc32(data, crc32(before))), true);
      const stream = direction.cipher.update(joinBytes(crc, new Uint8Array(4)));
      // RandomPad is encrypted, then sent as zero (3.4.4.1): receivers either ignore it or expect that.
      out.set(stream.subarray(4, 8), 8);
      view.setUint32(12, new DataView(stream.buffer).getUint32(8, true) ^ sequence, true);
      return out;
    }
    view.setUint32(12, sequence, true);
    const checksum = hmacMd5(direction.signKey, out.subarray(12), before, data, after).subarray(0, 8);
    out.set(hasFlag(this.#flags, 'NTLMSSP_NEGOTIATE_KEY_EXCH') ? direction.cipher.update(checksum) : checksum, 4);
    return out;
  }

  #compare(expected: Uint8Array, signature: Uint8Array): void {
    // Without extended session security bytes 4 to 7 are the random pad, which no one checks.
    const from = this.#ess ? 0 : 8;
    if (signature.length !== SIGNATURE_LENGTH || !timingSafeEqual(expected.subarray(from), signature.subarray(from)))
      throw new NtlmError('NTLM_BAD_MIC', 'signature of a message', { need: SIGNATURE_LENGTH, have: signature.length });
  }
}
