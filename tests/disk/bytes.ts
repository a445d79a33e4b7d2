import { createCipheriv, createHash } from 'node:crypto';
import { isoToTicks } from '@winmedic/bytes';

/** Bytes that look random and are the same in every run, by a name. */
export function noise(name: string, sizeBytes: number): Uint8Array {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16, 32)).update(Buffer.alloc(sizeBytes));
}

/** A number from 0 to `below` - 1 by a name. */
export function pick(name: string, below: number): number {
  return createHash('sha256').update(name).digest().readUInt32LE(0) % below;
}

/** FILETIME ticks of an ISO time. @throws {RangeError} when it is none. */
export function ticks(iso: string): bigint {
  const value = isoToTicks(iso);
  if (value === undefined) throw new RangeError(`${iso} is no time`);
  return value;
}
