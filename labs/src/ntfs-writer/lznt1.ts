import { joinBytes } from '@winmedic/bytes';

/** Bytes that one chunk stands for. */
const CHUNK = 4096;
/** Shortest match that a token can say. */
const SHORTEST = 3;

/**
 * Compresses a chunk of up to 4096 bytes into its tokens, or undefined when that saves nothing. A token's 16 bits are split between displacement and length
 * by the position: the more is behind, the more bits the displacement gets (at least 4).
 */
function tokens(chunk: Uint8Array): Uint8Array | undefined {
  const out: number[] = [];
  const seen = new Map<number, number[]>();
  const remember = (at: number): void => {
    if (at + 2 >= chunk.length) return;
    const key = chunk[at]! | (chunk[at + 1]! << 8) | (chunk[at + 2]! << 16);
    const list = seen.get(key);
    if (list) list.push(at);
    else seen.set(key, [at]);
  };
  let flagAt = 0;
  let flags = 0;
  let items = 8;
  let at = 0;
  while (at < chunk.length) {
    if (items === 8) {
      flagAt = out.length;
      out.push(0);
      flags = 0;
      items = 0;
    }
    let displacementBits = 4;
    while (1 << displacementBits < at) displacementBits++;
    const longest = Math.min((1 << (16 - displacementBits)) + SHORTEST - 1, chunk.length - at);
    let best = 0;
    let from = 0;
    const key = at + 2 < chunk.length ? chunk[at]! | (chunk[at + 1]! << 8) | (chunk[at + 2]! << 16) : -1;
    for (const candidate of (seen.get(key) ?? []).slice(-16)) {
      let length = 0;
      while (length < longest && chunk[candidate + length] === chunk[at + length]) length++;
      if (length > best) [best, from] = [length, candidate];
    }
    if (best >= SHORTEST) {
      const token = ((at - from - 1) << (16 - displacementBits)) | (best - SHORTEST);
      out.push(token & 0xff, token >> 8);
      flags |= 1 << items;
      for (let i = 0; i < best; i++) remember(at + i);
      at += best;
    } else {
      out.push(chunk[at]!);
      remember(at);
      at++;
    }
    out[flagAt] = flags;
    items++;
  }
  return out.length < chunk.length ? Uint8Array.from(out) : undefined;
}

/**
 * LZNT1 over any bytes: chunks of 4096, each with a header of two bytes (length less one in the low 12 bits, signature 3, top bit when compressed).
 * @source [MS-XCA] 2.5 "LZNT1 Algorithm Details"
 */
export function compressLznt1(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const chunk = bytes.subarray(at, at + CHUNK);
    const packed = tokens(chunk);
    const body = packed ?? chunk;
    const header = (packed ? 0xb000 : 0x3000) | (body.length - 1);
    parts.push(Uint8Array.of(header & 0xff, header >> 8), body);
  }
  return joinBytes(...parts);
}
