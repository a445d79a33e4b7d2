import { type Damage, memorySource } from '@winmedic/bytes';
import { type HiveKey, type HiveLogFile, openHive } from '@winmedic/registry-hive';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeDirtyHive, writeHive } from './index.ts';
import { anyChanges, anyHive } from './test-arbitrary.ts';
import { type CheckedKey, checkHive } from './test-check.ts';

const latin = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

/** A key as the reader gives it, in the form of {@link checkHive}. */
function read(key: HiveKey): CheckedKey {
  return {
    name: key.name,
    lastWritten: key.lastWritten,
    className: key.className() ?? '',
    security: latin(key.security() ?? new Uint8Array()),
    values: [...key.values()].map((value) => ({ name: value.name, type: value.type, data: value.data() })),
    keys: [...key.subkeys()].map(read),
  };
}

const log = (name: string, bytes: Uint8Array): HiveLogFile => ({ name, source: memorySource(bytes) });

describe('what is written and read again', () => {
  it('is the same tree, and every key and value is found by its name', () => {
    fc.assert(
      fc.property(anyHive, (description) => {
        const bytes = writeHive(description);
        const damages: Damage[] = [];
        const hive = openHive(memorySource(bytes), { onDamage: (damage) => damages.push(damage) });
        const expected = checkHive(bytes);
        expect(read(hive.root!)).toEqual(expected);
        expect([damages, hive.state, hive.header.lastWritten]).toEqual([[], 'clean', description.savedAt]);
        const look = (key: CheckedKey, path: string): void => {
          const found = hive.key(path.toLowerCase())!;
          expect(found.name).toBe(key.name);
          for (const value of key.values) expect(found.value(value.name.toLowerCase())!.data()).toEqual(value.data);
          for (const child of key.keys) look(child, path === '' ? child.name : `${path}\\${child.name}`);
        };
        look(expected, '');
      }),
      { numRuns: 100 },
    );
  });

  it('is the state after the last log entry, whichever log comes first and in whichever order they are handed over', () => {
    fc.assert(
      fc.property(
        anyHive.chain((description) =>
          fc.tuple(
            fc.constant(description),
            anyChanges(description),
            fc.constantFrom('new' as const, 'old' as const),
            fc.nat(3),
            fc.boolean(),
          ),
        ),
        ([description, batches, format, splitAt, swapped]) => {
          const made = writeDirtyHive(description, batches, {
            format,
            splitAt,
            firstLog: swapped ? 2 : 1,
            firstSequence: description.sequence! + 50,
          });
          const logs = [log('LOG1', made.log1), log('LOG2', made.log2)];
          const hive = openHive(memorySource(made.hive), { logs: splitAt % 2 === 0 ? logs : logs.reverse() });
          expect(read(hive.root!)).toEqual(checkHive(made.after));
          expect(hive.state).toBe('replayed');
          // Without its logs the hive is what it was before.
          if (format === 'new') expect(read(openHive(memorySource(made.hive)).root!)).toEqual(checkHive(writeHive(description)));
        },
      ),
      { numRuns: 100 },
    );
  });
});
