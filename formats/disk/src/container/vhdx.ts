import { type ByteSource, damageReporter, formatGuid } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import {
  alignUp,
  appendPieces,
  checkWrite,
  eachPart,
  eachRun,
  MAX_DAMAGES,
  MAX_FILE_BYTES,
  MIB,
  overlay,
  put,
  readBlock,
  readParent,
} from './file.ts';
import { requireParent } from './parent.ts';
import { ReplayedFile } from './replayed.ts';
import type { Report } from './report.ts';
import type { Container, ContainerInfo, ContainerOptions } from './types.ts';
import { BLOCK, BlockTable } from './vhdx-blocks.ts';
import { nextHeader, readVhdxHeader, type VhdxHeader } from './vhdx-header.ts';
import { readLog } from './vhdx-log.ts';
import { readMetadata, type VhdxMetadata } from './vhdx-metadata.ts';
import { readRegions } from './vhdx-regions.ts';

/**
 * Opens a VHDX: fixed, dynamic or differencing; a log that is not empty is replayed in memory. Blocks in the states undefined and unmapped read as zeros, as
 * the specification allows.
 *
 * The first write materialises that log, and gives the file a new FileWriteGuid and a new DataWriteGuid: a child of this disk no longer accepts it as its
 * parent then, and the file does not say whether it has children.
 * @throws {DiskError} CONTAINER_HEADER, CONTAINER_LOG, CONTAINER_UNSUPPORTED, CONTAINER_LIMIT, CONTAINER_PARENT.
 * @source [MS-VHDX]
 */
export function openVhdx(device: BlockDevice, options: ContainerOptions): Container {
  const report: Report = damageReporter(options.onDamage, MAX_DAMAGES);
  const header = readVhdxHeader(device, report);
  const log = readLog(device, header);
  const replayed = log && new ReplayedFile(device, log.patches, log.sizeBytes);
  const file = replayed ?? device;
  const regions = readRegions(file, header, report);
  const metadata = readMetadata(file, regions.metadata);
  const parent = metadata.parent && requireParent(metadata.parent, options);
  const place = { source: file, bat: regions.bat, reserved: regions.reserved };
  const blocks = new BlockTable(place, metadata, report);
  return new Vhdx({ device, header, metadata, parent, replayed, blocks, unclear: regions.unclear, randomGuid: options.randomGuid });
}

interface Opened {
  readonly device: BlockDevice;
  readonly header: VhdxHeader;
  readonly metadata: VhdxMetadata;
  readonly parent: ByteSource | undefined;
  readonly replayed: ReplayedFile | undefined;
  readonly blocks: BlockTable;
  readonly unclear: boolean;
  readonly randomGuid: (() => Uint8Array) | undefined;
}

class Vhdx implements Container {
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  readonly write?: (offset: number, bytes: Uint8Array) => void;
  readonly #opened: Opened;
  /** The file as it is read: with its log laid over it until that is written. */
  #file: ByteSource;
  #info: ContainerInfo;
  #writable = false;

  constructor(opened: Opened) {
    const { device, header, metadata, replayed } = opened;
    this.#opened = opened;
    this.#file = replayed ?? device;
    this.sizeBytes = metadata.sizeBytes;
    this.sectorBytes = metadata.sectorBytes;
    this.#info = {
      kind: 'vhdx',
      variant: metadata.parent ? 'differencing' : metadata.leaveAllocated ? 'fixed' : 'dynamic',
      sizeBytes: metadata.sizeBytes,
      blockBytes: metadata.blockBytes,
      sectorBytes: metadata.sectorBytes,
      id: header.dataWriteGuid,
      ...(metadata.parent ? { parent: metadata.parent } : {}),
      log: replayed ? 'replayed' : 'clean',
    };
    if (device.write !== undefined) this.write = (offset, bytes) => this.#write(offset, bytes);
  }

  get info(): ContainerInfo {
    return this.#info;
  }

  readAt(offset: number, into: Uint8Array): number {
    const length = Math.max(0, Math.min(into.length, this.sizeBytes - offset));
    eachPart(offset, length, this.#info.blockBytes, (block, within, at, size) => {
      this.#readPart(block, within, offset + at, into.subarray(at, at + size));
    });
    return length;
  }

  #readPart(block: number, within: number, offset: number, into: Uint8Array): void {
    const { blocks, parent } = this.#opened;
    const { state, place } = blocks.payload(block);
    if (state === BLOCK.FULL) {
      readBlock(this.#file, place + within, into, `block ${block}`);
      return;
    }
    if (parent === undefined || (state !== BLOCK.ABSENT && state !== BLOCK.PARTIAL)) {
      into.fill(0);
      return;
    }
    if (state === BLOCK.ABSENT) {
      readParent(parent, offset, into);
      return;
    }
    const first = Math.floor(within / this.sectorBytes);
    const count = Math.ceil((within + into.length) / this.sectorBytes) - first;
    const bits = this.#bits(block, first, count);
    eachRun(first, count, bits.isSet, (from, to, present) => {
      const start = Math.max(within, from * this.sectorBytes);
      const part = into.subarray(start - within, Math.min(within + into.length, to * this.sectorBytes) - within);
      if (present) readBlock(this.#file, place + start, part, `block ${block}`);
      else readParent(parent, offset - within + start, part);
    });
  }

  /** The bytes of the sector bitmap that hold the bits of `count` sectors of a block; the least significant bit of a byte is the first sector. */
  #bits(
    block: number,
    first: number,
    count: number,
  ): { bytes: Uint8Array; offset: number; bit: number; isSet: (sector: number) => boolean } {
    const { place, bit } = this.#opened.blocks.bitmap(block);
    const start = (bit + first) >> 3;
    const bytes = new Uint8Array(((bit + first + count + 7) >> 3) - start);
    readBlock(this.#file, place + start, bytes, `sector bitmap of block ${block}`);
    const isSet = (sector: number) => (bytes[((bit + sector) >> 3) - start]! & (1 << ((bit + sector) & 7))) !== 0;
    return { bytes, offset: place + start, bit: (bit + first) & 7, isSet };
  }

  #write(offset: number, bytes: Uint8Array): void {
    checkWrite(this, offset, bytes.length);
    if (bytes.length === 0) return;
    if (!this.#writable) this.#makeWritable();
    eachPart(offset, bytes.length, this.#info.blockBytes, (block, within, at, size) => {
      const part = bytes.subarray(at, at + size);
      const { state, place } = this.#opened.blocks.payload(block);
      if (state !== BLOCK.FULL && state !== BLOCK.PARTIAL) {
        this.#append(block, within, part, state === BLOCK.ABSENT);
        return;
      }
      put(this.#opened.device, place + within, part);
      if (state === BLOCK.PARTIAL) this.#setBits(block, within / this.sectorBytes, part.length / this.sectorBytes);
    });
  }

  #setBits(block: number, first: number, count: number): void {
    const { bytes, offset, bit } = this.#bits(block, first, count);
    const before = bytes.slice();
    for (let i = bit; i < bit + count; i++) bytes[i >> 3]! |= 1 << (i & 7);
    if (bytes.some((byte, i) => byte !== before[i])) put(this.#opened.device, offset, bytes);
  }

  /** What has to be in the file before the first change of a block. @source [MS-VHDX] 2.2.2.1, 2.3.3 */
  #makeWritable(): void {
    const { device, header, replayed, blocks, unclear, randomGuid } = this.#opened;
    const bad = blocks.scan();
    if (bad > 0 || unclear)
      throw new DiskError('CONTAINER_WRITE', 'damaged block allocation table or region tables that differ', { need: 0, have: bad });
    const [fileWriteGuid, dataWriteGuid] = [randomGuid?.(), randomGuid?.()];
    if (fileWriteGuid?.length !== 16 || dataWriteGuid?.length !== 16) {
      throw new DiskError('CONTAINER_WRITE', 'random bytes for new write GUIDs', { need: 16, have: fileWriteGuid?.length ?? 0 });
    }
    replayed?.writeTo(device);
    put(device, header.otherOffset, nextHeader(header, 1n, fileWriteGuid, dataWriteGuid));
    // The header that was current still names the log. Once both are new, nobody replays it over what is written from now on.
    if (replayed !== undefined) put(device, header.offset, nextHeader(header, 2n, fileWriteGuid, dataWriteGuid));
    this.#file = device;
    blocks.readFrom(device);
    this.#info = { ...this.#info, id: formatGuid(dataWriteGuid) };
    this.#writable = true;
  }

  /** Adds a whole block at the end of the file, with the parent's bytes or zeros around what is written. */
  #append(block: number, within: number, part: Uint8Array, absent: boolean): void {
    const { device, blocks, parent } = this.#opened;
    const { blockBytes } = this.#info;
    const place = alignUp(Math.max(device.sizeBytes, blocks.end), MIB);
    if (place + blockBytes > MAX_FILE_BYTES)
      throw new DiskError('CONTAINER_LIMIT', 'place of a new block', { need: MAX_FILE_BYTES, have: place });
    const start = block * blockBytes;
    appendPieces(device, place, blockBytes, (piece, at) => {
      const inDisk = piece.subarray(0, Math.max(0, Math.min(piece.length, this.sizeBytes - start - at)));
      if (absent && parent !== undefined) readParent(parent, start + at, inDisk);
      overlay(piece, at, part, within);
    });
    const entry = new Uint8Array(8);
    new DataView(entry.buffer).setBigUint64(0, BigInt(place) | BigInt(BLOCK.FULL), true);
    put(device, blocks.entryOffset(block), entry);
    blocks.added(place);
  }
}
