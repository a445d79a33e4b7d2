import { type DamageReport, decodeUtf16, viewOf } from '@winmedic/bytes';
import type { FatDamageCode } from './codes.ts';
import { latin1 } from './geometry.ts';
import type { FatEntry } from './types.ts';

/** Bytes of an entry. */
export const ENTRY_BYTES = 32;
const FOLDER = 0x10;
const VOLUME_LABEL = 0x08;
/** Attributes of a part of a long name. */
const LONG_NAME = 0x0f;
const LAST_PART = 0x40;
/** Most parts of a long name: 255 characters, 13 in each. */
const MAX_PARTS = 20;

/** Checksum of a short name that parts of its long name repeat. @source FAT32 File System Specification 1.03, "ChkSum" */
function checksum(name: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < 11; i++) sum = (((sum & 1) << 7) + (sum >>> 1) + name[i]!) & 0xff;
  return sum;
}

/** The part of a path below a folder that is the 8.3 name. */
function shortNameOf(view: DataView): { readonly shortName: string; readonly shown: string } {
  const raw = latin1(view, 0, 11);
  // 0x05 stands for 0xE5, which marks a free entry.
  const base = (raw[0] === '\x05' ? `\xe5${raw.slice(1, 8)}` : raw.slice(0, 8)).trimEnd();
  const extension = raw.slice(8).trimEnd();
  const flags = view.getUint8(12);
  const join = (a: string, b: string): string => (b === '' ? a : `${a}.${b}`);
  // Windows notes here that base or extension were typed in lower case and needs no long name then.
  return {
    shortName: join(base, extension),
    shown: join((flags & 0x08) === 0 ? base : base.toLowerCase(), (flags & 0x10) === 0 ? extension : extension.toLowerCase()),
  };
}

/** Has a name, and no character that none may have. @source FAT32 File System Specification 1.03, "DIR_Name[0]" */
function isPossible(shortName: string): boolean {
  for (let i = 0; i < shortName.length; i++) if (shortName.charCodeAt(i) < 0x20 || '"*/:<>?\\|'.includes(shortName.charAt(i))) return false;
  return shortName !== '';
}

/** Parts of a long name, collected from its end. */
interface LongName {
  readonly checksum: number;
  readonly parts: number;
  /** Number of the part read last; 1 when complete. */
  at: number;
  text: string;
}

/**
 * Files and folders in the bytes of a folder, without the volume label, `.` and `..`.
 * @param wide cluster numbers have more than 16 bits: FAT32. @param offsetAt device offset of a byte of the folder.
 * @source FAT32 File System Specification 1.03, "FAT directory structure", "Long directory entries"
 */
export function parseFolder(
  bytes: Uint8Array,
  wide: boolean,
  offsetAt: (at: number) => number,
  damage: DamageReport<FatDamageCode>,
): FatEntry[] {
  const out: FatEntry[] = [];
  let long: LongName | undefined;
  const lost = (at: number): void => {
    if (long !== undefined) damage('FAT_LONG_NAME', offsetAt(at), 'long name');
    long = undefined;
  };
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const raw = bytes.subarray(at, at + ENTRY_BYTES);
    const view = viewOf(raw);
    if (raw[0] === 0) break;
    if (raw[0] === 0xe5) {
      lost(at);
      continue;
    }
    const attributes = raw[11]!;
    if ((attributes & 0x3f) === LONG_NAME) {
      const number = raw[0]! & 0x3f;
      if ((raw[0]! & LAST_PART) !== 0) {
        lost(at);
        if (number >= 1 && number <= MAX_PARTS) long = { checksum: raw[13]!, parts: number, at: number + 1, text: '' };
      }
      if (long === undefined || number !== long.at - 1 || raw[13] !== long.checksum) {
        if (long === undefined) damage('FAT_LONG_NAME', offsetAt(at), 'long name');
        lost(at);
        continue;
      }
      long.at = number;
      long.text = decodeUtf16(raw, 1, 5) + decodeUtf16(raw, 14, 6) + decodeUtf16(raw, 28, 2) + long.text;
      continue;
    }
    if ((attributes & VOLUME_LABEL) !== 0) {
      lost(at);
      continue;
    }
    const { shortName, shown } = shortNameOf(view);
    if (shortName === '.' || shortName === '..') continue;
    let name = shown;
    if (long !== undefined) {
      const end = long.text.indexOf('\0');
      const text = end < 0 ? long.text : long.text.slice(0, end);
      if (long.at === 1 && long.checksum === checksum(raw) && text !== '') {
        name = text;
        long = undefined;
      } else lost(at);
    }
    const isDirectory = (attributes & FOLDER) !== 0;
    if (!isPossible(shortName)) {
      damage('FAT_ENTRY', offsetAt(at), 'name of an entry');
      continue;
    }
    out.push({
      name,
      shortName,
      isDirectory,
      sizeBytes: isDirectory ? 0 : view.getUint32(28, true),
      firstCluster: (wide ? view.getUint16(20, true) * 0x1_0000 : 0) + view.getUint16(26, true),
      attributes,
      entryOffset: offsetAt(at),
    });
  }
  lost(bytes.length);
  return out;
}
