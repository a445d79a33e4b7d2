import type { ByteSource, Damage } from '@winmedic/bytes';
import type { DumpDamageCode } from './errors.ts';
import { MAX_DAMAGES_REPORTED } from './limits.ts';

/** Tells one damage: its code, where in the file, what was read, and the number that is the point of it. */
export type Report = (code: DumpDamageCode, offset: number, what: string, need?: number | string, have?: number | string) => void;

/** A {@link Report} that hands damages on and falls silent after {@link MAX_DAMAGES_REPORTED}. */
export function reporter(onDamage: ((damage: Damage) => void) | undefined): Report {
  let told = 0;
  return (code, offset, what, need, have) => {
    if (onDamage === undefined || told >= MAX_DAMAGES_REPORTED) return;
    told++;
    onDamage({ code, offset, what, ...(need === undefined ? {} : { need }), ...(have === undefined ? {} : { have }) });
  };
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
    const have = Math.max(0, Math.min(size, this.sizeBytes - offset));
    const into = new Uint8Array(have);
    let got = 0;
    // A source may deliver a part of what was asked for (a pipe behind it); an empty read is the end.
    while (got < have) {
      const step = this.#source.readAt(offset + got, got === 0 ? into : into.subarray(got));
      if (step <= 0) break;
      got += step;
    }
    return got === have ? into : into.subarray(0, got);
  }

  /** Exactly `size` bytes at `offset`, or `undefined` when the file ends before. */
  exact(offset: number, size: number): Uint8Array | undefined {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.sizeBytes)) return undefined;
    const bytes = this.upTo(offset, size);
    return bytes.length === size ? bytes : undefined;
  }
}

/** A view for reading numbers out of a part. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
