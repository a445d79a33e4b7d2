import { internetChecksum } from './addresses.ts';
import { joined } from './byte-out.ts';
import { ipPacket, withChecksum } from './ip.ts';
import { ethernet } from './link.ts';
import { TCP_FLAGS, tcpSegment, type UNREACHABLE, udpSegment, unreachablePacket } from './segments.ts';
import type { LinkLayer, Side, WriteEndpoint, WritePacket } from './types.ts';

/** Packets of several conversations as one recording: by time, equal times in the order given. */
export function inOrder(...parts: readonly (readonly WritePacket[])[]): WritePacket[] {
  return parts.flat().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** A recording with a snap length. */
export function sliced(packets: readonly WritePacket[], snapLength: number): WritePacket[] {
  return packets.map((packet) => ({
    ...packet,
    bytes: packet.bytes.subarray(0, snapLength),
    originalLength: packet.originalLength ?? packet.bytes.length,
  }));
}

/** A recording that has only what one address sent. */
export function onlyFrom(packets: readonly WritePacket[], address: string): WritePacket[] {
  return packets.filter(({ source }) => source === address);
}

/** Where a second recorder of the same packets stands. */
export interface Vantage {
  /** Its clock minus that of the first, ns. */
  readonly clockOffset?: bigint;
  /** Time the packets of each side need from the first recorder to it; default 150 µs. */
  readonly delay?: bigint;
  /** Routers between: the TTL is lower by so many. Default 1. */
  readonly hops?: number;
  readonly interfaceId?: number;
}

/**
 * Ethernet packets with IPv4 or IPv6 as a second recorder nearer to the server sees them: other hardware addresses, a lower TTL, another clock. What
 * the client sends comes later there, what the server sends earlier.
 */
export function seenFrom(packets: readonly WritePacket[], client: string, vantage: Vantage = {}): WritePacket[] {
  const { clockOffset = 0n, delay = 150_000n, hops = 1, interfaceId } = vantage;
  return inOrder(
    packets.map((packet) => {
      const bytes = packet.bytes.slice();
      // The router's own hardware addresses.
      bytes[5] = (bytes[5] as number) ^ 0x80;
      bytes[11] = (bytes[11] as number) ^ 0x80;
      const ip = bytes.subarray(14);
      if ((ip[0] as number) >> 4 === 4) {
        ip[8] = (ip[8] as number) - hops;
        ip[10] = 0;
        ip[11] = 0;
        const header = ip.subarray(0, ((ip[0] as number) & 15) << 2);
        ip.set(withChecksum(header, 10, internetChecksum(header)));
      } else ip[7] = (ip[7] as number) - hops;
      const at = packet.at + (packet.source === client ? delay : -delay) + clockOffset;
      return { ...packet, at, bytes, ...(interfaceId === undefined ? {} : { interfaceId }) };
    }),
  );
}

/** Ends, start and link layer of anything that is sent. */
export interface TalkOptions {
  readonly client: WriteEndpoint;
  readonly server: WriteEndpoint;
  /** Time of the first packet. */
  readonly start: bigint;
  /** From a packet of the client to the answer, as a recorder at the client sees it; default 400 µs. */
  readonly roundTrip?: bigint;
  /** Default Ethernet. */
  readonly link?: LinkLayer;
}

const ROUND_TRIP = 400_000n;

/** Datagrams of one exchange over UDP, one after the other. `after`: ns after the one before; default half a round trip more than nothing. */
export function udpExchange(
  options: TalkOptions,
  datagrams: readonly { readonly from: Side; readonly bytes: Uint8Array; readonly after?: bigint }[],
): WritePacket[] {
  const { client, server, start, roundTrip = ROUND_TRIP, link = ethernet() } = options;
  let at = start;
  return datagrams.map(({ from, bytes, after }, i) => {
    at += i === 0 ? 0n : (after ?? roundTrip);
    const [source, destination] = from === 'client' ? [client, server] : [server, client];
    const ip = ipPacket(
      { source: source.address, destination: destination.address, protocol: 17, id: 0x2000 + i },
      udpSegment(source, destination, bytes),
    );
    return { at, bytes: link(ip, from), source: source.address };
  });
}

/** A Kerberos message as TCP carries it: its length in four bytes before it (RFC 4120 section 7.2.2). */
export function kerberosFrame(message: Uint8Array): Uint8Array {
  const { length } = message;
  return joined(Uint8Array.of(length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff), message);
}

/** How an attempt to open a TCP connection that never opens goes. */
export interface FailedOpening extends TalkOptions {
  /** Milliseconds after the first of each further SYN; default none. */
  readonly repeats?: readonly number[];
  readonly isn?: number;
  /** Absent: silence. `refused`: a RST answers each SYN; an object: ICMP of that kind, said by the server or a router, answers each. */
  readonly answer?: 'refused' | { readonly unreachable: keyof typeof UNREACHABLE; readonly by?: string };
}

/** When a SYN without an answer is sent again, milliseconds after the first, with an initial time-out of one second (RFC 6298). */
export const SYN_REPEATS: readonly number[] = [1000, 3000, 7000, 15_000];
/** What Windows does after a RST: the SYN twice more, half a second apart (seen in public recordings; TcpMaxConnectRetransmissions 2). */
export const REFUSED_REPEATS: readonly number[] = [500, 1000];

/** SYNs and what answers them. */
export function failedOpening(options: FailedOpening): WritePacket[] {
  const { client, server, start, roundTrip = ROUND_TRIP, link = ethernet(), repeats = [], isn = 0x1a2b_3c4d, answer } = options;
  return [0, ...repeats].flatMap((ms, i) => {
    const at = start + BigInt(ms) * 1_000_000n;
    const path = { source: client.address, destination: server.address, protocol: 6, ttl: 128, id: 0x3000 + i };
    const syn = ipPacket(path, tcpSegment({ from: client, to: server, seq: isn, flags: TCP_FLAGS.syn, mss: 1460 }));
    const out: WritePacket[] = [{ at, bytes: link(syn, 'client'), source: client.address }];
    if (answer === 'refused') {
      const reset = tcpSegment({ from: server, to: client, seq: 0, ack: isn + 1, flags: TCP_FLAGS.rst | TCP_FLAGS.ack, window: 0 });
      const back = { source: server.address, destination: client.address, protocol: 6, id: 0 };
      out.push({ at: at + roundTrip, bytes: link(ipPacket(back, reset), 'server'), source: server.address });
    } else if (answer !== undefined) {
      const by = answer.by ?? server.address;
      const bytes = link(unreachablePacket(by, client.address, answer.unreachable, syn), 'server');
      out.push({ at: at + roundTrip, bytes, source: by });
    }
    return out;
  });
}
