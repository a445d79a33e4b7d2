import { type CellUse, cellAt, type HiveContext } from './cells.ts';
import { BASE_BLOCK_SIZE, LF, LH, LI, RI } from './layout.ts';

/** The subkeys a key lists, in stored order. */
export interface SubkeyList {
  /** Relative offsets of key nodes. */
  readonly offsets: readonly number[];
  /** Hashes of the names beside them, when every part of the list has them. */
  readonly hashes: readonly number[] | undefined;
}

const EMPTY: SubkeyList = { offsets: [], hashes: undefined };

/**
 * Reads the list of a key's subkeys, which may be divided by an index root.
 * @param relative the key's subkeys list offset. @param key relative offset of the key itself. @param claimed how many subkeys the key says it has.
 * @source msuhanov/regf, "Index leaf", "Fast leaf", "Hash leaf", "Index root"
 */
export function readSubkeyList(hive: HiveContext, relative: number, key: number, claimed: number, use: CellUse): SubkeyList {
  if (claimed === 0) return EMPTY;
  const at = BASE_BLOCK_SIZE + key;
  const first = hive.listed.isNew(key);
  const damage = (offset: number, need: number | string, have: number | string): void => {
    if (use === 'allocated') hive.damages.add('HIVE_SUBKEY_LIST', offset, 'subkeys list', { need, have });
  };
  const offsets: number[] = [];
  const hashes: number[] = [];
  let limited = false;
  const limit = (): void => {
    limited = true;
    if (use === 'allocated') hive.damages.add('HIVE_LIMIT', at, 'subkeys', { need: claimed, have: offsets.length });
  };
  /** @returns false for a mark that is no list of keys. */
  const leaf = (from: number, root: boolean): void => {
    const cell = cellAt(hive, from, 'subkeys list', use);
    const offset = BASE_BLOCK_SIZE + from;
    if (cell === undefined) return;
    const { view } = cell.block;
    const mark = cell.length < 4 ? 0 : view.getUint16(cell.at, true);
    const width = mark === LI || mark === RI ? 4 : mark === LF || mark === LH ? 8 : 0;
    // An index root lists leaves; one inside another could only be a loop or a way to make few bytes mean many.
    if (width === 0 || (mark === RI && !root)) {
      damage(offset, root ? 'li, lf, lh or ri' : 'li, lf or lh', `0x${mark.toString(16)}`);
      return;
    }
    const count = view.getUint16(cell.at + 2, true);
    const there = Math.min(count, Math.floor((cell.length - 4) / width));
    if (there < count) damage(offset, count, there);
    if (first && !hive.listed.add(there)) {
      limit();
      return;
    }
    for (let i = 0, element = cell.at + 4; i < there && !limited; i++, element += width) {
      const target = view.getUint32(element, true);
      if (mark === RI) {
        leaf(target, false);
        continue;
      }
      if (offsets.length >= hive.limits.maxSubkeys) {
        limit();
        return;
      }
      offsets.push(target);
      if (mark === LH) hashes.push(view.getUint32(element + 4, true));
    }
  };
  leaf(relative, true);
  if (offsets.length !== claimed && !limited) damage(at, claimed, offsets.length);
  return { offsets, hashes: hashes.length === offsets.length ? hashes : undefined };
}
