import { LINKTYPE, type Packet } from '../file/types.ts';
import { FragmentTable } from '../link/fragments.ts';
import { Layers } from '../link/layers.ts';
import { LinkReader } from '../link/link.ts';

/** What stands in a packet behind its heads. */
export type PayloadKind = 'tcp' | 'udp' | 'icmp' | 'icmp6' | 'arp' | 'none';

/** Where the parts of a packet lie; one object, filled anew for each. Offsets are in the packet's bytes. */
export class PacketView {
  kind: PayloadKind = 'none';
  /** Behind the last byte of heads that are kept, from the start of the packet on. */
  headEnd = 0;
  /** Of TCP and UDP: start of their own head. */
  transport = 0;
  /** Payload `start … end`; on the wire it went on for `missing` bytes. */
  start = 0;
  end = 0;
  missing = 0;
  readonly layers = new Layers();
  readonly #link: LinkReader;

  constructor() {
    // Without room for datagrams no fragment is put together: its payload is not understood and becomes zero.
    const fragments = new FragmentTable({ datagrams: 0, bytes: 0 }, () => undefined);
    this.#link = new LinkReader(this.layers, { fragments, tunnelDepth: 8, onDepth: () => undefined, report: () => undefined });
  }

  /** Finds the parts of a packet. What is not understood has the kind `none` and starts at {@link headEnd}. */
  read(packet: Packet): void {
    const { layers } = this;
    this.kind = 'none';
    let whole = this.#link.read(packet, 0);
    for (let depth = 0; whole && layers.bytes === packet.bytes && layers.protocol === 17 && depth < 8; depth++) {
      const { version, protocol, start, end, wireEnd, source, destination } = layers;
      if (!this.#link.enterUdp()) {
        Object.assign(layers, { version, protocol, start, end, wireEnd, source, destination });
        break;
      }
      whole = layers.version !== 0;
    }
    if (layers.bytes !== packet.bytes || layers.version === 0) {
      this.#withoutIp(packet);
      return;
    }
    this.headEnd = Math.min(layers.start, packet.end);
    this.start = this.headEnd;
    this.end = Math.min(layers.end, packet.end);
    this.missing = Math.max(0, layers.wireEnd - layers.end);
    if (whole) this.#transport(packet.bytes);
  }

  #transport(bytes: Uint8Array): void {
    const { protocol, start, version } = this.layers;
    const { end } = this;
    this.transport = start;
    if (protocol === 6) {
      const length = start + 13 <= end ? ((bytes[start + 12] as number) >> 4) * 4 : 0;
      if (length < 20 || start + length > end) return;
      this.kind = 'tcp';
      this.start = start + length;
      this.headEnd = this.start;
    } else if (protocol === 17 && start + 8 <= end) {
      this.kind = 'udp';
      this.start = start + 8;
      this.headEnd = this.start;
      const told = start + (((bytes[start + 4] as number) << 8) | (bytes[start + 5] as number));
      if (told >= this.start) this.end = Math.min(end, told);
    } else if (protocol === 1 && version === 4) this.kind = 'icmp';
    else if (protocol === 58 && version === 6) this.kind = 'icmp6';
  }

  /** No IP, or IP that cannot be read: of Ethernet the addresses and the type are kept, and ARP. */
  #withoutIp(packet: Packet): void {
    const { bytes, start, end } = packet;
    this.missing = 0;
    this.end = end;
    this.headEnd = packet.linkType === LINKTYPE.ethernet ? Math.min(end, start + 14) : start;
    this.start = this.headEnd;
    if (packet.linkType === LINKTYPE.ethernet && start + 42 <= end && bytes[start + 12] === 8 && bytes[start + 13] === 6) {
      this.kind = 'arp';
      this.end = start + 42;
    }
  }
}
