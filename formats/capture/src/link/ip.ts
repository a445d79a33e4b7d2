import { type Layers, type LinkOptions, MAX_TUNNELS, TUNNEL } from './layers.ts';

const IPIP = 4;
const IPV6 = 41;
const ROUTING = 43;
const FRAGMENT = 44;
const GRE = 47;
const AUTHENTICATION = 51;
const DESTINATION = 60;
const ETHERIP = 97;
const MOBILITY = 135;
/** Extension headers of one packet: RFC 8200 names six; a crafted packet could be nothing else. */
const MAX_EXTENSIONS = 16;
/** A segment handed to the network card whole is at most this long (64 KiB, with newer drivers 512 KiB); a larger original length is not believed. */
const MAX_OFFLOADED = 512 * 1024;

/** Goes on with what an EtherType names, or with an Ethernet frame. */
type EtherTypeReader = (type: number, at: number, end: number) => boolean;
type EthernetReader = (at: number, end: number) => boolean;

/** IPv4 (RFC 791), IPv6 (RFC 8200) and the tunnels directly inside them. */
export class IpReader {
  /** Seconds of the capture, for fragments. */
  now = 0;
  readonly #layers: Layers;
  readonly #options: LinkOptions;
  readonly #etherType: EtherTypeReader;
  readonly #ethernet: EthernetReader;

  constructor(layers: Layers, options: LinkOptions, etherType: EtherTypeReader, ethernet: EthernetReader) {
    this.#layers = layers;
    this.#options = options;
    this.#etherType = etherType;
    this.#ethernet = ethernet;
  }

  /** IP of the version its first byte says. */
  any(at: number, end: number): boolean {
    const version = at < end ? this.#layers.bytes[at]! >> 4 : 0;
    if (version === 4) return this.v4(at, end);
    return version === 6 && this.v6(at, end);
  }

  /** @returns true when {@link Layers} holds the payload of a whole datagram. */
  v4(at: number, captured: number): boolean {
    const layers = this.#layers;
    const { bytes } = layers;
    if (at + 20 > captured) return this.#short('IPv4 header', 20, captured - at);
    const header = (bytes[at]! & 15) * 4;
    if (bytes[at]! >> 4 !== 4 || header < 20) return this.#bad('IPv4 header', 20, header);
    const total = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    let wireEnd: number;
    if (total === 0) {
      // The network card cuts the segment up and fills in lengths later: the length of the capture counts.
      wireEnd = layers.missing <= MAX_OFFLOADED ? captured + layers.missing : captured;
    } else {
      if (total < header) return this.#bad('IPv4 total length', header, total);
      // A length beyond what was on the wire is wrong, whatever it says.
      wireEnd = Math.min(at + total, captured + layers.missing);
    }
    const end = Math.min(captured, wireEnd);
    const start = at + header;
    if (start > end) return this.#short('IPv4 header', header, captured - at);
    layers.version = 4;
    layers.source = at + 12;
    layers.destination = at + 16;
    layers.protocol = bytes[at + 9]!;
    layers.start = start;
    layers.end = end;
    layers.wireEnd = wireEnd;
    layers.identification = (bytes[at + 4]! << 8) | bytes[at + 5]!;
    const fragment = ((bytes[at + 6]! & 0x3f) << 8) | bytes[at + 7]!;
    if (fragment !== 0) {
      return this.#fragment(at + 12, 8, layers.identification, layers.protocol, (fragment & 0x1fff) * 8, (fragment & 0x2000) !== 0);
    }
    return layers.protocol === 6 || this.#payload();
  }

  /** @returns true when {@link Layers} holds the payload of a whole datagram. */
  v6(at: number, captured: number): boolean {
    const layers = this.#layers;
    const { bytes } = layers;
    if (at + 40 > captured) return this.#short('IPv6 header', 40, captured - at);
    if (bytes[at]! >> 4 !== 6) return this.#bad('IPv6 header', 6, bytes[at]! >> 4);
    const length = (bytes[at + 4]! << 8) | bytes[at + 5]!;
    // 0: a jumbogram (RFC 2675) or a segment the network card will cut up.
    const whole = captured + (layers.missing <= MAX_OFFLOADED ? layers.missing : 0);
    const wireEnd = length === 0 ? whole : Math.min(at + 40 + length, captured + layers.missing);
    layers.version = 6;
    layers.source = at + 8;
    layers.destination = at + 24;
    layers.protocol = bytes[at + 6]!;
    layers.start = at + 40;
    layers.end = Math.min(captured, wireEnd);
    layers.wireEnd = wireEnd;
    layers.identification = -1;
    return layers.protocol === 6 || this.#extensions();
  }

  /** PPP in PPPoE or PPTP (RFC 1661): protocol of one or two bytes, with or without address and control. */
  ppp(first: number, end: number): boolean {
    const { bytes } = this.#layers;
    let at = first;
    if (at + 4 <= end && bytes[at] === 0xff && bytes[at + 1] === 3) at += 2;
    if (at + 2 > end) return false;
    const short = (bytes[at]! & 1) === 1;
    const protocol = short ? bytes[at]! : (bytes[at]! << 8) | bytes[at + 1]!;
    at += short ? 1 : 2;
    if (protocol === 0x21) return this.v4(at, end);
    return protocol === 0x57 && this.v6(at, end);
  }

  /** Notes one more tunnel. @returns false when there are too many. */
  enter(tunnel: number): boolean {
    const layers = this.#layers;
    if (layers.tunnelCount >= this.#options.tunnelDepth || layers.tunnelCount >= MAX_TUNNELS) {
      this.#options.onDepth();
      this.#options.report('CAPTURE_LINK_DEPTH', 'tunnel', layers.tunnelCount + 1, this.#options.tunnelDepth);
      layers.version = 0;
      return false;
    }
    layers.tunnels[layers.tunnelCount++] = tunnel;
    return true;
  }

  #extensions(): boolean {
    const layers = this.#layers;
    const { bytes } = layers;
    for (let i = 0; i < MAX_EXTENSIONS; i++) {
      const { protocol, start, end } = layers;
      if (protocol === FRAGMENT) {
        if (start + 8 > end) return this.#short('IPv6 fragment header', 8, end - start);
        const field = (bytes[start + 2]! << 8) | bytes[start + 3]!;
        layers.protocol = bytes[start]!;
        layers.start = start + 8;
        // Offset 0 and no more: an atomic fragment, whole by itself (RFC 6946).
        if ((field & 0xfff9) === 0) continue;
        const id = ((bytes[start + 4]! << 24) | (bytes[start + 5]! << 16) | (bytes[start + 6]! << 8) | bytes[start + 7]!) >>> 0;
        return this.#fragment(layers.source, 32, id, layers.protocol, field & 0xfff8, (field & 1) === 1);
      }
      if (protocol !== 0 && protocol !== ROUTING && protocol !== DESTINATION && protocol !== MOBILITY && protocol !== AUTHENTICATION) {
        return this.#payload();
      }
      if (start + 8 > end) return this.#short('IPv6 extension header', 8, end - start);
      const length = protocol === AUTHENTICATION ? (bytes[start + 1]! + 2) * 4 : (bytes[start + 1]! + 1) * 8;
      if (start + length > end) return this.#short('IPv6 extension header', length, end - start);
      layers.protocol = bytes[start]!;
      layers.start = start + length;
    }
    return this.#bad('IPv6 extension headers', MAX_EXTENSIONS, MAX_EXTENSIONS + 1);
  }

  #fragment(addresses: number, addressBytes: number, id: number, protocol: number, offset: number, more: boolean): boolean {
    const layers = this.#layers;
    const { bytes, start, end, wireEnd } = layers;
    layers.version = 0;
    // A piece that was not captured whole makes the datagram one that never gets whole.
    if (end !== wireEnd) return false;
    const whole = this.#options.fragments.add(bytes, addresses, addressBytes, id, protocol, offset, start, end, more, this.now);
    if (whole === undefined) return false;
    layers.version = addressBytes === 8 ? 4 : 6;
    layers.bytes = whole;
    layers.source = 0;
    layers.destination = addressBytes / 2;
    layers.protocol = protocol;
    layers.start = addressBytes;
    layers.end = whole.length;
    layers.wireEnd = whole.length;
    layers.missing = 0;
    layers.identification = -1;
    return layers.version === 6 ? this.#extensions() : this.#payload();
  }

  /** Goes into what is a tunnel by its protocol number; everything else is the payload. */
  #payload(): boolean {
    const layers = this.#layers;
    const { bytes, start, end } = layers;
    switch (layers.protocol) {
      case IPIP:
        return this.enter(layers.version === 4 ? TUNNEL.ipip : TUNNEL.fourInSix) && this.v4(start, end);
      case IPV6:
        return this.enter(layers.version === 4 ? TUNNEL.sixInFour : TUNNEL.sixInSix) && this.v6(start, end);
      case GRE:
        return this.#gre(start, end);
      case AUTHENTICATION: {
        // In IPv4 (RFC 4302); in IPv6 it was walked over before.
        if (layers.version !== 4 || start + 8 > end) return true;
        const length = (bytes[start + 1]! + 2) * 4;
        if (start + length > end || bytes[start] === AUTHENTICATION) return true;
        layers.protocol = bytes[start]!;
        layers.start = start + length;
        return this.#payload();
      }
      case ETHERIP:
        // Version 3, the rest reserved (RFC 3378).
        if (start + 2 > end || bytes[start]! >> 4 !== 3) return true;
        return this.enter(TUNNEL.etherip) && this.#ethernet(start + 2, end);
      default:
        return true;
    }
  }

  /** GRE (RFC 2784, RFC 2890), its version 1 of PPTP (RFC 2637), ERSPAN (draft-foschiano-erspan). */
  #gre(start: number, end: number): boolean {
    const { bytes } = this.#layers;
    if (start + 4 > end) return this.#short('GRE header', 4, end - start);
    const flags = (bytes[start]! << 8) | bytes[start + 1]!;
    const type = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    const version = flags & 7;
    const sequence = (flags & 0x1000) !== 0;
    // Source routing (RFC 1701) was never used and would have to be walked.
    if (version > 1 || (flags & 0x4000) !== 0) return true;
    let at = start + 4;
    if ((flags & 0x8000) !== 0) at += 4;
    if ((flags & 0x2000) !== 0) at += 4;
    if (sequence) at += 4;
    if (version === 1) {
      if ((flags & 0x80) !== 0) at += 4;
      return at < end && type === 0x880b ? this.enter(TUNNEL.pptp) && this.ppp(at, end) : true;
    }
    if (at >= end) return true;
    if (type === 0x88be) {
      // Type I has no header and no sequence number, type II has 8 bytes.
      return this.enter(TUNNEL.erspan) && this.#ethernet(sequence ? at + 8 : at, end);
    }
    if (type === 0x22eb) {
      if (at + 12 > end) return true;
      // Type III: 12 bytes, 8 more when the O bit is set; frame type 0 is Ethernet, 2 IP.
      const frame = (bytes[at + 10]! >> 2) & 0x1f;
      const inner = at + ((bytes[at + 11]! & 1) === 1 ? 20 : 12);
      if (frame !== 0 && frame !== 2) return true;
      return this.enter(TUNNEL.erspan) && (frame === 0 ? this.#ethernet(inner, end) : this.any(inner, end));
    }
    return this.enter(TUNNEL.gre) && this.#etherType(type, at, end);
  }

  #short(what: string, need: number, have: number): boolean {
    this.#layers.version = 0;
    // Of a packet that was cut by the snap length nothing is wrong.
    if (this.#layers.missing === 0) this.#options.report('CAPTURE_LINK_HEADER', what, need, have);
    return false;
  }

  #bad(what: string, need: number, have: number): boolean {
    this.#layers.version = 0;
    this.#options.report('CAPTURE_LINK_HEADER', what, need, have);
    return false;
  }
}
