import type { Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import { boot, daily, event, heartbeat6008, unexpected } from '../timeline/test-events.ts';
import { check, fact, powerOff } from './test-case.ts';

const nla: Expr = { fact: 'rdp.nla', is: 'off' };
const june = ['2018-06-20T00:00:00', '2018-07-12T00:00:00'] as const;

describe('a state at the time of the stop', () => {
  const events = powerOff('06:04:29');
  test('holds when its span contains the stop, and is refuted by another value that does', () => {
    expect(check(nla, { events, facts: [fact('rdp.nla', 'OFF', june)] }).value).toBe('true');
    expect(check(nla, { events, facts: [fact('rdp.nla', 'on', june)] }).value).toBe('false');
    expect(check({ fact: 'rdp.port', is: [3390, 3389] }, { events, facts: [fact('rdp.port', '0xd3d', june)] }).value).toBe('true');
  });
  test('is not known when nobody supplied it: then it is named as missing', () => {
    const definition = {
      id: 'rdp.nla',
      kind: 'state',
      title: { en: 'NLA', ja: 'NLA 要求' },
      obtain: { en: 'o', ja: 'o' },
      command: 'read it',
    } as const;
    const result = check(nla, { events, knowledge: { facts: [definition] } });
    expect(result).toMatchObject({
      value: 'unknown',
      missing: [{ kind: 'fact', name: 'rdp.nla', text: { ja: 'NLA 要求' }, command: 'read it' }],
    });
  });
  test.each([
    ['the value of today', undefined, /today's value .*was it changed since\?/, /今日の値です.*その後変更されていませんか/],
    ['a value read before', '2018-07-05T00:00:00', /one time only/, /一時点/],
    ['a value read later', '2018-07-20T00:00:00', /later value .*was it changed since the stop\?/, /停止より後の値.*変更されていませんか/],
    [
      'a span that began later',
      ['2018-07-06T07:00:00', '2018-07-20T00:00:00'] as const,
      /later value .*was it changed since the stop\?/,
      /停止より後の値/,
    ],
    ['a value read in the very minute', '2018-07-06T06:04:29', /one time only/, /一時点/],
    [
      'a span that ended before',
      ['2018-06-01T00:00:00', '2018-07-06T06:04:28'] as const,
      /not known for the time/,
      /停止の時点については不明/,
    ],
  ])('%s neither confirms nor refutes', (_what, time, en, ja) => {
    for (const value of ['off', 'on']) {
      const result = check(nla, { events, facts: [fact('rdp.nla', value, time)] });
      expect(result.value).toBe('unknown');
      expect(result.because.en).toMatch(en);
      expect(result.because.ja).toMatch(ja);
      expect(result.missing).toMatchObject([{ name: 'rdp.nla' }]);
    }
  });
  test('two spans that contradict each other leave it open, and it is said', () => {
    const result = check(nla, {
      events,
      facts: [fact('rdp.nla', 'off', june), fact('rdp.nla', 'on', ['2018-07-01T00:00:00', '2018-07-20T00:00:00'])],
    });
    expect(result.value).toBe('unknown');
    expect(result.because.en).toMatch(/contradicting/);
  });
  test('speaks only of the host it names, by any of its names', () => {
    const of = (host: string): string => check(nla, { events, facts: [fact('rdp.nla', 'off', june, { host })] }).value;
    expect(of('rds01')).toBe('true');
    expect(of('RDS02')).toBe('unknown');
  });
  test('for an unclean stop the span must hold the whole stretch in which it can lie', () => {
    const dirty = [
      ...boot('2018-07-05T08:00:00', true),
      daily('2018-07-06T03:00:00'),
      ...boot('2018-07-06T05:00:00', false),
      unexpected('2018-07-06T05:00:15'),
    ];
    const value = (to: string): string => check(nla, { events: dirty, facts: [fact('rdp.nla', 'off', ['2018-07-06T00:00:00', to])] }).value;
    expect(value('2018-07-06T04:00:00')).toBe('unknown');
    expect(value('2018-07-06T05:00:00')).toBe('true');
  });
});

describe('an outside event', () => {
  const events = powerOff('06:04:29');
  const soft: Expr = { factEvent: 'bmc.power-event', is: ['power-button', 'soft-off'], within: { before: '60s', after: '60s' } };
  const value = (...facts: Parameters<typeof fact>[]): string => check(soft, { events, facts: facts.map((f) => fact(...f)) }).value;

  test('is true when its time lies in the window', () => {
    expect(value(['bmc.power-event', 'soft-off', '06:03:29'])).toBe('true');
    expect(value(['bmc.power-event', 'soft-off', '06:05:29'])).toBe('true');
    expect(value(['bmc.power-event', 'soft-off', ['06:04:00', '06:05:00']])).toBe('true');
  });
  test('known only for other times it says nothing about this one', () => {
    expect(value(['bmc.power-event', 'soft-off', '06:03:28'])).toBe('unknown');
    expect(value(['bmc.power-event', 'soft-off'])).toBe('unknown');
    expect(value()).toBe('unknown');
  });
  test('somewhere in a longer span is not exact enough', () => {
    expect(value(['bmc.power-event', 'soft-off', ['00:00:00', '23:00:00']])).toBe('unknown');
  });
  test('an unclean stop that can lie anywhere in hours is not tied to an event of a minute', () => {
    const dirty = (alive: string) => [
      ...boot('2018-07-05T08:00:00', true),
      daily('2018-07-06T03:00:00'),
      ...boot('2018-07-06T05:00:00', false),
      ...(alive === '' ? [] : [heartbeat6008('2018-07-06T05:00:50', alive)]),
      unexpected('2018-07-06T05:00:15'),
    ];
    const facts = [fact('bmc.power-event', 'soft-off', '2018-07-06T03:20:30')];
    expect(check(soft, { events: dirty('2018-07-06T03:20:00'), facts }).value).toBe('true');
    const vague = check(soft, { events: dirty(''), facts });
    expect(vague.value).toBe('unknown');
    expect(vague.because.en).toMatch(/only known to lie between 2018-07-06 12:00:00 \+09:00 and 2018-07-06 14:00/);
  });
  test('"none" needs the span that was searched', () => {
    expect(value(['bmc.power-event', 'none', ['06:00:00', '06:10:00']])).toBe('false');
    expect(value(['bmc.power-event', 'none', ['06:04:00', '06:10:00']])).toBe('unknown');
    expect(value(['bmc.power-event', 'none'])).toBe('unknown');
    const silent: Expr = { factEvent: 'bmc.power-event', is: 'none', within: { before: '60s', after: '60s' } };
    expect(check(silent, { events, facts: [fact('bmc.power-event', 'none', ['06:00:00', '06:10:00'])] }).value).toBe('true');
    expect(check(silent, { events, facts: [fact('bmc.power-event', 'soft-off', '06:04:20')] }).value).toBe('false');
  });
  test('"none" and an event in the same window contradict each other', () => {
    const result = check(soft, {
      events,
      facts: [fact('bmc.power-event', 'none', ['06:00:00', '06:10:00']), fact('bmc.power-event', 'soft-off', '06:04:20')],
    });
    expect(result.value).toBe('unknown');
    expect(result.because.ja).toMatch(/矛盾/);
  });
});

describe('an action before the stop', () => {
  const events = powerOff('06:04:29');
  const swapped: Expr = { actionBefore: 'action.hardware-swap' };
  test('needs a date', () => {
    expect(check(swapped, { events }).value).toBe('unknown');
    const undated = check(swapped, { events, facts: [fact('action.hardware-swap', 'yes')] });
    expect(undated.value).toBe('unknown');
    expect(undated.because.en).toMatch(/date is not known/);
  });
  test('is true if this stop followed, false if it was done only later', () => {
    expect(check(swapped, { events, facts: [fact('action.hardware-swap', 'yes', '2018-07-01T00:00:00')] }).value).toBe('true');
    expect(check(swapped, { events, facts: [fact('action.hardware-swap', 'yes', '06:04:29')] }).value).toBe('false');
    expect(check(swapped, { events, facts: [fact('action.hardware-swap', 'yes', '2018-07-08T00:00:00')] }).value).toBe('false');
    // Done over a span: finished only at its end.
    expect(
      check(swapped, { events, facts: [fact('action.hardware-swap', 'yes', ['2018-07-01T00:00:00', '2018-07-07T00:00:00'])] }).value,
    ).toBe('false');
  });
  test('takes its date from the records it leaves', () => {
    const updated = (time: string): string =>
      check(
        { actionBefore: 'action.windows-update', records: [{ provider: 'Microsoft-Windows-WindowsUpdateClient', id: 19 }] },
        { events: [...powerOff('06:04:29'), event(time, 'Microsoft-Windows-WindowsUpdateClient/19', { fields: { updateTitle: 'x' } })] },
      ).value;
    expect(updated('2018-07-01T00:00:00')).toBe('true');
    expect(updated('2018-07-08T00:00:00')).toBe('false');
  });
});
