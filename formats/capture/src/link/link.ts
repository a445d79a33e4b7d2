import { LINKTYPE, type Packet } from '../file/types.ts';
import { IpReader } from './ip.ts';
import { type Layers, type LinkOptions, MAX_VLANS, TUNNEL } from './layers.ts';

/** Tags and labels walked over in one packet: real ones have up to five, a crafted packet could be nothing else. */
const MAX_TAGS = 16;
/** Frames of a Windows or Linux netlink socket, told as SLL: no network packets (ARPHRD_NETLINK). */
const ARPHRD_NETLINK = 824;

/** UDP ports of tunnels: VXLAN (RFC 7348; 8472 of Linux before the number was assigned), Geneve (RFC 8926), Teredo (RFC 4380). */
export const VXLAN_PORT = 4789;
const VXLAN_PORT_OLD = 8472;
/** VXLAN-GPE (RFC 9305 section 4): VXLAN with the protocol inside named. */
const VXLAN_GPE_PORT = 4790;
const GENEVE_PORT = 6081;
const TEREDO_PORT = 3544;

/**
 * Strips everything below TCP, UDP and ICMP off a packet (LINKTYPE_ numbers of tcpdump.org/linktypes.html, IEEE 802.3, 802.1Q, 802.1ad, RFC 1042, RFC 2516,
 * RFC 3032, RFC 2784, RFC 2890, RFC 7348, RFC 8926, RFC 4380, draft-foschiano-erspan). Nothing is allocated for a packet, no length is believed.
 */
export class LinkReader {
  readonly layers: Layers;
  readonly #ip: IpReader;
  readonly #options: LinkOptions;
  readonly #unknownTypes = new Set<number>();

  constructor(layers: Layers, options: LinkOptions) {
    this.layers = layers;
    this.#options = options;
    this.#ip = new IpReader(
      layers,
      options,
      (type, at, end) => this.#etherType(type, at, end),
      (at, end) => this.#ethernet(at, end),
    );
  }

  /** Fills {@link layers} from a packet. @param now seconds of the capture. @returns false when there is no IP payload to look at. */
  read(packet: Packet, now: number): boolean {
    const { layers } = this;
    const { start, end } = packet;
    layers.bytes = packet.bytes;
    layers.version = 0;
    layers.vlanCount = 0;
    layers.tunnelCount = 0;
    layers.missing = Math.max(0, packet.originalLength - (end - start));
    this.#ip.now = now;
    switch (packet.linkType) {
      case LINKTYPE.ethernet:
        return this.#ethernet(start, end);
      case LINKTYPE.raw:
      case 12:
      case 14:
        return this.#ip.any(start, end);
      case LINKTYPE.ipv4:
        return this.#ip.v4(start, end);
      case LINKTYPE.ipv6:
        return this.#ip.v6(start, end);
      case LINKTYPE.null:
      case LINKTYPE.loop:
        return this.#loopback(start, end);
      case LINKTYPE.linuxSll:
        return this.#cooked(start, end);
      case LINKTYPE.linuxSll2:
        return this.#cooked2(start, end);
      case LINKTYPE.ieee80211:
        return this.#wireless(start, end, false);
      case LINKTYPE.radiotap:
        return this.#radiotap(start, end);
      default:
        // Above 16 bits: records that are no packets, as the reader marks them.
        if (packet.linkType <= 0xffff && !this.#unknownTypes.has(packet.linkType) && this.#unknownTypes.size < 64) {
          this.#unknownTypes.add(packet.linkType);
          this.#options.report('CAPTURE_LINK_TYPE', 'link type', undefined, packet.linkType);
        }
        return false;
    }
  }

  /**
   * Goes into the tunnel inside the UDP datagram that {@link layers} holds. @returns false when it is none; then the layers are untouched or have version 0.
   */
  enterUdp(): boolean {
    const { layers } = this;
    const { bytes, start, end } = layers;
    if (end - start < 16) return false;
    const from = (bytes[start]! << 8) | bytes[start + 1]!;
    const to = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    const at = start + 8;
    if (to === VXLAN_PORT || to === VXLAN_PORT_OLD) {
      // Only the I flag may be set, reserved bits are zero (RFC 7348 section 5): anything else on this port is no VXLAN.
      if (bytes[at] !== 0x08 || bytes[at + 1] !== 0 || bytes[at + 2] !== 0 || bytes[at + 3] !== 0 || bytes[at + 7] !== 0) return false;
      return this.#ip.enter(TUNNEL.vxlan) && this.#ethernet(at + 8, end);
    }
    if (to === VXLAN_GPE_PORT) {
      // Version 0, I set; without the P bit older drafts name the protocol all the same.
      if ((bytes[at]! & 0x38) !== 0x08 || bytes[at + 1] !== 0 || bytes[at + 2] !== 0) return false;
      const inside = bytes[at + 3];
      if (inside !== 1 && inside !== 2 && inside !== 3) return false;
      if (!this.#ip.enter(TUNNEL.vxlan)) return false;
      if (inside === 3) return this.#ethernet(at + 8, end);
      return inside === 1 ? this.#ip.v4(at + 8, end) : this.#ip.v6(at + 8, end);
    }
    if (to === GENEVE_PORT) {
      if (bytes[at]! >> 6 !== 0) return false;
      const type = (bytes[at + 2]! << 8) | bytes[at + 3]!;
      const inner = at + 8 + (bytes[at]! & 0x3f) * 4;
      if (inner >= end || (type !== 0x6558 && type !== 0x0800 && type !== 0x86dd)) return false;
      return this.#ip.enter(TUNNEL.geneve) && this.#etherType(type, inner, end);
    }
    if (to === TEREDO_PORT || from === TEREDO_PORT) {
      let inner = at;
      // Authentication and origin indication stand before the packet (RFC 4380 section 5.1.1).
      if (bytes[inner] === 0 && bytes[inner + 1] === 1 && inner + 13 <= end) inner += 13 + bytes[inner + 2]! + bytes[inner + 3]!;
      if (inner + 8 <= end && bytes[inner] === 0 && bytes[inner + 1] === 0) inner += 8;
      if (inner + 40 > end || bytes[inner]! >> 4 !== 6) return false;
      return this.#ip.enter(TUNNEL.teredo) && this.#ip.v6(inner, end);
    }
    return false;
  }

  #ethernet(at: number, end: number): boolean {
    if (at + 14 > end) return this.#short('Ethernet header', 14, end - at);
    const { bytes } = this.layers;
    const type = (bytes[at + 12]! << 8) | bytes[at + 13]!;
    if (type === 0x0800) return this.#ip.v4(at + 14, end);
    return type >= 0x0600 ? this.#etherType(type, at + 14, end) : this.#llc(at + 14, end);
  }

  /** IEEE 802.2 with SNAP (RFC 1042); other service access points carry nothing of interest. */
  #llc(at: number, end: number): boolean {
    const { bytes } = this.layers;
    if (at + 8 > end || bytes[at] !== 0xaa || bytes[at + 1] !== 0xaa || bytes[at + 2] !== 3) return false;
    const organisation = (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
    // 0 and 0x0000f8 (802.1H bridge tunnel) are followed by an EtherType.
    if (organisation !== 0 && organisation !== 0xf8) return false;
    return this.#etherType((bytes[at + 6]! << 8) | bytes[at + 7]!, at + 8, end);
  }

  #etherType(outermost: number, from: number, end: number): boolean {
    const { layers } = this;
    const { bytes } = layers;
    let type = outermost;
    let at = from;
    for (let tags = 0; tags < MAX_TAGS; tags++) {
      switch (type) {
        case 0x0800:
          return this.#ip.v4(at, end);
        case 0x86dd:
          return this.#ip.v6(at, end);
        case 0x8100:
        case 0x88a8:
        case 0x9100:
          if (at + 4 > end) return this.#short('VLAN tag', 4, end - at);
          if (layers.vlanCount < MAX_VLANS) layers.vlans[layers.vlanCount++] = ((bytes[at]! << 8) | bytes[at + 1]!) & 0xfff;
          type = (bytes[at + 2]! << 8) | bytes[at + 3]!;
          at += 4;
          if (type < 0x0600) return this.#llc(at, end);
          break;
        case 0x8847:
        case 0x8848:
          return this.#mpls(at, end);
        case 0x8864: {
          // PPPoE session: version and type 1, code 0, session, length, PPP protocol (RFC 2516 section 4).
          if (at + 8 > end || bytes[at] !== 0x11 || bytes[at + 1] !== 0) return false;
          return this.#ip.ppp(at + 6, end);
        }
        case 0x6558:
          return this.#ethernet(at, end);
        default:
          return false;
      }
    }
    return false;
  }

  #mpls(first: number, end: number): boolean {
    const { bytes } = this.layers;
    let at = first;
    for (let labels = 0; labels < MAX_TAGS; labels++) {
      if (at + 5 > end) return this.#short('MPLS label', 4, end - at);
      const bottom = (bytes[at + 2]! & 1) === 1;
      at += 4;
      if (!bottom) continue;
      // Nothing names what follows: IP by its version, a pseudo-wire by its control word (RFC 4385 section 3, first nibble 0).
      const nibble = bytes[at]! >> 4;
      if (nibble === 4 || nibble === 6) return this.#ip.any(at, end);
      return nibble === 0 && this.#ethernet(at + 4, end);
    }
    return false;
  }

  /** Four bytes of address family in the order of the machine that recorded, or big-endian for `loop`. */
  #loopback(at: number, end: number): boolean {
    const { bytes } = this.layers;
    if (at + 5 > end) return this.#short('loopback header', 4, end - at);
    // Some systems write an EtherType into the last two bytes.
    const type = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (type === 0x0800 || type === 0x86dd) return this.#etherType(type, at + 4, end);
    const little = bytes[at + 2] === 0 && bytes[at + 3] === 0;
    const family = little ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at + 2]! << 8) | bytes[at + 3]!;
    switch (family) {
      case 2:
        return this.#ip.v4(at + 4, end);
      // AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
      case 10:
      case 23:
      case 24:
      case 28:
      case 30:
        return this.#ip.v6(at + 4, end);
      default:
        return false;
    }
  }

  #cooked(at: number, end: number): boolean {
    const { bytes } = this.layers;
    if (at + 16 > end) return this.#short('Linux cooked header', 16, end - at);
    if (((bytes[at + 2]! << 8) | bytes[at + 3]!) === ARPHRD_NETLINK) return false;
    return this.#cookedProtocol((bytes[at + 14]! << 8) | bytes[at + 15]!, at + 16, end);
  }

  #cooked2(at: number, end: number): boolean {
    const { bytes } = this.layers;
    if (at + 20 > end) return this.#short('Linux cooked header', 20, end - at);
    if (((bytes[at + 8]! << 8) | bytes[at + 9]!) === ARPHRD_NETLINK) return false;
    return this.#cookedProtocol((bytes[at]! << 8) | bytes[at + 1]!, at + 20, end);
  }

  #cookedProtocol(protocol: number, at: number, end: number): boolean {
    // 4: 802.2 follows.
    return protocol === 4 ? this.#llc(at, end) : this.#etherType(protocol, at, end);
  }

  /** Radiotap (radiotap.org): length at 2; whether the 802.11 header is padded to 32 bits stands in the Flags field (bit 0x20). */
  #radiotap(at: number, end: number): boolean {
    const { bytes } = this.layers;
    if (at + 8 > end || bytes[at] !== 0) return this.#short('radiotap header', 8, end - at);
    const length = bytes[at + 2]! | (bytes[at + 3]! << 8);
    if (length < 8 || at + length > end) return this.#short('radiotap header', length, end - at);
    let field = at + 4;
    const present = bytes[field]!;
    // Further words of presence bits while bit 31 is set.
    while (field + 4 <= at + length && (bytes[field + 3]! & 0x80) !== 0) field += 4;
    field += 4;
    // TSFT: 8 bytes, aligned to 8 from the beginning of the header.
    if ((present & 1) !== 0) field += ((8 - ((field - at) & 7)) & 7) + 8;
    const padded = (present & 2) !== 0 && field < at + length && (bytes[field]! & 0x20) !== 0;
    return this.#wireless(at + length, end, padded);
  }

  /** IEEE 802.11 data frames that are not encrypted; aggregated ones (A-MSDU) are left. */
  #wireless(at: number, end: number, padded: boolean): boolean {
    const { bytes } = this.layers;
    if (at + 24 > end) return false;
    const control = bytes[at]!;
    const flags = bytes[at + 1]!;
    const type = (control >> 2) & 3;
    const subtype = control >> 4;
    // Data with a body, not protected.
    if (type !== 2 || (subtype & 4) !== 0 || (flags & 0x40) !== 0) return false;
    let header = (flags & 3) === 3 ? 30 : 24;
    if ((subtype & 8) !== 0) {
      if (at + header + 2 > end || (bytes[at + header]! & 0x80) !== 0) return false;
      header += (flags & 0x80) !== 0 ? 6 : 2;
    }
    if (padded) header = (header + 3) & ~3;
    return this.#llc(at + header, end);
  }

  #short(what: string, need: number, have: number): boolean {
    // Of a packet that was cut by the snap length nothing is wrong.
    if (this.layers.missing === 0) this.#options.report('CAPTURE_LINK_HEADER', what, need, have);
    return false;
  }
}
