import type { ByteSource } from '@winmedic/bytes';
import { readUpTo, wholeReads } from '@winmedic/bytes';
import { checkRange } from '../block/devices.ts';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';

/** 1 MiB: alignment of everything in a VHDX. */
export const MIB = 1 << 20;

/**
 * Largest container file in bytes (128 TiB): twice the largest virtual disk of any format here. Every offset is compared with it before it is used,
 * so that sums of offsets and lengths stay exact in a JavaScript number.
 */
export const MAX_FILE_BYTES = 2 ** 47;

/** Damages told per container: a table of a million bad entries says nothing more than the first few hundred. */
export const MAX_DAMAGES = 256;

/** The next multiple of `unit` at or above `value`. */
export function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** True for 1, 2, 4, 8 … */
export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

/** A 64-bit field as a number; undefined beyond {@link MAX_FILE_BYTES}, where no offset or size can lie. */
export function smallNumber(value: bigint): number | undefined {
  return value <= BigInt(MAX_FILE_BYTES) ? Number(value) : undefined;
}

/**
 * Exactly `size` bytes of a structure.
 * @throws {DiskError} CONTAINER_HEADER when the file ends before.
 */
export function readStructure(source: ByteSource, offset: number, size: number, what: string): Uint8Array {
  const bytes = readUpTo(source, offset, size);
  if (bytes.length < size) throw new DiskError('CONTAINER_HEADER', what, { offset, need: size, have: bytes.length });
  return bytes;
}

/**
 * Fills `into` with a block's bytes.
 * @throws {DiskError} CONTAINER_BLOCK when the file delivers less: never zeros in place of data.
 */
export function readBlock(source: ByteSource, offset: number, into: Uint8Array, what: string): void {
  const have = wholeReads(source).readAt(offset, into);
  if (have < into.length) throw new DiskError('CONTAINER_BLOCK', what, { offset, need: into.length, have });
}

/**
 * Fills `into` with bytes of the parent; zeros behind its end, because a child may be larger than its parent.
 * @throws {DiskError} CONTAINER_BLOCK when the parent delivers less than its size says.
 */
export function readParent(parent: ByteSource, offset: number, into: Uint8Array): void {
  const there = Math.max(0, Math.min(into.length, parent.sizeBytes - offset));
  if (there > 0) readBlock(parent, offset, into.subarray(0, there), 'parent disk');
  into.fill(0, there);
}

/** Calls `each` for every part of a range that lies in one block: block number, offset in the block, offset in the range, length. */
export function eachPart(
  offset: number,
  length: number,
  blockBytes: number,
  each: (block: number, within: number, at: number, size: number) => void,
): void {
  for (let at = 0; at < length; ) {
    const block = Math.floor((offset + at) / blockBytes);
    const within = offset + at - block * blockBytes;
    const size = Math.min(blockBytes - within, length - at);
    each(block, within, at, size);
    at += size;
  }
}

/** Calls `each` for every run of sectors of a part that are alike: present in the file or not. */
export function eachRun(
  first: number,
  count: number,
  present: (sector: number) => boolean,
  each: (from: number, to: number, present: boolean) => void,
): void {
  for (let from = first; from < first + count; ) {
    const state = present(from);
    let to = from + 1;
    while (to < first + count && present(to) === state) to++;
    each(from, to, state);
    from = to;
  }
}

/** Pieces in which a new block is prepared: small, so that few zeros are written around the data. */
const PIECE_BYTES = 1 << 16;

/**
 * Adds `size` bytes at `offset`, prepared piece by piece (`fill` gets zeros). Pieces of zeros behind the end of the file are not written: what is not written
 * there is zero once the file has grown, in an overlay and on the disk; only the last sector is, so that it grows.
 */
export function appendPieces(device: BlockDevice, offset: number, size: number, fill: (piece: Uint8Array, at: number) => void): void {
  const end = device.sizeBytes;
  for (let at = 0; at < size; at += PIECE_BYTES) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, size - at));
    fill(piece, at);
    if (offset + at < end || piece.some((byte) => byte !== 0)) put(device, offset + at, piece);
  }
  if (device.sizeBytes < offset + size) put(device, offset + size - device.sectorBytes, new Uint8Array(device.sectorBytes));
}

/** Writes to a device that was found writable. */
export function put(device: BlockDevice, offset: number, bytes: Uint8Array): void {
  device.write?.(offset, bytes);
}

/** Copies the part of `bytes`, which belong at `bytesAt`, that falls into `piece`, which lies at `pieceAt`. */
export function overlay(piece: Uint8Array, pieceAt: number, bytes: Uint8Array, bytesAt: number): void {
  const from = Math.max(pieceAt, bytesAt);
  const to = Math.min(pieceAt + piece.length, bytesAt + bytes.length);
  if (from < to) piece.set(bytes.subarray(from - bytesAt, to - bytesAt), from - pieceAt);
}

/**
 * Checks a write against size and sectors of a virtual disk.
 * @throws {DiskError} BLOCK_WRITE_RANGE outside the disk, CONTAINER_WRITE when it is not whole sectors.
 */
export function checkWrite(disk: BlockDevice, offset: number, length: number): void {
  checkRange(offset, length, disk.sizeBytes, 'virtual disk');
  if (offset % disk.sectorBytes !== 0 || length % disk.sectorBytes !== 0) {
    throw new DiskError('CONTAINER_WRITE', 'part of a sector', { offset, need: disk.sectorBytes, have: length });
  }
}
