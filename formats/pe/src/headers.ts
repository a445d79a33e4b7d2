import { type ByteSource, readUpTo, viewOf } from '@winmedic/bytes';
import { PeError } from './errors.ts';
import { MAX_DIRECTORIES, MAX_SECTIONS } from './limits.ts';
import type { Report } from './reader.ts';

/*
 * Source of all layouts here: learn.microsoft.com, windows/win32/debug/pe-format: MS-DOS stub, signature, COFF file header, optional
 * header, section table.
 */

const DOS_HEADER_BYTES = 64;
/** Place of the offset of the PE header in the MS-DOS header. */
const LFANEW = 0x3c;
const FILE_HEADER_BYTES = 20;
const SECTION_BYTES = 40;
const DIRECTORY_BYTES = 8;
/** Optional header up to and with CheckSum; the same in PE32 and PE32+. */
const COMMON_OPTIONAL_BYTES = 68;

/** A section: where its bytes are in memory and in the file. */
export interface Section {
  readonly address: number;
  readonly size: number;
  readonly fileOffset: number;
}

/** A data directory: an address in memory (for certificates: an offset in the file) and a size. */
export interface Directory {
  readonly at: number;
  readonly sizeBytes: number;
}

/** The headers of an image. */
export interface Headers {
  readonly machineCode: number;
  readonly bits: 32 | 64;
  readonly timeDateStamp: number;
  readonly sizeOfImage: number;
  readonly checkSum: number;
  readonly directories: readonly Directory[];
  readonly sections: readonly Section[];
}

/**
 * Is this a PE image? From the first bytes of a file: `MZ`, and the `PE` signature where the MS-DOS header says. A header that begins
 * behind `head` is not seen.
 */
export function recogniseImage(head: Uint8Array): boolean {
  if (head.length < DOS_HEADER_BYTES || head[0] !== 0x4d || head[1] !== 0x5a) return false;
  const at = viewOf(head).getUint32(LFANEW, true);
  return head[at] === 0x50 && head[at + 1] === 0x45 && head[at + 2] === 0 && head[at + 3] === 0;
}

/**
 * Reads the headers.
 * @throws {PeError} when the input is no PE image or ends within its headers.
 */
export function readHeaders(source: ByteSource, report: Report): Headers {
  const dos = readUpTo(source, 0, DOS_HEADER_BYTES);
  if (dos.length === 0) throw new PeError('PE_EMPTY', 'file without bytes');
  if (dos[0] !== 0x4d || (dos.length > 1 && dos[1] !== 0x5a)) throw new PeError('PE_NOT_IMAGE', 'MS-DOS signature');
  if (dos.length < DOS_HEADER_BYTES) throw new PeError('PE_HEADER_TRUNCATED', 'MS-DOS header', dos.length);
  const start = viewOf(dos).getUint32(LFANEW, true);
  const head = readUpTo(source, start, 4 + FILE_HEADER_BYTES);
  if (!startsWithPe(head)) throw new PeError(head.length < 4 ? 'PE_HEADER_TRUNCATED' : 'PE_NOT_IMAGE', 'PE signature', start);
  if (head.length < 4 + FILE_HEADER_BYTES) throw new PeError('PE_HEADER_TRUNCATED', 'COFF file header', start);
  const file = viewOf(head.subarray(4));
  const optionalAt = start + 4 + FILE_HEADER_BYTES;
  const optionalBytes = file.getUint16(16, true);
  const optional = readUpTo(source, optionalAt, optionalBytes);
  if (optional.length < optionalBytes) throw new PeError('PE_HEADER_TRUNCATED', 'optional header', optionalAt);
  const view = viewOf(optional);
  const bits = optionalBytes < COMMON_OPTIONAL_BYTES ? undefined : bitsOf(view.getUint16(0, true));
  if (bits === undefined) throw new PeError('PE_NOT_IMAGE', 'optional header', optionalAt);
  return {
    machineCode: file.getUint16(0, true),
    bits,
    timeDateStamp: file.getUint32(4, true),
    sizeOfImage: view.getUint32(56, true),
    checkSum: view.getUint32(64, true),
    directories: directoriesOf(view, bits),
    sections: sectionsOf(source, optionalAt + optionalBytes, file.getUint16(2, true), report),
  };
}

function startsWithPe(head: Uint8Array): boolean {
  return head.length >= 4 && head[0] === 0x50 && head[1] === 0x45 && head[2] === 0 && head[3] === 0;
}

function bitsOf(magic: number): 32 | 64 | undefined {
  if (magic === 0x10b) return 32;
  return magic === 0x20b ? 64 : undefined;
}

/** The directories that the optional header really holds. */
function directoriesOf(view: DataView, bits: 32 | 64): Directory[] {
  const countAt = bits === 32 ? 92 : 108;
  if (view.byteLength < countAt + 4) return [];
  const room = Math.floor((view.byteLength - countAt - 4) / DIRECTORY_BYTES);
  const count = Math.min(view.getUint32(countAt, true), room, MAX_DIRECTORIES);
  return Array.from({ length: count }, (_, i) => {
    const at = countAt + 4 + i * DIRECTORY_BYTES;
    return { at: view.getUint32(at, true), sizeBytes: view.getUint32(at + 4, true) };
  });
}

function sectionsOf(source: ByteSource, at: number, count: number, report: Report): Section[] {
  const wanted = Math.min(count, MAX_SECTIONS);
  if (wanted < count) report('PE_LIMIT', at, 'section table', count, MAX_SECTIONS);
  const bytes = readUpTo(source, at, wanted * SECTION_BYTES);
  if (bytes.length < wanted * SECTION_BYTES) report('PE_TRUNCATED', at, 'section table', wanted * SECTION_BYTES, bytes.length);
  const view = viewOf(bytes);
  const sections: Section[] = [];
  let end = 0;
  for (let row = 0; row + SECTION_BYTES <= bytes.length; row += SECTION_BYTES) {
    // Bytes behind SizeOfRawData are zeros in memory: nothing to read there.
    const size = view.getUint32(row + 16, true);
    const fileOffset = view.getUint32(row + 20, true);
    if (size === 0) continue;
    sections.push({ address: view.getUint32(row + 12, true), size, fileOffset });
    end = Math.max(end, fileOffset + size);
  }
  if (end > source.sizeBytes) report('PE_TRUNCATED', source.sizeBytes, 'sections', end, source.sizeBytes);
  return sections;
}

/** Offset in the file of `size` bytes at an address in memory; `undefined` when no section holds all of them. */
export function fileOffsetOf(sections: readonly Section[], address: number, size: number): number | undefined {
  const section = sections.find((one) => address >= one.address && address + size <= one.address + one.size);
  return section === undefined ? undefined : section.fileOffset + (address - section.address);
}
