import { connect, type Socket } from 'node:net';
import { codeOf } from './name-rung.ts';

/** How a TCP connection attempt ended. */
export type DialResult =
  | { readonly result: 'open'; readonly socket: Socket; readonly ms: number }
  /** `route`: what the network said when packets did not get through. */
  | { readonly result: 'refused' | 'timeout' | 'reset'; readonly ms: number; readonly code: string }
  | {
      readonly result: 'route';
      readonly route: 'no-route' | 'host-unreachable' | 'prohibited';
      readonly ms: number;
      readonly code: string;
    };

/** Error codes of connect(2) that mean the packets found no way; EACCES and EPERM come from the local firewall or a prohibiting route. */
const ROUTE_CODES: ReadonlyMap<string, 'no-route' | 'host-unreachable' | 'prohibited'> = new Map([
  ['ENETUNREACH', 'no-route'],
  ['EADDRNOTAVAIL', 'no-route'],
  ['EINVAL', 'no-route'],
  ['EHOSTUNREACH', 'host-unreachable'],
  ['EHOSTDOWN', 'host-unreachable'],
  ['EACCES', 'prohibited'],
  ['EPERM', 'prohibited'],
]);

/**
 * Opens one TCP connection. Never rejects.
 * @param timeoutMs silence longer than this is `timeout`; an aborted signal ends as `timeout`, too.
 */
export function dial(address: string, port: number, timeoutMs: number, signal?: AbortSignal): Promise<DialResult> {
  return new Promise((resolve) => {
    const start = performance.now();
    // The caller reads later: until then nothing of the server's may be lost, and its FIN must not end our side unseen.
    const socket = connect({ host: address, port, noDelay: true, autoSelectFamily: false, allowHalfOpen: true });
    const ms = () => Math.round(performance.now() - start);
    const give = (result: DialResult) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      socket.removeListener('error', failed);
      // Also an open one: a reset that comes while nobody listens yet would end the process. Who takes it over sees that it is destroyed.
      socket.on('error', () => {});
      if (result.result !== 'open') socket.destroy();
      resolve(result);
    };
    const stop = () => give({ result: 'timeout', ms: ms(), code: 'ABORTED' });
    const failed = (error: Error) => {
      const code = codeOf(error);
      const route = ROUTE_CODES.get(code);
      if (route !== undefined) give({ result: 'route', route, ms: ms(), code });
      else give({ result: code === 'ECONNREFUSED' ? 'refused' : code === 'ETIMEDOUT' ? 'timeout' : 'reset', ms: ms(), code });
    };
    const timer = setTimeout(() => give({ result: 'timeout', ms: ms(), code: 'TIMEOUT' }), timeoutMs);
    socket.once('error', failed);
    socket.once('connect', () => give({ result: 'open', socket, ms: ms() }));
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
