import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HiveDescription, WriteHiveKey } from './index.ts';
import { DEFAULT_SECURITY, dword, securityDescriptor, sz, writeHive } from './index.ts';
import { upperName } from './names.ts';
import { anyChanges, anyHive } from './test-arbitrary.ts';
import type { CheckedKey } from './test-check.ts';
import { checkHive } from './test-check.ts';

const latin = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

/** What a description means, in the form of {@link checkHive}: defaults filled in, keys in order. */
function meaning(key: WriteHiveKey, time: bigint, security: Uint8Array): CheckedKey {
  const lastWritten = key.lastWritten ?? time;
  const own = key.security ?? security;
  return {
    name: key.name,
    lastWritten,
    className: key.className ?? '',
    security: latin(own),
    values: key.values ?? [],
    keys: (key.keys ?? [])
      .map((child) => meaning(child, lastWritten, own))
      .sort((a, b) => (upperName(a.name) < upperName(b.name) ? -1 : 1)),
  };
}

describe('writeHive', () => {
  it('keeps every rule of the format and every key and value, in all versions', () => {
    fc.assert(
      fc.property(anyHive, (description) => {
        expect(checkHive(writeHive(description))).toEqual(meaning(description.root, description.savedAt!, DEFAULT_SECURITY));
      }),
      { numRuns: 150 },
    );
  });

  it('keeps every rule after changes, too', () => {
    fc.assert(
      fc.property(
        anyHive.chain((description) => fc.tuple(fc.constant(description), anyChanges(description))),
        ([description, batches]) => {
          checkHive(writeHive({ ...description, changes: batches.flat() }));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('applies changes to what it wrote', () => {
    const description: HiveDescription = {
      savedAt: 5n,
      root: {
        name: 'ROOT',
        values: [sz('old', 'text'), dword('kept', 1)],
        keys: [{ name: 'Gone', values: [sz('x', 'secret')] }, { name: 'Stays' }],
      },
    };
    const hive = writeHive({
      ...description,
      changes: [
        { do: 'set', path: '', value: dword('OLD', 7), at: 9n },
        { do: 'delete-key', path: 'GONE', at: 10n },
        { do: 'add-key', path: 'stays', key: { name: 'Below' }, at: 11n },
        { do: 'delete-value', path: '', name: 'KEPT' },
      ],
    });
    const root = checkHive(hive);
    expect(root.values).toEqual([{ ...dword('old', 7) }]);
    expect(root.lastWritten).toBe(10n);
    expect(root.keys.map((key) => [key.name, key.lastWritten, key.keys.map((below) => below.name)])).toEqual([['Stays', 11n, ['Below']]]);
    // What was deleted stays behind in free cells.
    expect(latin(hive)).toContain('s\0e\0c\0r\0e\0t\0');
  });

  it('puts an index root above lists of more than one page', () => {
    const keys = Array.from({ length: 1300 }, (_, i) => ({ name: `Key ${i}` }));
    const hive = writeHive({ root: { name: 'ROOT', keys } });
    expect(checkHive(hive).keys).toHaveLength(1300);
    expect(latin(hive).split('lh\u00fa\u0001')).toHaveLength(3); // two full leaves of 506
    expect(latin(hive).split('ri\u0003\0')).toHaveLength(2);
  });

  it('shares equal security descriptors and drops the unused', () => {
    const other = securityDescriptor('S-1-5-18', 'S-1-5-18', [{ sid: 'S-1-1-0', mask: 0xf003f }]);
    const root: WriteHiveKey = { name: 'ROOT', keys: [{ name: 'A', security: other.slice(), keys: [{ name: 'B' }] }, { name: 'C' }] };
    const count = (hive: Uint8Array): number => [...latin(hive.subarray(4096)).matchAll(/sk\0\0/g)].length;
    expect(count(writeHive({ root }))).toBe(2);
    expect(checkHive(writeHive({ root, changes: [{ do: 'delete-key', path: 'A' }] })).keys).toHaveLength(1);
  });

  it('refuses what cannot be stored', () => {
    expect(() => writeHive({ root: { name: '' } })).toThrow(RangeError);
    expect(() => writeHive({ root: { name: 'R', keys: [{ name: 'a' }, { name: 'A' }] } })).toThrow('two keys named');
    expect(() => writeHive({ root: { name: 'R', values: [dword('a', 1), dword('A', 1)] } })).toThrow('two values');
    expect(() => writeHive({ root: { name: 'R' }, changes: [{ do: 'delete-key', path: 'x' }] })).toThrow('no key x');
  });
});
