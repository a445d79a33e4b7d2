import { type Explanation, explain, explanationToText } from '@winmedic/core/explain';
import { formatTime, rfc3339 } from '@winmedic/report';
import { zoneOffsetMs } from '@winmedic/core/evidence';
import { CliError } from '../errors.ts';
import type { VerbRun } from '../spec.ts';

/** Most bytes read from standard input; an event's text is far shorter. */
const MAX_STDIN = 16 * 1024 * 1024;

async function stdinText(): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of process.stdin) {
    size += (piece as Buffer).length;
    if (size > MAX_STDIN) break;
    pieces.push(piece as Buffer);
  }
  const bytes = Buffer.concat(pieces);
  const utf8 = bytes.toString('utf8');
  // A paste saved on a Japanese system may be Shift_JIS.
  return utf8.includes('\uFFFD') ? new TextDecoder('shift_jis').decode(bytes) : utf8;
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

/** Explains codes, names, or the text on standard input. */
export const run: VerbRun = async (context, words) => {
  const inputs = words.length === 0 || (words.length === 1 && words[0] === '-') ? [await stdinText()] : words;
  if (inputs.length === 1 && inputs[0]?.trim() === '') throw new CliError('CLI_STDIN_EMPTY');
  const zoneOffsetMinutes = zoneOffsetMs(context.zone, Date.now()) / 60_000;
  const explanations = inputs.map((input) => explain(input, { zoneOffsetMinutes }));
  if (context.json) await context.out(`${JSON.stringify(explanations.length === 1 ? toJson(explanations[0]!, context.zone) : explanations.map((one) => toJson(one, context.zone)))}\n`);
  else await context.out(explanations.map((one) => explanationToText(one, context.lang, (ns) => formatTime(ns, context.zone, context.lang))).join('\n'));
  return explanations.every(({ readings, events }) => readings.length === 0 && events.length === 0) ? 2 : 0;
};
