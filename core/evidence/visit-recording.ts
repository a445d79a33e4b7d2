import { readUpTo } from '@winmedic/bytes';
import { analyseCapture, type CaptureAnalysis, type Conversation, openCapture, type PacketSource } from '@winmedic/capture';
import { type EtlEvent, type EtlFile, openEtl } from '@winmedic/etl';
import { loadKnowledge, loadTraceTables, traceProvider } from '@winmedic/knowledge';
import type { CapturedConversation } from '../model/conversation.ts';
import type { EventObservation } from '../model/observation.ts';
import { MANAGEMENT_PORTS } from './conversation-interest.ts';
import type { FileSource } from './file-source.ts';
import type { Problems } from './problems.ts';
import { MAX_TEXT_BYTES, readText } from './read-text.ts';
import { PACKET_PROVIDERS, traceObservationOf } from './read-trace.ts';
import { decodeText } from './recognise.ts';
import { packetsOfTrace } from './trace-packets.ts';

/** Gets everything that captures, traces and texts of events hold, whether a diagnosis looks at it or not. */
export interface RecordingVisitor {
  /** Zone of times in texts that carry none. */
  readonly zone: string;
  /** One conversation, when it is over. */
  readonly conversation: (one: CapturedConversation) => void;
  /** One event; false: no more of this input. */
  readonly event: (event: EventObservation) => boolean;
  /** A capture, or the packets of a trace, was read to its end; `flow` gives the facts of any TCP stream. */
  readonly captured?: (seen: CapturedFlows) => void;
  /** Runs what does not return to the event loop. */
  readonly runSync?: <T>(work: () => T) => T;
  /** No more inputs are wanted; asked after each. */
  readonly isDone?: () => boolean;
  /** Packets of traces and captures only, no events: a conversation is followed. */
  readonly packetsOnly?: boolean;
}

/** Streams of a capture, also those of which no conversation was handed out. */
export interface CapturedFlows {
  readonly path: string;
  readonly tcpStreams: number;
  readonly udpStreams: number;
  /** A TCP stream as a conversation without messages. */
  readonly flow: (stream: number) => CapturedConversation;
}

/** An input that is no event log. */
export interface RecordingInput {
  readonly kind: 'capture' | 'trace' | 'text';
  readonly source: FileSource;
  readonly path: string;
  readonly onProgress: (bytesDone: number) => void;
  readonly signal?: AbortSignal;
}

/** Reads one recording for a visitor. @returns false when it is a text without events. @throws errors of the readers, I/O errors, the reason of the signal. */
export function visitRecording(input: RecordingInput, visitor: RecordingVisitor, problems: Problems): boolean {
  const run = visitor.runSync ?? ((work) => work());
  if (input.kind === 'text') return visitText(input, visitor, problems);
  run(() => {
    if (input.kind === 'trace') visitTrace(input, visitor, problems);
    else visitPackets(openCapture(input.source, readOptions(input, problems)), input, visitor, problems);
  });
  return true;
}

function readOptions({ path, onProgress, signal }: RecordingInput, problems: Problems) {
  return {
    onDamage: (damage: Parameters<Problems['damage']>[1]) => problems.damage(path, damage),
    onProgress,
    ...(signal && { signal }),
  };
}

function visitPackets(packets: PacketSource, input: RecordingInput, visitor: RecordingVisitor, problems: Problems): void {
  const { path } = input;
  const analysis: CaptureAnalysis = analyseCapture(packets, {
    ...readOptions(input, problems),
    onConversation: (conversation) => visitor.conversation({ sourceId: '', path, conversation }),
    watchedPorts: MANAGEMENT_PORTS,
  });
  const { tcpStreams, udpStreams, flows } = analysis;
  if (analysis.capture.packets > 0)
    visitor.captured?.({
      path,
      // Flows beyond the cap are counted and have no facts.
      tcpStreams: Math.min(tcpStreams, flows.count),
      udpStreams,
      flow: (stream) => ({ sourceId: '', path, conversation: bareConversation(flows.flow(stream)) }),
    });
}

function bareConversation({ stream, client, server, clientKnownBy, tcp }: ReturnType<CaptureAnalysis['flows']['flow']>): Conversation {
  return {
    transport: 'tcp',
    stream,
    client,
    server,
    clientKnownBy,
    tcp,
    first: tcp.first,
    last: tcp.last,
    protocols: [],
    messages: [],
    unknown: [],
    tunnels: [],
    vlans: [],
    interfaces: [],
  };
}

function visitTrace(input: RecordingInput, visitor: RecordingVisitor, problems: Problems): void {
  const { source, path } = input;
  const names = loadTraceTables().providers;
  const file: EtlFile = openEtl(source, {
    onDamage: (damage) => problems.damage(path, damage),
    provider: (guid) => traceProvider(guid, file.header.build),
  });
  let hasPackets = false;
  if (visitor.packetsOnly === true) hasPackets = true;
  else
    file.read(
      (event) => {
        if (PACKET_PROVIDERS.includes(event.provider)) {
          hasPackets = true;
          return true;
        }
        return visitor.event(traceObservationOf(event, nameOf(event, names), event.decode().fields, { sourceId: '', path }));
      },
      { order: 'time', onProgress: input.onProgress, ...(input.signal && { signal: input.signal }) },
    );
  if (hasPackets) visitPackets(packetsOfTrace(file, input.signal), input, visitor, problems);
}

/** Name of the provider of a record; the GUID of one nobody knows; the kind of a record without one (`system`, `perfinfo`). */
function nameOf(event: EtlEvent, names: ReadonlyMap<string, { readonly name: string }>): string {
  const { provider, kind } = event;
  if (provider === '') return kind;
  return names.get(provider)?.name ?? (event.providerName === '' ? `{${provider.toUpperCase()}}` : event.providerName);
}

function visitText(input: RecordingInput, visitor: RecordingVisitor, problems: Problems): boolean {
  const { source, path } = input;
  if (source.sizeBytes > MAX_TEXT_BYTES) {
    problems.add({ code: 'EVIDENCE_TEXT_TOO_LONG', path, severity: 'unusable', need: source.sizeBytes, have: MAX_TEXT_BYTES });
    return true;
  }
  const { facts, messages } = loadKnowledge();
  const read = readText(decodeText(readUpTo(source, 0, source.sizeBytes)), {
    path,
    sourceId: '',
    zone: visitor.zone,
    isFacts: false,
    factDefinitions: facts,
    templates: messages,
    wanted: [],
  });
  if (read === undefined || read.events.length === 0) return false;
  for (const problem of read.problems) problems.add(problem);
  for (const event of read.events) if (!visitor.event(event)) break;
  input.onProgress(source.sizeBytes);
  return true;
}
