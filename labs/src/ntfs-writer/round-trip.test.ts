import type { Damage } from '@winmedic/bytes';
import { checkVolume, decompressLznt1, openNtfs } from '@winmedic/disk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressLznt1, SparseImage, type WriteEntry, type WriteNtfs, writeNtfs } from './index.ts';

/** Writer against the project's own reader; the tools of others are in tests/conformance/ntfs-writer.test.ts. */

const MIB = 1 << 20;
const bytesOf = (size: number, seed = 1): Uint8Array => {
  let x = (seed * 2_654_435_761) >>> 0 || 1;
  return Uint8Array.from({ length: size }, () => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x & 0xff;
  });
};
const wordsOf = (size: number): Uint8Array => new TextEncoder().encode('all work and no play '.repeat(size / 21 + 1)).subarray(0, size);

function readBack(spec: WriteNtfs) {
  const written = writeNtfs(spec);
  const damages: Damage[] = [];
  const volume = openNtfs(written.image, { onDamage: (damage) => damages.push(damage) });
  const content = (path: string, stream?: string): Uint8Array | undefined => {
    const file = volume.lookup(path);
    const source = file && volume.open(file, stream);
    if (!source) return undefined;
    const out = new Uint8Array(source.sizeBytes);
    expect(source.readAt(0, out)).toBe(out.length);
    return out;
  };
  return { written, volume, damages, content };
}

describe('LZNT1', () => {
  const text = fc
    .array(fc.constantFrom('abc', 'abcabcabc', 'x', '\0\0\0\0', 'zyx'), { maxLength: 4000 })
    .map((parts) => new TextEncoder().encode(parts.join('')));
  it('gives back what went in, by the reader', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 10_000 })), (bytes) => {
        expect(Buffer.compare(decompressLznt1(compressLznt1(bytes), bytes.length)!, bytes)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(5, '0')}.sys`);

/** A volume with one of everything. */
const everything = (over: Partial<WriteNtfs> = {}): WriteNtfs => ({
  sizeBytes: 32 * MIB,
  label: 'OSDisk',
  serial: 0xb0b0_1234_5678_9abcn,
  lsn: 77n,
  ...over,
  entries: [
    {
      path: 'Windows\\System32\\config\\SYSTEM',
      content: { data: bytesOf(300_000), fragments: [3, 1, 20] },
      lsn: 123_456n,
      dosAttributes: 0x26,
    },
    { path: 'Windows\\System32\\small.txt', content: 'small', times: { modified: 133_000_000_000_000_000n } },
    { path: 'channel', directory: true, entriesPerBlock: 3, staleEntries: ['gone.sys'], indexLsn: 5n },
    ...names('channel\\C-', 90).map((path): WriteEntry => ({ path, content: path })),
    ...names('long\\a driver with a long name ', 400).map((path, i): WriteEntry => ({ path, dosName: `ADRIV~${i}.SYS` })),
    { path: 'back.bin', content: { data: bytesOf(90_000, 2), fragments: [3, 2, 4], backwards: true } },
    { path: 'sparse.bin', content: { data: bytesOf(500_000, 3), holes: [{ offset: 60_000, sizeBytes: 200_000 }] } },
    { path: 'words.txt', content: { data: wordsOf(200_001), compressed: (over.clusterBytes ?? 4096) <= 4096 } },
    { path: 'noise.bin', content: { data: bytesOf(70_000, 4), compressed: (over.clusterBytes ?? 4096) <= 4096, fragments: [2, 2] } },
    { path: 'streams.txt', content: 'main', streams: { Zone: '[ZoneTransfer]', big: bytesOf(9000, 5) } },
    { path: 'pieces.bin', content: { data: bytesOf(600 * 512, 6), fragments: Array.from({ length: 550 }, () => 1) } },
    { path: 'list.txt', content: 'in an extension record', attributeList: 'always' },
    { path: 'list2.txt', content: bytesOf(5000, 7), attributeList: 'nonresident', namesInExtensions: true },
    {
      path: 'first.txt',
      content: 'linked',
      links: Array.from({ length: 40 }, (_, i) => ({ path: `links\\a rather long name of a link ${i}.txt` })),
    },
    { path: '日本語\\報告書.txt', content: 'ほうこく', dosName: 'HOUKOK~1.TXT' },
    { path: 'junction', directory: true, reparse: { junction: 'C:\\Windows' } },
    { path: 'link.txt', reparse: { symlink: 'streams.txt', relative: true } },
    { path: 'initialized.bin', content: { data: bytesOf(9000, 8), initializedBytes: 5000, spareClusters: 3 } },
    { path: 'placed.bin', content: { data: bytesOf(4000, 9), atClusters: [300] } },
    { path: 'deleted.sys', content: bytesOf(9000, 10), deleted: true },
  ],
});

describe('a volume', () => {
  it.each<Partial<WriteNtfs>>([
    {},
    { clusterBytes: 512, mftFragments: [9, 5, 7] },
    { clusterBytes: 1024, indexBytes: 4096 },
    { clusterBytes: 65_536, sizeBytes: 128 * MIB },
    { clusterBytes: 262_144, sizeBytes: 512 * MIB },
    { recordBytes: 4096, firstRecord: 27 },
    { clusterBytes: 512, mftFragments: [8, ...Array.from({ length: 500 }, (_, i) => 1 + (i % 3))] },
    { sectorBytes: 4096 },
  ])('is read as it was described: %j', (over) => {
    const { written, volume, damages, content } = readBack(everything(over));
    expect(volume.label).toBe('OSDisk');
    expect(volume.boot.serial).toBe('B0B0123456789ABC');
    expect([volume.version, volume.volumeFlags, volume.boot.copies]).toEqual([{ major: 3, minor: 1 }, 0, 'equal']);

    expect(content('Windows\\System32\\config\\SYSTEM')).toEqual(bytesOf(300_000));
    expect(content('windows\\system32\\SMALL.txt')).toEqual(new TextEncoder().encode('small'));
    expect(content('back.bin')).toEqual(bytesOf(90_000, 2));
    const sparse = bytesOf(500_000, 3);
    sparse.fill(0, 65_536, over.clusterBytes === 262_144 ? 65_536 : 196_608);
    expect(content('sparse.bin')).toEqual(sparse);
    expect(content('words.txt')).toEqual(wordsOf(200_001));
    expect(content('noise.bin')).toEqual(bytesOf(70_000, 4));
    expect(content('streams.txt', 'big')).toEqual(bytesOf(9000, 5));
    expect(content('streams.txt', 'Zone')).toEqual(new TextEncoder().encode('[ZoneTransfer]'));
    expect(content('pieces.bin')).toEqual(bytesOf(600 * 512, 6));
    expect(content('list.txt')).toEqual(new TextEncoder().encode('in an extension record'));
    expect(content('list2.txt')).toEqual(bytesOf(5000, 7));
    expect(content('links\\a rather long name of a link 39.txt')).toEqual(new TextEncoder().encode('linked'));
    expect(content('日本語\\HOUKOK~1.TXT')).toEqual(new TextEncoder().encode('ほうこく'));
    const half = bytesOf(9000, 8);
    half.fill(0, 5000);
    expect(content('initialized.bin')).toEqual(half);
    expect(content('deleted.sys')).toBeUndefined();

    const system = volume.lookup('Windows\\System32\\config\\SYSTEM')!;
    expect([system.lsn, system.dosAttributes, system.times.modified]).toEqual([123_456n, 0x26, 133_642_656_000_000_000n]);
    expect(volume.lookup('Windows\\System32\\small.txt')!.times.modified).toBe(133_000_000_000_000_000n);
    expect(volume.lookup('placed.bin')!.attributes.find((each) => each.type === 0x80)!.runs).toEqual([
      ...written.file('placed.bin').runs.get('')!,
    ]);
    expect(volume.lookup('junction')!.reparse).toMatchObject({ tag: 0xa000_0003, target: expect.stringMatching(/C:\\Windows$/) });
    expect(volume.lookup('link.txt')!.reparse).toMatchObject({ tag: 0xa000_000c, target: 'streams.txt', relative: true });
    expect(volume.lookup('first.txt')!.names).toHaveLength(41);
    expect(volume.security(system)).toBeInstanceOf(Uint8Array);

    const channel = volume.lookup('channel')!;
    expect([...volume.entries(channel)].map((each) => each.name)).toEqual(names('C-', 90));
    expect(written.file('channel').indexBlocks.some((each) => each.level > 1)).toBe(true);
    expect([...volume.entries(volume.lookup('long')!)]).toHaveLength(800);
    const gone = volume.file(written.file('deleted.sys').record)!;
    expect([gone.inUse, gone.name]).toEqual([false, 'deleted.sys']);
    expect(damages).toEqual([]);

    for (const file of written.files) {
      expect(volume.file(file.record)!.reference).toEqual({ record: file.record, sequence: file.sequence });
      expect(volume.file(file.record)!.extensionRecords).toEqual(file.extensionRecords);
      expect(volume.recordPlace(file.record)).toEqual(written.recordPlace(file.record));
    }
  });

  it('is one in which nothing contradicts itself', () => {
    for (const over of [{}, { clusterBytes: 512, mftFragments: [9, 5, 7] }, { sectorBytes: 4096 as const }]) {
      const { volume } = readBack(everything(over));
      expect(checkVolume(volume).findings).toEqual([]);
    }
  });

  it('has any tree of names in order, whatever the names and sizes', () => {
    const name = fc
      .oneof(fc.stringMatching(/^[a-zA-Z0-9_~-]{1,30}$/), fc.stringMatching(/^[ぁ-んァ-ヶ一-龠é-üａ-ｚ]{1,12}$/))
      .filter((each) => each !== '.');
    const folder = fc.record({
      names: fc.uniqueArray(name, { maxLength: 120, selector: (each) => each.toUpperCase() }),
      entriesPerBlock: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      size: fc.integer({ min: 0, max: 20_000 }),
    });
    fc.assert(
      fc.property(fc.array(folder, { maxLength: 4 }), (folders) => {
        const entries = folders.flatMap(({ names: each, entriesPerBlock, size }, i): WriteEntry[] => [
          { path: `f${i}`, directory: true, ...(entriesPerBlock === undefined ? {} : { entriesPerBlock }) },
          ...each.map((file, j): WriteEntry => ({ path: `f${i}\\${file}`, content: bytesOf(j === 0 ? size : j, j + 1) })),
        ]);
        const { volume, damages, content } = readBack({ sizeBytes: 8 * MIB, entries });
        expect(checkVolume(volume).findings).toEqual([]);
        folders.forEach(({ names: each, size }, i) => {
          each.forEach((file, j) => {
            expect(content(`f${i}\\${file}`)).toEqual(bytesOf(j === 0 ? size : j, j + 1));
          });
          expect([...volume.entries(volume.lookup(`f${i}`)!)]).toHaveLength(each.length);
        });
        expect(damages).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('of a terabyte takes little memory', () => {
    const { written, content } = readBack({ sizeBytes: 2 ** 40, entries: [{ path: 'a.txt', content: bytesOf(5000) }] });
    expect(written.image.heldBytes).toBeLessThan(2 * MIB);
    expect(content('a.txt')).toEqual(bytesOf(5000));
  });

  it('refuses what cannot be', () => {
    const refused = (entries: readonly WriteEntry[], sizeBytes = 4 * MIB): void =>
      expect(() => writeNtfs({ sizeBytes, entries })).toThrow(RangeError);
    refused([{ path: 'a.txt' }, { path: 'A.TXT' }]);
    refused([{ path: 'a.txt' }, { path: 'a.txt\\b.txt' }]);
    refused([{ path: 'a\\\\b' }]);
    refused([{ path: 'big', content: { data: { sizeBytes: 5 * MIB, fill: () => {} } } }]);
    refused([], 1000);
    refused([1, 2].map((i) => ({ path: `at${i}`, content: { data: bytesOf(5000), atClusters: [300] } })));
  });
});

describe('an image in memory', () => {
  it('holds what was written and nothing else', () => {
    const image = new SparseImage(10 * MIB);
    image.write(65_530, bytesOf(20));
    image.fill(MIB - 10, 3 * MIB, 0xff);
    const copy = image.clone();
    copy.write(2 * MIB, Uint8Array.of(1, 2));
    expect(image.read(65_530, 20)).toEqual(bytesOf(20));
    expect([image.read(MIB - 11, 2), image.read(2 * MIB, 1)]).toEqual([Uint8Array.of(0, 255), Uint8Array.of(255)]);
    expect(image.differences(copy)).toEqual([{ offset: 2 * MIB, sizeBytes: 2 }]);
    expect(image.heldBytes).toBeLessThan(MIB);
    expect([...image.stretches()].every(({ offset, bytes }) => Buffer.compare(bytes, image.read(offset, bytes.length)) === 0)).toBe(true);
    expect(() => image.write(10 * MIB - 1, Uint8Array.of(1, 2))).toThrow(RangeError);
  });
});
