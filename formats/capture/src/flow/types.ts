import type { Damage } from '@winmedic/bytes';
import type { IcmpMessage, Message, ProtocolName, Side } from '../dissect/types.ts';
import type { CaptureSummary } from '../file/types.ts';

/** One end of a flow. */
export interface Endpoint {
  /** IPv4 dotted, IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly port: number;
}

/** Facts of one TCP flow, counted for every flow, whatever runs on it. `client` is the side that opened it, as far as known. */
export interface TcpFacts {
  readonly packets: number;
  /** Payload bytes of each side, retransmitted ones once. */
  readonly bytes: Readonly<Record<Side, number>>;
  readonly syn: number;
  readonly synAck: number;
  readonly rst: Readonly<Record<Side, number>>;
  readonly fin: Readonly<Record<Side, number>>;
  /** Segments seen before (Wireshark: tcp.analysis.retransmission, fast and spurious ones too). */
  readonly retransmissions: number;
  /** Holes: segments that the capture does not have (tcp.analysis.lost_segment). */
  readonly lost: number;
  readonly zeroWindow: number;
  /** First SYN to SYN-ACK, ns; absent when one of them is missing. */
  readonly handshakeNs?: number;
  /**
   * Packets that are the packet before once more (same IPv4 identification, sequence, acknowledgement, flags and length): recorded twice, on two interfaces or
   * at two places, not sent twice; SYNs are not compared. They are among {@link retransmissions} as Wireshark counts them; take them off before speaking of loss. 0: none seen.
   */
  readonly duplicates: number;
  /** Nanoseconds since 1970. */
  readonly first: bigint;
  readonly last: bigint;
  /**
   * How the attempt to open went: `open` a SYN-ACK came; `refused` a RST answered the SYN; `silent` nothing answered; `unreachable` an ICMP message
   * answered; `unknown` the capture does not show the beginning, or only one direction.
   */
  readonly opening: 'open' | 'refused' | 'silent' | 'unreachable' | 'unknown';
  /** Frame of the first packet. */
  readonly firstFrame: number;
}

/** What a capture cannot tell of a conversation, and why. */
export type Unknown =
  | 'client-side-missing' // only packets of the server were captured
  | 'server-side-missing'
  | 'late-start' // the handshake is not in the capture
  | 'sliced' // packets were cut by a snap length
  | 'gap' // bytes were lost by the recorder
  | 'limit' // a cap of this reader was reached: the rest of it was not looked into
  | 'cut'; // the file ends while it goes on

/** A conversation: one TCP stream, or the datagrams of two UDP ports, with what the protocol on it said. */
export interface Conversation {
  readonly transport: 'tcp' | 'udp';
  /** Number of the stream, counted by first packet from 0 as Wireshark does (`tcp.stream`, `udp.stream`). */
  readonly stream: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** How it is known which side is the client. */
  readonly clientKnownBy: 'syn' | 'syn-ack' | 'protocol' | 'port' | 'first-packet';
  /** Absent for UDP. */
  readonly tcp?: TcpFacts;
  /**
   * Initial sequence numbers of both sides, from SYN and SYN-ACK; absent when that packet is not in the capture. With addresses and ports they tell that captures
   * made at two places show one connection.
   */
  readonly isn?: { readonly client?: number; readonly server?: number };
  /** Time of the first and last packet, ns since 1970. */
  readonly first: bigint;
  readonly last: bigint;
  /** Protocols recognised, outermost first. */
  readonly protocols: readonly ProtocolName[];
  /** In order. */
  readonly messages: readonly Message[];
  readonly unknown: readonly Unknown[];
  /** Tunnels around it, outermost first: `gre`, `vxlan`, `erspan`, `ipip`, `6in4`, `teredo` … */
  readonly tunnels: readonly string[];
  readonly vlans: readonly number[];
  /** Interfaces of the capture it was seen on. */
  readonly interfaces: readonly number[];
  /**
   * The same conversation was recorded at two places (or two interfaces): stream whose packets these are once more. Then everything is in that one;
   * this one has no messages.
   */
  readonly sameAs?: number;
  /** Place between the clocks of the two recordings: times here minus times there, ns; with {@link sameAs}. */
  readonly clockOffsetNs?: bigint;
}

/** TCP facts of any flow, by stream number; made on demand from columns. */
export interface FlowTable {
  readonly count: number;
  /** @param stream 0 to count - 1. */
  flow(stream: number): TcpFlow;
  /** Numbers of the streams with this server or client port. */
  streamsOfPort(port: number): readonly number[];
}

/** One row of the {@link FlowTable}. */
export interface TcpFlow {
  readonly stream: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly clientKnownBy: Conversation['clientKnownBy'];
  readonly tcp: TcpFacts;
}

/** How a capture is analysed. */
export interface AnalyseOptions {
  readonly onDamage?: (damage: Damage) => void;
  /**
   * Gets each conversation that said something in a protocol of interest, when it ends or the capture does. Conversations without a message are not handed out
   * (their facts are in the flow table), except failed openings of {@link watchedPorts}. One on which nothing came for an hour and 8,192 packets is handed out as
   * well, so that memory does not grow with the length of the capture; what its flow says later is another conversation with the same stream, which has `limit`.
   */
  readonly onConversation: (conversation: Conversation) => void;
  /** Ports whose flows are handed out even when they were never opened. Default 80, 88, 135, 443, 445, 3389, 5985, 5986, 47001 and what an endpoint mapper named. */
  readonly watchedPorts?: ReadonlySet<number>;
  /** Look into these protocols only; default all. */
  readonly protocols?: ReadonlySet<ProtocolName>;
  /** Called about every MiB with the bytes of the file done. */
  readonly onProgress?: (fileOffset: number) => void;
  /** Looked at with {@link onProgress}; its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly limits?: Partial<AnalyseLimits>;
}

/** Caps that keep memory bounded whatever the input. */
export interface AnalyseLimits {
  /** TCP flows with facts; further ones are counted only. */
  readonly flows: number;
  /** Bytes kept out of order or incomplete, over all flows. */
  readonly pendingBytes: number;
  /** The same for one flow. */
  readonly pendingBytesPerFlow: number;
  /** Messages kept of one conversation. */
  readonly messages: number;
  /** Flows that are looked into at the same time. */
  readonly openConversations: number;
  /** Fragmented IP datagrams being put together, and bytes of them. */
  readonly fragments: number;
  readonly fragmentBytes: number;
  /** Tunnels inside tunnels. */
  readonly tunnelDepth: number;
}

/** The whole of a capture. */
export interface CaptureAnalysis {
  readonly capture: CaptureSummary;
  readonly flows: FlowTable;
  readonly tcpStreams: number;
  readonly udpStreams: number;
  /** ICMP messages that say a destination cannot be reached, the first 10,000. */
  readonly unreachable: readonly IcmpMessage[];
  /** Caps that were reached, and how often. */
  readonly limits: ReadonlyMap<keyof AnalyseLimits, number>;
}
