import type { ByteSource } from '@winmedic/bytes';
import { isChunkMagic, looksLikeChunk } from './chunk.ts';
import { isFileMagic, looksLikeFileHeader } from './file-header.ts';
import { CHUNK_HEADER_SIZE, CHUNK_SIZE, FILE_HEADER_BLOCK, MAX_HEADER_SEARCH } from './limits.ts';

/** Bytes behind a signature that its plausibility check looks at. */
const LOOK_AHEAD = CHUNK_HEADER_SIZE + 8;

/**
 * File offset of the first file or chunk header in `[from, to)` that is not at `except`; undefined when there is none.
 * Used only where the walk met something unexpected, so it reads again instead of complicating the window.
 */
export function findSignature(source: ByteSource, from: number, to: number, except: number): number | undefined {
  if (to <= from) return undefined;
  const bytes = new Uint8Array(to - from + LOOK_AHEAD);
  const got = source.readAt(from, bytes);
  const view = new DataView(bytes.buffer);
  const last = Math.min(to - from, got) - 1;
  for (let at = bytes.indexOf(0x45); at >= 0 && at <= last; at = bytes.indexOf(0x45, at + 1)) {
    if (at + LOOK_AHEAD > bytes.length) return undefined;
    if (bytes[at + 1] !== 0x6c || bytes[at + 2] !== 0x66 || from + at === except) continue;
    if (looksLikeFileHeader(view, at) || looksLikeChunk(view, at)) return from + at;
  }
  return undefined;
}

/**
 * Where reading starts: 0 with a file header or chunk there; 4096 with a chunk behind an overwritten header; else the first
 * header or chunk within {@link MAX_HEADER_SEARCH}. Undefined when the source is no event log.
 */
export function findStart(source: ByteSource): number | undefined {
  const head = new Uint8Array(FILE_HEADER_BLOCK + LOOK_AHEAD);
  const got = source.readAt(0, head);
  const view = new DataView(head.buffer);
  // The magic alone counts at the very start: nothing else begins like this.
  if (got >= 8 && (isFileMagic(view, 0) || isChunkMagic(view, 0))) return 0;
  if (got > FILE_HEADER_BLOCK && looksLikeChunk(view, FILE_HEADER_BLOCK)) return FILE_HEADER_BLOCK;
  const end = Math.min(source.sizeBytes, MAX_HEADER_SEARCH);
  for (let from = 0; from < end; from += CHUNK_SIZE) {
    const found = findSignature(source, from, Math.min(end, from + CHUNK_SIZE), -1);
    if (found !== undefined) return found;
  }
  return undefined;
}
