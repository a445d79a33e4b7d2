import { addressBytes, internetChecksum, isIpv6 } from './addresses.ts';
import { ByteOut, joined } from './byte-out.ts';

/** What stands in an IP header besides addresses. */
export interface IpOptions {
  readonly source: string;
  readonly destination: string;
  /** Number of what is inside: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6, 47 GRE, 4 IPv4, 41 IPv6. */
  readonly protocol: number;
  /** Default 64. */
  readonly ttl?: number;
  /** IPv4 identification, default 0. */
  readonly id?: number;
  /** IPv4: options, padded to 4 bytes with zeros. */
  readonly options?: Uint8Array;
  /** IPv4: total length 0, as a sender writes it whose network card cuts the segment (TSO). */
  readonly offloaded?: boolean;
  /** IPv6: extension headers before the payload, each by its number and its bytes from the third on (8n + 6 bytes). */
  readonly extensions?: readonly { readonly type: number; readonly data: Uint8Array }[];
}

/** Numbers of IPv6 extension headers that {@link ipPacket} can write: hop-by-hop, routing, destination options (RFC 8200 section 4). */
export const IPV6_EXTENSIONS = { hopByHop: 0, routing: 43, destination: 60 } as const;
/** PadN over the six bytes of an 8-byte options header (RFC 8200 section 4.2). */
export const IPV6_PADDING = Uint8Array.of(1, 4, 0, 0, 0, 0);

/** An IPv4 or IPv6 packet, by its addresses (RFC 791 section 3.1, RFC 8200 section 3). */
export function ipPacket(options: IpOptions, payload: Uint8Array): Uint8Array {
  return isIpv6(options.source) ? ipv6(options, payload) : ipv4(options, payload, 0);
}

/** The same cut into fragments of at most `size` payload bytes (a multiple of 8), in order. */
export function ipFragments(options: IpOptions, payload: Uint8Array, size: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const part = payload.subarray(at, at + size);
    const more = at + size < payload.length;
    if (isIpv6(options.source)) {
      // Fragment header (RFC 8200 section 4.5): offset in units of 8 bytes, reserved, more.
      const header = new ByteOut()
        .u8(options.protocol, 0)
        .u16(at | Number(more))
        .u32(options.id ?? 0);
      out.push(ipv6({ ...options, protocol: 44 }, joined(header.bytes(), part)));
    } else out.push(ipv4(options, part, (at >> 3) | (more ? 0x2000 : 0)));
  }
  return out;
}

function ipv4(options: IpOptions, payload: Uint8Array, fragment: number): Uint8Array {
  const { source, destination, protocol, ttl = 64, id = 0, offloaded = false } = options;
  const extra = new ByteOut()
    .put(options.options ?? new Uint8Array())
    .pad(4)
    .bytes();
  const size = 20 + extra.length;
  // Don't Fragment on whole packets, as TCP of every system of today sets it.
  const flags = fragment === 0 && protocol === 6 ? 0x4000 : fragment;
  const header = new ByteOut()
    .u8(0x40 | (size >> 2), 0)
    .u16(offloaded ? 0 : size + payload.length, id & 0xffff, flags)
    .u8(ttl, protocol)
    .u16(0)
    .put(addressBytes(source), addressBytes(destination), extra)
    .bytes();
  return joined(withChecksum(header, 10, internetChecksum(header)), payload);
}

function ipv6(options: IpOptions, payload: Uint8Array): Uint8Array {
  const { source, destination, protocol, ttl = 64, extensions = [] } = options;
  const chain = [...extensions.map(({ type }) => type), protocol];
  const inside = new ByteOut();
  for (const [i, { data }] of extensions.entries()) inside.u8(chain[i + 1] as number, (data.length - 6) >> 3).put(data);
  inside.put(payload);
  return new ByteOut()
    .u32(0x6000_0000)
    .u16(inside.length)
    .u8(chain[0] as number, ttl)
    .put(addressBytes(source), addressBytes(destination), inside.bytes())
    .bytes();
}

/** A header with its checksum put in. */
export function withChecksum(bytes: Uint8Array, at: number, checksum: number): Uint8Array {
  const out = bytes.slice();
  out[at] = checksum >> 8;
  out[at + 1] = checksum & 0xff;
  return out;
}
