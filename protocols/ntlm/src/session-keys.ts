import { joinBytes } from '@winmedic/bytes';
import { rc4 } from '@winmedic/ciphers';
import { hasFlag } from './flags.ts';
import { des, hmacMd5, md5 } from './hashes.ts';

/** What the key exchange key is made of (MS-NLMP 3.4.5.1). */
export interface KeyExchangeInput {
  readonly flags: number;
  readonly version: 'v1' | 'v2';
  readonly sessionBaseKey: Uint8Array;
  readonly lmResponse: Uint8Array;
  /** LMOWFv1, where there is one. */
  readonly lmHash: Uint8Array | undefined;
  readonly serverChallenge: Uint8Array;
}

/** KXKEY (MS-NLMP 3.4.5.1). @returns `undefined` when the flags ask for a key from the LM hash and there is none. */
export function kxKey(input: KeyExchangeInput): Uint8Array | undefined {
  const { flags, sessionBaseKey, lmResponse, lmHash } = input;
  if (input.version === 'v2') return sessionBaseKey;
  if (hasFlag(flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY'))
    return hmacMd5(sessionBaseKey, input.serverChallenge, lmResponse.subarray(0, 8));
  const lmKey = hasFlag(flags, 'NTLMSSP_NEGOTIATE_LM_KEY');
  if (!lmKey && !hasFlag(flags, 'NTLMSSP_REQUEST_NON_NT_SESSION_KEY')) return sessionBaseKey;
  if (lmHash === undefined) return undefined;
  if (!lmKey) return joinBytes(lmHash.subarray(0, 8), new Uint8Array(8));
  const block = lmResponse.subarray(0, 8);
  return joinBytes(des(lmHash.subarray(0, 7), block), des(joinBytes(lmHash.subarray(7, 8), new Uint8Array(6).fill(0xbd)), block));
}

/** Is the session key sent encrypted in the AUTHENTICATE message (MS-NLMP 3.1.5.1.2)? */
export function exchangesKey(flags: number): boolean {
  return (
    hasFlag(flags, 'NTLMSSP_NEGOTIATE_KEY_EXCH') && (hasFlag(flags, 'NTLMSSP_NEGOTIATE_SIGN') || hasFlag(flags, 'NTLMSSP_NEGOTIATE_SEAL'))
  );
}

/** RC4K (MS-NLMP section 6): one use of a key. */
export function rc4Once(key: Uint8Array, data: Uint8Array): Uint8Array {
  return rc4(key).update(data);
}

/** Sender of a message. */
export type Side = 'client' | 'server';

/** SIGNKEY (MS-NLMP 3.4.5.2); `undefined` without extended session security. */
export function signKey(flags: number, sessionKey: Uint8Array, side: Side): Uint8Array | undefined {
  return hasFlag(flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY') ? md5(sessionKey, magic(side, 'signing')) : undefined;
}

/** SEALKEY (MS-NLMP 3.4.5.3). Without extended session security both sides have the same. */
export function sealKey(flags: number, sessionKey: Uint8Array, side: Side): Uint8Array {
  const wide = hasFlag(flags, 'NTLMSSP_NEGOTIATE_56');
  if (hasFlag(flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY')) {
    const length = hasFlag(flags, 'NTLMSSP_NEGOTIATE_128') ? 16 : wide ? 7 : 5;
    return md5(sessionKey.subarray(0, length), magic(side, 'sealing'));
  }
  if (!hasFlag(flags, 'NTLMSSP_NEGOTIATE_LM_KEY')) return sessionKey;
  return wide
    ? joinBytes(sessionKey.subarray(0, 7), Uint8Array.of(0xa0))
    : joinBytes(sessionKey.subarray(0, 5), Uint8Array.of(0xe5, 0x38, 0xb0));
}

function magic(side: Side, use: 'signing' | 'sealing'): Uint8Array {
  const direction = side === 'client' ? 'client-to-server' : 'server-to-client';
  return new TextEncoder().encode(`session key to ${direction} ${use} key magic constant\0`);
}
