/** Structure-aware changes of disks and volumes: which stretch of an image is which structure, and how each is changed so that readers get past its seal. */
import { crc32 } from '@winmedic/bytes';
import type { WrittenNtfs } from '@winmedic/labs/ntfs-writer';
import { mutateRange } from './binary-mutations.ts';
import type { Random } from './random.ts';

/** What a stretch holds; all but `plain` are sealed again after most changes. */
export type RegionKind = 'plain' | 'file-record' | 'index-block' | 'log-page' | 'sealed';

/** A stretch of an image with one structure. */
export interface Region {
  /** What it is; stretches of one name share their chance of being picked. */
  readonly name: string;
  readonly kind: RegionKind;
  readonly offset: number;
  readonly sizeBytes: number;
  /** For `sealed`: puts checksums right; gets the whole image. */
  readonly seal?: (image: Uint8Array) => void;
}

/** Where the parts of a written volume lie. @param origin of the volume on the image. */
export function ntfsRegions(written: WrittenNtfs, origin = 0): Region[] {
  const { recordBytes, indexBytes, clusterBytes, sectorBytes, image } = written;
  const regions: Region[] = [
    { name: 'boot sector', kind: 'plain', offset: origin, sizeBytes: 128 },
    { name: 'backup boot sector', kind: 'plain', offset: origin + image.sizeBytes - sectorBytes, sizeBytes: 128 },
  ];
  for (const file of written.files) {
    const system = file.path.startsWith('$') || file.path === '';
    for (const record of [file.record, ...file.extensionRecords]) {
      const [place, ...more] = written.recordPlace(record);
      if (place === undefined || more.length > 0) continue;
      const named = ['$MFT', '$MFTMirr', '$LogFile', '$Volume', '$Bitmap', '$Secure', '$UpCase', ''].includes(file.path);
      const owner = named ? file.path || 'the root' : system ? 'another system file' : file.directory ? 'a folder' : 'a file';
      const name = `record of ${owner}`;
      regions.push({ name, kind: 'file-record', offset: origin + place.offset, sizeBytes: recordBytes });
    }
    for (const { offset } of file.indexBlocks)
      regions.push({ name: 'index block', kind: 'index-block', offset: origin + offset, sizeBytes: indexBytes });
    for (const [stream, runs] of file.runs) {
      if (file.directory && stream === '$I30') continue;
      const name = system ? `${file.path}:${stream}` : 'data of a file';
      for (const { lcn, clusters } of runs) {
        if (lcn === undefined || name === '$MFT:') continue;
        const offset = origin + lcn * clusterBytes;
        const sizeBytes = clusters * clusterBytes;
        if (file.path === '$LogFile') regions.push(...logPages(offset, sizeBytes, name));
        else if (sizeBytes >= 16) regions.push({ name, kind: 'plain', offset, sizeBytes });
      }
    }
  }
  return regions.filter(({ offset, sizeBytes }) => offset + sizeBytes <= origin + image.sizeBytes);
}

/** Pages of a log: the restart pages one by one, all others under one name. */
export function logPages(offset: number, sizeBytes: number, name: string): Region[] {
  return Array.from({ length: Math.floor(sizeBytes / 4096) }, (_, page) => ({
    name: page < 2 ? `${name} restart page` : `${name} page`,
    kind: 'log-page' as const,
    offset: offset + page * 4096,
    sizeBytes: 4096,
  }));
}

/** A stretch that is one structure with a CRC-32 field in it, which counts as zero. */
export function crcRegion(name: string, offset: number, sizeBytes: number, field: number): Region {
  return {
    name,
    kind: 'sealed',
    offset,
    sizeBytes,
    seal: (image) => {
      const part = image.subarray(offset, offset + sizeBytes);
      const view = viewOf(part);
      view.setUint32(field, 0, true);
      view.setUint32(field, crc32(part), true);
    },
  };
}

const byName = new WeakMap<readonly Region[], Map<string, Region[]>>();

/** Changes one to three places of an image. @returns the names of what was done. */
export function mutateImage(image: Uint8Array, regions: readonly Region[], random: Random): string[] {
  let named = byName.get(regions);
  if (named === undefined) {
    named = Map.groupBy(regions, ({ name }) => name);
    byName.set(regions, named);
  }
  const all = [...named.values()];
  const names: string[] = [];
  for (let n = 1 + random.below(3); n > 0; n--) names.push(mutateRegion(image, random.pick(random.pick(all)), regions, random));
  return names;
}

function mutateRegion(image: Uint8Array, region: Region, regions: readonly Region[], random: Random): string {
  const { offset, sizeBytes, kind } = region;
  const part = image.subarray(offset, offset + sizeBytes);
  const label = (what: string): string => `${region.name} at ${offset}: ${what}`;
  if (random.below(12) === 0) {
    // Another structure of the kind, whole and sealed, in the place of this one: stale blocks, loops, files that own each other's clusters.
    const other = random.pick(regions.filter((one) => one.kind === kind && one.sizeBytes === sizeBytes));
    image.copyWithin(offset, other.offset, other.offset + sizeBytes);
    return label(`copied from ${other.offset}`);
  }
  if (kind === 'plain') return label(mutateRange(image, offset, offset + sizeBytes, random));
  if (kind === 'sealed') {
    const what = mutateRange(image, offset, offset + sizeBytes, random);
    if (random.below(10) > 0) region.seal?.(image);
    return label(what);
  }
  const number = unstamp(part);
  const [from, to] =
    kind === 'file-record' ? attribute(part, random) : kind === 'index-block' ? entry(part, random) : logPart(part, random);
  const what = mutateRange(part, from, to, random);
  if (number !== undefined && random.below(10) > 0) stamp(part, number);
  return label(`${what} in ${from}..${to}`);
}

/** A part of a file record: its header, or an attribute, its header or its value. */
function attribute(record: Uint8Array, random: Random): [number, number] {
  const view = viewOf(record);
  const found: [number, number][] = [];
  for (let at = view.getUint16(20, true); at + 24 <= record.length && view.getUint32(at, true) !== 0xffff_ffff; ) {
    const length = view.getUint32(at + 4, true);
    if (length < 24 || at + length > record.length) break;
    found.push([at, at + length]);
    at += length;
  }
  if (found.length === 0 || random.below(6) === 0) return [0, 64];
  const [from, to] = random.pick(found);
  const [half, whole] = [Math.min(to, from + 24), random.below(3)];
  return whole === 0 ? [from, to] : whole === 1 || to - half < 16 ? [from, half] : [half, to];
}

/** An entry of an index block, or its header. */
function entry(block: Uint8Array, random: Random): [number, number] {
  const view = viewOf(block);
  const found: [number, number][] = [];
  for (let at = 0x18 + view.getUint32(0x18, true); at + 16 <= block.length; ) {
    const length = view.getUint16(at + 8, true);
    if (length < 16 || at + length > block.length) break;
    found.push([at, at + length]);
    if ((view.getUint16(at + 12, true) & 2) !== 0) break;
    at += length;
  }
  return found.length === 0 || random.below(5) === 0 ? [0, 0x40] : random.pick(found);
}

/** The head of a page, its fields, or a window of its records. */
function logPart(page: Uint8Array, random: Random): [number, number] {
  if (random.below(4) === 0) return [0, 0x40];
  if (random.below(3) === 0) return [0x20, 0x120];
  const from = 0x40 + random.below(page.length - 0x80);
  return [from - (from % 8), Math.min(page.length, from + 0x100)];
}

/** Puts the tails of the strides back. @returns the update sequence number; undefined when there is no array that fits. */
function unstamp(block: Uint8Array): number | undefined {
  const place = arrayOf(block);
  if (place === undefined) return undefined;
  const view = viewOf(block);
  for (let i = 1; i * 512 <= block.length; i++) view.setUint16(i * 512 - 2, view.getUint16(place + 2 * i, true), true);
  return view.getUint16(place, true);
}

function stamp(block: Uint8Array, number: number): void {
  const place = arrayOf(block);
  if (place === undefined) return;
  const view = viewOf(block);
  view.setUint16(place, number, true);
  for (let i = 1; i * 512 <= block.length; i++) {
    view.setUint16(place + 2 * i, view.getUint16(i * 512 - 2, true), true);
    view.setUint16(i * 512 - 2, number, true);
  }
}

function arrayOf(block: Uint8Array): number | undefined {
  const view = viewOf(block);
  const at = view.getUint16(4, true);
  const count = view.getUint16(6, true);
  return count === block.length / 512 + 1 && at >= 8 && at + 2 * count <= 510 ? at : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
