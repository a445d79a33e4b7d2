import { viewOf } from '@winmedic/bytes';
import type { Context } from './context.ts';
import { readFile } from './file.ts';
import { type IndexCache, IndexTree } from './index-tree.ts';
import { MAX_SECURITY_BYTES } from './limits.ts';
import { count64 } from './numbers.ts';
import { attributeSource, attributeValue } from './stream.ts';
import { ATTRIBUTE, type NtfsFile, RECORD } from './types.ts';

/** Header of an entry in $SDS: hash, security id, offset, length. The same fields are the data of an entry of $SII. */
const HEADER_BYTES = 20;
/** Each 256 KiB of $SDS are followed by a copy of themselves. */
const COPY_DISTANCE = 0x4_0000;
/** Data of a view index entry: offset in the entry u16 at 0, length u16 at 2. */
const INDEX_NAME = '$SII';
const STREAM_NAME = '$SDS';

/**
 * The self-relative security descriptor of a file: its own attribute ($SECURITY_DESCRIPTOR, NTFS before 3.0 and a few system files), or the one of its
 * security id in $Secure, found through $SII and checked by its hash. Undefined when there is none, or none that is whole (told).
 * @source Linux-NTFS documentation, "$Secure"
 */
export function securityDescriptor(context: Context, cache: IndexCache, file: NtfsFile): Uint8Array | undefined {
  const own = file.attributes.find((attribute) => attribute.type === ATTRIBUTE.securityDescriptor);
  if (own !== undefined) return attributeValue(context, own, MAX_SECURITY_BYTES);
  const id = file.securityId;
  if (id === 0) return undefined;
  const at = context.table.place(RECORD.secure)?.[0]?.offset ?? 0;
  const missing = (need: string, have: string): undefined =>
    context.tell('NTFS_SECURITY', at, `security id ${id}`, need, have) as undefined;
  const secure = readFile(context, RECORD.secure);
  const tree = secure === undefined ? undefined : IndexTree.of(context, cache, secure, INDEX_NAME);
  const stream = secure?.attributes.find((attribute) => attribute.type === ATTRIBUTE.data && attribute.name === STREAM_NAME);
  if (tree === undefined || stream === undefined) return missing('$SII and $SDS', 'none');
  const position = (key: Uint8Array): -1 | 0 | 1 => {
    const other = key.length < 4 ? id : viewOf(key).getUint32(0, true);
    return other < id ? -1 : other > id ? 1 : 0;
  };
  for (const { entry } of tree.range(position)) {
    const view = viewOf(entry.bytes);
    const from = view.getUint16(0, true);
    if (entry.key.length < 4 || view.getUint16(2, true) < HEADER_BYTES || from + HEADER_BYTES > entry.bytes.length) continue;
    const offset = count64(view, from + 8);
    const size = view.getUint32(from + 16, true);
    if (offset < 0 || size <= HEADER_BYTES || size - HEADER_BYTES > MAX_SECURITY_BYTES) continue;
    const source = attributeSource(context, stream);
    for (const place of [offset, offset + COPY_DISTANCE]) {
      const bytes = new Uint8Array(size);
      if (source.readAt(place, bytes) < size) continue;
      const header = viewOf(bytes);
      const descriptor = bytes.subarray(HEADER_BYTES);
      if (header.getUint32(4, true) === id && header.getUint32(0, true) === descriptorHash(descriptor)) return descriptor;
    }
    return missing('a descriptor with its hash', 'another one');
  }
  return missing('an entry of $SII', 'none');
}

/** Hash of $SDS: over whole 32-bit words, rotated left by three bits before each is added. */
function descriptorHash(descriptor: Uint8Array): number {
  const view = viewOf(descriptor);
  let hash = 0;
  for (let at = 0; at + 4 <= descriptor.length; at += 4) hash = (view.getUint32(at, true) + ((hash << 3) | (hash >>> 29))) >>> 0;
  return hash;
}
