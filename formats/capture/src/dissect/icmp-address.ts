/** Text of an IPv4 address: four bytes at `at`. Bytes outside the data count as 0. */
export function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at] ?? 0}.${bytes[at + 1] ?? 0}.${bytes[at + 2] ?? 0}.${bytes[at + 3] ?? 0}`;
}

/**
 * Text of an IPv6 address as RFC 5952 writes it: sixteen bytes at `at`. An IPv4 address mapped into it ends dotted (RFC 5952 section 5).
 * Bytes outside the data count as 0.
 */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[at + i] ?? 0) << 8) | (bytes[at + i + 1] ?? 0));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return `::ffff:${ipv4Text(bytes, at + 12)}`;
  // The longest run of at least two zero groups is left out, the first one of several (RFC 5952 section 4.2).
  let best = 0;
  let bestAt = -1;
  for (let i = 0; i < 8; ) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > best && end - i >= 2) {
      best = end - i;
      bestAt = i;
    }
    i = Math.max(end, i + 1);
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return bestAt < 0 ? text(groups) : `${text(groups.slice(0, bestAt))}::${text(groups.slice(bestAt + best))}`;
}
