import { encodeUtf16 } from '@winmedic/bytes';
import { HiveError } from '../errors.ts';
import { DB, KEY_COMP_NAME, KEY_PREDEF_HANDLE, NK, NK_SIZE, NOWHERE, SEGMENT_SIZE, SK, VALUE_COMP_NAME, VK, VK_SIZE } from '../layout.ts';
import { withDefaults } from '../limits.ts';
import { openHive } from '../open-hive.ts';
import type { Hive, HiveKey, HiveLimits } from '../types.ts';
import type { Draft } from './draft.ts';
import { editValue, isBig, segments } from './edit-value.ts';
import { FreeCells } from './free-cells.ts';
import { bytesOf, cellOf, INLINE, INLINE_BYTES, KEY, le32, need, put32, putTime, refuse, relativeOf, SECURITY, VALUE } from './raw.ts';
import { cellsOfList, keysOfList, readKeyList, replacedCells, withKey, withoutKey } from './subkeys.ts';
import type { HiveChange, HiveCreateKey, HiveCreateValue, HiveDeleteKey, HiveDeleteValue, PlannedEdit, PlannedStructure } from './types.ts';

/** Longest names, in characters. @source Microsoft Learn, "Registry element size limits" */
const MAX_KEY_NAME = 255;
const MAX_VALUE_NAME = 16_383;
/** Most keys one deletion may remove, and most values: what a repair removes has some hundred; a slip in a path could take half a hive. */
const MAX_DELETED = 100_000;
/** Flags of keys that are not deleted: KEY_NO_DELETE, and predefined handles, whose values are none. @source msuhanov/regf "Key node" */
const NOT_DELETED = 0x8 | KEY_PREDEF_HANDLE;
/** Most segments of big data: their count has 16 bits. */
const MAX_SEGMENTS = 0xffff;

/** Makes the changes of one plan in its draft, one after the other. */
export class Structure {
  readonly #draft: Draft;
  readonly #limits: HiveLimits;
  readonly #cells: FreeCells;
  #hive: Hive;
  /** The draft is no longer what `#hive` was opened over. */
  #stale = false;

  constructor(hive: Hive, draft: Draft, limits: Partial<HiveLimits> | undefined) {
    this.#hive = hive;
    this.#draft = draft;
    this.#limits = withDefaults(limits);
    this.#cells = new FreeCells(draft, this.#limits.maxHiveBytes);
  }

  /** Lays one change over the draft. @throws {HiveError} HIVE_EDIT_…. */
  make(change: HiveChange): PlannedEdit | PlannedStructure {
    switch (change.op) {
      case undefined:
      case 'set':
        return editValue(this.#now(), this.#draft, change);
      case 'create-value':
        return this.#changed(this.#createValue(change));
      case 'create-key':
        return this.#changed(this.#createKey(change));
      case 'delete-value':
        return this.#changed(this.#deleteValue(change));
      case 'delete-key':
        return this.#changed(this.#deleteKey(change));
    }
  }

  #changed(done: PlannedStructure): PlannedStructure {
    this.#stale = true;
    return done;
  }

  #now(): Hive {
    if (this.#stale) {
      this.#hive = openHive(this.#draft, { limits: this.#limits });
      this.#stale = false;
    }
    return this.#hive;
  }

  #key(path: string): HiveKey {
    const key = this.#now().key(path);
    if (key === undefined) throw new HiveError('HIVE_EDIT_NOT_FOUND', `key ${path}`);
    if ((key.flags & KEY_PREDEF_HANDLE) !== 0) refuse('predefined key', key.offset);
    return key;
  }

  #createValue({ key: path, value: name, data, type, keyWritten }: HiveCreateValue): PlannedStructure {
    const key = this.#key(path);
    checkName(name, 0, MAX_VALUE_NAME);
    if (key.value(name) !== undefined) throw new HiveError('HIVE_EDIT_EXISTS', `value ${shown(name)} of ${path}`, key.offset);
    const old = this.#valueList(key);
    if (old.length >= this.#limits.maxValues) throw new HiveError('HIVE_EDIT_SIZE', 'values', key.offset);
    const stored = nameBytes(name);
    const cell = new DataView(new ArrayBuffer(VK_SIZE + stored.bytes.length));
    cell.setUint16(0, VK, true);
    cell.setUint16(VALUE.nameLength - 4, stored.bytes.length, true);
    const inline = data.length <= INLINE_BYTES;
    cell.setUint32(VALUE.size - 4, inline ? INLINE + data.length : data.length, true);
    if (inline) bytesOf(cell).set(data, VALUE.place - 4);
    else cell.setUint32(VALUE.place - 4, this.#storeData(data), true);
    cell.setUint32(VALUE.type - 4, type, true);
    cell.setUint16(VALUE.flags - 4, stored.ascii && name !== '' ? VALUE_COMP_NAME : 0, true);
    bytesOf(cell).set(stored.bytes, VALUE.name - 4);
    this.#linkValues(key, [...old, relativeOf(this.#cells.store(bytesOf(cell)))]);
    this.#raise(key.offset + KEY.largestValueName, name.length * 2);
    this.#raise(key.offset + KEY.largestData, data.length);
    this.#touch(key.offset, keyWritten);
    return { op: 'create-value', key: key.path, value: name, type, data: data.slice() };
  }

  /** Stores data in one cell or, where the version has them, in segments. @returns relative offset. @source msuhanov/regf "Big data" */
  #storeData(data: Uint8Array): number {
    if (data.length > this.#limits.maxDataBytes) throw new HiveError('HIVE_EDIT_SIZE', `${data.length} bytes of data`);
    if (!isBig(this.#hive, data.length)) return relativeOf(this.#cells.store(data));
    const count = Math.ceil(data.length / SEGMENT_SIZE);
    if (count > MAX_SEGMENTS) throw new HiveError('HIVE_EDIT_SIZE', `${data.length} bytes of data`);
    const list = new DataView(new ArrayBuffer(count * 4));
    for (let i = 0; i < count; i++) {
      // The last segment has a whole cell, too, as in hives written by Windows.
      const segment = new Uint8Array(SEGMENT_SIZE);
      segment.set(data.subarray(i * SEGMENT_SIZE, (i + 1) * SEGMENT_SIZE));
      list.setUint32(i * 4, relativeOf(this.#cells.store(segment)), true);
    }
    const head = new DataView(new ArrayBuffer(8));
    head.setUint16(0, DB, true);
    head.setUint16(2, count, true);
    head.setUint32(4, relativeOf(this.#cells.store(bytesOf(list))), true);
    return relativeOf(this.#cells.store(bytesOf(head)));
  }

  #deleteValue({ key: path, value: name, keyWritten }: HiveDeleteValue): PlannedStructure {
    const key = this.#key(path);
    const value = key.value(name);
    if (value === undefined) throw new HiveError('HIVE_EDIT_NOT_FOUND', `value ${shown(name)} of ${path}`, key.offset);
    const gone = relativeOf(value.offset);
    const data = value.data();
    const cells = this.#cellsOfValue(gone);
    this.#linkValues(
      key,
      this.#valueList(key).filter((each) => each !== gone),
    );
    for (const cell of cells) this.#cells.release(cell);
    this.#touch(key.offset, keyWritten);
    return { op: 'delete-value', key: key.path, value: value.name, type: value.type, data };
  }

  #createKey({ key: path, keyWritten }: HiveCreateKey): PlannedStructure {
    const names = path.split('\\').filter((name) => name !== '');
    let above = this.#key('');
    let there = 0;
    for (let next = above.subkey(names[0] ?? ''); next !== undefined; next = above.subkey(names[there] ?? '')) {
      above = next;
      there++;
    }
    if (there === names.length) throw new HiveError('HIVE_EDIT_EXISTS', `key ${path}`, above.offset);
    if ((above.flags & KEY_PREDEF_HANDLE) !== 0) refuse('predefined key', above.offset);
    if (names.length > this.#limits.maxDepth) throw new HiveError('HIVE_EDIT_SIZE', 'depth of keys', above.offset);
    const missing = names.slice(there);
    for (const name of missing) checkName(name, 1, MAX_KEY_NAME);
    const { minorVersion } = this.#hive.header;
    const security = need(this.#draft, above.offset, KEY.name, 'key').getUint32(KEY.security, true);
    let parent = above.offset;
    for (const name of missing) {
      const cell = this.#newKey(name, relativeOf(parent), security, keyWritten ?? above.lastWritten);
      const before = readKeyList(this.#draft, parent);
      const list = withKey(this.#draft, this.#cells, before, { name, key: relativeOf(cell) }, minorVersion);
      this.#linkKeys(parent, keysOfList(before).length + 1, list);
      for (const old of replacedCells(this.#draft, before, parent)) this.#cells.release(old);
      this.#raise16(parent + KEY.largestName, name.length * 2);
      parent = cell;
    }
    this.#countSecurity(security, missing.length);
    this.#touch(above.offset, keyWritten);
    let made = above.path;
    return {
      op: 'create-key',
      key: [...(above.path === '' ? [] : [above.path]), ...missing].join('\\'),
      made: missing.map((name) => {
        made = made === '' ? name : `${made}\\${name}`;
        return made;
      }),
    };
  }

  #newKey(name: string, parent: number, security: number, written: bigint): number {
    const stored = nameBytes(name);
    const cell = new DataView(new ArrayBuffer(NK_SIZE + stored.bytes.length));
    cell.setUint16(0, NK, true);
    cell.setUint16(KEY.flags - 4, stored.ascii ? KEY_COMP_NAME : 0, true);
    cell.setBigUint64(KEY.lastWritten - 4, written, true);
    cell.setUint32(KEY.parent - 4, parent, true);
    cell.setUint32(KEY.subkeyList - 4, NOWHERE, true);
    cell.setUint32(KEY.volatileList - 4, NOWHERE, true);
    cell.setUint32(KEY.valueList - 4, NOWHERE, true);
    cell.setUint32(KEY.security - 4, security, true);
    cell.setUint32(KEY.className - 4, NOWHERE, true);
    cell.setUint16(KEY.nameLength - 4, stored.bytes.length, true);
    bytesOf(cell).set(stored.bytes, KEY.name - 4);
    return this.#cells.store(bytesOf(cell));
  }

  #deleteKey({ key: path, keyWritten }: HiveDeleteKey): PlannedStructure {
    const key = this.#key(path);
    if (key.path === '') throw new HiveError('HIVE_EDIT_STATE', 'the root cannot be deleted', key.offset);
    const draft = this.#draft;
    const gone = relativeOf(key.offset);
    const parent = cellOf(need(draft, key.offset, KEY.name, 'key').getUint32(KEY.parent, true));
    const securities = new Map<number, number>();
    const cells: number[] = [];
    let keys = 0;
    let values = 0;
    const open = [gone];
    for (let relative = open.pop(); relative !== undefined; relative = open.pop()) {
      const cell = cellOf(relative);
      const fields = need(draft, cell, KEY.name, 'key');
      if (fields.getUint16(4, true) !== NK || (fields.getUint16(KEY.flags, true) & NOT_DELETED) !== 0)
        refuse('key that cannot be deleted', cell);
      const list = readKeyList(draft, cell);
      const held = this.#valueListAt(cell);
      keys++;
      values += held.length;
      if (Math.max(keys, values) > MAX_DELETED)
        throw new HiveError('HIVE_EDIT_SIZE', `more than ${MAX_DELETED} keys or values to delete`, cell);
      const security = fields.getUint32(KEY.security, true);
      if (security !== NOWHERE) securities.set(security, (securities.get(security) ?? 0) + 1);
      cells.push(cell, ...cellsOfList(list));
      if (fields.getUint16(KEY.classLength, true) > 0) cells.push(cellOf(fields.getUint32(KEY.className, true)));
      if (held.length > 0) cells.push(cellOf(fields.getUint32(KEY.valueList, true)));
      for (const value of held) cells.push(...this.#cellsOfValue(value));
      open.push(...keysOfList(list));
    }
    const before = readKeyList(draft, parent);
    this.#linkKeys(parent, keysOfList(before).length - 1, withoutKey(this.#cells, before, gone));
    cells.push(...replacedCells(draft, before, parent));
    for (const cell of cells) this.#cells.release(cell);
    for (const [security, count] of securities) this.#countSecurity(security, -count);
    this.#touch(parent, keyWritten);
    return { op: 'delete-key', key: key.path, keys, values };
  }

  /** Relative offsets of a key's values. */
  #valueList(key: HiveKey): number[] {
    return this.#valueListAt(key.offset);
  }

  #valueListAt(cell: number): number[] {
    const fields = need(this.#draft, cell, KEY.name, 'key');
    const count = fields.getUint32(KEY.values, true);
    if (count === 0) return [];
    if (count > this.#limits.maxValues) throw new HiveError('HIVE_EDIT_SIZE', 'values', cell);
    const list = need(this.#draft, cellOf(fields.getUint32(KEY.valueList, true)) + 4, count * 4, 'values list');
    return Array.from({ length: count }, (_, i) => list.getUint32(i * 4, true));
  }

  /** The value's own cell and those of its data. */
  #cellsOfValue(relative: number): number[] {
    const cell = cellOf(relative);
    const fields = need(this.#draft, cell, VALUE.name, 'value');
    if (fields.getUint16(4, true) !== VK) refuse('value', cell);
    const size = fields.getUint32(VALUE.size, true);
    if (size >= INLINE || size === 0) return [cell];
    const data = cellOf(fields.getUint32(VALUE.place, true));
    if (!isBig(this.#hive, size)) return [cell, data];
    const list = cellOf(need(this.#draft, data + 8, 4, 'big data').getUint32(0, true));
    return [cell, data, list, ...[...segments(this.#draft, data, size)].map(({ at }) => at - 4)];
  }

  /** Gives a key another list of values. */
  #linkValues(key: HiveKey, values: readonly number[]): void {
    const fields = need(this.#draft, key.offset, KEY.name, 'key');
    const old = fields.getUint32(KEY.values, true) === 0 ? undefined : cellOf(fields.getUint32(KEY.valueList, true));
    const list = new Uint8Array(values.length * 4);
    values.forEach((value, i) => {
      list.set(le32(value), i * 4);
    });
    const link = new Uint8Array(8);
    link.set(le32(values.length));
    link.set(le32(values.length === 0 ? NOWHERE : relativeOf(this.#cells.store(list))), 4);
    this.#draft.write(key.offset + KEY.values, link, 'link');
    if (old !== undefined) this.#cells.release(old);
  }

  /** Gives a key another list of subkeys; both fields in one write, with the one between them. */
  #linkKeys(cell: number, count: number, list: number): void {
    const link = bytesOf(need(this.#draft, cell + KEY.subkeys, KEY.subkeyList + 4 - KEY.subkeys, 'key')).slice();
    link.set(le32(count));
    link.set(le32(list), KEY.subkeyList - KEY.subkeys);
    this.#draft.write(cell + KEY.subkeys, link, 'link');
  }

  /**
   * Counts uses of a security descriptor; one that nobody uses any more leaves the chain. More uses are counted before the links, fewer behind them: an
   * interruption leaves no count that is too low.
   * @source msuhanov/regf "Key security"
   */
  #countSecurity(relative: number, more: number): void {
    const draft = this.#draft;
    if (relative === NOWHERE) return;
    const cell = cellOf(relative);
    const fields = need(draft, cell, SECURITY.references + 4, 'key security');
    if (fields.getUint16(4, true) !== SK) refuse('key security', cell);
    const count = fields.getUint32(SECURITY.references, true) + more;
    if (count > 0) {
      put32(draft, cell + SECURITY.references, count, more > 0 ? 'page' : 'free');
      return;
    }
    const next = cellOf(fields.getUint32(SECURITY.next, true));
    const previous = cellOf(fields.getUint32(SECURITY.previous, true));
    for (const other of [next, previous]) {
      if (need(draft, other, SECURITY.references + 4, 'key security').getUint16(4, true) !== SK) refuse('key security', other);
    }
    const writes = [
      { at: previous + SECURITY.next, value: fields.getUint32(SECURITY.next, true) },
      { at: next + SECURITY.previous, value: fields.getUint32(SECURITY.previous, true) },
    ];
    // All or nothing: a chain that leads through a free cell is worse than a descriptor without users.
    const whole = next !== cell && draft.canWait(cell, 4) && writes.every(({ at }) => draft.isFresh(at) || draft.canWait(at, 4));
    if (!whole) return;
    for (const { at, value } of writes) put32(draft, at, value, 'free');
    this.#cells.release(cell);
  }

  #touch(cell: number, written: bigint | undefined): void {
    if (written !== undefined) putTime(this.#draft, cell + KEY.lastWritten, written, 'link');
  }

  /** Raises a field that tells callers how much room the longest of something takes; too much room does no harm. */
  #raise(offset: number, least: number): void {
    if (need(this.#draft, offset, 4, 'key').getUint32(0, true) < least) put32(this.#draft, offset, least);
  }

  /** The same for a field of 16 bits, behind which others lie. */
  #raise16(offset: number, least: number): void {
    if (need(this.#draft, offset, 2, 'key').getUint16(0, true) < least) this.#draft.write(offset, le32(least).subarray(0, 2));
  }
}

const shown = (name: string): string => (name === '' ? '(default)' : name);

function checkName(name: string, least: number, most: number): void {
  if (name.length < least || name.length > most || name.includes('\0')) throw new HiveError('HIVE_EDIT_NAME', `${name.length} characters`);
}

/** A name as it is stored: extended ASCII where every character fits. @source msuhanov/regf "Key node", "Key value" */
function nameBytes(name: string): { readonly bytes: Uint8Array; readonly ascii: boolean } {
  const bytes = new Uint8Array(name.length);
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code > 0xff) return { bytes: encodeUtf16(name), ascii: false };
    bytes[i] = code;
  }
  return { bytes, ascii: true };
}
