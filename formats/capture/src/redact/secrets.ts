import type { RemovedRange } from './tokens.ts';
import type { SecretKind } from './types.ts';

/** Shorter ones occur by chance and prove nothing. */
const MIN_SECRET_BYTES = 8;
/** Secrets searched for: a million logins have more, but what removes one removes all. */
const MAX_SECRETS = 200_000;
/** Bytes of one secret that are compared: a ticket of kilobytes is recognised by these. */
const MAX_COMPARED_BYTES = 64;
/** Bits of the table asked first for every place. */
const FILTER_BITS = 22;

function keyOf(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < MIN_SECRET_BYTES; i++) hash = Math.imul(hash ^ (bytes[at + i] as number), 0x01000193);
  return hash >>> 0;
}

/** The secrets of a capture, in memory while it is redacted and nowhere else; never shown. */
export class Secrets {
  readonly removed: Partial<Record<SecretKind, number>> = {};
  /** Beyond the cap. */
  notSearched = 0;
  readonly #byKey = new Map<number, { readonly kind: SecretKind; readonly bytes: Uint8Array }[]>();
  readonly #filter = new Uint8Array(1 << (FILTER_BITS - 3));
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Counts a secret as removed and remembers it for the search, when it is long and varied enough to be told from other bytes. */
  remove(kind: SecretKind, ...forms: readonly Uint8Array[]): void {
    this.removed[kind] = (this.removed[kind] ?? 0) + 1;
    for (const form of forms) this.#remember(kind, form);
  }

  /** Counts what was taken out of a token, and remembers it. @param also the same bytes in another form, by their place in the token. */
  removeRanges(token: Uint8Array, ranges: readonly RemovedRange[], also?: (start: number, end: number) => Uint8Array): void {
    for (const { kind, start, end } of ranges) {
      // A token that could not be read went whole, with all that is open in it: names, object identifiers. Finding these elsewhere means nothing.
      if (kind === 'authorization') this.remove(kind);
      else this.remove(kind, token.subarray(start, end), ...(also === undefined ? [] : [also(start, end)]));
    }
  }

  #remember(kind: SecretKind, form: Uint8Array): void {
    const start = distinctStart(form);
    if (start < 0) return;
    const bytes = form.slice(start, start + MAX_COMPARED_BYTES);
    const key = keyOf(bytes, 0);
    const there = this.#byKey.get(key) ?? [];
    if (there.some((other) => other.bytes.length === bytes.length && other.bytes.every((byte, i) => byte === bytes[i]))) return;
    if (this.#count >= MAX_SECRETS) {
      this.notSearched++;
      return;
    }
    this.#count++;
    there.push({ kind, bytes });
    this.#byKey.set(key, there);
    const bit = key >>> (32 - FILTER_BITS);
    this.#filter[bit >> 3] = (this.#filter[bit >> 3] as number) | (1 << (bit & 7));
  }

  /** Looks for any of them in these bytes. @returns kind and place of the first one found. */
  search(bytes: Uint8Array, start: number, end: number): { readonly kind: SecretKind; readonly at: number } | undefined {
    if (this.#count === 0) return undefined;
    const filter = this.#filter;
    let zeros = 0;
    for (let at = start; at + MIN_SECRET_BYTES <= end; at++) {
      // Most of a redacted capture is zero: no secret begins with a run of zeros.
      zeros = bytes[at] === 0 ? zeros + 1 : 0;
      if (zeros > MIN_SECRET_BYTES) continue;
      const key = keyOf(bytes, at);
      const bit = key >>> (32 - FILTER_BITS);
      if (((filter[bit >> 3] as number) & (1 << (bit & 7))) === 0) continue;
      for (const secret of this.#byKey.get(key) ?? []) {
        const { length } = secret.bytes;
        if (at + length <= end && secret.bytes.every((byte, i) => byte === bytes[at + i])) return { kind: secret.kind, at };
      }
    }
    return undefined;
  }
}

/** Where in a secret a stretch begins that cannot be chance: five different bytes in eight. -1: nowhere, as in zeros of an earlier redaction. */
function distinctStart(bytes: Uint8Array): number {
  for (let at = 0; at + MIN_SECRET_BYTES <= bytes.length; at++) {
    if (new Set(bytes.subarray(at, at + MIN_SECRET_BYTES)).size >= 5) return at;
  }
  return -1;
}
