import { binSize } from './base-block.ts';
import { BASE_BLOCK_SIZE, BIN_HEADER_SIZE, PAGE_SIZE } from './layout.ts';
import { MAX_BIN_PAGES } from './limits.ts';
import type { Pages } from './pages.ts';

/** A hive bin: file offset and size. */
export interface Bin {
  readonly start: number;
  readonly size: number;
}

/** Size of the bin that begins at file offset `start`, or `undefined` when none does or it does not fit before the end. */
export function binAt(pages: Pages, start: number): number | undefined {
  if (start < BASE_BLOCK_SIZE || start + BIN_HEADER_SIZE > pages.end) return undefined;
  const block = pages.block(start, BIN_HEADER_SIZE);
  const size = binSize(block.view, start - block.start, start - BASE_BLOCK_SIZE);
  return size !== undefined && start + size <= pages.end ? size : undefined;
}

/**
 * The bin that holds the page at file offset `page`, searched backwards from it.
 * @param floor pages before it are known to begin no bin that reaches `page`.
 */
export function binAround(pages: Pages, page: number, floor = BASE_BLOCK_SIZE): Bin | undefined {
  const first = Math.max(floor, page - MAX_BIN_PAGES * PAGE_SIZE);
  for (let start = page; start >= first; start -= PAGE_SIZE) {
    const size = binAt(pages, start);
    if (size !== undefined) return start + size > page ? { start, size } : undefined;
  }
  return undefined;
}

/** Every bin in order; where no bin begins, `broken` is told the stretch up to the next one and the walk goes on there. */
export function* bins(pages: Pages, broken: (start: number, end: number) => void): IterableIterator<Bin> {
  let start = BASE_BLOCK_SIZE;
  while (start + BIN_HEADER_SIZE <= pages.end) {
    const size = binAt(pages, start);
    if (size !== undefined) {
      yield { start, size };
      start += size;
      continue;
    }
    let next = start + PAGE_SIZE;
    while (next < pages.end && binAt(pages, next) === undefined) {
      // A log may let the hive grow far beyond what exists: such a hole is passed in one step.
      const there = pages.nextReadable(next + PAGE_SIZE);
      next = there >= pages.end ? pages.end : there - (there % PAGE_SIZE);
    }
    broken(start, Math.min(next, pages.end));
    start = next;
  }
}

/**
 * Looks at every bin that patched bytes lie in and names the stretches (whole pages) where no valid bin begins.
 * @param stretches file offsets in ascending order. @source msuhanov/regf, "Log entries", note 10
 */
export function* invalidBins(pages: Pages, stretches: readonly (readonly [start: number, end: number])[]): IterableIterator<Bin> {
  let known: Bin = { start: BASE_BLOCK_SIZE, size: 0 };
  let floor = BASE_BLOCK_SIZE;
  for (const [from, to] of stretches) {
    let page = Math.max(floor, from - (from % PAGE_SIZE));
    while (page < to) {
      if (page >= known.start + known.size) {
        const around = binAround(pages, page, floor);
        floor = page;
        if (around === undefined) {
          let end = page + PAGE_SIZE;
          while (end < pages.end && end < to && binAt(pages, end) === undefined) end += PAGE_SIZE;
          end = Math.min(end, pages.end);
          yield { start: page, size: end - page };
          known = { start: page, size: end - page };
        } else known = around;
      }
      page = known.start + known.size;
    }
  }
}
