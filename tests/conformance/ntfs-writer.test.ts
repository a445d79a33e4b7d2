import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crossRuns, type SparseImage, type WriteEntry, type WriteNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMount, missingTools, mounted, must, removeFolder, scratchFolder, tool } from '../disk/tools.ts';

/** Volumes of the writer in `labs`, as ntfs-3g, ntfsprogs and sleuthkit see them. */
const missing = missingTools('ntfsfix', 'ntfsresize', 'ntfsinfo', 'fls', 'icat');
if (missing.length > 0) console.log(`skipped: ${missing.join(', ')} not installed (packages ntfs-3g, sleuthkit)`);
else if (!canMount()) console.log('skipped in part: no /dev/fuse or no ntfs-3g, volumes are not mounted');

let folder: string;
beforeAll(() => {
  folder = scratchFolder();
});
afterAll(() => removeFolder(folder));

function save(image: SparseImage, name: string): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  ftruncateSync(file, image.sizeBytes);
  for (const { offset, bytes } of image.stretches()) writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
  return path;
}

const MIB = 1 << 20;
const bytesOf = (size: number, seed: number): Uint8Array => {
  const out = Buffer.alloc(Math.ceil(size / 32) * 32);
  for (let at = 0; at < out.length; at += 32) createHash('sha256').update(`${seed} ${at}`).digest().copy(out, at);
  return out.subarray(0, size);
};
const wordsOf = (size: number): Uint8Array => Buffer.alloc(size, 'all work and no play makes a dull disk ');
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Files with what a reader has to find in them: one of every way in which NTFS keeps data. */
function contents(compress: boolean): { readonly entries: readonly WriteEntry[]; readonly expected: ReadonlyMap<string, Uint8Array> } {
  const expected = new Map<string, Uint8Array>();
  const entries: WriteEntry[] = [];
  const add = (path: string, bytes: Uint8Array, more: Partial<WriteEntry> = {}, stream: object = {}): void => {
    expected.set(path, bytes);
    entries.push({ path, content: { data: bytes, ...stream }, ...more });
  };
  add('Windows\\System32\\ntoskrnl.exe', bytesOf(200_000, 1));
  add('resident.txt', bytesOf(300, 2));
  add('empty.txt', new Uint8Array());
  for (let i = 0; i < 900; i++)
    add(`Windows\\drivers\\C-${String((i * 7919) % 900).padStart(8, '0')}-00000000.sys`, bytesOf(i % 700, 100 + i), {
      dosName: `C-${String(i).padStart(4, '0')}~1.SYS`,
    });
  for (let i = 0; i < 200; i++) add(`deep\\${i}.txt`, bytesOf(20, i));
  add('pieces.bin', bytesOf(1100 * 512, 3), { nameSpace: 0 }, { fragments: Array.from({ length: 1000 }, () => 1) });
  add('back.bin', bytesOf(300_000, 4), {}, { fragments: [5, 1, 9], backwards: true });
  const holed = Buffer.from(bytesOf(1_000_000, 5)).fill(0, 131_072, 655_360);
  add('sparse.bin', holed, {}, { holes: [{ offset: 131_072, sizeBytes: 524_288 }] });
  if (compress) {
    add('compressed\\words.txt', wordsOf(300_001), {}, { compressed: true });
    add('compressed\\noise.bin', bytesOf(150_000, 6), {}, { compressed: true, fragments: [3, 7, 2] });
    add('compressed\\mixed.bin', Buffer.concat([wordsOf(70_000), Buffer.alloc(200_000), bytesOf(90_000, 7)]), {}, { compressed: true });
  }
  add('list.txt', bytesOf(100, 8), { attributeList: 'always' });
  add('outside.bin', bytesOf(9000, 9), { attributeList: 'nonresident', namesInExtensions: true });
  add('linked.txt', bytesOf(50, 10), { links: Array.from({ length: 120 }, (_, i) => ({ path: `links\\the link with number ${i}.txt` })) });
  expected.set('links\\the link with number 119.txt', bytesOf(50, 10));
  add('日本語のフォルダー\\報告書（最終版）.txt', bytesOf(999, 11), { dosName: 'HOUKOK~1.TXT' });
  add('initialized.bin', Buffer.from(bytesOf(9000, 12)).fill(0, 5000), {}, { initializedBytes: 5000, spareClusters: 2 });
  add('streams.txt', bytesOf(10, 13), {
    streams: {
      big: bytesOf(30_000, 14),
      Zone: '[ZoneTransfer]',
      ...Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`s${i}`, `value ${i}`])),
    },
  });
  entries.push({ path: 'deep', directory: true, entriesPerBlock: 3, staleEntries: ['gone.txt'] });
  entries.push({ path: 'junction', directory: true, reparse: { junction: 'C:\\Windows' } });
  entries.push({ path: 'link.txt', reparse: { symlink: 'resident.txt', relative: true } });
  entries.push({ path: 'deleted.sys', content: bytesOf(9000, 15), deleted: true });
  return { entries, expected };
}

/** Paths of all files below a mounted folder, with backslashes. */
function walk(top: string, below = ''): string[] {
  return readdirSync(join(top, below), { withFileTypes: true }).flatMap((each) => {
    const path = below === '' ? each.name : `${below}/${each.name}`;
    return each.isDirectory() ? walk(top, path) : each.isFile() ? [path.replaceAll('/', '\\')] : [];
  });
}

const GEOMETRIES: readonly Partial<WriteNtfs>[] = [
  {},
  { clusterBytes: 512, mftFragments: [9, 5, 8] },
  { clusterBytes: 2048, hiddenSectors: 239_616 },
  { clusterBytes: 65_536, sizeBytes: 256 * MIB },
  { clusterBytes: 1 << 20, sizeBytes: 2048 * MIB },
  { recordBytes: 4096 },
  // $MFT in so many pieces that it needs an attribute list of its own, some ending inside a record.
  { clusterBytes: 512, mftFragments: [8, ...Array.from({ length: 500 }, (_, i) => 1 + (i % 3))] },
  { sectorBytes: 4096 },
];

describe.skipIf(missing.length > 0)('a volume of the writer', () => {
  it.each(GEOMETRIES)('is sound for ntfsfix, ntfsresize and ntfsinfo, read whole by ntfs-3g: %j', (over) => {
    const { entries, expected } = contents((over.clusterBytes ?? 4096) <= 4096);
    const path = save(writeNtfs({ sizeBytes: 64 * MIB, label: 'OSDisk', ...over, entries }).image, 'volume.img');
    const fixed = tool('ntfsfix', ['-n', path]);
    expect([fixed.code, fixed.stdout]).toEqual([
      0,
      expect.stringMatching(/MFTMirr completed successfully[\s\S]*alternate boot sector\.\.\. OK[\s\S]*processed successfully/),
    ]);
    // A pass over every record and cluster, which complains about any that is owned twice, lost or marked wrongly.
    const checked = tool('ntfsresize', ['-i', '-f', path]);
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('You might resize at')]);
    expect(tool('ntfsresize', ['-c', '-f', path])).toMatchObject({ code: 0 });
    expect(must('ntfsinfo', ['-m', path])).toMatch(/Volume Name: OSDisk[\s\S]*Volume Version: 3\.1/);
    if (!canMount()) return;
    mounted(path, 'ro,streams_interface=windows', (top) => {
      const found = walk(top);
      expect(found.filter((each) => !each.startsWith('links\\')).sort()).toEqual(
        [...expected.keys()].filter((each) => !each.startsWith('links\\')).sort(),
      );
      expect(found.filter((each) => each.startsWith('links\\'))).toHaveLength(120);
      const read = (each: string): Uint8Array => readFileSync(join(top, each.replaceAll('\\', '/')));
      const wrong = [...expected].filter(([each, bytes]) => sha(read(each)) !== sha(bytes)).map(([each]) => each);
      expect(wrong).toEqual([]);
      expect(sha(read('streams.txt:big'))).toBe(sha(bytesOf(30_000, 14)));
      expect(Buffer.from(read('streams.txt:s69')).toString()).toBe('value 69');
      expect(readlinkSync(join(top, 'link.txt'))).toBe('resident.txt');
      expect(readlinkSync(join(top, 'junction'))).toMatch(/\/Windows$/);
    });
  });

  it('has the names, numbers and contents that sleuthkit sees, deleted ones and free index entries too', () => {
    const { entries, expected } = contents(true);
    const written = writeNtfs({ sizeBytes: 64 * MIB, entries });
    const path = save(written.image, 'tsk.img');
    const lines = must('fls', ['-r', '-p', path]).split('\n');
    const listed = new Map(
      lines.flatMap((line) => (/^r\/r (\d+)-128-\d+:\t(.*)$/.exec(line) ? [[RegExp.$2.replaceAll('/', '\\'), Number(RegExp.$1)]] : [])),
    );
    for (const each of expected.keys()) expect([each, listed.get(each)]).toEqual([each, written.file(each).record]);
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^[-r]/r \\* ${written.file('deleted.sys').record}.*\tdeleted\\.sys$`)));
    for (const each of ['pieces.bin', 'sparse.bin', 'compressed\\mixed.bin', 'outside.bin', '日本語のフォルダー\\報告書（最終版）.txt']) {
      const saved = join(folder, 'icat.out');
      must('sh', ['-c', 'icat "$1" "$2" > "$3"', 'sh', path, String(written.file(each).record), saved]);
      expect([each, sha(readFileSync(saved))]).toEqual([each, sha(expected.get(each)!)]);
    }
  });

  it.skipIf(!canMount())('may be written to by ntfs-3g and stays sound', () => {
    const { entries } = contents(true);
    const path = save(writeNtfs({ sizeBytes: 64 * MIB, entries }).image, 'write.img');
    mounted(path, 'rw', (top) => {
      must('sh', [
        '-c',
        'cd "$1" && mkdir new && for i in $(seq 300); do echo $i > Windows/drivers/new$i.sys; done && rm Windows/drivers/C-00000[0-4]* && mv pieces.bin new/',
        'sh',
        top,
      ]);
      expect(readdirSync(join(top, 'Windows/drivers'))).toHaveLength(900 - 500 + 300);
    });
    expect(tool('ntfsfix', ['-n', path]).code).toBe(0);
    expect(tool('ntfsresize', ['-i', '-f', path])).toMatchObject({ code: 0 });
  });

  it('is refused by ntfsresize when two files own a cluster', () => {
    const atClusters = [1000];
    const volume = writeNtfs({
      sizeBytes: 64 * MIB,
      entries: [
        { path: 'a', content: { data: bytesOf(9000, 1), atClusters } },
        { path: 'b', content: bytesOf(9000, 2) },
      ],
    });
    expect(tool('ntfsresize', ['-i', '-f', save(volume.image, 'good.img')]).code).toBe(0);
    crossRuns(volume, 'a', 'b');
    expect(tool('ntfsresize', ['-i', '-f', save(volume.image, 'bad.img')]).code).not.toBe(0);
  });
});
