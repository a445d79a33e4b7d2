import type { Place } from '../dissect/types.ts';
import type { Clock } from './clock.ts';

/** A {@link Place} whose time becomes a BigInt only when somebody asks. */
export class FramePlace implements Place {
  readonly frame: number;
  readonly #clock: Clock;
  readonly #seconds: number;
  readonly #nanoseconds: number;

  constructor(clock: Clock, frame: number, seconds: number, nanoseconds: number) {
    this.#clock = clock;
    this.frame = frame;
    this.#seconds = seconds;
    this.#nanoseconds = nanoseconds;
  }

  get at(): bigint {
    return this.#clock.absolute(this.#seconds, this.#nanoseconds);
  }

  /** Seconds after the first packet. */
  get seconds(): number {
    return this.#seconds + this.#nanoseconds / 1e9;
  }
}
