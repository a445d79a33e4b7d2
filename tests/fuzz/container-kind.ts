import { type BlockDevice, DiskError, Overlay, openContainerChain } from '@winmedic/disk';
import { sealVhdx, vhdFooterSum, vhdxPlaces, writeVhd, writeVhdx } from '@winmedic/labs/container-writer';
import { carriedOut, guarded, orderlyDisk, sameAsOverlay } from './disk-device.ts';
import { mutateImage, type Region } from './disk-regions.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';

const MIB = 1 << 20;
const MAX_COMPARED = 64 * MIB;

interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly regions: readonly Region[];
  readonly parent?: Uint8Array;
}

/** VHD and VHDX files of every variant, with and without a log: opened, read, written through an overlay and opened again. */
export function containerKind(): Kind {
  const inputs = seeds().map((seed) => ({ ...seed, target: new Uint8Array(seed.bytes.length) }));
  return {
    name: 'container',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const { bytes, target, regions } = inputs[seed]!;
      target.set(bytes);
      const names = mutateImage(target, regions, random);
      if (random.below(20) > 0) return { bytes: target, names };
      const cut = random.below(bytes.length + 1);
      return { bytes: target.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes, random, seed) => read(bytes, inputs[seed]!, random),
    maxMs: 4000,
    extension: 'vhd',
  };
}

function read(bytes: Uint8Array, seed: Seed, random: Random): Record<string, number> {
  const counts = { opened: 0, writable: 0, damages: 0, again: 0 };
  const overlay = new Overlay(guarded(bytes), { growable: true, maxBytes: 32 * MIB });
  // One whose parent is itself, too.
  const parent = random.below(16) === 0 ? bytes : seed.parent;
  const open = (device: BlockDevice): ReturnType<typeof openContainerChain> =>
    openContainerChain(device, {
      onDamage: () => counts.damages++,
      randomGuid: () => new Uint8Array(16).fill(0x77),
      openFile: () => (parent === undefined ? undefined : guarded(parent)),
    });
  orderlyDisk(() => {
    const disk = open(overlay);
    counts.opened++;
    if (!Number.isSafeInteger(disk.sizeBytes) || disk.sizeBytes < 0) throw new Error(`a disk of ${disk.sizeBytes} bytes`);
    const part = new Uint8Array(8192);
    const places = [0, 4096 - 512, MIB, disk.sizeBytes - 512, random.below(Math.min(disk.sizeBytes, 2 ** 45))];
    for (const place of places) orderlyDisk(() => void disk.readAt(Math.max(0, place), part));
    const sector = disk.sectorBytes;
    const at = Math.floor(random.pick([...places, random.below(8 * MIB)]) / sector) * sector;
    const fresh = new Uint8Array(sector * (1 + random.below(4))).fill(0x5a);
    if (disk.write === undefined || at < 0 || !orderlyDisk(() => disk.write?.(at, fresh))) return;
    counts.writable++;
    expectAt(disk, at, fresh);
    // A log may say that the file was longer when it was torn: a length that costs nothing on a disk, and more than there is in memory.
    if (overlay.sizeBytes > MAX_COMPARED) return;
    const after = carriedOut(overlay.plan(), bytes);
    sameAsOverlay(overlay, after);
    // What was written must be there for whoever opens the file later: nothing of it hangs on what this one remembers.
    let again: BlockDevice | undefined;
    orderlyDisk(() => {
      again = open(guarded(after));
    });
    if (again === undefined) throw new Error('a container that was written to can no longer be opened');
    counts.again++;
    expectAt(again, at, fresh);
  });
  return counts;
}

function expectAt(disk: BlockDevice, at: number, fresh: Uint8Array): void {
  const back = new Uint8Array(fresh.length);
  let got = 0;
  try {
    got = disk.readAt(at, back);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
  }
  if (got !== fresh.length || Buffer.compare(back, fresh) !== 0) throw new Error(`what was written at ${at} reads differently`);
}

function seeds(): Seed[] {
  const disk = diskOf(4, [0, 2]);
  const small = { disk, blockBytes: MIB };
  const id = new Uint8Array(16).fill(0x33);
  const parentVhd = writeVhd({ variant: 'dynamic', ...small, id });
  const parentVhdx = writeVhdx({ variant: 'dynamic', ...small, dataWriteGuid: id });
  const changed = diskOf(4, [1], 9);
  const linkage = '{33333333-3333-3333-3333-333333333333}';
  return [
    vhd('VHD fixed', writeVhd({ variant: 'fixed', disk: diskOf(1, [0]) })),
    vhd('VHD dynamic', writeVhd({ variant: 'dynamic', ...small })),
    vhd(
      'VHD differencing',
      writeVhd({ variant: 'differencing', ...small, disk: changed, parent: { id, name: 'p.vhd', relative: '.\\p.vhd' } }),
      parentVhd,
    ),
    vhdx('VHDX fixed', writeVhdx({ variant: 'fixed', disk: diskOf(2, [0]) })),
    vhdx('VHDX dynamic', writeVhdx({ variant: 'dynamic', ...small })),
    vhdx('VHDX sectors of 4096', writeVhdx({ variant: 'dynamic', ...small, sectorBytes: 4096 })),
    vhdx('VHDX pending', writeVhdx({ variant: 'dynamic', ...small, pending: { in: 'garbage', at: 8192, entries: 3, stale: true } })),
    vhdx(
      'VHDX differencing',
      writeVhdx({ variant: 'differencing', ...small, disk: changed, parent: { linkage, relative: '.\\p.vhdx' } }),
      parentVhdx,
    ),
  ];
}

function diskOf(mib: number, full: readonly number[], seed = 1): Uint8Array {
  const disk = new Uint8Array(mib * MIB);
  for (const part of full)
    for (let at = part * MIB; at < (part + 1) * MIB; at += 512) disk.fill(1 + ((at / 512 + seed) % 251), at, at + 512);
  return disk;
}

function vhd(name: string, bytes: Uint8Array, parent?: Uint8Array): Seed {
  const footer = bytes.length - 512;
  const seal =
    (offset: number): ((image: Uint8Array) => void) =>
    (image) =>
      void vhdFooterSum(image.subarray(offset, offset + 512));
  const regions: Region[] = [{ name: 'footer', kind: 'sealed', offset: footer, sizeBytes: 128, seal: seal(footer) }];
  if (name !== 'VHD fixed') {
    regions.push({ name: 'footer copy', kind: 'sealed', offset: 0, sizeBytes: 128, seal: seal(0) });
    regions.push({ name: 'both footers', kind: 'sealed', offset: 0, sizeBytes: 96, seal: bothFooters(footer) });
    regions.push({ name: 'dynamic header', kind: 'sealed', offset: 512, sizeBytes: 1024, seal: dynamicHeader });
    regions.push({ name: 'block table', kind: 'plain', offset: 1536, sizeBytes: 64 });
    regions.push({ name: 'blocks', kind: 'plain', offset: 2048, sizeBytes: Math.min(65_536, footer - 2048) });
  }
  return { name, bytes, regions, ...(parent !== undefined && { parent }) };
}

const bothFooters =
  (footer: number) =>
  (image: Uint8Array): void => {
    vhdFooterSum(image.subarray(0, 512));
    image.copyWithin(footer, 0, 512);
  };

/** One's complement of the sum of all bytes, the field counting as zero. */
function dynamicHeader(image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset + 512, 1024);
  view.setUint32(36, 0);
  let sum = 0;
  for (const byte of image.subarray(512, 1536)) sum += byte;
  view.setUint32(36, ~sum >>> 0);
}

function vhdx(name: string, bytes: Uint8Array, parent?: Uint8Array): Seed {
  const sealed = (label: string, offset: number, sizeBytes: number, whole: number): Region => ({
    name: label,
    kind: 'sealed',
    offset,
    sizeBytes,
    seal: (image) => void sealVhdx(image.subarray(offset, offset + whole)),
  });
  const regions: Region[] = [
    ...vhdxPlaces.headers.map((offset) => sealed('header', offset, 96, 4096)),
    ...vhdxPlaces.tables.map((offset) => sealed('region table', offset, 128, 65_536)),
    { name: 'metadata table', kind: 'plain', offset: vhdxPlaces.metadata, sizeBytes: 256 },
    { name: 'metadata items', kind: 'plain', offset: vhdxPlaces.metadata + 65_536, sizeBytes: 512 },
    { name: 'block table', kind: 'plain', offset: vhdxPlaces.bat, sizeBytes: 64 },
  ];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at: number = vhdxPlaces.log; at < vhdxPlaces.log + MIB; at += 4096) {
    // Entries carry their length, and a checksum over all of it.
    if (view.getUint32(at, true) !== 0x65676f6c) continue;
    const length = view.getUint32(at + 8, true);
    regions.push(sealed('log entry', at, Math.min(length, 256), length));
    regions.push(sealed('log data', at, length, length));
  }
  return { name, bytes, regions, ...(parent !== undefined && { parent }) };
}
