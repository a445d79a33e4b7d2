import { timingSafeEqual } from 'node:crypto';
import { md4 } from '@winmedic/ciphers';
import { hasFlag } from './flags.ts';
import { desl, hmacMd5, ntOwfV2 } from './hashes.ts';
import type { NtlmAccount } from './options.ts';
import { computeV1, v2Proof } from './responses.ts';
import type { NtlmAuthenticate } from './types.ts';

/**
 * Compares the response of an AUTHENTICATE message with the account's hashes (MS-NLMP 3.2.5.1.2).
 * @param flags as negotiated. @returns SessionBaseKey, or `undefined` when the response does not fit.
 */
export function verifyResponse(
  message: NtlmAuthenticate,
  flags: number,
  serverChallenge: Uint8Array,
  account: NtlmAccount,
): Uint8Array | undefined {
  switch (message.response) {
    case 'v2':
      return verifyV2(message, serverChallenge, account);
    case 'v1':
    case 'v1-ess':
      return verifyV1(message, flags, serverChallenge, account);
    case 'lm': {
      const fits = account.lmHash !== undefined && same(desl(account.lmHash, serverChallenge), message.lmResponse);
      return fits ? md4(account.ntHash) : undefined;
    }
    case 'none':
      return undefined;
  }
}

function verifyV2({ ntResponse, user, domain }: NtlmAuthenticate, serverChallenge: Uint8Array, { ntHash }: NtlmAccount) {
  const proof = ntResponse.subarray(0, 16);
  // Some clients leave the domain out of the key although they send it: servers should support them.
  for (const inKey of domain === '' ? [''] : [domain, '']) {
    const key = ntOwfV2(ntHash, user, inKey);
    if (same(v2Proof(key, serverChallenge, ntResponse.subarray(16)), proof)) return hmacMd5(key, proof);
  }
  return undefined;
}

function verifyV1({ lmResponse, ntResponse }: NtlmAuthenticate, flags: number, serverChallenge: Uint8Array, { ntHash }: NtlmAccount) {
  const clientChallenge = lmResponse.subarray(0, 8);
  if (hasFlag(flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY') && clientChallenge.length < 8) return undefined;
  const expected = computeV1({ flags, ntHash, serverChallenge, clientChallenge });
  return same(expected.nt, ntResponse) ? expected.sessionBaseKey : undefined;
}

/** Are they equal? Takes the same time wherever they differ. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
