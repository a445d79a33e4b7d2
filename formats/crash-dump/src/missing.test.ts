import { listPlaces, type WriteOmission, writeDump } from '@winmedic/labs/dump-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { described, expected, MODULES, open, PAGED } from './test-dumps.ts';

const places = listPlaces(described('full'));
const all = expected(MODULES);

function without(kind: (typeof PAGED)[number], omit: WriteOmission, machine: 'x64' | 'arm64' = 'x64') {
  return open(writeDump(described(kind, { machine, omit: [omit] })));
}

describe.each(PAGED)('a page that is not in a dump of kind %s', (kind) => {
  it('of the list head leaves no modules, and says which address', () => {
    const { dump, damages } = without(kind, { what: 'page', address: places.head });
    expect(dump.modules).toEqual([]);
    expect(dump.modulesUnavailable).toMatchObject({ reason: 'page-missing', address: places.head });
    expect(damages.map((damage) => damage.code)).toEqual(['DUMP_PAGE_MISSING']);
    // The stop itself is known all the same.
    expect(dump.bugCheck.code).toBe(0x7e);
  });

  it('of one entry leaves out that module only: the list is taken from both ends', () => {
    for (const [index, entry] of places.entries.entries()) {
      const { dump } = without(kind, { what: 'page', address: entry });
      expect(dump.modules).toEqual(all.filter((_, other) => other !== index));
      expect(dump.modulesUnavailable).toMatchObject({ reason: 'page-missing', address: entry });
    }
  });

  it('of a name leaves the module without a name, never with an invented one', () => {
    const { dump, damages } = without(kind, { what: 'page', address: places.names[3]! });
    expect(dump.modulesUnavailable).toBeUndefined();
    expect(dump.modules[3]).toMatchObject({ name: '', base: MODULES[3]!.base, sizeBytes: MODULES[3]!.sizeBytes });
    expect(dump.modules[3]).not.toHaveProperty('path');
    expect(damages.map((damage) => damage.code)).toEqual(['DUMP_MODULE']);
  });

  it.each([1, 2, 3, 4])('with the page table of level %i says so', (level) => {
    const { dump } = without(kind, { what: 'table', address: places.head, level });
    expect(dump.modules).toEqual([]);
    expect(dump.modulesUnavailable).toMatchObject({ reason: 'page-missing', address: places.head });
    expect(dump.modulesUnavailable?.what).toContain(`page table of level ${level}`);
  });

  it.each([
    ['transition', 'in transition'],
    ['prototype', 'prototype'],
    ['zero', 'not mapped'],
  ] as const)('because its entry is %s says so and does not follow it', (as, words) => {
    for (const machine of ['x64', 'arm64'] as const) {
      const { dump } = without(kind, { what: 'entry', address: places.entries[2]!, as }, machine);
      expect(dump.modules).toEqual(all.filter((_, index) => index !== 2));
      expect(dump.modulesUnavailable).toMatchObject({ reason: 'page-missing', address: places.entries[2] });
      expect(dump.modulesUnavailable?.what).toContain(words);
    }
  });

  it('of the stack leaves no stack and keeps the modules', () => {
    const { dump } = without(kind, { what: 'page', address: described(kind).stackPointer! });
    expect(dump.modules).toEqual(all);
    expect(dump.stack).toEqual([]);
    expect(dump.stackUnavailable).toMatchObject({ reason: 'page-missing', address: described(kind).stackPointer });
  });
});

it('any set of missing entries never adds or changes a module', () => {
  fc.assert(
    fc.property(fc.subarray([...places.entries, ...places.names]), fc.constantFrom(...PAGED), (addresses, kind) => {
      const omit = addresses.map((address) => ({ what: 'page', address }) as const);
      const { dump } = open(writeDump(described(kind, { omit })));
      for (const module of dump.modules) {
        const original = all.find((one) => one.base === module.base);
        expect(module).toEqual(module.name === '' ? { ...module, base: original?.base, checksum: original?.checksum } : original);
      }
      const missing = places.entries.some((entry) => addresses.includes(entry));
      expect(dump.modulesUnavailable !== undefined).toBe(missing);
      expect(dump.modules.length).toBe(missing ? dump.modules.length : MODULES.length);
    }),
    { numRuns: 100 },
  );
});

describe('five levels of page tables', () => {
  it('are taken when only they lead to the module list', () => {
    const { dump, damages } = open(writeDump(described('bitmap', { levels: 5 })));
    expect(damages).toEqual([]);
    expect(dump.modules).toEqual(all);
  });

  it('are not guessed when the list cannot be reached either way', () => {
    const five = listPlaces(described('bitmap', { levels: 5 }));
    const { dump } = open(writeDump(described('bitmap', { levels: 5, omit: [{ what: 'page', address: five.head }] })));
    expect(dump.modules).toEqual([]);
    expect(dump.modulesUnavailable).toBeDefined();
  });
});
