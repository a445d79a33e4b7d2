import { findFiles, ntfsVolume } from '@winmedic/core/disk';
import { ticksOfInstant } from '@winmedic/core/evidence';
import type { DiskFile } from '@winmedic/core/model';
import { filesToJson, filesToText } from '@winmedic/report';
import { reportMeta } from '../../case.ts';
import type { VerbRun } from '../../spec.ts';
import { timeOption } from '../../times.ts';
import { withDisk } from './open.ts';
import { onVolume, people, toldCode } from './shown.ts';

/** Files shown at a time: the first appear at once, and memory does not grow with the volume. */
const BATCH = 500;

/** Finds files by name and time. */
export const run: VerbRun = (context, [path = '', glob = ''], options) => {
  const from = timeOption(context, options, 'modifiedFrom')?.from;
  const before = timeOption(context, options, 'modifiedBefore')?.from;
  const below = options['below'] as string | undefined;
  return withDisk(context, path, options, async ({ disk, problems, volume, started }) => {
    const found = context.sync(() =>
      findFiles(ntfsVolume(disk, volume).ntfs!, {
        glob: onVolume(glob),
        ...(below !== undefined && { below: onVolume(below) }),
        ...(from !== undefined && { modifiedFrom: ticksOfInstant(from) }),
        ...(before !== undefined && { modifiedBefore: ticksOfInstant(before) }),
        deleted: options['deleted'] === true,
        shallow: options['shallow'] === true,
      }),
    );
    const style = { ...people(context, options, started), names: 'path', long: options['long'] === true } as const;
    const all: DiskFile[] = [];
    for (;;) {
      const batch = context.sync(() => taken(found));
      if (context.json) for (const file of batch) all.push(file);
      else if (batch.length > 0) await context.out(filesToText(batch, style));
      if (batch.length < BATCH) break;
    }
    if (context.json) await context.outJson(filesToJson(all, reportMeta(context, started)));
    return toldCode(context, problems.list());
  });
};

/** The next files, fewer at the end. */
function taken(found: Iterator<DiskFile>): DiskFile[] {
  const files: DiskFile[] = [];
  while (files.length < BATCH) {
    const { value, done } = found.next();
    if (done === true) break;
    files.push(value);
  }
  return files;
}
