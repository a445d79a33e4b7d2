/**
 * Upper case as the registry compares names: character by character, never changing the length. Characters whose upper case needs two
 * (`ß`) stay as they are.
 */
export function upperName(name: string): string {
  let out = '';
  for (let i = 0; i < name.length; i++) {
    const one = name.charAt(i);
    const upper = one.toUpperCase();
    out += upper.length === 1 ? upper : one;
  }
  return out;
}

/** Orders upper-case names by their character codes. @source msuhanov/regf "Index leaf" */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Tells whether every character fits one byte: then the name is stored as extended ASCII. */
export function isOneByte(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 0xff) return false;
  return true;
}

/** A name as stored: one byte per character where all fit, else UTF-16LE. */
export function nameBytes(name: string): Uint8Array {
  const wide = !isOneByte(name);
  const out = new Uint8Array(name.length * (wide ? 2 : 1));
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (wide) {
      out[i * 2] = code & 0xff;
      out[i * 2 + 1] = code >>> 8;
    } else out[i] = code;
  }
  return out;
}

/** Hash of a key name in a hash leaf: H = 37 * H + upper-case character. @source msuhanov/regf "Hash leaf" */
export function nameHash(name: string): number {
  const upper = upperName(name);
  let hash = 0;
  for (let i = 0; i < upper.length; i++) hash = (Math.imul(hash, 37) + upper.charCodeAt(i)) >>> 0;
  return hash;
}

/** Hint of a key name in a fast leaf: its first four characters as bytes; the first byte is null when one of them needs two. @source msuhanov/regf "Fast leaf" */
export function nameHint(name: string): number {
  let hint = 0;
  for (let i = 0; i < 4 && i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code > 0xff) return (hint & ~0xff) >>> 0;
    hint |= code << (i * 8);
  }
  return hint >>> 0;
}
