import { viewOf } from '@winmedic/bytes';
import { elephant } from './elephant.ts';
import type { Method } from './methods.ts';
import type { DiskCrypto } from './types.ts';

const BLOCK = 16;

/**
 * Encrypts and decrypts whole sectors by their place on the volume. Holds the key: in a private field, which neither JSON nor an inspector shows.
 * @source libyal BDE format, "Encryption methods"
 */
export class SectorCipher {
  readonly #crypto: DiskCrypto;
  readonly #method: Method;
  readonly #sectorBytes: number;
  readonly #key: Uint8Array;
  readonly #tweakKey: Uint8Array | undefined;

  /** @param key full volume encryption key of `method.keyBytes`; copied. */
  constructor(crypto: DiskCrypto, method: Method, sectorBytes: number, key: Uint8Array) {
    this.#crypto = crypto;
    this.#method = method;
    this.#sectorBytes = sectorBytes;
    const diffuser = method.mode === 'cbc-diffuser';
    this.#key = new Uint8Array(key.subarray(0, diffuser ? method.aesBytes : method.keyBytes));
    // The stored key has room for two AES-256 keys: the tweak key begins in the middle.
    this.#tweakKey = diffuser ? new Uint8Array(key.subarray(method.keyBytes / 2, method.keyBytes / 2 + method.aesBytes)) : undefined;
  }

  /** The sectors of `data`, which lie (or will lie) at `offset` of the volume, decrypted or encrypted. */
  apply(encrypt: boolean, offset: number, data: Uint8Array): Uint8Array {
    const size = this.#sectorBytes;
    const out = new Uint8Array(data.length);
    const count = data.length / size;
    const xts = this.#method.mode === 'xts';
    const places = new Uint8Array(count * BLOCK);
    const view = viewOf(places);
    for (let i = 0; i < count; i++) {
      // XTS counts sectors, CBC bytes.
      view.setBigUint64(i * BLOCK, BigInt(xts ? offset / size + i : offset + i * size), true);
    }
    const vectors = xts ? places : this.#crypto.aesEcb(true, this.#key, places);
    const sectorKeys = this.#tweakKey === undefined ? undefined : this.#sectorKeys(this.#tweakKey, places);
    for (let i = 0; i < count; i++) {
      const vector = vectors.subarray(i * BLOCK, (i + 1) * BLOCK);
      let sector = data.subarray(i * size, (i + 1) * size);
      const sectorKey = sectorKeys?.subarray(i * 2 * BLOCK, (i + 1) * 2 * BLOCK);
      if (sectorKey !== undefined && encrypt) {
        sector = new Uint8Array(sector);
        elephant(false, sector, sectorKey);
      }
      const done = xts ? this.#crypto.aesXts(encrypt, this.#key, vector, sector) : this.#crypto.aesCbc(encrypt, this.#key, vector, sector);
      const target = out.subarray(i * size, (i + 1) * size);
      target.set(done);
      if (sectorKey !== undefined && !encrypt) elephant(true, target, sectorKey);
    }
    return out;
  }

  /** Overwrites the keys. */
  forget(): void {
    this.#key.fill(0);
    this.#tweakKey?.fill(0);
  }

  /** 32 bytes for each sector: the place encrypted, and the place with its last byte 0x80 encrypted. */
  #sectorKeys(key: Uint8Array, places: Uint8Array): Uint8Array {
    const pairs = new Uint8Array(places.length * 2);
    for (let at = 0; at < places.length; at += BLOCK) {
      const place = places.subarray(at, at + BLOCK);
      pairs.set(place, at * 2);
      pairs.set(place, at * 2 + BLOCK);
      pairs[at * 2 + 2 * BLOCK - 1] = 0x80;
    }
    return this.#crypto.aesEcb(true, key, pairs);
  }
}
