import { type ByteSource, viewOf } from '@winmedic/bytes';
import type { Lru } from './cache.ts';
import type { Context } from './context.ts';
import { applyFixups, type FixupResult } from './fixups.ts';
import { type IndexEntry, parseNode } from './index-node.ts';
import { MAX_INDEX_BLOCKS, MAX_INDEX_BYTES, MAX_INDEX_DEPTH, MAX_SALVAGED_BLOCKS, MIN_INDEX_BYTES } from './limits.ts';
import { count64, isPowerOfTwo } from './numbers.ts';
import { attributeSource, attributeValue } from './stream.ts';
import { stretches } from './stretches.ts';
import { ATTRIBUTE, type Attribute, type NtfsFile } from './types.ts';

/** Index blocks with fixups resolved, by record, index and VCN. */
export type IndexCache = Lru<string, Uint8Array>;

/** Where an entry stands: before, in or behind what is looked for. Entries are sorted by it. */
export type Position = (key: Uint8Array) => -1 | 0 | 1;

/** An entry and the block it stands in; `vcn` undefined for $INDEX_ROOT. */
export interface PlacedEntry {
  readonly entry: IndexEntry;
  readonly vcn: number | undefined;
}

/** The bytes `INDX`. */
const INDX_MARK = 0x58444e49;
/** Where the index header stands in a block and in $INDEX_ROOT. */
const BLOCK_HEADER = 24;
const ROOT_HEADER = 16;
/** Unit of index VCNs where a cluster is larger than a block. */
const SMALL_UNIT = 512;

/** An index of a file: `$I30` of a directory, `$SII` of $Secure. */
export class IndexTree {
  readonly #context: Context;
  readonly #cache: IndexCache;
  readonly #name: string;
  readonly #record: number;
  readonly #root: Attribute;
  readonly #allocation: Attribute | undefined;
  readonly #bitmap: Attribute | undefined;
  readonly #at: number;
  #source: ByteSource | undefined;
  #blockBytes = 0;
  #used: Uint8Array | undefined;

  private constructor(context: Context, cache: IndexCache, file: NtfsFile, name: string, root: Attribute) {
    this.#context = context;
    this.#cache = cache;
    this.#name = name;
    this.#record = file.reference.record;
    this.#root = root;
    const named = (type: number): Attribute | undefined => file.attributes.find((one) => one.type === type && one.name === name);
    this.#allocation = named(ATTRIBUTE.indexAllocation);
    this.#bitmap = named(ATTRIBUTE.bitmap);
    this.#at = context.table.place(this.#record)?.[0]?.offset ?? 0;
  }

  /** The index of a name; undefined when the file has none. */
  static of(context: Context, cache: IndexCache, file: NtfsFile, name: string): IndexTree | undefined {
    const root = file.attributes.find((one) => one.type === ATTRIBUTE.indexRoot && one.name === name);
    return root === undefined ? undefined : new IndexTree(context, cache, file, name, root);
  }

  /**
   * Entries in order whose position is 0, reading only nodes that may hold some. Where a node on the way is unreadable, its children cannot be found
   * through it: then all blocks that the index bitmap says are used and that were not visited are looked through, so that only the broken node's entries
   * are missing; these come last, out of order.
   */
  *range(position: Position): Generator<PlacedEntry> {
    const value = attributeValue(this.#context, this.#root, MAX_INDEX_BYTES);
    const root = value.length < ROOT_HEADER ? undefined : parseNode(value, ROOT_HEADER);
    const field = root === undefined ? 0 : viewOf(value).getUint32(8, true);
    this.#blockBytes = isPowerOfTwo(field, MIN_INDEX_BYTES, MAX_INDEX_BYTES) ? field : this.#context.boot.indexBytes;
    const visited = new Set<number>();
    let damaged = root?.whole !== true;
    if (damaged) this.#broken(undefined, 'entries', 'broken root');
    const stack: { readonly vcn: number | undefined; readonly entries: readonly IndexEntry[]; next: number; descended: boolean }[] = [];
    const push = (vcn: number | undefined, entries: readonly IndexEntry[]): void => {
      let next = 0;
      // What sorts before has only smaller keys below it.
      while (next < entries.length && !entries[next]!.isLast && position(entries[next]!.key) < 0) next++;
      stack.push({ vcn, entries, next, descended: false });
    };
    push(undefined, root?.entries ?? []);
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      const entry = node.entries[node.next];
      if (entry === undefined) {
        stack.pop();
        continue;
      }
      if (entry.child !== undefined && !node.descended) {
        node.descended = true;
        if (visited.has(entry.child) || stack.length >= MAX_INDEX_DEPTH || visited.size >= MAX_INDEX_BLOCKS) {
          this.#broken(entry.child, 'a node of its own', visited.has(entry.child) ? 'loop' : 'too deep');
          damaged = true;
          continue;
        }
        visited.add(entry.child);
        const child = this.#node(entry.child);
        if (!child.whole) damaged = true;
        push(entry.child, child.entries);
        continue;
      }
      node.next++;
      node.descended = false;
      if (entry.isLast) continue;
      const where = position(entry.key);
      if (where > 0) break;
      if (where === 0) yield { entry, vcn: node.vcn };
    }
    if (damaged) yield* this.#salvage(visited, position);
  }

  /** An INDX block with fixups resolved, not to be changed; undefined when unusable (told). */
  block(vcn: number): Uint8Array | undefined {
    const { clusterBytes, indexBytes } = this.#context.boot;
    if (this.#blockBytes === 0) {
      const value = attributeValue(this.#context, this.#root, ROOT_HEADER);
      const field = value.length < ROOT_HEADER ? 0 : viewOf(value).getUint32(8, true);
      this.#blockBytes = isPowerOfTwo(field, MIN_INDEX_BYTES, MAX_INDEX_BYTES) ? field : indexBytes;
    }
    const key = `${this.#record} ${this.#name} ${vcn}`;
    const kept = this.#cache.get(key);
    if (kept !== undefined) return kept;
    const allocation = this.#allocation;
    const from = vcn * this.#unit(clusterBytes);
    if (allocation === undefined || !(vcn >= 0) || from + this.#blockBytes > allocation.sizeBytes) {
      this.#broken(vcn, 'a block of the index', 'outside');
      return undefined;
    }
    this.#source ??= attributeSource(this.#context, allocation);
    const bytes = new Uint8Array(this.#blockBytes);
    if (this.#source.readAt(from, bytes) < bytes.length) return undefined;
    const at = stretches(allocation.runs, clusterBytes, from, 1).parts[0]?.at ?? this.#at;
    const view = viewOf(bytes);
    const isIndx = view.getUint32(0, true) === INDX_MARK;
    const fixed: FixupResult = isIndx ? applyFixups(bytes) : 'invalid';
    if (fixed === 'torn') this.#context.tell('NTFS_TORN', at, this.#what(vcn));
    else if (fixed === 'invalid')
      this.#context.tell('NTFS_INDEX', at, this.#what(vcn), 'INDX', isIndx ? 'impossible fixups' : 'another mark');
    else if (count64(view, 16) !== vcn) this.#context.tell('NTFS_INDEX', at, this.#what(vcn), `VCN ${vcn}`, `VCN ${count64(view, 16)}`);
    else {
      this.#cache.set(key, bytes);
      return bytes;
    }
    return undefined;
  }

  #unit(clusterBytes: number): number {
    return this.#blockBytes >= clusterBytes ? clusterBytes : SMALL_UNIT;
  }

  #node(vcn: number): { readonly entries: readonly IndexEntry[]; readonly whole: boolean } {
    const block = this.block(vcn);
    if (block === undefined) return { entries: [], whole: false };
    // Windows finds its way by the tree and does not ask the bitmap: the entries count, and the contradiction is told.
    if (!this.#isUsed(vcn)) this.#broken(vcn, 'in use', 'free in the index bitmap');
    const node = parseNode(block, BLOCK_HEADER);
    if (!node.whole) this.#broken(vcn, 'entries up to the last', 'a broken entry');
    return node;
  }

  #isUsed(vcn: number): boolean {
    const bit = Math.floor((vcn * this.#unit(this.#context.boot.clusterBytes)) / this.#blockBytes);
    const bitmap = this.#usedBits();
    return bitmap === undefined || ((bitmap[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  #usedBits(): Uint8Array | undefined {
    if (this.#bitmap === undefined) return undefined;
    this.#used ??= attributeValue(this.#context, this.#bitmap, MAX_INDEX_BLOCKS / 8);
    return this.#used;
  }

  *#salvage(visited: ReadonlySet<number>, position: Position): Generator<PlacedEntry> {
    const bitmap = this.#usedBits();
    if (bitmap === undefined || this.#allocation === undefined) return;
    const unit = this.#unit(this.#context.boot.clusterBytes);
    let looked = 0;
    for (let bit = 0; bit < bitmap.length * 8 && bit * this.#blockBytes < this.#allocation.sizeBytes; bit++) {
      const vcn = (bit * this.#blockBytes) / unit;
      if ((bitmap[bit >> 3]! & (1 << (bit & 7))) === 0 || visited.has(vcn)) continue;
      if (++looked > MAX_SALVAGED_BLOCKS) {
        this.#context.tell('NTFS_LIMIT', this.#at, this.#what(undefined), MAX_SALVAGED_BLOCKS);
        return;
      }
      for (const entry of this.#node(vcn).entries) if (!entry.isLast && position(entry.key) === 0) yield { entry, vcn };
    }
  }

  #what(vcn: number | undefined): string {
    return vcn === undefined
      ? `index ${this.#name} of record ${this.#record}`
      : `INDX VCN ${vcn} of index ${this.#name} of record ${this.#record}`;
  }

  #broken(vcn: number | undefined, need: string, have: string): void {
    this.#context.tell('NTFS_INDEX', this.#at, this.#what(vcn), need, have);
  }
}
