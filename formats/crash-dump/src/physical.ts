import { viewOf } from '@winmedic/bytes';
import { MAX_PAGE_NUMBER, PAGE_BYTES } from './limits.ts';
import { type DumpFile, isZero, type Report } from './reader.ts';
import { SpanBuilder } from './spans.ts';
import type { Unavailable } from './types.ts';

/** Where the pages of the machine's memory lie in the file. */
export interface PhysicalPages {
  /** File offset of a page, or `undefined` when the dump does not hold it. May lie behind the end of a truncated file. */
  offsetOf(page: number): number | undefined;
}

/** Signatures of the parts behind the header, as 32-bit numbers. */
const UNSET = 0x45474150;
const DUMP = 0x504d5544;
const RDMP = 0x504d4452;

/** u64 of a table as a number; beyond 2^53 it is nonsense in every field read so and stays above every limit. */
const u64 = (view: DataView, offset: number): number => Number(view.getBigUint64(offset, true));

/**
 * Gathers runs whose pages follow each other in the file. A run of impossible place or length ends the table: behind it no offset
 * would be right.
 */
class RunTable {
  readonly #spans = new SpanBuilder();
  readonly #report: Report;
  #offset: number;
  /** Pages gathered. */
  pages = 0;

  constructor(firstOffset: number, report: Report) {
    this.#offset = firstOffset;
    this.#report = report;
  }

  get runs(): number {
    return this.#spans.count;
  }

  /** False when the run is impossible. */
  add(first: number, count: number, tableOffset: number): boolean {
    if (!(count > 0 && first + count <= MAX_PAGE_NUMBER)) {
      this.#report('DUMP_PHYSICAL_RUNS', tableOffset, 'run of pages', undefined, `${first}+${count}`);
      return false;
    }
    this.#spans.add(BigInt(first), count, this.#offset);
    this.#offset += count * PAGE_BYTES;
    this.pages += count;
    return true;
  }

  finish(file: DumpFile, tableOffset: number): PhysicalPages {
    if (this.#offset > file.sizeBytes) this.#report('DUMP_TRUNCATED', file.sizeBytes, 'memory pages', this.#offset, file.sizeBytes);
    const map = this.#spans.build(PAGE_BYTES);
    if (map.overlaps > 0) this.#report('DUMP_PHYSICAL_RUNS', tableOffset, 'runs of pages overlap', 0, map.overlaps);
    return { offsetOf: (page) => map.find(BigInt(page))?.fileOffset };
  }
}

/** Offset of PhysicalMemoryBlock in the header: count u32, pages u64 at +8, runs of {first u64, count u64} from +0x10. */
const MEMORY_BLOCK = 0x88;
/** (700 - 16) / 16: PhysicalMemoryBlockBuffer has 700 bytes. */
const MAX_HEADER_RUNS = 42;

/**
 * Pages of a full dump (type 1): the runs of the header, pages behind the header without holes.
 * @source DUMP_HEADER64 of the Windows SDK; kdmp-parser (MIT) for the order of the pages.
 */
export function fullPages(header: Uint8Array, file: DumpFile, report: Report): PhysicalPages | Unavailable {
  const view = viewOf(header);
  const count = view.getUint32(MEMORY_BLOCK, true);
  if (count === UNSET || count === 0 || count > MAX_HEADER_RUNS) {
    report('DUMP_PHYSICAL_RUNS', MEMORY_BLOCK, 'NumberOfRuns', `1..${MAX_HEADER_RUNS}`, count);
    return { reason: 'bad-data', what: 'physical memory runs of the header' };
  }
  const table = new RunTable(header.length, report);
  for (let index = 0; index < count; index++) {
    const at = MEMORY_BLOCK + 16 + index * 16;
    if (!table.add(u64(view, at), u64(view, at + 8), at)) break;
  }
  return table.finish(file, MEMORY_BLOCK);
}

/** Bytes read at once of a table of ranges. */
const RANGES_STEP = 1 << 16;

/**
 * Pages of the dumps with ranges (types 8, 9, 0xA): at the end of the header 0x40, `RDMP`, `DUMP`, the size of the metadata and the
 * offset of the first page, then from +0x30 ranges {first page u64, count u64} up to page 0 or the pages; type 0xA is bound by the
 * count of pages at +0x28 as well.
 * @source kdmp-parser (MIT), RDMP_HEADER64 and BuildPhysicalMemoryFromDump; no such dump was at hand.
 */
export function rangePages(
  dumpType: number,
  headerBytes: number,
  file: DumpFile,
  maxRuns: number,
  report: Report,
): PhysicalPages | Unavailable {
  const head = file.exact(headerBytes, 0x30);
  if (head === undefined) return cut('RDMP header', headerBytes + 0x30, file, report);
  if (isZero(head)) {
    report('DUMP_ZEROED', headerBytes, 'RDMP header');
    return { reason: 'bad-data', what: 'RDMP header is zeroed' };
  }
  const view = viewOf(head);
  if (view.getUint32(0, true) !== 0x40 || view.getUint32(4, true) !== RDMP || view.getUint32(8, true) !== DUMP) {
    report('DUMP_PHYSICAL_RUNS', headerBytes, 'RDMP header');
    return { reason: 'bad-data', what: 'RDMP header' };
  }
  const firstPage = u64(view, 0x18);
  const tableStart = headerBytes + 0x30;
  // The size of the metadata counts from behind the u32 and u64 fields; both numbers say where the pages begin.
  if (!(firstPage >= tableStart && u64(view, 0x10) - 0x20 === firstPage - (headerBytes + 0x40))) {
    report('DUMP_PHYSICAL_RUNS', headerBytes + 0x10, 'place of the first page', undefined, firstPage);
    return { reason: 'bad-data', what: 'RDMP header: place of the first page' };
  }
  const totalPages = dumpType === 0xa ? u64(view, 0x28) : Number.POSITIVE_INFINITY;
  const table = new RunTable(firstPage, report);
  for (let at = tableStart; at + 16 <= firstPage && table.pages < totalPages; ) {
    const part = file.upTo(at, Math.min(RANGES_STEP, firstPage - at));
    if (part.length < 16) {
      report('DUMP_TRUNCATED', at, 'ranges of pages', firstPage, file.sizeBytes);
      return table.finish(file, tableStart);
    }
    const ranges = viewOf(part);
    for (let index = 0; index + 16 <= part.length; index += 16) {
      if (table.pages >= totalPages) return table.finish(file, tableStart);
      const first = u64(ranges, index);
      if (first === 0) return table.finish(file, tableStart);
      if (table.runs >= maxRuns) {
        report('DUMP_LIMIT', at + index, 'ranges of pages', maxRuns);
        return table.finish(file, tableStart);
      }
      if (!table.add(first, u64(ranges, index + 8), at + index)) return table.finish(file, tableStart);
    }
    at += part.length - (part.length % 16);
  }
  return table.finish(file, tableStart);
}

/** Says that a table of the file is cut. */
export function cut(what: string, need: number, file: DumpFile, report: Report): Unavailable {
  report('DUMP_TRUNCATED', file.sizeBytes, what, need, file.sizeBytes);
  return { reason: 'truncated', what };
}
