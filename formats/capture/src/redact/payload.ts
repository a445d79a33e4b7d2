import type { PacketView } from './packet-view.ts';
import { isDns, kerberosShown } from './scan-short.ts';
import type { ScanContext } from './scanner.ts';
import { isKerberosTag } from './tokens.ts';

/** UDP ports of names: DNS, multicast DNS, LLMNR (RFC 4795), NetBIOS name service. */
const NAME_PORTS: ReadonlySet<number> = new Set([53, 137, 5353, 5355]);
const KERBEROS_PORT = 88;

/** Writes what is kept of anything but TCP into zeroed bytes; `bytes` and `out` begin at the same byte of the packet. */
export function keepDatagram(bytes: Uint8Array, out: Uint8Array, base: number, view: PacketView, context: ScanContext): void {
  const start = view.start - base;
  const end = view.end - base;
  const copy = (to: number): void => {
    if (to > start) out.set(bytes.subarray(start, Math.min(to, end)), start);
  };
  switch (view.kind) {
    case 'arp':
      copy(end);
      context.count('arp');
      return;
    case 'icmp':
      copy(icmpEnd(bytes, start, end, [3, 4, 5, 11, 12]));
      context.count('icmp');
      return;
    case 'icmp6':
      // Neighbour discovery (RFC 4861) has addresses only.
      copy((bytes[start] as number) >= 133 && (bytes[start] as number) <= 137 ? end : icmpEnd(bytes, start, end, [1, 2, 3, 4]));
      context.count('icmp');
      return;
    case 'udp': {
      const at = view.transport - base;
      const ports = [0, 2].map((n) => ((bytes[at + n] as number) << 8) | (bytes[at + n + 1] as number));
      const payload = bytes.subarray(start, end);
      if (ports.some((port) => NAME_PORTS.has(port)) && isDns(payload.subarray(0, 12))) {
        copy(end);
        context.count('dns');
      } else if (ports.includes(KERBEROS_PORT) && isKerberosTag(payload[0])) out.set(kerberosShown(payload, context), start);
      return;
    }
    default:
  }
}

/** Of ICMP the first 8 bytes; of an error also the head of the packet it speaks of and 8 bytes of TCP or UDP (RFC 792, RFC 4443). */
function icmpEnd(bytes: Uint8Array, start: number, end: number, errors: readonly number[]): number {
  const head = start + 8;
  if (!errors.includes(bytes[start] as number) || head + 20 > end) return Math.min(end, head);
  const first = bytes[head] as number;
  const ip = first >> 4 === 6 ? 40 : (first & 15) * 4;
  return Math.min(end, head + ip + 8);
}
