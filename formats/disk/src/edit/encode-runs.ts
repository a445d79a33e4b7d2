import type { Run } from '../ntfs/types.ts';

/**
 * Encodes runs as the run list (mapping pairs) of one extent of a non-resident attribute, with its end mark: the shortest form, lengths without a set top
 * bit, which older readers take for a sign. Runs that touch are written as they are given.
 * @param runs in order of VCN without gaps; the first one's `lcn` is written as a difference to 0, as each extent begins.
 * @throws {RangeError} for runs with a gap, without clusters, or with a negative cluster.
 * @source Linux-NTFS documentation, "Data runs"
 */
export function encodeRuns(runs: readonly Run[]): Uint8Array {
  const bytes: number[] = [];
  let lcn = 0;
  let vcn = runs[0]?.vcn ?? 0;
  for (const run of runs) {
    if (run.vcn !== vcn || !(run.clusters > 0) || (run.lcn !== undefined && !(run.lcn >= 0))) throw new RangeError(`run at VCN ${run.vcn}`);
    vcn += run.clusters;
    const length = signed(run.clusters);
    const offset = run.lcn === undefined ? [] : signed(run.lcn - lcn);
    bytes.push(length.length | (offset.length << 4), ...length, ...offset);
    lcn = run.lcn ?? lcn;
  }
  bytes.push(0);
  return Uint8Array.from(bytes);
}

/** Shortest little-endian two's complement, at least one byte. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = ((rest % 256) + 256) % 256;
    bytes.push(byte);
    rest = (rest - byte) / 256;
    if ((rest === 0 && byte < 0x80) || (rest === -1 && byte >= 0x80)) return bytes;
  }
}
