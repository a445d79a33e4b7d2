import type { Socket } from 'node:net';
import { ConnectionLost, type HttpRequest, type HttpResponse, type HttpTransport } from '@winmedic/wsman';
import { HttpAnswerReader } from './http-answer.ts';
import { codeOf } from './name-rung.ts';

/** One request with what came of it. */
export interface HttpExchange {
  readonly request: HttpRequest;
  readonly response?: HttpResponse;
  readonly lost?: ConnectionLost['how'];
  readonly ms: number;
}

/** What a transport is made of. */
export interface SocketTransportOptions {
  /** Value of the Host header. */
  readonly hostHeader: string;
  readonly secure: boolean;
  /** Server certificate, DER. */
  readonly certificate?: Uint8Array;
  /** Told of each exchange, before {@link SocketTransport.send} settles. */
  readonly observe?: (exchange: HttpExchange) => void;
}

/** Bytes that wait to be read: they are read as they come, so that only a server that talks without having been asked gets there. */
const MAX_WAITING = 4 << 20;

/** Copies of these sizes take different registers each: up to eight at once below 512 bytes, a loop over four beyond. */
const COVER_SIZES = [16, 32, 64, 128, 256, 512, 4096];
const COVER = 'A'.repeat(4096);

/**
 * Copying and encoding go through the wide registers of the processor, which keep the last bytes, and a core file holds registers even where
 * it holds no memory. The same steps with other bytes put those in their place.
 */
function coverRegisters(): void {
  const bytes = Buffer.from(COVER, 'latin1');
  const to = Buffer.alloc(bytes.length);
  for (const size of COVER_SIZES) {
    bytes.copy(to, 0, 0, size);
    Buffer.from(COVER.slice(0, size), 'latin1').toString('base64');
  }
}

/**
 * HTTP/1.1 over the one connection given; never dials again. Tells apart how a connection ended: RST (`reset`), FIN (`closed`), silence
 * (`timeout`), bytes that are no HTTP (`not-http`).
 */
export class SocketTransport implements HttpTransport {
  readonly secure: boolean;
  readonly certificate?: Uint8Array;
  readonly #socket: Socket;
  readonly #options: SocketTransportOptions;
  #gone: ConnectionLost['how'] | undefined;
  #wake: () => void = () => {};
  #pieces: Buffer[] = [];
  #waiting = 0;
  #busy = false;

  constructor(socket: Socket, options: SocketTransportOptions) {
    this.secure = options.secure;
    if (options.certificate !== undefined) this.certificate = options.certificate;
    this.#socket = socket;
    this.#options = options;
    if (socket.destroyed) this.#lose(socket.errored ? 'reset' : 'closed');
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#waiting += piece.length;
      this.#wake();
      if (this.#waiting <= MAX_WAITING) return;
      this.#lose('not-http');
      socket.destroy();
    });
    socket.on('end', () => this.#lose('closed'));
    socket.on('close', () => this.#lose('closed'));
    socket.on('error', (error) => this.#lose(codeOf(error) === 'ETIMEDOUT' ? 'timeout' : 'reset'));
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    if (this.#busy) throw new TypeError('one request at a time');
    this.#busy = true;
    const start = performance.now();
    const ms = () => Math.round(performance.now() - start);
    try {
      const response = await this.#exchange(request);
      this.#options.observe?.({ request, response, ms: ms() });
      return response;
    } catch (error) {
      if (error instanceof ConnectionLost) {
        this.#options.observe?.({ request, lost: error.how, ms: ms() });
        this.close();
      }
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  close(): void {
    this.#gone ??= 'closed';
    this.#socket.destroy();
  }

  /** Waits no longer: an exchange under way ends as `timeout`, since it was not the host that closed. */
  giveUp(): void {
    this.#lose('timeout');
    this.#socket.destroy();
  }

  async #exchange(request: HttpRequest): Promise<HttpResponse> {
    if (this.#gone !== undefined) throw new ConnectionLost(this.#gone);
    const start = performance.now();
    this.#socket.write(Buffer.concat([Buffer.from(this.#head(request), 'latin1'), request.body]));
    coverRegisters();
    const reader = new HttpAnswerReader();
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#waiting -= piece.length;
        let complete: boolean;
        try {
          complete = reader.push(piece);
        } catch (error) {
          throw new ConnectionLost('not-http', { cause: error });
        }
        if (!complete) continue;
        if (!reader.keepsAlive) this.close();
        return reader.answer();
      }
      if (this.#gone !== undefined) {
        if (this.#gone === 'closed' && reader.end()) return reader.answer();
        throw new ConnectionLost(this.#gone);
      }
      const limit = reader.begun ? request.timeoutMs : Math.min(request.headerTimeoutMs, request.timeoutMs);
      const left = limit - (performance.now() - start);
      if (left <= 0) throw new ConnectionLost('timeout');
      await this.#news(left);
    }
  }

  /** Resolves when something arrived, the connection ended, or the time is over. */
  #news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(ms));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #lose(how: ConnectionLost['how']): void {
    this.#gone ??= how;
    this.#wake();
  }

  #head(request: HttpRequest): string {
    const lines = [`${request.method} ${request.path} HTTP/1.1`, `Host: ${this.#options.hostHeader}`];
    for (const [name, value] of Object.entries(request.headers)) lines.push(`${name}: ${value}`);
    lines.push(`Content-Length: ${request.body.length}`, '', '');
    const head = lines.slice(0, -2);
    // Written as one byte for each character: one above U+00FF could become a line break.
    if (head.some((line) => /[\r\n\0]|[^\0-\xff]/.test(line))) throw new TypeError('line break in a header');
    return lines.join('\r\n');
  }
}
