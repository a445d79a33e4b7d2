import type { Cause, Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import type { JudgedCause } from '../model/verdict.ts';
import { boot, event, unexpected } from '../timeline/test-events.ts';
import { judge } from './judge.ts';
import { cause, check, everything, fact, failure, item, powerOff, type Situation, scopeOf } from './test-case.ts';

const yes: Expr = { stop: { class: 'requested-clean' } };
const no: Expr = { stop: { class: 'dirty' } };
const unknown: Expr = { fact: 'rdp.nla', is: 'off' };
const situation: Situation = { events: powerOff('06:04:29') };
const grade = (more: Partial<Cause>, s: Situation = situation): JudgedCause => judge(cause('c', more), scopeOf(s));

describe('the verdict gate', () => {
  test('confirmed: every required item holds, nothing refutes or weakens', () => {
    const judged = grade({
      required: [item('a', yes), item('b', yes, { for: 'confirmed' as const })],
      refutes: [item('r', no)],
      weakens: [item('w', no)],
    });
    expect(judged).toMatchObject({ grade: 'confirmed', missing: [] });
  });
  test('an unknown refutation or weakening neither rules out nor blocks', () => {
    expect(grade({ required: [item('a', yes)], refutes: [item('r', unknown)], weakens: [item('w', unknown)] }).grade).toBe('confirmed');
  });
  test('ruled out: anything refutes it, even when all required items hold; the refutation is the reason', () => {
    const judged = grade({ required: [item('a', yes)], refutes: [item('r1', no), item('r2', yes)] });
    expect(judged.grade).toBe('ruled_out');
    expect(judged.because.en).toMatch(/^text of r2 .*1074/);
  });
  test('ruled out: a necessary item is known not to hold; one that is only unknown does not rule out', () => {
    expect(grade({ required: [item('a', no, { necessary: true })] }).grade).toBe('ruled_out');
    expect(grade({ required: [item('a', unknown, { necessary: true })] }).grade).toBe('inconclusive');
    expect(grade({ required: [item('a', no)] }).grade).toBe('inconclusive');
  });
  test('likely: only what is needed for confirmed is not shown, and that is what is missing', () => {
    for (const open of [unknown, no]) {
      const judged = grade({
        required: [item('a', yes), item('b', open, { for: 'confirmed' as const })],
        supporting: [item('s', unknown)],
      });
      expect(judged.grade).toBe('likely');
      expect(judged.because.en).toMatch(/not shown: text of b/);
      expect(judged.missing.map((m) => m.name)).toEqual(open === unknown ? ['rdp.nla'] : []);
    }
  });
  test('likely at most: something weakens it', () => {
    const judged = grade({ required: [item('a', yes)], weakens: [item('w', yes)] });
    expect(judged.grade).toBe('likely');
    expect(judged.because.ja).toMatch(/反する観測: text of w/);
  });
  test('inconclusive: says what is not shown and which check decides', () => {
    const judged = grade({
      required: [item('a', yes), item('b', unknown)],
      confirm: [
        { text: { en: 'another', ja: '別' }, fact: 'x.y' },
        { text: { en: 'read NLA', ja: 'NLA を読みます' }, fact: 'rdp.nla' },
      ],
    });
    expect(judged).toMatchObject({ grade: 'inconclusive', pointed: true });
    expect(judged.because.en).toMatch(/not shown: text of b \(rdp\.nla was not supplied\)\. Decided by: read NLA/);
  });
  test('nothing in the evidence points to it: not pointed', () => {
    expect(grade({ required: [item('a', unknown)] }).pointed).toBe(false);
    expect(grade({ required: [item('a', unknown)], supporting: [item('s', yes)] }).pointed).toBe(true);
    expect(grade({ required: [item('a', unknown), item('b', yes, { for: 'confirmed' as const })] }).pointed).toBe(false);
  });
});

describe('trust', () => {
  const typed: Expr = { derived: 'screen-typed-failure', within: { before: '5m' } };
  const required = [item('a', yes), item('b', typed)];
  test.each(['text', 'recovered'] as const)('what rests on %s alone is never confirmed, and it is said', (trust) => {
    const judged = grade({ required }, { events: [{ ...failure('06:03:00'), trust }, ...powerOff('06:04:29')] });
    expect(judged.grade).toBe('likely');
    expect(judged.because.en).toMatch(/pasted text or recovered records only: text of b/);
  });
  test('beside a log record it does no harm', () => {
    const events = [{ ...failure('06:02:00'), trust: 'recovered' as const }, failure('06:03:00'), ...powerOff('06:04:29')];
    expect(grade({ required }, { events }).grade).toBe('confirmed');
  });
  test.each(['text', 'recovered'] as const)('log records of the end do not vouch for a 1074 that is %s', (trust) => {
    const events = powerOff('06:04:29').map((e) => (e.eventId === 1074 ? { ...e, trust } : e));
    const asked = { stop: { class: 'requested-clean', 'request.process': 'winlogon.exe' } };
    expect(grade({ required: [item('a', asked)] }, { events })).toMatchObject({ grade: 'likely' });
    expect(grade({ required: [item('a', { stop: { class: 'requested-clean' } })] }, { events }).grade).toBe('confirmed');
    expect(grade({ required: [item('a', { any: [asked, yes] })] }, { events }).grade).toBe('confirmed');
  });
  test('one part that needs pasted text is enough, whatever the other parts rest on', () => {
    const events = [{ ...failure('06:03:00'), trust: 'text' as const }, ...powerOff('06:04:29')];
    expect(grade({ required: [item('a', { all: [yes, typed] })] }, { events }).grade).toBe('likely');
    expect(grade({ required: [item('a', { any: [yes, typed] })] }, { events }).grade).toBe('confirmed');
  });
  test('a stated fact may confirm', () => {
    const facts = [fact('rdp.nla', 'off', ['2018-07-01T00:00:00', '2018-07-10T00:00:00'])];
    expect(grade({ required: [item('a', yes), item('b', unknown)] }, { ...situation, facts }).grade).toBe('confirmed');
  });
});

test('a request whose orderly stop did not finish is never confirmed; what says nothing of the request still may be', () => {
  const events = [...powerOff('06:04:29').filter((e) => e.eventId === 1074), ...boot('07:00:00', false), unexpected('07:00:14')];
  const unfinished: Situation = { events: [...boot('2018-07-05T08:00:00', true), ...events] };
  expect(check({ stop: { class: 'requested-not-finished' } }, unfinished).value).toBe('true');
  const asked = grade({ required: [item('a', { stop: { 'request.process': 'winlogon.exe' } })] }, unfinished);
  expect(asked.grade).toBe('likely');
  expect(asked.because.en).toMatch(/did not finish/);
  expect(grade({ required: [item('a', { stop: { class: 'requested-not-finished' } })] }, unfinished).grade).toBe('confirmed');
});

describe('what may exclude or weaken, and is not settled', () => {
  const press: Expr = { factEvent: 'bmc.power-event', is: 'soft-off', within: { before: '60s', after: '60s' } };
  const sometime = fact('bmc.power-event', 'soft-off', ['2018-07-06T00:00:00', '2018-07-07T00:00:00']);
  const searched = fact('bmc.power-event', 'none', ['2018-07-06T00:00:00', '2018-07-07T00:00:00']);
  const exact = fact('bmc.power-event', 'soft-off', '2018-07-06T06:04:20');
  const graded = (facts: readonly ReturnType<typeof fact>[], more: Partial<Cause>): JudgedCause =>
    grade({ required: [item('a', yes)], ...more }, { ...situation, facts });
  test.each([
    ['some time that day', [sometime]],
    ['some time that day, and also searched without a find', [sometime, searched]],
    ['that minute, and also searched without a find', [exact, searched]],
  ])('a press %s blocks confirmed and never rules out', (_what, facts) => {
    for (const more of [{ refutes: [item('r', press)] }, { weakens: [item('w', press)] }]) {
      const judged = graded(facts, more);
      expect(judged.grade).toBe('likely');
      expect(judged.because.en).toMatch(/not settled: text of [rw]/);
    }
    expect(graded(facts, { refutes: [item('r', { any: [unknown, press] })] }).grade).toBe('likely');
    expect(graded(facts, { refutes: [item('r', { all: [unknown, press] })] }).grade).toBe('confirmed');
    expect(graded(facts, { weakens: [item('w', { not: press })] }).grade).toBe('confirmed');
  });
  test('a press known for another time, or another event in that span, blocks nothing', () => {
    const refutes = [item('r', press)];
    expect(graded([fact('bmc.power-event', 'soft-off', '2018-07-06T05:00:00')], { refutes }).grade).toBe('confirmed');
    expect(graded([fact('bmc.power-event', 'reset', ['2018-07-06T00:00:00', '2018-07-07T00:00:00'])], { refutes }).grade).toBe('confirmed');
    expect(graded([searched], { refutes }).grade).toBe('confirmed');
  });
  test('two values for one time: neither counts', () => {
    const span = ['2018-07-01T00:00:00', '2018-07-10T00:00:00'] as const;
    const facts = [fact('rdp.nla', 'on', span), fact('rdp.nla', 'off', span)];
    expect(graded(facts, { refutes: [item('r', unknown)] }).grade).toBe('likely');
  });
});

test('a stop whose end is not in the log is never explained, but its limits may be stated', () => {
  const gap: Situation = {
    events: [
      event('2018-07-06T01:00:00', 'EventLog/6013'),
      ...powerOff('06:04:29').filter((e) => ['12', '20', '6005', '6009'].includes(String(e.eventId))),
    ],
    coverage: everything({ System: { gaps: [{ from: 1n, to: 2n, missingRecords: 1n }] } }),
  };
  const required = [item('a', { stop: { class: 'log-gap' } })];
  expect(check({ stop: { class: 'log-gap' } }, gap).value).toBe('true');
  for (const kind of ['cause', 'hypothesis', 'factor', 'false_alarm'] as const)
    expect(grade({ kind, required }, gap).grade).toBe('inconclusive');
  expect(grade({ kind: 'limit', required }, gap).grade).toBe('confirmed');
  expect(grade({ required, refutes: [item('r', { stop: { class: 'log-gap' } })] }, gap).grade).toBe('ruled_out');
});

test('a request whose end is not in the log makes a cause likely at most', () => {
  const request = powerOff('06:04:29').filter((e) => e.eventId === 1074);
  const asked: Situation = {
    events: request.map((e) => ({ ...e, trust: 'text' as const })),
    coverage: everything({ System: { partial: true } }),
  };
  const judged = grade({ required: [item('a', { stop: { 'request.process': 'winlogon.exe' } })] }, asked);
  expect(judged.grade).toBe('likely');
  expect(judged.because.en).toContain('the end of the session is not in the log');
});

describe('a cause about a host', () => {
  const host = (when: Expr, s: Situation): string =>
    judge(cause('c', { scope: 'host', required: [item('a', when)] }), { ...withoutStop(s), wholeHost: true }).grade;
  const withoutStop = (s: Situation) => {
    const { stop: _stop, ...scope } = scopeOf(s);
    return scope;
  };
  const two: Situation = { events: [...powerOff('2018-07-04T12:00:00'), failure('06:03:00'), ...powerOff('06:04:29')] };
  test('a fact counts whenever it was read', () => {
    expect(host(unknown, { ...two, facts: [fact('rdp.nla', 'off')] })).toBe('confirmed');
    expect(host(unknown, { ...two, facts: [fact('rdp.nla', 'on')] })).toBe('inconclusive');
  });
  test('an event without a window counts anywhere in the evidence', () => {
    const installed: Expr = { event: { provider: 'Service Control Manager', id: 7045 } };
    expect(host(installed, { events: [event('2018-06-03T00:00:00', 'Service Control Manager/7045'), ...two.events] })).toBe('confirmed');
  });
  test('what speaks of a stop must hold for one and the same stop', () => {
    const typed: Expr = { derived: 'screen-typed-failure', within: { before: '5m' } };
    expect(host(typed, two)).toBe('confirmed');
    expect(host({ all: [typed, { stop: { repeats: 2 } }] }, two)).toBe('confirmed');
    expect(host({ all: [typed, { event: { provider: 'Service Control Manager', id: 7045 }, within: { before: '1d' } }] }, two)).toBe(
      'inconclusive',
    );
  });
});
