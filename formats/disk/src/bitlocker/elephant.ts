import { viewOf } from '@winmedic/bytes';

/**
 * The Elephant diffuser: two mixing passes over the 32-bit words of a sector. @source Ferguson, "AES-CBC + Elephant diffuser", section 4.3 (Microsoft, 2006)
 */
const A = { cycles: 5, near: -2, far: -5, turns: [9, 0, 13, 0] } as const;
const B = { cycles: 3, near: 2, far: 5, turns: [0, 10, 0, 25] } as const;

function pass(words: Uint32Array, { cycles, near, far, turns }: typeof A | typeof B, decrypt: boolean): void {
  const count = words.length;
  const first = (near + count) % count;
  const second = (far + count) % count;
  for (let n = 0; n < cycles * count; n++) {
    const i = decrypt ? n % count : count - 1 - (n % count);
    const other = words[(i + second) % count]!;
    const turn = turns[i & 3]!;
    const mix = words[(i + first) % count]! ^ ((other << turn) | (turn === 0 ? 0 : other >>> (32 - turn)));
    words[i] = decrypt ? words[i]! + mix : words[i]! - mix;
  }
}

/** Applies the diffuser to one sector in place: both passes and the XOR with the 32-byte sector key, in the order of the direction. */
export function elephant(decrypt: boolean, sector: Uint8Array, sectorKey: Uint8Array): void {
  const view = viewOf(sector);
  const words = new Uint32Array(sector.length >> 2);
  const mask = (): void => {
    for (let i = 0; i < sector.length; i++) sector[i] = sector[i]! ^ sectorKey[i & 31]!;
  };
  if (!decrypt) mask();
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(i * 4, true);
  for (const which of decrypt ? [B, A] : [A, B]) pass(words, which, decrypt);
  for (let i = 0; i < words.length; i++) view.setUint32(i * 4, words[i]!, true);
  if (decrypt) mask();
}
