import type { ChannelCoverage, EventObservation, Evidence } from '../model/observation.ts';
import type { BootSession, ClockStep, HostInfo, Stop, Timeline } from '../model/timeline.ts';
import { type Boot, findBoots } from './boots.ts';
import { classifyEnd, dumpAlone, type EndedSession, type FoundStop, requestsAlone, sleepsOf } from './classify.ts';
import { readClock } from './clock.ts';
import { unifyCoverage } from './coverage.ts';
import { dumpEvents, isDump } from './dump-events.ts';
import { hostInfo } from './host-info.ts';
import { type HostNames, unifyHosts } from './hosts.ts';
import { byTime, lowerBound } from './order.ts';
import { requestsOf } from './request.ts';
import { sessionsAlive } from './user-sessions.ts';
import { witnessesOf } from './witnesses.ts';

/**
 * Builds the timeline of a case: all observations by time (ties by record id) with ids `E1` …, machines behind the computer names,
 * coverage, boot sessions, every stop with its class, and clock steps. Reads codes, SIDs and numbers only; never throws for odd
 * evidence.
 * @returns events carry the canonical host name; the name as recorded is among {@link HostInfo.names}.
 */
export function buildTimeline(evidence: Evidence): Timeline {
  const recorded = [...evidence.events, ...dumpEvents(evidence)];
  const names = unifyHosts(recorded, evidence.coverage);
  const events = recorded.sort(byTime).map((e, i): EventObservation => ({ ...e, id: `E${i + 1}`, host: names.canonical(e.host) }));
  const coverage = unifyCoverage(evidence.coverage, names);

  const byHost = new Map<string, EventObservation[]>();
  for (const e of events) {
    const list = byHost.get(e.host);
    if (list === undefined) byHost.set(e.host, [e]);
    else list.push(e);
  }
  const hosts: HostInfo[] = [];
  const sessions: BootSession[] = [];
  const stops: (readonly Stop[])[] = [];
  const clockSteps: ClockStep[] = [];
  for (const host of names.hosts) {
    const list = byHost.get(host) ?? [];
    const read = readHost(
      host,
      list,
      names,
      coverage.filter((c) => c.host === host),
    );
    hosts.push(hostInfo(host, list, names.names(host)));
    sessions.push(...read.sessions);
    stops.push(read.stops);
    clockSteps.push(...read.steps);
  }
  return { evidence, hosts, events, coverage, sessions, stops: merged(stops), clockSteps };
}

/** Stops of all hosts by time; those of one host stay in the order in which they happened, which a stepped clock may contradict. */
function merged(lists: readonly (readonly Stop[])[]): Stop[] {
  const next = lists.map(() => 0);
  const out: Stop[] = [];
  for (;;) {
    let earliest: Stop | undefined;
    let from = -1;
    lists.forEach((list, i) => {
      const head = list[next[i] as number];
      if (head === undefined || (earliest !== undefined && head.time >= earliest.time)) return;
      earliest = head;
      from = i;
    });
    if (earliest === undefined) return out;
    out.push(earliest);
    next[from] = (next[from] as number) + 1;
  }
}

interface HostReading {
  readonly sessions: readonly BootSession[];
  readonly stops: readonly Stop[];
  readonly steps: readonly ClockStep[];
}

function readHost(host: string, events: readonly EventObservation[], names: HostNames, coverage: readonly ChannelCoverage[]): HostReading {
  const clock = readClock(events);
  const { boots, resumes } = findBoots(clock);
  const system = coverage.find((c) => c.channel.toLowerCase() === 'system');
  const found: { stop: FoundStop; session: EndedSession; bootSession?: number }[] = [];
  const bootSessions: { boot?: Boot; stop?: FoundStop }[] = [];

  const starts = boots.map((b) => lowerBound(clock.sequence, b.at, (s) => s.at));
  for (let i = -1; i < boots.length; i++) {
    const boot = boots[i];
    const next = boots[i + 1];
    const sequence = clock.sequence.slice(i < 0 ? 0 : starts[i], starts[i + 1]);
    if (boot === undefined && sequence.length === 0 && next === undefined) break;
    const after = next === undefined ? undefined : clock.sequence.slice(starts[i + 1], starts[i + 2]);
    const session: EndedSession = {
      sequence,
      requests: requestsOf(sequence, names.names(host)),
      ...(boot && { boot }),
      ...(next && after && { next, nextTime: next.time, witnesses: witnessesOf(next, after) }),
      ...(system && { system }),
    };
    const stop = classifyEnd(session);
    const all = [...sleepsOf(session, resumes), ...requestsAlone(session, stop?.request), ...(stop === undefined ? [] : [stop])];
    const used = new Set(all.flatMap((s) => s.records));
    for (const dump of sequence) if (isDump(dump.event) && !used.has(dump.event)) all.push(...dumpAlone(session, dump));
    all.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    for (const s of all) found.push({ stop: s, session, ...(s === stop && { bootSession: bootSessions.length }) });
    bootSessions.push({ ...(boot && { boot }), ...(stop && { stop }) });
  }

  const stops: Stop[] = [];
  const stopOf = new Map<FoundStop, Stop>();
  for (const { stop, session } of found) {
    const finished = finish(`${host}#${stops.length + 1}`, host, stop, session, coverage);
    stops.push(finished);
    stopOf.set(stop, finished);
  }
  const sessions = bootSessions.map(({ boot, stop }): BootSession => {
    const build = boot?.record === undefined ? undefined : hostInfo(host, [boot.record, ...boot.marks.values()], []).build;
    const finished = stop === undefined ? undefined : stopOf.get(stop);
    return {
      host,
      ...(boot && { boot: boot.time, bootRecord: boot.record }),
      ...(build && { build }),
      ...(finished && { stop: finished }),
    };
  });
  return { sessions: sessions.filter((s) => s.boot !== undefined || s.stop !== undefined), stops, steps: clock.steps };
}

/** Gives a stop its name and counts the user sessions at its request, or at its end when nobody asked. */
function finish(id: string, host: string, found: FoundStop, session: EndedSession, coverage: readonly ChannelCoverage[]): Stop {
  const { at: _at, momentAt, ...stop } = found;
  const moment = stop.request?.event.time ?? stop.end;
  const alive = moment === undefined ? undefined : sessionsAlive(session.sequence, session.boot?.time, momentAt, moment, coverage);
  return {
    id,
    host,
    ...stop,
    ...(alive && { sessions: alive.count, sessionUsers: alive.users, disconnectedSessions: alive.disconnected }),
  };
}
