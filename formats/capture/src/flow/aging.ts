/**
 * A map that knows its oldest entry. Looking for the first entry of a Map walks over all that were deleted before it, which makes dropping the oldest again and
 * again quadratic; here a queue keeps the order, and entries that are gone are passed once.
 */
export class Aging<T> {
  readonly #map = new Map<number, T>();
  #queue: { readonly key: number; readonly value: T }[] = [];
  #head = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: number): T | undefined {
    return this.#map.get(key);
  }

  has(key: number): boolean {
    return this.#map.has(key);
  }

  /** Adds an entry as the youngest; the key must be new. */
  add(key: number, value: T): void {
    this.#map.set(key, value);
    this.#queue.push({ key, value });
    // Entries that are gone do not pile up behind an old one that stays.
    if (this.#queue.length > 64 && this.#queue.length > 4 * this.#map.size) {
      this.#queue = this.#queue.slice(this.#head).filter((entry) => this.#map.get(entry.key) === entry.value);
      this.#head = 0;
    }
  }

  delete(key: number): boolean {
    return this.#map.delete(key);
  }

  /** The oldest entry. */
  oldest(): T | undefined {
    for (; this.#head < this.#queue.length; this.#head++) {
      const { key, value } = this.#queue[this.#head] as { key: number; value: T };
      if (this.#map.get(key) === value) return value;
    }
    this.#queue.length = 0;
    this.#head = 0;
    return undefined;
  }

  /** Makes the oldest entry the youngest. */
  renew(): void {
    if (this.oldest() === undefined) return;
    const entry = this.#queue[this.#head++] as { key: number; value: T };
    this.#queue.push(entry);
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** All entries, in no order that means anything. */
  values(): T[] {
    return [...this.#map.values()];
  }
}
