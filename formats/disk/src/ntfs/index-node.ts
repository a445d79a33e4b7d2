import { viewOf } from '@winmedic/bytes';
import { count64 } from './numbers.ts';

/** Entry of an index node. */
export interface IndexEntry {
  /** Byte offset in the block, or in the value of $INDEX_ROOT. */
  readonly offset: number;
  /** The whole entry. */
  readonly bytes: Uint8Array;
  /** The key; empty for the last entry, which has none. */
  readonly key: Uint8Array;
  /** Node with what sorts before the key. */
  readonly child: number | undefined;
  readonly isLast: boolean;
}

/** Bytes of an entry's header. */
const ENTRY_BYTES = 16;

/**
 * Entries of a node.
 * @param block the INDX block with fixups resolved, or the value of $INDEX_ROOT. @param header offset of the index header in it.
 * @returns the entries up to the last, or up to what cannot be one: then `whole` is false.
 * @source Linux-NTFS documentation, "Index header" and "Index entry"
 */
export function parseNode(block: Uint8Array, header: number): { readonly entries: readonly IndexEntry[]; readonly whole: boolean } {
  const entries: IndexEntry[] = [];
  if (header + 16 > block.length) return { entries, whole: false };
  const view = viewOf(block);
  const end = header + view.getUint32(header + 4, true);
  let offset = header + view.getUint32(header, true);
  if (end > block.length || offset < header + 16 || offset % 8 !== 0) return { entries, whole: false };
  while (offset + ENTRY_BYTES <= end) {
    const length = view.getUint16(offset + 8, true);
    const keyBytes = view.getUint16(offset + 10, true);
    const flags = view.getUint16(offset + 12, true);
    const isLast = (flags & 2) !== 0;
    const hasChild = (flags & 1) !== 0;
    const content = length - (hasChild ? 8 : 0);
    if (length % 8 !== 0 || content < ENTRY_BYTES + (isLast ? 0 : keyBytes) || offset + length > end) return { entries, whole: false };
    const child = hasChild ? count64(view, offset + length - 8) : undefined;
    const bytes = block.subarray(offset, offset + length);
    entries.push({ offset, bytes, key: bytes.subarray(ENTRY_BYTES, ENTRY_BYTES + (isLast ? 0 : keyBytes)), child, isLast });
    if (isLast) return { entries, whole: true };
    offset += length;
  }
  return { entries, whole: false };
}
