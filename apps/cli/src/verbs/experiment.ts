import type { Timeline } from '@winmedic/core/model';
import {
  type Experiment,
  experiment,
  experimentFromTimeline,
  type Period,
  stopSignature,
  type TimelineExperiment,
} from '@winmedic/core/statistics';
import type { Localized } from '@winmedic/knowledge/model';
import { experimentToText, formatSpan, printable, rfc3339 } from '@winmedic/report';
import { gatherTimeline, readingCode, talkProblems } from '../case.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import type { Options, VerbRun } from '../spec.ts';
import { timeOption } from '../times.ts';

const FORM_OF_COUNT: Localized = { en: 'Use COUNT/DAYS, for example 5/12.', ja: '件数/日数 の形(例: 5/12)で指定してください。' };
const FORM_OF_ALPHA: Localized = { en: 'Use a number between 0 and 0.5.', ja: '0 より大きく 0.5 より小さい数値を指定してください。' };
const COUNTS_OR_LOGS: Localized = {
  en: 'Give either --before and --after, or logs and --change-at.',
  ja: '--before と --after、またはログと --change-at のどちらか一方を指定してください。',
};

/** `5/12`, `5/12d` or `4/10.773`. */
function period(options: Options, name: 'before' | 'after'): Period | undefined {
  const text = options[name];
  if (typeof text !== 'string') return undefined;
  const match = /^(\d{1,6})\/(\d{1,6}(?:\.\d{1,9})?)d?$/.exec(text.trim());
  if (!match || Number(match[2]) <= 0) throw new CliError('CLI_INVALID_VALUE', { option: `--${name}`, value: text, hint: FORM_OF_COUNT });
  return { events: Number(match[1]), days: Number(match[2]) };
}

function alphaOf(options: Options): number {
  const text = options['alpha'];
  if (text === undefined) return 0.05;
  const alpha = Number(text);
  if (!(alpha > 0 && alpha < 0.5)) throw new CliError('CLI_INVALID_VALUE', { option: '--alpha', value: String(text), hint: FORM_OF_ALPHA });
  return alpha;
}

/** Counts and logs exclude each other: nothing that was typed is passed over in silence. */
function refuseBoth(paths: readonly string[], options: Options): void {
  const unused = paths.length > 0 ? ['before', 'after'] : ['change-at', 'signature', 'host'];
  for (const name of unused) {
    const value = options[name === 'change-at' ? 'changeAt' : name];
    if (typeof value === 'string') throw new CliError('CLI_INVALID_VALUE', { option: `--${name}`, value, hint: COUNTS_OR_LOGS });
  }
}

/** The kinds of stops there are, most frequent first, for a person who asked for one that is not there. */
function kindsOf(timeline: Timeline): Localized {
  const counts = new Map<string, number>();
  for (const stop of timeline.stops) {
    const kind = `${printable(stop.host)} ${printable(stopSignature(stop))}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const kinds = [...counts].sort((a, b) => b[1] - a[1]).map(([kind, n]) => `${kind} (${n})`);
  return kinds.length === 0
    ? { en: '', ja: '' }
    : { en: `The stops are: ${kinds.join('; ')}. `, ja: `ログにある停止: ${kinds.join('、')}。` };
}

function styleOf({ lang, width, colour, unicode }: Context): Parameters<typeof experimentToText>[1] {
  return { lang, width, colour, unicode };
}

/** Compares rates of stops before and after a change. */
export const run: VerbRun = async (context, paths, options) => {
  const alpha = alphaOf(options);
  const [before, after] = [period(options, 'before'), period(options, 'after')];
  refuseBoth(paths, options);
  if (paths.length > 0) return fromLogs(context, paths, options, alpha);
  if (!before || !after)
    throw new CliError('CLI_MISSING_ARGUMENT', { value: '--before COUNT/DAYS --after COUNT/DAYS', verb: 'experiment ' });
  const result: Experiment = experiment(before, after, alpha);
  if (context.json) await context.outJson({ schemaVersion: '1.0', ...result });
  else await context.out(experimentToText(result, styleOf(context)));
  return 0;
};

async function fromLogs(context: Context, paths: readonly string[], options: Options, alpha: number): Promise<number> {
  const changeAt = timeOption(context, options, 'changeAt')?.from;
  if (changeAt === undefined) throw new CliError('CLI_MISSING_ARGUMENT', { value: '--change-at TIME', verb: 'experiment ' });
  const timeline = await gatherTimeline(context, paths, options);
  const { problems, sources } = timeline.evidence;
  talkProblems(context, problems);
  const code = readingCode(
    problems,
    sources.some(({ kind }) => kind === 'evtx' || kind === 'event-text'),
  );
  if (code === 2) return 2;
  const counted = experimentFromTimeline(timeline, {
    changeAt,
    alpha,
    ...(typeof options['signature'] === 'string' ? { signature: options['signature'] } : {}),
    ...(typeof options['host'] === 'string' ? { host: options['host'] } : {}),
  });
  if (!counted) throw new CliError('CLI_NO_STOPS_TO_COUNT', { hint: kindsOf(timeline) });
  if (context.json) await context.outJson(countedToJson(counted, context.zone));
  else await context.out(countedToText(counted, context));
  // Without a comparison there is only the reason why there is none.
  return counted.experiment ? code : 2;
}

function countedToJson(
  { host, signature, changeAt, leftOut, on, off, experiment: result, because, traps }: TimelineExperiment,
  zone: string,
): object {
  const side = ({ from, to, days, stops }: typeof on): object => ({
    from: rfc3339(from, zone),
    to: rfc3339(to, zone),
    days,
    stops: stops.map((stop) => ({ id: stop.id, time: rfc3339(stop.time, zone) })),
  });
  return {
    schemaVersion: '1.0',
    host,
    signature,
    changeAt: rfc3339(changeAt, zone),
    ...(leftOut ? { leftOut: leftOut.id } : {}),
    before: side(on),
    after: side(off),
    ...(result ? { result } : {}),
    ...(because ? { because } : {}),
    traps,
  };
}

const WORDS = {
  en: { kind: 'kind of stop', before: 'before', after: 'after', leftOut: 'not counted: the first stop,' },
  ja: { kind: '停止の種類', before: '変更前', after: '変更後', leftOut: '数えない停止(最初の停止):' },
} as const;

function countedToText(counted: TimelineExperiment, context: Context): string {
  const { host, signature, on, off, leftOut, because } = counted;
  const { lang, zone } = context;
  const words = WORDS[lang];
  const span = ({ from, to }: typeof on): string => formatSpan(from, to, zone, lang);
  const head = [
    `${printable(host)}  ${words.kind}: ${printable(signature)}`,
    `${words.before}: ${span(on)}`,
    `${words.after}: ${span(off)}`,
    ...(leftOut ? [`${words.leftOut} ${printable(leftOut.id)}`] : []),
  ];
  const body = counted.experiment ? experimentToText(counted.experiment, styleOf(context)) : `${because?.[lang] ?? ''}\n`;
  return `${head.join('\n')}\n\n${body}`;
}
