import { inspectDisk, ioOf } from '@winmedic/core/recovery';
import { inspectToHtml, inspectToJson, inspectToMarkdown, inspectToText } from '@winmedic/report';
import { readingCode, reportMeta } from '../../case.ts';
import type { VerbRun } from '../../spec.ts';
import { locked, withDisk } from './open.ts';
import { people, writeFiles } from './shown.ts';

/** Prints what a disk holds and what stands against a repair. */
export const run: VerbRun = (context, [path = ''], options) =>
  withDisk(context, path, options, async ({ disk, problems, volume, started }) => {
    const report = context.sync(() => {
      const seen = inspectDisk(disk, problems);
      const volumes = volume === undefined ? seen.volumes : seen.volumes.filter(({ number }) => number === volume);
      return { ...seen, volumes, problems: problems.list(), io: ioOf(disk, started) };
    });
    const style = people(context, options, started);
    if (context.json) await context.outJson(inspectToJson(report, reportMeta(context, started)));
    else await context.out(inspectToText(report, style));
    const written = writeFiles(context, options, {
      html: () => inspectToHtml(report, style),
      md: () => inspectToMarkdown(report, style),
    });
    if (!written) return 2;
    return context.sync(() => locked(disk, volume)).length > 0 ? 4 : readingCode(report.problems, true);
  });
