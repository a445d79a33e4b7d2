import type { Cause, EventKnowledge, Expr, FactDefinition, Knowledge, Localized } from '@winmedic/knowledge';
import type { ChannelCoverage, EventObservation, FactObservation } from '../model/observation.ts';
import type { Stop, Timeline } from '../model/timeline.ts';
import type { Diagnosis, Evaluation } from '../model/verdict.ts';
import { buildTimeline } from '../timeline/build.ts';
import { at, boot, coverageFor, event, evidenceOf, logonScreenButton, type MadeEvent, orderlyEnd, plus } from '../timeline/test-events.ts';
import { Case } from './case.ts';
import { diagnose } from './diagnose.ts';
import { evaluate } from './evaluate.ts';
import type { Scope } from './scope.ts';

export const RDP_CORE = 'Microsoft-Windows-RemoteDesktopServices-RdpCoreTS';
export const RCM = 'Microsoft-Windows-TerminalServices-RemoteConnectionManager';
export const LSM = 'Microsoft-Windows-TerminalServices-LocalSessionManager';
export const AUDITING = 'Microsoft-Windows-Security-Auditing';

/** The channels of {@link everything}. */
export const CHANNELS = ['System', 'Security', `${RCM}/Operational`, `${LSM}/Operational`, `${RDP_CORE}/Operational`] as const;

/** What a test is about: records, and what else differs from "nothing". */
export interface Situation {
  readonly events: readonly EventObservation[];
  readonly facts?: readonly FactObservation[];
  /** Default: every channel of the host whole for the two months around. */
  readonly coverage?: readonly ChannelCoverage[];
  readonly knowledge?: Partial<Knowledge>;
  readonly change?: (timeline: Timeline) => Timeline;
}

/** Coverage of a channel without holes. */
export function whole(channel: string, more: Partial<ChannelCoverage> = {}): ChannelCoverage {
  return {
    host: 'RDS01',
    channel,
    sourceIds: ['S1'],
    records: 1000,
    first: at('2018-06-01T00:00:00'),
    last: at('2018-07-31T00:00:00'),
    gaps: [],
    clearings: [],
    ...more,
  };
}

/** All channels whole; `more` changes some of them by name, `undefined` takes one away. */
export function everything(more: Readonly<Record<string, Partial<ChannelCoverage> | undefined>> = {}): ChannelCoverage[] {
  return CHANNELS.filter((c) => !(c in more) || more[c] !== undefined).map((c) => whole(c, more[c] ?? {}));
}

export function timelineOf(situation: Situation): Timeline {
  const coverage = situation.coverage ?? mergeHosts(situation.events);
  const evidence = { ...evidenceOf(situation.events, coverage), facts: situation.facts ?? [] };
  const timeline = buildTimeline(evidence);
  return situation.change?.(timeline) ?? timeline;
}

function mergeHosts(events: readonly EventObservation[]): ChannelCoverage[] {
  return [...everything(), ...coverageFor(events.filter((e) => e.host !== 'RDS01'))];
}

const NO_BLAME: Knowledge['blame'] = { addressParameters: [], windowsModules: [], knownModules: [] };

export function knowledgeOf(more: Partial<Knowledge> = {}): Knowledge {
  return {
    causes: [],
    facts: [],
    events: [],
    messages: [],
    codes: {},
    damages: {},
    settings: [],
    findings: [],
    recipes: [],
    blame: NO_BLAME,
    ...more,
  };
}

/** Scope of one stop of a situation. */
export function scopeOf(situation: Situation, stop = 0): Scope & { readonly stop: Stop } {
  const timeline = timelineOf(situation);
  const theCase = new Case(timeline, knowledgeOf(situation.knowledge));
  const found = timeline.stops[stop];
  if (found === undefined) throw new Error(`the situation has ${timeline.stops.length} stops`);
  return { theCase, host: found.host, stop: found, wholeHost: false, results: new Map(), coincidences: new Map() };
}

/** Evaluates an expression for one stop of a situation. */
export function check(expr: Expr, situation: Situation, stop = 0): Evaluation {
  return evaluate(expr, scopeOf(situation, stop));
}

/** Diagnoses a situation with own causes. */
export function diagnosisOf(situation: Situation, causes: readonly Cause[], facts: readonly FactDefinition[] = []): Diagnosis {
  return diagnose(timelineOf(situation), knowledgeOf({ ...situation.knowledge, causes, facts }), { madeAt: 0n });
}

/** A power-off from a logon screen at a time, with the boot ten minutes later. */
export function powerOff(time: string, made: MadeEvent = {}): EventObservation[] {
  return [logonScreenButton(time, made), ...orderlyEnd(plus(time, 3), '6', made), ...boot(plus(time, 600), true, made)];
}

/** A wrong password typed on the RDP logon screen; `fields` change it. */
export function failure(time: string, fields: Readonly<Record<string, string>> = {}): EventObservation {
  return event(time, `${AUDITING}/4625`, {
    fields: {
      TargetUserName: 'alice',
      SubStatus: '0xc000006a',
      LogonType: '10',
      LogonProcessName: 'User32 ',
      ProcessName: 'C:\\Windows\\System32\\winlogon.exe',
      IpAddress: '198.51.100.7',
      ...fields,
    },
  });
}

/** A successful logon. */
export function logon(time: string, user: string, type: string, address = '-'): EventObservation {
  return event(time, `${AUDITING}/4624`, { fields: { TargetUserName: user, LogonType: type, IpAddress: address } });
}

/** RdpCoreTS 131. */
export function connection(time: string, address: string): EventObservation {
  return event(time, `${RDP_CORE}/131`, { channel: `${RDP_CORE}/Operational`, fields: { ConnType: 'TCP', ClientIP: `${address}:50123` } });
}

/** RdpCoreTS 140. */
export function rejected(time: string, address: string): EventObservation {
  return event(time, `${RDP_CORE}/140`, { channel: `${RDP_CORE}/Operational`, fields: { IPString: address } });
}

/** RemoteConnectionManager 261. */
export function listener(time: string): EventObservation {
  return event(time, `${RCM}/261`, { fields: { listenerName: 'RDP-Tcp' } });
}

/** LocalSessionManager 21, 23, 24 or 25 with the client's address. */
export function session(time: string, id: 21 | 23 | 24 | 25, address: string, user = 'RDS01\\alice', sessionId = '3'): EventObservation {
  return event(time, `${LSM}/${id}`, { fields: { User: user, SessionID: sessionId, Address: address } });
}

/** A fact that held over a span, happened at a time, or is today's. */
export function fact(
  name: string,
  value: string,
  time?: string | readonly [string, string],
  more: Partial<FactObservation> = {},
): FactObservation {
  return {
    type: 'fact',
    id: `${name}=${value}`,
    name,
    value,
    time:
      time === undefined
        ? { kind: 'now' }
        : typeof time === 'string'
          ? { kind: 'instant', at: at(time) }
          : { kind: 'span', from: at(time[0]), to: at(time[1]) },
    origin: { sourceId: 'S0', path: '--fact' },
    trust: 'stated',
    ...more,
  };
}

const text = (t: string): Localized => ({ en: t, ja: `${t}(日本語)` });

/** A cause with the given parts. */
export function cause(id: string, more: Partial<Cause>): Cause {
  return {
    id,
    class: 'stop',
    kind: 'cause',
    scope: 'stop',
    title: text(`title of ${id}`),
    sentence: text(`sentence of ${id}`),
    required: [],
    confirm: [],
    remedies: [],
    basis: ['field'],
    sources: [],
    ...more,
  };
}

/** An item of a cause. */
export function item<M extends object>(id: string, when: Expr, more?: M): { id: string; text: Localized; when: Expr } & M {
  return { id, text: text(`text of ${id}`), when, ...(more as M) };
}

/** What the knowledge base says about an event. */
export function eventKnowledge(provider: string, id: number, channel: string): EventKnowledge {
  return { provider, id, channel, title: text('t'), message: text('m'), proves: text('p'), doesNotProve: text('d'), basis: 'documented' };
}
