import { joinBytes } from '@winmedic/bytes';
import type { IndexEntry } from './names.ts';
import { alignUp, viewOf } from './numbers.ts';

const STRIDE = 512;
/** Update sequence array of an INDX block. */
const USA_AT = 0x28;
/** The index header's place in a block, and its length. */
const HEADER_AT = 0x18;
const HEADER = 16;
/** Bytes of the last entry of a node, without and with a pointer. */
const END_LEAF = 16;
const END_NODE = 24;

/** How an index is laid out. */
export interface TreeOptions {
  readonly blockBytes: number;
  /** Difference of VCN between two blocks. */
  readonly vcnStep: number;
  /** Most bytes of the value of $INDEX_ROOT when it holds everything, and when blocks hang below it. */
  readonly rootRoom: number;
  readonly rootRoomLarge: number;
  readonly entriesPerBlock?: number | undefined;
  readonly lsn: bigint;
  /** Names of entries of free blocks behind the tree. */
  readonly stale?: readonly IndexEntry[];
}

/** A finished block, not yet stamped. */
export interface TreeBlock {
  readonly vcn: number;
  readonly level: number;
  readonly names: readonly string[];
  readonly bytes: Uint8Array;
}

/** A finished index: entries of $INDEX_ROOT behind its index header, and blocks. */
export interface Tree {
  readonly rootEntries: Uint8Array;
  readonly large: boolean;
  readonly blocks: readonly TreeBlock[];
  /** Blocks of the tree; the ones behind them are free. */
  readonly used: number;
}

/** An entry as it stands in a node: with a pointer to the node of what sorts before it, or without. */
function encode(entry: IndexEntry | undefined, child: number | undefined): Uint8Array {
  const length = entry?.bytes.length ?? END_LEAF;
  const out = new Uint8Array(length + (child === undefined ? 0 : 8));
  if (entry) out.set(entry.bytes);
  const view = viewOf(out);
  view.setUint16(8, out.length, true);
  view.setUint16(12, (child === undefined ? 0 : 1) | (entry ? 0 : 2), true);
  if (child !== undefined) view.setBigUint64(out.length - 8, BigInt(child), true);
  return out;
}

/** Entries of a node: `children` has one more than `entries`, or none for a leaf. */
function encodeNode(entries: readonly IndexEntry[], children: readonly number[]): Uint8Array {
  return joinBytes(...entries.map((each, i) => encode(each, children[i])), encode(undefined, children[entries.length]));
}

/** An INDX block. @source Linux-NTFS "Index record" */
function block(vcn: number, lsn: bigint, blockBytes: number, entries: Uint8Array, hasChildren: boolean): Uint8Array {
  const out = new Uint8Array(blockBytes);
  const view = viewOf(out);
  out.set(new TextEncoder().encode('INDX'));
  view.setUint16(4, USA_AT, true);
  view.setUint16(6, blockBytes / STRIDE + 1, true);
  view.setBigUint64(8, lsn, true);
  view.setBigUint64(16, BigInt(vcn), true);
  const from = entriesAt(blockBytes);
  view.setUint32(HEADER_AT, from - HEADER_AT, true);
  view.setUint32(HEADER_AT + 4, from - HEADER_AT + entries.length, true);
  view.setUint32(HEADER_AT + 8, blockBytes - HEADER_AT, true);
  view.setUint8(HEADER_AT + 12, hasChildren ? 1 : 0);
  out.set(entries, from);
  return out;
}

/** Where entries begin in an INDX block. */
function entriesAt(blockBytes: number): number {
  return alignUp(USA_AT + 2 * (blockBytes / STRIDE + 1), 8);
}

/** Splits a level into nodes that fit; the entry between two nodes goes up. No node stays empty. */
function split(
  entries: readonly IndexEntry[],
  room: number,
  pointer: number,
  most: number,
): { readonly nodes: IndexEntry[][]; readonly up: IndexEntry[] } {
  const nodes: IndexEntry[][] = [[]];
  const up: IndexEntry[] = [];
  let used = 0;
  for (const entry of entries) {
    const node = nodes.at(-1)!;
    const bytes = entry.bytes.length + pointer;
    if (node.length > 0 && (used + bytes > room || node.length >= most)) {
      up.push(entry);
      nodes.push([]);
      used = 0;
    } else {
      node.push(entry);
      used += bytes;
    }
  }
  if (nodes.length > 1 && nodes.at(-1)!.length === 0) {
    const before = nodes.at(-2)!;
    if (before.length > 1) {
      nodes.at(-1)!.push(up.pop()!);
      up.push(before.pop()!);
    } else {
      // Two single entries: one node of both, however it was to be split.
      nodes.pop();
      before.push(up.pop()!);
    }
  }
  return { nodes, up };
}

/**
 * Builds the B-tree of an index from entries in collation order, leaves first.
 * @throws {RangeError} when an entry does not fit.
 * @source Linux-NTFS "$INDEX_ROOT", "$INDEX_ALLOCATION"
 */
export function buildTree(entries: readonly IndexEntry[], options: TreeOptions): Tree {
  const blocks: TreeBlock[] = [];
  const stale = options.stale ?? [];
  const all = encodeNode(entries, []);
  const small = all.length <= options.rootRoom && !(options.entriesPerBlock !== undefined && entries.length > options.entriesPerBlock);
  if (small && stale.length === 0) return { rootEntries: all, large: false, blocks, used: 0 };

  const room = options.blockBytes - entriesAt(options.blockBytes);
  const most = Math.max(2, options.entriesPerBlock ?? Number.POSITIVE_INFINITY);
  let level = 0;
  let here: readonly IndexEntry[] = entries;
  let children: number[] = [];
  for (;;) {
    const asRoot = level > 0 && encodeNode(here, children);
    if (asRoot && asRoot.length <= options.rootRoomLarge && here.length <= most) {
      const used = blocks.length;
      for (const entry of stale) {
        const vcn = blocks.length * options.vcnStep;
        blocks.push({
          vcn,
          level: 0,
          names: [entry.label],
          bytes: block(vcn, options.lsn, options.blockBytes, encodeNode([entry], []), false),
        });
      }
      return { rootEntries: asRoot, large: true, blocks, used };
    }
    if (level > 0 && here.length === 0) throw new RangeError('the base record has no room for an index root');
    const { nodes, up } = split(here, room - (level > 0 ? END_NODE : END_LEAF), level > 0 ? 8 : 0, most);
    const vcns: number[] = [];
    let child = 0;
    for (const node of nodes) {
      const vcn = blocks.length * options.vcnStep;
      const below = level > 0 ? children.slice(child, child + node.length + 1) : [];
      child += node.length + 1;
      const encoded = encodeNode(node, below);
      if (encoded.length > room) throw new RangeError('an index entry does not fit into its block');
      blocks.push({
        vcn,
        level,
        names: node.map((each) => each.label),
        bytes: block(vcn, options.lsn, options.blockBytes, encoded, level > 0),
      });
      vcns.push(vcn);
    }
    here = up;
    children = vcns;
    level++;
  }
}

/** Value of $INDEX_ROOT. @param keyType attribute type that is indexed (0x30), 0 for views. @param collation number of the collation rule. */
export function indexRoot(keyType: number, collation: number, blockBytes: number, clusterBytes: number, tree: Tree): Uint8Array {
  const out = new Uint8Array(HEADER + HEADER + tree.rootEntries.length);
  const view = viewOf(out);
  view.setUint32(0, keyType, true);
  view.setUint32(4, collation, true);
  view.setUint32(8, blockBytes, true);
  view.setUint8(12, blockBytes >= clusterBytes ? blockBytes / clusterBytes : blockBytes / STRIDE);
  view.setUint32(16, HEADER, true);
  view.setUint32(20, HEADER + tree.rootEntries.length, true);
  view.setUint32(24, HEADER + tree.rootEntries.length, true);
  view.setUint8(28, tree.large ? 1 : 0);
  out.set(tree.rootEntries, 32);
  return out;
}
