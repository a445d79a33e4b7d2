import { decode6008 } from '../explain/event-6008.ts';
import type { ChannelCoverage, EventObservation, Evidence, InstantNs } from '../model/observation.ts';
import type { DumpObservation } from '../model/state.ts';
import type { Stop } from '../model/timeline.ts';
import { integer, is, parseInteger, text } from './fields.ts';
import { keyOf, UNNAMED_HOST } from './hosts.ts';
import { MINUTE_NS } from './time.ts';
import { bugcheckCode, statedBugcheck } from './witnesses.ts';

/** Error reporting states the stop code this long after the boot: the dump is copied first. */
const REPORT_NS = 30n * MINUTE_NS;
/**
 * Builds of one kernel are no further apart than this (19041 and 19045, 22621 and 22631, 26100 and 26200: enablement packages, of which a dump may name
 * either number); those of different kernels are 346 apart (10240 and 10586) or more since Windows 10, and 400 (9200 and 9600) or more before.
 * @source Microsoft Learn, "Windows 10 release information", "Windows 11 release information"
 */
const SAME_KERNEL_BUILDS = 100;

/**
 * The host a dump belongs to: the one whose disk it was read from; else the one whose log states the same stop code and parameters, else the only one of the evidence. A dump names no host, so
 * one of another machine must not explain a stop of this one: with another build, another stop code or parameters than the next boot reports, or a
 * heartbeat after it, it belongs to an unnamed host.
 */
export function hostOfDump(dump: DumpObservation, evidence: Evidence): string {
  if (dump.host !== undefined) return isOfAnother(dump, keyOf(dump.host), evidence) ? UNNAMED_HOST : dump.host;
  const same = new Map<string, string>();
  for (const event of evidence.events) {
    const stated = statedBugcheck(event);
    if (stated !== undefined && agrees(stated, dump, true)) same.set(keyOf(event.host), event.host);
  }
  const fits = (host: string): boolean => !isOfAnother(dump, keyOf(host), evidence);
  const [match] = same.values();
  if (same.size === 1 && fits(match as string)) return match as string;
  const hosts = hostsIn(evidence.events, evidence.coverage);
  const [only] = hosts.values();
  return hosts.size === 1 && fits(only as string) ? (only as string) : UNNAMED_HOST;
}

function hostsIn(events: readonly EventObservation[], coverage: readonly ChannelCoverage[]): ReadonlyMap<string, string> {
  const hosts = new Map<string, string>();
  for (const { host } of [...events, ...coverage]) if (host.trim() !== '') hosts.set(keyOf(host), host);
  return hosts;
}

/** Does a stated stop code agree with the dump? Addresses among the parameters differ from boot to boot, so that two crashes hardly ever share all four. */
function agrees(stated: NonNullable<Stop['bugcheck']>, dump: DumpObservation, whole: boolean): boolean {
  if (bugcheckCode(BigInt(dump.rawCode)) !== stated.code) return false;
  if (stated.parameters.length !== 4) return !whole;
  return stated.parameters.every((p, i) => parseInteger(p) === parseInteger(dump.parameters[i] as string));
}

/** Do the records of a host say that the dump is not of it? */
function isOfAnother(dump: DumpObservation, host: string, { events, coverage, dumps }: Evidence): boolean {
  const { time } = dump;
  if (time === undefined) return false;
  const own = events.filter((e) => keyOf(e.host) === host);
  if (hasOtherBuild(dump, time, own)) return true;
  if (dump.live === true) return false;
  const start = nextStart(time, own);
  // Where the log does not reach from the crash to the boot, the next start seen need not be the one after it.
  if (start === undefined || !reaches(coverage, host, time, start)) return false;
  const near = own.filter((e) => e.time >= time && e.time <= start + REPORT_NS);
  const stated = near.map(statedBugcheck).filter((s) => s !== undefined);
  // Of several crashes without a start between them that is recorded, the last one is stated.
  const last = dumps.some((d) => d.time !== undefined && d.time > time && d.time < start && stated.some((s) => agrees(s, d, true)));
  if (stated.length > 0 && !last && !stated.some((s) => agrees(s, dump, false))) return true;
  return (firstAlive(near) ?? 0n) > time + MINUTE_NS;
}

/** Last heartbeat before the end that the first start reports: in a crash loop later ones follow within minutes, each with that of its own session. */
function firstAlive(near: readonly EventObservation[]): InstantNs | undefined {
  let first: { readonly at: InstantNs; readonly alive: InstantNs } | undefined;
  for (const e of near) {
    const alive = aliveAt(e);
    if (alive !== undefined && (first === undefined || e.time < first.at)) first = { at: e.time, alive };
  }
  return first?.alive;
}

/** Is another build recorded at the starts next to the crash? After an upgrade one of the two fits. */
function hasOtherBuild({ build }: DumpObservation, time: InstantNs, own: readonly EventObservation[]): boolean {
  let before: { readonly at: InstantNs; readonly build: bigint } | undefined;
  let after: { readonly at: InstantNs; readonly build: bigint } | undefined;
  for (const e of own) {
    const recorded = buildOf(e);
    if (recorded === undefined) continue;
    if (e.time <= time && (before === undefined || e.time > before.at)) before = { at: e.time, build: recorded };
    if (e.time > time && (after === undefined || e.time < after.at)) after = { at: e.time, build: recorded };
  }
  const known = [before, after].filter((b) => b !== undefined);
  if (build === 0 || known.length === 0) return false;
  return known.every((b) => Math.abs(Number(b.build) - build) > SAME_KERNEL_BUILDS);
}

function buildOf(e: EventObservation): bigint | undefined {
  if (is(e, 'kernel-general', 12)) return integer(e, 'BuildVersion');
  return is(e, 'eventlog', 6009) ? integer(e, 'Data[1]') : undefined;
}

/** Time of the first record of a start after a moment. */
function nextStart(time: InstantNs, own: readonly EventObservation[]): InstantNs | undefined {
  let first: InstantNs | undefined;
  for (const e of own) {
    if (e.time <= time || (first !== undefined && e.time >= first)) continue;
    if (is(e, 'kernel-general', 12) || is(e, 'kernel-power', 41) || is(e, 'eventlog', 6005) || is(e, 'eventlog', 6009)) first = e.time;
  }
  return first;
}

/** Did the System log of a host record without a hole from one moment to another? */
function reaches(coverage: readonly ChannelCoverage[], host: string, from: InstantNs, to: InstantNs): boolean {
  return coverage.some(
    (c) =>
      keyOf(c.host) === host &&
      c.channel.toLowerCase() === 'system' &&
      c.partial !== true &&
      c.first <= from &&
      c.last >= to &&
      !c.gaps.some((gap) => gap.from < to && gap.to > from),
  );
}

/** Last heartbeat before an unexpected end (6008). */
function aliveAt(e: EventObservation): InstantNs | undefined {
  return is(e, 'eventlog', 6008) ? decode6008(text(e, 'Binary'))?.utc : undefined;
}
