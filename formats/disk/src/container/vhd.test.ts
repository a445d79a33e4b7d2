import { vhdFooterSum, type WriteVhd, writeVhd } from '@winmedic/labs/container-writer';
import { describe, expect, it } from 'vitest';
import { openContainer } from './index.ts';
import { allOf, codeOf, diskOf, MemoryFile, readOnly, same, withDamages } from './test-disks.ts';

const PARENT_ID = new Uint8Array(16).fill(0x55);
const PARENT = '{55555555-5555-5555-5555-555555555555}';
const disk = diskOf(9, [0, 3, 4, 8]);
const dynamic: WriteVhd = { variant: 'dynamic', disk, blockBytes: 0x10_0000 };

const parentDisk = diskOf(9, [0, 1, 5], 3);
const parent = { ...readOnly(parentDisk), id: PARENT };
const child: WriteVhd = {
  variant: 'differencing',
  disk,
  blockBytes: 0x10_0000,
  present: (sector) => sector >= 6144 && sector < 8192 && sector % 3 === 0,
  parent: {
    id: PARENT_ID,
    name: 'parent.vhd',
    relative: '.\\parent.vhd',
    absolute: 'C:\\disks\\parent.vhd',
    url: 'file://localhost/parent.vhd',
  },
};
/** What a child of both shows. */
function merged(own: Uint8Array, below: Uint8Array, present: (sector: number) => boolean): Uint8Array {
  const whole = below.slice();
  for (let sector = 0; sector * 512 < whole.length; sector++)
    if (present(sector)) whole.set(own.subarray(sector * 512, sector * 512 + 512), sector * 512);
  return whole;
}

describe('VHD that is read', () => {
  it.each([
    ['fixed', { variant: 'fixed', disk }],
    ['dynamic in blocks of 1 MiB', dynamic],
    ['dynamic in blocks of 512 KiB', { ...dynamic, blockBytes: 0x8_0000 }],
    ['dynamic in blocks of 2 MiB, the last one half outside', { ...dynamic, blockBytes: 0x20_0000 }],
  ] satisfies [string, WriteVhd][])('%s gives the bytes of the disk', (_, what) => {
    const { value, codes } = withDamages((onDamage) => openContainer(readOnly(writeVhd(what)), { onDamage }));
    expect(same(allOf(value), disk)).toBe(true);
    expect(codes).toEqual([]);
    expect(value.info).toMatchObject({ kind: 'vhd', variant: what.variant, sizeBytes: disk.length, sectorBytes: 512, log: 'none' });
    expect(value.write).toBeUndefined();
  });

  it('gives parts that begin and end inside blocks and sectors, and nothing behind its end', () => {
    const opened = openContainer(readOnly(writeVhd(dynamic)));
    for (const [offset, length] of [
      [0x2f_ff01, 700],
      [0x30_0000 - 1, 0x20_0003],
      [disk.length - 3, 10],
    ] as const) {
      const into = new Uint8Array(length).fill(0xaa);
      const have = opened.readAt(offset, into);
      expect(have).toBe(Math.min(length, disk.length - offset));
      expect(same(into.subarray(0, have), disk.subarray(offset, offset + have))).toBe(true);
    }
    expect(opened.readAt(disk.length, new Uint8Array(1))).toBe(0);
    expect(opened.readAt(disk.length + 5, new Uint8Array(1))).toBe(0);
  });

  it('differencing gives its own sectors and those of the parent, and names the parent', () => {
    const opened = openContainer(readOnly(writeVhd(child)), { openParent: () => parent });
    expect(same(allOf(opened), merged(disk, parentDisk, child.present!))).toBe(true);
    expect(opened.info.parent).toEqual({
      paths: ['.\\parent.vhd', 'C:\\disks\\parent.vhd', 'file://localhost/parent.vhd', 'parent.vhd'],
      ids: [PARENT],
    });
    const into = new Uint8Array(3);
    opened.readAt(6146 * 512 - 1, into);
    expect([...into]).toEqual([...merged(disk, parentDisk, child.present!).subarray(6146 * 512 - 1, 6146 * 512 + 2)]);
  });

  it('differencing shows zeros behind the end of a smaller parent', () => {
    const small = parentDisk.subarray(0, (5 << 20) + 512);
    const opened = openContainer(readOnly(writeVhd(child)), { openParent: () => ({ ...readOnly(small), id: PARENT.toUpperCase() }) });
    const below = new Uint8Array(parentDisk.length);
    below.set(small);
    expect(same(allOf(opened), merged(disk, below, child.present!))).toBe(true);
  });

  it('differencing needs its parent, and no other disk', () => {
    const file = readOnly(writeVhd(child));
    expect(codeOf(() => openContainer(file))).toBe('CONTAINER_PARENT');
    expect(codeOf(() => openContainer(file, { openParent: () => undefined }))).toBe('CONTAINER_PARENT');
    expect(codeOf(() => openContainer(file, { openParent: () => ({ ...parent, id: '{0}' }) }))).toBe('CONTAINER_PARENT');
  });

  it('takes the copy for a damaged footer, and the footer for a damaged copy', () => {
    for (const at of [0, -512]) {
      const bytes = writeVhd(dynamic);
      bytes[(at + bytes.length) % bytes.length]! ^= 1;
      const { value, codes } = withDamages((onDamage) => openContainer(readOnly(bytes), { onDamage }));
      expect(same(allOf(value), disk)).toBe(true);
      expect(codes).toEqual(['CONTAINER_COPY']);
    }
  });

  it('reads a footer of 511 bytes', () => {
    const opened = openContainer(readOnly(writeVhd({ variant: 'fixed', disk }).subarray(0, -1)));
    expect(same(allOf(opened), disk)).toBe(true);
  });

  it('a fixed disk whose footer is damaged, or that was cut, is not opened', () => {
    const bytes = writeVhd({ variant: 'fixed', disk });
    bytes[bytes.length - 100]! ^= 1;
    expect(codeOf(() => openContainer(readOnly(bytes)))).toBe('CONTAINER_HEADER');
    const cut = writeVhd({ variant: 'fixed', disk });
    cut.copyWithin(0x10_0000, cut.length - 512);
    expect(codeOf(() => openContainer(readOnly(cut.subarray(0, 0x10_0200))))).toBe('CONTAINER_HEADER');
  });

  it('refuses versions, types and sizes beyond the format', () => {
    const changed = (change: (view: DataView) => void) => {
      const bytes = writeVhd({ variant: 'fixed', disk });
      const footer = bytes.subarray(-512);
      change(new DataView(footer.buffer, footer.byteOffset));
      vhdFooterSum(footer);
      return codeOf(() => openContainer(readOnly(bytes)));
    };
    expect(changed((view) => view.setUint32(12, 0x2_0000))).toBe('CONTAINER_UNSUPPORTED');
    expect(changed((view) => view.setUint32(60, 5))).toBe('CONTAINER_UNSUPPORTED');
    expect(changed((view) => view.setBigUint64(48, 2n ** 63n))).toBe('CONTAINER_LIMIT');
    expect(changed((view) => view.setBigUint64(48, 513n))).toBe('CONTAINER_LIMIT');
    expect(changed((view) => view.setUint32(56, 0))).toBe('no error');
  });
});

describe('VHD with a damaged table', () => {
  const TABLE = 512 + 1024;
  const withEntries = (change: (view: DataView) => void) => {
    const bytes = writeVhd(dynamic);
    change(new DataView(bytes.buffer, TABLE, 9 * 4));
    return new MemoryFile(bytes);
  };

  it.each([
    ['beyond the end', [3], (view: DataView) => view.setUint32(12, 0x1000_0000)],
    ['into the footer', [3], (view: DataView) => view.setUint32(12, Math.floor((4 * (0x10_0000 + 512) + 2048) / 512) - 5)],
    ['in the header', [3], (view: DataView) => view.setUint32(12, 1)],
    ['equal to another one', [3, 4], (view: DataView) => view.setUint32(12, view.getUint32(16))],
    ['a little behind another one', [3, 4], (view: DataView) => view.setUint32(12, view.getUint32(16) + 1)],
  ])('a place %s makes only its blocks unreadable, and nothing is written', (_, blocks, change) => {
    const file = withEntries(change);
    const { value, codes } = withDamages((onDamage) => openContainer(file, { onDamage }));
    expect(new Set(codes)).toEqual(new Set(['CONTAINER_BLOCK_PLACE']));
    for (let block = 0; block < 9; block++) {
      const into = new Uint8Array(0x10_0000);
      const read = codeOf(() => value.readAt(block << 20, into));
      if (read === 'no error') expect(same(into, disk.subarray(block << 20, (block + 1) << 20))).toBe(true);
      if (blocks.includes(block)) expect(read).toBe('CONTAINER_BLOCK');
    }
    expect(codeOf(() => value.write?.(0, new Uint8Array(512)))).toBe('CONTAINER_WRITE');
    expect(file.written).toEqual([]);
  });

  it('a file that was cut delivers the blocks that are left', () => {
    const bytes = writeVhd(dynamic).subarray(0, -0x18_0000);
    const { value, codes } = withDamages((onDamage) => openContainer(readOnly(bytes), { onDamage }));
    expect(codes).toEqual(['CONTAINER_COPY', 'CONTAINER_BLOCK_PLACE', 'CONTAINER_BLOCK_PLACE']);
    const into = new Uint8Array(0x10_0000);
    expect(value.readAt(3 << 20, into)).toBe(into.length);
    expect(same(into, disk.subarray(3 << 20, 4 << 20))).toBe(true);
    expect(codeOf(() => value.readAt(4 << 20, into))).toBe('CONTAINER_BLOCK');
  });

  it('every damaged byte of footers, header and table is found, or changes no byte of the disk in silence', () => {
    const small = disk.subarray(0x2c_0000, 0x34_0000);
    const good = writeVhd({ ...dynamic, disk: small, blockBytes: 0x2_0000 });
    const places = [...Array.from({ length: TABLE + 40 }, (_, i) => i), ...Array.from({ length: 512 }, (_, i) => good.length - 512 + i)];
    for (const at of places) {
      const bytes = new MemoryFile(good);
      bytes.bytes[at]! ^= 0x41;
      let told = 0;
      try {
        const opened = openContainer(bytes, { onDamage: () => told++ });
        const read = allOf(opened);
        // One bit of an entry may make another possible place of it: then the block is other bytes of the file. No checksum covers the table.
        if (at < TABLE || at >= TABLE + 16) expect(same(read, small)).toBe(true);
      } catch (error) {
        expect(String((error as { code?: string }).code)).toMatch(/^CONTAINER_/);
        continue;
      }
      if (at < 512 + 1024) expect(told).toBeGreaterThan(0);
    }
  });
});

describe('VHD that is written', () => {
  const data = diskOf(2, [0, 1], 9);
  const writes = [
    [0x30_0200, data.subarray(0, 1024)],
    [0x1f_fe00, data.subarray(0, 0x10_0400)],
    [0x60_0000, data.subarray(0, 512)],
    [0x60_0e00, data.subarray(512, 1024)],
    [(9 << 20) - 512, data.subarray(0, 512)],
  ] as const;

  it.each([
    ['fixed', { variant: 'fixed', disk }, disk],
    ['dynamic', dynamic, disk],
    ['dynamic with a cut last block', { ...dynamic, blockBytes: 0x20_0000 }, disk],
    ['differencing', child, merged(disk, parentDisk, child.present!)],
  ] satisfies [string, WriteVhd, Uint8Array][])('%s: present and absent blocks', (_, what, before) => {
    const file = new MemoryFile(writeVhd(what));
    const options = { openParent: () => parent };
    const opened = openContainer(file, options);
    const expected = before.slice();
    for (const [offset, bytes] of writes) {
      opened.write?.(offset, bytes);
      expected.set(bytes, offset);
      expect(same(allOf(opened), expected)).toBe(true);
    }
    const { value, codes } = withDamages((onDamage) => openContainer(readOnly(file.bytes), { ...options, onDamage }));
    expect(codes).toEqual([]);
    expect(same(allOf(value), expected)).toBe(true);
    expect(same(file.bytes.subarray(-512), writeVhd(what).subarray(-512))).toBe(true);
  });

  it('heals a damaged footer when a block is added, and not otherwise', () => {
    const bytes = writeVhd(dynamic);
    bytes[bytes.length - 512]! ^= 1;
    const file = new MemoryFile(bytes);
    const opened = openContainer(file);
    opened.write?.(0x30_0000, data.subarray(0, 512));
    expect(file.bytes.length).toBe(bytes.length);
    opened.write?.(0x10_0000, data.subarray(0, 512));
    expect(withDamages((onDamage) => openContainer(file, { onDamage })).codes).toEqual([]);
    expect(same(allOf(openContainer(file)).subarray(0x10_0000, 0x10_0200), data.subarray(0, 512))).toBe(true);
  });

  it('refuses saved states, footers that differ, and what is not whole sectors of the disk', () => {
    const saved = new MemoryFile(writeVhd({ ...dynamic, savedState: true }));
    expect(codeOf(() => openContainer(saved).write?.(0, data.subarray(0, 512)))).toBe('CONTAINER_WRITE');
    const differ = new MemoryFile(writeVhd(dynamic));
    new DataView(differ.bytes.buffer).setBigUint64(48, 512n);
    vhdFooterSum(differ.bytes.subarray(0, 512));
    const { value, codes } = withDamages((onDamage) => openContainer(differ, { onDamage }));
    expect(codes).toEqual(['CONTAINER_FIELD']);
    expect(codeOf(() => value.write?.(0, data.subarray(0, 512)))).toBe('CONTAINER_WRITE');
    const good = openContainer(new MemoryFile(writeVhd(dynamic)));
    expect(codeOf(() => good.write?.(1, data.subarray(0, 512)))).toBe('CONTAINER_WRITE');
    expect(codeOf(() => good.write?.(0, data.subarray(0, 100)))).toBe('CONTAINER_WRITE');
    expect(codeOf(() => good.write?.(9 << 20, data.subarray(0, 512)))).toBe('BLOCK_WRITE_RANGE');
    expect([...saved.written, ...differ.written]).toEqual([]);
  });
});
