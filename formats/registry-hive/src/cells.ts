import type { Claims } from './claims.ts';
import type { Damages } from './damages.ts';
import { BASE_BLOCK_SIZE, BIN_HEADER_SIZE, NOWHERE } from './layout.ts';
import { MAX_RECORD_BYTES } from './limits.ts';
import type { Block, Pages } from './pages.ts';
import type { HiveLimits } from './types.ts';

/** What all parts of one opened hive share. */
export interface HiveContext {
  readonly pages: Pages;
  readonly damages: Damages;
  readonly limits: HiveLimits;
  /** File offset at which the hive bins data ends by the base block; less may be there. */
  readonly claimedEnd: number;
  /** Data beyond 16,344 bytes is segmented. */
  readonly bigData: boolean;
  /** Relative offset of the root cell. */
  readonly rootOffset: number;
  /** Keys whose own parent field is no key, with the key that was first seen to list them: nobody else may. */
  readonly adopted: Map<number, number>;
  /** List elements of all keys, and values of all keys. */
  readonly listed: Claims;
  readonly valued: Claims;
}

/** A cell's content in memory. */
export interface Cell {
  readonly block: Block;
  /** Index of the first content byte (behind the size) in `block.bytes`. */
  readonly at: number;
  /** Bytes of content that are really there, at most {@link MAX_RECORD_BYTES}. */
  readonly length: number;
  /** Bytes of content by the cell's size. */
  readonly size: number;
}

/** Which cells a reference may lead to: those in use, those of free space (remnants of something deleted), or both. Only the first tells damages. */
export type CellUse = 'allocated' | 'free' | 'any';

/**
 * The cell a reference leads to. A reference out of the data, a size that is impossible, or a cell of the wrong use gives `undefined`, and
 * with `'allocated'` a HIVE_CELL damage.
 * @param relative offset from the start of the hive bins data. @source msuhanov/regf, "Cell"
 */
export function cellAt(hive: HiveContext, relative: number, what: string, use: CellUse = 'allocated'): Cell | undefined {
  const { pages } = hive;
  const offset = BASE_BLOCK_SIZE + relative;
  if (relative < BIN_HEADER_SIZE || relative % 8 !== 0 || offset + 8 > pages.end) {
    if (use === 'allocated') {
      const missing = relative % 8 === 0 && offset + 8 > pages.end && offset + 8 <= hive.claimedEnd;
      hive.damages.add(missing ? 'HIVE_TRUNCATED' : 'HIVE_CELL', offset, what, { need: 'cell in the hive bins data' });
    }
    return undefined;
  }
  let block = pages.block(offset, 8);
  let at = offset - block.start;
  const signed = block.view.getInt32(at, true);
  const whole = Math.abs(signed);
  if (whole < 8 || whole % 8 !== 0 || offset + whole > hive.claimedEnd || (signed > 0 ? use === 'allocated' : use === 'free')) {
    if (use === 'allocated') {
      const missing = pages.readable(offset, 8) < 8;
      hive.damages.add(missing ? 'HIVE_TRUNCATED' : 'HIVE_CELL', offset, what, { need: 'allocated cell', have: signed });
    }
    return undefined;
  }
  const size = whole - 4;
  let length = Math.min(size, MAX_RECORD_BYTES);
  const there = pages.readable(offset, length + 4) - 4;
  if (there < length) {
    if (use === 'allocated') hive.damages.add('HIVE_TRUNCATED', offset, what, { need: size, have: Math.max(0, there) });
    if (there < 4) return undefined;
    length = there;
  }
  if (at + 4 + length > block.bytes.length) {
    block = pages.block(offset, length + 4);
    at = offset - block.start;
  }
  return { block, at: at + 4, length, size };
}

/** An offset field that points nowhere. */
export function isNowhere(relative: number): boolean {
  return relative === NOWHERE;
}
