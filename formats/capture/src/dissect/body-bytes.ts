/**
 * Bytes that all readers of text and TLS together may hold of messages that are not complete: thousands of connections that never finish theirs must not fill
 * the memory. What goes beyond is not kept, as if its own cap were reached.
 */
const MAX_HELD = 64 << 20;
/** Rooms up to this size are not counted: one for each side of the connections that are open at the same time is bearable. */
const FREE_ROOM = 2048;
/** Rooms of this size are used again: beginnings of bodies need one each. */
const spare: Uint8Array<ArrayBuffer>[] = [];
const MAX_SPARE = 16;
const SPARE_ROOM = 2048;

let held = 0;
/** Readers that are given up in the middle of a message return what they held when they are collected. */
const forgotten = new FinalizationRegistry<{ size: number }>((share) => {
  held -= share.size;
});

/** Bytes put together from pieces, up to a cap. Each byte is copied a bounded number of times, however small the pieces are. */
export class KeptBytes {
  readonly #cap: number;
  #room: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;
  /** What this one has of {@link MAX_HELD}; made when it has something. */
  #share: { size: number } | undefined;

  /** @param cap bytes kept at most. */
  constructor(cap: number) {
    this.#cap = cap;
  }

  get length(): number {
    return this.#length;
  }

  /** What is kept; valid until the next call that changes it. */
  get bytes(): Uint8Array {
    return this.#room?.subarray(0, this.#length) ?? new Uint8Array();
  }

  /** Keeps as much of it as the caps allow. @returns the number of bytes kept. */
  add(piece: Uint8Array): number {
    const room = this.#roomFor(Math.min(this.#cap, this.#length + piece.length));
    const fits = Math.min(piece.length, room.length - this.#length, this.#cap - this.#length);
    room.set(fits === piece.length ? piece : piece.subarray(0, fits), this.#length);
    this.#length += fits;
    return fits;
  }

  /** Hands out what is kept and forgets it: the bytes stay as they are. */
  take(): Uint8Array {
    const { bytes } = this;
    this.#forget();
    return bytes;
  }

  /** Drops the first bytes. */
  drop(count: number): void {
    this.#room?.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  /** Forgets what is kept; views of it are no longer valid. */
  clear(): void {
    if (this.#room?.length === SPARE_ROOM && spare.length < MAX_SPARE) spare.push(this.#room);
    this.#forget();
  }

  #forget(): void {
    this.#room = undefined;
    this.#length = 0;
    if (this.#share) {
      held -= this.#share.size;
      this.#share.size = 0;
    }
  }

  #roomFor(need: number): Uint8Array<ArrayBuffer> {
    const room = this.#room ?? new Uint8Array();
    if (room.length >= need) return room;
    // Doubled, so that bytes that come one by one are not copied each time.
    let size = Math.min(this.#cap, Math.max(128, need, 2 * room.length));
    if (size > SPARE_ROOM / 2 && size < SPARE_ROOM && this.#cap >= SPARE_ROOM) size = SPARE_ROOM;
    if (size > FREE_ROOM) {
      const more = size - (this.#share?.size ?? 0);
      if (held + more > MAX_HELD) return room;
      if (this.#share === undefined) {
        this.#share = { size: 0 };
        forgotten.register(this, this.#share);
      }
      held += more;
      this.#share.size = size;
    }
    this.#room = (size === SPARE_ROOM ? spare.pop() : undefined) ?? new Uint8Array(size);
    this.#room.set(room.subarray(0, this.#length));
    return this.#room;
  }
}
