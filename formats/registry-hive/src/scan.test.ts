import { type Damage, memorySource } from '@winmedic/bytes';
import { describe, expect, it } from 'vitest';
import { openHive } from './index.ts';
import { dword, type KeySpec, sz, TestHive } from './test-hive.ts';

const TREE: KeySpec = {
  name: 'ROOT',
  subkeys: [
    {
      name: 'kept',
      subkeys: [{ name: 'gone', time: 77n, values: [{ name: 'why', type: 1, data: sz('deleted') }], subkeys: [{ name: 'below' }] }],
    },
  ],
};

function open(made: TestHive) {
  const damages: Damage[] = [];
  const hive = openHive(memorySource(made.bytes), { onDamage: (damage) => damages.push(damage) });
  return { hive, damages };
}

/** Deletes the key `kept\gone` with all it holds, as Windows does: the list is emptied, the cells become free. */
function deleteKey(made: TestHive): void {
  const kept = made.file(made.offsetOf('kept'));
  made.view.setUint32(kept + 20, 0, true);
  made.view.setUint32(kept + 28, 0xffff_ffff, true);
  for (const name of ['kept|', 'kept\\gone', 'kept\\gone|', 'kept\\gone\\below', 'kept\\gone:why', 'kept\\gone:|'])
    made.free(made.offsetOf(name));
  made.free(made.view.getUint32(made.file(made.offsetOf('kept\\gone:why')) + 8, true));
}

describe('deleted keys and values', () => {
  it('are given with path, time and what they held, and are no part of the tree', () => {
    const made = new TestHive(TREE);
    deleteKey(made);
    const { hive, damages } = open(made);
    expect([...hive.walk()].map((key) => key.path)).toEqual(['', 'kept']);
    const found = [...hive.deleted()];
    const keys = found.filter(({ kind }) => kind === 'key');
    expect(keys.map(({ key, pathKnown }) => [key!.path, pathKnown])).toEqual([
      ['kept\\gone', true],
      ['kept\\gone\\below', true],
    ]);
    expect(keys[0]!.key!.lastWritten).toBe(77n);
    expect(keys[0]!.key!.value('why')?.text()).toBe('deleted');
    expect([...keys[0]!.key!.subkeys()].map(({ name }) => name)).toEqual(['below']);
    expect(found.filter(({ kind }) => kind === 'value').map(({ value }) => [value!.name, value!.text()])).toEqual([['why', 'deleted']]);
    expect(damages).toEqual([]);
    expect(hive.state).toBe('clean');
  });

  it('do not borrow the cells of living ones', () => {
    const made = new TestHive(TREE);
    deleteKey(made);
    // The values list was used anew by somebody else.
    const list = 4096 + made.offsetOf('kept\\gone:|');
    made.view.setInt32(list, -Math.abs(made.view.getInt32(list, true)), true);
    const { hive, damages } = open(made);
    const gone = [...hive.deleted()].find(({ key }) => key?.name === 'gone')!;
    expect([...gone.key!.values()]).toEqual([]);
    expect(damages).toEqual([]);
  });

  it('are found inside one free cell that others were joined to', () => {
    const made = new TestHive(TREE);
    deleteKey(made);
    const first = 4096 + made.offsetOf('kept\\gone');
    const last = 4096 + made.offsetOf('kept\\gone\\below');
    made.view.setInt32(first, last - first + made.view.getInt32(last, true), true);
    expect([...open(made).hive.deleted()].filter(({ kind }) => kind === 'key').map(({ key }) => key!.path)).toEqual([
      'kept\\gone',
      'kept\\gone\\below',
    ]);
  });

  it('have the path as far as it can be followed, and say so', () => {
    const made = new TestHive(TREE);
    deleteKey(made);
    made.view.setUint32(made.file(made.offsetOf('kept\\gone')) + 16, 0x7fff_fff8, true);
    const entries = [...open(made).hive.deleted()].filter(({ kind }) => kind === 'key');
    expect(entries.map(({ key, pathKnown }) => [key!.path, pathKnown])).toEqual([
      ['gone', false],
      ['gone\\below', false],
    ]);
  });

  it('are not made of data that happens to hold the marks of cells', () => {
    const made = new TestHive({
      name: 'ROOT',
      values: [{ name: 'v', type: 3, data: new TextEncoder().encode('1234nk..5678vk..'.repeat(20)) }],
    });
    made.free(made.view.getUint32(made.file(made.offsetOf(':v')) + 8, true));
    expect([...open(made).hive.deleted()]).toEqual([]);
  });
});

describe('salvage', () => {
  it('finds the keys of a hive whose root is gone', () => {
    const made = new TestHive(TREE);
    made.bytes.fill(0, made.file(made.offsetOf('')), made.file(made.offsetOf('')) + 20);
    const { hive, damages } = open(made);
    expect(hive.root).toBeUndefined();
    expect(hive.key('kept')).toBeUndefined();
    expect([...hive.walk()]).toEqual([]);
    expect(hive.state).toBe('damaged');
    expect(damages.map(({ code }) => code)).toEqual(['HIVE_KEY', 'HIVE_ROOT']);
    const found = [...hive.salvage()];
    expect(found.map(({ key, pathKnown }) => [key!.path, pathKnown])).toEqual([
      ['kept', false],
      ['kept\\gone', false],
      ['kept\\gone\\below', false],
    ]);
    expect(found[1]!.key!.value('why')?.text()).toBe('deleted');
  });

  it('finds the keys of a hive without base block and bin headers', () => {
    const made = new TestHive({
      name: 'ROOT',
      subkeys: [{ name: 'a', values: [{ name: 'v', type: 3, data: new Uint8Array(5000) }] }, { name: 'b' }],
    });
    made.bytes.fill(0, 4096, 4096 + 32);
    const { hive, damages } = open(made);
    expect([...hive.salvage()].map(({ key, pathKnown }) => [key!.path, pathKnown])).toEqual([
      ['', true],
      ['a', true],
      ['b', true],
    ]);
    expect(damages.map(({ code }) => code)).toContain('HIVE_BIN');
  });

  it('does not take deleted keys of a broken part for living ones', () => {
    const made = new TestHive(TREE);
    deleteKey(made);
    made.bytes.fill(0, 4096, 4096 + 32);
    expect([...open(made).hive.salvage()].map(({ key }) => key!.path)).toEqual(['', 'kept']);
  });

  it('gives every key of a sound hive with the path it has in the tree', () => {
    const { hive, damages } = open(new TestHive(TREE));
    const all = [...hive.salvage()];
    expect(all.map(({ key }) => key!.path).toSorted()).toEqual([...hive.walk()].map((key) => key.path).toSorted());
    expect(all.every(({ pathKnown }) => pathKnown)).toBe(true);
    expect(damages).toEqual([]);
  });

  it('follows a chain of parents of any length once, up to the depth a key may have', () => {
    const made = new TestHive({ name: 'ROOT', subkeys: Array.from({ length: 3000 }, (_, i) => ({ name: `k${i}` })) });
    for (let i = 1; i < 3000; i++) made.view.setUint32(made.file(made.offsetOf(`k${i}`)) + 16, made.offsetOf(`k${i - 1}`), true);
    const found = [...open(made).hive.salvage()].filter(({ key }) => key!.name !== 'ROOT');
    expect(found).toHaveLength(3000);
    expect(found[511]!.key!.path.split('\\')).toHaveLength(512);
    expect(found[510]!.pathKnown).toBe(true);
    expect(found[2999]!.pathKnown).toBe(false);
    for (const { key } of found) expect(key!.path.split('\\').length).toBeLessThanOrEqual(513);
  });

  it('ends where parents form a circle', () => {
    const made = new TestHive(TREE);
    made.view.setUint32(made.file(made.offsetOf('kept')) + 16, made.offsetOf('kept\\gone\\below'), true);
    const found = [...open(made).hive.salvage()];
    expect(found.map(({ key }) => key!.name).toSorted()).toEqual(['ROOT', 'below', 'gone', 'kept']);
    expect(found.find(({ key }) => key!.name === 'gone')!.pathKnown).toBe(false);
  });
});

describe('a value whose cell lies about its size', () => {
  it('gives the beginning of its data, and says what is missing', () => {
    const made = new TestHive({
      name: 'ROOT',
      values: [
        { name: 'v', type: 3, data: Uint8Array.from([1, 2, 3, 4, 5, 6]) },
        { name: 'w', type: 4, data: dword(1) },
      ],
    });
    made.view.setUint32(made.file(made.offsetOf(':v')) + 4, 5000, true);
    made.view.setUint32(made.file(made.offsetOf(':w')) + 4, 0x8000_0009, true);
    const { hive, damages } = open(made);
    expect([...hive.root!.value('v')!.data()].slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(hive.root!.value('v')!.sizeBytes).toBe(5000);
    expect(hive.root!.value('w')!.data()).toHaveLength(4);
    expect(damages.map(({ code, need }) => [code, need])).toEqual([
      ['HIVE_DATA', 5000],
      ['HIVE_DATA', 9],
    ]);
  });
});
