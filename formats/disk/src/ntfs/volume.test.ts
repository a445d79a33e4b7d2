import type { Damage } from '@winmedic/bytes';
import { editRecord, tearRecord, wipeBoot, wrongParent } from '@winmedic/labs/ntfs-writer';
import { describe, expect, it } from 'vitest';
import { DiskError } from '../errors.ts';
import { ATTRIBUTE, openNtfs, streamObstacle } from './index.ts';
import { counted, MIB, noise, open, paths, read, TEXT, write } from './test-volume.ts';

describe('opening', () => {
  it('refuses what is no NTFS', () => {
    const blank = write([]).image;
    blank.fill(0, blank.sizeBytes, 0);
    for (const device of [blank, { sizeBytes: 0, sectorBytes: 512, readAt: () => 0 }]) {
      expect(() => openNtfs(device)).toThrow(expect.objectContaining({ name: 'DiskError', code: 'NTFS_NOT_NTFS' }));
    }
  });

  it('takes the copy of the boot sector, and says so', () => {
    const written = write([{ path: 'a.txt', content: 'a' }]);
    wipeBoot(written, 'boot');
    const { volume, codes } = open(written.image);
    expect([volume.boot.from, volume.boot.copies, read(volume, 'a.txt')]).toEqual(['backup', 'one-only', TEXT.encode('a')]);
    expect(codes()).toEqual(['NTFS_BOOT']);
  });

  it('tells a copy that is missing or differs', () => {
    const gone = write([]);
    wipeBoot(gone, 'backup');
    expect([open(gone.image).volume.boot.copies, open(gone.image).codes()]).toEqual(['one-only', ['NTFS_BOOT_COPY']]);
    const other = write([]);
    other.image.write(0x48, Uint8Array.of(1, 2, 3));
    expect([open(other.image).volume.boot.copies, open(other.image).codes()]).toEqual(['differ', ['NTFS_BOOT_COPY']]);
  });

  it('refuses impossible sizes where the copy does not help', () => {
    for (const [at, value] of [
      [11, 0x21],
      [13, 3],
      [13, 0],
      [0x40, 0x80],
      [0x44, 0],
      [0x2f, 0xff],
      [0x37, 0x10],
    ] as const) {
      const written = write([]);
      wipeBoot(written, 'backup');
      written.image.write(at, Uint8Array.of(value));
      expect(() => openNtfs(written.image)).toThrow(expect.objectContaining({ code: 'NTFS_GEOMETRY' }));
    }
  });

  it('takes the mirror of a broken first record, and gives up without both', () => {
    const written = write([{ path: 'a.txt', content: 'a' }]);
    tearRecord(written, 0);
    const { volume, codes } = open(written.image);
    expect([read(volume, 'a.txt'), codes()]).toEqual([TEXT.encode('a'), ['NTFS_MFT_MIRROR']]);
    written.image.write(volume.boot.mirrorCluster * volume.boot.clusterBytes, new Uint8Array(4));
    expect(() => openNtfs(written.image)).toThrow(expect.objectContaining({ code: 'NTFS_NO_MFT' }));
  });

  it('does not take another file for the table', () => {
    const written = write([{ path: 'a.bin', content: noise(9000) }]);
    wipeBoot(written, 'backup');
    const place = written.recordOffset(written.file('a.bin').record);
    expect(place % 4096).toBe(0);
    written.image.write(0x30, Uint8Array.of((place / 4096) & 0xff, (place / 4096) >> 8));
    const { volume, codes } = open(written.image);
    expect([read(volume, 'a.bin'), codes()]).toEqual([noise(9000), ['NTFS_BOOT_COPY', 'NTFS_MFT_MIRROR']]);
  });

  it('reads a volume that is cut off as far as it goes', () => {
    const written = write([
      { path: 'here.bin', content: noise(5000) },
      { path: 'cut.bin', content: { data: noise(8192), atClusters: [2000] } },
    ]);
    const end = 2001 * 4096;
    const { volume, damages } = open({
      sizeBytes: end,
      sectorBytes: 512,
      readAt: (offset, into) => written.image.readAt(offset, into.subarray(0, Math.max(0, end - offset))),
    });
    expect(read(volume, 'here.bin')).toEqual(noise(5000));
    expect(read(volume, 'cut.bin')).toEqual(noise(8192).subarray(0, 4096));
    expect(damages.map(({ code, offset }) => [code, offset])).toEqual([
      ['NTFS_BOOT_COPY', 8 * MIB - 512],
      ['NTFS_SHORT', end],
      ['NTFS_SHORT', 2000 * 4096],
    ]);
  });

  it('adds where the volume begins to the places of damages', () => {
    const written = write([]);
    tearRecord(written, 10);
    const damages: Damage[] = [];
    openNtfs(written.image, { origin: 1000, onDamage: (damage) => damages.push(damage) }).file(10);
    expect(damages).toEqual([{ code: 'NTFS_TORN', offset: 1000 + written.recordOffset(10), what: 'record 10' }]);
  });

  it('takes a source that delivers a little at a time, and passes on what it throws', () => {
    const written = write([{ path: 'a.bin', content: noise(9000) }]);
    const slow = {
      sizeBytes: 8 * MIB,
      sectorBytes: 512,
      readAt: (offset: number, into: Uint8Array) => written.image.readAt(offset, into.subarray(0, 100)),
    };
    expect(read(openNtfs(slow), 'a.bin')).toEqual(noise(9000));
    const broken = {
      ...slow,
      readAt: () => {
        throw new Error('gone');
      },
    };
    expect(() => openNtfs(broken)).toThrow('gone');
  });

  it('follows $MFT through its own attribute list', () => {
    // The list's own extension records lie in the first piece, as Windows keeps them: nothing else leads there.
    const written = write([{ path: 'a.txt', content: 'a' }], {
      clusterBytes: 512,
      spareRecords: 700,
      mftFragments: [200, ...Array.from({ length: 900 }, () => 1)],
    });
    const { volume, codes } = open(written.image);
    expect(volume.file(0)!.extensionRecords.length).toBeGreaterThan(1);
    expect([read(volume, 'a.txt'), volume.recordCount, codes()]).toEqual([TEXT.encode('a'), written.recordCount, []]);
    for (let record = 0; record < written.recordCount; record++) {
      expect(volume.recordPlace(record)).toEqual(written.recordPlace(record));
      // Past the first piece a record is two clusters that do not touch.
      expect(volume.readRecord(record)?.length).toBe(1024);
    }
    expect(volume.recordPlace(500)).toHaveLength(2);
    const [extension] = volume.file(0)!.extensionRecords.slice(-1);
    tearRecord(written, extension!);
    const torn = open(written.image);
    expect([read(torn.volume, 'a.txt'), torn.volume.recordCount < written.recordCount]).toEqual([TEXT.encode('a'), true]);
    expect(torn.codes()).toContain('NTFS_MFT_RUNS');
  });
});

describe('reads', () => {
  it('are few and small for one name among many, and $UpCase is left alone', () => {
    const entries = Array.from({ length: 3000 }, (_, i) => ({
      path: `Windows\\System32\\drivers\\CrowdStrike\\C-${String(i).padStart(8, '0')}.sys`,
    }));
    const written = write(entries, { sizeBytes: 64 * MIB });
    const device = counted(written.image);
    const volume = openNtfs(device);
    expect(paths(volume, { glob: 'Windows\\System32\\drivers\\CrowdStrike\\c-00000291*' })).toEqual([
      'Windows\\System32\\drivers\\CrowdStrike\\C-00000291.sys',
    ]);
    expect(device.bytes).toBeLessThan(64 << 10);
    const before = device.bytes;
    volume.lookup('Windows\\é');
    expect(device.bytes - before).toBeGreaterThan(131_072);
  });

  it('are not repeated before refresh, and are after it', () => {
    const written = write([{ path: 'a.txt', content: 'a' }]);
    const device = counted(written.image);
    const volume = openNtfs(device);
    volume.lookup('a.txt');
    const { reads } = device;
    volume.lookup('a.txt');
    expect(device.reads).toBe(reads);
    editRecord(written, written.file('a.txt').record, (bytes) => {
      bytes[16] = 9;
    });
    expect(volume.lookup('a.txt')!.reference.sequence).toBe(1);
    volume.refresh();
    expect(volume.file(written.file('a.txt').record)!.reference.sequence).toBe(9);
  });
});

describe('content', () => {
  it('that is made by a filter of Windows is not taken from the stream', () => {
    const wof = Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    const written = write([
      {
        path: 'compact.dll',
        content: { data: new Uint8Array(100_000), holes: [{ offset: 0, sizeBytes: 65_536 }] },
        streams: { WofCompressedData: noise(500) },
        reparse: { tag: 0x8000_0017, data: wof },
      },
    ]);
    const { volume, codes } = open(written.image);
    const file = volume.lookup('compact.dll')!;
    expect([file.reparse?.tag, streamObstacle(file), volume.open(file), codes()]).toEqual([
      0x8000_0017,
      'NTFS_REPARSE_DATA',
      undefined,
      ['NTFS_REPARSE_DATA'],
    ]);
    expect(read(volume, 'compact.dll', 'WofCompressedData')).toEqual(noise(500));
  });

  it('that is encrypted is not given out as content', () => {
    const written = write([{ path: 'secret.txt', content: { data: noise(512), encrypted: true } }]);
    const { volume, codes } = open(written.image);
    const file = volume.lookup('secret.txt')!;
    expect([streamObstacle(file), volume.open(file), codes()]).toEqual(['NTFS_ENCRYPTED', undefined, ['NTFS_ENCRYPTED']]);
  });

  it('is read from any offset as from the beginning', () => {
    const text = TEXT.encode('one and two and '.repeat(20_000)).subarray(0, 300_001);
    const written = write([
      { path: 'packed.txt', content: { data: text, compressed: true } },
      { path: 'plain.bin', content: { data: text, fragments: [1, 2, 3, 4] } },
      { path: 'resident.bin', content: text.subarray(0, 100) },
    ]);
    const { volume, damages } = open(written.image);
    for (const path of ['packed.txt', 'plain.bin', 'resident.bin']) {
      const source = volume.open(volume.lookup(path)!)!;
      for (const [offset, size] of [
        [0, 1],
        [50, 100],
        [65_530, 20],
        [131_071, 70_000],
        [299_999, 100],
        [300_001, 5],
        [2 ** 50, 5],
      ] as const) {
        const into = new Uint8Array(size);
        const got = source.readAt(offset, into);
        expect(into.subarray(0, got)).toEqual(text.subarray(Math.min(offset, source.sizeBytes), Math.min(offset + size, source.sizeBytes)));
      }
    }
    expect(damages).toEqual([]);
  });

  it('of a compressed file ends where a unit is broken', () => {
    const text = TEXT.encode('words '.repeat(40_000));
    const written = write([{ path: 'packed.txt', content: { data: text, compressed: true } }]);
    const runs = written
      .file('packed.txt')
      .runs.get('')!
      .filter(({ lcn }) => lcn !== undefined);
    written.image.write(runs[1]!.lcn! * 4096, Uint8Array.of(0xff, 0x4f));
    const { volume, damages } = open(written.image);
    expect(read(volume, 'packed.txt')).toEqual(text.subarray(0, 65_536));
    expect(damages).toEqual([
      {
        code: 'NTFS_COMPRESSED',
        offset: runs[1]!.lcn! * 4096,
        what: expect.stringContaining('unit 1'),
        need: 65_536,
        have: 'broken LZNT1',
      },
    ]);
  });

  it('ends where an extension record is missing', () => {
    const data = noise(700 * 512);
    const written = write([{ path: 'pieces.bin', content: { data, fragments: Array.from({ length: 690 }, () => 1) } }], {
      clusterBytes: 512,
    });
    const file = written.file('pieces.bin');
    tearRecord(written, file.extensionRecords.at(-1)!);
    const { volume, codes } = open(written.image);
    const got = read(volume, 'pieces.bin')!;
    expect(got.length).toBeGreaterThan(0);
    expect(got.length).toBeLessThan(data.length);
    expect(got).toEqual(data.subarray(0, got.length));
    expect(codes()).toEqual(['NTFS_ATTRIBUTE_LIST', 'NTFS_RUNS', 'NTFS_TORN']);
  });

  it('of an extension record of another file is not taken', () => {
    const written = write([{ path: 'list.txt', content: 'mine', attributeList: 'always' }]);
    editRecord(written, written.file('list.txt').extensionRecords[0]!, (bytes) => {
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(32, 5, true);
    });
    const { volume, codes } = open(written.image);
    expect([volume.open(volume.lookup('list.txt')!), codes()]).toEqual([undefined, ['NTFS_ATTRIBUTE_LIST']]);
  });
});

describe('a file', () => {
  it('has the path its parents give, unless they go round', () => {
    const written = write([{ path: 'a\\b\\c.txt', dosName: 'C~1.TXT' }]);
    const { volume } = open(written.image);
    expect([volume.pathOf(volume.lookup('a\\b\\c~1.txt')!), volume.pathOf(volume.file(5)!)]).toEqual(['a\\b\\c.txt', '']);
    wrongParent(written, 'a', written.file('a\\b').record);
    expect(open(written.image).volume.pathOf(volume.file(written.file('a\\b\\c.txt').record)!)).toBeUndefined();
  });

  it('has its descriptor from $Secure, checked by its hash, or from its record', () => {
    const own = Uint8Array.from({ length: 40 }, (_, i) => i);
    const descriptors = Array.from({ length: 200 }, (_, i) => noise(60 + i * 4));
    const written = write(
      [
        { path: 'shared.txt', security: 150 },
        { path: 'own.txt', ownDescriptor: own },
      ],
      { descriptors },
    );
    const { volume, codes } = open(written.image);
    expect(volume.security(volume.lookup('shared.txt')!)).toEqual(descriptors[150]);
    expect(volume.security(volume.lookup('own.txt')!)).toEqual(own);
    expect(codes()).toEqual([]);
    // Both copies in $SDS are changed.
    const place = written.file('$Secure').runs.get('$SDS')!;
    for (const { lcn, clusters } of place) written.image.fill(lcn! * 4096, clusters * 4096, 0x55);
    const broken = open(written.image);
    expect([broken.volume.security(broken.volume.lookup('shared.txt')!), broken.codes()]).toEqual([undefined, ['NTFS_SECURITY']]);
  });

  it('is read as far as its record is sound', () => {
    const written = write([{ path: 'a.txt', content: 'content' }]);
    const { record } = written.file('a.txt');
    editRecord(written, record, (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      let at = view.getUint16(20, true);
      while (view.getUint32(at, true) !== ATTRIBUTE.data) at += view.getUint32(at + 4, true);
      view.setUint32(at + 4, 0x1_0000, true);
    });
    const { volume, codes } = open(written.image);
    expect([volume.file(record)!.name, volume.open(volume.file(record)!), codes()]).toEqual(['a.txt', undefined, ['NTFS_ATTRIBUTE']]);
  });

  it('is none for a number outside the table, an extension record, or a broken record', () => {
    const written = write([{ path: 'a.txt', attributeList: 'always' }]);
    const { record, extensionRecords } = written.file('a.txt');
    tearRecord(written, 9);
    const { volume, codes } = open(written.image);
    for (const number of [-1, 0.5, Number.NaN, 2 ** 48, volume.recordCount, extensionRecords[0]!])
      expect(volume.file(number)).toBeUndefined();
    expect(codes()).toEqual([]);
    expect([volume.file(record)?.name, volume.file(9), volume.readRecord(9), codes()]).toEqual([
      'a.txt',
      undefined,
      undefined,
      ['NTFS_TORN'],
    ]);
  });

  it('does not change when a copy of its record is changed', () => {
    const { volume } = open(write([{ path: 'a.txt' }, ...Array.from({ length: 60 }, (_, i) => ({ path: `f\\${i}` }))]).image);
    volume.readRecord(5)!.fill(0);
    expect(volume.lookup('a.txt')?.name).toBe('a.txt');
    const folder = volume.lookup('f')!;
    volume.readIndexBlock(folder, 0)!.fill(0);
    expect([...volume.entries(folder)]).toHaveLength(60);
  });
});

describe('an error', () => {
  it('is a DiskError', () => {
    expect(() => openNtfs({ sizeBytes: 512, sectorBytes: 512, readAt: () => 0 })).toThrow(DiskError);
  });
});
