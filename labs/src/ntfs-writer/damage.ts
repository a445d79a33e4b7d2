import { TYPE } from './attribute.ts';
import { upCase } from './names.ts';
import { fileReference, viewOf } from './numbers.ts';
import { stamp, unstamp } from './record.ts';
import { encodeRuns } from './runs.ts';
import type { WrittenFile, WrittenNtfs } from './types.ts';

/** Tails of stretches of so many bytes hold the update sequence number. */
const STRIDE = 512;

type Place = { readonly offset: number; readonly sizeBytes: number };

function read(volume: WrittenNtfs, places: readonly Place[]): Uint8Array {
  const out = new Uint8Array(places.reduce((sum, each) => sum + each.sizeBytes, 0));
  let at = 0;
  for (const { offset, sizeBytes } of places) {
    volume.image.readAt(offset, out.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
  return out;
}

function write(volume: WrittenNtfs, places: readonly Place[], bytes: Uint8Array): void {
  let at = 0;
  for (const { offset, sizeBytes } of places) {
    volume.image.write(offset, bytes.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
}

function edit(volume: WrittenNtfs, places: readonly Place[], change: (bytes: Uint8Array) => void): void {
  const bytes = read(volume, places);
  const number = unstamp(bytes);
  change(bytes);
  stamp(bytes, number === 0xffff ? 1 : number + 1);
  write(volume, places, bytes);
}

/** Place of an INDX block. @throws {RangeError} when the folder has no such block. */
function blockPlace(volume: WrittenNtfs, path: string, block: number): readonly Place[] {
  const place = volume.file(path).indexBlocks[block];
  if (!place) throw new RangeError(`${path} has no index block ${block}`);
  // A block lies in one piece unless clusters are smaller than it and a piece of the index ends inside.
  const runs = volume.file(path).runs.get('$I30') ?? [];
  const inside = runs.find(
    ({ lcn, clusters }) =>
      lcn !== undefined && place.offset < (lcn + clusters) * volume.clusterBytes && place.offset >= lcn * volume.clusterBytes,
  );
  if (!inside || place.offset + volume.indexBytes > (inside.lcn! + inside.clusters) * volume.clusterBytes) {
    throw new RangeError(`index block ${block} of ${path} lies in two pieces`);
  }
  return [{ offset: place.offset, sizeBytes: volume.indexBytes }];
}

/** Changes a file record: `change` gets its bytes without fixups; afterwards a new update sequence number is stamped. $MFTMirr is left alone. */
export function editRecord(volume: WrittenNtfs, record: number, change: (bytes: Uint8Array) => void): void {
  edit(volume, volume.recordPlace(record), change);
}

/** Changes an INDX block of a folder in the same way. @throws {RangeError} when it is not there or lies in two pieces. */
export function editIndexBlock(volume: WrittenNtfs, path: string, block: number, change: (bytes: Uint8Array) => void): void {
  edit(volume, blockPlace(volume, path, block), change);
}

function tear(volume: WrittenNtfs, places: readonly Place[], stretch: number): void {
  const bytes = read(volume, places);
  const view = viewOf(bytes);
  const at = (stretch + 1) * STRIDE - 2;
  if (at > bytes.length) throw new RangeError(`there is no stretch ${stretch}`);
  view.setUint16(at, (view.getUint16(at, true) + 0xffff) & 0xffff, true);
  write(volume, places, bytes);
}

/** A torn record: one stretch of 512 bytes is of an earlier write. */
export function tearRecord(volume: WrittenNtfs, record: number, stretch = 1): void {
  tear(volume, volume.recordPlace(record), stretch);
}

/** A torn INDX block. */
export function tearIndexBlock(volume: WrittenNtfs, path: string, block = 0, stretch = 1): void {
  tear(volume, blockPlace(volume, path, block), stretch);
}

/** A record whose update sequence array no longer fits: its offset leads behind the end of the record. */
export function wrongFixup(volume: WrittenNtfs, record: number): void {
  const places = volume.recordPlace(record);
  const bytes = read(volume, places);
  viewOf(bytes).setUint16(4, volume.recordBytes - 2, true);
  write(volume, places, bytes);
}

/** The last entry of a leaf gets a pointer to its own block: whoever descends there never comes out. @throws {RangeError} when the block is full. */
export function loopIndex(volume: WrittenNtfs, path: string, block = 0): void {
  const { vcn, level } = volume.file(path).indexBlocks[block] ?? { vcn: 0, level: 0 };
  editIndexBlock(volume, path, block, (bytes) => {
    const view = viewOf(bytes);
    const last = entriesIn(bytes, 0x18).at(-1)!;
    if (level === 0) {
      const used = view.getUint32(0x1c, true) + 8;
      if (used > view.getUint32(0x20, true)) throw new RangeError('the block has no room for a pointer');
      view.setUint32(0x1c, used, true);
      view.setUint8(0x24, 1);
      view.setUint16(last.at + 8, last.length + 8, true);
      view.setUint16(last.at + 12, 3, true);
      view.setBigUint64(last.at + last.length, BigInt(vcn), true);
    } else {
      view.setBigUint64(last.at + last.length - 8, BigInt(vcn), true);
    }
  });
}

interface Entry {
  readonly at: number;
  readonly length: number;
  readonly flags: number;
  /** Empty for the last one. */
  readonly name: string;
}

/** Entries of a node whose header begins at `header`. */
function entriesIn(bytes: Uint8Array, header: number): Entry[] {
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  for (let at = header + view.getUint32(header, true); ; ) {
    const length = view.getUint16(at + 8, true);
    const flags = view.getUint16(at + 12, true);
    const count = flags & 2 ? 0 : view.getUint8(at + 16 + 64);
    const name = Array.from({ length: count }, (_, i) => String.fromCharCode(view.getUint16(at + 16 + 66 + 2 * i, true))).join('');
    entries.push({ at, length, flags, name });
    if (flags & 2) return entries;
    at += length;
  }
}

/** Attributes of a record: offset and type. */
function attributesIn(bytes: Uint8Array): { readonly at: number; readonly type: number; readonly named: boolean }[] {
  const view = viewOf(bytes);
  const found: { at: number; type: number; named: boolean }[] = [];
  for (let at = view.getUint16(20, true); view.getUint32(at, true) !== 0xffff_ffff; at += view.getUint32(at + 4, true)) {
    found.push({ at, type: view.getUint32(at, true), named: view.getUint8(at + 9) > 0 });
  }
  return found;
}

/** Runs `change` on the node of a folder that has an entry of this name: an INDX block, or the record with $INDEX_ROOT. */
function atEntry(
  volume: WrittenNtfs,
  folder: string,
  name: string,
  change: (bytes: Uint8Array, entry: Entry, header: number) => void,
): void {
  const wanted = upCase(name);
  const file = volume.file(folder);
  for (const [block, { names }] of file.indexBlocks.entries()) {
    if (!names.some((each) => upCase(each) === wanted)) continue;
    editIndexBlock(volume, folder, block, (bytes) => {
      change(bytes, entriesIn(bytes, 0x18).find((each) => upCase(each.name) === wanted)!, 0x18);
    });
    return;
  }
  editRecord(volume, file.record, (bytes) => {
    const root = attributesIn(bytes).find((each) => each.type === TYPE.indexRoot);
    if (!root) throw new RangeError(`${folder} has no index root in its base record`);
    const header = root.at + viewOf(bytes).getUint16(root.at + 20, true) + 16;
    const entry = entriesIn(bytes, header).find((each) => upCase(each.name) === wanted);
    if (!entry) throw new RangeError(`${folder} has no entry ${name}`);
    change(bytes, entry, header);
  });
}

/** An index entry that names an earlier or later file of the same record: its sequence number is raised. */
export function wrongReference(volume: WrittenNtfs, folder: string, name: string): void {
  atEntry(volume, folder, name, (bytes, { at }) => {
    const view = viewOf(bytes);
    view.setUint16(at + 6, view.getUint16(at + 6, true) + 1, true);
  });
}

/** An entry is gone though the file is there. @throws {RangeError} for an entry that other blocks hang below. */
export function dropEntry(volume: WrittenNtfs, folder: string, name: string): void {
  atEntry(volume, folder, name, (bytes, entry, header) => {
    if (entry.flags & 1) throw new RangeError(`${name} has entries below it`);
    const view = viewOf(bytes);
    const used = view.getUint32(header + 4, true);
    bytes.copyWithin(entry.at, entry.at + entry.length, header + used);
    bytes.fill(0, header + used - entry.length, header + used);
    view.setUint32(header + 4, used - entry.length, true);
  });
}

/** An entry and the next one of its node change places. @throws {RangeError} when there is no next one. */
export function swapEntries(volume: WrittenNtfs, folder: string, name: string): void {
  atEntry(volume, folder, name, (bytes, entry, header) => {
    const all = entriesIn(bytes, header);
    const next = all[all.findIndex((each) => each.at === entry.at) + 1];
    if (!next || next.flags & 2 || (entry.flags | next.flags) & 1) throw new RangeError(`${name} has no neighbour to change places with`);
    const both = bytes.slice(entry.at, next.at + next.length);
    bytes.set(both.subarray(entry.length), entry.at);
    bytes.set(both.subarray(0, entry.length), entry.at + next.length);
  });
}

/** The first clusters of a file become those of another one: both now own them. The file must be in one piece. @throws {RangeError} when it is not. */
export function crossRuns(volume: WrittenNtfs, path: string, other: string): void {
  const file = volume.file(path);
  const [run, ...more] = file.runs.get('') ?? [];
  const lcn = volume
    .file(other)
    .runs.get('')
    ?.find((each) => each.lcn !== undefined)?.lcn;
  if (!run || more.length > 0 || lcn === undefined)
    throw new RangeError(`${path} or ${other} has no clusters, or ${path} not in one piece`);
  editRecord(volume, file.record, (bytes) => {
    const view = viewOf(bytes);
    const data = attributesIn(bytes).find((each) => each.type === TYPE.data && !each.named);
    if (!data) throw new RangeError(`the data of ${path} is not in its base record`);
    const from = data.at + view.getUint16(data.at + 32, true);
    const end = data.at + view.getUint32(data.at + 4, true);
    const encoded = encodeRuns([{ ...run, lcn }], end - from);
    if (encoded.count !== 1) throw new RangeError('the run does not fit');
    bytes.fill(0, from, end);
    bytes.set(encoded.bytes, from);
  });
}

/** Sets or clears a bit of a bitmap file. */
function setBit(volume: WrittenNtfs, file: WrittenFile, stream: string, bit: number, on: boolean): void {
  const byte = Math.floor(bit / 8);
  const run = (file.runs.get(stream) ?? []).find(
    ({ vcn, clusters }) => byte >= vcn * volume.clusterBytes && byte < (vcn + clusters) * volume.clusterBytes,
  );
  if (run?.lcn === undefined) throw new RangeError(`there is no bit ${bit}`);
  const offset = run.lcn * volume.clusterBytes + byte - run.vcn * volume.clusterBytes;
  const old = volume.image.read(offset, 1)[0]!;
  volume.image.write(offset, Uint8Array.of(on ? old | (1 << (bit % 8)) : old & ~(1 << (bit % 8))));
}

/** $Bitmap says that a cluster is in use, or free. */
export function markCluster(volume: WrittenNtfs, lcn: number, used: boolean): void {
  setBit(volume, volume.file('$Bitmap'), '', lcn, used);
}

/** The bitmap of $MFT says that a record is in use, or free. */
export function markRecord(volume: WrittenNtfs, record: number, used: boolean): void {
  setBit(volume, volume.file('$MFT'), '$BITMAP', record, used);
}

/** The $FILE_NAME attributes in a file's base record name another folder than the one it stands in. */
export function wrongParent(volume: WrittenNtfs, path: string, record: number, sequence = 1): void {
  editRecord(volume, volume.file(path).record, (bytes) => {
    const view = viewOf(bytes);
    for (const { at, type } of attributesIn(bytes)) {
      if (type === TYPE.fileName) view.setBigUint64(at + view.getUint16(at + 20, true), fileReference(record, sequence), true);
    }
  });
}

/** The boot sector, or its copy at the end of the volume, is zeros. */
export function wipeBoot(volume: WrittenNtfs, which: 'boot' | 'backup'): void {
  volume.image.fill(which === 'boot' ? 0 : volume.image.sizeBytes - volume.sectorBytes, volume.sectorBytes, 0);
}

/** $MFTMirr differs from $MFT in one record (0 to 3): it is of another LSN. */
export function staleMirror(volume: WrittenNtfs, record = 0): void {
  const { lcn } = volume.file('$MFTMirr').runs.get('')![0]!;
  const offset = lcn! * volume.clusterBytes + record * volume.recordBytes + 8;
  volume.image.write(
    offset,
    volume.image.read(offset, 8).map((byte) => byte ^ 0x5a),
  );
}
