/** Which end of a conversation. */
export type Side = 'client' | 'server';

/** One packet to write. */
export interface WritePacket {
  /** Time of capture, nanoseconds since 1970 UTC. */
  readonly at: bigint;
  /** As captured, from its link layer on. */
  readonly bytes: Uint8Array;
  /** Length on the wire when less was captured; default that of {@link bytes}. */
  readonly originalLength?: number;
  /** Interface of its section (pcapng), default 0. */
  readonly interfaceId?: number;
  /** pcapng alone. */
  readonly comment?: string;
  /** Address that sent it; so that a capture of one direction can be cut out. */
  readonly source?: string;
}

/** One end of a flow: IPv4 dotted or IPv6, and a port. */
export interface WriteEndpoint {
  readonly address: string;
  readonly port: number;
}

/** LINKTYPE_ numbers of what {@link LinkLayer}s write (tcpdump.org/linktypes.html). */
export const LINK_TYPES = { null: 0, ethernet: 1, raw: 101, linuxSll: 113, linuxSll2: 276 } as const;

/** Puts a link layer (and tunnels, if any) around an IP packet. */
export type LinkLayer = (ip: Uint8Array, from: Side) => Uint8Array;
