import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { kerberosTcpFrame, kerberosTcpMessages, kerberosParts as parts } from '@winmedic/kerberos';
import { answererOf } from './answer.ts';
import type { Kdc, KdcSpec } from './types.ts';

const ADDRESS = '127.0.0.1';
/** Tries to find a port that is free over TCP and UDP alike. */
const TRIES = 20;

/** Starts a KDC on loopback, the same free port over TCP and UDP. */
export async function startKdc(spec: KdcSpec): Promise<Kdc> {
  const { answer, accounts } = answererOf(spec);
  const sockets = new Set<Socket>();
  const { tcp, udp, port } = await listen((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, answer);
  });
  udp.on('message', (request, from) => {
    const reply = answer(Uint8Array.from(request));
    udp.send(reply.length > (spec.maxUdpReply ?? 65_507) ? tooBig(spec) : reply, from.port, from.address);
  });
  return {
    realm: spec.realm,
    port,
    transport: () => async (_realm, message) => answer(message),
    checks: accounts.checks,
    keytab: (...names) => ({ entries: names.flatMap((name) => accounts.find(name.split('/'), false)?.keys ?? []), damages: [] }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([new Promise((resolve) => tcp.close(resolve)), new Promise<void>((resolve) => udp.close(resolve))]);
    },
  };
}

async function listen(onSocket: (socket: Socket) => void): Promise<{ tcp: Server; udp: UdpSocket; port: number }> {
  for (let tries = 1; ; tries++) {
    const tcp = createServer(onSocket);
    await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(0, ADDRESS, resolve));
    const address = tcp.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const udp = createSocket('udp4');
    try {
      await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, ADDRESS, resolve));
      return { tcp, udp, port };
    } catch (error) {
      udp.close();
      await new Promise((resolve) => tcp.close(resolve));
      if (tries >= TRIES) throw error;
    }
  }
}

function serve(socket: Socket, answer: (request: Uint8Array) => Uint8Array): void {
  let rest: Uint8Array = new Uint8Array();
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    try {
      const stream = Buffer.concat([rest, chunk]);
      const { messages, used } = kerberosTcpMessages(stream);
      rest = stream.subarray(used);
      for (const message of messages) socket.write(kerberosTcpFrame(answer(message)));
    } catch {
      // An impossible length: no KDC client. Nothing to answer.
      socket.destroy();
    }
  });
}

function tooBig({ realm, now }: KdcSpec): Uint8Array {
  return parts.writeError({
    error: parts.KRB.responseTooBig,
    serverTime: (now ?? Date.now)(),
    clientTime: undefined,
    clientRealm: undefined,
    client: undefined,
    realm,
    service: { type: 2, parts: ['krbtgt', realm] },
    text: undefined,
    data: undefined,
  });
}
