import { createHmac } from 'node:crypto';
import type { MessageProtection, Sealed, SecurityContext } from '@winmedic/gss';
import { Secret } from '@winmedic/gss';
import { ntHash, ntlmAcceptor, ntlmInitiator } from '@winmedic/ntlm';

/** Pieces for tests: a mechanism of two messages with a real signature, NTLM of one account, and a run of two sides against each other. */

class ToyError extends Error {
  readonly code = 'TOY_BAD_MIC';
}

class ToyProtection implements MessageProtection {
  readonly sessionKey = Buffer.from('toy key');
  readonly #side: string;
  #sent = 0;
  #received = 0;

  constructor(side: string) {
    this.#side = side;
  }

  sign(data: Uint8Array): Uint8Array {
    return this.#mac(this.#side, this.#sent++, data);
  }

  verify(data: Uint8Array, signature: Uint8Array): void {
    const right = this.#mac(this.#side === 'initiator' ? 'acceptor' : 'initiator', this.#received++, data);
    if (!right.equals(signature)) throw new ToyError('signature');
  }

  seal(data: Uint8Array): Sealed {
    return { header: this.sign(data), data };
  }

  unseal({ header, data }: Sealed): Uint8Array {
    this.verify(data, header);
    return data;
  }

  headerLength(): number {
    return 32;
  }

  #mac(side: string, number: number, data: Uint8Array): Buffer {
    return createHmac('sha256', this.sessionKey).update(`${side} ${number}`).update(data).digest();
  }
}

/** Two messages, `name request` and `name answer`; the initiator is complete with the answer. */
export function toy(name: string, side: 'initiator' | 'acceptor'): SecurityContext {
  const protection = new ToyProtection(side);
  let complete = false;
  return {
    mechanism: name,
    get complete() {
      return complete;
    },
    get protection() {
      if (!complete) throw new Error('not ready');
      return protection;
    },
    ...(side === 'acceptor' && { peer: { user: 'toy', domain: name } }),
    async step(token) {
      const text = token && Buffer.from(token).toString();
      if (side === 'initiator' && text === undefined) return Buffer.from(`${name} request`);
      if (text !== `${name} ${side === 'initiator' ? 'answer' : 'request'}`) throw new Error(`${name} cannot read ${text}`);
      complete = true;
      return side === 'acceptor' ? Buffer.from(`${name} answer`) : undefined;
    },
  };
}

/** The account of {@link ntlm}. */
export const CREDENTIAL = { user: 'alice', domain: 'CORP', password: new Secret('Pass-w0rd!') };

/** NTLM as either side knows it. */
export const ntlm = {
  initiator: (): SecurityContext => ntlmInitiator({ credential: CREDENTIAL }),
  acceptor: (password = 'Pass-w0rd!', options: Partial<Parameters<typeof ntlmAcceptor>[0]> = {}): SecurityContext =>
    ntlmAcceptor({
      target: { netbiosComputer: 'HV01', netbiosDomain: 'CORP', dnsComputer: 'hv01.corp.example', dnsDomain: 'corp.example' },
      lookUp: () => ({ ntHash: ntHash(new Secret(password)) }),
      ...options,
    }),
};

/** Lets both sides talk until one has nothing to send; `change` may tamper with each token on its way. */
export async function talk(
  initiator: SecurityContext,
  acceptor: SecurityContext,
  change: (token: Uint8Array, number: number) => Uint8Array = (token) => token,
): Promise<Uint8Array[]> {
  const tokens: Uint8Array[] = [];
  let side = acceptor;
  for (let token = await initiator.step(); token !== undefined; ) {
    tokens.push(token);
    const answer = await side.step(change(token, tokens.length - 1));
    side = side === acceptor ? initiator : acceptor;
    token = answer;
  }
  return tokens;
}

/** Sends a message each way, three times. */
export function exchangeSealed(a: SecurityContext, b: SecurityContext): void {
  for (const text of ['first', 'second', 'third']) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const clear = to.protection.unseal(from.protection.seal(Buffer.from(text)));
      if (Buffer.from(clear).toString() !== text) throw new Error(`${text} arrived as something else`);
    }
  }
}
