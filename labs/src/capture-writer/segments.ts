import { internetChecksum, isIpv6, pseudoHeader } from './addresses.ts';
import { ByteOut, joined } from './byte-out.ts';
import { ipPacket, withChecksum } from './ip.ts';
import type { WriteEndpoint } from './types.ts';

/** Bits of the TCP header (RFC 9293 section 3.1). */
export const TCP_FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

/** One TCP segment. */
export interface TcpSegment {
  readonly from: WriteEndpoint;
  readonly to: WriteEndpoint;
  readonly seq: number;
  /** Default 0. */
  readonly ack?: number;
  readonly flags: number;
  /** As it stands in the header, default 64,240. */
  readonly window?: number;
  /** Maximum segment size, announced in a SYN. */
  readonly mss?: number;
  readonly payload?: Uint8Array;
}

/** Segment with its header and checksum, without IP. */
export function tcpSegment(segment: TcpSegment): Uint8Array {
  const { from, to, seq, ack = 0, flags, window = 64_240, mss, payload = new Uint8Array() } = segment;
  const options = mss === undefined ? new Uint8Array() : new ByteOut().u8(2, 4).u16(mss).bytes();
  const out = new ByteOut()
    .u16(from.port, to.port)
    .u32(seq >>> 0, ack >>> 0)
    .u8((20 + options.length) << 2, flags)
    .u16(window, 0, 0)
    .put(options, payload)
    .bytes();
  return withChecksum(out, 16, internetChecksum(pseudoHeader(from.address, to.address, 6, out.length), out));
}

/** UDP datagram with its header and checksum, without IP (RFC 768). */
export function udpSegment(from: WriteEndpoint, to: WriteEndpoint, payload: Uint8Array): Uint8Array {
  const out = new ByteOut()
    .u16(from.port, to.port, payload.length + 8, 0)
    .put(payload)
    .bytes();
  // Zero means "no checksum" and is written as all ones.
  return withChecksum(out, 6, internetChecksum(pseudoHeader(from.address, to.address, 17, out.length), out) || 0xffff);
}

/** Why a destination cannot be reached: codes of ICMP type 3 (RFC 792, RFC 1812 section 5.2.7.1) and ICMPv6 type 1 (RFC 4443 section 3.1). */
export const UNREACHABLE = {
  network: { v4: 0, v6: 0 },
  host: { v4: 1, v6: 3 },
  port: { v4: 3, v6: 4 },
  prohibited: { v4: 13, v6: 1 },
} as const;

/**
 * IP packet with an ICMP "destination unreachable" about another one.
 * @param by address of the host or router that says so.
 * @param about IP packet; its header and the first 8 bytes after it come back (IPv6: as much as fits into 1280 bytes).
 */
export function unreachablePacket(by: string, to: string, why: keyof typeof UNREACHABLE, about: Uint8Array): Uint8Array {
  const v6 = isIpv6(by);
  const returned = v6 ? about.subarray(0, 1232) : about.subarray(0, (((about[0] as number) & 15) << 2) + 8);
  const message = joined(Uint8Array.of(v6 ? 1 : 3, UNREACHABLE[why][v6 ? 'v6' : 'v4'], 0, 0, 0, 0, 0, 0), returned);
  const sum = v6 ? internetChecksum(pseudoHeader(by, to, 58, message.length), message) : internetChecksum(message);
  return ipPacket({ source: by, destination: to, protocol: v6 ? 58 : 1 }, withChecksum(message, 2, sum));
}
