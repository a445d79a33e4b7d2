import type { Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import type { EventObservation } from '../../model/observation.ts';
import { event } from '../../timeline/test-events.ts';
import { check, connection, everything, failure, LSM, listener, logon, powerOff, RCM, RDP_CORE, rejected, session } from '../test-case.ts';

const lsm = `${LSM}/Operational`;
const unfinished: Expr = { derived: 'unfinished-rdp-connection', within: { before: '10m' } };
const value = (...events: EventObservation[]): string => check(unfinished, { events: [...events, ...powerOff('06:04:29')] }).value;

describe('an RDP connection', () => {
  const connections = (gte: number, ...events: EventObservation[]): string =>
    check({ derived: 'rdp-connection', within: { before: '10m' }, count: { gte } }, { events: [...events, ...powerOff('06:04:29')] }).value;
  test('is 131 or 261; both records of one connection count once', () => {
    expect(connections(1, connection('06:00:00', '198.51.100.7'))).toBe('true');
    expect(connections(1, listener('06:00:00'))).toBe('true');
    expect(connections(2, listener('06:00:00'), connection('06:00:01', '198.51.100.7'))).toBe('false');
    expect(connections(2, listener('06:00:00'), connection('06:00:03', '198.51.100.7'))).toBe('true');
  });
  test('the UDP side of a connection is not another one', () => {
    const udp = event('06:00:01', `${RDP_CORE}/131`, {
      channel: `${RDP_CORE}/Operational`,
      fields: { ConnType: 'UDP', ClientIP: '198.51.100.7:50123' },
    });
    expect(connections(2, connection('06:00:00', '198.51.100.7'), udp)).toBe('false');
  });
  test('none is known where one of the two channels is whole', () => {
    const quiet = (coverage: ReturnType<typeof everything>): string =>
      check({ derived: 'rdp-connection', within: { before: '10m' } }, { events: powerOff('06:04:29'), coverage }).value;
    expect(quiet(everything({ [`${RDP_CORE}/Operational`]: undefined }))).toBe('false');
    expect(quiet(everything({ [`${RDP_CORE}/Operational`]: undefined, [`${RCM}/Operational`]: undefined }))).toBe('unknown');
  });
});

describe('a connection that was closed', () => {
  const activity = '{F420C46F-0000-0000-0000-000000000001}';
  const opened = { ...connection('06:00:00', '198.51.100.7'), activityId: activity };
  const closed = (time: string, activityId: string) => ({
    ...event(time, `${RDP_CORE}/102`, { channel: `${RDP_CORE}/Operational` }),
    activityId,
  });
  test('before the stop left nobody at its logon screen', () => {
    expect(value(opened, closed('06:01:00', activity))).toBe('false');
  });
  test('by the stop itself, or of another activity, was still there', () => {
    expect(value(opened, closed('06:04:27', activity))).toBe('true');
    expect(value(opened, closed('06:01:00', '{F420C46F-0000-0000-0000-000000000002}'))).toBe('true');
  });
});

describe('a connection that became no session', () => {
  const client = '198.51.100.7';
  test('nothing followed it', () => {
    expect(value(connection('06:00:00', client))).toBe('true');
    expect(value(listener('06:00:00'))).toBe('true');
  });
  test.each([
    ['logon', session('06:01:00', 21, client)],
    ['reconnection', session('06:01:00', 25, client)],
    ['4624 of type 10', logon('06:01:00', 'alice', '10', client)],
    ['4624 of type 7', logon('06:01:00', 'alice', '7', client)],
  ])('a %s of the same client ends it', (_what, record) => {
    expect(value(connection('06:00:00', client), record)).toBe('false');
  });
  test('a logon before it, after the stop, of another client or of another type does not', () => {
    for (const record of [
      session('05:59:00', 21, client),
      session('06:04:30', 21, client),
      session('06:01:00', 21, '203.0.113.5'),
      logon('06:01:00', 'alice', '3', client),
    ])
      expect(value(connection('06:00:00', client), record)).toBe('true');
  });
  test('without an address any logon may be its own', () => {
    expect(value(listener('06:00:00'), session('06:01:00', 21, '203.0.113.5'))).toBe('false');
    expect(value(connection('06:00:00', client), session('06:01:00', 21, 'LOCAL'))).toBe('false');
  });
  test('NLA turned it away', () => {
    expect(value(connection('06:00:00', client), rejected('06:00:01', client))).toBe('false');
    expect(value(connection('06:00:00', client), rejected('06:00:11', client))).toBe('true');
    expect(value(connection('06:00:00', client), rejected('06:00:01', '203.0.113.5'))).toBe('true');
    expect(
      value(connection('06:00:00', client), failure('06:00:02', { LogonType: '3', LogonProcessName: 'NtLmSsp ', IpAddress: client })),
    ).toBe('false');
  });
  test('whether a session followed must have been recorded', () => {
    const events = [connection('06:00:00', client), ...powerOff('06:04:29')];
    const coverage = everything({ [lsm]: undefined });
    expect(check(unfinished, { events, coverage })).toMatchObject({ value: 'unknown', missing: [{ kind: 'channel', name: lsm }] });
    expect(check(unfinished, { events: [logon('2018-06-20T00:00:00', 'alice', '10'), ...events], coverage }).value).toBe('true');
  });
  test('a step of the clock between connection and stop leaves it open', () => {
    const step = event('06:02:00', 'Microsoft-Windows-Kernel-General/1', {
      fields: { OldTime: '2018-07-06T06:12:00Z', NewTime: '2018-07-06T06:02:00Z', Reason: '1' },
    });
    expect(value(connection('06:00:00', client), step)).toBe('unknown');
  });
});

describe('one client before several stops', () => {
  const same: Expr = { derived: 'same-client-before-several-stops' };
  const first = powerOff('2018-07-04T17:05:00');
  const second = powerOff('06:04:29');
  test('the same address before two stops of one signature', () => {
    const events = [connection('2018-07-04T17:00:00', '198.51.100.7'), ...first, failure('06:03:00'), ...second];
    expect(check(same, { events }, 1).value).toBe('true');
    expect(check(same, { events }, 0).value).toBe('true');
  });
  test('other addresses, or too early, or only one stop', () => {
    expect(
      check(same, { events: [connection('2018-07-04T17:00:00', '203.0.113.5'), ...first, failure('06:03:00'), ...second] }, 1).value,
    ).toBe('false');
    expect(
      check(same, { events: [connection('2018-07-04T16:00:00', '198.51.100.7'), ...first, failure('06:03:00'), ...second] }, 1).value,
    ).toBe('false');
    expect(check(same, { events: [failure('06:03:00'), ...second] }).value).toBe('false');
  });
  test('without the channel that holds addresses nothing is known', () => {
    expect(check(same, { events: [...first, ...second], coverage: everything({ [`${RDP_CORE}/Operational`]: undefined }) }, 1).value).toBe(
      'unknown',
    );
  });
});
