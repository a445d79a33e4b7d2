import type { LinkDamageCode } from './codes.ts';
import { emptyBytes, type FragmentTable } from './fragments.ts';

/** Tunnels by the number that {@link Layers.tunnels} holds; the index is the number. */
export const TUNNELS = ['gre', 'erspan', 'vxlan', 'geneve', 'ipip', '6in4', 'teredo', 'etherip', 'pptp', '4in6', 'ip6ip6'] as const;
/** Number of a tunnel. */
export const TUNNEL = {
  gre: 0,
  erspan: 1,
  vxlan: 2,
  geneve: 3,
  ipip: 4,
  sixInFour: 5,
  teredo: 6,
  etherip: 7,
  pptp: 8,
  fourInSix: 9,
  sixInSix: 10,
} as const;

/** VLAN tags kept of one packet: two are usual (802.1ad), four leave room for a mirror port's own. Further tags are walked over, see {@link MAX_TAGS}. */
export const MAX_VLANS = 4;
/** Most tunnels that are ever kept, whatever the limit asked for. */
export const MAX_TUNNELS = 16;

/**
 * Where the parts of one packet lie: ONE object filled anew for each packet, numbers only, so that the hot path allocates nothing.
 * `bytes` is the packet's window, or the buffer of a datagram put together from fragments; offsets are in it.
 */
export class Layers {
  bytes: Uint8Array = emptyBytes;
  /** 4 or 6; 0: no IP. */
  version = 0;
  /** Offsets of the addresses, 4 or 16 bytes each. */
  source = 0;
  destination = 0;
  /** IP protocol of the payload behind all extension headers. */
  protocol = 0;
  /** Payload of IP: `bytes[start] … bytes[end - 1]` were captured; on the wire it went on to `wireEnd`, which is never below `end`. */
  start = 0;
  end = 0;
  wireEnd = 0;
  /** IPv4 identification; -1 for IPv6 and for datagrams put together. */
  identification = -1;
  vlanCount = 0;
  readonly vlans: Uint16Array = new Uint16Array(MAX_VLANS);
  tunnelCount = 0;
  readonly tunnels: Uint8Array = new Uint8Array(MAX_TUNNELS);
  /** Bytes of the packet that were on the wire and not captured. */
  missing = 0;
}

/** What {@link LinkReader} works with. */
export interface LinkOptions {
  readonly fragments: FragmentTable;
  /** Tunnels inside tunnels, at most {@link MAX_TUNNELS}. */
  readonly tunnelDepth: number;
  /** A cap was reached. */
  readonly onDepth: () => void;
  readonly report: (code: LinkDamageCode, what: string, need?: number | string, have?: number | string) => void;
}
