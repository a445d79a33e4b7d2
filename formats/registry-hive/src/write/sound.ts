import type { ByteSource, Damage } from '@winmedic/bytes';
import { HiveError } from '../errors.ts';
import { openHive } from '../open-hive.ts';
import type { Hive, HiveKey } from '../types.ts';
import type { HiveFiles, HiveWriteOptions } from './types.ts';

/** A hive that may be written, with the state its logs lead to. */
export interface SoundHive {
  readonly hive: Hive;
  /** The hive after the replay; `undefined` when it was clean. */
  readonly image: Uint8Array | undefined;
}

/** Damages that are not in what would be written back: those of logs, which Windows, too, applies up to the first bad entry. */
const OF_LOGS: ReadonlySet<string> = new Set(['HIVE_LOG_FOREIGN', 'HIVE_LOG_BROKEN']);
/** Damages of a base block that a replay makes anew from the log. */
const OF_BASE_BLOCK: ReadonlySet<string> = new Set(['HIVE_BASE_BLOCK', 'HIVE_BASE_CHECKSUM']);

/**
 * Opens a hive for writing: clean, or dirty with logs that could be applied; and sound as far as it was read.
 * @throws {HiveError} HIVE_EDIT_STATE for a dirty hive without fitting logs and for a damaged one: what cannot be read whole is never written back.
 */
export function openSound(files: HiveFiles, options: HiveWriteOptions): SoundHive {
  const damages: Damage[] = [];
  const open = (source: ByteSource, logs: HiveFiles['logs']): Hive =>
    openHive(source, {
      ...(logs === undefined ? {} : { logs }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      onDamage: (damage) => damages.push(damage),
    });
  const hive = open(files.source, files.logs);
  if (hive.state === 'dirty') throw new HiveError('HIVE_EDIT_STATE', 'dirty, and no log could be applied');
  const replayed = hive.logs.some((log) => log.applied > 0);
  if (replayed || options.check !== 'path') readAll(hive);
  refuseDamaged(hive, damages);
  return { hive, image: replayed ? hive.image() : undefined };
}

/**
 * Compares a hive before and after an edit, key for key and value for value, apart from what was edited.
 * @param edited paths of keys in lower case, with the names of their edited values in lower case.
 * @throws {HiveError} HIVE_EDIT_STATE when anything else differs: cells of a crafted hive may lie over each other.
 */
export function sameBut(before: Hive, after: Hive, edited: ReadonlyMap<string, ReadonlySet<string>>): void {
  const other = after.walk();
  for (const key of before.walk()) {
    const { value: now } = other.next();
    const names = edited.get(key.path.toLowerCase());
    const same =
      now !== undefined &&
      now.path === key.path &&
      (names !== undefined || now.lastWritten === key.lastWritten) &&
      now.className() === key.className() &&
      equal(now.security(), key.security()) &&
      sameValues(key, now, names);
    if (!same) throw new HiveError('HIVE_EDIT_STATE', `the edit would change ${key.path === '' ? 'the root' : key.path}, too`, key.offset);
  }
  if (other.next().done !== true) throw new HiveError('HIVE_EDIT_STATE', 'the edit would add keys');
}

function sameValues(before: HiveKey, after: HiveKey, edited: ReadonlySet<string> | undefined): boolean {
  const other = after.values();
  for (const value of before.values()) {
    const { value: now } = other.next();
    if (now?.name !== value.name) return false;
    if (edited?.has(value.name.toLowerCase())) continue;
    if (now.type !== value.type || !equal(now.data(), value.data())) return false;
  }
  return other.next().done === true;
}

function equal(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Reads every key, value, class name and descriptor, so that damages show. */
function readAll(hive: Hive): void {
  for (const key of hive.walk()) {
    key.className();
    key.security();
    for (const value of key.values()) value.data();
  }
}

function refuseDamaged(hive: Hive, damages: readonly Damage[]): void {
  const damage = damages.find(({ code }) => !OF_LOGS.has(code) && !(hive.header.rebuilt && OF_BASE_BLOCK.has(code)));
  if (damage) throw new HiveError('HIVE_EDIT_STATE', `damaged: ${damage.code}, ${damage.what}`, damage.offset);
  if (hive.state === 'damaged' || hive.root === undefined) throw new HiveError('HIVE_EDIT_STATE', 'damaged');
}
