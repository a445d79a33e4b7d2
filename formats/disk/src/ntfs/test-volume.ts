import type { Damage } from '@winmedic/bytes';
import { type WriteEntry, type WriteNtfs, type WrittenNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';
import type { BlockDevice } from '../block/types.ts';
import { openNtfs } from './index.ts';
import type { NtfsVolume } from './types.ts';

/** One mebibyte. */
export const MIB = 1 << 20;
/** UTF-8. */
export const TEXT = new TextEncoder();

/** Bytes without pattern, always the same. */
export function noise(size: number): Uint8Array {
  let x = 12_345;
  return Uint8Array.from({ length: size }, () => {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    return x >>> 24;
  });
}

/** A volume of 8 MiB with these files. */
export function write(entries: readonly WriteEntry[], over: Partial<WriteNtfs> = {}): WrittenNtfs {
  return writeNtfs({ sizeBytes: 8 * MIB, entries, ...over });
}

/** Opens it and keeps what is told. */
export function open(device: BlockDevice): { readonly volume: NtfsVolume; readonly damages: Damage[]; readonly codes: () => string[] } {
  const damages: Damage[] = [];
  const volume = openNtfs(device, { onDamage: (damage) => damages.push(damage) });
  return { volume, damages, codes: () => [...new Set(damages.map(({ code }) => code))].sort() };
}

/** What a stream gives, up to where it ends; undefined when it is not given out. */
export function read(volume: NtfsVolume, path: string, stream?: string): Uint8Array | undefined {
  const source = volume.open(volume.lookup(path)!, stream);
  const bytes = new Uint8Array(source?.sizeBytes ?? 0);
  return source === undefined ? undefined : bytes.subarray(0, source.readAt(0, bytes));
}

/** Counts what is read. */
export function counted(device: BlockDevice): BlockDevice & { reads: number; bytes: number } {
  return {
    reads: 0,
    bytes: 0,
    sizeBytes: device.sizeBytes,
    sectorBytes: device.sectorBytes,
    readAt(offset, into) {
      this.reads++;
      const got = device.readAt(offset, into);
      this.bytes += got;
      return got;
    },
  };
}

/** Paths that are found, in order. */
export const paths = (volume: NtfsVolume, options: Parameters<NtfsVolume['find']>[0]): string[] =>
  [...volume.find(options)].map(({ path }) => path);
