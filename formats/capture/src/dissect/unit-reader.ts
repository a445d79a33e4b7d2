import { ByteQueue } from './byte-queue.ts';
import type { DissectContext, Place, Side, StreamDissector } from './types.ts';

/** How a protocol marks its messages in a stream. */
export interface Framing {
  /**
   * Length of the message that begins here, its head included; `undefined`: more bytes are needed to tell; 0: no message of the protocol begins here.
   * Must tell within {@link headBytes}.
   */
  length(bytes: Uint8Array): number | undefined;
  /** Bytes with which {@link length} always tells. */
  readonly headBytes: number;
  /**
   * After bytes were lost: may a message begin at this offset? Stricter than {@link length}, because what is between is anything. `undefined`: more bytes are needed.
   */
  plausible(bytes: Uint8Array, at: number): boolean | undefined;
  /** Bytes of one message that are kept; what is longer is skipped and its message is `partial`. Never below {@link headBytes}. */
  readonly keep: number;
  /**
   * Fewer bytes than {@link keep} for messages of which the beginning is enough, once that can be told from the bytes that are there; then the same whatever
   * follows. Not below {@link headBytes}.
   */
  keepLess?(bytes: Uint8Array, length: number): number | undefined;
}

/** One message of a stream. `bytes` is valid during the call only. */
export interface Unit {
  readonly side: Side;
  readonly bytes: Uint8Array;
  /** Its length on the wire. */
  readonly length: number;
  /** Only the beginning is there. */
  readonly partial: boolean;
  /** Frame of its last byte, or of what is known of it. */
  readonly place: Place;
}

/** Bytes searched for the next message after a hole: more without one is another protocol, or encrypted. */
const MAX_HUNT = 1 << 20;

interface SideState {
  readonly queue: ByteQueue;
  /** Bytes of the current message that are passed over. */
  skipping: number;
  /** Beginning of the message being passed over, told when its end has come. */
  held: { readonly bytes: Uint8Array; readonly length: number } | undefined;
  /** Looking for the next message; the bytes searched so far. */
  hunted: number | undefined;
  /** Nothing was read or lost yet. */
  fresh: boolean;
  done: boolean;
}

/** Cuts both sides of a stream into messages by their lengths, and finds the next message after a hole. Linear in the bytes however they come. */
export class UnitReader implements StreamDissector {
  readonly #framing: Framing;
  readonly #context: Pick<DissectContext, 'skip'>;
  readonly #onUnit: (unit: Unit) => void;
  readonly #onStray: ((side: Side, first: number, place: Place) => void) | undefined;
  readonly #sides: Readonly<Record<Side, SideState>>;

  /**
   * @param onUnit gets each message. Must not throw.
   * @param onStray told when the very first bytes of a side are no message, with the first of them.
   */
  constructor(
    framing: Framing,
    context: Pick<DissectContext, 'skip'>,
    onUnit: (unit: Unit) => void,
    onStray?: (side: Side, first: number, place: Place) => void,
  ) {
    this.#framing = framing;
    this.#context = context;
    this.#onUnit = onUnit;
    this.#onStray = onStray;
    const state = (): SideState => ({ queue: new ByteQueue(), skipping: 0, held: undefined, hunted: undefined, fresh: true, done: false });
    this.#sides = { client: state(), server: state() };
  }

  /** Bytes of this side are of no further use: nothing more is told of it. */
  stop(side: Side): void {
    const state = this.#sides[side];
    if (state.done) return;
    state.done = true;
    state.queue.clear();
    this.#context.skip(side, Number.POSITIVE_INFINITY);
  }

  data(side: Side, bytes: Uint8Array, place: Place): void {
    const state = this.#sides[side];
    if (state.done) return;
    // Most segments are one message.
    if (state.queue.length === 0 && state.skipping === 0 && state.hunted === undefined) {
      const length = this.#framing.length(bytes);
      if (length === bytes.length && length <= this.#framing.keep && this.#framing.keepLess?.(bytes, length) === undefined) {
        state.fresh = false;
        this.#onUnit({ side, bytes, length, partial: false, place });
        return;
      }
    }
    state.queue.push(bytes);
    while (!state.done && this.#step(side, state, place)) {
      // Each step takes at least one byte off the queue.
    }
    if (state.done) return;
    state.queue.settle();
    if (state.skipping > 0) this.#context.skip(side, state.skipping);
  }

  /** @returns whether there may be more to do. */
  #step(side: Side, state: SideState, place: Place): boolean {
    const { queue } = state;
    if (state.skipping > 0) {
      const count = Math.min(state.skipping, queue.length);
      queue.take(count);
      this.#passed(side, state, count, place);
      return count > 0 && queue.length > 0;
    }
    if (queue.length === 0 || (state.hunted !== undefined && !this.#hunt(side, state))) return false;
    const { bytes } = queue;
    const length = this.#framing.length(bytes);
    if (length === undefined) return false;
    const { fresh } = state;
    state.fresh = false;
    if (length <= 0) {
      state.hunted = 0;
      if (fresh) this.#onStray?.(side, bytes[0] as number, place);
      queue.take(1);
      return true;
    }
    const keep = this.#framing.keepLess?.(bytes, length) ?? this.#framing.keep;
    if (bytes.length >= length) {
      const kept = Math.min(length, keep);
      this.#onUnit({ side, bytes: kept === bytes.length ? bytes : bytes.subarray(0, kept), length, partial: length > keep, place });
      queue.take(length);
      return true;
    }
    if (length <= keep || bytes.length < keep) return false;
    state.held = { bytes: bytes.slice(0, keep), length };
    queue.take(keep);
    state.skipping = length - keep;
    return true;
  }

  #passed(side: Side, state: SideState, count: number, place: Place): void {
    state.skipping -= count;
    if (state.skipping > 0) return;
    state.skipping = 0;
    const { held } = state;
    state.held = undefined;
    if (held !== undefined) this.#onUnit({ side, ...held, partial: true, place });
  }

  /** Drops bytes until a message may begin. @returns whether one does. */
  #hunt(side: Side, state: SideState): boolean {
    const { bytes } = state.queue;
    let at = 0;
    let found: boolean | undefined = false;
    for (; at < bytes.length; at++) {
      found = this.#framing.plausible(bytes, at);
      if (found !== false) break;
    }
    state.queue.take(at);
    state.hunted = (state.hunted ?? 0) + at;
    if (found === true) state.hunted = undefined;
    else if (state.hunted > MAX_HUNT) this.stop(side);
    return found === true;
  }

  gap(side: Side, length: number, place: Place): void {
    const state = this.#sides[side];
    if (state.done) return;
    state.fresh = false;
    if (state.skipping > 0) {
      const lost = length > state.skipping;
      this.#passed(side, state, Math.min(length, state.skipping), place);
      if (lost) state.hunted = 0;
      return;
    }
    const { bytes } = state.queue;
    const known = state.hunted === undefined && bytes.length > 0 ? (this.#framing.length(bytes) ?? 0) : 0;
    if (known > 0) this.#onUnit({ side, bytes: bytes.subarray(0, this.#framing.keep), length: known, partial: true, place });
    const rest = known - bytes.length - length;
    state.queue.clear();
    if (known > 0 && rest >= 0) state.skipping = rest;
    else state.hunted = 0;
    if (state.skipping > 0) this.#context.skip(side, state.skipping);
  }

  skipped(side: Side, length: number, place: Place): void {
    const state = this.#sides[side];
    if (!state.done && state.skipping > 0) this.#passed(side, state, Math.min(length, state.skipping), place);
  }

  end(side: Side, _how: 'fin' | 'rst' | 'end-of-capture', place: Place): void {
    const state = this.#sides[side];
    if (state.done) return;
    state.done = true;
    if (state.held !== undefined) this.#onUnit({ side, ...state.held, partial: true, place });
    else if (state.hunted === undefined && state.queue.length > 0) {
      const { bytes } = state.queue;
      const length = this.#framing.length(bytes);
      if (length !== undefined && length > 0) this.#onUnit({ side, bytes, length, partial: true, place });
    }
    state.queue.clear();
  }
}
