import { crc32 } from 'node:zlib';
import { memorySource } from '@winmedic/bytes';
import { diagnose } from '@winmedic/core/diagnosis';
import { interestQueries } from '@winmedic/core/evidence';
import type { Evidence } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { EvtxError, openEvtx } from '@winmedic/evtx';
import { loadKnowledge } from '@winmedic/knowledge';
import { Collector, DEFAULT_KEEP_LIMITS } from '../../core/evidence/collector.ts';
import { Problems } from '../../core/evidence/problems.ts';
import { readEvtx } from '../../core/evidence/read-evtx.ts';

/** What one input came to; for the summary of a run. */
export interface Outcome {
  readonly records: number;
  readonly damages: number;
  readonly stops: number;
  /** The diagnosis was run (and not taken from an input that gave the same events). */
  readonly judged: boolean;
}

const queries = interestQueries();
const knowledge = loadKnowledge();
/** Hashes of event lists that were judged already: the diagnosis is a function of them. Bounded, so that memory does not grow. */
let judged = new Set<number>();
const MAX_REMEMBERED = 200_000;

/** Reads an input through every face of the reader. An input that is no log at all is refused with a code; anything else is a crash. */
export function readAll(bytes: Uint8Array, recover: boolean): { records: number; damages: number } {
  let records = 0;
  let damages = 0;
  try {
    const log = openEvtx(memorySource(bytes), { crc32: (part) => crc32(part), recover, onDamage: () => damages++ });
    for (const record of log.records()) {
      records++;
      if (record.sizeBytes <= 0) throw new Error('a record without size');
      record.typedFields();
      JSON.parse(record.toJson());
      record.toXml();
    }
  } catch (error) {
    if (!(error instanceof EvtxError)) throw error;
  }
  return { records, damages };
}

/** Judges what the reader makes of an input. */
export function judge(bytes: Uint8Array, recover: boolean): Pick<Outcome, 'stops' | 'judged'> {
  const collector = new Collector(DEFAULT_KEEP_LIMITS);
  const problems = new Problems();
  let totals = { bytes: bytes.length, recordsRead: 0, kept: 0, recovered: 0, damagedRecords: 0 };
  try {
    const summary = readEvtx(
      { source: memorySource(bytes), path: 'input.evtx', sourceId: 'S1', recover, queries, onProgress: () => {} },
      collector,
      problems,
    );
    totals = { ...totals, recordsRead: summary.records, recovered: summary.recovered, damagedRecords: summary.damagedRecords };
  } catch (error) {
    if (!(error instanceof EvtxError)) throw error;
    return { stops: 0, judged: false };
  }
  const { events, coverage } = collector.finish(problems);
  const key = crc32(
    events
      .map((event) => `${event.time} ${event.provider} ${event.eventId} ${event.host} ${event.userSid} ${[...event.fields].join()}`)
      .join('\n'),
  );
  if (judged.has(key)) return { stops: 0, judged: false };
  if (judged.size > MAX_REMEMBERED) judged = new Set();
  judged.add(key);
  const evidence: Evidence = {
    sources: [{ id: 'S1', path: 'input.evtx', sizeBytes: bytes.length, sha256: '', kind: 'evtx' }],
    events,
    facts: [],
    coverage,
    problems: problems.list(),
    state: [],
    extents: [],
    dumps: [],
    images: [],
    captures: [],
    conversations: [],
    traces: [],
    totals: { ...totals, kept: events.length },
  };
  const diagnosis = diagnose(buildTimeline(evidence), knowledge, {});
  for (const incident of diagnosis.incidents) {
    if (incident.verdict.grade !== 'inconclusive' && !incident.verdict.cause) throw new Error('a verdict without a cause');
  }
  return { stops: diagnosis.incidents.length, judged: true };
}
