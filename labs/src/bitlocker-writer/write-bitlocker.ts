import { crc32, joinBytes } from '@winmedic/bytes';
import { encryptSector, METHODS, wrapKey } from './encrypt.ts';
import { entry, guid, hashEntry, Nonces, protectorEntry, textEntry, u16, u32, u64 } from './entries.ts';
import { SeededBytes } from './random.ts';
import type { BitLockerDescription, WrittenBitLocker } from './types.ts';

type Places = WrittenBitLocker['places'];

const MOVED_SECTORS = 16;
const GUID_DONE = '4967d63b-2e29-4ad8-8399-f6a339e3d001';
const GUID_ENCRYPT_ON_WRITE = '92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8';
/** 2024-07-18 00:00 UTC. */
const DEFAULT_TIME = 133_657_344_000_000_000n;

/** Whether a stretch is all zeros; the first byte that is not, or -1. */
function firstByte(bytes: Uint8Array, from: number, length: number): number {
  for (let at = from; at < from + length; at++) if (bytes[at] !== 0) return at;
  return -1;
}

/** Free places on cluster borders, spread over the volume as Windows does. */
function findPlaces(plain: Uint8Array, copyBytes: number, movedBytes: number): Places {
  const place = (from: number, length: number): number => {
    let at = Math.ceil(from / 4096) * 4096;
    while (at + length <= plain.length) {
      const used = firstByte(plain, at, length);
      if (used < 0) return at;
      at = (Math.floor(used / 4096) + 1) * 4096;
    }
    throw new RangeError(`no ${length} zero bytes for BitLocker metadata behind ${from}`);
  };
  const quarter = Math.floor(plain.length / 4);
  const first = place(quarter, copyBytes + movedBytes);
  const second = place(Math.max(2 * quarter, first + copyBytes + movedBytes), copyBytes);
  const third = place(Math.max(3 * quarter, second + copyBytes), copyBytes);
  return { copies: [first, second, third], header: first + copyBytes };
}

/** The first sector on the disk. @source libyal BDE format, "Volume header" */
function volumeHeader(description: BitLockerDescription, plain: Uint8Array, places: Places, sectorBytes: number): Uint8Array {
  const version = description.version ?? '7';
  if (version === 'vista') {
    const sector = plain.slice(0, sectorBytes);
    const cluster = sectorBytes * sector[13]!;
    sector.set(new TextEncoder().encode('-FVE-FS-'), 3);
    sector.set(u64(BigInt(places.copies[0] / cluster)), 56);
    return sector;
  }
  const sector = new Uint8Array(sectorBytes);
  const set = (at: number, ...parts: readonly Uint8Array[]): void => sector.set(joinBytes(...parts), at);
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
  set(0, new Uint8Array([0xeb, 0x58, 0x90]), ascii(version === 'to-go' ? 'MSWIN4.1' : '-FVE-FS-'), u16(sectorBytes));
  sector[13] = sectorBytes === 512 ? 8 : 1;
  sector[21] = 0xf8;
  set(24, u16(0x3f, 0xff));
  set(36, u32(0x1fe0));
  set(48, u16(1, 6));
  set(64, new Uint8Array([0x80, 0, 0x29]));
  set(71, ascii('NO NAME    FAT32   '));
  const id = guid(description.encryptOnWrite === true ? GUID_ENCRYPT_ON_WRITE : GUID_DONE);
  set(version === 'to-go' ? 424 : 160, id, ...places.copies.map((at) => u64(BigInt(at))));
  set(510, new Uint8Array([0x55, 0xaa]));
  return sector;
}

/**
 * Wraps a plain volume into a BitLocker volume. Metadata goes where the volume holds zeros; a file system that should not write there must not use those
 * places (Windows gives them to files of its own). @throws {RangeError} when the volume has no room, {TypeError} for ids that are none.
 * @source libyal BDE format
 */
export function writeBitLocker(plain: Uint8Array, description: BitLockerDescription): WrittenBitLocker {
  const { method, version = '7', sectorBytes = 512, created = DEFAULT_TIME } = description;
  const vista = version === 'vista';
  const copyBytes = vista ? 0x4000 : 0x1_0000;
  const movedBytes = vista ? 0 : Math.max(MOVED_SECTORS * 512, sectorBytes * 2);
  if (plain.length % sectorBytes !== 0) throw new RangeError(`volume of ${plain.length} bytes: no whole sectors`);
  const places = description.places ?? findPlaces(plain, copyBytes, movedBytes);
  const random = new SeededBytes(description.seed ?? 'winmedic');
  const masterKey = random.take(32);
  const { number, keyBytes } = METHODS[method];
  const volumeKey = random.take(keyBytes);
  const volumeId = random.guid();
  const nonces = new Nonces(created);
  const protectors = description.protectors.map((each) => protectorEntry(each, masterKey, created, random, nonces));

  const entries = [
    textEntry(0x0007, description.description ?? 'LAB OS 7/18/2024'),
    ...protectors.map((each) => each.entry),
    entry(0x0003, 0x0005, 1, wrapKey(masterKey, nonces.take(), number, volumeKey)),
    ...(vista ? [] : [entry(0x000f, 0x000f, 1, u64(BigInt(places.header)), u64(BigInt(movedBytes)))]),
  ];
  const hashNonce = nonces.take();
  const data = joinBytes(...entries);
  const dataBytes = 48 + data.length;
  const encryptedBytes = description.encryptedBytes ?? plain.length;
  const partly = encryptedBytes < plain.length;
  const [current, next] = description.states ?? (partly ? [5, 1] : [4, 4]);
  const signature = new TextEncoder().encode('-FVE-FS-');
  const copies = places.copies.map((at) => u64(BigInt(at)));
  const infoBytes = Math.ceil((64 + dataBytes) / 16) * 16;
  const head = vista
    ? [signature, u16(infoBytes, 1, current, next), new Uint8Array(16), ...copies, plain.slice(56, 64)]
    : [
        signature,
        u16(infoBytes / 16, 2, current, next),
        u64(BigInt(encryptedBytes)),
        u32(0),
        u32(movedBytes / sectorBytes),
        ...copies,
        u64(BigInt(places.header)),
      ];
  const metadataHeader = [u32(dataBytes), u32(1), u32(48), u32(dataBytes), guid(volumeId), u32(nonces.next), u32(number), u64(created)];
  const covered = new Uint8Array(infoBytes);
  covered.set(joinBytes(...head, ...metadataHeader, data));
  const block = new Uint8Array(copyBytes);
  block.set(covered);
  const validationVersion = vista ? 1 : 2;
  block.set(
    joinBytes(u16(copyBytes - infoBytes, validationVersion), u32(crc32(covered)), hashEntry(masterKey, hashNonce, covered)),
    infoBytes,
  );

  const shown = plain.slice();
  for (const at of places.copies) shown.fill(0, at, at + copyBytes);
  shown.fill(0, places.header, places.header + movedBytes);
  const volume = plain.slice();
  const encrypt = (from: number, to: number, source: number): void => {
    for (let at = from; at < to; at += sectorBytes) {
      const sector = plain.subarray(source + at - from, source + at - from + sectorBytes);
      volume.set(at < encryptedBytes ? encryptSector(method, volumeKey, at, sector) : sector, at);
    }
  };
  encrypt(vista ? MOVED_SECTORS * sectorBytes : movedBytes, plain.length, vista ? MOVED_SECTORS * sectorBytes : movedBytes);
  if (!vista) {
    volume.fill(0, 0, movedBytes);
    encrypt(places.header, places.header + movedBytes, 0);
  }
  volume.set(volumeHeader(description, plain, places, sectorBytes));
  for (const at of places.copies) volume.set(block, at);

  const startupKeys = new Map(protectors.flatMap(({ id, startupKey }) => (startupKey === undefined ? [] : [[id, startupKey] as const])));
  const protectorIds = protectors.map(({ id }) => id);
  return { volume, plain: shown, volumeId, masterKey, volumeKey, protectorIds, startupKeys, places, copyBytes };
}
