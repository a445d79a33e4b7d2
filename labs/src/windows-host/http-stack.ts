import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { SERVER } from './wire.ts';

/** Who answers the requests of a connection. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Node's own limit on headers is lifted above every MaxFieldLength a test may set; the double answers 400 itself. */
const MAX_HEADERS = 256 * 1024;

const handlers = new WeakMap<Duplex, RequestHandler>();
let shared: Server | undefined;

/**
 * Hands a connection, clear or inside TLS, to the HTTP parser that all hosts of the process share: a host costs a listening socket, not a
 * server.
 */
export function serveConnection(socket: Duplex, handler: RequestHandler): void {
  handlers.set(socket, handler);
  shared ??= makeServer();
  shared.emit('connection', socket);
}

function makeServer(): Server {
  const server = createServer({ maxHeaderSize: MAX_HEADERS, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
  server.on('request', (request, response) => handlers.get(request.socket)?.(request, response));
  server.on('clientError', (_, socket) => {
    if (!socket.writable) return;
    socket.end(`HTTP/1.1 400 Bad Request\r\nServer: ${SERVER}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  return server;
}
