import { decodeText, zoneOffsetMs } from '@winmedic/core/evidence';
import { type Explanation, explain, explanationToText } from '@winmedic/core/explain';
import type { Localized } from '@winmedic/knowledge/model';
import { formatTime, rfc3339, wrap } from '@winmedic/report';
import { talkProblems } from '../case.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { spelledOut } from '../safe-text.ts';
import type { VerbRun } from '../spec.ts';

/** Most bytes read from standard input; an event's text is far shorter. */
const MAX_STDIN = 16 * 1024 * 1024;

const TOO_LONG: Localized = {
  en: 'At most 16 MiB are read; give log files to `winmedic diagnose`.',
  ja: '読み取りは 16 MiB までです。ログ ファイルは `winmedic diagnose` に渡してください。',
};

/** Standard input whole: UTF-8, UTF-16 with a mark (PowerShell), or Shift_JIS (a paste saved on a Japanese system). */
async function stdinText(context: Context): Promise<string> {
  if (process.stdin.isTTY === true)
    context.talk(
      context.lang === 'ja'
        ? 'イベントの本文を貼り付け、改行して Ctrl-D で終えてください。'
        : 'Paste the text of an event, then end with Enter and Ctrl-D.',
    );
  const pieces: Buffer[] = [];
  let size = 0;
  const stop = (): void => {
    process.stdin.destroy();
  };
  context.signal.addEventListener('abort', stop, { once: true });
  for await (const piece of process.stdin) {
    size += (piece as Buffer).length;
    if (size > MAX_STDIN) throw new CliError('CLI_INVALID_VALUE', { option: 'explain', value: 'stdin', hint: TOO_LONG });
    pieces.push(piece as Buffer);
  }
  context.signal.removeEventListener('abort', stop);
  context.signal.throwIfAborted();
  return decodeText(Buffer.concat(pieces));
}

function toJson(explanation: Explanation, zone: string): object {
  const { input, readings, events, problems, near } = explanation;
  return {
    schemaVersion: '1.0',
    input,
    readings,
    events: events.map(({ event, message, readings: own }) => ({
      provider: event.provider,
      eventId: event.eventId,
      channel: event.channel,
      ...(event.time === 0n ? {} : { time: rfc3339(event.time, zone), timeNs: String(event.time) }),
      ...(event.host ? { host: event.host } : {}),
      ...(event.userSid ? { userSid: event.userSid } : {}),
      fields: [...event.fields].map(([name, value]) => ({ name, value })),
      trust: event.trust,
      message,
      readings: own,
    })),
    problems: problems.map(({ code, severity, what, count }) => ({ code, severity, what, count })),
    near,
  };
}

/** Lines broken at the width of the terminal, with a hanging indent. */
function fitted(text: string, width: number): string {
  const lines = text.split('\n').flatMap((line) => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    const [first = '', ...rest] = wrap(line.slice(indent.length), width - indent.length - 2);
    return [`${indent}${first}`, ...rest.map((more) => `${indent}  ${more}`)];
  });
  return lines.join('\n');
}

const found = ({ readings, events }: Explanation): boolean => readings.length > 0 || events.length > 0;

/** Explains codes, names, or the text on standard input. */
export const run: VerbRun = async (context, words) => {
  const inputs = words.length === 0 || (words.length === 1 && words[0] === '-') ? [await stdinText(context)] : words;
  if (inputs.every((input) => input.trim() === '')) throw new CliError('CLI_STDIN_EMPTY');
  const zoneOffsetMinutes = zoneOffsetMs(context.zone, Date.now()) / 60_000;
  const explanations = context.sync(() => inputs.map((input) => explain(input, { zoneOffsetMinutes })));
  const values = explanations.map((one) => toJson(one, context.zone));
  if (context.json) await context.outJson(values.length === 1 ? values[0] : values);
  else {
    const time = (ns: bigint): string => formatTime(ns, context.zone, context.lang);
    const text = spelledOut(explanations.map((one) => explanationToText(one, context.lang, time)).join('\n'));
    await context.out(context.terminal ? fitted(text, context.width) : text);
    // What a paste lacks changes nothing of the exit code: a remark.
    talkProblems(
      { ...context, complain: context.talk },
      explanations.flatMap(({ problems }) => problems),
    );
  }
  const known = explanations.filter(found).length;
  return known === explanations.length ? 0 : known === 0 ? 2 : 3;
};
