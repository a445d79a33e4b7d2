/** Flags of the TCP header (RFC 9293 section 3.1). */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

/** Words of a flow: one cache line. Side 0 sent the first packet. */
export const ROW = {
  address0: 0,
  address1: 1,
  /** Port of side 0 in the upper half. */
  ports: 2,
  flags: 3,
  packets: 4,
  frame: 5,
  firstSeconds: 6,
  firstNanoseconds: 7,
  lastSeconds: 8,
  lastNanoseconds: 9,
  syn: 10,
  /** Initial sequence number of side 0; without SYN the one before its first byte. */
  base0: 11,
  /** Number of the {@link DETAIL} row + 1; 0: only SYNs of side 0 and RSTs so far. */
  detail: 12,
  /** Interface, VLANs and tunnels of the first packet, see PathTable. */
  path: 13,
  rst0: 14,
  rst1: 15,
} as const;
/** Words of {@link ROW}. */
export const ROW_WORDS = 16;

/** Bits of {@link ROW.flags}. Bits with `<< side` have the one of side 1 directly above. */
export const FLAG = {
  v6: 1,
  /** Sent a SYN without ACK. */
  syn: 1 << 1,
  /** Sent a SYN with ACK. */
  synAck: 1 << 3,
  /** Sent anything. */
  seen: 1 << 5,
  /** Its next sequence number is known. */
  next: 1 << 7,
  /** Its last acknowledgement is known. */
  ack: 1 << 9,
  /** Sent something beside SYN and RST. */
  more: 1 << 11,
  /** A RST of this side answered the SYN. */
  refused: 1 << 13,
  unreachable: 1 << 15,
  /** Recognised, or given up: no longer looked into. */
  closed: 1 << 16,
  /** A Stream object follows it. */
  followed: 1 << 17,
  /** Was handed out as a conversation. */
  handed: 1 << 18,
  /** An endpoint mapper or an activation named the port of this side. */
  expected: 1 << 19,
  /** A packet was cut by a snap length. */
  sliced: 1 << 21,
  /** The first packet was a SYN. */
  fromStart: 1 << 22,
  /** What the protocol said tells that this side is the client. */
  client: 1 << 23,
  /** Was handed out because nothing came; what comes later is a conversation of its own. */
  quiet: 1 << 25,
} as const;

/** Words of the details of a flow on which more than SYN and RST was seen; those of side 1 are {@link DETAIL.side} further on. */
export const DETAIL = {
  side: 7,
  /** Sequence number expected next. */
  next: 0,
  /** When it last advanced, µs. */
  nextMicros: 1,
  ack: 2,
  ackMicros: 3,
  /** Window in the lower half, duplicate acknowledgements in the upper. */
  window: 4,
  /** Hash of the last packet, to know the same one again. */
  mark: 5,
  /** Bytes of holes that may still be filled. */
  holes: 6,
  /** Floats, in their index: payload bytes of both sides. */
  bytes: 14,
  retransmissions: 18,
  lost: 19,
  zeroWindow: 20,
  duplicates: 21,
  synAck: 22,
  fin: 23,
  base1: 25,
  /** Float: ns from SYN to SYN-ACK; -1 unknown. */
  handshake: 26,
  /** µs from SYN to the acknowledgement that ends the handshake; -1 unknown. */
  roundTrip: 28,
  /** Earlier flow with the same addresses and ports + 1. */
  previous: 29,
} as const;
/** Words of {@link DETAIL}; even, for its floats. */
export const DETAIL_WORDS = 30;

/** The TCP header of the packet at hand; one object, filled anew. */
export class Segment {
  /** Side that sent it. */
  side: 0 | 1 = 0;
  sequence = 0;
  acknowledgement = 0;
  flags = 0;
  window = 0;
  /** Payload: captured bytes, and length on the wire. */
  start = 0;
  end = 0;
  length = 0;
  /** The flow was created by this packet. */
  opened = false;
  /** Same packet recorded once more. */
  duplicate = false;
}
