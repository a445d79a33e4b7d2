import { SpnegoError } from './errors.ts';
import { MECHANISM_OID, sameMechanism } from './mechanisms.ts';
import { Negotiation, plain, realMic, type SpnegoContext, type SpnegoMechanism } from './negotiation.ts';
import { type NegTokenInit, parseSpnegoToken, recogniseToken, writeSpnegoToken } from './tokens.ts';

/** Options of {@link spnegoAcceptor}. */
export interface SpnegoAcceptorOptions {
  /** Mechanisms; the initiator's order decides. */
  readonly mechanisms: readonly SpnegoMechanism[];
  /** Take NTLM and Kerberos without SPNEGO around them and answer the same way, as Windows does for `Negotiate`. */
  readonly allowRaw?: boolean;
}

/** What a Windows server writes as hint when it speaks first (MS-SPNG 3.2.5.2). */
const HINT = 'not_defined_in_RFC4178@please_ignore';

/**
 * The side that is logged in to (RFC 4178, MS-SPNG 3.2). A first step without token gives a NegTokenInit2. Steps reject with
 * {@link SpnegoError}, and with the mechanism's own error when it refuses: the peer then gets no token.
 */
export function spnegoAcceptor(options: SpnegoAcceptorOptions): SpnegoContext {
  return new Acceptor(options);
}

class Acceptor extends Negotiation {
  readonly #options: SpnegoAcceptorOptions;
  #raw = false;

  constructor(options: SpnegoAcceptorOptions) {
    super();
    this.#options = options;
  }

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.complete) throw new SpnegoError('SPNEGO_SEQUENCE', 'a token after the exchange was complete');
    if (token === undefined || token.length === 0) {
      if (this.chosen !== undefined) throw new SpnegoError('SPNEGO_SEQUENCE', 'no token where one belongs');
      return writeSpnegoToken({ kind: 'init', mechTypes: this.#options.mechanisms.map(({ oid }) => oid), negHints: { hintName: HINT } });
    }
    const kind = recogniseToken(token);
    if (this.chosen === undefined && this.#options.allowRaw && (kind === 'ntlm' || kind === 'kerberos')) {
      this.#raw = true;
      this.#start(kind === 'ntlm' ? MECHANISM_OID.ntlm : MECHANISM_OID.kerberos);
    }
    if (this.#raw) {
      const answer = await this.running.context.step(plain(token));
      this.completeWhen(this.established);
      return answer;
    }
    const message = parseSpnegoToken(plain(token));
    if (message.kind === 'init') return this.#begin(message);
    return this.#answer(message.responseToken, realMic(message));
  }

  async #begin(init: NegTokenInit): Promise<Uint8Array | undefined> {
    if (this.chosen !== undefined) throw new SpnegoError('SPNEGO_SEQUENCE', 'a second NegTokenInit');
    this.offered = init.mechTypes;
    this.mechTypes = init.mechTypesDer ?? this.mechTypes;
    const [first] = init.mechTypes;
    const common = init.mechTypes.find((oid) => this.#find(oid) !== undefined);
    if (first === undefined || common === undefined)
      throw new SpnegoError('SPNEGO_NO_MECHANISM', 'a common mechanism', { have: init.mechTypes.join(' ') });
    this.#start(common);
    // The optimistic token belongs to the initiator's first mechanism alone.
    this.micRequired = !sameMechanism(first, common);
    return this.#answer(this.micRequired ? undefined : init.mechToken, init.mechListMIC, common);
  }

  /** @param supportedMech with the first answer: the identifier as the initiator wrote it (MS-SPNG 3.2.5). */
  async #answer(token: Uint8Array | undefined, mic: Uint8Array | undefined, supportedMech?: string): Promise<Uint8Array | undefined> {
    const { context } = this.running;
    let responseToken: Uint8Array | undefined;
    if (token !== undefined && token.length > 0) {
      if (this.established) throw new SpnegoError('SPNEGO_SEQUENCE', 'a mechanism token after the last');
      responseToken = await context.step(token);
    } else if (supportedMech === undefined && !this.established) {
      throw new SpnegoError('SPNEGO_SEQUENCE', 'no token of the mechanism although it is not complete');
    }
    if (mic !== undefined) this.takeMic(mic);
    else if (supportedMech === undefined && this.micSent) throw new SpnegoError('SPNEGO_BAD_MIC', 'missing mechListMIC');
    const answered = this.micSent;
    const mechListMIC = this.makeMic(false);
    this.completeWhen(this.established && (!this.micRequired || (this.micReceived && this.micSent)));
    // The initiator's MIC in answer to ours was the last message.
    if (this.complete && answered) return undefined;
    return writeSpnegoToken({
      kind: 'response',
      negState: this.complete ? 'accept-completed' : supportedMech !== undefined && this.micRequired ? 'request-mic' : 'accept-incomplete',
      ...(supportedMech !== undefined && { supportedMech }),
      ...(responseToken && { responseToken }),
      ...(mechListMIC && { mechListMIC }),
    });
  }

  #start(oid: string): void {
    const mechanism = this.#find(oid);
    if (mechanism === undefined) throw new SpnegoError('SPNEGO_NO_MECHANISM', 'a common mechanism', { have: oid });
    this.choose(oid, mechanism.context());
  }

  #find(oid: string): SpnegoMechanism | undefined {
    return this.#options.mechanisms.find((mechanism) => sameMechanism(mechanism.oid, oid));
  }
}
