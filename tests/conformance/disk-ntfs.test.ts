import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByteSource, type Damage, isoToTicks, ticksToUnixMs } from '@winmedic/bytes';
import { ATTRIBUTE, type Attribute, type BlockDevice, type NtfsFile, type NtfsVolume, openNtfs, type ReadCount } from '@winmedic/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImageShape, makeImage, missing, piecesOf, streamContent } from './disk-ntfs-images.ts';

/**
 * What the NTFS reader says of volumes made by mkntfs and ntfs-3g, against sleuthkit (fls, istat, icat), an independent reader: paths, record numbers,
 * sizes, times, content, and where each cluster lies.
 */
const absent = missing();
if (absent !== undefined) console.log(`skipped: ${absent}`);

const SHAPES: readonly ImageShape[] = [
  { name: 'clusters of 512 bytes', sectorBytes: 512, clusterBytes: 512, megabytes: 64, files: 400 },
  { name: 'clusters of 4 KiB', sectorBytes: 512, clusterBytes: 4096, megabytes: 96, files: 3000 },
  { name: 'clusters of 64 KiB', sectorBytes: 512, clusterBytes: 65_536, megabytes: 160, files: 400 },
  { name: 'sectors of 4 KiB', sectorBytes: 4096, clusterBytes: 4096, megabytes: 96, files: 400 },
];

const folder = absent === undefined ? mkdtempSync(join(tmpdir(), 'disk-ntfs-')) : '';
const descriptors: number[] = [];
afterAll(() => {
  for (const descriptor of descriptors) closeSync(descriptor);
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
});

function device(path: string, sectorBytes: number): BlockDevice & { readonly count: ReadCount } {
  const file = openSync(path, 'r');
  descriptors.push(file);
  const count = { reads: 0, bytes: 0 };
  return {
    count,
    sectorBytes,
    sizeBytes: fstatSync(file).size,
    readAt(offset, into) {
      const got = readSync(file, into, 0, into.length, offset);
      count.reads++;
      count.bytes += got;
      return got;
    },
  };
}

function run(tool: string, ...args: string[]): Buffer {
  return execFileSync(tool, args, { maxBuffer: 1 << 30 });
}

/** One line of `fls -m`. */
interface Listed {
  readonly path: string;
  readonly record: number;
  readonly attribute: string;
  readonly size: number;
  readonly modified: number;
}

function fls(image: string, ...options: string[]): Listed[] {
  const lines = run('fls', '-r', ...options, '-m', '', image)
    .toString('utf8')
    .split('\n');
  return lines.flatMap((line) => {
    const parts = line.split('|');
    const [record = '', type = '', id = ''] = (parts[2] ?? '').split('-');
    // `$FILE_NAME` entries repeat the file; `$OrphanFiles` is a folder of the tool's own.
    if (parts.length < 11 || parts[1]!.endsWith('($FILE_NAME)') || parts[1]!.startsWith('/$OrphanFiles')) return [];
    return [
      { path: parts[1]!.slice(1), record: Number(record), attribute: `${type}-${id}`, size: Number(parts[6]), modified: Number(parts[8]) },
    ];
  });
}

function readAll(source: ByteSource): Buffer {
  const bytes = Buffer.alloc(source.sizeBytes);
  expect(source.readAt(0, bytes)).toBe(bytes.length);
  return bytes;
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Clusters of a non-resident attribute as istat prints them: 0 for a hole. */
function clusters(attribute: Attribute): number[] {
  return attribute.runs.flatMap((one) => Array.from({ length: one.clusters }, (_, i) => (one.lcn === undefined ? 0 : one.lcn + i)));
}

/** What istat prints of attributes with clusters: type and name to clusters. Its attribute numbers are not unique where there are several records. */
function istat(image: string, record: number): Map<string, number[]> {
  const found = new Map<string, number[]>();
  let current: number[] | undefined;
  for (const line of run('istat', image, String(record)).toString('utf8').split('\n')) {
    const head = /^Type: \S+ \((\d+)-\d+\) +Name: (.*?) +(?:Non-)?Resident/.exec(line);
    if (head !== null) {
      current = line.includes('Non-Resident') ? [] : undefined;
      if (current !== undefined) found.set(`${head[1]} ${head[2] === 'N/A' ? '' : head[2]}`, current);
    } else if (current !== undefined && /^[\d ]+$/.test(line)) current.push(...line.trim().split(' ').map(Number));
  }
  return found;
}

describe.skipIf(absent !== undefined).each(SHAPES)('NTFS with $name', (shape) => {
  let image = '';
  let volume: NtfsVolume;
  let count: ReadCount;
  const damages: Damage[] = [];
  let listed: Listed[] = [];
  let found: { readonly path: string; readonly file: NtfsFile }[] = [];

  beforeAll(() => {
    image = makeImage(folder, shape);
    const opened = device(image, shape.sectorBytes);
    count = opened.count;
    volume = openNtfs(opened, { onDamage: (damage) => damages.push(damage) });
    found = [...volume.find({})];
    listed = fls(image, '-u');
  }, 120_000);

  it('is opened as it was formatted, without damage', () => {
    expect(volume.boot).toMatchObject({ sectorBytes: shape.sectorBytes, clusterBytes: shape.clusterBytes, from: 'boot', copies: 'equal' });
    expect([volume.label, volume.version, volume.volumeFlags]).toEqual(['ボリューム', { major: 3, minor: 1 }, 0]);
    expect(damages).toEqual([]);
  });

  it('lists the same paths, records, sizes and times as fls', () => {
    // Streams have lines of their own; a directory's is that of its index.
    const theirs = listed
      .filter(({ path, attribute }) => !/:[^/]+$/.test(path) && !attribute.startsWith('0-'))
      .map(({ path, record, size, modified, attribute }) => `${path} ${record} ${attribute.startsWith('128') ? size : 0} ${modified}`);
    const ours = found
      .filter(({ file }) => file.isDirectory || file.attributes.some((one) => one.type === ATTRIBUTE.data && one.name === ''))
      .map(({ path, file }) => `${path.replaceAll('\\', '/')} ${file.reference.record} ${file.sizeBytes} ${seconds(file)}`);
    expect(ours.length).toBeGreaterThan(shape.files + 380);
    expect(ours.sort()).toEqual([...new Set(theirs)].sort());
  });

  it('reads every stream as icat does', () => {
    let compared = 0;
    for (const { path, record, attribute, size } of listed) {
      if (!attribute.startsWith('128-') || (path.startsWith('many/') && record % 40 !== 0) || /link with|streams.txt:|\$BadClus/.test(path))
        continue;
      const file = volume.file(record)!;
      const stream = /:([^/]+)$/.exec(path)?.[1] ?? '';
      const source = volume.open(file, stream)!;
      expect(source.sizeBytes, path).toBe(size);
      expect(hash(readAll(source)), path).toBe(hash(run('icat', image, `${record}-${attribute}`)));
      compared++;
    }
    expect(compared).toBeGreaterThan(60);
  }, 120_000);

  it('finds the clusters istat finds', () => {
    const paths = ['pieces.bin', 'sparse.bin', 'lists\\more', 'many', '$Secure', '$MFT'];
    if (shape.clusterBytes <= 4096) paths.push('packed\\text.txt', 'packed\\mixed.bin', 'packed\\zeros.bin');
    let compared = 0;
    for (const path of paths) {
      const file = volume.lookup(path)!;
      const theirs = istat(image, file.reference.record);
      for (const attribute of file.attributes) {
        if (attribute.resident) continue;
        // Behind the initialized length istat prints zeros, or nothing.
        const written = Math.ceil(attribute.initializedBytes / shape.clusterBytes);
        const them = theirs.get(`${attribute.type} ${attribute.name}`)?.slice(0, written);
        expect(them, `${path} 0x${attribute.type.toString(16)} ${attribute.name}`).toEqual(clusters(attribute).slice(0, written));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(paths.length);
    const pieces = volume.lookup('pieces.bin')!;
    const data = pieces.attributes.find((one) => one.type === ATTRIBUTE.data)!;
    // With sectors of 4 KiB ntfs-3g finds room for it in one piece.
    if (shape.sectorBytes === 512) expect(data.runs.length).toBeGreaterThan(0.9 * piecesOf(shape));
    if (shape.clusterBytes <= 4096 && shape.sectorBytes === 512) expect(data.places.length).toBeGreaterThan(1);
  });

  it('reads what stands in many records', () => {
    const streams = volume.lookup('lists\\streams.txt')!;
    expect(streams.attributes.filter((one) => one.type === ATTRIBUTE.data)).toHaveLength(321);
    for (let i = 0; i < 320; i++) expect(hash(readAll(volume.open(streams, `stream ${i}`)!))).toBe(hash(streamContent(i)));
    expect(streams.extensionRecords.length).toBeGreaterThan(shape.sectorBytes === 4096 ? 2 : 10);
    const links = volume.lookup('lists\\links.txt')!;
    expect(links.names).toHaveLength(321);
    expect([...volume.find({ below: 'lists\\more' })].every(({ file }) => file.reference.record === links.reference.record)).toBe(true);
  });

  it('finds names without regard to case, by their 8.3 form and in Japanese', () => {
    expect(volume.lookup('SHORT/a LONG name NUMBER 7.TEXT')?.name).toBe('A long name number 7.text');
    expect(volume.lookup('short\\alongn~7.tex')?.name).toBe('A long name number 7.text');
    expect(volume.lookup('日本語 フォルダー\\ドライバー\\ÉMIGRÉ.txt')?.name).toBe('émigré.TXT');
    expect([...volume.entries(volume.lookup('日本語 フォルダー\\ドライバー')!, 'か')].map(({ name }) => name)).toEqual([
      'か\u3099(分解).txt',
    ]);
    expect(volume.lookup('short\\no such file')).toBeUndefined();
    expect([...volume.find({ below: 'short', glob: 'A*1?.text' })]).toHaveLength(10);
  });

  it('tells links and where they point', () => {
    expect(volume.lookup('links\\junction')).toMatchObject({ isDirectory: true, reparse: { tag: 0xa0000003, target: '\\??\\C:\\short' } });
  });

  it('climbs from every file to a path it was found by', () => {
    const byRecord = new Map<number, string[]>();
    for (const { path, file } of found) byRecord.set(file.reference.record, [...(byRecord.get(file.reference.record) ?? []), path]);
    for (const { file } of found) expect(byRecord.get(file.reference.record)).toContain(volume.pathOf(file));
  });

  it('finds deleted files that fls finds', () => {
    const theirs = fls(image, '-d').filter(({ path, attribute }) => attribute.startsWith('128-') && path.includes('gone/inner/deleted-'));
    const gone = [...volume.find({ below: 'gone', glob: 'deleted-*', deleted: true })].filter(({ file }) => !file.inUse);
    const ours = gone.map(({ path, file }) => `${path.replaceAll('\\', '/')} ${file.reference.record}`);
    for (const { path, record } of theirs) expect(ours).toContain(`${path.replace(/ \(deleted.*\)$/, '')} ${record}`);
    // A record that the last file took again is gone for good.
    expect(theirs.length).toBeGreaterThan(5);
    expect(gone.length).toBeGreaterThan(5);
  });

  it('looks up one name among many with few small reads', () => {
    const opened = device(image, shape.sectorBytes);
    const name = volume.lookup('many')!;
    const last = [...volume.entries(name)].at(-5)!.name;
    expect(openNtfs(opened).lookup(`many\\${last}`)?.name).toBe(last);
    expect(opened.count.bytes).toBeLessThan(80 << 10);
    expect(count.reads).toBeGreaterThan(opened.count.reads);
  });
});

/** Seconds as fls has them: a time of 0 (mkntfs writes none for $MFT) becomes what is left of a negative number without a sign. */
function seconds(file: NtfsFile): number {
  if (file.times.modified === 0n) return Number(BigInt.asUintN(32, BigInt.asUintN(64, -isoToTicks('1970-01-01T00:00:00Z')!) / 10_000_000n));
  return Math.floor(ticksToUnixMs(file.times.modified) / 1000);
}
