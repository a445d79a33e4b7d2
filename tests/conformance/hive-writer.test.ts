import { memorySource } from '@winmedic/bytes';
import type { HiveDescription, WriteHiveKey } from '@winmedic/labs/hive-writer';
import { dword, multiSz, qword, REG, sz, writeHive } from '@winmedic/labs/hive-writer';
import { hostHives, TROUBLE_A } from '@winmedic/labs/host-state';
import { openHive } from '@winmedic/registry-hive';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { byUs, cleanUp, differences, hasPeers } from './hive-peers.ts';

/** Hives of the writer in `labs`, as our reader, reglookup, hivexml and hivexregedit give them. */
afterAll(cleanUp);

const expectSame = (bytes: Uint8Array): void => expect(differences(byUs(openHive(memorySource(bytes))), bytes)).toEqual([]);

// The tools quote control characters, commas and slashes of names each in its own way, or not at all: names hold letters of three scripts.
const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9 _.{}-]{1,20}$/),
  fc.stringMatching(/^[\u00c0-\u00d6a-z]{1,8}$/),
  fc.stringMatching(/^[\u4e00-\u9fa5]{1,8}$/),
);
const upper = (each: { readonly name: string }): string => each.name.toUpperCase();
const value = fc.oneof(
  fc.record({ name, text: fc.stringMatching(/^[ -~]{0,40}$/) }).map((each) => sz(each.name, each.text)),
  fc.record({ name, number: fc.nat(0xffff_ffff) }).map((each) => dword(each.name, each.number)),
  fc.record({ name, number: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }).map((each) => qword(each.name, each.number)),
  fc.record({ name, texts: fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { maxLength: 4 }) }).map((each) => multiSz(each.name, each.texts)),
  fc.record({ name: fc.oneof(fc.constant(''), name), type: fc.constant(REG.binary), data: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({
    name,
    type: fc.constant(REG.binary),
    data: fc.constantFrom(16_344, 16_345, 40_000).map((size) => new Uint8Array(size).fill(size & 0xff)),
  }),
);
const keyAt = fc.memo(
  (depth): fc.Arbitrary<WriteHiveKey> =>
    fc.record({
      name,
      // reglookup reckons times in floating point: the last microseconds of a second become the next one.
      lastWritten: fc.bigInt({ min: 12_591_158_400n, max: 14_000_000_000n }).map((seconds) => seconds * 10_000_000n + 1_234_567n),
      values: fc.uniqueArray(value, { maxLength: 5, selector: upper }),
      keys: depth <= 1 ? fc.constant<WriteHiveKey[]>([]) : fc.uniqueArray(keyAt(depth - 1), { maxLength: 3, selector: upper }),
    }),
);
const hive: fc.Arbitrary<HiveDescription> = fc.record({
  root: keyAt(3),
  minorVersion: fc.constantFrom(3 as const, 5 as const, 6 as const),
  leafElements: fc.constantFrom(2, 500),
  savedAt: fc.constant(131_000_000_000_000_000n),
});

describe.skipIf(!hasPeers)('hives of the writer', () => {
  it('are read the same by everyone, whatever is in them', () => {
    fc.assert(
      fc.property(hive, (description) => {
        expectSame(writeHive(description));
      }),
      { numRuns: 100 },
    );
  });

  it.each([3, 4, 5, 6] as const)('of version 1.%i with thousands of subkeys and deleted cells', (minorVersion) => {
    const keys = Array.from({ length: 2500 }, (_, i) => ({ name: `Key ${i}`, values: [dword('n', i)] }));
    expectSame(
      writeHive({
        minorVersion,
        root: { name: 'ROOT', keys },
        changes: [
          { do: 'delete-key', path: 'Key 7' },
          { do: 'set', path: 'Key 8', value: sz('text', 'x'.repeat(5000)) },
        ],
      }),
    );
  });

  it.each(['li', 'lf'] as const)('with lists of kind %s', (lists) => {
    expectSame(writeHive({ lists, root: { name: 'ROOT', keys: ['b', 'A', 'c'].map((each) => ({ name: each })) } }));
  });

  it('of a made-up host', () => {
    const { SYSTEM, SOFTWARE } = hostHives({ ...TROUBLE_A, winrm: 'troubleshooting-guide' });
    expectSame(SYSTEM);
    expectSame(SOFTWARE);
  });
});
