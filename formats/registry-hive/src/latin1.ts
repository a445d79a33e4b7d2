/** The one method of Node's Buffer used here when the platform has it: a single call instead of a character at a time. */
export interface Latin1Text {
  toString(encoding: 'latin1', start: number, end: number): string;
}
interface Latin1TextMaker {
  from(buffer: ArrayBufferLike, offset: number, length: number): Latin1Text;
}

/** Gives bytes as extended ASCII text; `undefined` where the platform has nothing that is fast. */
export function latin1Text(bytes: Uint8Array): Latin1Text | undefined {
  return (globalThis as { Buffer?: Latin1TextMaker }).Buffer?.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
