/**
 * n-fold (RFC 3961 section 5.1): stretches or folds bytes to `size` by adding rotated copies with end-around carry.
 * @param size bytes of the result.
 */
export function nfold(input: Uint8Array, size: number): Uint8Array {
  const total = leastCommonMultiple(input.length, size);
  const sums = new Array<number>(size).fill(0);
  for (let copy = 0; copy * input.length < total; copy++) {
    const rotated = rotateRight(input, 13 * copy);
    for (const [i, byte] of rotated.entries()) {
      const at = (copy * input.length + i) % size;
      sums[at] = (sums[at] as number) + byte;
    }
  }
  // Ones' complement addition: what runs over at the front comes in again at the end, until nothing runs over.
  let carry = 0;
  do {
    for (let i = size - 1; i >= 0; i--) {
      const sum = (sums[i] as number) + carry;
      sums[i] = sum & 0xff;
      carry = sum >> 8;
    }
  } while (carry !== 0);
  return Uint8Array.from(sums);
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

function rotateRight(bytes: Uint8Array, bits: number): Uint8Array {
  const size = bytes.length;
  const shift = bits % (8 * size);
  const [whole, rest] = [shift >> 3, shift & 7];
  return bytes.map((_, i) => {
    const low = bytes[(i - whole + 2 * size) % size] as number;
    const high = bytes[(i - whole - 1 + 2 * size) % size] as number;
    return ((low | (high << 8)) >> rest) & 0xff;
  });
}
