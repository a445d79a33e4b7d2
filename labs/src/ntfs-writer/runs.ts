import type { WrittenRun } from './types.ts';

/** The shortest two's complement bytes of a number, little-endian. */
function signedBytes(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (;;) {
    const byte = ((rest % 256) + 256) % 256;
    out.push(byte);
    rest = Math.floor(rest / 256);
    if ((rest === 0 && byte < 0x80) || (rest === -1 && byte >= 0x80)) return out;
  }
}

/** One mapping pair: header nibbles, length, difference to the LCN before; a hole has no difference. */
function pair(run: WrittenRun, lcnBefore: number): number[] {
  const length = signedBytes(run.clusters);
  const offset = run.lcn === undefined ? [] : signedBytes(run.lcn - lcnBefore);
  return [(offset.length << 4) | length.length, ...length, ...offset];
}

/** As many runs from the first on as fit into `room` bytes of mapping pairs, terminator included. @source Linux-NTFS "Data runs" */
export function encodeRuns(
  runs: readonly WrittenRun[],
  room = Number.POSITIVE_INFINITY,
): { readonly bytes: Uint8Array; readonly count: number } {
  const out: number[] = [];
  let lcn = 0;
  let count = 0;
  for (const run of runs) {
    const next = pair(run, lcn);
    if (out.length + next.length + 1 > room) break;
    out.push(...next);
    lcn = run.lcn ?? lcn;
    count++;
  }
  out.push(0);
  return { bytes: Uint8Array.from(out), count };
}

/** Stretches of the volume that hold bytes of a stream. */
export function placesOf(
  runs: readonly WrittenRun[],
  offset: number,
  sizeBytes: number,
  clusterBytes: number,
): { offset: number; sizeBytes: number }[] {
  const places: { offset: number; sizeBytes: number }[] = [];
  for (const run of runs) {
    if (run.lcn === undefined) continue;
    const from = Math.max(offset, run.vcn * clusterBytes);
    const to = Math.min(offset + sizeBytes, (run.vcn + run.clusters) * clusterBytes);
    if (from < to) places.push({ offset: run.lcn * clusterBytes + from - run.vcn * clusterBytes, sizeBytes: to - from });
  }
  return places;
}

/** Where the byte of a stream lies. */
export function byteOf(runs: readonly WrittenRun[], offset: number, clusterBytes: number): number {
  return placesOf(runs, offset, 1, clusterBytes)[0]!.offset;
}
