import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { SecurityContext } from '@winmedic/gss';
import { type HostDouble, startHost, type WindowsHostSpec } from './index.ts';

/** What a request got. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Values of WWW-Authenticate, line by line. */
  readonly challenges: readonly string[];
  readonly body: Uint8Array;
}

/** How a request differs from an empty POST to `/wsman`. */
export interface Asking {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One connection to a listener of a double, for tests: requests go out one after another on the same socket. */
export class OneConnection {
  readonly #agent: HttpAgent;
  readonly #host: string;
  readonly #port: number;
  readonly #secure: boolean;

  constructor(host: string, port: number, tls?: Readonly<Record<string, unknown>>) {
    this.#host = host;
    this.#port = port;
    this.#secure = tls !== undefined;
    const options = { keepAlive: true, maxSockets: 1 };
    this.#agent = tls === undefined ? new HttpAgent(options) : new HttpsAgent({ ...options, rejectUnauthorized: false, ...tls });
  }

  post({ method = 'POST', path = '/wsman', headers = {}, body = '' }: Asking = {}): Promise<Got> {
    const send = this.#secure ? httpsRequest : httpRequest;
    const options = { host: this.#host, port: this.#port, agent: this.#agent, method, path };
    return new Promise((resolve, reject) => {
      const request = send({ ...options, headers: { 'Content-Length': String(Buffer.byteLength(body)), ...headers } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const challenges = response.headersDistinct['www-authenticate'] ?? [];
          resolve({ status: response.statusCode ?? 0, headers: response.headers, challenges, body: new Uint8Array(Buffer.concat(chunks)) });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A host for the time of a test, with a connection to each of its listeners. */
export async function withHost(
  spec: WindowsHostSpec,
  use: (host: HostDouble, ...connections: OneConnection[]) => Promise<void>,
  tls: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const host = await startHost(spec);
  const connections = host.listeners.map((l) => new OneConnection(host.address, l.port, l.transport === 'HTTPS' ? tls : undefined));
  try {
    await use(host, ...connections);
  } finally {
    for (const connection of connections) connection.close();
    await host.close();
  }
}

/** Runs the exchange of a scheme over one connection; the last answer. */
export async function login(connection: OneConnection, context: SecurityContext, scheme = 'Negotiate'): Promise<Got> {
  let token = await context.step();
  for (let i = 0; i < 8; i++) {
    const got = await connection.post({ headers: { Authorization: `${scheme} ${Buffer.from(token ?? []).toString('base64')}` } });
    const answer = got.challenges.find((each) => each.startsWith(`${scheme} `));
    if (answer !== undefined) token = await context.step(new Uint8Array(Buffer.from(answer.slice(scheme.length + 1), 'base64')));
    if (got.status !== 401 || answer === undefined) return got;
  }
  throw new Error('the login does not end');
}
