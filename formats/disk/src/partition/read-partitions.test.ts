import type { Damage } from '@winmedic/bytes';
import {
  assembleDisk,
  type DiskPiece,
  GPT_TYPE,
  gptPieces,
  ldmPieces,
  mbrPieces,
  memoryDisk,
  type WriteGpt,
} from '@winmedic/labs/disk-writer';
import { describe, expect, it } from 'vitest';
import { type PartitionTable, readPartitions } from '../index.ts';

const SIZE = 4 << 20;
const ESP = { type: GPT_TYPE.efiSystem, firstLba: 64, lastLba: 127, name: 'EFI system partition', attributes: 1n };
const DATA = {
  number: 3,
  type: GPT_TYPE.basicData,
  firstLba: 128,
  lastLba: 900,
  name: '基本データ',
  id: '{abcdef01-2345-4678-9abc-def012345678}',
};

/** Boot sector of an NTFS volume as far as recognising goes. @param sectors total, as the sector says it. */
function ntfsBoot(sectorBytes = 512, sectors = 0): Uint8Array {
  const boot = new Uint8Array(512);
  boot.set([0xeb, 0x52, 0x90, ...new TextEncoder().encode('NTFS    ')]);
  const view = new DataView(boot.buffer);
  view.setUint16(11, sectorBytes, true);
  view.setBigUint64(40, BigInt(sectors), true);
  boot.set([0x55, 0xaa], 510);
  return boot;
}

function read(bytes: Uint8Array, sectorBytes = 512): { table: PartitionTable; damages: Damage[]; codes: string[] } {
  const damages: Damage[] = [];
  const table = readPartitions(memoryDisk(bytes, sectorBytes), { onDamage: (damage) => damages.push(damage) });
  return { table, damages, codes: damages.map(({ code }) => code) };
}

function gptDisk(gpt: Partial<WriteGpt> = {}, size = SIZE, ...more: (readonly DiskPiece[])[]): Uint8Array {
  return assembleDisk(size, gptPieces({ sizeBytes: SIZE, partitions: [ESP, DATA], ...gpt }), ...more);
}

describe('GPT', () => {
  it('is read with slots, names, attributes and both copies', () => {
    const { table, codes } = read(gptDisk());
    expect(codes).toEqual([]);
    expect(table).toEqual({
      scheme: 'gpt',
      sectorBytes: 512,
      diskId: '{11111111-2222-4333-8444-555555555555}',
      hybrid: false,
      copies: { primary: 'ok', backup: 'ok' },
      partitions: [
        {
          number: 1,
          offset: 64 * 512,
          sizeBytes: 64 * 512,
          type: '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}',
          typeName: 'EFI system',
          id: '{00000000-0000-4000-8000-000000000001}',
          name: 'EFI system partition',
          attributes: 1n,
        },
        {
          number: 3,
          offset: 128 * 512,
          sizeBytes: 773 * 512,
          type: '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}',
          typeName: 'Basic data',
          id: '{abcdef01-2345-4678-9abc-def012345678}',
          name: '基本データ',
          attributes: 0n,
        },
      ],
    });
  });

  it('is read from the whole copy when one byte anywhere in the other is wrong', () => {
    const pieces = gptPieces({ sizeBytes: SIZE, partitions: [ESP, DATA] });
    const [, header, entries, backupEntries, backup] = pieces;
    const want = read(gptDisk()).table;
    const places: [number, 'primary' | 'backup'][] = [];
    for (const at of [0, 8, 12, 16, 24, 32, 56, 72, 80, 84, 88, 91])
      places.push([header.offset + at, 'primary'], [backup.offset + at, 'backup']);
    for (const at of [0, 16, 32, 300, 16383]) places.push([entries.offset + at, 'primary'], [backupEntries.offset + at, 'backup']);
    for (const [place, copy] of places) {
      const disk = gptDisk();
      disk[place] = disk[place]! ^ 0x80;
      const { table, codes } = read(disk);
      expect(table.partitions, `byte ${place}`).toEqual(want.partitions);
      expect(table.diskId).toBe(want.diskId);
      expect(table.copies, `byte ${place}`).toEqual({ ...want.copies, [copy]: 'damaged' });
      expect(codes).toEqual(['PARTITION_GPT_COPY']);
    }
  });

  it('is not read from a whole header that belongs elsewhere', () => {
    const pieces = gptPieces({ sizeBytes: SIZE, partitions: [ESP, DATA] });
    const { table } = read(gptDisk({}, SIZE, [{ offset: 512, bytes: pieces[4].bytes }]));
    expect([table.copies, table.partitions.length]).toEqual([{ primary: 'damaged', backup: 'ok' }, 2]);
  });

  it('with both entry arrays damaged is listed as it is, and said to be damaged twice', () => {
    const [, , entries, backupEntries] = gptPieces({ sizeBytes: SIZE, partitions: [ESP, DATA] });
    const disk = gptDisk();
    for (const { offset } of [entries, backupEntries]) disk[offset + 60] = disk[offset + 60]! ^ 1;
    const { table, codes } = read(disk);
    expect(table.copies).toEqual({ primary: 'damaged', backup: 'damaged' });
    expect(table.partitions).toHaveLength(2);
    expect(codes).toEqual(['PARTITION_GPT_COPY', 'PARTITION_GPT_COPY']);
  });

  it('with both headers gone is announced and lost', () => {
    const [, header, , , backup] = gptPieces({ sizeBytes: SIZE, partitions: [ESP] });
    const disk = gptDisk();
    disk.fill(0, header.offset, header.offset + 512);
    disk.fill(0, backup.offset, backup.offset + 512);
    const { table, codes } = read(disk);
    expect([table.scheme, table.partitions, table.copies, codes]).toEqual([
      'gpt',
      [],
      { primary: 'damaged', backup: 'damaged' },
      ['PARTITION_GPT_LOST'],
    ]);
  });

  it('whose copies say different things is read from the primary', () => {
    const other = gptPieces({ sizeBytes: SIZE, partitions: [ESP, { ...DATA, lastLba: 800 }] });
    const { table, codes } = read(gptDisk({}, SIZE, [other[3], other[4]]));
    expect([table.partitions[1]?.sizeBytes, table.copies, codes]).toEqual([
      773 * 512,
      { primary: 'ok', backup: 'differs' },
      ['PARTITION_GPT_DIFFER'],
    ]);
  });

  it('on a disk that was made larger keeps its backup, and says so', () => {
    const { table, damages } = read(gptDisk({}, SIZE * 2));
    expect(table.copies).toEqual({ primary: 'ok', backup: 'ok' });
    expect(damages).toMatchObject([{ code: 'PARTITION_GPT_PLACE', need: SIZE * 2 - 512, have: SIZE - 512 }]);
  });

  it('on an image that was cut is listed with what is missing', () => {
    const { table, damages } = read(gptDisk({}, 200 * 512));
    expect(table.copies).toEqual({ primary: 'ok', backup: 'missing' });
    expect(table.partitions).toHaveLength(2);
    expect(damages).toMatchObject([
      { code: 'PARTITION_TRUNCATED', need: SIZE, have: 200 * 512 },
      { code: 'PARTITION_BEYOND', what: 'partition 3', need: 901 * 512, have: 200 * 512 },
    ]);
  });

  it('is found with sectors of 4096 bytes in a file that does not say so, and the other way round', () => {
    const partitions = [{ ...ESP, firstLba: 8, lastLba: 15 }];
    const big = gptDisk({ sectorBytes: 4096, partitions });
    for (const [disk, own, given] of [
      [big, 4096, 512],
      [gptDisk(), 512, 4096],
    ] as const) {
      expect(read(disk, own).codes).toEqual([]);
      const { table, damages } = read(disk, given);
      expect(table.sectorBytes).toBe(own);
      expect(damages).toMatchObject([{ code: 'PARTITION_SECTOR_SIZE', need: own, have: given }]);
      expect(table.partitions[0]?.offset).toBe(own === 4096 ? 8 * 4096 : 64 * 512);
    }
    const [, header] = gptPieces({ sizeBytes: SIZE, sectorBytes: 4096, partitions });
    const damaged = big.slice();
    damaged.fill(0, header.offset, header.offset + 4096);
    expect(read(damaged).table).toMatchObject({ sectorBytes: 4096, copies: { primary: 'damaged', backup: 'ok' } });
  });

  it('with large entries and more of them is read', () => {
    const { table, codes } = read(
      gptDisk({ count: 256, entryBytes: 256, partitions: [{ ...ESP, number: 256, firstLba: 300, lastLba: 400 }] }),
    );
    expect([table.partitions.map(({ number }) => number), codes]).toEqual([[256], []]);
  });

  it('is hybrid when the MBR names real partitions too', () => {
    const { table, codes } = read(gptDisk({ hybrid: [{ type: 7, start: 128, count: 773 }] }));
    expect([table.scheme, table.hybrid, table.partitions.length, codes]).toEqual(['gpt', true, 2, []]);
  });

  it('without a protective MBR is read, and said', () => {
    const { table, codes } = read(gptDisk({}, SIZE, [{ offset: 0, bytes: new Uint8Array(512) }]));
    expect([table.scheme, table.partitions.length, codes]).toEqual(['gpt', 2, ['PARTITION_PROTECTIVE']]);
  });

  it('left over beside an MBR does not count', () => {
    const { table, codes } = read(gptDisk({}, SIZE, mbrPieces0({ slots: [{ type: 7, start: 128, count: 100 }] })));
    expect([table.scheme, table.partitions.length, codes]).toEqual(['mbr', 1, ['PARTITION_GPT_STALE']]);
  });

  it('left over at the end of a volume without a table does not count', () => {
    const disk = gptDisk();
    disk.fill(0, 0, 64 * 512);
    disk.set(ntfsBoot());
    expect(read(disk).table).toMatchObject({ scheme: 'none', partitions: [{ number: 1, offset: 0, sizeBytes: SIZE }] });
  });

  it('tells impossible, overlapping and too long entries', () => {
    const partitions = [
      { ...ESP, firstLba: 200, lastLba: 100 },
      { ...ESP, firstLba: 64, lastLba: 127 },
      { ...ESP, firstLba: 100, lastLba: 150 },
      { ...ESP, firstLba: 7000, lastLba: 9000 },
    ];
    const { table, damages } = read(gptDisk({ partitions }));
    expect(table.partitions.map(({ number }) => number)).toEqual([2, 3, 4]);
    expect(damages.map(({ code, what }) => `${code} ${what}`)).toEqual([
      'PARTITION_ENTRY GPT entry 1',
      'PARTITION_BEYOND partition 4',
      'PARTITION_OVERLAP partitions 2 and 3',
    ]);
  });
});

/** Only the first sector of an MBR disk. */
function mbrPieces0(mbr: Parameters<typeof mbrPieces>[0]): readonly DiskPiece[] {
  return mbrPieces(mbr).slice(0, 1);
}

describe('MBR', () => {
  const SLOTS = [{ type: 7, start: 64, count: 100, active: true }, undefined, { type: 0x0f, start: 1000, count: 3000 }];
  const LOGICAL = [
    { record: 0, type: 7, start: 63, count: 500 },
    { record: 1000, type: 0x0b, start: 63, count: 400 },
    { record: 2000, type: 0x83, start: 1, count: 30 },
  ];

  it('is read with its logical partitions', () => {
    const { table, codes } = read(assembleDisk(SIZE, mbrPieces({ slots: SLOTS, logical: LOGICAL, signature: 0xcafe })));
    expect(codes).toEqual([]);
    expect(table).toMatchObject({ scheme: 'mbr', sectorBytes: 512, diskId: '0x0000cafe', hybrid: false });
    expect(
      table.partitions.map(({ number, offset, sizeBytes, type, typeName, attributes }) => [
        number,
        offset / 512,
        sizeBytes / 512,
        type,
        typeName,
        attributes,
      ]),
    ).toEqual([
      [1, 64, 100, '0x07', 'NTFS or exFAT', 0x80n],
      [3, 1000, 3000, '0x0f', 'Extended', 0n],
      [5, 1063, 500, '0x07', 'NTFS or exFAT', 0n],
      [6, 2063, 400, '0x0b', 'FAT32', 0n],
      [7, 3001, 30, '0x83', 'Linux filesystem', 0n],
    ]);
  });

  it('ends a chain that is broken, leaves its partition, or returns to itself', () => {
    const broken = assembleDisk(SIZE, mbrPieces({ slots: SLOTS, logical: LOGICAL }));
    broken[2000 * 512 + 510] = 0;
    const loop = mbrPieces({ slots: SLOTS, logical: [LOGICAL[0]!, LOGICAL[1]!, { ...LOGICAL[0]!, record: 0 }] }).slice(0, 3);
    const outside = mbrPieces({ slots: SLOTS, logical: [LOGICAL[0]!, { ...LOGICAL[1]!, record: 5000 }] });
    for (const [disk, numbers] of [
      [broken, [1, 3, 5]],
      [assembleDisk(SIZE, loop), [1, 3, 5, 6]],
      [assembleDisk(SIZE, outside), [1, 3, 5]],
    ] as const) {
      const { table, codes } = read(disk);
      expect([table.partitions.map(({ number }) => number), codes]).toEqual([numbers, ['PARTITION_EXTENDED']]);
    }
  });

  it('follows a chain of 128 records and no more', () => {
    const logical = Array.from({ length: 140 }, (_, index) => ({ record: index * 10, type: 7, start: 1, count: 9 }));
    const { table, codes } = read(assembleDisk(SIZE, mbrPieces({ slots: SLOTS, logical })));
    expect([table.partitions.length, codes]).toEqual([2 + 128, ['PARTITION_EXTENDED']]);
  });

  it('finds out that it counts in sectors of 4096 bytes', () => {
    const disk = assembleDisk(SIZE, mbrPieces({ slots: [{ type: 7, start: 16, count: 100 }] }), [
      { offset: 16 * 4096, bytes: ntfsBoot(4096) },
    ]);
    const { table, codes } = read(disk);
    expect([table.sectorBytes, table.partitions[0]?.offset, codes]).toEqual([4096, 16 * 4096, ['PARTITION_SECTOR_SIZE']]);
  });

  it('tells partitions that overlap or end behind the disk', () => {
    const slots = [
      { type: 7, start: 64, count: 100 },
      { type: 7, start: 150, count: 20 },
      { type: 7, start: 8000, count: 1000 },
    ];
    expect(read(assembleDisk(SIZE, mbrPieces({ slots }))).codes).toEqual(['PARTITION_BEYOND', 'PARTITION_OVERLAP']);
  });

  it('that is empty is a disk without partitions', () => {
    const { table, codes } = read(assembleDisk(SIZE, mbrPieces({ slots: [] })));
    expect([table.scheme, table.partitions, codes]).toEqual(['mbr', [], []]);
  });
});

describe('members of a group of disks', () => {
  it('are recognised: dynamic disks by type and header, on MBR and GPT, and Storage Spaces', () => {
    const slots = [{ type: 0x42, start: 63, count: 7000 }];
    expect(read(assembleDisk(SIZE, mbrPieces({ slots }), ldmPieces(SIZE)))).toMatchObject({ table: { composite: 'dynamic' }, codes: [] });
    for (const type of [GPT_TYPE.ldmData, GPT_TYPE.ldmMetadata]) {
      expect(read(gptDisk({ partitions: [{ ...ESP, type }] }))).toMatchObject({ table: { composite: 'dynamic' }, codes: [] });
    }
    expect(read(gptDisk({ partitions: [{ ...ESP, type: GPT_TYPE.storageSpaces }] }))).toMatchObject({
      table: { composite: 'storage-spaces' },
      codes: [],
    });
    expect(read(gptDisk()).table.composite).toBeUndefined();
  });

  it('are not taken for plain disks when type and header disagree', () => {
    const typed = assembleDisk(SIZE, mbrPieces({ slots: [{ type: 0x42, start: 63, count: 7000 }] }));
    const headed = assembleDisk(SIZE, mbrPieces({ slots: [{ type: 7, start: 63, count: 7000 }] }), ldmPieces(SIZE).slice(1));
    for (const disk of [typed, headed]) expect(read(disk)).toMatchObject({ table: { composite: 'dynamic' }, codes: ['PARTITION_LDM'] });
  });
});

describe('a disk without a table', () => {
  it('is one volume, with the sector size its boot sector says', () => {
    for (const own of [512, 4096]) {
      const { table, codes } = read(assembleDisk(SIZE, [{ offset: 0, bytes: ntfsBoot(own) }]));
      expect(table).toEqual({
        scheme: 'none',
        sectorBytes: own,
        hybrid: false,
        partitions: [{ number: 1, offset: 0, sizeBytes: SIZE, type: 'none', typeName: 'Whole disk', attributes: 0n }],
      });
      expect(codes).toEqual(own === 512 ? [] : ['PARTITION_SECTOR_SIZE']);
    }
  });

  it('whose first sector is gone is still one volume when the copy at its end fits', () => {
    const last = SIZE - 512;
    expect(read(assembleDisk(SIZE, [{ offset: last, bytes: ntfsBoot(512, last / 512) }])).table.partitions).toHaveLength(1);
    // The copy of a smaller volume belongs to a partition that ends with the disk.
    expect(read(assembleDisk(SIZE, [{ offset: last, bytes: ntfsBoot(512, 1000) }])).table.partitions).toHaveLength(0);
  });

  it('and without a volume has no partitions', () => {
    for (const disk of [new Uint8Array(SIZE), new Uint8Array(0), new Uint8Array(100), new Uint8Array(SIZE).fill(0xf6)]) {
      const { table, codes } = read(disk);
      expect([table.scheme, table.partitions, codes]).toEqual(['none', [], ['PARTITION_NOT_FOUND']]);
    }
  });
});
