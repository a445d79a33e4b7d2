import { ipv4Text, ipv6Text } from './icmp-address.ts';
import type { IcmpMessage } from './types.ts';

/** What an ICMP message says by itself; sender, frame and time are the packet's. */
export type IcmpUnreachable = Pick<IcmpMessage, 'version' | 'code' | 'about'>;

/** Destination unreachable: RFC 792, RFC 4443 section 3.1. */
const UNREACHABLE = { 4: 3, 6: 1 } as const;
/** Type, code, checksum and four bytes unused or MTU; behind them the packet it speaks of. */
const HEAD = 8;
/** Protocols whose header begins with two ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
/** Extension headers of IPv6 that are walked over: hop-by-hop, routing, fragment, destination options, AH (RFC 8200 section 4). */
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION = 60;
/** Extension headers of one packet: RFC 8200 names six, each once but one. */
const MAX_EXTENSIONS = 8;

/**
 * Reads an ICMP or ICMPv6 message "destination unreachable" (RFC 792, RFC 4443) with the beginning of the packet it speaks of. Never throws.
 * @param bytes the message from its type on. @param version 4 for ICMP, 6 for ICMPv6.
 * @returns `undefined` for other messages, and when not even both addresses of the packet are there.
 */
export function readIcmp(bytes: Uint8Array, version: 4 | 6): IcmpUnreachable | undefined {
  if (bytes.length < HEAD || bytes[0] !== UNREACHABLE[version]) return undefined;
  const about = version === 4 ? embedded4(bytes.subarray(HEAD)) : embedded6(bytes.subarray(HEAD));
  return about && { version, code: bytes[1]!, about };
}

function embedded4(packet: Uint8Array): IcmpMessage['about'] | undefined {
  if (packet.length < 20 || packet[0]! >> 4 !== 4) return undefined;
  const header = (packet[0]! & 15) * 4;
  // A later fragment has no ports.
  const first = (((packet[6]! & 0x1f) << 8) | packet[7]!) === 0;
  const ports = first && header >= 20 ? portsAt(packet, header, packet[9]!) : {};
  return { source: ipv4Text(packet, 12), destination: ipv4Text(packet, 16), protocol: packet[9]!, ...ports };
}

function embedded6(packet: Uint8Array): IcmpMessage['about'] | undefined {
  if (packet.length < 40 || packet[0]! >> 4 !== 6) return undefined;
  let protocol = packet[6]!;
  let at = 40;
  let first = true;
  for (let i = 0; i < MAX_EXTENSIONS && at + 8 <= packet.length; i++) {
    const length = packet[at + 1]!;
    if (protocol === HOP_BY_HOP || protocol === ROUTING || protocol === DESTINATION) {
      protocol = packet[at]!;
      at += 8 + length * 8;
    } else if (protocol === AUTHENTICATION) {
      protocol = packet[at]!;
      at += 8 + length * 4;
    } else if (protocol === FRAGMENT) {
      first = first && ((packet[at + 2]! << 8) | (packet[at + 3]! & 0xf8)) === 0;
      protocol = packet[at]!;
      at += 8;
    } else break;
  }
  return {
    source: ipv6Text(packet, 8),
    destination: ipv6Text(packet, 24),
    protocol,
    ...(first ? portsAt(packet, at, protocol) : {}),
  };
}

function portsAt(packet: Uint8Array, at: number, protocol: number): { readonly sourcePort?: number; readonly destinationPort?: number } {
  if (!WITH_PORTS.has(protocol) || at + 4 > packet.length) return {};
  return {
    sourcePort: (packet[at]! << 8) | packet[at + 1]!,
    destinationPort: (packet[at + 2]! << 8) | packet[at + 3]!,
  };
}
