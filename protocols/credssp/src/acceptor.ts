import type { PeerIdentity, SecurityContext } from '@winmedic/gss';
import type { CredsspAcceptor, CredsspAcceptorOptions } from './context.ts';
import { Exchange, established, HIGHEST_VERSION, keyProof, LOWEST_VERSION, sameProof, subjectPublicKey, unwrap, wrap } from './exchange.ts';
import { TlsHandshake } from './tls-handshake.ts';
import { parseTsCredentials, type TsCredentialsView } from './ts-credentials.ts';
import { parseTsRequest, type TsRequest, writeTsRequest } from './ts-request.ts';

/** STATUS_LOGON_FAILURE and STATUS_NOT_SUPPORTED (MS-ERREF 2.3.1). */
const LOGON_FAILURE = 0xc000006d;
const NOT_SUPPORTED = 0xc00000bb;
const NONCE_BYTES = 32;

/**
 * The server's side of CredSSP (MS-CSSP 3.1.5), for doubles. A refusal is told as versions 3, 4 and 6 do: a token with the status comes out and
 * `refused` is set; with versions 2 and 5 the step rejects.
 */
export function credsspAcceptor(options: CredsspAcceptorOptions): CredsspAcceptor {
  return new Acceptor(options);
}

type Flow<T> = AsyncGenerator<Uint8Array, T, Uint8Array | undefined>;

class Acceptor extends Exchange implements CredsspAcceptor {
  readonly #options: CredsspAcceptorOptions;
  readonly #version: number;
  clientVersion?: number;
  peer?: PeerIdentity;
  delegated?: TsCredentialsView;
  refused?: Error;
  /** End of the handshake that has not gone out yet. */
  #held: Uint8Array = new Uint8Array(0);

  constructor(options: CredsspAcceptorOptions) {
    super();
    this.#options = options;
    this.#version = options.version ?? HIGHEST_VERSION;
  }

  protected async *run(first: Uint8Array | undefined): Flow<undefined> {
    const { key, request } = yield* this.#handshake(first);
    this.stage = 'negotiate';
    const context = this.#options.context();
    this.inner = context;
    const { pubKeyAuth, clientNonce, last } = yield* this.#logOn(context, request);
    this.stage = 'public-key';
    const nonce = this.#agreed >= 5 ? clientNonce : undefined;
    if (this.#agreed >= 5 && nonce?.length !== NONCE_BYTES) throw this.error('CREDSSP_SEQUENCE', 'clientNonce');
    if (!sameProof(unwrap(context, pubKeyAuth), keyProof(key, 'client', nonce)))
      throw this.error('CREDSSP_PUBLIC_KEY', 'public key as the client saw it');
    const proof = wrap(context, keyProof(key, 'server', nonce));
    const answer = yield this.#seal({ negoTokens: last === undefined ? [] : [last], pubKeyAuth: proof });
    this.stage = 'credentials';
    const { authInfo } = this.#read(answer);
    if (authInfo === undefined) throw this.error('CREDSSP_SEQUENCE', 'authInfo');
    this.delegated = parseTsCredentials(unwrap(context, authInfo));
    if (context.peer !== undefined) this.peer = context.peer;
    return undefined;
  }

  /** @returns our public key and the client's first message. */
  async *#handshake(first: Uint8Array | undefined): Flow<{ readonly key: Uint8Array; readonly request: TsRequest }> {
    const { key, cert, minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' } = this.#options.tls;
    const handshake = new TlsHandshake({ role: 'server', tls: { key, cert, minVersion, maxVersion } });
    let token = first;
    for (;;) {
      if (token === undefined || token.length === 0) throw this.error('CREDSSP_REFUSED', 'the client ended the TLS handshake');
      const flight = await handshake.step(token);
      const { tunnel } = handshake;
      if (tunnel !== undefined) {
        this.open(tunnel);
        const publicKey = subjectPublicKey(tunnel.certificate);
        // A client may send its first message along with its last flight: then our last flight goes along with the answer.
        if (tunnel.early.length > 0) {
          this.#held = flight;
          return { key: publicKey, request: this.#parse(tunnel.early) };
        }
        return { key: publicKey, request: this.#read(yield flight) };
      }
      token = yield flight;
    }
  }

  /** The login inside, until the client proves the key with it. */
  async *#logOn(
    context: SecurityContext,
    first: TsRequest,
  ): Flow<{ readonly pubKeyAuth: Uint8Array; readonly clientNonce?: Uint8Array; readonly last?: Uint8Array }> {
    for (let request = first; ; ) {
      if (request.version < LOWEST_VERSION)
        return yield* this.#refuse(this.error('CREDSSP_SEQUENCE', `version ${request.version}`), NOT_SUPPORTED);
      const [token] = request.negoTokens;
      let answer: Uint8Array | undefined;
      if (token !== undefined) {
        try {
          answer = await context.step(token);
        } catch (error) {
          return yield* this.#refuse(error, this.#options.statusOf?.(error) ?? LOGON_FAILURE);
        }
      }
      const { pubKeyAuth, clientNonce } = request;
      if (pubKeyAuth !== undefined) {
        if (!established(context)) throw this.error('CREDSSP_SEQUENCE', 'pubKeyAuth before the login inside is complete');
        return { pubKeyAuth, ...(clientNonce && { clientNonce }), ...(answer && { last: answer }) };
      }
      if (answer === undefined) throw this.error('CREDSSP_SEQUENCE', 'negoTokens');
      request = this.#read(yield this.#seal({ negoTokens: [answer] }));
    }
  }

  /** Tells the client why, when the version has a field for it, and ends the exchange. */
  async *#refuse(error: unknown, status: number): Flow<never> {
    const refused = error instanceof Error ? error : this.error('CREDSSP_REFUSED', 'the login inside', { cause: error });
    this.refused = refused;
    if (this.#agreed !== 5 && this.#agreed >= 3) yield this.#seal({ errorCode: status });
    throw refused;
  }

  get #agreed(): number {
    return Math.min(this.#version, this.clientVersion ?? LOWEST_VERSION);
  }

  #read(token: Uint8Array | undefined): TsRequest {
    return this.#parse(this.receive(token));
  }

  #parse(bytes: Uint8Array): TsRequest {
    const request = parseTsRequest(bytes);
    this.clientVersion = request.version;
    return request;
  }

  #seal(request: Partial<TsRequest>): Uint8Array {
    const sealed = this.records.seal(writeTsRequest({ version: this.#version, negoTokens: [], ...request }));
    const held = this.#held;
    this.#held = new Uint8Array(0);
    return held.length === 0 ? sealed : Buffer.concat([held, sealed]);
  }
}
