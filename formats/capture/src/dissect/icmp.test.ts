import { describe, expect, it } from 'vitest';
import { readIcmp } from './icmp.ts';
import { ipv6Text } from './icmp-address.ts';
import { random } from './test-stream.ts';

/** Head of an IPv4 packet with the first bytes of its payload. */
const packet4 = (protocol: number, fragment = 0): Uint8Array =>
  Uint8Array.of(
    0x45,
    0,
    0,
    60,
    0,
    1,
    fragment >> 8,
    fragment & 0xff,
    64,
    protocol,
    0,
    0,
    192,
    0,
    2,
    1,
    192,
    0,
    2,
    9,
    0xc3,
    0x50,
    0x17,
    0x61,
    0,
    0,
    0,
    0,
  );
const unreachable = (code: number, packet: Uint8Array, type = 3): Uint8Array => Uint8Array.of(type, code, 0, 0, 0, 0, 0, 0, ...packet);
const v6 = (last: number): number[] => [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), last];

describe('ICMP', () => {
  it('tells which packet could not be delivered', () => {
    expect(readIcmp(unreachable(3, packet4(6)), 4)).toEqual({
      version: 4,
      code: 3,
      about: { source: '192.0.2.1', destination: '192.0.2.9', protocol: 6, sourcePort: 50_000, destinationPort: 5985 },
    });
    expect(readIcmp(unreachable(1, packet4(1)), 4)?.about).not.toHaveProperty('sourcePort');
    expect(readIcmp(unreachable(1, packet4(6, 100)), 4)?.about).not.toHaveProperty('sourcePort');
  });

  it('reads ICMPv6 behind extension headers', () => {
    const packet = [
      0x60,
      0,
      0,
      0,
      0,
      40,
      0,
      64,
      ...v6(1),
      ...v6(9),
      44,
      0,
      ...new Array<number>(6).fill(0),
      6,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      0xc3,
      0x50,
      0x17,
      0x62,
    ];
    expect(readIcmp(unreachable(4, Uint8Array.from(packet), 1), 6)).toMatchObject({
      version: 6,
      code: 4,
      about: { source: '2001:db8::1', destination: '2001:db8::9', protocol: 6, sourcePort: 50_000, destinationPort: 5986 },
    });
    // A later fragment has no ports.
    packet[40 + 8 + 3] = 8;
    expect(readIcmp(unreachable(4, Uint8Array.from(packet), 1), 6)?.about).not.toHaveProperty('sourcePort');
  });

  it('is silent about other messages and about too little', () => {
    expect(readIcmp(unreachable(0, packet4(6), 8), 4)).toBeUndefined();
    expect(readIcmp(unreachable(0, packet4(6), 3), 6)).toBeUndefined();
    expect(readIcmp(unreachable(3, packet4(6).subarray(0, 19)), 4)).toBeUndefined();
    expect(readIcmp(unreachable(3, packet4(6).subarray(0, 22)), 4)?.about).not.toHaveProperty('sourcePort');
    const next = random(12);
    for (let run = 0; run < 2000; run++) {
      const bytes = Uint8Array.from({ length: Math.floor(next() * 90) }, () => Math.floor(next() * 256));
      expect(() => [readIcmp(bytes, 4), readIcmp(bytes, 6)]).not.toThrow();
    }
  });

  it('writes addresses as RFC 5952 has them', () => {
    const text = (...groups: readonly number[]): string =>
      ipv6Text(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])), 0);
    expect(text(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1)).toBe('2001:db8::1:0:0:1');
    expect(text(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1)).toBe('2001:db8:0:1:1:1:1:1');
    expect(text(0, 0, 0, 0, 0, 0, 0, 0)).toBe('::');
    expect(text(0, 0, 0, 0, 0, 0, 0, 1)).toBe('::1');
    expect(text(0xfe80, 0, 0, 0, 0, 0, 0, 0)).toBe('fe80::');
    expect(text(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x209)).toBe('::ffff:192.0.2.9');
  });
});
