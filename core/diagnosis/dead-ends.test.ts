import type { Cause, Expr } from '@winmedic/knowledge/model';
import { describe, expect, test } from 'vitest';
import type { DeadEnd } from '../model/verdict.ts';
import { boot, unexpected } from '../timeline/test-events.ts';
import { cause, diagnosisOf, fact, failure, item, powerOff, type Situation } from './test-case.ts';

const days = ['02', '03', '04'];
const stops = days.flatMap((d) => powerOff(`2018-07-${d}T12:00:00`));
const isClean: Expr = { stop: { class: 'requested-clean' } };

const driver = cause('driver', {
  kind: 'dead_end',
  prominence: 1,
  required: [item('crash', { stop: { class: 'bugcheck' } })],
  refutes: [item('clean', isClean)],
});
const swap = cause('swap', {
  kind: 'dead_end',
  prominence: 2,
  required: [item('done', { actionBefore: 'action.hardware-swap' })],
  refutes: [item('again', { all: [isClean, { actionBefore: 'action.hardware-swap' }] })],
});
const status = (one: Cause, situation: Situation): DeadEnd | undefined => diagnosisOf(situation, [one]).deadEnds[0];

describe('what people suspect first', () => {
  test('is ruled out by each stop of the main signature, with the records that say so', () => {
    const dead = status(driver, { events: stops });
    expect(dead).toMatchObject({ status: 'ruled_out', host: 'RDS01' });
    expect(dead?.because.en).toMatch(/^text of clean .*1074.*\(for all 3 stops\)$/);
    expect(dead?.evidence.filter((o) => o.type === 'event' && o.eventId === 1074)).toHaveLength(3);
  });

  test('is not ruled out any more when the refuting records are taken away', () => {
    const dirty = days.flatMap((d) => [
      ...boot(`2018-07-${d}T11:00:00`, true),
      ...boot(`2018-07-${d}T12:10:00`, false),
      unexpected(`2018-07-${d}T12:10:15`),
    ]);
    expect(status(driver, { events: dirty })?.status).not.toBe('ruled_out');
  });

  test('refuted for some stops of the signature only stays open, and says for which', () => {
    const typed: Cause = { ...driver, refutes: [item('typed', { derived: 'screen-typed-failure', within: { before: '5m' } })] };
    const dead = status(typed, { events: [failure('2018-07-03T11:58:00'), ...stops] });
    expect(dead?.status).toBe('open');
    expect(dead?.because.en).toMatch(/ruled out for 1 of 3 stops only \(2018-07-03 12:00:00 \+00:00\)/);
    expect(dead?.because.ja).toMatch(/3 件中 1 件の停止でのみ棄却/);
  });

  test('that holds is said to hold', () => {
    expect(status(cause('x', { prominence: 1, required: [item('a', isClean)] }), { events: stops })?.status).toBe('holds');
  });

  test('that holds for some stops only is said to hold for these', () => {
    const typed = item('typed', { derived: 'screen-typed-failure', within: { before: '5m' } });
    const dead = status(cause('x', { prominence: 1, required: [typed] }), { events: [failure('2018-07-03T11:58:00'), ...stops] });
    expect(dead?.status).toBe('holds');
    expect(dead?.because.en).toMatch(/^for 1 of 3 stops: /);
    expect(dead?.because.ja).toMatch(/^3 件中 1 件の停止で: /);
  });

  test('other signatures do not count', () => {
    const crash = [
      ...boot('2018-07-05T08:00:00', true),
      ...boot('2018-07-05T09:00:00', false),
      unexpected('2018-07-05T09:00:15', { BugcheckCode: '80' }),
    ];
    expect(status(driver, { events: [...stops, ...crash] })?.status).toBe('ruled_out');
  });
});

describe('an action', () => {
  test('without a date is not checkable, and the date is what is missing', () => {
    for (const facts of [[], [fact('action.hardware-swap', 'yes')]]) {
      const dead = status(swap, { events: stops, facts });
      expect(dead?.status).toBe('not_checkable');
      expect(dead?.because.en).toBe('missing: action.hardware-swap');
    }
  });
  test('is ruled out once a stop followed it, even if others came before', () => {
    const dead = status(swap, { events: stops, facts: [fact('action.hardware-swap', 'yes', '2018-07-03T18:00:00')] });
    expect(dead?.status).toBe('ruled_out');
    expect(dead?.because.en).toMatch(/1 of 3 stops came after it/);
    expect(dead?.evidence.some((o) => o.type === 'fact')).toBe(true);
  });
  test('after the last stop is not ruled out: it may have helped', () => {
    expect(status(swap, { events: stops, facts: [fact('action.hardware-swap', 'yes', '2018-07-05T00:00:00')] })?.status).toBe('open');
  });
});

test('dead ends come in the order in which people suspect them, host by host', () => {
  const other = powerOff('2018-07-02T12:00:00', { host: 'RDS02' });
  const found = diagnosisOf({ events: [...stops, ...other] }, [swap, driver]).deadEnds.map((d) => `${d.cause.id} ${d.host}`);
  expect(found).toEqual(['driver RDS01', 'driver RDS02', 'swap RDS01', 'swap RDS02']);
});
