/** What a capture file is. `etl`: packets taken out of an event trace by the caller. */
export type CaptureFormat = 'pcap' | 'pcapng' | 'netmon' | 'etl';

/**
 * Link types by their LINKTYPE_ number (tcpdump.org/linktypes.html) that are looked into; others are counted only.
 * BSD loopback is 0 in files; `raw` is 101, also written as 12 or 14 by some systems.
 */
export const LINKTYPE = {
  null: 0,
  ethernet: 1,
  raw: 101,
  ieee80211: 105,
  loop: 108,
  linuxSll: 113,
  radiotap: 127,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

/**
 * One packet of a capture. ONE object is reused for all packets and filled anew for each: whoever keeps something copies it. `bytes` is a window
 * of the file that is valid during the visit only.
 */
export interface Packet {
  /** 1-based, over the whole file, as Wireshark's `frame.number`. */
  number: number;
  /** Time of capture since 1970 UTC: whole seconds (may be negative) and 0 to 999,999,999 ns. Both NaN when the file has none (pcapng SPB). */
  seconds: number;
  nanoseconds: number;
  /** Captured bytes are `bytes[start] … bytes[end - 1]`. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Length on the wire as the file says; never trusted, never below what was captured. */
  originalLength: number;
  /** LINKTYPE_ number, see {@link LINKTYPE}. */
  linkType: number;
  /** Index into {@link CaptureSummary.interfaces}; over sections counted on. */
  interfaceId: number;
  /** Offset in the file of the captured bytes; of an event trace, of the event. */
  fileOffset: number;
}

/** One interface of a capture. */
export interface CaptureInterface {
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapLength: number;
  readonly name?: string;
  readonly description?: string;
  /** Windows, Linux … as the file says (if_os). */
  readonly os?: string;
  /** Ticks per second of its times. */
  readonly ticksPerSecond: number;
  packets: number;
  /** Packets the interface or the system dropped (ISB), when told. */
  dropped?: number;
}

/** What a whole read saw. */
export interface CaptureSummary {
  readonly format: CaptureFormat;
  readonly packets: number;
  /** Captured bytes of all packets. */
  readonly bytes: number;
  readonly interfaces: readonly CaptureInterface[];
  /** Nanoseconds since 1970 of the earliest and the latest packet; absent without any time. */
  readonly first?: bigint;
  readonly last?: bigint;
  /** Packets of which less was captured than was on the wire. */
  readonly sliced: number;
  /** Packets told as dropped by the recording system, over all interfaces; absent when nobody told. */
  readonly dropped?: number;
  /** The file ends in the middle of a packet or block. */
  readonly cut: boolean;
  /** Comments of sections and packets (pcapng), the first 100. */
  readonly comments: readonly { readonly packet?: number; readonly text: string }[];
  /** Program and system that made the file, as it says. */
  readonly application?: string;
  readonly hardware?: string;
  readonly os?: string;
}

/** Anything that gives packets in the order of the recording. */
export interface PacketSource {
  readonly format: CaptureFormat;
  /**
   * Visits all packets once, synchronously; a visitor that returns `false` ends the read.
   * @throws I/O errors of the source, whatever the visitor throws.
   */
  read(visit: (packet: Packet) => unknown): CaptureSummary;
}
