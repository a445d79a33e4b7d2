import { viewOf } from '@winmedic/bytes';
import type { Context } from './context.ts';
import { readFile } from './file.ts';
import { attributeValue } from './stream.ts';
import { ATTRIBUTE, RECORD } from './types.ts';

/** Bytes of $UpCase: one UTF-16 unit for each. */
const TABLE_BYTES = 131_072;

/**
 * Upper case as the volume compares names. The table is read only when a character outside ASCII is compared: 128 KiB are more than everything else that a
 * lookup reads, and for ASCII every $UpCase ever made says the same (a-z to A-Z, all else itself; a table that differs is told when it is read).
 */
export class UpCase {
  readonly #context: Context;
  #table: Uint16Array | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Upper case of a text, unit by unit. */
  text(text: string): string {
    let out = '';
    for (let i = 0; i < text.length; i++) out += String.fromCharCode(this.unit(text.charCodeAt(i)));
    return out;
  }

  /** Upper case of one UTF-16 unit. */
  unit(unit: number): number {
    if (unit < 0x80) return ascii(unit);
    this.#table ??= this.#load();
    return this.#table[unit]!;
  }

  /**
   * Order of two names: unit by unit in upper case, the shorter first. Names that differ in case only are equal (0).
   * @source Linux-NTFS documentation, "Collation": COLLATION_FILE_NAME
   */
  compare(a: string, b: string): number {
    const shared = Math.min(a.length, b.length);
    for (let i = 0; i < shared; i++) {
      const x = a.charCodeAt(i);
      const y = b.charCodeAt(i);
      if (x === y) continue;
      const difference = this.unit(x) - this.unit(y);
      if (difference !== 0) return difference;
    }
    return a.length - b.length;
  }

  #load(): Uint16Array {
    const table = new Uint16Array(0x1_0000);
    const file = readFile(this.#context, RECORD.upCase);
    const data = file?.attributes.find((attribute) => attribute.type === ATTRIBUTE.data && attribute.name === '');
    const bytes = data === undefined ? new Uint8Array(0) : attributeValue(this.#context, data, TABLE_BYTES);
    const at = this.#context.table.place(RECORD.upCase)?.[0]?.offset ?? 0;
    if (bytes.length < TABLE_BYTES) {
      this.#context.tell('NTFS_UPCASE', at, '$UpCase', TABLE_BYTES, bytes.length);
      for (let unit = 0; unit < table.length; unit++) table[unit] = simpleUpper(unit);
      return table;
    }
    const view = viewOf(bytes);
    for (let unit = 0; unit < table.length; unit++) table[unit] = view.getUint16(unit * 2, true);
    for (let unit = 0; unit < 0x80; unit++) {
      if (table[unit] === ascii(unit)) continue;
      this.#context.tell('NTFS_UPCASE', at, '$UpCase, ASCII', ascii(unit), table[unit]);
      break;
    }
    return table;
  }
}

function ascii(unit: number): number {
  return unit >= 0x61 && unit <= 0x7a ? unit - 0x20 : unit;
}

/** Stands in for a table that cannot be read (told): Unicode's own upper case where it is one unit. */
function simpleUpper(unit: number): number {
  const upper = String.fromCharCode(unit).toUpperCase();
  return upper.length === 1 ? upper.charCodeAt(0) : unit;
}
