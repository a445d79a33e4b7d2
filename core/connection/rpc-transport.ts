import type { Socket } from 'node:net';
import type { RpcTransport } from '@winmedic/dcerpc';
import { ConnectionLost } from '@winmedic/wsman';
import { codeOf } from './name-rung.ts';

/** Bytes that wait to be read: one answer has some KiB, so that only a server that talks without having been asked gets there. */
const MAX_WAITING = 4 << 20;

/** RPC over the one connection given; silence longer than the time rejects with a {@link ConnectionLost}. */
export class SocketRpcTransport implements RpcTransport {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  #pieces: Buffer[] = [];
  #waiting = 0;
  #gone: 'closed' | 'reset' | 'timeout' | undefined;
  #wake: () => void = () => {};

  /** @param signal ends the connection: a server may send a byte now and then for ever. */
  constructor(socket: Socket, timeoutMs: number, signal?: AbortSignal) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    if (socket.destroyed) this.#gone = socket.errored ? 'reset' : 'closed';
    if (signal?.aborted) this.#stop();
    else signal?.addEventListener('abort', this.#stop, { once: true });
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#waiting += piece.length;
      this.#wake();
      if (this.#waiting > MAX_WAITING) this.close();
    });
    socket.on('end', () => this.#end('closed'));
    socket.on('close', () => this.#end('closed'));
    socket.on('error', (error) => this.#end(codeOf(error) === 'EPIPE' ? 'closed' : 'reset'));
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  async receive(): Promise<Uint8Array> {
    const end = performance.now() + this.#timeoutMs;
    for (;;) {
      if (this.#gone === 'timeout') throw new ConnectionLost('timeout');
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#waiting -= piece.length;
        return new Uint8Array(piece);
      }
      if (this.#gone === 'reset') throw new ConnectionLost('reset');
      if (this.#gone === 'closed') return new Uint8Array();
      const left = end - performance.now();
      if (left <= 0) throw new ConnectionLost('timeout');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.ceil(left));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.#gone ??= 'closed';
    this.#signal?.removeEventListener('abort', this.#stop);
    this.#socket.destroy();
  }

  readonly #stop = (): void => {
    this.#end('timeout');
    this.#socket.destroy();
  };

  #end(how: 'closed' | 'reset' | 'timeout'): void {
    this.#gone ??= how;
    this.#wake();
  }
}
