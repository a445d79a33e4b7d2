import type { DerivedName, Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import { at, boot, daily, event, heartbeat6008, unexpected } from '../../timeline/test-events.ts';
import { check, everything, powerOff, type Situation, session, whole } from '../test-case.ts';

const value = (derived: DerivedName, situation: Situation, stop = 0): string => check({ derived } as Expr, situation, stop).value;

describe('user sessions at the request', () => {
  const from = [...boot('2018-07-05T08:00:00', true)];
  const one = { events: [...from, session('2018-07-05T09:00:00', 21, '198.51.100.7'), ...powerOff('06:04:29')] };
  const none = {
    events: [
      ...from,
      session('2018-07-05T09:00:00', 21, '198.51.100.7'),
      session('2018-07-05T18:00:00', 23, '198.51.100.7'),
      ...powerOff('06:04:29'),
    ],
  };
  test('present, absent, and not recorded', () => {
    expect(value('session-present', one)).toBe('true');
    expect(value('no-session', one)).toBe('false');
    expect(value('session-present', none)).toBe('false');
    expect(value('no-session', none)).toBe('true');
    const unrecorded = { events: powerOff('06:04:29'), coverage: [whole('System')] };
    for (const name of ['session-present', 'no-session'] as const) expect(value(name, unrecorded)).toBe('unknown');
  });
  test('a logoff in the window', () => {
    const left: Expr = { derived: 'user-logoff', within: { before: '5m' } };
    expect(check(left, { events: [session('06:02:00', 23, '-'), ...powerOff('06:04:29')] }).value).toBe('true');
    expect(check(left, { events: [session('05:50:00', 23, '-'), ...powerOff('06:04:29')] }).value).toBe('false');
  });
});

describe('times of the stops', () => {
  // 13:00 UTC is 22:00 in Tokyo; 2018-07-02 to 07-05 are Monday to Thursday.
  const days = ['02', '03', '04', '05'];
  const tokyo = daily('2018-07-01T03:00:00');
  const at8 = (hour: string, list = days) => [tokyo, ...list.flatMap((d) => powerOff(`2018-07-${d}T${hour}`))];
  test('all in office hours of the host, at least four', () => {
    expect(value('office-hours-cluster', { events: at8('08:17:00') })).toBe('true');
    expect(value('office-hours-cluster', { events: at8('13:00:00') })).toBe('false');
    expect(value('office-hours-cluster', { events: at8('08:17:00', days.slice(1)) })).toBe('false');
    expect(value('office-hours-cluster', { events: at8('08:17:00', ['01', ...days]) })).toBe('false');
    expect(value('office-hours-cluster', { events: at8('08:17:00').slice(1) })).toBe('unknown');
  });
  test('three within two minutes of one time of day', () => {
    const times = (...t: string[]) => ({ events: t.flatMap((x, i) => powerOff(`2018-07-0${2 * i + 1}T${x}`)) });
    expect(value('regular-times', times('23:59:00', '23:58:30', '00:01:00'))).toBe('true');
    expect(value('regular-times', times('23:59:00', '23:58:30', '00:01:01'))).toBe('false');
    expect(value('regular-times', times('23:59:00', '23:58:30'))).toBe('false');
    expect(value('regular-times', times('12:00:00', '15:00:00', '02:00:00', '21:00:00'))).toBe('false');
  });
  test('equally spaced', () => {
    expect(value('regular-times', { events: ['02T00:00:00', '03T07:00:00', '04T14:00:00'].flatMap((t) => powerOff(`2018-07-${t}`)) })).toBe(
      'true',
    );
    expect(value('regular-times', { events: ['02T00:00:00', '03T07:00:00', '04T17:00:00'].flatMap((t) => powerOff(`2018-07-${t}`)) })).toBe(
      'false',
    );
  });
});

describe('other hosts', () => {
  const mine = powerOff('06:04:29');
  const other = (time: string) => powerOff(time, { host: 'RDS02' });
  const alive = [daily('2018-07-05T00:00:00', { host: 'RDS02' }), daily('2018-07-07T00:00:00', { host: 'RDS02' })];
  test('stopped within five minutes, or went on', () => {
    const together = { events: [...mine, ...other('06:08:00'), ...alive] };
    expect(value('other-host-stop', together)).toBe('true');
    expect(value('other-host-up', together)).toBe('false');
    const apart = { events: [...mine, ...other('08:00:00'), ...alive] };
    expect(value('other-host-stop', apart)).toBe('false');
    expect(value('other-host-up', apart)).toBe('true');
  });
  test('one that was down at the time did not go on', () => {
    expect(value('other-host-up', { events: [...mine, ...other('05:58:00'), ...alive] }, 1)).toBe('false');
  });
  test('without another host, or without its log of that time, nothing is known', () => {
    for (const name of ['other-host-stop', 'other-host-up'] as const) {
      expect(value(name, { events: mine })).toBe('unknown');
      expect(value(name, { events: [...mine, daily('2018-07-05T00:00:00', { host: 'RDS02' })] })).toBe('unknown');
    }
  });
});

describe('a bug-check series after an installation', () => {
  const crash = [...boot('2018-07-05T08:00:00', true), ...boot('06:00:00', false), unexpected('06:00:15', { BugcheckCode: '80' })];
  const install = (time: string) => event(time, 'Service Control Manager/7045', { fields: { ServiceName: 'agent' } });
  test('within seven days before the first one', () => {
    expect(value('bugcheck-series-after-install', { events: [install('2018-07-02T00:00:00'), ...crash] }, 1)).toBe('true');
    expect(value('bugcheck-series-after-install', { events: [install('2018-06-20T00:00:00'), ...crash] }, 1)).toBe('false');
  });
  test('"first" needs a log that begins before the installation', () => {
    const coverage = everything({ System: { first: at('2018-07-02T00:00:00') } });
    expect(value('bugcheck-series-after-install', { events: [install('2018-07-02T00:00:00'), ...crash], coverage }, 1)).toBe('unknown');
    expect(value('bugcheck-series-after-install', { events: crash, coverage })).toBe('unknown');
  });
  test('without a bug check there is no series', () => {
    expect(value('bugcheck-series-after-install', { events: powerOff('06:04:29') })).toBe('false');
  });
});

describe('silence before the stop', () => {
  const hung = [
    ...boot('2018-07-06T01:00:00', true),
    ...boot('05:00:00', false),
    heartbeat6008('05:00:50', '2018-07-06T03:21:00'),
    unexpected('05:00:15'),
  ];
  const activity = (to: string) => ({
    activity: [
      { from: at('2018-07-06T01:00:00'), to: at(to) },
      { from: at('2018-07-06T05:00:00'), to: at('2018-07-06T06:00:00') },
    ],
  });
  const quiet = (system: string, security: string | undefined): string =>
    value('quiet-before-stop', {
      events: hung,
      coverage: everything({ System: activity(system), Security: security === undefined ? undefined : activity(security) }),
    });
  test('ten minutes without a record in both channels while the heartbeat went on', () => {
    expect(quiet('2018-07-06T03:00:00', '2018-07-06T03:11:00')).toBe('true');
    expect(quiet('2018-07-06T03:00:00', '2018-07-06T03:11:01')).toBe('false');
    expect(quiet('2018-07-06T03:00:00', undefined)).toBe('unknown');
  });
  test('an orderly end is not silent', () => {
    expect(value('quiet-before-stop', { events: powerOff('06:04:29') })).toBe('false');
  });
});

describe('state of the log', () => {
  const loss: Expr = { derived: 'log-loss', within: { before: '1h' } };
  test('clearing, missing records, or a channel that starts only later', () => {
    const lost = (system: object, security: object = {}): string =>
      check(loss, { events: powerOff('06:04:29'), coverage: everything({ System: system, Security: security }) }).value;
    expect(lost({})).toBe('false');
    expect(lost({}, { clearings: [at('06:00:00')] })).toBe('true');
    expect(lost({}, { clearings: [at('05:00:00')] })).toBe('false');
    expect(lost({ gaps: [{ from: at('06:00:00'), to: at('06:01:00'), missingRecords: 5n }] })).toBe('true');
    expect(lost({}, { first: at('07:00:00') })).toBe('true');
    expect(lost({ partial: true }, { partial: true })).toBe('unknown');
  });
  test('definition updates by their number, other updates not', () => {
    const update = (title: string) => event('06:00:00', 'Microsoft-Windows-WindowsUpdateClient/43', { fields: { updateTitle: title } });
    const expr: Expr = { derived: 'definition-update', within: { before: '1h' } };
    expect(check(expr, { events: [update('定義の更新 (KB2267602)'), ...powerOff('06:04:29')] }).value).toBe('true');
    expect(check(expr, { events: [update('Cumulative Update (KB4284833)'), ...powerOff('06:04:29')] }).value).toBe('false');
  });
  test('a step of the clock', () => {
    const step = event('06:00:00', 'Microsoft-Windows-Kernel-General/1', {
      fields: { OldTime: '2018-07-06T05:58:00Z', NewTime: '2018-07-06T06:00:00Z', Reason: '1' },
    });
    const expr: Expr = { derived: 'clock-step', within: { before: '1h' } };
    expect(check(expr, { events: [step, ...powerOff('06:04:29')] }).value).toBe('true');
    expect(check(expr, { events: powerOff('06:04:29') }).value).toBe('false');
  });
});

describe('records of the Hyper-V host', () => {
  const worker = (time: string, id: number, vm: string) =>
    event(time, `Microsoft-Windows-Hyper-V-Worker/${id}`, {
      host: 'HV01',
      channel: 'Microsoft-Windows-Hyper-V-Worker-Admin',
      fields: { VmName: vm, VmId: 'X' },
    });
  test('speak of the guest by its name, near the stop', () => {
    const asked = (...events: ReturnType<typeof worker>[]): string =>
      value('hypervisor-clean-request', { events: [...events, ...powerOff('06:04:29')] });
    expect(asked(worker('06:04:20', 18504, 'rds01'))).toBe('true');
    expect(asked(worker('06:03:28', 18504, 'rds01'))).toBe('unknown');
    expect(asked(worker('06:04:20', 18504, 'other'))).toBe('unknown');
    expect(asked(worker('06:04:20', 18508, 'rds01'))).toBe('unknown');
    expect(asked(worker('2018-07-01T00:00:00', 18500, 'rds01'), worker('2018-07-09T00:00:00', 18500, 'rds01'))).toBe('false');
  });
  test('turned off, reset, crashed', () => {
    const near = (name: DerivedName, id: number): string =>
      value(name, { events: [worker('06:02:35', id, 'RDS01'), ...powerOff('06:04:29')] });
    expect(near('hypervisor-hard-stop', 18502)).toBe('true');
    expect(near('hypervisor-hard-stop', 18512)).toBe('true');
    expect(near('hypervisor-guest-crash', 18590)).toBe('true');
    expect(near('hypervisor-guest-crash', 18560)).toBe('true');
    expect(near('hypervisor-guest-crash', 18561)).toBe('unknown');
  });
});
