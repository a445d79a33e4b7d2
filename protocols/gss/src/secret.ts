/** A password or key that does not show itself: not in logs, JSON, errors, `util.inspect` or string concatenation. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself; call it only where bytes are derived from it. */
  reveal(): string {
    return this.#value;
  }

  /** Is there nothing in it? */
  get empty(): boolean {
    return this.#value === '';
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  /** What `console.log` and `util.inspect` print. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
