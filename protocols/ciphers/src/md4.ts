/** Order in which the second round reads the words of a block (RFC 1320 section 3.4). */
const ROUND2 = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];
/** The same for the third round. */
const ROUND3 = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];
const SHIFT1 = [3, 7, 11, 19];
const SHIFT2 = [3, 5, 9, 13];
const SHIFT3 = [3, 9, 11, 15];

/**
 * MD4 digest (RFC 1320): the NT hash of a password is MD4 over its UTF-16LE form. Broken as a hash, used for nothing else.
 * @returns 16 bytes.
 */
export function md4(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(((bytes.length + 8) >> 6) * 64 + 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n, true);

  const words = new Uint32Array(16);
  let [a, b, c, d] = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(block + i * 4, true);
    const [startA, startB, startC, startD] = [a, b, c, d];
    for (let step = 0; step < 48; step++) {
      const i = step & 15;
      let sum: number;
      let shift: number;
      if (step < 16) {
        sum = a + ((b & c) | (~b & d)) + words[i]!;
        shift = SHIFT1[i & 3]!;
      } else if (step < 32) {
        sum = a + ((b & c) | (b & d) | (c & d)) + words[ROUND2[i]!]! + 0x5a827999;
        shift = SHIFT2[i & 3]!;
      } else {
        sum = a + (b ^ c ^ d) + words[ROUND3[i]!]! + 0x6ed9eba1;
        shift = SHIFT3[i & 3]!;
      }
      sum |= 0;
      a = d;
      d = c;
      c = b;
      b = (sum << shift) | (sum >>> (32 - shift));
    }
    a = (a + startA) | 0;
    b = (b + startB) | 0;
    c = (c + startC) | 0;
    d = (d + startD) | 0;
  }
  const out = new Uint8Array(16);
  const digest = new DataView(out.buffer);
  for (const [i, word] of [a, b, c, d].entries()) digest.setUint32(i * 4, word >>> 0, true);
  return out;
}
