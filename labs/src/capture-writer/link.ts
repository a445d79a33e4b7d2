import { ByteOut } from './byte-out.ts';
import { ipPacket } from './ip.ts';
import { udpSegment } from './segments.ts';
import type { LinkLayer, Side, WriteEndpoint } from './types.ts';

/** Hardware addresses of the two ends: locally administered (IEEE 802). */
const MAC: Readonly<Record<Side, Uint8Array>> = {
  client: Uint8Array.of(0x02, 0, 0, 0, 0, 0x50),
  server: Uint8Array.of(0x02, 0, 0, 0, 0, 0x10),
};
const other = (side: Side): Side => (side === 'client' ? 'server' : 'client');
const etherType = (ip: Uint8Array): number => ((ip[0] as number) >> 4 === 6 ? 0x86dd : 0x0800);

/** How an Ethernet frame is written. */
export interface EthernetOptions {
  /** VLAN identifiers, outermost first; two make 802.1ad (QinQ). */
  readonly vlans?: readonly number[];
  /** IEEE 802.3 with LLC and SNAP instead of a type field (RFC 1042). */
  readonly snap?: boolean;
  /** Padded to 60 bytes, as a receiver sees it. Default true. */
  readonly padded?: boolean;
}

/** Ethernet II or 802.3. */
export function ethernet({ vlans = [], snap = false, padded = true }: EthernetOptions = {}): LinkLayer {
  return (ip, from) => {
    const out = new ByteOut().put(MAC[other(from)], MAC[from]);
    for (const [i, vlan] of vlans.entries()) out.u16(vlans.length > 1 && i === 0 ? 0x88a8 : 0x8100, vlan);
    // LLC: SNAP, unnumbered information; SNAP: organisation 0.
    if (snap) out.u16(ip.length + 8).u8(0xaa, 0xaa, 3, 0, 0, 0);
    out.u16(etherType(ip)).put(ip);
    if (padded && out.length < 60) out.put(new Uint8Array(60 - out.length));
    return out.bytes();
  };
}

/** LINKTYPE_RAW: nothing before IP. */
export const raw: LinkLayer = (ip) => ip;

/** LINKTYPE_NULL: address family in the byte order of the recording machine; AF_INET6 is 24 to 30, by system. */
export function loopback(order: 'big' | 'little' = 'little', inet6 = 30): LinkLayer {
  return (ip) =>
    new ByteOut(order)
      .u32((ip[0] as number) >> 4 === 6 ? inet6 : 2)
      .put(ip)
      .bytes();
}

/** LINKTYPE_LINUX_SLL (cooked, "any" interface). */
export const linuxSll: LinkLayer = (ip, from) =>
  new ByteOut()
    .u16(from === 'client' ? 0 : 4, 1, 6)
    .put(MAC[from])
    .u16(0, etherType(ip))
    .put(ip)
    .bytes();

/** LINKTYPE_LINUX_SLL2. */
export const linuxSll2: LinkLayer = (ip, from) =>
  new ByteOut()
    .u16(etherType(ip), 0)
    .u32(2)
    .u16(1)
    .u8(from === 'client' ? 0 : 4, 6)
    .put(MAC[from])
    .u16(0)
    .put(ip)
    .bytes();

/** Ends of a tunnel, on the side of the client and of the server. */
export interface TunnelEnds {
  readonly client: string;
  readonly server: string;
}

function between(ends: TunnelEnds, from: Side, protocol: number) {
  return { source: ends[from], destination: ends[other(from)], protocol };
}

/** GRE without options (RFC 2784). */
export function gre(ends: TunnelEnds, link: LinkLayer = ethernet()): LinkLayer {
  return (ip, from) => link(ipPacket(between(ends, from, 47), new ByteOut().u16(0, etherType(ip)).put(ip).bytes()), from);
}

/** VXLAN: the Ethernet frame inside UDP port 4789 (RFC 7348 section 5). */
export function vxlan(ends: TunnelEnds, network: number, link: LinkLayer = ethernet()): LinkLayer {
  return (ip, from) => {
    const inside = new ByteOut()
      .u32(0x0800_0000, network << 8)
      .put(ethernet()(ip, from))
      .bytes();
    const at = (side: Side): WriteEndpoint => ({ address: ends[side], port: side === from ? 54_321 : 4789 });
    return link(ipPacket(between(ends, from, 17), udpSegment(at(from), at(other(from)), inside)), from);
  };
}

/** ERSPAN type II: the mirrored Ethernet frame inside GRE with a sequence number (draft-foschiano-erspan section 4). */
export function erspan(ends: TunnelEnds, session: number, link: LinkLayer = ethernet()): LinkLayer {
  let sequence = 0;
  return (ip, from) => {
    const inside = new ByteOut()
      .u16(0x1000, 0x88be)
      .u32(sequence++)
      // Version 1, no VLAN; class, encapsulation and truncation 0 and the session; no port index.
      .u16(0x1000, session & 0x3ff)
      .u32(0)
      .put(ethernet()(ip, from))
      .bytes();
    // A mirror sends both directions the same way.
    return link(ipPacket(between(ends, 'client', 47), inside), 'client');
  };
}

/** IPv4 or IPv6 straight inside IP (RFC 2003, RFC 4213). */
export function ipInIp(ends: TunnelEnds, link: LinkLayer = ethernet()): LinkLayer {
  return (ip, from) => link(ipPacket(between(ends, from, (ip[0] as number) >> 4 === 6 ? 41 : 4), ip), from);
}
