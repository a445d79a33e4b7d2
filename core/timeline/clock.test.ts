import { describe, expect, it } from 'vitest';
import { at, boot, daily, event, heartbeat6008, logonScreenButton, orderlyEnd, timelineOf, unexpected } from './test-events.ts';

/** Kernel-General 1 at the new time. */
const step = (from: string, to: string, more: Record<string, string> = {}): ReturnType<typeof event> =>
  event(to, 'Microsoft-Windows-Kernel-General/1', { fields: { OldTime: iso(from), NewTime: iso(to), ...more } });
const iso = (time: string): string => (time.includes('T') ? `${time}Z` : `2018-07-06T${time}Z`);

describe('clock steps', () => {
  it('are reported from 60 s on, in both directions', () => {
    const steps = timelineOf([
      ...boot('00:00:00'),
      step('06:00:00', '06:01:00'),
      step('07:00:00', '06:59:01'),
      step('08:00:00', '07:58:59'),
    ]).clockSteps;
    expect(steps.map((s) => [s.from, s.to])).toEqual([
      [at('06:00:00'), at('06:01:00')],
      [at('08:00:00'), at('07:58:59')],
    ]);
  });
  it('are not the resume from sleep (Reason 2)', () => {
    expect(timelineOf([step('06:00:00', '09:00:00', { Reason: '2' })]).clockSteps).toEqual([]);
  });
  it('are not the resume from sleep on versions without a reason', () => {
    expect(timelineOf([event('06:00:00', 'Microsoft-Windows-Kernel-Power/42'), step('06:00:01', '09:00:00')]).clockSteps).toEqual([]);
  });
  it('are found in a boot whose StartTime lies whole hours off', () => {
    const start = (StartTime: string): number =>
      timelineOf([event('06:00:04', 'Microsoft-Windows-Kernel-General/12', { fields: { StartTime } })]).clockSteps.length;
    expect(start(iso('05:00:04'))).toBe(1);
    expect(start(iso('06:00:03'))).toBe(0);
    expect(start(iso('05:29:00'))).toBe(0);
  });
  it('are taken from Security 4616 when System has no record of them', () => {
    const audited = event('06:10:00', 'Microsoft-Windows-Security-Auditing/4616', {
      fields: { PreviousTime: iso('06:00:00'), NewTime: iso('06:10:00') },
    });
    expect(timelineOf([audited]).clockSteps).toHaveLength(1);
    expect(timelineOf([step('06:00:00', '06:10:00'), audited]).clockSteps).toHaveLength(1);
  });
});

describe('a hardware clock two hours ahead at boot', () => {
  // As measured on a 2008 R2 domain controller: 12 and 41 on the wrong clock, 6008, 6009, 6005 and all that follows after the step back.
  const made = (): ReturnType<typeof event>[] => [
    ...boot('13:00:00').map((e, i) => ({ ...e, recordId: String(900 + i) })),
    event('15:40:24', 'Microsoft-Windows-Kernel-General/12', { recordId: 1038 }),
    { ...heartbeat6008('13:41:19', '13:34:44'), recordId: '1041' },
    event('13:41:19', 'EventLog/6009', { recordId: 1042 }),
    event('13:41:19', 'EventLog/6005', { recordId: 1043 }),
    { ...unexpected('15:40:40'), recordId: '1046' },
    { ...step('15:41:16', '13:41:18'), recordId: '1056' },
    daily('14:30:00', { recordId: 1100 }),
  ];
  it('is one boot with one dirty stop before it', () => {
    const { stops, sessions } = timelineOf(made());
    expect(stops).toHaveLength(1);
    expect(stops[0]).toMatchObject({ class: 'dirty', earliest: at('13:34:44'), latest: at('13:35:44') });
    expect(sessions).toHaveLength(2);
  });
  it('stays one boot when a record from before the step reaches the log after it', () => {
    const late = made().map((e) => (e.recordId === '1046' ? { ...e, recordId: '1060' } : e));
    expect(timelineOf(late).stops.map((s) => s.class)).toEqual(['dirty']);
  });
  it('puts the boot on the clock of the session that followed', () => {
    expect(timelineOf(made()).stops[0]?.boot).toBe(at('13:40:26'));
  });
  it('leaves the events in the order of their recorded times', () => {
    const times = timelineOf(made()).events.map((e) => e.time);
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
  });
});

describe('a hardware clock nine hours behind at boot', () => {
  it('does not put the boot before the stop that led to it', () => {
    const { stops } = timelineOf([
      ...boot('2018-07-05T09:00:00'),
      logonScreenButton('2018-07-06T10:00:00'),
      ...orderlyEnd('2018-07-06T10:00:04', '5'),
      event('2018-07-06T01:00:30', 'Microsoft-Windows-Kernel-General/12'),
      event('2018-07-06T01:00:40', 'EventLog/6005'),
      step('2018-07-06T01:00:50', '2018-07-06T10:00:50'),
      daily('2018-07-06T12:00:00'),
    ]);
    expect(stops.map((s) => s.class)).toEqual(['requested-clean']);
    expect(stops[0]?.boot).toBe(at('2018-07-06T10:00:30'));
  });
});

describe('a step back in the middle of a session', () => {
  it('does not move what was recorded after it before the boot', () => {
    const { stops } = timelineOf([
      ...boot('05:00:00'),
      daily('09:00:00'),
      step('09:00:10', '04:00:10'),
      logonScreenButton('04:30:00'),
      ...orderlyEnd('04:30:04', '5'),
      ...boot('04:30:20'),
      daily('06:00:00'),
    ]);
    expect(stops.map((s) => [s.class, s.time])).toEqual([['requested-clean', at('04:30:00')]]);
  });
});
