import { type CellUse, cellAt, type HiveContext } from './cells.ts';
import { BASE_BLOCK_SIZE, DB, SEGMENT_SIZE } from './layout.ts';

/** A stretch of a value's data in the file. */
export interface DataRange {
  /** File offset. */
  readonly offset: number;
  readonly length: number;
}

/**
 * Where the data of a value lies when it is not inside the value's own cell: one stretch, or one per segment. Shorter in sum than `size` when part
 * of it cannot be had; then a damage was told.
 * @param relative the value's data offset. @param size bytes of data. @param at file offset of the value, for damages.
 * @source msuhanov/regf, "Data size", "Big data"
 */
export function dataRanges(hive: HiveContext, relative: number, size: number, at: number, use: CellUse): readonly DataRange[] {
  const damage = (need: number | string, have: number | string): void => {
    if (use === 'allocated') hive.damages.add('HIVE_DATA', at, 'value data', { need, have });
  };
  const cell = cellAt(hive, relative, 'value data', use);
  if (cell === undefined) {
    damage(size, 0);
    return [];
  }
  if (!hive.bigData || size <= SEGMENT_SIZE) {
    const length = Math.min(size, cell.size);
    if (length < size) damage(size, length);
    return length === 0 ? [] : [{ offset: BASE_BLOCK_SIZE + relative + 4, length }];
  }
  const { view } = cell.block;
  if (cell.length < 8 || view.getUint16(cell.at, true) !== DB) {
    damage('db', cell.length < 2 ? 0 : `0x${view.getUint16(cell.at, true).toString(16)}`);
    return [];
  }
  const count = view.getUint16(cell.at + 2, true);
  const needed = Math.ceil(size / SEGMENT_SIZE);
  const list = cellAt(hive, view.getUint32(cell.at + 4, true), 'list of data segments', use);
  const there = Math.min(count, needed, list === undefined ? 0 : Math.floor(list.length / 4));
  const ranges: DataRange[] = [];
  let sum = 0;
  for (let i = 0; i < there; i++) {
    const segment = list!.block.view.getUint32(list!.at + i * 4, true);
    const want = Math.min(SEGMENT_SIZE, size - sum);
    const part = cellAt(hive, segment, 'data segment', use);
    // A hole would shift all that follows: what is given is the beginning of the data without gaps.
    if (part === undefined) break;
    const length = Math.min(want, part.size);
    if (length > 0) ranges.push({ offset: BASE_BLOCK_SIZE + segment + 4, length });
    sum += length;
    if (length < want) break;
  }
  if (sum < size) damage(size, sum);
  return ranges;
}
