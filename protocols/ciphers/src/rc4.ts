/** A running RC4 key stream. */
export interface Rc4 {
  /** The bytes combined with the next part of the key stream (encrypts and decrypts alike), in a new array. */
  update(bytes: Uint8Array): Uint8Array;
  /** A second stream that goes on from the same place, independently of this one. */
  clone(): Rc4;
}

/**
 * RC4 as NTLM (MS-NLMP section 3.4) and Kerberos (RFC 4757) use it; the algorithm is described in RFC 6229 with test vectors.
 * @param key 1 to 256 bytes.
 * @throws RangeError for a key of another length.
 */
export function rc4(key: Uint8Array): Rc4 {
  if (key.length === 0 || key.length > 256) throw new RangeError(`RC4 key of ${key.length} bytes`);
  const state = new Uint8Array(256);
  for (let i = 0; i < 256; i++) state[i] = i;
  for (let i = 0, j = 0; i < 256; i++) {
    const s = state[i]!;
    j = (j + s + key[i % key.length]!) & 0xff;
    state[i] = state[j]!;
    state[j] = s;
  }
  return new Rc4Stream(state, 0, 0);
}

class Rc4Stream implements Rc4 {
  readonly #state: Uint8Array;
  #i: number;
  #j: number;

  constructor(state: Uint8Array, i: number, j: number) {
    this.#state = state;
    this.#i = i;
    this.#j = j;
  }

  update(bytes: Uint8Array): Uint8Array {
    const out = new Uint8Array(bytes.length);
    const state = this.#state;
    let i = this.#i;
    let j = this.#j;
    for (let at = 0; at < bytes.length; at++) {
      i = (i + 1) & 0xff;
      const a = state[i]!;
      j = (j + a) & 0xff;
      const b = state[j]!;
      state[i] = b;
      state[j] = a;
      out[at] = bytes[at]! ^ state[(a + b) & 0xff]!;
    }
    this.#i = i;
    this.#j = j;
    return out;
  }

  clone(): Rc4 {
    return new Rc4Stream(this.#state.slice(), this.#i, this.#j);
  }
}
