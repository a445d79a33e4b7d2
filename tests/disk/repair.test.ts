import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import { openHive } from '@winmedic/registry-hive';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalPath, undoRepair } from '../../core/recovery/index.ts';
import { type DiskImage, type DiskOptions, extractPartition, MISSING_TOOLS, makeDisk } from './images.ts';
import {
  contentsBySleuthkit,
  expectHiveAccepted,
  expectSound,
  filesByNtfs3g,
  MISSING_HIVE_JUDGES,
  MISSING_JUDGES,
  pathsBySleuthkit,
  type Seen,
} from './judges.ts';
import { planning, type Repaired, repair, wholeRepair } from './recipe.ts';
import { copyOf, differences, hashOf, outside, shared } from './shared.ts';
import { canMount, must, removeFolder, scratchFolder } from './tools.ts';

/**
 * The whole repair of made disks: what it changes and what not, judged by ntfs-3g and its tools, sleuthkit, libregf, hivex and reglookup; and back again.
 */
const missing = [...MISSING_TOOLS, ...MISSING_JUDGES, ...MISSING_HIVE_JUDGES];
if (missing.length > 0)
  console.log(`skipped: ${missing.join(', ')} not installed (packages ntfs-3g, gdisk, sleuthkit, libregf-utils, libhivex-bin, reglookup)`);
else if (!canMount()) console.log('skipped in part: no /dev/fuse, volumes are made by labs only and not mounted');

const CONFIG = 'Windows\\System32\\config';
const FOLDER = 'Windows\\System32\\drivers\\CrowdStrike';

interface Variant {
  readonly name: string;
  readonly options: DiskOptions;
  /** The folder of the channel files has no index block. */
  readonly rootOnly?: true;
}

const VARIANTS: readonly Variant[] = [
  ...(canMount()
    ? [
        { name: 'GPT by ntfs-3g', options: { by: 'ntfs-3g' } } as const,
        {
          name: 'MBR by ntfs-3g, clusters of 64 KiB, growing hives, last boot resumed',
          options: { by: 'ntfs-3g', table: 'mbr', clusterBytes: 65_536, hives: 'growing', hiberfil: 'wake' },
        } as const,
        {
          name: 'GPT by ntfs-3g, clusters of 1 KiB, growing hives',
          options: { by: 'ntfs-3g', clusterBytes: 1024, hives: 'growing' },
        } as const,
      ]
    : []),
  {
    name: 'GPT by labs, clusters of 512 bytes, Server 2012 R2, dump in the page file',
    options: { by: 'labs', clusterBytes: 512, build: 'server-2012r2', pagefile: 'dump' },
  },
  {
    name: 'MBR by labs, clusters of 2 KiB, Server 2016, growing hives, dirty volume, safe boot',
    options: {
      by: 'labs',
      table: 'mbr',
      clusterBytes: 2048,
      build: 'server-2016',
      hives: 'growing',
      volumeDirty: true,
      safeBoot: 'minimal',
    },
  },
  {
    name: 'GPT by labs, few channel files without DOS names',
    options: { by: 'labs', channelFiles: 0, dosNames: false, corrected: false, hives: 'growing', fragmentedHive: false },
    rootOnly: true,
  },
];

describe.skipIf(missing.length > 0).each(VARIANTS)('repair: $name', ({ name, options, rootOnly }) => {
  let folder: string;
  let disk: DiskImage;
  let original: string;
  let work: string;
  let volume: string;
  let before: Map<string, Seen>;
  let after: Map<string, Seen>;
  let repaired: Repaired;
  /** 8.3 and 64 KiB: sleuthkit 4.11 sees only the first index block of a cluster. */
  const sleuthkitReads = (options.clusterBytes ?? 4096) <= 4096;
  const takesTxr = options.build !== 'server-2012r2';

  beforeAll(() => {
    folder = scratchFolder();
    disk = shared(name.replaceAll(/\W+/g, '-'), (into) => makeDisk(into, options));
    original = join(folder, 'windows-before.img');
    volume = join(folder, 'windows.img');
    extractPartition(disk, disk.windows, original);
    if (canMount()) before = filesByNtfs3g(original);
    work = copyOf(disk.path, join(folder, 'disk.raw'));
    repaired = repair(work);
    extractPartition({ ...disk, path: work }, disk.windows, volume);
    if (canMount()) after = filesByNtfs3g(volume);
  });
  afterAll(() => removeFolder(folder));

  const contents = (image: string, path: string): Uint8Array => {
    if (sleuthkitReads) return contentsBySleuthkit(image, pathsBySleuthkit(image).get(path)!);
    const out = join(folder, 'contents');
    must('sh', ['-c', 'ntfscat "$1" "$2" > "$3"', 'sh', image, path.replaceAll('\\', '/'), out]);
    return readFileSync(out);
  };
  const moved = (): [string, string][] => [
    [`${FOLDER}\\C-00000291-00000000-00000032.sys`, `${FOLDER}\\C-00000291-00000000-00000032.sy_`],
    ...(takesTxr ? disk.facts.transactionLogs.map((path): [string, string] => [path, `${path.slice(0, -1)}_`]) : []),
  ];

  it('does every step and finds its own result sound', () => {
    const { planned, applied } = repaired;
    expect(planned.steps.map(({ step, outcome }) => [step.id, outcome])).toEqual([
      ['channel-file', 'planned'],
      ['hives', 'planned'],
      ['txr-logs', takesTxr ? 'planned' : 'skipped'],
      ['disable-sensor', 'planned'],
    ]);
    expect([...planned.checks, ...applied.checks].filter(({ ok }) => !ok)).toEqual([]);
    expect(new Set(planned.checks.map(({ id }) => id))).toEqual(new Set(['names', 'hives', 'mirror']));
    expect([applied.writes, applied.bytesWritten]).toEqual([
      planned.plan.changes.length,
      planned.plan.changes.reduce((sum, change) => sum + change.new.length, 0),
    ]);
    expect(applied.journal).toBe(journalPath(work, false));
    // It holds what lay on the disk: only for its owner.
    expect(statSync(applied.journal).mode & 0o777).toBe(0o600);
  });

  it('changes the planned sectors and no others', () => {
    const planned = repaired.planned.plan.changes.map(({ offset, new: bytes }) => ({ offset, sizeBytes: bytes.length }));
    const changed = differences(disk.path, work);
    expect(outside(changed, planned)).toEqual([]);
    expect(outside(planned, changed)).toEqual([]);
    expect(statSync(work).size).toBe(disk.sizeBytes);
    const { offset, sizeBytes } = disk.windows;
    expect(changed.filter((one) => one.offset < offset || one.offset + one.sizeBytes > offset + sizeBytes)).toEqual([]);
  });

  it('leaves a volume that ntfsfix, ntfsresize and ntfsinfo accept', () => expectSound(volume, options.volumeDirty));

  it.skipIf(!canMount())('shows ntfs-3g the same files but those that were moved, and the same bytes but those of hives', () => {
    const renamed = new Map(moved());
    const expected = [...before.values()].map((file) => ({ ...file, path: renamed.get(file.path) ?? file.path }));
    const isHive = (path: string): boolean => /\\config\\(SYSTEM|SOFTWARE)(\.LOG[12])?$/.test(path);
    const shown = (files: readonly Seen[]): unknown[] =>
      files
        .map(({ path, sizeBytes, sha256, modified }) => (isHive(path) ? [path] : [path, sizeBytes, sha256, modified]))
        .sort((x, y) => (String(x[0]) < String(y[0]) ? -1 : 1));
    expect(shown([...after.values()])).toEqual(shown(expected));
    expect([...before.keys()].filter((path) => renamed.has(path)).length).toBe(renamed.size);
    const [hive, kept] = [`${CONFIG}\\SYSTEM`, disk.facts.good[0]!];
    expect(after.get(hive)!.sha256).not.toBe(before.get(hive)!.sha256);
    expect(after.get(kept.path)).toMatchObject({ sha256: kept.sha256, sizeBytes: kept.sizeBytes });
  });

  it.skipIf(!sleuthkitReads)('shows sleuthkit the new names and not the old ones', () => {
    const [old, fresh] = [pathsBySleuthkit(original), pathsBySleuthkit(volume)];
    const names = new Map(moved());
    expect([...fresh.keys()].sort()).toEqual([...old.keys()].map((path) => names.get(path) ?? path).sort());
    for (const [from, to] of names) expect([to, fresh.get(to)]).toEqual([to, old.get(from)]);
    for (const file of disk.facts.good) expect(fresh.has(file.path)).toBe(true);
    const listed = must('istat', [volume, String(fresh.get(FOLDER))]);
    expect(listed.includes('$INDEX_ALLOCATION')).toBe(rootOnly !== true);
  });

  it('leaves hives that need no logs and hold what the logs held', () => {
    for (const hive of ['SYSTEM', 'SOFTWARE']) {
      const path = join(folder, hive);
      const bytes = contents(volume, `${CONFIG}\\${hive}`);
      writeFileSync(path, bytes);
      const listed = expectHiveAccepted(path);
      const opened = openHive(memorySource(bytes));
      expect([hive, opened.state]).toEqual([hive, 'clean']);
      for (const value of disk.facts.values.filter((each) => each.hive === hive && each.name !== 'Start')) {
        expect([value.name, opened.key(value.key)?.value(value.name)?.number()]).toEqual([value.name, BigInt(value.replayed!)]);
        const hex = value.replayed!.toString(16).toUpperCase().padStart(8, '0');
        expect(listed).toContain(`/${value.key.replaceAll('\\', '/')}/${value.name},DWORD,0x${hex}`);
      }
      if (hive === 'SYSTEM') expect(listed).toContain('/ControlSet001/Services/CSAgent/Start,DWORD,0x00000004');
      // Whoever reads the logs too must find nothing in them that belongs to this state.
      const logs = [1, 2].map((n) => ({ name: `${hive}.LOG${n}`, source: memorySource(contents(volume, `${CONFIG}\\${hive}.LOG${n}`)) }));
      expect([hive, openHive(memorySource(bytes), { logs }).state]).toEqual([hive, 'clean']);
    }
  });

  it('finds nothing to do the second time, and is undone to the last bit', () => {
    planning(work, wholeRepair(), (again) => {
      expect([again.outcome, again.refusals, again.plan.changes]).toEqual(['nothing', [], []]);
    });
    const hash = hashOf(disk.path);
    expect(hashOf(work)).not.toBe(hash);
    const undone = undoRepair(work);
    expect([undone.before, undone.outcome]).toEqual(['changed', 'undone']);
    expect(hashOf(work)).toBe(hash);
    expect(() => undoRepair(work)).toThrow(expect.objectContaining({ code: 'RECOVERY_NO_JOURNAL' }));
    // Undone, it can be repaired and undone once more, with a journal of its own.
    const again = repair(work);
    expect(again.applied.journal).toBe(journalPath(work, false, 2));
    expect(undoRepair(work).outcome).toBe('undone');
    expect(hashOf(work)).toBe(hash);
  });
});

describe.skipIf(missing.length > 0)('repair refused', () => {
  let folder: string;
  beforeAll(() => {
    folder = scratchFolder();
  });
  afterAll(() => removeFolder(folder));

  const REFUSED: readonly (readonly [string, DiskOptions, string])[] = [
    ['hibernated', { hiberfil: 'HIBR' }, 'RECOVERY_HIBERNATED'],
    ['hibernated by Windows 7', { hiberfil: 'hibr' }, 'RECOVERY_HIBERNATED'],
    ['without the faulty file', { faulty: false }, 'RECOVERY_NOTHING_FOUND'],
  ];
  it.each(REFUSED)('%s: nothing is written', (name, options, code) => {
    const disk = makeDisk(join(folder, name.replaceAll(' ', '-')), { by: 'labs', drivers: 5, channelFiles: 5, ...options });
    const hash = hashOf(disk.path);
    planning(disk.path, wholeRepair(), (planned) => {
      expect([planned.outcome, planned.refusals.map((each) => each.code)]).toEqual(['refused', [code]]);
      expect(planned.plan.changes).toEqual([]);
    });
    expect(hashOf(disk.path)).toBe(hash);
  });

  it.each(['HIBR', 'zeros'] as const)('is allowed when hiberfil.sys holds %s only where Windows would not continue', (hiberfil) => {
    const disk = makeDisk(join(folder, `hiberfil-${hiberfil}`), { by: 'labs', drivers: 5, channelFiles: 5, hiberfil });
    planning(disk.path, wholeRepair(), ({ outcome }) => expect(outcome).toBe(hiberfil === 'HIBR' ? 'refused' : 'planned'));
  });
});
