import { FactTimeError, parseFactTime } from '@winmedic/core/evidence';
import type { InstantNs } from '@winmedic/core/model';
import type { Localized } from '@winmedic/knowledge/model';
import type { Context } from './context.ts';
import { CliError } from './errors.ts';
import type { Options } from './spec.ts';

/** Now, in the resolution of the clock. */
export function nowNs(): InstantNs {
  return BigInt(Date.now()) * 1_000_000n;
}

/** First and last instant of what was written: a day is the whole day in the zone of the run, a moment is itself. */
export interface WrittenTime {
  readonly from: InstantNs;
  readonly to: InstantNs;
}

/**
 * A time option (`changeAt` is `--change-at`); days and minutes without a zone are in the zone of the run.
 * @throws CliError CLI_TIME
 */
export function timeOption(context: Context, options: Options, name: string): WrittenTime | undefined {
  const text = options[name];
  if (typeof text !== 'string') return undefined;
  try {
    const time = parseFactTime(text, context.zone, nowNs());
    if (time.kind === 'instant') return { from: time.at, to: time.at };
    if (time.kind === 'span' && !text.includes('..')) return time;
  } catch (error) {
    if (!(error instanceof FactTimeError)) throw error;
  }
  throw new CliError('CLI_TIME', { option: `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value: text });
}

/** Selection by `--since` and `--until`: first instant shown, and first instant not shown any more (a day includes the whole day). */
export interface Selection {
  readonly since?: InstantNs;
  readonly until?: InstantNs;
}

const BACKWARDS: Localized = { en: 'It must be later than --since.', ja: '--since より後の時刻を指定してください。' };

/**
 * The time selection of a verb.
 * @throws CliError CLI_TIME; CLI_INVALID_VALUE when nothing lies between the two
 */
export function selectionOptions(context: Context, options: Options): Selection {
  const since = timeOption(context, options, 'since')?.from;
  const end = timeOption(context, options, 'until');
  const until = end === undefined ? undefined : end.to > end.from ? end.to + 1n : end.from;
  if (since !== undefined && until !== undefined && until <= since)
    throw new CliError('CLI_INVALID_VALUE', { option: '--until', value: String(options['until']), hint: BACKWARDS });
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}

const FORM_OF_DURATION: Localized = { en: 'Use a form such as 90s, 10m, 2h or 1d.', ja: '90s、10m、2h、1d のように指定してください。' };
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * A duration option (`90s`, `10m`, `2h`, `1d`) in seconds.
 * @throws CliError CLI_INVALID_VALUE
 */
export function durationOption(options: Options, name: string): number | undefined {
  const text = options[name];
  if (typeof text !== 'string') return undefined;
  const match = /^(\d{1,7})([smhd])$/.exec(text);
  if (!match) throw new CliError('CLI_INVALID_VALUE', { option: `--${name}`, value: text, hint: FORM_OF_DURATION });
  return Number(match[1]) * UNIT_SECONDS[match[2]!]!;
}
