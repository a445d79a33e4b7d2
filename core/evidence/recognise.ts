import type { ByteSource } from '@winmedic/bytes';
import { recogniseCapture } from '@winmedic/capture';
import { recogniseDump } from '@winmedic/crash-dump';
import { recogniseEtl } from '@winmedic/etl';
import { recogniseImage } from '@winmedic/pe';
import { recogniseHive } from '@winmedic/registry-hive';
import { utf16WithoutMark } from './exports/index.ts';
import { isDescriptor, isDisk } from './recognise-disk.ts';

/** What an input is, by its content. */
export type ContentKind =
  | 'evtx'
  | 'old-evt'
  | 'zip'
  | 'gzip'
  | 'capture'
  | 'trace'
  | 'hive'
  | 'hive-log'
  | 'dump'
  | 'image'
  | 'disk'
  | 'text'
  | 'empty'
  | 'other';

/** Bytes looked at first; enough for every signature and for telling text from binary. */
export const PROBE_BYTES = 8192;
const CHUNK_BYTES = 65_536;
/** Slots looked at for a chunk when the beginning of a log is lost. */
const PROBED_SLOTS = 16;

/** Recognises an input by its first bytes, a disk also by its last ones and by what its partition table points to, and a log whose beginning is lost by its chunks. */
export function recognise(source: ByteSource): ContentKind {
  if (source.sizeBytes === 0) return 'empty';
  const head = new Uint8Array(Math.min(PROBE_BYTES, source.sizeBytes));
  const got = source.readAt(0, head);
  const kind = recogniseHead(head.subarray(0, got));
  if (kind === 'text' && isDescriptor(head)) return 'disk';
  if (kind !== 'other') return kind;
  if (isDisk(source, head.subarray(0, got))) return 'disk';
  const magic = new Uint8Array(8);
  for (let slot = 0; slot < PROBED_SLOTS; slot++) {
    for (const offset of [4096 + slot * CHUNK_BYTES, slot * CHUNK_BYTES]) {
      if (offset + 8 <= source.sizeBytes && source.readAt(offset, magic) === 8 && startsWith(magic, 'ElfChnk\0')) return 'evtx';
    }
  }
  return 'other';
}

/** Recognises from the first bytes alone. */
export function recogniseHead(head: Uint8Array): ContentKind {
  if (head.length === 0) return 'empty';
  if (startsWith(head, 'ElfFile\0') || startsWith(head, 'ElfChnk\0')) return 'evtx';
  if (startsWith(head.subarray(4096), 'ElfChnk\0')) return 'evtx';
  // The header of a log of Windows 2000 to Server 2003 is 0x30 bytes long and carries "LfLe" at offset 4.
  if (startsWith(head.subarray(4), 'LfLe') && head[0] === 0x30) return 'old-evt';
  if (startsWith(head, 'PK\x03\x04') || startsWith(head, 'PK\x05\x06')) return 'zip';
  const capture = recogniseCapture(head);
  if (capture !== undefined) return capture === 'gzip' ? 'gzip' : 'capture';
  const hive = recogniseHive(head);
  if (hive !== undefined) return hive;
  if (recogniseDump(head) !== undefined) return 'dump';
  if (recogniseImage(head)) return 'image';
  if (recogniseEtl(head)) return 'trace';
  return looksLikeText(head) ? 'text' : 'other';
}

function startsWith(bytes: Uint8Array, ascii: string): boolean {
  for (let i = 0; i < ascii.length; i++) if (bytes[i] !== ascii.charCodeAt(i)) return false;
  return true;
}

/**
 * UTF-16, with or without a byte order mark, or bytes without controls other than tab, line ends, form feed and what redirected consoles leave
 * (bell, backspace, escape, and Ctrl-Z as the end of the file).
 */
function looksLikeText(head: Uint8Array): boolean {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return true;
  return head.every((b) => b >= 0x20 || TEXT_CONTROLS.has(b)) || utf16WithoutMark(head) !== undefined;
}

const TEXT_CONTROLS: ReadonlySet<number> = new Set([0x07, 0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x1a, 0x1b]);

/** Text of an input: UTF-8 or UTF-16 by byte order mark or by its look, else UTF-8 if it is valid, else Shift_JIS (exports of Japanese systems). */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  const unmarked = utf16WithoutMark(bytes);
  if (unmarked !== undefined) return new TextDecoder(unmarked).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('shift_jis').decode(bytes);
  }
}
