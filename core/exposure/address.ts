import type { StateAddress } from '@winmedic/knowledge/model';

/** Comparison form of an address: lower case. */
export function addressKey(address: StateAddress): string {
  return address.toLowerCase();
}

/** An address split for matching. */
interface Parts {
  /** The scheme, then the components: of the registry between backslashes, of others between slashes. */
  readonly path: readonly string[];
  /** Name after the first `!`; `undefined` for an address without one. */
  readonly name: string | undefined;
}

/** Deepest path looked at; Windows allows 512 levels of keys, so nothing genuine is longer. */
const MAX_COMPONENTS = 520;
/** A registry path can have 32,767 characters; longer addresses are no addresses. */
const MAX_CHARS = 40_000;

function split(key: string): Parts {
  const mark = key.indexOf('!');
  const path = mark < 0 ? key : key.slice(0, mark);
  const colon = path.indexOf(':');
  const separator = /^reg:/i.test(path) ? '\\' : '/';
  return {
    path: [path.slice(0, colon + 1), ...path.slice(colon + 1).split(separator, MAX_COMPONENTS)],
    name: mark < 0 ? undefined : key.slice(mark + 1),
  };
}

/** Key (or section) an address lies in: the address up to its `!`. */
export function keyPart(key: string): string {
  const mark = key.indexOf('!');
  return mark < 0 ? key : key.slice(0, mark);
}

/**
 * The key of an address and everything above it, nearest first: `reg:a\b!c` gives `reg:a\b`, `reg:a`, `reg:`.
 * @param lengths only those of these lengths; they are few, and cutting and looking up all others would be the most of the work.
 */
export function ancestors(key: string, lengths?: ReadonlySet<number>): string[] {
  const list: string[] = [];
  const separator = key.startsWith('reg:') ? '\\' : '/';
  const mark = key.indexOf('!');
  let end = mark < 0 ? key.length : mark;
  for (let n = 0; end > 0 && n < MAX_COMPONENTS; n++) {
    if (lengths === undefined || lengths.has(end)) list.push(key.slice(0, end));
    end = key.lastIndexOf(separator, end - 1);
  }
  const scheme = key.indexOf(':') + 1;
  if (list.at(-1)?.length !== scheme && (lengths === undefined || lengths.has(scheme))) list.push(key.slice(0, scheme));
  return list;
}

/** Scheme of an address (`reg`, `winrm`); empty when there is none. */
export function schemeOf(key: string): string {
  const colon = key.indexOf(':');
  return colon < 0 ? '' : key.slice(0, colon).toLowerCase();
}

/** Hive an address of the registry lies in (`HKLM\SYSTEM`, `BCD`), upper case; `undefined` for other schemes. */
export function hiveRootOf(address: StateAddress): string | undefined {
  if (schemeOf(address) !== 'reg') return undefined;
  const key = keyPart(address);
  const first = key.indexOf('\\');
  if (first < 0) return key.slice(4).toUpperCase();
  if (key.slice(4, first).toUpperCase() === 'BCD') return 'BCD';
  const second = key.indexOf('\\', first + 1);
  return (second < 0 ? key.slice(4) : key.slice(4, second)).toUpperCase();
}

/** Is a `*` of this address a wildcard? Only a whole component or a whole name is: `Listener\*+HTTP` is the name of a key. */
export function hasWildcard(key: string): boolean {
  const { path, name } = split(key);
  return name === '*' || path.includes('*');
}

/** An address with wildcards, ready to be matched. */
export class Pattern {
  readonly key: string;
  /** What comes before the first wildcard; every match begins with it. */
  readonly stem: string;
  readonly #parts: Parts;

  constructor(key: string) {
    this.key = key;
    this.#parts = split(key);
    const at = this.#parts.path.indexOf('*');
    const separator = key.startsWith('reg:') ? '\\' : '/';
    const [scheme = '', ...path] = at < 0 ? this.#parts.path : this.#parts.path.slice(0, at);
    this.stem = scheme + path.join(separator);
  }

  /** @param key comparison form of an address, or of another pattern: then, does this one cover all that the other can match? */
  matches(key: string): boolean {
    const mine = this.#parts;
    if (key.length > MAX_CHARS || (mine.name !== undefined && mine.name !== '*' && !key.endsWith(mine.name))) return false;
    const other = split(key);
    if (other.path.length !== mine.path.length || (other.name === undefined) !== (mine.name === undefined)) return false;
    if (mine.name !== '*' && mine.name !== other.name) return false;
    return mine.path.every((part, i) => part === '*' || part === other.path[i]);
  }

  /** What stood for the wildcards, as written in the address, joined with a backslash. */
  wildcardsOf(address: StateAddress): string {
    const other = split(address.slice(0, MAX_CHARS));
    const found = this.#parts.path.flatMap((part, i) => (part === '*' ? [other.path[i] ?? ''] : []));
    if (this.#parts.name === '*') found.push(other.name ?? '');
    return found.join('\\');
  }
}
