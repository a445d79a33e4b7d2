import type { Evidence, SourceKind, Timeline } from '@winmedic/core/model';
import { selectTimeline } from '@winmedic/core/timeline';
import {
  type ConversationRecord,
  conversationEvent,
  formatSpan,
  printable,
  timelineRows,
  timelineRowToJson,
  timelineToLines,
} from '@winmedic/report';
import { gatherTimeline, readingCode, talkProblems } from '../case.ts';
import type { Context } from '../context.ts';
import { spelledOut } from '../safe-text.ts';
import type { Options, VerbRun } from '../spec.ts';
import { durationOption, type Selection, selectionOptions, timeOption } from '../times.ts';
import { computersOf } from './events-recordings.ts';

/** Looked at before and after `--around` when `--window` is not given: the ten minutes before a stop that the diagnosis looks at. */
const WINDOW_SECONDS = 600;

/** What `--around`, `--since` and `--until` leave together; `--around` a day is the whole day and the window on both sides. */
function selected(context: Context, options: Options): Selection {
  const { since, until } = selectionOptions(context, options);
  const around = timeOption(context, options, 'around');
  const seconds = durationOption(options, 'window') ?? WINDOW_SECONDS;
  if (!around) return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
  const window = BigInt(seconds) * 1_000_000_000n;
  const [from, to] = [around.from - window, around.to + window + 1n];
  return { since: since !== undefined && since > from ? since : from, until: until !== undefined && until < to ? until : to };
}

/** Nothing to show: what there would have been. */
function nothing({ lang, zone }: Context, { hosts, events }: Timeline): string {
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) return lang === 'ja' ? '表示する記録がありません。' : 'no record to show.';
  const names = hosts.map(({ name }) => printable(name));
  const span = formatSpan(first.time, last.time, zone, lang);
  return lang === 'ja'
    ? `条件に合う行がありません。ホスト: ${names.join('、')}。記録: ${span}`
    : `nothing matches. Hosts: ${names.join(', ')}. Records: ${span}`;
}

/** The timeline holds the records that say something about starts, stops, logons and faults; the count says how many were left out. */
function reconcile({ lang }: Context, { totals, captures }: Evidence): string {
  const { kept } = totals;
  // Packets are no records.
  const recordsRead = totals.recordsRead - captures.reduce((sum, { capture }) => sum + (capture.format === 'etl' ? 0 : capture.packets), 0);
  return lang === 'ja'
    ? `読み取り ${recordsRead} = 対象 ${kept} + 対象外 ${recordsRead - kept}(全レコードは \`winmedic events\` で表示)`
    : `read ${recordsRead} = considered ${kept} + left out ${recordsRead - kept} (\`winmedic events\` shows every record)`;
}

/** Kinds of sources that have something with a time. */
const READABLE: ReadonlySet<SourceKind> = new Set(['evtx', 'event-text', 'tool-log', 'capture', 'trace']);

/** Is one of these hosts an end of the conversation, by address or by the name that was used? */
function speaksOf(one: ConversationRecord, hosts: readonly string[]): boolean {
  const names = computersOf(one).map((name) => name.toLowerCase());
  return hosts.some((host) => names.some((name) => name === host.toLowerCase() || name.split(/[.:]/)[0] === host.toLowerCase()));
}

/** Prints the timeline of all inputs. */
export const run: VerbRun = async (context, paths, options) => {
  const { since, until } = selected(context, options);
  const hosts = options['host'] as readonly string[] | undefined;
  const wanted = (options['channel'] as readonly string[] | undefined)?.map((name) => name.toLowerCase());
  const timeline = await gatherTimeline(context, paths, options);
  const conversations = timeline.evidence.conversations.map(conversationEvent);
  const channels =
    wanted &&
    [...new Set([...timeline.events, ...conversations].map(({ channel }) => channel))].filter((channel) =>
      wanted.some((name) => channel.toLowerCase().includes(name)),
    );
  const selection = selectTimeline(timeline, {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(hosts ? { hosts } : {}),
    ...(channels ? { channels: channels.length > 0 ? channels : ['-'] } : {}),
  });
  const talked = conversations.filter(
    (one) =>
      (since === undefined || one.time >= since) &&
      (until === undefined || one.time < until) &&
      (channels === undefined || channels.includes(one.channel)) &&
      (hosts === undefined || speaksOf(one, hosts)),
  );
  const events = [...selection.events, ...talked].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const rows = timelineRows(events, selection.marks);
  let piece = '';
  const put = async (text: string): Promise<void> => {
    piece += text;
    if (piece.length < 1 << 16) return;
    await context.out(piece);
    piece = '';
    context.signal.throwIfAborted();
  };
  if (context.json || options['format'] === 'jsonl') {
    for (const row of rows) {
      const line = JSON.stringify(timelineRowToJson(row, context.zone));
      await put(`${context.terminal ? spelledOut(line) : line}\n`);
    }
  } else {
    const names = [...new Set(selection.events.map(({ host }) => host))];
    const { zone, lang, colour, unicode, terminal, width } = context;
    for (const line of timelineToLines(rows, names, { zone, lang, colour, unicode, width: terminal ? width : 0 })) await put(`${line}\n`);
  }
  await context.out(piece);
  if (events.length + selection.marks.length === 0 && timeline.evidence.sources.length > 0) context.talk(nothing(context, timeline));
  const { problems, sources } = timeline.evidence;
  if (sources.length > 0) context.talk(reconcile(context, timeline.evidence));
  talkProblems(context, problems);
  return readingCode(
    problems,
    sources.some(({ kind }) => READABLE.has(kind)),
  );
};
