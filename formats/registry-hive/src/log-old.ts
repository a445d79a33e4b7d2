import { binSize } from './base-block.ts';
import { type Bin, binAround, binAt } from './bins.ts';
import { BASE_BLOCK_SIZE, BASE_SECTOR, BIN_HEADER_SIZE, PAGE_SIZE } from './layout.ts';
import { type LogFile, logStart, type Stopped } from './log-file.ts';
import { Pages } from './pages.ts';
import { Patches } from './patches.ts';

/** What came of one log. */
export interface Applied {
  /** Entries, or sectors of the old format. */
  readonly applied: number;
  readonly stopped: Stopped;
  /** Byte offset in the log at which it stopped. */
  readonly at: number;
}

/**
 * Applies a log of the format before Windows 8.1: a bitmap of dirty sectors, then those sectors. A stretch that begins a bin is taken only when it
 * brings a valid bin header; at the first that does not, recovery stops.
 * @param hive the hive's own file and the end of its data. @source msuhanov/regf, "Old format", "Dirty vector", "Dirty pages"
 */
export function applyOldLog(log: LogFile, hive: { readonly source: LogFile['source']; readonly end: number }, patches: Patches): Applied {
  const { source, base } = log;
  const bitmapAt = logStart(base!) + 4;
  const sectors = Math.floor((hive.end - BASE_BLOCK_SIZE) / BASE_SECTOR);
  const bitmap = new Uint8Array(Math.ceil(sectors / 8));
  const got = source.readAt(bitmapAt, bitmap);
  let from = Math.ceil((bitmapAt + bitmap.length) / BASE_SECTOR) * BASE_SECTOR;
  const before = new Pages(hive.source, new Patches(), hive.end);
  const header = new Uint8Array(BIN_HEADER_SIZE);
  const headerView = new DataView(header.buffer);
  const dirty = (sector: number): boolean => sector < sectors && sector >> 3 < got && (bitmap[sector >> 3]! & (1 << (sector & 7))) !== 0;
  let bin: Bin = { start: BASE_BLOCK_SIZE, size: 0 };
  let applied = 0;
  for (let sector = 0; sector < sectors; ) {
    if (!dirty(sector)) {
      sector++;
      continue;
    }
    const relative = sector * BASE_SECTOR;
    const start = BASE_BLOCK_SIZE + relative;
    const isPage = relative % PAGE_SIZE === 0;
    const brought = isPage && source.readAt(from, header) === header.length ? binSize(headerView, 0, relative) : undefined;
    if (brought !== undefined) bin = { start, size: brought };
    else if (isPage && binAt(before, start) !== undefined) return { applied, stopped: 'bad-bin', at: from };
    else if (start >= bin.start + bin.size) {
      const around = binAround(before, start - (relative % PAGE_SIZE), bin.start);
      if (around === undefined) return { applied, stopped: 'bad-bin', at: from };
      bin = around;
    }
    const end = bin.start + bin.size;
    const lastSector = Math.min(sectors, Math.floor((end - BASE_BLOCK_SIZE) / BASE_SECTOR));
    let count = 1;
    while (sector + count < lastSector && dirty(sector + count)) count++;
    const there = Math.max(0, Math.min(count, Math.floor((source.sizeBytes - from) / BASE_SECTOR)));
    if (there > 0) {
      if (!patches.hasRoom(1)) return { applied, stopped: 'bad-size', at: from };
      patches.add(start, there * BASE_SECTOR, source, from);
    }
    applied += there;
    if (there < count) return { applied, stopped: 'truncated', at: source.sizeBytes };
    from += count * BASE_SECTOR;
    sector += count;
  }
  return got < bitmap.length ? { applied, stopped: 'truncated', at: bitmapAt + got } : { applied, stopped: 'end', at: from };
}
