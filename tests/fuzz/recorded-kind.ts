import { memorySource } from '@winmedic/bytes';
import { analyseCapture, CaptureError, type Conversation, openCapture } from '@winmedic/capture';
import { followStream, recordedAttempts } from '@winmedic/core/connection';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import type { Evidence } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { EtlError } from '@winmedic/etl';
import { loadKnowledge } from '@winmedic/knowledge';
import { TRACE_ROWS } from '@winmedic/labs/trace-rows';
import { Collector } from '../../core/evidence/collector.ts';
import { Problems } from '../../core/evidence/problems.ts';
import { readText } from '../../core/evidence/read-text.ts';
import { Traffic } from '../../core/evidence/traffic.ts';
import { memoryWatch } from './capture-checks.ts';
import { changePackets, written } from './capture-mutations.ts';
import { captureSeeds } from './capture-seeds.ts';
import { changeRecords, writtenTrace } from './etl-mutations.ts';
import { type EtlSeed, etlSeeds } from './etl-seeds.ts';
import type { Kind, Mutated } from './kind.ts';
import type { Random } from './random.ts';
import { mutateText } from './text-mutations.ts';
import { traceText } from './trace-texts.ts';
import { type Counts, checkPrototypes, checkSane } from './wire.ts';

const knowledge = loadKnowledge();
/** What is said of a case may be so many values and characters beside what its input allows. */
const GRACE_BYTES = 200_000;

/** What is recorded of attempts to manage a host, together: a capture, a trace, the texts of traces and logs of tools; to attempts and verdicts. */
export async function recordedKind(): Promise<Kind> {
  const captures = await captureSeeds();
  const traces = etlSeeds(captures);
  const texts = TRACE_ROWS.filter((_, i) => i % 3 === 0).flatMap(({ id, trace }) =>
    (['xml', 'csv', 'netsh'] as const).map((form) => ({
      name: `${id} as ${form}`,
      bytes: new TextEncoder().encode(traceText(trace(), form)),
    })),
  );
  const look = memoryWatch();
  const both = (seed: EtlSeed, random: Random): Mutated => {
    const names: string[] = [];
    const records = [...seed.records];
    for (let n = random.below(4); n > 0; n--) names.push(changeRecords(records, random));
    const capture = random.pick(captures);
    const packets = [...capture.packets];
    for (let n = random.below(4); n > 0; n--) names.push(changePackets(packets, capture.linkType, random));
    const trace = writtenTrace(records, seed, random).bytes;
    const recording = written(packets, capture.linkType, random).bytes;
    const length = Buffer.alloc(4);
    length.writeUInt32LE(trace.length);
    return { bytes: Uint8Array.from(Buffer.concat([length, trace, recording])), names: [...names, `with ${capture.name}`] };
  };
  return {
    name: 'recorded',
    seeds: [...traces, ...texts].map(({ name }) => name),
    mutate: (from, random) => (from < traces.length ? both(traces[from]!, random) : mutateText(texts[from - traces.length]!.bytes, random)),
    read: (bytes, _, from) => {
      look();
      return judged(from < traces.length ? recordings(bytes) : text(bytes), bytes.length);
    },
    maxMs: 10_000,
    extension: 'bin',
  };
}

type Read = Pick<Evidence, 'events' | 'captures' | 'conversations' | 'traces' | 'problems'>;

/** A trace and a capture, as the command reads them. */
function recordings(bytes: Uint8Array): Read {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const middle = 4 + view.getUint32(0, true);
  const collector = new Collector();
  const problems = new Problems();
  const traffic = new Traffic({ collector, problems, runSync: (work) => work(), patterns: [] });
  const read = (run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof CaptureError || error instanceof EtlError)) throw error;
    }
  };
  const onProgress = (): void => undefined;
  read(() => traffic.readTrace({ source: memorySource(bytes.subarray(4, middle)), path: 'trace.etl', sourceId: 'S1', onProgress }));
  const capture = bytes.subarray(middle);
  read(() => traffic.readCapture({ source: memorySource(capture), path: 'capture.pcap', sourceId: 'S2', onProgress }));
  read(() =>
    analyseCapture(openCapture(memorySource(capture)), {
      onConversation: (each: Conversation) => checkSane(followStream(each), GRACE_BYTES),
    }),
  );
  return {
    events: collector.finish(problems).events,
    captures: traffic.captures,
    traces: traffic.traces,
    conversations: traffic.conversations(),
    problems: problems.list(),
  };
}

/** A text of a trace. */
function text(bytes: Uint8Array): Read {
  const read = readText(new TextDecoder().decode(bytes), {
    path: 'trace.txt',
    sourceId: 'S1',
    zone: 'Asia/Tokyo',
    isFacts: false,
    factDefinitions: knowledge.facts,
    templates: knowledge.messages,
    wanted: [],
  });
  return { events: read?.events ?? [], captures: [], traces: [], conversations: [], problems: read?.problems ?? [] };
}

/** Attempts and verdicts of what was read: no cause without a failure, words in both languages. */
function judged(read: Read, inputBytes: number): Counts {
  const evidence: Evidence = {
    ...read,
    sources: [],
    facts: [],
    coverage: [],
    state: [],
    extents: [],
    dumps: [],
    images: [],
    totals: { bytes: inputBytes, recordsRead: read.events.length, kept: read.events.length, recovered: 0, damagedRecords: 0 },
  };
  const timeline = buildTimeline(evidence);
  const { attempts, notes } = recordedAttempts({ ...evidence, events: timeline.events }, { logs: true });
  for (const { text: words } of notes) expectWords(words);
  for (const attempt of attempts) {
    checkSane(attempt, GRACE_BYTES + inputBytes * 8);
    const { verdict, outcome } = diagnoseConnection(attempt, knowledge, { timeline });
    if (outcome === 'ok' && verdict.cause !== undefined) throw new Error(`${verdict.cause.cause.id} of an attempt that worked`);
    expectWords(verdict.sentence);
  }
  checkPrototypes();
  return { events: read.events.length, attempts: attempts.length, problems: read.problems.length };
}

function expectWords({ en, ja }: { readonly en: string; readonly ja: string }): void {
  for (const words of [en, ja]) if (words === '' || /undefined|NaN|\[object/.test(words)) throw new Error(`the words "${words}"`);
}
