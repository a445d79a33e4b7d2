import { encodeUtf16, viewOf } from '@winmedic/bytes';
import { recoveryPasswordKey } from './recovery-password.ts';
import type { DiskCrypto, UnlockOptions } from './types.ts';

/** Rounds of SHA-256. @source libyal BDE format, "Recovery key" */
const ROUNDS = 0x10_0000;
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const COUNT_AT = 2 * HASH_BYTES + SALT_BYTES;
/** How often a progress display hears of it. */
const STEPS = 100;

/** The first hash of a recovery password in the form of `parseRecoveryPassword`. @source libyal BDE format, "Recovery key" */
export function hashRecoveryPassword(digits: string, crypto: DiskCrypto): Uint8Array {
  const key = recoveryPasswordKey(digits);
  const hash = crypto.sha256(key);
  key.fill(0);
  return hash;
}

/** The first hash of a password. @source libyal BDE format, "User key" */
export function hashPassword(text: string, crypto: DiskCrypto): Uint8Array {
  const bytes = encodeUtf16(text);
  const once = crypto.sha256(bytes);
  const hash = crypto.sha256(once);
  bytes.fill(0);
  once.fill(0);
  return hash;
}

/** The 32-byte key of a first hash and the salt of a protector: about a second of SHA-256, always the same number of rounds. */
export function stretchKey(first: Uint8Array, salt: Uint8Array, crypto: DiskCrypto, onProgress: UnlockOptions['onProgress']): Uint8Array {
  const round = new Uint8Array(COUNT_AT + 8);
  const view = viewOf(round);
  round.set(first, HASH_BYTES);
  round.set(salt, 2 * HASH_BYTES);
  const step = Math.ceil(ROUNDS / STEPS);
  for (let count = 0; count < ROUNDS; count++) {
    view.setUint32(COUNT_AT, count, true);
    round.set(crypto.sha256(round));
    if (onProgress !== undefined && (count + 1) % step === 0) onProgress(count + 1, ROUNDS);
  }
  onProgress?.(ROUNDS, ROUNDS);
  const key = round.slice(0, HASH_BYTES);
  round.fill(0);
  return key;
}
