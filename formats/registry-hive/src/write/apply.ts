import { wholeReads } from '@winmedic/bytes';
import { HiveError } from '../errors.ts';
import { CRC_32 } from './plan.ts';
import type { HivePlan, HiveSink, HiveUndoOptions, HiveUndoRecord, HiveWriteHash, UndoFile, UndoWrite } from './types.ts';

function read(sink: HiveSink, offset: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  return out.subarray(0, wholeReads(sink).readAt(offset, out));
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
    if (next === undefined || next.file !== write.file || next.stage !== write.stage) sink.flush?.();
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
 * @throws {HiveError} HIVE_UNDO_MISMATCH when a file is no longer as the plan left it, when the record is damaged, or names another hash.
 */
export function undoWrites(sinks: readonly HiveSink[], record: HiveUndoRecord, options: HiveUndoOptions = {}): void {
  const hash = options.hash ?? CRC_32;
  const interrupted = options.interrupted === true;
  if (!isRecord(record)) mismatch('not an undo record');
  if (record.hash !== hash.name) mismatch(`hash ${record.hash}, not ${hash.name}`);
  const restores: Restore[] = [];
  for (const [i, file] of record.files.entries()) {
    const sink = sinks[i];
    if (file.writes.length === 0) continue;
    if (!sink || !fits(sink.sizeBytes, file, interrupted)) mismatch(`size of ${file.name}`);
    for (const write of file.writes) restores.push({ sink, offset: write.offset, old: oldBytes(sink, file, write, hash, interrupted) });
  }
  // Logs first, while the hive is clean and they are ignored; then its base block, which makes it dirty again; then the pages.
  let last: HiveSink | undefined;
  for (const { sink, offset, old } of restores.reverse()) {
    if (last !== undefined && (last !== sink || offset === 0)) last.flush?.();
    if (old.length > 0) sink.write(offset, old);
    if (offset === 0) sink.flush?.();
    last = sink;
  }
  record.files.forEach((file, i) => {
    if (file.writes.length > 0 && sinks[i]!.sizeBytes !== file.sizeBefore) sinks[i]!.resize(file.sizeBefore);
  });
  for (const sink of new Set(restores.map((restore) => restore.sink))) sink.flush?.();
}

function fits(size: number, file: UndoFile, interrupted: boolean): boolean {
  return size === file.sizeAfter || (interrupted && size >= file.sizeBefore && size < file.sizeAfter);
}

/** Old bytes of a write, once the record is whole and the file is as the write left it (or, interrupted, as it found it). */
function oldBytes(sink: HiveSink, file: UndoFile, write: UndoWrite, hash: HiveWriteHash, interrupted: boolean): Uint8Array {
  const { offset, newLength } = write;
  if (offset + newLength > file.sizeAfter) mismatch(`range in ${file.name}`, offset);
  const old = fromHex(write.old);
  // What lies behind the file's old end is cut off; of everything else there must be old bytes.
  const length = Math.max(0, Math.min(newLength, file.sizeBefore - offset));
  if (old?.length !== length || hash.digest(old) !== write.oldHash) mismatch(`old bytes of ${file.name}`, offset);
  const isNew = hash.digest(read(sink, offset, newLength)) === write.newHash;
  if (!isNew && !(interrupted && equal(read(sink, offset, length), old))) mismatch(`${file.name} was changed since`, offset);
  return old;
}

function mismatch(what: string, offset = 0): never {
  throw new HiveError('HIVE_UNDO_MISMATCH', what, offset);
}

const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): boolean => typeof value === 'string';

/** Whether something that was kept as JSON has the shape of a record. */
function isRecord(record: unknown): record is HiveUndoRecord {
  const { kind, version, hash, files } = (record ?? {}) as Record<string, unknown>;
  return (
    kind === 'winmedic-hive-undo' &&
    version === 1 &&
    isText(hash) &&
    Array.isArray(files) &&
    files.every((file: Partial<UndoFile> | null) => {
      const { name, sizeBefore, sizeAfter, writes } = file ?? {};
      return (
        isText(name) &&
        isSize(sizeBefore) &&
        isSize(sizeAfter) &&
        Array.isArray(writes) &&
        writes.every((write: Partial<UndoWrite> | null) => {
          const { offset, old, oldHash, newLength, newHash } = write ?? {};
          return isSize(offset) && isSize(newLength) && isText(old) && isText(oldHash) && isText(newHash);
        })
      );
    })
  );
}

/** Bytes of hexadecimal digits; `undefined` when it is something else. */
function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
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
