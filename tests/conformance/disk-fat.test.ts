import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asDevice, type FatVolume, Overlay, openFat } from '@winmedic/disk';
import { afterAll, describe, expect, it } from 'vitest';

/**
 * FAT volumes made by `mkfs.vfat` (package dosfstools) and filled by mtools: our reader against `fls` and `mtype`, our writes against `fsck.vfat` and `mtype`.
 */
const TOOLS = ['mkfs.vfat', 'fsck.vfat', 'mcopy', 'mmd', 'mtype', 'fls'];
const missing = TOOLS.filter((tool) => spawnSync(tool, ['--help']).error !== undefined);
if (missing.length > 0) console.log(`skipped: ${missing.join(', ')} not installed (packages dosfstools, mtools, sleuthkit)`);

const folder = mkdtempSync(join(tmpdir(), 'disk-fat-'));
const opened: number[] = [];
afterAll(() => {
  for (const file of opened) closeSync(file);
  rmSync(folder, { recursive: true, force: true });
});
const ENV = { ...process.env, MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' };

function run(command: string, ...args: string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, { maxBuffer: 1 << 28, env: ENV });
  if (error !== undefined || status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.toString()}${stdout.toString()}`);
  return stdout;
}

const noise = (size: number, seed: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * seed + (i >>> 7) * 13) & 0xff);
const BCD = noise(28_672, 5);

/** A volume as firmware and Windows set it up. */
function make(name: string, sizeKib: number, ...options: string[]): string {
  const path = join(folder, name);
  rmSync(path, { force: true });
  run('mkfs.vfat', '-C', ...options, '-n', 'SYSTEM', path, String(sizeKib));
  const put = (target: string, bytes: Uint8Array): void => {
    const file = join(folder, 'content');
    writeFileSync(file, bytes);
    run('mcopy', '-i', path, file, `::${target}`);
  };
  for (const each of ['EFI', 'EFI/Microsoft', 'EFI/Microsoft/Boot', 'EFI/Boot']) run('mmd', '-i', path, `::${each}`);
  put('EFI/Microsoft/Boot/BCD', BCD);
  put('EFI/Microsoft/Boot/bootmgfw.efi', noise(60_000, 3));
  put('EFI/Boot/bootx64.efi', noise(60_000, 3));
  for (let i = 0; i < 30; i++) put(`EFI/Microsoft/Boot/a longer name with number ${i}.mui`, noise(i * 300, i + 1));
  put('lower.txt', noise(1, 1));
  put('empty', new Uint8Array());
  put('日本語の名前.txt', noise(700, 9));
  return path;
}

function open(path: string): { readonly volume: FatVolume; readonly overlay: Overlay; readonly damages: string[] } {
  const damages: string[] = [];
  const file = openSync(path, 'r');
  opened.push(file);
  const overlay = new Overlay(
    asDevice({ sizeBytes: fstatSync(file).size, readAt: (offset, into) => readSync(file, into, 0, into.length, offset) }),
  );
  return { volume: openFat(overlay, { onDamage: (damage) => damages.push(damage.code) }), overlay, damages };
}

/** Every file and folder with its length, as `path size`; folders end in a slash. */
function listing(volume: FatVolume, path = ''): string[] {
  return volume.entries(path).flatMap((entry) => {
    const own = path === '' ? entry.name : `${path}/${entry.name}`;
    return entry.isDirectory ? [`${own}/`, ...listing(volume, own)] : [`${own} ${entry.sizeBytes}`];
  });
}

function content(volume: FatVolume, path: string): Uint8Array {
  const file = volume.lookup(path)!;
  const out = new Uint8Array(file.sizeBytes);
  return out.subarray(0, volume.open(file).readAt(0, out));
}

/** What `fls` lists, in the same form. */
function byFls(path: string): string[] {
  return run('fls', '-r', '-p', '-l', '-u', '-f', 'fat', path)
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const [type = '', name = '', , , , , size = ''] = line.split('\t');
      if (!/^[rd]\/[rd] /.test(type) || name.includes('(Volume Label Entry)')) return [];
      return [type.startsWith('d') ? `${name}/` : `${name} ${size}`];
    })
    .sort();
}

describe.skipIf(missing.length > 0).each([
  ['FAT12', 4096, ['-F', '12']],
  ['FAT16', 20_480, ['-F', '16']],
  ['FAT32', 102_400, ['-F', '32']],
  ['FAT32', 270_000, ['-F', '32', '-s', '8']],
  ['FAT32', 270_000, ['-F', '32', '-S', '4096', '-s', '1']],
] as const)('%s of %i KiB (%j)', (kind, size, options) => {
  it('lists what fls lists, and reads what mtype reads', () => {
    const path = make('read.img', size, ...options);
    const { volume, damages } = open(path);
    expect([volume.kind, volume.label, volume.clean]).toEqual([kind, 'SYSTEM', true]);
    expect(listing(volume).sort()).toEqual(byFls(path));
    for (const file of [
      'EFI/Microsoft/Boot/BCD',
      '日本語の名前.txt',
      'EFI/Microsoft/Boot/a longer name with number 29.mui',
      'lower.txt',
      'empty',
    ]) {
      expect(Buffer.from(content(volume, file)).equals(run('mtype', '-i', path, `::${file}`))).toBe(true);
    }
    expect(damages).toEqual([]);
    rmSync(path);
  });

  it('writes what fsck.vfat accepts and mtype reads', () => {
    const path = make('write.img', size, ...options);
    const { volume, overlay } = open(path);
    const before = listing(volume).filter((line) => !/BCD|empty/.test(line));
    const grown = volume.grow(volume.lookup('efi/microsoft/boot/bcd')!, 36_864);
    volume.overwrite(grown, 28_000, noise(8864, 11));
    volume.overwrite(volume.grow(volume.lookup('empty')!, 5000), 4000, noise(1000, 2));
    const file = openSync(path, 'r+');
    for (const { offset, new: bytes } of overlay.plan().changes) writeSync(file, bytes, 0, bytes.length, offset);
    closeSync(file);
    expect(run('fsck.vfat', '-n', path).toString()).not.toMatch(/differ|wrong|bad|error|truncat|reclaim/i);
    const wanted = new Uint8Array(36_864);
    wanted.set(BCD);
    wanted.set(noise(8864, 11), 28_000);
    expect(run('mtype', '-i', path, '::EFI/Microsoft/Boot/BCD').equals(Buffer.from(wanted))).toBe(true);
    expect(
      run('mtype', '-i', path, '::empty')
        .subarray(4000)
        .equals(Buffer.from(noise(1000, 2))),
    ).toBe(true);
    const after = open(path).volume;
    expect(listing(after).filter((line) => !/BCD|empty/.test(line))).toEqual(before);
    expect(listing(after).sort()).toEqual(byFls(path));
    rmSync(path);
  });
});
