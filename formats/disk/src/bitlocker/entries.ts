import { decodeUtf16, formatGuid, viewOf } from '@winmedic/bytes';

/** Entry types. @source libyal BDE format, "FVE metadata entry types"; 0x000b ("backup of the FVEK") is not used */
export const ENTRY = {
  property: 0x0000,
  volumeMasterKey: 0x0002,
  volumeKey: 0x0003,
  startupKey: 0x0006,
  description: 0x0007,
  volumeHeader: 0x000f,
} as const;

/** Value types. @source libyal BDE format, "FVE metadata value types" */
export const VALUE = {
  key: 0x0001,
  text: 0x0002,
  stretchKey: 0x0003,
  wrappedKey: 0x0005,
  volumeMasterKey: 0x0008,
  externalKey: 0x0009,
  place: 0x000f,
} as const;

/** Type, value type, size and version of an entry. */
export const ENTRY_HEADER_BYTES = 8;

/** A metadata entry: `data` is a view of the bytes behind its header. */
export interface Entry {
  readonly type: number;
  readonly value: number;
  readonly data: Uint8Array;
}

/** A key wrapped with AES-CCM. @source libyal BDE format, "FVE AES-CCM encrypted key" */
export interface WrappedKey {
  readonly nonce: Uint8Array;
  readonly tag: Uint8Array;
  readonly data: Uint8Array;
}

/** A way to the volume master key. @source libyal BDE format, "FVE Volume Master Key (VMK)" */
export interface MasterKeyEntry {
  readonly id: string;
  readonly lastChanged: bigint;
  readonly type: number;
  readonly properties: readonly Entry[];
}

/**
 * Entries of a stretch of metadata, in order. Zeros behind the last one are padding. A list that breaks off is given up to there, and `onBroken` hears the
 * offset of the break in `bytes`. The stretch is at most 64 KiB and an entry at least 8 bytes, which bounds the list.
 */
export function readEntries(bytes: Uint8Array, onBroken?: (offset: number) => void): readonly Entry[] {
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  let at = 0;
  while (at + ENTRY_HEADER_BYTES <= bytes.length) {
    const size = view.getUint16(at, true);
    if (size === 0 && bytes.subarray(at).every((byte) => byte === 0)) return entries;
    if (size < ENTRY_HEADER_BYTES || at + size > bytes.length) {
      onBroken?.(at);
      return entries;
    }
    entries.push({
      type: view.getUint16(at + 2, true),
      value: view.getUint16(at + 4, true),
      data: bytes.subarray(at + ENTRY_HEADER_BYTES, at + size),
    });
    at += size;
  }
  return entries;
}

/** Volume master key entry; `undefined` when it is too short. */
export function readMasterKey(entry: Entry): MasterKeyEntry | undefined {
  const { data } = entry;
  if (entry.value !== VALUE.volumeMasterKey || data.length < 28) return undefined;
  const view = viewOf(data);
  return {
    id: formatGuid(data),
    lastChanged: view.getBigUint64(16, true),
    type: view.getUint16(26, true),
    properties: readEntries(data.subarray(28)),
  };
}

/** Nonce (time and counter, 12 bytes), tag and data of a wrapped key; `undefined` for another entry or one without room for the tag. */
export function readWrappedKey(entry: Entry): WrappedKey | undefined {
  const { data } = entry;
  if (entry.value !== VALUE.wrappedKey || data.length <= 28) return undefined;
  return { nonce: data.subarray(0, 12), tag: data.subarray(12, 28), data: data.subarray(28) };
}

/** Salt of a stretch key entry. @source libyal BDE format, "FVE Stretch encrypted key" */
export function readSalt(entry: Entry): Uint8Array | undefined {
  return entry.value === VALUE.stretchKey && entry.data.length >= 20 ? entry.data.subarray(4, 20) : undefined;
}

/** Bytes of an unprotected key entry. @source libyal BDE format, "FVE key" */
export function readPlainKey(entry: Entry): Uint8Array | undefined {
  return entry.value === VALUE.key && entry.data.length > 4 ? entry.data.subarray(4) : undefined;
}

/** Text entry, without its terminator. */
export function readText(entry: Entry): string {
  const text = decodeUtf16(entry.data);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
