/**
 * Times of packets without BigInt: whole seconds after the first packet as a 32-bit number (68 years to both sides; beyond that clamped) and nanoseconds.
 * A packet without a time has that of the one before it.
 */
export class Clock {
  /** Whole seconds after the first packet with a time, and nanoseconds, of the packet at hand. */
  seconds = 0;
  nanoseconds = 0;
  /** Latest of all. */
  latestSeconds = 0;
  latestNanoseconds = 0;
  #base = 0;
  #set = false;
  /** Nanoseconds since 1970 of a whole second, and which: NaN before the first. */
  #whole = 0n;
  #wholeOf = Number.NaN;

  /** Takes the time of the next packet. */
  tick(seconds: number, nanoseconds: number): void {
    // NaN fails the comparison too.
    if (!(nanoseconds >= 0)) return;
    if (!this.#set) {
      this.#set = true;
      this.#base = seconds;
    }
    const relative = seconds - this.#base;
    this.seconds = relative > 0x7fffffff ? 0x7fffffff : relative < -0x80000000 ? -0x80000000 : relative | 0;
    this.nanoseconds = nanoseconds | 0;
    if (this.seconds > this.latestSeconds || (this.seconds === this.latestSeconds && this.nanoseconds > this.latestNanoseconds)) {
      this.latestSeconds = this.seconds;
      this.latestNanoseconds = this.nanoseconds;
    }
  }

  /** Microseconds modulo 2^32: differences of less than 35 minutes are exact. */
  micros(): number {
    return (Math.imul(this.seconds, 1_000_000) + ((this.nanoseconds / 1000) | 0)) | 0;
  }

  /** Seconds with fraction, after the first packet. */
  now(): number {
    return this.seconds + this.nanoseconds / 1e9;
  }

  /** Nanoseconds since 1970. */
  absolute(seconds: number, nanoseconds: number): bigint {
    // Most packets come in the second of the one before.
    if (seconds !== this.#wholeOf) {
      this.#wholeOf = seconds;
      this.#whole = (BigInt(this.#base) + BigInt(seconds)) * 1_000_000_000n;
    }
    return this.#whole + BigInt(nanoseconds);
  }
}
