import { createHash } from 'node:crypto';
import type { Keytab } from './keytab.ts';
import { LIMITS } from './limits.ts';

const caches = new WeakMap<Keytab, Map<string, number>>();

/**
 * Has this authenticator come before (RFC 4120 section 3.2.3)? Remembered for each keytab, by a hash of the ciphertext: its confounder makes it unique.
 * @param until milliseconds until which it must be remembered. @param now milliseconds.
 */
export function isReplay(keytab: Keytab, authenticator: Uint8Array, now: number, until: number): boolean {
  const cache = caches.get(keytab) ?? new Map<string, number>();
  caches.set(keytab, cache);
  const hash = createHash('sha256').update(authenticator).digest('base64');
  if ((cache.get(hash) ?? 0) > now) return true;
  // In order of arrival: the oldest stand first.
  for (const [old, expires] of cache) {
    if (expires > now && cache.size < LIMITS.replays) break;
    cache.delete(old);
  }
  cache.set(hash, until);
  return false;
}
