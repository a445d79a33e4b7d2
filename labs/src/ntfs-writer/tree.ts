import { isShortName, upCase } from './names.ts';
import type { WriteEntry, WriteNtfs } from './types.ts';

/** A name of a file in a folder. */
export interface NodeName {
  readonly parent: Node;
  readonly name: string;
  readonly nameSpace: number;
}

/** A file or folder with its record. */
export interface Node {
  readonly path: string;
  readonly entry: WriteEntry;
  readonly record: number;
  readonly sequence: number;
  readonly directory: boolean;
  readonly names: NodeName[];
}

/** Number of the record of a system file; entries of the root first. */
export const SYSTEM = {
  $MFT: 0,
  $MFTMirr: 1,
  $LogFile: 2,
  $Volume: 3,
  $AttrDef: 4,
  '.': 5,
  $Bitmap: 6,
  $Boot: 7,
  $BadClus: 8,
  $Secure: 9,
  $UpCase: 10,
  $Extend: 11,
} as const;

/** Files of $Extend. */
export const EXTEND = { $Quota: 24, $ObjId: 25, $Reparse: 26 } as const;

/** Number of the first file's record, as mkntfs and ntfs-3g give it. */
export const FIRST_RECORD = 64;

/** Records 12 to 15 are in use and have no name. */
export const RESERVED = { from: 12, to: 15 } as const;
/** Records 16 to 23 are used by nothing else: $MFT has its extension records there. */
export const UNUSED = { from: 16, to: 23 } as const;
/** The sequence number of a record below is its own number. */
const OWN_SEQUENCE_BELOW = 24;

/** Sequence number of a record that no entry asks for another. */
export function sequenceOf(record: number): number {
  return record > 0 && record < OWN_SEQUENCE_BELOW ? record : 1;
}

/** Paths are keys as the volume compares names. */
export const keyOf = (path: string): string => upCase(path);

/** All nodes by the keys of their paths. */
export interface NodeTree {
  readonly root: Node;
  readonly nodes: readonly Node[];
  /** First record number that is still free. */
  readonly nextRecord: number;
}

/** Gives every entry, and every missing folder above one, a record. @throws {RangeError} a name twice, or below something that is no folder. */
export function nodeTree(spec: WriteNtfs): NodeTree {
  let next = spec.firstRecord ?? FIRST_RECORD;
  if (next < 27) throw new RangeError('the first record is at least 27');
  const nodes: Node[] = [];
  const byKey = new Map<string, Node>();
  const system = (name: string, record: number, parent: Node | undefined, directory: boolean): Node => {
    const path = parent === undefined || parent.path === '' ? name : `${parent.path}\\${name}`;
    // System files are hidden (2) and of the system (4).
    const node: Node = {
      path: record === SYSTEM['.'] ? '' : path,
      entry: { path, directory, dosAttributes: 6 },
      record,
      sequence: sequenceOf(record),
      directory,
      names: [],
    };
    node.names.push({ parent: parent ?? node, name, nameSpace: 3 });
    nodes.push(node);
    byKey.set(keyOf(node.path), node);
    return node;
  };
  const root = system('.', SYSTEM['.'], undefined, true);
  for (const [name, record] of Object.entries(SYSTEM)) if (name !== '.') system(name, record, root, name === '$Extend');
  const extend = byKey.get(keyOf('$Extend'))!;
  for (const [name, record] of Object.entries(EXTEND)) system(name, record, extend, false);

  const folder = (path: string): Node => {
    const there = byKey.get(keyOf(path));
    if (!there) return add({ path, directory: true });
    if (!there.directory) throw new RangeError(`${path} is no folder`);
    return there;
  };
  const named = (node: Node, path: string, dosName: string | undefined, nameSpace: number | undefined): void => {
    const cut = path.lastIndexOf('\\');
    const parent = folder(cut < 0 ? '' : path.slice(0, cut));
    const name = path.slice(cut + 1);
    const all: NodeName[] = dosName
      ? [
          { parent, name, nameSpace: 1 },
          { parent, name: dosName, nameSpace: 2 },
        ]
      : [{ parent, name, nameSpace: nameSpace ?? (isShortName(name) ? 3 : 1) }];
    for (const each of all) {
      const key = keyOf(parent.path === '' ? each.name : `${parent.path}\\${each.name}`);
      if (!node.entry.deleted) {
        if (byKey.has(key)) throw new RangeError(`${path}: ${each.name} is there twice`);
        byKey.set(key, node);
      }
      node.names.push(each);
    }
  };
  const add = (entry: WriteEntry): Node => {
    const parts = entry.path.split('\\');
    if (parts.some((part) => part === '' || part.includes('/'))) throw new RangeError(`${entry.path} is no path`);
    if (parts.length > 1) folder(parts.slice(0, -1).join('\\'));
    const record = next++;
    const node: Node = {
      path: entry.path,
      entry,
      record,
      sequence: entry.sequence ?? 1,
      directory: entry.directory === true,
      names: [],
    };
    nodes.push(node);
    named(node, entry.path, entry.dosName, entry.nameSpace);
    for (const link of entry.links ?? []) named(node, link.path, link.dosName, undefined);
    return node;
  };
  // An entry for a folder that an earlier one already needed describes that folder: folders with a description come first.
  const described = new Map((spec.entries ?? []).filter((each) => each.directory).map((each) => [keyOf(each.path), each]));
  const done = new Set<WriteEntry>();
  const ensure = (entry: WriteEntry): void => {
    if (done.has(entry)) return;
    done.add(entry);
    for (const path of [entry.path, ...(entry.links ?? []).map((each) => each.path)]) {
      const parts = path.split('\\');
      for (let i = 1; i < parts.length; i++) {
        const above = described.get(keyOf(parts.slice(0, i).join('\\')));
        if (above && above !== entry) ensure(above);
      }
    }
    add(entry);
  };
  for (const entry of spec.entries ?? []) ensure(entry);
  return { root, nodes, nextRecord: next };
}
