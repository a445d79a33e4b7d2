import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { memorySource, ticksToIso } from '@winmedic/bytes';
import { openDump } from '@winmedic/crash-dump';
import { openEvtx } from '@winmedic/evtx';
import { openHive } from '@winmedic/registry-hive';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CAN_CONVERT,
  convertDisk,
  type DiskImage,
  type DiskOptions,
  extractPartition,
  MISSING_TOOLS,
  makeDisk,
  sameContents,
} from './images.ts';
import { canMount, missingTools, mounted, must, removeFolder, scratchFolder, tool } from './tools.ts';
import { allocatedBytes } from './volume.ts';

/** The made disks are what they are said to be: sound for ntfsfix and ntfsresize, and with the contents that sleuthkit reads. */
const missing = [...MISSING_TOOLS, ...missingTools('ntfsfix', 'ntfsresize', 'fls', 'istat', 'icat', 'mmls')];
if (missing.length > 0)
  console.log(`skipped: ${missing.join(', ')} not installed (packages ntfs-3g, gdisk, dosfstools, mtools, attr, sleuthkit)`);
else if (!canMount()) console.log('skipped in part: no /dev/fuse, Windows volumes are made by labs only');

/** Paths and record numbers of all files below a mounted folder. */
function walk(top: string, below = ''): [string, number][] {
  return readdirSync(join(top, below), { withFileTypes: true }).flatMap((each): [string, number][] => {
    const path = below === '' ? each.name : `${below}/${each.name}`;
    if (each.isDirectory()) return walk(top, path);
    return [[path.replaceAll('/', '\\'), statSync(join(top, path)).ino]];
  });
}

const VARIANTS: readonly (readonly [string, DiskOptions])[] = [
  ...(canMount()
    ? ([
        ['GPT by ntfs-3g', { by: 'ntfs-3g' }],
        [
          'MBR by ntfs-3g, clusters of 64 KiB, hibernated',
          { by: 'ntfs-3g', table: 'mbr', clusterBytes: 65_536, hiberfil: 'HIBR', hives: 'growing' },
        ],
      ] as const)
    : []),
  [
    'GPT by labs, clusters of 512 bytes, Server 2012 R2',
    { by: 'labs', clusterBytes: 512, build: 'server-2012r2', pagefile: 'dump', corrected: false },
  ],
  [
    'MBR by labs, Server 2016',
    { by: 'labs', table: 'mbr', build: 'server-2016', hiberfil: 'wake', hives: 'clean', dosNames: false, safeBoot: 'minimal' },
  ],
];

describe.skipIf(missing.length > 0).each(VARIANTS)('a disk: %s', (_name, options) => {
  let folder: string;
  let disk: DiskImage;
  let volume: string;
  beforeAll(() => {
    folder = scratchFolder();
    disk = makeDisk(folder, options);
    volume = join(folder, 'windows.img');
    extractPartition(disk, disk.windows, volume);
  });
  afterAll(() => removeFolder(folder));

  /** Record numbers by path. fls sees only the first index block of each cluster where clusters are larger (sleuthkit 4.11): there ntfs-3g lists them. */
  const records = (): Map<string, number> => {
    if ((options.clusterBytes ?? 4096) > 4096) return mounted(volume, 'ro', (top) => new Map(walk(top)));
    return new Map(
      must('fls', ['-r', '-p', volume])
        .split('\n')
        .flatMap((line) => {
          const found = /^r\/r (\d+)-128-\d+:\t(.*)$/.exec(line);
          return found ? [[found[2]!.replaceAll('/', '\\'), Number(found[1])] as const] : [];
        }),
    );
  };
  const contents = (record: number): Uint8Array => {
    const path = join(folder, 'icat.out');
    must('sh', ['-c', 'icat "$1" "$2" > "$3"', 'sh', volume, String(record), path]);
    return readFileSync(path);
  };

  it('is sparse and has the partitions that mmls and sgdisk see', () => {
    expect(allocatedBytes(disk.path)).toBeLessThan(64 << 20);
    const listed = [...must('mmls', [disk.path]).matchAll(/^\d+:\s+(?:\d+|\d+:\d+)\s+(\d+)\s+(\d+)\s+(\d+)/gm)].map((each) => [
      Number(each[1]) * 512,
      Number(each[3]) * 512,
    ]);
    expect(listed).toEqual(disk.partitions.map((each) => [each.offset, each.sizeBytes]));
    if (disk.table === 'gpt') expect(must('sgdisk', ['-v', disk.path])).toContain('No problems found');
  });

  it('has a Windows volume that is sound', () => {
    expect(tool('ntfsfix', ['-n', volume])).toMatchObject({ code: 0 });
    expect(tool('ntfsresize', ['-i', '-f', volume])).toMatchObject({ code: 0 });
  });

  it('has every file with its size, time and contents', () => {
    const listed = records();
    expect(disk.facts.files.filter((each) => !listed.has(each.path)).map((each) => each.path)).toEqual([]);
    const checked = disk.facts.files.filter((each, i) => i % 40 === 0 || each === disk.facts.faulty || !/drivers|links/.test(each.path));
    for (const file of checked) {
      const record = listed.get(file.path)!;
      expect([file.path, createHash('sha256').update(contents(record)).digest('hex')]).toEqual([file.path, file.sha256]);
      const seconds = ticksToIso(file.modified).slice(0, 19).replace('T', ' ');
      expect([file.path, tool('istat', [volume, String(record)]).stdout]).toEqual([
        file.path,
        expect.stringContaining(`File Modified:\t${seconds}`),
      ]);
      if (file.dosName) expect(listed.has(`${file.path.slice(0, file.path.lastIndexOf('\\'))}\\${file.dosName}`)).toBe(false);
    }
    expect(checked.length).toBeGreaterThan(50);
  });

  it('has hives that say what they are said to say', () => {
    const listed = records();
    for (const hive of disk.facts.hives) {
      const [bytes, log1, log2] = ['', '.LOG1', '.LOG2'].map((end) => contents(listed.get(`${hive.path}${end}`)!)) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      const raw = openHive(memorySource(bytes));
      expect([hive.name, raw.state]).toEqual([hive.name, hive.dirty ? 'dirty' : 'clean']);
      const logs = [log1, log2].map((each, i) => ({ name: `${hive.name}.LOG${i + 1}`, source: memorySource(each) }));
      const replayed = openHive(memorySource(bytes), { logs });
      for (const value of disk.facts.values.filter((each) => each.hive === hive.name)) {
        const number = (opened: typeof raw): number | undefined => {
          const data = opened.key(value.key)?.value(value.name)?.data();
          return data && new DataView(data.buffer, data.byteOffset).getUint32(0, true);
        };
        expect([value.name, number(raw), number(replayed)]).toEqual([value.name, value.raw, value.replayed]);
      }
    }
  });

  it('has a small dump and an event log that tell of the crash', () => {
    const listed = records();
    const dump = openDump(memorySource(contents(listed.get(disk.facts.dump.path)!)));
    expect([dump.bugCheck.code, dump.moduleAt(dump.instructionPointer!)?.name, dump.systemTime]).toEqual([
      disk.facts.dump.code,
      disk.facts.dump.module,
      disk.facts.dump.time,
    ]);
    const log = openEvtx(memorySource(contents(listed.get('Windows\\System32\\winevt\\Logs\\System.evtx')!)));
    const ids = [...log.records()].map((each) => each.system.eventId);
    for (const id of [41, 1001, 6008, 12])
      expect([id, ids.filter((each) => each === id).length]).toEqual([id, disk.facts.bugChecks.length]);
  });

  it('has a boot store that boots the entry it is said to boot', () => {
    const partition = disk.partitions.find((each) => each.role === 'efi' || each.role === 'system-reserved')!;
    const path = join(folder, 'boot.img');
    extractPartition(disk, partition, path);
    const saved = join(folder, 'BCD');
    if (partition.role === 'efi') {
      must('mcopy', ['-o', '-i', path, `::${disk.facts.boot.path.replaceAll('\\', '/')}`, saved]);
    } else {
      const record = /^r\/r (\d+)-128-\d+:\tBoot\/BCD$/m.exec(must('fls', ['-r', '-p', path]))![1]!;
      must('sh', ['-c', 'icat "$1" "$2" > "$3"', 'sh', path, record, saved]);
    }
    const store = openHive(memorySource(readFileSync(saved)));
    const manager = store.key('Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\23000003')!.value('Element')!.data();
    expect(new TextDecoder('utf-16le').decode(manager).replace('\0', '')).toBe(disk.facts.boot.defaultEntry);
    const safe = store.key(`Objects\\${disk.facts.boot.defaultEntry}\\Elements\\25000080`);
    expect(safe !== undefined).toBe(options.safeBoot !== undefined);
  });

  it('has SYSTEM in many pieces', () => {
    const record = records().get('Windows\\System32\\config\\SYSTEM')!;
    const clusters = must('istat', [volume, String(record)])
      .split('Type: $DATA')[1]!
      .match(/\b\d+\b/g)!
      .slice(4)
      .map(Number);
    const breaks = clusters.filter((each, i) => i > 0 && each !== clusters[i - 1]! + 1).length;
    expect(breaks).toBeGreaterThan(options.clusterBytes === 65_536 ? 1 : 8);
  });

  it('is the same in every run as far as it can be', () => {
    if (options.by !== 'labs') return;
    const again = makeDisk(join(folder, 'again'), options);
    extractPartition(again, again.windows, join(folder, 'again.img'));
    const sha = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(sha(join(folder, 'again.img'))).toBe(sha(volume));
  });

  it.skipIf(!CAN_CONVERT)('is the same in every container', () => {
    for (const each of ['vhdx', 'vhd', 'qcow2', 'vmdk'] as const)
      expect([each, sameContents(disk.path, convertDisk(disk, each))]).toEqual([each, true]);
  });
});

describe.skipIf(missing.length > 0)('a disk by labs', () => {
  it('has the log, the LSN and the dirty flag that were asked for', () => {
    const folder = scratchFolder();
    try {
      const logFile = Buffer.alloc(1 << 20, 'log of the file system ');
      const faulty = 'Windows\\System32\\drivers\\CrowdStrike\\C-00000291-00000000-00000032.sys';
      const lsnOf = (path: string): bigint | undefined => (path === faulty ? 291_000_123n : undefined);
      const disk = makeDisk(folder, { by: 'labs', drivers: 5, channelFiles: 5, logFile, lsnOf, volumeDirty: true });
      const volume = join(folder, 'windows.img');
      extractPartition(disk, disk.windows, volume);
      expect(must('ntfsinfo', ['-m', '-f', volume])).toMatch(/Volume Flags: 0x0001 DIRTY/);
      expect(must('icat', [volume, '2'])).toBe(logFile.toString());
      const record = /^r\/r (\d+)-128-\d+:\t.*00000032\.sys$/m.exec(must('fls', ['-r', '-p', volume]))![1]!;
      expect(must('istat', [volume, record])).toContain('$LogFile Sequence Number: 291000123');
    } finally {
      removeFolder(folder);
    }
  });
});
