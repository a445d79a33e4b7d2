/** What the first bytes of a file say it is; `gzip` may hold any of the others, or none. */
export type RecognisedCapture = 'pcap' | 'pcapng' | 'netmon' | 'gzip';

/** How a classic pcap file is laid out. */
export interface PcapVariant {
  readonly bigEndian: boolean;
  /** Ticks per second of the second number of a time. */
  readonly ticksPerSecond: 1_000_000 | 1_000_000_000;
  /** Bytes before the first record. */
  readonly headBytes: number;
  /** Bytes before the data of a packet. */
  readonly recordBytes: number;
}

/**
 * Magic numbers of classic pcap (draft-ietf-opsawg-pcap section 4; pcap-savefile(5)), the "modified" format of a patched tcpdump (a1b2cd34: records carry
 * interface, protocol and packet type after the usual 16 bytes; libpcap sf-pcap.c) and Ixia's (four more bytes
 * follow the head; microseconds, as tshark reads them).
 */
const VARIANTS: ReadonlyMap<number, Omit<PcapVariant, 'bigEndian'>> = new Map([
  [0xa1b2c3d4, { ticksPerSecond: 1_000_000, headBytes: 24, recordBytes: 16 }],
  [0xa1b23c4d, { ticksPerSecond: 1_000_000_000, headBytes: 24, recordBytes: 16 }],
  [0xa1b2cd34, { ticksPerSecond: 1_000_000, headBytes: 24, recordBytes: 24 }],
  [0x1c0001ac, { ticksPerSecond: 1_000_000, headBytes: 28, recordBytes: 16 }],
  [0x1c0001ab, { ticksPerSecond: 1_000_000, headBytes: 28, recordBytes: 16 }],
]);

function u32(head: Uint8Array, at: number, bigEndian: boolean): number {
  const [a = 0, b = 0, c = 0, d = 0] = head.subarray(at, at + 4);
  return (bigEndian ? (a << 24) | (b << 16) | (c << 8) | d : (d << 24) | (c << 16) | (b << 8) | a) >>> 0;
}

/** The layout of a classic pcap file by its first four bytes; undefined when it is none. */
export function pcapVariant(head: Uint8Array): PcapVariant | undefined {
  if (head.length < 4) return undefined;
  for (const bigEndian of [false, true]) {
    const variant = VARIANTS.get(u32(head, 0, bigEndian));
    if (variant !== undefined) return { bigEndian, ...variant };
  }
  return undefined;
}

/** Byte order of a pcapng section by the byte-order magic of its header (draft-ietf-opsawg-pcapng section 4.1); undefined when it is none. */
export function pcapngBigEndian(head: Uint8Array): boolean | undefined {
  if (head.length < 12 || u32(head, 0, false) !== 0x0a0d0d0a) return undefined;
  if (u32(head, 8, false) === 0x1a2b3c4d) return false;
  return u32(head, 8, true) === 0x1a2b3c4d ? true : undefined;
}

/**
 * What a file is by its first bytes (12 are enough): pcap of both byte orders, with microseconds or nanoseconds, "modified" and Ixia's; pcapng; Network
 * Monitor 2.x (`GMBU`) and 1.x (`RTSS`, which {@link openCapture} refuses with CAPTURE_VERSION); gzip (RFC 1952). Undefined for anything else.
 */
export function recogniseCapture(head: Uint8Array): RecognisedCapture | undefined {
  if (pcapVariant(head) !== undefined) return 'pcap';
  if (pcapngBigEndian(head) !== undefined) return 'pcapng';
  const magic = head.length < 4 ? 0 : u32(head, 0, true);
  if (magic === 0x474d4255 || magic === 0x52545353) return 'netmon';
  return head[0] === 0x1f && head[1] === 0x8b ? 'gzip' : undefined;
}
