import { describe, expect, it } from 'vitest';
import { at, boot, daily, event, logonScreenButton, orderlyEnd, timelineOf } from './test-events.ts';

const start = (time: string, what: string): ReturnType<typeof event> => event(time, what);
const STOP = [logonScreenButton('06:04:29'), ...orderlyEnd('06:04:33')];

describe('boot sessions', () => {
  it('run from one Kernel-General 12 to the next, with build and stop', () => {
    const { sessions, stops } = timelineOf([...boot('00:00:00'), ...STOP, ...boot('07:00:00'), daily('12:00:00')]);
    expect(sessions).toHaveLength(2);
    expect(sessions[0]).toMatchObject({ host: 'RDS01', boot: at('00:00:00'), build: '10.0.14393' });
    expect(sessions[0]?.stop).toBe(stops[0]);
    expect(sessions[1]?.stop).toBeUndefined();
  });

  it.each([
    ['EventLog/6005'],
    ['EventLog/6009'],
    ['Microsoft-Windows-Security-Auditing/4608'],
    ['Microsoft-Windows-Kernel-Boot/20'],
    ['Microsoft-Windows-Kernel-Power/41'],
  ])('begin with %s where 12 is missing', (what) => {
    const { sessions } = timelineOf([daily('00:00:00'), ...STOP, start('07:00:00', what)]);
    expect(sessions.map((s) => s.boot)).toEqual([undefined, at('07:00:00')]);
  });

  it('take all records of a slow boot together', () => {
    const slow = [
      start('07:00:00', 'Microsoft-Windows-Kernel-General/12'),
      start('07:04:04', 'EventLog/6009'),
      start('07:04:04', 'EventLog/6005'),
    ];
    expect(timelineOf([...boot('00:00:00'), ...STOP, ...slow]).sessions).toHaveLength(2);
  });

  it('tell two boots within minutes apart', () => {
    const { sessions } = timelineOf([
      ...boot('00:00:00'),
      ...orderlyEnd('00:02:00', '5'),
      ...boot('00:02:30'),
      ...orderlyEnd('00:04:00', '5'),
      ...boot('00:04:30'),
    ]);
    expect(sessions).toHaveLength(3);
  });

  it('tell two boots apart that share no kind of record, by the end between them', () => {
    const { sessions } = timelineOf([
      start('00:00:00', 'EventLog/6009'),
      ...orderlyEnd('00:02:00', '5'),
      start('00:03:00', 'EventLog/6005'),
    ]);
    expect(sessions.map((s) => s.boot)).toEqual([at('00:00:00'), at('00:03:00')]);
  });

  it('tell two unexpected boots within minutes apart', () => {
    expect(timelineOf([...boot('00:00:00'), ...boot('00:05:00', false), ...boot('00:10:00', false)]).sessions).toHaveLength(3);
  });

  it('begin with a 6005 whose 12 was lost when the records of a stop lie before it', () => {
    const { sessions } = timelineOf([...boot('00:00:00'), ...STOP, start('06:05:00', 'EventLog/6009'), start('06:05:00', 'EventLog/6005')]);
    expect(sessions).toHaveLength(2);
  });
});
