import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { ConnectionAttempt } from '../model/connection.ts';

/** Small servers on loopback for the tests of this room. */
export class TestServers {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  /** @returns the port it took. */
  async tcp(serve: (socket: Socket) => void, port = 0, host = '127.0.0.1'): Promise<number> {
    return this.#listen(createServer({ allowHalfOpen: false }, serve), port, host);
  }

  /** The same behind TLS. */
  async tls(options: TlsOptions, serve: (socket: Socket) => void): Promise<number> {
    const server = createTlsServer(options, serve);
    server.on('tlsClientError', () => {});
    return this.#listen(server, 0, '127.0.0.1');
  }

  async #listen(server: Server, port: number, host: string): Promise<number> {
    this.#servers.push(server);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return (server.address() as { port: number }).port;
  }

  /** Stops all of them. */
  close(): void {
    for (const server of this.#servers.splice(0)) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Answers every request (told by its empty line) with one text; without keeping the connection. */
export function answer(text: string): (socket: Socket) => void {
  return (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.end(text));
  };
}

/** Name and verdict of all rungs that were walked. */
export function walked(attempt: ConnectionAttempt): Record<string, string> {
  return Object.fromEntries(attempt.rungs.filter(({ verdict }) => verdict !== 'unreached').map(({ name, verdict }) => [name, verdict]));
}

/** Values of the properties that begin so. */
export function properties(attempt: ConnectionAttempt, ...prefixes: string[]): Record<string, string> {
  return Object.fromEntries(
    [...attempt.properties]
      .filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix)))
      .map(([name, fact]) => [name, fact.value]),
  );
}
