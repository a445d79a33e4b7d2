import { type Damage, memorySource } from '@winmedic/bytes';
import { describe, expect, it } from 'vitest';
import { HiveError, openHive, recogniseHive, valueTypeName } from './index.ts';
import { countingSource, dword, type KeySpec, sz, TestHive } from './test-hive.ts';
import type { HiveOptions } from './types.ts';

function open(made: TestHive | Uint8Array, options: HiveOptions = {}) {
  const damages: Damage[] = [];
  const bytes = made instanceof TestHive ? made.bytes : made;
  const hive = openHive(memorySource(bytes), { ...options, onDamage: (damage) => damages.push(damage) });
  return { hive, damages };
}

const many = (count: number, name: (i: number) => string): KeySpec[] => Array.from({ length: count }, (_, i) => ({ name: name(i) }));

describe('a hive', () => {
  const made = new TestHive(
    {
      name: 'ROOT',
      time: 5n,
      subkeys: [
        {
          name: 'Control',
          time: 133_000_000_000_000_001n,
          className: 'クラス',
          subkeys: [{ name: 'Terminal Server', values: [{ name: 'fDenyTSConnections', type: 4, data: dword(1) }] }],
        },
        { name: 'Größe' },
        { name: '設定' },
      ],
    },
    { primary: 7, lastWritten: 99n, fileName: '\\SystemRoot\\System32\\Config\\SYSTEM' },
  );

  it('gives its header, and is clean', () => {
    const { hive, damages } = open(made);
    expect(hive.header).toEqual({
      primarySequence: 7,
      secondarySequence: 7,
      lastWritten: 99n,
      majorVersion: 1,
      minorVersion: 5,
      rootOffset: made.offsetOf(''),
      binsDataSize: 4096,
      fileName: '\\SystemRoot\\System32\\Config\\SYS',
      flags: 0,
      checksumValid: true,
      rebuilt: false,
    });
    expect(hive.state).toBe('clean');
    expect([...hive.walk()].map((key) => key.path)).toEqual(['', 'Control', 'Control\\Terminal Server', 'Größe', '設定']);
    expect(damages).toEqual([]);
    expect(hive.image()).toEqual(made.bytes);
  });

  it('gives time, class, security and offset of a key', () => {
    const { hive } = open(made);
    const key = hive.key('Control')!;
    expect(key.lastWritten).toBe(133_000_000_000_000_001n);
    expect(key.className()).toBe('クラス');
    expect(hive.root!.className()).toBeUndefined();
    expect([...key.security()!]).toEqual([1, 0, 4, 0x80]);
    expect(key.offset).toBe(4096 + made.offsetOf('Control'));
    expect(key.subkeyCount).toBe(1);
  });

  it('finds keys and values whatever their case, and says what is not there', () => {
    const { hive } = open(made);
    expect(hive.key('\\CONTROL\\terminal server\\')?.value('FDENYTSCONNECTIONS')?.number()).toBe(1n);
    expect(hive.key('GRÖSSE')).toBeUndefined();
    expect(hive.key('GRÖßE')?.name).toBe('Größe');
    expect(hive.key('設定')?.name).toBe('設定');
    expect(hive.key('')?.path).toBe('');
    expect(hive.key('Control\\None\\Deeper')).toBeUndefined();
    expect(hive.key('Control')?.value('')).toBeUndefined();
  });

  it('is recognised by its first bytes, and told from a log', () => {
    const log = made.bytes.slice(0, 512);
    log[28] = 6;
    expect(recogniseHive(made.bytes)).toBe('hive');
    expect(recogniseHive(log)).toBe('hive-log');
    expect(recogniseHive(new Uint8Array(512))).toBeUndefined();
    expect(recogniseHive(made.bytes.subarray(0, 20))).toBeUndefined();
  });
});

describe('values', () => {
  const big = Uint8Array.from({ length: 40_000 }, (_, i) => i * 7);
  const specs: { name: string; type: number; data: Uint8Array }[] = [
    { name: '', type: 1, data: sz('default') },
    { name: 'text', type: 2, data: sz('%SystemRoot%') },
    { name: 'no end', type: 1, data: sz('abc').subarray(0, 6) },
    { name: 'odd', type: 1, data: sz('abc').subarray(0, 5) },
    { name: 'many', type: 7, data: sz('one\0two\0') },
    { name: 'many, no end', type: 7, data: sz('one\0two').subarray(0, 14) },
    { name: 'none', type: 7, data: sz('') },
    { name: 'number', type: 4, data: dword(0xffff_fffe) },
    { name: 'big endian', type: 5, data: dword(0x0100_0000) },
    { name: 'long', type: 11, data: Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0x80]) },
    { name: 'short number', type: 4, data: Uint8Array.from([1, 2]) },
    { name: 'own type', type: 0x1234, data: Uint8Array.from([1, 2, 3, 4, 5]) },
    { name: 'empty', type: 3, data: new Uint8Array(0) },
    { name: '名前', type: 3, data: Uint8Array.from([1, 2, 3]) },
    { name: 'big', type: 3, data: big },
    { name: 'one segment', type: 3, data: big.subarray(0, 16_344) },
    { name: 'one byte more', type: 3, data: big.subarray(0, 16_345) },
  ];

  it.each([3, 4, 5, 6])('are read from a hive of version 1.%i', (minor) => {
    const { hive, damages } = open(new TestHive({ name: 'ROOT', values: specs }, { minor }));
    const values = [...hive.root!.values()];
    expect(values.map(({ name, type, sizeBytes }) => ({ name, type, sizeBytes }))).toEqual(
      specs.map(({ name, type, data }) => ({ name, type, sizeBytes: data.length })),
    );
    for (const [i, value] of values.entries()) expect(value.data(), specs[i]!.name).toEqual(specs[i]!.data.slice());
    expect(damages).toEqual([]);
    expect(hive.state).toBe('clean');
  });

  it('give text, texts and numbers only where the type says so', () => {
    const { hive } = open(new TestHive({ name: 'ROOT', values: specs }));
    const value = (name: string) => hive.root!.value(name)!;
    expect(value('').text()).toBe('default');
    expect(value('text').text()).toBe('%SystemRoot%');
    expect(value('no end').text()).toBe('abc');
    expect(value('odd').text()).toBe('ab');
    expect(value('many').texts()).toEqual(['one', 'two']);
    expect(value('many, no end').texts()).toEqual(['one', 'two']);
    expect(value('none').texts()).toEqual([]);
    expect(value('number').number()).toBe(0xffff_fffen);
    expect(value('big endian').number()).toBe(1n);
    expect(value('long').number()).toBe(0x8000_0000_0000_0001n);
    expect(value('short number').number()).toBeUndefined();
    expect(value('own type').text()).toBeUndefined();
    expect(value('own type').texts()).toBeUndefined();
    expect(value('own type').number()).toBeUndefined();
    expect(value('own type').typeName).toBe('REG_0x1234');
    expect(value('long').typeName).toBe('REG_QWORD');
    expect(valueTypeName(0)).toBe('REG_NONE');
  });

  it('say where in the file their data lies', () => {
    const made = new TestHive({ name: 'ROOT', values: specs });
    const { hive } = open(made);
    for (const value of hive.root!.values()) {
      if (value.sizeBytes === 0 || value.sizeBytes > 16_344) continue;
      expect(made.bytes.slice(value.dataOffset, value.dataOffset + value.sizeBytes), value.name).toEqual(value.data());
      expect(value.inline).toBe(value.sizeBytes <= 4);
    }
  });

  it('are not read from a key that holds a predefined handle instead of a count', () => {
    const made = new TestHive({ name: 'ROOT', subkeys: [{ name: 'handle', flags: 0x40 }] });
    made.view.setUint32(made.file(made.offsetOf('handle')) + 36, 0x8000_0002, true);
    const { hive, damages } = open(made);
    expect([...hive.key('handle')!.values()]).toEqual([]);
    expect(damages).toEqual([]);
  });
});

describe('subkeys', () => {
  const names = many(25, (i) => `key ${String(i).padStart(2, '0')}`);

  it.each(['li', 'lf', 'lh', 'ri'] as const)('are listed and found in a list of kind %s', (list) => {
    const { hive, damages } = open(new TestHive({ name: 'ROOT', list, subkeys: names }));
    expect([...hive.root!.subkeys()].map((key) => key.name)).toEqual(names.map(({ name }) => name));
    for (const { name } of names) expect(hive.key(name.toUpperCase())?.name).toBe(name);
    expect(hive.key('key 99')).toBeUndefined();
    expect(damages).toEqual([]);
  });

  it.each(['li', 'lf', 'lh'] as const)('are found in a list of kind %s that is out of order or lies about its hashes', (list) => {
    const made = new TestHive({ name: 'ROOT', list, subkeys: names.toReversed() });
    if (list === 'lh') for (let i = 0; i < 25; i++) made.view.setUint32(made.file(made.offsetOf('|')) + 8 + i * 8, 1234 + i, true);
    const { hive } = open(made);
    for (const { name } of names) expect(hive.key(name)?.name).toBe(name);
  });

  it('of the same name are all listed, and told', () => {
    const { hive, damages } = open(
      new TestHive({ name: 'ROOT', subkeys: [{ name: 'a', time: 1n }, { name: 'A', time: 2n }, { name: 'b' }] }),
    );
    expect([...hive.root!.subkeys()].map((key) => key.name)).toEqual(['a', 'A', 'b']);
    expect(damages.map(({ code }) => code)).toEqual(['HIVE_DUPLICATE_KEY']);
    expect(hive.state).toBe('damaged');
  });

  it('are read without reading the rest of the hive', () => {
    const filler = Array.from({ length: 400 }, (_, i) => ({ name: `v${i}`, type: 3, data: new Uint8Array(10_000) }));
    const made = new TestHive({
      name: 'ROOT',
      subkeys: [
        { name: 'a', values: filler },
        { name: 'm', subkeys: [{ name: 'n', values: [{ name: 'v', type: 4, data: dword(3) }] }] },
        { name: 'z', values: filler },
      ],
    });
    const source = countingSource(made.bytes);
    expect(openHive(source).key('m\\n')?.value('v')?.number()).toBe(3n);
    expect(made.bytes.length).toBeGreaterThan(8_000_000);
    expect(source.bytesRead).toBeLessThan(150_000);
  });
});

describe('what is no hive', () => {
  const code = (bytes: Uint8Array, options: HiveOptions = {}): string => {
    try {
      openHive(memorySource(bytes), options);
      return 'opened';
    } catch (error) {
      return error instanceof HiveError ? error.code : String(error);
    }
  };
  it('is refused by code', () => {
    const made = new TestHive({ name: 'ROOT' });
    expect(code(new Uint8Array(0))).toBe('HIVE_EMPTY');
    expect(code(new Uint8Array(20_000))).toBe('HIVE_NOT_HIVE');
    expect(code(new TextEncoder().encode('regf'))).toBe('HIVE_NOT_HIVE');
    expect(code(made.bytes, { limits: { maxHiveBytes: 8191 } })).toBe('HIVE_TOO_LARGE');
    const log = new TestHive({ name: 'ROOT' }, { fileType: 6 });
    expect(code(log.bytes)).toBe('HIVE_NOT_HIVE');
  });
});
