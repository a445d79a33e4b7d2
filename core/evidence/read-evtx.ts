import { crc32 } from 'node:zlib';
import type { ByteSource } from '@winmedic/bytes';
import { type EvtxQuery, type EvtxRecord, openEvtx, type ScanSummary } from '@winmedic/evtx';
import type { EventObservation } from '../model/observation.ts';
import { ActivityCollector } from './activity.ts';
import type { Collector } from './collector.ts';
import { instantOfTicks } from './instant.ts';
import type { Problems } from './problems.ts';

/** Longer field values are cut: a script block may hold megabytes, and hundreds of thousands of events are kept. */
const MAX_FIELD_CHARS = 16_384;
/** Channels whose silences tell a hang from a sudden loss of power. */
const ACTIVE_CHANNELS = ['System', 'Security'];

/** One log to be read. */
export interface EvtxInput {
  readonly source: ByteSource;
  readonly path: string;
  readonly sourceId: string;
  readonly recover: boolean;
  readonly queries: readonly EvtxQuery[];
  readonly onProgress: (bytesDone: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Scans one log: events of interest, coverage and activity go to the collector, damages to the problems.
 * @throws EvtxError when the input is no log at all; I/O errors; the reason of `signal`.
 */
export function readEvtx(input: EvtxInput, collector: Collector, problems: Problems): ScanSummary {
  const log = openEvtx(input.source, {
    crc32: (bytes) => crc32(bytes),
    recover: input.recover,
    onDamage: (damage) => problems.damage(input.path, damage),
    onProgress: input.onProgress,
  });
  const activity = new Map(ACTIVE_CHANNELS.map((name) => [name.toLowerCase(), new ActivityCollector()]));
  const rest = input.queries.length;
  const queries: EvtxQuery[] = [...input.queries, ...ACTIVE_CHANNELS.map((name): EvtxQuery => ({ channels: [name] }))];
  let forwarded = false;
  let n = 0;
  const summary = log.scan(
    queries,
    (record, queryIndex) => {
      if ((++n & 0xfff) === 0) input.signal?.throwIfAborted();
      if (queryIndex >= rest) {
        activity.get((ACTIVE_CHANNELS[queryIndex - rest] as string).toLowerCase())?.add(instantOfTicks(record.writtenTime));
        return;
      }
      const { system } = record;
      activity.get(system.channel.toLowerCase())?.add(instantOfTicks(record.writtenTime));
      if (record.trust === 'live' && system.eventRecordId !== record.recordId) forwarded = true;
      const time = instantOfTicks(system.timeCreated);
      if (collector.admit(system.computer, system.channel, system.provider, system.eventId, time, input.path, queryIndex))
        collector.keep(observationOf(record, input));
    },
    { spans: true },
  );
  input.signal?.throwIfAborted();
  collector.addSpans(input.sourceId, summary.spans, activity, forwarded);
  return summary;
}

/** A record reduced to what the diagnosis may look at; nothing of it refers to the reader's buffers. */
export function observationOf(record: EvtxRecord, input: Pick<EvtxInput, 'sourceId' | 'path'>): EventObservation {
  const { system } = record;
  const message = renderedMessage(record);
  return {
    type: 'event',
    id: '',
    time: instantOfTicks(system.timeCreated),
    host: system.computer,
    channel: system.channel,
    provider: system.provider,
    eventId: system.eventId,
    version: system.version ?? 0,
    level: system.level ?? 0,
    recordId: String(system.eventRecordId),
    ...(system.userSid === undefined ? {} : { userSid: system.userSid }),
    ...(system.activityId === undefined ? {} : { activityId: system.activityId }),
    fields: shortFields(record.fields()),
    origin: {
      sourceId: input.sourceId,
      path: input.path,
      recordId: String(system.eventRecordId),
      offset: record.offset,
      chunk: record.chunk,
    },
    trust: record.trust === 'slack' ? 'recovered' : 'record',
    ...(message === undefined ? {} : { message }),
  };
}

function shortFields(fields: Map<string, string>): Map<string, string> {
  for (const [name, value] of fields) if (value.length > MAX_FIELD_CHARS) fields.set(name, value.slice(0, MAX_FIELD_CHARS));
  return fields;
}

/** Collected records (WEC) carry the text the sender rendered. */
function renderedMessage(record: EvtxRecord): string | undefined {
  if (record.system.eventRecordId === record.recordId) return undefined;
  const event = (record.toObject() as { Event?: { RenderingInfo?: { Message?: unknown } | null } }).Event;
  const message = event?.RenderingInfo?.Message;
  return typeof message === 'string' ? message.slice(0, MAX_FIELD_CHARS) : undefined;
}
