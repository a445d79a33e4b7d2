/** A bit for each of many things (clusters, index blocks). */
export class Bits {
  readonly bytes: Uint8Array;

  /** @param count bits, all clear. */
  constructor(count: number) {
    this.bytes = new Uint8Array(Math.ceil(count / 8));
  }

  /** Whether a bit is set. */
  has(at: number): boolean {
    return ((this.bytes[Math.floor(at / 8)] ?? 0) & (1 << (at % 8))) !== 0;
  }

  /** Sets a bit. */
  add(at: number): void {
    const index = Math.floor(at / 8);
    this.bytes[index] = (this.bytes[index] ?? 0) | (1 << (at % 8));
  }

  /** Sets a range of bits. @returns the first one that was set before, where it stops; -1 when all were clear. */
  addRange(from: number, count: number): number {
    const end = from + count;
    for (let at = from; at < end; ) {
      const index = at / 8;
      if (at % 8 === 0 && at + 8 <= end && this.bytes[index] === 0) {
        this.bytes[index] = 0xff;
        at += 8;
        continue;
      }
      if (this.has(at)) return at;
      this.add(at);
      at++;
    }
    return -1;
  }
}
