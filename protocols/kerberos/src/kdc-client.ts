import { randomBytes } from 'node:crypto';
import { joinBytes } from '@winmedic/bytes';
import { DEFAULT_ETYPES, supportsEtype } from './crypto/encryption-type.ts';
import { KerberosError, type KerberosErrorDetail, type KerberosStage } from './errors.ts';
import { krbErrorName, MESSAGE } from './numbers.ts';
import type { KdcTransport, KerberosExchange } from './types.ts';
import { type KrbErrorWire, readErrorData, readWire, type Wire } from './wire.ts';

/** Our clock, corrected by what a KDC or service said of its own. */
export class Clock {
  readonly #now: () => number;
  #offset: number | undefined;

  constructor(now: (() => number) | undefined, offset?: number) {
    this.#now = now ?? Date.now;
    this.#offset = offset;
  }

  /** Time there, milliseconds. */
  now(): number {
    return this.#now() + (this.#offset ?? 0);
  }

  get known(): boolean {
    return this.#offset !== undefined;
  }

  /** Clock there minus ours in milliseconds. */
  get offset(): number {
    return this.#offset ?? 0;
  }

  /** Clock there minus ours, `undefined` while nobody told. */
  get skewSeconds(): number | undefined {
    return this.#offset === undefined ? undefined : secondsOf(this.#offset);
  }

  /** What a time that was just sent makes of our clock, in whole seconds. */
  skewTo(time: number): number {
    return secondsOf(time - this.#now());
  }

  learn(time: number): void {
    this.#offset = time - this.#now();
  }
}

function secondsOf(ms: number): number {
  // Cut, not rounded: KDCs often send whole seconds, which look up to a second late. The zero is never negative.
  return Math.trunc(ms / 1000) + 0;
}

/** What the exchanges share. */
export interface Session {
  readonly kdc: KdcTransport;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly etypes: readonly number[];
  readonly onExchange: ((exchange: KerberosExchange) => void) | undefined;
  /** Encrypted timestamps sent. */
  credentialChecks: number;
}

/** @throws KerberosError KERBEROS_ETYPE when none of the encryption types can be used. */
export function newSession(options: {
  readonly kdc: KdcTransport;
  readonly now?: () => number;
  readonly random?: (length: number) => Uint8Array;
  readonly etypes?: readonly number[];
  readonly onExchange?: (exchange: KerberosExchange) => void;
  readonly kdcOffset?: number;
}): Session {
  const etypes = (options.etypes ?? DEFAULT_ETYPES).filter(supportsEtype);
  if (etypes.length === 0) throw new KerberosError('KERBEROS_ETYPE', 'encryption types to offer');
  return {
    kdc: options.kdc,
    clock: new Clock(options.now, options.kdcOffset === 0 ? undefined : options.kdcOffset),
    random: options.random ?? ((length) => Uint8Array.from(randomBytes(length))),
    etypes,
    onExchange: options.onExchange,
    credentialChecks: 0,
  };
}

/** A number of 31 bits: some KDCs read nonces and sequence numbers as signed. */
export function random31(session: Pick<Session, 'random'>): number {
  const bytes = joinBytes(session.random(4), new Uint8Array(4));
  return new DataView(bytes.buffer).getUint32(0) & 0x7fff_ffff;
}

/** Asks a KDC. The answer is read, not judged. @throws KerberosError KERBEROS_TRANSPORT, KERBEROS_MESSAGE */
export async function ask(session: Session, stage: 'as' | 'tgs', realm: string, request: Uint8Array): Promise<Wire> {
  const place = { stage, realm, credentialChecks: session.credentialChecks };
  let reply: Uint8Array;
  try {
    reply = await session.kdc(realm, request);
  } catch (cause) {
    session.onExchange?.({ stage, realm, request });
    throw new KerberosError('KERBEROS_TRANSPORT', 'KDC', { ...place, cause });
  }
  session.onExchange?.({ stage, realm, request, reply });
  return readWire(reply);
}

/** A KRB-ERROR of a KDC as what is thrown. */
export function kdcError(session: Session, stage: KerberosStage, realm: string, error: KrbErrorWire): KerberosError {
  return refusal('KERBEROS_KDC_ERROR', error, {
    stage,
    realm,
    skewSeconds: session.clock.skewTo(error.serverTime),
    credentialChecks: session.credentialChecks,
  });
}

/** A KRB-ERROR as what is thrown. */
export function refusal(code: 'KERBEROS_KDC_ERROR' | 'KERBEROS_AP_ERROR', error: KrbErrorWire, detail: KerberosErrorDetail): KerberosError {
  const { ntstatus } = readErrorData(error.data);
  return new KerberosError(code, `KRB-ERROR ${error.error} ${krbErrorName(error.error) ?? ''}`.trim(), {
    ...detail,
    krbError: error.error,
    ...(ntstatus === undefined ? {} : { ntstatus }),
  });
}

/** An answer of another kind than the request asks for. */
export function unexpected(stage: KerberosStage, realm: string, wire: Wire): KerberosError {
  return new KerberosError('KERBEROS_REPLY_MISMATCH', 'kind of answer', { stage, realm, have: wire.messageType });
}

/** Is it a KRB-ERROR? */
export function isError(wire: Wire): wire is KrbErrorWire {
  return wire.messageType === MESSAGE.error;
}
