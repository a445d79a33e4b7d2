import { formatGuid, viewOf } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import { ENTRY, readEntries, readPlainKey, VALUE } from './entries.ts';
import type { StartupKeyInfo } from './types.ts';

const HEADER_BYTES = 48;
/** Files seen have 156 and 180 bytes; anything much larger is something else. */
const MAX_BYTES = 0x1_0000;
/** Id and time in front of the properties of an external key. @source libyal BDE format, "FVE External Key" */
const EXTERNAL_KEY_BYTES = 24;
const KEY_BYTES = 32;

/** What was read from a startup key file; `key` is a copy the caller overwrites. */
export interface StartupKey extends StartupKeyInfo {
  readonly key: Uint8Array;
}

/** Reads a startup key file with its key. @throws {DiskError} BITLOCKER_STARTUP_KEY. @source libyal BDE format, "BitLocker External Key (BEK) file" */
export function readStartupKey(file: Uint8Array): StartupKey {
  const fail = (what: string, need?: number | string, have?: number | string): DiskError =>
    new DiskError('BITLOCKER_STARTUP_KEY', `startup key file: ${what}`, {
      ...(need !== undefined && { need }),
      ...(have !== undefined && { have }),
    });
  if (file.length < HEADER_BYTES || file.length > MAX_BYTES) throw fail('size', `${HEADER_BYTES}..${MAX_BYTES}`, file.length);
  const view = viewOf(file);
  const size = view.getUint32(0, true);
  const version = view.getUint32(4, true);
  if (version !== 1 || view.getUint32(8, true) !== HEADER_BYTES) throw fail('version', 1, version);
  if (size < HEADER_BYTES || size > file.length) throw fail('size field', `<= ${file.length}`, size);
  const entry = readEntries(file.subarray(HEADER_BYTES, size)).find(
    ({ type, value, data }) => type === ENTRY.startupKey && value === VALUE.externalKey && data.length >= EXTERNAL_KEY_BYTES,
  );
  if (entry === undefined) throw fail('external key');
  const key = readEntries(entry.data.subarray(EXTERNAL_KEY_BYTES))
    .map(readPlainKey)
    .find((bytes) => bytes !== undefined);
  if (key?.length !== KEY_BYTES) throw fail('key', KEY_BYTES, key?.length ?? 0);
  return { id: formatGuid(entry.data), created: view.getBigUint64(40, true), key: new Uint8Array(key) };
}

/**
 * What a startup key file (.BEK, "external key") says about itself: the id of its protector, by which it is matched to a volume. The key stays in the file.
 * @throws {DiskError} BITLOCKER_STARTUP_KEY for a file that is none.
 */
export function parseStartupKey(file: Uint8Array): StartupKeyInfo {
  const { id, created, key } = readStartupKey(file);
  key.fill(0);
  return { id, created };
}
