import { joinBytes } from '@winmedic/bytes';
import { type Attribute, encodeExtent, TYPE } from './attribute.ts';
import { buildTree, indexRoot, type TreeBlock } from './index-tree.ts';
import type { IndexEntry } from './names.ts';
import { recordRoom, stamp } from './record.ts';
import { type Medium, type Stored, storeBytes } from './stream.ts';

/** Sizes of a volume's blocks. */
export interface Geometry {
  readonly clusterBytes: number;
  readonly recordBytes: number;
  readonly indexBytes: number;
}

/** An index to be written. */
export interface IndexSpec {
  /** `$I30`, `$SII` … */
  readonly name: string;
  /** 0x30 for names, 0 for views. */
  readonly keyType: number;
  readonly collation: number;
  readonly entries: readonly IndexEntry[];
  readonly entriesPerBlock?: number | undefined;
  readonly lsn: bigint;
  readonly stale?: readonly IndexEntry[];
  readonly fragments?: readonly number[] | undefined;
  /** Attributes the root shares its record with. */
  readonly beside: readonly Attribute[];
  /** Other attributes leave the record: an attribute list stands in their place. */
  readonly besideList: boolean;
}

/** The attributes of an index and where its blocks lie. */
export interface WrittenIndex {
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly TreeBlock[];
  readonly stored: Stored | undefined;
}

/** COLLATION_FILE_NAME and those of views. @source Linux-NTFS "$INDEX_ROOT" */
export const COLLATION = { fileName: 1, ulong: 0x10, sid: 0x11, securityHash: 0x12, ulongs: 0x13 } as const;

/** Bytes of what an index has besides the entries of its root: two attribute headers with names, a run list, a bitmap of 512 blocks. */
const LARGE_COST = 96 + 32 + 64;
/** Headers of the $INDEX_ROOT attribute: its own with the name, the root's and the node's. */
const ROOT_COST = 32 + 32;
/** $STANDARD_INFORMATION and an attribute list of some entries. */
const LIST_COST = 96 + 264;

/** Writes an index: its blocks into clusters, the rest as attributes. @throws {RangeError} volume too small or no room for the root. */
export function writeIndex(medium: Medium, geometry: Geometry, spec: IndexSpec): WrittenIndex {
  const room = recordRoom(geometry.recordBytes);
  const beside = spec.beside.reduce((sum, each) => sum + (encodeExtent(each)?.bytes.length ?? 0), 0);
  const shared = spec.besideList || beside + ROOT_COST + LARGE_COST + 200 > room ? LIST_COST : beside;
  const tree = buildTree(spec.entries, {
    blockBytes: geometry.indexBytes,
    vcnStep: geometry.indexBytes >= geometry.clusterBytes ? geometry.indexBytes / geometry.clusterBytes : geometry.indexBytes / 512,
    rootRoom: room - shared - ROOT_COST,
    rootRoomLarge: room - shared - ROOT_COST - LARGE_COST,
    entriesPerBlock: spec.entriesPerBlock,
    lsn: spec.lsn,
    stale: spec.stale ?? [],
  });
  const attributes: Attribute[] = [
    {
      type: TYPE.indexRoot,
      name: spec.name,
      body: { value: indexRoot(spec.keyType, spec.collation, geometry.indexBytes, geometry.clusterBytes, tree), flags: 0 },
    },
  ];
  if (!tree.large) return { attributes, blocks: [], stored: undefined };
  for (const { bytes } of tree.blocks) stamp(bytes);
  const stored = storeBytes(
    medium,
    joinBytes(...tree.blocks.map((each) => each.bytes)),
    spec.fragments ? { fragments: spec.fragments } : {},
  );
  const bitmap = new Uint8Array(Math.ceil(tree.blocks.length / 64) * 8);
  for (let i = 0; i < tree.used; i++) bitmap[i >> 3]! |= 1 << (i & 7);
  attributes.push(
    { type: TYPE.indexAllocation, name: spec.name, body: stored },
    {
      type: TYPE.bitmap,
      name: spec.name,
      body: bitmap.length <= 64 ? { value: bitmap, flags: 0 } : storeBytes(medium, bitmap),
    },
  );
  return { attributes, blocks: tree.blocks, stored };
}
