/** The earlier of two instants; `Math.min` does not take `bigint`. */
export function earlier(a: bigint, b: bigint): bigint {
  return a <= b ? a : b;
}

/** The later of two instants. */
export function later(a: bigint, b: bigint): bigint {
  return a >= b ? a : b;
}
