import { ipAddressPart, parseIpAddress } from '@winmedic/bytes';

/** The address of `10.1.2.3:50000`, `[fe80::1]:50000` or a bare address, lower case; empty for `-`, `LOCAL` and the loopback. */
export function clientAddress(text: string | undefined): string {
  const address = ipAddressPart(text ?? '').toLowerCase();
  const parsed = parseIpAddress(address);
  if (parsed === undefined) return '';
  const loopback = parsed.v6 ? parsed.value === 1n || parsed.value === 0n : parsed.value >> 24n === 127n || parsed.value === 0n;
  return loopback ? '' : address;
}
