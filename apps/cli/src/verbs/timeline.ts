import { selectTimeline } from '@winmedic/core/timeline';
import { timelineRows, timelineRowToJson, timelineToLines } from '@winmedic/report';
import { gatherTimeline, readingCode, talkProblems } from '../case.ts';
import type { VerbRun } from '../spec.ts';
import { durationOption, timeOption } from '../times.ts';

/** Prints the timeline of all inputs. */
export const run: VerbRun = async (context, paths, options) => {
  const [since, until, around] = [timeOption(context, options, 'since'), timeOption(context, options, 'until', true), timeOption(context, options, 'around')];
  const windowSeconds = durationOption(options, 'window');
  const hosts = options['host'] as readonly string[] | undefined;
  const wanted = (options['channel'] as readonly string[] | undefined)?.map((name) => name.toLowerCase());
  const timeline = await gatherTimeline(context, paths, options);
  const channels = wanted && [...new Set(timeline.events.map(({ channel }) => channel))].filter((channel) => wanted.some((name) => channel.toLowerCase().includes(name)));
  const selection = selectTimeline(timeline, {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(around === undefined ? {} : { around }),
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
    ...(hosts ? { hosts } : {}),
    ...(channels ? { channels: channels.length > 0 ? channels : ['-'] } : {}),
  });
  const rows = timelineRows(selection.events, selection.marks);
  let piece = '';
  const put = async (text: string): Promise<void> => {
    piece += text;
    if (piece.length < 1 << 16) return;
    await context.out(piece);
    piece = '';
    context.signal.throwIfAborted();
  };
  if (context.json || options['format'] === 'jsonl') {
    for (const row of rows) await put(`${JSON.stringify(timelineRowToJson(row, context.zone))}\n`);
  } else {
    const names = [...new Set(selection.events.map(({ host }) => host))];
    const { zone, lang, colour, unicode, terminal, width } = context;
    for (const line of timelineToLines(rows, names, { zone, lang, colour, unicode, width: terminal ? width : 0 })) await put(`${line}\n`);
  }
  await context.out(piece);
  const { problems, sources } = timeline.evidence;
  talkProblems(context, problems);
  return readingCode(problems, sources.some(({ kind }) => kind === 'evtx' || kind === 'event-text'));
};
