import { upperName } from '../hive-writer/names.ts';
import type { WriteHiveKey, WriteHiveValue } from '../hive-writer/types.ts';

interface Entry {
  readonly name: string;
  readonly keys: Map<string, Entry>;
  readonly values: Map<string, WriteHiveValue>;
  lastWritten: bigint;
}

/** Keys collected by path and turned into a tree; a key met first as part of a path gets the time of installation. */
export class KeyTable {
  readonly #installedAt: bigint;
  readonly #root: Entry;

  constructor(rootName: string, installedAt: bigint) {
    this.#installedAt = installedAt;
    this.#root = this.#entry(rootName);
  }

  #entry(name: string): Entry {
    return { name, keys: new Map(), values: new Map(), lastWritten: this.#installedAt };
  }

  /** Adds a key with values; values given before stay unless one has the same name. */
  put(path: string, values: readonly WriteHiveValue[] = [], lastWritten?: bigint): void {
    const entry = this.#at(path);
    for (const value of values) entry.values.set(upperName(value.name), value);
    if (lastWritten !== undefined) entry.lastWritten = lastWritten;
  }

  /** Sets the time of a key, adding it when it is missing. */
  date(path: string, lastWritten: bigint): void {
    this.#at(path).lastWritten = lastWritten;
  }

  #at(path: string): Entry {
    let entry = this.#root;
    for (const part of path === '' ? [] : path.split('\\')) {
      const upper = upperName(part);
      let next = entry.keys.get(upper);
      if (!next) {
        next = this.#entry(part);
        entry.keys.set(upper, next);
      }
      entry = next;
    }
    return entry;
  }

  /** The tree. */
  tree(): WriteHiveKey {
    const build = (entry: Entry): WriteHiveKey => ({
      name: entry.name,
      lastWritten: entry.lastWritten,
      values: [...entry.values.values()],
      keys: [...entry.keys.values()].map(build),
    });
    return build(this.#root);
  }
}
