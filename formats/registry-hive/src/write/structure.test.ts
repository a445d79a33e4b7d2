import { memorySource } from '@winmedic/bytes';
import type { HiveDescription, WriteHiveKey } from '@winmedic/labs/hive-writer';
import { DEFAULT_SECURITY, dword, keyPlace, patch32, securityDescriptor, sz, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hive, HiveChange, HiveKey, HivePlan } from '../index.ts';
import { applyWrites, keyNameHash, openHive, planEdit, undoWrites, upcase } from '../index.ts';
import { BASE, CHANGES, code, dump, files, START } from './test-files.ts';

/** Security descriptor that only some keys have. */
const OTHER_SECURITY = securityDescriptor('S-1-5-18', 'S-1-5-18', []);

/** Applies a plan to a hive without logs and returns the new file. */
function changed(hive: Uint8Array, changes: readonly HiveChange[]): Uint8Array {
  const { sinks, input } = files(hive);
  const plan = planEdit(input, changes);
  applyWrites(sinks, plan);
  const bytes = sinks[0]!.bytes.slice();
  checkCells(bytes);
  undoWrites(sinks, JSON.parse(JSON.stringify(plan.undo)));
  expect(sinks[0]!.bytes).toEqual(hive);
  return bytes;
}

/** A cell of a security descriptor: the mark alone can also be how the data of a value begin, but the list it hangs in leads back to it. */
function isSecurity(view: DataView, cell: number, end: number): boolean {
  if (view.getUint16(cell + 4, true) !== 0x6b73 || -view.getInt32(cell, true) < 32) return false;
  const next = 4096 + view.getUint32(cell + 8, true);
  return next + 20 <= end && view.getUint32(next + 12, true) === cell - 4096;
}

/** Every cell of every bin fits, and every security descriptor counts its users. */
function checkCells(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = 4096 + view.getUint32(40, true);
  const uses = new Map<number, number>();
  const counts = new Map<number, number>();
  const reachable = new Set([...openHive(memorySource(bytes)).walk()].map((key) => key.offset));
  for (let bin = 4096; bin < end; bin += view.getUint32(bin + 8, true)) {
    expect(view.getUint32(bin, true)).toBe(0x6e69_6268);
    expect(view.getUint32(bin + 4, true)).toBe(bin - 4096);
    let cell = bin + 32;
    for (; cell < bin + view.getUint32(bin + 8, true); cell += Math.abs(view.getInt32(cell, true))) {
      const size = view.getInt32(cell, true);
      expect(Math.abs(size) % 8).toBe(0);
      expect(Math.abs(size)).toBeGreaterThanOrEqual(8);
      if (size < 0 && isSecurity(view, cell, end)) counts.set(cell - 4096, view.getUint32(cell + 16, true));
      if (!reachable.has(cell)) continue;
      const security = view.getUint32(cell + 48, true);
      uses.set(security, (uses.get(security) ?? 0) + 1);
    }
    expect(cell).toBe(bin + view.getUint32(bin + 8, true));
  }
  expect(counts).toEqual(uses);
}

/** Fields of a key cell that the reader does not show. */
function fieldsOf(bytes: Uint8Array, path: string): { largestName: number; largestValueName: number; largestData: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset + openHive(memorySource(bytes)).key(path)!.offset + 4);
  return { largestName: view.getUint16(52, true), largestValueName: view.getUint32(60, true), largestData: view.getUint32(64, true) };
}

/** Marks and sizes of the lists of a key's subkeys, with the hints of leaves checked against the names. */
function listsOf(bytes: Uint8Array, path: string): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const key = openHive(memorySource(bytes)).key(path)!;
  const names = [...key.subkeys()].map(({ name }) => name);
  expect(names).toEqual(names.toSorted((a, b) => (upcase(a) < upcase(b) ? -1 : 1)));
  const out: string[] = [];
  let at = 0;
  const leaf = (cell: number): void => {
    const mark = String.fromCharCode(view.getUint8(cell + 4), view.getUint8(cell + 5));
    const count = view.getUint16(cell + 6, true);
    out.push(`${mark} ${count}`);
    for (let i = 0; i < count; i++) {
      if (mark === 'ri') leaf(4096 + view.getUint32(cell + 8 + i * 4, true));
      else {
        const name = names[at++]!;
        const hint = mark === 'li' ? 0 : view.getUint32(cell + 8 + i * 8 + 4, true);
        if (mark === 'lh') expect(hint).toBe(keyNameHash(upcase(name)));
        const first = name.slice(0, 4);
        const text = String.fromCharCode(...[0, 8, 16, 24].map((bit) => (hint >>> bit) & 0xff));
        if (mark === 'lf' && /^[\0-\xff]*$/.test(first)) expect(text).toBe(first.padEnd(4, '\0'));
        else if (mark === 'lf') expect(text[0]).toBe('\0');
      }
    }
  };
  if (names.length > 0) leaf(4096 + view.getUint32(key.offset + 32, true));
  expect(at).toBe(names.length);
  return out;
}

const hiveOf = (bytes: Uint8Array): Hive => openHive(memorySource(bytes));

describe('values that are made', () => {
  it.each([
    ['a DWORD', 'New', 4, Uint8Array.of(4, 0, 0, 0)],
    ['no data', 'New', 0, new Uint8Array()],
    ['text', 'New', 1, sz('', 'some text').data],
    ['the default value', '', 1, sz('', 'x'.repeat(300)).data],
    ['a Japanese name', '値の名前', 3, new Uint8Array(5).fill(9)],
    ['an accented name', 'é', 3, new Uint8Array(5).fill(9)],
    ['big data', 'New', 3, Uint8Array.from({ length: 50_000 }, (_, i) => i)],
    ['exactly one segment', 'New', 3, new Uint8Array(16_344).fill(1)],
  ] as const)('%s', (_, value, type, data) => {
    const hive = writeHive(BASE);
    const after = changed(hive, [{ op: 'create-value', key: 'services\\csagent', value, type, data }]);
    const found = hiveOf(after).key('Services\\CSAgent')!.value(value)!;
    expect([found.name, found.type, found.data()]).toEqual([value, type, data]);
    const line = `V Services\\CSAgent ${value} ${type} ${Buffer.from(data).toString('hex')}`;
    expect(dump(after).filter((each) => each !== line)).toEqual(dump(hive));
    expect(fieldsOf(after, 'Services\\CSAgent').largestData).toBe(Math.max(data.length, 58));
    expect(fieldsOf(after, 'Services\\CSAgent').largestValueName).toBe(Math.max(value.length * 2, 18));
  });

  it('take the place of one that was removed in the same plan, with more room than it had', () => {
    const hive = writeHive(BASE);
    const data = sz('', 'y'.repeat(2000)).data;
    const after = changed(hive, [
      { op: 'delete-value', key: 'Other', value: '' },
      { op: 'create-value', key: 'Other', value: '', type: 2, data },
      { key: 'Other', value: '', data: data.slice(0, 100) },
    ]);
    expect(hiveOf(after).key('Other')!.value('')!.data()).toEqual(data.slice(0, 100));
  });

  it('set the time of the key when asked', () => {
    const keyWritten = 133_000_000_000_000_000n;
    const after = changed(writeHive(BASE), [{ op: 'create-value', key: 'Other', value: 'n', type: 4, data: Uint8Array.of(1), keyWritten }]);
    expect(hiveOf(after).key('Other')!.lastWritten).toBe(keyWritten);
  });
});

describe('keys that are made', () => {
  it('stand in order, share the security of their parent, and count its user', () => {
    const hive = writeHive({ ...BASE, root: { ...BASE.root, keys: [...BASE.root.keys!, { name: 'Secure', security: OTHER_SECURITY }] } });
    const { input } = files(hive);
    const change: HiveChange = { op: 'create-key', key: 'secure\\Élan\\日本' };
    expect(planEdit(input, [change]).structure).toEqual([
      { op: 'create-key', key: 'Secure\\Élan\\日本', made: ['Secure\\Élan', 'Secure\\Élan\\日本'] },
    ]);
    const after = changed(hive, [change]);
    const key = hiveOf(after).key('Secure\\Élan\\日本')!;
    expect([key.name, key.valueCount, key.subkeyCount]).toEqual(['日本', 0, 0]);
    expect(key.security()).toEqual(OTHER_SECURITY);
    expect(key.lastWritten).toBe(hiveOf(hive).key('Secure')!.lastWritten);
    expect(fieldsOf(after, 'Secure').largestName).toBe(8);
    expect(dump(after).filter((line) => !line.startsWith('K Secure\\'))).toEqual(dump(hive));
  });

  it.each([
    ['li', 3, 'li'],
    ['lf', 3, 'lf'],
    ['lf', 4, 'lf'],
    ['lh', 5, 'lh'],
    ['lf', 6, 'lf'],
  ] as const)('go into a list of the kind that is there (%s, 1.%i)', (lists, minorVersion, mark) => {
    const names = ['Alpha', 'Gamma', 'Delta'];
    const hive = writeHive({ root: { name: 'R', keys: names.map((name) => ({ name })) }, lists, minorVersion });
    const after = changed(
      hive,
      ['Beta', 'AA', 'zz'].map((key) => ({ op: 'create-key', key })),
    );
    expect(listsOf(after, '')).toEqual([`${mark} 6`]);
  });

  it.each([
    [3, 'lf'],
    [4, 'lf'],
    [5, 'lh'],
  ] as const)('make a list of the kind of the version where there is none (1.%i)', (minorVersion, mark) => {
    const after = changed(writeHive({ root: { name: 'R' }, minorVersion }), [{ op: 'create-key', key: 'First' }]);
    expect(listsOf(after, '')).toEqual([`${mark} 1`]);
  });

  it('divide a list that becomes longer than Windows makes one', () => {
    const keys = Array.from({ length: 506 }, (_, i) => ({ name: `k${String(i * 2).padStart(4, '0')}` }));
    const after = changed(writeHive({ root: { name: 'R', keys } }), [{ op: 'create-key', key: 'k0601' }]);
    expect(listsOf(after, '')).toEqual(['ri 2', 'lh 254', 'lh 253']);
    const more = changed(after, [
      { op: 'create-key', key: 'a' },
      { op: 'create-key', key: 'z' },
      { op: 'create-key', key: 'k0505' },
    ]);
    expect(listsOf(more, '')).toEqual(['ri 2', 'lh 256', 'lh 254']);
  });

  it('a leaf below an index root that loses its last key leaves the root', () => {
    const keys = Array.from({ length: 5 }, (_, i) => ({ name: `k${i}` }));
    const hive = writeHive({ root: { name: 'R', keys }, leafElements: 2 });
    expect(listsOf(hive, '')).toEqual(['ri 3', 'lh 2', 'lh 2', 'lh 1']);
    const two = changed(hive, [{ op: 'delete-key', key: 'k4' }]);
    expect(listsOf(two, '')).toEqual(['ri 2', 'lh 2', 'lh 2']);
    const one = changed(
      two,
      ['k0', 'k1', 'k2'].map((key) => ({ op: 'delete-key', key })),
    );
    expect(listsOf(one, '')).toEqual(['lh 1']);
    expect(listsOf(changed(one, [{ op: 'delete-key', key: 'k3' }]), '')).toEqual([]);
  });
});

describe('what is removed', () => {
  it('a value goes with its data, and its cells are free', () => {
    const hive = writeHive(BASE);
    const after = changed(hive, [{ op: 'delete-value', key: 'Big', value: 'BLOB' }]);
    expect(dump(after)).toEqual(dump(hive).filter((line) => !line.startsWith('V Big blob')));
    const free = (bytes: Uint8Array): number => {
      let sum = 0;
      const view = new DataView(bytes.buffer);
      for (let bin = 4096; bin < bytes.length; bin += view.getUint32(bin + 8, true)) {
        for (let cell = bin + 32; cell < bin + view.getUint32(bin + 8, true); cell += Math.abs(view.getInt32(cell, true))) {
          sum += Math.max(0, view.getInt32(cell, true));
        }
      }
      return sum;
    };
    expect(free(after) - free(hive)).toBeGreaterThanOrEqual(3 * 16_344);
  });

  it('a key goes with all below it, and a security descriptor without users leaves the chain', () => {
    const tree: WriteHiveKey = {
      name: 'Gone',
      className: 'class',
      security: OTHER_SECURITY,
      values: [sz('a', 'long enough for a cell'), dword('b', 1)],
      keys: [
        { name: 'x', keys: [{ name: 'y', values: [{ name: 'big', type: 3, data: new Uint8Array(20_000) }] }] },
        { name: 'z', security: DEFAULT_SECURITY },
      ],
    };
    const hive = writeHive({ ...BASE, root: { ...BASE.root, keys: [...BASE.root.keys!, tree] } });
    const { input } = files(hive);
    expect(planEdit(input, [{ op: 'delete-key', key: 'gone' }]).structure).toEqual([{ op: 'delete-key', key: 'Gone', keys: 4, values: 3 }]);
    const after = changed(hive, [{ op: 'delete-key', key: 'gone' }]);
    expect(dump(after)).toEqual(dump(writeHive(BASE)));
    expect(
      [...hiveOf(after).deleted()]
        .filter(({ kind }) => kind === 'key')
        .map(({ key }) => key!.name)
        .sort(),
    ).toEqual(['Gone', 'x', 'y', 'z']);
  });

  it('a key may be made again in the same plan, empty', () => {
    const after = changed(writeHive(BASE), [
      { op: 'delete-key', key: 'Services' },
      { op: 'create-key', key: 'services\\new' },
      { op: 'create-value', key: 'Services\\new', value: 'v', type: 4, data: Uint8Array.of(1, 2, 3, 4) },
    ]);
    expect([...hiveOf(after).walk()].map(({ path }) => path)).toEqual(['', 'Big', 'Other', 'services', 'services\\new']);
  });
});

describe('room for new cells', () => {
  const withFree = (sizes: readonly number[]): Uint8Array =>
    writeHive({
      root: {
        name: 'R',
        keys: sizes.flatMap((size, i) => [
          { name: `del${i}`, values: [{ name: 'v', type: 3, data: new Uint8Array(size) }] },
          { name: `keep${i}`, values: [{ name: 'v', type: 3, data: new Uint8Array(100).fill(i) }] },
        ]),
      },
      changes: sizes.map((_, i) => ({ do: 'delete-value', path: `del${i}`, name: 'v' })),
    });

  it('is the smallest free cell that suffices; the rest of it stays free', () => {
    const hive = withFree([400, 120, 800]);
    const { sinks, input } = files(hive);
    const plan = planEdit(input, [{ op: 'create-value', key: 'keep0', value: 'n', type: 3, data: new Uint8Array(100).fill(0xee) }]);
    const write = plan.writes.find(({ new: bytes }) => bytes.filter((byte) => byte === 0xee).length === 100)!;
    const cell = write.offset + write.new.indexOf(0xee) - 4;
    const size = new DataView(hive.buffer).getInt32(cell, true);
    // Its value cell was beside it and is part of the free cell, too.
    expect(size).toBeGreaterThanOrEqual(128);
    expect(size).toBeLessThan(400);
    expect(plan.files[0]!.sizeAfter).toBe(hive.length);
    applyWrites(sinks, plan);
    const after = new DataView(sinks[0]!.bytes.buffer);
    expect(after.getInt32(cell, true)).toBe(-104);
    // The values list or the value itself may have taken of the rest.
    expect(Math.abs(after.getInt32(cell + 104, true))).toBeLessThanOrEqual(size - 104);
  });

  it('is a new bin at the end when no free cell suffices, over what lies behind the last bin', () => {
    for (const tail of [0, 100, 512, 8192]) {
      const hive = writeHive({ ...BASE, tail });
      const data = new Uint8Array(9000).fill(5);
      const after = changed(hive, [{ op: 'create-value', key: 'Other', value: 'n', type: 3, data }]);
      const view = new DataView(after.buffer);
      expect(view.getUint32(40, true) - new DataView(hive.buffer).getUint32(40, true)).toBe(12_288);
      expect(after.length).toBe(Math.max(hive.length, 4096 + view.getUint32(40, true)));
      expect(hiveOf(after).key('Other')!.value('n')!.data()).toEqual(data);
    }
  });

  it('ends at the limit', () => {
    const hive = writeHive(BASE);
    const make: HiveChange = { op: 'create-value', key: 'Other', value: 'n', type: 3, data: new Uint8Array(9000) };
    expect(code(() => planEdit(files(hive).input, [make], { limits: { maxHiveBytes: hive.length + 4096 } }))).toBe('HIVE_EDIT_SIZE');
    expect(code(() => planEdit(files(hive).input, [make], { limits: { maxHiveBytes: hive.length + 12_288 } }))).toBe('none');
  });
});

describe('refusals', () => {
  it.each<[string, HiveChange, string]>([
    [
      'a value that exists',
      { op: 'create-value', key: 'Services\\CSAgent', value: 'START', type: 4, data: Uint8Array.of(1) },
      'HIVE_EDIT_EXISTS',
    ],
    [
      'a value of a key that does not exist',
      { op: 'create-value', key: 'None', value: 'v', type: 4, data: Uint8Array.of(1) },
      'HIVE_EDIT_NOT_FOUND',
    ],
    [
      'a value with a long name',
      { op: 'create-value', key: '', value: 'x'.repeat(16_384), type: 4, data: Uint8Array.of(1) },
      'HIVE_EDIT_NAME',
    ],
    ['a value with a null character', { op: 'create-value', key: '', value: 'a\0', type: 4, data: Uint8Array.of(1) }, 'HIVE_EDIT_NAME'],
    ['a key that exists', { op: 'create-key', key: 'SERVICES' }, 'HIVE_EDIT_EXISTS'],
    ['the root', { op: 'create-key', key: '' }, 'HIVE_EDIT_EXISTS'],
    ['a key with a long name', { op: 'create-key', key: 'x'.repeat(256) }, 'HIVE_EDIT_NAME'],
    ['a tree that is too deep', { op: 'create-key', key: 'x\\'.repeat(513) }, 'HIVE_EDIT_SIZE'],
    ['removal of a value that does not exist', { op: 'delete-value', key: 'Other', value: 'none' }, 'HIVE_EDIT_NOT_FOUND'],
    ['removal of a key that does not exist', { op: 'delete-key', key: 'None' }, 'HIVE_EDIT_NOT_FOUND'],
    ['removal of the root', { op: 'delete-key', key: '' }, 'HIVE_EDIT_STATE'],
  ])('%s', (_, change, expected) => {
    expect(code(() => planEdit(files(writeHive(BASE)).input, [change]))).toBe(expected);
  });

  it('removal of a tree with a key that cannot be deleted', () => {
    const hive = writeHive({ root: { name: 'R', keys: [{ name: 'a', keys: [{ name: 'kept', flags: 0x8 }] }] } });
    expect(code(() => planEdit(files(hive).input, [{ op: 'delete-key', key: 'a' }]))).toBe('HIVE_EDIT_STATE');
  });

  it('a free cell that another key uses all the same is not written over', () => {
    // The values list of one key is led into the free cell that would be taken.
    const description: HiveDescription = {
      root: {
        name: 'R',
        keys: [
          { name: 'a', values: [{ name: 'v', type: 3, data: new Uint8Array(200) }] },
          { name: 'b', values: [sz('t', 'theirs, text')] },
        ],
      },
      changes: [{ do: 'delete-value', path: 'a', name: 'v' }],
    };
    const hive = writeHive(description);
    const deleted = [...hiveOf(hive).deleted()].find(({ kind }) => kind === 'value')!;
    const data = new DataView(hive.buffer).getUint32(deleted.offset + 12, true);
    // A cell in use inside the free one, 16 bytes into it.
    const crafted = patch32(patch32(hive, 4096 + data + 16, -64 >>> 0), keyPlace(hive, 'b').values[0]! + 12, data + 16);
    expect(hiveOf(crafted).key('b')!.value('t')!.data()).toHaveLength(26);
    const make: HiveChange = { op: 'create-value', key: 'a', value: 'n', type: 3, data: new Uint8Array(190).fill(1) };
    expect(code(() => planEdit(files(crafted).input, [make]))).toBe('HIVE_EDIT_STATE');
  });
});

/** Changes of all kinds, on keys that BASE and CHANGES have. */
const ALL: readonly HiveChange[] = [
  START,
  { op: 'create-key', key: 'Services\\New\\Deep' },
  { op: 'create-value', key: 'Services\\New\\Deep', value: 'v', type: 3, data: new Uint8Array(600).fill(3) },
  { op: 'create-value', key: 'Services\\CSAgent', value: 'Added', type: 4, data: Uint8Array.of(1, 0, 0, 0) },
  { op: 'delete-value', key: 'Big', value: 'blob' },
  { op: 'delete-key', key: 'Gone' },
];
const WITH_GONE: HiveDescription = {
  ...BASE,
  root: {
    ...BASE.root,
    keys: [
      ...BASE.root.keys!,
      { name: 'Gone', keys: [{ name: 'below', values: [sz('x', 'more than four')] }] },
      { name: 'Room', values: [{ name: 'v', type: 3, data: new Uint8Array(900) }] },
    ],
  },
  changes: [{ do: 'delete-value', path: 'Room', name: 'v' }],
};

describe('a structural plan that is interrupted', () => {
  /** Each line of the torn state was there before or will be after, and what both have is there. */
  function checkTorn(lines: readonly string[], before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    expect(lines.filter((line) => !before.has(line) && !after.has(line))).toEqual([]);
    const seen = new Set(lines);
    expect([...before].filter((line) => after.has(line) && !seen.has(line))).toEqual([]);
  }

  for (const kind of ['clean', 'new', 'old'] as const) {
    it(`leaves each change made or not made, whatever of a stage reached the disk, and can be undone (${kind})`, () => {
      const dirty = writeDirtyHive(WITH_GONE, CHANGES, { format: kind === 'old' ? 'old' : 'new', splitAt: 1 });
      const originals = kind === 'clean' ? [writeHive(WITH_GONE)] : [dirty.hive, dirty.log1, dirty.log2];
      const before = new Set(dump(kind === 'clean' ? originals[0]! : dirty.after));
      const { sinks: done, input } = files(originals[0]!, originals.slice(1));
      const plan = planEdit(input, ALL);
      applyWrites(done, plan);
      const after = new Set(dump(done[0]!.bytes));
      const stages = [...new Set(plan.writes.map(({ stage }) => stage))];
      expect(stages.length).toBeGreaterThan(3);
      const check = (chosen: HivePlan['writes']): void => {
        const { sinks, input: now } = files(originals[0]!, originals.slice(1));
        for (const write of chosen) sinks[write.file]!.write(write.offset, write.new);
        checkTorn(dump(sinks[0]!.bytes, now.logs), before, after);
        undoWrites(sinks, plan.undo, { interrupted: true });
        expect(sinks.map((sink) => sink.bytes)).toEqual(originals);
      };
      for (let count = 0; count <= plan.writes.length; count++) check(plan.writes.slice(0, count));
      const inStage = (stage: number): HivePlan['writes'] => plan.writes.filter((write) => write.stage === stage);
      fc.assert(
        fc.property(fc.constantFrom(...stages), fc.infiniteStream(fc.boolean()), (stage, keep) => {
          check([...plan.writes.filter((write) => write.stage < stage), ...inStage(stage).filter(() => keep.next().value)]);
        }),
        { numRuns: 120 },
      );
    });
  }

  it('never builds on cells that it gives up itself, so that the old tree holds until the new one does', () => {
    const made = { op: 'create-value', key: 'Gone', value: 'y', type: 3, data: new Uint8Array(8) } as const;
    for (const changes of [
      [{ op: 'delete-key', key: 'Gone\\below' } as const, made],
      [{ op: 'set', key: 'Gone\\below', value: 'x', data: new Uint8Array(4) } as const, made],
    ]) {
      const original = writeHive(WITH_GONE);
      const before = new Set(dump(original));
      const { sinks, input } = files(original, []);
      const plan = planEdit(input, changes);
      const after = (() => {
        applyWrites(sinks, plan);
        return new Set(dump(sinks[0]!.bytes));
      })();
      const { sinks: torn } = files(original, []);
      for (const write of plan.writes) {
        checkTorn(dump(torn[0]!.bytes), before, after);
        torn[0]!.write(write.offset, write.new);
      }
    }
  });

  it('the logs are whole until the base block is right', () => {
    const { hive, log1 } = writeDirtyHive(WITH_GONE, CHANGES);
    const { sinks, input, calls } = files(hive, [log1]);
    applyWrites(sinks, planEdit(input, ALL));
    const flushed = calls.filter((call) => call.endsWith('flush'));
    expect(flushed.filter((call) => call.startsWith('hive')).length).toBeGreaterThanOrEqual(4);
    expect(calls.findIndex((call) => call.startsWith('LOG1'))).toBeGreaterThan(calls.lastIndexOf('hive flush'));
  });
});

describe('any series of changes', () => {
  interface Model {
    readonly keys: Map<string, Map<string, { type: number; data: Uint8Array }>>;
  }
  const modelOf = (hive: Hive): Model['keys'] =>
    new Map(
      [...hive.walk()].map((key: HiveKey) => [
        key.path,
        new Map([...key.values()].map((value) => [value.name, { type: value.type, data: value.data() }])),
      ]),
    );

  it('reads back as a model of it does, in order and with right counts, and is undone bit for bit', () => {
    const name = fc.constantFrom('a', 'B', 'c0', 'dd', '漢', 'É', 'zeta');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('\\'));
    const data = fc.nat(40).chain((size) => fc.uint8Array({ minLength: size, maxLength: size + (size === 40 ? 17_000 : 0), size: 'max' }));
    const change: fc.Arbitrary<HiveChange> = fc.oneof(
      fc.record({ op: fc.constant('create-key' as const), key: path }),
      fc.record({ op: fc.constant('delete-key' as const), key: path }),
      fc.record({ op: fc.constant('create-value' as const), key: fc.oneof(path, fc.constant('')), value: name, type: fc.nat(11), data }),
      fc.record({ op: fc.constant('delete-value' as const), key: fc.oneof(path, fc.constant('')), value: name }),
      fc.record({
        op: fc.constant('set' as const),
        key: fc.oneof(path, fc.constant('')),
        value: name,
        data: fc.uint8Array({ maxLength: 4 }),
      }),
    );
    let made = 0;
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 8, maxLength: 25 }),
        fc.constantFrom(3 as const, 4 as const, 5 as const, 6 as const),
        fc.boolean(),
        (list, minorVersion, isDirty) => {
          const description: HiveDescription = {
            minorVersion,
            root: { name: 'R', keys: [{ name: 'a', keys: [{ name: 'B' }], values: [sz('a', 'text')] }] },
          };
          const dirty = writeDirtyHive(description, [
            [{ do: 'add-key', path: 'a', key: { name: 'dd', values: [sz('zeta', 'from a log')] } }],
          ]);
          const originals = isDirty ? [dirty.hive, dirty.log1] : [writeHive(description)];
          const model = modelOf(openHive(memorySource(isDirty ? dirty.after : originals[0]!)));
          // What cannot be done is left out, as the model tells.
          const possible = list.filter((each) => {
            const values = model.get(each.key);
            const parts = each.key.split('\\');
            switch (each.op) {
              case 'create-key':
                if (values !== undefined) return false;
                parts.forEach((_, i) => {
                  const above = parts.slice(0, i + 1).join('\\');
                  if (!model.has(above)) model.set(above, new Map());
                });
                return true;
              case 'delete-key':
                if (values === undefined) return false;
                for (const each_ of [...model.keys()]) if (each_ === each.key || each_.startsWith(`${each.key}\\`)) model.delete(each_);
                return true;
              case 'create-value':
                if (values === undefined || values.has(each.value)) return false;
                values.set(each.value, { type: each.type, data: each.data });
                return true;
              case 'delete-value':
                return values?.delete(each.value) === true;
              default: {
                const old = values?.get(each.value);
                // Big data is not shrunk into a value.
                if (old === undefined || (old.data.length > 16_344 && minorVersion > 3)) return false;
                values!.set(each.value, { type: old.type, data: each.data });
                return true;
              }
            }
          });
          const { sinks, input } = files(originals[0]!, originals.slice(1));
          const plan = planEdit(input, possible);
          made += possible.length;
          applyWrites(sinks, plan);
          const read = openHive(sinks[0]!);
          expect(new Map([...modelOf(read)].sort())).toEqual(new Map([...model].sort()));
          expect(read.state).toBe('clean');
          if (!isDirty) checkCells(sinks[0]!.bytes);
          for (const key of model.keys()) listsOf(sinks[0]!.bytes, key);
          undoWrites(sinks, plan.undo);
          expect(sinks.map((sink) => sink.bytes)).toEqual(originals);
        },
      ),
      { numRuns: 250 },
    );
    expect(made).toBeGreaterThan(500);
  });
});
