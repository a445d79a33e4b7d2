import type { CaptureSummary, Conversation, IcmpMessage } from '@winmedic/capture';
import type { InstantNs } from './observation.ts';

/** A capture, or the packets of an event trace, as a source of conversations. */
export interface CaptureObservation {
  readonly sourceId: string;
  readonly path: string;
  readonly capture: CaptureSummary;
  readonly tcpStreams: number;
  readonly udpStreams: number;
  /** Conversations handed out, and how many of them are kept in {@link CapturedConversation}s. */
  readonly conversations: number;
  readonly kept: number;
  /** Caps of the reader that were reached, by name of the limit. */
  readonly limits: ReadonlyMap<string, number>;
  readonly unreachable: readonly IcmpMessage[];
  /** Ports of management that accepted a connection, also when nothing was said on it; each once with its first and last time. */
  readonly accepted?: readonly { readonly address: string; readonly port: number; readonly first: InstantNs; readonly last: InstantNs }[];
}

/** A conversation that may be part of an attempt to manage a host. */
export interface CapturedConversation {
  readonly sourceId: string;
  readonly path: string;
  readonly conversation: Conversation;
}

/** A trace (ETL, or its text) as a source of events: how whole it is. */
export interface TraceObservation {
  readonly sourceId: string;
  readonly path: string;
  /** Build of the Windows that recorded, when told. */
  readonly build?: string;
  readonly first?: InstantNs;
  readonly last?: InstantNs;
  readonly records: number;
  /** Lost while recording: absence then means nothing. */
  readonly eventsLost: number;
  readonly buffersLost: number;
  /** Names of known providers in it, with their records. */
  readonly providers: ReadonlyMap<string, number>;
}
