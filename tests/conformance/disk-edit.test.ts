import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, copyFileSync, fstatSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ATTRIBUTE,
  asDevice,
  type BlockPlan,
  checkRename,
  checkVolume,
  type EditPreview,
  growFile,
  type NtfsFile,
  type NtfsVolume,
  Overlay,
  openNtfs,
  overwriteData,
  quarantineFile,
  quarantineName,
  RECORD,
  setVolumeDirty,
  undeleteFile,
} from '@winmedic/disk';
import { afterAll, describe, expect, it } from 'vitest';
import { type ImageShape, makeImage, missing } from './disk-ntfs-images.ts';

/**
 * Volumes of mkntfs and ntfs-3g after edits: what ntfsfix, ntfsresize, sleuthkit and a mount by ntfs-3g say of them, every other file bit for bit, and the
 * image as it was after undoing.
 */
const absent =
  missing() ?? (['ntfsfix', 'ntfsresize'].every((tool) => spawnSync('which', [tool]).status === 0) ? undefined : 'ntfsprogs not installed');
if (absent !== undefined) console.log(`skipped: ${absent}`);

const SHAPES: readonly ImageShape[] = [
  { name: 'clusters of 1 KiB', sectorBytes: 512, clusterBytes: 1024, megabytes: 64, files: 300 },
  { name: 'clusters of 4 KiB and 5000 files', sectorBytes: 512, clusterBytes: 4096, megabytes: 96, files: 5000 },
  { name: 'clusters of 64 KiB', sectorBytes: 512, clusterBytes: 65_536, megabytes: 160, files: 300 },
  { name: 'sectors and records of 4 KiB', sectorBytes: 4096, clusterBytes: 4096, megabytes: 96, files: 300 },
];

const folder = absent === undefined ? mkdtempSync(join(tmpdir(), 'disk-edit-')) : '';
afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
});

/** Runs `work` on a mounted image. */
function mounted<T>(image: string, options: string, work: (mount: string) => T): T {
  const mount = join(folder, 'mount');
  mkdirSync(mount, { recursive: true });
  execFileSync('ntfs-3g', ['-o', `streams_interface=windows,${options}`, image, mount], { stdio: 'ignore' });
  try {
    return work(mount);
  } finally {
    execFileSync('umount', [mount]);
  }
}

/** SHA-256 of every file by path, as a mount shows them. */
function hashes(image: string): Map<string, string> {
  return mounted(image, 'ro,show_sys_files', (mount) => {
    const lines = execFileSync('sh', ['-c', 'find . -type f ! -name "\\$*" -print0 | sort -z | xargs -0 sha256sum -z'], {
      cwd: mount,
      maxBuffer: 1 << 28,
    });
    return new Map(
      lines
        .toString()
        .split('\0')
        .filter((line) => line !== '')
        .map((line) => [line.slice(66), line.slice(0, 64)]),
    );
  });
}

/** Folders of three and of fifty files with 8.3 names, and files to overwrite and to make longer. */
function addFolders(image: string): void {
  mounted(image, 'rw', (mount) => {
    for (const [name, count] of [
      ['three', 3],
      ['fifty', 50],
    ] as const) {
      mkdirSync(join(mount, name));
      for (let i = 0; i < count; i++) {
        const path = join(mount, name, channel(i));
        writeFileSync(path, Buffer.alloc(i * 300, i));
        execFileSync('setfattr', ['-n', 'system.ntfs_dos_name', '-v', `C${String(i).padStart(5, '0')}~1.SYS`, path]);
      }
    }
    writeFileSync(join(mount, 'hive'), Buffer.alloc(300_000, 0x68));
    // Behind the hive, so that it cannot simply become longer.
    writeFileSync(join(mount, 'wall'), Buffer.alloc(200_000, 0x77));
  });
}

const channel = (i: number): string => `C-00000291-00000000-${String(i).padStart(8, '0')}.sys`;

interface Opened {
  readonly overlay: Overlay;
  readonly volume: NtfsVolume;
  readonly close: () => void;
}

function open(image: string, sectorBytes: number): Opened {
  const file = openSync(image, 'r');
  const source = {
    sizeBytes: fstatSync(file).size,
    readAt: (offset: number, into: Uint8Array) => readSync(file, into, 0, into.length, offset),
  };
  const overlay = new Overlay(asDevice(source, sectorBytes));
  return { overlay, volume: openNtfs(overlay), close: () => closeSync(file) };
}

function lookup(volume: NtfsVolume, path: string): NtfsFile {
  const file = volume.lookup(path);
  if (!file) throw new Error(`no ${path}`);
  return file;
}

/** Writes a plan, or undoes it. */
function apply(image: string, plan: BlockPlan, side: 'old' | 'new'): void {
  const file = openSync(image, 'r+');
  for (const change of plan.changes) writeSync(file, change[side], 0, change[side].length, change.offset);
  closeSync(file);
}

const sha256 = (image: string): string => execFileSync('sha256sum', [image]).toString().slice(0, 64);

/** Checkers of other people: all accept the image. */
function accepted(image: string): void {
  const fix = spawnSync('ntfsfix', ['-n', image], { encoding: 'utf8' });
  expect(`${fix.stdout}${fix.stderr}`).toMatch(/processed successfully/u);
  expect(fix.status).toBe(0);
  // `--info` compares all clusters with $Bitmap before it says anything; `--check` looks at no cluster and accepts a wrong $Bitmap.
  const resize = spawnSync('ntfsresize', ['--info', '--force', image], { encoding: 'utf8' });
  expect(`${resize.stdout}${resize.stderr}`).not.toMatch(/ERROR|inconsisten|mismatch/iu);
  expect(resize.status).toBe(0);
}

it.skipIf(absent !== undefined)('the outside check finds a cluster of a file that $Bitmap calls free', () => {
  const image = makeImage(folder, { name: 'wrong', sectorBytes: 512, clusterBytes: 4096, megabytes: 64, files: 10 });
  const { volume, close } = open(image, 512);
  const bitmap = volume.file(RECORD.bitmap)?.attributes.find(({ type }) => type === ATTRIBUTE.data)?.runs[0]?.lcn ?? 0;
  close();
  const file = openSync(image, 'r+');
  writeSync(file, new Uint8Array(1), 0, 1, bitmap * 4096);
  closeSync(file);
  expect(() => accepted(image)).toThrow(/ntfsresize/u);
  expect(spawnSync('ntfsresize', ['--info', '--force', image]).status).toBe(1);
  const damaged = open(image, 512);
  expect(new Set(checkVolume(damaged.volume).findings.map(({ code }) => code))).toEqual(new Set(['CHECK_CLUSTER_FREE']));
  damaged.close();
});

describe.skipIf(absent !== undefined).each(SHAPES)('$name', (shape) => {
  it('edits are accepted by every other tool, all other files stay, and undo gives the image back', () => {
    const image = makeImage(folder, shape);
    addFolders(image);
    const original = sha256(image);
    const before = hashes(image);
    const { overlay, volume, close } = open(image, shape.sectorBytes);
    expect(checkVolume(volume).findings).toEqual([]);

    const many = [...volume.entries(lookup(volume, 'many'))]
      .map(({ name }) => `many\\${name}`)
      .filter((_, i) => i % Math.ceil(shape.files / 25) === 0);
    const paths = [
      `three\\${channel(1)}`,
      ...[0, 7, 25, 49].map((i) => `fifty\\${channel(i)}`),
      ...many,
      'short\\A long name number 3.text',
      'lists\\streams.txt',
      '日本語 フォルダー\\ドライバー\\設定.txt',
    ];
    const renames = paths.map((path) => quarantineFile(volume, path));
    for (const preview of renames) expect(checkRename(volume, preview)).toEqual([]);
    const previews: EditPreview[] = [...renames];
    expect(renames.filter(({ changes }) => changes.length === 2)).toHaveLength(6);
    // One comes back.
    const [first = ''] = paths;
    previews.push(undeleteFile(volume, quarantineName(first), first.slice(first.lastIndexOf('\\') + 1)));
    previews.push(overwriteData(volume, lookup(volume, 'wall'), '', 70_000, new Uint8Array(50_000).fill(0x21)));
    for (const size of [300_001, 420_000, 1_500_000]) previews.push(growFile(volume, lookup(volume, 'hive'), size));
    previews.push(overwriteData(volume, lookup(volume, 'hive'), '', 299_990, new Uint8Array(1_000_000).fill(0x22)));
    // Into a hole, which gets clusters.
    const holey = lookup(volume, 'sparse.bin');
    const sparse = Buffer.alloc(holey.sizeBytes);
    volume.open(holey)?.readAt(0, sparse);
    for (const place of [500_000, 2_000_000]) {
      sparse.fill(0x23, place, place + 30_000);
      previews.push(overwriteData(volume, lookup(volume, 'sparse.bin'), '', place, new Uint8Array(30_000).fill(0x23), {}));
    }
    previews.push(setVolumeDirty(volume, true), setVolumeDirty(volume, false));
    expect(checkVolume(volume).findings).toEqual([]);

    const plan = overlay.plan();
    const blocks = previews.flatMap((preview) => preview.blocks);
    const sector = shape.sectorBytes;
    for (const change of plan.changes) {
      for (let at = 0; at < change.new.length; at += sector) {
        const place = change.offset + at;
        expect(blocks.some(({ offset, sizeBytes }) => place >= offset && place + sector <= offset + sizeBytes)).toBe(true);
      }
    }
    const edited = join(folder, 'edited.img');
    copyFileSync(image, edited);
    apply(edited, plan, 'new');
    accepted(edited);

    const wall = Buffer.alloc(200_000, 0x77).fill(0x21, 70_000, 120_000);
    const hive = Buffer.alloc(1_500_000).fill(0x68, 0, 300_000).fill(0x22, 299_990, 1_299_990);
    const expected = new Map(before);
    expected.set('./wall', createHash('sha256').update(wall).digest('hex'));
    expected.set('./hive', createHash('sha256').update(hive).digest('hex'));
    expected.set('./sparse.bin', createHash('sha256').update(sparse).digest('hex'));
    for (const path of paths.slice(1)) {
      const unix = `./${path.replaceAll('\\', '/')}`;
      expected.set(quarantineName(unix), expected.get(unix) ?? '');
      expected.delete(unix);
    }
    expect([...hashes(edited)].sort()).toEqual([...expected].sort());
    const listed = new Set(
      execFileSync('fls', ['-r', '-p', '-u', '-F', '-f', 'ntfs', '-b', String(sector), edited], { maxBuffer: 1 << 28 })
        .toString()
        .split('\n')
        .map((line) => line.slice(line.indexOf('\t') + 1)),
    );
    for (const path of paths.slice(1)) {
      const unix = path.replaceAll('\\', '/');
      expect(listed).toContain(quarantineName(unix));
      expect(listed).not.toContain(unix);
    }

    // Windows' place is taken by ntfs-3g: it goes on working in the folders that were changed.
    mounted(edited, 'rw', (mount) => {
      for (const path of paths.slice(1, 9)) rmSync(join(mount, quarantineName(path.replaceAll('\\', '/'))));
      for (let i = 0; i < 40; i++) writeFileSync(join(mount, 'fifty', `new ${i}`), Buffer.alloc(5000, i));
      rmSync(join(mount, 'hive'));
    });
    accepted(edited);
    const later = open(edited, sector);
    expect(checkVolume(later.volume).findings).toEqual([]);
    later.close();

    copyFileSync(image, edited);
    apply(edited, plan, 'new');
    expect(sha256(edited)).not.toBe(original);
    apply(edited, plan, 'old');
    expect(sha256(edited)).toBe(original);
    close();
  });
});
