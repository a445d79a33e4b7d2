/**
 * A map that knows its oldest entry. Looking for the first entry of a Map walks over all that were deleted before it, which makes dropping the oldest again and
 * again quadratic; here a queue keeps the order, and entries that are gone are passed once.
 */
export class Aging<T> {
  readonly #map = new Map<number, Entry<T>>();
  #queue: Entry<T>[] = [];
  #head = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: number): T | undefined {
    return this.#map.get(key)?.value;
  }

  has(key: number): boolean {
    return this.#map.has(key);
  }

  /** Adds an entry as the youngest; the key must be new. */
  add(key: number, value: T): void {
    const entry: Entry<T> = { value };
    this.#map.set(key, entry);
    this.#queue.push(entry);
    // Entries that are gone do not pile up behind an old one that stays.
    if (this.#queue.length > 64 && this.#queue.length > 4 * this.#map.size) {
      this.#queue = this.#queue.slice(this.#head).filter((each) => each.value !== undefined);
      this.#head = 0;
    }
  }

  delete(key: number): boolean {
    const entry = this.#map.get(key);
    if (entry === undefined) return false;
    // What is gone must not be kept alive by its place in the queue.
    entry.value = undefined;
    return this.#map.delete(key);
  }

  /** The oldest entry. */
  oldest(): T | undefined {
    for (; this.#head < this.#queue.length; this.#head++) {
      const { value } = this.#queue[this.#head] as Entry<T>;
      if (value !== undefined) return value;
    }
    this.#queue.length = 0;
    this.#head = 0;
    return undefined;
  }

  /** Makes the oldest entry the youngest. */
  renew(): void {
    if (this.oldest() === undefined) return;
    const entry = this.#queue[this.#head++] as Entry<T>;
    this.#queue.push(entry);
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** All entries, in no order that means anything. */
  values(): T[] {
    return [...this.#map.values()].map(({ value }) => value as T);
  }
}

/** Without a value: gone. */
interface Entry<T> {
  value: T | undefined;
}
