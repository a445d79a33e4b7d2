/**
 * The jobs of the bench, each in a process of its own: `job.ts JOB DISK [ARGUMENT]` prints one line of JSON with the time of the job itself, its result, and
 * what it read and wrote.
 */
import { existsSync, readFileSync } from 'node:fs';
import { checkVolume, type NtfsVolume, parseStartupKey } from '@winmedic/disk';
import { loadKnowledge } from '@winmedic/knowledge';
import { type OpenDiskOptions, type OpenedDisk, openDisk } from '../../core/disk/open-disk.ts';
import { hiveOnDisk, windowsVolume } from '../../core/disk/windows.ts';
import { Problems } from '../../core/evidence/index.ts';
import { applyRepair } from '../../core/recovery/apply-repair.ts';
import { inspectDisk } from '../../core/recovery/inspect-disk.ts';
import { planRepair } from '../../core/recovery/plan-repair.ts';
import type { RepairStep } from '../../core/recovery/request.ts';
import { undoRepair } from '../../core/recovery/undo-repair.ts';
import { FAULTY, RECIPE } from './names.ts';

/** What a job prints. */
export interface Ran {
  readonly ms: number;
  readonly reads: number;
  readonly bytesRead: number;
  readonly writes: number;
  readonly bytesWritten: number;
  readonly journalBytes: number;
  readonly peakMegabytes: number;
  /** What the job was about: files found, findings, bytes; says that it did its work. */
  readonly result: Readonly<Record<string, number | string>>;
}

type Cost = Pick<Ran, 'reads' | 'bytesRead' | 'writes' | 'bytesWritten' | 'journalBytes'>;
interface Done {
  readonly result: Ran['result'];
  readonly cost: Cost;
}

const costOf = (disk: OpenedDisk): Cost => ({
  reads: disk.count.reads,
  bytesRead: disk.count.bytes,
  writes: 0,
  bytesWritten: 0,
  journalBytes: 0,
});

function repaired(path: string, purpose: string, steps: readonly RepairStep[]): Done {
  const disk = openDisk(path, { plan: true });
  const planned = planRepair(disk, { purpose, steps });
  if (planned.outcome !== 'planned')
    throw new Error(`${purpose}: ${planned.outcome} ${planned.refusals.map(({ code, what }) => `${code} ${what}`)}`);
  const { writes, bytesWritten, journalBytes } = applyRepair(planned);
  disk.close();
  const dirty = planned.changes.reduce((sum, { newBytes }) => sum + newBytes, 0);
  return { result: { changes: planned.changes.length, dirty }, cost: { ...costOf(disk), writes, bytesWritten, journalBytes } };
}

function reading(path: string, options: OpenDiskOptions, work: (disk: OpenedDisk, volume: NtfsVolume) => Ran['result']): Done {
  const disk = openDisk(path, options);
  try {
    return { result: work(disk, windowsVolume(disk, options.keys === undefined ? undefined : 1).ntfs as NtfsVolume), cost: costOf(disk) };
  } finally {
    disk.close();
  }
}

const PIECE = 1 << 20;

/** A whole file, in order. */
function sequential(path: string, bek: string | undefined): Done {
  const keys = bek === undefined || !existsSync(bek) ? {} : { startup: [startupKey(bek)] };
  return reading(path, { keys }, (_, volume) => {
    const file = volume.lookup('big.bin');
    const data = file === undefined ? undefined : volume.open(file);
    if (data === undefined) throw new Error('no big.bin');
    const piece = new Uint8Array(PIECE);
    let sum = 0;
    const before = performance.now();
    for (let at = 0; at < data.sizeBytes; at += PIECE) sum += data.readAt(at, piece);
    return { bytes: sum, mebibytesPerSecond: sum / 2 ** 20 / ((performance.now() - before) / 1000) };
  });
}

function startupKey(path: string): { readonly id: string; readonly file: Uint8Array } {
  const file = new Uint8Array(readFileSync(path));
  return { id: parseStartupKey(file).id, file };
}

const jobs: Readonly<Record<string, (path: string, argument?: string) => Done>> = {
  quarantine: (path) => repaired(path, 'quarantine', [{ id: 'file', text: { en: '', ja: '' }, files: [FAULTY] }]),
  repair: (path) => {
    const recipe = loadKnowledge().recipes.find(({ id }) => id === RECIPE);
    if (recipe === undefined) throw new Error(`no recipe ${RECIPE}`);
    return repaired(path, RECIPE, recipe.steps);
  },
  undo: (path) => {
    const { outcome, changes, bytes } = undoRepair(path);
    return { result: { outcome }, cost: { reads: 0, bytesRead: 0, writes: changes, bytesWritten: bytes, journalBytes: 0 } };
  },
  inspect: (path) =>
    reading(path, {}, (disk) => {
      const { volumes } = inspectDisk(disk, new Problems());
      return { volumes: volumes.length, windows: volumes.filter(({ windows }) => windows !== undefined).length };
    }),
  find: (path) => reading(path, {}, (_, volume) => ({ files: [...volume.find({})].length })),
  'find-291': (path) =>
    reading(path, {}, (_, volume) => ({
      files: [...volume.find({ below: FAULTY.slice(0, FAULTY.lastIndexOf('\\')), glob: 'C-00000291*.sys', shallow: true })].length,
    })),
  check: (path) =>
    reading(path, {}, (_, volume) => {
      const { records, findings } = checkVolume(volume);
      return { records, errors: findings.filter(({ severity }) => severity === 'error').length };
    }),
  hives: (path) =>
    reading(path, {}, (_, volume) => {
      const sizes = ['SYSTEM', 'SOFTWARE'].flatMap((name) => {
        const hive = hiveOnDisk(volume, `Windows\\System32\\config\\${name}`);
        return hive === undefined ? [] : [hive.source.sizeBytes, ...hive.logs.map(({ source }) => source.sizeBytes)];
      });
      return { bytes: sizes.reduce((sum, size) => sum + size, 0) };
    }),
  sequential,
};

const [, , job = '', path = '', argument] = process.argv;
const before = performance.now();
const { result, cost } = jobs[job]!(path, argument);
const ran: Ran = { ms: performance.now() - before, ...cost, peakMegabytes: process.resourceUsage().maxRSS / 1024, result };
console.log(JSON.stringify(ran));
