import type { MessageProtection, PeerIdentity, SecurityContext } from '@winmedic/gss';
import { SpnegoError } from './errors.ts';
import { MECHANISM_OID, mechanismName, sameMechanism } from './mechanisms.ts';
import type { NegTokenResp } from './tokens.ts';

/** A mechanism handed in: its identifier and how to begin with it. `context` is called when the mechanism is really needed. */
export interface SpnegoMechanism {
  readonly oid: string;
  readonly context: () => SecurityContext;
}

/** The mechanism that runs. */
export interface ChosenMechanism {
  readonly oid: string;
  /** As people call it: `NTLM`, `Kerberos`. */
  readonly name: string;
  readonly context: SecurityContext;
}

/** A mechanism that does not run, and why. */
export interface MechanismAttempt {
  readonly oid: string;
  readonly name: string;
  /**
   * `cannot-start`: it threw before anything was sent (no ticket, no KDC); `not-chosen`: the peer picked another; `not-offered`: the peer, which
   * spoke first, does not have it.
   */
  readonly why: 'cannot-start' | 'not-chosen' | 'not-offered';
  readonly error?: Error;
}

/** A SPNEGO exchange. Its protection is that of the chosen mechanism, in step with the mechListMIC. */
export interface SpnegoContext extends SecurityContext {
  readonly mechanism: 'SPNEGO';
  readonly established: boolean;
  /** Absent before a mechanism was found. With raw tokens it is the mechanism of these tokens. */
  readonly chosen?: ChosenMechanism;
  /** Mechanisms that were to be used and are not, in order. */
  readonly attempts: readonly MechanismAttempt[];
  /** The mechanisms the initiator offered on the wire. */
  readonly offered: readonly string[];
}

/** What both sides keep: the mechanism and the two mechListMICs (RFC 4178 section 5). */
export abstract class Negotiation implements SpnegoContext {
  readonly mechanism = 'SPNEGO';
  readonly attempts: MechanismAttempt[] = [];
  offered: readonly string[] = [];
  chosen?: ChosenMechanism;
  complete = false;
  peer?: PeerIdentity;
  /** The list of mechanisms as the initiator sent it, DER. */
  protected mechTypes: Uint8Array = new Uint8Array(0);
  /** Both sides must exchange a mechListMIC. */
  protected micRequired = false;
  protected micSent = false;
  protected micReceived = false;

  abstract step(token?: Uint8Array): Promise<Uint8Array | undefined>;

  get established(): boolean {
    return this.chosen?.context.complete ?? false;
  }

  get protection(): MessageProtection {
    if (!this.chosen?.context.complete) throw new SpnegoError('SPNEGO_NOT_READY', 'protection before the mechanism is complete');
    return this.chosen.context.protection;
  }

  /** The exchange is over when the condition holds. */
  protected completeWhen(condition: boolean): void {
    if (!condition) return;
    this.complete = true;
    const peer = this.chosen?.context.peer;
    if (peer !== undefined) this.peer = peer;
  }

  /** The mechanism of this exchange. */
  protected get running(): ChosenMechanism {
    if (this.chosen === undefined) throw new SpnegoError('SPNEGO_SEQUENCE', 'a token before the first');
    return this.chosen;
  }

  protected choose(oid: string, context: SecurityContext): void {
    this.chosen = { oid, name: mechanismName(oid), context };
  }

  protected passOver(oid: string, why: MechanismAttempt['why'], error?: unknown): void {
    const cause = error === undefined || error instanceof Error ? error : new Error(String(error));
    this.attempts.push({ oid, name: mechanismName(oid), why, ...(cause && { error: cause }) });
  }

  /** Verifies the peer's mechListMIC. */
  protected takeMic(mic: Uint8Array): void {
    if (!this.established) throw new SpnegoError('SPNEGO_SEQUENCE', 'mechListMIC before the mechanism is complete');
    const { protection } = this;
    try {
      protection.verify(this.mechTypes, mic);
    } catch (error) {
      throw new SpnegoError('SPNEGO_BAD_MIC', 'mechListMIC', { cause: error });
    }
    protection.rewindCipher?.('received');
    this.micReceived = true;
    this.micRequired = true;
  }

  /**
   * Our mechListMIC, when one has to be sent now. NTLM gets one without being asked: with a MIC in its AUTHENTICATE message Windows demands it
   * (MS-SPNG note 8), and who does not know it ignores it.
   */
  protected makeMic(unasked: boolean): Uint8Array | undefined {
    if (this.micSent || !this.established) return undefined;
    if (!this.micRequired && !(unasked && sameMechanism(this.running.oid, MECHANISM_OID.ntlm))) return undefined;
    let mic: Uint8Array;
    try {
      mic = this.protection.sign(this.mechTypes);
    } catch (error) {
      // Signing was not agreed on: only a demanded MIC is an obstacle then.
      if (this.micRequired) throw new SpnegoError('SPNEGO_BAD_MIC', 'the mechanism cannot sign the demanded mechListMIC', { cause: error });
      return undefined;
    }
    this.protection.rewindCipher?.('sent');
    this.micSent = true;
    return mic;
  }
}

/**
 * The mechListMIC of a response. Old implementations (Windows 2000, XP) repeat the responseToken there: that is none (observed by the Samba and
 * pyspnego projects).
 */
export function realMic(response: NegTokenResp): Uint8Array | undefined {
  const { mechListMIC: mic, responseToken: token } = response;
  return mic === undefined || (token !== undefined && equal(mic, token)) ? undefined : mic;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The token as plain bytes: a mechanism may rely on `slice` making a copy, which a Buffer's does not. */
export function plain(token: Uint8Array): Uint8Array {
  return new Uint8Array(token.buffer, token.byteOffset, token.length);
}
