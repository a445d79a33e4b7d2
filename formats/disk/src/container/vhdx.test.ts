import { castagnoli, sealVhdx, vhdxPlaces, type WriteVhdx, writeVhdx } from '@winmedic/labs/container-writer';
import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { openContainer } from './index.ts';
import { allOf, codeOf, diskOf, guids, MemoryFile, readOnly, same, withDamages } from './test-disks.ts';

const PARENT = '{55555555-5555-5555-5555-555555555555}';
const disk = diskOf(9, [0, 3, 4, 8]);
const dynamic: WriteVhdx = { variant: 'dynamic', disk };
const parentDisk = diskOf(9, [0, 1, 5], 3);
const parent = { ...readOnly(parentDisk), id: PARENT };
const child: WriteVhdx = {
  variant: 'differencing',
  disk,
  present: (sector) => (sector >= 6144 && sector < 8192 && sector % 3 === 0) || (sector >= 8192 && sector < 10240),
  parent: { linkage: PARENT, relative: '..\\parent.vhdx', volume: '\\\\?\\Volume{1}\\parent.vhdx', absolute: '\\\\?\\c:\\parent.vhdx' },
};
function merged(own: Uint8Array, below: Uint8Array, present: (sector: number) => boolean): Uint8Array {
  const whole = below.slice();
  for (let sector = 0; sector * 512 < whole.length; sector++)
    if (present(sector)) whole.set(own.subarray(sector * 512, sector * 512 + 512), sector * 512);
  return whole;
}
/** A child of 4096-byte sectors whose presence depends on its large sectors. */
const child4k: WriteVhdx = { ...child, sectorBytes: 4096, present: (sector) => sector % 5 === 2 && sector < 2000 };
const merged4k = merged(disk, parentDisk, (sector) => child4k.present!(sector >> 3));

describe('CRC-32C', () => {
  it('agrees with its definition, also in parts', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    const bytes = disk.subarray(100, 5000);
    expect(crc32c(bytes)).toBe(castagnoli(bytes));
    expect(crc32c(bytes.subarray(7), crc32c(bytes.subarray(0, 7)))).toBe(castagnoli(bytes));
  });
});

describe('VHDX that is read', () => {
  it.each([
    ['fixed', { variant: 'fixed', disk }],
    ['dynamic', dynamic],
    ['dynamic, blocks of 4 MiB, the last one partly outside', { ...dynamic, blockBytes: 0x40_0000 }],
    ['dynamic, sectors of 4096 bytes', { ...dynamic, sectorBytes: 4096 }],
    ['with a region and an item it need not know', { ...dynamic, extraRegion: other(false), extraItem: other(false) }],
    ['with blocks undefined, zero and unmapped', { ...dynamic, absentState: (block) => 1 + (block % 3) }],
  ] satisfies [string, WriteVhdx][])('%s gives the bytes of the disk', (_, what) => {
    const { value, codes } = withDamages((onDamage) => openContainer(readOnly(writeVhdx(what)), { onDamage }));
    expect(same(allOf(value), disk)).toBe(true);
    expect(codes).toEqual([]);
    expect(value.info).toMatchObject({ kind: 'vhdx', variant: what.variant, sizeBytes: disk.length, log: 'clean' });
    expect(value.info.id).toBe('{22222222-2222-2222-2222-222222222222}');
    expect(value.sectorBytes).toBe((what as WriteVhdx).sectorBytes ?? 512);
    expect(value.write).toBeUndefined();
  });

  it.each([
    ['512', child, merged(disk, parentDisk, child.present!)],
    ['4096', child4k, merged4k],
  ])('differencing, sectors of %s bytes, gives its own and those of the parent', (_, what, expected) => {
    const opened = openContainer(readOnly(writeVhdx(what)), { openParent: () => parent });
    expect(same(allOf(opened), expected)).toBe(true);
    expect(opened.info.parent).toEqual({
      paths: ['..\\parent.vhdx', '\\\\?\\Volume{1}\\parent.vhdx', '\\\\?\\c:\\parent.vhdx'],
      ids: [PARENT],
    });
    for (const [offset, length] of [
      [0x30_0000 - 1, 1030],
      [0x30_01ff, 2],
      [disk.length - 3, 3],
    ] as const) {
      const into = new Uint8Array(length);
      expect(opened.readAt(offset, into)).toBe(length);
      expect(same(into, expected.subarray(offset, offset + length))).toBe(true);
    }
  });

  it('differencing: absent blocks are the parent, zero and unmapped ones are zeros', () => {
    const what: WriteVhdx = { ...child, present: () => false, absentState: (block) => [0, 2, 3, 1][block] ?? 0 };
    const opened = openContainer(readOnly(writeVhdx(what)), { openParent: () => parent });
    expect(same(allOf(opened), parentDisk.slice().fill(0, 1 << 20, 4 << 20))).toBe(true);
  });

  it('differencing accepts either linkage, and no other disk', () => {
    const second = writeVhdx({ ...child, parent: { linkage: '{00000000-0000-0000-0000-000000000001}', linkage2: PARENT, relative: 'p' } });
    expect(openContainer(readOnly(second), { openParent: () => parent }).info.parent?.ids).toHaveLength(2);
    const file = readOnly(writeVhdx(child));
    expect(codeOf(() => openContainer(file))).toBe('CONTAINER_PARENT');
    expect(codeOf(() => openContainer(file, { openParent: () => ({ ...parent, id: '{1}' }) }))).toBe('CONTAINER_PARENT');
  });

  it('takes the other copy of a damaged header or region table, and says so', () => {
    for (const place of [...vhdxPlaces.headers, ...vhdxPlaces.tables]) {
      const bytes = writeVhdx(dynamic);
      bytes[place + 100]! ^= 1;
      const { value, codes } = withDamages((onDamage) => openContainer(readOnly(bytes), { onDamage }));
      expect(same(allOf(value), disk)).toBe(true);
      expect(codes).toEqual(['CONTAINER_COPY']);
    }
  });

  it('refuses what it must not guess', () => {
    expect(codeOf(() => openContainer(readOnly(writeVhdx({ ...dynamic, extraRegion: other(true) }))))).toBe('CONTAINER_UNSUPPORTED');
    expect(codeOf(() => openContainer(readOnly(writeVhdx({ ...dynamic, extraItem: other(true) }))))).toBe('CONTAINER_UNSUPPORTED');
    const headers = (change: (view: DataView, i: number) => void) => {
      const bytes = writeVhdx(dynamic);
      vhdxPlaces.headers.forEach((place, i) => {
        change(new DataView(bytes.buffer, place, 4096), i);
        sealVhdx(bytes.subarray(place, place + 4096));
      });
      return codeOf(() => openContainer(readOnly(bytes)));
    };
    expect(headers((view) => view.setUint16(66, 2, true))).toBe('CONTAINER_UNSUPPORTED');
    expect(headers((view, i) => view.setUint32(100, i) === view.setBigUint64(8, 5n, true))).toBe('CONTAINER_HEADER');
    expect(headers((view) => view.setBigUint64(8, 5n, true))).toBe('no error');
    expect(headers((view) => view.setUint8(48, 1))).toBe('CONTAINER_LOG');
    expect(headers((view) => view.setUint16(64, 1, true))).toBe('no error');
  });
});

function other(required: boolean) {
  return { id: new Uint8Array(16).fill(0x99), required };
}

describe('VHDX with a log', () => {
  it.each([
    ['one entry', { in: 'zero' }],
    ['over garbage', { in: 'garbage' }],
    ['several entries', { in: 'garbage', entries: 2 }],
    ['around the end of the ring', { in: 'garbage', at: 0xf_f000 }],
    ['several entries around the end of the ring', { in: 'garbage', at: 0xf_d000, entries: 2 }],
    ['behind an older sequence', { in: 'garbage', stale: true }],
    ['an older sequence at the end of the ring', { in: 'garbage', at: 0xf_e000, stale: true }],
  ] satisfies [string, WriteVhdx['pending']][])('%s: replayed in memory', (_, pending) => {
    const bytes = writeVhdx({ ...dynamic, pending });
    const { value, codes } = withDamages((onDamage) => openContainer(readOnly(bytes), { onDamage }));
    expect(codes).toEqual([]);
    expect(value.info.log).toBe('replayed');
    expect(same(allOf(value), disk)).toBe(true);
  });

  it('every byte of the entry: whole or refused', () => {
    const bytes = writeVhdx({ ...dynamic, pending: { in: 'zero' } });
    for (let at = 0; at < 0x2000; at += 101) {
      const file = bytes.slice();
      file[vhdxPlaces.log + at]! ^= 0x10;
      expect(codeOf(() => openContainer(readOnly(file)))).toBe('CONTAINER_LOG');
    }
  });

  it('a torn last entry never happened: the whole ones before it count', () => {
    const torn = writeVhdx({ ...dynamic, pending: { in: 'garbage', entries: 2 } });
    expect(same(allOf(openContainer(readOnly(torn))), disk)).toBe(true);
    torn[vhdxPlaces.log + 0x2fff]! ^= 1;
    const opened = openContainer(readOnly(torn));
    expect(opened.info.log).toBe('replayed');
    // The first entry clears the table, the second one fills it.
    expect(allOf(opened).some((byte) => byte !== 0)).toBe(false);
  });

  it('a file shorter than its log says is refused', () => {
    const cut = writeVhdx({ ...dynamic, pending: { in: 'zero' } }).subarray(0, -(1 << 20));
    expect(codeOf(() => openContainer(readOnly(cut)))).toBe('CONTAINER_LOG');
  });

  it('is written into the file before anything else, then no header names it', () => {
    const file = new MemoryFile(writeVhdx({ ...dynamic, pending: { in: 'garbage', stale: true } }));
    const opened = openContainer(file, { randomGuid: guids() });
    opened.write?.(0x30_0000, new Uint8Array(512).fill(7));
    const expected = disk.slice();
    expected.fill(7, 0x30_0000, 0x30_0200);
    expect(same(allOf(opened), expected)).toBe(true);
    for (const damaged of [undefined, ...vhdxPlaces.headers]) {
      const bytes = file.bytes.slice();
      if (damaged !== undefined) bytes[damaged] = 0;
      const again = openContainer(readOnly(bytes));
      expect(again.info).toMatchObject({ log: 'clean', id: '{41414141-4141-4141-4141-414141414141}' });
      expect(same(allOf(again), expected)).toBe(true);
    }
  });
});

describe('VHDX that is written', () => {
  const data = diskOf(2, [0, 1], 9);
  const writes = [
    [0x30_0000, data.subarray(0, 8192)],
    [0x1f_f000, data.subarray(0, 0x10_2000)],
    [0x60_0000, data.subarray(0, 4096)],
    [0x60_7000, data.subarray(4096, 8192)],
    [(9 << 20) - 4096, data.subarray(0, 4096)],
  ] as const;

  it.each([
    ['fixed', { variant: 'fixed', disk }, disk],
    ['dynamic', dynamic, disk],
    ['dynamic, blocks of 4 MiB', { ...dynamic, blockBytes: 0x40_0000 }, disk],
    ['dynamic, undefined and unmapped blocks', { ...dynamic, absentState: () => 3 }, disk],
    ['dynamic, sectors of 4096 bytes', { ...dynamic, sectorBytes: 4096 }, disk],
    ['with a log', { ...dynamic, pending: { in: 'garbage' } }, disk],
    ['differencing', child, merged(disk, parentDisk, child.present!)],
    ['differencing, sectors of 4096 bytes', child4k, merged4k],
  ] satisfies [string, WriteVhdx, Uint8Array][])('%s: present, partly present and absent blocks', (_, what, before) => {
    const file = new MemoryFile(writeVhdx(what));
    const options = { openParent: () => parent };
    const opened = openContainer(file, { ...options, randomGuid: guids() });
    const expected = before.slice();
    for (const [offset, bytes] of writes) {
      opened.write?.(offset, bytes);
      expected.set(bytes, offset);
      expect(same(allOf(opened), expected)).toBe(true);
    }
    expect(opened.info.id).toBe('{41414141-4141-4141-4141-414141414141}');
    const { value, codes } = withDamages((onDamage) => openContainer(readOnly(file.bytes), { ...options, onDamage }));
    expect(codes).toEqual([]);
    expect(value.info).toMatchObject({ log: 'clean', id: opened.info.id });
    expect(same(allOf(value), expected)).toBe(true);
    expect(file.bytes.length % (1 << 20)).toBe(0);
  });

  it('changes only the older header of a file with an empty log, and few bytes', () => {
    const before = writeVhdx({ ...dynamic, blockBytes: 0x200_0000 });
    const file = new MemoryFile(before);
    const opened = openContainer(file, { randomGuid: guids() });
    opened.write?.(0, data.subarray(0, 512));
    expect(file.written).toEqual([
      [vhdxPlaces.headers[0], 4096],
      [vhdxPlaces.bat + (1 << 20), 512],
    ]);
    const header = new DataView(file.bytes.buffer, vhdxPlaces.headers[0]);
    expect(header.getBigUint64(8, true)).toBe(9n);
    expect(same(file.bytes.subarray(vhdxPlaces.headers[1], vhdxPlaces.headers[1] + 4096), before.subarray(0x2_0000, 0x2_1000))).toBe(true);
    const empty = new MemoryFile(writeVhdx({ ...dynamic, disk: new Uint8Array(9 << 20), blockBytes: 0x200_0000 }));
    openContainer(empty, { randomGuid: guids() }).write?.(0x10_0000, data.subarray(0, 512));
    expect(empty.written.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(0x2_0000);
    expect(empty.bytes.length).toBe((4 << 20) + 0x200_0000);
  });

  it('refuses without random bytes, at the last sequence number, and what is not whole sectors', () => {
    const sector = new Uint8Array(512);
    const file = new MemoryFile(writeVhdx(dynamic));
    expect(codeOf(() => openContainer(file).write?.(0, sector))).toBe('CONTAINER_WRITE');
    expect(codeOf(() => openContainer(file, { randomGuid: () => new Uint8Array(3) }).write?.(0, sector))).toBe('CONTAINER_WRITE');
    expect(codeOf(() => openContainer(file, { randomGuid: guids() }).write?.(9 << 20, sector))).toBe('BLOCK_WRITE_RANGE');
    const large = openContainer(new MemoryFile(writeVhdx({ ...dynamic, sectorBytes: 4096 })), { randomGuid: guids() });
    expect(codeOf(() => large.write?.(512, new Uint8Array(4096)))).toBe('CONTAINER_WRITE');
    const last = new MemoryFile(writeVhdx(dynamic));
    new DataView(last.bytes.buffer).setBigUint64(vhdxPlaces.headers[1] + 8, 2n ** 64n - 1n, true);
    sealVhdx(last.bytes.subarray(vhdxPlaces.headers[1], vhdxPlaces.headers[1] + 4096));
    expect(codeOf(() => openContainer(last, { randomGuid: guids() }).write?.(0, sector))).toBe('CONTAINER_LIMIT');
    expect([...file.written, ...last.written]).toEqual([]);
  });
});
