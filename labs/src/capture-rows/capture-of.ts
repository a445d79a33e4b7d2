import {
  DNS_RCODES,
  DNS_TYPES,
  dnsAnswer,
  dnsQuestion,
  failedOpening,
  inOrder,
  TcpConversation,
  udpExchange,
  type WriteEndpoint,
  type WritePacket,
} from '../capture-writer/index.ts';
import { ROW_HOST } from '../connection-rows/common.ts';
import type { Relay, RelayedConnection } from './relay.ts';

/** Addresses of the captures of the rows (RFC 5737): the client, the host, and its domain controller, which is the name server as well. */
export const CAPTURE_CLIENT = '192.0.2.50';
export const CAPTURE_SERVER = '192.0.2.10';
export const CAPTURE_DC = '192.0.2.20';

/** The client asks for the address of the host and gets it. */
export function nameExchange(start: bigint, name: string = ROW_HOST, address: string = CAPTURE_SERVER): WritePacket[] {
  return udpExchange({ client: { address: CAPTURE_CLIENT, port: 53_535 }, server: { address: CAPTURE_DC, port: 53 }, start }, [
    { from: 'client', bytes: dnsQuestion(0x4711, name, DNS_TYPES.a) },
    { from: 'server', bytes: dnsAnswer(0x4711, name, DNS_TYPES.a, DNS_RCODES.ok, [{ name, address }]) },
  ]);
}

/** What a relay stands for in the capture. */
export interface RelayMapping {
  readonly relay: Relay;
  /** Address and port of the server, as the capture shows them. */
  readonly server: WriteEndpoint;
}

/** How a capture of relays is written. */
export interface CaptureOf {
  /** Default {@link CAPTURE_CLIENT}. */
  readonly client?: string;
  /** First port of the client, counted up by connection; default 50,000. */
  readonly firstPort?: number;
}

/** What went through relays, as the packets a recorder at the client would have seen. */
export function captureOf(relays: readonly RelayMapping[], { client = CAPTURE_CLIENT, firstPort = 50_000 }: CaptureOf = {}): WritePacket[] {
  const all = relays
    .flatMap(({ relay, server }) => relay.connections.map((connection) => ({ connection, server })))
    .sort((a, b) => (a.connection.openedAt < b.connection.openedAt ? -1 : 1));
  return inOrder(...all.map(({ connection, server }, i) => packetsOf(connection, { address: client, port: firstPort + i }, server, i)));
}

function packetsOf(connection: RelayedConnection, client: WriteEndpoint, server: WriteEndpoint, i: number): readonly WritePacket[] {
  const start = connection.openedAt;
  if (connection.protocol === 'udp') {
    const datagrams = connection.data.map(({ at, from, bytes }, k) => ({ from, bytes, after: at - (connection.data[k - 1]?.at ?? at) }));
    return udpExchange({ client, server, start }, datagrams);
  }
  const isn = { client: 0x1000_0000 + i * 0x0010_0000, server: 0x6000_0000 + i * 0x0010_0000 };
  // A relay on the same machine: the answer must not come later than the relay saw the next bytes.
  const talk = new TcpConversation({ client, server, start, isn, roundTrip: 60_000n });
  if (connection.opened === 'refused') return talk.refuse().packets;
  if (connection.opened === 'pending') return failedOpening({ client, server, start });
  talk.open();
  const events = [...connection.data, ...connection.ends].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  for (const event of events) {
    talk.until(event.at);
    if ('bytes' in event) talk.send(event.from, event.bytes);
    else if (event.how === 'rst') talk.reset(event.from);
    else talk.fin(event.from);
  }
  return talk.packets;
}
