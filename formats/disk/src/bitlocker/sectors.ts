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

  /** The sectors of `data`, which will lie at `offset` of the volume, encrypted. */
  encrypt(offset: number, data: Uint8Array): Uint8Array {
    const size = this.#sectorBytes;
    const out = new Uint8Array(data.length);
    const places = this.#places(offset, data.length / size);
    const xts = this.#method.mode === 'xts';
    const vectors = xts ? places : this.#crypto.aesEcb(true, this.#key, places);
    const sectorKeys = this.#sectorKeys(places);
    for (let i = 0; i * size < data.length; i++) {
      const vector = vectors.subarray(i * BLOCK, (i + 1) * BLOCK);
      let sector = data.subarray(i * size, (i + 1) * size);
      if (sectorKeys !== undefined) {
        sector = new Uint8Array(sector);
        elephant(false, sector, sectorKeys.subarray(i * 2 * BLOCK, (i + 1) * 2 * BLOCK));
      }
      out.set(xts ? this.#crypto.aesXts(true, this.#key, vector, sector) : this.#crypto.aesCbc(true, this.#key, vector, sector), i * size);
    }
    return out;
  }

  /**
   * The sectors of `data`, which lie at `offset` of the volume, decrypted. One call of AES for all of them, with the chaining done here: a call for each
   * sector of 512 bytes costs ten times as much.
   */
  decrypt(offset: number, data: Uint8Array): Uint8Array {
    const size = this.#sectorBytes;
    const places = this.#places(offset, data.length / size);
    if (this.#method.mode === 'xts') {
      const half = this.#key.length / 2;
      const masks = xtsMasks(this.#crypto.aesEcb(true, this.#key.subarray(half), places), size);
      return xor(this.#crypto.aesEcb(false, this.#key.subarray(0, half), xor(new Uint8Array(data), masks)), masks);
    }
    const vectors = this.#crypto.aesEcb(true, this.#key, places);
    // In CBC a block is masked with the encrypted one before it, the first of a sector with the vector.
    const masks = new Uint8Array(data.length);
    masks.set(data.subarray(0, Math.max(0, data.length - BLOCK)), BLOCK);
    for (let i = 0; i * size < data.length; i++) masks.set(vectors.subarray(i * BLOCK, (i + 1) * BLOCK), i * size);
    const out = xor(this.#crypto.aesEcb(false, this.#key, data), masks);
    const sectorKeys = this.#sectorKeys(places);
    if (sectorKeys !== undefined) {
      for (let i = 0; i * size < out.length; i++) {
        elephant(true, out.subarray(i * size, (i + 1) * size), sectorKeys.subarray(i * 2 * BLOCK, (i + 1) * 2 * BLOCK));
      }
    }
    return out;
  }

  /** Overwrites the keys. */
  forget(): void {
    this.#key.fill(0);
    this.#tweakKey?.fill(0);
  }

  /** Where each sector lies, 16 bytes each: XTS counts sectors, CBC bytes. */
  #places(offset: number, count: number): Uint8Array {
    const size = this.#sectorBytes;
    const places = new Uint8Array(count * BLOCK);
    const view = viewOf(places);
    const xts = this.#method.mode === 'xts';
    for (let i = 0; i < count; i++) view.setBigUint64(i * BLOCK, BigInt(xts ? offset / size + i : offset + i * size), true);
    return places;
  }

  /** For the diffuser 32 bytes for each sector: the place encrypted, and the place with its last byte 0x80 encrypted. */
  #sectorKeys(places: Uint8Array): Uint8Array | undefined {
    const key = this.#tweakKey;
    if (key === undefined) return undefined;
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

/** The first bytes XOR the second, in the place of the first. */
function xor(into: Uint8Array, masks: Uint8Array): Uint8Array {
  const target = viewOf(into);
  const mask = viewOf(masks);
  // All lengths are multiples of 16.
  for (let at = 0; at < into.length; at += 4) target.setInt32(at, target.getInt32(at, true) ^ mask.getInt32(at, true), true);
  return into;
}

/** The masks of every block: the encrypted place of its sector, doubled in GF(2^128) from block to block. @source IEEE Std 1619, 5.2 */
function xtsMasks(tweaks: Uint8Array, sectorBytes: number): Uint8Array {
  const masks = new Uint8Array((tweaks.length / BLOCK) * sectorBytes);
  const from = viewOf(tweaks);
  const to = viewOf(masks);
  let at = 0;
  for (let tweak = 0; tweak < tweaks.length; tweak += BLOCK) {
    let [a, b, c, d] = [0, 4, 8, 12].map((part) => from.getInt32(tweak + part, true)) as [number, number, number, number];
    for (const end = at + sectorBytes; at < end; at += BLOCK) {
      to.setInt32(at, a, true);
      to.setInt32(at + 4, b, true);
      to.setInt32(at + 8, c, true);
      to.setInt32(at + 12, d, true);
      const carry = d >>> 31;
      d = (d << 1) | (c >>> 31);
      c = (c << 1) | (b >>> 31);
      b = (b << 1) | (a >>> 31);
      a = (a << 1) ^ (carry * 0x87);
    }
  }
  return masks;
}
