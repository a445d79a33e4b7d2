import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import type { BlockPlan } from '@winmedic/disk';
import { openHive } from '@winmedic/registry-hive';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undoRepair } from '../../core/recovery/index.ts';
import { dumpLines, expectedLines, hivesReady } from '../corpus/hive-dump.ts';
import { contentsBySleuthkit, expectHiveAccepted, expectSound, MISSING_HIVE_JUDGES, MISSING_JUDGES, pathsBySleuthkit } from './judges.ts';
import { planning, quarantineAlone, type Repaired, repair, wholeRepair } from './recipe.ts';
import { buildSample, NO_SAMPLE, type SampleDisk } from './sample.ts';
import { copyOf, differences, hashOf, outside, shared } from './shared.ts';
import { mounted, must, removeFolder, scratchFolder } from './tools.ts';

/**
 * The sample of the corpus: real hives, SYSTEM dirty and sparse on the disk. What the repair of it may cost, what SYSTEM holds
 * afterwards, and the time beside ntfs-3g.
 */
const missing =
  NO_SAMPLE ??
  ([...MISSING_JUDGES, ...MISSING_HIVE_JUDGES].length > 0 ? [...MISSING_JUDGES, ...MISSING_HIVE_JUDGES].join(', ') : undefined);
if (missing !== undefined) console.log(`skipped: ${missing}`);

const FOLDER = 'Windows\\System32\\drivers\\CrowdStrike';
const CONFIG = 'Windows\\System32\\config';
const MIB = 1 << 20;

describe.skipIf(missing !== undefined)('the sample of the corpus', () => {
  let folder: string;
  let sample: SampleDisk;
  let disk: string;
  let hash: string;
  beforeAll(() => {
    folder = scratchFolder();
    sample = shared('sample', buildSample);
    disk = copyOf(sample.path, join(folder, 'disk.raw'));
    hash = hashOf(disk);
  });
  afterAll(() => removeFolder(folder));

  const volume = (): string => {
    const path = join(folder, 'ntfs.raw');
    const { offset, sizeBytes } = sample.windows;
    must('dd', [
      `if=${disk}`,
      `of=${path}`,
      'bs=1M',
      'iflag=skip_bytes,count_bytes',
      `skip=${offset}`,
      `count=${sizeBytes}`,
      'conv=sparse',
      'status=none',
    ]);
    must('truncate', ['-s', String(sizeBytes), path]);
    return path;
  };
  const bytesOf = (plan: BlockPlan): number => plan.changes.reduce((sum, change) => sum + change.new.length, 0);

  it('quarantine alone: reads less than 1 MiB, writes less than 64 KiB', () => {
    const started = performance.now();
    planning(disk, quarantineAlone(), ({ outcome, plan, log }, { count }) => {
      expect(outcome).toBe('planned');
      console.log(
        `quarantine: ${count.reads} reads, ${count.bytes} bytes; ${plan.changes.length} writes, ${bytesOf(plan)} bytes; log ${log.state}`,
      );
      expect(count.bytes).toBeLessThan(MIB);
      expect(bytesOf(plan)).toBeLessThan(65_536);
    });
    const planned = performance.now();
    const { applied } = repair(disk, quarantineAlone());
    const done = performance.now();
    expect(applied.bytesWritten).toBeLessThan(65_536);
    expect(undoRepair(disk).outcome).toBe('undone');
    expect(hashOf(disk)).toBe(hash);
    // The same by mounting: what people do by hand.
    const mine = volume();
    const before = performance.now();
    mounted(mine, 'rw', (top) => {
      const path = join(top, ...FOLDER.split('\\'), 'C-00000291-00000000-00000032.sys');
      mkdirSync(join(top, 'Quarantine'));
      renameSync(path, join(top, 'Quarantine', 'C-00000291-00000000-00000032.sys'));
    });
    const theirs = performance.now() - before;
    console.log(
      `quarantine: planned in ${Math.round(planned - started)} ms, planned, written, read back and checked in ${Math.round(done - planned)} ms; ntfs-3g mount and move ${Math.round(theirs)} ms`,
    );
  });

  let repaired: Repaired;
  it('whole repair: reads at most twice hives and logs, writes at most twice the dirty pages', () => {
    const { reads, bytes, planned } = planning(disk, wholeRepair(), (each, { count }) => ({
      reads: count.reads,
      bytes: count.bytes,
      planned: each,
    }));
    expect([planned.outcome, planned.refusals]).toEqual(['planned', []]);
    const paths = pathsBySleuthkit(sample.path, sample.windows.offset);
    const size = (path: string): number => contentsBySleuthkit(sample.path, paths.get(path)!, sample.windows.offset).length;
    const hives = ['SYSTEM', 'SYSTEM.LOG1', 'SYSTEM.LOG2', 'SOFTWARE'].reduce((sum, name) => sum + size(`${CONFIG}\\${name}`), 0);
    // Pages of 4 KiB in which the hive differs before and after: what the logs and the change make dirty.
    repaired = repair(disk);
    const original = contentsBySleuthkit(sample.path, paths.get(`${CONFIG}\\SYSTEM`)!, sample.windows.offset);
    const now = contentsBySleuthkit(disk, paths.get(`${CONFIG}\\SYSTEM`)!, sample.windows.offset);
    let dirty = 0;
    for (let at = 0; at < now.length; at += 4096)
      if (Buffer.compare(now.subarray(at, at + 4096), original.subarray(at, at + 4096)) !== 0) dirty += 4096;
    console.log(
      `whole repair: ${reads} reads, ${bytes} bytes (hives and logs ${hives}); ${planned.plan.changes.length} writes, ${bytesOf(planned.plan)} bytes (dirty pages ${dirty}); journal ${repaired.applied.journalBytes}`,
    );
    expect(bytes).toBeLessThanOrEqual(2 * hives);
    expect(bytesOf(planned.plan)).toBeLessThanOrEqual(2 * dirty);
  });

  it('whole repair: only planned sectors, a sound volume, names as they should be', () => {
    const planned = repaired.planned.plan.changes.map(({ offset, new: bytes }) => ({ offset, sizeBytes: bytes.length }));
    expect(outside(differences(sample.path, disk), planned)).toEqual([]);
    expectSound(volume());
    const names = pathsBySleuthkit(disk, sample.windows.offset);
    const channel = [...names.keys()].filter((path) => path.includes('C-00000291')).map((path) => path.slice(FOLDER.length + 1));
    expect(channel.sort()).toEqual(['29.sys', '32.sy_', '33.sys'].map((end) => `C-00000291-00000000-000000${end}`));
    for (const kept of ['29', '33']) {
      const path = `${FOLDER}\\C-00000291-00000000-000000${kept}.sys`;
      const [one, two] = [sample.path, disk].map((image) => contentsBySleuthkit(image, names.get(path)!, sample.windows.offset));
      expect(Buffer.compare(one!, two!)).toBe(0);
    }
  });

  it.skipIf(!hivesReady)('SYSTEM holds what its logs held, in a file that needs none, and libregf, hivex and reglookup accept it', () => {
    const record = pathsBySleuthkit(disk, sample.windows.offset).get(`${CONFIG}\\SYSTEM`)!;
    const bytes = contentsBySleuthkit(disk, record, sample.windows.offset);
    const path = join(folder, 'SYSTEM');
    writeFileSync(path, bytes);
    expectHiveAccepted(path);
    const hive = openHive(memorySource(bytes));
    expect(hive.state).toBe('clean');
    // This machine has no such service: nothing but the replay changed it.
    expect(hive.key('ControlSet001\\Services\\CSAgent')).toBeUndefined();
    expect(dumpLines(hive)).toEqual(expectedLines('regipy_SYSTEM_B.recovered.yarp'));
  });

  it('is put back to the last bit', () => {
    expect(undoRepair(disk).outcome).toBe('undone');
    expect(hashOf(disk)).toBe(hash);
  });
});
