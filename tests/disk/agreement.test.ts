import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ticksToUnixMs } from '@winmedic/bytes';
import { ATTRIBUTE, type NtfsVolume, parseKeyList } from '@winmedic/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFiles, listFolder, type OpenDiskOptions, type OpenedDisk, openDisk } from '../../core/disk/index.ts';
import { Problems } from '../../core/evidence/index.ts';
import type { DiskReport, VolumeReport } from '../../core/model/disk.ts';
import { inspectDisk } from '../../core/recovery/index.ts';
import { type DiskOptions, MISSING_TOOLS, makeDisk } from './images.ts';
import { contentsBySleuthkit } from './judges.ts';
import { buildSample, NO_SAMPLE } from './sample.ts';
import { shared } from './shared.ts';
import { encrypted, makeSmall, RECOVERY } from './small.ts';
import { canMount, missingTools, must, removeFolder, scratchFolder, tool } from './tools.ts';

/** What `inspect`, `ls` and `find` say of every image, beside sleuthkit (mmls, fsstat, fls, istat, icat); BitLocker volumes through libbde (bdemount). */
const missing = [...MISSING_TOOLS, ...missingTools('mmls', 'fsstat', 'fls', 'istat', 'icat')];
if (missing.length > 0) console.log(`skipped: ${missing.join(', ')} not installed (packages sleuthkit, ntfs-3g, gdisk)`);
const CORPUS = join(
  process.env['WINMEDIC_CORPUS'] ?? resolve(import.meta.dirname, '../../../shared/corpus'),
  'disk',
  'bitlocker_xts128_damaged.img.xz',
);

/** A volume as sleuthkit can read it: a file, and where in it. */
interface Place {
  readonly image: string;
  readonly sector: number;
}

const at = ({ sector }: Place): string[] => ['-o', String(sector)];

/** One line of `fls -m`. */
interface Listed {
  readonly path: string;
  readonly record: number;
  readonly isData: boolean;
  readonly sizeBytes: number;
  readonly modified: number;
}

function fls(place: Place): Listed[] {
  const lines = must('fls', ['-r', '-u', '-m', '', ...at(place), place.image]).split('\n');
  return lines.flatMap((line) => {
    const parts = line.split('|');
    const [record = '', type = ''] = (parts[2] ?? '').split('-');
    const path = (parts[1] ?? '').slice(1);
    // `$FILE_NAME` entries repeat the file, streams have lines of their own, `$OrphanFiles` is a folder of the tool's own.
    if (parts.length < 11 || path.endsWith('($FILE_NAME)') || path.startsWith('$OrphanFiles') || /:[^/]+$/.test(path) || record === '0')
      return [];
    return [{ path, record: Number(record), isData: type === '128', sizeBytes: Number(parts[6]), modified: Number(parts[8]) }];
  });
}

/** A report and files of ours against those of sleuthkit. */
function expectAgreement(ntfs: NtfsVolume, report: VolumeReport, place: Place): void {
  const stat = must('fsstat', [...at(place), place.image]);
  const field = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'm').exec(stat)?.[1] ?? '';
  expect({
    serial: report.ntfs?.serial.replace('-', '').toUpperCase(),
    label: report.label,
    sector: report.ntfs?.sectorBytes,
    cluster: report.ntfs?.clusterBytes,
    record: report.ntfs?.recordBytes,
  }).toEqual({
    serial: field('Volume Serial Number'),
    label: field('Volume Name'),
    sector: Number(field('Sector Size')),
    cluster: Number(field('Cluster Size')),
    record: Number(/(\d+) bytes/.exec(field('Size of MFT Entries'))?.[1]),
  });
  const ours = [...findFiles(ntfs, {})].filter(({ record }) => record !== 0);
  const seconds = (ticks: bigint): number => Math.floor(Number(ticksToUnixMs(ticks)) / 1000);
  // Larger clusters hold several index blocks: sleuthkit 4.11 sees only the first.
  if ((report.ntfs?.clusterBytes ?? 0) <= 4096) {
    const theirs = fls(place).map(
      ({ path, record, isData, sizeBytes, modified }) => `${path} ${record} ${isData ? sizeBytes : 0} ${modified}`,
    );
    const found = ours
      .filter(
        ({ record, isDirectory }) =>
          isDirectory || ntfs.file(record)!.attributes.some(({ type, name }) => type === ATTRIBUTE.data && name === ''),
      )
      .map(({ path, record, sizeBytes, modified }) => `${path.replaceAll('\\', '/')} ${record} ${sizeBytes} ${seconds(modified)}`);
    expect(found.sort()).toEqual([...new Set(theirs)].sort());
  }
  // Each of another kind, and some of the many.
  const special = /sparse|linked|CBS|障害|サーバー|config\\(SYSTEM|SOFTWARE)|C-00000291|Minidump/i;
  const files = ours.filter(({ isDirectory, record }) => !isDirectory && record >= 24);
  const chosen = files.filter(({ path }, i) => files.length < 30 || special.test(path) || i % 90 === 0);
  expect(chosen.length).toBeGreaterThan(1);
  for (const file of chosen) {
    const said = must('istat', [...at(place), place.image, String(file.record)]);
    const opened = ntfs.file(file.record)!;
    expect([file.path, Number(/Sequence: (\d+)/.exec(said)![1])]).toEqual([file.path, file.sequence]);
    expect([file.path, said.includes('$ATTRIBUTE_LIST')]).toEqual([
      file.path,
      opened.attributes.some(({ type }) => type === ATTRIBUTE.attributeList),
    ]);
    for (const word of ['Compressed', 'Sparse'] as const) {
      const flagged = new RegExp(`Type: \\$DATA \\(128-\\d+\\) +Name: N/A .*${word}`).test(said);
      if (flagged) expect([file.path, word, file[word === 'Sparse' ? 'sparse' : 'compressed']]).toEqual([file.path, word, true]);
    }
    if (file.shortName !== undefined)
      expect(must('fls', [...at(place), place.image, String(folderOf(ntfs, file.path))])).not.toContain(file.shortName);
    const data = ntfs.open(opened);
    if (data === undefined) continue;
    const bytes = new Uint8Array(data.sizeBytes);
    expect([file.path, data.readAt(0, bytes)]).toEqual([file.path, bytes.length]);
    const theirs = contentsBySleuthkit(place.image, file.record, place.sector * 512);
    expect([file.path, sha(bytes)]).toEqual([file.path, sha(theirs)]);
  }
}

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const folderOf = (ntfs: NtfsVolume, path: string): number =>
  ntfs.lookup(path.slice(0, Math.max(0, path.lastIndexOf('\\'))))!.reference.record;

let folder: string;
beforeAll(() => {
  folder = scratchFolder();
});
afterAll(() => removeFolder(folder));

function inspecting<T>(
  path: string,
  work: (disk: OpenedDisk, report: Omit<DiskReport, 'problems' | 'io'>) => T,
  options: OpenDiskOptions = {},
): T {
  const disk = openDisk(path, options);
  try {
    return work(disk, inspectDisk(disk, new Problems()));
  } finally {
    disk.close();
  }
}

const DISKS: readonly (readonly [string, DiskOptions])[] = [
  ...(canMount()
    ? ([
        ['GPT-by-ntfs-3g', { by: 'ntfs-3g' }],
        ['MBR by ntfs-3g, clusters of 64 KiB', { by: 'ntfs-3g', table: 'mbr', clusterBytes: 65_536 }],
        ['GPT by ntfs-3g, clusters of 512 bytes', { by: 'ntfs-3g', clusterBytes: 512, hives: 'growing' }],
      ] as const)
    : []),
  ['MBR by labs, clusters of 1 KiB', { by: 'labs', table: 'mbr', clusterBytes: 1024 }],
  ['GPT by labs, clusters of 4 KiB', { by: 'labs', hiberfil: 'wake', pagefile: 'dump' }],
];

describe.skipIf(missing.length > 0)('inspect, ls and find agree with sleuthkit', () => {
  it.each(DISKS)('%s', (name, options) => {
    const made = shared(name.replaceAll(/\W+/g, '-'), (into) => makeDisk(into, options));
    inspecting(made.path, (disk, report) => {
      const listed = [...must('mmls', [made.path]).matchAll(/^\d+:\s+(?:\d+|\d+:\d+)\s+(\d+)\s+(\d+)\s+(\d+)/gm)].map((each) => [
        Number(each[1]) * 512,
        Number(each[3]) * 512,
      ]);
      expect(report.volumes.map(({ offset, sizeBytes }) => [offset, sizeBytes])).toEqual(listed);
      let compared = 0;
      for (const volume of disk.volumes) {
        if (volume.kind !== 'ntfs') continue;
        const said = report.volumes.find(({ number }) => number === volume.number)!;
        expectAgreement(volume.ntfs!, said, { image: made.path, sector: volume.partition.offset / 512 });
        compared++;
      }
      expect(compared).toBe(2);
      const windows = report.volumes.find(({ number }) => number === made.windows.number)!.windows!;
      expect([windows.build, windows.facts.get('computer')?.value, windows.facts.get('product')?.value]).toEqual([
        made.facts.build,
        made.facts.computer,
        made.facts.productName,
      ]);
      expect([windows.lastCrash?.from.replaceAll('/', '\\'), windows.hives.map(({ state }) => state)]).toEqual([
        made.facts.dump.path,
        made.facts.hives.map(({ dirty }) => (dirty ? 'replayed' : 'clean')),
      ]);
      const ntfs = disk.volumes.find(({ number }) => number === made.windows.number)!.ntfs!;
      const inFolder = listFolder(ntfs, 'Windows\\System32\\drivers\\CrowdStrike').map(({ path }) => path);
      expect(inFolder).toEqual(expect.arrayContaining(made.facts.good.map(({ path }) => path)));
      const found = [...findFiles(ntfs, { below: 'Windows\\System32\\drivers\\CrowdStrike', glob: 'C-00000291*.sys' })];
      expect(found.map(({ path }) => path).sort()).toEqual([...made.facts.good, made.facts.faulty!].map(({ path }) => path).sort());
    });
  });

  it.skipIf(NO_SAMPLE !== undefined)('the sample of the corpus', () => {
    const sample = shared('sample', buildSample);
    inspecting(sample.path, (disk, report) => {
      const volume = disk.volumes.find(({ partition }) => partition.offset === sample.windows.offset)!;
      const said = report.volumes.find(({ number }) => number === volume.number)!;
      expectAgreement(volume.ntfs!, said, { image: sample.path, sector: sample.windows.offset / 512 });
    });
  });

  const noBde = missingTools('bdemount', 'umount').length > 0 || !canMount();
  if (noBde) console.log('skipped in part: bdemount (package libbde-utils) or /dev/fuse is missing');

  const throughBde = (path: string, key: string, number: number): void => {
    const mount = join(folder, `bde-${number}`);
    mkdirSync(mount);
    must('bdemount', ['-r', key, path, mount]);
    try {
      const plain = join(mount, readdirSync(mount)[0]!);
      inspecting(
        path,
        (disk, report) => {
          expect(report.volumes.map(({ lock }) => lock)).toEqual(['unlocked']);
          expectAgreement(disk.volumes[0]!.ntfs!, report.volumes[0]!, { image: plain, sector: 0 });
        },
        { keys: { recovery: parseKeyList(key) } },
      );
    } finally {
      tool('umount', [mount]);
    }
  };

  it.skipIf(noBde)('a BitLocker volume by labs', () => {
    const path = join(folder, 'bitlocker.img');
    encrypted(shared('small', (into) => makeSmall(into)).path, path, {
      method: 'aes-xts-128',
      protectors: [{ kind: 'recovery-password', digits: RECOVERY }],
    });
    throughBde(path, RECOVERY, 1);
  });

  it.skipIf(noBde || !existsSync(CORPUS))('the BitLocker volume of the corpus', () => {
    const path = join(folder, 'corpus.img');
    execFileSync('sh', ['-c', 'xz -dc "$1" > "$2"', 'sh', CORPUS, path]);
    throughBde(path, '235818-357951-253979-013365-241120-245575-342914-591910', 2);
  });
});
