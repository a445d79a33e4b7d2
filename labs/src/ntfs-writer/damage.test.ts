import type { Damage } from '@winmedic/bytes';
import { checkVolume, openNtfs } from '@winmedic/disk';
import { beforeAll, describe, expect, it } from 'vitest';
import * as damage from './damage.ts';
import { type WrittenNtfs, writeNtfs } from './index.ts';

/** Each damage is what it says: seen by the reader or by the consistency check, at its place and nowhere else. */

const MIB = 1 << 20;
let sound: WrittenNtfs;
beforeAll(() => {
  sound = writeNtfs({
    sizeBytes: 8 * MIB,
    entries: [
      { path: 'folder', directory: true, entriesPerBlock: 4 },
      ...Array.from({ length: 40 }, (_, i) => ({ path: `folder\\file${String(i).padStart(2, '0')}.sys`, content: `${i}` })),
      { path: 'few\\one.txt', content: '1' },
      { path: 'few\\two.txt', content: '2' },
      { path: 'a.bin', content: new Uint8Array(9000).fill(1) },
      { path: 'b.bin', content: new Uint8Array(9000).fill(2) },
    ],
  });
});

/** A copy of the volume that may be damaged. */
const copyOf = (volume: WrittenNtfs): WrittenNtfs => ({ ...volume, image: volume.image.clone() });

/** Codes the reader reports on the way through the whole volume, and findings of the check. */
function seen(volume: WrittenNtfs): { readonly reported: readonly string[]; readonly found: readonly string[] } {
  const reported = new Set<string>();
  const opened = openNtfs(volume.image, { onDamage: ({ code }: Damage) => reported.add(code) });
  for (const { file } of opened.find({})) opened.open(file)?.readAt(0, new Uint8Array(16));
  const found = new Set(checkVolume(opened).findings.map((each) => each.code));
  return { reported: [...reported].sort(), found: [...found].sort() };
}

describe('damage', () => {
  it('is not there before it is made', () => {
    expect(seen(sound)).toEqual({ reported: [], found: [] });
  });

  const after = (make: (volume: WrittenNtfs) => void) => {
    const volume = copyOf(sound);
    make(volume);
    return { ...seen(volume), differences: sound.image.differences(volume.image), volume };
  };
  const leaf = (): number => sound.file('folder').indexBlocks.findIndex((each) => each.level === 0);
  const inLeaf = (): readonly string[] => sound.file('folder').indexBlocks[leaf()]!.names;

  it('of a torn record', () => {
    const { record } = sound.file('a.bin');
    const { reported, differences } = after((volume) => damage.tearRecord(volume, record));
    expect(reported).toContain('NTFS_TORN');
    expect(differences.map((each) => each.offset)).toEqual([sound.recordOffset(record) + 1022]);
  });

  it('of a torn INDX block', () => {
    const { reported, differences } = after((volume) => damage.tearIndexBlock(volume, 'folder', leaf(), 3));
    expect(reported).toContain('NTFS_TORN');
    expect(differences.map((each) => each.offset)).toEqual([sound.file('folder').indexBlocks[leaf()]!.offset + 2046]);
  });

  it('of an update sequence array out of place', () => {
    const { reported } = after((volume) => damage.wrongFixup(volume, sound.file('a.bin').record));
    expect(reported.length).toBeGreaterThan(0);
  });

  it.each([0, 1])('of a loop in an index, at a block of level %i', (level) => {
    const block = sound.file('folder').indexBlocks.findIndex((each) => each.level === level);
    const { reported } = after((volume) => damage.loopIndex(volume, 'folder', block));
    expect(reported).toContain('NTFS_INDEX');
  });

  it('of an entry that names another file', () => {
    const inBlock = after((volume) => damage.wrongReference(volume, 'folder', inLeaf()[0]!));
    expect([inBlock.reported, inBlock.found]).toEqual([
      expect.arrayContaining(['NTFS_ENTRY']),
      expect.arrayContaining(['CHECK_ENTRY_REFERENCE']),
    ]);
    const inRoot = after((volume) => damage.wrongReference(volume, 'few', 'ONE.txt'));
    expect(inRoot.found).toContain('CHECK_ENTRY_REFERENCE');
  });

  it('of an entry that is gone', () => {
    for (const [folder, name] of [
      ['folder', inLeaf()[1]!],
      ['few', 'two.txt'],
    ] as const) {
      const { found, volume } = after((each) => damage.dropEntry(each, folder, name));
      expect(found).toContain('CHECK_NAME_MISSING');
      const opened = openNtfs(volume.image);
      expect([opened.lookup(`${folder}\\${name}`), opened.file(volume.file(`${folder}\\${name}`).record)!.name]).toEqual([undefined, name]);
    }
  });

  it('of entries out of order', () => {
    for (const [folder, name] of [
      ['folder', inLeaf()[0]!],
      ['few', 'one.txt'],
    ] as const) {
      expect(after((each) => damage.swapEntries(each, folder, name)).found).toContain('CHECK_INDEX_ORDER');
    }
  });

  it('of clusters that two files own', () => {
    const { found, volume } = after((each) => damage.crossRuns(each, 'a.bin', 'b.bin'));
    expect(found).toEqual(['CHECK_CLUSTER_LOST', 'CHECK_CLUSTER_SHARED']);
    const opened = openNtfs(volume.image);
    const one = new Uint8Array(1);
    opened.open(opened.lookup('a.bin')!)!.readAt(0, one);
    expect(one[0]).toBe(2);
  });

  it('of bitmaps that say otherwise', () => {
    const lcn = sound.file('a.bin').runs.get('')![0]!.lcn!;
    expect(after((volume) => damage.markCluster(volume, lcn, false)).found).toEqual(['CHECK_CLUSTER_FREE']);
    expect(after((volume) => damage.markCluster(volume, sound.clusters - 1, true)).found).toEqual(['CHECK_CLUSTER_LOST']);
    expect(after((volume) => damage.markRecord(volume, sound.file('a.bin').record, false)).found).toContain('CHECK_RECORD_BITMAP');
  });

  it('of a parent that is another folder', () => {
    const other = sound.file('folder');
    expect(after((volume) => damage.wrongParent(volume, 'a.bin', other.record, other.sequence)).found.length).toBeGreaterThan(0);
  });

  it('of boot sectors and the mirror', () => {
    expect(after((volume) => damage.wipeBoot(volume, 'boot')).reported).toContain('NTFS_BOOT');
    expect(after((volume) => damage.wipeBoot(volume, 'backup')).reported).toContain('NTFS_BOOT_COPY');
    expect(after((volume) => damage.staleMirror(volume, 2)).found).toContain('CHECK_MIRROR');
  });

  it('cannot be made where it would be another one', () => {
    const volume = copyOf(sound);
    expect(() => damage.tearIndexBlock(volume, 'few')).toThrow(RangeError);
    expect(() => damage.dropEntry(volume, 'few', 'three.txt')).toThrow(RangeError);
    expect(() => damage.swapEntries(volume, 'few', 'two.txt')).toThrow(RangeError);
    expect(() => damage.crossRuns(volume, 'few\\one.txt', 'b.bin')).toThrow(RangeError);
    expect(() => damage.tearRecord(volume, 64, 2)).toThrow(RangeError);
    expect(sound.image.differences(volume.image)).toEqual([]);
  });
});
