import { describe, expect, it } from 'vitest';
import type { StateExtent, StateObservation } from '../model/state.ts';
import { Interest } from './interest.ts';
import { lookAt, sharedTime } from './reading.ts';
import { at, day, SYSTEM } from './test-state.ts';
import { Unit } from './unit.ts';

const KEY = `${SYSTEM}\\CurrentControlSet\\Control\\Demo`;
const origin = { sourceId: 'S1', path: 'S1' };

function unit(places: readonly string[], state: readonly Partial<StateObservation>[], extents: readonly Partial<StateExtent>[] = []): Unit {
  const made = new Unit('S1', 'S1', 'state-text', undefined, new Interest(places.map((place) => at(place))));
  for (const o of state) made.add({ type: 'state', address: '', value: null, origin, trust: 'text', ...o });
  for (const e of extents) made.addExtent({ prefix: '', depth: 'tree', origin, trust: 'text', ...e });
  return made;
}
const look = (place: string, state: readonly Partial<StateObservation>[], extents: readonly Partial<StateExtent>[] = []) =>
  lookAt({ address: place }, [unit([place], state, extents)]);

describe('whether a place was looked at', () => {
  const place = `${KEY}!Level`;
  it.each<[string, Partial<StateExtent>, boolean]>([
    ['the tree above', { prefix: SYSTEM }, true],
    ['the tree above in other letters', { prefix: 'REG:hklm\\system' }, true],
    ['a tree beside', { prefix: `${KEY}2` }, false],
    ['a tree whose name merely begins alike', { prefix: `${SYSTEM}\\CurrentControlSet\\Control\\De` }, false],
    ['the values of the key', { prefix: KEY, depth: 'values' }, true],
    ['the values of the key above', { prefix: `${SYSTEM}\\CurrentControlSet\\Control`, depth: 'values' }, false],
    ['exactly this value', { prefix: place, depth: 'values' }, true],
    ['another value', { prefix: `${KEY}!Other`, depth: 'values' }, false],
    ['everything of the scheme', { prefix: 'reg:' }, true],
    ['a tree of which it was asked', { prefix: SYSTEM, looked: [`${KEY}!LEVEL`] }, true],
    ['a tree of which all values of the key were asked', { prefix: SYSTEM, looked: [`${KEY}!*`] }, true],
    ['a tree of which other things were asked', { prefix: SYSTEM, looked: [`${KEY}!Other`] }, false],
  ])('%s', (_, extent, looked) => {
    expect(look(place, [], [extent]).looked).toBe(looked);
  });

  it('nothing else says that it is absent', () => {
    expect(look(place, [{ address: `${KEY}!Other`, value: '1' }]).looked).toBe(false);
    expect(look(place, [{ address: place, value: null }])).toMatchObject({ looked: true, readings: [{ value: null }] });
  });

  it('a key exists when anything is in it, and its own listing does not deny it', () => {
    const below = look(KEY, [{ address: `${KEY}\\Deeper!x`, value: '5' }]);
    expect(below.readings).toMatchObject([{ value: '' }]);
    expect(look(KEY, [], [{ prefix: KEY, depth: 'values' }]).looked).toBe(false);
    expect(look(KEY, [], [{ prefix: KEY }]).looked).toBe(false);
    expect(look(KEY, [{ address: `${KEY}!x`, value: null }]).looked).toBe(false);
    expect(look(KEY, [], [{ prefix: `${SYSTEM}\\CurrentControlSet\\Control` }])).toMatchObject({
      looked: true,
      readings: [{ value: null }],
    });
  });
});

describe('places with wildcards', () => {
  const place = `${KEY}\\*!Port`;
  it('give every match, and only whole components', () => {
    const found = look(
      place,
      [
        { address: `${KEY}\\a!Port`, value: '1' },
        { address: `${KEY}\\*+HTTP!port`, value: '2' },
        { address: `${KEY}\\a\\b!Port`, value: '3' },
        { address: `${KEY}\\a!Other`, value: '4' },
        { address: `${KEY}!Port`, value: '5' },
        { address: `${KEY}\\gone!Port`, value: null },
      ],
      [{ prefix: KEY }],
    );
    expect(found.readings.map((r) => r.value)).toEqual(['1', '2']);
    expect(found.complete).toBe(true);
  });

  it('are a name when the asterisk is only part of it', () => {
    const listener = 'winrm:config/listener/*+HTTP!Port';
    expect(look(listener, [{ address: 'winrm:config/listener/*+HTTPS!Port', value: '5986' }]).looked).toBe(false);
    expect(look(listener, [{ address: listener, value: '5985' }]).readings).toHaveLength(1);
  });

  it('may have further matches unless all of it was looked at', () => {
    expect(look(place, [{ address: `${KEY}\\a!Port`, value: '1' }])).toMatchObject({ looked: true, complete: false });
    expect(look(place, [{ address: `${KEY}\\a!Port`, value: '1' }], [{ prefix: `${KEY}\\a` }]).complete).toBe(false);
    expect(look(place, [], [{ prefix: `${KEY}\\*`, depth: 'values' }]).looked).toBe(false);
    expect(look(place, [], [{ prefix: SYSTEM, looked: [place] }])).toMatchObject({ looked: true, readings: [{ value: null }] });
    expect(look(place, [], [{ prefix: SYSTEM, looked: [`${KEY}\\a!Port`] }]).looked).toBe(false);
  });

  it('can stand for all of a path', () => {
    const extent = { prefix: 'service:', looked: ['service:*!state'] };
    expect(look('service:WinRM!state', [], [extent])).toMatchObject({ looked: true, readings: [{ value: null }] });
    expect(look('service:WinRM!start', [], [extent]).looked).toBe(false);
    expect(look('service:*!state', [{ address: 'service:a!state', value: 'running' }], [extent])).toMatchObject({
      complete: true,
      readings: [{ value: 'running' }],
    });
  });

  it('can stand for the name', () => {
    const found = look(
      'http:iplisten!*',
      [{ address: 'http:iplisten!10.0.0.5', value: '' }],
      [{ prefix: 'http:iplisten', depth: 'values' }],
    );
    expect(found).toMatchObject({ complete: true, readings: [{ value: '' }] });
  });
});

describe('several readings of one place', () => {
  const place = `${KEY}!Level`;
  const read = (...list: Partial<StateObservation>[]) =>
    look(
      place,
      list.map((o) => ({ address: place, ...o })),
    );
  it('count by time: the newest, when the others are known to be older', () => {
    const found = read({ value: '0', since: day(1), until: day(5) }, { value: '1', since: day(6), until: day(9) });
    expect(found.readings.map((r) => r.value)).toEqual(['1']);
    expect(found.against).toEqual([]);
    expect(found.seen).toHaveLength(2);
  });
  it('contradict each other where their times meet or are not known', () => {
    expect(read({ value: '0', since: day(1), until: day(7) }, { value: '1', since: day(6), until: day(9) }).against).toHaveLength(1);
    expect(read({ value: '0' }, { value: '1', since: day(6), until: day(9) })).toMatchObject({
      readings: [{ value: '1' }],
      against: [{ value: '0' }],
    });
    expect(read({ value: '0x1' }, { value: '1' }).against).toEqual([]);
  });
});

describe('the time known for all', () => {
  it('goes from the latest beginning to the earliest end', () => {
    expect(
      sharedTime([
        { since: day(1), until: day(9) },
        { since: day(3), until: day(7) },
      ]),
    ).toEqual({ since: day(3), until: day(7) });
  });
  it('is a moment when one of them is', () => {
    expect(sharedTime([{ since: day(1), until: day(9) }, { until: day(7) }])).toEqual({ until: day(7) });
    expect(sharedTime([{ since: day(8), until: day(9) }, { until: day(7) }])).toEqual({ apart: true });
  });
  it('is unknown when one of them is, and empty when they never meet', () => {
    expect(sharedTime([{ since: day(1), until: day(9) }, {}])).toEqual({});
    expect(
      sharedTime([
        { since: day(1), until: day(3) },
        { since: day(5), until: day(9) },
      ]),
    ).toEqual({ apart: true });
  });
});
