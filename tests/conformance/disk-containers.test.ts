import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import { type BlockDevice, type Container, openContainer, openContainerChain, recogniseContainer } from '@winmedic/disk';
import { sealVhdx, type WriteVhdx, writeVhd, writeVhdx } from '@winmedic/labs/container-writer';
import { afterAll, describe, expect, it } from 'vitest';

/**
 * Containers and other programs: what qemu-img makes is read as the raw image it was made of; what labs writes, and what we write into a container, is read by
 * qemu-img and libvhdi as we read it.
 */
const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).error === undefined;
const hasQemu = has('qemu-img', '--version') && has('qemu-io', '--version');
const hasLibvhdi = has('vhdimount', '-V') && has('vhdiinfo', '-V') && has('fusermount', '-V');
if (!hasQemu) console.log('skipped: qemu-img or qemu-io not installed (package qemu-utils)');
if (!hasLibvhdi) console.log('skipped in part: vhdimount or fusermount not installed (packages libvhdi-utils, fuse3)');

const folder = mkdtempSync(join(tmpdir(), 'disk-containers-'));
let names = 0;
const fresh = (ending: string): string => join(folder, `${names++}.${ending}`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function save(bytes: Uint8Array, ending: string): string {
  const path = fresh(ending);
  writeFileSync(path, bytes);
  return path;
}

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`.slice(0, 500)}`);
  return stdout;
}

/** Compares a container with a raw image: the same size and the same bytes. */
function expectEqual(format: string, container: string, rawImage: string): void {
  const said = run('qemu-img', 'compare', '-f', format, '-F', 'raw', container, rawImage);
  expect(said).toContain('identical');
  expect(said).not.toContain('size mismatch');
}

/** A container file that grows. */
class MemoryFile implements BlockDevice {
  bytes: Uint8Array;
  readonly sectorBytes = 512;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
  }
  get sizeBytes(): number {
    return this.bytes.length;
  }
  readAt(offset: number, into: Uint8Array): number {
    return memorySource(this.bytes).readAt(offset, into);
  }
  readonly write = (offset: number, bytes: Uint8Array): void => {
    if (offset + bytes.length > this.bytes.length) {
      const grown = new Uint8Array(offset + bytes.length);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(bytes, offset);
  };
}

const allOf = (disk: Container): Uint8Array => {
  const into = new Uint8Array(disk.sizeBytes);
  expect(disk.readAt(0, into)).toBe(into.length);
  return into;
};
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** A disk of `mib` MiB in which some MiB hold data and one holds a few sectors only. */
function rawDisk(mib: number, seed: number): Uint8Array {
  const disk = new Uint8Array(mib << 20);
  for (const part of [0, 5, 6, 17, mib - 1]) {
    for (let at = part << 20; at < (part + 1) << 20; at += 512) disk.fill(1 + ((at / 512 + seed) % 251), at, at + 512);
  }
  disk.fill(0x3c, (21 << 20) + 4096, (21 << 20) + 8192);
  return disk;
}
const MIB = 41;
const raw = rawDisk(MIB, 1);

/** Into blocks that are there, across blocks, into blocks that are not, into the last sectors. */
const WRITES = [
  [5 << 20, 8192],
  [(6 << 20) - 4096, 8192],
  [(18 << 20) - 4096, 0x20_0000],
  [30 << 20, 4096],
  [(30 << 20) + 0x8000, 4096],
  [(MIB << 20) - 4096, 4096],
] as const;

/** Writes into a container and into the raw image alike; gives both as files. */
function written(container: Uint8Array, ending: string, base: Uint8Array): { container: string; raw: string } {
  const file = new MemoryFile(container);
  let guid = 1;
  const disk = openContainer(file, { randomGuid: () => new Uint8Array(16).fill(guid++) });
  const expected = new Uint8Array(disk.sizeBytes);
  expected.set(base);
  for (const [offset, length] of WRITES) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + offset / 512) % 253);
    disk.write?.(offset, bytes);
    expected.set(bytes, offset);
  }
  expect(same(allOf(openContainer(file)), expected)).toBe(true);
  return { container: save(file.bytes, ending), raw: save(expected, 'raw') };
}

const MADE = [
  ['vpc', 'subformat=dynamic'],
  ['vpc', 'subformat=dynamic,force_size=on'],
  ['vpc', 'subformat=fixed'],
  ['vpc', 'subformat=fixed,force_size=on'],
  ['vhdx', 'subformat=dynamic'],
  ['vhdx', 'subformat=dynamic,block_size=1M'],
  ['vhdx', 'subformat=dynamic,block_size=32M'],
  ['vhdx', 'subformat=dynamic,block_size=256M,block_state_zero=off'],
  ['vhdx', 'subformat=fixed'],
  ['vhdx', 'subformat=fixed,block_size=8M'],
] as const;

describe.skipIf(!hasQemu)('made by qemu-img', () => {
  it.each(MADE)('%s with %s is the raw image, also after both were written', (format, options) => {
    const path = fresh(format);
    run('qemu-img', 'convert', '-f', 'raw', '-O', format, '-o', options, save(raw, 'raw'), path);
    const bytes = new Uint8Array(readFileSync(path));
    const disk = openContainer(new MemoryFile(bytes), { onDamage: (damage) => expect(damage).toBeUndefined() });
    const expected = new Uint8Array(disk.sizeBytes);
    expected.set(raw);
    expect(disk.info.variant).toBe(options.includes('fixed') ? 'fixed' : 'dynamic');
    expect(same(allOf(disk), expected)).toBe(true);
    const after = written(bytes, format, raw);
    if (format === 'vhdx') expect(run('qemu-img', 'check', '-f', format, after.container)).toContain('No errors');
    expectEqual(format, after.container, after.raw);
  });

  it.each([
    ['qcow2', 'qcow2', 'compat=1.1'],
    ['vmdk', 'vmdk', 'subformat=monolithicSparse'],
    ['vmdk', 'vmdk', 'subformat=streamOptimized'],
    ['vmdk', 'vmdk', 'subformat=monolithicFlat'],
    ['raw', 'raw', 'size=4M'],
  ])('%s is recognised (%s, %s)', (kind, format, options) => {
    const path = fresh(format);
    run('qemu-img', 'create', '-f', format, ...(format === 'raw' ? [] : ['-o', options]), path, '4M');
    expect(recogniseContainer(memorySource(readFileSync(path)))).toBe(kind);
  });
});

describe.skipIf(!hasQemu)('made by labs', () => {
  const dynamic: WriteVhdx = { variant: 'dynamic', disk: raw };
  it.each([
    ['fixed VHD', 'vpc', () => writeVhd({ variant: 'fixed', disk: raw })],
    ['dynamic VHD', 'vpc', () => writeVhd({ variant: 'dynamic', disk: raw })],
    ['dynamic VHD, blocks of 512 KiB', 'vpc', () => writeVhd({ variant: 'dynamic', disk: raw, blockBytes: 0x8_0000 })],
    ['fixed VHDX', 'vhdx', () => writeVhdx({ variant: 'fixed', disk: raw })],
    ['dynamic VHDX', 'vhdx', () => writeVhdx(dynamic)],
    ['dynamic VHDX, blocks of 32 MiB', 'vhdx', () => writeVhdx({ ...dynamic, blockBytes: 0x200_0000 })],
    ['dynamic VHDX with unmapped blocks', 'vhdx', () => writeVhdx({ ...dynamic, absentState: (block) => 2 + (block % 2) })],
  ] as const)('%s: qemu-img reads what we read, before and after our writes', (_, format, make) => {
    const bytes = make();
    expectEqual(format, save(bytes, format), save(raw, 'raw'));
    const after = written(bytes, format, raw);
    if (format === 'vhdx') expect(run('qemu-img', 'check', '-f', format, after.container)).toContain('No errors');
    expectEqual(format, after.container, after.raw);
  });

  it.each([
    ['one entry', { in: 'garbage' }],
    ['two entries', { in: 'garbage', entries: 2 }],
    ['around the end of the ring', { in: 'garbage', at: 0xf_f000 }],
    ['behind an older sequence', { in: 'zero', stale: true }],
  ] satisfies [string, WriteVhdx['pending']][])('VHDX whose log has %s: qemu-img replays it as we do', (_, pending) => {
    const bytes = writeVhdx({ ...dynamic, pending });
    const path = save(bytes, 'vhdx');
    run('qemu-img', 'check', '-r', 'all', '-f', 'vhdx', path);
    expectEqual('vhdx', path, save(raw, 'raw'));
    expect(same(allOf(openContainer(new MemoryFile(bytes))), raw)).toBe(true);
    expect(openContainer(new MemoryFile(new Uint8Array(readFileSync(path)))).info.log).toBe('clean');
    const after = written(bytes, 'vhdx', raw);
    expect(run('qemu-img', 'check', '-f', 'vhdx', after.container)).toContain('No errors');
    expectEqual('vhdx', after.container, after.raw);
  });
});

describe.skipIf(!hasQemu)('a log entry that qemu-io wrote', () => {
  it('is replayed by us and by qemu-img alike', () => {
    const path = fresh('vhdx');
    run('qemu-img', 'create', '-f', 'vhdx', '-o', 'block_size=1M', path, `${MIB}M`);
    run('qemu-io', '-f', 'vhdx', '-c', 'write -P 17 0 64k', '-c', 'write -P 34 5M 2M', '-c', 'write -P 51 40M 512', path);
    const expected = new Uint8Array(MIB << 20);
    expected.fill(17, 0, 0x1_0000);
    expected.fill(34, 5 << 20, 7 << 20);
    expected.fill(51, 40 << 20, (40 << 20) + 512);
    const bytes = new Uint8Array(readFileSync(path));
    // QEMU applies an entry at once and leaves it in the log: the headers are made to name it again, and what it wrote is taken back.
    const entries = Array.from({ length: 256 }, (_, i) => new DataView(bytes.buffer, (1 << 20) + i * 4096, 4096)).filter(
      (view) => view.getUint32(0, true) === 0x65676f6c,
    );
    expect(entries.length).toBeGreaterThan(1);
    const entry = entries.reduce((a, b) => (b.getBigUint64(16, true) > a.getBigUint64(16, true) ? b : a));
    const target = Number(entry.getBigUint64(64 + 16, true));
    expect(bytes.subarray(target, target + 4096).some((byte) => byte !== 0)).toBe(true);
    bytes.fill(0, target, target + 4096);
    for (const header of [0x1_0000, 0x2_0000]) {
      bytes.copyWithin(header + 48, entry.byteOffset + 32, entry.byteOffset + 48);
      sealVhdx(bytes.subarray(header, header + 4096));
    }
    const disk = openContainer(new MemoryFile(bytes));
    expect(disk.info.log).toBe('replayed');
    expect(same(allOf(disk), expected)).toBe(true);
    const pending = save(bytes, 'vhdx');
    run('qemu-img', 'check', '-r', 'all', '-f', 'vhdx', pending);
    expectEqual('vhdx', pending, save(expected, 'raw'));
  });
});

describe.skipIf(!hasLibvhdi)('differencing disks and libvhdi', () => {
  const own = rawDisk(MIB, 99);
  const inRange = (sector: number) => sector >= 10240 && sector < 20480;
  const any = (sector: number) => inRange(sector) && sector % 7 !== 3;
  // libvhdi 20210425 shows zeros for a sector of the parent that follows one of the child within the same byte of a VHD bitmap, where the specification has
  // the parent's data: within each eight sectors the parent's come first here.
  const parentFirst = (sector: number) => inRange(sector) && sector % 8 >= 3;

  /** The bytes of a child that vhdimount shows: it finds the parent beside the child and shows it as vhdi1. */
  function mounted(path: string): Uint8Array {
    const point = fresh('mount');
    mkdirSync(point);
    // It goes into the background with its output still open: files instead of pipes, or the call would wait for it.
    const { status } = spawnSync('vhdimount', [path, point], { stdio: 'ignore' });
    if (status !== 0) throw new Error(`vhdimount ${path}`);
    try {
      return new Uint8Array(readFileSync(join(point, 'vhdi2')));
    } finally {
      run('fusermount', '-u', point);
    }
  }

  it.each([
    [
      'VHD',
      'vhd',
      parentFirst,
      () => writeVhd({ variant: 'dynamic', disk: raw, id: new Uint8Array(16).fill(0x51) }),
      (name: string) =>
        writeVhd({
          variant: 'differencing',
          disk: own,
          present: parentFirst,
          parent: { id: new Uint8Array(16).fill(0x51), name, relative: `.\\${name}`, absolute: `C:\\disks\\${name}` },
        }),
    ],
    [
      'VHDX',
      'vhdx',
      any,
      () => writeVhdx({ variant: 'dynamic', disk: raw, dataWriteGuid: new Uint8Array(16).fill(0x51) }),
      (name: string) =>
        writeVhdx({
          variant: 'differencing',
          disk: own,
          present: any,
          parent: {
            linkage: '{51515151-5151-5151-5151-515151515151}',
            relative: `.\\${name}`,
            absolute: `\\\\?\\C:\\disks\\${name}`,
          },
        }),
    ],
  ] as const)('%s: libvhdi reads what we read, before and after our writes', (_, ending, present, makeParent, makeChild) => {
    const parent = makeParent();
    const parentName = `parent.${ending}`;
    writeFileSync(join(folder, parentName), parent);
    const file = new MemoryFile(makeChild(parentName));
    let guid = 1;
    const disk = openContainerChain(file, {
      openFile: () => new MemoryFile(parent),
      randomGuid: () => new Uint8Array(16).fill(guid++),
    });
    const expected = raw.slice();
    for (let sector = 0; sector * 512 < raw.length; sector++) {
      if (present(sector)) expected.set(own.subarray(sector * 512, sector * 512 + 512), sector * 512);
    }
    expect(same(allOf(disk), expected)).toBe(true);
    const before = save(file.bytes, ending);
    expect(run('vhdiinfo', before)).toContain('Differential');
    expect(same(mounted(before), expected)).toBe(true);

    for (const [offset, length] of WRITES) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 11 + offset / 512) % 249);
      disk.write?.(offset, bytes);
      expected.set(bytes, offset);
    }
    expect(same(allOf(disk), expected)).toBe(true);
    expect(same(mounted(save(file.bytes, ending)), expected)).toBe(true);
  });
});
