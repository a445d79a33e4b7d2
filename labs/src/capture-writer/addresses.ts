import { ByteOut } from './byte-out.ts';

/** Bytes of an address: 4 of IPv4 (dotted), 16 of IPv6 (with at most one `::`, RFC 4291 section 2.2). */
export function addressBytes(address: string): Uint8Array {
  if (!address.includes(':')) return Uint8Array.from(address.split('.'), Number);
  const [head = '', tail] = address.split('::');
  const groups = (text: string | undefined) =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail);
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return new ByteOut().u16(...before, ...new Array<number>(zeros).fill(0), ...after).bytes();
}

/** Is it IPv6? */
export function isIpv6(address: string): boolean {
  return address.includes(':');
}

/** The Internet checksum (RFC 1071) over parts behind each other; an odd part is filled up with a zero. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) for (let i = 0; i < part.length; i += 2) sum += ((part[i] as number) << 8) | (part[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Pseudo-header of TCP, UDP and ICMPv6 (RFC 9293 section 3.1, RFC 8200 section 8.1). */
export function pseudoHeader(source: string, destination: string, protocol: number, length: number): Uint8Array {
  const out = new ByteOut().put(addressBytes(source), addressBytes(destination));
  return isIpv6(source) ? out.u32(length, protocol).bytes() : out.u8(0, protocol).u16(length).bytes();
}
