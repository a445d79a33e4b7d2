import { Part } from './bytes.ts';
import type { WriteMemory, WriteOmission } from './types.ts';

/** How the made machine translates addresses. */
export type WritePaging = 'x64-4' | 'x64-5' | 'arm64-4';

const PAGE = 4096;
/** Pages of one run of memory before the next hole: enough runs to tell places from page numbers, few enough for a header. */
const RUN_PAGES = 64;

/**
 * Memory of a machine: physical pages with page tables over them (x64: Intel SDM vol. 3A 4.5; ARM64: Arm ARM DDI 0487 D8.3 with 4 KB
 * granule). Pages are handed out from page 0x1AD on, with holes between runs.
 */
export class Machine {
  readonly pages = new Map<number, Part>();
  readonly #paging: WritePaging;
  readonly #levels: number;
  readonly #root: number;
  #next = 0x1ad;
  #inRun = 0;

  constructor(paging: WritePaging) {
    this.#paging = paging;
    this.#levels = paging === 'x64-5' ? 5 : 4;
    this.#root = this.#allocate();
  }

  /** DirectoryTableBase, with the process context number processors keep in its low bits. */
  get directoryTableBase(): bigint {
    return BigInt(this.#root) * 4096n + (this.#paging === 'arm64-4' ? 0n : 2n);
  }

  /** Puts bytes at a virtual address, in pages of 4 KiB. */
  write({ address, bytes }: WriteMemory): void {
    for (let done = 0; done < bytes.length; ) {
      const at = address + BigInt(done);
      const start = Number(at & 0xfffn);
      const part = bytes.subarray(done, done + PAGE - start);
      this.#pageBehind(at).put(start, part);
      done += part.length;
    }
  }

  /** Maps one large page over `address`; what is written below it lands in that piece of memory. */
  mapLarge(address: bigint, size: '2 MiB' | '1 GiB'): void {
    const level = size === '2 MiB' ? 2 : 3;
    const pagesIn = 512 ** (level - 1);
    // One aligned piece of memory beyond everything handed out otherwise.
    const first = pagesIn === 512 ? 0x10_000 : 0x40_000;
    const [table, index] = this.#slot(address, level);
    // Bit 12 of a large page of x64 is an attribute (PAT), no part of its address.
    const flags = this.#paging === 'arm64-4' ? 0x401n : 0x1083n;
    table.u64(index * 8, BigInt(first) * 4096n + flags);
  }

  /** Leaves something out. The places have to exist. */
  omit(omission: WriteOmission): void {
    if (omission.what === 'entry') {
      const [table, index] = this.#slot(omission.address, 1);
      const entry = BigInt(this.#number(table, index)) * 4096n;
      table.u64(index * 8, omission.as === 'zero' ? 0n : entry | (omission.as === 'transition' ? 0x860n : 0x460n));
      return;
    }
    const page = omission.what === 'page' ? this.#find(omission.address, 0) : this.#find(omission.address, omission.level);
    if (!this.pages.delete(page)) throw new RangeError('nothing to leave out at that address');
  }

  #allocate(): number {
    if (this.#inRun === RUN_PAGES) {
      this.#next += 3;
      this.#inRun = 0;
    }
    const page = this.#next++;
    this.#inRun++;
    this.pages.set(page, new Part(PAGE, 'zero'));
    return page;
  }

  #pageBehind(address: bigint): Part {
    const [table, index, level] = this.#slot(address, 1);
    const found = this.#number(table, index);
    if (level > 1) {
      const pagesIn = 512 ** (level - 1);
      const page = Math.floor(found / pagesIn) * pagesIn + Number((address >> 12n) & BigInt(pagesIn - 1));
      const kept = this.pages.get(page) ?? new Part(PAGE, 'zero');
      this.pages.set(page, kept);
      return kept;
    }
    if (found !== 0) return this.pages.get(found)!;
    const page = this.#allocate();
    table.u64(index * 8, BigInt(page) * 4096n + (this.#paging === 'arm64-4' ? 0x403n : 0x63n));
    return this.pages.get(page)!;
  }

  /** The table of a level and the index in it, tables made on the way; ends early at a large page, with its level. */
  #slot(address: bigint, level: number): readonly [table: Part, index: number, level: number] {
    let table = this.pages.get(this.#root)!;
    for (let at = this.#levels; ; at--) {
      const index = Number((address >> BigInt(12 + 9 * (at - 1))) & 511n);
      if (at === level || this.#isLarge(table, index, at)) return [table, index, at];
      let next = this.#number(table, index);
      if (next === 0) {
        next = this.#allocate();
        table.u64(index * 8, BigInt(next) * 4096n + (this.#paging === 'arm64-4' ? 3n : 0x63n));
      }
      table = this.pages.get(next)!;
    }
  }

  /** Page number of the table of a level on the way to an address, or of the page itself (level 0). */
  #find(address: bigint, level: number): number {
    if (level === this.#levels) return this.#root;
    const [table, index, at] = this.#slot(address, level + 1);
    const found = this.#number(table, index);
    if (at <= level + 1) return found;
    const pagesIn = 512 ** (at - 1);
    return Math.floor(found / pagesIn) * pagesIn + Number((address >> 12n) & BigInt(pagesIn - 1));
  }

  #number(table: Part, index: number): number {
    const entry = new DataView(table.bytes.buffer).getBigUint64(index * 8, true);
    return Number((entry & 0xf_ffff_ffff_f000n) >> 12n);
  }

  #isLarge(table: Part, index: number, level: number): boolean {
    if (level !== 2 && level !== 3) return false;
    const low = new DataView(table.bytes.buffer).getUint32(index * 8, true);
    return this.#paging === 'arm64-4' ? (low & 3) === 1 : (low & 0x81) === 0x81;
  }
}
