import type { Side } from '../dissect/types.ts';
import { DETAIL, FLAG, ROW } from './tcp-rows.ts';
import type { TcpTable } from './tcp-table.ts';
import type { Conversation, Endpoint, TcpFacts } from './types.ts';

/** Ports that servers listen on, to tell the client of a flow whose beginning is not in the capture. */
const SERVER_PORTS: ReadonlySet<number> = new Set([
  21, 22, 23, 25, 53, 80, 88, 110, 135, 139, 143, 389, 443, 445, 464, 465, 587, 593, 636, 993, 995, 1433, 2179, 3128, 3268, 3269, 3389,
  5985, 5986, 8080, 8443, 9389, 47001,
]);
/** First port that Windows (since Vista) and IANA give to clients. */
const DYNAMIC_PORTS = 49_152;
/** A single SYN this short before the end of the capture may still have been answered, ns: the first is repeated after 1 s. */
const SILENCE_NS = 1_000_000_000n;

/** Which side of a flow is the client, and how that is known. */
export interface ClientKnowledge {
  readonly side: 0 | 1;
  readonly by: Conversation['clientKnownBy'];
}

/** Client of two ports without anything else known. */
export function clientByPorts(port0: number, port1: number): ClientKnowledge {
  const known0 = SERVER_PORTS.has(port0);
  const known1 = SERVER_PORTS.has(port1);
  if (known0 !== known1) return { side: known0 ? 1 : 0, by: 'port' };
  if (port0 < 1024 !== port1 < 1024) return { side: port0 < 1024 ? 1 : 0, by: 'port' };
  if (port0 < DYNAMIC_PORTS !== port1 < DYNAMIC_PORTS) return { side: port0 < DYNAMIC_PORTS ? 1 : 0, by: 'port' };
  return { side: 0, by: 'first-packet' };
}

/** Which side of a TCP flow is the client. */
export function clientOf(table: TcpTable, row: number): ClientKnowledge {
  const chunk = table.rows.chunk(row);
  const o = table.rows.at(row);
  const bits = chunk[o + ROW.flags]!;
  if ((bits & FLAG.syn) !== 0) return { side: 0, by: 'syn' };
  if ((bits & (FLAG.syn << 1)) !== 0) return { side: 1, by: 'syn' };
  if ((bits & FLAG.synAck) !== 0) return { side: 1, by: 'syn-ack' };
  if ((bits & (FLAG.synAck << 1)) !== 0) return { side: 0, by: 'syn-ack' };
  if ((bits & FLAG.client) !== 0) return { side: 0, by: 'protocol' };
  if ((bits & (FLAG.client << 1)) !== 0) return { side: 1, by: 'protocol' };
  if ((bits & FLAG.expected) !== 0) return { side: 1, by: 'protocol' };
  if ((bits & (FLAG.expected << 1)) !== 0) return { side: 0, by: 'protocol' };
  const ports = chunk[o + ROW.ports]!;
  return clientByPorts(ports >>> 16, ports & 0xffff);
}

/** Address and port of one side. */
export function endpointOf(table: TcpTable, row: number, side: 0 | 1): Endpoint {
  const chunk = table.rows.chunk(row);
  const o = table.rows.at(row);
  const ports = chunk[o + ROW.ports]!;
  return {
    address: table.addresses.text(chunk[o + side]!, (chunk[o + ROW.flags]! & FLAG.v6) !== 0),
    port: side === 0 ? ports >>> 16 : ports & 0xffff,
  };
}

/** Did the client of a flow fail to open it, so that it should be told although nobody spoke? */
export function failedOpening(table: TcpTable, row: number): boolean {
  const bits = table.rows.chunk(row)[table.rows.at(row) + ROW.flags]!;
  const { side } = clientOf(table, row);
  // More than SYN and RST, of either side: it was open, whatever is missing here.
  const answered = FLAG.synAck | (FLAG.synAck << 1) | FLAG.more | (FLAG.more << 1);
  return (bits & (FLAG.syn << side)) !== 0 && (bits & answered) === 0;
}

/** Facts of a flow as objects. A single SYN at the end of what was read so far may not have had the time to be answered: its opening is `unknown`. */
export function tcpFacts(table: TcpTable, row: number): TcpFacts {
  const chunk = table.rows.chunk(row);
  const o = table.rows.at(row);
  const bits = chunk[o + ROW.flags]!;
  const client = clientOf(table, row).side;
  const server = (1 - client) as 0 | 1;
  const { clock } = table;
  const first = clock.absolute(chunk[o + ROW.firstSeconds]!, chunk[o + ROW.firstNanoseconds]!);
  const last = clock.absolute(chunk[o + ROW.lastSeconds]!, chunk[o + ROW.lastNanoseconds]!);
  const both = (side0: number, side1: number): Record<Side, number> => ({
    client: client === 0 ? side0 : side1,
    server: client === 0 ? side1 : side0,
  });
  const detail = chunk[o + ROW.detail]! - 1;
  const syn = chunk[o + ROW.syn]! >>> 0;
  const shared = {
    packets: chunk[o + ROW.packets]! >>> 0,
    syn,
    rst: both(chunk[o + ROW.rst0]! >>> 0, chunk[o + ROW.rst1]! >>> 0),
    first,
    last,
    opening: openingOf(table, bits, client, syn, last),
    firstFrame: chunk[o + ROW.frame]! >>> 0,
  };
  if (detail < 0) {
    // Only SYNs of one side and RSTs: each SYN after the first was sent again.
    return {
      ...shared,
      bytes: { client: 0, server: 0 },
      synAck: 0,
      fin: { client: 0, server: 0 },
      retransmissions: Math.max(0, syn - 1),
      lost: 0,
      zeroWindow: 0,
      duplicates: 0,
    };
  }
  const details = table.details.chunk(detail);
  const d = table.details.at(detail);
  const floats = table.details.float(detail);
  const handshake = floats[(d + DETAIL.handshake) >> 1]!;
  const bytes = (d + DETAIL.bytes) >> 1;
  return {
    ...shared,
    bytes: both(floats[bytes]!, floats[bytes + 1]!),
    synAck: details[d + DETAIL.synAck]!,
    fin: both(details[d + DETAIL.fin]!, details[d + DETAIL.fin + 1]!),
    retransmissions: details[d + DETAIL.retransmissions]!,
    lost: details[d + DETAIL.lost]!,
    zeroWindow: details[d + DETAIL.zeroWindow]!,
    duplicates: details[d + DETAIL.duplicates]!,
    ...(handshake >= 0 && server === 1 ? { handshakeNs: handshake } : {}),
  };
}

function openingOf(table: TcpTable, bits: number, client: 0 | 1, syn: number, last: bigint): TcpFacts['opening'] {
  const server = 1 - client;
  if ((bits & (FLAG.synAck | (FLAG.synAck << 1))) !== 0) return 'open';
  if ((bits & (FLAG.syn << client)) === 0) return 'unknown';
  if ((bits & (FLAG.refused << server)) !== 0) return 'refused';
  if ((bits & FLAG.unreachable) !== 0) return 'unreachable';
  // Anything but SYN and RST of either side: it was open, and this capture does not show how.
  if ((bits & (FLAG.more | (FLAG.more << 1) | (FLAG.seen << server))) !== 0) return 'unknown';
  const { clock } = table;
  return syn === 1 && clock.absolute(clock.latestSeconds, clock.latestNanoseconds) - last < SILENCE_NS ? 'unknown' : 'silent';
}

/** Initial sequence numbers as far as SYN and SYN-ACK are in the capture. */
export function initialNumbers(table: TcpTable, row: number): Conversation['isn'] {
  const chunk = table.rows.chunk(row);
  const o = table.rows.at(row);
  const bits = chunk[o + ROW.flags]!;
  const client = clientOf(table, row).side;
  const detail = chunk[o + ROW.detail]! - 1;
  const own = (bits & ((FLAG.syn | FLAG.synAck) << client)) !== 0;
  const other = (bits & ((FLAG.syn | FLAG.synAck) << (1 - client))) !== 0;
  const base0 = chunk[o + ROW.base0]! >>> 0;
  const base1 = detail < 0 ? undefined : table.details.chunk(detail)[table.details.at(detail) + DETAIL.base1]! >>> 0;
  const ofClient = own ? (client === 0 ? base0 : base1) : undefined;
  const ofServer = other ? (client === 0 ? base1 : base0) : undefined;
  if (ofClient === undefined) return ofServer === undefined ? undefined : { server: ofServer };
  return ofServer === undefined ? { client: ofClient } : { client: ofClient, server: ofServer };
}

/** Earlier flows of the same ports looked at to find the one that this is recorded from once more. */
const MAX_EARLIER = 64;

/**
 * The earlier stream that this one is a second recording of: same ends and the same initial sequence numbers of both sides, with another connection of the same
 * ports between them in the file. Numbers of 32 bits agree by chance once in 2^64.
 */
export function recordedBefore(table: TcpTable, row: number): number | undefined {
  const own = numbersOf(table, row);
  if (own === undefined) return undefined;
  let earlier = own.previous;
  for (let i = 0; i < MAX_EARLIER && earlier >= 0; i++) {
    const other = numbersOf(table, earlier);
    if (other === undefined) return undefined;
    if (other.whole && own.whole && other.base0 === own.base0 && other.base1 === own.base1 && other.address0 === own.address0)
      return earlier;
    earlier = other.previous;
  }
  return undefined;
}

function numbersOf(table: TcpTable, row: number) {
  const chunk = table.rows.chunk(row);
  const o = table.rows.at(row);
  const detail = chunk[o + ROW.detail]! - 1;
  if (detail < 0) return undefined;
  const details = table.details.chunk(detail);
  const d = table.details.at(detail);
  const bits = chunk[o + ROW.flags]!;
  return {
    previous: details[d + DETAIL.previous]! - 1,
    base0: chunk[o + ROW.base0]!,
    base1: details[d + DETAIL.base1]!,
    address0: chunk[o + ROW.address0]!,
    whole: (bits & FLAG.fromStart) !== 0 && (bits & (FLAG.synAck << 1)) !== 0,
  };
}
