import { logEntry, ringOf, sealVhdx, vhdxPlaces, type WriteVhdx, writeVhd, writeVhdx } from '@winmedic/labs/container-writer';
import { describe, expect, it } from 'vitest';
import { type BlockDevice, Overlay } from '../block/index.ts';
import { type Container, openContainer } from './index.ts';
import { allOf, codeOf, diskOf, guids, MemoryFile, readOnly, same, sharing, withDamages } from './test-disks.ts';

const disk = diskOf(3, [0, 2]);
const dynamic: WriteVhdx = { variant: 'dynamic', disk };
const MIB = 1 << 20;
const GUID = new Uint8Array(16).fill(0x24);

/** Opens, reads everything, writes a sector: what must never do more than throw its own errors. */
function use(file: BlockDevice): string {
  return codeOf(() => {
    const opened = openContainer(file, { randomGuid: guids(), openParent: () => undefined });
    for (let at = 0; at < Math.min(opened.sizeBytes, 4 * MIB); at += MIB) {
      const code = codeOf(() => opened.readAt(at, new Uint8Array(MIB)));
      expect(code === 'no error' || code.startsWith('CONTAINER_')).toBe(true);
    }
    opened.write?.(0, new Uint8Array(opened.sectorBytes));
  });
}

describe('damaged bytes of a VHDX', () => {
  const good = writeVhdx(dynamic);
  it('every byte of headers and region tables: the other copy is used, and said so', () => {
    const bytes = good.slice();
    for (const place of [...vhdxPlaces.headers, ...vhdxPlaces.tables]) {
      for (let at = 0; at < 120; at++) {
        bytes[place + at]! ^= 0x81;
        const { value, codes } = withDamages((onDamage) => openContainer(sharing(bytes), { onDamage }));
        bytes[place + at]! ^= 0x81;
        expect(codes).toEqual(['CONTAINER_COPY']);
        expect(value.info.id).toBe('{22222222-2222-2222-2222-222222222222}');
      }
    }
  });

  it('every byte of the metadata and of the table ends in an error of its own or in a whole disk', () => {
    const bytes = good.slice();
    const seen = new Set<string>();
    const places = [
      ...Array.from({ length: 32 + 5 * 32 }, (_, i) => vhdxPlaces.metadata + i),
      ...Array.from({ length: 48 }, (_, i) => vhdxPlaces.metadata + 0x1_0000 + i),
      ...Array.from({ length: 3 * 8 }, (_, i) => vhdxPlaces.bat + i),
    ];
    for (const at of places) {
      for (const change of [0x01, 0x80, 0xff]) {
        bytes[at]! ^= change;
        seen.add(use(new Overlay(sharing(bytes), { growable: true })));
        bytes[at]! ^= change;
      }
    }
    expect([...seen].sort()).toEqual(
      ['CONTAINER_HEADER', 'CONTAINER_LIMIT', 'CONTAINER_UNSUPPORTED', 'CONTAINER_WRITE', 'no error'].filter((code) => seen.has(code)),
    );
    expect(seen.size).toBeGreaterThan(3);
  });

  it.each([
    ['beyond the file', 0x4000_0006n],
    ['in the metadata', BigInt(vhdxPlaces.metadata) + 6n],
    ['in the log', BigInt(vhdxPlaces.log) + 6n],
    ['in the header section', 6n],
    ['of another block', BigInt(4 * MIB) + 6n],
    ['with reserved bits', BigInt(5 * MIB) + 6n + 0x1000n],
    ['in a reserved state', BigInt(5 * MIB) + 5n],
    ['partly present without a parent', BigInt(5 * MIB) + 7n],
    ['as far as can be', 0xffff_ffff_fff0_0006n],
  ])('an entry %s: its block is an error, the others are whole, nothing is written', (name, entry) => {
    const file = new MemoryFile(good);
    new DataView(file.bytes.buffer).setBigUint64(vhdxPlaces.bat + 16, entry, true);
    const { value, codes } = withDamages((onDamage) => openContainer(file, { onDamage, randomGuid: guids() }));
    expect(new Set(codes)).toEqual(new Set(['CONTAINER_BLOCK_PLACE']));
    const into = new Uint8Array(MIB);
    expect(codeOf(() => value.readAt(2 * MIB, into))).toBe('CONTAINER_BLOCK');
    expect(codeOf(() => value.readAt(0, into))).toBe(name === 'of another block' ? 'CONTAINER_BLOCK' : 'no error');
    if (name !== 'of another block') expect(same(into, disk.subarray(0, MIB))).toBe(true);
    expect(codeOf(() => value.write?.(0, new Uint8Array(512)))).toBe('CONTAINER_WRITE');
    expect(file.written).toEqual([]);
  });

  it('a partly present block without its sector bitmap is an error', () => {
    const parent = '{55555555-5555-5555-5555-555555555555}';
    const bytes = writeVhdx({
      ...dynamic,
      variant: 'differencing',
      present: (sector) => sector === 5,
      parent: { linkage: parent, relative: 'p' },
    });
    const openParent = () => ({ ...readOnly(disk), id: parent });
    expect(allOf(openContainer(readOnly(bytes), { openParent })).length).toBe(disk.length);
    new DataView(bytes.buffer).setBigUint64(vhdxPlaces.bat + 4096 * 8, 0n, true);
    const opened = openContainer(readOnly(bytes), { openParent });
    expect(codeOf(() => opened.readAt(0, new Uint8Array(512)))).toBe('CONTAINER_BLOCK');
    expect(codeOf(() => opened.readAt(MIB, new Uint8Array(512)))).toBe('no error');
  });

  it('regions in each other, outside the file, twice or missing are refused', () => {
    const withTables = (change: (view: DataView) => void) => {
      const bytes = good.slice();
      for (const place of vhdxPlaces.tables) {
        change(new DataView(bytes.buffer, place, 0x1_0000));
        sealVhdx(bytes.subarray(place, place + 0x1_0000));
      }
      return codeOf(() => openContainer(readOnly(bytes)));
    };
    expect(withTables((view) => view.setBigUint64(32, BigInt(vhdxPlaces.metadata), true))).toBe('CONTAINER_HEADER');
    expect(withTables((view) => view.setBigUint64(32, BigInt(vhdxPlaces.log), true))).toBe('CONTAINER_HEADER');
    expect(withTables((view) => view.setBigUint64(32, 2n ** 63n, true))).toBe('CONTAINER_HEADER');
    expect(withTables((view) => view.setBigUint64(32, 4096n, true))).toBe('CONTAINER_HEADER');
    expect(withTables((view) => view.setUint32(8, 1, true))).toBe('CONTAINER_HEADER');
    expect(withTables((view) => view.setUint32(8, 3000, true))).toBe('CONTAINER_LIMIT');
    expect(withTables((view) => view.setUint8(20, view.getUint8(20)))).toBe('no error');
  });

  it('region tables that differ are read by the first and not written', () => {
    const file = new MemoryFile(good);
    const [, place] = vhdxPlaces.tables;
    new DataView(file.bytes.buffer).setUint32(place + 16 + 28, 0, true);
    sealVhdx(file.bytes.subarray(place, place + 0x1_0000));
    const { value, codes } = withDamages((onDamage) => openContainer(file, { onDamage, randomGuid: guids() }));
    expect(codes).toEqual(['CONTAINER_FIELD']);
    expect(same(allOf(value), disk)).toBe(true);
    expect(codeOf(() => value.write?.(0, new Uint8Array(512)))).toBe('CONTAINER_WRITE');
  });
});

describe('hostile logs', () => {
  const base = writeVhdx({ ...dynamic, pending: { in: 'zero' } });
  const size = base.length;
  const withLog = (...entries: Uint8Array[]) => {
    const bytes = base.slice();
    bytes.set(ringOf(MIB, 0, entries), vhdxPlaces.log);
    return new MemoryFile(bytes);
  };
  const entry = (what: Partial<Parameters<typeof logEntry>[0]>) =>
    logEntry({ sequence: 5n, tail: 0, writes: [], flushedBytes: size, lastBytes: size, ...what }, GUID);
  const data = new Uint8Array(4096).fill(9);

  it.each([
    ['the file identifier', { offset: 0, data }],
    ['a header', { offset: 0x2_0000, data }],
    ['the log itself', { offset: MIB + 4096, data }],
    ['a place beyond every file', { offset: 2 ** 52, data }],
    ['zeros over the header section', { offset: 0, zeroBytes: MIB }],
    ['zeros without end', { offset: 4 * MIB, zeroBytes: 2 ** 52 }],
    ['zeros over the log', { offset: 0x3_0000, zeroBytes: 4 * MIB }],
  ])('one that writes %s is refused', (_, write) => {
    expect(use(withLog(entry({ writes: [write] })))).toBe('CONTAINER_LOG');
  });

  it('tails that lead nowhere, sequences with gaps and sizes beyond every file are refused', () => {
    expect(use(withLog(entry({ tail: 0x8000 })))).toBe('CONTAINER_LOG');
    expect(use(withLog(entry({ sequence: 0n })))).toBe('CONTAINER_LOG');
    expect(use(withLog(entry({ sequence: 5n, tail: 0x8000 }), entry({ sequence: 7n, tail: 0 })))).toBe('CONTAINER_LOG');
    expect(use(withLog(entry({ lastBytes: 2 ** 52 })))).toBe('CONTAINER_LOG');
  });

  it('later writes count over earlier ones, also where they overlap', () => {
    const bat = base.length;
    const writes = [
      { offset: bat, zeroBytes: MIB },
      { offset: bat + 4096, data },
      { offset: bat + 4096, zeroBytes: 4096 },
      { offset: bat + 8192, data },
      { offset: bat + 0x3000, data: new Uint8Array(4096).fill(8) },
    ];
    const file = withLog(entry({ writes: [...writes, { offset: vhdxPlaces.bat, data: batOf() }], lastBytes: size + 2 * MIB }));
    const opened = openContainer(file, { randomGuid: guids() });
    expect(same(allOf(opened), disk)).toBe(true);
    opened.write?.(0, disk.subarray(0, 512));
    expect(file.bytes.length).toBe(size + 2 * MIB);
    expect([file.bytes[bat], file.bytes[bat + 4096], file.bytes[bat + 8192], file.bytes[bat + 0x3fff], file.bytes[bat + 0x4000]]).toEqual([
      0, 0, 9, 8, 0,
    ]);
  });
  const batOf = () => writeVhdx(dynamic).slice(vhdxPlaces.bat, vhdxPlaces.bat + 4096);

  it('a log full of entries in which nothing ends is searched in bounded time', () => {
    const bytes = base.slice();
    for (let at = 0; at < MIB; at += 4096) bytes.set(entry({ sequence: BigInt(1000 + at / 4096), tail: MIB - 4096 }), vhdxPlaces.log + at);
    const before = Date.now();
    expect(codeOf(() => openContainer(readOnly(bytes)))).toBe('no error');
    for (let at = 0; at < MIB; at += 4096)
      bytes.set(entry({ sequence: BigInt(1000 + at / 4096), tail: 4096 * 300 - MIB + 1 }), vhdxPlaces.log + at);
    expect(codeOf(() => openContainer(readOnly(bytes)))).toBe('CONTAINER_LOG');
    expect(Date.now() - before).toBeLessThan(10_000);
  });

  it('entries that contain each other are not summed without end', () => {
    // Each header claims the whole ring: every one would be summed over a mebibyte.
    const bytes = base.slice();
    for (let at = 0; at < MIB; at += 4096) {
      const header = entry({}).slice();
      new DataView(header.buffer).setUint32(8, MIB, true);
      bytes.set(header, vhdxPlaces.log + at);
    }
    expect(codeOf(() => openContainer(readOnly(bytes)))).toBe('CONTAINER_LIMIT');
  });
});

describe('huge disks', () => {
  /** A file of 2 MiB at its start, and as large as wanted. */
  const huge = (bytes: Uint8Array, sizeBytes: number): BlockDevice & { reads: number } => ({
    sizeBytes,
    sectorBytes: 512,
    reads: 0,
    readAt(offset, into) {
      this.reads += into.length;
      const length = Math.max(0, Math.min(into.length, sizeBytes - offset));
      into.fill(0, 0, length);
      if (offset < bytes.length) into.set(bytes.subarray(offset, Math.min(bytes.length, offset + length)));
      return length;
    },
  });

  it('64 TiB in blocks of 1 MiB: opened and read with little of its table', () => {
    const bytes = writeVhdx({ ...dynamic, disk: new Uint8Array(MIB) });
    const batBytes = 513 * MIB;
    for (const place of vhdxPlaces.tables) {
      const view = new DataView(bytes.buffer, place);
      view.setUint32(16 + 24, batBytes, true);
      sealVhdx(bytes.subarray(place, place + 0x1_0000));
    }
    new DataView(bytes.buffer).setBigUint64(vhdxPlaces.metadata + 0x1_0000 + 8, 2n ** 46n, true);
    const file = huge(bytes, 2 ** 45);
    const opened = openContainer(file);
    expect(opened.sizeBytes).toBe(2 ** 46);
    expect(opened.readAt(2 ** 46 - 512, new Uint8Array(1024))).toBe(512);
    expect(file.reads).toBeLessThan(MIB);
    new DataView(bytes.buffer).setBigUint64(vhdxPlaces.metadata + 0x1_0000 + 8, 2n ** 46n + 512n, true);
    expect(codeOf(() => openContainer(huge(bytes, 2 ** 45)))).toBe('CONTAINER_LIMIT');
  });

  it('a VHD cannot claim more blocks than its table has, nor a table that is not there', () => {
    const bytes = writeVhd({ variant: 'dynamic', disk });
    const header = new DataView(bytes.buffer, 512, 1024);
    const sealed = (change: () => void) => {
      change();
      header.setUint32(36, 0);
      header.setUint32(36, ~bytes.subarray(512, 1536).reduce((sum, byte) => sum + byte, 0) >>> 0);
      return codeOf(() => openContainer(readOnly(bytes)));
    };
    expect(sealed(() => header.setUint32(28, 1))).toBe('CONTAINER_HEADER');
    expect(sealed(() => header.setUint32(28, 0xffff_ffff))).toBe('no error');
    expect(sealed(() => header.setBigUint64(16, 2n ** 62n))).toBe('CONTAINER_HEADER');
    expect(sealed(() => header.setUint32(32, 3 << 20))).toBe('CONTAINER_LIMIT');
    expect(sealed(() => header.setUint32(32, 0x8000_0000))).toBe('CONTAINER_LIMIT');
  });
});

describe('writing through an overlay', () => {
  it.each([
    ['VHD', () => writeVhd({ variant: 'dynamic', disk })],
    ['VHDX', () => writeVhdx(dynamic)],
    ['VHDX in large blocks', () => writeVhdx({ ...dynamic, blockBytes: 32 * MIB, disk: new Uint8Array(40 * MIB) })],
    ['VHDX with a log', () => writeVhdx({ ...dynamic, pending: { in: 'garbage' } })],
  ] as const)('%s: the file is untouched, the plan makes the new one, and little is written', (_, make) => {
    const file = new MemoryFile(make());
    const overlay = new Overlay(file, { growable: true });
    const opened: Container = openContainer(overlay, { randomGuid: guids() });
    const expected = allOf(opened);
    for (const at of [4096, MIB + 8192]) {
      opened.write?.(at, new Uint8Array(4096).fill(0x6d));
      expected.fill(0x6d, at, at + 4096);
    }
    expect(same(allOf(openContainer(overlay)), expected)).toBe(true);
    expect(file.written).toEqual([]);
    const plan = overlay.plan();
    expect(plan.changes.reduce((sum, change) => sum + change.new.length, 0)).toBeLessThan(MIB * 1.5);
    const target = new MemoryFile(file.bytes);
    for (const change of plan.changes) target.write(change.offset, change.new);
    expect(target.bytes.length).toBe(plan.sizeAfter);
    expect(same(allOf(openContainer(readOnly(target.bytes))), expected)).toBe(true);
  });
});
