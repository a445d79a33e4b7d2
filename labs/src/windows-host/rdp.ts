import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { answerNegotiation, parseRdpNegotiation, RdpError, tpktLength, writeConnectionConfirm } from '@winmedic/rdp';
import { hostCertificate } from './certificate.ts';
import type { ResolvedSpec } from './resolved.ts';
import type { RdpSpec } from './types.ts';

/** A connection request is one TPKT packet of at most this size (MS-RDPBCGR 2.2.1.1: the cookie is the largest part). */
const MAX_REQUEST = 1024;

/** The RDP port: X.224 negotiation, and TLS afterwards so that the certificate can be seen; nothing behind it. */
export class RdpListener {
  readonly #spec: RdpSpec;
  readonly #host: ResolvedSpec;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(host: ResolvedSpec, spec: RdpSpec) {
    this.#host = host;
    this.#spec = spec;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async listen(): Promise<void> {
    this.#server.listen({ port: this.#spec.port ?? 0, host: this.#host.address });
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let received = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const size = lengthOf(received);
      if (received.length > MAX_REQUEST || (size !== undefined && (size === 0 || size > MAX_REQUEST))) socket.destroy();
      else if (size !== undefined && received.length >= size) {
        socket.off('data', onData);
        this.#answer(socket, new Uint8Array(received.subarray(0, size)));
      }
    };
    socket.on('data', onData);
  }

  #answer(socket: Socket, packet: Uint8Array): void {
    const answer = negotiate(packet, this.#spec.nla);
    if (answer === undefined) {
      socket.destroy();
      return;
    }
    socket.write(answer.bytes);
    if (!answer.tls) return;
    const { key, cert } = hostCertificate(this.#host);
    const secured = new TLSSocket(socket, { isServer: true, key, cert });
    secured.on('error', () => socket.destroy());
    secured.resume();
  }
}

/** Length of the packet at the start; 0 when it is none, `undefined` when too little has come. */
function lengthOf(bytes: Uint8Array): number | undefined {
  try {
    return tpktLength(bytes);
  } catch (error) {
    if (error instanceof RdpError) return 0;
    throw error;
  }
}

/** The answer to a connection request; `undefined` for anything else, and for a request that is not to be answered. */
function negotiate(packet: Uint8Array, nla: RdpSpec['nla']): { readonly bytes: Uint8Array; readonly tls: boolean } | undefined {
  try {
    const request = parseRdpNegotiation(packet);
    if (request.kind !== 'request') return undefined;
    // Without NLA Windows accepts its own old security as well (SecurityLayer 1, negotiate: MS-RDPBCGR 5.4.1).
    const answer = answerNegotiation(request, { nla, standard: nla === 'off' });
    if (answer === undefined) return undefined;
    const tls = 'selected' in answer && answer.selected !== undefined && answer.selected.protocol !== 0;
    return { bytes: writeConnectionConfirm(answer), tls };
  } catch (error) {
    if (error instanceof RdpError) return undefined;
    throw error;
  }
}
