import { alignUp, viewOf } from './numbers.ts';

/**
 * The $UpCase table: for each UTF-16 unit the unit it is compared as. Made from the upper case of Unicode where that is a single unit. Windows' own table is
 * older and leaves some letters alone that have an upper case today; no letter outside ASCII becomes an ASCII one there (the dotless i, the long s).
 */
export const UP_CASE: Uint16Array = Uint16Array.from({ length: 65_536 }, (_, unit) => {
  const upper = String.fromCharCode(unit).toUpperCase();
  const other = upper.charCodeAt(0);
  return upper.length !== 1 || (unit >= 0x80 && other < 0x80) ? unit : other;
});

/** A name as the table compares it. */
export function upCase(name: string): string {
  return String.fromCharCode(...Array.from({ length: name.length }, (_, i) => UP_CASE[name.charCodeAt(i)]!));
}

/** COLLATION_FILE_NAME: by upper-case units, then by the units themselves. @source Linux-NTFS "Collation" */
export function compareNames(a: string, b: string): number {
  const [x, y] = [upCase(a), upCase(b)];
  return x < y ? -1 : x > y ? 1 : a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a name needs no other as an 8.3 name. */
export function isShortName(name: string): boolean {
  return /^[A-Z0-9!#$%&'()@^_`{}~-]{1,8}(\.[A-Z0-9!#$%&'()@^_`{}~-]{1,3})?$/.test(name);
}

/** One entry of an index without the pointer to what is below it. */
export interface IndexEntry {
  readonly bytes: Uint8Array;
  /** What it is called in {@link import('./types.ts').WrittenIndexBlock.names}. */
  readonly label: string;
}

/** Entry of a directory: the key is the $FILE_NAME itself. @source Linux-NTFS "Index entry" */
export function nameEntry(reference: bigint, fileName: Uint8Array, label: string): IndexEntry {
  const bytes = new Uint8Array(alignUp(16 + fileName.length, 8));
  const view = viewOf(bytes);
  view.setBigUint64(0, reference, true);
  view.setUint16(8, bytes.length, true);
  view.setUint16(10, fileName.length, true);
  bytes.set(fileName, 16);
  return { bytes, label };
}

/** Entry of a view index ($SII, $SDH, $R): key, then data. @source Linux-NTFS "Index entry (view)" */
export function viewEntry(key: Uint8Array, data: Uint8Array, label: string): IndexEntry {
  const bytes = new Uint8Array(alignUp(16 + key.length + data.length, 8));
  const view = viewOf(bytes);
  view.setUint16(0, 16 + key.length, true);
  view.setUint16(2, data.length, true);
  view.setUint16(8, bytes.length, true);
  view.setUint16(10, key.length, true);
  bytes.set(key, 16);
  bytes.set(data, 16 + key.length);
  return { bytes, label };
}
