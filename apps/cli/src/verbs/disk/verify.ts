import { ioOf, verifyDisk } from '@winmedic/core/recovery';
import { verifyToJson, verifyToText } from '@winmedic/report';
import { readingCode, reportMeta } from '../../case.ts';
import { makeProgress } from '../../progress.ts';
import type { VerbRun } from '../../spec.ts';
import { locked, withDisk } from './open.ts';
import { people } from './shown.ts';

/** Checks the file systems and hives of a disk. */
export const run: VerbRun = (context, [path = ''], options) =>
  withDisk(context, path, options, async ({ disk, problems, volume, started }) => {
    const progress = makeProgress(context);
    const journal = options['journal'] as string | undefined;
    const checked = (() => {
      try {
        return context.sync(() =>
          verifyDisk(disk, {
            ...(volume !== undefined && { volume }),
            ...(journal !== undefined && { journal }),
            quick: options['quick'] === true,
            onProgress: (done, total) => progress.update(done, total, path),
            signal: context.signal,
          }),
        );
      } finally {
        progress.end();
      }
    })();
    const report = { path, ...checked, problems: problems.list(), io: ioOf(disk, started) };
    if (context.json) await context.outJson(verifyToJson(report, reportMeta(context, started)));
    else await context.out(verifyToText(report, people(context, options, started)));
    if (context.sync(() => locked(disk, volume)).length > 0) return 4;
    const sound = report.volumes.every(
      ({ check, hives }) =>
        (check?.findings ?? []).every(({ severity }) => severity !== 'error') &&
        hives.every(({ state }) => state !== 'damaged' && state !== 'unreadable'),
    );
    const torn = report.journal?.state === 'torn' || report.journal?.state === 'foreign';
    return sound && !torn ? readingCode(report.problems, true) : 3;
  });
