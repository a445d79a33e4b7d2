import { HiveError } from '../errors.ts';
import { upcase } from '../names.ts';
import type { Hive, HiveKey } from '../types.ts';
import type { HiveChange, PlannedEdit, PlannedStructure } from './types.ts';

/** What is to be true of one value after a plan. */
interface ExpectedValue {
  /** It was there before and is to be gone from its place. */
  gone: boolean;
  /** It is to be there though it was not, or not in this place. */
  made: boolean;
  /** What it is to hold; `undefined`: nothing, or what it held. */
  now: { readonly type: number; readonly data: Uint8Array } | undefined;
}

/** What is to be true of one key after a plan. */
interface ExpectedKey {
  gone: boolean;
  made: boolean;
  time: bigint | undefined;
  readonly values: Map<string, ExpectedValue>;
}

/** Collects what a plan's changes are to lead to, and compares a hive with it. */
export class Expected {
  readonly #keys = new Map<string, ExpectedKey>();

  /** Adds a change with what was planned for it, in the order of the plan. */
  add(change: HiveChange, done: PlannedEdit | PlannedStructure): void {
    const time = change.keyWritten;
    if ('before' in done) {
      this.#value(done.key, done.value, time).now = done.after;
      return;
    }
    switch (done.op) {
      case 'create-value': {
        const value = this.#value(done.key, done.value, time);
        value.made = true;
        value.now = done;
        return;
      }
      case 'delete-value': {
        const value = this.#value(done.key, done.value, time);
        value.gone ||= !value.made;
        value.made = false;
        value.now = undefined;
        return;
      }
      case 'create-key': {
        const above = this.#key(parentOf(done.made[0]!));
        above.time = time ?? above.time;
        for (const path of done.made) {
          const gone = this.#keys.get(upcase(path))?.gone === true;
          this.#keys.set(upcase(path), { gone, made: true, time, values: new Map() });
        }
        return;
      }
      case 'delete-key': {
        const above = this.#key(parentOf(done.key));
        above.time = time ?? above.time;
        const path = upcase(done.key);
        const key = this.#key(done.key);
        const { made, gone } = key;
        for (const each of [...this.#keys.keys()]) if (each === path || each.startsWith(`${path}\\`)) this.#keys.delete(each);
        if (!made || gone) this.#keys.set(path, { gone: true, made: false, time: undefined, values: new Map() });
      }
    }
  }

  #key(path: string): ExpectedKey {
    const known = this.#keys.get(upcase(path));
    if (known !== undefined) return known;
    const key: ExpectedKey = { gone: false, made: false, time: undefined, values: new Map() };
    this.#keys.set(upcase(path), key);
    return key;
  }

  #value(path: string, name: string, time: bigint | undefined): ExpectedValue {
    const key = this.#key(path);
    key.time = time ?? key.time;
    const known = key.values.get(upcase(name));
    if (known !== undefined) return known;
    const value: ExpectedValue = { gone: false, made: false, now: undefined };
    key.values.set(upcase(name), value);
    return value;
  }

  /**
   * Compares a hive before and after, key for key and value for value.
   * @throws {HiveError} HIVE_EDIT_STATE when anything but the changes differs (cells of a crafted hive may lie over each other), or one of them is missing.
   */
  check(before: Hive, after: Hive): void {
    const other = this.#kept(after.walk(), after);
    let gone: string | undefined;
    for (const key of before.walk()) {
      if (gone !== undefined && upcase(key.path).startsWith(gone)) continue;
      const expected = this.#keys.get(upcase(key.path));
      if (expected?.gone) {
        gone = `${upcase(key.path)}\\`;
        continue;
      }
      gone = undefined;
      const { value: now } = other.next();
      const same =
        now !== undefined &&
        now.path === key.path &&
        now.lastWritten === (expected?.time ?? key.lastWritten) &&
        now.className() === key.className() &&
        equal(now.security(), key.security()) &&
        sameValues(key, now, expected);
      if (!same) differs(key);
    }
    const more = other.next().value;
    if (more !== undefined) differs(more);
  }

  /** The keys of the edited hive that were there before; those that are made are looked at and passed over. */
  *#kept(keys: Iterable<HiveKey>, hive: Hive): Generator<HiveKey, undefined> {
    let missing = 0;
    for (const { made } of this.#keys.values()) if (made) missing++;
    for (const key of keys) {
      const expected = this.#keys.get(upcase(key.path));
      if (!expected?.made) {
        yield key;
        continue;
      }
      missing--;
      const above = hive.key(parentOf(key.path));
      const right =
        equal(key.security(), above?.security()) &&
        key.className() === undefined &&
        (expected.time === undefined || key.lastWritten === expected.time) &&
        sameValues(undefined, key, expected);
      if (!right) differs(key);
    }
    if (missing !== 0) throw new HiveError('HIVE_EDIT_STATE', 'a key that was to be made is not there');
    return undefined;
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('\\')));
}

function differs(key: HiveKey): never {
  throw new HiveError('HIVE_EDIT_STATE', `the edit would change ${key.path === '' ? 'the root' : key.path}, too`, key.offset);
}

function sameValues(before: HiveKey | undefined, after: HiveKey, expected: ExpectedKey | undefined): boolean {
  const left = before?.values();
  let made = 0;
  for (const now of after.values()) {
    const known = expected?.values.get(upcase(now.name));
    if (known?.made) {
      made++;
      if (!holds(now, known.now)) return false;
      continue;
    }
    let old = left?.next().value;
    while (old !== undefined && expected?.values.get(upcase(old.name))?.gone) old = left?.next().value;
    if (old === undefined || old.name !== now.name || !holds(now, known?.now ?? { type: old.type, data: old.data() })) return false;
  }
  for (let old = left?.next().value; old !== undefined; old = left?.next().value) {
    if (!expected?.values.get(upcase(old.name))?.gone) return false;
  }
  return made === [...(expected?.values.values() ?? [])].filter((value) => value.made).length;
}

function holds(
  value: { readonly type: number; data(): Uint8Array },
  wanted: { readonly type: number; readonly data: Uint8Array } | undefined,
): boolean {
  return value.type === wanted?.type && equal(value.data(), wanted.data);
}

function equal(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
