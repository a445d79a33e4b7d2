import { describe, expect, it } from 'vitest';
import type { Stop } from '../model/timeline.ts';
import { ALICE_SID, at, boot, coverageFor, daily, event, logonScreenButton, orderlyEnd, session, timelineOf } from './test-events.ts';

type Made = ReturnType<typeof event>;
/** A session log that reaches back before the boot and on after the stop. */
const frame = [session('2018-07-05T20:00:00', 21, '9'), session('2018-07-05T21:00:00', 23, '9')];
const later = session('2018-07-06T08:00:00', 21, '1');
const stopWith = (...between: Made[]): Stop | undefined =>
  timelineOf([
    daily('2018-07-05T12:00:00'),
    ...frame,
    ...boot('00:00:00'),
    ...between,
    logonScreenButton('06:04:29'),
    ...orderlyEnd('06:04:33'),
    ...boot('07:00:00'),
    later,
  ]).stops.at(-1);

describe('user sessions at the request', () => {
  it('are none when the session log covers the time and holds none', () => {
    expect(stopWith()).toMatchObject({ sessions: 0, sessionUsers: [], disconnectedSessions: 0 });
  });
  it('are counted by logon (21) and ended by logoff (23)', () => {
    expect(stopWith(session('01:00:00', 21, '2'), session('02:00:00', 21, '3', 'RDS01\\bob'), session('03:00:00', 23, '2'))).toMatchObject({
      sessions: 1,
      sessionUsers: ['RDS01\\bob'],
    });
  });
  it('stay ended when the connection closes after the logoff (24)', () => {
    expect(stopWith(session('01:00:00', 21, '2'), session('03:00:00', 23, '2'), session('03:00:01', 24, '2'))).toMatchObject({
      sessions: 0,
    });
  });
  it('are counted when disconnected (24), and said to be so', () => {
    expect(stopWith(session('01:00:00', 21, '2'), session('03:00:00', 24, '2'))).toMatchObject({ sessions: 1, disconnectedSessions: 1 });
  });
  it('are connected again after a reconnect (25)', () => {
    expect(stopWith(session('01:00:00', 21, '2'), session('03:00:00', 24, '2'), session('04:00:00', 25, '2'))).toMatchObject({
      sessions: 1,
      disconnectedSessions: 0,
    });
  });
  it('do not reach over a boot', () => {
    const events = [
      daily('2018-07-05T12:00:00'),
      ...frame,
      session('2018-07-05T22:00:00', 21, '5'),
      ...boot('00:00:00'),
      logonScreenButton('06:04:29'),
      ...orderlyEnd('06:04:33'),
      ...boot('07:00:00'),
      later,
    ];
    expect(timelineOf(events).stops.at(-1)?.sessions).toBe(0);
  });
  it('count a session that the shutdown itself ended within the same second', () => {
    expect(stopWith(session('01:00:00', 21, '2'), session('06:04:28', 23, '2'))?.sessions).toBe(1);
    expect(stopWith(session('01:00:00', 21, '2'), session('06:04:26', 23, '2'))?.sessions).toBe(0);
  });
});

describe('witnesses of user sessions', () => {
  const stop = [logonScreenButton('06:04:29'), ...orderlyEnd('06:04:33'), ...boot('07:00:00')];
  const winlogon = (time: string, id: 7001 | 7002): Made =>
    event(time, `Microsoft-Windows-Winlogon/${id}`, { fields: { TSId: '2', UserSid: ALICE_SID } });
  const logon = (time: string, id: 4624 | 4634, fields: Record<string, string> = {}): Made =>
    event(time, `Microsoft-Windows-Security-Auditing/${id}`, {
      fields: { TargetLogonId: '0xabc', TargetUserSid: ALICE_SID, TargetUserName: 'alice', LogonType: '10', ...fields },
    });
  const count = (...events: Made[]): number | undefined => timelineOf(events).stops.at(-1)?.sessions;

  it('are Winlogon 7001 and 7002 where there is no session log', () => {
    expect(count(daily('2018-07-05T12:00:00'), ...boot('00:00:00'), winlogon('01:00:00', 7001), ...stop)).toBe(1);
    expect(count(daily('2018-07-05T12:00:00'), ...boot('00:00:00'), winlogon('01:00:00', 7001), winlogon('02:00:00', 7002), ...stop)).toBe(
      0,
    );
  });
  it('are 4624 of an interactive type and 4634 where System has a hole', () => {
    const events = [
      daily('2018-07-05T12:00:00'),
      logon('2018-07-05T12:00:00', 4634, { TargetLogonId: '0x1' }),
      ...boot('00:00:00'),
      logon('01:00:00', 4624),
      logon('01:10:00', 4624, { TargetLogonId: '0xdef', LogonType: '2', TargetUserSid: 'S-1-5-90-0-2' }),
      logon('01:00:00', 4624, { TargetLogonId: '0xabd', TargetLinkedLogonId: '0xABC' }),
      ...stop,
      logon('08:00:00', 4634, { TargetLogonId: '0x2' }),
    ];
    const coverage = coverageFor(events).map((c) =>
      c.channel === 'System' ? { ...c, gaps: [{ from: at('02:00:00'), to: at('03:00:00'), missingRecords: 5n }] } : c,
    );
    expect(timelineOf(events, coverage).stops.at(-1)).toMatchObject({ sessions: 1, sessionUsers: ['alice'] });
  });
  it('are nothing when the only log has a hole: unknown, not none', () => {
    const events = [daily('2018-07-05T12:00:00'), ...boot('00:00:00'), ...stop];
    const coverage = coverageFor(events).map((c) => ({ ...c, gaps: [{ from: at('02:00:00'), to: at('03:00:00'), missingRecords: 5n }] }));
    expect(timelineOf(events, coverage).stops.at(-1)?.sessions).toBeUndefined();
  });
  it('are nothing when the boot of the session is not in the log', () => {
    expect(count(daily('2018-07-05T12:00:00'), ...stop)).toBeUndefined();
  });
  it('are nothing when the log began after the boot', () => {
    const events = [...boot('00:00:00'), ...stop];
    const coverage = coverageFor(events).map((c) => ({ ...c, first: at('05:00:00') }));
    expect(timelineOf(events, coverage).stops.at(-1)?.sessions).toBeUndefined();
  });
});
