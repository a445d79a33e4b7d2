import { type Damage, memorySource } from '@winmedic/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HIVE_DAMAGE_CODES, HiveError, openHive } from './index.ts';
import { MAX_CACHED_BYTES, MAX_DAMAGES_REPORTED, SMALL_READ } from './limits.ts';
import { Pages } from './pages.ts';
import { Patches } from './patches.ts';
import { dword, type KeySpec, newLog, TestHive } from './test-hive.ts';
import type { HiveOptions } from './types.ts';

const TREE: KeySpec = {
  name: 'ROOT',
  list: 'ri',
  subkeys: [
    {
      name: 'a',
      className: 'c',
      values: [
        { name: 'v', type: 4, data: dword(1) },
        { name: 'big', type: 3, data: new Uint8Array(20_000) },
      ],
    },
    { name: 'b', list: 'lf', subkeys: [{ name: 'c', subkeys: [{ name: 'd', list: 'li', subkeys: [{ name: 'e' }] }] }] },
    { name: 'f' },
  ],
};

/** Reads all there is; the work done, so that loops show. */
function readAll(bytes: Uint8Array, options: HiveOptions = {}) {
  const damages: Damage[] = [];
  const paths: string[] = [];
  const hive = openHive(memorySource(bytes), { ...options, onDamage: (damage) => damages.push(damage) });
  for (const key of hive.walk()) {
    paths.push(key.path);
    key.className();
    key.security();
    for (const value of key.values()) {
      value.data();
      value.text();
      value.texts();
      value.number();
    }
  }
  for (const entry of [...hive.deleted(), ...hive.salvage()]) {
    for (const value of entry.key?.values() ?? []) value.data();
    entry.value?.data();
  }
  hive.key('b\\c\\d\\e');
  hive.image();
  return { hive, damages, paths };
}

const sound = new TestHive(TREE);
/** Paths of its keys, in order. */
const names = new Set(readAll(sound.bytes).paths);

describe('a damaged hive', () => {
  it('never throws anything but HiveError, tells known codes, and ends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sound.bytes.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 12 }),
        fc.option(fc.nat(sound.bytes.length), { nil: undefined }),
        (changes, cut) => {
          const bytes = sound.bytes.slice(0, cut);
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
          try {
            for (const { code } of readAll(bytes).damages) expect(HIVE_DAMAGE_CODES).toContain(code);
          } catch (error) {
            if (!(error instanceof HiveError)) throw error;
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('makes no keys of references that lead astray', () => {
    // Offsets of keys and lists only: names stay what they are.
    const fields: number[] = [];
    for (const path of ['', 'a', 'b', 'b\\c', 'b\\c\\d'])
      for (const field of [20, 28]) fields.push(sound.file(sound.offsetOf(path)) + field);
    for (const list of ['|', 'b|', 'b\\c|', 'b\\c\\d|']) fields.push(sound.file(sound.offsetOf(list)) + 4);
    const cells = [...sound.at.values()];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...fields), fc.constantFrom(...cells)), { minLength: 1, maxLength: 5 }), (changes) => {
        const bytes = sound.bytes.slice();
        const view = new DataView(bytes.buffer);
        for (const [at, offset] of changes) view.setUint32(at, offset, true);
        for (const path of readAll(bytes).paths) expect(names).toContain(path);
      }),
      { numRuns: 1000 },
    );
  });

  it('with logs that were altered never throws', () => {
    const made = new TestHive(TREE, { primary: 2, secondary: 1 });
    const log = newLog(made.bytes, [
      { sequence: 5, binsDataSize: made.bytes.length - 4096, pages: [{ offset: 0, data: made.bytes.slice(4096, 8192) }] },
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(log.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        fc.nat(log.length),
        (changes, cut) => {
          const bytes = log.slice(0, cut);
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
          const { hive } = readAll(made.bytes, { logs: [{ name: 'LOG1', source: memorySource(bytes) }] });
          expect(hive.logs).toHaveLength(1);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('loops and shared lists', () => {
  it('a key that lists the root is told, and the walk ends', () => {
    const made = new TestHive(TREE);
    made.view.setUint32(made.file(made.offsetOf('b\\c\\d|')) + 4, made.offsetOf(''), true);
    const { damages, paths } = readAll(made.bytes);
    expect(paths).not.toContain('b\\c\\d\\ROOT');
    expect(damages.map(({ code }) => code)).toContain('HIVE_LOOP');
  });

  it('a key is not shown under a key whose list was exchanged for another', () => {
    const made = new TestHive({
      name: 'ROOT',
      subkeys: [
        { name: 'a', subkeys: [{ name: 'of a' }] },
        { name: 'b', subkeys: [{ name: 'of b' }] },
      ],
    });
    made.view.setUint32(made.file(made.offsetOf('a')) + 28, made.offsetOf('b|'), true);
    const { damages, paths } = readAll(made.bytes);
    expect(paths).toEqual(['', 'a', 'b', 'b\\of b']);
    expect(damages.map(({ code }) => code)).toEqual(['HIVE_KEY']);
  });

  it('keys without valid parent belong to the first that lists them, also in a circle', () => {
    const made = new TestHive({ name: 'ROOT', subkeys: [{ name: 'a', subkeys: [{ name: 'b', subkeys: [{ name: 'c' }] }] }] });
    for (const path of ['a', 'a\\b']) made.view.setUint32(made.file(made.offsetOf(path)) + 16, 0x10, true);
    made.view.setUint32(made.file(made.offsetOf('a\\b|')) + 4, made.offsetOf('a'), true);
    const { damages, paths } = readAll(made.bytes);
    expect(paths).toEqual(['', 'a', 'a\\b']);
    expect(damages.map(({ code }) => code)).toEqual(['HIVE_KEY', 'HIVE_KEY', 'HIVE_LOOP']);
  });

  it('an index root inside an index root is not followed', () => {
    const made = new TestHive(TREE);
    made.view.setUint32(made.file(made.offsetOf('|')) + 4, made.offsetOf('|'), true);
    const { damages, paths } = readAll(made.bytes);
    expect(paths).toEqual(['', 'f']);
    expect(damages.map(({ code }) => code)).toContain('HIVE_SUBKEY_LIST');
  });

  it('a long list that many keys share costs no more than its size allows', () => {
    const keys = Array.from({ length: 2000 }, (_, i) => ({ name: `k${i}`, values: [{ name: 'v', type: 4, data: dword(i) }] }));
    const made = new TestHive({
      name: 'ROOT',
      subkeys: [...keys, { name: 'z', values: Array.from({ length: 4000 }, (_, i) => ({ name: `${i}`, type: 4, data: dword(i) })) }],
    });
    const list = made.offsetOf('z:|');
    for (const { name } of keys) {
      made.view.setUint32(made.file(made.offsetOf(name)) + 36, 4000, true);
      made.view.setUint32(made.file(made.offsetOf(name)) + 40, list, true);
    }
    const damages: Damage[] = [];
    const hive = openHive(memorySource(made.bytes), { onDamage: (damage) => damages.push(damage) });
    let values = 0;
    for (const key of hive.walk()) for (const _ of key.values()) values++;
    expect(values).toBeLessThan(made.bytes.length / 24 + 4000);
    expect(damages.some(({ code }) => code === 'HIVE_LIMIT')).toBe(true);
  });
});

describe('limits', () => {
  const codes = (options: HiveOptions['limits'], tree: KeySpec = TREE): string[] => [
    ...new Set(readAll(new TestHive(tree).bytes, { limits: options! }).damages.map(({ code }) => code)),
  ];
  it('end the reading and are told', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ maxDepth: 2 })).toEqual(['HIVE_LIMIT']);
    expect(codes({ maxKeys: 3 })).toEqual(['HIVE_LIMIT']);
    expect(codes({ maxSubkeys: 2 })).toEqual(['HIVE_LIMIT']);
    expect(codes({ maxValues: 1 })).toEqual(['HIVE_LIMIT']);
    expect(codes({ maxDataBytes: 100 })).toContain('HIVE_LIMIT');
    expect(codes({ maxDepth: Number.NaN, maxKeys: -1 })).toEqual([]);
  });

  it('cap the damages told, and say so', () => {
    const tree = {
      name: 'ROOT',
      values: Array.from({ length: MAX_DAMAGES_REPORTED + 10 }, (_, i) => ({ name: `${i}`, type: 4, data: dword(i) })),
    };
    const made = new TestHive(tree);
    for (const { name } of tree.values) made.free(made.offsetOf(`:${name}`));
    const damages: Damage[] = [];
    const hive = openHive(memorySource(made.bytes), { onDamage: (damage) => damages.push(damage) });
    expect([...hive.root!.values()]).toEqual([]);
    expect(damages).toHaveLength(MAX_DAMAGES_REPORTED + 1);
    expect(damages.at(-1)!.code).toBe('HIVE_DAMAGES_CAPPED');
  });
});

describe('a cut hive', () => {
  it('is read as far as it goes; what is missing is no zero', () => {
    const made = new TestHive({ name: 'ROOT', values: [{ name: 'v', type: 3, data: new Uint8Array(5) }] });
    const { view } = made;
    // The free cell at the end becomes the data, and the file ends inside it.
    const value = made.file(made.offsetOf(':v'));
    const list = 4096 + made.offsetOf(':|');
    const free = list - view.getInt32(list, true);
    const size = view.getInt32(free, true);
    view.setInt32(free, -size, true);
    made.bytes.fill(7, free + 4);
    view.setUint32(value + 4, 3000, true);
    view.setUint32(value + 8, free - 4096, true);
    const sound = openHive(memorySource(made.bytes));
    expect(sound.root!.value('v')!.data()).toEqual(new Uint8Array(3000).fill(7));
    const { hive, damages } = readAll(made.bytes.subarray(0, free + 4 + 1000));
    expect(hive.root!.value('v')!.data()).toEqual(new Uint8Array(1000).fill(7));
    expect(hive.state).toBe('damaged');
    expect(new Set(damages.map(({ code }) => code))).toEqual(new Set(['HIVE_TRUNCATED', 'HIVE_BIN']));
  });

  it('whose file delivers less than it promised is told', () => {
    const { bytes } = new TestHive(TREE);
    const damages: Damage[] = [];
    const cut = memorySource(bytes.subarray(0, 6000));
    const hive = openHive({ sizeBytes: bytes.length, readAt: cut.readAt }, { onDamage: (damage) => damages.push(damage) });
    for (const key of hive.walk()) for (const value of key.values()) value.data();
    expect(damages.map(({ code }) => code)).toContain('HIVE_TRUNCATED');
    expect(hive.state).toBe('damaged');
  });
});

describe('a log that lets the hive grow to a gigabyte', () => {
  it('costs no time for what does not exist', () => {
    const made = new TestHive(TREE, { primary: 2, secondary: 1 });
    const size = 2 ** 30;
    const bin = new Uint8Array(4096);
    const view = new DataView(bin.buffer);
    [0x6e69_6268, size - 4096, 4096].forEach((number, i) => {
      view.setUint32(i * 4, number, true);
    });
    view.setInt32(32, 4096 - 32, true);
    const log = newLog(made.bytes, [{ sequence: 5, binsDataSize: size, pages: [{ offset: size - 4096, data: bin }] }]);
    let read = 0;
    const source = memorySource(made.bytes);
    const damages: Damage[] = [];
    const hive = openHive(
      {
        sizeBytes: source.sizeBytes,
        readAt(offset, into) {
          read++;
          return source.readAt(offset, into);
        },
      },
      { logs: [{ name: 'LOG1', source: memorySource(log) }], onDamage: (damage) => damages.push(damage) },
    );
    expect([...hive.walk()].map((key) => key.path)).toEqual([...names]);
    expect([...hive.deleted(), ...hive.salvage()].length).toBeGreaterThan(0);
    expect(damages.map(({ code }) => code)).toEqual(['HIVE_TRUNCATED', 'HIVE_BIN']);
    expect(read).toBeLessThan(100);
  });
});

describe('memory', () => {
  it('holds no more than the cap, however large the hive', () => {
    const size = 4 * MAX_CACHED_BYTES;
    let reads = 0;
    const source = {
      sizeBytes: size,
      readAt(_: number, into: Uint8Array) {
        reads++;
        return into.length;
      },
    };
    const pages = new Pages(source, new Patches(), size);
    for (let at = 0; at < size; at += SMALL_READ) pages.block(at, 8);
    // The newest are still there: back to the first that has to be read again.
    const once = reads;
    let at = size;
    while (reads === once) {
      at -= SMALL_READ;
      pages.block(at, 8);
    }
    expect(size - at).toBeGreaterThan(MAX_CACHED_BYTES / 4);
    expect(size - at).toBeLessThanOrEqual(MAX_CACHED_BYTES + SMALL_READ);
  });
});
