import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { issueCertificate } from '@winmedic/labs/windows-host';
import type { Random } from './random.ts';
import { mutateText } from './text-mutations.ts';
import { ANSWERS } from './wsman-seeds.ts';

/** What a hostile server did and what it was asked. */
export interface HostileServer {
  readonly port: number;
  connections: number;
  /** Requests that proved the password: once each for NTLM, for Basic not counted as long as none was answered with 401. */
  proofs: number;
  close(): Promise<void>;
}

/** How a server treats each request. */
export interface Conduct {
  readonly random: Random;
  /** A real answer to a token of a login, as `Authorization` has it; `undefined`: none. */
  readonly login: (authorization: string) => Promise<{ readonly challenge?: string; readonly accepted: boolean }>;
  readonly https: boolean;
  /** Requests that are answered rightly before it begins. */
  honest: number;
}

const SCHEMES =
  'WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: Kerberos\r\nWWW-Authenticate: CredSSP\r\nWWW-Authenticate: Basic realm="WSMAN"\r\n';
const SOAP = Object.values(ANSWERS);
const NTLM_PROOF = Buffer.from('NTLMSSP\0\x03\0\0\0', 'latin1');
const STATUSES = [200, 301, 302, 400, 401, 403, 404, 405, 407, 408, 413, 417, 500, 501, 502, 503, 504, 600, 999];
const certificate = issueCertificate({ commonName: 'localhost', addresses: ['127.0.0.1'] } as never);

/** Starts a server on loopback that answers wrongly in every way it knows. */
export async function startHostileServer(conduct: Conduct): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const state: HostileServer = { port: 0, connections: 0, proofs: 0, close };
  let refused = false;
  const onSocket = (socket: Socket): void => {
    state.connections++;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    if (conduct.random.below(20) === 0) return void socket.destroy();
    if (conduct.random.below(30) === 0) return void reset(socket);
    let rest = Buffer.alloc(0);
    let busy = Promise.resolve();
    socket.on('data', (piece) => {
      rest = Buffer.concat([rest, piece]).subarray(-1_000_000);
      busy = busy.then(async () => {
        const request = takeRequest(rest);
        if (request === undefined) return;
        rest = rest.subarray(request.length);
        const proof = proves(request.authorization);
        // Basic goes along with every request of an accepted login.
        if (proof === 'ntlm' || (proof === 'basic' && (state.proofs === 0 || refused))) state.proofs++;
        const write = socket.write.bind(socket);
        if (proof !== undefined) {
          socket.write = ((bytes: Uint8Array | string) => {
            refused ||= Buffer.from(bytes).subarray(0, 12).toString('latin1').endsWith(' 401');
            return write(bytes);
          }) as typeof socket.write;
        }
        await answer(socket, request.authorization, conduct, timers);
        socket.write = write;
      });
    });
  };
  const server: Server = conduct.https
    ? createTlsServer({ key: certificate.key, cert: certificate.cert }, onSocket)
    : createServer(onSocket);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  async function close(): Promise<void> {
    for (const timer of timers) clearInterval(timer);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
  return Object.assign(state, { port });
}

/** A TLS socket has no reset of its own. */
function reset(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}

function proves(authorization: string): 'basic' | 'ntlm' | undefined {
  if (authorization.startsWith('Basic ')) return 'basic';
  return Buffer.from(authorization.split(' ')[1] ?? '', 'base64').includes(NTLM_PROOF) ? 'ntlm' : undefined;
}

function takeRequest(bytes: Buffer): { length: number; authorization: string } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const body = Number(/\r\nContent-Length: (\d+)/i.exec(head)?.[1] ?? 0);
  if (bytes.length < end + 4 + body) return undefined;
  return { length: end + 4 + body, authorization: /\r\nAuthorization: ([^\r\n]*)/i.exec(head)?.[1] ?? '' };
}

/** Sends pieces one after the other, slowly; never ends by itself. */
function drip(socket: Socket, timers: Set<NodeJS.Timeout>, ms: number, piece: () => string): void {
  const timer = setInterval(() => {
    if (socket.destroyed || !socket.write(piece())) clearInterval(timer);
  }, ms);
  timers.add(timer);
  socket.on('close', () => clearInterval(timer));
}

async function answer(socket: Socket, authorization: string, conduct: Conduct, timers: Set<NodeJS.Timeout>): Promise<void> {
  const { random } = conduct;
  const login = authorization === '' ? { accepted: false } : await conduct.login(authorization);
  const challenge = 'challenge' in login && login.challenge !== undefined ? `WWW-Authenticate: ${login.challenge}\r\n` : '';
  const send = (status: number, headers: string, body: string | Buffer = ''): void => {
    const bytes = Buffer.from(body);
    socket.write(
      Buffer.concat([Buffer.from(`HTTP/1.1 ${status} x\r\n${headers}Content-Length: ${bytes.length}\r\n\r\n`, 'latin1'), bytes]),
    );
  };
  const honest = (): void => {
    if (login.accepted) send(200, challenge, '');
    else send(401, challenge || SCHEMES);
  };
  if (conduct.honest-- > 0) return honest();
  switch (random.below(26)) {
    case 0:
      return void socket.destroy();
    case 1:
      return void reset(socket);
    case 2: // silence
      return;
    case 3: // a body that never comes
      return void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n<');
    case 4: // headers without end
      socket.write('HTTP/1.1 200 OK\r\n');
      return drip(socket, timers, 1, () => 'X-More: '.padEnd(2000, 'x').concat('\r\n'));
    case 5: // slowly
      return drip(socket, timers, 20, () => random.pick(['H', 'HTTP/1.1 200 OK\r\n', 'A: b\r\n', '\r\n']));
    case 6: // chunks without end
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      return drip(socket, timers, 1, () => '1\r\nx\r\n'.repeat(1000));
    case 7: // trailers without end
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n');
      return drip(socket, timers, 1, () => 'X: y\r\n'.repeat(1000));
    case 8: // interim answers without end
      return drip(socket, timers, 1, () => 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3));
    case 9: // ten thousand schemes
      return void socket.write(`HTTP/1.1 401 x\r\n${'WWW-Authenticate: Negotiate\r\n'.repeat(10_000)}Content-Length: 0\r\n\r\n`);
    case 10:
      return send(
        401,
        random.pick(['WWW-Authenticate: Negotiate\r\n'.repeat(200), 'WWW-Authenticate: '.concat('x, '.repeat(5000), '\r\n'), '']),
      );
    case 11:
      return send(random.pick([301, 302, 307]), 'Location: http://127.0.0.1/wsman\r\n');
    case 12:
      return send(200, 'Content-Type: text/html\r\nVia: 1.1 proxy\r\n', '<html>portal</html>');
    case 13:
      return send(
        random.pick([200, 500]),
        'Content-Type: multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"\r\n',
        mutateText(
          Buffer.from(
            '--Encrypted Boundary\r\n\tContent-Type: x\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=9\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\x10\0\0\0aaaaaaaaaaaaaaaabbbbbbbbb--Encrypted Boundary--\r\n',
            'latin1',
          ),
          random,
        ).bytes as Buffer,
      );
    case 14:
      return send(
        random.pick([200, 500]),
        'Content-Type: application/soap+xml;charset=UTF-8\r\n',
        mutateText(Buffer.from(random.pick(SOAP)), random).bytes as Buffer,
      );
    case 15:
      return send(random.pick([200, 500]), 'Content-Type: application/soap+xml;charset=UTF-8\r\n', random.pick(SOAP));
    case 16:
      return void socket.write(
        mutateText(Buffer.from(`HTTP/1.1 401 x\r\n${SCHEMES}Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n`), random)
          .bytes,
      );
    case 17:
      return void socket.write(
        random.pick([
          'SSH-2.0-OpenSSH_9.2\r\n',
          '\x15\x03\x01\0\x02\x02\x28',
          '220 mail ESMTP\r\n',
          '\0'.repeat(100),
          'HTTP/2 200\r\n\r\n',
          'HTTP/1.1 200',
        ]),
      );
    case 18: // two answers at once
      send(401, SCHEMES);
      return honest();
    case 19: // the answer and its end together
      honest();
      return void socket.end();
    case 20:
      return send(random.pick(STATUSES), challenge || SCHEMES);
    default:
      return honest();
  }
}
