import type { PacketView } from './packet-view.ts';

/**
 * Makes the checksum of a changed packet right (RFC 1071; pseudo header of RFC 9293 section 3.1 and RFC 8200 section 8.1), or zero where a part of the packet was
 * not captured: the old one would tell about what was removed. A UDP checksum of zero stays (none was sent).
 * @param out the packet; @param base offset of its first byte in the view's numbering.
 */
export function fixChecksum(out: Uint8Array, base: number, view: PacketView): void {
  const { layers, kind } = view;
  if (kind === 'none' || kind === 'arp') return;
  const start = layers.start - base;
  const end = Math.min(layers.end - base, out.length);
  const place = start + (kind === 'tcp' ? 16 : kind === 'udp' ? 6 : 2);
  if (place + 2 > end) return;
  if (kind === 'udp' && out[place] === 0 && out[place + 1] === 0) return;
  out[place] = 0;
  out[place + 1] = 0;
  if (view.missing > 0) return;
  let sum = 0;
  if (kind !== 'icmp') {
    const size = layers.version === 4 ? 4 : 16;
    sum = add(out, layers.source - base, layers.source - base + size, sum);
    sum = add(out, layers.destination - base, layers.destination - base + size, sum);
    sum += layers.protocol + (end - start);
  }
  sum = add(out, start, end, sum);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536);
  const value = ~sum & 0xffff;
  // A UDP checksum that comes out as zero is sent as ones (RFC 768).
  const sent = kind === 'udp' && value === 0 ? 0xffff : value;
  out[place] = sent >> 8;
  out[place + 1] = sent & 255;
}

function add(bytes: Uint8Array, start: number, end: number, sum: number): number {
  let total = sum;
  let at = start;
  for (; at + 1 < end; at += 2) total += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return at < end ? total + ((bytes[at] as number) << 8) : total;
}
