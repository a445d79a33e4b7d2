import { joinBytes } from '@winmedic/bytes';

/** Numbers in a byte order, one after the other; for captures made by hand in tests. */
export function numbers(bigEndian: boolean, ...parts: readonly (readonly [bits: 8 | 16 | 32 | 64, value: number | bigint])[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, [bits]) => sum + bits / 8, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [bits, value] of parts) {
    if (bits === 8) view.setUint8(at, Number(value));
    else if (bits === 16) view.setUint16(at, Number(value), !bigEndian);
    else if (bits === 32) view.setUint32(at, Number(value), !bigEndian);
    else view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), !bigEndian);
    at += bits / 8;
  }
  return out;
}

export function pcapHead(magic: number, bigEndian = false, snap = 65_535, linkType = 1): Uint8Array {
  return numbers(bigEndian, [32, magic], [16, 2], [16, 4], [32, 0], [32, 0], [32, snap], [32, linkType]);
}

export function pcapRecord(
  seconds: number,
  fraction: number,
  data: Uint8Array,
  bigEndian = false,
  told = data.length,
  original = told,
): Uint8Array {
  return joinBytes(numbers(bigEndian, [32, seconds], [32, fraction], [32, told], [32, original]), data);
}

function padded(bytes: Uint8Array): Uint8Array {
  return joinBytes(bytes, new Uint8Array((4 - (bytes.length & 3)) & 3));
}

export function option(code: number, value: Uint8Array, bigEndian = false): Uint8Array {
  return joinBytes(numbers(bigEndian, [16, code], [16, value.length]), padded(value));
}

export function block(type: number, body: Uint8Array, bigEndian = false): Uint8Array {
  const inside = padded(body);
  const total = inside.length + 12;
  return joinBytes(numbers(bigEndian, [32, type], [32, total]), inside, numbers(bigEndian, [32, total]));
}

export function section(bigEndian = false, ...options: readonly Uint8Array[]): Uint8Array {
  return block(0x0a0d0d0a, joinBytes(numbers(bigEndian, [32, 0x1a2b3c4d], [16, 1], [16, 0], [64, -1n]), ...options), bigEndian);
}

export function description(linkType: number, snap: number, bigEndian = false, ...options: readonly Uint8Array[]): Uint8Array {
  return block(1, joinBytes(numbers(bigEndian, [16, linkType], [16, 0], [32, snap]), ...options), bigEndian);
}

export function enhanced(
  interfaceId: number,
  ticks: bigint,
  data: Uint8Array,
  bigEndian = false,
  told = data.length,
  ...options: readonly Uint8Array[]
): Uint8Array {
  const fields = numbers(bigEndian, [32, interfaceId], [32, ticks >> 32n], [32, ticks & 0xffffffffn], [32, told], [32, told]);
  return block(6, joinBytes(fields, padded(data), ...options), bigEndian);
}

/** A Network Monitor file of version 2.`minor`. */
export function netmon(
  minor: number,
  frames: readonly { media: number; delta: bigint; data: Uint8Array; filetime?: bigint }[],
): Uint8Array {
  const made = frames.map(({ media, delta, data, filetime = 0n }) =>
    joinBytes(
      numbers(false, [64, delta], [32, data.length], [32, data.length]),
      data,
      minor >= 1 ? numbers(false, [16, media], [32, 0]) : new Uint8Array(),
      minor >= 3 ? numbers(false, [64, filetime], [8, 0]) : new Uint8Array(),
    ),
  );
  const size = made.reduce((sum, frame) => sum + frame.length, 0);
  // 2020-06-02 09:12:54.132, a Tuesday.
  const start = [2020, 6, 2, 2, 9, 12, 54, 132].map((value) => [16, value] as const);
  const head = joinBytes(
    Uint8Array.of(0x47, 0x4d, 0x42, 0x55, minor, 2, 1, 0),
    numbers(false, ...start),
    numbers(false, [32, 128 + size], [32, 4 * made.length]),
    new Uint8Array(96),
  );
  let at = 128;
  const table = made.map((frame) => {
    at += frame.length;
    return numbers(false, [32, at - frame.length]);
  });
  return joinBytes(head, ...made, ...table);
}
