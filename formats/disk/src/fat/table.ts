import { type DamageReport, viewOf } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import type { FatDamageCode } from './codes.ts';
import type { FatGeometry } from './geometry.ts';
import { MAX_CHAIN, TABLE_WINDOW } from './limits.ts';
import { patch, readSome } from './sectors.ts';

/** The file allocation table: for each cluster the next one. @source FAT32 File System Specification 1.03, "FAT data structure" */
export class FatTable {
  readonly #device: BlockDevice;
  readonly #geometry: FatGeometry;
  readonly #damage: DamageReport<FatDamageCode>;
  readonly #bits: 12 | 16 | 32;
  /** Bytes of one copy read last; forgotten whenever something begins anew, since others may have written. */
  #window: { readonly start: number; readonly bytes: Uint8Array } | undefined;

  constructor(device: BlockDevice, geometry: FatGeometry, damage: DamageReport<FatDamageCode>) {
    this.#device = device;
    this.#geometry = geometry;
    this.#damage = damage;
    this.#bits = geometry.kind === 'FAT32' ? 32 : geometry.kind === 'FAT16' ? 16 : 12;
  }

  /** Smallest number that ends a chain. */
  get #end(): number {
    return this.#bits === 32 ? 0x0fff_fff8 : this.#bits === 16 ? 0xfff8 : 0xff8;
  }

  /** A cluster that exists. */
  isCluster(cluster: number): boolean {
    return cluster >= 2 && cluster < this.#geometry.clusters + 2;
  }

  /** Copies that are kept, the one that is read first. */
  get #copies(): number[] {
    const { copies, only } = this.#geometry.table;
    return only === undefined ? Array.from({ length: copies }, (_, i) => i) : [only];
  }

  /** Device offset of the bytes of an entry in a copy. */
  #offset(cluster: number, copy: number): number {
    const { offset, sizeBytes } = this.#geometry.table;
    return offset + copy * sizeBytes + Math.floor((cluster * this.#bits) / 8);
  }

  #value(view: DataView, at: number, cluster: number): number {
    if (this.#bits === 32) return view.getUint32(at, true) & 0x0fff_ffff;
    const value = view.getUint16(at, true);
    if (this.#bits === 16) return value;
    return cluster % 2 === 0 ? value & 0xfff : value >>> 4;
  }

  /** The entry of a cluster (also 0 and 1); `undefined` when it cannot be read. */
  at(cluster: number): number | undefined {
    const offset = this.#offset(cluster, this.#copies[0]!);
    const length = this.#bits === 32 ? 4 : 2;
    let window = this.#window;
    if (window === undefined || offset < window.start || offset + length > window.start + window.bytes.length) {
      const start = offset - (offset % 512);
      window = { start, bytes: readSome(this.#device, start, TABLE_WINDOW) };
      this.#window = window;
      if (offset + length > start + window.bytes.length) return undefined;
    }
    return this.#value(viewOf(window.bytes), offset - window.start, cluster);
  }

  /** Whether the marks in the second entry say that the volume was dismounted cleanly and had no error. @source ibid., "FAT[1]" */
  get clean(): boolean {
    if (this.#bits === 12) return true;
    const marks = this.at(1) ?? 0;
    const both = this.#bits === 32 ? 0x0c00_0000 : 0xc000;
    return (marks & both) === both;
  }

  /**
   * Clusters of a chain, in order.
   * @param most clusters that are wanted; more are a damage. @param exact there should be as many.
   * @param at device offset of the entry that names the chain, for damages.
   */
  chain(first: number, most: number, exact: boolean, at: number): number[] {
    this.#window = undefined;
    const out: number[] = [];
    const seen = new Set<number>();
    const cap = Math.min(most, MAX_CHAIN);
    const broken = (have: number | string): number[] => {
      this.#damage('FAT_CHAIN', at, 'chain of clusters', exact ? most : 'end of chain', have);
      return out;
    };
    let cluster = first;
    while (out.length < cap) {
      if (!this.isCluster(cluster)) return exact || out.length === 0 ? broken(out.length) : out;
      if (seen.has(cluster)) return broken(`cluster ${cluster} again`);
      seen.add(cluster);
      out.push(cluster);
      const next = this.at(cluster);
      if (next === undefined) return broken(out.length);
      if (next >= this.#end) return exact && out.length < most ? broken(out.length) : out;
      if (!this.isCluster(next)) return broken(`entry ${next}`);
      cluster = next;
    }
    if (cap < most) this.#damage('FAT_LIMIT', at, 'chain of clusters', most, cap);
    else if (exact) broken(`more than ${most}`);
    else this.#damage('FAT_LIMIT', at, 'chain of clusters', undefined, cap);
    return out;
  }

  /**
   * Free clusters, from the one behind `after` on and then from the beginning.
   * @throws {DiskError} FAT_FULL.
   */
  free(count: number, after: number): number[] {
    const { clusters } = this.#geometry;
    this.#window = undefined;
    const out: number[] = [];
    const start = this.isCluster(after + 1) ? after + 1 : 2;
    for (let i = 0; i < clusters && out.length < count; i++) {
      const cluster = 2 + ((start - 2 + i) % clusters);
      if (this.at(cluster) === 0) out.push(cluster);
    }
    if (out.length < count) throw new DiskError('FAT_FULL', 'free clusters', { need: count, have: out.length });
    return out;
  }

  /**
   * Whether all kept copies say the same about a cluster.
   */
  #agree(cluster: number): boolean {
    const length = this.#bits === 32 ? 4 : 2;
    const values = this.#copies.map((copy) => {
      const bytes = readSome(this.#device, this.#offset(cluster, copy), length);
      return bytes.length < length ? undefined : this.#value(viewOf(bytes), 0, cluster);
    });
    return values.every((value) => value !== undefined && value === values[0]);
  }

  /** @throws {DiskError} FAT_EDIT_CHAIN when kept copies disagree about one of the clusters. */
  checkCopies(clusters: readonly number[]): void {
    for (const cluster of clusters) {
      if (!this.#agree(cluster))
        throw new DiskError('FAT_EDIT_CHAIN', 'copies of the FAT', { offset: this.#offset(cluster, this.#copies[0]!) });
    }
  }

  /** Sets the entry of a cluster in every kept copy; a next cluster, or `end`. What FAT32 reserves in it stays. */
  set(cluster: number, next: number | 'end'): void {
    const value = next === 'end' ? this.#end | 7 : next;
    for (const copy of this.#copies) {
      const offset = this.#offset(cluster, copy);
      const bytes = readSome(this.#device, offset, this.#bits === 32 ? 4 : 2);
      const view = viewOf(bytes);
      if (this.#bits === 32) view.setUint32(0, ((view.getUint32(0, true) & 0xf000_0000) | value) >>> 0, true);
      else if (this.#bits === 16) view.setUint16(0, value, true);
      else if (cluster % 2 === 0) view.setUint16(0, (view.getUint16(0, true) & 0xf000) | value, true);
      else view.setUint16(0, (view.getUint16(0, true) & 0xf) | (value << 4), true);
      patch(this.#device, this.#geometry.sectorBytes, offset, bytes);
    }
    this.#window = undefined;
  }
}
