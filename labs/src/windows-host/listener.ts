import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, type SecureContext, type SecureVersion, TLSSocket } from 'node:tls';
import { isSealedType, sealBody, unsealBody } from '@winmedic/wsman';
import { type HostCertificate, hostCertificate } from './certificate.ts';
import { serveConnection } from './http-stack.ts';
import { ConnectionLogin, type LoginOutcome } from './login.ts';
import { WsmanService } from './service.ts';
import type { HostState } from './state.ts';
import type { ListenerSpec } from './types.ts';
import { breakSocket, faultAnswer, type HttpParts, httpSysPage, send } from './wire.ts';

/** Bytes of a body that are read at all: far above every MaxEnvelopeSizekb a test sets. */
const MAX_BODY = 64 * 1024 * 1024;
const SOAP = 'application/soap+xml;charset=UTF-8';
/** Where a Windows client asks without login, besides the header WSMANIDENTIFY. */
const ANONYMOUS_PATH = '/wsman-anon/identify';

/** One WinRM listener: a port, its connections, and what stands between TCP and the SOAP service. */
export class Listener {
  readonly transport: 'HTTP' | 'HTTPS';
  readonly #host: HostState;
  readonly #spec: ListenerSpec;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #secureContext: SecureContext | undefined;

  constructor(host: HostState, spec: ListenerSpec) {
    this.#host = host;
    this.#spec = spec;
    this.transport = spec.transport;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  async listen(): Promise<void> {
    this.#server.listen({ port: this.#spec.port ?? 0, host: this.#host.spec.address, backlog: 512 });
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The certificate of HTTPS, DER. */
  get certificate(): Uint8Array | undefined {
    return this.transport === 'HTTPS' ? this.#tls().certificate : undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #tls(): HostCertificate {
    const { tls } = this.#spec;
    if (tls === undefined) return hostCertificate(this.#host.spec);
    return { key: tls.key, cert: tls.cert, certificate: new Uint8Array(new X509Certificate(tls.cert).raw) };
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // A client that breaks the connection is no error of the double.
    socket.on('error', () => socket.destroy());
    const secure = this.transport === 'HTTPS';
    if (this.#host.loses()) {
      socket.resetAndDestroy();
      return;
    }
    if (breakSocket(socket, this.#host.spec.fault, secure)) return;
    if (secure) this.#secure(socket);
    else this.#serve(socket, socket, undefined);
  }

  #secure(socket: Socket): void {
    const { key, cert } = this.#tls();
    const { tls } = this.#spec;
    this.#secureContext ??= createSecureContext({
      key,
      cert,
      ...(tls?.minVersion === undefined ? {} : { minVersion: tls.minVersion as SecureVersion }),
      ...(tls?.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion as SecureVersion }),
      // OpenSSL has the old versions only without its minimum of strength.
      ...(tls?.maxVersion === 'TLSv1' || tls?.maxVersion === 'TLSv1.1' ? { ciphers: 'DEFAULT:@SECLEVEL=0' } : {}),
      ...(tls?.clientCa === undefined ? {} : { ca: tls.clientCa }),
    });
    const requestCert = this.#host.spec.auth.certificate;
    const secured = new TLSSocket(socket, { isServer: true, secureContext: this.#secureContext, requestCert, rejectUnauthorized: false });
    secured.on('error', () => socket.destroy());
    secured.on('secure', () => this.#serve(secured, socket, secured));
  }

  #serve(stream: Duplex, socket: Socket, secured: TLSSocket | undefined): void {
    const host = this.#host;
    const login = new ConnectionLogin(host.spec, host.accounts, host.security, {
      secure: secured !== undefined,
      address: socket.remoteAddress ?? '',
      certificate: this.certificate,
      clientCertificate: () => {
        const der = secured?.getPeerX509Certificate()?.raw;
        return der === undefined ? undefined : new Uint8Array(der);
      },
      credSspTls: () => this.#tls(),
    });
    const connection = new Connection(host, login, this.#spec.prefix ?? 'wsman', secured, socket);
    serveConnection(stream, (request, response) => {
      connection.handle(request, response).catch((error: unknown) => {
        socket.destroy();
        host.onError(error);
      });
    });
  }
}

/** One connection: its login, and the way of each request. */
class Connection {
  readonly #host: HostState;
  readonly #login: ConnectionLogin;
  readonly #path: string;
  readonly #secured: TLSSocket | undefined;
  readonly #socket: Socket;
  #turn: Promise<void> = Promise.resolve();

  constructor(host: HostState, login: ConnectionLogin, prefix: string, secured: TLSSocket | undefined, socket: Socket) {
    this.#host = host;
    this.#login = login;
    this.#path = `/${prefix.toLowerCase()}`;
    this.#secured = secured;
    this.#socket = socket;
    socket.on('close', () => host.places.leave(this));
  }

  /** Requests of a connection are dealt with one after another, also pipelined ones: logins and sealing count on their order. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const turn = this.#turn.then(() => this.#handle(request, response));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { spec } = this.#host;
    this.#host.requests++;
    if (spec.fault === 'tls13-client-certificate' && this.#secured?.getProtocol() === 'TLSv1.3' && this.#clientSentCertificate()) {
      this.#socket.resetAndDestroy();
      return;
    }
    const body = await readBody(request);
    if (body === undefined) {
      this.#socket.destroy();
      return;
    }
    if (spec.latencyMs !== undefined) await sleep(spec.latencyMs);
    if (response.destroyed) return;
    await this.#answer(request, body, (status, parts) => send(response, status, parts));
  }

  #clientSentCertificate(): boolean {
    return this.#secured?.getPeerX509Certificate() !== undefined;
  }

  async #answer(request: IncomingMessage, body: Uint8Array, reply: (status: number, parts?: HttpParts) => void): Promise<void> {
    const { spec } = this.#host;
    for (let i = 0; i < request.rawHeaders.length; i += 2)
      if ((request.rawHeaders[i]?.length ?? 0) + (request.rawHeaders[i + 1]?.length ?? 0) > spec.maxFieldLength) {
        reply(400, { ...httpSysPage(400, 'Bad Request - Request Too Long', 'The size of the request headers is too long.'), close: true });
        return;
      }
    const broken = faultAnswer(spec.fault);
    if (broken !== undefined) {
      reply(broken.status, broken.parts);
      return;
    }
    const path = (request.url ?? '').split('?', 1)[0]?.toLowerCase() ?? '';
    const anonymous = request.headers['wsmanidentify']?.toString().toLowerCase() === 'unauthenticated' || path === ANONYMOUS_PATH;
    if (path !== this.#path && path !== ANONYMOUS_PATH) reply(404, httpSysPage(404, 'Not Found', 'The requested resource is not found.'));
    else if (request.method !== 'POST') reply(405, { headers: { Allow: 'POST' } });
    else if (anonymous && WsmanService.isIdentify(body)) reply(200, { body: this.#host.service.identify(false), contentType: SOAP });
    else await this.#authorized(request, body, reply);
  }

  async #authorized(request: IncomingMessage, body: Uint8Array, reply: (status: number, parts?: HttpParts) => void): Promise<void> {
    const header = request.headers.authorization;
    const outcome: LoginOutcome =
      header === undefined
        ? this.#login.current === undefined
          ? { kind: 'refused' }
          : { kind: 'accepted', login: this.#login.current }
        : await this.#login.take(header);
    if (outcome.kind !== 'accepted') {
      const challenge = outcome.challenge === undefined ? this.#login.offered() : [outcome.challenge];
      reply(401, { headers: { 'WWW-Authenticate': challenge } });
      return;
    }
    const headers = outcome.challenge === undefined ? {} : { headers: { 'WWW-Authenticate': outcome.challenge } };
    if (body.length === 0) reply(200, headers);
    else await this.#soap(request, body, outcome.login, headers, reply);
  }

  async #soap(
    request: IncomingMessage,
    body: Uint8Array,
    login: Extract<LoginOutcome, { kind: 'accepted' }>['login'],
    headers: HttpParts,
    reply: (status: number, parts?: HttpParts) => void,
  ): Promise<void> {
    const host = this.#host;
    const { auth, limits } = host.spec;
    const type = request.headers['content-type'] ?? '';
    const sealed = isSealedType(type);
    let clear = body;
    if (sealed) {
      if (login.sealing === undefined) return reply(400, { ...headers, reason: 'Bad Request' });
      try {
        clear = unsealBody(type, body, login.sealing.context.protection);
      } catch (error) {
        // Wrong lengths and wrong signatures: the peer's fault, and the keys are out of step from here on.
        host.onError(error);
        return reply(400, { ...headers, reason: 'Bad Request', close: true });
      }
    } else {
      host.clearBodies++;
      if (this.#secured === undefined && !auth.allowUnencrypted) {
        const list = auth.clearBodyStatus === 401 ? { headers: { 'WWW-Authenticate': this.#login.offered() } } : headers;
        return reply(auth.clearBodyStatus, list);
      }
    }
    if (clear.length > limits.maxEnvelopeSizeKb * 1024) return reply(413, headers);
    const quota = !host.places.enter(this);
    const answer = await host.service.answer(clear, login.caller, quota);
    host.places.used(this);
    const xml = Buffer.from(answer.xml);
    if (!sealed || login.sealing === undefined) return reply(answer.status, { ...headers, body: xml, contentType: SOAP });
    const out = sealBody(login.sealing.context.protection, login.sealing.scheme, xml);
    reply(answer.status, { ...headers, body: out.body, contentType: out.contentType });
  }
}

/** The whole body; `undefined` when it is too long or the connection broke. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > MAX_BODY) return undefined;
      chunks.push(chunk as Buffer);
    }
  } catch {
    return undefined;
  }
  return new Uint8Array(Buffer.concat(chunks));
}
