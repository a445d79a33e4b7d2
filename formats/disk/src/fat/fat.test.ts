import type { Damage } from '@winmedic/bytes';
import { memorySource } from '@winmedic/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FatFile, type FatImage, type FatImageOptions, writeFat } from '../../../../labs/src/fat-writer/index.ts';
import { asDevice, Overlay } from '../block/index.ts';
import { DiskError } from '../errors.ts';
import { openFat } from './index.ts';
import type { FatVolume } from './types.ts';

const KINDS = ['FAT12', 'FAT16', 'FAT32'] as const;
const bytesOf = (size: number, seed = 1): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * seed + (i >>> 8)) & 0xff);
const BCD = bytesOf(20_000, 7);
const FILES: readonly FatFile[] = [
  { short: 'ESP        ', attributes: 8 },
  {
    short: 'EFI        ',
    files: [
      {
        short: 'MICROS~1   ',
        long: 'Microsoft',
        files: [
          {
            short: 'BOOT       ',
            long: 'Boot',
            files: [
              { short: 'BCD        ', data: BCD },
              { short: 'BCD     LOG', data: bytesOf(100) },
            ],
          },
        ],
      },
      ...Array.from(
        { length: 40 },
        (_, i): FatFile => ({
          short: `F${String(i).padStart(2, '0')}     TXT`,
          long: `a rather long file name ${i} 日本語.txt`,
          data: bytesOf(i),
        }),
      ),
    ],
  },
  { short: 'LOWER   TXT', lowerCase: 0x18, data: bytesOf(3) },
  { short: 'EMPTY      ', data: new Uint8Array() },
];
const image = (options: Partial<FatImageOptions> & { readonly kind: FatImageOptions['kind'] }): FatImage =>
  writeFat({ files: FILES, ...options });

/** A volume over an overlay, with its damages. */
function open(bytes: Uint8Array): { readonly volume: FatVolume; readonly damages: Damage[]; readonly overlay: Overlay } {
  const damages: Damage[] = [];
  const overlay = new Overlay(asDevice(memorySource(bytes)));
  return { volume: openFat(overlay, { onDamage: (damage) => damages.push(damage) }), damages, overlay };
}

function content(volume: FatVolume, path: string): Uint8Array {
  const file = volume.lookup(path)!;
  const out = new Uint8Array(file.sizeBytes);
  return out.subarray(0, volume.open(file).readAt(0, out));
}

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof DiskError) return error.code;
    throw error;
  }
  return 'none';
};

/** Every file with its content. */
function tree(volume: FatVolume, path = ''): string[] {
  return volume.entries(path).flatMap((entry) => {
    const own = path === '' ? entry.name : `${path}\\${entry.name}`;
    return entry.isDirectory ? [own, ...tree(volume, own)] : [`${own} ${Buffer.from(content(volume, own)).toString('hex')}`];
  });
}

const BCD_PATH = 'EFI\\Microsoft\\Boot\\BCD';
const BCD_SHORT = 'EFI        /MICROS~1   /BOOT       /BCD        ';

describe.each(KINDS)('a %s volume', (kind) => {
  it('is recognised, with its label, serial number and marks', () => {
    const { volume, damages } = open(image({ kind }).bytes);
    expect([volume.kind, volume.label, volume.serial, volume.clean]).toEqual([kind, 'ESP', 0x1234_abcd, true]);
    expect(damages).toEqual([]);
    expect(open(image({ kind, clean: false }).bytes).volume.clean).toBe(kind === 'FAT12');
  });

  it('shows folders and files by long and short names, in any letter case', () => {
    const { volume, damages } = open(
      image({ kind, gap: 1, sectorsPerCluster: 2, ...(kind === 'FAT32' ? { clusters: 66_000 } : {}) }).bytes,
    );
    expect(volume.entries('').map(({ name }) => name)).toEqual(['EFI', 'lower.txt', 'EMPTY']);
    expect(volume.entries('efi')).toHaveLength(41);
    expect(volume.lookup('efi/MICROS~1/boot/bcd')).toMatchObject({ name: 'BCD', sizeBytes: 20_000, isDirectory: false });
    expect(volume.lookup('EFI\\A RATHER LONG FILE NAME 7 日本語.TXT')?.shortName).toBe('F07.TXT');
    expect(volume.lookup('LOWER.TXT')?.shortName).toBe('LOWER.TXT');
    expect(content(volume, BCD_PATH)).toEqual(BCD);
    expect(content(volume, 'EMPTY')).toEqual(new Uint8Array());
    expect([volume.lookup('EFI\\none'), volume.lookup('lower.txt\\x'), volume.lookup('')]).toEqual([undefined, undefined, undefined]);
    expect(code(() => volume.entries('none'))).toBe('FAT_NOT_FOUND');
    expect(code(() => volume.entries('lower.txt'))).toBe('FAT_NOT_FOUND');
    expect(damages).toEqual([]);
  });

  it('overwrites in place and nothing else, in whole sectors', () => {
    const { bytes } = image({ kind, gap: 2 });
    const { volume, overlay } = open(bytes);
    const before = tree(volume);
    volume.overwrite(volume.lookup(BCD_PATH)!, 500, bytesOf(600, 3));
    const wanted = BCD.slice();
    wanted.set(bytesOf(600, 3), 500);
    expect(content(volume, BCD_PATH)).toEqual(wanted);
    expect(tree(openFat(overlay)).filter((line) => !line.startsWith(BCD_PATH))).toEqual(
      before.filter((line) => !line.startsWith(BCD_PATH)),
    );
    for (const change of overlay.plan().changes) expect([change.offset % 512, change.new.length % 512]).toEqual([0, 0]);
  });

  it.each([20_001, 20_480, 20_481, 40_000])('makes a file longer, to %i bytes, in all copies of the FAT', (size) => {
    const made = image({ kind, gap: 1 });
    // What lay in free clusters and behind the end of the file must not appear in it.
    for (const [name, chain] of made.chains)
      if (name === BCD_SHORT)
        made.bytes.fill(0xdd, made.data + (chain.at(-1)! - 2) * 512 + (20_000 % 512), made.data + (chain.at(-1)! - 1) * 512);
    const { volume, overlay, damages } = open(made.bytes);
    const before = tree(volume);
    const file = volume.grow(volume.lookup(BCD_PATH)!, size);
    expect(file).toEqual(openFat(overlay).lookup(BCD_PATH));
    const wanted = new Uint8Array(size);
    wanted.set(BCD);
    const again = openFat(overlay, { onDamage: (damage) => damages.push(damage) });
    expect(content(again, BCD_PATH)).toEqual(wanted);
    expect(tree(again).filter((line) => !line.startsWith(BCD_PATH))).toEqual(before.filter((line) => !line.startsWith(BCD_PATH)));
    const tables = [0, 1].map((copy) => {
      const out = new Uint8Array(made.table.sizeBytes);
      overlay.readAt(made.table.offset + copy * made.table.sizeBytes, out);
      return Buffer.from(out).toString('hex');
    });
    expect(tables[0] === tables[1]).toBe(true);
    if (kind === 'FAT32') {
      const info = new Uint8Array(512);
      overlay.readAt(made.info, info);
      const old = new DataView(made.bytes.buffer).getUint32(made.info + 488, true);
      expect(new DataView(info.buffer).getUint32(488, true)).toBe(old - (Math.ceil(size / 512) - 40));
    }
    expect(damages).toEqual([]);
  });

  it('gives an empty file its first cluster', () => {
    const { volume, overlay } = open(image({ kind }).bytes);
    const file = volume.grow(volume.lookup('EMPTY')!, 1000);
    volume.overwrite(file, 10, bytesOf(5));
    const wanted = new Uint8Array(1000);
    wanted.set(bytesOf(5), 10);
    expect(content(openFat(overlay), 'EMPTY')).toEqual(wanted);
  });

  it('an interrupted growth leaves the old file, whatever of it was written', () => {
    const { bytes } = image({ kind });
    const writes: [number, Uint8Array][] = [];
    const { overlay } = open(bytes);
    const device = {
      sectorBytes: 512,
      sizeBytes: bytes.length,
      readAt: (offset: number, into: Uint8Array) => overlay.readAt(offset, into),
      write(offset: number, data: Uint8Array) {
        writes.push([offset, data.slice()]);
        overlay.write(offset, data);
      },
    };
    const volume = openFat(device);
    const before = tree(volume);
    volume.grow(volume.lookup(BCD_PATH)!, 30_000);
    expect(writes.length).toBeGreaterThan(5);
    for (let count = 0; count < writes.length; count++) {
      const torn = new Overlay(asDevice(memorySource(bytes)));
      for (const [offset, data] of writes.slice(0, count)) torn.write(offset, data);
      expect(tree(openFat(torn))).toEqual(before);
    }
  });
});

describe('refusals', () => {
  it('a full volume', () => {
    const { volume } = open(image({ kind: 'FAT12' }).bytes);
    expect(code(() => volume.grow(volume.lookup(BCD_PATH)!, 250_000))).toBe('FAT_FULL');
  });

  it('outside the file, shorter, too long', () => {
    const { volume, overlay } = open(image({ kind: 'FAT16' }).bytes);
    const file = volume.lookup(BCD_PATH)!;
    expect(code(() => volume.overwrite(file, 19_999, new Uint8Array(2)))).toBe('FAT_RANGE');
    expect(code(() => volume.overwrite(file, -1, new Uint8Array(2)))).toBe('FAT_RANGE');
    for (const size of [19_999, 2 ** 32, 1.5]) expect(code(() => volume.grow(file, size))).toBe('FAT_RANGE');
    expect(code(() => volume.grow(volume.lookup('EFI')!, 10))).toBe('FAT_RANGE');
    expect(volume.grow(file, 20_000)).toEqual(file);
    expect(overlay.plan().changes).toEqual([]);
  });

  it('a device that cannot be written to', () => {
    const volume = openFat(asDevice(memorySource(image({ kind: 'FAT16' }).bytes)));
    expect(code(() => volume.overwrite(volume.lookup(BCD_PATH)!, 0, new Uint8Array(1)))).toBe('FAT_READ_ONLY');
    expect(code(() => volume.grow(volume.lookup(BCD_PATH)!, 20_001))).toBe('FAT_READ_ONLY');
  });

  it('an entry that is no longer what it was', () => {
    const { volume } = open(image({ kind: 'FAT16' }).bytes);
    const old = volume.lookup(BCD_PATH)!;
    volume.grow(old, 20_001);
    expect(code(() => volume.overwrite(old, 0, new Uint8Array(1)))).toBe('FAT_CHANGED');
  });

  it('copies of the FAT that disagree, and a chain that is longer than the file', () => {
    const made = image({ kind: 'FAT16' });
    const chain = made.chains.get(BCD_SHORT)!;
    const differing = made.bytes.slice();
    new DataView(differing.buffer).setUint16(made.table.offset + made.table.sizeBytes + chain.at(-1)! * 2, 0xfff7, true);
    const one = open(differing);
    expect(code(() => one.volume.grow(one.volume.lookup(BCD_PATH)!, 30_000))).toBe('FAT_EDIT_CHAIN');
    expect(one.overlay.plan().changes).toEqual([]);
    const longer = made.bytes.slice();
    new DataView(longer.buffer).setUint16(made.table.offset + chain.at(-1)! * 2, 4000, true);
    const two = open(longer);
    expect(code(() => two.volume.overwrite(two.volume.lookup(BCD_PATH)!, 0, new Uint8Array(1)))).toBe('FAT_EDIT_CHAIN');
  });
});

describe('damage', () => {
  it('nothing of FAT, NTFS, noise and nothing at all are refused', () => {
    expect(code(() => openFat(asDevice(memorySource(new Uint8Array(4096)))))).toBe('FAT_NOT_FAT');
    expect(code(() => openFat(asDevice(memorySource(new Uint8Array()))))).toBe('FAT_NOT_FAT');
    const { bytes } = image({ kind: 'FAT16' });
    const impossible = bytes.slice();
    impossible[13] = 3;
    expect(code(() => openFat(asDevice(memorySource(impossible))))).toBe('FAT_GEOMETRY');
  });

  it('a lost boot sector of FAT32 is replaced by its copy', () => {
    const { bytes } = image({ kind: 'FAT32' });
    bytes.fill(0, 0, 512);
    const { volume, damages } = open(bytes);
    expect(content(volume, BCD_PATH)).toEqual(BCD);
    expect(damages.map((damage) => damage.code)).toEqual(['FAT_BOOT']);
  });

  it('a cut volume', () => {
    const made = image({ kind: 'FAT16' });
    const cut = made.data + (made.chains.get(BCD_SHORT)!.at(10)! - 2) * 512;
    const { volume, damages } = open(made.bytes.slice(0, cut));
    expect(damages.map((damage) => damage.code)).toEqual(['FAT_SHORT']);
    expect(content(volume, BCD_PATH)).toEqual(BCD.slice(0, 10 * 512));
  });

  it.each([
    ['ends early', (chain: readonly number[]) => [chain[5]!, 0xffff], 6],
    ['comes back to itself', (chain: readonly number[]) => [chain[5]!, chain[2]!], 6],
    ['leaves the volume', (chain: readonly number[]) => [chain[5]!, 0xff00], 6],
    ['leads to a free cluster', (chain: readonly number[]) => [chain[5]!, 0], 6],
  ] as const)('a chain that %s', (_, change, clusters) => {
    const made = image({ kind: 'FAT16' });
    const [cluster, next] = change(made.chains.get(BCD_SHORT)!);
    new DataView(made.bytes.buffer).setUint16(made.table.offset + cluster! * 2, next!, true);
    const { volume, damages } = open(made.bytes);
    expect(content(volume, BCD_PATH)).toEqual(BCD.slice(0, clusters * 512));
    expect(damages.map((damage) => damage.code)).toEqual(['FAT_CHAIN']);
    expect(code(() => volume.overwrite(volume.lookup(BCD_PATH)!, 0, new Uint8Array(1)))).toBe('FAT_EDIT_CHAIN');
  });

  it('a folder whose chain is a loop ends', () => {
    const made = image({ kind: 'FAT16' });
    const chain = made.chains.get('EFI        ')!;
    new DataView(made.bytes.buffer).setUint16(made.table.offset + chain.at(-1)! * 2, chain[0]!, true);
    const { volume, damages } = open(made.bytes);
    expect(volume.entries('EFI').length).toBeGreaterThanOrEqual(41);
    expect(damages.map((damage) => damage.code)).toEqual(['FAT_CHAIN']);
  });

  it('a long name of another file is not shown', () => {
    const made = image({ kind: 'FAT16' });
    const at = made.entries.get('EFI        /F07     TXT')!;
    made.bytes[at] = 0x47;
    const { volume, damages } = open(made.bytes);
    expect(volume.lookup('EFI\\G07.TXT')?.name).toBe('G07.TXT');
    expect(volume.lookup('EFI\\a rather long file name 7 日本語.txt')).toBeUndefined();
    expect(damages.every((damage) => damage.code === 'FAT_LONG_NAME')).toBe(true);
    expect(damages.length).toBeGreaterThan(0);
  });

  it('an impossible name is told and left out', () => {
    const made = image({ kind: 'FAT16' });
    made.bytes[made.entries.get('LOWER   TXT')!] = 0x07;
    const { volume, damages } = open(made.bytes);
    expect(volume.entries('').map(({ name }) => name)).toEqual(['EFI', 'EMPTY']);
    expect(damages.map((damage) => damage.code)).toEqual(['FAT_ENTRY']);
  });

  it('bytes changed anywhere end in values, damages or a DiskError, and reading never writes', () => {
    const originals = [image({ kind: 'FAT12' }), image({ kind: 'FAT16' })];
    fc.assert(
      fc.property(
        fc.nat(1),
        fc.array(fc.record({ at: fc.nat(0xffff), byte: fc.nat(255) }), { minLength: 1, maxLength: 8 }),
        fc.nat(600),
        (which, changes, grown) => {
          const made = originals[which]!;
          const bytes = made.bytes.slice();
          for (const { at, byte } of changes) bytes[at % (byte % 2 === 0 ? 64 : Math.min(bytes.length, made.data + 4096))] = byte;
          try {
            const { volume, overlay } = open(bytes);
            const seen = (path: string, depth: number): void => {
              for (const entry of volume.entries(path)) {
                if (entry.isDirectory) {
                  if (depth < 6) seen(`${path}\\${entry.name}`, depth + 1);
                } else volume.open(entry).readAt(0, new Uint8Array(Math.min(entry.sizeBytes, 100_000)));
              }
            };
            seen('', 0);
            expect(overlay.plan().changes).toEqual([]);
            const file = volume.lookup(BCD_PATH);
            if (file !== undefined) volume.grow(file, file.sizeBytes + grown);
          } catch (error) {
            expect(error).toBeInstanceOf(DiskError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
