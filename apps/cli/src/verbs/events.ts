import { eachLog, instantOfTicks, type RecordingVisitor, ticksOfInstant } from '@winmedic/core/evidence';
import type { EventObservation, InputProblem } from '@winmedic/core/model';
import type { EvtxLog, EvtxQuery, EvtxRecord } from '@winmedic/evtx';
import type { Localized } from '@winmedic/knowledge/model';
import { conversationEvent, formatTime, isConversation, printable } from '@winmedic/report';
import { diskOptions, readingCode, talkProblems } from '../case.ts';
import { type Context, writeStdoutSync } from '../context.ts';
import { csvRow } from '../csv.ts';
import { CliError } from '../errors.ts';
import { EventTable } from '../event-table.ts';
import { makeProgress } from '../progress.ts';
import { spelledOut } from '../safe-text.ts';
import type { Options, VerbRun } from '../spec.ts';
import { selectionOptions } from '../times.ts';
import { parseNumbers, parseWhere } from '../where.ts';
import { observationTest, observationToJson, observationToXml } from './events-recordings.ts';

const list = (options: Options, name: string): string[] | undefined => {
  const text = options[name];
  return typeof text === 'string'
    ? text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean)
    : undefined;
};

/** The query of the options; everything given must hold. */
export function queryOf(context: Context, options: Options): EvtxQuery {
  const { since, until } = selectionOptions(context, options);
  const where = ((options['where'] as readonly string[] | undefined) ?? []).map(parseWhere);
  const [providers, channels, computers] = [list(options, 'providers'), list(options, 'channels'), list(options, 'computers')];
  return {
    ...(typeof options['ids'] === 'string' ? { ids: parseNumbers('--ids', options['ids']) } : {}),
    ...(typeof options['levels'] === 'string' ? { levels: parseNumbers('--levels', options['levels'], 255) } : {}),
    ...(providers ? { providers } : {}),
    ...(channels ? { channels } : {}),
    ...(computers ? { computers } : {}),
    ...(since === undefined ? {} : { since: ticksOfInstant(since) }),
    ...(until === undefined ? {} : { until: ticksOfInstant(until) }),
    ...(where.length > 0 ? { where } : {}),
  };
}

/** How records are written. */
interface Format {
  readonly begin?: string;
  readonly end?: string;
  readonly record: (record: EvtxRecord, path: string) => string;
  /** An event of a trace or a text, or a conversation. */
  readonly observation: (event: EventObservation) => string;
}

/** A BOM, so that spreadsheets take the text as UTF-8. */
const CSV_HEAD = '\uFEFFtime,computer,channel,provider,event_id,level,record_id,user_sid,trust,file,data\r\n';

function formats(context: Context): Readonly<Record<string, Format>> {
  const table = new EventTable(context);
  const time = (record: EvtxRecord): string => formatTime(instantOfTicks(record.system.timeCreated), context.zone, context.lang, true);
  return {
    table: { record: (record, path) => table.line(record, path), observation: (event) => table.observation(event) },
    jsonl: {
      record: (record) => `${record.toJson()}\n`,
      observation: (event) => `${JSON.stringify(observationToJson(event, context.zone))}\n`,
    },
    xml: {
      begin: '<?xml version="1.0" encoding="UTF-8"?>\n<Events>\n',
      end: '</Events>\n',
      record: (record) => `${record.toXml()}\n`,
      observation: (event) => `${observationToXml(event)}\n`,
    },
    csv: {
      begin: CSV_HEAD,
      record: (record, path) => {
        const { system } = record;
        const data = [...record.fields()].map(([name, value]) => `${name}=${value}`).join('; ');
        const cells = [
          time(record),
          system.computer,
          system.channel,
          system.provider,
          String(system.eventId),
          String(system.level ?? ''),
          String(system.eventRecordId),
          system.userSid ?? '',
          record.trust,
          path,
          data,
        ];
        return csvRow(cells);
      },
      observation: (event) => {
        const conversation = isConversation(event);
        return csvRow([
          formatTime(event.time, context.zone, context.lang, true),
          conversation ? event.conversation.server.address : event.host,
          event.channel,
          event.provider,
          conversation ? '' : String(event.eventId),
          String(event.level),
          event.recordId,
          event.userSid ?? '',
          event.trust,
          event.origin.path,
          [...event.fields].map(([name, value]) => `${name}=${value}`).join('; '),
        ]);
      },
    },
  };
}

/** Text is handed to stdout in pieces of about this size. */
const PIECE = 1 << 16;

/** Conversations of one capture that are put in order at once; a scan has millions, and each is some hundred bytes. */
const MAX_SORTED = 100_000;

/** Gets events and conversations one by one: conversations of a capture in the order of their beginning. @param take false: no more. */
function recordingVisitor(context: Context, take: (event: EventObservation) => boolean): RecordingVisitor {
  let waiting: EventObservation[] = [];
  let done = false;
  const put = (event: EventObservation): boolean => {
    if (!done) done = !take(event);
    return !done;
  };
  const flush = (): void => {
    waiting.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    for (const event of waiting) if (!put(event)) break;
    waiting = [];
  };
  return {
    zone: context.zone,
    runSync: context.sync,
    isDone: () => done,
    event: put,
    conversation: (one) => {
      waiting.push(conversationEvent(one));
      if (waiting.length >= MAX_SORTED) flush();
    },
    captured: flush,
  };
}

/** Lists, counts or exports records. */
export const run: VerbRun = async (context, paths, options) => {
  if (typeof options['follow'] === 'string') {
    const { follow } = await import('./events-follow.ts');
    return follow(context, paths, options['follow']);
  }
  const query = queryOf(context, options);
  const limit = typeof options['limit'] === 'string' ? parseLimit(options['limit']) : Number.POSITIVE_INFINITY;
  const name = (options['format'] as string | undefined) ?? (context.json ? 'jsonl' : 'table');
  if (typeof options['countBy'] === 'string') return count(context, paths, options, query, limit);
  const format = formats(context)[name]!;
  const totals = { read: 0, shown: 0, damaged: 0, recovered: 0 };
  let piece = format.begin ?? '';
  const flush = (): void => {
    writeStdoutSync(context, context.terminal && name !== 'table' ? spelledOut(piece) : piece);
    piece = '';
  };
  const wanted = observationTest(query);
  const take = (event: EventObservation): boolean => {
    totals.read++;
    if (wanted(event)) {
      totals.shown++;
      piece += format.observation(event);
      if (piece.length >= PIECE) flush();
    }
    return totals.shown < limit;
  };
  const { problems, logs } = await visitLogs(context, paths, options, take, (log, path) => {
    const summary = log.scan([query], (record) => {
      totals.shown++;
      piece += format.record(record, path);
      if (piece.length >= PIECE) flush();
      return totals.shown < limit;
    });
    totals.read += summary.records;
    totals.damaged += summary.damagedRecords;
    totals.recovered += summary.recovered;
    return totals.shown < limit;
  });
  piece += format.end ?? '';
  flush();
  if (logs > 0) context.talk(reconcile(context, totals, totals.shown >= limit));
  talkProblems(context, problems);
  return readingCode(problems, logs > 0);
};

/** Visits every log with a progress line; a scan can be interrupted. */
async function visitLogs(
  context: Context,
  paths: readonly string[],
  options: Options,
  take: (event: EventObservation) => boolean,
  visit: (log: EvtxLog, path: string) => boolean,
): Promise<{ readonly problems: readonly InputProblem[]; readonly logs: number }> {
  const disk = await diskOptions(context, options);
  const progress = makeProgress(context);
  let logs = 0;
  const visitor = recordingVisitor(context, (event) => {
    logs++;
    return take(event);
  });
  try {
    const problems = await eachLog(
      paths,
      {
        recordings: {
          ...visitor,
          captured: (seen) => {
            logs++;
            visitor.captured?.(seen);
          },
        },
        recover: options['recover'] === true,
        signal: context.signal,
        disk,
        onProgress: ({ done, total, path }) => progress.update(done, total, path),
      },
      (log, path) => {
        logs++;
        return context.sync(() => visit(log, path));
      },
    );
    return { problems, logs };
  } finally {
    progress.end();
  }
}

/** Read = shown + filtered; damaged ones could not be read at all, recovered ones come from slack and are no live records. */
function reconcile(
  { lang }: Context,
  totals: { read: number; shown: number; damaged: number; recovered: number },
  stopped: boolean,
): string {
  const { read, shown, damaged, recovered } = totals;
  const filtered = read + recovered - shown;
  if (lang === 'ja') {
    const left = recovered > 0 ? `読み取り ${read} + 復元 ${recovered}` : `読み取り ${read}`;
    return `${left} = 表示 ${shown} + 除外 ${filtered}、破損 ${damaged}${stopped ? `(--limit により ${shown} 件で打ち切り、残りは未読)` : ''}`;
  }
  const left = recovered > 0 ? `read ${read} + recovered ${recovered}` : `read ${read}`;
  return `${left} = shown ${shown} + filtered ${filtered}; damaged ${damaged}${stopped ? ` (stopped at --limit ${shown}, the rest was not read)` : ''}`;
}

const FORM_OF_LIMIT: Localized = { en: 'Use a whole number from 1 on.', ja: '1 以上の整数を指定してください。' };

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,12}$/.test(text) || limit < 1)
    throw new CliError('CLI_INVALID_VALUE', { option: '--limit', value: text, hint: FORM_OF_LIMIT });
  return limit;
}

const NO_XML_COUNTS: Localized = { en: 'Counts are written as table, jsonl or csv.', ja: '集計の出力形式は table、jsonl、csv です。' };

async function count(context: Context, paths: readonly string[], options: Options, query: EvtxQuery, limit: number): Promise<number> {
  const key = options['countBy'] as 'id' | 'provider' | 'channel';
  const format = options['format'] as string | undefined;
  if (format === 'xml') throw new CliError('CLI_INVALID_VALUE', { option: '--format', value: format, hint: NO_XML_COUNTS });
  const counts = new Map<string, number>();
  const wanted = observationTest(query);
  const take = (event: EventObservation): boolean => {
    // A conversation has no event id.
    if (!wanted(event) || (key === 'id' && isConversation(event))) return true;
    const name = key === 'id' ? String(event.eventId) : event[key];
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return true;
  };
  const { problems, logs } = await visitLogs(context, paths, options, take, (log) => {
    for (const [name, n] of log.countBy(key, [query])) counts.set(name, (counts.get(name) ?? 0) + n);
    return true;
  });
  const all = [...counts].map(([name, n]) => ({ key: key === 'id' ? Number(name) : name, count: n }));
  all.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  const rows = all.slice(0, limit);
  if (format === 'jsonl') await context.out(rows.map((row) => `${spelledOut(JSON.stringify(row))}\n`).join(''));
  else if (format === 'csv')
    await context.out(`\uFEFF${csvRow([key, 'count'])}${rows.map((row) => csvRow([String(row.key), String(row.count)])).join('')}`);
  else if (context.json && format === undefined) await context.outJson(rows);
  else {
    const width = Math.max(5, ...rows.map((row) => String(row.count).length));
    await context.out(rows.map((row) => `${String(row.count).padStart(width)}  ${printable(String(row.key))}\n`).join(''));
  }
  if (logs > 0) context.talk(`${context.lang === 'ja' ? '合計' : 'total'}: ${all.reduce((sum, row) => sum + row.count, 0)}`);
  talkProblems(context, problems);
  return readingCode(problems, logs > 0);
}
