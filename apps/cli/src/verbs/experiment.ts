import { experiment, experimentFromTimeline, type Period } from '@winmedic/core/statistics';
import { experimentToText, formatSpan, rfc3339 } from '@winmedic/report';
import { gatherTimeline, readingCode, talkProblems } from '../case.ts';
import { CliError } from '../errors.ts';
import type { Options, VerbRun } from '../spec.ts';
import { timeOption } from '../times.ts';

/** `5/12`, `5/12d` or `4/10.773`. */
function period(options: Options, name: 'before' | 'after'): Period | undefined {
  const text = options[name];
  if (typeof text !== 'string') return undefined;
  const match = /^(\d{1,6})\/(\d{1,6}(?:\.\d{1,9})?)d?$/.exec(text.trim());
  if (!match || Number(match[2]) <= 0) throw new CliError('CLI_INVALID_VALUE', { option: `--${name}`, value: text, hint: 'COUNT/DAYS: 5/12' });
  return { events: Number(match[1]), days: Number(match[2]) };
}

function alphaOf(options: Options): number {
  const text = options['alpha'];
  if (text === undefined) return 0.05;
  const alpha = Number(text);
  if (!(alpha > 0 && alpha < 0.5)) throw new CliError('CLI_INVALID_VALUE', { option: '--alpha', value: String(text), hint: '0 < p < 0.5' });
  return alpha;
}

/** Compares rates of stops before and after a change. */
export const run: VerbRun = async (context, paths, options) => {
  const alpha = alphaOf(options);
  const [before, after] = [period(options, 'before'), period(options, 'after')];
  const style = { lang: context.lang, width: context.width, colour: context.colour, unicode: context.unicode };
  if (paths.length === 0) {
    if (!before || !after) throw new CliError('CLI_MISSING_ARGUMENT', { value: '--before COUNT/DAYS --after COUNT/DAYS', verb: 'experiment' });
    const result = experiment(before, after, alpha);
    await context.out(context.json ? `${JSON.stringify({ schemaVersion: '1.0', ...result })}\n` : experimentToText(result, style));
    return 0;
  }
  const changeAt = timeOption(context, options, 'changeAt');
  if (changeAt === undefined) throw new CliError('CLI_MISSING_ARGUMENT', { value: '--change-at TIME', verb: 'experiment' });
  const timeline = await gatherTimeline(context, paths, options);
  talkProblems(context, timeline.evidence.problems);
  const counted = experimentFromTimeline(timeline, {
    changeAt,
    alpha,
    ...(typeof options['signature'] === 'string' ? { signature: options['signature'] } : {}),
    ...(typeof options['host'] === 'string' ? { host: options['host'] } : {}),
  });
  const code = readingCode(timeline.evidence.problems, timeline.evidence.sources.length > 0);
  if (!counted) {
    if (code === 2) return 2;
    throw new CliError('CLI_NO_STOPS_TO_COUNT');
  }
  const { host, signature, on, off, because, leftOut } = counted;
  if (context.json) {
    const side = ({ from, to, days, stops }: typeof on): object => ({
      from: rfc3339(from, context.zone), to: rfc3339(to, context.zone), days, stops: stops.map((stop) => ({ id: stop.id, time: rfc3339(stop.time, context.zone) })),
    });
    const value = { schemaVersion: '1.0', host, signature, changeAt: rfc3339(changeAt, context.zone), ...(leftOut ? { leftOut: leftOut.id } : {}), before: side(on), after: side(off), ...(counted.experiment ? { result: counted.experiment } : {}), ...(because ? { because } : {}), traps: counted.traps };
    await context.out(`${JSON.stringify(value)}\n`);
  } else {
    const words = context.lang === 'ja' ? { kind: '停止の種類', before: '変更前', after: '変更後' } : { kind: 'kind of stop', before: 'before', after: 'after' };
    const span = ({ from, to }: typeof on): string => formatSpan(from, to, context.zone, context.lang);
    await context.out(`${host}  ${words.kind}: ${signature}\n${words.before}: ${span(on)}\n${words.after}: ${span(off)}\n\n`);
    await context.out(counted.experiment ? experimentToText(counted.experiment, style) : `${because?.[context.lang] ?? ''}\n`);
  }
  return code;
};
