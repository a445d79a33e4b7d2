import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type DetailedPeerCertificate, type SecureVersion, type TLSSocket } from 'node:tls';
import type { PresentedChain } from './certificate.ts';
import { codeOf } from './name-rung.ts';
import { asciiHost } from './target.ts';

/** How a TLS handshake ended; trust is not part of it. */
export type HandshakeResult =
  | { readonly result: 'ok'; readonly socket: TLSSocket; readonly version: string; readonly chain: PresentedChain }
  /**
   * `reset`: RST; `closed`: FIN; `alert`: the server said why; `not-tls`: the answer is no TLS record; `unsupported`: this client refused
   * what the server chose.
   */
  | {
      readonly result: 'reset' | 'closed' | 'alert' | 'timeout' | 'not-tls' | 'unsupported';
      readonly alert?: number;
      readonly code: string;
    };

/** What a handshake offers. */
export interface HandshakeOptions {
  /** Name for SNI; none is sent for an address (RFC 6066 section 3). */
  readonly host: string;
  readonly timeoutMs: number;
  /** Trusted certificates, PEM. */
  readonly ca: readonly string[];
  /** Client certificate and key, PEM. */
  readonly client?: { readonly certificate: string; readonly key: string };
  /** This version alone, with everything old allowed: to find out what the server can do, not to use it. */
  readonly only?: SecureVersion;
}

/** Errors of OpenSSL that mean: what came is no TLS record. */
const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNKNOWN_PROTOCOL',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_BAD_RECORD_TYPE',
]);
/** Certificates of the peer's chain that are taken over. */
const MAX_SENT = 10;

/** Shakes hands over an open connection without deciding on trust. Never rejects; the connection is destroyed unless it succeeded. */
export function handshake(socket: Socket, options: HandshakeOptions): Promise<HandshakeResult> {
  return new Promise((resolve) => {
    const host = asciiHost(options.host.replace(/\.$/, ''));
    const secure: ConnectionOptions = {
      socket,
      // Judged afterwards, with every reason and not only the first; nothing is sent before that.
      rejectUnauthorized: false,
      // Without a host of its own Node would compare with `localhost`; the name is judged with the rest.
      checkServerIdentity: () => undefined,
      ca: [...options.ca],
      // A self-signed certificate of Windows lacks keyCertSign: given as trusted it is an end of the chain, not its own issuer.
      allowPartialTrustChain: true,
      ...(isIP(host.split('%')[0] ?? '') > 0 ? {} : { servername: host }),
      ...(options.client === undefined ? {} : { cert: options.client.certificate, key: options.client.key }),
      ...(options.only === undefined
        ? { minVersion: 'TLSv1.2' }
        : { minVersion: options.only, maxVersion: options.only, ciphers: 'DEFAULT:@SECLEVEL=0' }),
    };
    let tls: TLSSocket;
    const give = (result: HandshakeResult) => {
      clearTimeout(timer);
      tls?.removeListener('error', failed);
      if (result.result !== 'ok') {
        tls?.on('error', () => {});
        tls?.destroy();
        socket.destroy();
      }
      resolve(result);
    };
    const failed = (error: Error) => give(reasonOf(error));
    const timer = setTimeout(() => give({ result: 'timeout', code: 'TIMEOUT' }), options.timeoutMs);
    socket.on('error', () => {});
    try {
      tls = connect(secure);
    } catch (error) {
      give({ result: 'unsupported', code: codeOf(error) });
      return;
    }
    tls.once('error', failed);
    tls.once('secureConnect', () => {
      // Anything that comes before somebody listens is kept by the paused stream.
      const peer = tls.getPeerCertificate(true);
      const version = tls.getProtocol() ?? '';
      const verifyError = tls.authorized
        ? undefined
        : String((tls.authorizationError as unknown as { code?: string })?.code ?? tls.authorizationError);
      give({ result: 'ok', socket: tls, version, chain: { leaf: peer.raw, others: sentAlong(peer), verifyError } });
    });
  });
}

function sentAlong(leaf: DetailedPeerCertificate): Uint8Array[] {
  const others: Uint8Array[] = [];
  let at = leaf;
  while (others.length < MAX_SENT && at.issuerCertificate !== undefined && at.issuerCertificate !== at) {
    at = at.issuerCertificate;
    if (at.raw !== undefined) others.push(at.raw);
  }
  return others;
}

function reasonOf(error: Error): HandshakeResult {
  const code = codeOf(error);
  const alert = /SSL alert number (\d{1,3})/.exec(error.message)?.[1];
  if (alert !== undefined) return { result: 'alert', alert: Number(alert), code };
  // Node gives ECONNRESET for an orderly close as well; only the real one comes from a system call.
  if (code === 'ECONNRESET' && (error as { syscall?: string }).syscall === undefined) return { result: 'closed', code: 'FIN' };
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') return { result: 'reset', code };
  if (code === 'ETIMEDOUT') return { result: 'timeout', code };
  return { result: NOT_TLS.has(code) ? 'not-tls' : 'unsupported', code };
}
