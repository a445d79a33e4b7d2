import { type Lines, UNREADABLE_LINE } from './lines.ts';
import { addKey, addValue, concernsKey, type RegistryValue, registryKey, VALUE_TYPES } from './registry.ts';
import type { Sink } from './sink.ts';

const HEADER = /^(?:Windows Registry Editor Version 5\.00|REGEDIT4)\s*$/;
/** Longest value over all its lines, characters; a megabyte of data in `hex:` notation. */
const MAX_VALUE = 4_194_304;
/** Longest name of a value. @source Microsoft Learn, "Registry element size limits" (16,383 characters), each possibly escaped */
const MAX_NAME = 32_768;

/** Does a `.reg` file begin here? */
export function isRegFile(lines: Lines): boolean {
  return HEADER.test(lines.peek() ?? '');
}

/** Parts of a `.reg` file before anything of it counts. */
interface Found {
  readonly keys: { readonly key: string; readonly line: number; readonly values: RegistryValue[] }[];
  /** Written the way regedit and `reg export` write, as far as can be seen: fixed forms, an empty line behind each key. */
  canonical: boolean;
  /** Line of a comment or of a key or value to be deleted: such a file says what to change, not what was there. */
  change: number | undefined;
}

/** Most keys and values held until the end of the file is known. */
const MAX_HELD = 1_000_000;

/**
 * Reads a `.reg` file. A file that deletes anything or carries comments is no export: nothing of it is taken as state. That a value is missing is concluded only
 * from files that look written by Windows, and there only for keys with two values or more: people write files with the one value they mean.
 */
export function readRegFile(lines: Lines, sink: Sink): void {
  sink.section('reg-file');
  const ansi = /^REGEDIT4/.test(lines.peek() ?? '');
  lines.next();
  const found: Found = { keys: [], canonical: true, change: undefined };
  let held = 0;
  let current: Found['keys'][number] | undefined;
  let afterEmpty = false;
  for (let text = lines.peek(); text !== undefined; text = lines.peek()) {
    const { number } = lines;
    if (HEADER.test(text)) break;
    if (text.trim() === '') {
      afterEmpty = lines.atBlockEnd;
      lines.next();
      continue;
    }
    if (text.startsWith('[') && text.trimEnd().endsWith(']')) {
      const inner = text.trimEnd().slice(1, -1);
      if (inner.startsWith('-')) found.change ??= number;
      const key = registryKey(inner);
      if (key === undefined && !inner.startsWith('-')) break;
      if (!afterEmpty || !/^HKEY_/.test(inner)) found.canonical = false;
      current = key === undefined || !concernsKey(sink, key) ? undefined : { key, line: number, values: [] };
      if (current !== undefined && ++held <= MAX_HELD) found.keys.push(current);
      lines.next();
    } else if (text.startsWith(';')) {
      // Windows writes no comments: a person wrote this file, to change something.
      found.change ??= number;
      lines.next();
    } else if (text.startsWith('"') || text.startsWith('@')) {
      const value = readEntry(lines, sink, ansi, found);
      if (value !== undefined && ++held <= MAX_HELD) current?.values.push(value);
    } else break;
    afterEmpty = false;
  }
  if (found.change !== undefined) {
    sink.problem('EXPORT_REG_CHANGES', 'partial', found.change);
    return;
  }
  if (held > MAX_HELD) sink.problem('EXPORT_TOO_MUCH', 'partial', lines.number);
  for (const { key, line, values } of found.keys) {
    addKey(sink, key, line);
    for (const value of values) addValue(sink, key, value);
    if (found.canonical && afterEmpty && held <= MAX_HELD && values.length >= 2) sink.extent(`reg:${key}`, 'values', line);
  }
}

/** Reads `"name"=…` with its continuation lines; goes on behind it. */
function readEntry(lines: Lines, sink: Sink, ansi: boolean, found: Found): RegistryValue | undefined {
  const { number } = lines;
  const bad = (): undefined => {
    found.canonical = false;
    sink.problem('EXPORT_LINE_UNKNOWN', 'partial', number);
    return undefined;
  };
  let text = lines.next() as string;
  const nameEnd = text.startsWith('@') ? 0 : 1 + closingQuote(text.slice(1, MAX_NAME));
  const rest = text.slice(nameEnd + 1).trimStart();
  if ((nameEnd === 0 && !text.startsWith('@')) || !rest.startsWith('=')) return bad();
  const name = unescaped(text.slice(1, nameEnd));
  text = rest.slice(1).trimStart();
  if (text.startsWith('"')) {
    // A text may hold line ends of its own: it goes on to the closing quote.
    const parts = [text.slice(1)];
    let close = closingQuote(parts[0] as string);
    for (let length = text.length; close < 0 && length < MAX_VALUE && parts.length < MAX_TEXT_LINES; ) {
      const next = lines.peek();
      if (next === undefined || next === UNREADABLE_LINE) break;
      lines.next();
      parts.push(next);
      length += next.length + 1;
      close = closingQuote(next);
    }
    if (close < 0) return bad();
    parts.push((parts.pop() as string).slice(0, close));
    return { name, type: 'REG_SZ', value: unescaped(parts.join('\n')), line: number };
  }
  if (text.trimEnd() === '-') {
    found.change ??= number;
    return undefined;
  }
  const dword = /^dword:([0-9a-f]{1,8})\s*$/i.exec(text);
  if (dword !== null) {
    if (!/^[0-9a-f]{8}$/.test(dword[1] as string)) found.canonical = false;
    return { name, type: 'REG_DWORD', value: String(Number.parseInt(dword[1] as string, 16)), line: number };
  }
  const hex = /^hex(?:\(([0-9a-f]{1,8})\))?:/i.exec(text);
  if (hex === null) return bad();
  const parts = [text.slice(hex[0].length).trim()];
  let length = text.length;
  while ((parts.at(-1) as string).endsWith('\\') && length < MAX_VALUE) {
    const next = lines.peek();
    if (next === undefined || !/^\s/.test(next)) return bad();
    lines.next();
    length += next.length;
    parts.push(next.trim());
  }
  const digits = parts
    .map((part) => part.replace(/\\$/, ''))
    .join('')
    .replace(/[\s,]/g, '');
  if (length >= MAX_VALUE || digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return bad();
  const type = hex[1] === undefined ? 3 : Number.parseInt(hex[1], 16);
  return { name, type: VALUE_TYPES.get(type) ?? `REG_${type}`, value: decode(type, Buffer.from(digits, 'hex'), ansi), line: number };
}

/** Most lines of one text value: a quote that is never closed does not make the whole file one text. */
const MAX_TEXT_LINES = 1000;

/** Bytes of a value in the notation of state. Texts are UTF-16 in version 5 and in the code page of the system in version 4. */
function decode(type: number, bytes: Buffer, ansi: boolean): string | readonly string[] {
  const hex = (): string => bytes.toString('hex').toUpperCase();
  if (type === 4 && bytes.length === 4) return String(bytes.readUInt32LE());
  if (type === 5 && bytes.length === 4) return String(bytes.readUInt32BE());
  if (type === 11 && bytes.length === 8) return bytes.readBigUInt64LE().toString();
  if (type !== 1 && type !== 2 && type !== 7) return hex();
  // The code page of a version 4 file is not stated: beyond ASCII its texts are left as bytes.
  if (ansi ? bytes.some((b) => b >= 0x80) : bytes.length % 2 !== 0) return hex();
  const text = bytes.toString(ansi ? 'latin1' : 'utf16le');
  const items = text.split('\0');
  while (items.at(-1) === '') items.pop();
  return type === 7 ? items : items.join('\0');
}

/** Offset of the quote that ends a text, or -1: `\\` and `\\"` are escapes. */
function closingQuote(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  return -1;
}

const unescaped = (text: string): string => text.replace(/\\([\s\S])/g, '$1');
