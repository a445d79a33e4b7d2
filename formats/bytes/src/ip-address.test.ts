import { expect, test } from 'vitest';
import { ipAddressPart, parseIpAddress } from './ip-address.ts';

test.each([
  ['10.3.58.4:50123', '10.3.58.4'],
  ['[2001:DB8::5]:50123', '2001:DB8::5'],
  ['[fe80::1%4]:1', 'fe80::1'],
  ['::ffff:10.3.58.4', '10.3.58.4'],
  ['2001:db8::5', '2001:db8::5'],
  ['LOCAL', 'LOCAL'],
])('the address of %s is %s', (text, address) => {
  expect(ipAddressPart(text)).toBe(address);
});

test.each([
  ['10.0.0.1', false, 0x0a000001n],
  ['::ffff:10.0.0.1', false, 0x0a000001n],
  ['::1', true, 1n],
  ['1:2:3:4:5:6:7:8', true, 0x00010002000300040005000600070008n],
  ['fe80::1%eth0', true, 0xfe80n * 2n ** 112n + 1n],
] as const)('%s is a number', (text, v6, value) => {
  expect(parseIpAddress(text)).toEqual({ v6, value });
});

test.each(['', '-', '10.0.0.256', '1.2.3', '1:2:3', '1::2::3', ':', 'fffff::', '1:2:3:4:5:6:7:8:9', '1::2:3:4:5:6:7:8'])(
  '%s is none',
  (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  },
);
