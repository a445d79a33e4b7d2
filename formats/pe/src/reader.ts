import type { ByteSource, Damage } from '@winmedic/bytes';
import type { PeDamageCode } from './errors.ts';
import { MAX_DAMAGES_REPORTED } from './limits.ts';

/** Tells one damage: its code, where in the file, what was read, and the number that is the point of it. */
export type Report = (code: PeDamageCode, offset: number, what: string, need?: number | string, have?: number | string) => void;

/** A {@link Report} that hands damages on and falls silent after {@link MAX_DAMAGES_REPORTED}. */
export function reporter(onDamage: ((damage: Damage) => void) | undefined): Report {
  let told = 0;
  return (code, offset, what, need, have) => {
    if (onDamage === undefined || told >= MAX_DAMAGES_REPORTED) return;
    told++;
    onDamage({ code, offset, what, ...(need === undefined ? {} : { need }), ...(have === undefined ? {} : { have }) });
  };
}

/** Up to `size` bytes at `offset`, fewer at the end of the source. */
export function readUpTo(source: ByteSource, offset: number, size: number): Uint8Array {
  const have = Math.max(0, Math.min(size, source.sizeBytes - offset));
  const into = new Uint8Array(have);
  let got = 0;
  // A source may deliver a part of what was asked for; an empty read is the end.
  while (got < have) {
    const step = source.readAt(offset + got, got === 0 ? into : into.subarray(got));
    if (step <= 0) break;
    got += step;
  }
  return got === have ? into : into.subarray(0, got);
}

/** A view for reading numbers out of a part. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
