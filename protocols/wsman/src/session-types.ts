import type { BodyKind, WsmanError } from './errors.ts';
import type { HttpLogin, LoginResult, LoginStep } from './login.ts';
import type { WsmanIdentity } from './responses.ts';
import type { HttpResponse } from './transport.ts';

/** How a session behaves. */
export interface SessionOptions {
  /** Absent: no login; nothing but {@link SessionApi.probe} is allowed over clear HTTP. */
  readonly login?: HttpLogin;
  /** URL path, default `/wsman`. */
  readonly path?: string;
  /** `auto` (default): sealed over HTTP, and over HTTPS with CredSSP; `always`; `never`. */
  readonly seal?: 'auto' | 'always' | 'never';
  /** Allows passwords of Basic and unsealed bodies over plain HTTP. Default false. */
  readonly allowCleartext?: boolean;
  /** Sends the first token without asking for the schemes first: saves a request, and OMI answers nothing without it. Default false. */
  readonly firstTokenAtOnce?: boolean;
  readonly observer?: SessionObserver;
  readonly timeouts?: Partial<SessionTimeouts>;
  /** Milliseconds, for the durations told to the observer; default `performance.now`. */
  readonly now?: () => number;
}

/** Times a request may take. */
export interface SessionTimeouts {
  /** Login requests: until the answer begins. Default 10 s. */
  readonly loginMs: number;
  /** Messages: until the answer begins; at least the operation time-out and some. Default 30 s. */
  readonly headerMs: number;
  /** Messages: until the answer is whole. Default 60 s. */
  readonly totalMs: number;
}

/** Told of everything that goes over the wire, after it happened. What it throws ends the session's call. */
export interface SessionObserver {
  exchange(exchange: Exchange): void;
}

/** One request with its answer. */
export interface Exchange {
  readonly kind: 'probe' | 'login' | 'message';
  /** The envelope in clear; absent for logins. */
  readonly envelope?: Uint8Array;
  /** Did the body go out sealed? */
  readonly sealed: boolean;
  /** With `login`: tokens and headers; no Authorization of Basic. */
  readonly step?: LoginStep;
  /** As it came; a sealed body stays sealed here. */
  readonly response?: HttpResponse;
  /** The answer in clear. */
  readonly answer?: Uint8Array;
  readonly error?: Error;
  readonly ms: number;
}

/** An answer in clear. */
export interface SessionAnswer {
  readonly status: number;
  readonly envelope: Uint8Array;
  /** Was it sealed on the wire? */
  readonly sealed: boolean;
}

/** Answer to Identify without login: what a host tells anybody. */
export interface ProbeResult {
  readonly status: number;
  readonly server: string;
  /** `Via`, `Proxy-Agent`, `Proxy-Authenticate` or `X-Cache` header, when there is one: something stands in between. */
  readonly via: string;
  readonly contentType: string;
  readonly location: string;
  readonly body: BodyKind;
  /** Schemes of WWW-Authenticate, each once. */
  readonly offered: readonly string[];
  /** The IdentifyResponse, when it was one. */
  readonly identity?: WsmanIdentity;
  /** Date header as written. */
  readonly date: string;
  readonly response: HttpResponse;
}

/** What {@link WsmanSession} offers; clients may be given something else that meets it. */
export interface SessionApi {
  readonly state: 'new' | 'accepted' | 'failed' | 'lost' | 'closed';
  /** Requests sent so far, logins included. */
  readonly roundTrips: number;
  /** Identify without login and without credentials. @throws WsmanError `WSMAN_LOST` */
  probe(): Promise<ProbeResult>;
  /** Logs in with empty requests. Never throws for what a server answers; one attempt per session. */
  login(): Promise<LoginResult>;
  /**
   * Sends an envelope, sealed as agreed.
   * @throws WsmanError see {@link WsmanError}; a SOAP fault is an answer, not an error, here.
   */
  post(envelope: string, options?: { readonly last?: boolean; readonly operationTimeoutMs?: number }): Promise<SessionAnswer>;
  close(): void;
}

export type { WsmanError };
