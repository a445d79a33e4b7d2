import { Overlay, openFat } from '@winmedic/disk';
import { type FatFile, type FatImage, writeFat } from '../../labs/src/fat-writer/index.ts';
import { carriedOut, guarded, orderlyDisk, sameAsOverlay } from './disk-device.ts';
import { mutateImage, type Region } from './disk-regions.ts';
import { walkFat } from './disk-walk.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';

/** Larger volumes are copied and compared as a whole only now and then. */
const MAX_COMPARED = 8 << 20;
const STORE = 'EFI\\Microsoft\\Boot\\BCD';

/** FAT volumes of all three kinds: every folder and file, and edits of one file through an overlay, which must leave all others as they were. */
export function fatKind(): Kind {
  const inputs = seeds().map((seed) => {
    const regions = regionsOf(seed.image);
    const used = Math.max(...regions.map(({ offset, sizeBytes }) => offset + sizeBytes));
    return { ...seed, used, target: seed.image.bytes.slice(), regions };
  });
  return {
    name: 'fat',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const { image, used, target, regions } = inputs[seed]!;
      // Behind what is used nothing is ever changed: a FAT32 volume is large and empty.
      target.set(image.bytes.subarray(0, used));
      const names = mutateImage(target, regions, random);
      if (random.below(40) > 0) return { bytes: target, names };
      const cut = random.below(target.length + 1);
      return { bytes: target.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes, random) => read(bytes, random),
    maxMs: 3000,
    extension: 'fat',
  };
}

function read(bytes: Uint8Array, random: Random): Record<string, number> {
  const counts = { opened: 0, files: 0, edits: 0, damages: 0 };
  orderlyDisk(() => {
    const overlay = new Overlay(guarded(bytes));
    const volume = openFat(overlay, { onDamage: () => counts.damages++ });
    counts.opened++;
    counts.files += walkFat(volume, random).files;
    const file = volume.lookup(STORE);
    if (file === undefined || file.isDirectory) return;
    const fresh = new Uint8Array(1 + random.below(5000)).fill(0x5a);
    const grow = random.below(2) === 0;
    const wanted = grow ? file.sizeBytes + fresh.length : file.sizeBytes;
    const at = grow ? file.sizeBytes : random.below(Math.max(1, file.sizeBytes - fresh.length));
    const done = orderlyDisk(() => volume.overwrite(grow ? volume.grow(file, wanted) : file, at, fresh));
    if (!done) return;
    counts.edits++;
    if (bytes.length > MAX_COMPARED && random.below(32) > 0) return;
    const after = carriedOut(overlay.plan(), bytes);
    sameAsOverlay(overlay, after);
    const again = openFat(guarded(after));
    const found = again.lookup(STORE);
    if (found?.sizeBytes !== wanted) throw new Error(`a file of ${found?.sizeBytes} bytes instead of ${wanted}`);
    const back = new Uint8Array(fresh.length);
    if (again.open(found).readAt(at, back) !== back.length || Buffer.compare(back, fresh) !== 0) throw new Error('reads differently');
  });
  return counts;
}

function regionsOf({ bytes, table, info, data, entries, chains, clusterBytes }: FatImage): Region[] {
  const regions: Region[] = [
    { name: 'boot sector', kind: 'plain', offset: 0, sizeBytes: 96 },
    { name: 'table', kind: 'plain', offset: table.offset, sizeBytes: 256 },
    { name: 'second table', kind: 'plain', offset: table.offset + table.sizeBytes, sizeBytes: 256 },
    { name: 'root', kind: 'plain', offset: table.offset + 2 * table.sizeBytes, sizeBytes: 512 },
  ];
  if (info > 0) regions.push({ name: 'information', kind: 'plain', offset: info, sizeBytes: 512 });
  for (const offset of entries.values()) regions.push({ name: 'entry', kind: 'plain', offset, sizeBytes: 32 });
  for (const chain of chains.values())
    for (const cluster of chain)
      regions.push({ name: 'cluster', kind: 'plain', offset: data + (cluster - 2) * clusterBytes, sizeBytes: clusterBytes });
  return regions.filter(({ offset, sizeBytes }) => offset + sizeBytes <= bytes.length);
}

function seeds(): { name: string; image: FatImage }[] {
  const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => i & 0xff);
  const files: readonly FatFile[] = [
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
                { short: 'BCD        ', data: bytes(9000) },
                { short: 'BCD     LOG', data: bytes(600) },
                { short: 'BOOTMG~1EFI', long: 'bootmgfw.efi', data: bytes(3000) },
                ...Array.from({ length: 20 }, (_, i) => ({
                  short: `LANG${String(i).padStart(4, '0')}   `,
                  long: `言語 ${i} with a long name.mui`,
                  data: bytes(i * 10),
                })),
              ],
            },
          ],
        },
      ],
    },
    { short: 'EMPTY   TXT', data: new Uint8Array() },
  ];
  return [
    { name: 'FAT12', image: writeFat({ kind: 'FAT12', files }) },
    { name: 'FAT16 in pieces', image: writeFat({ kind: 'FAT16', files, gap: 1 }) },
    { name: 'FAT32', image: writeFat({ kind: 'FAT32', files, clusters: 66_000 - 400 }) },
  ];
}
