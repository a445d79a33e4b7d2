import type { Conversation } from '@winmedic/capture';
import { loadKnowledge } from '@winmedic/knowledge';
import { diagnoseConnection } from '../../diagnosis/index.ts';
import type { ConnectionDiagnosis } from '../../model/connection.ts';
import type { EventObservation, Evidence } from '../../model/observation.ts';
import { buildTimeline } from '../../timeline/index.ts';
import { recordedAttempts } from './recorded-attempts.ts';
import { START } from './test-conversations.ts';
import type { RecordedNote, RecordedOptions } from './types.ts';

const MS = 1_000_000n;
const WINRM = 'Microsoft-Windows-WinRM';
const AUDITING = 'Microsoft-Windows-Security-Auditing';
let offsets = 0;

/** Where and when a record of a test stands. */
export interface RecordMade {
  /** Milliseconds after {@link START}, on the clock of the computer that recorded. */
  readonly at: number;
  readonly activity?: number;
  readonly source?: string;
  readonly process?: string;
}

/** A record of a trace of WinRM; traces do not name their computer. */
export function traced(
  eventId: number,
  { at, activity, source = 'S2', process = '932' }: RecordMade,
  fields: Record<string, string> = {},
): EventObservation {
  return {
    type: 'event',
    id: '',
    time: START + BigInt(at) * MS,
    host: '',
    channel: `${WINRM}/Trace`,
    provider: WINRM,
    eventId,
    version: 0,
    level: 4,
    recordId: '',
    ...(activity !== undefined && { activityId: `{00000000-0000-0000-0000-${String(activity).padStart(12, '0')}}` }),
    fields: new Map([...Object.entries(fields), ['ProcessID', process]]),
    origin: { sourceId: source, path: `${source}.etl`, offset: 4096 + 256 * offsets++ },
    trust: 'record',
  };
}

/** The login of a user by NTLM or another scheme, as event 1295 tells it. */
export function letIn(user: string, made: RecordMade): EventObservation {
  return traced(1295, made, { username: user, authenticationMechanism: 'Negotiate' });
}

/** A logon of the Security log of a computer, accepted or failed. */
export function logon(
  at: number,
  account: { readonly user: string; readonly domain: string; readonly computer?: string; readonly host?: string },
  subStatus?: string,
): EventObservation {
  const { user, domain, computer = 'SCANNER', host = 'hv01.corp.example' } = account;
  const recordId = String(1000 + offsets++);
  return {
    type: 'event',
    id: '',
    time: START + BigInt(at) * MS,
    host,
    channel: 'Security',
    provider: AUDITING,
    eventId: subStatus === undefined ? 4624 : 4625,
    version: 0,
    level: 0,
    recordId,
    fields: new Map([
      ['TargetUserName', user],
      ['TargetDomainName', domain],
      ['LogonType', '3'],
      ['AuthenticationPackageName', 'NTLM'],
      ['WorkstationName', computer],
      ...(subStatus === undefined
        ? []
        : ([
            ['Status', '0xc000006d'],
            ['SubStatus', subStatus],
          ] as const)),
    ]),
    origin: { sourceId: 'S3', path: 'Security.evtx', recordId },
    trust: 'record',
  };
}

/** What a case of these conversations and records comes to. */
export function judgedCase(
  conversations: readonly Conversation[],
  events: readonly EventObservation[],
  options: RecordedOptions = {},
): { readonly diagnoses: readonly ConnectionDiagnosis[]; readonly notes: readonly RecordedNote[] } {
  const last = conversations.reduce((latest, each) => (each.last > latest ? each.last : latest), START);
  const evidence: Evidence = {
    sources: [],
    events: [...events],
    facts: [],
    coverage: [],
    problems: [],
    state: [],
    extents: [],
    dumps: [],
    images: [],
    captures:
      conversations.length === 0
        ? []
        : [
            {
              sourceId: 'S1',
              path: 'case.pcap',
              capture: { first: START, last: last + 60_000n * MS } as Evidence['captures'][number]['capture'],
              tcpStreams: conversations.length,
              udpStreams: 0,
              conversations: conversations.length,
              kept: conversations.length,
              limits: new Map(),
              unreachable: [],
            },
          ],
    conversations: conversations.map((conversation) => ({ sourceId: 'S1', path: 'case.pcap', conversation })),
    traces: [...new Set(events.filter(({ origin }) => origin.path.endsWith('.etl')).map(({ origin }) => origin.sourceId))].map(
      (sourceId) => ({
        sourceId,
        path: `${sourceId}.etl`,
        build: '10.0.20348',
        records: events.length,
        eventsLost: 0,
        buffersLost: 0,
        providers: new Map(),
      }),
    ),
    totals: { bytes: 0, recordsRead: 0, kept: 0, recovered: 0, damagedRecords: 0 },
  };
  const timeline = buildTimeline(evidence);
  const { attempts, notes } = recordedAttempts({ ...evidence, events: timeline.events }, options);
  return { diagnoses: attempts.map((attempt) => diagnoseConnection(attempt, loadKnowledge(), { timeline })), notes };
}
