/** Splits times of a pcapng interface into whole seconds and nanoseconds, exactly and, for every resolution in use, without BigInt. */
export interface TickClock {
  readonly ticksPerSecond: number;
  /** Divides the time given as two halves of 32 bits; the result is in {@link seconds} and {@link nanoseconds}. */
  set(high: number, low: number): void;
  seconds: number;
  nanoseconds: number;
}

/**
 * A clock of `if_tsresol` (draft-ietf-opsawg-pcapng section 4.2): with the highest bit a negative power of 2, otherwise of 10. Fractions of a nanosecond are cut off.
 * @param resolution the option's byte; 6 (microseconds) without one. @param offsetSeconds `if_tsoffset`.
 */
export function tickClock(resolution: number, offsetSeconds: number): TickClock {
  const base = (resolution & 0x80) !== 0 ? 2 : 10;
  const exponent = resolution & 0x7f;
  const perSecond = base ** exponent;
  // Long division in pieces of 16 or 8 bits: remainder times 2^16 (2^8) and ticks times 31250 must stay below 2^53.
  if (perSecond <= 2 ** 37) return new ExactClock(perSecond, 16, offsetSeconds);
  if (perSecond === 1e12) return new ExactClock(perSecond, 8, offsetSeconds);
  return new WideClock(BigInt(base) ** BigInt(exponent), perSecond, offsetSeconds);
}

class ExactClock implements TickClock {
  readonly ticksPerSecond: number;
  seconds = 0;
  nanoseconds = 0;
  readonly #bits: 8 | 16;
  readonly #offset: number;

  constructor(ticksPerSecond: number, bits: 8 | 16, offset: number) {
    this.ticksPerSecond = ticksPerSecond;
    this.#bits = bits;
    this.#offset = offset;
  }

  set(high: number, low: number): void {
    const per = this.ticksPerSecond;
    const bits = this.#bits;
    const piece = 2 ** bits;
    let quotient = Math.floor(high / per);
    let rest = high % per;
    for (let shift = 32 - bits; shift >= 0; shift -= bits) {
      rest = rest * piece + ((low >>> shift) & (piece - 1));
      quotient = quotient * piece + Math.floor(rest / per);
      rest %= per;
    }
    this.seconds = quotient + this.#offset;
    if (per <= 1e9 && 1e9 % per === 0) this.nanoseconds = rest * (1e9 / per);
    else if (per === 1e12) this.nanoseconds = Math.floor(rest / 1000);
    else {
      // 1e9 = 31250 * 32000, so that no product passes 2^53.
      const scaled = rest * 31_250;
      this.nanoseconds = Math.floor(scaled / per) * 32_000 + Math.floor(((scaled % per) * 32_000) / per);
    }
  }
}

/** Resolutions finer than any clock: exactness matters, speed does not. */
class WideClock implements TickClock {
  readonly ticksPerSecond: number;
  seconds = 0;
  nanoseconds = 0;
  readonly #per: bigint;
  readonly #offset: number;

  constructor(per: bigint, ticksPerSecond: number, offset: number) {
    this.#per = per;
    this.ticksPerSecond = ticksPerSecond;
    this.#offset = offset;
  }

  set(high: number, low: number): void {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    this.seconds = Number(ticks / this.#per) + this.#offset;
    this.nanoseconds = Number(((ticks % this.#per) * 1_000_000_000n) / this.#per);
  }
}
