import { listFolder, ntfsVolume } from '@winmedic/core/disk';
import { filesToJson, filesToText } from '@winmedic/report';
import { reportMeta } from '../../case.ts';
import type { VerbRun } from '../../spec.ts';
import { withDisk } from './open.ts';
import { onVolume, people, toldCode } from './shown.ts';

/** Lists a folder. */
export const run: VerbRun = (context, [path = '', folder = ''], options) =>
  withDisk(context, path, options, async ({ disk, problems, volume, started }) => {
    const files = context.sync(() => listFolder(ntfsVolume(disk, volume).ntfs!, onVolume(folder)));
    const style = { ...people(context, options, started), names: 'name', long: options['long'] === true } as const;
    if (context.json) await context.outJson(filesToJson(files, reportMeta(context, started)));
    else await context.out(filesToText(files, style));
    return toldCode(context, problems.list());
  });
