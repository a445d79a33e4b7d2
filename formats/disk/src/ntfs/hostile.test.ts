import type { Damage } from '@winmedic/bytes';
import { editIndexBlock, editRecord, type SparseImage, type WrittenNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { NTFS_DAMAGE_CODES, NTFS_ERROR_CODES, openNtfs } from './index.ts';
import { MAX_DAMAGES_REPORTED } from './limits.ts';
import type { NtfsVolume } from './types.ts';

const MIB = 1 << 20;
const TEXT = new TextEncoder().encode('words and more words '.repeat(10_000));

const sound = writeNtfs({
  sizeBytes: 4 * MIB,
  clusterBytes: 1024,
  mftFragments: [100, 3, 5],
  entries: [
    { path: 'folder', directory: true, entriesPerBlock: 3 },
    ...Array.from({ length: 60 }, (_, i) => ({ path: `folder\\file ${i}.sys`, content: `${i}`, dosName: `FILE~${i}.SYS` })),
    { path: 'packed.txt', content: { data: TEXT, compressed: true } },
    { path: 'pieces.bin', content: { data: TEXT, fragments: Array.from({ length: 150 }, () => 1) } },
    { path: 'sparse.bin', content: { data: TEXT, holes: [{ offset: 65_536, sizeBytes: 65_536 }] } },
    { path: 'list.txt', content: 'list', streams: { one: TEXT.subarray(0, 3000) }, attributeList: 'nonresident' },
    { path: 'link', reparse: { symlink: 'folder' } },
    { path: 'junction', directory: true, reparse: { junction: 'C:\\folder' } },
    { path: '日本語\\ファイル.txt', content: 'x' },
    { path: 'folder\\deleted.sys', content: TEXT.subarray(0, 5000), deleted: true },
  ],
});

function copy(): WrittenNtfs {
  return { ...sound, image: sound.image.clone() };
}

/** Reads everything a volume offers, and how many reads of the device that took. */
function readAll(image: BlockDevice): { readonly reads: number; readonly found: number; readonly damages: readonly Damage[] } | DiskError {
  const damages: Damage[] = [];
  let reads = 0;
  const device: BlockDevice = {
    sizeBytes: image.sizeBytes,
    sectorBytes: image.sectorBytes,
    readAt(offset, into) {
      reads++;
      expect(offset).toBeGreaterThanOrEqual(0);
      return image.readAt(offset, into);
    },
    write: () => {
      throw new Error('a reader wrote');
    },
  };
  let volume: NtfsVolume;
  try {
    volume = openNtfs(device, { onDamage: (damage) => damages.push(damage) });
  } catch (error) {
    if (error instanceof DiskError) return error;
    throw error;
  }
  let found = 0;
  const into = new Uint8Array(70_000);
  expect([volume.label.length <= 256, volume.version.major >= 0, volume.volumeFlags >= 0]).toEqual([true, true, true]);
  for (const { file, path } of volume.find({ deleted: true })) {
    found++;
    expect(path.length).toBeLessThanOrEqual(32_767);
    volume.pathOf(file);
    volume.security(file);
    for (const attribute of file.attributes) {
      const source = attribute.type === 0x80 ? volume.open(file, attribute.name) : undefined;
      for (const offset of [0, 65_000, 200_000, 2 ** 40]) source?.readAt(offset, into);
    }
  }
  volume.lookup('folder\\FILE~7.SYS');
  volume.lookup('日本語\\ファイル.TXT');
  for (const directory of [volume.file(5), volume.lookup('folder')]) {
    if (directory === undefined) continue;
    for (const entry of volume.entries(directory, 'f')) expect(entry.name.length).toBeGreaterThan(0);
    volume.readIndexBlock(directory, 0);
  }
  for (let record = 0; record < Math.min(volume.recordCount, 300); record++) {
    volume.file(record);
    volume.recordPlace(record);
  }
  return { reads, found, damages };
}

const whole = readAll(sound.image) as Exclude<ReturnType<typeof readAll>, DiskError>;

function check(image: SparseImage | BlockDevice): void {
  const result = readAll(image);
  if (result instanceof DiskError) {
    expect(NTFS_ERROR_CODES).toContain(result.code);
    return;
  }
  for (const { code } of result.damages) expect(NTFS_DAMAGE_CODES).toContain(code);
  expect(result.damages.length).toBeLessThanOrEqual(MAX_DAMAGES_REPORTED);
  // A volume of 4 MiB: neither does a loop show more files than there are names, nor does anything take reads without end.
  expect(result.found).toBeLessThan(whole.found * 4);
  expect(result.reads).toBeLessThan(whole.reads * 60);
}

/** Changes bytes: at a place, to one of the values that hurt most. */
const change = fc.record({
  at: fc.nat(),
  bytes: fc.oneof(
    fc.constantFrom(
      [0],
      [0xff],
      [0x80],
      [0, 0, 0, 0, 0, 0, 0, 0],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      [0xff, 0xff, 0xff, 0xff],
      [0x10, 0],
    ),
    fc.array(fc.nat(255), { minLength: 1, maxLength: 8 }),
  ),
});

function apply(
  bytes: Uint8Array,
  changes: readonly { readonly at: number; readonly bytes: readonly number[] }[],
  most = bytes.length,
): void {
  for (const { at, bytes: values } of changes)
    values.forEach((value, i) => {
      const place = (at % most) + i;
      if (place < bytes.length) bytes[place] = value;
    });
}

describe('a crafted volume', () => {
  it('is read without damage while it is sound', () => {
    expect([whole.damages, whole.found > 80]).toEqual([[], true]);
  });

  it('may have any boot sector', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), (changes, both) => {
        const { image } = copy();
        const boot = image.read(0, 512);
        apply(boot, changes, 0x54);
        image.write(0, boot);
        if (both) image.write(image.sizeBytes - 512, boot);
        check(image);
      }),
      { numRuns: 50 },
    );
  });

  it('may have any bytes in its records, with sound fixups', () => {
    const records = sound.files.flatMap((file) => [file.record, ...file.extensionRecords]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.array(change, { minLength: 1, maxLength: 6 })), { minLength: 1, maxLength: 6 }),
        (edits) => {
          const volume = copy();
          for (const [which, changes] of edits) {
            editRecord(volume, records[which % records.length]!, (bytes) => {
              // Nearly everything stands in the first half; mark and place of the fixups stay, which are stamped again.
              apply(bytes.subarray(8, 480), changes);
            });
          }
          check(volume.image);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('may have any bytes in its system records', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 3, 5, 9, 10), fc.array(change, { minLength: 1, maxLength: 4 }), (record, changes) => {
        const volume = copy();
        editRecord(volume, record, (bytes) => {
          apply(bytes.subarray(16, 480), changes);
        });
        check(volume.image);
      }),
      { numRuns: 50 },
    );
  });

  it('may have any bytes in its index blocks, with sound fixups', () => {
    const blocks = sound.file('folder').indexBlocks.length;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.array(change, { minLength: 1, maxLength: 6 })), { minLength: 1, maxLength: 6 }),
        (edits) => {
          const volume = copy();
          for (const [which, changes] of edits)
            editIndexBlock(volume, 'folder', which % blocks, (bytes) => apply(bytes.subarray(8, 500), changes));
          check(volume.image);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('may have any bytes in its clusters', () => {
    const places = ['packed.txt', 'pieces.bin', 'list.txt', '$Secure', '$MFT'].flatMap((path) =>
      [...sound.file(path).runs.values()]
        .flat()
        .flatMap(({ lcn, clusters }) => (lcn === undefined ? [] : [{ at: lcn * 1024, size: clusters * 1024 }])),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), change), { minLength: 1, maxLength: 40 }), (edits) => {
        const { image } = copy();
        for (const [which, { at, bytes }] of edits) {
          const place = places[which % places.length]!;
          image.write(place.at + (at % (place.size - 8)), Uint8Array.from(bytes));
        }
        check(image);
      }),
      { numRuns: 50 },
    );
  });

  it('may end anywhere', () => {
    fc.assert(
      fc.property(fc.nat(4 * MIB), (end) => {
        const readAt = (offset: number, into: Uint8Array): number =>
          sound.image.readAt(offset, into.subarray(0, Math.max(0, end - offset)));
        check({ sizeBytes: end, sectorBytes: 512, readAt });
      }),
      { numRuns: 50 },
    );
  });
});
