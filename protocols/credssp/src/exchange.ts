import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { DER, readDer } from '@winmedic/bytes';
import type { MessageProtection, Sealed, SecurityContext } from '@winmedic/gss';
import type { CredsspContext, CredsspTlsVersion } from './context.ts';
import { CredsspError, type CredsspStage } from './errors.ts';
import type { Tunnel } from './tls-handshake.ts';
import { RECORD_DATA_BYTES, type RecordCipher, recordCipher, trailerLength } from './tls-records.ts';

/** Highest version this package knows (MS-CSSP 2.2.1). */
export const HIGHEST_VERSION = 6;
/** Lowest; there never was another. */
export const LOWEST_VERSION = 2;

/** What both sides share: stages, the tunnel and its protection. The messages are a coroutine: it yields a token to send and gets the answer. */
export abstract class Exchange implements CredsspContext {
  readonly mechanism = 'CredSSP';
  complete = false;
  stage: CredsspStage = 'tls';
  inner?: SecurityContext;
  tunnel?: { readonly version: CredsspTlsVersion; readonly cipher: string };
  #tunnel: Tunnel | undefined;
  #flow: AsyncGenerator<Uint8Array, Uint8Array | undefined, Uint8Array | undefined> | undefined;
  #broken = false;

  protected abstract run(first: Uint8Array | undefined): AsyncGenerator<Uint8Array, Uint8Array | undefined, Uint8Array | undefined>;

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.complete || this.#broken) throw this.error('CREDSSP_SEQUENCE', 'a step after the last');
    try {
      // The first value given to a coroutine is lost, so it is an argument.
      const begin = this.#flow === undefined;
      this.#flow ??= this.run(token);
      const { value, done } = await this.#flow.next(begin ? undefined : token);
      if (done) this.complete = true;
      return value;
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  get protection(): MessageProtection {
    if (!this.complete || this.#tunnel === undefined) throw this.error('CREDSSP_NOT_READY', 'protection before the exchange is complete');
    return new TunnelProtection(this.#tunnel);
  }

  protected open(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    this.tunnel = { version: tunnel.version, cipher: tunnel.cipher };
  }

  /** What the peer put into the tunnel; a token that is missing or empty means that it gave up. */
  protected receive(token: Uint8Array | undefined): Uint8Array {
    if (token === undefined || token.length === 0) throw this.error('CREDSSP_REFUSED', 'the peer ended the exchange');
    return this.records.open(token);
  }

  protected get records(): Tunnel['records'] {
    if (this.#tunnel === undefined) throw this.error('CREDSSP_NOT_READY', 'the tunnel does not stand yet');
    return this.#tunnel.records;
  }

  protected error(
    code: CredsspError['code'],
    what: string,
    where: { readonly cause?: unknown; readonly ntstatus?: number } = {},
  ): CredsspError {
    return new CredsspError(code, what, { ...where, stage: this.stage });
  }
}

/** Has the login inside keys to seal with? */
export function established(context: SecurityContext): boolean {
  return context.complete || context.established === true;
}

/** GSS_Wrap of the login inside: header and data as one (MS-CSSP 2.2.1). */
export function wrap(context: SecurityContext, data: Uint8Array): Uint8Array {
  const { header, data: sealed } = context.protection.seal(data);
  return Buffer.concat([header, sealed]);
}

/** The inverse of {@link wrap}. @throws the mechanism's error. */
export function unwrap(context: SecurityContext, bytes: Uint8Array): Uint8Array {
  const { protection } = context;
  const cut = Math.min(bytes.length, protection.headerLength(bytes.length));
  return protection.unseal({ header: bytes.subarray(0, cut), data: bytes.subarray(cut) });
}

/** The key the login is bound to: content of subjectPublicKey in the certificate (MS-CSSP 3.1.5 step 3; RFC 5280 section 4.1). */
export function subjectPublicKey(certificate: Uint8Array): Uint8Array {
  const info = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  const [, key] = readDer(info).children();
  if (key === undefined) throw new CredsspError('CREDSSP_TLS', 'public key of the certificate', { stage: 'public-key' });
  // First byte of a BIT STRING: unused bits.
  return key.expect(DER.bitString).content.subarray(1);
}

/**
 * What one side seals to prove that it sees the same TLS session (MS-CSSP 3.1.5 steps 3 and 4).
 * @param nonce with versions 5 and 6; without it the key itself, by the server with one added to its first byte.
 */
export function keyProof(key: Uint8Array, from: 'client' | 'server', nonce: Uint8Array | undefined): Uint8Array {
  if (nonce !== undefined) {
    const magic = from === 'client' ? 'CredSSP Client-To-Server Binding Hash\0' : 'CredSSP Server-To-Client Binding Hash\0';
    return createHash('sha256').update(magic, 'latin1').update(nonce).update(key).digest();
  }
  const proof = Uint8Array.from(key);
  if (from === 'server') proof[0] = (proof[0] as number) + 1;
  return proof;
}

/** Compares two proofs without telling by time where they differ. */
export function sameProof(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Message protection by TLS records. */
class TunnelProtection implements MessageProtection {
  readonly #tunnel: Tunnel;
  readonly #cipher: RecordCipher;

  constructor(tunnel: Tunnel) {
    this.#tunnel = tunnel;
    this.#cipher = recordCipher(tunnel.cipher);
  }

  seal(data: Uint8Array, cover?: unknown): Sealed {
    if (cover !== undefined) throw unsupported('a cover');
    const records = this.#tunnel.records.seal(data);
    const cut = this.headerLength(data.length);
    return { header: records.subarray(0, cut), data: records.subarray(cut) };
  }

  unseal({ header, data }: Sealed, cover?: unknown): Uint8Array {
    if (cover !== undefined) throw unsupported('a cover');
    return this.#tunnel.records.open(Buffer.concat([header, data]));
  }

  headerLength(dataLength: number): number {
    return trailerLength(this.#tunnel.version, this.#cipher, Math.min(dataLength, RECORD_DATA_BYTES));
  }

  sign(): never {
    throw unsupported('a signature');
  }

  verify(): never {
    throw unsupported('a signature');
  }

  get sessionKey(): never {
    throw unsupported('a session key');
  }
}

function unsupported(what: string): CredsspError {
  return new CredsspError('CREDSSP_UNSUPPORTED', what);
}
