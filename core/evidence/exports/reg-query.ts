import type { Lines } from './lines.ts';
import { addKey, addValue, concernsKey, type RegistryValue, registryKey, TEXT_TYPES } from './registry.ts';
import type { Sink } from './sink.ts';

const KEY_LINE = /^HKEY_(?:LOCAL_MACHINE|CURRENT_USER|USERS|CLASSES_ROOT|CURRENT_CONFIG)(?:\\|$)/;
/** Name, type and data are set apart by four blanks (by a tab in Windows XP and Server 2003). A name may hold blanks. */
const VALUE_LINE = /^(?: {4}|\t)(.*?)(?: {4}|\t)(REG_[A-Z_]{2,32})(?:(?: {4}|\t)(.*))?$/;
/** How the default value is shown, in the languages whose wording is known; in others it stays a name. */
const DEFAULT_NAMES: ReadonlySet<string> = new Set(['(Default)', '(既定)', '<NO NAME>', '<名前なし>']);
/** A default value that is not set (`reg query /ve`). */
const NOT_SET: ReadonlySet<string> = new Set(['(value not set)', '(値の設定なし)']);

/** Does the output of `reg query` begin here? */
export function isRegQuery(lines: Lines): boolean {
  return KEY_LINE.test(lines.peek() ?? '');
}

/** What the options of the command say about the reach of its output. */
interface Scope {
  /** The key asked for. */
  readonly key: string | undefined;
  readonly reach: 'values' | 'tree' | 'one' | 'search';
  readonly value: string | undefined;
}

function scopeOf(sink: Sink): Scope | undefined {
  const { command } = sink;
  if (command?.name !== 'reg' || command.args[0]?.toLowerCase() !== 'query') return undefined;
  const options = command.args.slice(2);
  const has = (name: string): boolean => options.some((word) => word.toLowerCase() === name);
  const path = (command.args[1] ?? '').replace(/^\\\\([^\\]+)\\/, '');
  const at = options.findIndex((word) => word.toLowerCase() === '/v');
  const reach =
    has('/f') || has('/t') || (has('/s') && (at >= 0 || has('/ve')))
      ? 'search'
      : at >= 0 || has('/ve')
        ? 'one'
        : has('/s')
          ? 'tree'
          : 'values';
  return { key: registryKey(path), reach, value: at >= 0 ? options[at + 1] : has('/ve') ? '' : undefined };
}

/** A key with its values as listed. */
interface Block {
  readonly key: string;
  readonly line: number;
  values: number;
}

/**
 * Reads the output of `reg query`: the same in every language but for the name of the default value. What follows a value and is neither value
 * nor key belongs to a text over several lines: that value is left out and said so.
 */
export function readRegQuery(lines: Lines, sink: Sink): void {
  sink.section('reg-query');
  const scope = scopeOf(sink);
  const blocks: Block[] = [];
  let block: Block | undefined;
  let pending: RegistryValue | undefined;
  /** Empty lines passed since the last understood line. */
  let gap = 0;
  let search = scope?.reach === 'search';
  let whole = false;
  let doubtful = false;
  const flush = (): void => {
    if (pending !== undefined && block !== undefined) {
      block.values++;
      addValue(sink, block.key, pending);
    }
    pending = undefined;
  };
  for (let text = lines.peek(); text !== undefined; text = lines.peek()) {
    const { number } = lines;
    if (text === '') {
      if (lines.atBlockEnd) flush();
      whole = lines.atBlockEnd;
      gap++;
      lines.next();
      continue;
    }
    if (KEY_LINE.test(text)) {
      flush();
      const key = registryKey(text.trimEnd());
      block = key === undefined ? undefined : { key, line: number, values: 0 };
      if (block !== undefined) {
        blocks.push(block);
        addKey(sink, block.key, number);
      }
    } else {
      const value = gap === 0 || pending !== undefined ? readValue(text, number) : undefined;
      if (value === undefined) {
        if (gap > 0) {
          // The line with the number of matches that a search ends with; its wording is localised, that something follows is not.
          search ||= /\d/.test(text) && lines.number > 1 && scope === undefined;
          break;
        }
        if (pending !== undefined && TEXT_TYPES.has(pending.type)) pending = undefined;
        doubtful = true;
        sink.problem('EXPORT_LINE_UNKNOWN', 'partial', number);
        lines.next();
        continue;
      }
      flush();
      pending = value;
    }
    gap = 0;
    whole = false;
    lines.next();
  }
  flush();
  if (!doubtful && !search) extents(sink, scope, blocks, whole);
}

function extents(sink: Sink, scope: Scope | undefined, blocks: readonly Block[], whole: boolean): void {
  const [first] = blocks;
  if (first === undefined || !whole) return;
  if (scope === undefined) {
    // Without the command one value alone may be all that was asked for (`/v`); the keys listed without values were perhaps not asked at all.
    for (const block of blocks)
      if (block.values >= 2 && concernsKey(sink, block.key)) sink.extent(`reg:${block.key}`, 'values', block.line);
    return;
  }
  if (scope.key === undefined || scope.key.toLowerCase() !== first.key.toLowerCase()) return;
  if (scope.reach === 'one') sink.extent(`reg:${first.key}!${scope.value ?? ''}`, 'values', first.line);
  else sink.extent(`reg:${first.key}`, scope.reach === 'tree' ? 'tree' : 'values', first.line);
}

function readValue(text: string, line: number): RegistryValue | undefined {
  const m = VALUE_LINE.exec(text);
  if (m === null) return undefined;
  const [, shown = '', type = '', data = ''] = m;
  const isDefault = DEFAULT_NAMES.has(shown);
  const name = isDefault ? '' : shown;
  if (isDefault && NOT_SET.has(data)) return { name, type, value: null, line };
  const value = dataOf(type, data);
  return value === undefined ? undefined : { name, type, value, line };
}

/** Texts with `\0` between them, and perhaps behind the last. */
function listOf(data: string): string[] {
  const items = data.split('\\0');
  while (items.at(-1) === '') items.pop();
  return items;
}

/** Data as reg.exe prints it: numbers in hexadecimal, binary as digits, lists with `\0` between the texts. */
function dataOf(type: string, data: string): string | readonly string[] | undefined {
  if (type === 'REG_DWORD' || type === 'REG_QWORD') return /^0x[0-9a-f]{1,16}$/i.test(data) ? BigInt(data).toString() : undefined;
  if (type === 'REG_MULTI_SZ') return listOf(data);
  if (TEXT_TYPES.has(type)) return data;
  const hex = data.replaceAll(' ', '');
  return /^[0-9a-f]*$/i.test(hex) && hex.length % 2 === 0 ? hex.toUpperCase() : undefined;
}
