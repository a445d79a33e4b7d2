import type { Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import { ALICE_SID, at, boot, daily, heartbeat6008, orderlyEnd, request, SYSTEM_SID, unexpected } from '../timeline/test-events.ts';
import { check, powerOff, type Situation } from './test-case.ts';

const value = (stop: Record<string, string | number | boolean | string[] | null>, situation: Situation): string =>
  check({ stop } as Expr, situation).value;

const seconds = (time: string): number => Number(at(time) / 1_000_000_000n);

describe('properties of a requested stop', () => {
  const clean = { events: powerOff('06:04:29') };
  test.each([
    [{ class: 'requested-clean' }, 'true'],
    [{ class: ['dirty', 'bugcheck'] }, 'false'],
    [{ action: 'power-off' }, 'true'],
    [{ 'request.process': 'WINLOGON.EXE' }, 'true'],
    [{ 'request.process|startswith': 'win' }, 'true'],
    [{ 'request.userKind': 'system' }, 'true'],
    [{ 'request.userSid': SYSTEM_SID }, 'true'],
    [{ 'request.code': '0x000500FF' }, 'true'],
    [{ 'request.planned': false }, 'true'],
    [{ 'request.major': 'system', 'request.minor': 'NONE' }, 'true'],
    [{ 'request.remote': null }, 'true'],
    [{ 'request.remote|exists': true }, 'false'],
    [{ 'request.folded': false }, 'true'],
    [{ 'bugcheck.code': '0x50' }, 'false'],
    [{ powerButton: true }, 'unknown'],
    [{ lastShutdownGood: true }, 'true'],
    [{ repeats: 1 }, 'true'],
    [{ sessions: 0 }, 'unknown'],
    [{ 'notBefore|gte': seconds('06:04:29'), 'notAfter|lte': seconds('06:04:29') }, 'true'],
    [{ 'notBefore|gt': seconds('06:04:29') }, 'false'],
    [{ class: 'requested-clean', 'request.process': 'svchost.exe' }, 'false'],
    [{ class: 'dirty', sessions: 0 }, 'false'],
    [{ class: 'requested-clean', sessions: 0 }, 'unknown'],
  ])('%o is %s', (stop, expected) => {
    expect(value(stop as never, clean)).toBe(expected);
  });

  test('a false one cites the record that says so', () => {
    const result = check({ stop: { 'request.process': 'svchost.exe' } }, clean);
    expect(result.because.en).toMatch(/requested by winlogon\.exe: User32 1074, record \d+ of S1\.evtx, 2018-07-06 06:04:29/);
    expect(result.evidence[0]).toMatchObject({ eventId: 1074 });
  });

  test('the caller of a remote request', () => {
    const remote = {
      events: [
        request('06:00:00', 'wininit.exe (10.3.58.4)', '0x84040002', ALICE_SID),
        ...orderlyEnd('06:00:05', '5'),
        ...boot('06:01:00', true),
      ],
    };
    expect(value({ 'request.remote|cidr': '10.0.0.0/8', 'request.userKind': 'named' }, remote)).toBe('true');
  });
});

describe('properties of an unclean stop', () => {
  const dirty: Situation = {
    events: [
      ...boot('2018-07-05T08:00:00', true),
      daily('2018-07-06T03:00:00'),
      ...boot('2018-07-06T05:00:00', false),
      heartbeat6008('2018-07-06T05:00:50', '2018-07-06T03:21:00'),
      unexpected('2018-07-06T05:00:15', { PowerButtonTimestamp: '131752938000000000' }),
    ],
  };
  test.each([
    ['within the bounds of the stop', '2018-07-06T03:21:30', 'true'],
    ['a minute before the last heartbeat', '2018-07-06T03:20:00', 'true'],
    ['hours before', '2018-07-05T22:00:00', 'false'],
    ['after the machine must have been off', '2018-07-06T04:50:00', 'false'],
  ])('a press %s', (_when, time, expected) => {
    const ticks = at(time) / 100n + 116_444_736_000_000_000n;
    const events = dirty.events.map((e) =>
      e.eventId === 41 ? unexpected('2018-07-06T05:00:15', { PowerButtonTimestamp: String(ticks) }) : e,
    );
    expect(check({ stop: { powerButtonAtStop: true } }, { events }).value).toBe(expected);
  });
  test('a press without a time is neither at the stop nor elsewhere', () => {
    const events = dirty.events.map((e) =>
      e.eventId === 41 ? unexpected('2018-07-06T05:00:15', { PowerButtonTimestamp: '0', LongPowerButtonPressDetected: 'true' }) : e,
    );
    expect(check({ stop: { powerButton: true } }, { events }).value).toBe('true');
    expect(check({ stop: { powerButtonAtStop: false } }, { events }).value).toBe('unknown');
  });
  test('a request that was not recorded is unknown, not false', () => {
    const result = check({ stop: { 'request.process': 'winlogon.exe' } }, dirty);
    expect(result).toMatchObject({ value: 'unknown', missing: [{ kind: 'record', name: 'User32/1074' }] });
  });
  test.each([
    [{ class: 'dirty', lastShutdownGood: false }, 'true'],
    [{ powerButton: true }, 'true'],
    // Between the last heartbeat and the next boot: only the bounds are known.
    [{ 'notBefore|gte': seconds('03:21:00'), 'notAfter|lte': seconds('05:00:00') }, 'true'],
    [{ 'notAfter|lt': seconds('03:22:00') }, 'false'],
    [{ sleepInProgress: true }, 'false'],
    [{ 'bugcheck.code': '0x50' }, 'false'],
    [{ 'uptimeSeconds|gte': 69_000 }, 'true'],
    [{ 'uptimeSeconds|gte': 70_000 }, 'false'],
    [{ heartbeatGapSeconds: 0 }, 'unknown'],
  ])('%o is %s', (stop, expected) => {
    expect(value(stop as never, dirty)).toBe(expected);
  });
  test('a condition that cannot be evaluated decides nothing', () => {
    expect(value({ 'class|re': '(?=a)b' }, dirty)).toBe('unknown');
  });
});
