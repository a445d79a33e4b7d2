import { type CollectOptions, collectEvidence, FactError, Problems, parseFact, patternsOf } from '@winmedic/core/evidence';
import { withStateFacts } from '@winmedic/core/exposure';
import type { Evidence, FactObservation, InputProblem, Timeline } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { type Cause, loadKnowledge } from '@winmedic/knowledge';
import { problemsToText, type ReportMeta } from '@winmedic/report';
import type { Context } from './context.ts';
import { keysOf, volumeOption } from './disk-keys.ts';
import { LOCKED_CODES } from './errors.ts';
import { makeProgress } from './progress.ts';
import type { Options } from './spec.ts';
import { nowNs } from './times.ts';

/** What the user stated with `--fact`; a bad one ends the run before anything is read. */
export function statedFacts(context: Context, options: Options): FactObservation[] {
  const definitions = loadKnowledge().facts;
  return ((options['fact'] as readonly string[] | undefined) ?? []).map((text) =>
    parseFact(text, { definitions, zone: context.zone, now: nowNs() }),
  );
}

/** Keys and volume for the disks among the inputs; a variable with keys is gone afterwards. Lines of key lists that are no keys are told. */
export async function diskOptions(context: Context, options: Options): Promise<NonNullable<CollectOptions['disk']>> {
  const problems = new Problems();
  const volume = volumeOption(options);
  const keys = await keysOf(context, options, (path, damage) => problems.damage(path, damage));
  talkProblems(context, problems.list());
  return { ...(keys && { keys }), ...(volume !== undefined && { volume }) };
}

/** Reads the evidence with a progress line. */
export async function gather(
  context: Context,
  paths: readonly string[],
  options: Options,
  causes: readonly Cause[] = loadKnowledge().causes,
  given?: CollectOptions['disk'],
): Promise<Evidence> {
  const disk = given ?? (await diskOptions(context, options));
  const progress = makeProgress(context);
  const collect: CollectOptions = {
    recover: options['recover'] === true,
    hash: options['hash'] !== false,
    zone: context.zone,
    facts: statedFacts(context, options),
    factsFiles: (options['facts'] as readonly string[] | undefined) ?? [],
    patterns: patternsOf(causes),
    disk,
    signal: context.signal,
    runSync: context.sync,
    onProgress: ({ done, total, path }) => progress.update(done, total, path),
  };
  try {
    return await collectEvidence(paths, collect);
  } finally {
    progress.end();
  }
}

/** Evidence and its timeline. */
export async function gatherTimeline(context: Context, paths: readonly string[], options: Options): Promise<Timeline> {
  const evidence = await gather(context, paths, options);
  return context.sync(() => buildTimeline(withStateFacts(evidence, loadKnowledge())));
}

/** How the report was made. */
export function reportMeta(context: Context, startedMs: number): ReportMeta {
  return {
    zone: context.zone,
    tool: { name: 'winmedic', version: process.env.WINMEDIC_VERSION ?? 'source', command: context.commandLine },
    durationSeconds: Math.round(performance.now() - startedMs) / 1000,
  };
}

/**
 * Prints problems of the inputs to the person: what was lost one by one, files that are no evidence as one count. What was lost decides the
 * exit code and is told even with `--quiet`.
 */
export function talkProblems(context: Context, all: readonly InputProblem[]): void {
  const style = {
    lang: context.lang,
    width: context.width,
    colour: context.colour && process.stderr.isTTY === true,
    unicode: context.unicode,
  };
  const others = all.filter(({ code, severity }) => code === 'EVIDENCE_UNRECOGNISED' && severity === 'note');
  if (others.length > 0)
    context.talk(
      context.lang === 'ja'
        ? `証拠として認識しなかったファイル: ${others.length} 件`
        : `files not recognised as evidence: ${others.length}`,
    );
  const lost = all.filter(({ severity }) => severity !== 'note');
  const notes = all.filter((problem) => problem.severity === 'note' && !others.includes(problem));
  if (lost.length > 0) context.complain(problemsToText(lost, style).trimEnd());
  if (notes.length > 0) context.talk(problemsToText(notes, style).trimEnd());
}

/** Exit code for what could be read: 2 when nothing of it was usable (4 for want of a key), 3 when an input was lost in part or whole, else 0. */
export function readingCode(problems: readonly InputProblem[], anythingRead: boolean): number {
  const lost = problems.filter(({ severity }) => severity !== 'note');
  if (lost.length === 0) return 0;
  return anythingRead ? 3 : lost.some(({ code }) => LOCKED_CODES.has(code)) ? 4 : 2;
}

export { FactError };
