import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { getCACertificates } from 'node:tls';
import { type ConnectionLost, ConnectionLost as Lost } from '@winmedic/wsman';
import { fingerprint } from './certificate.ts';
import { ConnectError } from './connect-error.ts';
import { dial } from './dial.ts';
import { type HttpExchange, SocketTransport } from './http-transport.ts';
import { bracketed } from './ladder.ts';
import { asciiHost } from './target.ts';
import { type HandshakeOptions, handshake } from './tls-handshake.ts';

/** What every further connection to the same port needs; TLS only over HTTPS. */
export interface WayOptions {
  readonly address: string;
  /** As typed: goes into SNI and the Host header. */
  readonly host: string;
  readonly port: number;
  readonly connectMs: number;
  readonly tls?: Omit<HandshakeOptions, 'host' | 'timeoutMs' | 'only'> & { readonly sha256: string };
  readonly signal?: AbortSignal;
  readonly observe: (exchange: HttpExchange) => void;
}

/**
 * The way to a port that was found open and, over HTTPS, whose certificate was judged. Each connection is a new one: WinRM keeps a login
 * per TCP connection.
 */
export class Way {
  readonly options: WayOptions;
  readonly #open = new Set<SocketTransport>();

  constructor(options: WayOptions) {
    this.options = options;
  }

  /** A transport over a connection made before. */
  over(socket: Socket, certificate?: Uint8Array): SocketTransport {
    const { host, port, tls, observe } = this.options;
    const transport = new SocketTransport(socket, {
      hostHeader: `${bracketed(asciiHost(host.split('%')[0] ?? ''))}:${port}`,
      secure: tls !== undefined,
      observe,
      ...(certificate === undefined ? {} : { certificate }),
    });
    this.#open.add(transport);
    return transport;
  }

  /**
   * Dials again and, over HTTPS, shakes hands again.
   * @throws ConnectionLost when that fails now; ConnectError `CONNECT_TRUST` when another certificate is shown than the one judged.
   */
  async connect(): Promise<SocketTransport> {
    const { address, port, host, connectMs, tls, signal } = this.options;
    const dialled = await dial(address, port, connectMs, signal);
    if (dialled.result !== 'open') throw new Lost(dialled.result === 'timeout' ? 'timeout' : 'reset');
    if (tls === undefined) return this.over(dialled.socket);
    const hand = await handshake(dialled.socket, { ...tls, host, timeoutMs: connectMs });
    if (hand.result !== 'ok') throw new Lost(lostBy(hand.result));
    const leaf = hand.chain.leaf;
    if (fingerprint(new X509Certificate(leaf)) !== tls.sha256) {
      hand.socket.destroy();
      throw new ConnectError('CONNECT_TRUST', 'certificate of a further connection');
    }
    return this.over(hand.socket, leaf);
  }

  /** Closes every connection that is still open. */
  close(): void {
    for (const transport of this.#open) transport.close();
    this.#open.clear();
  }

  /** Ends every exchange under way, as {@link SocketTransport.giveUp}. */
  giveUp(): void {
    for (const transport of this.#open) transport.giveUp();
    this.#open.clear();
  }
}

function lostBy(result: string): ConnectionLost['how'] {
  return result === 'timeout' || result === 'closed' ? result : result === 'not-tls' ? 'not-http' : 'reset';
}

let system: readonly string[] | undefined;
/** Certificates Node and the operating system trust, PEM. */
export function systemCertificates(): readonly string[] {
  system ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return system;
}
