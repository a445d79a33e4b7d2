import { type ByteSource, readUpTo } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';

/** Bytes of a table read at once, and pages kept: 4 MiB, enough for the tables of disks up to 1 TiB and bounded for all others. */
const PAGE_BYTES = 1 << 16;
const MAX_PAGES = 64;

/** A table of a container file, read in pages when it is needed: that of a large disk has hundreds of megabytes. */
export class PagedTable {
  readonly #source: () => ByteSource;
  readonly #offset: number;
  readonly #sizeBytes: number;
  readonly #pages = new Map<number, DataView>();

  /** @param source file as it is read now. @param offset first byte of the table. @param sizeBytes its length. */
  constructor(source: () => ByteSource, offset: number, sizeBytes: number) {
    this.#source = source;
    this.#offset = offset;
    this.#sizeBytes = sizeBytes;
  }

  /**
   * The page that holds the byte `at` of the table, and where in it; entries of 4 or 8 bytes never cross pages.
   * @throws {DiskError} CONTAINER_BLOCK when the file delivers less.
   */
  at(at: number): { readonly view: DataView; readonly within: number } {
    const number = Math.floor(at / PAGE_BYTES);
    const within = at - number * PAGE_BYTES;
    let view = this.#pages.get(number);
    if (view === undefined) {
      const offset = this.#offset + number * PAGE_BYTES;
      const size = Math.min(PAGE_BYTES, this.#sizeBytes - number * PAGE_BYTES);
      const bytes = readUpTo(this.#source(), offset, size);
      if (bytes.length < size) throw new DiskError('CONTAINER_BLOCK', 'block allocation table', { offset, need: size, have: bytes.length });
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const [oldest] = this.#pages.keys();
      if (oldest !== undefined && this.#pages.size >= MAX_PAGES) this.#pages.delete(oldest);
      this.#pages.set(number, view);
    }
    return { view, within };
  }

  /** Forgets what was read: the table was written. */
  forget(): void {
    this.#pages.clear();
  }
}
