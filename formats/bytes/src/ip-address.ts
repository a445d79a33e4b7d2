/** An IPv4 or IPv6 address as a number of 32 or 128 bits. */
export interface IpAddress {
  readonly v6: boolean;
  readonly value: bigint;
}

/** An address as text: IPv4, or IPv6 with or without zone; IPv4 mapped into IPv6 (`::ffff:10.0.0.1`) counts as IPv4. `undefined` for anything else. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(text);
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(mapped?.[1] ?? text);
  if (v4 !== null) {
    const parts = v4.slice(1).map(Number);
    return parts.some((p) => p > 255) ? undefined : { v6: false, value: parts.reduce((sum, p) => (sum << 8n) | BigInt(p), 0n) };
  }
  const plain = text.split('%', 1)[0] as string;
  if (!/^[0-9a-f:]{2,39}$/i.test(plain) || !plain.includes(':')) return undefined;
  const [head = '', tail, extra] = plain.split('::');
  if (extra !== undefined) return undefined;
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...new Array<string>(tail === undefined ? 0 : missing).fill('0'), ...right];
  if (groups.some((g) => !/^[0-9a-f]{1,4}$/i.test(g))) return undefined;
  return { v6: true, value: groups.reduce((sum, g) => (sum << 16n) | BigInt(`0x${g}`), 0n) };
}

/** The address part of `10.1.2.3:50000`, `[fe80::1%4]:50000` or a bare address: without port, zone and IPv4 mapping. Other text as it is. */
export function ipAddressPart(text: string): string {
  const t = text.trim();
  const bracket = /^\[([^\]]{2,60})\](?::\d{1,5})?$/.exec(t)?.[1];
  const address = bracket ?? /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/.exec(t)?.[1] ?? t;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address);
  return (mapped?.[1] ?? address).split('%', 1)[0] as string;
}
