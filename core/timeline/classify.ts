import type { StopClass } from '@winmedic/knowledge/model';
import type { ChannelCoverage, EventObservation, InstantNs } from '../model/observation.ts';
import { SILENCE_NS } from '../model/runs.ts';
import type { Stop, StopRequest } from '../model/timeline.ts';
import type { Boot } from './boots.ts';
import type { Sequenced } from './clock.ts';
import { touchesHole } from './coverage.ts';
import { bugcheckOfDump, isDump } from './dump-events.ts';
import { integer, is, text } from './fields.ts';
import type { PlacedRequest } from './request.ts';
import { HOUR_NS, MINUTE_NS, maxNs, minNs, SECOND_NS } from './time.ts';
import type { BootWitnesses } from './witnesses.ts';
import { heartbeatEnd } from './witnesses.ts';

/** A request explains an unclean end only this long before it (measured 1074 to Kernel-General 13: at most 48 s, updates slower). */
const REQUEST_REACH_NS = 10n * MINUTE_NS;
/** A request with a countdown (`shutdown /t`) explains a clean end this long after it; with longer countdowns the end stays unexplained. */
const COUNTDOWN_REACH_NS = HOUR_NS;
/** After the log service's last record only the kernel's own follow. */
const TAIL_NS = 3n * MINUTE_NS;
/** Requests this close together belong to one shutdown, and the first one started it. */
const SAME_SHUTDOWN_NS = 20n * SECOND_NS;
/** Records of the moment of the crash may be stamped this much after the dump. */
const DUMP_SLACK_NS = 5n * SECOND_NS;
/** Kernel-General 13 to 12 was measured 2.1 to 41.7 s for restarts; a person is slower. */
const RESTART_NS = 45n * SECOND_NS;

/** A boot session to be classified: its records in order, and the boot that followed. */
export interface EndedSession {
  readonly sequence: readonly Sequenced[];
  readonly requests: readonly PlacedRequest[];
  readonly boot?: Boot;
  readonly next?: Boot;
  readonly witnesses?: BootWitnesses;
  /** Time of the next boot on the clock of the session it began. */
  readonly nextTime?: InstantNs;
  /** Coverage of the System channel of this host. */
  readonly system?: ChannelCoverage;
}

/** A stop before it has a number, a host and user sessions. `at`: place in the sequence, for order. */
export type FoundStop = Omit<Stop, 'id' | 'host' | 'sessions' | 'sessionUsers' | 'disconnectedSessions'> & {
  readonly at: bigint;
  /** Place of the moment for which user sessions are counted. */
  readonly momentAt: bigint;
};

interface CleanEnd {
  readonly at: bigint;
  readonly kernel?: Sequenced;
  readonly log?: Sequenced;
  readonly action?: Sequenced;
  readonly last: Sequenced;
}

/**
 * How a boot session ended (stops.md 2.1). `undefined` when nothing says that it did: a log that simply goes on, or the first boot
 * of a log about which no record speaks.
 */
export function classifyEnd(session: EndedSession): FoundStop | undefined {
  const end = cleanEnd(session.sequence);
  const w = session.witnesses;
  const request = requestFor(session, end);
  const contradicted =
    w?.powerManager !== undefined || w?.unexpected !== undefined || (w?.lastShutdownGood === false && end?.kernel === undefined);
  const dump = dumpAtEnd(session.sequence);
  const crashed = w?.bugcheck !== undefined || w?.dumpWritten !== undefined || dump !== undefined;

  if (w !== undefined && (contradicted || (crashed && end === undefined))) {
    const cls: StopClass = crashed ? 'bugcheck' : request !== undefined ? 'requested-not-finished' : 'dirty';
    return unclean(session, cls, request, end, w, dump);
  }
  if (end !== undefined) {
    if (request !== undefined) return clean(session, 'requested-clean', request, end);
    return clean(session, isWhole(session, end) ? 'clean-not-requested' : 'log-gap', undefined, end);
  }
  return logGap(session, request);
}

/** The orderly end of a session: Kernel-General 13, 6006 or 1100 after which nothing but the kernel's own records follow. */
function cleanEnd(sequence: readonly Sequenced[]): CleanEnd | undefined {
  const kernel = sequence.findLast((s) => is(s.event, 'kernel-general', 13));
  const log = sequence.findLast((s) => is(s.event, 'eventlog', 6006)) ?? sequence.findLast((s) => is(s.event, 'windows-eventlog', 1100));
  const latest = later(kernel, log);
  if (latest === undefined) return undefined;
  const goesOn = sequence.some((s) => s.at - latest.at > TAIL_NS || (s.at > latest.at && is(s.event, 'eventlog', 6005)));
  if (goesOn) return undefined;
  const near = (s: Sequenced | undefined): Sequenced | undefined => (s !== undefined && latest.at - s.at <= TAIL_NS ? s : undefined);
  const action = near(sequence.findLast((s) => is(s.event, 'kernel-power', 109)));
  return {
    at: latest.at,
    last: later(latest, action) ?? latest,
    ...(near(kernel) && { kernel: kernel as Sequenced }),
    ...(near(log) && { log: log as Sequenced }),
    ...(action && { action }),
  };
}

function later(a: Sequenced | undefined, b: Sequenced | undefined): Sequenced | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.at > a.at ? b : a;
}

/** The request that led to this end: not aborted (1075), not fulfilled by a sleep, near enough. */
function requestFor(session: EndedSession, end: CleanEnd | undefined): PlacedRequest | undefined {
  const { sequence, requests, witnesses } = session;
  const heartbeat = witnesses?.heartbeat;
  const alive = sequence.at(-1)?.at;
  if (alive === undefined) return undefined;
  // A heartbeat, and records that are not events of interest, show that the session lived on after the request.
  const lastTime = (sequence.at(-1) as Sequenced).event.time;
  const shift = alive - lastTime;
  const knownAlive = [lastTime, heartbeat?.utc, lastActivity(session)].filter((t) => t !== undefined).reduce(maxNs);
  const endAt = end?.at ?? knownAlive + shift;
  const reach = end === undefined ? REQUEST_REACH_NS : COUNTDOWN_REACH_NS;
  const open = requests.filter((r) => {
    if (r.at > endAt + SECOND_NS || endAt - r.at > reach) return false;
    return !sequence.some((s) => s.at >= r.at && s.at <= endAt && (is(s.event, 'user32', 1075) || is(s.event, 'kernel-power', 42)));
  });
  let chosen = open.at(-1);
  for (let i = open.length - 2; i >= 0 && chosen !== undefined; i--) {
    const earlier = open[i] as PlacedRequest;
    if (chosen.at - earlier.at > SAME_SHUTDOWN_NS) break;
    chosen = earlier;
  }
  return chosen;
}

/**
 * Last record of any kind before the next boot, from the System channel's activity. Within one stretch the boundary is not known
 * better than its 10 minutes. `undefined` when the clock was stepped at boot: times of both sides do not compare.
 */
function lastActivity(session: EndedSession): InstantNs | undefined {
  const bootTime = session.next?.record.time;
  if (bootTime === undefined || bootTime !== session.nextTime) return undefined;
  const from = session.sequence[0]?.event.time ?? bootTime;
  const stretch = session.system?.activity?.findLast((a) => a.from < bootTime);
  if (stretch === undefined || stretch.to < from) return undefined;
  const last = stretch.to < bootTime ? stretch.to : maxNs(stretch.from, bootTime - SILENCE_NS);
  return last >= from ? last : undefined;
}

/**
 * Was the System log recording in the time before this end, so that a missing 1074 means that there was none? It must reach back to
 * the boot of this session or at least as far as a request can lie back. Pasted text never says so.
 */
function isWhole(session: EndedSession, end: CleanEnd): boolean {
  const endTime = end.last.event.time;
  const { system, boot } = session;
  if (system === undefined || system.partial === true || system.truncatedFrom !== undefined) return false;
  if (touchesHole(system, endTime - COUNTDOWN_REACH_NS, endTime)) return false;
  return boot !== undefined || system.first <= endTime - REQUEST_REACH_NS;
}

function clean(session: EndedSession, cls: StopClass, request: PlacedRequest | undefined, end: CleanEnd): FoundStop {
  const last = (end.kernel ?? end.log ?? end.last).event.time;
  const endTime = maxNs(last, end.last.event.time);
  const time = request?.request.event.time ?? last;
  const w = session.witnesses;
  return {
    at: end.at,
    momentAt: request?.at ?? end.at,
    class: cls,
    action: actionOf(session, request, end),
    time,
    earliest: time,
    latest: maxNs(time, endTime),
    ...(request && { request: request.request }),
    end: endTime,
    ...bootOf(session, endTime),
    records: inTimeOrder([...requestRecords(request), ...records(end), ...bootRecords(session)]),
    ...(w?.lastShutdownGood === undefined ? {} : { lastShutdownGood: w.lastShutdownGood }),
  };
}

function unclean(
  session: EndedSession,
  cls: StopClass,
  request: PlacedRequest | undefined,
  end: CleanEnd | undefined,
  w: BootWitnesses,
  dump: Sequenced | undefined,
): FoundStop {
  const lastRecord = session.sequence.at(-1);
  const before = lastRecord?.event.time;
  const bootTime = bootOf(session, before ?? (session.nextTime as InstantNs)).boot as InstantNs;
  const { heartbeat } = w;
  const upper = heartbeat === undefined ? bootTime : minNs(heartbeatEnd(heartbeat), maxNs(bootTime, heartbeat.utc));
  const known = [heartbeat?.utc, before, lastActivity(session)].filter((t) => t !== undefined);
  const earliest = known.length === 0 ? bootTime : known.reduce(maxNs);
  const crashedAt = dump?.event.time;
  const time = request?.request.event.time ?? end?.last.event.time ?? crashedAt ?? heartbeat?.utc ?? earliest;
  const bugcheck = w.bugcheck ?? (dump && bugcheckOfDump(dump.event));
  return {
    at: lastRecord?.at ?? session.next?.at ?? 0n,
    momentAt: request?.at ?? lastRecord?.at ?? 0n,
    class: cls,
    action: 'unknown',
    time,
    // A dump tells the moment of the stop itself.
    earliest: crashedAt ?? earliest,
    latest: crashedAt ?? maxNs(earliest, upper),
    ...(request && { request: request.request }),
    ...(known.length === 0 ? {} : { end: earliest }),
    ...bootOf(session, earliest),
    records: inTimeOrder([
      ...requestRecords(request),
      ...records(end),
      ...bootRecords(session),
      ...w.records,
      ...(dump ? [dump.event] : []),
    ]),
    ...(bugcheck && { bugcheck }),
    ...(w.powerButton === undefined ? {} : { powerButton: w.powerButton }),
    ...(w.powerButtonAt === undefined ? {} : { powerButtonAt: w.powerButtonAt }),
    ...(w.sleepInProgress === undefined ? {} : { sleepInProgress: w.sleepInProgress }),
    ...(w.lastShutdownGood === undefined ? {} : { lastShutdownGood: w.lastShutdownGood }),
    ...(heartbeat && { heartbeat }),
  };
}

/** A crash dump with which a session ended: after it no record follows before the boot. */
function dumpAtEnd(sequence: readonly Sequenced[]): Sequenced | undefined {
  const dump = sequence.findLast((s) => isDump(s.event) && !isLiveDump(s.event));
  return dump === undefined || sequence.some((s) => s.at > dump.at + DUMP_SLACK_NS) ? undefined : dump;
}

/** A dump written while the machine ran on: no stop. */
function isLiveDump(dump: EventObservation): boolean {
  return dump.fields.get('Live') === 'true';
}

/**
 * A crash dump no recorded stop goes with: a stop of its own where the System log does not reach. Where that log recorded, and shows no
 * end, the dump is of another machine or was written live.
 */
export function dumpAlone(session: EndedSession, dump: Sequenced): FoundStop[] {
  const { system } = session;
  const { event } = dump;
  if (isLiveDump(event)) return [];
  if (system !== undefined && system.partial !== true && system.first <= event.time && event.time <= system.last) return [];
  return [
    {
      at: dump.at,
      momentAt: dump.at,
      class: 'bugcheck',
      action: 'unknown',
      time: event.time,
      earliest: event.time,
      latest: event.time,
      records: [event],
      bugcheck: bugcheckOfDump(event),
    },
  ];
}

/** The end is not in the log: a boot with nothing before it, or a request after which the log breaks off. */
function logGap(session: EndedSession, request: PlacedRequest | undefined): FoundStop | undefined {
  const lastRecord = session.sequence.at(-1);
  if (lastRecord === undefined) return undefined;
  const before = lastRecord.event.time;
  const bootTime = bootOf(session, before).boot;
  if (bootTime === undefined && request === undefined) return undefined;
  if (bootTime === undefined && session.system !== undefined && session.system.partial !== true) {
    if (session.system.last - (request as PlacedRequest).request.event.time > REQUEST_REACH_NS) return undefined;
  }
  const time = request?.request.event.time ?? bootTime ?? before;
  const w = session.witnesses;
  return {
    at: request?.at ?? lastRecord.at,
    momentAt: request?.at ?? lastRecord.at,
    class: 'log-gap',
    action: request === undefined ? 'unknown' : actionOf(session, request, undefined),
    time,
    earliest: minNs(time, before),
    latest: maxNs(time, bootTime ?? before),
    ...(request && { request: request.request }),
    end: before,
    ...bootOf(session, before),
    records: inTimeOrder([...requestRecords(request), ...bootRecords(session)]),
    ...(w?.lastShutdownGood === undefined ? {} : { lastShutdownGood: w.lastShutdownGood }),
  };
}

/**
 * Sleeps of a session: each Kernel-Power 42, with the request (a Start menu "power off" can be one) and 187 before it. The boot
 * session goes on.
 * @param resumes Kernel-Boot 27 of type 1 or 2 in this session: a "boot" after Fast Startup.
 */
export function sleepsOf(session: EndedSession, resumes: readonly Sequenced[]): FoundStop[] {
  const sleeps = session.sequence.filter((s) => is(s.event, 'kernel-power', 42));
  return sleeps.map((sleep, i) => {
    const from = sleeps[i - 1]?.at ?? -1n;
    const until = sleeps[i + 1]?.at;
    const request = session.requests.findLast(
      (r) => r.at <= sleep.at && r.at > from && sleep.at - r.at <= REQUEST_REACH_NS && !isAborted(session, r.at, sleep.at),
    );
    const asked = session.sequence.filter(
      (s) => is(s.event, 'kernel-power', 187) && s.at <= sleep.at && s.at > from && sleep.at - s.at <= REQUEST_REACH_NS,
    );
    const woken = session.sequence.find(
      (s) => is(s.event, 'kernel-power', 107) && s.at > sleep.at && (until === undefined || s.at < until),
    );
    const resumed = resumes.find((r) => r.at > sleep.at && (until === undefined || r.at < until));
    const time = request?.request.event.time ?? sleep.event.time;
    const parts = [sleep, ...asked, woken, resumed].filter((s) => s !== undefined).map((s) => s.event);
    return {
      at: sleep.at,
      momentAt: request?.at ?? sleep.at,
      class: 'sleep',
      action: 'sleep',
      time,
      earliest: time,
      latest: maxNs(time, sleep.event.time),
      ...(request && { request: request.request }),
      end: sleep.event.time,
      ...(resumed && { boot: resumed.event.time }),
      records: inTimeOrder([...requestRecords(request), ...parts]),
    };
  });
}

/**
 * Requests in pasted text that no boot follows: each is a stop. Finished if a 6006 or 13 was pasted too, else only the request is
 * known.
 */
export function requestsAlone(session: EndedSession, taken: StopRequest | undefined): FoundStop[] {
  if (session.system !== undefined && session.system.partial !== true) return [];
  const within = (s: Sequenced, r: PlacedRequest): boolean => s.at >= r.at && s.at - r.at <= REQUEST_REACH_NS;
  return session.requests
    .filter((r) => r.request !== taken && r.request.event.trust === 'text' && !isAborted(session, r.at, r.at + REQUEST_REACH_NS))
    .filter((r) => !session.sequence.some((s) => is(s.event, 'kernel-power', 42) && within(s, r)))
    .map((r) => {
      const time = r.request.event.time;
      const ended = session.sequence.filter((s) => within(s, r) && (is(s.event, 'eventlog', 6006) || is(s.event, 'kernel-general', 13)));
      const end = ended.at(-1)?.event.time ?? time;
      return {
        at: r.at,
        momentAt: r.at,
        class: ended.length > 0 ? 'requested-clean' : 'log-gap',
        action: actionOf(session, r, undefined),
        time,
        earliest: time,
        latest: end,
        request: r.request,
        end,
        records: inTimeOrder([...requestRecords(r), ...ended.map((s) => s.event)]),
      };
    });
}

function isAborted(session: EndedSession, from: bigint, to: bigint): boolean {
  return session.sequence.some((s) => is(s.event, 'user32', 1075) && s.at >= from && s.at <= to);
}

/** 109 says it (5 restart, 4 and 6 power off); else a boot within 45 s after 13 is a restart; else it is unknown. */
function actionOf(session: EndedSession, request: PlacedRequest | undefined, end: CleanEnd | undefined): Stop['action'] {
  const type = end?.action === undefined ? undefined : integer(end.action.event, 'ShutdownActionType');
  if (type === 5n) return 'restart';
  if (type === 4n || type === 6n) return 'power-off';
  const kernelEnd = end?.kernel;
  if (kernelEnd !== undefined && session.next?.marks.has('12') === true) {
    const distance = session.next.at - kernelEnd.at;
    if (distance >= 0n && distance <= RESTART_NS) return 'restart';
  }
  const record = request?.request.event;
  return record?.trust === 'text' ? typeWord(text(record, 'param5', 'Data[4]')) : 'unknown';
}

/** The type as a word, only for pasted text, where nothing else is known: the words of 1074 in English and Japanese. */
function typeWord(word: string): Stop['action'] {
  switch (word.trim().toLowerCase()) {
    case 'restart':
    case '再起動':
      return 'restart';
    case 'power off':
    case 'shutdown':
    case '電源を切る':
    case '電源オフ':
    case 'シャットダウン':
      return 'power-off';
    default:
      return 'unknown';
  }
}

/**
 * The next boot on the clock of the session it began. When that clock was set back further than the machine was off, the recorded
 * time is the one that lies after the end.
 */
function bootOf(session: EndedSession, end: InstantNs): { boot?: InstantNs } {
  if (session.nextTime === undefined || session.next === undefined) return {};
  const recorded = session.next.record.time;
  return { boot: session.nextTime >= end ? session.nextTime : maxNs(recorded, session.nextTime) };
}

function requestRecords(request: PlacedRequest | undefined): EventObservation[] {
  return request === undefined ? [] : [request.request.event, ...request.request.folded];
}
function records(end: CleanEnd | undefined): EventObservation[] {
  return end === undefined ? [] : [end.kernel, end.log, end.action].filter((s) => s !== undefined).map((s) => s.event);
}
/** The boot record and Kernel-Boot 20: they bound the stop even when it was clean. */
function bootRecords(session: EndedSession): EventObservation[] {
  const { next, witnesses } = session;
  return [next?.record, witnesses?.lastShutdownRecord].filter((e) => e !== undefined);
}
function inTimeOrder(list: readonly EventObservation[]): EventObservation[] {
  return [...new Set(list)].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}
