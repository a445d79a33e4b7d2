import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HiveDescription } from './index.ts';
import {
  breakLogEntry,
  changeHeader,
  changeLogEntry,
  claimCounts,
  dropLogEntry,
  dword,
  keyPlace,
  logEntryPlaces,
  loopIndexRoot,
  loopSubkey,
  sz,
  truncateHive,
  unsortSubkeys,
  writeDirtyHive,
  writeHive,
} from './index.ts';
import { marvin32 } from './marvin.ts';
import { anyChanges, anyHive } from './test-arbitrary.ts';
import { checkHive } from './test-check.ts';

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Bins of a hive after the pages of the logs are put over them, in order: what a replay does at its simplest. */
function overlaid(hive: Uint8Array, logs: readonly Uint8Array[]): Uint8Array {
  let bins = hive.slice(4096, 4096 + viewOf(hive).getUint32(40, true));
  for (const log of logs) {
    const view = viewOf(log);
    for (const { offset } of logEntryPlaces(log)) {
      const grown = new Uint8Array(view.getUint32(offset + 16, true));
      grown.set(bins);
      bins = grown;
      const count = view.getUint32(offset + 20, true);
      let data = offset + 40 + count * 8;
      for (let i = 0; i < count; i++) {
        const size = view.getUint32(offset + 44 + i * 8, true);
        bins.set(log.subarray(data, data + size), view.getUint32(offset + 40 + i * 8, true));
        data += size;
      }
    }
  }
  return bins;
}

const BASE: HiveDescription = {
  savedAt: 1000n,
  sequence: 7,
  root: { name: 'ROOT', values: [dword('a', 1)], keys: [{ name: 'K' }, { name: 'L' }] },
};
const BATCHES = [
  [{ do: 'set', path: '', value: dword('a', 2) }],
  [{ do: 'set', path: 'K', value: sz('long', 'x'.repeat(9000)) }],
  [{ do: 'delete-key', path: 'L' }],
] as const;

describe('writeDirtyHive', () => {
  it('holds in its logs all that leads from the hive to the state after', () => {
    fc.assert(
      fc.property(
        anyHive.chain((description) => fc.tuple(fc.constant(description), anyChanges(description), fc.nat(3))),
        ([description, batches, splitAt]) => {
          const { hive, log1, log2, after } = writeDirtyHive(description, batches, { splitAt, firstLog: splitAt % 2 === 0 ? 1 : 2 });
          checkHive(after);
          expect(viewOf(hive).getUint32(4, true)).not.toBe(viewOf(hive).getUint32(8, true));
          const bins = overlaid(hive, splitAt % 2 === 0 ? [log1, log2] : [log2, log1]);
          expect(bins).toEqual(after.slice(4096, 4096 + bins.length));
          expect(checkHive(writeHive(description))).toEqual(checkHive(changeHeader(hive, {})));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('numbers the entries of both logs without a gap, each log beginning with its base block’s number', () => {
    const { log1, log2 } = writeDirtyHive(BASE, BATCHES, { splitAt: 2, firstLog: 2, firstSequence: 40 });
    const sequences = (log: Uint8Array): number[] => logEntryPlaces(log).map(({ offset }) => viewOf(log).getUint32(offset + 12, true));
    expect([viewOf(log2).getUint32(4, true), ...sequences(log2)]).toEqual([40, 40, 41]);
    expect([viewOf(log1).getUint32(4, true), ...sequences(log1)]).toEqual([42, 42]);
    for (const { offset, size } of logEntryPlaces(log2)) expect((offset + size) % 4096).toBe(0);
  });

  it('writes the old format with one bit for every 512 bytes', () => {
    const { hive, log1, log2, after } = writeDirtyHive(BASE, BATCHES, { format: 'old' });
    const view = viewOf(log1);
    expect([view.getUint32(28, true), view.getUint32(4, true), view.getUint32(8, true)]).toEqual([1, 8, 8]);
    expect(view.getBigUint64(12, true)).toBe(viewOf(hive).getBigUint64(12, true));
    expect(log2).toHaveLength(0);
    const bins = hive.slice(4096);
    let at = 1024;
    for (let bit = 0; bit < bins.length / 512; bit++) {
      if ((log1[516 + (bit >> 3)]! & (1 << (bit & 7))) === 0) continue;
      bins.set(log1.subarray(at, at + 512), bit * 512);
      at += 512;
    }
    expect(at).toBe(log1.length);
    expect(bins).toEqual(after.slice(4096));
  });
});

describe('marvin32', () => {
  it('gives the hashes of the algorithm for every rest of bytes', () => {
    // Lengths 0 to 4: all four ways to close the last word give different hashes.
    const hashes = [0, 1, 2, 3, 4].map((length) => marvin32(new Uint8Array(length)).join());
    expect(new Set(hashes).size).toBe(5);
  });
});

describe('damage', () => {
  const hive = writeHive({
    root: { name: 'ROOT', keys: [{ name: 'Alpha', values: [dword('v', 1)] }, { name: 'Beta' }, { name: 'Gamma' }] },
    leafElements: 2,
  });

  it('finds the cells of a key', () => {
    const place = keyPlace(hive, 'ALPHA');
    expect(new TextDecoder('latin1').decode(hive.subarray(place.key + 80, place.key + 85))).toBe('Alpha');
    expect(place.values).toHaveLength(1);
    expect(keyPlace(hive, '').subkeys).toHaveLength(3);
    expect(() => keyPlace(hive, 'Delta')).toThrow(RangeError);
  });

  it.each<[string, Uint8Array, string]>([
    ['a subkey that is its own parent', loopSubkey(hive, ''), 'list|key|cell'],
    ['an index root that points to itself', loopIndexRoot(hive, ''), 'list'],
    ['a subkey count beyond the list', claimCounts(hive, '', { subkeys: 99 }), 'subkey count'],
    ['a value count beyond the list', claimCounts(hive, 'Alpha', { values: 0x7fff_ffff }), 'value list'],
    ['a list out of order', unsortSubkeys(hive, ''), 'order of subkeys'],
    ['a wrong checksum', changeHeader(hive, { checksum: false }), 'checksum'],
    ['a cut file', truncateHive(hive, 5000), 'bins size'],
  ])('makes %s', (_, damaged, broken) => {
    expect(() => checkHive(damaged)).toThrow(new RegExp(broken));
    expect(() => checkHive(hive)).not.toThrow();
  });

  it('breaks, drops and changes log entries', () => {
    const { log1 } = writeDirtyHive(BASE, BATCHES);
    const sound = (log: Uint8Array): boolean[] =>
      logEntryPlaces(log).map(({ offset, size }) => {
        const [low, high] = marvin32(log.subarray(offset + 40, offset + size));
        return viewOf(log).getUint32(offset + 24, true) === low && viewOf(log).getUint32(offset + 28, true) === high;
      });
    expect(sound(log1)).toEqual([true, true, true]);
    expect(sound(breakLogEntry(log1, 1))).toEqual([true, false, true]);
    expect(sound(dropLogEntry(log1, 1))).toEqual([true, true]);
    const changed = changeLogEntry(log1, 2, { binsSize: 0x7fff_f000 });
    expect(sound(changed)).toEqual([true, true, true]);
    expect(changed).not.toEqual(log1);
  });
});
