import { type ByteSource, damageReporter, viewOf } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import type { FatDamageCode } from './codes.ts';
import { ENTRY_BYTES, parseFolder } from './folder.ts';
import { type FatGeometry, readGeometry } from './geometry.ts';
import { MAX_CHAIN, MAX_DAMAGES, MAX_DEPTH, MAX_FILE_BYTES, MAX_FOLDER_BYTES } from './limits.ts';
import { patch, readSome } from './sectors.ts';
import { FatTable } from './table.ts';
import type { FatEntry, FatOptions, FatVolume } from './types.ts';

/** Marks of FSInfo. @source FAT32 File System Specification 1.03, "FAT32 FSInfo sector structure" */
const INFO_MARKS: readonly (readonly [at: number, mark: number])[] = [
  [0, 0x4161_5252],
  [484, 0x6141_7272],
  [508, 0xaa55_0000],
];
const UNKNOWN = 0xffff_ffff;

/**
 * Opens a FAT volume: an EFI system partition, the small partitions of older firmware, installation media.
 * @throws {DiskError} FAT_NOT_FAT, FAT_GEOMETRY; everything else is a damage. What the device throws is passed on.
 * @source Microsoft, "FAT32 File System Specification" 1.03 (FAT12 and FAT16 are part of it)
 */
export function openFat(device: BlockDevice, options: FatOptions = {}): FatVolume {
  return new Volume(device, options);
}

/** Names compare by upper case, character by character, never changing the length. */
const upper = (name: string): string =>
  Array.from({ length: name.length }, (_, i) => {
    const one = name.charAt(i).toUpperCase();
    return one.length === 1 ? one : name.charAt(i);
  }).join('');

class Volume implements FatVolume {
  readonly #device: BlockDevice;
  readonly #geometry: FatGeometry;
  readonly #damage: ReturnType<typeof damageReporter<FatDamageCode>>;
  readonly #table: FatTable;
  readonly kind: FatVolume['kind'];
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  readonly clusters: number;
  readonly label: string;
  readonly serial: number | undefined;
  readonly clean: boolean;

  constructor(device: BlockDevice, options: FatOptions) {
    this.#device = device;
    this.#damage = damageReporter<FatDamageCode>(options.onDamage, MAX_DAMAGES);
    const geometry = readGeometry(device, this.#damage);
    this.#geometry = geometry;
    this.#table = new FatTable(device, geometry, this.#damage);
    this.kind = geometry.kind;
    this.sectorBytes = geometry.sectorBytes;
    this.clusterBytes = geometry.clusterBytes;
    this.clusters = geometry.clusters;
    this.label = geometry.label;
    this.serial = geometry.serial;
    this.clean = this.#table.clean;
  }

  entries(path: string): readonly FatEntry[] {
    const names = namesOf(path);
    const folder = names.length === 0 ? undefined : this.#find(names);
    if (names.length > 0 && folder?.isDirectory !== true) throw new DiskError('FAT_NOT_FOUND', 'folder');
    return this.#list(folder);
  }

  lookup(path: string): FatEntry | undefined {
    return this.#find(namesOf(path));
  }

  #find(names: readonly string[]): FatEntry | undefined {
    if (names.length > MAX_DEPTH) return undefined;
    let found: FatEntry | undefined;
    for (const [level, name] of names.entries()) {
      if (level > 0 && found?.isDirectory !== true) return undefined;
      const wanted = upper(name);
      found = this.#list(found).find((entry) => upper(entry.name) === wanted || upper(entry.shortName) === wanted);
    }
    return found;
  }

  /** @param folder absent: the root. */
  #list(folder: FatEntry | undefined): FatEntry[] {
    const { root, rootCluster, clusterBytes } = this.#geometry;
    if (folder === undefined && this.kind !== 'FAT32') {
      return parseFolder(readSome(this.#device, root.offset, root.sizeBytes), false, (at) => root.offset + at, this.#damage);
    }
    const first = folder?.firstCluster ?? rootCluster;
    const most = Math.ceil(MAX_FOLDER_BYTES / clusterBytes);
    const chain = this.#table.chain(first, most, false, folder?.entryOffset ?? 0);
    const bytes = new Uint8Array(chain.length * clusterBytes);
    let have = 0;
    for (const [i, cluster] of chain.entries()) {
      const part = readSome(this.#device, this.#placeOf(cluster), clusterBytes);
      bytes.set(part, i * clusterBytes);
      have = i * clusterBytes + part.length;
      if (part.length < clusterBytes) break;
    }
    return parseFolder(
      bytes.subarray(0, have),
      this.kind === 'FAT32',
      (at) => this.#placeOf(chain[Math.min(chain.length - 1, Math.floor(at / clusterBytes))] ?? 2) + (at % clusterBytes),
      this.#damage,
    );
  }

  #placeOf(cluster: number): number {
    return this.#geometry.data + (cluster - 2) * this.#geometry.clusterBytes;
  }

  #clustersOf(sizeBytes: number): number {
    return Math.ceil(sizeBytes / this.clusterBytes);
  }

  open(file: FatEntry): ByteSource {
    const chain =
      file.sizeBytes === 0 ? [] : this.#table.chain(file.firstCluster, this.#clustersOf(file.sizeBytes), true, file.entryOffset);
    const end = Math.min(file.sizeBytes, chain.length * this.clusterBytes);
    return {
      sizeBytes: file.sizeBytes,
      readAt: (offset, into) => {
        let done = 0;
        while (done < into.length && offset + done < end) {
          const { place, length } = this.#stretch(chain, offset + done, Math.min(into.length - done, end - offset - done));
          const part = readSome(this.#device, place, length);
          into.set(part, done);
          done += part.length;
          if (part.length < length) break;
        }
        return done;
      },
    };
  }

  /** The longest stretch on the device that holds bytes of a chain from `offset` on. */
  #stretch(chain: readonly number[], offset: number, most: number): { readonly place: number; readonly length: number } {
    const { clusterBytes } = this;
    const index = Math.floor(offset / clusterBytes);
    const within = offset % clusterBytes;
    let next = index + 1;
    while (next < chain.length && chain[next] === chain[next - 1]! + 1 && (next - index) * clusterBytes - within < most) next++;
    return { place: this.#placeOf(chain[index]!) + within, length: Math.min(most, (next - index) * clusterBytes - within) };
  }

  overwrite(file: FatEntry, offset: number, bytes: Uint8Array): void {
    this.#unchanged(file);
    if (!(Number.isSafeInteger(offset) && offset >= 0) || offset + bytes.length > file.sizeBytes) {
      throw new DiskError('FAT_RANGE', 'file', { offset: file.entryOffset, need: offset + bytes.length, have: file.sizeBytes });
    }
    this.#fill(this.#wholeChain(file), offset, bytes);
  }

  #fill(chain: readonly number[], offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const { place, length } = this.#stretch(chain, offset + done, bytes.length - done);
      patch(this.#device, this.sectorBytes, place, bytes.subarray(done, done + length));
      done += length;
    }
  }

  grow(file: FatEntry, sizeBytes: number): FatEntry {
    this.#unchanged(file);
    if (!(Number.isSafeInteger(sizeBytes) && sizeBytes >= file.sizeBytes && sizeBytes <= MAX_FILE_BYTES) || file.isDirectory) {
      throw new DiskError('FAT_RANGE', 'new length', {
        offset: file.entryOffset,
        need: `${file.sizeBytes} to ${MAX_FILE_BYTES}`,
        have: sizeBytes,
      });
    }
    if (sizeBytes === file.sizeBytes) return file;
    const chain = this.#wholeChain(file);
    const more = this.#clustersOf(sizeBytes) - chain.length;
    if (chain.length + more > MAX_CHAIN) throw new DiskError('FAT_RANGE', 'new length', { need: MAX_CHAIN, have: chain.length + more });
    const last = chain.at(-1);
    const added = more === 0 ? [] : this.#table.free(more, last ?? 1);
    this.#table.checkCopies(last === undefined ? added : [last, ...added]);
    const all = [...chain, ...added];
    const room = chain.length * this.clusterBytes;
    this.#fill(all, file.sizeBytes, new Uint8Array(Math.min(room, sizeBytes) - file.sizeBytes));
    // Each cluster as a whole: what lay behind the end of the file is not to be found in it.
    for (let i = 0; i < added.length; i++) this.#fill(all, room + i * this.clusterBytes, new Uint8Array(this.clusterBytes));
    for (let i = added.length - 1; i >= 0; i--) this.#table.set(added[i]!, added[i + 1] ?? 'end');
    const first = added[0];
    if (first !== undefined) {
      if (last !== undefined) this.#table.set(last, first);
      this.#countFree(-added.length, added.at(-1)!);
    }
    const firstCluster = file.firstCluster === 0 ? (first ?? 0) : file.firstCluster;
    const entry = viewOf(readSome(this.#device, file.entryOffset, ENTRY_BYTES));
    entry.setUint32(28, sizeBytes, true);
    entry.setUint16(20, this.kind === 'FAT32' ? firstCluster >>> 16 : entry.getUint16(20, true), true);
    entry.setUint16(26, firstCluster & 0xffff, true);
    patch(this.#device, this.sectorBytes, file.entryOffset, new Uint8Array(entry.buffer, entry.byteOffset, ENTRY_BYTES));
    return { ...file, sizeBytes, firstCluster };
  }

  /** Keeps the count of free clusters in FSInfo right, where there is one. It is a hint, not a truth. */
  #countFree(more: number, next: number): void {
    const { info } = this.#geometry;
    if (info === 0) return;
    const bytes = readSome(this.#device, info, 512);
    const view = viewOf(bytes);
    if (bytes.length < 512 || INFO_MARKS.some(([at, mark]) => view.getUint32(at, true) !== mark)) return;
    const free = view.getUint32(488, true);
    if (free !== UNKNOWN) view.setUint32(488, Math.max(0, Math.min(this.clusters, free + more)), true);
    view.setUint32(492, next, true);
    patch(this.#device, this.sectorBytes, info, bytes);
  }

  /** @throws {DiskError} FAT_CHANGED unless the folder's entry is still the one that was handed in. */
  #unchanged(file: FatEntry): void {
    if (this.#device.write === undefined) throw new DiskError('FAT_READ_ONLY', 'device');
    const bytes = readSome(this.#device, file.entryOffset, ENTRY_BYTES);
    const [now] =
      bytes.length < ENTRY_BYTES
        ? []
        : parseFolder(
            bytes,
            this.kind === 'FAT32',
            () => file.entryOffset,
            () => {},
          );
    const same =
      now !== undefined &&
      now.shortName === file.shortName &&
      now.isDirectory === file.isDirectory &&
      now.sizeBytes === file.sizeBytes &&
      now.firstCluster === file.firstCluster;
    if (!same) throw new DiskError('FAT_CHANGED', 'entry of a folder', { offset: file.entryOffset });
  }

  /** The clusters of a file, exactly as many as its length needs. @throws {DiskError} FAT_EDIT_CHAIN. */
  #wholeChain(file: FatEntry): number[] {
    const need = this.#clustersOf(file.sizeBytes);
    if (need === 0) {
      if (file.firstCluster !== 0) throw new DiskError('FAT_EDIT_CHAIN', 'clusters of an empty file', { offset: file.entryOffset });
      return [];
    }
    let whole = true;
    const table = new FatTable(this.#device, this.#geometry, () => {
      whole = false;
    });
    const chain = table.chain(file.firstCluster, need, true, file.entryOffset);
    if (!whole || chain.length !== need)
      throw new DiskError('FAT_EDIT_CHAIN', 'clusters of a file', { offset: file.entryOffset, need, have: chain.length });
    return chain;
  }
}

function namesOf(path: string): string[] {
  return path.split(/[\\/]/).filter((name) => name !== '');
}
