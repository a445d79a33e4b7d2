import type { Socket } from 'node:net';
import type { RpcTransport } from '@winmedic/dcerpc';
import { ConnectionLost } from '@winmedic/wsman';
import { codeOf } from './name-rung.ts';

/** RPC over the one connection given; silence longer than the time rejects with a {@link ConnectionLost}. */
export class SocketRpcTransport implements RpcTransport {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  #pieces: Buffer[] = [];
  #gone: 'closed' | 'reset' | undefined;
  #wake: () => void = () => {};

  constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#wake();
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
      const piece = this.#pieces.shift();
      if (piece !== undefined) return new Uint8Array(piece);
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
    this.#socket.destroy();
  }

  #end(how: 'closed' | 'reset'): void {
    this.#gone ??= how;
    this.#wake();
  }
}
