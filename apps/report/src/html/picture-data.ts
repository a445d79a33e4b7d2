import type { ChannelCoverage, EventObservation, Timeline } from '@winmedic/core/model';

/** A stretch of time, nanoseconds. */
export interface Stretch {
  readonly from: bigint;
  readonly to: bigint;
}

/** Lane of the picture. */
export type Lane = 'power' | 'logon' | 'rdp';
/** Shape and colour of a mark in a lane. */
export type MarkKind = 'fail' | 'logon' | 'conn' | 'power';

/** Which lane and shape an event has in the picture; undefined for events the picture leaves out. Decided by provider and id. */
export function laneOf(event: EventObservation): { readonly lane: Lane; readonly kind: MarkKind } | undefined {
  const provider = event.provider.toLowerCase();
  const is = (name: string, ids: readonly number[]): boolean => provider === name && ids.includes(event.eventId);
  if (is('microsoft-windows-security-auditing', [4625])) return { lane: 'logon', kind: 'fail' };
  if (is('microsoft-windows-security-auditing', [4624, 4634, 4647, 4778, 4779])) return { lane: 'logon', kind: 'logon' };
  if (is('microsoft-windows-winlogon', [7001, 7002])) return { lane: 'logon', kind: 'logon' };
  if (is('microsoft-windows-terminalservices-localsessionmanager', [21, 22, 23, 24, 25])) return { lane: 'logon', kind: 'logon' };
  if (is('microsoft-windows-remotedesktopservices-rdpcorets', [140])) return { lane: 'rdp', kind: 'fail' };
  if (is('microsoft-windows-remotedesktopservices-rdpcorets', [131])) return { lane: 'rdp', kind: 'conn' };
  if (is('microsoft-windows-terminalservices-remoteconnectionmanager', [261, 1149])) return { lane: 'rdp', kind: 'conn' };
  if (
    is('user32', [1074]) ||
    is('microsoft-windows-kernel-general', [12, 13]) ||
    is('eventlog', [6005, 6006, 6008]) ||
    is('microsoft-windows-kernel-power', [41, 42, 109])
  )
    return { lane: 'power', kind: 'power' };
  return undefined;
}

function laneOfChannel(channel: string): Lane | undefined {
  const name = channel.toLowerCase();
  if (name === 'system') return 'power';
  if (name === 'security' || name.includes('localsessionmanager')) return 'logon';
  return name.includes('remoteconnectionmanager') || name.includes('rdpcorets') ? 'rdp' : undefined;
}

/** Parts of `whole` not covered by any of `pieces`. */
export function uncovered(whole: Stretch, pieces: readonly Stretch[]): Stretch[] {
  const out: Stretch[] = [];
  let at = whole.from;
  for (const piece of pieces.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    if (piece.to <= at) continue;
    if (piece.from >= whole.to) break;
    if (piece.from > at) out.push({ from: at, to: piece.from });
    at = piece.to;
  }
  if (at < whole.to) out.push({ from: at, to: whole.to });
  return out;
}

/** The stretches a log really recorded: its span without its holes; pasted text covers nothing. */
function recorded(channel: ChannelCoverage): Stretch[] {
  if (channel.records === 0 || channel.partial) return [];
  const holes = channel.gaps.map((gap) => ({ from: gap.from, to: gap.to }));
  return uncovered({ from: channel.first, to: channel.last }, holes);
}

/** Where no log of a lane has records: what the picture hatches. */
export function gapsOf(timeline: Timeline, host: string, lane: Lane, range: Stretch): Stretch[] {
  return uncovered(
    range,
    timeline.coverage.filter((channel) => channel.host === host && laneOfChannel(channel.channel) === lane).flatMap(recorded),
  );
}

/** When the host ran: from each boot (or the first record) to the end of its session (or the last record). */
export function runningOf(timeline: Timeline, host: string): Stretch[] {
  const system = timeline.coverage.find(
    (channel) => channel.host === host && channel.channel.toLowerCase() === 'system' && channel.records > 0,
  );
  const out: Stretch[] = [];
  for (const session of timeline.sessions) {
    if (session.host !== host) continue;
    const from = session.boot ?? system?.first;
    const to = session.stop ? (session.stop.end ?? session.stop.time) : system?.last;
    if (from !== undefined && to !== undefined && to > from) out.push({ from, to });
  }
  return out;
}
