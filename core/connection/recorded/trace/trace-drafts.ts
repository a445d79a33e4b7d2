import type { TraceObservation } from '../../../model/conversation.ts';
import type { EventObservation } from '../../../model/observation.ts';
import type { AttemptDraft } from '../draft.ts';
import type { RecordedEvidence, RecordedOptions } from '../types.ts';
import { CLIENT_EVENTS, clientDrafts } from './client.ts';
import { LogonIndex } from './logons.ts';
import type { MarkedDraft, Marks } from './marks.ts';
import { hostOf, PROVIDERS, type WinrmRecord, winrmRecord } from './records.ts';
import { SERVER_EVENTS, serverDrafts } from './server.ts';
import { toolDrafts } from './tool-log.ts';
import { wmiDrafts } from './wmi.ts';

/** Which end of a connection records tell of. */
export type TraceEnd = 'server' | 'client' | 'wmi' | 'tool';

/** A draft out of traces and logs, with the end that recorded it. */
export interface TraceDraft {
  readonly draft: AttemptDraft;
  readonly end: TraceEnd;
  /** Source of its records. */
  readonly sourceId: string;
  readonly marks: Marks;
}

/** Attempts that are put together out of records at all, before equal ones are folded. */
const MAX_DRAFTS = 5000;

/**
 * Attempts out of traces and logs: what the WinRM service, WMI and WinRM's client recorded, and the log of a tool. Event logs of a healthy host are full of
 * them, so those of event logs are taken only beside other traffic, or when asked for.
 */
export function traceDrafts(evidence: RecordedEvidence, options: RecordedOptions = {}): TraceDraft[] {
  const events = evidence.events ?? [];
  if (events.length === 0) return [];
  const conversation = options.conversation ?? true;
  const traces = new Map((evidence.traces ?? []).map((trace) => [trace.sourceId, trace]));
  const known: ReadonlySet<string> = new Set(Object.values(PROVIDERS));
  const wanted = events.filter(({ provider }) => known.has(provider.toLowerCase()));
  const traffic = evidence.captures.length > 0 || traces.size > 0 || wanted.some((event) => isTraced(event, traces));
  const logs = options.logs ?? traffic;
  const logons = new LogonIndex(events);
  const out: TraceDraft[] = [];
  for (const group of groupsOf(wanted.filter((event) => logs || isTraced(event, traces)))) {
    const [first] = group as [EventObservation];
    const { sourceId } = first.origin;
    const add = (end: TraceEnd, drafts: readonly MarkedDraft[]) => out.push(...drafts.map((each) => ({ ...each, end, sourceId })));
    switch (first.provider.toLowerCase()) {
      case PROVIDERS.winrm: {
        const build = buildOf(traces.get(sourceId));
        const records = group.map((event): WinrmRecord => winrmRecord(event, build));
        add(
          'server',
          serverDrafts(
            records.filter(({ id }) => SERVER_EVENTS.has(id) || isShared(id)),
            logons,
            conversation,
          ),
        );
        add(
          'client',
          clientDrafts(
            records.filter(({ id }) => CLIENT_EVENTS.has(id) || isShared(id)),
            conversation,
          ),
        );
        break;
      }
      case PROVIDERS.wmi:
        add('wmi', wmiDrafts(group, logons, conversation).map(unmarked));
        break;
      default:
        add('tool', toolDrafts(group, conversation).map(unmarked));
    }
    if (out.length >= MAX_DRAFTS) break;
  }
  const drafts = out.slice(0, MAX_DRAFTS);
  addBeside(
    drafts,
    events.filter((event) => BESIDE.has(event.provider.toLowerCase()) && isTraced(event, traces)),
  );
  return drafts;
}

/** Providers of the host that say why a login or an activation failed, lower case. Whether a record is one of this attempt, its account tells. */
const BESIDE: ReadonlySet<string> = new Set(
  ['Microsoft-Windows-NTLM', 'Microsoft-Windows-Security-Kerberos', 'Microsoft-Windows-DistributedCOM', 'Schannel', 'LsaSrv'].map((name) =>
    name.toLowerCase(),
  ),
);
/** Before and after an attempt, as for records of logs. */
const AROUND_NS = 120_000_000_000n;
/** Records of other providers that go with one attempt. */
const MAX_BESIDE = 100;

/** Records of the same trace of the host that name no computer either: they go with the attempts of that minute. @param events of traces. */
function addBeside(drafts: readonly TraceDraft[], events: readonly EventObservation[]): void {
  if (events.length === 0) return;
  const bySource = Map.groupBy(events, ({ origin }) => origin.sourceId);
  for (const { draft, end, sourceId } of drafts) {
    if (end !== 'server' && end !== 'wmi') continue;
    const from = draft.start.startedAt - AROUND_NS;
    const to = draft.start.endedAt + AROUND_NS;
    const near = (bySource.get(sourceId) ?? []).filter(({ time }) => time >= from && time <= to);
    draft.records.push(...near.slice(0, MAX_BESIDE));
  }
}

/** Nothing in it can be told for certain in another recording. */
function unmarked(draft: AttemptDraft): MarkedDraft {
  return { draft, marks: { messages: new Map(), logins: [] } };
}

/** Of a trace or tool log: not of an event log, which names its computer and numbers its records. */
function isTraced(event: EventObservation, traces: ReadonlyMap<string, TraceObservation>): boolean {
  return traces.has(event.origin.sourceId) || hostOf(event) === undefined || event.recordId === '';
}

/** Transfers of activities: both ends write them. */
function isShared(id: number): boolean {
  return id === 254 || id === 255;
}

function buildOf(trace: TraceObservation | undefined): number | undefined {
  const build = Number(trace?.build?.split('.')[2]);
  return Number.isInteger(build) ? build : undefined;
}

/** Records of one source, computer and provider, each by time. */
function groupsOf(events: readonly EventObservation[]): EventObservation[][] {
  const groups = new Map<string, EventObservation[]>();
  for (const event of events) {
    const key = `${event.origin.sourceId}\0${event.host}\0${event.provider.toLowerCase()}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [event]);
    else group.push(event);
  }
  // Stable: what has the same time stays as it was recorded.
  for (const group of groups.values()) group.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return [...groups.values()];
}
