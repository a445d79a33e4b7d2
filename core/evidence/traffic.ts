import type { ByteSource } from '@winmedic/bytes';
import { openCapture, type PacketSource } from '@winmedic/capture';
import { loadTraceTables, traceProvider } from '@winmedic/knowledge';
import type { EventPattern } from '@winmedic/knowledge/model';
import type { CapturedConversation, CaptureObservation, TraceObservation } from '../model/conversation.ts';
import type { Collector } from './collector.ts';
import type { Problems } from './problems.ts';
import { ConversationShelf, readCapture } from './read-capture.ts';
import { readTrace } from './read-trace.ts';
import { TraceInterest } from './trace-interest.ts';
import { packetsOfTrace } from './trace-packets.ts';

/** What reading captures and traces needs from the run. */
export interface TrafficContext {
  readonly collector: Collector;
  readonly problems: Problems;
  readonly runSync: <T>(work: () => T) => T;
  readonly patterns?: readonly EventPattern[];
  readonly signal?: AbortSignal;
}

/** One capture or trace that was registered as a source. */
export interface TrafficInput {
  readonly source: ByteSource;
  readonly path: string;
  readonly sourceId: string;
  readonly onProgress: (bytesDone: number) => void;
}

/** Captures and traces of a case: conversations and events out of what was recorded on the network and in Windows. */
export class Traffic {
  readonly captures: CaptureObservation[] = [];
  readonly traces: TraceObservation[] = [];
  readonly #context: TrafficContext;
  readonly #shelf = new ConversationShelf();
  #interest: TraceInterest | undefined;

  constructor(context: TrafficContext) {
    this.#context = context;
  }

  /** Conversations kept, by time. */
  conversations(): CapturedConversation[] {
    return this.#shelf.list();
  }

  /** @returns packets read. @throws CaptureError when it is no capture; I/O errors; the reason of the signal. */
  readCapture(input: TrafficInput): number {
    const { problems, signal, runSync } = this.#context;
    return runSync(() => {
      const packets = openCapture(input.source, {
        onDamage: (damage) => problems.damage(input.path, damage),
        onProgress: input.onProgress,
        ...(signal && { signal }),
      });
      return this.#analyse(packets, input);
    });
  }

  /** Events of a trace, and its packets. @returns records read. @throws EtlError when it is none; I/O errors; the reason of the signal. */
  readTrace(input: TrafficInput): number {
    const { collector, problems, signal, runSync, patterns } = this.#context;
    return runSync(() => {
      this.#interest ??= new TraceInterest(patterns);
      const interest = this.#interest;
      const { trace, file, hasPackets } = readTrace(
        {
          ...input,
          interest,
          tables: traceProvider,
          names: new Map([...loadTraceTables().providers].map(([guid, { name }]) => [guid, name])),
          ...(signal && { signal }),
        },
        collector,
        problems,
      );
      this.traces.push(trace);
      if (hasPackets) this.#analyse(packetsOfTrace(file, signal), input);
      return trace.records;
    });
  }

  #analyse(packets: PacketSource, { path, sourceId, onProgress }: TrafficInput): number {
    const { problems, signal } = this.#context;
    const capture = readCapture({ packets, path, sourceId, onProgress, ...(signal && { signal }) }, this.#shelf, problems);
    // A trace may have the provider and no packet.
    if (packets.format !== 'etl' || capture.capture.packets > 0) this.captures.push(capture);
    return capture.capture.packets;
  }
}
