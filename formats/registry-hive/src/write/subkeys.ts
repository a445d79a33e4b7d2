import { HiveError } from '../errors.ts';
import { KEY_COMP_NAME, LAST_MINOR_WITHOUT_BIG_DATA, LF, LH, LI, NK, NOWHERE, RI } from '../layout.ts';
import { keyNameHash, upcase } from '../names.ts';
import type { Draft } from './draft.ts';
import type { FreeCells } from './free-cells.ts';
import { cellOf, KEY, need, refuse, relativeOf } from './raw.ts';

/** Most elements of one list as Windows makes them: what fits a bin of one page, by the size of an element. Longer ones are split when they change. */
const MOST_OF_4 = 1012;
const MOST_OF_8 = 506;
/** Most elements of any list: its count has 16 bits. */
const MOST = 0xffff;
/** Minor versions above it have lists with hashes. @source msuhanov/regf "Hash leaf" */
const LAST_MINOR_WITHOUT_HASHES = 4;

interface Element {
  /** Relative offset of the key. */
  readonly key: number;
  /** First characters or hash of its name, as the kind of the list has them. */
  readonly hint: number;
}

interface Leaf {
  /** File offset of the cell. */
  readonly cell: number;
  readonly mark: number;
  readonly elements: readonly Element[];
}

/** The list of a key's subkeys as it is stored. */
export interface KeyList {
  readonly leaves: readonly Leaf[];
  /** File offset of the index root above several leaves. */
  readonly root: number | undefined;
}

/** The file offsets of a list's cells. */
export const cellsOfList = ({ leaves, root }: KeyList): number[] => [
  ...leaves.map(({ cell }) => cell),
  ...(root === undefined ? [] : [root]),
];

/** Keys of a list, by relative offset. */
export const keysOfList = ({ leaves }: KeyList): number[] => leaves.flatMap(({ elements }) => elements.map(({ key }) => key));

const wide = (mark: number): boolean => mark === LF || mark === LH;

/** Reads the list of the key whose cell is at `cell`. @source msuhanov/regf "Index leaf", "Fast leaf", "Hash leaf", "Index root" */
export function readKeyList(draft: Draft, cell: number): KeyList {
  const fields = need(draft, cell, KEY.name, 'key');
  if (fields.getUint32(KEY.subkeys, true) === 0) return { leaves: [], root: undefined };
  const top = cellOf(fields.getUint32(KEY.subkeyList, true));
  const head = need(draft, top + 4, 4, 'subkeys list');
  if (head.getUint16(0, true) !== RI) return { leaves: [readLeaf(draft, top)], root: undefined };
  const count = head.getUint16(2, true);
  const list = need(draft, top + 8, count * 4, 'subkeys list');
  return { leaves: Array.from({ length: count }, (_, i) => readLeaf(draft, cellOf(list.getUint32(i * 4, true)))), root: top };
}

function readLeaf(draft: Draft, cell: number): Leaf {
  const head = need(draft, cell + 4, 4, 'subkeys list');
  const mark = head.getUint16(0, true);
  if (mark !== LI && !wide(mark)) refuse('subkeys list', cell);
  const count = head.getUint16(2, true);
  const width = wide(mark) ? 8 : 4;
  const list = need(draft, cell + 8, count * width, 'subkeys list');
  const elements = Array.from({ length: count }, (_, i) => ({
    key: list.getUint32(i * width, true),
    hint: wide(mark) ? list.getUint32(i * width + 4, true) : 0,
  }));
  return { cell, mark, elements };
}

/** Name of the key at a relative offset. */
function nameAt(draft: Draft, relative: number): string {
  const cell = cellOf(relative);
  const fields = need(draft, cell, KEY.name, 'key');
  if (fields.getUint16(4, true) !== NK) refuse('key', cell);
  const name = need(draft, cell + KEY.name, fields.getUint16(KEY.nameLength, true), 'key name');
  const ascii = (fields.getUint16(KEY.flags, true) & KEY_COMP_NAME) !== 0;
  let text = '';
  for (let at = 0; at + (ascii ? 1 : 2) <= name.byteLength; at += ascii ? 1 : 2) {
    text += String.fromCharCode(ascii ? name.getUint8(at) : name.getUint16(at, true));
  }
  return text;
}

/** First four characters of a name; the first byte is null when one of them needs more than one. @source msuhanov/regf "Fast leaf" */
function nameHint(name: string): number {
  let hint = 0;
  for (let i = 0; i < 4 && i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code > 0xff) return (hint & ~0xff) >>> 0;
    hint |= code << (i * 8);
  }
  return hint >>> 0;
}

/**
 * Adds a key to a list, in the order of upper-case names, in a leaf of the kind its list has.
 * @returns relative offset of the new list, whose changed cells are new; nothing refers to it yet.
 */
export function withKey(
  draft: Draft,
  cells: FreeCells,
  list: KeyList,
  added: { readonly name: string; readonly key: number },
  minor: number,
): number {
  const upper = upcase(added.name);
  let at = list.leaves.length - 1;
  let position = list.leaves.at(-1)?.elements.length ?? 0;
  // From the end: lists are usually sorted, and new names of a series come last.
  for (let leaf = list.leaves.length - 1; leaf >= 0; leaf--) {
    const { elements } = list.leaves[leaf]!;
    let before = elements.length;
    while (before > 0 && upcase(nameAt(draft, elements[before - 1]!.key)) > upper) before--;
    at = leaf;
    position = before;
    if (before > 0) break;
  }
  const old = list.leaves[at];
  const mark = old?.mark ?? (minor > LAST_MINOR_WITHOUT_HASHES ? LH : minor >= LAST_MINOR_WITHOUT_BIG_DATA ? LF : LI);
  const element = { key: added.key, hint: mark === LH ? keyNameHash(upper) : nameHint(added.name) };
  const elements = old === undefined ? [element] : old.elements.toSpliced(position, 0, element);
  const half = Math.ceil(elements.length / 2);
  const parts = elements.length > (wide(mark) ? MOST_OF_8 : MOST_OF_4) ? [elements.slice(0, half), elements.slice(half)] : [elements];
  return stored(cells, list, at, mark, parts);
}

/** Takes a key out of a list. @returns as {@link withKey}; NOWHERE when the list is empty then. */
export function withoutKey(cells: FreeCells, list: KeyList, key: number): number {
  const at = list.leaves.findIndex(({ elements }) => elements.some((element) => element.key === key));
  const leaf = list.leaves[at] ?? refuse('subkeys list', cellOf(key));
  const rest = leaf.elements.filter((element) => element.key !== key);
  if (rest.length > 0) return stored(cells, list, at, leaf.mark, [rest]);
  return list.leaves.length === 1 ? NOWHERE : stored(cells, list, at, leaf.mark, []);
}

/** Stores the parts that take the place of the leaf at `at`, and an index root where several leaves remain. */
function stored(cells: FreeCells, list: KeyList, at: number, mark: number, parts: readonly (readonly Element[])[]): number {
  const made = parts.map((elements) => relativeOf(cells.store(leafBytes(mark, elements))));
  const leaves = list.leaves.map(({ cell }) => relativeOf(cell));
  leaves.splice(Math.max(0, at), at < 0 ? 0 : 1, ...made);
  if (leaves.length === 1) return leaves[0]!;
  if (leaves.length > MOST) throw new HiveError('HIVE_EDIT_SIZE', 'subkeys list');
  const root = new DataView(new ArrayBuffer(4 + leaves.length * 4));
  root.setUint16(0, RI, true);
  root.setUint16(2, leaves.length, true);
  leaves.forEach((leaf, i) => {
    root.setUint32(4 + i * 4, leaf, true);
  });
  return relativeOf(cells.store(new Uint8Array(root.buffer)));
}

function leafBytes(mark: number, elements: readonly Element[]): Uint8Array {
  const width = wide(mark) ? 8 : 4;
  const view = new DataView(new ArrayBuffer(4 + elements.length * width));
  view.setUint16(0, mark, true);
  view.setUint16(2, elements.length, true);
  elements.forEach(({ key, hint }, i) => {
    view.setUint32(4 + i * width, key, true);
    if (width === 8) view.setUint32(8 + i * width, hint, true);
  });
  return new Uint8Array(view.buffer);
}

/** Cells of a list that its successor does not use. */
export function replacedCells(draft: Draft, before: KeyList, cell: number): number[] {
  const kept = new Set(cellsOfList(readKeyList(draft, cell)));
  return cellsOfList(before).filter((old) => !kept.has(old));
}
