import { encodeUtf16, parseGuid } from '@winmedic/bytes';
import { sealVhdx } from './castagnoli.ts';
import type { LogWrite, VhdxParent, WriteVhdx } from './types.ts';
import { logEntry, ringOf } from './vhdx-log.ts';

const MIB = 0x10_0000;
const LOG_BYTES = MIB;

/** Where {@link writeVhdx} puts things: log, block allocation table, metadata, then blocks. */
export const vhdxPlaces = {
  headers: [0x1_0000, 0x2_0000],
  tables: [0x3_0000, 0x4_0000],
  log: MIB,
  metadata: 2 * MIB,
  bat: 3 * MIB,
} as const;

const LOG_GUID = new Uint8Array(16).fill(0x24);

/** Writes a VHDX as [MS-VHDX] describes it. */
export function writeVhdx(what: WriteVhdx): Uint8Array {
  const blockBytes = what.blockBytes ?? MIB;
  const sectorBytes = what.sectorBytes ?? 512;
  const blocks = Math.ceil(what.disk.length / blockBytes);
  const ratio = (2 ** 23 * sectorBytes) / blockBytes;
  const chunks = Math.ceil(blocks / ratio);
  const differencing = what.variant === 'differencing';
  const entries = differencing ? chunks * (ratio + 1) : blocks + Math.floor((blocks - 1) / ratio);
  const batBytes = Math.ceil((entries * 8) / MIB) * MIB;
  const bat = new Uint8Array(batBytes);
  const batView = new DataView(bat.buffer);
  let at = vhdxPlaces.bat + batBytes;
  const extraRegion = what.extraRegion ? at : 0;
  if (what.extraRegion) at += MIB;

  const present = what.present ?? ((sector: number) => isData(what.disk.subarray(sector * sectorBytes, (sector + 1) * sectorBytes)));
  const parts: Uint8Array[] = [];
  const bitmaps = new Map<number, Uint8Array>();
  for (let block = 0; block < blocks; block++) {
    const entry = (block + Math.floor(block / ratio)) * 8;
    const perBlock = blockBytes / sectorBytes;
    const inDisk = Math.min(perBlock, what.disk.length / sectorBytes - block * perBlock);
    const there = Array.from({ length: inDisk }, (_, i) => present(block * perBlock + i));
    const all = what.variant === 'fixed' || there.every(Boolean);
    if (!all && !there.some(Boolean)) {
      batView.setBigUint64(entry, BigInt(what.absentState?.(block) ?? 0), true);
      continue;
    }
    const data = new Uint8Array(blockBytes);
    const partial = differencing && !all;
    there.forEach((is, i) => {
      const sector = block * perBlock + i;
      // What a differencing disk does not hold is anything: never to be read.
      const bytes =
        is || !differencing ? what.disk.subarray(sector * sectorBytes, (sector + 1) * sectorBytes) : new Uint8Array(sectorBytes).fill(0xee);
      data.set(bytes, i * sectorBytes);
    });
    if (partial) {
      const chunk = Math.floor(block / ratio);
      const bitmap = bitmaps.get(chunk) ?? new Uint8Array(MIB);
      bitmaps.set(chunk, bitmap);
      const first = (block - chunk * ratio) * perBlock;
      there.forEach((is, i) => {
        if (is) bitmap[Math.floor((first + i) / 8)]! |= 1 << ((first + i) % 8);
      });
    }
    batView.setBigUint64(entry, BigInt(at) + BigInt(partial ? 7 : 6), true);
    parts.push(data);
    at += blockBytes;
  }
  for (const [chunk, bitmap] of bitmaps) {
    batView.setBigUint64((chunk * (ratio + 1) + ratio) * 8, BigInt(at) + 6n, true);
    parts.push(bitmap);
    at += MIB;
  }

  const file = new Uint8Array(at);
  put(file, 0, 'vhdxfile');
  file.set(encodeUtf16('winmedic labs'), 8);
  const table = regionTable(batBytes, what.extraRegion, extraRegion);
  for (const place of vhdxPlaces.tables) file.set(table, place);
  file.set(metadata(what, blockBytes, sectorBytes), vhdxPlaces.metadata);
  parts.reduce(
    (place, part) => {
      file.set(part, place);
      return place + part.length;
    },
    at - parts.reduce((size, part) => size + part.length, 0),
  );
  if (what.pending) {
    file.fill(what.pending.in === 'zero' ? 0 : 0xff, vhdxPlaces.bat, vhdxPlaces.bat + batBytes);
    file.set(pendingLog(what.pending, bat, at), vhdxPlaces.log);
  } else {
    file.set(bat, vhdxPlaces.bat);
  }
  vhdxPlaces.headers.forEach((place, i) => {
    file.set(headerOf(what, BigInt(7 + i)), place);
  });
  return file;
}

function headerOf(what: WriteVhdx, sequence: bigint): Uint8Array {
  const header = new Uint8Array(4096);
  const view = new DataView(header.buffer);
  put(header, 0, 'head');
  view.setBigUint64(8, sequence, true);
  header.set(what.fileWriteGuid ?? new Uint8Array(16).fill(0x21), 16);
  header.set(what.dataWriteGuid ?? new Uint8Array(16).fill(0x22), 32);
  if (what.pending) header.set(LOG_GUID, 48);
  view.setUint16(66, 1, true);
  view.setUint32(68, LOG_BYTES, true);
  view.setBigUint64(72, BigInt(vhdxPlaces.log), true);
  return sealVhdx(header);
}

function regionTable(batBytes: number, extra: WriteVhdx['extraRegion'], extraOffset: number): Uint8Array {
  const table = new Uint8Array(0x1_0000);
  const view = new DataView(table.buffer);
  const regions = [
    { id: guid('2dc27766-f623-4200-9d64-115e9bfd4a08'), offset: vhdxPlaces.bat as number, size: batBytes, required: true },
    { id: guid('8b7ca206-4790-4b9a-b8fe-575f050f886e'), offset: vhdxPlaces.metadata as number, size: MIB, required: true },
    ...(extra ? [{ ...extra, offset: extraOffset, size: MIB }] : []),
  ];
  put(table, 0, 'regi');
  view.setUint32(8, regions.length, true);
  regions.forEach(({ id, offset, size, required }, i) => {
    const at = 16 + i * 32;
    table.set(id, at);
    view.setBigUint64(at + 16, BigInt(offset), true);
    view.setUint32(at + 24, size, true);
    view.setUint32(at + 28, required ? 1 : 0, true);
  });
  return sealVhdx(table);
}

function metadata(what: WriteVhdx, blockBytes: number, sectorBytes: number): Uint8Array {
  const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
  const fixed = what.variant === 'fixed' ? 1 : 0;
  const items: { id: Uint8Array; data: Uint8Array; flags: number }[] = [
    { id: guid('caa16737-fa36-4d43-b3b6-33f0aa44e76b'), data: u32(blockBytes, what.parent ? 2 : fixed), flags: 4 },
    {
      id: guid('2fa54224-cd1b-4876-b211-5dbed83bf4b8'),
      data: new Uint8Array(BigUint64Array.of(BigInt(what.disk.length)).buffer),
      flags: 6,
    },
    { id: guid('beca12ab-b2e6-4523-93ef-c309e000c746'), data: what.diskId ?? new Uint8Array(16).fill(0x23), flags: 6 },
    { id: guid('8141bf1d-a96f-4709-ba47-f233a8faab5f'), data: u32(sectorBytes), flags: 6 },
    { id: guid('cda348c7-445d-4471-9cc9-e9885251c556'), data: u32(4096), flags: 6 },
    ...(what.parent ? [{ id: guid('a8d35f2d-b30b-454d-abf7-d3d84834ab0c'), data: locator(what.parent), flags: 4 }] : []),
    ...(what.extraItem ? [{ id: what.extraItem.id, data: u32(1), flags: what.extraItem.required ? 4 : 0 }] : []),
  ];
  const region = new Uint8Array(MIB);
  const view = new DataView(region.buffer);
  put(region, 0, 'metadata');
  view.setUint16(10, items.length, true);
  let at = 0x1_0000;
  items.forEach(({ id, data, flags }, i) => {
    const entry = 32 + i * 32;
    region.set(id, entry);
    view.setUint32(entry + 16, at, true);
    view.setUint32(entry + 20, data.length, true);
    view.setUint32(entry + 24, flags, true);
    region.set(data, at);
    at += data.length;
  });
  return region;
}

function locator(parent: VhdxParent): Uint8Array {
  const pairs = Object.entries({
    parent_linkage: parent.linkage,
    parent_linkage2: parent.linkage2,
    relative_path: parent.relative,
    volume_path: parent.volume,
    absolute_win32_path: parent.absolute,
  }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const texts = pairs.flat().map((text) => encodeUtf16(text));
  const bytes = new Uint8Array(20 + pairs.length * 12 + texts.reduce((size, text) => size + text.length, 0));
  const view = new DataView(bytes.buffer);
  bytes.set(guid('b04aefb7-d19e-4a81-b789-25b8e9445913'));
  view.setUint16(18, pairs.length, true);
  let at = 20 + pairs.length * 12;
  texts.forEach((text, i) => {
    const entry = 20 + (i >> 1) * 12;
    view.setUint32(entry + (i % 2) * 4, at, true);
    view.setUint16(entry + 8 + (i % 2) * 2, text.length, true);
    bytes.set(text, at);
    at += text.length;
  });
  return bytes;
}

/** A log that writes the block allocation table: its first sector as data, the rest as zeros, then every other sector that is not empty. */
function pendingLog(pending: NonNullable<WriteVhdx['pending']>, bat: Uint8Array, fileBytes: number): Uint8Array {
  const writes: LogWrite[] = [{ offset: vhdxPlaces.bat, zeroBytes: bat.length }];
  for (let at = 0; at < bat.length; at += 4096) {
    const data = bat.subarray(at, at + 4096);
    if (isData(data)) writes.push({ offset: vhdxPlaces.bat + at, data });
  }
  const start = pending.at ?? 0;
  const count = pending.entries ?? 1;
  const share = Math.ceil(writes.length / count);
  const staleWrite: LogWrite = { offset: vhdxPlaces.bat, data: new Uint8Array(4096).fill(0x77) };
  const sizes = { flushedBytes: fileBytes, lastBytes: fileBytes };
  const stale = pending.stale ? [logEntry({ sequence: 40n, tail: start, writes: [staleWrite], ...sizes }, LOG_GUID)] : [];
  const tail = (start + stale.reduce((size, entry) => size + entry.length, 0)) % LOG_BYTES;
  const fresh = Array.from({ length: count }, (_, i) =>
    logEntry({ sequence: 50n + BigInt(i), tail, writes: writes.slice(i * share, (i + 1) * share), ...sizes }, LOG_GUID),
  );
  return ringOf(LOG_BYTES, start, [...stale, ...fresh]);
}

function guid(text: string): Uint8Array {
  return parseGuid(text) ?? new Uint8Array(16);
}

function isData(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte !== 0);
}

function put(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
