import type { Cause, Check, Expr, FactDefinition } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import type { Incident } from '../model/verdict.ts';
import { cause, diagnosisOf, fact, item, powerOff, type Situation } from './test-case.ts';

const yes: Expr = { stop: { class: 'requested-clean' } };
const situation: Situation = { events: powerOff('06:04:29') };
const check = (name: string, effort: number): Check => ({ text: { en: `check ${name}.`, ja: `${name} を調べます。` }, fact: name, effort });
const onOff = (id: string): FactDefinition => ({
  id,
  kind: 'state',
  title: { en: id, ja: id },
  values: { on: { en: 'on', ja: '有効' }, off: { en: 'off', ja: '無効' } },
  obtain: { en: 'o', ja: 'o' },
});
const next = (causes: readonly Cause[], s: Situation = situation): Incident['nextCheck'] =>
  diagnosisOf(s, causes, [onOff('x.common'), onOff('x.one'), onOff('x.easy')]).incidents[0]?.nextCheck;

const a = cause('a', {
  required: [item('r', yes), item('one', { fact: 'x.one', is: 'on' })],
  refutes: [item('c', { fact: 'x.common', is: 'off' })],
  confirm: [check('x.one', 1), check('x.common', 4)],
});
const b = cause('b', {
  required: [item('r', yes), item('c', { fact: 'x.common', is: 'off' })],
  confirm: [check('x.common', 5)],
});

describe('the next check', () => {
  test('is the one that decides on most of what is left, even if others are easier', () => {
    expect(next([a, b])).toMatchObject({ check: { fact: 'x.common', effort: 4 }, separates: ['a', 'b'] });
    expect(next([a, b])?.text.en).toBe('check x.common. This decides on: title of a; title of b.');
  });
  test('of two that decide on equally much the easier one', () => {
    const c = cause('c', {
      required: [item('r', yes), item('one', { fact: 'x.one', is: 'on' }), item('easy', { fact: 'x.easy', is: 'on' })],
      confirm: [check('x.one', 3), check('x.easy', 2)],
    });
    const both = {
      ...c,
      required: [
        item('r', yes),
        item('any', {
          any: [
            { fact: 'x.one', is: 'on' },
            { fact: 'x.easy', is: 'on' },
          ],
        }),
      ],
    };
    expect(next([both])?.check.fact).toBe('x.easy');
  });
  test('never asks for what is known already, but does when only the value of today is', () => {
    const held = fact('x.common', 'on', ['2018-07-01T00:00:00', '2018-07-10T00:00:00']);
    expect(next([a, b], { ...situation, facts: [held] })?.check.fact).toBe('x.one');
    expect(next([a, b], { ...situation, facts: [fact('x.common', 'on')] })?.check.fact).toBe('x.common');
  });
  test('is not needed once a cause is confirmed', () => {
    expect(next([cause('c', { required: [item('r', yes)] }), a])).toBeUndefined();
  });
  test('tries the values that causes ask for when a fact has none of its own', () => {
    const free = cause('free', {
      required: [item('r', yes), item('v', { fact: 'x.version', is: '7.1' })],
      confirm: [check('x.version', 1)],
    });
    expect(next([free])).toMatchObject({ separates: ['free'], check: { fact: 'x.version' } });
  });
  test('falls back to the easiest check when no single fact decides', () => {
    const hard = cause('hard', {
      required: [
        item('r', yes),
        item('v', {
          all: [
            { fact: 'x.one', is: 'on' },
            { fact: 'x.easy', is: 'on' },
          ],
        }),
      ],
      confirm: [check('x.one', 4), { text: { en: 'look.', ja: '見ます。' }, effort: 2 }],
    });
    expect(next([hard])?.check.text.en).toBe('look.');
  });
  test('an outside event is tried as it would have happened in that very minute', () => {
    const outside = cause('outside', {
      required: [item('r', yes), item('e', { factEvent: 'bmc.power-event', is: 'soft-off', within: { before: '60s', after: '60s' } })],
      confirm: [check('bmc.power-event', 3)],
    });
    expect(next([outside])?.separates).toEqual(['outside']);
  });
});
