import fc from 'fast-check';
import { upperName } from './names.ts';
import { securityDescriptor } from './security.ts';
import type { HiveChange, HiveDescription, WriteHiveKey, WriteHiveValue } from './types.ts';

/** Times from 1601 to 9999. */
export const anyTime: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: 2_650_467_743_999_999_999n });

const keyName = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9 _.{}-]{1,24}$/),
  fc.stringMatching(/^[\u00c0-\u00d6A-Za-z]{1,12}$/),
  fc.stringMatching(/^[\u3041-\u30ff\u4e00-\u9fa5A-Z]{1,12}$/),
);
const valueName = fc.oneof(fc.constant(''), keyName);
const size = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: 41, max: 5000 }) },
  // Around the sizes at which big data begins and gets another segment.
  { weight: 1, arbitrary: fc.constantFrom(16_343, 16_344, 16_345, 32_688, 32_689, 50_000) },
);
const data = fc
  .tuple(size, fc.integer({ min: 0, max: 255 }))
  .map(([length, seed]) => new Uint8Array(length).map((_, i) => (i * 31 + seed) & 0xff));

/** A value of any type with any data. */
export const anyValue: fc.Arbitrary<WriteHiveValue> = fc.record({
  name: valueName,
  type: fc.oneof(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 12, max: 0xffff_ffff })),
  data,
});
const values = fc.uniqueArray(anyValue, { maxLength: 6, selector: (value) => upperName(value.name) });
const security = fc.option(
  fc
    .integer({ min: 0, max: 4 })
    .map((n) => securityDescriptor('S-1-5-18', 'S-1-5-18', [{ sid: `S-1-5-21-1-2-3-${1000 + n}`, mask: 0x20019 }])),
  { nil: undefined, freq: 4 },
);

/** Keys nested at most so deep: more adds nothing that a walk treats differently. */
const DEPTH = 4;

const keyAt = fc.memo(
  (depth): fc.Arbitrary<WriteHiveKey> =>
    fc
      .record({
        name: keyName,
        lastWritten: fc.option(anyTime, { nil: undefined }),
        className: fc.option(keyName, { nil: undefined, freq: 5 }),
        security,
        values,
        keys:
          depth <= 1
            ? fc.constant<WriteHiveKey[]>([])
            : fc.uniqueArray(keyAt(depth - 1), { maxLength: 3, selector: (child) => upperName(child.name) }),
      })
      .map(
        ({ lastWritten, className, security: descriptor, ...rest }): WriteHiveKey => ({
          ...rest,
          ...(lastWritten === undefined ? {} : { lastWritten }),
          ...(className === undefined ? {} : { className }),
          ...(descriptor === undefined ? {} : { security: descriptor }),
        }),
      ),
);
const key = keyAt(DEPTH);

/** Many subkeys under one key, so that index roots are needed. */
const crowd = fc.integer({ min: 0, max: 40 }).map(
  (count): WriteHiveKey => ({
    name: 'Crowd',
    keys: Array.from({ length: count }, (_, i) => ({ name: `Key ${(i * 7919) % 1000}` })),
  }),
);

/** A hive of any shape, without changes. */
export const anyHive: fc.Arbitrary<HiveDescription> = fc
  .record({
    root: fc
      .tuple(key, crowd)
      .map(([root, many]) => ({ ...root, keys: [...(root.keys ?? []).filter((child) => upperName(child.name) !== 'CROWD'), many] })),
    minorVersion: fc.constantFrom(3 as const, 4 as const, 5 as const, 6 as const),
    savedAt: anyTime,
    sequence: fc.integer({ min: 1, max: 1_000_000 }),
    leafElements: fc.constantFrom(undefined, 3, 10),
    plain: fc.boolean(),
  })
  .map(({ leafElements, plain, ...rest }) => ({
    ...rest,
    ...(leafElements === undefined ? {} : { leafElements }),
    ...(plain ? { lists: 'li' as const } : {}),
  }));

/** Batches of changes that fit a hive: values set and deleted, keys added and deleted. */
export function anyChanges(description: HiveDescription): fc.Arbitrary<readonly (readonly HiveChange[])[]> {
  const paths = [''];
  const collect = (parent: WriteHiveKey, path: string): void => {
    for (const child of parent.keys ?? []) {
      const below = path === '' ? child.name : `${path}\\${child.name}`;
      paths.push(below);
      collect(child, below);
    }
  };
  collect(description.root, '');
  const set = fc.record({ do: fc.constant('set' as const), path: fc.constantFrom(...paths), value: anyValue, at: anyTime });
  return fc.array(fc.array(set, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }).chain((batches) =>
    fc.record({ from: fc.constantFrom(...paths), victim: fc.constantFrom(...paths), at: anyTime }).map(({ from, victim, at }) => [
      ...batches,
      [
        {
          do: 'add-key' as const,
          path: from,
          key: { name: 'Added later', values: [{ name: 'v', type: 3, data: new Uint8Array(3000) }] },
          at,
        },
      ],
      ...(victim === '' ? [] : [[{ do: 'delete-key' as const, path: victim, at }]]),
    ]),
  );
}
