import { type Bin, bins } from './bins.ts';
import type { CellUse, HiveContext } from './cells.ts';
import { type Key, readKey } from './key.ts';
import { BASE_BLOCK_SIZE, BIN_HEADER_SIZE, KEY_HIVE_ENTRY, NK, NK_SIZE, VK, VK_SIZE } from './layout.ts';
import { MAX_PARENTS } from './limits.ts';
import type { DeletedEntry } from './types.ts';
import { readValue, type Value } from './value.ts';

/** Flags that no key node and no key value of any version has. */
const NO_KEY_FLAGS = 0x0c00;
const NO_VALUE_FLAGS = 0xfffc;
const INLINE = 0x8000_0000;

/** A cell by its place and signed size. */
interface CellSpan {
  readonly start: number;
  /** Negative: allocated. */
  readonly size: number;
}

/** The cells of a bin in order, ended by the rest of the bin when a size is impossible. */
function* cellsOf(hive: HiveContext, bin: Bin): IterableIterator<CellSpan | { readonly brokenFrom: number }> {
  const end = bin.start + bin.size;
  for (let start = bin.start + BIN_HEADER_SIZE; start < end; ) {
    const { view, start: from } = hive.pages.block(start, 4);
    const size = view.getInt32(start - from, true);
    const whole = Math.abs(size);
    if (whole < 8 || whole % 8 !== 0 || start + whole > end) {
      hive.damages.add('HIVE_CELL', start, 'cell', { have: size });
      yield { brokenFrom: start };
      return;
    }
    yield { start, size };
    start += whole;
  }
}

function mark(hive: HiveContext, cell: number): number {
  const { view, start } = hive.pages.block(cell, 8);
  return view.getUint16(cell - start + 4, true);
}

/** A key node that is one beyond its mark: chance produces `nk` in any data. */
function plausibleKey(key: Key | undefined): key is Key {
  return key !== undefined && key.name !== '' && !/[\0\\]/.test(key.name) && (key.flags & NO_KEY_FLAGS) === 0;
}

/** The same for a key value: known flags, and data that is inline, none, or in the hive. */
function plausibleValue(hive: HiveContext, relative: number, value: Value | undefined): value is Value {
  if (value === undefined) return false;
  const offset = BASE_BLOCK_SIZE + relative;
  const { view, start } = hive.pages.block(offset, 4 + VK_SIZE);
  const at = offset - start + 4;
  if ((view.getUint16(at + 16, true) & NO_VALUE_FLAGS) !== 0) return false;
  const size = view.getUint32(at + 4, true);
  const target = view.getUint32(at + 8, true);
  if (size >= INLINE) return size - INLINE <= 4;
  return size === 0 || (size < hive.pages.end && target % 8 === 0 && BASE_BLOCK_SIZE + target + 8 <= hive.pages.end);
}

/** A parent, and whether the root was reached from it. */
interface Located {
  readonly key: Key;
  readonly pathKnown: boolean;
}

/** Finds the parents of keys by their parent fields, deleted or not. */
class Parents {
  readonly #hive: HiveContext;
  readonly #found = new Map<number, Located>();

  constructor(hive: HiveContext) {
    this.#hive = hive;
  }

  /** The key at `relative` with its own parents as far as they can be followed. */
  at(relative: number): Located | undefined {
    const hive = this.#hive;
    const chain: number[] = [];
    const seen = new Set<number>();
    let above: Located | undefined;
    for (let at = relative; !seen.has(at) && chain.length < hive.limits.maxDepth; ) {
      above = this.#found.get(at);
      if (above !== undefined) break;
      const key = readKey(hive, at, undefined, 'any');
      if (!plausibleKey(key)) break;
      chain.push(at);
      seen.add(at);
      if ((key.flags & KEY_HIVE_ENTRY) !== 0 || at === hive.rootOffset) break;
      at = key.parentRelative;
    }
    if (above !== undefined && above.key.depth + chain.length >= hive.limits.maxDepth) above = undefined;
    for (let i = chain.length - 1; i >= 0; i--) {
      const key = readKey(hive, chain[i]!, above?.key, 'any')!;
      const isRoot = above === undefined && ((key.flags & KEY_HIVE_ENTRY) !== 0 || key.relative === hive.rootOffset);
      above = { key, pathKnown: isRoot || above?.pathKnown === true };
      if (this.#found.size >= MAX_PARENTS) this.#found.clear();
      this.#found.set(key.relative, above);
    }
    return above;
  }
}

/** A key with as many of its parents as can be followed. @param use of the key itself. */
function withParents(hive: HiveContext, relative: number, use: CellUse, parents: Parents): DeletedEntry | undefined {
  const alone = readKey(hive, relative, undefined, use);
  if (!plausibleKey(alone)) return undefined;
  if ((alone.flags & KEY_HIVE_ENTRY) !== 0 || relative === hive.rootOffset)
    return { kind: 'key', offset: alone.offset, key: alone, pathKnown: true };
  const parent = parents.at(alone.parentRelative);
  const key = readKey(hive, relative, parent?.key, use)!;
  return { kind: 'key', offset: key.offset, key, pathKnown: parent?.pathKnown === true };
}

/** Silently: a key node in use that is one. */
function inUse(hive: HiveContext, relative: number): boolean {
  const { view, start } = hive.pages.block(BASE_BLOCK_SIZE + relative, 4);
  return view.getInt32(BASE_BLOCK_SIZE + relative - start, true) < 0 && plausibleKey(readKey(hive, relative, undefined, 'any'));
}

/** Every 8th byte of a stretch: where freed cells were joined, their remnants lie at any of them. */
function* remnants(
  hive: HiveContext,
  parents: Parents,
  from: number,
  to: number,
  use: 'free' | 'allocated',
): IterableIterator<DeletedEntry> {
  for (let start = from; start + 8 <= to; ) {
    if (hive.pages.readable(start, 8) < 8) {
      // A hole that a log left when it let the hive grow.
      start = Math.ceil(hive.pages.nextReadable(start + 8) / 8) * 8;
      continue;
    }
    const found = mark(hive, start);
    const relative = start - BASE_BLOCK_SIZE;
    let taken = 8;
    if (found === NK && start + 4 + NK_SIZE <= to) {
      const entry = use === 'free' || inUse(hive, relative) ? withParents(hive, relative, use, parents) : undefined;
      const { key } = entry ?? {};
      if (key !== undefined) {
        yield entry!;
        taken = 4 + NK_SIZE + key.name.length;
      }
    } else if (found === VK && use === 'free' && start + 4 + VK_SIZE <= to) {
      const value = readValue(hive, relative, 'free');
      if (plausibleValue(hive, relative, value)) {
        yield { kind: 'value', offset: value.offset, value, pathKnown: false };
        taken = 4 + VK_SIZE + value.name.length;
      }
    }
    start += Math.ceil(taken / 8) * 8;
  }
}

/** Keys and values in free cells. @source msuhanov/regf, "Unallocated cell" */
export function* deletedEntries(hive: HiveContext): IterableIterator<DeletedEntry> {
  const parents = new Parents(hive);
  const found: Bin[] = [];
  const broken = (start: number, end: number): void => hive.damages.add('HIVE_BIN', start, 'hive bin', { need: 'hbin', have: end - start });
  for (const bin of bins(hive.pages, broken)) {
    found.length = 0;
    for (const cell of cellsOf(hive, bin)) {
      if ('size' in cell && cell.size > 0) found.push({ start: cell.start, size: cell.size });
    }
    for (const free of found) yield* remnants(hive, parents, free.start, free.start + free.size, 'free');
  }
}

/** Key nodes in use, found by going through the cells; where bins or cells are broken, at any place they can stand. */
export function* salvageEntries(hive: HiveContext): IterableIterator<DeletedEntry> {
  const parents = new Parents(hive);
  const stretches: Bin[] = [];
  const broken = (start: number, end: number): void => {
    hive.damages.add('HIVE_BIN', start, 'hive bin', { need: 'hbin', have: end - start });
    stretches.push({ start, size: end - start });
  };
  for (const bin of bins(hive.pages, broken)) {
    // What was broken in front of this bin.
    for (const { start, size } of stretches.splice(0)) yield* remnants(hive, parents, start, start + size, 'allocated');
    for (const cell of cellsOf(hive, bin)) {
      if ('brokenFrom' in cell) yield* remnants(hive, parents, cell.brokenFrom, bin.start + bin.size, 'allocated');
      else if (cell.size < 0 && mark(hive, cell.start) === NK) {
        const entry = withParents(hive, cell.start - BASE_BLOCK_SIZE, 'allocated', parents);
        if (entry !== undefined) yield entry;
      }
    }
  }
  for (const { start, size } of stretches) yield* remnants(hive, parents, start, start + size, 'allocated');
}
