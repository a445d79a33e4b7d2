import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { connect, createServer as createTlsServer } from 'node:tls';
import { issueCertificate } from '../certificates/index.ts';

/**
 * Servers that are not the host: `portal` redirects everything to a web page, `banner` speaks first and no HTTP (as FTP and mail do), `cut` resets
 * each connection at its first request.
 */
export type OtherServer = 'portal' | 'banner' | 'cut';

/** A running server. */
export interface RunningServer {
  readonly port: number;
  /** PEM of the certificate it shows. */
  readonly cert?: string;
  close(): Promise<void>;
}

/** Starts a server in the place of the host. Port 0 takes a free one. */
export async function startOtherServer(kind: OtherServer, address: string, port = 0): Promise<RunningServer> {
  if (kind !== 'portal')
    return listening(
      createServer((socket) => {
        socket.on('error', () => socket.destroy());
        if (kind === 'cut') socket.once('data', () => socket.resetAndDestroy());
        else socket.write('220 files.corp.example ready\r\n');
      }),
      address,
      port,
    );
  return listening(
    createHttpServer((request, response) => {
      request.resume();
      response.writeHead(302, { Location: 'https://portal.corp.example/login', 'Content-Type': 'text/html' });
      response.end('<!DOCTYPE html><html><body>-</body></html>');
    }),
    address,
    port,
  );
}

/** Starts a device that ends TLS with a certificate of its own and passes everything on to the host over TLS. */
export async function startInspection(address: string, host: { readonly address: string; readonly port: number }): Promise<RunningServer> {
  const { key, cert } = issueCertificate({ commonName: 'hv01.corp.example', names: ['hv01.corp.example'] });
  const server = createTlsServer({ key, cert }, (client) => {
    const onward = connect({ host: host.address, port: host.port, rejectUnauthorized: false, servername: 'hv01.corp.example' });
    client.pipe(onward).pipe(client);
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  return { ...(await listening(server, address, 0)), cert };
}

async function listening(server: Server, address: string, port: number): Promise<RunningServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
