import { connect } from 'node:net';
import type { RpcTransport } from '@winmedic/dcerpc';

/** A TCP connection as a transport, for tests. */
export function dial(address: string, port: number): Promise<RpcTransport> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true });
    const waiting: (() => void)[] = [];
    const received: Uint8Array[] = [];
    let over = false;
    const wake = (): void => {
      for (const next of waiting.splice(0)) next();
    };
    socket.on('data', (bytes) => {
      received.push(bytes);
      wake();
    });
    socket.on('close', () => {
      over = true;
      wake();
    });
    socket.once('error', reject);
    socket.once('connect', () =>
      resolve({
        send: (bytes) => void socket.write(bytes),
        async receive() {
          while (received.length === 0 && !over) await new Promise<void>((next) => waiting.push(next));
          return received.shift() ?? new Uint8Array(0);
        },
        close: () => socket.destroy(),
      }),
    );
  });
}
