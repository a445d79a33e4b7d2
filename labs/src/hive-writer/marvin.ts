/** Seed of the hashes in log entries, as a number 0x82EF4D887A4E55C5 (the specification prints it as bytes; only the number gives the hashes of real logs). */
const SEED = { low: 0x7a4e55c5, high: 0x82ef4d88 } as const;

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/**
 * Marvin32 hash of bytes, all 64 bits: low half first.
 * @source msuhanov/regf "Log entries" (use and seed); the rounds are those of Marvin in dotnet/runtime; both checked against logs written by Windows
 */
export function marvin32(bytes: Uint8Array): readonly [low: number, high: number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let low: number = SEED.low;
  let high: number = SEED.high;
  const mix = (word: number): void => {
    low = (low + word) | 0;
    high ^= low;
    low = (rotate(low, 20) + high) | 0;
    high = rotate(high, 9) ^ low;
    low = (rotate(low, 27) + high) | 0;
    high = rotate(high, 19);
  };
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) mix(view.getUint32(at, true));
  // The rest of 0 to 3 bytes is closed with 0x80.
  let last = 0x80;
  for (let at = bytes.length - 1; at >= whole; at--) last = (last << 8) | bytes[at]!;
  mix(last);
  mix(0);
  return [low >>> 0, high >>> 0];
}
