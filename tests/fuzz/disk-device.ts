/** What the fuzzing of disks reads through: devices that must never be written to, and what counts as an orderly refusal. */
import { FormatError } from '@winmedic/bytes';
import { type BlockDevice, type BlockPlan, type CheckFinding, checkVolume, DiskError, type NtfsVolume, type Overlay } from '@winmedic/disk';

/** Bytes as a disk. A write to it is a failure: whatever is planned stays in the overlay. */
export function guarded(bytes: Uint8Array, sectorBytes = 512): BlockDevice {
  return {
    sectorBytes,
    sizeBytes: bytes.length,
    readAt(offset, into) {
      if (!(offset >= 0)) throw new Error(`a read at ${offset}`);
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    write(offset, part) {
      throw new Error(`the disk itself was written to: ${part.length} bytes at ${offset}`);
    },
  };
}

/** Bytes as a disk that takes writes, and grows. */
export class Taking implements BlockDevice {
  bytes: Uint8Array;
  readonly sectorBytes = 512;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
  }
  get sizeBytes(): number {
    return this.bytes.length;
  }
  readAt(offset: number, into: Uint8Array): number {
    const part = this.bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }
  readonly write = (offset: number, part: Uint8Array): void => {
    if (offset + part.length > this.bytes.length) this.resize(offset + part.length);
    this.bytes.set(part, offset);
  };
  flush(): void {}
  readonly resize = (sizeBytes: number): void => {
    const next = new Uint8Array(sizeBytes);
    next.set(this.bytes.subarray(0, sizeBytes));
    this.bytes = next;
  };
}

/** Runs work that may refuse in an orderly way. @returns whether it did not. @throws what is no error of a format. */
export function orderly(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** The same for work of `@winmedic/disk` alone, which must throw nothing but its own error. */
export function orderlyDisk(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof DiskError) return false;
    throw error;
  }
}

/** The bytes as a plan leaves them. @throws {Error} for a plan whose old bytes are not there, that is out of order, overlaps or is not made of sectors. */
export function carriedOut(plan: BlockPlan, before: Uint8Array, sectorBytes = 512): Uint8Array {
  const after = new Uint8Array(plan.sizeAfter);
  after.set(before.subarray(0, Math.min(before.length, plan.sizeAfter)));
  if (plan.sizeBefore !== before.length) throw new Error(`a plan for ${plan.sizeBefore} bytes, the disk has ${before.length}`);
  const ends = new Map<number, number>();
  let last = { epoch: -1, end: 0 };
  for (const { offset, old, new: bytes, epoch } of plan.changes) {
    if (epoch < last.epoch || (epoch === last.epoch && offset < last.end)) throw new Error('changes out of order');
    if (offset % sectorBytes !== 0 || (bytes.length % sectorBytes !== 0 && offset + bytes.length !== plan.sizeAfter))
      throw new Error(`a change that is not made of sectors: ${bytes.length} bytes at ${offset}`);
    if (Buffer.compare(old, before.subarray(offset, offset + bytes.length)) !== 0) throw new Error(`other old bytes at ${offset}`);
    if (ends.has(offset)) throw new Error(`two changes at ${offset}`);
    ends.set(offset, offset + bytes.length);
    after.set(bytes, offset);
    last = { epoch, end: offset + bytes.length };
  }
  let end = 0;
  for (const [from, to] of [...ends].sort(([a], [b]) => a - b)) {
    if (from < end) throw new Error(`changes overlap at ${from}`);
    end = to;
  }
  return after;
}

/** The overlay must show exactly what its plan makes of the disk. */
export function sameAsOverlay(overlay: Overlay, after: Uint8Array): void {
  const shown = new Uint8Array(overlay.sizeBytes);
  if (overlay.readAt(0, shown) !== shown.length || Buffer.compare(shown, after) !== 0) throw new Error('the plan is not what was checked');
}

/** Errors of a whole check, counted by code and record; undefined when there are too many to compare. */
export function errorsOf(volume: NtfsVolume): Map<string, number> | undefined {
  const { findings } = checkVolume(volume);
  if (findings.some(({ code }) => code === 'CHECK_MORE')) return undefined;
  const counts = new Map<string, number>();
  for (const finding of findings.filter(({ severity }) => severity === 'error')) {
    const key = keyOf(finding);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

// Names change in a repair; a finding stays the same.
const keyOf = ({ code, record }: CheckFinding): string => `${code} record ${record ?? '-'}`;

/**
 * A block of a folder's index that stands in a wrong place holds old entries that no reader takes, but the check does: after a rename they name what is no
 * longer there. The damage is the block, and it was told before.
 */
const [STALE_NAME, WRONG_BLOCK] = ['CHECK_ENTRY_NAME ', 'CHECK_INDEX '] as const;

/** @throws {Error} when a repair left errors behind that were not there before. */
export function noNewErrors(before: Map<string, number> | undefined, after: Map<string, number> | undefined): void {
  if (before === undefined) return;
  if (after === undefined) throw new Error('too many errors after the repair');
  const fresh = [...after]
    .filter(([key, count]) => count > (before.get(key) ?? 0))
    .map(([key]) => key)
    .filter((key) => !(key.startsWith(STALE_NAME) && before.has(key.replace(STALE_NAME, WRONG_BLOCK))));
  if (fresh.length > 0) throw new Error(`errors that were not there before the repair: ${fresh.slice(0, 5).join('; ')}`);
}
