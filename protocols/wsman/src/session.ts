import type { MessageProtection } from '@winmedic/gss';
import { parseEnvelope } from './envelope.ts';
import { WsmanError } from './errors.ts';
import { headerOf, schemesOf } from './http-auth.ts';
import { bodyKind } from './http-body.ts';
import type { LoginResult, LoginStep } from './login.ts';
import { runLogin } from './login-run.ts';
import { type SealingScheme, sealBody, unsealBody } from './multipart.ts';
import { MUTUAL_PROFILE } from './namespaces.ts';
import { utf8 } from './octets.ts';
import { writeRequest } from './request-write.ts';
import { readIdentity, type WsmanIdentity } from './responses.ts';
import type { Exchange, ProbeResult, SessionAnswer, SessionApi, SessionOptions, SessionTimeouts } from './session-types.ts';
import { ConnectionLost, type HttpRequest, type HttpResponse, type HttpTransport } from './transport.ts';

const SOAP = 'application/soap+xml;charset=UTF-8';
const EMPTY = new Uint8Array();
/** The host may take the whole operation time-out before it answers, and some for itself. */
const GRACE_MS = 10_000;
const DEFAULT_TIMEOUTS: SessionTimeouts = { loginMs: 10_000, headerMs: 30_000, totalMs: 60_000 };

/** One login on one connection, and the messages after it. WinRM binds the login to the connection: when that is gone, so is the session. */
export class WsmanSession implements SessionApi {
  readonly #transport: HttpTransport;
  readonly #options: SessionOptions;
  readonly #timeouts: SessionTimeouts;
  #state: SessionApi['state'] = 'new';
  #roundTrips = 0;
  #busy = false;
  #login: Promise<LoginResult> | undefined;
  #protection: MessageProtection | undefined;

  /** @throws WsmanError `WSMAN_NO_SEALING` when sealing is demanded of a scheme that has none. */
  constructor(transport: HttpTransport, options: SessionOptions = {}) {
    this.#transport = transport;
    this.#options = options;
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    if (options.seal === 'always' && !sealsAtAll(options)) throw new WsmanError('WSMAN_NO_SEALING', 'scheme that seals');
  }

  get state(): SessionApi['state'] {
    return this.#state;
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  async probe(): Promise<ProbeResult> {
    const envelope = utf8(writeRequest({ action: '', selectors: new Map(), options: new Map(), operation: { kind: 'identify' } }));
    const { response } = await this.#exclusive(() =>
      this.#exchange('probe', this.#request({ 'Content-Type': SOAP, WSMANIDENTIFY: 'unauthenticated' }, envelope, this.#timeouts.loginMs), {
        envelope,
        sealed: false,
      }),
    );
    const body = bodyKind(response);
    const identity = body === 'soap' ? identityIn(response.body) : undefined;
    return {
      status: response.status,
      server: headerOf(response, 'server'),
      via:
        headerOf(response, 'via') ||
        headerOf(response, 'proxy-agent') ||
        headerOf(response, 'proxy-authenticate') ||
        headerOf(response, 'x-cache'),
      contentType: headerOf(response, 'content-type').split(';')[0]?.trim().toLowerCase() ?? '',
      location: headerOf(response, 'location'),
      body,
      offered: schemesOf(response),
      ...(identity === undefined ? {} : { identity }),
      date: headerOf(response, 'date'),
      response,
    };
  }

  login(): Promise<LoginResult> {
    this.#login ??= this.#exclusive(() => this.#runLogin());
    return this.#login;
  }

  async #runLogin(): Promise<LoginResult> {
    const { login } = this.#options;
    if (login === undefined) {
      this.#state = 'accepted';
      return { outcome: 'accepted', steps: [], offered: [] };
    }
    const { result, context } = await runLogin(
      {
        secure: this.#transport.secure,
        allowCleartext: this.#options.allowCleartext === true,
        firstTokenAtOnce: this.#options.firstTokenAtOnce === true,
        send: async (authorization, step) => {
          const headers = { 'Content-Type': SOAP, ...(authorization === undefined ? {} : { Authorization: authorization }) };
          const request = this.#request(headers, EMPTY, this.#timeouts.loginMs);
          return (await this.#exchange('login', request, { sealed: false, step })).response;
        },
      },
      login,
    );
    if (result.outcome === 'accepted') {
      this.#state = 'accepted';
      if (context !== undefined && this.#seals()) this.#protection = context.protection;
    } else if (this.#state === 'new') this.#state = 'failed';
    return result;
  }

  /** Are messages sealed? Inside TLS only CredSSP is: Windows' clients send the others clear there. */
  #seals(): boolean {
    const { login, seal = 'auto' } = this.#options;
    if (!sealsAtAll(this.#options)) return false;
    return seal === 'always' || (seal === 'auto' && (!this.#transport.secure || login?.scheme === 'CredSSP'));
  }

  post(envelope: string, options: { readonly last?: boolean; readonly operationTimeoutMs?: number } = {}): Promise<SessionAnswer> {
    return this.#exclusive(async () => {
      if (this.#state === 'lost' || this.#state === 'closed') throw new WsmanError('WSMAN_LOST', 'connection of the login');
      if (this.#options.login !== undefined && this.#state !== 'accepted') throw new WsmanError('WSMAN_NOT_LOGGED_IN', 'accepted login');
      const seals = this.#seals();
      if (!seals && !this.#transport.secure && this.#options.allowCleartext !== true) {
        throw new WsmanError('WSMAN_CLEARTEXT', 'unsealed message over plain HTTP');
      }
      const clear = utf8(envelope);
      const headerMs = Math.max(this.#timeouts.headerMs, (options.operationTimeoutMs ?? 0) + GRACE_MS);
      const { contentType, body } = seals ? this.#sealed(clear) : { contentType: SOAP, body: clear };
      const headers = {
        'Content-Type': contentType,
        ...this.#standingAuthorization(),
        ...(options.last === true ? { Connection: 'close' } : {}),
      };
      const totalMs = Math.max(this.#timeouts.totalMs, headerMs + GRACE_MS);
      const { answer } = await this.#exchange('message', this.#request(headers, body, headerMs, totalMs), {
        envelope: clear,
        sealed: seals,
        read: (response) => this.#read(response),
      });
      if (options.last === true) this.close();
      return answer!;
    });
  }

  close(): void {
    if (this.#state !== 'lost') this.#state = 'closed';
    this.#transport.close();
  }

  #sealed(clear: Uint8Array): { contentType: string; body: Uint8Array } {
    const { login } = this.#options;
    if (this.#protection === undefined || login === undefined) throw new WsmanError('WSMAN_NOT_LOGGED_IN', 'security context');
    return sealBody(this.#protection, login.scheme as SealingScheme, clear);
  }

  /** Basic and certificate logins say who they are with every request. */
  #standingAuthorization(): Record<string, string> {
    const { login } = this.#options;
    if (login?.scheme === 'Basic') return { Authorization: login.authorization() };
    return login?.scheme === 'Certificate' ? { Authorization: MUTUAL_PROFILE } : {};
  }

  #request(headers: Record<string, string>, body: Uint8Array, headerTimeoutMs: number, timeoutMs = this.#timeouts.totalMs): HttpRequest {
    return {
      method: 'POST',
      path: this.#options.path ?? '/wsman',
      headers: { ...headers, 'User-Agent': 'winmedic' },
      body,
      headerTimeoutMs,
      timeoutMs: Math.max(timeoutMs, headerTimeoutMs),
    };
  }

  /** Takes an answer apart; every other end than an envelope is an error. */
  #read(response: HttpResponse): SessionAnswer {
    const { status } = response;
    const body = bodyKind(response);
    const where = { status, body };
    if (status === 401) throw this.#fail(new WsmanError('WSMAN_UNAUTHORIZED', 'message accepted after the login', where));
    if (status === 413) throw new WsmanError('WSMAN_TOO_LARGE', 'request below MaxEnvelopeSizekb of the host', where);
    if (body === 'sealed' && this.#protection !== undefined) {
      try {
        return { status, envelope: unsealBody(headerOf(response, 'content-type'), response.body, this.#protection), sealed: true };
      } catch (error) {
        // The sequence numbers of both sides no longer agree: nothing after this could be read.
        throw this.#fail(error);
      }
    }
    const good = (status >= 200 && status < 300) || status === 500;
    if (body === 'empty' && good) throw new WsmanError('WSMAN_EMPTY', 'answer with a body', where);
    if (body === 'soap') {
      if (this.#protection === undefined) return { status, envelope: response.body, sealed: false };
      throw this.#fail(new WsmanError('WSMAN_CLEAR_ANSWER', 'sealed answer', where));
    }
    throw new WsmanError(good ? 'WSMAN_NOT_SOAP' : 'WSMAN_STATUS', good ? 'SOAP answer' : 'HTTP status of a WS-Management service', where);
  }

  #fail(error: unknown): unknown {
    this.#state = 'failed';
    return error;
  }

  async #exchange(
    kind: Exchange['kind'],
    request: HttpRequest,
    about: {
      readonly envelope?: Uint8Array;
      readonly sealed: boolean;
      readonly step?: (response: HttpResponse, ms: number) => LoginStep;
      readonly read?: (response: HttpResponse) => SessionAnswer;
    },
  ): Promise<{ response: HttpResponse; answer?: SessionAnswer }> {
    const now = this.#options.now ?? (() => performance.now());
    const from = now();
    const base = { kind, sealed: about.sealed, ...(about.envelope === undefined ? {} : { envelope: about.envelope }) };
    const tell = (more: Partial<Exchange>) => this.#options.observer?.exchange({ ...base, ms: now() - from, ...more });
    this.#roundTrips++;
    let response: HttpResponse;
    try {
      response = await this.#transport.send(request);
    } catch (error) {
      const lost = this.#lost(error, kind);
      tell({ error: lost });
      throw lost;
    }
    const step = about.step?.(response, now() - from);
    let answer: SessionAnswer | undefined;
    try {
      answer = about.read?.(response);
    } catch (error) {
      if (error instanceof Error) tell({ response, error });
      throw error;
    }
    tell({ response, ...(step === undefined ? {} : { step }), ...(answer === undefined ? {} : { answer: answer.envelope }) });
    return answer === undefined ? { response } : { response, answer };
  }

  /** The login went with the connection; a new one needs a new session, and the caller's word. */
  #lost(error: unknown, kind: Exchange['kind']): Error {
    this.#state = 'lost';
    const cause = error instanceof Error ? error : new ConnectionLost('closed', { cause: error });
    return kind === 'login' ? cause : new WsmanError('WSMAN_LOST', 'whole answer', { cause });
  }

  async #exclusive<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#busy) throw new WsmanError('WSMAN_BUSY', 'one request at a time on a connection');
    this.#busy = true;
    try {
      return await run();
    } finally {
      this.#busy = false;
    }
  }
}

function sealsAtAll({ login }: SessionOptions): boolean {
  return login !== undefined && 'context' in login;
}

function identityIn(body: Uint8Array): WsmanIdentity | undefined {
  try {
    return readIdentity(parseEnvelope(body));
  } catch (error) {
    if (error instanceof WsmanError) return undefined;
    throw error;
  }
}
