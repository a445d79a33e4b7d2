import { attributeEntry, attributeTable, dirtyPageTable, nameTable, ntfsRecord, transactionTable, utf16 } from './tables.ts';
import type { CheckpointInput, LogEnd, LogRecordInput, LogShape, OpenAttributeInput } from './types.ts';

const PAGE = 4096;
const DATA = 0x40;
const HEADER = 0x30;
const CLIENT_RECORD = 1;
const CLIENT_RESTART = 2;

/** A page of the ring as it grows. */
interface Page {
  readonly bytes: Uint8Array;
  lastLsn: bigint;
  lastEndLsn: bigint;
  /** End of the last record that ends here. */
  next: number;
  /** As it was when the log was last flushed; undefined when it was not yet. */
  flushed: Uint8Array | undefined;
}

/** A written log: only the pages that are not all 0xFF are kept, so that a log of 64 MiB costs little. */
export interface WrittenLog {
  readonly sizeBytes: number;
  readonly pages: ReadonlyMap<number, Uint8Array>;
  /** The whole file. */
  bytes(): Uint8Array;
  /** ByteSource over the file. */
  readAt(offset: number, into: Uint8Array): number;
}

/**
 * Writes a `$LogFile` record by record. Own knowledge of the format; shares nothing with the reader in `formats/disk`.
 * @source Linux-NTFS documentation, "File - $LogFile (2)"; tail pages of version 2.0 as seen in logs of Windows 10
 */
export class LogWriter {
  readonly shape: Required<LogShape>;
  readonly #first: number;
  readonly #offsetBits: bigint;
  readonly #pages = new Map<number, Page>();
  readonly #lastOf = new Map<number, bigint>();
  #sequence: bigint;
  #page: number;
  #position = DATA;
  #lastLsn = 0n;
  #lastBytes = 0;
  #restarts: { readonly lsn: bigint; readonly oldest: bigint; readonly bytes: number }[] = [];
  #stamp = 1;

  constructor(shape: LogShape) {
    this.shape = { firstPage: 0, sequence: 2, clusterBytes: 4096, ...shape };
    this.#first = 2 * PAGE + (shape.version === '2.0' ? 32 : 2) * PAGE;
    // As many bits as the size of the file has; offsets are counted in units of 8 bytes.
    this.#offsetBits = BigInt(shape.sizeBytes.toString(2).length - 3);
    this.#sequence = BigInt(this.shape.sequence);
    this.#page = this.#first + this.shape.firstPage * PAGE;
  }

  /** LSN of the last record. */
  get lastLsn(): bigint {
    return this.#lastLsn;
  }

  /** Last record of a transaction; 0 when it has none or ended. */
  lastOf(transaction: number): bigint {
    return this.#lastOf.get(transaction) ?? 0n;
  }

  /** Appends a record of NTFS; links it to the transaction's last one. */
  record(input: LogRecordInput): bigint {
    const previous = input.previousLsn ?? this.lastOf(input.transaction);
    const lsn = this.append(CLIENT_RECORD, input.transaction, previous, ntfsRecord(input));
    this.#lastOf.set(input.transaction, lsn);
    return lsn;
  }

  /** Ends a transaction: 0x1B forget (what Windows writes) or 0x1A commit. */
  end(transaction: number, operation: 0x1a | 0x1b = 0x1b): bigint {
    const lsn = this.record({ redo: operation, undo: 0x01, transaction, target: 0x18 });
    this.#lastOf.delete(transaction);
    return lsn;
  }

  /** OpenNonresidentAttribute. */
  open(attribute: OpenAttributeInput, transaction: number): bigint {
    return this.record({
      redo: 0x1c,
      undo: 0x00,
      transaction,
      target: attribute.target,
      redoData: attributeEntry({ openLsn: this.#lastLsn, ...attribute }, this.shape.client),
      undoData: utf16(attribute.name ?? ''),
    });
  }

  /** Dumps the tables and writes the restart record that names them. @returns its LSN */
  checkpoint({ attributes = [], dirtyPages = [], transactions = [], startLsn = this.#lastLsn }: CheckpointInput = {}): bigint {
    const { client } = this.shape;
    const dump = (redo: number, data: Uint8Array, entries: number) => ({
      lsn:
        entries === 0
          ? 0n
          : this.append(CLIENT_RECORD, 0x18, 0n, ntfsRecord({ redo, undo: 0, transaction: 0x18, target: 0x18, redoData: data })),
      bytes: entries === 0 ? 0 : data.length,
    });
    const named = attributes.filter(({ name }) => name !== undefined && name !== '');
    const opened = dump(0x1d, attributeTable(attributes, client), attributes.length);
    const names = dump(0x1e, nameTable(named), named.length);
    const dirty = dump(0x1f, dirtyPageTable(dirtyPages, client), dirtyPages.length);
    const active = dump(0x20, transactionTable(transactions), transactions.length);
    const data = new Uint8Array(0x70);
    const view = new DataView(data.buffer);
    view.setUint32(0x00, client === '1.0' ? 1 : 0, true);
    view.setBigUint64(0x08, startLsn, true);
    for (const [i, { lsn, bytes }] of [opened, names, dirty, active].entries()) {
      view.setBigUint64(0x10 + i * 8, lsn, true);
      view.setUint32(0x30 + i * 4, bytes, true);
    }
    view.setUint32(0x50, this.shape.clusterBytes, true);
    const oldest = dirtyPages.reduce((least, { oldestLsn }) => (oldestLsn < least ? oldestLsn : least), startLsn);
    view.setBigUint64(0x68, oldest, true);
    const lsn = this.append(CLIENT_RESTART, 0, 0n, data);
    this.#restarts.push({ lsn, oldest, bytes: data.length });
    return lsn;
  }

  /** Everything so far is on the disk. */
  flush(): void {
    for (const page of this.#pages.values()) page.flushed = this.#seal(page);
  }

  /** Appends a record of LFS. */
  append(type: number, transaction: number, previousLsn: bigint, data: Uint8Array): bigint {
    if (PAGE - this.#position < HEADER) this.#turn();
    const lsn = (this.#sequence << this.#offsetBits) | BigInt((this.#page + this.#position) / 8);
    const header = new Uint8Array(HEADER);
    const view = new DataView(header.buffer);
    view.setBigUint64(0x00, lsn, true);
    view.setBigUint64(0x08, previousLsn, true);
    view.setBigUint64(0x10, previousLsn, true);
    view.setUint32(0x18, data.length, true);
    view.setUint32(0x20, type, true);
    view.setUint32(0x24, transaction, true);
    const aligned = data.length + (-data.length & 7);
    view.setUint16(0x28, this.#position + HEADER + aligned > PAGE ? 1 : 0, true);
    const start = this.#current();
    start.bytes.set(header, this.#position);
    start.lastLsn = lsn;
    this.#position += HEADER;
    for (let done = 0; done < aligned; ) {
      if (this.#position === PAGE) this.#turn();
      const part = Math.min(aligned - done, PAGE - this.#position);
      const { bytes } = this.#current();
      bytes.fill(0, this.#position, this.#position + part);
      bytes.set(data.subarray(done, Math.min(done + part, data.length)), this.#position);
      done += part;
      this.#position += part;
    }
    const end = this.#current();
    end.lastEndLsn = lsn;
    end.next = this.#position;
    this.#lastLsn = lsn;
    this.#lastBytes = data.length;
    return lsn;
  }

  /** The log as it lies on the disk. */
  write({ clean = false, lastPage = 'regular', checked = false }: LogEnd = {}): WrittenLog {
    const pages = new Map<number, Uint8Array>();
    for (const [offset, page] of this.#pages) pages.set(offset, this.#seal(page));
    const last = this.#pages.get(this.#page);
    if (last !== undefined) this.#writeLast(pages, last, lastPage);
    const newest = this.#restarts.at(-1) ?? { lsn: 0n, oldest: 0n, bytes: 0 };
    const current = clean ? { ...newest, lsn: this.#lastLsn, bytes: this.#lastBytes } : newest;
    const older = clean ? undefined : this.#restarts.at(-2);
    // Windows writes the two copies in turn; the newer one may be either.
    pages.set(0, this.#restartPage(current, newest, clean, checked));
    pages.set(PAGE, this.#restartPage(older ?? current, older ?? newest, clean, checked));
    return written(this.shape.sizeBytes, pages);
  }

  #writeLast(pages: Map<number, Uint8Array>, last: Page, how: NonNullable<LogEnd['lastPage']>): void {
    const offset = this.#page;
    const sealed = this.#seal(last);
    if (how === 'regular' || how === 'tail-only' || how === 'torn-with-tail') pages.set(2 * PAGE, this.#tailOf(last, offset));
    if (how === 'tail-only' || how === 'lost') {
      if (last.flushed === undefined) pages.delete(offset);
      else pages.set(offset, last.flushed);
    }
    if (how === 'torn' || how === 'torn-with-tail') {
      // The first half is new, the second half is what was there before.
      const before = last.flushed ?? new Uint8Array(PAGE).fill(0xff);
      const torn = before.slice();
      torn.set(sealed.subarray(0, PAGE / 2));
      pages.set(offset, torn);
    }
  }

  #tailOf(page: Page, target: number): Uint8Array {
    if (this.shape.version === '2.0') return this.#seal(page, { tailTarget: target });
    return this.#seal(page, { lastLsnField: BigInt(target) });
  }

  #current(): Page {
    const found = this.#pages.get(this.#page);
    if (found !== undefined) return found;
    const page: Page = { bytes: new Uint8Array(PAGE), lastLsn: 0n, lastEndLsn: this.#lastLsn, next: DATA, flushed: undefined };
    this.#pages.set(this.#page, page);
    return page;
  }

  /** Goes on with the next page. One that holds an earlier round keeps its bytes behind what is written: Windows does not clear it either. */
  #turn(): void {
    this.#page += PAGE;
    this.#position = DATA;
    if (this.#page + PAGE > this.shape.sizeBytes) {
      this.#page = this.#first;
      this.#sequence++;
    }
    const earlier = this.#pages.get(this.#page);
    if (earlier === undefined) return;
    earlier.flushed = this.#seal(earlier);
    earlier.lastEndLsn = this.#lastLsn;
    earlier.lastLsn = this.#lastLsn;
    earlier.next = DATA;
  }

  /** Page with header and fixups. */
  #seal(page: Page, tail: { readonly tailTarget?: number; readonly lastLsnField?: bigint } = {}): Uint8Array {
    const bytes = page.bytes.slice();
    const view = new DataView(bytes.buffer);
    bytes.fill(0, 0, DATA);
    bytes.set([0x52, 0x43, 0x52, 0x44]);
    view.setUint16(4, 0x28, true);
    view.setUint16(6, 9, true);
    view.setBigUint64(0x08, tail.lastLsnField ?? page.lastLsn, true);
    view.setUint32(0x10, 1, true);
    view.setUint16(0x14, 1, true);
    view.setUint16(0x16, 1, true);
    view.setUint16(0x18, page.next, true);
    view.setBigUint64(0x20, page.lastEndLsn, true);
    view.setUint32(0x3c, tail.tailTarget ?? 0, true);
    stampFixups(bytes, 0x28, this.#nextStamp());
    return bytes;
  }

  #restartPage(
    current: { readonly lsn: bigint; readonly bytes: number },
    restart: { readonly lsn: bigint; readonly oldest: bigint },
    clean: boolean,
    checked: boolean,
  ): Uint8Array {
    const bytes = new Uint8Array(PAGE);
    const view = new DataView(bytes.buffer);
    bytes.set(checked ? [0x43, 0x48, 0x4b, 0x44] : [0x52, 0x53, 0x54, 0x52]);
    view.setUint16(4, 0x1e, true);
    view.setUint16(6, 9, true);
    view.setUint32(0x10, PAGE, true);
    view.setUint32(0x14, PAGE, true);
    view.setUint16(0x18, 0x30, true);
    view.setInt16(0x1a, this.shape.version === '2.0' ? 0 : 1, true);
    view.setUint16(0x1c, this.shape.version === '2.0' ? 2 : 1, true);
    const area = 0x30;
    view.setBigUint64(area, current.lsn, true);
    view.setUint16(area + 0x08, 1, true);
    view.setUint16(area + 0x0a, 0xffff, true);
    view.setUint16(area + 0x0e, clean ? 2 : 0, true);
    view.setUint32(area + 0x10, 64 - Number(this.#offsetBits), true);
    view.setUint16(area + 0x14, 0xe0, true);
    view.setUint16(area + 0x16, 0x40, true);
    view.setBigUint64(area + 0x18, BigInt(this.shape.sizeBytes), true);
    view.setUint32(area + 0x20, current.bytes, true);
    view.setUint16(area + 0x24, HEADER, true);
    view.setUint16(area + 0x26, DATA, true);
    const client = area + 0x40;
    view.setBigUint64(client, restart.oldest, true);
    view.setBigUint64(client + 0x08, restart.lsn, true);
    view.setUint32(client + 0x10, 0xffffffff, true);
    view.setUint32(client + 0x1c, 8, true);
    bytes.set(utf16('NTFS'), client + 0x20);
    stampFixups(bytes, 0x1e, this.#nextStamp());
    return bytes;
  }

  #nextStamp(): number {
    this.#stamp = (this.#stamp % 0xfffe) + 1;
    return this.#stamp;
  }
}

/** A log no Windows ever used: all 0xFF. */
export function unusedLog(sizeBytes: number): WrittenLog {
  return written(sizeBytes, new Map());
}

function written(sizeBytes: number, pages: ReadonlyMap<number, Uint8Array>): WrittenLog {
  function readAt(offset: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, sizeBytes - offset));
    for (let done = 0; done < count; ) {
      const at = offset + done;
      const part = Math.min(count - done, PAGE - (at % PAGE));
      const page = pages.get(at - (at % PAGE));
      if (page === undefined) into.fill(0xff, done, done + part);
      else into.set(page.subarray(at % PAGE, (at % PAGE) + part), done);
      done += part;
    }
    return count;
  }
  return {
    sizeBytes,
    pages,
    bytes() {
      const all = new Uint8Array(sizeBytes);
      readAt(0, all);
      return all;
    },
    readAt,
  };
}

function stampFixups(bytes: Uint8Array, at: number, stamp: number): void {
  const view = new DataView(bytes.buffer);
  view.setUint16(at, stamp, true);
  for (let i = 1; i <= bytes.length / 512; i++) {
    view.setUint16(at + i * 2, view.getUint16(i * 512 - 2, true), true);
    view.setUint16(i * 512 - 2, stamp, true);
  }
}
