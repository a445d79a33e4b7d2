import type { DerivedName, Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import type { EventObservation } from '../../model/observation.ts';
import { check, everything, failure, logon, powerOff, rejected, session } from '../test-case.ts';

const within5m = (derived: DerivedName): Expr => ({ derived, within: { before: '5m' } });
/** Failures of other days: auditing is on, so absence can be judged. */
const audited = failure('2018-06-10T00:00:00', { LogonType: '3', LogonProcessName: 'NtLmSsp ', ProcessName: '-' });
const value = (derived: DerivedName, ...events: EventObservation[]): string =>
  check(within5m(derived), { events: [audited, ...events, ...powerOff('06:04:29')] }).value;

describe('an existing account mistyped on the RDP logon screen', () => {
  const typed = 'screen-typed-failure';
  test('a wrong password (SubStatus 6A, written decimal or hexadecimal) proves the account', () => {
    expect(value(typed, failure('06:03:00'))).toBe('true');
    expect(value(typed, failure('06:03:00', { SubStatus: '3221225578', LogonType: '0xa' }))).toBe('true');
  });
  test.each([
    ['typed at the console', { LogonType: '2' }],
    ['stopped by NLA', { LogonType: '3', LogonProcessName: 'NtLmSsp ', ProcessName: '-' }],
    ['typed into another program', { ProcessName: 'C:\\Windows\\System32\\svchost.exe' }],
    ['by another logon process', { LogonProcessName: 'seclogo' }],
    ['refused by policy after a right password, which NLA does too', { SubStatus: '0xc000015b' }],
    ['of an unknown name', { SubStatus: '0xc0000064', TargetUserName: 'scan' }],
  ])('does not count when %s', (_what, fields) => {
    expect(value(typed, failure('06:03:00', fields))).toBe('false');
  });
  test('an unknown name counts once that name has logged on somewhere', () => {
    const unknown = failure('06:03:00', { SubStatus: '0xc0000064', TargetUserName: 'Bob' });
    expect(value(typed, unknown, logon('2018-07-02T09:00:00', 'bob', '10'))).toBe('true');
    expect(value(typed, unknown, session('2018-07-02T09:00:00', 21, '198.51.100.9', 'CORP\\bob'))).toBe('true');
    expect(value(typed, unknown, logon('2018-07-02T09:00:00', 'bob', '5'))).toBe('false');
    expect(value(typed, unknown, logon('2018-07-02T09:00:00', 'alice', '10'))).toBe('false');
  });
  test('who logged on afterwards is no longer at the logon screen', () => {
    const mistyped = failure('06:02:00');
    expect(value(typed, mistyped, session('06:02:30', 21, '198.51.100.7'))).toBe('false');
    expect(value(typed, mistyped, session('06:02:30', 25, '198.51.100.7', 'CORP\\Alice'))).toBe('false');
    expect(value(typed, mistyped, logon('06:02:30', 'alice', '10', '198.51.100.7'))).toBe('false');
    expect(value(typed, mistyped, session('06:02:30', 21, 'LOCAL'))).toBe('false');
    expect(value('screen-typed-failure-any', mistyped, session('06:02:30', 21, '198.51.100.7'))).toBe('true');
  });
  test('another account, another address, or a logon before or after the stop changes nothing', () => {
    const mistyped = failure('06:02:00');
    expect(value(typed, mistyped, session('06:02:30', 21, '198.51.100.7', 'RDS01\\bob'))).toBe('true');
    expect(value(typed, mistyped, session('06:02:30', 21, '203.0.113.9'))).toBe('true');
    expect(value(typed, mistyped, session('06:01:00', 21, '198.51.100.7'))).toBe('true');
    expect(value(typed, mistyped, session('06:30:00', 21, '198.51.100.7'))).toBe('true');
    expect(value(typed, mistyped, session('06:02:30', 21, '198.51.100.7'), failure('06:03:30'))).toBe('true');
  });
  test('without the existing-account test every name counts', () => {
    expect(value('screen-typed-failure-any', failure('06:03:00', { SubStatus: '0xc0000064', TargetUserName: 'scan' }))).toBe('true');
    expect(value('screen-typed-failure-any', failure('06:03:00', { SubStatus: '0xc000015b' }))).toBe('false');
  });
  test('outside the window, or with auditing never seen, or without the log', () => {
    expect(value(typed, failure('05:59:28'))).toBe('false');
    expect(check(within5m(typed), { events: powerOff('06:04:29') }).value).toBe('unknown');
    expect(
      check(within5m(typed), { events: [audited, ...powerOff('06:04:29')], coverage: everything({ Security: undefined }) }).value,
    ).toBe('unknown');
  });
});

test('typed at the console: type 2 from the machine itself', () => {
  expect(value('console-typed-failure', failure('06:03:00', { LogonType: '2', IpAddress: '127.0.0.1' }))).toBe('true');
  expect(value('console-typed-failure', failure('06:03:00', { LogonType: '2', IpAddress: '198.51.100.7' }))).toBe('false');
  expect(value('console-typed-failure', failure('06:03:00', { LogonType: '2', IpAddress: '::1', LogonProcessName: 'seclogo' }))).toBe(
    'false',
  );
});

test('stopped by NLA: RdpCoreTS 140, or 4625 of type 3 by NtLmSsp', () => {
  expect(value('nla-failure', rejected('06:03:00', '203.0.113.5'))).toBe('true');
  expect(value('nla-failure', failure('06:03:00', { LogonType: '3', LogonProcessName: 'NtLmSsp ' }))).toBe('true');
  expect(value('nla-failure', failure('06:03:00', { LogonType: '3', LogonProcessName: 'Kerberos' }))).toBe('false');
});
