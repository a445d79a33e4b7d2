import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { ConnectionLost } from '@winmedic/wsman';
import { afterEach, describe, expect, it } from 'vitest';
import { SocketTransport } from './http-transport.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A transport to a server that does with each connection what it is told. */
async function transportTo(serve: (socket: Socket) => void): Promise<SocketTransport> {
  const server = createServer(serve);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = dial({ port: (server.address() as { port: number }).port, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  return new SocketTransport(socket, { hostHeader: 'hv01:5985', secure: false });
}

const request = {
  method: 'POST',
  path: '/wsman',
  headers: { 'Content-Type': 'text/plain' },
  body: Buffer.from('hello'),
  headerTimeoutMs: 5000,
  timeoutMs: 5000,
} as const;

/** Answers each request with the pieces, some milliseconds apart. */
function answering(...pieces: (string | Buffer)[]): (socket: Socket) => void {
  return (socket) => {
    socket.on('error', () => {});
    socket.on('data', async () => {
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
  };
}

describe('HTTP over one connection', () => {
  it('sends a request with Host and Content-Length and reads an answer that comes in pieces', async () => {
    let seen = '';
    const answer = answering(
      'HTTP/1.1 401 Unauth',
      'orized\r\nWWW-Authenticate: Negotiate\r\nwww-authenticate: Kerberos\r\nContent-Le',
      'ngth: 4\r\n\r\nab',
      'cd',
    );
    const transport = await transportTo((socket) => {
      socket.on('data', (bytes) => {
        seen += bytes.toString('latin1');
      });
      answer(socket);
    });
    const response = await transport.send(request);
    expect(seen).toContain('POST /wsman HTTP/1.1\r\nHost: hv01:5985\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello');
    expect(response.status).toBe(401);
    expect(response.statusText).toBe('Unauthorized');
    expect(response.headers.slice(0, 2)).toEqual([
      ['WWW-Authenticate', 'Negotiate'],
      ['www-authenticate', 'Kerberos'],
    ]);
    expect(Buffer.from(response.body).toString()).toBe('abcd');
    transport.close();
  });

  it.each([
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n', 'abcde'],
    ['an interim answer before', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['lines that end with LF alone', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'ok'],
    ['the same length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok', 'ok'],
  ])('reads %s', async (_, wire, body) => {
    const transport = await transportTo(answering(...wire));
    expect(Buffer.from((await transport.send(request)).body).toString()).toBe(body);
    transport.close();
  });

  it('keeps the connection for the next request, and reads until the end when there is no length', async () => {
    let count = 0;
    const transport = await transportTo((socket) => {
      socket.on('data', () => {
        if (++count === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        else socket.end('HTTP/1.1 200 OK\r\n\r\nrest');
      });
    });
    expect((await transport.send(request)).body.length).toBe(0);
    expect(Buffer.from((await transport.send(request)).body).toString()).toBe('rest');
    await expect(transport.send(request)).rejects.toMatchObject({ how: 'closed' });
    expect(count).toBe(2);
  });

  it('does not use a connection that the server wants closed', async () => {
    const transport = await transportTo(answering('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'));
    await transport.send(request);
    await expect(transport.send(request)).rejects.toMatchObject({ how: 'closed' });
  });

  it.each([
    ['reset', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['closed', (socket: Socket) => socket.once('data', () => socket.end())],
    ['closed', (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))],
    ['timeout', () => {}],
    ['timeout', answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')],
    ['not-http', answering('SSH-2.0-OpenSSH\r\n')],
    ['not-http', answering('HTTP/2 200\r\n\r\n')],
    ['not-http', answering('HTTP/1.1 200 OK\r\nContent-Length: 752\r\nContent-Length: 0\r\n\r\n')],
    ['not-http', answering('HTTP/1.1 200 OK\r\nno colon\r\n\r\n')],
    ['not-http', answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')],
    ['not-http', answering(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}`)],
    ['not-http', answering(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(300)}\r\n`)],
    ['not-http', answering('HTTP/1.1 100 Continue\r\n\r\n'.repeat(20))],
  ] as const)('tells how the connection was lost: %s (%#)', async (how, serve) => {
    const transport = await transportTo(serve as (socket: Socket) => void);
    const limits = how === 'timeout' ? { headerTimeoutMs: 200, timeoutMs: 400 } : {};
    const lost = await transport.send({ ...request, ...limits }).catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(ConnectionLost);
    expect(lost).toMatchObject({ how });
  });

  it('never lets a line break into a header', async () => {
    const transport = await transportTo(() => {});
    await expect(transport.send({ ...request, headers: { Authorization: 'a\r\nX: b' } })).rejects.toThrow(TypeError);
    transport.close();
  });
});
