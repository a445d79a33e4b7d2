/**
 * Decompresses plain LZXPRESS (LZ77, not Huffman) from `input[start..end)` into `output[at..limit)`.
 *
 * @returns how many bytes were written. Fewer than `limit - at` when the input ends or goes wrong (a match that reaches back before the first byte,
 * an impossible length): what was written before is right.
 * @source [MS-XCA] 2.4.4 Plain LZ77 decompression
 */
export function decompressLzxpress(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number, limit: number): number {
  let from = start;
  let to = at;
  let flags = 0;
  let flagBits = 0;
  // Two lengths share one byte: position of the byte whose high half is still unused.
  let half = -1;
  while (to < limit) {
    if (flagBits === 0) {
      if (from + 4 > end) break;
      flags = input[from]! | (input[from + 1]! << 8) | (input[from + 2]! << 16) | (input[from + 3]! << 24);
      from += 4;
      flagBits = 32;
    }
    flagBits--;
    if (((flags >>> flagBits) & 1) === 0) {
      if (from >= end) break;
      output[to++] = input[from++]!;
      continue;
    }
    if (from + 2 > end) break;
    const match = input[from]! | (input[from + 1]! << 8);
    from += 2;
    const back = (match >> 3) + 1;
    let length = match & 7;
    if (length === 7) {
      if (half < 0) {
        if (from >= end) break;
        half = from;
        length = input[from++]! & 15;
      } else {
        length = input[half]! >> 4;
        half = -1;
      }
      if (length === 15) {
        if (from >= end) break;
        length = input[from++]!;
        if (length === 255) {
          if (from + 2 > end) break;
          length = input[from]! | (input[from + 1]! << 8);
          from += 2;
          if (length === 0) {
            if (from + 4 > end) break;
            length = (input[from]! | (input[from + 1]! << 8) | (input[from + 2]! << 16) | (input[from + 3]! << 24)) >>> 0;
            from += 4;
          }
          // 15 + 7 are added again below; a smaller number would have been written in a shorter form.
          if (length < 22) break;
          length -= 22;
        }
        length += 15;
      }
      length += 7;
    }
    length += 3;
    if (back > to - at) break;
    const stop = Math.min(limit, to + length);
    for (let source = to - back; to < stop; ) output[to++] = output[source++]!;
  }
  return to - at;
}
