import type { Damage } from '@winmedic/bytes';
import { HiveError } from '../errors.ts';
import { openReplayed, type ReplayedFile } from '../open-hive.ts';
import type { Hive } from '../types.ts';
import type { HiveFiles, HiveWriteOptions } from './types.ts';

/** A hive that may be written, with the state its logs lead to. */
export interface SoundHive {
  readonly hive: Hive;
  /** The file after the replay; `undefined` when it was clean. */
  readonly replayed: ReplayedFile | undefined;
}

/** Damages that are not in what would be written back: those of logs, which Windows, too, applies up to the first bad entry. */
const OF_LOGS: ReadonlySet<string> = new Set(['HIVE_LOG_FOREIGN', 'HIVE_LOG_BROKEN']);
/** Damages of a base block that a replay makes anew from the log. */
const OF_BASE_BLOCK: ReadonlySet<string> = new Set(['HIVE_BASE_BLOCK', 'HIVE_BASE_CHECKSUM']);

/**
 * Opens a hive for writing: clean, or dirty with logs that could be applied; and sound as far as it was read.
 * @param whole read every key and value also of a clean hive.
 * @throws {HiveError} HIVE_EDIT_STATE for a dirty hive without fitting logs and for a damaged one: what cannot be read whole is never written back.
 */
export function openSound({ source, logs }: HiveFiles, whole: boolean, options: HiveWriteOptions): SoundHive {
  const damages: Damage[] = [];
  const hive = openReplayed(source, {
    ...(logs === undefined ? {} : { logs }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onDamage: (damage) => damages.push(damage),
  });
  if (hive.state === 'dirty') throw new HiveError('HIVE_EDIT_STATE', 'dirty, and no log could be applied');
  const replayed = hive.logs.some((log) => log.applied > 0);
  if (replayed || whole) readAll(hive);
  refuseDamaged(hive, damages);
  return { hive, replayed: replayed ? hive.replayed() : undefined };
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
