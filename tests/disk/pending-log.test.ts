import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import { type NtfsFile, type NtfsVolume, openNtfs } from '@winmedic/disk';
import { type LogRecordInput, type LogShape, LogWriter, type WrittenLog } from '@winmedic/labs/logfile-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlannedRepair } from '../../core/recovery/index.ts';
import { undoRepair } from '../../core/recovery/index.ts';
import { CHANNEL_FILE, CHANNEL_FOLDER } from './content.ts';
import { planning, quarantineAlone, repair, wholeRepair } from './recipe.ts';
import { copyOf, hashOf, outside, shared } from './shared.ts';
import { makeSmall } from './small.ts';
import { missingTools, removeFolder, scratchFolder, tool } from './tools.ts';

/**
 * A crashed Windows leaves records in `$LogFile` that it carries out when the volume is mounted next. Those that touch what a repair changes refuse it, with
 * the reason and nothing written; others do not. Logs by the writer in labs, put where the volume's own log lies; ntfsrecover (ntfs-3g) plays them back
 * over repaired volumes, as Windows would.
 */
const NO_RECOVER = missingTools('ntfsrecover');
if (NO_RECOVER.length > 0) console.log('skipped in part: ntfsrecover not installed (package ntfs-3g)');

const RECORD = 1024;
/** Places in the table of open attributes, dialect of 64-bit Windows. */
const SLOT = { mft: 0x18, folder: 0x40, bitmap: 0x68, hive: 0x90 } as const;
const HIVE = 'Windows\\System32\\config\\SYSTEM';
const OTHER = 'Windows\\System32\\drivers\\drv1.sys';

let folder: string;
let image: string;
let volume: NtfsVolume;
let cluster: number;
beforeAll(() => {
  folder = scratchFolder();
  image = shared('small', (into) => makeSmall(into)).path;
  volume = volumeOf(image);
  cluster = volume.boot.clusterBytes;
});
afterAll(() => removeFolder(folder));

const volumeOf = (path: string): NtfsVolume => openNtfs({ ...memorySource(new Uint8Array(readFileSync(path))), sectorBytes: 512 }, {});
const fileOf = (path: string): NtfsFile => volume.lookup(path)!;
const recordOf = (path: string): number => fileOf(path).reference.record;

/** A log that Windows began and checkpointed, with the attributes records name. */
function begun(shape: Partial<LogShape> = {}): LogWriter {
  const sizeBytes = volume.file(2)!.sizeBytes;
  const writer = new LogWriter({ sizeBytes, version: '2.0', client: '1.0', clusterBytes: cluster, ...shape });
  writer.append(2, 0, 0n, new Uint8Array(0x70));
  // ntfsrecover looks for whole pages in front of the checkpoint.
  for (let i = 0; i < 300; i++) {
    writer.record(recordChange(recordOf(OTHER)));
    writer.end(0x18);
  }
  writer.checkpoint({
    attributes: [
      { target: SLOT.mft, record: 0, type: 0x80 },
      { target: SLOT.folder, record: recordOf(CHANNEL_FOLDER), type: 0xa0, name: '$I30', indexBytes: 4096 },
      { target: SLOT.bitmap, record: 6, type: 0x80 },
      { target: SLOT.hive, record: recordOf(HIVE), type: 0x80 },
    ],
  });
  return writer;
}

/** Writes the last access time in $STANDARD_INFORMATION of a file record. */
function recordChange(record: number, transaction = 0x18): LogRecordInput {
  const at = volume.recordPlace(record)![0]!.offset;
  const inMft = record * RECORD;
  return {
    redo: 0x07,
    undo: 0x07,
    transaction,
    target: SLOT.mft,
    vcn: Math.floor(inMft / cluster),
    clusterBlock: (inMft % cluster) / 512,
    recordOffset: 0x38,
    attributeOffset: 0x30,
    lcns: [Math.floor(at / cluster)],
    redoData: new Uint8Array(8).fill(0x11),
    undoData: new Uint8Array(8).fill(0x22),
  };
}

/** An entry added to an index block of the channel files' folder. */
function indexChange(vcn: number, transaction = 0x18): LogRecordInput {
  const { runs } = fileOf(CHANNEL_FOLDER).attributes.find(({ type }) => type === 0xa0)!;
  const clusters = runs.flatMap((run) => Array.from({ length: run.clusters }, (_, i) => run.lcn! + i));
  return {
    redo: 0x0e,
    undo: 0x0f,
    transaction,
    target: SLOT.folder,
    vcn,
    attributeOffset: 0x80,
    lcns: [clusters[vcn]!],
    redoData: new Uint8Array(0x70),
  };
}

/** Clusters marked as taken in $Bitmap. */
function allocation(lcn: number, count: number, transaction = 0x18): LogRecordInput {
  const page = 4096 * 8;
  const data = new Uint8Array(8);
  new DataView(data.buffer).setUint32(0, lcn % page, true);
  new DataView(data.buffer).setUint32(4, count, true);
  const bitmap = volume.file(6)!.attributes.find(({ type, name }) => type === 0x80 && name === '')!;
  const vcn = Math.floor(lcn / page) * (4096 / cluster);
  return {
    redo: 0x15,
    undo: 0x16,
    transaction,
    target: SLOT.bitmap,
    vcn,
    lcns: [bitmap.runs[0]!.lcn! + vcn],
    redoData: data,
    undoData: data,
  };
}

/** A copy of the image whose $LogFile holds this. */
function withLog(log: WrittenLog, from = image): string {
  const path = copyOf(from, join(folder, 'disk.img'));
  const bytes = log.bytes();
  const file = openSync(path, 'r+');
  let at = 0;
  for (const { lcn, clusters } of volume.file(2)!.attributes.find(({ type }) => type === 0x80)!.runs) {
    const part = bytes.subarray(at, at + clusters * cluster);
    writeSync(file, part, 0, part.length, lcn! * cluster);
    at += part.length;
  }
  closeSync(file);
  expect(at).toBeGreaterThanOrEqual(bytes.length);
  return path;
}

interface Case {
  readonly name: string;
  readonly log: () => LogWriter;
  /** Codes of the refusals of the whole repair; empty: it is allowed. */
  readonly whole: readonly string[];
  /** The same for the quarantine alone. */
  readonly alone: readonly string[];
}

const pending =
  (change: () => LogRecordInput, end: boolean, shape: Partial<LogShape> = {}) =>
  (): LogWriter => {
    const writer = begun(shape);
    writer.record(change());
    if (end) writer.end(0x18);
    return writer;
  };
const faulty = (transaction?: number): LogRecordInput => recordChange(recordOf(CHANNEL_FILE.faulty), transaction);
const hive = (): LogRecordInput => recordChange(recordOf(HIVE));
const other = (): LogRecordInput => recordChange(recordOf(OTHER));

const CASES: readonly Case[] = [
  { name: 'a committed change of another file', log: pending(other, true), whole: [], alone: [] },
  { name: 'a change of another file that was not committed', log: pending(other, false), whole: [], alone: [] },
  { name: 'a committed change of another file, log 1.1', log: pending(other, true, { version: '1.1' }), whole: [], alone: [] },
  { name: 'a committed change of another file, log wrapped around', log: pending(other, true, { firstPage: 300 }), whole: [], alone: [] },
  { name: 'a committed change of the record', log: pending(faulty, true), whole: ['RECOVERY_LOG_REDO'], alone: ['RECOVERY_LOG_REDO'] },
  { name: 'the same, log 1.1', log: pending(faulty, true, { version: '1.1' }), whole: ['RECOVERY_LOG_REDO'], alone: ['RECOVERY_LOG_REDO'] },
  { name: 'a change of the record not committed', log: pending(faulty, false), whole: ['RECOVERY_LOG_UNDO'], alone: ['RECOVERY_LOG_UNDO'] },
  {
    name: 'changes of every block of the folder',
    log: () => {
      const writer = begun();
      const blocks = fileOf(CHANNEL_FOLDER).attributes.find(({ type }) => type === 0xa0)!.sizeBytes / cluster;
      for (let vcn = 0; vcn < blocks; vcn++) writer.record(indexChange(vcn));
      writer.end(0x18);
      return writer;
    },
    whole: ['RECOVERY_LOG_REDO'],
    alone: ['RECOVERY_LOG_REDO'],
  },
  { name: "a change of the hive's record", log: pending(hive, true), whole: ['RECOVERY_LOG_REDO'], alone: [] },
  {
    name: 'an index change that names neither attribute nor clusters',
    log: pending(() => ({ ...indexChange(0), target: 0x7000, lcns: [] }), true),
    whole: ['RECOVERY_LOG_UNKNOWN'],
    alone: ['RECOVERY_LOG_UNKNOWN'],
  },
];

describe.each(CASES)('pending in the log: $name', ({ log, whole, alone }) => {
  it.each([
    ['whole repair', wholeRepair, whole],
    ['quarantine alone', quarantineAlone, alone],
  ] as const)('%s', (_name, request, codes) => {
    const written = log().write();
    const path = withLog(written);
    const hash = hashOf(path);
    const judged = (planned: PlannedRepair): void => {
      expect(planned.log).toMatchObject({ state: 'pending' });
      expect(planned.log.records).toBeGreaterThan(0);
      expect([...new Set(planned.refusals.map(({ code }) => code))]).toEqual(codes);
      expect([planned.outcome, planned.plan.changes.length > 0]).toEqual(codes.length > 0 ? ['refused', false] : ['planned', true]);
      if (codes.length === 0) expect(planned.log.touched).toBe(0);
      for (const refusal of planned.refusals.filter(({ code }) => code !== 'RECOVERY_LOG_UNKNOWN'))
        expect(refusal.because[0]).toMatch(/^LSN \d+ redo 0x[0-9a-f]+/);
    };
    if (codes.length > 0) {
      planning(path, request(), judged);
      expect(hashOf(path)).toBe(hash);
      return;
    }
    const { planned } = repair(path, request());
    judged(planned);
    // The log is left as it is: Windows needs it.
    const repaired = volumeOf(path);
    const now = new Uint8Array(written.sizeBytes);
    expect(repaired.open(repaired.file(2)!)!.readAt(0, now)).toBe(now.length);
    expect(Buffer.compare(now, written.bytes())).toBe(0);
    if (NO_RECOVER.length === 0) {
      // Played back over a copy, the repair is still there.
      const played = copyOf(path, join(folder, 'played.img'));
      expect(tool('ntfsrecover', ['-k', '-s', played]).code).toBe(0);
      const after = volumeOf(played);
      expect(after.lookup(CHANNEL_FILE.faulty)).toBeUndefined();
      expect(after.lookup(CHANNEL_FILE.faulty.replace(/s$/, '_'))?.reference.record).toBe(recordOf(CHANNEL_FILE.faulty));
      expect(tool('ntfsfix', ['-n', played]).code).toBe(0);
    }
    expect(undoRepair(path).outcome).toBe('undone');
    expect(hashOf(path)).toBe(hash);
  });
});

describe('pending in the log', () => {
  it('a change that already lies on the disk does not count', () => {
    const log = pending(faulty, true)();
    const path = CHANNEL_FILE.faulty;
    const { path: newer } = makeSmall(folder, { lsnOf: (name) => (name === path ? log.lastLsn : undefined) });
    planning(withLog(log.write(), newer), quarantineAlone(), ({ outcome, log: { touched } }) =>
      expect([outcome, touched]).toEqual(['planned', 0]),
    );
  });

  it('clusters of a pending allocation are not given to a hive that grows', () => {
    const runsOf = (opened: NtfsVolume): { readonly offset: number; readonly sizeBytes: number }[] =>
      ['SYSTEM', 'SOFTWARE'].flatMap((name) =>
        opened
          .lookup(`Windows\\System32\\config\\${name}`)!
          .attributes.filter(({ type }) => type === 0x80)
          .flatMap(({ runs }) => runs.flatMap((run) => ({ offset: run.lcn! * cluster, sizeBytes: run.clusters * cluster }))),
      );
    /** What the hives get that they did not have. */
    const taken = (planned: PlannedRepair) => outside(runsOf(planned.disk.reopened(planned.volume.number).ntfs!), runsOf(volume));
    const clusters = planning(image, wholeRepair(), taken);
    expect(clusters.length).toBeGreaterThan(0);
    const writer = begun();
    for (const { offset, sizeBytes } of clusters) writer.record(allocation(offset / cluster, sizeBytes / cluster));
    writer.end(0x18);
    const path = withLog(writer.write());
    const hash = hashOf(path);
    planning(path, wholeRepair(), (planned) => {
      const others = taken(planned);
      expect(others.length).toBeGreaterThan(0);
      expect(outside(others, clusters)).toEqual(others);
      // The bits of those others lie in the page of $Bitmap that the log changes too: that page is judged as a whole.
      expect([planned.outcome, ...new Set(planned.refusals.map(({ code }) => code))]).toEqual(['refused', 'RECOVERY_LOG_REDO']);
      expect(planned.refusals.every(({ what }) => what.endsWith('of MFT record 6'))).toBe(true);
    });
    expect(hashOf(path)).toBe(hash);
  });

  it.each(['torn', 'torn-with-tail', 'tail-only', 'lost'] as const)(
    'a log whose last page is %s is judged by what is there, or refused',
    (lastPage) => {
      const writer = begun();
      writer.flush();
      writer.record(faulty());
      writer.end(0x18);
      const path = withLog(writer.write({ lastPage }));
      const hash = hashOf(path);
      planning(path, quarantineAlone(), ({ outcome, refusals }) => {
        // What never reached the disk, Windows cannot play back either.
        if (lastPage === 'lost' || lastPage === 'torn') expect(['planned', 'refused']).toContain(outcome);
        else expect([outcome, refusals.map(({ code }) => code)]).toEqual(['refused', expect.arrayContaining(['RECOVERY_LOG_REDO'])]);
      });
      expect(hashOf(path)).toBe(hash);
    },
  );

  it('a log that was closed cleanly refuses nothing', () => {
    const path = withLog(pending(faulty, true)().write({ clean: true }));
    planning(path, wholeRepair(), ({ outcome, log }) => expect([outcome, log.state]).toEqual(['planned', 'clean']));
  });
});
