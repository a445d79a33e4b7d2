import type { ChannelCoverage, EventObservation, Evidence, InstantNs } from '../model/observation.ts';
import type { Timeline } from '../model/timeline.ts';
import { buildTimeline } from './build.ts';
import { isoToNs, maxNs, minNs } from './time.ts';

/** A made record: provider and id as `User32/1074`, and what differs from the usual. */
export interface MadeEvent {
  readonly host?: string;
  readonly channel?: string;
  readonly sid?: string;
  readonly recordId?: number;
  readonly trust?: EventObservation['trust'];
  readonly sourceId?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

export const SYSTEM_SID = 'S-1-5-18';
export const ALICE_SID = 'S-1-5-21-1-2-3-1001';

/** Instant of `2018-07-06T06:04:29Z` or, without a date, of that time on 2018-07-06. */
export function at(time: string): InstantNs {
  const text = time.includes('T') ? time : `2018-07-06T${time}`;
  const ns = isoToNs(text.endsWith('Z') ? text : `${text}Z`);
  if (ns === undefined) throw new Error(`not a time: ${time}`);
  return ns;
}

/** Makes a record, for example `event('06:04:29', 'User32/1074', { fields: { param1: 'winlogon.exe' } })`. Record ids count up in the order made. */
export function event(time: string, what: string, made: MadeEvent = {}): EventObservation {
  const slash = what.lastIndexOf('/');
  const recordId = String(made.recordId ?? ++lastId);
  const sourceId = made.sourceId ?? 'S1';
  return {
    type: 'event',
    id: '',
    time: at(time),
    host: made.host ?? 'RDS01',
    channel: made.channel ?? channelOf(what.slice(0, slash)),
    provider: what.slice(0, slash),
    eventId: Number(what.slice(slash + 1)),
    version: 0,
    level: 4,
    recordId,
    ...(made.sid === undefined ? {} : { userSid: made.sid }),
    fields: new Map(Object.entries(made.fields ?? {})),
    origin: { sourceId, path: `${sourceId}.evtx`, recordId },
    trust: made.trust ?? 'record',
  };
}
let lastId = 0;

const LSM = 'Microsoft-Windows-TerminalServices-LocalSessionManager';
function channelOf(provider: string): string {
  if (provider === 'Microsoft-Windows-Security-Auditing') return 'Security';
  return provider.startsWith('Microsoft-Windows-TerminalServices-') ? `${provider}/Operational` : 'System';
}

/** User32 1074. */
export function request(
  time: string,
  process: string,
  code: string,
  sid: string,
  more: MadeEvent & { comment?: string; type?: string; user?: string } = {},
): EventObservation {
  const user = more.user ?? (sid === SYSTEM_SID ? 'NT AUTHORITY\\SYSTEM' : 'RDS01\\alice');
  const fields = { param1: process, param2: 'RDS01', param4: code, param5: more.type ?? '', param6: more.comment ?? '', param7: user };
  return event(time, 'User32/1074', { ...more, sid, fields: { ...fields, ...more.fields } });
}

/** The power button of the logon screen, or anything else winlogon does for SYSTEM. */
export function logonScreenButton(time: string, more: MadeEvent = {}): EventObservation {
  return request(time, 'C:\\Windows\\system32\\winlogon.exe (RDS01)', '0x500ff', SYSTEM_SID, more);
}

/** An orderly end: 6006, Kernel-Power 109 of a type (5 restart, 6 power off) and Kernel-General 13, one second apart. */
export function orderlyEnd(time: string, type: '4' | '5' | '6' = '6', made: MadeEvent = {}): EventObservation[] {
  const t = (s: number): string => plus(time, s);
  return [
    event(t(0), 'EventLog/6006', made),
    event(t(1), 'Microsoft-Windows-Kernel-Power/109', { ...made, fields: { ShutdownActionType: type } }),
    event(t(2), 'Microsoft-Windows-Kernel-General/13', made),
  ];
}

/** A boot: Kernel-General 12, Kernel-Boot 20 when `good` is given, 6009 and 6005 ten seconds later. */
export function boot(time: string, good?: boolean, made: MadeEvent = {}): EventObservation[] {
  return [
    event(time, 'Microsoft-Windows-Kernel-General/12', {
      ...made,
      fields: {
        MajorVersion: '10',
        MinorVersion: '0',
        BuildVersion: '14393',
        StartTime: new Date(Number(at(time) / 1_000_000n)).toISOString(),
      },
    }),
    ...(good === undefined
      ? []
      : [event(time, 'Microsoft-Windows-Kernel-Boot/20', { ...made, fields: { LastShutdownGood: String(good) } })]),
    event(plus(time, 10), 'EventLog/6009', made),
    event(plus(time, 10), 'EventLog/6005', made),
  ];
}

/** Kernel-Power 41. */
export function unexpected(time: string, fields: Readonly<Record<string, string>> = {}): EventObservation {
  return event(time, 'Microsoft-Windows-Kernel-Power/41', {
    fields: { BugcheckCode: '0', PowerButtonTimestamp: '0', SleepInProgress: '0', ...fields },
  });
}

/** EventLog 6008 with its binary block: last heartbeat and the longest interval in seconds. */
export function heartbeat6008(time: string, alive: string, interval = 60, uptime = 934): EventObservation {
  const d = new Date(Number(at(alive) / 1_000_000n));
  const u16 = (...values: number[]): string => values.map((v) => `${hexByte(v & 255)}${hexByte(v >> 8)}`).join('');
  const u32 = (v: number): string => u16(v & 0xffff, v >>> 16);
  const systemtime = u16(
    d.getUTCFullYear(),
    d.getUTCMonth() + 1,
    d.getUTCDay(),
    d.getUTCDate(),
    d.getUTCHours(),
    d.getUTCMinutes(),
    d.getUTCSeconds(),
    d.getUTCMilliseconds(),
  );
  const rest = [interval, 60, 0, 0, 0, 0, 1, 0].map(u32).join('');
  return event(time, 'EventLog/6008', { fields: { 'Data[0]': '', 'Data[4]': String(uptime), Binary: systemtime + systemtime + rest } });
}
function hexByte(v: number): string {
  return v.toString(16).padStart(2, '0').toUpperCase();
}

/** LocalSessionManager record of a session. */
export function session(time: string, id: 21 | 23 | 24 | 25, sessionId: string, user = 'RDS01\\alice'): EventObservation {
  return event(time, `${LSM}/${id}`, { fields: { User: user, SessionID: sessionId } });
}

/** Time plus seconds, as text that {@link at} takes. */
export function plus(time: string, seconds: number): string {
  return new Date(Number(at(time) / 1_000_000n) + seconds * 1000).toISOString();
}

/** Coverage of every channel the events have, without holes, unless overridden. */
export function coverageFor(events: readonly EventObservation[]): ChannelCoverage[] {
  const byChannel = new Map<string, EventObservation[]>();
  for (const e of events) {
    const key = `${e.host}\0${e.channel}`;
    byChannel.set(key, [...(byChannel.get(key) ?? []), e]);
  }
  return [...byChannel.values()].map((list) => {
    const first = list[0] as EventObservation;
    const isText = list.every((e) => e.trust === 'text');
    return {
      host: first.host,
      channel: first.channel,
      sourceIds: [...new Set(list.map((e) => e.origin.sourceId))],
      records: list.length,
      first: list.map((e) => e.time).reduce(minNs),
      last: list.map((e) => e.time).reduce(maxNs),
      gaps: [],
      clearings: [],
      ...(isText && { partial: true }),
    };
  });
}

/** Evidence of these events. */
export function evidenceOf(events: readonly EventObservation[], coverage: readonly ChannelCoverage[] = coverageFor(events)): Evidence {
  const kept = events.length;
  return {
    sources: [],
    events,
    facts: [],
    coverage,
    problems: [],
    state: [],
    extents: [],
    dumps: [],
    images: [],
    captures: [],
    conversations: [],
    traces: [],
    totals: { bytes: 0, recordsRead: kept, kept, recovered: 0, damagedRecords: 0 },
  };
}

/** Timeline of these events. */
export function timelineOf(events: readonly EventObservation[], coverage?: readonly ChannelCoverage[]): Timeline {
  return buildTimeline(evidenceOf(events, coverage));
}

/** Something harmless the host did, so that the log reaches back before what is tested. */
export function daily(time: string, made: MadeEvent = {}): EventObservation {
  return event(time, 'EventLog/6013', { ...made, fields: { 'Data[4]': '86400', 'Data[6]': '-540 東京 (標準時)', ...made.fields } });
}
