import { HiveError } from '../errors.ts';
import { CRC_32 } from './plan.ts';
import type { HivePlan, HiveSink, HiveUndoRecord, HiveWriteHash } from './types.ts';

function read(sink: HiveSink, offset: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  return out.subarray(0, sink.readAt(offset, out));
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/**
 * Carries a plan out: first every old byte is compared, then written in the plan's order, each file flushed before the next is begun. Keep the plan's undo
 * record before calling this.
 * @param sinks the hive and the logs, in the order they were planned.
 * @throws {HiveError} HIVE_EDIT_STATE when a file is no longer as it was planned for (nothing is written then); what the sinks throw.
 */
export function applyWrites(sinks: readonly HiveSink[], plan: HivePlan): void {
  if (plan.writes.length === 0) return;
  plan.files.forEach((file, i) => {
    if (sinks[i]?.sizeBytes !== file.sizeBefore) throw new HiveError('HIVE_EDIT_STATE', `${file.name} has another size than planned for`);
  });
  for (const write of plan.writes) {
    if (!equal(read(sinks[write.file]!, write.offset, write.old.length), write.old)) {
      throw new HiveError('HIVE_EDIT_STATE', `${plan.files[write.file]!.name} has changed since it was planned`, write.offset);
    }
  }
  plan.writes.forEach((write, i) => {
    const sink = sinks[write.file]!;
    sink.write(write.offset, write.new);
    // The base block stands between two flushes: what it vouches for is on the disk before it.
    const next = plan.writes[i + 1];
    if (next === undefined || next.file !== write.file || (write.file === 0 && next.offset === 0)) sink.flush?.();
  });
}

interface Restore {
  readonly sink: HiveSink;
  readonly offset: number;
  readonly old: Uint8Array;
}

/**
 * Puts every byte back as it was before a plan, in reverse order. First all of it is checked: nothing is written when anything differs.
 * @param sinks the hive and the logs, in the order of the record.
 * @param hash the function the record names, when it is not CRC-32.
 * @throws {HiveError} HIVE_UNDO_MISMATCH when a file is no longer as the plan left it, when the record is damaged, or names another hash.
 */
export function undoWrites(sinks: readonly HiveSink[], record: HiveUndoRecord, hash: HiveWriteHash = CRC_32): void {
  const restores: Restore[] = [];
  if (record?.kind !== 'winmedic-hive-undo' || record.version !== 1 || !Array.isArray(record.files)) mismatch('not an undo record');
  if (record.hash !== hash.name) mismatch(`hash ${String(record.hash)}, not ${hash.name}`);
  if (record.files.every((file) => Array.isArray(file.writes) && file.writes.length === 0)) return;
  for (const [i, file] of record.files.entries()) {
    const sink = sinks[i];
    if (!sink || sink.sizeBytes !== file.sizeAfter || !isSize(file.sizeBefore)) mismatch(`size of ${file.name}`);
    if (!Array.isArray(file.writes)) mismatch('not an undo record');
    for (const { offset, old, oldHash, newLength, newHash } of file.writes) {
      if (!isSize(offset) || !isSize(newLength) || offset + newLength > file.sizeAfter) mismatch(`range in ${file.name}`, offset);
      // What lies behind the file's old end is cut off; of everything else there must be old bytes.
      const length = Math.max(0, Math.min(newLength, file.sizeBefore - offset));
      const bytes = fromHex(old);
      if (bytes?.length !== length || hash.digest(bytes) !== oldHash) mismatch(`old bytes of ${file.name}`, offset);
      if (hash.digest(read(sink, offset, newLength)) !== newHash) mismatch(`${file.name} was changed since`, offset);
      restores.push({ sink, offset, old: bytes });
    }
  }
  // Logs first, while the hive is clean and they are ignored; then its base block, which makes it dirty again; then the pages.
  let last: HiveSink | undefined;
  for (const { sink, offset, old } of restores.reverse()) {
    if (last !== undefined && last !== sink) last.flush?.();
    if (old.length > 0) sink.write(offset, old);
    if (offset === 0) sink.flush?.();
    last = sink;
  }
  record.files.forEach((file, i) => {
    if (file.sizeBefore < file.sizeAfter) sinks[i]!.resize(file.sizeBefore);
  });
  for (const sink of new Set(restores.map((restore) => restore.sink))) sink.flush?.();
}

function mismatch(what: string, offset = 0): never {
  throw new HiveError('HIVE_UNDO_MISMATCH', what, Number.isSafeInteger(offset) ? offset : 0);
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Bytes of hexadecimal digits; `undefined` when it is something else. */
function fromHex(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length % 2 !== 0) return undefined;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) {
    const high = digit(text.charCodeAt(i * 2));
    const low = digit(text.charCodeAt(i * 2 + 1));
    if (high < 0 || low < 0) return undefined;
    out[i] = high * 16 + low;
  }
  return out;
}

function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}
