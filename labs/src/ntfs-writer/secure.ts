import { joinBytes } from '@winmedic/bytes';
import { type IndexEntry, viewEntry } from './names.ts';
import { alignUp, viewOf } from './numbers.ts';

/** $SDS keeps each block of 256 KiB twice, one behind the other. @source Linux-NTFS "$Secure" */
const MIRROR = 0x4_0000;
const HEADER = 20;
/** Ids below are reserved. */
const FIRST_ID = 0x100;

/** S-1-5-32-544, the owner; S-1-1-0, whom everything is allowed, inherited by files and folders below. */
const ADMINISTRATORS = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
const EVERYONE = [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];

/** A descriptor that allows everybody everything. @source [MS-DTYP] 2.4.6 */
export const OPEN_DESCRIPTOR: Uint8Array = (() => {
  const dacl = 20 + 2 * ADMINISTRATORS.length;
  const out = new Uint8Array(dacl + 8 + 8 + EVERYONE.length);
  const view = viewOf(out);
  view.setUint8(0, 1);
  view.setUint16(2, 0x8004, true);
  view.setUint32(4, 20, true);
  view.setUint32(8, 20 + ADMINISTRATORS.length, true);
  view.setUint32(16, dacl, true);
  out.set(ADMINISTRATORS, 20);
  out.set(ADMINISTRATORS, 20 + ADMINISTRATORS.length);
  view.setUint8(dacl, 2);
  view.setUint16(dacl + 2, 8 + 8 + EVERYONE.length, true);
  view.setUint16(dacl + 4, 1, true);
  view.setUint8(dacl + 9, 3);
  view.setUint16(dacl + 10, 8 + EVERYONE.length, true);
  view.setUint32(dacl + 12, 0x1f_01ff, true);
  out.set(EVERYONE, dacl + 16);
  return out;
})();

/** Security id of a descriptor by its place in the list. */
export function securityId(index: number): number {
  return FIRST_ID + index;
}

/** Sum over 32-bit words, rotated by 3 before each. @source Linux-NTFS "$Secure" (hash of $SDH) */
function hashOf(descriptor: Uint8Array): number {
  const view = viewOf(descriptor);
  let hash = 0;
  for (let at = 0; at + 4 <= descriptor.length; at += 4) hash = (view.getUint32(at, true) + ((hash << 3) | (hash >>> 29))) >>> 0;
  return hash;
}

/** Contents of $Secure. */
export interface SecureStreams {
  readonly sds: Uint8Array;
  /** Entries of $SII (by id) and of $SDH (by hash, then id), in collation order. */
  readonly sii: readonly IndexEntry[];
  readonly sdh: readonly IndexEntry[];
}

/** Contents of $Secure for descriptors with ids from 0x100 on. @throws {RangeError} more than one block of $SDS. */
export function secureStreams(descriptors: readonly Uint8Array[]): SecureStreams {
  let at = 0;
  const placed = descriptors.map((descriptor, i) => {
    const header = new Uint8Array(HEADER);
    const view = viewOf(header);
    const hash = hashOf(descriptor);
    const id = securityId(i);
    view.setUint32(0, hash, true);
    view.setUint32(4, id, true);
    view.setBigUint64(8, BigInt(at), true);
    view.setUint32(16, HEADER + descriptor.length, true);
    const here = { at, header, descriptor, hash, id };
    at = alignUp(at + HEADER + descriptor.length, 16);
    return here;
  });
  const last = placed.at(-1);
  const used = last ? last.at + HEADER + last.descriptor.length : 0;
  if (used > MIRROR) throw new RangeError('more security descriptors than one block of $SDS holds');
  const sds = new Uint8Array(MIRROR + used);
  for (const each of placed) {
    for (const from of [0, MIRROR]) {
      sds.set(each.header, from + each.at);
      sds.set(each.descriptor, from + each.at + HEADER);
    }
  }
  const key = (...words: number[]): Uint8Array => new Uint8Array(Uint32Array.from(words).buffer);
  return {
    sds,
    sii: placed.map((each) => viewEntry(key(each.id), each.header, String(each.id))),
    // Windows puts the letters "II" behind the header in $SDH.
    sdh: placed
      .toSorted((a, b) => a.hash - b.hash || a.id - b.id)
      .map((each) => viewEntry(key(each.hash, each.id), joinBytes(each.header, Uint8Array.of(0x49, 0, 0x49, 0)), String(each.id))),
  };
}
