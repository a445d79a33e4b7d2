import { viewOf } from '@winmedic/bytes';
import { reference, unitsText } from './numbers.ts';
import { type FileName, NAME_SPACE, type NtfsTimes } from './types.ts';

/** Bytes of a $FILE_NAME up to its name. */
const FILE_NAME_BYTES = 66;

/** Flag of $FILE_NAME's copy of the attributes: the file has an index `$I30`, it is a directory. */
export const NAME_IS_DIRECTORY = 0x1000_0000;

/** A $FILE_NAME, from its attribute or as the key of an index entry; undefined when the name does not fit. @source Linux-NTFS documentation, "$FILE_NAME" */
export function parseFileName(value: Uint8Array): FileName | undefined {
  if (value.length < FILE_NAME_BYTES) return undefined;
  const view = viewOf(value);
  const units = view.getUint8(64);
  if (units === 0 || FILE_NAME_BYTES + units * 2 > value.length) return undefined;
  return {
    parent: reference(view, 0),
    name: unitsText(view, FILE_NAME_BYTES, units),
    nameSpace: view.getUint8(65),
    times: parseTimes(view, 8),
  };
}

/** The name of a $FILE_NAME that is the key of an index entry, without the rest. */
export function keyName(key: Uint8Array): string | undefined {
  const units = key.length < FILE_NAME_BYTES ? 0 : key[64]!;
  return units === 0 || FILE_NAME_BYTES + units * 2 > key.length ? undefined : unitsText(viewOf(key), FILE_NAME_BYTES, units);
}

/** Four FILETIMEs in the order of $STANDARD_INFORMATION and $FILE_NAME: created, modified, record changed, accessed. */
export function parseTimes(view: DataView, at: number): NtfsTimes {
  return {
    created: view.getBigUint64(at, true),
    modified: view.getBigUint64(at + 8, true),
    mftChanged: view.getBigUint64(at + 16, true),
    accessed: view.getBigUint64(at + 24, true),
  };
}

const RANK = new Map<number, number>([
  [NAME_SPACE.win32, 0],
  [NAME_SPACE.win32AndDos, 0],
  [NAME_SPACE.posix, 1],
]);

/** The name to show: Win32 before POSIX before DOS; of equals the first in the record. */
export function bestName(names: readonly FileName[]): FileName | undefined {
  let best: FileName | undefined;
  for (const name of names) if (best === undefined || rank(name) < rank(best)) best = name;
  return best;
}

function rank(name: FileName): number {
  return RANK.get(name.nameSpace) ?? 2;
}
