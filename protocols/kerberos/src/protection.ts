import type { MessageProtection } from '@winmedic/gss';
import { cfxProtection } from './cfx-tokens.ts';
import { KerberosError } from './errors.ts';
import { ETYPE } from './numbers.ts';
import { rc4Protection } from './rc4-tokens.ts';

/** What the exchange agreed on. */
export interface ContextKeys {
  readonly role: 'initiator' | 'acceptor';
  readonly etype: number;
  /** Key of the context: the acceptor's subkey, else the initiator's, else that of the ticket (RFC 4121 section 2). */
  readonly key: Uint8Array;
  /** The key is the acceptor's subkey. */
  readonly acceptorSubkey: boolean;
  readonly sendSequence: number;
  readonly receiveSequence: number;
  readonly dceStyle: boolean;
  readonly random: (length: number) => Uint8Array;
}

/** Per-message tokens for the context: RFC 4121 for AES, RFC 4757 section 7 for RC4. */
export function messageProtection(keys: ContextKeys): MessageProtection {
  return keys.etype === ETYPE.rc4 ? rc4Protection(keys) : cfxProtection(keys);
}

/** Adds the key so that neither printing nor JSON shows it. */
export function withSessionKey(protection: Omit<MessageProtection, 'sessionKey'>, key: Uint8Array): MessageProtection {
  return Object.defineProperty(protection, 'sessionKey', { get: () => key }) as MessageProtection;
}

/** Numbers of one direction; messages must come in order. */
export class Sequence {
  #next: bigint;
  readonly #mask: bigint;

  /** @param bits 64 for RFC 4121, 32 for RFC 4757. */
  constructor(first: number, bits: 32 | 64) {
    this.#mask = (1n << BigInt(bits)) - 1n;
    this.#next = BigInt(first) & this.#mask;
  }

  /** The next number to send. */
  take(): bigint {
    const value = this.#next;
    this.#next = (value + 1n) & this.#mask;
    return value;
  }

  /** @throws KerberosError KERBEROS_SEQUENCE when it is not the next one. */
  expect(value: bigint): void {
    if (value !== this.#next) {
      throw new KerberosError('KERBEROS_SEQUENCE', 'sequence number of a message', { need: `${this.#next}`, have: `${value}` });
    }
    this.#next = (value + 1n) & this.#mask;
  }
}
