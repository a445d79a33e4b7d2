import { crc32 } from 'node:zlib';
import type { Random } from './random.ts';

const CHUNK = 65_536;
const FILE_HEADER = 4096;
/** Values that sit on the edges of sizes, counts, offsets and types. */
const EDGES_32 = [
  0, 1, 3, 7, 8, 0x18, 0x7f, 0x80, 0xff, 0x100, 0x200, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
];
const EDGES_16 = [0, 1, 2, 4, 8, 0x10, 0x7f, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff];
/** BinXML tokens and value types ([MS-EVEN6] 2.2.12). */
const TOKENS = [0x00, 0x01, 0x41, 0x02, 0x03, 0x04, 0x05, 0x45, 0x06, 0x46, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f];
const TYPES = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 0x20, 0x21, 0x81, 0x82, 0x84, 0x8f, 0x93, 0x95, 0xa1,
];

interface Layout {
  /** Byte ranges of live records. */
  readonly records: readonly { readonly at: number; readonly size: number }[];
  readonly chunks: readonly number[];
}

/** Where chunks and records of a valid file lie, by walking it as its writer laid it out. */
export function layoutOf(bytes: Uint8Array): Layout {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: { at: number; size: number }[] = [];
  const chunks: number[] = [];
  for (let chunk = FILE_HEADER; chunk + CHUNK <= bytes.length; chunk += CHUNK) {
    if (view.getUint32(chunk, true) !== 0x43666c45) continue;
    chunks.push(chunk);
    const end = chunk + view.getUint32(chunk + 48, true);
    for (let at = chunk + 512; at + 28 <= end; ) {
      const size = view.getUint32(at + 4, true);
      if (view.getUint32(at, true) !== 0x2a2a || size < 28) break;
      records.push({ at, size });
      at += size;
    }
  }
  return { records, chunks };
}

/** One change of a copy of a valid file; the name is for the failure report. */
type Mutation = (bytes: Uint8Array, layout: Layout, random: Random) => void;

const u16 = (bytes: Uint8Array, at: number, value: number): void => {
  if (at >= 0 && at + 2 <= bytes.length) new DataView(bytes.buffer, bytes.byteOffset).setUint16(at, value & 0xffff, true);
};
const u32 = (bytes: Uint8Array, at: number, value: number): void => {
  if (at >= 0 && at + 4 <= bytes.length) new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value >>> 0, true);
};

/** The mutations by name: blind ones and ones that know the structure. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'flip bits': (bytes, { records }, random) => {
    const { at, size } = random.pick(records);
    for (let n = 1 + random.below(6); n > 0; n--) bytes[at + random.below(size)]! ^= 1 << random.below(8);
  },
  'random bytes anywhere': (bytes, _, random) => {
    for (let n = 1 + random.below(40); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256);
  },
  'edge value in BinXML, 32 bit': (bytes, { records }, random) => {
    const { at, size } = random.pick(records);
    u32(bytes, at + 24 + random.below(size - 24), random.pick(EDGES_32));
  },
  'edge value in BinXML, 16 bit': (bytes, { records }, random) => {
    const { at, size } = random.pick(records);
    u16(bytes, at + 24 + random.below(size - 24), random.pick(EDGES_16));
  },
  'token or type': (bytes, { records }, random) => {
    const { at, size } = random.pick(records);
    for (let n = 1 + random.below(4); n > 0; n--)
      bytes[at + 24 + random.below(size - 24)] = random.below(2) ? random.pick(TOKENS) : random.pick(TYPES);
  },
  'offset into the chunk': (bytes, { records }, random) => {
    const { at, size } = random.pick(records);
    u32(bytes, at + 24 + random.below(size - 24), random.below(CHUNK + 64));
  },
  'value descriptor': (bytes, { records }, random) => {
    // Descriptors are 4 bytes: size, type, 0. Look for a plausible one and change size or type.
    const { at, size } = random.pick(records);
    for (let tries = 0; tries < 64; tries++) {
      const offset = at + 24 + random.below(size - 28);
      if (bytes[offset + 3] === 0 && TYPES.includes(bytes[offset + 2]!) && bytes[offset + 2] !== 0) {
        if (random.below(2)) u16(bytes, offset, random.pick(EDGES_16));
        else bytes[offset + 2] = random.pick(TYPES);
        return;
      }
    }
  },
  'record header': (bytes, { records }, random) => {
    const { at } = random.pick(records);
    u32(bytes, at + random.pick([0, 4, 8, 12, 16, 20]), random.pick(EDGES_32));
  },
  'record size and its copy': (bytes, { records }, random) => {
    const { at, size } = random.pick(records);
    const value = random.below(2) ? random.pick(EDGES_32) : random.below(CHUNK);
    u32(bytes, at + 4, value);
    u32(bytes, at + Math.min(Math.max(value, 8), size) - 4, value);
  },
  'chunk header': (bytes, { chunks }, random) => u32(bytes, random.pick(chunks) + random.below(512), random.pick(EDGES_32)),
  'file header': (bytes, _, random) => u32(bytes, random.below(128), random.pick(EDGES_32)),
  'copy a record over another': (bytes, { records }, random) => {
    const from = random.pick(records);
    const to = random.pick(records);
    bytes.copyWithin(to.at, from.at, from.at + Math.min(from.size, to.size));
  },
  'splice a part': (bytes, { records }, random) => {
    const from = random.pick(records);
    const to = random.pick(records);
    const length = 1 + random.below(Math.min(from.size, to.size) - 1);
    bytes.copyWithin(
      to.at + random.below(to.size - length + 1),
      from.at + random.below(from.size - length + 1),
      from.at + random.below(from.size - length + 1) + length,
    );
  },
  'fill a run': (bytes, { records }, random) => {
    const { at, size } = random.pick(records);
    const from = random.below(size);
    bytes.fill(random.pick([0x00, 0xff, 0x0c, 0x21, 0x41, 0x2a]), at + from, at + Math.min(size, from + 1 + random.below(64)));
  },
};

const NAMES = Object.keys(MUTATIONS);

/** Recomputes the three checksums, so that mutated bytes are reached behind them. */
export function fixCrc(bytes: Uint8Array): void {
  if (bytes.length >= 128) u32(bytes, 124, crc32(bytes.subarray(0, 120)));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let chunk = FILE_HEADER; chunk + CHUNK <= bytes.length; chunk += CHUNK) {
    const free = view.getUint32(chunk + 48, true);
    if (free >= 512 && free <= CHUNK) u32(bytes, chunk + 52, crc32(bytes.subarray(chunk + 512, chunk + free)));
    u32(bytes, chunk + 124, crc32(bytes.subarray(chunk + 128, chunk + 512), crc32(bytes.subarray(chunk, chunk + 120))));
  }
}

/**
 * Writes a mutated copy of `original` into `target` (same length) and returns its length (shorter when truncated) and the names of
 * the mutations, for the report.
 */
export function mutate(original: Uint8Array, layout: Layout, target: Uint8Array, random: Random): { length: number; names: string[] } {
  target.set(original);
  const names: string[] = [];
  for (let n = 1 + random.below(3); n > 0; n--) {
    const name = random.pick(NAMES);
    names.push(name);
    MUTATIONS[name]!(target, layout, random);
  }
  if (random.below(4) > 0) fixCrc(target);
  let length = original.length;
  if (random.below(16) === 0) {
    length = random.below(original.length + 1);
    names.push(`truncate at ${length}`);
  }
  return { length, names };
}
