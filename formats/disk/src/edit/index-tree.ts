import { viewOf } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { MAX_INDEX_DEPTH } from '../ntfs/limits.ts';
import { ATTRIBUTE, type FileReference, type NtfsFile, type NtfsVolume } from '../ntfs/types.ts';
import { BLOCK_HEADER, type NameValue, type NodeEntry, nodeEntries, ROOT_HEADER } from './index-node.ts';
import type { BlockImage, BlockImages } from './session.ts';

/** Name of a directory's index. */
export const INDEX_NAME = '$I30';
/** COLLATION_FILE_NAME, the order of a directory's index. @source Linux-NTFS documentation, "$INDEX_ROOT" */
const COLLATION_FILE_NAME = 1;
/** Entries of one name that are collected: more than one is refused anyway. */
const MAX_SAME = 8;

/** An index entry with where it stands and what stands next to it in the order of the whole tree. */
export interface LocatedEntry {
  readonly image: BlockImage;
  readonly reference: FileReference;
  readonly key: NameValue;
  /** Entries of its node, without the last one that has no name. */
  readonly nodeEntries: number;
}

/** What a search found: all entries that compare equal to a name, and the names next to them. */
export interface NameSearch {
  readonly found: readonly LocatedEntry[];
  readonly before: string | undefined;
  readonly after: string | undefined;
}

interface Node {
  readonly image: BlockImage;
  readonly entries: readonly NodeEntry[];
}

/** Bytes a VCN of an index counts: clusters, or 512 bytes when an index block is smaller than a cluster. @source Linux-NTFS documentation, "$INDEX_ROOT" */
export function indexUnit(volume: NtfsVolume): number {
  const { clusterBytes, indexBytes } = volume.boot;
  return indexBytes < clusterBytes ? 512 : clusterBytes;
}

/** The index tree of a directory inside an edit: nodes are read through the session, so that a later search sees what was changed before. */
export class IndexTree {
  readonly #session: BlockImages;
  readonly #directory: NtfsFile;

  /** @param directory its file, read anew by the caller. */
  constructor(session: BlockImages, directory: NtfsFile) {
    this.#session = session;
    this.#directory = directory;
  }

  /**
   * Every entry that compares equal to a name, wherever in the tree, and its neighbours. Reads only the nodes on the way.
   * @throws {DiskError} EDIT_TORN for a node that cannot be understood, a loop or a tree too deep.
   */
  search(name: string): NameSearch {
    const found: LocatedEntry[] = [];
    let before: string | undefined;
    let after: string | undefined;
    const { volume } = this.#session;
    const visit = (node: Node, visited: readonly number[]): void => {
      const below = (entry: NodeEntry | undefined): void => {
        if (entry?.child !== undefined) visit(this.#child(entry.child, visited), [...visited, entry.child]);
      };
      for (const entry of node.entries) {
        const order = entry.key ? volume.compareNames(name, entry.key.name) : -1;
        if (order > 0) {
          before = entry.key?.name;
          continue;
        }
        // What sorts before this entry and behind the one before it: the only place below where the name, or a neighbour, can be.
        if (order < 0 && entry.key) after = entry.key.name;
        below(entry);
        if (order < 0) return;
        if (entry.key) {
          if (found.length >= MAX_SAME) return;
          found.push({ image: node.image, reference: entry.reference, key: entry.key, nodeEntries: node.entries.length - 1 });
        }
      }
    };
    visit(this.#root(), []);
    return { found, before, after };
  }

  #root(): Node {
    const session = this.#session;
    const place = this.#attribute(ATTRIBUTE.indexRoot)?.places[0];
    if (!place) throw new DiskError('EDIT_TORN', `$INDEX_ROOT of directory ${this.#directory.reference.record}`);
    const image = session.record(place.record);
    const attribute = session.parsed(place.record).attributes.find(({ offset }) => offset === place.offset);
    const value = attribute?.type === ATTRIBUTE.indexRoot && attribute.name === INDEX_NAME ? attribute.value : undefined;
    if (!value || value.length < ROOT_HEADER) throw session.torn(`${image.what}: $INDEX_ROOT`, image);
    const view = viewOf(image.bytes);
    if (
      view.getUint32(value.offset, true) !== ATTRIBUTE.fileName ||
      view.getUint32(value.offset + 4, true) !== COLLATION_FILE_NAME ||
      view.getUint32(value.offset + 8, true) !== session.volume.boot.indexBytes
    ) {
      throw session.torn(`${image.what}: header of $INDEX_ROOT`, image);
    }
    return this.#node(image, value.offset + ROOT_HEADER, value.offset + value.length);
  }

  #child(vcn: number, visited: readonly number[]): Node {
    const session = this.#session;
    const { record } = this.#directory.reference;
    const { indexBytes } = session.volume.boot;
    const position = vcn * indexUnit(session.volume);
    const allocation = this.#attribute(ATTRIBUTE.indexAllocation);
    if (visited.includes(vcn) || visited.length >= MAX_INDEX_DEPTH)
      throw new DiskError('EDIT_TORN', `index of directory ${record}: loop at VCN ${vcn}`);
    if (!allocation || !(position >= 0 && position + indexBytes <= allocation.initializedBytes) || position % indexBytes !== 0) {
      throw new DiskError('EDIT_TORN', `index of directory ${record}: VCN ${vcn}`);
    }
    const image = session.indexBlock(this.#directory, allocation.runs, position);
    if (Number(viewOf(image.bytes).getBigUint64(0x10, true)) !== vcn) throw session.torn(`${image.what}: its own VCN`, image);
    return this.#node(image, BLOCK_HEADER, image.bytes.length);
  }

  #node(image: BlockImage, header: number, limit: number): Node {
    const entries = nodeEntries(image.bytes, header, limit);
    if (typeof entries === 'string') throw this.#session.torn(`${image.what}: ${entries}`, image);
    // Equal names are there in folders that tell upper from lower case.
    const { volume } = this.#session;
    const misplaced = entries.some(({ key }, i) => key && i > 0 && volume.compareNames(entries[i - 1]?.key?.name ?? '', key.name) > 0);
    if (misplaced) throw this.#session.torn(`${image.what}: order of entries`, image);
    return { image, entries };
  }

  #attribute(type: number): NtfsFile['attributes'][number] | undefined {
    return this.#directory.attributes.find((attribute) => attribute.type === type && attribute.name === INDEX_NAME);
  }
}
