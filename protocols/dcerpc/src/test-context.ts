import { createHash } from 'node:crypto';
import type { Cover, MessageProtection, Sealed, SecurityContext } from '@winmedic/gss';

/** Bytes of the toy's signature: not NTLM's 16, so that nobody counts on it. */
const SIGNATURE_BYTES = 20;

/**
 * A toy mechanism for tests of binding and protection: a login of `legs` messages, a keystream and a hash with sequence numbers. It proves
 * that both sides cover the same bytes in the same order, and nothing about security.
 */
export class ToyContext implements SecurityContext {
  readonly mechanism = 'toy';
  readonly protection: MessageProtection;
  readonly #legs: number;
  readonly #password: string;
  #taken = 0;
  complete = false;
  peer?: { user: string; domain: string };

  constructor(side: 'client' | 'server', legs: number, password = 'right') {
    this.#legs = legs;
    this.#password = password;
    this.protection = new ToyProtection(side);
  }

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    if (token !== undefined && token.length > 0 && Buffer.from(token).toString() !== `${this.#taken - 1}:${this.#password}`)
      throw new Error('wrong password');
    const leg = token === undefined ? 0 : this.#taken;
    this.#taken = leg + 2;
    if (leg >= this.#legs - 1) this.complete = true;
    if (leg >= this.#legs) return undefined;
    return Buffer.from(`${leg}:${this.#password}`);
  }
}

/** The other side: its first message is the second leg. */
export class ToyAcceptor implements SecurityContext {
  readonly mechanism = 'toy';
  readonly protection: MessageProtection = new ToyProtection('server');
  readonly #legs: number;
  #leg = 0;
  complete = false;
  peer?: { user: string; domain: string };

  constructor(legs: number) {
    this.#legs = legs;
  }

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    if (Buffer.from(token ?? []).toString() !== `${this.#leg}:right`) throw new Error('wrong password');
    const answer = this.#leg + 1;
    this.#leg += 2;
    if (answer >= this.#legs - 1) {
      this.complete = true;
      this.peer = { user: 'tester', domain: 'LAB' };
    }
    return answer >= this.#legs ? undefined : Buffer.from(`${answer}:right`);
  }
}

class ToyProtection implements MessageProtection {
  readonly sessionKey = new Uint8Array(16);
  readonly signatureLength = SIGNATURE_BYTES;
  readonly #side: 'client' | 'server';
  #sent = 0;
  #received = 0;

  constructor(side: 'client' | 'server') {
    this.#side = side;
  }

  headerLength(): number {
    return SIGNATURE_BYTES;
  }

  sign(data: Uint8Array): Uint8Array {
    return mac(this.#side, this.#sent++, data);
  }

  verify(data: Uint8Array, signature: Uint8Array): void {
    if (!mac(other(this.#side), this.#received++, data).equals(signature)) throw new Error('bad signature');
  }

  seal(data: Uint8Array, cover?: Cover): Sealed {
    const number = this.#sent++;
    return { header: mac(this.#side, number, covered(data, cover)), data: stream(data, number) };
  }

  unseal(sealed: Sealed, cover?: Cover): Uint8Array {
    const number = this.#received++;
    const data = stream(sealed.data, number);
    if (!mac(other(this.#side), number, covered(data, cover)).equals(sealed.header)) throw new Error('bad signature');
    return data;
  }
}

function other(side: string): string {
  return side === 'client' ? 'server' : 'client';
}

function covered(data: Uint8Array, cover: Cover | undefined): Uint8Array {
  return cover === undefined ? data : Buffer.concat([cover.before, data, cover.after]);
}

function mac(side: string, number: number, data: Uint8Array): Buffer {
  return createHash('sha1').update(`${side} ${number} `).update(data).digest();
}

function stream(data: Uint8Array, number: number): Uint8Array {
  return data.map((byte) => byte ^ (0x5a + number));
}
