import type { InstantNs } from '@winmedic/core/model';
import { FactTimeError, parseFactTime } from '@winmedic/core/evidence';
import type { Context } from './context.ts';
import { CliError } from './errors.ts';
import type { Options } from './spec.ts';

/** Now, in the resolution of the clock. */
export function nowNs(): InstantNs {
  return BigInt(Date.now()) * 1_000_000n;
}

/**
 * A time option; days and minutes without a zone are in the zone of the run.
 * @param end take the end of a day instead of its start (`--until 2018-07-06` includes the whole day)
 * @throws CliError CLI_TIME
 */
export function timeOption(context: Context, options: Options, name: string, end = false): InstantNs | undefined {
  const text = options[name];
  if (typeof text !== 'string') return undefined;
  try {
    const time = parseFactTime(text, context.zone, nowNs());
    if (time.kind === 'instant') return time.at;
    if (time.kind === 'span') return end ? time.to + 1n : time.from;
  } catch (error) {
    if (!(error instanceof FactTimeError)) throw error;
  }
  throw new CliError('CLI_TIME', { option: `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value: text });
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * A duration option (`90s`, `10m`, `2h`, `1d`) in seconds.
 * @throws CliError CLI_INVALID_VALUE
 */
export function durationOption(options: Options, name: string): number | undefined {
  const text = options[name];
  if (typeof text !== 'string') return undefined;
  const match = /^(\d{1,7})([smhd])$/.exec(text);
  if (!match) throw new CliError('CLI_INVALID_VALUE', { option: `--${name}`, value: text, hint: '90s, 10m, 2h, 1d' });
  return Number(match[1]) * UNIT_SECONDS[match[2]!]!;
}

/** Seconds between 1601 and 1970 in ticks of 100 ns. */
const EPOCH_TICKS = 116_444_736_000_000_000n;

/** FILETIME ticks of an instant. */
export function ticksOf(ns: InstantNs): bigint {
  return ns / 100n + EPOCH_TICKS;
}

/** Instant of FILETIME ticks. */
export function nsOfTicks(ticks: bigint): InstantNs {
  return (ticks - EPOCH_TICKS) * 100n;
}
