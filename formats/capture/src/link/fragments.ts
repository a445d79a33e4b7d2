/** No bytes. */
export const emptyBytes: Uint8Array = new Uint8Array(0);

/** A datagram ends here whatever its fragments say (RFC 791: total length is 16 bits; RFC 8200 without jumbograms). */
const MAX_DATAGRAM = 65_535;
/** Fragments of one datagram: 64 KiB in pieces of the smallest IPv6 link (1,280) are 52, in those of 576 are 120; more is an attack. */
const MAX_PARTS = 256;
/** Incomplete datagrams are forgotten after this many seconds of the capture (RFC 8200 section 4.5: 60). */
const TIMEOUT_SECONDS = 60;

/** What one kept fragment takes beside its bytes. */
const KEPT_OVERHEAD = 512;

/** Why a fragment was not taken. */
export type FragmentProblem = 'overlap' | 'length' | 'parts' | 'limit';

interface Part {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface Datagram {
  /** Source, destination, identification and protocol, to tell datagrams of one hash apart. */
  readonly key: Uint8Array;
  /** By offset, without overlap. */
  readonly parts: Part[];
  have: number;
  /** Length of the whole, once the last fragment was seen; -1 before. */
  total: number;
  /** Refused: an overlap was seen, what comes later is ignored (RFC 5722 section 3; for IPv4 the same reason holds: nobody can say which bytes the host took). */
  refused: boolean;
  readonly since: number;
}

/** Caps of a {@link FragmentTable}. */
export interface FragmentLimits {
  /** Datagrams being put together. */
  readonly datagrams: number;
  /** Bytes of them. */
  readonly bytes: number;
}

/** Puts fragmented IP datagrams together (RFC 791 section 3.2, RFC 8200 section 4.5). Overlaps are refused, except a fragment that is there already. */
export class FragmentTable {
  readonly #limits: FragmentLimits;
  /** In order of arrival: the first is the oldest. */
  readonly #datagrams = new Map<number, Datagram>();
  readonly #onProblem: (problem: FragmentProblem) => void;
  #bytes = 0;

  constructor(limits: FragmentLimits, onProblem: (problem: FragmentProblem) => void) {
    this.#limits = limits;
    this.#onProblem = onProblem;
  }

  /** Bytes kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes one fragment. @param addresses offset of source and destination, adjacent, `addressBytes` together. @param offset of the payload in the datagram.
   * @param now seconds of the capture.
   * @returns addresses and payload of the datagram in a new buffer when this completed it.
   */
  add(
    bytes: Uint8Array,
    addresses: number,
    addressBytes: number,
    identification: number,
    protocol: number,
    offset: number,
    start: number,
    end: number,
    more: boolean,
    now: number,
  ): Uint8Array | undefined {
    const length = end - start;
    // All but the last fragment are multiples of 8 (RFC 791 section 3.2, RFC 8200 section 4.5).
    if (length <= 0 || offset + length > MAX_DATAGRAM || (more && (length & 7) !== 0)) return this.#problem('length');
    this.#expire(now);
    const hash = hashOf(bytes, addresses, addressBytes, identification, protocol);
    let datagram = this.#datagrams.get(hash);
    if (datagram === undefined || !sameKey(datagram.key, bytes, addresses, addressBytes, identification, protocol)) {
      if (datagram !== undefined) this.#forget(hash, datagram);
      if (this.#datagrams.size >= this.#limits.datagrams) this.#forgetOldest();
      datagram = {
        key: keyOf(bytes, addresses, addressBytes, identification, protocol),
        parts: [],
        have: 0,
        total: -1,
        refused: false,
        since: now,
      };
      this.#datagrams.set(hash, datagram);
    }
    if (datagram.refused) return undefined;
    const at = place(datagram.parts, offset);
    const before = datagram.parts[at - 1];
    const after = datagram.parts[at];
    if (after !== undefined && after.offset === offset && after.bytes.length === length) return undefined;
    if (
      (before !== undefined && before.offset + before.bytes.length > offset) ||
      (after !== undefined && offset + length > after.offset) ||
      (datagram.total >= 0 && (more ? offset + length >= datagram.total : offset + length !== datagram.total)) ||
      (!more && datagram.parts.length > 0 && after !== undefined)
    ) {
      return this.#refuse(datagram, 'overlap');
    }
    if (datagram.parts.length >= MAX_PARTS) return this.#refuse(datagram, 'parts');
    while (this.#bytes + length + KEPT_OVERHEAD > this.#limits.bytes) {
      const [oldest] = this.#datagrams;
      if (oldest === undefined) break;
      if (oldest[1] === datagram) return this.#refuse(datagram, 'limit');
      this.#forgetOldest();
    }
    datagram.parts.splice(at, 0, { offset, bytes: bytes.slice(start, end) });
    datagram.have += length;
    this.#bytes += length + KEPT_OVERHEAD;
    if (!more) datagram.total = offset + length;
    if (datagram.have !== datagram.total) return undefined;
    const whole = new Uint8Array(addressBytes + datagram.total);
    whole.set(bytes.subarray(addresses, addresses + addressBytes));
    for (const part of datagram.parts) whole.set(part.bytes, addressBytes + part.offset);
    this.#forget(hash, datagram);
    return whole;
  }

  #problem(problem: FragmentProblem): undefined {
    this.#onProblem(problem);
  }

  #refuse(datagram: Datagram, problem: FragmentProblem): undefined {
    this.#bytes -= datagram.have + datagram.parts.length * KEPT_OVERHEAD;
    datagram.parts.length = 0;
    datagram.have = 0;
    datagram.refused = true;
    this.#onProblem(problem);
  }

  #forget(hash: number, datagram: Datagram): void {
    this.#bytes -= datagram.have + datagram.parts.length * KEPT_OVERHEAD;
    this.#datagrams.delete(hash);
  }

  #forgetOldest(): void {
    for (const [hash, datagram] of this.#datagrams) {
      this.#onProblem('limit');
      this.#forget(hash, datagram);
      return;
    }
  }

  #expire(now: number): void {
    for (const [hash, datagram] of this.#datagrams) {
      if (now - datagram.since <= TIMEOUT_SECONDS) return;
      this.#forget(hash, datagram);
    }
  }
}

/** Index of the first part at or behind an offset. */
function place(parts: readonly Part[], offset: number): number {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((parts[middle] as Part).offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hashOf(bytes: Uint8Array, at: number, length: number, identification: number, protocol: number): number {
  let hash = Math.imul(identification ^ 0x9e3779b9, 0x85ebca6b) ^ protocol;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[at + i]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function keyOf(bytes: Uint8Array, at: number, length: number, identification: number, protocol: number): Uint8Array {
  const key = new Uint8Array(length + 5);
  key.set(bytes.subarray(at, at + length));
  for (let i = 0; i < 4; i++) key[length + i] = identification >>> (24 - 8 * i);
  key[length + 4] = protocol;
  return key;
}

function sameKey(key: Uint8Array, bytes: Uint8Array, at: number, length: number, identification: number, protocol: number): boolean {
  if (key.length !== length + 5 || key[length + 4] !== protocol) return false;
  for (let i = 0; i < 4; i++) if (key[length + i] !== ((identification >>> (24 - 8 * i)) & 0xff)) return false;
  for (let i = 0; i < length; i++) if (key[i] !== bytes[at + i]) return false;
  return true;
}
