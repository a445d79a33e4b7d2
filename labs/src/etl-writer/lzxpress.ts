/** How far back a match may lie: 13 bits. */
const FURTHEST = 8192;
/** Shortest match that can be said. */
const SHORTEST = 3;
/** Candidates looked at for one place: enough for real repetitions. */
const CANDIDATES = 8;

/**
 * Compresses with plain LZ77 ([MS-XCA] 2.3, "LZXPRESS", not Huffman): after every 32 items a word of flags, most significant first, 0 a byte as it is, 1 a match of
 * at least 3 bytes. Half bytes of long matches share a byte.
 */
export function compressLzxpress(input: Uint8Array): Uint8Array {
  const out: number[] = [0, 0, 0, 0];
  const seen = new Map<number, number[]>();
  let flagsAt = 0;
  let flags = 0;
  let items = 0;
  let halfByteAt = -1;

  const putWord = (at: number, value: number, size: number): void => {
    for (let index = 0; index < size; index++) out[at + index] = (value >>> (8 * index)) & 0xff;
  };
  const item = (match: boolean): void => {
    flags = ((flags << 1) | (match ? 1 : 0)) >>> 0;
    items++;
    if (items < 32) return;
    putWord(flagsAt, flags, 4);
    flagsAt = out.length;
    out.push(0, 0, 0, 0);
    flags = 0;
    items = 0;
  };
  const key = (at: number): number => input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16);
  const remember = (at: number): void => {
    if (at + 2 >= input.length) return;
    const list = seen.get(key(at));
    if (list) list.push(at);
    else seen.set(key(at), [at]);
  };
  const putLength = (length: number): void => {
    const nibble = Math.min(length, 15);
    if (halfByteAt < 0) {
      halfByteAt = out.length;
      out.push(nibble);
    } else {
      out[halfByteAt] = out[halfByteAt]! | (nibble << 4);
      halfByteAt = -1;
    }
    if (nibble < 15) return;
    const rest = length - 15;
    if (rest < 255) {
      out.push(rest);
      return;
    }
    out.push(255);
    // From here on the whole length less 3.
    const whole = length + 7;
    const at = out.length;
    if (whole < 0x10000) putWord(at, whole, 2);
    else {
      putWord(at, 0, 2);
      putWord(at + 2, whole, 4);
    }
  };

  let at = 0;
  while (at < input.length) {
    let best = 0;
    let from = 0;
    if (at + 2 < input.length) {
      const candidates = seen.get(key(at)) ?? [];
      for (let index = candidates.length - 1; index >= Math.max(0, candidates.length - CANDIDATES); index--) {
        const candidate = candidates[index]!;
        if (at - candidate > FURTHEST) break;
        let length = 0;
        while (at + length < input.length && input[candidate + length] === input[at + length]) length++;
        if (length > best) {
          best = length;
          from = candidate;
        }
      }
    }
    if (best < SHORTEST) {
      out.push(input[at]!);
      remember(at++);
      item(false);
      continue;
    }
    const said = best - SHORTEST;
    putWord(out.length, ((at - from - 1) << 3) | Math.min(said, 7), 2);
    if (said >= 7) putLength(said - 7);
    for (let index = 0; index < best; index++) remember(at + index);
    at += best;
    item(true);
  }
  // Flags that are not used are set: a reader that follows them finds no more input.
  putWord(flagsAt, items === 0 ? 0xffffffff : ((flags << (32 - items)) | (2 ** (32 - items) - 1)) >>> 0, 4);
  return Uint8Array.from(out);
}
