import { type Undone, undoRepair, undoReport } from '@winmedic/core/recovery';
import { undoToJson, undoToText } from '@winmedic/report';
import { reportMeta } from '../../case.ts';
import type { Context } from '../../context.ts';
import { keysOf } from '../../disk-keys.ts';
import { CliError, fileErrorText } from '../../errors.ts';
import { makeProgress } from '../../progress.ts';
import type { VerbRun } from '../../spec.ts';
import { consent } from './consent.ts';
import { isFormatError, people } from './shown.ts';

/** Puts back what a repair changed, or finishes an interrupted one. */
export const run: VerbRun = async (context, [path = ''], options) => {
  const started = performance.now();
  const journal = options['journal'] as string | undefined;
  const keys = await keysOf(context, options, () => {});
  const undo = {
    ...(journal !== undefined && { journal }),
    finish: options['finish'] === true,
    ...(keys && { open: { keys } }),
  };
  const show = async (undone: Undone): Promise<void> => {
    const report = undoReport(path, undone, started);
    if (context.json) await context.outJson(undoToJson(report, reportMeta(context, started)));
    else await context.out(undoToText(report, people(context, options, started)));
  };
  const planned = told(path, 'CLI_FILE', () => context.sync(() => undoRepair(path, { ...undo, dryRun: true })));
  if (planned.outcome !== 'planned' || options['dryRun'] === true) {
    await show(planned);
    return planned.outcome === 'refused' ? 2 : 0;
  }
  // With consent given before, one report tells what was found and done.
  if (options['yes'] !== true) await show(planned);
  await consent(context, path, options);
  context.signal.throwIfAborted();
  await show(await write(context, path, { ...undo, journal: planned.journal }));
  return 0;
};

async function write(context: Context, path: string, undo: { readonly journal: string; readonly finish: boolean }): Promise<Undone> {
  const progress = makeProgress(context);
  try {
    const { value, interrupted } = await context.uninterrupted(() =>
      told(path, 'CLI_WRITE', () => undoRepair(path, { ...undo, onProgress: ({ done, total }) => progress.update(done, total, path) })),
    );
    if (interrupted)
      context.complain(
        context.lang === 'ja'
          ? '書き込み中に中断の要求がありましたが、途中で止めず最後まで書き込みました。'
          : 'An interrupt came while the disk was being written; the work was carried to its end.',
      );
    return value;
  } finally {
    progress.end();
  }
}

/** Errors of the file system in words. */
function told<T>(path: string, code: 'CLI_FILE' | 'CLI_WRITE', work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isFormatError(error) && typeof (error as NodeJS.ErrnoException).syscall === 'string')
      throw new CliError(code, { value: path, hint: fileErrorText(error) });
    throw error;
  }
}
