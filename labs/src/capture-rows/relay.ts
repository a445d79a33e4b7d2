import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Side } from '../capture-writer/index.ts';

/** Where a relay listens, and what it does. */
export interface RelayOptions {
  /** Loopback address to listen on, default 127.0.0.1. */
  readonly address?: string;
  /** Port to listen on; default a free one. */
  readonly port?: number;
  /** Passes on UDP datagrams of the same port as well (a KDC). */
  readonly udp?: boolean;
}

/** One connection that went through a relay. Times are nanoseconds since 1970. */
export interface RelayedConnection {
  readonly protocol: 'tcp' | 'udp';
  readonly openedAt: bigint;
  /** How the target took it; a UDP conversation is `open`. */
  readonly opened: 'open' | 'refused' | 'pending';
  readonly data: readonly { readonly at: bigint; readonly from: Side; readonly bytes: Uint8Array }[];
  readonly ends: readonly { readonly at: bigint; readonly from: Side; readonly how: 'fin' | 'rst' }[];
}

/** A running relay. */
export interface Relay {
  readonly address: string;
  readonly port: number;
  /** In the order they were opened. */
  readonly connections: readonly RelayedConnection[];
  /** Ends all connections and stops listening; what was recorded stays. */
  close(): Promise<void>;
}

interface Recording {
  protocol: 'tcp' | 'udp';
  openedAt: bigint;
  opened: RelayedConnection['opened'];
  data: { at: bigint; from: Side; bytes: Uint8Array }[];
  ends: { at: bigint; from: Side; how: 'fin' | 'rst' }[];
}

/** Tries to find a port that is free over TCP and UDP alike. */
const TRIES = 20;

/**
 * Starts a relay on loopback that passes connections on to a target and writes down what each side sent, when, and how it ended. The target is dialled
 * when a client connects; when it refuses, the client's connection is reset, and the recording says `refused`.
 */
export async function startRelay(
  target: { readonly address: string; readonly port: number },
  { address = '127.0.0.1', port = 0, udp = false }: RelayOptions = {},
): Promise<Relay> {
  const connections: Recording[] = [];
  const sockets = new Set<Socket>();
  const begin = (protocol: Recording['protocol'], opened: Recording['opened']): Recording => {
    const recording: Recording = { protocol, openedAt: now(), opened, data: [], ends: [] };
    connections.push(recording);
    return recording;
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) => {
    const onward = connect({ host: target.address, port: target.port, noDelay: true, allowHalfOpen: true });
    for (const socket of [client, onward]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    pass(begin('tcp', 'pending'), client, onward);
  });
  for (let tries = 1; ; tries++) {
    await listening(server, port, address);
    const taken = (server.address() as AddressInfo).port;
    try {
      const datagrams = udp ? await relayDatagrams(target, address, taken, () => begin('udp', 'open')) : undefined;
      return {
        address,
        port: taken,
        connections,
        close: async () => {
          for (const socket of sockets) socket.destroy();
          datagrams?.close();
          await new Promise((resolve) => server.close(resolve));
        },
      };
    } catch (error) {
      await new Promise((resolve) => server.close(resolve));
      if (tries >= TRIES || port !== 0) throw error;
    }
  }
}

/** Nanoseconds since 1970, finer than the clock of the day. */
function now(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}

function pass(recording: Recording, client: Socket, onward: Socket): void {
  const ended = new Set<Side>();
  const end = (from: Side, how: 'fin' | 'rst') => {
    if (ended.has(from)) return;
    ended.add(from);
    recording.ends.push({ at: now(), from, how });
  };
  onward.once('connect', () => {
    recording.opened = 'open';
    client.resume();
  });
  const ends = { client: [client, onward], server: [onward, client] } as const;
  for (const from of ['client', 'server'] as const) {
    const [one, peer] = ends[from];
    one.on('data', (bytes: Buffer) => {
      recording.data.push({ at: now(), from, bytes: Uint8Array.from(bytes) });
      peer.write(bytes);
    });
    one.on('end', () => {
      end(from, 'fin');
      peer.end();
    });
    one.on('error', (error: NodeJS.ErrnoException) => {
      if (from === 'server' && recording.opened === 'pending') recording.opened = 'refused';
      else if (error.code === 'ECONNRESET') end(from, 'rst');
    });
    // A peer that is gone resets; one that closed both ways needs nothing more.
    one.on('close', (hadError: boolean) => {
      if (!peer.destroyed && (hadError || !one.readableEnded)) peer.resetAndDestroy();
    });
  }
}

async function relayDatagrams(
  target: { readonly address: string; readonly port: number },
  address: string,
  port: number,
  begin: () => Recording,
): Promise<{ close(): void }> {
  const front = createSocket('udp4');
  await new Promise<void>((resolve, reject) => front.once('error', reject).bind(port, address, () => resolve()));
  const onward = new Map<string, { readonly socket: UdpSocket; readonly recording: Recording }>();
  front.on('message', (bytes, from) => {
    const key = `${from.address}:${from.port}`;
    let talk = onward.get(key);
    if (talk === undefined) {
      const recording = begin();
      const socket = createSocket('udp4');
      socket.on('message', (answer) => {
        recording.data.push({ at: now(), from: 'server', bytes: Uint8Array.from(answer) });
        front.send(answer, from.port, from.address);
      });
      socket.on('error', () => {});
      talk = { socket, recording };
      onward.set(key, talk);
    }
    talk.recording.data.push({ at: now(), from: 'client', bytes: Uint8Array.from(bytes) });
    talk.socket.send(bytes, target.port, target.address);
  });
  return {
    close: () => {
      front.close();
      for (const { socket } of onward.values()) socket.close();
    },
  };
}

function listening(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
