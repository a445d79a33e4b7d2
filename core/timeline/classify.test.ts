import { describe, expect, it } from 'vitest';
import type { Stop } from '../model/timeline.ts';
import {
  ALICE_SID,
  at,
  boot,
  coverageFor,
  daily,
  event,
  heartbeat6008,
  logonScreenButton,
  orderlyEnd,
  request,
  SYSTEM_SID,
  timelineOf,
  unexpected,
} from './test-events.ts';

const SHUTDOWN_EXE = 'C:\\Windows\\system32\\shutdown.exe (RDS01)';
const ids = (stop: Stop | undefined): number[] => (stop?.records ?? []).map((e) => e.eventId);

describe('class of a stop', () => {
  it('is requested-clean for 1074, 6006 and Kernel-General 13', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('06:04:29'),
      ...orderlyEnd('06:04:33'),
      ...boot('07:00:00', true),
    ]);
    expect(stops).toHaveLength(1);
    expect(stops[0]).toMatchObject({
      id: 'RDS01#1',
      class: 'requested-clean',
      time: at('06:04:29'),
      end: at('06:04:35'),
      boot: at('07:00:00'),
      lastShutdownGood: true,
    });
    expect(ids(stops[0])).toEqual([1074, 6006, 109, 13, 12, 20]);
  });

  it('is requested-clean without Kernel-General 13 when 6006 was written', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('06:04:29'),
      event('06:04:33', 'EventLog/6006'),
      ...boot('07:00:00'),
    ]);
    expect(stops[0]).toMatchObject({ class: 'requested-clean', end: at('06:04:33') });
  });

  it('is requested-clean for the last records of a log, with no boot after them', () => {
    const { stops } = timelineOf([...boot('00:00:00'), logonScreenButton('06:04:29'), ...orderlyEnd('06:04:33')]);
    expect(stops).toHaveLength(1);
    expect(stops[0]?.class).toBe('requested-clean');
    expect(stops[0]?.boot).toBeUndefined();
  });

  it('takes 1100 of the Security log as the end of the log service', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('06:04:29'),
      event('06:04:33', 'Microsoft-Windows-Eventlog/1100', { channel: 'Security' }),
      ...boot('07:00:00'),
    ]);
    expect(stops[0]?.class).toBe('requested-clean');
  });

  it('is clean-not-requested when the System log was recording and holds no 1074', () => {
    const { stops } = timelineOf([...boot('00:00:00'), ...orderlyEnd('06:04:33'), ...boot('07:00:00')]);
    expect(stops[0]).toMatchObject({ class: 'clean-not-requested', time: at('06:04:35') });
    expect(stops[0]?.request).toBeUndefined();
  });

  it('is log-gap, not clean-not-requested, when only the flushed records of the end are in the log', () => {
    const { stops } = timelineOf([...orderlyEnd('06:04:33').slice(1), ...boot('07:00:00')]);
    expect(stops[0]?.class).toBe('log-gap');
  });

  it('is log-gap when records are missing just before a clean end', () => {
    const events = [...boot('00:00:00'), ...orderlyEnd('06:04:33'), ...boot('07:00:00')];
    const coverage = coverageFor(events).map((c) => ({ ...c, gaps: [{ from: at('06:00:00'), to: at('06:04:30'), missingRecords: 12n }] }));
    expect(timelineOf(events, coverage).stops[0]?.class).toBe('log-gap');
  });

  it('is log-gap when the log was cleared just before a clean end', () => {
    const events = [...boot('00:00:00'), ...orderlyEnd('06:04:33'), ...boot('07:00:00')];
    const coverage = coverageFor(events).map((c) => ({ ...c, clearings: [at('06:04:30')] }));
    expect(timelineOf(events, coverage).stops[0]?.class).toBe('log-gap');
  });

  it('is requested-not-finished for a 1074 with a 41 after it and no clean end', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      request('06:04:29', SHUTDOWN_EXE, '0x800000ff', ALICE_SID),
      ...boot('07:00:00', false),
      unexpected('07:00:14'),
    ]);
    expect(stops[0]).toMatchObject({ class: 'requested-not-finished', time: at('06:04:29'), lastShutdownGood: false });
    expect(ids(stops[0])).toEqual([1074, 12, 20, 41]);
  });

  it('is requested-not-finished when 6006 was written and the power went before the kernel was done', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('06:04:29'),
      event('06:04:33', 'EventLog/6006'),
      ...boot('07:00:00'),
      unexpected('07:00:14'),
    ]);
    expect(stops[0]?.class).toBe('requested-not-finished');
  });

  it('does not explain a 41 by a 1074 hours earlier', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      request('06:04:29', SHUTDOWN_EXE, '0x800000ff', ALICE_SID),
      daily('09:00:00'),
      ...boot('10:00:00', false),
      unexpected('10:00:14'),
    ]);
    expect(stops).toHaveLength(1);
    expect(stops[0]?.class).toBe('dirty');
    expect(stops[0]?.request).toBeUndefined();
  });

  it('does not explain a 41 by the last record 1074 when the heartbeat shows hours of life after it', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      request('06:04:29', SHUTDOWN_EXE, '0x800000ff', ALICE_SID),
      ...boot('10:00:00', false),
      unexpected('10:00:14'),
      heartbeat6008('10:00:52', '09:50:00'),
    ]);
    expect(stops[0]).toMatchObject({ class: 'dirty', time: at('09:50:00') });
  });

  it('does not explain a 41 by the last record 1074 when other records of the System log show life after it', () => {
    const events = [
      ...boot('00:00:00'),
      request('06:04:29', SHUTDOWN_EXE, '0x800000ff', ALICE_SID),
      ...boot('10:00:00', false),
      unexpected('10:00:14'),
    ];
    const activity = [
      { from: at('00:00:00'), to: at('08:30:00') },
      { from: at('10:00:00'), to: at('10:00:14') },
    ];
    const { stops } = timelineOf(
      events,
      coverageFor(events).map((c) => ({ ...c, activity })),
    );
    expect(stops[0]).toMatchObject({ class: 'dirty', earliest: at('08:30:00') });
  });

  it('does not count a request that was aborted (1075)', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      request('06:04:29', SHUTDOWN_EXE, '0x800000ff', ALICE_SID),
      event('06:05:00', 'User32/1075'),
      ...boot('07:00:00', false),
      unexpected('07:00:14'),
    ]);
    expect(stops[0]?.class).toBe('dirty');
  });

  it('finds no stop when an aborted request is followed by life as usual', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      request('06:04:29', SHUTDOWN_EXE, '0x800000ff', ALICE_SID),
      event('06:05:00', 'User32/1075'),
      daily('12:00:00'),
    ]);
    expect(stops).toEqual([]);
  });

  it('finds no stop when a request was never carried out', () => {
    const { stops } = timelineOf([...boot('00:00:00'), request('06:04:29', SHUTDOWN_EXE, '0x800000ff', ALICE_SID), daily('12:00:00')]);
    expect(stops).toEqual([]);
  });

  it('accepts a countdown of up to an hour before a clean end, and no more', () => {
    const early = [...boot('00:00:00'), request('06:00:00', SHUTDOWN_EXE, '0x800000ff', ALICE_SID)];
    expect(timelineOf([...early, ...orderlyEnd('06:59:00', '5'), ...boot('07:00:00')]).stops[0]?.class).toBe('requested-clean');
    expect(timelineOf([...early, ...orderlyEnd('07:01:00', '5'), ...boot('07:02:00')]).stops[0]?.class).toBe('clean-not-requested');
  });

  it('names the first of two requests of one shutdown and the later of two far apart', () => {
    const first = request('06:00:00', SHUTDOWN_EXE, '0x800000ff', ALICE_SID);
    const near = timelineOf([...boot('00:00:00'), first, logonScreenButton('06:00:10'), ...orderlyEnd('06:00:15'), ...boot('07:00:00')]);
    expect(near.stops[0]?.request?.process).toBe('shutdown.exe');
    const far = timelineOf([...boot('00:00:00'), first, logonScreenButton('06:05:00'), ...orderlyEnd('06:05:05'), ...boot('07:00:00')]);
    expect(far.stops[0]?.request?.process).toBe('winlogon.exe');
  });

  it('is dirty for 41 without a code, with the true moment between heartbeat and heartbeat plus interval', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      ...boot('07:00:00', false),
      unexpected('07:00:14'),
      heartbeat6008('07:00:52', '06:40:00', 60),
    ]);
    expect(stops[0]).toMatchObject({
      class: 'dirty',
      action: 'unknown',
      time: at('06:40:00'),
      earliest: at('06:40:00'),
      latest: at('06:41:00'),
      powerButton: false,
    });
    expect(stops[0]?.heartbeat).toMatchObject({ maxIntervalSeconds: 60, uptimeSeconds: 934 });
    expect(ids(stops[0])).toEqual([12, 20, 41, 6008]);
  });

  it('moves the earliest moment up to a record after the heartbeat', () => {
    const { stops } = timelineOf([...boot('00:00:00'), daily('06:40:20'), ...boot('07:00:00'), heartbeat6008('07:00:52', '06:40:00', 60)]);
    expect(stops[0]).toMatchObject({ time: at('06:40:00'), earliest: at('06:40:20'), latest: at('06:41:00') });
  });

  it('bounds the latest moment by the boot when the heartbeat interval is long', () => {
    const { stops } = timelineOf([...boot('00:00:00'), ...boot('07:00:00'), heartbeat6008('07:00:52', '06:50:00', 2400)]);
    expect(stops[0]).toMatchObject({ earliest: at('06:50:00'), latest: at('07:00:00') });
  });

  it('is dirty for Kernel-Boot 20 alone saying that the last shutdown was not good', () => {
    const { stops } = timelineOf([...boot('00:00:00'), daily('06:00:00'), ...boot('07:00:00', false)]);
    expect(stops[0]).toMatchObject({ class: 'dirty', lastShutdownGood: false, earliest: at('06:00:00'), latest: at('07:00:00') });
  });

  it('is dirty for the structured twin of 6008 (Eventlog 108)', () => {
    const { stops } = timelineOf([...boot('00:00:00'), ...boot('07:00:00'), event('07:00:50', 'Microsoft-Windows-Eventlog/108')]);
    expect(stops[0]?.class).toBe('dirty');
  });

  it('is bugcheck for 41 with a code, read as decimal', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      ...boot('07:00:00', false),
      unexpected('07:00:14', { BugcheckCode: '209', BugcheckParameter1: '0x10' }),
    ]);
    expect(stops[0]).toMatchObject({ class: 'bugcheck', bugcheck: { code: '0xd1', parameters: ['0x10'] } });
  });

  it('is bugcheck for WER 1001 when 41 carries no code', () => {
    const report = event('07:01:00', 'Microsoft-Windows-WER-SystemErrorReporting/1001', {
      fields: { param1: '0x0000007e (0x1, 0x2, 0x3, 0x4)' },
    });
    const { stops } = timelineOf([...boot('00:00:00'), ...boot('07:00:00', false), unexpected('07:00:14'), report]);
    expect(stops[0]).toMatchObject({ class: 'bugcheck', bugcheck: { code: '0x7e', parameters: ['0x1', '0x2', '0x3', '0x4'] } });
  });

  it('is bugcheck without a code when a dump was written (volmgr 162)', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      ...boot('07:00:00', false),
      event('07:00:01', 'volmgr/162'),
      unexpected('07:00:14'),
    ]);
    expect(stops[0]?.class).toBe('bugcheck');
    expect(stops[0]?.bugcheck).toBeUndefined();
  });

  it('stays dirty when writing a dump failed (volmgr 161), and shows the record', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      ...boot('07:00:00', false),
      event('07:00:01', 'volmgr/161'),
      unexpected('07:00:14'),
    ]);
    expect(stops[0]?.class).toBe('dirty');
    expect(ids(stops[0])).toContain(161);
  });

  it('keeps a clean requested stop clean although an old crash is reported after the boot', () => {
    const report = event('07:01:00', 'Microsoft-Windows-WER-SystemErrorReporting/1001', { fields: { param1: '0x0000007e (0x1)' } });
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('06:04:29'),
      ...orderlyEnd('06:04:33'),
      ...boot('07:00:00', true),
      report,
    ]);
    expect(stops[0]?.class).toBe('requested-clean');
  });

  it('is bugcheck with the request when the crash came during the shutdown', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('06:04:29'),
      ...boot('07:00:00', false),
      unexpected('07:00:14', { BugcheckCode: '159' }),
    ]);
    expect(stops[0]).toMatchObject({ class: 'bugcheck', bugcheck: { code: '0x9f' } });
    expect(stops[0]?.request?.process).toBe('winlogon.exe');
  });

  it('is log-gap for a boot with nothing recorded about the end before it', () => {
    const { stops } = timelineOf([...boot('00:00:00'), daily('03:00:00'), ...boot('07:00:00', true)]);
    expect(stops[0]).toMatchObject({
      class: 'log-gap',
      action: 'unknown',
      earliest: at('03:00:00'),
      latest: at('07:00:00'),
      lastShutdownGood: true,
    });
  });

  it('is no stop for the first boot of a log', () => {
    expect(timelineOf([...boot('07:00:00', true), daily('12:00:00')]).stops).toEqual([]);
  });

  it('is a stop for the first boot of a log when 41 or 6008 says so', () => {
    expect(timelineOf([...boot('07:00:00', false), unexpected('07:00:14')]).stops[0]).toMatchObject({
      class: 'dirty',
      earliest: at('07:00:00'),
      latest: at('07:00:00'),
    });
    expect(timelineOf([...boot('07:00:00'), heartbeat6008('07:00:52', '06:40:00')]).stops[0]).toMatchObject({
      class: 'dirty',
      time: at('06:40:00'),
    });
  });

  it('is log-gap with its request when the log breaks off right after the 1074', () => {
    const { stops } = timelineOf([...boot('00:00:00'), logonScreenButton('06:04:29')]);
    expect(stops[0]).toMatchObject({ class: 'log-gap', time: at('06:04:29') });
    expect(stops[0]?.request?.reason?.code).toBe('0x500ff');
  });

  it('does not take a restart of the event log service for a stop', () => {
    const { stops, sessions } = timelineOf([
      ...boot('00:00:00'),
      event('05:00:00', 'EventLog/6006'),
      event('05:00:02', 'EventLog/6009'),
      event('05:00:02', 'EventLog/6005'),
      daily('12:00:00'),
    ]);
    expect(stops).toEqual([]);
    expect(sessions).toHaveLength(1);
  });

  it('does not take a 6006 after which life went on for the end of the session', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('05:00:00'),
      event('05:00:04', 'EventLog/6006'),
      daily('09:00:00'),
      ...boot('10:00:00'),
    ]);
    expect(stops[0]).toMatchObject({ class: 'log-gap', end: at('09:00:00') });
    expect(stops[0]?.request).toBeUndefined();
  });

  it('finds no stop when the log went on after its last event of interest, a request', () => {
    const events = [...boot('00:00:00'), logonScreenButton('06:04:29')];
    const until = (last: string): number =>
      timelineOf(
        events,
        coverageFor(events).map((c) => ({ ...c, last: at(last) })),
      ).stops.length;
    expect(until('06:14:29')).toBe(1);
    expect(until('06:14:30')).toBe(0);
  });

  it('decides one by one for each of several stops of a host', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('01:00:00'),
      ...orderlyEnd('01:00:04'),
      ...boot('02:00:00'),
      ...boot('03:00:00', false),
      unexpected('03:00:14'),
      ...orderlyEnd('04:00:00', '5'),
      ...boot('04:00:20'),
    ]);
    expect(stops.map((s) => [s.id, s.class])).toEqual([
      ['RDS01#1', 'requested-clean'],
      ['RDS01#2', 'dirty'],
      ['RDS01#3', 'clean-not-requested'],
    ]);
  });
});

describe('order of records', () => {
  it('does not depend on 109 and 13 reaching the log only after the next boot', () => {
    const [six, ...flushed] = orderlyEnd('06:04:33', '6');
    const late = flushed.map((e, i) => ({ ...e, recordId: String(900_000 + i) }));
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('06:04:29'),
      six as (typeof flushed)[number],
      ...boot('07:00:00'),
      ...late,
    ]);
    expect(stops[0]).toMatchObject({ class: 'requested-clean', action: 'power-off', end: at('06:04:35') });
  });

  it('takes whole-second records of one second by record id', () => {
    const { events } = timelineOf([
      event('06:00:00', 'EventLog/6006', { recordId: 12 }),
      event('06:00:00', 'User32/1074', { recordId: 11 }),
    ]);
    expect(events.map((e) => [e.id, e.eventId])).toEqual([
      ['E1', 1074],
      ['E2', 6006],
    ]);
  });

  it('accepts 109 before 6006, as 2008 R2 writes it on power off', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      request('06:04:03', 'Explorer.EXE', '0x84010001', ALICE_SID),
      event('06:04:25', 'Microsoft-Windows-Kernel-Power/109', { fields: { ShutdownActionType: '6' } }),
      event('06:04:37', 'EventLog/6006'),
      ...boot('06:19:00'),
    ]);
    expect(stops[0]).toMatchObject({ class: 'requested-clean', action: 'power-off' });
  });
});

describe('action of a stop', () => {
  const stopWith = (type: '4' | '5' | '6', bootAt: string): Stop | undefined =>
    timelineOf([...boot('00:00:00'), logonScreenButton('06:04:29'), ...orderlyEnd('06:04:33', type), ...boot(bootAt)]).stops[0];
  it('is told by the type of 109: 5 restart, 6 and 4 power off', () => {
    expect(stopWith('5', '09:00:00')?.action).toBe('restart');
    expect(stopWith('6', '06:04:50')?.action).toBe('power-off');
    expect(stopWith('4', '06:04:50')?.action).toBe('power-off');
  });

  const withoutType = (bootAt: string): Stop | undefined =>
    timelineOf([
      ...boot('00:00:00'),
      logonScreenButton('06:04:29'),
      event('06:04:35', 'Microsoft-Windows-Kernel-General/13'),
      ...boot(bootAt),
    ]).stops[0];
  it('is a restart without 109 when the boot came within 45 s of 13', () => {
    expect(withoutType('06:05:20')?.action).toBe('restart');
  });
  it('is unknown without 109 when the boot came later', () => {
    expect(withoutType('06:05:21')?.action).toBe('unknown');
  });

  it('never comes from the localised type of a log record', () => {
    const record = logonScreenButton('06:04:29', { fields: { param5: 'power off' } });
    expect(timelineOf([...boot('00:00:00'), record, event('06:04:33', 'EventLog/6006'), ...boot('07:00:00')]).stops[0]?.action).toBe(
      'unknown',
    );
  });
  it.each([
    ['電源を切る', 'power-off'],
    ['再起動', 'restart'],
    ['restart', 'restart'],
    ['neu starten', 'unknown'],
  ])('comes from the word "%s" in pasted text: %s', (word, action) => {
    expect(timelineOf([logonScreenButton('06:04:29', { trust: 'text', fields: { param5: word } })]).stops[0]?.action).toBe(action);
  });
});

describe('pasted text', () => {
  it('makes a stop of every request, of which only the request is known', () => {
    const pasted = ['2018-06-28T17:40:00', '2018-06-29T17:27:00', '2018-07-04T17:05:00'].map((t) =>
      logonScreenButton(t, { trust: 'text' }),
    );
    expect(timelineOf(pasted).stops.map((s) => s.class)).toEqual(['log-gap', 'log-gap', 'log-gap']);
  });
  it('takes a pasted 6006 after the request as its end', () => {
    const text = { trust: 'text' } as const;
    const pasted = [logonScreenButton('06:04:29', text), event('06:04:33', 'EventLog/6006', text), logonScreenButton('08:00:00', text)];
    expect(timelineOf(pasted).stops.map((s) => s.class)).toEqual(['requested-clean', 'log-gap']);
  });
  it('never says that a clean end was not requested', () => {
    const text = { trust: 'text' } as const;
    const { stops } = timelineOf([
      ...boot('00:00:00', undefined, text),
      ...orderlyEnd('06:04:33', '6', text),
      ...boot('07:00:00', undefined, text),
    ]);
    expect(stops[0]?.class).toBe('log-gap');
  });
});

describe('Kernel-Power 41 in all its versions', () => {
  const dirty = (fields: Record<string, string>): Stop | undefined =>
    timelineOf([...boot('00:00:00'), ...boot('07:00:00', false), unexpected('07:00:14', fields)]).stops[0];
  it('sees the power button in PowerButtonTimestamp', () => {
    expect(dirty({ PowerButtonTimestamp: '130849833260468750' })).toMatchObject({ class: 'dirty', powerButton: true });
  });
  it('sees the power button in LongPowerButtonPressDetected of newer versions', () => {
    expect(dirty({ LongPowerButtonPressDetected: 'true' })?.powerButton).toBe(true);
    expect(dirty({ LongPowerButtonPressDetected: 'false' })?.powerButton).toBe(false);
  });
  it('reads SleepInProgress as a boolean and as a number', () => {
    expect(dirty({ SleepInProgress: 'true' })?.sleepInProgress).toBe(true);
    expect(dirty({ SleepInProgress: '4' })?.sleepInProgress).toBe(true);
    expect(dirty({ SleepInProgress: '0' })?.sleepInProgress).toBe(false);
  });
});

describe('sleep and Fast Startup', () => {
  const startMenu = request('18:44:03', 'C:\\Windows\\SystemApps\\ShellExperienceHost.exe (RDS01)', '0x0', ALICE_SID);
  it('is a sleep, not a power off, when 187 and 42 follow the 1074', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      startMenu,
      event('18:44:04', 'Microsoft-Windows-Kernel-Power/187'),
      event('18:44:05', 'Microsoft-Windows-Kernel-Power/42'),
      event('20:00:00', 'Microsoft-Windows-Kernel-Power/107'),
      daily('20:30:00'),
    ]);
    expect(stops).toHaveLength(1);
    expect(stops[0]).toMatchObject({ class: 'sleep', action: 'sleep', time: at('18:44:03'), end: at('18:44:05') });
    expect(ids(stops[0])).toEqual([1074, 187, 42, 107]);
  });

  it.each(['1', '2'])('takes Kernel-Boot 27 of type %s after it for the way back, not for a boot', (BootType) => {
    const { stops, sessions } = timelineOf([
      ...boot('00:00:00'),
      startMenu,
      event('18:44:05', 'Microsoft-Windows-Kernel-Power/42'),
      event('21:00:00', 'Microsoft-Windows-Kernel-Boot/27', { fields: { BootType } }),
      daily('21:30:00'),
    ]);
    expect(stops.map((s) => s.class)).toEqual(['sleep']);
    expect(stops[0]?.boot).toBe(at('21:00:00'));
    expect(sessions).toHaveLength(1);
  });

  it('does not explain a later clean end by a request that ended in sleep', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      startMenu,
      event('18:44:05', 'Microsoft-Windows-Kernel-Power/42'),
      ...orderlyEnd('19:10:00'),
      ...boot('20:00:00'),
    ]);
    expect(stops.map((s) => s.class)).toEqual(['sleep', 'clean-not-requested']);
  });
});

describe('hostile records', () => {
  it('survives fields of the wrong kind and absent fields', () => {
    const { stops } = timelineOf([
      ...boot('00:00:00'),
      request('06:00:00', '((((', '0xzz', SYSTEM_SID, { fields: { param1: '' } }),
      ...orderlyEnd('06:00:05').map((e) => ({ ...e, fields: new Map([['ShutdownActionType', 'x']]) })),
      ...boot('07:00:00'),
      unexpected('07:00:14', { BugcheckCode: '-', PowerButtonTimestamp: '99999999999999999999999', SleepInProgress: 'maybe' }),
      event('07:00:20', 'EventLog/6008', { fields: { Binary: 'zz' } }),
    ]);
    expect(stops[0]).toMatchObject({ class: 'requested-not-finished' });
    expect(stops[0]?.request?.reason).toBeUndefined();
    expect(stops[0]?.heartbeat).toBeUndefined();
  });
});
