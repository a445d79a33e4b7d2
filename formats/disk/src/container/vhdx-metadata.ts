import { type ByteSource, Cursor, formatGuid, parseGuid } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { isPowerOfTwo, readStructure } from './file.ts';
import type { ParentReference } from './types.ts';
import type { Region } from './vhdx-regions.ts';

/** @source [MS-VHDX] 2.6, 2.6.1.1 EntryCount, 2.6.1.2 Length */
const TABLE_BYTES = 0x1_0000;
const MAX_ENTRIES = 2047;
const MAX_ITEM_BYTES = 1 << 20;

/** Largest virtual disk: 64 TiB. @source [MS-VHDX] 2.6.2.2 */
const MAX_DISK_BYTES = 2 ** 46;

/** Pairs of a parent locator that are read: five are defined. @source [MS-VHDX] 2.6.2.6.3 */
const MAX_LOCATOR_PAIRS = 256;

/** Known items. @source [MS-VHDX] 2.6.2 */
const ITEM = {
  PARAMETERS: '{caa16737-fa36-4d43-b3b6-33f0aa44e76b}',
  SIZE: '{2fa54224-cd1b-4876-b211-5dbed83bf4b8}',
  DISK_ID: '{beca12ab-b2e6-4523-93ef-c309e000c746}',
  LOGICAL_SECTOR: '{8141bf1d-a96f-4709-ba47-f233a8faab5f}',
  PHYSICAL_SECTOR: '{cda348c7-445d-4471-9cc9-e9885251c556}',
  PARENT: '{a8d35f2d-b30b-454d-abf7-d3d84834ab0c}',
} as const;
const KNOWN: readonly string[] = Object.values(ITEM);

/** Locator of a VHDX parent. @source [MS-VHDX] 2.6.2.6.3 */
const VHDX_PARENT = '{b04aefb7-d19e-4a81-b789-25b8e9445913}';

/** What the metadata say of the disk. */
export interface VhdxMetadata {
  readonly blockBytes: number;
  /** Blocks stay allocated: a fixed disk. */
  readonly leaveAllocated: boolean;
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  /** Present when the disk has a parent. */
  readonly parent?: ParentReference;
}

interface Item {
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * Reads the metadata region.
 * @throws {DiskError} CONTAINER_HEADER for a damaged table or a missing item, CONTAINER_UNSUPPORTED for a required item nobody here knows,
 * CONTAINER_LIMIT for impossible sizes.
 */
export function readMetadata(source: ByteSource, region: Region): VhdxMetadata {
  const items = readItems(source, region);
  const item = (id: string, size: number, what: string): Cursor => {
    const place = items.get(id);
    if (place === undefined || place.sizeBytes < size)
      throw new DiskError('CONTAINER_HEADER', what, { offset: region.offset, need: size, have: place?.sizeBytes ?? 0 });
    return new Cursor(readStructure(source, place.offset, size, what), 0, place.offset);
  };
  const parameters = item(ITEM.PARAMETERS, 8, 'file parameters');
  const blockBytes = parameters.u32('block size');
  const flags = parameters.u32('flags');
  if (!isPowerOfTwo(blockBytes) || blockBytes < 1 << 20 || blockBytes > 1 << 28) {
    throw new DiskError('CONTAINER_LIMIT', 'block size', {
      offset: parameters.origin,
      need: 'a power of two from 1 MiB to 256 MiB',
      have: blockBytes,
    });
  }
  const sectors = item(ITEM.LOGICAL_SECTOR, 4, 'logical sector size');
  const sectorBytes = sectors.u32('logical sector size');
  if (sectorBytes !== 512 && sectorBytes !== 4096) {
    throw new DiskError('CONTAINER_LIMIT', 'logical sector size', { offset: sectors.origin, need: '512 or 4096', have: sectorBytes });
  }
  const sizes = item(ITEM.SIZE, 8, 'virtual disk size');
  const size = sizes.u64('virtual disk size');
  if (size === 0n || size > BigInt(MAX_DISK_BYTES) || size % BigInt(sectorBytes) !== 0n) {
    throw new DiskError('CONTAINER_LIMIT', 'virtual disk size', {
      offset: sizes.origin,
      need: `sectors, at most ${MAX_DISK_BYTES}`,
      have: String(size),
    });
  }
  const common = { blockBytes, sizeBytes: Number(size), sectorBytes };
  if ((flags & 2) === 0) return { ...common, leaveAllocated: (flags & 1) !== 0 };
  const place = items.get(ITEM.PARENT);
  const locator = item(ITEM.PARENT, Math.max(20, place?.sizeBytes ?? 0), 'parent locator');
  return { ...common, leaveAllocated: false, parent: readLocator(locator) };
}

function readItems(source: ByteSource, region: Region): Map<string, Item> {
  const cursor = new Cursor(readStructure(source, region.offset, TABLE_BYTES, 'metadata table'), 0, region.offset);
  if (cursor.latin1(8, 'signature') !== 'metadata') throw new DiskError('CONTAINER_HEADER', 'metadata table', { offset: region.offset });
  cursor.skip(2, 'reserved');
  const count = cursor.u16('entry count');
  if (count > MAX_ENTRIES)
    throw new DiskError('CONTAINER_LIMIT', 'metadata items', { offset: region.offset + 10, need: `at most ${MAX_ENTRIES}`, have: count });
  cursor.skip(20, 'reserved');
  const items = new Map<string, Item>();
  for (let i = 0; i < count; i++) {
    const at = region.offset + cursor.position;
    const id = cursor.guid('item');
    const offset = cursor.u32('item offset');
    const sizeBytes = cursor.u32('item length');
    const flags = cursor.u32('item flags');
    cursor.skip(4, 'reserved');
    // Items of users never say what the disk is, and may have any id.
    if ((flags & 1) !== 0) continue;
    if (!KNOWN.includes(id)) {
      if ((flags & 4) === 0) continue;
      throw new DiskError('CONTAINER_UNSUPPORTED', `required metadata item ${id}`, { offset: at });
    }
    if (items.has(id)) throw new DiskError('CONTAINER_HEADER', `metadata item ${id} twice`, { offset: at });
    if (offset < TABLE_BYTES || sizeBytes > MAX_ITEM_BYTES || offset + sizeBytes > region.sizeBytes) {
      throw new DiskError('CONTAINER_HEADER', `place of metadata item ${id}`, {
        offset: at + 16,
        need: region.sizeBytes,
        have: offset + sizeBytes,
      });
    }
    items.set(id, { offset: region.offset + offset, sizeBytes });
  }
  return items;
}

/** Paths in the order they are to be tried. @source [MS-VHDX] 2.6.2.6.3 */
const PATHS = ['relative_path', 'volume_path', 'absolute_win32_path'];
const LINKS = ['parent_linkage', 'parent_linkage2'];

function readLocator(cursor: Cursor): ParentReference {
  const type = cursor.guid('locator type');
  if (type !== VHDX_PARENT) throw new DiskError('CONTAINER_UNSUPPORTED', `parent locator ${type}`, { offset: cursor.origin });
  cursor.skip(2, 'reserved');
  const count = cursor.u16('pairs');
  const pairs = new Map<string, string>();
  const fits = (offset: number, length: number) => offset + length <= cursor.bytes.length;
  for (let i = 0; i < Math.min(count, MAX_LOCATOR_PAIRS) && fits(20 + i * 12, 12); i++) {
    cursor.seek(20 + i * 12, 'pair');
    const [keyAt, valueAt, keySize, valueSize] = [
      cursor.u32('key'),
      cursor.u32('value'),
      cursor.u16('key length'),
      cursor.u16('value length'),
    ];
    if (!fits(keyAt, keySize) || !fits(valueAt, valueSize)) continue;
    pairs.set(cursor.seek(keyAt, 'key').utf16(keySize, 'key'), cursor.seek(valueAt, 'value').utf16(valueSize, 'value'));
  }
  const ids = LINKS.flatMap((key) => {
    const guid = parseGuid(pairs.get(key) ?? '');
    return guid === undefined ? [] : [formatGuid(guid)];
  });
  if (ids.length === 0) throw new DiskError('CONTAINER_HEADER', 'parent linkage', { offset: cursor.origin });
  return { paths: PATHS.flatMap((key) => pairs.get(key) ?? []), ids };
}
