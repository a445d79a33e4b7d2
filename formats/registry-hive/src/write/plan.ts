import { crc32, toHex } from '@winmedic/bytes';
import { BASE_FIELDS, baseBlockChecksum } from '../base-block.ts';
import { HiveError } from '../errors.ts';
import { BASE_BLOCK_SIZE } from '../layout.ts';
import { openHive } from '../open-hive.ts';
import type { Hive, HiveLogFile } from '../types.ts';
import { Draft } from './draft.ts';
import { Expected } from './expected.ts';
import { walkCells } from './free-cells.ts';
import { type LogTraces, neutralise, traceLogs } from './guard.ts';
import { held } from './held.ts';
import { openSound } from './sound.ts';
import { Structure } from './structure.ts';
import type {
  HiveChange,
  HiveFiles,
  HivePlan,
  HiveUndoRecord,
  HiveWrite,
  HiveWriteHash,
  HiveWriteOptions,
  PlannedEdit,
  PlannedFile,
  PlannedStructure,
} from './types.ts';

/** Name of the hive in plans and undo records; logs keep the names they were handed over with. */
export const HIVE_FILE_NAME = 'hive';

/** Offsets of last-written times: in the base block, and in the first bin. */
const WRITTEN_AT = [12, BASE_BLOCK_SIZE + 20] as const;
/** Largest sequence number set: one more must remain for Windows to begin its next write with. */
const MAX_SEQUENCE = 0xffff_fffe;

/** Flag of the base block: the Kernel Transaction Manager has locked the hive. @source msuhanov/regf "Base block" */
const PENDING_TRANSACTIONS = 0x1;

/** The default hash of undo records. */
export const CRC_32: HiveWriteHash = { name: 'crc32', digest: (bytes) => crc32(bytes).toString(16).padStart(8, '0') };

/** A hive whose logs were replayed, made consistent without them. */
export interface CleanHive {
  /** The whole file as it is to be. */
  readonly hive: Uint8Array;
  readonly plan: HivePlan;
  readonly undo: HiveUndoRecord;
}

/**
 * Replays the logs of a dirty hive and plans a consistent file that needs none. Nothing is touched. For a clean hive the plan is empty and the file
 * stays as it is: Windows ignores its logs.
 * @throws {HiveError} HIVE_EDIT_STATE for a dirty hive without fitting logs and for a damaged one; what `openHive` throws.
 * @source msuhanov/regf "Dirty state of a hive", "Format of transaction log files"
 */
export function replayAndClean(files: HiveFiles, options: HiveWriteOptions = {}): CleanHive {
  const { plan, draft } = makePlan(files, [], options);
  return { hive: draft.read(0, draft.sizeBytes), plan, undo: plan.undo };
}

/**
 * Plans changes: of values whose new data fit (up to four bytes always do; more fit when the value has a cell that holds them), and of the tree: keys and
 * values made and removed, for which cells are taken from free ones, else from a new bin at the end. Nothing is touched. A dirty hive is replayed
 * first and the plan has both. `guard.ts` says why old logs cannot be played back over the edit.
 * @throws {HiveError} HIVE_EDIT_NOT_FOUND, HIVE_EDIT_EXISTS, HIVE_EDIT_NAME, HIVE_EDIT_SIZE, HIVE_EDIT_STATE (dirty without fitting logs, damaged, or
 *   sequence numbers used up); what `openHive` throws.
 */
export function planEdit(files: HiveFiles, changes: readonly HiveChange[], options: HiveWriteOptions = {}): HivePlan {
  return makePlan(files, changes, options).plan;
}

function makePlan(
  given: HiveFiles,
  changes: readonly HiveChange[],
  options: HiveWriteOptions,
): { readonly plan: HivePlan; readonly draft: Draft } {
  const logs = (given.logs ?? []).map(({ name, source }) => ({ name, source: held(source) }));
  const files: HiveFiles = { source: held(given.source), logs };
  const structural = changes.some(({ op }) => op !== undefined && op !== 'set');
  const whole = structural || options.check !== 'path';
  const { hive, replayed } = openSound(files, whole, options);
  const draft = new Draft(files.source, replayed);
  const structure = new Structure(hive, draft, options.limits);
  const expected = new Expected();
  const edits: PlannedEdit[] = [];
  const structures: PlannedStructure[] = [];
  for (const change of changes) {
    const done = structure.make(change);
    expected.add(change, done);
    if ('before' in done) edits.push(done);
    else structures.push(done);
  }
  if (hive.state === 'damaged') throw new HiveError('HIVE_EDIT_STATE', 'damaged');
  const { changed } = draft;
  let sequence: number | undefined;
  let writes: readonly HiveWrite[] = [];
  if (changed) {
    sequence = seal(draft, traceLogs(logs), options.writtenAt);
    if (changes.length > 0 && (replayed !== undefined || whole)) checkEdits(hive, draft, expected, options);
    if (structural) walkCells(draft, () => {});
    writes = inOrder(draft, logs);
  }
  const planFiles: PlannedFile[] = [
    { name: HIVE_FILE_NAME, sizeBefore: files.source.sizeBytes, sizeAfter: changed ? draft.sizeBytes : files.source.sizeBytes },
    ...logs.map(({ name, source }) => ({ name, sizeBefore: source.sizeBytes, sizeAfter: source.sizeBytes })),
  ];
  const plan: HivePlan = {
    edits,
    structure: structures,
    replayed: replayed !== undefined,
    entriesApplied: hive.logs.reduce((n, { applied }) => n + applied, 0),
    pendingTransactions: (hive.header.flags & PENDING_TRANSACTIONS) !== 0,
    sequence,
    files: planFiles,
    writes,
    undo: undoRecord(planFiles, writes, options.hash ?? CRC_32),
  };
  return { plan, draft };
}

/** The writes of a plan in the order they must happen. */
function inOrder(draft: Draft, logs: readonly HiveLogFile[]): HiveWrite[] {
  const stages = [draft.pages(), draft.late('cell'), [draft.head()], draft.late('link'), draft.late('free')];
  return [
    ...stages.flatMap((differences, stage) => [...differences].map((difference) => ({ file: 0, stage, ...difference }))),
    ...logs.flatMap((log, i) => neutralise(log).map((difference) => ({ file: i + 1, stage: stages.length + i, ...difference }))),
  ];
}

/** Reads the edited hive in memory: the edits are in it, and nothing else changed. */
function checkEdits(hive: Hive, draft: Draft, expected: Expected, options: HiveWriteOptions): void {
  const after = openHive(draft, options.limits === undefined ? {} : { limits: options.limits });
  expected.check(hive, after);
  if (after.state !== 'clean') throw new HiveError('HIVE_EDIT_STATE', 'the edit would damage the hive');
}

/** Makes the base block right: numbers above everything known, times that no old log has, checksum. Returns the sequence number. */
function seal(draft: Draft, traces: LogTraces, writtenAt: bigint | undefined): number {
  const head = draft.head().new;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const sequence =
    Math.max(
      view.getUint32(BASE_FIELDS.primarySequence, true),
      view.getUint32(BASE_FIELDS.secondarySequence, true),
      traces.highestSequence,
    ) + 1;
  if (sequence > MAX_SEQUENCE) throw new HiveError('HIVE_EDIT_STATE', 'sequence numbers are used up', BASE_FIELDS.primarySequence);
  view.setUint32(BASE_FIELDS.primarySequence, sequence, true);
  view.setUint32(BASE_FIELDS.secondarySequence, sequence, true);
  view.setUint32(BASE_FIELDS.fileType, 0, true);
  let time = writtenAt ?? view.getBigUint64(WRITTEN_AT[0], true);
  while (traces.oldTimes.includes(time)) time = BigInt.asUintN(64, time + 1n);
  if (writtenAt !== undefined || time !== view.getBigUint64(WRITTEN_AT[0], true)) {
    view.setBigUint64(WRITTEN_AT[0], time, true);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, time, true);
    draft.write(WRITTEN_AT[1], bytes);
  }
  view.setUint32(BASE_FIELDS.checksum, baseBlockChecksum(head), true);
  draft.write(0, head);
  return sequence;
}

function undoRecord(files: readonly PlannedFile[], writes: readonly HiveWrite[], hash: HiveWriteHash): HiveUndoRecord {
  return {
    kind: 'winmedic-hive-undo',
    version: 1,
    hash: hash.name,
    files: files.map((file, index) => ({
      ...file,
      writes: writes
        .filter((write) => write.file === index)
        .map((write) => ({
          offset: write.offset,
          old: toHex(write.old),
          oldHash: hash.digest(write.old),
          newLength: write.new.length,
          newHash: hash.digest(write.new),
        })),
    })),
  };
}
