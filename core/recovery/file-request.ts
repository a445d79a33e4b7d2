import { FormatError } from '@winmedic/bytes';
import { type Journal, quarantineName } from '@winmedic/disk';
import type { Localized } from '@winmedic/knowledge/model';
import type { OpenedDisk } from '../disk/open-disk.ts';
import { RecoveryError } from './errors.ts';
import { journalsOf, withJournal } from './journal-file.ts';
import type { RepairStep } from './request.ts';

const TEXT = {
  quarantine: { en: 'Rename the files so that nothing loads them.', ja: 'ファイル名を変更し、読み込まれないようにします。' },
  restore: { en: 'Give the files their names back.', ja: 'ファイル名を元に戻します。' },
  resetLog: {
    en: 'Empty the log of the volume and have Windows check it at the next start.',
    ja: 'ボリュームのログを空にし、次回起動時に Windows にボリュームを検査させます。',
  },
} as const satisfies Record<string, Localized>;

/** The step that renames files one by one. */
export function quarantineStep(files: readonly string[]): RepairStep {
  return { id: 'quarantine', text: TEXT.quarantine, files };
}

/** The step that empties the log of the volume. */
export function resetLogStep(): RepairStep {
  return { id: 'reset-log', text: TEXT.resetLog, resetLog: true };
}

/**
 * The step that gives quarantined files their names back.
 * @param as the name of a single file; without it the name is looked up in the journals of the disk.
 * @throws {RecoveryError} RECOVERY_NAME_UNKNOWN when no journal tells it.
 */
export function restoreStep(disk: OpenedDisk, paths: readonly string[], as?: string): RepairStep {
  const known = as === undefined ? namesFromJournals(disk) : new Map<string, string>();
  const names = paths.map((path) => {
    const name = as ?? known.get(path.replaceAll('/', '\\').toLowerCase());
    if (name === undefined) throw new RecoveryError('RECOVERY_NAME_UNKNOWN', path);
    return { path, name };
  });
  return { id: 'restore', text: TEXT.restore, restore: names };
}

/** Original names by the path in quarantine, lower case; a newer journal wins. */
function namesFromJournals(disk: OpenedDisk): Map<string, string> {
  const names = new Map<string, string>();
  for (const path of journalsOf(disk.path, disk.isDevice)) {
    let actions: Journal['header']['actions'];
    try {
      actions = withJournal(path, ({ header }) => header.actions);
    } catch (error) {
      // A journal that cannot be read tells no names; another may.
      if (error instanceof FormatError) continue;
      throw error;
    }
    for (const action of actions) {
      const { kind, path: from, to } = (action ?? {}) as { kind?: unknown; path?: unknown; to?: unknown };
      if (kind !== 'quarantined' || typeof from !== 'string' || typeof to !== 'string') continue;
      const name = from.slice(from.lastIndexOf('\\') + 1);
      // A journal is a file anybody may have written: only a name that leads to this one is taken.
      if (/[^_\ud800-\udfff]$/.test(name) && quarantineName(name) === to.slice(to.lastIndexOf('\\') + 1)) names.set(to.toLowerCase(), name);
    }
  }
  return names;
}
