import { type Cell, type CellUse, cellAt, type HiveContext, isNowhere } from './cells.ts';
import {
  BASE_BLOCK_SIZE,
  KEY_COMP_NAME,
  KEY_HIVE_ENTRY,
  KEY_PREDEF_HANDLE,
  LAST_MINOR_WITHOUT_BIG_DATA,
  NK,
  NK_SIZE,
  SK,
} from './layout.ts';
import { keyNameHash, upcase } from './names.ts';
import { readSubkeyList } from './subkey-list.ts';
import type { HiveKey, HiveValue } from './types.ts';
import { readValue, type Value } from './value.ts';

/** A key of an opened hive. @source msuhanov/regf, "Key node" */
export class Key implements HiveKey {
  readonly #hive: HiveContext;
  readonly #use: CellUse;
  readonly #timeLow: number;
  readonly #timeHigh: number;
  readonly #list: number;
  readonly #valueList: number;
  readonly #security: number;
  readonly #class: number;
  readonly #classLength: number;
  #path: string | undefined;
  readonly name: string;
  readonly flags: number;
  readonly subkeyCount: number;
  readonly valueCount: number;
  /** Relative offset of the cell. */
  readonly relative: number;
  /** Relative offset that its own parent field names. */
  readonly parentRelative: number;
  /** The key it was found in; `undefined` for the root and for keys whose parents are lost. */
  readonly parent: Key | undefined;
  /** Levels above it. */
  readonly depth: number;

  constructor(hive: HiveContext, use: CellUse, relative: number, cell: Cell, name: string, parent: Key | undefined) {
    const { view } = cell.block;
    const { at } = cell;
    this.#hive = hive;
    this.#use = use;
    this.relative = relative;
    this.name = name;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.flags = view.getUint16(at + 2, true);
    this.#timeLow = view.getUint32(at + 4, true);
    this.#timeHigh = view.getUint32(at + 8, true);
    this.parentRelative = view.getUint32(at + 16, true);
    this.subkeyCount = view.getUint32(at + 20, true);
    this.#list = view.getUint32(at + 28, true);
    // A predefined handle stands where the count of values would.
    this.valueCount = (this.flags & KEY_PREDEF_HANDLE) !== 0 ? 0 : view.getUint32(at + 36, true);
    this.#valueList = view.getUint32(at + 40, true);
    this.#security = view.getUint32(at + 44, true);
    this.#class = view.getUint32(at + 48, true);
    this.#classLength = view.getUint16(at + 74, true);
  }

  get path(): string {
    if (this.#path !== undefined) return this.#path;
    const above = this.parent?.path ?? '';
    const isRoot = this.relative === this.#hive.rootOffset || (this.parent === undefined && (this.flags & KEY_HIVE_ENTRY) !== 0);
    // A key whose parents are lost is known by its name alone.
    this.#path = isRoot ? '' : above === '' ? this.name : `${above}\\${this.name}`;
    return this.#path;
  }

  get lastWritten(): bigint {
    return (BigInt(this.#timeHigh) << 32n) | BigInt(this.#timeLow);
  }

  get offset(): number {
    return BASE_BLOCK_SIZE + this.relative;
  }

  className(): string | undefined {
    if (this.#classLength === 0 || isNowhere(this.#class)) return undefined;
    const cell = cellAt(this.#hive, this.#class, 'class name', this.#use);
    if (cell === undefined) return undefined;
    if (cell.length < this.#classLength) this.#damage('HIVE_KEY', 'class name', this.#classLength, cell.length);
    return cell.block.text.decode(cell.at, Math.min(cell.length, this.#classLength) >> 1);
  }

  security(): Uint8Array | undefined {
    if (isNowhere(this.#security)) return undefined;
    const cell = cellAt(this.#hive, this.#security, 'key security', this.#use);
    if (cell === undefined) return undefined;
    const { view, bytes } = cell.block;
    if (cell.length < 20 || view.getUint16(cell.at, true) !== SK) {
      this.#damage('HIVE_KEY', 'key security', 'sk', cell.length);
      return undefined;
    }
    const size = view.getUint32(cell.at + 16, true);
    if (20 + size > cell.length) {
      this.#damage('HIVE_KEY', 'key security', size, cell.length - 20);
      return undefined;
    }
    return bytes.slice(cell.at + 20, cell.at + 20 + size);
  }

  *subkeys(): IterableIterator<Key> {
    const { offsets } = this.#subkeyList();
    if (offsets.length === 0 || !this.#mayDescend()) return;
    const cells = new Set<number>();
    const names = new Set<string>();
    for (const relative of offsets) {
      const key = this.#child(relative);
      if (key === undefined) continue;
      if (cells.has(relative)) {
        this.#damage('HIVE_DUPLICATE_KEY', 'subkeys list', `0x${relative.toString(16)}`, 'same key again');
        continue;
      }
      cells.add(relative);
      const upper = upcase(key.name);
      if (names.has(upper)) this.#hive.damages.add('HIVE_DUPLICATE_KEY', key.offset, 'key name');
      names.add(upper);
      yield key;
    }
  }

  subkey(name: string): Key | undefined {
    const { offsets, hashes } = this.#subkeyList();
    if (offsets.length === 0 || !this.#mayDescend()) return undefined;
    const wanted = upcase(name);
    if (hashes !== undefined) {
      const hash = keyNameHash(wanted);
      for (let i = 0; i < hashes.length; i++) {
        if (hashes[i] !== hash) continue;
        const key = this.#child(offsets[i]!);
        if (key !== undefined && upcase(key.name) === wanted) return key;
      }
    } else {
      let low = 0;
      let high = offsets.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const key = this.#child(offsets[middle]!);
        if (key === undefined) break;
        const upper = upcase(key.name);
        if (upper === wanted) return key;
        if (upper < wanted) low = middle + 1;
        else high = middle;
      }
    }
    // Hashes and order are hints of whoever wrote the list; a key they hide is still there.
    for (const relative of offsets) {
      const key = this.#child(relative);
      if (key !== undefined && upcase(key.name) === wanted) return key;
    }
    return undefined;
  }

  *values(): IterableIterator<Value> {
    const count = this.valueCount;
    if (count === 0) return;
    const { limits, valued } = this.#hive;
    const list = cellAt(this.#hive, this.#valueList, 'values list', this.#use);
    if (list === undefined) {
      this.#damage('HIVE_VALUE_LIST', 'values list', count, 0);
      return;
    }
    let there = Math.min(count, Math.floor(list.length / 4));
    if (there < count) this.#damage('HIVE_VALUE_LIST', 'values list', count, there);
    if (there > limits.maxValues || (valued.isNew(this.relative) && !valued.add(there))) {
      this.#damage('HIVE_LIMIT', 'values', there, limits.maxValues);
      there = Math.min(there, limits.maxValues);
      if (!valued.add(0)) return;
    }
    const { view } = list.block;
    for (let i = 0; i < there; i++) {
      const value = readValue(this.#hive, view.getUint32(list.at + i * 4, true), this.#use);
      if (value !== undefined) yield value;
    }
  }

  value(name: string): HiveValue | undefined {
    const wanted = upcase(name);
    for (const value of this.values()) if (upcase(value.name) === wanted) return value;
    return undefined;
  }

  #subkeyList(): ReturnType<typeof readSubkeyList> {
    return readSubkeyList(this.#hive, this.#list, this.relative, this.subkeyCount, this.#use);
  }

  #mayDescend(): boolean {
    if (this.depth < this.#hive.limits.maxDepth) return true;
    this.#damage('HIVE_LIMIT', 'depth of keys', this.depth + 1, this.#hive.limits.maxDepth);
    return false;
  }

  /** The key at an element of the list, when it may be one of this key's. */
  #child(relative: number): Key | undefined {
    const hive = this.#hive;
    if (relative === hive.rootOffset) {
      this.#damage('HIVE_LOOP', 'subkeys list', 'subkey', 'root key');
      return undefined;
    }
    const key = readKey(hive, relative, this, this.#use);
    if (key === undefined || key.parentRelative === this.relative) return key;
    // The list of another key, or a cell used anew since: the key belongs where its parent field says.
    if (isKeyAt(hive, key.parentRelative)) {
      if (this.#use === 'allocated')
        hive.damages.add('HIVE_KEY', key.offset, 'parent key', {
          need: `0x${this.relative.toString(16)}`,
          have: `0x${key.parentRelative.toString(16)}`,
        });
      return undefined;
    }
    // Its parent field leads nowhere, so the list is all that is known: the first to name it has it.
    const first = hive.adopted.get(relative) ?? this.relative;
    if (first !== this.relative) {
      this.#damage('HIVE_LOOP', 'subkeys list', 'subkey', 'key of another list');
      return undefined;
    }
    hive.adopted.set(relative, first);
    if (this.#use === 'allocated') hive.damages.add('HIVE_KEY', key.offset, 'parent key', { have: `0x${key.parentRelative.toString(16)}` });
    return key;
  }

  #damage(
    code: 'HIVE_KEY' | 'HIVE_VALUE_LIST' | 'HIVE_LIMIT' | 'HIVE_LOOP' | 'HIVE_DUPLICATE_KEY',
    what: string,
    need: number | string,
    have: number | string,
  ): void {
    if (this.#use === 'allocated') this.#hive.damages.add(code, this.offset, what, { need, have });
  }
}

/** An allocated cell with a key node's mark stands there. */
function isKeyAt(hive: HiveContext, relative: number): boolean {
  const { pages } = hive;
  const offset = BASE_BLOCK_SIZE + relative;
  if (relative % 8 !== 0 || relative < 32 || offset + 8 > pages.end) return false;
  const { view, start } = pages.block(offset, 8);
  return view.getInt32(offset - start, true) < 0 && view.getUint16(offset - start + 4, true) === NK;
}

/**
 * The key in the cell at `relative`, or `undefined` with a HIVE_KEY damage (none for remnants) when there is none.
 * @param parent the key that lists it.
 */
export function readKey(hive: HiveContext, relative: number, parent: Key | undefined, use: CellUse): Key | undefined {
  const cell = cellAt(hive, relative, 'key node', use);
  if (cell === undefined) return undefined;
  const { block, at, length } = cell;
  const damage = (need: number | string, have: number | string): undefined => {
    if (use === 'allocated') hive.damages.add('HIVE_KEY', BASE_BLOCK_SIZE + relative, 'key node', { need, have });
    return undefined;
  };
  if (length < NK_SIZE) return damage(NK_SIZE, length);
  const mark = block.view.getUint16(at, true);
  if (mark !== NK) return damage('nk', `0x${mark.toString(16)}`);
  const nameLength = block.view.getUint16(at + 72, true);
  if (NK_SIZE + nameLength > length) return damage(NK_SIZE + nameLength, length);
  const ascii = (block.view.getUint16(at + 2, true) & KEY_COMP_NAME) !== 0;
  const name = ascii ? block.latin1(at + NK_SIZE, nameLength) : block.text.decode(at + NK_SIZE, nameLength >> 1);
  return new Key(hive, use, relative, cell, name, parent);
}

/** Whether hives of this version cut large data into segments. An impossible number says nothing; the newer rule is then likelier. */
export function hasBigData(minorVersion: number): boolean {
  return minorVersion !== LAST_MINOR_WITHOUT_BIG_DATA && minorVersion > 2;
}
