import { expect, test } from 'vitest';
import { storedTime } from './stored-time.ts';

test.each([
  ['filetime', '00E0B24B3B19D401', '2018-07-11T17:19:16Z'],
  ['filetime', '131757543480000000', '2018-07-11T03:45:48Z'],
  ['systemtime', 'E207070004000C0008001C0033000000', '2018-07-12T08:28:51Z'],
  ['filetime', '0000000000000000', undefined],
  ['systemtime', '00000000000000000000000000000000', undefined],
  ['filetime', 'yes', undefined],
  ['systemtime', 'E207', undefined],
] as const)('%s %s is %s', (kind, value, expected) => {
  expect(storedTime(kind, value)).toBe(expected);
});
