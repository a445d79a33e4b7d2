import { seal } from './base-block.ts';
import { sealLogEntry } from './log.ts';
import { upperName } from './names.ts';
import { HIVE } from './types.ts';

/** Every function here returns a damaged copy and leaves its input alone. Offsets are file offsets unless said otherwise. */

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Where the cells of a key lie (file offsets of their size fields; absent: none). */
export interface KeyPlace {
  readonly key: number;
  readonly subkeyList?: number;
  readonly valueList?: number;
  readonly security: number;
  /** Value cells in stored order. */
  readonly values: readonly number[];
  /** Subkey cells in stored order. */
  readonly subkeys: readonly number[];
}

/** Finds a key of an undamaged hive by its path below the root. @throws {RangeError} when there is none. */
export function keyPlace(hive: Uint8Array, path: string): KeyPlace {
  let place = placeAt(hive, viewOf(hive).getUint32(36, true));
  for (const part of path === '' ? [] : path.split('\\')) {
    const next = place.subkeys.find((cell) => upperName(nameAt(hive, cell)) === upperName(part));
    if (next === undefined) throw new RangeError(`no key ${path}`);
    place = placeAt(hive, next - HIVE.base);
  }
  return place;
}

function nameAt(hive: Uint8Array, cell: number): string {
  const view = viewOf(hive);
  const length = view.getUint16(cell + 76, true);
  const narrow = (view.getUint16(cell + 6, true) & 0x20) !== 0;
  let name = '';
  for (let i = 0; i < length; i += narrow ? 1 : 2) {
    name += String.fromCharCode(narrow ? hive[cell + 80 + i]! : view.getUint16(cell + 80 + i, true));
  }
  return name;
}

function placeAt(hive: Uint8Array, relative: number): KeyPlace {
  const view = viewOf(hive);
  const key = relative + HIVE.base;
  const pointer = (at: number): number | undefined => {
    const value = view.getUint32(key + 4 + at, true);
    return value === HIVE.none ? undefined : value + HIVE.base;
  };
  const subkeyList = pointer(28);
  const valueList = pointer(40);
  const count = view.getUint32(key + 4 + 36, true);
  return {
    key,
    security: pointer(44)!,
    ...(subkeyList === undefined ? {} : { subkeyList }),
    ...(valueList === undefined ? {} : { valueList }),
    values: valueList === undefined ? [] : Array.from({ length: count }, (_, i) => view.getUint32(valueList + 4 + i * 4, true) + HIVE.base),
    subkeys: subkeyList === undefined ? [] : elementsOf(hive, subkeyList),
  };
}

function elementsOf(hive: Uint8Array, list: number): number[] {
  const view = viewOf(hive);
  const kind = String.fromCharCode(hive[list + 4]!, hive[list + 5]!);
  const step = kind === 'li' || kind === 'ri' ? 4 : 8;
  const elements = Array.from({ length: view.getUint16(list + 6, true) }, (_, i) => view.getUint32(list + 8 + i * step, true) + HIVE.base);
  return kind === 'ri' ? elements.flatMap((leaf) => elementsOf(hive, leaf)) : elements;
}

/** Overwrites a 32-bit number. */
export function patch32(file: Uint8Array, at: number, value: number): Uint8Array {
  const out = file.slice();
  viewOf(out).setUint32(at, value, true);
  return out;
}

/** Cuts a hive or a log off. */
export function truncateHive(file: Uint8Array, length: number): Uint8Array {
  return file.slice(0, length);
}

/** Fields of the base block that can be changed; the checksum is made right again unless `checksum` is false. */
export interface HeaderChange {
  readonly primary?: number;
  readonly secondary?: number;
  readonly lastWritten?: bigint;
  readonly minorVersion?: number;
  readonly fileType?: number;
  readonly rootCell?: number;
  readonly binsSize?: number;
  readonly flags?: number;
  readonly checksum?: false;
}

/** Changes the base block of a hive or log. */
export function changeHeader(file: Uint8Array, change: HeaderChange): Uint8Array {
  const out = file.slice();
  const view = viewOf(out);
  const put = (at: number, value: number | undefined): void => {
    if (value !== undefined) view.setUint32(at, value, true);
  };
  put(4, change.primary);
  put(8, change.secondary);
  if (change.lastWritten !== undefined) view.setBigUint64(12, change.lastWritten, true);
  put(24, change.minorVersion);
  put(28, change.fileType);
  put(36, change.rootCell);
  put(40, change.binsSize);
  put(144, change.flags);
  seal(out);
  if (change.checksum === false) out[508]! ^= 0xff;
  return out;
}

/** Points a subkey of a key back at the key itself: a walk that trusts the lists never ends. */
export function loopSubkey(hive: Uint8Array, path: string): Uint8Array {
  const { key, subkeyList, subkeys } = keyPlace(hive, path);
  if (subkeyList === undefined || subkeys.length === 0) throw new RangeError(`${path} has no subkeys`);
  const first = String.fromCharCode(hive[subkeyList + 4]!, hive[subkeyList + 5]!) === 'ri' ? leafOf(hive, subkeyList) : subkeyList;
  return patch32(hive, first + 8, key - HIVE.base);
}

function leafOf(hive: Uint8Array, root: number): number {
  return viewOf(hive).getUint32(root + 8, true) + HIVE.base;
}

/** Makes an index root point to itself: an index root below an index root is never legal. */
export function loopIndexRoot(hive: Uint8Array, path: string): Uint8Array {
  const { subkeyList } = keyPlace(hive, path);
  if (subkeyList === undefined || hive[subkeyList + 4] !== 0x72) throw new RangeError(`${path} has no index root`);
  return patch32(hive, subkeyList + 8, subkeyList - HIVE.base);
}

/** Gives a key a number of subkeys or values that its lists do not have. */
export function claimCounts(hive: Uint8Array, path: string, claims: { readonly subkeys?: number; readonly values?: number }): Uint8Array {
  const out = hive.slice();
  const view = viewOf(out);
  const { key } = keyPlace(hive, path);
  if (claims.subkeys !== undefined) view.setUint32(key + 4 + 20, claims.subkeys, true);
  if (claims.values !== undefined) view.setUint32(key + 4 + 36, claims.values, true);
  return out;
}

/** Sets the data size of a value (bit 31: inline). */
export function setDataSize(hive: Uint8Array, valueCell: number, size: number): Uint8Array {
  return patch32(hive, valueCell + 4 + 4, size >>> 0);
}

/** Swaps the first two elements of a key's subkey list: a list out of order, names and hashes still right. */
export function unsortSubkeys(hive: Uint8Array, path: string): Uint8Array {
  const { subkeyList, subkeys } = keyPlace(hive, path);
  if (subkeyList === undefined || subkeys.length < 2) throw new RangeError(`${path} has fewer than two subkeys`);
  const leaf = hive[subkeyList + 4] === 0x72 ? leafOf(hive, subkeyList) : subkeyList;
  const step = hive[leaf + 5] === 0x69 ? 4 : 8;
  const out = hive.slice();
  out.set(hive.subarray(leaf + 8 + step, leaf + 8 + 2 * step), leaf + 8);
  out.set(hive.subarray(leaf + 8, leaf + 8 + step), leaf + 8 + step);
  return out;
}

/** Places of the entries of a log of the new format. */
export function logEntryPlaces(log: Uint8Array): readonly { readonly offset: number; readonly size: number }[] {
  const view = viewOf(log);
  const places: { offset: number; size: number }[] = [];
  for (let offset: number = HIVE.sector; offset + 40 <= log.length && view.getUint32(offset, true) === 0x454c7648; ) {
    const size = view.getUint32(offset + 4, true);
    if (size < HIVE.sector || offset + size > log.length) break;
    places.push({ offset, size });
    offset += size;
  }
  return places;
}

function entryPlace(log: Uint8Array, index: number): { readonly offset: number; readonly size: number } {
  const place = logEntryPlaces(log)[index];
  if (!place) throw new RangeError(`the log has no entry ${index}`);
  return place;
}

/** Changes a byte of a log entry's pages without making the hash right. */
export function breakLogEntry(log: Uint8Array, index: number): Uint8Array {
  const { offset, size } = entryPlace(log, index);
  const out = log.slice();
  out[offset + size - 1]! ^= 0xff;
  return out;
}

/** Leaves a log entry out: its neighbours' sequence numbers no longer follow each other. */
export function dropLogEntry(log: Uint8Array, index: number): Uint8Array {
  const { offset, size } = entryPlace(log, index);
  const out = new Uint8Array(log.length - size);
  out.set(log.subarray(0, offset));
  out.set(log.subarray(offset + size), offset);
  return out;
}

/** Changes fields of a log entry and makes its hashes right again. */
export function changeLogEntry(
  log: Uint8Array,
  index: number,
  change: {
    readonly sequence?: number;
    readonly binsSize?: number;
    readonly pages?: number;
    readonly firstPage?: number;
    readonly firstSize?: number;
  },
): Uint8Array {
  const { offset, size } = entryPlace(log, index);
  const out = log.slice();
  const view = viewOf(out);
  const put = (at: number, value: number | undefined): void => {
    if (value !== undefined) view.setUint32(offset + at, value, true);
  };
  put(12, change.sequence);
  put(16, change.binsSize);
  put(20, change.pages);
  put(40, change.firstPage);
  put(44, change.firstSize);
  sealLogEntry(out.subarray(offset, offset + size));
  return out;
}

/** Appends the entries of another log, as remnants of an earlier use of the file are found behind the valid entries. */
export function appendLogEntries(log: Uint8Array, other: Uint8Array): Uint8Array {
  const rest = other.subarray(HIVE.sector);
  const out = new Uint8Array(log.length + rest.length);
  out.set(log);
  out.set(rest, log.length);
  return out;
}
