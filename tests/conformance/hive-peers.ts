import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@winmedic/bytes';
import type { Hive } from '@winmedic/registry-hive';

/**
 * Other readers of hives, from Debian: `reglookup` (package reglookup), `hivexml` (libhivex-bin) and `hivexregedit` (libwin-hivex-perl). None of them
 * knows transaction logs. Each gives what it shows, levelled to {@link SeenKey}; what a tool does not show is absent.
 */
export interface SeenKey {
  /** Names from below the root, joined with `\`; empty for the root. */
  readonly path: string;
  /** `2012-12-14T23:06:40`. */
  readonly time?: string;
  readonly values: readonly SeenValue[];
}

/** A value; `data` in hexadecimal digits, or as text where the tool shows text only. */
export interface SeenValue {
  readonly name: string;
  readonly type: number;
  readonly data?: string;
}

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).error === undefined;
const installed = { reglookup: has('reglookup'), hivexml: has('hivexml', '-h'), hivexregedit: has('hivexregedit', '--help') };
const missing = Object.entries(installed).flatMap(([name, there]) => (there ? [] : [name]));
if (missing.length > 0)
  console.log(`skipped in part: ${missing.join(', ')} not installed (packages reglookup, libhivex-bin, libwin-hivex-perl)`);

/** All three are there. */
export const hasPeers = missing.length === 0;

let folder: string | undefined;
let files = 0;

/** Writes a file for the tools to read. */
export function save(bytes: Uint8Array): string {
  folder ??= mkdtempSync(join(tmpdir(), 'hive-peers-'));
  const path = join(folder, `${files++}.hiv`);
  writeFileSync(path, bytes);
  return path;
}

/** Bytes of a file that a tool has changed. */
export function load(path: string): Uint8Array {
  return readFileSync(path);
}

/** Removes what {@link save} wrote. */
export function cleanUp(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

/** Runs a tool and returns what it printed; a tool that fails is an error. */
export function run(command: string, args: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'latin1',
    maxBuffer: 1 << 30,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    ...(input === undefined ? {} : { input }),
  });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.slice(0, 500)}`);
  return stdout;
}

/** Perl prints a line with characters above U+00FF as UTF-8 and any other as Latin-1; bytes that are no UTF-8 are the latter. */
function lineText(line: string): string {
  const text = Buffer.from(line, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? line : text;
}

const REGLOOKUP_TYPES: Readonly<Record<string, number>> = {
  NONE: 0,
  SZ: 1,
  EXPAND_SZ: 2,
  BINARY: 3,
  DWORD: 4,
  DWORD_BE: 5,
  LINK: 6,
  MULTI_SZ: 7,
  RSRC_LIST: 8,
  RSRC_DESC: 9,
  RSRC_REQ_LIST: 10,
  QWORD: 11,
};

/** `%XX` back to bytes, given as a latin-1 string. */
const unquote = (text: string): string =>
  text.replace(/%([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));

/**
 * Keys, times, types and values by reglookup. It shows names and text in ASCII or, where that cannot be, as the bytes stored: see {@link storedName}.
 * Lines are told apart as keys by their type; of a value the last component of the path is the name.
 */
export function byReglookup(bytes: Uint8Array): SeenKey[] {
  const keys: { path: string; time: string; values: SeenValue[] }[] = [];
  for (const line of run('reglookup', ['-H', save(bytes)]).split('\n')) {
    if (line === '') continue;
    const [path = '', type = '', value = '', time = ''] = line.split(',');
    const parts = path.split('/').slice(1).map(unquote);
    if (type === 'KEY') keys.push({ path: parts[0] === '' ? '' : parts.join('\\'), time: time.replace(' ', 'T'), values: [] });
    else {
      const number = REGLOOKUP_TYPES[type] ?? Number(type);
      keys.at(-1)!.values.push({ name: parts.at(-1)!, type: number, data: unquote(value) });
    }
  }
  return keys;
}

/** Keys and times by hivexml. */
export function byHivexml(bytes: Uint8Array): SeenKey[] {
  const keys: SeenKey[] = [];
  const path: string[] = [];
  // It opens /dev/stdout by name, which a socket (as Node's pipes are) does not allow.
  const xml = Buffer.from(run('sh', ['-c', 'hivexml "$1" | cat', 'sh', save(bytes)]), 'latin1').toString('utf8');
  for (const [, close, attributes, time] of xml.matchAll(/<(\/?)node(?:\s([^>]*))?>(?:<mtime>([^<]*)<\/mtime>)?/g)) {
    if (close === '/') {
      path.pop();
      continue;
    }
    path.push(decodeXml(/name="([^"]*)"/.exec(attributes ?? '')?.[1] ?? ''));
    keys.push({ path: path.slice(1).join('\\'), ...(time === undefined ? {} : { time: time.replace('Z', '') }), values: [] });
  }
  return keys;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const decodeXml = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (_, decimal: string | undefined, hex: string | undefined, name: string) =>
    decimal !== undefined
      ? String.fromCodePoint(Number(decimal))
      : hex !== undefined
        ? String.fromCodePoint(Number.parseInt(hex, 16))
        : ENTITIES[name]!,
  );

/** Keys and values, byte for byte, by hivexregedit. */
export function byHivexregedit(bytes: Uint8Array): SeenKey[] {
  const keys: { path: string; values: SeenValue[] }[] = [];
  for (const line of run('hivexregedit', ['--export', save(bytes), '\\'])
    .split('\n')
    .map(lineText)) {
    const key = /^\[\\(.*)\]$/.exec(line);
    if (key) {
      keys.push({ path: key[1]!, values: [] });
      continue;
    }
    const value = /^(?:@|"((?:[^"\\]|\\.)*)")=(?:hex\(([0-9a-f]+)\):([0-9a-f,]*)|dword:([0-9a-f]{8}))$/.exec(line);
    if (!value) continue;
    const [, name = '', type, hex = '', dword] = value;
    const data = dword === undefined ? hex.replaceAll(',', '') : toHex(Uint8Array.from(Buffer.from(dword, 'hex').reverse()));
    keys.at(-1)!.values.push({ name: name.replace(/\\(.)/g, '$1'), type: dword === undefined ? Number.parseInt(type!, 16) : 4, data });
  }
  return keys;
}

/** Everything our reader gives, in the same form. */
export function byUs(hive: Hive): SeenKey[] {
  return [...hive.walk()].map((key) => ({
    path: key.path,
    time: new Date(Number(key.lastWritten / 10_000n) - 11_644_473_600_000).toISOString().slice(0, 19),
    values: [...key.values()].map((value) => ({ name: value.name, type: value.type, data: toHex(value.data()) })),
  }));
}

/** A name as reglookup shows it: in ASCII, else as the bytes stored. */
export function storedName(name: string): string {
  const codes = [...name].map((_, i) => name.charCodeAt(i));
  return codes.every((code) => code < 0x100) ? name : Buffer.from(name, 'utf16le').toString('latin1');
}

/** A value as reglookup shows it; `undefined` where it shows something that data alone do not decide. */
export function asReglookup(type: number, hex: string): string | undefined {
  const data = Buffer.from(hex, 'hex');
  if (data.length === 0) return '(null)';
  switch (type) {
    case 1:
    case 2:
    case 6: {
      const text = data.toString('utf16le');
      return data.length % 2 === 0 && /^[\x20-\x7e]*\0*$/.test(text) ? text.replace(/\0*$/, '') : undefined;
    }
    case 4:
      return data.length === 4 ? `0x${data.readUInt32LE().toString(16).toUpperCase().padStart(8, '0')}` : undefined;
    case 5:
      return data.length === 4 ? `0x${data.readUInt32BE().toString(16).toUpperCase().padStart(8, '0')}` : undefined;
    case 11:
      return data.length === 8 ? `0x${data.readBigUInt64LE().toString(16).toUpperCase().padStart(16, '0')}` : undefined;
    case 7: {
      const text = data.toString('utf16le');
      return data.length % 2 === 0 && /^(?:[\x20-\x7b\x7d\x7e]+\0)+\0$/.test(text) ? text.slice(0, -2).replaceAll('\0', '|') : undefined;
    }
    default:
      return data.toString('latin1');
  }
}

/** Order by path, values by name: hivexregedit sorts both, and lists of damaged files need not be sorted. */
const sorted = (keys: readonly SeenKey[]): SeenKey[] => {
  const by = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return keys.map((key) => ({ ...key, values: key.values.toSorted((a, b) => by(a.name, b.name)) })).toSorted((a, b) => by(a.path, b.path));
};

/** Data beyond this lies in segments. reglookup joins them in the order of their offsets, not of the list, and knows them from minor version 5 on. */
const SEGMENT = 16_344;

/**
 * Where the peers differ from what our reader gives, as lines; empty when all agree. Levelled are, for reasons given with the functions above: order,
 * text that reglookup cannot show, and its big data.
 * @param skip tools that are known not to read this file at all.
 */
export function differences(ours: readonly SeenKey[], bytes: Uint8Array, skip: readonly string[] = []): string[] {
  const out: string[] = [];
  const compare = (tool: string, expected: readonly SeenKey[], found: readonly SeenKey[], withValues: boolean): void => {
    if (skip.includes(tool)) return;
    const [a, b] = [sorted(expected), sorted(found)];
    if (a.length !== b.length) out.push(`${tool}: ${b.length} keys, ours ${a.length}`);
    a.forEach((key, i) => {
      const other = b[i];
      if (other?.path !== key.path) out.push(`${tool}: key ${other?.path}, ours ${key.path}`);
      else if (other.time !== undefined && other.time !== key.time) out.push(`${tool}: ${key.path} of ${other.time}, ours ${key.time}`);
      else if (withValues && JSON.stringify(other.values) !== JSON.stringify(key.values)) {
        out.push(`${tool}: ${key.path} ${JSON.stringify(other.values).slice(0, 300)}, ours ${JSON.stringify(key.values).slice(0, 300)}`);
      }
    });
  };
  const read = (tool: string, reader: (bytes: Uint8Array) => SeenKey[]): SeenKey[] => (skip.includes(tool) ? [] : reader(bytes));
  compare('hivexml', ours, read('hivexml', byHivexml), false);
  compare('hivexregedit', ours, read('hivexregedit', byHivexregedit), true);
  const shown = ours.map((key) => ({
    ...key,
    path: key.path.split('\\').map(storedName).join('\\'),
    values: key.values.map(({ name, type, data = '' }) => ({
      name: storedName(name),
      type,
      data: data.length / 2 > SEGMENT ? undefined : asReglookup(type, data),
    })),
  }));
  const byPlace = new Map(shown.flatMap((key) => key.values.map((value) => [`${key.path}!${value.name}`, value.data] as const)));
  const levelled = read('reglookup', byReglookup).map((key) => ({
    ...key,
    values: key.values.map((value) => ({
      ...value,
      data: byPlace.get(`${key.path}!${value.name}`) === undefined ? undefined : value.data,
    })),
  }));
  compare('reglookup', shown as SeenKey[], levelled as SeenKey[], true);
  return out.slice(0, 20);
}
