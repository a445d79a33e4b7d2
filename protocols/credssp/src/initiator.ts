import { randomBytes } from 'node:crypto';
import type { SecurityContext } from '@winmedic/gss';
import type { CredsspInitiator, CredsspInitiatorOptions } from './context.ts';
import { Exchange, established, HIGHEST_VERSION, keyProof, LOWEST_VERSION, sameProof, subjectPublicKey, unwrap, wrap } from './exchange.ts';
import { TlsHandshake } from './tls-handshake.ts';
import { writeTsCredentials } from './ts-credentials.ts';
import { parseTsRequest, type TsRequest, writeTsRequest } from './ts-request.ts';

/**
 * The client's side of CredSSP (MS-CSSP 3.1.5). Steps reject with {@link CredsspError} and with the errors of the login inside. The exchange is
 * complete when the credential is sealed: the last token goes out with the first request, the server has no more to say.
 */
export function credsspInitiator(options: CredsspInitiatorOptions): CredsspInitiator {
  return new Initiator(options);
}

/** First version whose proof of the key is a hash with a nonce (MS-CSSP 3.1.5). */
const SAFE_VERSION = 5;

type Flow<T> = AsyncGenerator<Uint8Array, T, Uint8Array | undefined>;

class Initiator extends Exchange implements CredsspInitiator {
  readonly #options: CredsspInitiatorOptions;
  serverCertificate?: Uint8Array;
  serverVersion?: number;

  constructor(options: CredsspInitiatorOptions) {
    super();
    this.#options = options;
  }

  protected async *run(): Flow<Uint8Array> {
    const key = subjectPublicKey(yield* this.#handshake());
    this.stage = 'negotiate';
    const context = this.#options.context();
    this.inner = context;
    const last = yield* this.#logOn(context);
    // A host that refuses the password answers to the message that carries the proof as well: until it has answered, this is the login.
    if (last === undefined) this.stage = 'public-key';
    yield* this.#bind(context, key, last);
    this.stage = 'credentials';
    const authInfo = wrap(context, writeTsCredentials({ type: 'password', credential: this.#options.credential }));
    return this.#seal({ authInfo });
  }

  async *#handshake(): Flow<Uint8Array> {
    const { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.2', rejectUnauthorized = false, ca, servername } = this.#options.tls ?? {};
    const handshake = new TlsHandshake({
      role: 'client',
      tls: { minVersion, maxVersion, rejectUnauthorized, ...(ca !== undefined && { ca }), ...(servername !== undefined && { servername }) },
    });
    let flight = await handshake.step();
    while (handshake.tunnel === undefined) {
      const answer = yield flight;
      if (answer === undefined || answer.length === 0) throw this.error('CREDSSP_REFUSED', 'the server ended the TLS handshake');
      flight = await handshake.step(answer);
    }
    const { tunnel } = handshake;
    this.open(tunnel);
    this.serverCertificate = tunnel.certificate;
    // TLS 1.3: our Finished goes alone, and the answer holds session tickets or nothing.
    if (flight.length > 0) tunnel.records.open((yield flight) ?? new Uint8Array(0));
    return tunnel.certificate;
  }

  /** @returns the login's last token, when it is ours: it goes with the proof of the key. */
  async *#logOn(context: SecurityContext): Flow<Uint8Array | undefined> {
    let token = await context.step();
    while (!established(context)) {
      if (token === undefined) throw this.error('CREDSSP_SEQUENCE', 'the login inside has nothing to send and is not complete');
      const answer = yield* this.#ask({ negoTokens: [token] });
      const [theirs] = answer.negoTokens;
      if (theirs === undefined) throw this.error('CREDSSP_SEQUENCE', 'negoTokens');
      token = await context.step(theirs);
    }
    return token;
  }

  async *#bind(context: SecurityContext, key: Uint8Array, last: Uint8Array | undefined): Flow<void> {
    const version = Math.min(this.serverVersion ?? HIGHEST_VERSION, HIGHEST_VERSION);
    const nonce = version >= 5 ? randomBytes(32) : undefined;
    const pubKeyAuth = wrap(context, keyProof(key, 'client', nonce));
    const answer = yield* this.#ask({ negoTokens: last === undefined ? [] : [last], pubKeyAuth, ...(nonce && { clientNonce: nonce }) });
    this.stage = 'public-key';
    if (answer.pubKeyAuth === undefined) throw this.error('CREDSSP_SEQUENCE', 'pubKeyAuth');
    // SPNEGO's last word, when there is one, comes before what is sealed with its keys.
    if (!context.complete) await context.step(answer.negoTokens[0]);
    let proof: Uint8Array;
    try {
      proof = unwrap(context, answer.pubKeyAuth);
    } catch (error) {
      throw this.error('CREDSSP_PUBLIC_KEY', 'seal of pubKeyAuth', { cause: error });
    }
    if (!sameProof(proof, keyProof(key, 'server', nonce))) throw this.error('CREDSSP_PUBLIC_KEY', 'public key of the server');
  }

  async *#ask(request: Partial<TsRequest>): Flow<TsRequest> {
    const answer = parseTsRequest(this.receive(yield this.#seal(request)));
    this.serverVersion = answer.version;
    if (answer.errorCode !== undefined && answer.errorCode !== 0)
      throw this.error('CREDSSP_ERROR_CODE', `status 0x${answer.errorCode.toString(16)} of the server`, { ntstatus: answer.errorCode });
    if (answer.version < LOWEST_VERSION) throw this.error('CREDSSP_SEQUENCE', `version ${answer.version}`);
    if (answer.version < (this.#options.minimumVersion ?? SAFE_VERSION)) {
      // It is the binding to the key that these versions lack.
      this.stage = 'public-key';
      throw this.error('CREDSSP_OLD_VERSION', `version ${answer.version}`);
    }
    return answer;
  }

  #seal(request: Partial<TsRequest>): Uint8Array {
    return this.records.seal(writeTsRequest({ version: HIGHEST_VERSION, negoTokens: [], ...request }));
  }
}
