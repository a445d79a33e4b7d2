import { SpnegoError } from './errors.ts';
import { sameMechanism } from './mechanisms.ts';
import { Negotiation, plain, realMic, type SpnegoContext, type SpnegoMechanism } from './negotiation.ts';
import { type NegTokenResp, parseSpnegoToken, writeMechTypes, writeSpnegoToken } from './tokens.ts';

/** Options of {@link spnegoInitiator}. */
export interface SpnegoInitiatorOptions {
  /** Mechanisms, best first. The first that can start sends its token along. */
  readonly mechanisms: readonly SpnegoMechanism[];
}

/**
 * The side that logs in (RFC 4178, MS-SPNG 3.3). The first step takes nothing, or the NegTokenInit2 of a server that speaks first. A later step
 * without token says that the peer answered without one: the exchange is complete then when nothing was missing.
 * Steps reject with {@link SpnegoError}, and with the mechanism's own error when it does not accept the peer's token.
 */
export function spnegoInitiator(options: SpnegoInitiatorOptions): SpnegoContext {
  return new Initiator(options.mechanisms);
}

class Initiator extends Negotiation {
  #mechanisms: readonly SpnegoMechanism[];
  #answered = false;

  constructor(mechanisms: readonly SpnegoMechanism[]) {
    super();
    this.#mechanisms = mechanisms;
  }

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.chosen === undefined) return this.#begin(token);
    if (this.complete) throw new SpnegoError('SPNEGO_SEQUENCE', 'a token after the exchange was complete');
    if (token === undefined || token.length === 0) {
      this.#finish();
      return undefined;
    }
    const message = parseSpnegoToken(plain(token));
    if (message.kind !== 'response') throw new SpnegoError('SPNEGO_SEQUENCE', 'NegTokenInit where an answer belongs');
    return this.#answer(message);
  }

  async #begin(hello?: Uint8Array): Promise<Uint8Array> {
    if (hello !== undefined && hello.length > 0) {
      const message = parseSpnegoToken(hello);
      if (message.kind !== 'init') throw new SpnegoError('SPNEGO_SEQUENCE', 'an answer before the first token');
      this.#keepKnown(message.mechTypes);
    }
    for (const [i, { oid, context }] of this.#mechanisms.entries()) {
      try {
        const started = context();
        const mechToken = await started.step();
        this.#mechanisms = this.#mechanisms.slice(i);
        this.offered = this.#mechanisms.map((mechanism) => mechanism.oid);
        this.mechTypes = writeMechTypes(this.offered);
        this.choose(oid, started);
        return writeSpnegoToken({ kind: 'init', mechTypes: this.offered, ...(mechToken && { mechToken }) });
      } catch (error) {
        this.passOver(oid, 'cannot-start', error);
      }
    }
    throw new SpnegoError('SPNEGO_NO_MECHANISM', 'a mechanism that can start', { cause: this.attempts[0]?.error });
  }

  /** Leaves the mechanisms that the server has, in our order. */
  #keepKnown(theirs: readonly string[]): void {
    const known = this.#mechanisms.filter(({ oid }) => theirs.some((other) => sameMechanism(oid, other)));
    for (const mechanism of this.#mechanisms) if (!known.includes(mechanism)) this.passOver(mechanism.oid, 'not-offered');
    this.#mechanisms = known;
  }

  async #answer(message: NegTokenResp): Promise<Uint8Array | undefined> {
    if (message.negState === 'reject') return this.#rejected(message);
    if (message.negState === 'request-mic') this.micRequired = true;
    const switched = !this.#answered && (await this.#follow(message));
    this.#answered = true;
    let out = switched === false ? undefined : switched.token;
    const token = message.responseToken;
    if (switched === false && token !== undefined && token.length > 0) {
      if (this.established) throw new SpnegoError('SPNEGO_SEQUENCE', 'a mechanism token after the last');
      out = await this.running.context.step(token);
    }
    const mic = realMic(message);
    if (mic !== undefined) this.takeMic(mic);
    if (message.negState === 'accept-completed') {
      this.#finish();
      return undefined;
    }
    if (out === undefined && !this.established && switched === false)
      throw new SpnegoError('SPNEGO_SEQUENCE', 'no token of the mechanism although it is not complete');
    const mechListMIC = this.makeMic(true);
    // The acceptor verified nothing yet; it says the last word unless its own MIC has come already (RFC 4178 section 5).
    this.completeWhen(this.established && this.micReceived && this.micSent);
    if (out === undefined && mechListMIC === undefined) {
      this.completeWhen(this.established && !this.micRequired);
      return undefined;
    }
    return writeSpnegoToken({
      kind: 'response',
      negState: this.complete ? 'accept-completed' : 'accept-incomplete',
      ...(out && { responseToken: out }),
      ...(mechListMIC && { mechListMIC }),
    });
  }

  /** Goes over to the mechanism the acceptor chose, when it is not the one that began: `false` when it is. */
  async #follow({ supportedMech, responseToken }: NegTokenResp): Promise<false | { readonly token?: Uint8Array }> {
    if (supportedMech === undefined || sameMechanism(supportedMech, this.running.oid)) return false;
    const next = this.#mechanisms.find(({ oid }) => sameMechanism(oid, supportedMech));
    if (next === undefined)
      throw new SpnegoError('SPNEGO_SEQUENCE', 'the acceptor chose a mechanism that was not offered', { have: supportedMech });
    if (responseToken !== undefined && responseToken.length > 0)
      throw new SpnegoError('SPNEGO_SEQUENCE', 'a token of a mechanism that has not begun', { have: supportedMech });
    this.passOver(this.running.oid, 'not-chosen');
    this.micRequired = true;
    const context = next.context();
    this.choose(next.oid, context);
    const token = await context.step();
    return token === undefined ? {} : { token };
  }

  /** The mechanism may explain the rejection (KRB-ERROR); its error becomes the cause. */
  async #rejected({ responseToken }: NegTokenResp): Promise<never> {
    let cause: unknown;
    if (responseToken !== undefined && responseToken.length > 0 && !this.established) {
      try {
        await this.running.context.step(responseToken);
      } catch (error) {
        cause = error;
      }
    }
    throw new SpnegoError('SPNEGO_REJECTED', 'the acceptor', { ...(cause !== undefined && { cause }) });
  }

  #finish(): void {
    if (!this.established) throw new SpnegoError('SPNEGO_SEQUENCE', 'the peer ended the exchange before the mechanism was complete');
    // What was demanded protects the list of mechanisms: without the peer's MIC somebody may have taken the better ones out.
    if (this.micRequired && !(this.micReceived && this.micSent) && !this.#optional())
      throw new SpnegoError('SPNEGO_BAD_MIC', 'missing mechListMIC');
    this.completeWhen(true);
  }

  /** The acceptor's MIC came with its last word though ours was not demanded: verified, and nobody waits for ours (RFC 4178 section 5). */
  #optional(): boolean {
    return this.micReceived && !this.attempts.some(({ why }) => why === 'not-chosen');
  }
}
