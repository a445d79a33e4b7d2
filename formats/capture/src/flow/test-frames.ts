import type { CaptureSummary, Packet, PacketSource } from '../file/types.ts';

/** Small hand-made frames for tests of link/ and flow/. */

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

/** Bytes one after the other. */
export function join(...parts: (readonly number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Text as bytes. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

const be16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
const be32 = (value: number): number[] => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** A frame: what goes into a {@link Packet}. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** Milliseconds. */
  readonly at?: number;
  readonly linkType?: number;
  readonly originalLength?: number;
  readonly interfaceId?: number;
}

export interface SegmentFields {
  readonly from?: string;
  readonly to?: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly data?: Uint8Array;
}

/** A TCP segment. */
export function tcp(f: SegmentFields): Uint8Array {
  return join(
    be16(f.sport ?? 50000),
    be16(f.dport ?? 5985),
    be32(f.seq ?? 0),
    be32(f.ack ?? 0),
    [0x50, f.flags ?? ACK],
    be16(f.window ?? 8192),
    be32(0),
    f.data ?? [],
  );
}

/** A UDP datagram. */
export function udp(sport: number, dport: number, data: Uint8Array): Uint8Array {
  return join(be16(sport), be16(dport), be16(8 + data.length), be16(0), data);
}

export interface Ip4Fields {
  readonly protocol?: number;
  readonly from?: string;
  readonly to?: string;
  readonly id?: number;
  /** Flags and fragment offset. */
  readonly fragment?: number;
  readonly total?: number;
  readonly options?: readonly number[];
}

/** An IPv4 packet. */
export function ip4(payload: Uint8Array, f: Ip4Fields = {}): Uint8Array {
  const options = f.options ?? [];
  return join(
    [0x45 + options.length / 4, 0],
    be16(f.total ?? 20 + options.length + payload.length),
    be16(f.id ?? 0),
    be16(f.fragment ?? 0),
    [64, f.protocol ?? 6, 0, 0],
    (f.from ?? '10.0.0.1').split('.').map(Number),
    (f.to ?? '10.0.0.2').split('.').map(Number),
    options,
    payload,
  );
}

/** An IPv6 packet between fd00::1 and fd00::2. @param next first header behind it. */
export function ip6(payload: Uint8Array, next = 6, length = payload.length, reverse = false): Uint8Array {
  const end = (last: number): number[] => [0xfd, ...new Array<number>(14).fill(0), last];
  return join([0x60, 0, 0, 0], be16(length), [next, 64], end(reverse ? 2 : 1), end(reverse ? 1 : 2), payload);
}

/** An Ethernet frame. */
export function ethernet(payload: Uint8Array, type = 0x0800, tags: readonly number[] = []): Uint8Array {
  return join(new Array<number>(12).fill(2), tags, be16(type), payload);
}

/** An Ethernet frame with a TCP segment over IPv4. */
export function segment(f: SegmentFields & Ip4Fields): Uint8Array {
  return ethernet(ip4(tcp(f), f));
}

/** Frames as a source; times default to a millisecond apart. */
export function framesSource(frames: readonly (Frame | Uint8Array)[]): PacketSource {
  return {
    format: 'pcap',
    read(visit): CaptureSummary {
      frames.forEach((given, i) => {
        const frame: Frame = given instanceof Uint8Array ? { bytes: given } : given;
        const ms = frame.at ?? i;
        // The window has other bytes around the packet, as in a file.
        const window = join([0xee, 0xee, 0xee], frame.bytes, [0xee, 0xee]);
        const packet: Packet = {
          number: i + 1,
          seconds: 1_700_000_000 + Math.floor(ms / 1000),
          nanoseconds: Math.round((ms % 1000) * 1e6),
          bytes: window,
          start: 3,
          end: 3 + frame.bytes.length,
          originalLength: frame.originalLength ?? frame.bytes.length,
          linkType: frame.linkType ?? 1,
          interfaceId: frame.interfaceId ?? 0,
          fileOffset: 24 + i * 100,
        };
        visit(packet);
        window.fill(0xdd);
      });
      return { format: 'pcap', packets: frames.length, bytes: 0, interfaces: [], sliced: 0, cut: false, comments: [] };
    },
  };
}
