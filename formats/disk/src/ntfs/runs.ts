import { MAX_RUNS } from './limits.ts';
import type { Run } from './types.ts';

/** What a run list says. */
export interface DecodedRuns {
  /** Runs up to the end, or up to what cannot be read. Neighbours are not joined. */
  readonly runs: Run[];
  /** VCN behind the last run. */
  readonly nextVcn: number;
  /** The list was read to its end mark without contradiction. */
  readonly whole: boolean;
}

/** Highest cluster number: a volume is at most 2^53 bytes here (8 PiB is what Windows takes), and a cluster is at least 512 bytes. */
const MAX_CLUSTER = 2 ** 44;

/**
 * Decodes the run list (mapping pairs) of a non-resident attribute.
 * @param bytes the list; it ends with a 0 byte. @param firstVcn VCN of the extent. @param most runs read at most.
 * @source Linux-NTFS documentation, "Data runs"
 */
export function decodeRuns(bytes: Uint8Array, firstVcn = 0, most = MAX_RUNS): DecodedRuns {
  const runs: Run[] = [];
  let vcn = firstVcn;
  let lcn = 0;
  let at = 0;
  const result = (whole: boolean): DecodedRuns => ({ runs, nextVcn: vcn, whole });
  while (at < bytes.length) {
    const header = bytes[at]!;
    if (header === 0) return result(true);
    const lengthBytes = header & 15;
    const offsetBytes = header >> 4;
    if (lengthBytes === 0 || lengthBytes > 8 || offsetBytes > 8 || at + 1 + lengthBytes + offsetBytes > bytes.length) return result(false);
    const clusters = signed(bytes, at + 1, lengthBytes);
    if (clusters <= 0 || clusters > MAX_CLUSTER || vcn + clusters > MAX_CLUSTER || runs.length >= most) return result(false);
    if (offsetBytes === 0) runs.push({ vcn, lcn: undefined, clusters });
    else {
      lcn += signed(bytes, at + 1 + lengthBytes, offsetBytes);
      if (!(lcn >= 0 && lcn + clusters <= MAX_CLUSTER)) return result(false);
      runs.push({ vcn, lcn, clusters });
    }
    vcn += clusters;
    at += 1 + lengthBytes + offsetBytes;
  }
  return result(false);
}

/** Little-endian two's complement of 1 to 8 bytes; beyond 2^53 inexact, which the caller's bound catches. */
function signed(bytes: Uint8Array, at: number, count: number): number {
  let value = bytes[at + count - 1]!;
  if (value >= 0x80) value -= 0x100;
  for (let i = count - 2; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return value;
}

/** Index of the run that holds a VCN, or -1. Runs are in order of VCN. */
export function runAt(runs: readonly Run[], vcn: number): number {
  let low = 0;
  let high = runs.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const run = runs[middle]!;
    if (vcn < run.vcn) high = middle - 1;
    else if (vcn >= run.vcn + run.clusters) low = middle + 1;
    else return middle;
  }
  return -1;
}
