import { eachLog } from '@winmedic/core/evidence';
import type { InputProblem } from '@winmedic/core/model';
import type { EvtxQuery, EvtxRecord } from '@winmedic/evtx';
import { formatTime } from '@winmedic/report';
import { readingCode, talkProblems } from '../case.ts';
import { type Context, writeStdoutSync } from '../context.ts';
import { CliError } from '../errors.ts';
import { EventTable } from '../event-table.ts';
import { makeProgress } from '../progress.ts';
import type { Options, VerbRun } from '../spec.ts';
import { nsOfTicks, ticksOf, timeOption } from '../times.ts';
import { parseNumbers, parseWhere } from '../where.ts';

const list = (options: Options, name: string): string[] | undefined => {
  const text = options[name];
  return typeof text === 'string' ? text.split(',').map((part) => part.trim()).filter(Boolean) : undefined;
};

/** The query of the options; everything given must hold. */
export function queryOf(context: Context, options: Options): EvtxQuery {
  const since = timeOption(context, options, 'since');
  const until = timeOption(context, options, 'until', true);
  const where = ((options['where'] as readonly string[] | undefined) ?? []).map(parseWhere);
  const [providers, channels, computers] = [list(options, 'providers'), list(options, 'channels'), list(options, 'computers')];
  return {
    ...(typeof options['ids'] === 'string' ? { ids: parseNumbers('--ids', options['ids']) } : {}),
    ...(typeof options['levels'] === 'string' ? { levels: parseNumbers('--levels', options['levels'], 255) } : {}),
    ...(providers ? { providers } : {}),
    ...(channels ? { channels } : {}),
    ...(computers ? { computers } : {}),
    ...(since === undefined ? {} : { since: ticksOf(since) }),
    ...(until === undefined ? {} : { until: ticksOf(until) }),
    ...(where.length > 0 ? { where } : {}),
  };
}

/** How records are written. */
interface Format {
  readonly begin?: string;
  readonly end?: string;
  readonly record: (record: EvtxRecord, path: string) => string;
}

/** A cell of CSV (RFC 4180). A leading =, +, - or @ would be run as a formula by spreadsheets: it gets an apostrophe. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A BOM, so that spreadsheets take the text as UTF-8. */
const CSV_HEAD = '\uFEFFtime,computer,channel,provider,event_id,level,record_id,user_sid,trust,file,data\r\n';

function formats(context: Context): Readonly<Record<string, Format>> {
  const table = new EventTable(context);
  const time = (record: EvtxRecord): string => formatTime(nsOfTicks(record.system.timeCreated), context.zone, context.lang, true);
  return {
    table: { record: (record, path) => table.line(record, path) },
    jsonl: { record: (record) => `${record.toJson()}\n` },
    xml: { begin: '<?xml version="1.0" encoding="UTF-8"?>\n<Events>\n', end: '</Events>\n', record: (record) => `${record.toXml()}\n` },
    csv: {
      begin: CSV_HEAD,
      record: (record, path) => {
        const { system } = record;
        const data = [...record.fields()].map(([name, value]) => `${name}=${value}`).join('; ');
        const cells = [time(record), system.computer, system.channel, system.provider, String(system.eventId), String(system.level ?? ''), String(system.eventRecordId), system.userSid ?? '', record.trust, path, data];
        return `${cells.map(csvCell).join(',')}\r\n`;
      },
    },
  };
}

/** Text is handed to stdout in pieces of about this size. */
const PIECE = 1 << 16;

/** Lists, counts or exports records. */
export const run: VerbRun = async (context, paths, options) => {
  const query = queryOf(context, options);
  if (typeof options['countBy'] === 'string') return count(context, paths, options, query);
  const name = (options['format'] as string | undefined) ?? (context.json ? 'jsonl' : 'table');
  const format = formats(context)[name]!;
  const limit = typeof options['limit'] === 'string' ? parseLimit(options['limit']) : Number.POSITIVE_INFINITY;
  const progress = makeProgress(context);
  const totals = { read: 0, shown: 0, damaged: 0, recovered: 0, logs: 0 };
  let piece = format.begin ?? '';
  const flush = (): void => {
    writeStdoutSync(piece);
    piece = '';
  };
  const problems = await eachLog(
    paths,
    { recover: options['recover'] === true, signal: context.signal, onProgress: ({ done, total, path }) => progress.update(done, total, path) },
    (log, path) => {
      totals.logs++;
      const summary = log.scan([query], (record) => {
        totals.shown++;
        piece += format.record(record, path);
        if (piece.length >= PIECE) {
          flush();
          context.signal.throwIfAborted();
        }
        return totals.shown < limit;
      });
      totals.read += summary.records;
      totals.damaged += summary.damagedRecords;
      totals.recovered += summary.recovered;
      return totals.shown < limit;
    },
  );
  progress.end();
  piece += format.end ?? '';
  flush();
  return finish(context, problems, totals.logs, reconcile(context, totals));
};

/** Read = shown + filtered; damaged ones could not be read at all. */
function reconcile({ lang }: Context, { read, shown, damaged, recovered }: { read: number; shown: number; damaged: number; recovered: number }): string {
  return lang === 'ja'
    ? `読み取り ${read} = 表示 ${shown} + 除外 ${read - shown}、破損 ${damaged}${recovered > 0 ? `、うち復元 ${recovered}` : ''}`
    : `read ${read} = shown ${shown} + filtered ${read - shown}; damaged ${damaged}${recovered > 0 ? `; of these recovered ${recovered}` : ''}`;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,12}$/.test(text) || limit < 1) throw new CliError('CLI_INVALID_VALUE', { option: '--limit', value: text, hint: '1, 100, ...' });
  return limit;
}

async function count(context: Context, paths: readonly string[], options: Options, query: EvtxQuery): Promise<number> {
  const key = options['countBy'] as 'id' | 'provider' | 'channel';
  const progress = makeProgress(context);
  const counts = new Map<string, number>();
  let logs = 0;
  const problems = await eachLog(paths, { recover: options['recover'] === true, signal: context.signal, onProgress: ({ done, total, path }) => progress.update(done, total, path) }, (log) => {
    logs++;
    for (const [name, n] of log.countBy(key, [query])) counts.set(name, (counts.get(name) ?? 0) + n);
    return true;
  });
  progress.end();
  const rows = [...counts].map(([name, n]) => ({ key: key === 'id' ? Number(name) : name, count: n }));
  rows.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  if (context.json) await context.out(`${JSON.stringify(rows)}\n`);
  else {
    const width = Math.max(5, ...rows.map((row) => String(row.count).length));
    await context.out(rows.map((row) => `${String(row.count).padStart(width)}  ${row.key}\n`).join(''));
  }
  return finish(context, problems, logs, `${context.lang === 'ja' ? '合計' : 'total'}: ${rows.reduce((sum, row) => sum + row.count, 0)}`);
}

function finish(context: Context, problems: readonly InputProblem[], logs: number, summary: string): number {
  context.talk(summary);
  talkProblems(context, problems);
  return readingCode(problems, logs > 0);
}
