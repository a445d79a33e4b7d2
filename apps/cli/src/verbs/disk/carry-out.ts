import { existsSync } from 'node:fs';
import type { RepairReport } from '@winmedic/core/model';
import { applyRepair, nextJournalPath, type PlannedRepair, planRepair, type RepairRequest, repairReport } from '@winmedic/core/recovery';
import type { Recipe } from '@winmedic/knowledge/model';
import { repairToHtml, repairToJson, repairToMarkdown, repairToText } from '@winmedic/report';
import { readingCode, reportMeta } from '../../case.ts';
import type { Context } from '../../context.ts';
import { CliError, fileErrorText } from '../../errors.ts';
import { makeProgress } from '../../progress.ts';
import { spelledOut } from '../../safe-text.ts';
import type { Options } from '../../spec.ts';
import { consent } from './consent.ts';
import { type DiskRun, withDisk } from './open.ts';
import { commandOf, isFormatError, people, writeFiles } from './shown.ts';

/** What a writing verb wants done. */
export interface Wanted {
  readonly request: RepairRequest;
  readonly recipe?: Recipe;
  readonly computer?: string;
}

/** Words of the steps of writing. */
const STEPS = {
  compare: { en: 'comparing', ja: '照合' },
  write: { en: 'writing', ja: '書き込み' },
  verify: { en: 'verifying', ja: '検証' },
} as const;

/**
 * Plans a change of a disk, shows it and, with consent, writes it. Before the first write Ctrl-C ends the run; during writing it is told afterwards.
 * @param make what is wanted, once the disk is open. @returns the exit code.
 */
export function carryOut(context: Context, path: string, options: Options, make: (run: DiskRun) => Wanted): Promise<number> {
  return withDisk(
    context,
    path,
    options,
    async (run) => {
      const { wanted, planned } = context.sync(() => {
        const made = make(run);
        return { wanted: made, planned: planRepair(run.disk, made.request) };
      });
      const report = reportOf(run, wanted, planned);
      const write = planned.outcome === 'planned' && options['dryRun'] !== true;
      if (!write) {
        const written = await show(context, options, run, report);
        if (!written || planned.outcome === 'refused') return 2;
        return readingCode(report.problems, true);
      }
      // With consent given before, one report tells what was planned and done.
      const early = options['yes'] !== true;
      if (early) await print(context, options, run, report);
      await consent(context, path, options);
      const done = await apply(context, path, options, run, wanted, planned).catch(async (error: unknown) => {
        if (!early) await print(context, options, run, report);
        throw error;
      });
      const written = await show(context, options, run, done);
      return written ? readingCode(done.problems, true) : 2;
    },
    true,
  );
}

function reportOf(run: DiskRun, wanted: Wanted, planned: PlannedRepair, applied?: ReturnType<typeof applyRepair>): RepairReport {
  const { recipe, computer } = wanted;
  return repairReport({
    planned,
    ...(applied && { applied }),
    ...(recipe && { recipe }),
    ...(computer !== undefined && { computer }),
    problems: run.problems.list(),
    started: run.started,
  });
}

/** Writes the plan; on a failure names the journal, by which the disk can be put back. */
async function apply(
  context: Context,
  path: string,
  options: Options,
  run: DiskRun,
  wanted: Wanted,
  planned: PlannedRepair,
): Promise<RepairReport> {
  const { disk } = run;
  const given = options['journal'] as string | undefined;
  const journal = given ?? nextJournalPath(disk.path, disk.isDevice);
  const existed = existsSync(journal);
  const progress = makeProgress(context);
  context.signal.throwIfAborted();
  try {
    const { value, interrupted } = await context.uninterrupted(() =>
      applyRepair(planned, {
        journal,
        open: run.open,
        onProgress: ({ step, done, total }) => progress.update(done, total, STEPS[step][context.lang]),
      }),
    );
    if (interrupted)
      context.complain(
        context.lang === 'ja'
          ? '書き込み中に中断の要求がありましたが、途中で止めず最後まで書き込みました。'
          : 'An interrupt came while the disk was being written; the repair was carried to its end.',
      );
    return reportOf(run, wanted, planned, value);
  } catch (error) {
    progress.end();
    if (!existed && existsSync(journal)) {
      const command = commandOf('winmedic', 'disk', 'undo', path, '--journal', journal);
      context.complain(
        spelledOut(
          context.lang === 'ja'
            ? `ジャーナル: ${journal}\n修復前に戻すには: ${command}`
            : `journal: ${journal}\nto put the disk back: ${command}`,
        ),
      );
    }
    if (!isFormatError(error) && typeof (error as NodeJS.ErrnoException).syscall === 'string')
      throw new CliError('CLI_WRITE', { value: path, hint: fileErrorText(error) });
    throw error;
  } finally {
    progress.end();
  }
}

/** Prints the report and writes the files asked for; false when one could not be written. */
async function show(context: Context, options: Options, run: DiskRun, report: RepairReport): Promise<boolean> {
  await print(context, options, run, report);
  const page = people(context, options, run.started);
  return writeFiles(context, options, { html: () => repairToHtml(report, page), md: () => repairToMarkdown(report, page) });
}

function print(context: Context, options: Options, run: DiskRun, report: RepairReport): Promise<void> {
  if (context.json) return context.outJson(repairToJson(report, reportMeta(context, run.started)));
  return context.out(repairToText(report, people(context, options, run.started)));
}
