import type { WriteVersion } from './types.ts';

/** A version resource. @source learn.microsoft.com, windows/win32/menurc/vs-versioninfo and the pages of its parts. */
export function versionBytes(version: WriteVersion): Uint8Array {
  const tables = version.translations.map(({ language, texts }) => {
    const key = `${language.toString(16).padStart(4, '0')}04b0`;
    const strings = Object.entries(texts).map(([name, text]) => {
      const value = utf16(`${text}\0`);
      return block(name, 1, value, version.lengthsInBytes === true ? value.length : value.length / 2, []);
    });
    return block(key, 1, [], 0, strings);
  });
  const pairs = version.translations.flatMap(({ language }) => [...word(language), ...word(0x4b0)]);
  const children = [
    block('StringFileInfo', 1, [], 0, tables),
    block('VarFileInfo', 1, [], 0, [block('Translation', 0, pairs, pairs.length, [])]),
  ];
  const fixed = version.file === null || version.product === null ? [] : fixedPart(version.file, version.product);
  return Uint8Array.from(block('VS_VERSION_INFO', 0, fixed, fixed.length, children));
}

function fixedPart(file: readonly number[], product: readonly number[]): number[] {
  const number = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): number[] => [...word(b), ...word(a), ...word(d), ...word(c)];
  return [...dword(0xfeef04bd), ...dword(0x10000), ...number(file), ...number(product), ...Array<number>(28).fill(0)];
}

/** A block; its children begin at multiples of four, and so must itself when it is put somewhere. */
function block(key: string, type: number, value: readonly number[], valueLength: number, children: readonly number[][]): number[] {
  const body = [...word(valueLength), ...word(type), ...utf16(`${key}\0`)];
  const out = [...pad([0, 0, ...body], value.length > 0 || children.length > 0), ...value];
  for (const child of children) {
    while (out.length % 4 !== 0) out.push(0);
    for (const byte of child) out.push(byte);
  }
  out[0] = out.length & 0xff;
  out[1] = out.length >> 8;
  return out;
}

function pad(bytes: number[], wanted: boolean): number[] {
  while (wanted && bytes.length % 4 !== 0) bytes.push(0);
  return bytes;
}

function word(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff];
}

function dword(value: number): number[] {
  return [...word(value & 0xffff), ...word(value >>> 16)];
}

function utf16(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => word(text.charCodeAt(i))).flat();
}
