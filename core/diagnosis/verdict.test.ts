import type { Cause, Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import type { Incident } from '../model/verdict.ts';
import { event } from '../timeline/test-events.ts';
import { cause, diagnosisOf, fact, item, powerOff, type Situation } from './test-case.ts';

const yes: Expr = { stop: { class: 'requested-clean' } };
const no: Expr = { stop: { class: 'dirty' } };
const unknown: Expr = { fact: 'rdp.nla', is: 'off' };
const situation: Situation = { events: powerOff('06:04:29') };

function incident(causes: readonly Cause[], s: Situation = situation): Incident {
  const found = diagnosisOf(s, causes).incidents[0];
  if (found === undefined) throw new Error('no incident');
  return found;
}
const confirmed = (id: string, more: Partial<Cause> = {}) => cause(id, { required: [item('a', yes)], ...more });
const likely = (id: string, more: Partial<Cause> = {}) =>
  cause(id, { required: [item('a', yes), item('f', unknown, { for: 'confirmed' as const })], ...more });
const open = (id: string, more: Partial<Cause> = {}) => cause(id, { required: [item('a', yes), item('f', unknown)], ...more });
const out = (id: string, more: Partial<Cause> = {}) => cause(id, { required: [item('a', no, { necessary: true })], ...more });
const grades = (i: Incident): Record<string, string> => Object.fromEntries(i.considered.map((j) => [j.cause.id, j.grade]));

describe('two causes confirmed for one stop', () => {
  test('that have nothing to do with each other are both likely, and both say so', () => {
    const i = incident([confirmed('a'), confirmed('b')]);
    expect(grades(i)).toEqual({ a: 'likely', b: 'likely' });
    expect(i.considered[0]?.because.en).toMatch(/just as much speaks for another cause: title of b/);
    expect(i.verdict.grade).toBe('likely');
  });
  test('of which one specialises the other stay confirmed, and the special one is named', () => {
    const i = incident([confirmed('general'), confirmed('middle', { refines: 'general' }), confirmed('special', { refines: 'middle' })]);
    expect(grades(i)).toEqual({ general: 'confirmed', middle: 'confirmed', special: 'confirmed' });
    expect(i.verdict.cause?.cause.id).toBe('special');
  });
  test('siblings of one general cause are likely, the general one is named', () => {
    const i = incident([confirmed('general'), confirmed('x', { refines: 'general' }), confirmed('y', { refines: 'general' })]);
    expect(grades(i)).toEqual({ general: 'confirmed', x: 'likely', y: 'likely' });
    expect(i.verdict).toMatchObject({ grade: 'confirmed', cause: { cause: { id: 'general' } } });
  });
  test('a factor beside a cause is no conflict, and the cause is named', () => {
    const i = incident([confirmed('factor', { kind: 'factor' }), confirmed('a')]);
    expect(grades(i)).toEqual({ factor: 'confirmed', a: 'confirmed' });
    expect(i.verdict.cause?.cause.id).toBe('a');
  });
  test('a circle of specialisations ends', () => {
    expect(grades(incident([confirmed('a', { refines: 'b' }), confirmed('b', { refines: 'a' })]))).toEqual({
      a: 'confirmed',
      b: 'confirmed',
    });
  });
});

describe('the cause that is named', () => {
  test('confirmed before likely, better supported before less', () => {
    expect(incident([likely('l', { supporting: [item('s', yes)] }), confirmed('c')]).verdict).toMatchObject({
      grade: 'confirmed',
      cause: { cause: { id: 'c' } },
    });
    expect(incident([likely('x'), likely('y', { supporting: [item('s', yes)] })]).verdict).toMatchObject({
      grade: 'likely',
      cause: { cause: { id: 'y' } },
    });
  });
  test('a factor is named only when no cause is', () => {
    expect(incident([confirmed('factor', { kind: 'factor' }), likely('l')]).verdict).toMatchObject({
      grade: 'likely',
      cause: { cause: { id: 'l' } },
    });
    expect(incident([confirmed('factor', { kind: 'factor' }), open('o')]).verdict).toMatchObject({
      grade: 'confirmed',
      cause: { cause: { id: 'factor' } },
    });
  });
  test.each(['dead_end', 'finding', 'limit', 'separate_problem'] as const)('a %s is never the verdict', (kind) => {
    expect(incident([confirmed('d', { kind })]).verdict).toMatchObject({ grade: 'inconclusive' });
  });
  test('its own sentence is the sentence of the verdict, and its missing facts those of the stop', () => {
    const i = incident([likely('l'), open('o', { required: [item('a', yes), item('b', { fact: 'other.fact', is: 'x' })] })]);
    expect(i.verdict.sentence.en).toBe('sentence of l');
    expect(i.missing.map((m) => m.name)).toEqual(['rdp.nla']);
  });
});

describe('an open stop', () => {
  test('names what is open and what is missing', () => {
    const i = incident([open('o1'), open('o2'), out('r'), cause('far', { required: [item('a', unknown)] })]);
    expect(i.verdict.grade).toBe('inconclusive');
    expect(i.verdict.sentence.en).toBe('The cause is open: title of o1; title of o2. Missing: rdp.nla.');
    expect(i.verdict.sentence.ja).toContain('残る候補: title of o1(日本語)、title of o2(日本語)');
    expect(i.missing.map((m) => m.name)).toEqual(['rdp.nla']);
  });
  test('with nothing open says so', () => {
    expect(incident([out('r')]).verdict.sentence.en).toMatch(/does not show why/);
  });
});

describe('what is considered', () => {
  test('every cause of scope stop, best grade first; those pointed to before others; first suspects first among the ruled out', () => {
    const i = incident([
      out('r9', { prominence: 9 }),
      out('r1', { prominence: 1 }),
      cause('far', { required: [item('a', unknown)] }),
      open('near'),
      likely('l'),
      confirmed('c'),
      confirmed('h', { scope: 'host' }),
    ]);
    expect(i.considered.map((j) => j.cause.id)).toEqual(['c', 'l', 'near', 'far', 'r1', 'r9']);
  });
  test('a cause of other classes of stop is left out unless something rules it out', () => {
    const i = incident([open('x', { stops: ['bugcheck'] }), out('y', { stops: ['bugcheck'] }), open('z', { stops: ['requested-clean'] })]);
    expect(i.considered.map((j) => j.cause.id)).toEqual(['z', 'y']);
  });
  test('of two causes with one id the later one counts', () => {
    expect(grades(incident([confirmed('a'), out('a')]))).toEqual({ a: 'ruled_out' });
  });
});

describe('the chain of evidence', () => {
  const full = cause('c', {
    required: [
      item('record', { stop: { 'request.process': 'winlogon.exe' } }),
      item('trace', { event: { provider: 'Service Control Manager', id: 7045 }, within: { before: '10m' } }),
      item('quiet', { not: { derived: 'rdp-connection', within: { before: '10m' } } }),
      item('nla', unknown, { for: 'confirmed' as const }),
    ],
    supporting: [item('s', no)],
  });
  const events = [event('06:00:00', 'Service Control Manager/7045'), ...powerOff('06:04:29')];
  test('goes from the cause to the record, and says what is observed, derived, stated or assumed', () => {
    const stated = incident([full], { events, facts: [fact('rdp.nla', 'off', ['2018-07-01T00:00:00', '2018-07-10T00:00:00'])] });
    expect(stated.chain.map((l) => [l.role, l.support, l.text.en])).toEqual([
      ['cause', 'derived', 'title of c'],
      ['cause', 'stated', 'text of nla'],
      ['mechanism', 'observed', 'text of trace'],
      ['mechanism', 'derived', 'text of quiet'],
      ['symptom', 'observed', 'text of record'],
    ]);
    expect(stated.chain[2]?.evidence[0]).toMatchObject({ eventId: 7045 });
    const without = incident([full], { events });
    expect(without.chain.slice(0, 2).map((l) => l.support)).toEqual(['assumed', 'assumed']);
  });
  test('of an open stop is its record alone', () => {
    const chain = incident([open('o')]).chain;
    expect(chain).toMatchObject([{ role: 'symptom', support: 'observed' }]);
    expect(chain[0]?.evidence.length).toBeGreaterThan(0);
  });
});
