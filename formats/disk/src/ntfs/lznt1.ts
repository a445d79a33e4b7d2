/** Bytes one chunk of LZNT1 stands for. */
const CHUNK = 4096;

/**
 * Decompresses LZNT1: what NTFS keeps a compressed unit in. Bytes behind the last chunk are zeros.
 * @param input chunks, ended by a header of 0 or by their end. @param outputBytes size of the unit.
 * @returns the unit, or undefined when the chunks are cut, refer outside what was decompressed, or hold more than the unit.
 * @source [MS-XCA] 2.5
 */
export function decompressLznt1(input: Uint8Array, outputBytes: number): Uint8Array | undefined {
  const output = new Uint8Array(outputBytes);
  let from = 0;
  let chunkAt = 0;
  while (from + 2 <= input.length) {
    const header = input[from]! | (input[from + 1]! << 8);
    if (header === 0) return output;
    const size = (header & 0xfff) + 1;
    from += 2;
    // Bits 12 to 14 are the signature, always 3.
    if ((header & 0x7000) !== 0x3000 || from + size > input.length || chunkAt >= outputBytes) return undefined;
    if ((header & 0x8000) === 0) {
      if (chunkAt + size > outputBytes) return undefined;
      output.set(input.subarray(from, from + size), chunkAt);
    } else if (!chunk(input, from, from + size, output, chunkAt)) return undefined;
    from += size;
    // A chunk that holds less is followed by zeros up to the next one's place.
    chunkAt += CHUNK;
  }
  return output;
}

/** One compressed chunk: groups of eight literals or references, each group led by a byte of flags. */
function chunk(input: Uint8Array, start: number, end: number, output: Uint8Array, chunkAt: number): boolean {
  const most = Math.min(output.length, chunkAt + CHUNK);
  let from = start;
  let to = chunkAt;
  while (from < end) {
    let flags = input[from++]!;
    for (let i = 0; i < 8 && from < end; i++, flags >>= 1) {
      if ((flags & 1) === 0) {
        if (to >= most) return false;
        output[to++] = input[from++]!;
        continue;
      }
      if (from + 2 > end) return false;
      const pair = input[from]! | (input[from + 1]! << 8);
      from += 2;
      // The longer the chunk so far, the more of the 16 bits are distance: from 4 up to 12.
      let distanceBits = 4;
      while ((to - chunkAt - 1) >> distanceBits > 0 && distanceBits < 12) distanceBits++;
      const lengthBits = 16 - distanceBits;
      const distance = (pair >> lengthBits) + 1;
      const length = (pair & ((1 << lengthBits) - 1)) + 3;
      if (to - distance < chunkAt || to + length > most) return false;
      for (let n = 0; n < length; n++, to++) output[to] = output[to - distance]!;
    }
  }
  return true;
}
