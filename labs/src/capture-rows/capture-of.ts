import { inOrder, TcpConversation, udpExchange, type WriteEndpoint, type WritePacket } from '../capture-writer/index.ts';
import type { Relay, RelayedConnection } from './relay.ts';

/** Addresses of the captures of the rows (RFC 5737): the client, and the host. */
export const CAPTURE_CLIENT = '192.0.2.50';
export const CAPTURE_SERVER = '192.0.2.10';

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
