import { describe, expect, it } from 'vitest';
import { decode6008 } from './event-6008.ts';

const GOOD =
  'E207040005000600170013000700AB00E207040006000700030013000700AB00600900003C000000010000006009000001000000B00400000100000000000000';

describe('the binary block of event 6008', () => {
  it.each([
    [
      'DF070800020019000D0022002C001C03DF070800020019000D0022002C001C033C0000003C000000000000000000000000000000000000000100000000000000',
      '2015-08-25T13:34:44.796',
      '2015-08-25T13:34:44.796Z',
      60,
      false,
      0,
    ],
    [GOOD, '2018-04-06T23:19:07.171', '2018-04-07T03:19:07.171Z', 2400, true, -240],
    [
      'E3070A0004001100110012000200CA01E3070A00040011000F0012000200CA013C0000003C000000000000000000000000000000000000000100000000000000',
      '2019-10-17T17:18:02.458',
      '2019-10-17T15:18:02.458Z',
      60,
      false,
      120,
    ],
    [
      'DC0704000500060009003B000D001D00DC070400050006000D003B000D001D00600900003C000000010000006009000000000000B004000001000000BF590000',
      '2012-04-06T09:59:13.029',
      '2012-04-06T13:59:13.029Z',
      2400,
      true,
      -240,
    ],
  ])('gives the last heartbeat and its uncertainty (%#)', (hex, local, utc, interval, diskPm, offset) => {
    const block = decode6008(hex)!;
    expect(block.local).toBe(local);
    expect(new Date(Number(block.utc / 1_000_000n)).toISOString()).toBe(utc);
    expect([block.maxIntervalSeconds, block.diskPmEnabled, block.utcOffsetMinutes]).toEqual([interval, diskPm, offset]);
  });

  it('reads every named field at its place', () => {
    const values = [1, 2, 1, 4, 1, 6, 1, 8].map((value) => value.toString(16).padStart(2, '0').padEnd(8, '0')).join('');
    expect(decode6008(GOOD.slice(0, 64) + values)).toMatchObject({
      maxIntervalSeconds: 1,
      diskPmDisabledMaxInterval: 2,
      diskPmEnabled: true,
      diskPmEnabledMaxInterval: 4,
      timestampForced: true,
      diskPmPolicy: 6,
      biasValid: true,
      startBias: 8,
    });
  });

  it('accepts spaced and lower-case hex as exports print it', () => {
    expect(decode6008(GOOD.toLowerCase().replace(/../g, '$& '))).toEqual(decode6008(GOOD));
  });

  it.each([
    ['empty', ''],
    ['short', GOOD.slice(2)],
    ['long', `${GOOD}00`],
    ['not hex', `G${GOOD.slice(1)}`],
    ['no such month', `E2070D00${GOOD.slice(8)}`],
    ['all zero', '00'.repeat(64)],
    ['interval of 136 years', `${GOOD.slice(0, 64)}FFFFFFFF${GOOD.slice(72)}`],
  ])('says nothing about a block that is %s', (_, hex) => {
    expect(decode6008(hex)).toBeUndefined();
  });
});
