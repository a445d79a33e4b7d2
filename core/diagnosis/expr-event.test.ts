import type { Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import { at, boot, daily, event, orderlyEnd, request, SYSTEM_SID } from '../timeline/test-events.ts';
import { check, eventKnowledge, everything, failure, listener, powerOff } from './test-case.ts';

const installs = (within: object | undefined): Expr =>
  ({ event: { provider: 'service control manager', id: 7045 }, ...(within && { within }) }) as Expr;
const installed = (time: string) => event(time, 'Service Control Manager/7045', { fields: { ServiceName: 'agent' } });
const noListener: Expr = {
  absent: { provider: 'Microsoft-Windows-TerminalServices-RemoteConnectionManager', id: 261 },
  within: { before: '30m' },
};
const rcm = 'Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational';

describe('an event in a window', () => {
  test('is true with the records it rests on, both ends of the window included', () => {
    for (const time of ['05:54:29', '06:04:29']) {
      const result = check(installs({ before: '10m' }), { events: [installed(time), ...powerOff('06:04:29')] });
      expect(result.value).toBe('true');
      expect(result.evidence.map((o) => (o.type === 'event' ? o.eventId : 0))).toEqual([7045]);
      expect(result.because.en).toContain('Service Control Manager 7045');
    }
  });
  test('is false outside the window where the log is whole', () => {
    const result = check(installs({ before: '10m' }), { events: [installed('05:54:28'), ...powerOff('06:04:29')] });
    expect(result.value).toBe('false');
    expect(result.because.en).toContain('System is whole');
  });
  test('matches provider without case and fields by value', () => {
    const expr: Expr = {
      event: { provider: 'USER32', id: [1073, 1074], where: { param4: 0x500ff, 'param1|contains': 'WINLOGON' } },
      within: { before: '1s' },
    };
    expect(check(expr, { events: powerOff('06:04:29') }).value).toBe('true');
  });
  test('counts in a range; an upper bound needs a whole log', () => {
    const events = [installed('06:00:00'), installed('06:01:00'), ...powerOff('06:04:29')];
    const count = (range: object, situation = {}): string =>
      check({ ...installs({ before: '10m' }), count: range } as Expr, { events, ...situation }).value;
    expect(count({ gte: 2 })).toBe('true');
    expect(count({ gte: 3 })).toBe('false');
    expect(count({ lte: 2 })).toBe('true');
    expect(count({ lte: 1 })).toBe('false');
    const hole = everything({ System: { gaps: [{ from: at('06:02:00'), to: at('06:03:00'), missingRecords: 3n }] } });
    expect(count({ gte: 2 }, { coverage: hole })).toBe('true');
    expect(count({ gte: 3 }, { coverage: hole })).toBe('unknown');
    expect(count({ lte: 2 }, { coverage: hole })).toBe('unknown');
    expect(count({ lte: 1 }, { coverage: hole })).toBe('false');
  });
});

describe('absence', () => {
  test('is true where the channel is whole, and says what was looked at', () => {
    const result = check(noListener, { events: [listener('05:34:28'), ...powerOff('06:04:29')] });
    expect(result.value).toBe('true');
    expect(result.because.en).toMatch(/no record .*261.*whole/);
  });
  test('is false with a record in the window', () => {
    expect(check(noListener, { events: [listener('05:34:29'), ...powerOff('06:04:29')] }).value).toBe('false');
  });
  test.each([
    ['the channel was not given', everything({ [rcm]: undefined })],
    ['it starts too late', everything({ [rcm]: { first: at('05:34:30') } })],
    ['it ends too early', everything({ [rcm]: { last: at('06:04:28') } })],
    ['records are missing', everything({ [rcm]: { gaps: [{ from: at('05:00:00'), to: at('05:40:00'), missingRecords: 1n }] } })],
    ['it was cleared', everything({ [rcm]: { clearings: [at('06:00:00')] } })],
    ['not everything was kept', everything({ [rcm]: { truncatedFrom: at('06:00:00') } })],
    ['only text was pasted', everything({ [rcm]: { partial: true } })],
  ])('is unknown when %s, and the channel is named as missing', (_why, coverage) => {
    const result = check(noListener, { events: [listener('2018-06-20T00:00:00'), ...powerOff('06:04:29')], coverage });
    expect(result.value).toBe('unknown');
    expect(result.missing).toMatchObject([{ kind: 'channel', name: rcm }]);
  });
  test('is unknown when the clock was stepped in the window', () => {
    const step = event('06:00:00', 'Microsoft-Windows-Kernel-General/1', {
      fields: { OldTime: '2018-07-06T05:50:00Z', NewTime: '2018-07-06T06:00:00Z', Reason: '1' },
    });
    expect(check(noListener, { events: [listener('2018-06-20T00:00:00'), step, ...powerOff('06:04:29')] }).value).toBe('unknown');
  });
  test('of audit records means something only if one of the kind was ever written', () => {
    const expr: Expr = {
      absent: { provider: 'Microsoft-Windows-Security-Auditing', id: 4625, channel: 'Security' },
      within: { before: '10m' },
    };
    expect(check(expr, { events: powerOff('06:04:29') })).toMatchObject({
      value: 'unknown',
      missing: [{ kind: 'record', name: 'Security/4625' }],
    });
    expect(check(expr, { events: [failure('2018-06-20T00:00:00'), ...powerOff('06:04:29')] }).value).toBe('true');
  });
  test('learns the channel of a provider from the knowledge base', () => {
    const expr: Expr = { absent: { provider: 'disk', id: 153 }, within: { before: '10m' } };
    expect(check(expr, { events: powerOff('06:04:29') }).value).toBe('unknown');
    expect(check(expr, { events: powerOff('06:04:29'), knowledge: { events: [eventKnowledge('disk', 153, 'System')] } }).value).toBe(
      'true',
    );
    expect(check(expr, { events: powerOff('06:04:29'), knowledge: { events: [eventKnowledge('disk', 7, 'System')] } }).value).toBe('true');
  });
});

describe('windows', () => {
  test('the boot after the stop is an anchor; without one nothing can be said', () => {
    const expr = installs({ anchor: 'boot', after: '1h' });
    expect(check(expr, { events: [...powerOff('06:04:29'), installed('06:20:00')] }).value).toBe('true');
    const off = [daily('05:00:00'), request('06:04:29', 'winlogon.exe', '0x500ff', SYSTEM_SID), ...orderlyEnd('06:04:31')];
    expect(check(expr, { events: off }).value).toBe('unknown');
  });
  test('the session that ended reaches back to its boot', () => {
    const events = [...boot('2018-07-05T10:00:00', true), installed('2018-07-05T10:05:00'), ...powerOff('06:04:29')];
    expect(check(installs({ anchor: 'session' }), { events }).value).toBe('true');
    const earlier = [installed('2018-07-05T09:00:00'), ...events.filter((e) => e.eventId !== 7045)];
    // The first stop is the one before the boot of 07-05, of which the log does not know the end.
    expect(check(installs({ anchor: 'session' }), { events: earlier }, 1).value).toBe('false');
  });
  test('a record across a step of the clock is not placed before the stop', () => {
    const step = event('06:03:00', 'Microsoft-Windows-Kernel-General/1', {
      fields: { OldTime: '2018-07-06T06:33:00Z', NewTime: '2018-07-06T06:03:00Z', Reason: '1' },
    });
    expect(check(installs({ before: '10m' }), { events: [installed('06:00:00'), step, ...powerOff('06:04:29')] }).value).toBe('unknown');
  });
});
