import { encodeUtf16 } from '@winmedic/bytes';
import { CellSpace } from './cells.ts';
import { compareNames, isOneByte, nameBytes, nameHash, nameHint, upperName } from './names.ts';
import { DEFAULT_SECURITY } from './security.ts';
import type { HiveChange, HiveDescription, WriteHiveKey, WriteHiveValue } from './types.ts';
import { HIVE, LEAF_ELEMENTS } from './types.ts';

interface SecurityCell {
  readonly cell: number;
  readonly bytes: Uint8Array;
  references: number;
}

interface ValueNode {
  readonly name: string;
  readonly cell: number;
  /** Data cell, segments and their list; empty for inline data. */
  dataCells: number[];
  size: number;
}

interface KeyNode {
  readonly name: string;
  readonly upper: string;
  readonly cell: number;
  readonly parent: KeyNode | undefined;
  readonly flags: number;
  readonly classCell: number;
  readonly className: string;
  readonly children: KeyNode[];
  values: ValueNode[];
  lastWritten: bigint;
  security: SecurityCell;
  /** Cell that the key points to, and the leaves below an index root. */
  listCells: number[];
  valueList: number;
}

const NK = 0x6b6e;
const VK = 0x6b76;
const SK = 0x6b73;
const DB = 0x6264;
const LEAF = { li: 0x696c, lf: 0x666c, lh: 0x686c } as const;
const RI = 0x6972;
const ROOT_FLAGS = 0x4 | 0x8; // KEY_HIVE_ENTRY, KEY_NO_DELETE
const COMP_NAME = 0x20;

/**
 * A hive's tree laid out in cells, to which changes can be made as Windows makes them: in place where the data fits, else by freeing cells
 * and taking new ones.
 * @source msuhanov/regf "Key node", "Key value", "Key security", "Big data", "Index root"
 */
export class HiveTree {
  readonly space = new CellSpace();
  readonly #minor: number;
  readonly #leaf: 'li' | 'lf' | 'lh';
  readonly #perLeaf: number;
  readonly #security: SecurityCell[] = [];
  readonly #root: KeyNode;

  constructor(description: HiveDescription, savedAt: bigint) {
    this.#minor = description.minorVersion ?? 5;
    this.#leaf = description.lists ?? (this.#minor > 4 ? 'lh' : 'lf');
    this.#perLeaf = description.leafElements ?? LEAF_ELEMENTS;
    this.#root = this.#addKey(description.root, undefined, savedAt);
    this.space.stamp(savedAt);
  }

  /** Offset of the root cell. */
  get rootCell(): number {
    return this.#root.cell;
  }

  /** Makes one change. @throws {RangeError} for a path or value that is not there, or a name that is there already. */
  change(change: HiveChange): void {
    const key = this.#find(change.path);
    switch (change.do) {
      case 'set':
        this.#setValue(key, change.value);
        break;
      case 'delete-value':
        this.#deleteValue(key, change.name);
        break;
      case 'add-key':
        this.#addKey(change.key, key, change.at ?? key.lastWritten);
        break;
      case 'delete-key': {
        const { parent } = key;
        if (!parent) throw new RangeError('the root cannot be deleted');
        this.#releaseKey(key);
        parent.children.splice(parent.children.indexOf(key), 1);
        this.#writeLists(parent);
        if (change.at !== undefined) parent.lastWritten = change.at;
        this.#writeKey(parent);
        return;
      }
    }
    if (change.at !== undefined) key.lastWritten = change.at;
    this.#writeKey(key);
  }

  #find(path: string): KeyNode {
    let key = this.#root;
    for (const part of path === '' ? [] : path.split('\\')) {
      const upper = upperName(part);
      const next = key.children.find((child) => child.upper === upper);
      if (!next) throw new RangeError(`no key ${path}`);
      key = next;
    }
    return key;
  }

  #addKey(description: WriteHiveKey, parent: KeyNode | undefined, lastWritten: bigint): KeyNode {
    const key = this.#layOut(description, parent, lastWritten);
    if (parent) {
      this.#insert(parent, key);
      this.#writeLists(parent);
      this.#writeKey(parent);
    }
    return key;
  }

  #insert(parent: KeyNode, key: KeyNode): void {
    const at = parent.children.findIndex((child) => compareNames(child.upper, key.upper) >= 0);
    if (at >= 0 && parent.children[at]!.upper === key.upper) throw new RangeError(`two keys named ${key.name}`);
    parent.children.splice(at < 0 ? parent.children.length : at, 0, key);
  }

  #layOut(description: WriteHiveKey, parent: KeyNode | undefined, inherited: bigint): KeyNode {
    const { name, className = '' } = description;
    if (name === '' || name.length > 255) throw new RangeError(`a key name has 1 to 255 characters: ${name.length}`);
    const key: KeyNode = {
      name,
      upper: upperName(name),
      cell: this.space.allocate(76 + nameBytes(name).length),
      parent,
      flags: (description.flags ?? 0) | (parent ? 0 : ROOT_FLAGS) | (isOneByte(name) ? COMP_NAME : 0),
      classCell: className === '' ? HIVE.none : this.space.store(encodeUtf16(className)),
      className,
      children: [],
      values: [],
      lastWritten: description.lastWritten ?? inherited,
      security: this.#useSecurity(description.security ?? parent?.security.bytes ?? DEFAULT_SECURITY),
      listCells: [],
      valueList: HIVE.none,
    };
    key.values = (description.values ?? []).map((value) => this.#newValue(value));
    const names = new Set(key.values.map((value) => upperName(value.name)));
    if (names.size !== key.values.length) throw new RangeError(`two values of one name in ${name}`);
    this.#writeValueList(key);
    const children = (description.keys ?? []).map((child) => this.#layOut(child, key, key.lastWritten));
    key.children.push(...children.sort((a, b) => compareNames(a.upper, b.upper)));
    key.children.forEach((child, i) => {
      if (i > 0 && key.children[i - 1]!.upper === child.upper) throw new RangeError(`two keys named ${child.name}`);
    });
    this.#writeLists(key);
    this.#writeKey(key);
    return key;
  }

  #writeKey(key: KeyNode): void {
    const view = this.space.data(key.cell);
    const name = nameBytes(key.name);
    const longest = (lengths: readonly number[]): number => lengths.reduce((most, length) => Math.max(most, length), 0);
    view.setUint16(0, NK, true);
    view.setUint16(2, key.flags, true);
    view.setBigUint64(4, key.lastWritten, true);
    view.setUint32(16, key.parent?.cell ?? HIVE.none, true);
    view.setUint32(20, key.children.length, true);
    view.setUint32(28, key.listCells[0] ?? HIVE.none, true);
    view.setUint32(32, HIVE.none, true);
    view.setUint32(36, key.values.length, true);
    view.setUint32(40, key.valueList, true);
    view.setUint32(44, key.security.cell, true);
    view.setUint32(48, key.classCell, true);
    view.setUint16(52, longest(key.children.map((child) => child.name.length * 2)), true);
    view.setUint32(56, longest(key.children.map((child) => child.className.length * 2)), true);
    view.setUint32(60, longest(key.values.map((value) => value.name.length * 2)), true);
    view.setUint32(64, longest(key.values.map((value) => value.size)), true);
    view.setUint16(72, name.length, true);
    view.setUint16(74, key.className.length * 2, true);
    new Uint8Array(view.buffer, view.byteOffset).set(name, 76);
  }

  /** Writes the subkey lists anew: one leaf, or an index root over leaves when there are more elements than one takes. */
  #writeLists(key: KeyNode): void {
    for (const cell of key.listCells) this.space.release(cell);
    const leaves: number[] = [];
    for (let from = 0; from < key.children.length; from += this.#perLeaf) {
      leaves.push(this.#writeLeaf(key.children.slice(from, from + this.#perLeaf)));
    }
    if (leaves.length > 1) {
      const cell = this.space.allocate(4 + leaves.length * 4);
      const view = this.space.data(cell);
      view.setUint16(0, RI, true);
      view.setUint16(2, leaves.length, true);
      leaves.forEach((leaf, i) => {
        view.setUint32(4 + i * 4, leaf, true);
      });
      leaves.unshift(cell);
    }
    key.listCells = leaves;
  }

  #writeLeaf(children: readonly KeyNode[]): number {
    const step = this.#leaf === 'li' ? 4 : 8;
    const cell = this.space.allocate(4 + children.length * step);
    const view = this.space.data(cell);
    view.setUint16(0, LEAF[this.#leaf], true);
    view.setUint16(2, children.length, true);
    children.forEach((child, i) => {
      view.setUint32(4 + i * step, child.cell, true);
      if (this.#leaf !== 'li') view.setUint32(8 + i * step, this.#leaf === 'lh' ? nameHash(child.name) : nameHint(child.name), true);
    });
    return cell;
  }

  #writeValueList(key: KeyNode): void {
    if (key.valueList !== HIVE.none) this.space.release(key.valueList);
    key.valueList = HIVE.none;
    if (key.values.length === 0) return;
    key.valueList = this.space.allocate(key.values.length * 4);
    const view = this.space.data(key.valueList);
    key.values.forEach((value, i) => {
      view.setUint32(i * 4, value.cell, true);
    });
  }

  #newValue(value: WriteHiveValue): ValueNode {
    if (value.name.length > 16_383) throw new RangeError('a value name has at most 16,383 characters');
    const name = nameBytes(value.name);
    const cell = this.space.allocate(20 + name.length);
    const view = this.space.data(cell);
    view.setUint16(0, VK, true);
    view.setUint16(2, name.length, true);
    view.setUint16(16, value.name !== '' && isOneByte(value.name) ? 1 : 0, true);
    new Uint8Array(view.buffer, view.byteOffset).set(name, 20);
    const node: ValueNode = { name: value.name, cell, dataCells: [], size: 0 };
    this.#storeData(node, value);
    return node;
  }

  #storeData(node: ValueNode, { type, data }: WriteHiveValue): void {
    const { space } = this;
    let size = data.length;
    let place = 0;
    if (data.length <= 4) {
      for (const cell of node.dataCells) space.release(cell);
      node.dataCells = [];
      size = 0x8000_0000 + data.length;
      data.forEach((byte, i) => {
        place += byte * 2 ** (i * 8);
      });
    } else if (node.dataCells.length === 1 && !this.#isBig(data.length) && space.capacity(node.dataCells[0]!) >= data.length) {
      place = node.dataCells[0]!;
      const view = space.data(place);
      new Uint8Array(view.buffer, view.byteOffset).set(data);
    } else {
      for (const cell of node.dataCells) space.release(cell);
      node.dataCells = this.#isBig(data.length) ? this.#storeBig(data) : [space.store(data)];
      place = node.dataCells[0]!;
    }
    node.size = data.length;
    const view = space.data(node.cell);
    view.setUint32(4, size, true);
    view.setUint32(8, place, true);
    view.setUint32(12, type, true);
  }

  #isBig(length: number): boolean {
    return this.#minor > 3 && length > HIVE.bigData;
  }

  /** Cells of big data, the one the value points to first. */
  #storeBig(data: Uint8Array): number[] {
    const segments: number[] = [];
    for (let from = 0; from < data.length; from += HIVE.bigData) {
      // Windows gives the last segment a whole cell, too (measured in hives of three versions; hivex relies on it).
      const cell = this.space.allocate(HIVE.bigData);
      const view = this.space.data(cell);
      new Uint8Array(view.buffer, view.byteOffset).set(data.subarray(from, from + HIVE.bigData));
      segments.push(cell);
    }
    const list = this.space.allocate(segments.length * 4);
    const listView = this.space.data(list);
    segments.forEach((segment, i) => {
      listView.setUint32(i * 4, segment, true);
    });
    const head = this.space.allocate(8);
    const view = this.space.data(head);
    view.setUint16(0, DB, true);
    view.setUint16(2, segments.length, true);
    view.setUint32(4, list, true);
    return [head, list, ...segments];
  }

  #setValue(key: KeyNode, value: WriteHiveValue): void {
    const upper = upperName(value.name);
    const node = key.values.find((each) => upperName(each.name) === upper);
    if (node) {
      this.#storeData(node, value);
      return;
    }
    key.values.push(this.#newValue(value));
    this.#writeValueList(key);
  }

  #deleteValue(key: KeyNode, name: string): void {
    const upper = upperName(name);
    const node = key.values.find((each) => upperName(each.name) === upper);
    if (!node) throw new RangeError(`no value ${name}`);
    for (const cell of [...node.dataCells, node.cell]) this.space.release(cell);
    key.values = key.values.filter((each) => each !== node);
    this.#writeValueList(key);
  }

  #releaseKey(key: KeyNode): void {
    for (const child of key.children) this.#releaseKey(child);
    for (const value of key.values) for (const cell of [...value.dataCells, value.cell]) this.space.release(cell);
    for (const cell of [...key.listCells, key.valueList, key.classCell]) if (cell !== HIVE.none) this.space.release(cell);
    this.#leaveSecurity(key.security);
    this.space.release(key.cell);
  }

  #useSecurity(bytes: Uint8Array): SecurityCell {
    let entry = this.#security.find((each) => each.bytes.length === bytes.length && each.bytes.every((byte, i) => byte === bytes[i]));
    if (!entry) {
      const cell = this.space.allocate(20 + bytes.length);
      const view = this.space.data(cell);
      view.setUint16(0, SK, true);
      view.setUint32(16, bytes.length, true);
      new Uint8Array(view.buffer, view.byteOffset).set(bytes, 20);
      entry = { cell, bytes, references: 0 };
      this.#security.push(entry);
      this.#linkSecurity();
    }
    entry.references++;
    this.space.data(entry.cell).setUint32(12, entry.references, true);
    return entry;
  }

  #leaveSecurity(entry: SecurityCell): void {
    entry.references--;
    this.space.data(entry.cell).setUint32(12, entry.references, true);
    if (entry.references > 0) return;
    this.#security.splice(this.#security.indexOf(entry), 1);
    this.#linkSecurity();
    this.space.release(entry.cell);
  }

  /** The first descriptor is the list's header: a ring, forwards and backwards. */
  #linkSecurity(): void {
    const cells = this.#security.map((entry) => entry.cell);
    cells.forEach((cell, i) => {
      const view = this.space.data(cell);
      view.setUint32(4, cells[(i + 1) % cells.length]!, true);
      view.setUint32(8, cells[(i + cells.length - 1) % cells.length]!, true);
    });
  }
}
