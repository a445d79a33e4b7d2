import type { ByteSource, Damage } from '@winmedic/bytes';
import { HiveError } from '../errors.ts';
import { openHive } from '../open-hive.ts';
import type { Hive } from '../types.ts';
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
