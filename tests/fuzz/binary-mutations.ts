import type { Random } from './random.ts';

/** Values that sit on the edges of sizes, counts, offsets and types. */
const EDGES = [
  0, 1, 2, 3, 4, 7, 8, 0x10, 0x20, 0x7f, 0xff, 0x200, 0x1000, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff,
];

/** Changes bytes in `[from, to)` of a binary file whose fields are aligned to 2, 4 or 8 bytes. The name is for the failure report. */
export function mutateRange(bytes: Uint8Array, from: number, to: number, random: Random): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = Math.max(0, Math.min(to, bytes.length) - from);
  if (size < 16) return 'nothing';
  const aligned = (step: number): number => from + random.below(Math.floor((size - step) / step)) * step;
  switch (random.below(8)) {
    case 0:
      for (let n = 1 + random.below(6); n > 0; n--) bytes[from + random.below(size)]! ^= 1 << random.below(8);
      return 'flip bits';
    case 1:
      for (let n = 1 + random.below(24); n > 0; n--) bytes[from + random.below(size)] = random.below(256);
      return 'random bytes';
    case 2:
      view.setUint32(aligned(4), random.pick(EDGES), true);
      return 'edge value, 32 bit';
    case 3:
      view.setUint16(aligned(2), random.pick(EDGES) & 0xffff, true);
      return 'edge value, 16 bit';
    case 4: {
      // A small step off a size, a count or an offset.
      const at = aligned(4);
      view.setUint32(at, (view.getUint32(at, true) + random.pick([-8, -4, -1, 1, 4, 8, 4096])) >>> 0, true);
      return 'near value';
    }
    case 5: {
      // A field of another place: offsets that lead to something valid but wrong, loops among them.
      view.setUint32(aligned(4), view.getUint32(aligned(4), true), true);
      return 'field of another place';
    }
    case 6: {
      const length = 1 + random.below(Math.min(size, 512));
      bytes.copyWithin(from + random.below(size - length + 1), from + random.below(size - length + 1), to);
      return 'copy a part';
    }
    default: {
      const at = from + random.below(size);
      bytes.fill(random.pick([0x00, 0xff, 0x41]), at, Math.min(from + size, at + 1 + random.below(256)));
      return 'fill a run';
    }
  }
}
