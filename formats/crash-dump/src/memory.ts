import { CACHED_PAGES, MAX_READ_BYTES, PAGE_BYTES } from './limits.ts';
import type { PhysicalPages } from './physical.ts';
import type { DumpFile } from './reader.ts';
import type { SpanMap } from './spans.ts';
import type { Unavailable } from './types.ts';

/** Virtual memory as far as the dump holds it. */
export interface VirtualMemory {
  /** The bytes, or why they are not there; never fewer than asked. */
  read(address: bigint, sizeBytes: number): Uint8Array | Unavailable;
}

/** Tells bytes from the reason why there are none. */
export function isBytes(result: Uint8Array | Unavailable): result is Uint8Array {
  return result instanceof Uint8Array;
}

const END_OF_SPACE = 1n << 64n;

/** `undefined` when a read of that size and place makes sense. */
function refuse(address: bigint, sizeBytes: number): Unavailable | undefined {
  if (Number.isInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= MAX_READ_BYTES && address >= 0n) {
    if (address + BigInt(sizeBytes) <= END_OF_SPACE) return undefined;
  }
  return { reason: 'bad-data', what: 'size or address of a read', address };
}

/** Memory of a triage dump: the pieces Windows chose to save. */
export function savedPieces(file: DumpFile, pieces: SpanMap): VirtualMemory {
  return {
    read(address, sizeBytes) {
      const refused = refuse(address, sizeBytes);
      if (refused !== undefined) return refused;
      const out = new Uint8Array(sizeBytes);
      for (let done = 0; done < sizeBytes; ) {
        const at = address + BigInt(done);
        const place = pieces.find(at);
        if (place === undefined) return { reason: 'page-missing', what: 'address outside the saved pieces of memory', address: at };
        const part = file.exact(place.fileOffset, Math.min(place.left, sizeBytes - done));
        if (part === undefined) return { reason: 'truncated', what: 'saved piece of memory', address: at };
        out.set(part, done);
        done += part.length;
      }
      return out;
    },
  };
}

/** Pages of physical memory by number, a bounded number of them kept. */
export class PageReader {
  readonly #file: DumpFile;
  readonly #pages: PhysicalPages;
  readonly #cache = new Map<number, Uint8Array>();

  constructor(file: DumpFile, pages: PhysicalPages) {
    this.#file = file;
    this.#pages = pages;
  }

  /** The 4096 bytes of a page, or why the dump has none. */
  page(number: number): Uint8Array | 'page-missing' | 'truncated' {
    const cached = this.#cache.get(number);
    if (cached !== undefined) return cached;
    const offset = this.#pages.offsetOf(number);
    if (offset === undefined) return 'page-missing';
    const bytes = this.#file.exact(offset, PAGE_BYTES);
    if (bytes === undefined) return 'truncated';
    if (this.#cache.size >= CACHED_PAGES) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(number, bytes);
    return bytes;
  }
}

/** Finds the physical page behind a virtual address. */
export type Translate = (address: bigint) => { readonly page: number } | Unavailable;

/** Memory of a dump of whole pages, through its page tables. */
export function pagedMemory(pages: PageReader, translate: Translate): VirtualMemory {
  return {
    read(address, sizeBytes) {
      const refused = refuse(address, sizeBytes);
      if (refused !== undefined) return refused;
      const out = new Uint8Array(sizeBytes);
      for (let done = 0; done < sizeBytes; ) {
        const at = address + BigInt(done);
        const found = translate(at);
        if ('reason' in found) return found;
        const page = pages.page(found.page);
        if (typeof page === 'string') return { reason: page, what: `physical page 0x${found.page.toString(16)}`, address: at };
        const start = Number(at & 0xfffn);
        const part = page.subarray(start, Math.min(PAGE_BYTES, start + sizeBytes - done));
        out.set(part, done);
        done += part.length;
      }
      return out;
    },
  };
}

/** Memory of a dump none of which can be read, with the one reason. */
export function noMemory(why: Unavailable): VirtualMemory {
  return { read: (address) => ({ ...why, address }) };
}
