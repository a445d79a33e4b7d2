import { ipv6Text } from '../dissect/icmp-address.ts';
import { ChunkedRows, HashIndex, mix } from './rows.ts';

/** Texts of addresses kept: a scan has any number. */
const MAX_TEXTS = 4096;

/**
 * Addresses as one word each: IPv4 as it is, IPv6 as its number in a pool. Rows of flows stay short, and equal words mean equal addresses (of one version).
 */
export class AddressPool {
  readonly #rows = new ChunkedRows(4);
  readonly #index = new HashIndex();
  /** Texts of addresses told lately, by their word. */
  readonly #texts4 = new Map<number, string>();
  readonly #texts6 = new Map<number, string>();
  readonly #limit: number;

  /** @param limit addresses of IPv6 kept; flows with further ones are not followed. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of the IPv6 address at an offset; -1 when the pool is full. */
  v6(bytes: Uint8Array, at: number): number {
    const a = word(bytes, at);
    const b = word(bytes, at + 4);
    const c = word(bytes, at + 8);
    const d = word(bytes, at + 12);
    const hash = mix(a ^ mix(b ^ mix(c ^ mix(d))));
    const { slots, mask } = this.#index;
    let slot = hash & mask;
    for (;;) {
      const row = slots[slot * 2 + 1]! - 1;
      if (row < 0) break;
      if (slots[slot * 2] === hash) {
        const chunk = this.#rows.chunk(row);
        const o = this.#rows.at(row);
        if (chunk[o] === a && chunk[o + 1] === b && chunk[o + 2] === c && chunk[o + 3] === d) return row;
      }
      slot = (slot + 1) & mask;
    }
    if (this.#rows.count >= this.#limit) return -1;
    const row = this.#rows.add();
    const chunk = this.#rows.chunk(row);
    const o = this.#rows.at(row);
    chunk[o] = a;
    chunk[o + 1] = b;
    chunk[o + 2] = c;
    chunk[o + 3] = d;
    this.#index.insert(slot, hash, row);
    return row;
  }

  /** Text of an address word. */
  text(value: number, v6: boolean): string {
    const texts = v6 ? this.#texts6 : this.#texts4;
    let text = texts.get(value);
    if (text === undefined) {
      text = v6 ? this.#text6(value) : `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`;
      if (texts.size >= MAX_TEXTS) texts.clear();
      texts.set(value, text);
    }
    return text;
  }

  #text6(row: number): string {
    const bytes = new Uint8Array(16);
    const chunk = this.#rows.chunk(row);
    const o = this.#rows.at(row);
    for (let i = 0; i < 4; i++) putWord(bytes, i * 4, chunk[o + i]!);
    return ipv6Text(bytes, 0);
  }
}

/** Four bytes, big-endian, as a signed word. */
export function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function putWord(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (24 - 8 * i);
}
