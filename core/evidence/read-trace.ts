import type { ByteSource } from '@winmedic/bytes';
import { type EtlEvent, type EtlFields, type EtlFile, type EtlProviderTable, openEtl } from '@winmedic/etl';
import type { TraceObservation } from '../model/conversation.ts';
import type { EventObservation } from '../model/observation.ts';
import type { Collector } from './collector.ts';
import { instantOfTicks } from './instant.ts';
import type { Problems } from './problems.ts';
import { withoutCredentials } from './trace-credentials.ts';
import type { TraceInterest } from './trace-interest.ts';

/** What is known of the fields of a provider's events. */
export type TraceTables = (guid: string, build: number) => EtlProviderTable | undefined;

/** Text of the fields of all events kept of one trace: SOAP messages of a busy host fill memory fast. */
const MAX_FIELD_CHARS = 32 << 20;

/** Channels every manifest shares. @source winmeta.xml of the Windows SDK */
const CHANNELS: ReadonlyMap<number, string> = new Map([
  [8, 'System'],
  [9, 'Application'],
  [10, 'Security'],
]);

/** One trace to be read. */
export interface TraceInput {
  readonly source: ByteSource;
  readonly path: string;
  readonly sourceId: string;
  readonly tables: TraceTables;
  /** Names of all providers that are known, by GUID (lower case). */
  readonly names: ReadonlyMap<string, string>;
  readonly interest: TraceInterest;
  readonly onProgress: (bytesDone: number) => void;
  readonly signal?: AbortSignal;
}

/** What a trace gave besides events. */
export interface TraceReading {
  readonly trace: TraceObservation;
  /** For the packets in it. */
  readonly file: EtlFile;
  /** Packets may be in it. */
  readonly hasPackets: boolean;
}

/** Providers whose records hold packets (NDIS-PacketCapture, PktMon, Ras-NdisWan): they are read as a capture. */
export const PACKET_PROVIDERS: readonly string[] = [
  '2ed6006e-4729-4609-b423-3ee7bcd678ef',
  '4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac',
  'd84521f7-2235-4237-a7c0-14e3a9676286',
];

/**
 * Reads one trace: events of interest go to the collector, damages to the problems. A trace does not name its computer: the host is empty.
 * @throws EtlError when it is none; I/O errors; the reason of `signal`.
 */
export function readTrace(input: TraceInput, collector: Collector, problems: Problems): TraceReading {
  const { path, interest, names } = input;
  const providers = new Map([...names].filter(([, name]) => interest.wantsProvider(name)));
  const file = openEtl(input.source, {
    onDamage: (damage) => problems.damage(path, damage),
    provider: (guid) => input.tables(guid, file.header.build),
  });
  const kept: EventObservation[] = [];
  let chars = 0;
  let refused = 0;
  const summary = file.read(
    (event) => {
      const name = providers.get(event.provider);
      if (name === undefined) return;
      const fields = surely(event.decode());
      if (!interest.wants(name, event.id, () => fields)) return;
      const size = sizeOf(fields);
      if (chars + size > MAX_FIELD_CHARS) {
        refused++;
        return;
      }
      const observation = traceObservationOf(event, name, fields, input);
      if (!collector.admit(observation.host, observation.channel, name, event.id, observation.time, path)) return;
      chars += size;
      kept.push(observation);
    },
    {
      order: 'file',
      providers: new Set(providers.keys()),
      onProgress: input.onProgress,
      ...(input.signal && { signal: input.signal }),
    },
  );
  for (const event of kept) collector.keep(event);
  collector.addText(input.sourceId, kept);
  if (refused > 0)
    problems.add({
      code: 'EVIDENCE_TRACE_FIELDS',
      path,
      severity: 'partial',
      need: refused + kept.length,
      have: kept.length,
      count: refused,
    });
  const { eventsLost, buffersLost } = summary;
  if (eventsLost + buffersLost > 0)
    problems.add({
      code: 'EVIDENCE_TRACE_LOST',
      path,
      severity: 'note',
      what: `events ${eventsLost}, buffers ${buffersLost}`,
      count: eventsLost + buffersLost,
    });
  const { build, osMajor, osMinor } = file.header;
  return {
    file,
    hasPackets: PACKET_PROVIDERS.some((guid) => summary.byProvider.has(guid)),
    trace: {
      sourceId: input.sourceId,
      path,
      ...(build > 0 && { build: `${osMajor}.${osMinor}.${build}` }),
      ...(summary.first !== undefined && { first: instantOfTicks(summary.first) }),
      ...(summary.last !== undefined && { last: instantOfTicks(summary.last) }),
      records: summary.total,
      eventsLost,
      buffersLost,
      providers: new Map(
        [...summary.byProvider].flatMap(([guid, n]) => (names.has(guid) ? [[names.get(guid) as string, n] as const] : [])),
      ),
    },
  };
}

/** Fields by a template that does not fit might be anything: then the event has none. */
function surely({ fields, cutAt, templateVersion, restBytes }: EtlFields): ReadonlyMap<string, string> {
  return cutAt !== undefined || (templateVersion !== undefined && restBytes > 0) ? NO_FIELDS : fields;
}
const NO_FIELDS: ReadonlyMap<string, string> = new Map();

function sizeOf(fields: ReadonlyMap<string, string>): number {
  let size = 0;
  for (const [name, value] of fields) size += name.length + value.length;
  return size;
}

/** A record of a trace as an event; what clients send as proof of who they are is left out of its fields. */
export function traceObservationOf(
  event: EtlEvent,
  provider: string,
  fields: ReadonlyMap<string, string>,
  { sourceId, path }: Pick<TraceInput, 'sourceId' | 'path'>,
): EventObservation {
  return {
    type: 'event',
    id: '',
    time: instantOfTicks(event.ticks),
    host: '',
    channel: CHANNELS.get(event.channel) ?? `${provider}/Trace`,
    provider,
    eventId: event.id,
    version: event.version,
    level: event.level,
    recordId: '',
    ...(event.userSid !== '' && { userSid: event.userSid }),
    ...(event.activityId !== '' && { activityId: braced(event.activityId) }),
    fields: new Map([
      ...withoutCredentials(fields),
      ['ProcessID', String(event.pid)],
      ...(event.relatedActivityId === '' ? [] : [['RelatedActivityID', braced(event.relatedActivityId)] as const]),
    ]),
    origin: { sourceId, path, offset: event.fileOffset },
    trust: 'record',
  };
}

/** As event logs write GUIDs: records of one activity are found over both. */
function braced(guid: string): string {
  return `{${guid.toUpperCase()}}`;
}
