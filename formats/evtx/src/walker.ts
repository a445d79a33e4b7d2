import { type ByteSource, type Damage, crc32 as tableCrc32 } from '@winmedic/bytes';
import { ChunkCrc, freeSpaceOffset, isChunkMagic, isFramedRecord, isZero, RECORD_MAGIC } from './chunk.ts';
import type { EvtxDamageCode } from './errors.ts';
import { isFileMagic, readFileHeader } from './file-header.ts';
import {
  CHUNK_HEADER_SIZE,
  CHUNK_SIZE,
  DEFAULT_WINDOW_BYTES,
  FILE_HEADER_BLOCK,
  MAX_DAMAGES_REPORTED,
  MIN_RECORD_SIZE,
  PROGRESS_STEP,
} from './limits.ts';
import { findSignature } from './resync.ts';
import type { EvtxFileHeader, EvtxOptions } from './types.ts';
import { Window } from './window.ts';

/** Most records a chunk can hold. */
const MAX_RECORDS = Math.floor((CHUNK_SIZE - CHUNK_HEADER_SIZE) / MIN_RECORD_SIZE) + 1;

/** What a walk reports about bytes that are no live records, for carving. */
export interface SlackRange {
  /** File offset and window offset of the slot. */
  readonly slotOffset: number;
  readonly base: number;
  readonly chunk: number;
  /** Slot-relative range. */
  readonly from: number;
  readonly to: number;
}

/** Options of one walk. */
export interface WalkOptions {
  readonly options: EvtxOptions;
  /** Where the first header or chunk was found. */
  readonly start: number;
  /** Told about each file header, with its offset. */
  readonly onHeader?: (header: EvtxFileHeader, offset: number) => void;
  readonly onSlack?: (range: SlackRange) => void;
  /** Reports nothing (second passes). */
  readonly quiet?: boolean;
}

/**
 * Walks every 64 KiB slot of a source, whatever its headers say, and lists the records of each valid chunk.
 * Bytes are read into one reused window.
 */
export class Walker {
  readonly window: Window;
  /** Current chunk: where it starts in the window and in the file, its slot number. */
  base = 0;
  chunkOffset = 0;
  slot = -1;
  /** Window offsets of the current chunk's records. */
  readonly records = new Int32Array(MAX_RECORDS);
  recordCount = 0;
  /** The chunk's checksum or the chain of its records does not hold: records need to be looked at completely. */
  suspicious = false;
  /** Totals. */
  bytes = 0;
  slots = 0;
  chunks = 0;
  damages = 0;
  damagedRecords = 0;

  readonly #source: ByteSource;
  readonly #walk: WalkOptions;
  readonly #crc: ChunkCrc;
  readonly #crc32: (bytes: Uint8Array) => number;
  readonly #verify: boolean;
  #noCrc = false;
  #position: number;
  #windowStart = 0;
  #windowEnd = 0;
  #atEnd = false;
  /** File offset up to which bytes are explained: a search for a lost alignment begins here. */
  #explained: number;
  #progress = 0;
  #headerSeen = false;
  #claimed: { header: EvtxFileHeader; offset: number; before: number } | undefined;

  constructor(source: ByteSource, walk: WalkOptions, window?: Window) {
    this.#source = source;
    this.#walk = walk;
    this.window = window ?? new Window(new Uint8Array(DEFAULT_WINDOW_BYTES));
    this.#crc32 = walk.options.crc32 ?? tableCrc32;
    this.#crc = new ChunkCrc(this.#crc32);
    this.#verify = walk.options.verifyCrc !== false && walk.quiet !== true;
    this.#position = walk.start;
    this.#explained = walk.start;
    this.window.stamp++;
  }

  /** Moves to the next chunk with a valid magic. @returns false at the end. */
  nextChunk(): boolean {
    for (;;) {
      const available = this.#fill();
      if (available <= 0) return this.#finish();
      const base = this.#position - this.#windowStart;
      const { view } = this.window;
      if (isChunkMagic(view, base)) {
        if (!this.#headerSeen) this.report('EVTX_FILE_HEADER', 0, 'file header', { need: 'ElfFile', have: 'none' });
        this.#headerSeen = true;
        this.#chunk(base, available);
        return true;
      }
      if (isFileMagic(view, base)) this.#header(base, available);
      else this.#otherSlot(base, available);
    }
  }

  /** Reports one damage; record damages are also counted as lost records. */
  report(code: EvtxDamageCode, offset: number, what: string, extra?: Omit<Damage, 'code' | 'offset' | 'what'>): void {
    this.damages++;
    if (this.#walk.quiet === true || this.#walk.options.onDamage === undefined) return;
    if (this.damages < MAX_DAMAGES_REPORTED) this.#walk.options.onDamage({ code, offset, what, ...extra });
    else if (this.damages === MAX_DAMAGES_REPORTED) {
      this.#walk.options.onDamage({ code: 'EVTX_DAMAGES_CAPPED', offset, what: 'further damages are counted only', have: this.damages });
    }
  }

  /** Reports a record that is given up. @param at its window offset. */
  reportRecord(code: EvtxDamageCode, at: number, what: string, need?: number | string, have?: number | string): void {
    this.damagedRecords++;
    this.#reportAt(code, at, what, need, have);
  }

  /** File offset of a window offset. */
  offsetOf(at: number): number {
    return this.#windowStart + at;
  }

  /** Makes the slot at the position available in the window and returns how many of its bytes exist. */
  #fill(): number {
    const { bytes } = this.window;
    const need = this.#position + CHUNK_SIZE;
    // At the end of the source the rest is in the window already, with zeros behind it. A lost alignment may lie in front of it.
    const inside = need <= this.#windowEnd || (this.#atEnd && need - this.#windowStart <= bytes.length);
    if (!inside || this.#position < this.#windowStart) {
      const got = this.#source.readAt(this.#position, bytes);
      this.window.stamp++;
      this.#windowStart = this.#position;
      this.#windowEnd = this.#position + got;
      this.#atEnd = got < bytes.length;
      if (this.#atEnd) bytes.fill(0, got, Math.min(bytes.length, got + CHUNK_SIZE));
    }
    this.bytes = Math.max(this.bytes, Math.min(this.#position, this.#windowEnd));
    if (this.#walk.options.onProgress !== undefined && this.#walk.quiet !== true && this.bytes - this.#progress >= PROGRESS_STEP) {
      this.#progress = this.bytes;
      this.#walk.options.onProgress(this.bytes);
    }
    return Math.min(CHUNK_SIZE, this.#windowEnd - this.#position);
  }

  #finish(): false {
    this.bytes = Math.max(this.bytes, this.#windowEnd);
    this.#closeHeader();
    return false;
  }

  #closeHeader(): void {
    const claimed = this.#claimed;
    this.#claimed = undefined;
    if (claimed === undefined || !claimed.header.present) return;
    const found = this.chunks - claimed.before;
    if (claimed.header.chunkCount !== (found & 0xffff)) {
      this.report('EVTX_FILE_CHUNK_COUNT', claimed.offset, 'chunk count of the file header', {
        need: found,
        have: claimed.header.chunkCount,
      });
    }
  }

  #header(base: number, available: number): void {
    this.#closeHeader();
    this.#headerSeen = true;
    const offset = this.#position;
    if (available < 128) this.report('EVTX_FILE_HEADER', offset, 'file header', { need: 128, have: available });
    else {
      const header = readFileHeader(this.window.bytes, base, this.#crc32);
      this.#noCrc = header.noCrc;
      this.#claimed = { header, offset, before: this.chunks };
      this.#walk.onHeader?.(header, offset);
      if (this.#verify && !header.crcValid) this.report('EVTX_FILE_HEADER_CRC', offset, 'file header checksum');
      if (header.majorVersion !== 3)
        this.report('EVTX_FILE_VERSION', offset, 'file version', { need: '3.x', have: `${header.majorVersion}.${header.minorVersion}` });
    }
    this.#position += FILE_HEADER_BLOCK;
    this.#explained = this.#position;
  }

  #otherSlot(base: number, available: number): void {
    const slotOffset = this.#position;
    if (isZero(this.window.view, base, base + CHUNK_SIZE)) {
      this.slots++;
      this.slot++;
      this.#position += CHUNK_SIZE;
      return;
    }
    const found = findSignature(this.#source, Math.max(this.#explained, slotOffset - CHUNK_SIZE), slotOffset + CHUNK_SIZE, slotOffset);
    if (found !== undefined) {
      this.report('EVTX_RESYNC', found, 'chunks continue at another alignment', { need: slotOffset, have: found });
      this.#position = found;
      this.#explained = found;
      return;
    }
    this.slots++;
    this.slot++;
    this.report('EVTX_CHUNK_MAGIC', slotOffset, 'chunk magic', { chunk: this.slot });
    this.#walk.onSlack?.({ slotOffset, base, chunk: this.slot, from: 0, to: available & ~7 });
    this.#position += CHUNK_SIZE;
    this.#explained = this.#position;
  }

  #chunk(base: number, available: number): void {
    const { bytes, view } = this.window;
    this.slots++;
    this.chunks++;
    this.slot++;
    this.base = base;
    this.chunkOffset = this.#position;
    const chunk = { chunk: this.slot };
    if (available < CHUNK_SIZE)
      this.report('EVTX_CHUNK_TRUNCATED', this.chunkOffset, 'chunk', { ...chunk, need: CHUNK_SIZE, have: available });
    let broken = false;
    if (this.#verify && !this.#noCrc && (view.getUint32(base + 120, true) & 4) === 0) {
      if (!this.#crc.headerValid(bytes, view, base)) this.report('EVTX_CHUNK_HEADER_CRC', this.chunkOffset, 'chunk header checksum', chunk);
      broken = !this.#crc.recordsValid(bytes, view, base);
      if (broken) this.report('EVTX_CHUNK_CRC', this.chunkOffset, 'chunk records checksum', chunk);
    }
    const free = freeSpaceOffset(view, base);
    let limit = Math.min(free, available);
    // A file cut in the middle of this chunk and continued by another one: what follows is not this chunk's.
    let next = this.#position + CHUNK_SIZE;
    let end = this.#soundRecords(base, limit);
    const sound = end >= 0;
    if (broken || (!sound && !frameHolds(view, base, limit))) {
      const cut = findSignature(this.#source, this.#position + CHUNK_HEADER_SIZE, next, next);
      if (cut !== undefined) {
        limit = Math.min(limit, cut - this.#position);
        next = cut;
        this.report('EVTX_RESYNC', cut, 'chunk is cut and another file continues', {
          ...chunk,
          need: this.#position + CHUNK_SIZE,
          have: cut,
        });
      }
    }
    const damaged = this.damagedRecords;
    if (!sound || next !== this.#position + CHUNK_SIZE) end = this.#records(base, limit);
    this.suspicious = broken || this.damagedRecords > damaged;
    this.#walk.onSlack?.({
      slotOffset: this.chunkOffset,
      base,
      chunk: this.slot,
      from: end,
      to: Math.min(available, next - this.#position) & ~7,
    });
    this.#explained = this.#position + Math.min(end, next - this.#position);
    this.#position = next;
  }

  /** Lists the records of `[512, limit)` when there is nothing to object to. @returns where they end, chunk-relative; -1: look closer. */
  #soundRecords(base: number, limit: number): number {
    const { view } = this.window;
    const { records } = this;
    const end = base + limit;
    let count = 0;
    let at = base + CHUNK_HEADER_SIZE;
    while (at + MIN_RECORD_SIZE <= end) {
      const size = view.getUint32(at + 4, true);
      const after = at + size;
      if (view.getUint32(at, true) !== RECORD_MAGIC || size < MIN_RECORD_SIZE || after > end) return -1;
      if (view.getUint32(after - 4, true) !== size) return -1;
      records[count++] = at;
      at = after;
    }
    this.recordCount = count;
    return at - base;
  }

  /** Lists the records of `[512, limit)` and returns where they end, chunk-relative. */
  #records(base: number, limit: number): number {
    const view = this.window.view;
    const end = base + limit;
    let count = 0;
    let at = base + CHUNK_HEADER_SIZE;
    while (at + MIN_RECORD_SIZE <= end) {
      const magic = view.getUint32(at, true);
      const size = view.getUint32(at + 4, true);
      if (magic === RECORD_MAGIC && size >= MIN_RECORD_SIZE && at + size <= end) {
        const copy = view.getUint32(at + size - 4, true);
        const after = at + size;
        if (copy === size || after === end || (after + 4 <= end && view.getUint32(after, true) === RECORD_MAGIC)) {
          if (copy !== size) this.#reportAt('EVTX_RECORD_SIZE_COPY', at, 'copy of the record size', size, copy);
          this.records[count++] = at;
          at = after;
          continue;
        }
        this.reportRecord('EVTX_RECORD_SIZE', at, 'record size', `copy ${copy}`, size);
      } else if (magic === RECORD_MAGIC) {
        this.reportRecord('EVTX_RECORD_SIZE', at, 'record size', `${MIN_RECORD_SIZE}..${end - at}`, size);
      } else if (isZero(view, at, at + ((end - at) & ~3))) {
        // The header's free-space offset lies too far: nothing was lost.
        break;
      } else {
        this.reportRecord('EVTX_RECORD_MAGIC', at, 'record magic', '0x2a2a', `0x${magic.toString(16)}`);
      }
      let resumed = -1;
      for (let probe = at + 8; probe + MIN_RECORD_SIZE <= end; probe += 8) {
        if (isFramedRecord(view, probe, end)) {
          resumed = probe;
          break;
        }
      }
      if (resumed < 0 || !this.#continues(base, count, at, resumed)) break;
      at = resumed;
    }
    this.recordCount = count;
    return at - base;
  }

  /**
   * True when the record found behind a break belongs to this filling of the chunk: its id is in the range of the chunk header, or
   * goes on from the last record by no more than the bytes between could hold. Others are remains of an earlier filling: slack.
   */
  #continues(base: number, count: number, broken: number, resumed: number): boolean {
    const view = this.window.view;
    const id = view.getBigUint64(resumed + 8, true);
    if (id >= view.getBigUint64(base + 24, true) && id <= view.getBigUint64(base + 32, true)) return true;
    if (count === 0) return false;
    const step = id - view.getBigUint64(this.records[count - 1]! + 8, true);
    return step > 0n && step <= BigInt(Math.ceil((resumed - broken) / MIN_RECORD_SIZE) + 1);
  }

  #reportAt(code: EvtxDamageCode, at: number, what: string, need?: number | string, have?: number | string): void {
    const view = this.window.view;
    const known = view.getUint32(at, true) === RECORD_MAGIC;
    this.report(code, this.offsetOf(at), what, {
      chunk: this.slot,
      ...(known ? { recordId: view.getBigUint64(at + 8, true).toString() } : {}),
      ...(need === undefined ? {} : { need }),
      ...(have === undefined ? {} : { have }),
    });
  }
}

/** True when records follow each other without a break up to the limit. */
function frameHolds(view: DataView, base: number, limit: number): boolean {
  let at = base + CHUNK_HEADER_SIZE;
  const end = base + limit;
  while (at + MIN_RECORD_SIZE <= end) {
    const size = view.getUint32(at + 4, true);
    if (view.getUint32(at, true) !== RECORD_MAGIC || size < MIN_RECORD_SIZE) return false;
    at += size;
  }
  return true;
}
