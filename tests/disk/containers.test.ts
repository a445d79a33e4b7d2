import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeVhd, writeVhdx } from '@winmedic/labs/container-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undoRepair } from '../../core/recovery/index.ts';
import { CHANNEL_FILE } from './content.ts';
import { CAN_CONVERT, convertDisk, type DiskImage, MISSING_TOOLS, makeDisk } from './images.ts';
import { expectSound, MISSING_JUDGES, pathsBySleuthkit } from './judges.ts';
import { planning, repair, wholeRepair } from './recipe.ts';
import { copyOf, hashOf, shared } from './shared.ts';
import { contained, makeSmall } from './small.ts';
import { missingTools, must, removeFolder, scratchFolder, tool } from './tools.ts';

/** Repairs inside container files: qemu-img (and libvhdi) read the result, the tools of ntfs-3g and sleuthkit judge what they show. */
const missing = [...MISSING_TOOLS, ...MISSING_JUDGES, ...(CAN_CONVERT ? [] : ['qemu-img'])];
if (missing.length > 0) console.log(`skipped: ${missing.join(', ')} not installed (packages qemu-utils, ntfs-3g, gdisk, sleuthkit)`);

const RENAMED = CHANNEL_FILE.faulty.replace(/s$/, '_');

describe.skipIf(missing.length > 0)('repair inside a container', () => {
  let folder: string;
  let disk: DiskImage;
  let small: string;
  beforeAll(() => {
    folder = scratchFolder();
    const made = shared('container-disk', (into) => makeDisk(into, { by: 'labs', drivers: 20, channelFiles: 30, hives: 'growing' }));
    disk = { ...made, path: copyOf(made.path, join(folder, 'disk.raw')) };
    small = shared('small-growing', (into) => makeSmall(into, { hives: 'growing' })).path;
  });
  afterAll(() => removeFolder(folder));

  /** The virtual disk as qemu-img reads it. */
  const raw = (path: string, format: 'vhdx' | 'vpc'): string => {
    const out = join(folder, 'out.raw');
    must('qemu-img', ['convert', '-f', format, '-O', 'raw', path, out]);
    return out;
  };
  const volumeOf = (image: string): string => {
    const out = join(folder, 'volume.raw');
    const { offset, sizeBytes } = disk.windows;
    must('dd', [
      `if=${image}`,
      `of=${out}`,
      'bs=1M',
      'iflag=skip_bytes,count_bytes',
      `skip=${offset}`,
      `count=${sizeBytes}`,
      'conv=sparse',
      'status=none',
    ]);
    must('truncate', ['-s', String(sizeBytes), out]);
    return out;
  };

  it.each([
    ['vhdx', 'vhdx'],
    ['vhdx-fixed', 'vhdx'],
    ['vhd', 'vpc'],
    ['vhd-fixed', 'vpc'],
  ] as const)('%s by qemu-img', (container, format) => {
    const path = convertDisk(disk, container);
    const hash = hashOf(path);
    const { applied } = repair(path);
    expect(applied.checks.every(({ ok }) => ok)).toBe(true);
    if (format === 'vhdx') expect(tool('qemu-img', ['check', '-f', 'vhdx', path]).code).toBe(0);
    else if (missingTools('vhdiinfo').length === 0) expect(tool('vhdiinfo', [path]).code).toBe(0);
    const volume = volumeOf(raw(path, format));
    expectSound(volume);
    const names = pathsBySleuthkit(volume);
    expect([names.has(RENAMED), names.has(CHANNEL_FILE.faulty)]).toEqual([true, false]);
    planning(path, wholeRepair(), ({ outcome }) => expect(outcome).toBe('nothing'));
    expect(undoRepair(path).outcome).toBe('undone');
    expect(hashOf(path)).toBe(hash);
  });

  it.each([
    ['vhdx', 'vhdx'],
    ['vhd', 'vpc'],
  ] as const)('%s whose file grows, and shrinks back when undone', (container, format) => {
    const path = contained(small, container, join(folder, `grows.${container}`));
    const [hash, size] = [hashOf(path), statSync(path).size];
    repair(path);
    expect(statSync(path).size).toBeGreaterThan(size);
    if (format === 'vhdx') expect(tool('qemu-img', ['check', '-f', 'vhdx', path]).code).toBe(0);
    expectSound(raw(path, format));
    expect(undoRepair(path).outcome).toBe('undone');
    expect([statSync(path).size, hashOf(path)]).toEqual([size, hash]);
  });

  it.each(['vhd', 'vhdx'] as const)('differencing %s: only the child is written', (kind) => {
    const disk = new Uint8Array(readFileSync(small));
    const [parent, child] = [join(folder, `parent.${kind}`), join(folder, `child.a${kind}`)];
    const id = new Uint8Array(16).fill(0x77);
    // The child holds the first MiB and every seventh sector of what is there; the rest is the parent's.
    const present = (sector: number): boolean => sector < 2048 || sector % 7 === 0;
    if (kind === 'vhd') {
      writeFileSync(parent, writeVhd({ variant: 'dynamic', disk, id }));
      writeFileSync(
        child,
        writeVhd({ variant: 'differencing', disk, present, parent: { id, name: 'parent.vhd', relative: '.\\parent.vhd' } }),
      );
    } else {
      const linkage = `{${[...id]
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join('')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}}`;
      writeFileSync(parent, writeVhdx({ variant: 'dynamic', disk, dataWriteGuid: id }));
      writeFileSync(child, writeVhdx({ variant: 'differencing', disk, present, parent: { linkage, relative: '.\\parent.vhdx' } }));
    }
    const hashes = [hashOf(parent), hashOf(child)];
    const { planned } = repair(child);
    expect(planned.disk.parents.length).toBe(1);
    expect(hashOf(parent)).toBe(hashes[0]);
    expect(hashOf(child)).not.toBe(hashes[1]);
    planning(child, wholeRepair(), ({ outcome, volume }) =>
      expect([outcome, volume.ntfs!.lookup(RENAMED) !== undefined]).toEqual(['nothing', true]),
    );
    expect(undoRepair(child).outcome).toBe('undone');
    expect([hashOf(parent), hashOf(child)]).toEqual(hashes);
  });

  it('VHDX with sectors of 4096 bytes', () => {
    const { path: image } = makeSmall(folder, { hives: 'growing' }, 4096);
    expectSound(image);
    const path = join(folder, 'sectors.vhdx');
    writeFileSync(path, writeVhdx({ variant: 'dynamic', disk: new Uint8Array(readFileSync(image)), sectorBytes: 4096 }));
    const hash = hashOf(path);
    const { planned } = repair(path);
    expect([planned.disk.device.sectorBytes, planned.volume.ntfs?.boot.sectorBytes]).toEqual([4096, 4096]);
    // The volume is taken out by our own reader, which the other containers check.
    const out = join(folder, 'sectors.raw');
    planning(path, wholeRepair(), ({ outcome, volume }) => {
      expect(outcome).toBe('nothing');
      const bytes = new Uint8Array(volume.raw.sizeBytes);
      expect(volume.raw.readAt(0, bytes)).toBe(bytes.length);
      writeFileSync(out, bytes);
    });
    expectSound(out);
    const names = pathsBySleuthkit(out);
    expect([names.has(RENAMED), names.has(CHANNEL_FILE.faulty)]).toEqual([true, false]);
    expect(undoRepair(path).outcome).toBe('undone');
    expect(hashOf(path)).toBe(hash);
  });

  it.each(['qcow2', 'vmdk'] as const)('%s is read, and refused with nothing written', (kind) => {
    const path = convertDisk(disk, kind);
    const hash = hashOf(path);
    planning(path, wholeRepair(), ({ outcome, refusals }) =>
      expect([outcome, refusals.map(({ code }) => code)]).toEqual(['refused', ['RECOVERY_READ_ONLY']]),
    );
    expect(hashOf(path)).toBe(hash);
  });
});
