/**
 * One HTTP/1.1 connection to one host, handed in. WinRM keeps the login per TCP connection, so a transport never re-dials silently: when
 * the connection is gone, {@link HttpTransport.send} rejects with a {@link ConnectionLost}, and the session logs in again on a new transport.
 */
export interface HttpTransport {
  readonly secure: boolean;
  /** The server's certificate, DER, over HTTPS: for channel bindings. */
  readonly certificate?: Uint8Array;
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): void;
}

/** A request. The transport adds Host and Content-Length. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The answer must begin within this time. */
  readonly headerTimeoutMs: number;
  /** The whole answer must have come within this time. */
  readonly timeoutMs: number;
}

/** An answer, read whole. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  /** In order, repeated headers one by one, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** The connection broke before the answer was complete: by reset, by close, by silence. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly how: 'reset' | 'closed' | 'timeout' | 'not-http';

  constructor(how: ConnectionLost['how'], options?: ErrorOptions) {
    super(`connection lost: ${how}`, options);
    this.how = how;
  }
}
