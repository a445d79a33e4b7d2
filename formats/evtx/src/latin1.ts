/** The one method of Node's Buffer used here when the platform has it: adding digit after digit makes a chain of small strings. */
export interface Latin1Text {
  toString(encoding: 'latin1', start: number, end: number): string;
}
interface Latin1TextMaker {
  from(buffer: ArrayBufferLike): Latin1Text;
}

/** Gives bytes below 256 of a buffer as text; undefined where the platform has nothing that is fast. */
export function latin1Text(buffer: ArrayBufferLike): Latin1Text | undefined {
  return (globalThis as { Buffer?: Latin1TextMaker }).Buffer?.from(buffer);
}
