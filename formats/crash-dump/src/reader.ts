import { type ByteSource, type Damage, type DamageReport, damageReporter, readUpTo } from '@winmedic/bytes';
import type { DumpDamageCode } from './errors.ts';
import { MAX_DAMAGES_REPORTED } from './limits.ts';

/** Tells damages of this format. */
export type Report = DamageReport<DumpDamageCode>;

/** A {@link Report} that falls silent after {@link MAX_DAMAGES_REPORTED}. */
export function reporter(onDamage: ((damage: Damage) => void) | undefined): Report {
  return damageReporter<DumpDamageCode>(onDamage, MAX_DAMAGES_REPORTED);
}

/** The file: exact reads that say `undefined` instead of giving fewer bytes than asked. */
export class DumpFile {
  readonly sizeBytes: number;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
    this.sizeBytes = source.sizeBytes;
  }

  /** Up to `size` bytes at `offset`, fewer at the end of the file. */
  upTo(offset: number, size: number): Uint8Array {
    return readUpTo(this.#source, offset, size);
  }

  /** Exactly `size` bytes at `offset`, or `undefined` when the file ends before. */
  exact(offset: number, size: number): Uint8Array | undefined {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.sizeBytes)) return undefined;
    const bytes = this.upTo(offset, size);
    return bytes.length === size ? bytes : undefined;
  }
}

/** True when every byte is zero. */
export function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}

/** An address as texts of this package print it. */
export function hexAddress(address: bigint): string {
  return `0x${address.toString(16)}`;
}
