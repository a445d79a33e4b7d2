import { ntfsVolume } from '@winmedic/core/disk';
import { quarantineStep, restoreStep } from '@winmedic/core/recovery';
import type { Localized } from '@winmedic/knowledge/model';
import { CliError } from '../../errors.ts';
import type { VerbRun } from '../../spec.ts';
import { carryOut } from './carry-out.ts';
import { commandOf, onVolume } from './shown.ts';

const ONLY_RESTORE: Localized = { en: 'It goes with --restore.', ja: '--restore とあわせて指定してください。' };
const ONE_FILE: Localized = { en: 'It names a single file.', ja: '1 つのファイルにだけ指定できます。' };

/** Renames files in place, or gives them their names back. */
export const run: VerbRun = async (context, [path = '', ...given], options) => {
  const as = options['as'] as string | undefined;
  const restore = options['restore'] === true;
  if (as !== undefined && (!restore || given.length !== 1))
    throw new CliError('CLI_INVALID_VALUE', { option: '--as', value: as, hint: restore ? ONE_FILE : ONLY_RESTORE });
  const paths = given.map(onVolume);
  const purpose = commandOf('quarantine', ...(restore ? ['--restore'] : []), ...(as === undefined ? [] : ['--as', as]), ...paths);
  return carryOut(context, path, options, ({ disk, volume }) => ({
    request: {
      purpose,
      volume: ntfsVolume(disk, volume).number,
      steps: [restore ? restoreStep(disk, paths, as) : quarantineStep(paths)],
    },
  }));
};
