import { memorySource } from '@winmedic/bytes';
import { expect, test } from 'vitest';
import { controlSets, currentControlSet } from './control-set.ts';
import { openHive } from './open-hive.ts';
import { type KeySpec, TestHive } from './test-hive.ts';

/** A hive with these control sets, and with the number that `Select` names, when it names one. */
function hiveOf(sets: readonly string[], current?: number): ReturnType<typeof openHive> {
  const number = new Uint8Array([current ?? 0, 0, 0, 0]);
  const select: KeySpec = { name: 'Select', values: current === undefined ? [] : [{ name: 'Current', type: 4, data: number }] };
  const made = new TestHive({
    name: 'ROOT',
    subkeys: [...sets.map((name) => ({ name })), select].sort((a, b) => (a.name < b.name ? -1 : 1)),
  });
  return openHive(memorySource(made.bytes));
}

test.each([
  [['ControlSet001', 'ControlSet002'], 2, 'ControlSet002'],
  [['ControlSet001', 'ControlSet002'], 1, 'ControlSet001'],
  [['ControlSet001'], undefined, 'ControlSet001'],
  [['ControlSet001', 'ControlSet002'], undefined, undefined],
  [['ControlSet001'], 2, undefined],
  [[], undefined, undefined],
] as const)('of %o with Select %s the current one is %s', (sets, current, expected) => {
  const hive = hiveOf(sets, current);
  expect(controlSets(hive)).toEqual(sets);
  expect(currentControlSet(hive)).toBe(expected);
});
