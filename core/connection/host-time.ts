/**
 * The time limit of one host. It stands still while the attempt waits for a person who types a password, or for its turn with an account that
 * another host is proving first: neither says anything about the host.
 */
export class HostTime {
  #leftMs = 0;
  #onEnd: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #since = 0;
  #standing = 0;
  #stoodMs = 0;
  #ended = false;

  /** Begins. @param onEnd called once, when the time is used up. */
  start(limitMs: number, onEnd: () => void): void {
    this.#leftMs = limitMs;
    this.#onEnd = onEnd;
    this.#run();
  }

  /** Ends; {@link start}'s callback is not called any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#ended = true;
  }

  /** Milliseconds it stood still so far. */
  get stoodMs(): number {
    return this.#stoodMs;
  }

  /** Waits for something that is no part of the host's time. */
  async without<T>(wait: () => Promise<T> | T): Promise<T> {
    const from = performance.now();
    if (this.#standing++ === 0 && this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#leftMs -= from - this.#since;
    }
    try {
      return await wait();
    } finally {
      if (--this.#standing === 0) {
        this.#stoodMs += performance.now() - from;
        this.#run();
      }
    }
  }

  #run(): void {
    if (this.#ended) return;
    this.#since = performance.now();
    this.#timer = setTimeout(
      () => {
        this.#ended = true;
        this.#onEnd();
      },
      Math.max(0, this.#leftMs),
    );
  }
}
