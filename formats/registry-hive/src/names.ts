import { VALUE_TYPES } from './types.ts';

/** `REG_DWORD` and so on; `REG_0x…` (hexadecimal, lower case) for numbers without a name. */
export function valueTypeName(type: number): string {
  return (VALUE_TYPES as Readonly<Record<number, string>>)[type] ?? `REG_0x${type.toString(16)}`;
}

const ASCII_ONLY = /^[\0-\x7f]*$/;

/**
 * Upper-case form by which names are compared and sorted: character by character, never changing the length, as Windows does. Characters whose
 * upper-case form is ASCII though they are not (dotless i, long s) stay, so that no two names become one. Windows' own table is not published;
 * that it agrees beyond Latin, Greek and Cyrillic letters is not verified.
 */
export function upcase(name: string): string {
  if (ASCII_ONLY.test(name)) return name.toUpperCase();
  let out = '';
  for (let i = 0; i < name.length; i++) {
    const unit = name[i]!;
    const upper = unit.toUpperCase();
    out += upper.length === 1 && (upper.charCodeAt(0) >= 0x80 || unit.charCodeAt(0) < 0x80) ? upper : unit;
  }
  return out;
}

/** Hash of a key's name in `lh` lists. @param upper the name in upper case. @source msuhanov/regf, "Hash leaf", note */
export function keyNameHash(upper: string): number {
  let hash = 0;
  for (let i = 0; i < upper.length; i++) hash = (Math.imul(hash, 37) + upper.charCodeAt(i)) | 0;
  return hash >>> 0;
}
