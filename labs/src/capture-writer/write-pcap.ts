import { ByteOut } from './byte-out.ts';
import { LINK_TYPES, type WritePacket } from './types.ts';

/** How a pcap file is written. */
export interface PcapOptions {
  /** `microseconds` (a1b2c3d4), `nanoseconds` (a1b23c4d) or `modified` (a1b2cd34: eight more bytes in each record header). Default `microseconds`. */
  readonly magic?: 'microseconds' | 'nanoseconds' | 'modified';
  readonly bigEndian?: boolean;
  /** Bytes kept of each packet; default all, and 262,144 in the header. */
  readonly snapLength?: number;
  /** Default Ethernet. */
  readonly linkType?: number;
}

const MAGIC = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d, modified: 0xa1b2cd34 } as const;
const SECOND = 1_000_000_000n;
/** What tcpdump writes when it cuts nothing. */
const WHOLE = 262_144;

/** A pcap file (draft-ietf-opsawg-pcap sections 4 and 5). Times before 1970 and after 2106 have no place in it. */
export function writePcap(packets: readonly WritePacket[], options: PcapOptions = {}): Uint8Array {
  const { magic = 'microseconds', bigEndian = false, snapLength, linkType = LINK_TYPES.ethernet } = options;
  const out = new ByteOut(bigEndian ? 'big' : 'little');
  out
    .u32(MAGIC[magic])
    .u16(2, 4)
    .u32(0, 0, snapLength ?? WHOLE, linkType);
  for (const packet of packets) {
    const kept = packet.bytes.subarray(0, snapLength ?? packet.bytes.length);
    const fraction = packet.at % SECOND;
    out.u32(Number(packet.at / SECOND), Number(magic === 'nanoseconds' ? fraction : fraction / 1000n));
    out.u32(kept.length, packet.originalLength ?? packet.bytes.length);
    // Interface, protocol, packet type and padding of Alexey Kuznetsov's patched libpcap: nobody reads them.
    if (magic === 'modified') out.u32(1).u16(0x0800).u8(0, 0);
    out.put(kept);
  }
  return out.bytes();
}
