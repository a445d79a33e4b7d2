import { memorySource } from '@winmedic/bytes';
import { listPlaces, type WriteKind, writeDump } from '@winmedic/labs/dump-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DumpError } from './errors.ts';
import { openDump } from './open.ts';
import { described, expected, MODULES, open, PAGED } from './test-dumps.ts';
import { fuzzDump } from './test-touch.ts';

function refusal(bytes: Uint8Array): string | undefined {
  try {
    openDump(memorySource(bytes));
    return undefined;
  } catch (error) {
    if (error instanceof DumpError) return error.code;
    throw error;
  }
}

const text = (value: string): Uint8Array => Uint8Array.from(value, (char) => char.charCodeAt(0));
const u32 = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const out = bytes.slice();
  new DataView(out.buffer).setUint32(at, value, true);
  return out;
}
function patched64(bytes: Uint8Array, at: number, value: bigint): Uint8Array {
  const out = bytes.slice();
  new DataView(out.buffer).setBigUint64(at, value, true);
  return out;
}

describe('what is no kernel dump is refused by name', () => {
  it.each([
    ['nothing', new Uint8Array(), 'DUMP_EMPTY'],
    ['a page of zeros', new Uint8Array(0x3000), 'DUMP_ZERO_FILLED'],
    ['one zero', new Uint8Array(1), 'DUMP_ZERO_FILLED'],
    ['a program’s minidump', text('MDMP\x93\xa7\0\0\x0d\0\0\0'), 'DUMP_USER_MODE'],
    ['gzip', text('\x1f\x8b\x08\0\0\0\0\0'), 'DUMP_COMPRESSED'],
    ['xz', text('\xfd7zXZ\0\0\x04'), 'DUMP_COMPRESSED'],
    ['7z', text('7z\xbc\xaf\x27\x1c\0\x04'), 'DUMP_COMPRESSED'],
    ['zip', text('PK\x03\x04\x14\0\0\0'), 'DUMP_COMPRESSED'],
    ['cab', text('MSCF\0\0\0\0\x10\0\0\0'), 'DUMP_COMPRESSED'],
    ['zstd', text('\x28\xb5\x2f\xfd\0\0\0\0'), 'DUMP_COMPRESSED'],
    ['a log', text('ElfFile\0\0\0\0\0\0\0\0\0'), 'DUMP_NOT_DUMP'],
    ['text', text('PAGE of a book'), 'DUMP_NOT_DUMP'],
    ['a cut signature', text('PAGEDU'), 'DUMP_HEADER_TRUNCATED'],
    ['a signature alone', text('PAGEDU64'), 'DUMP_HEADER_TRUNCATED'],
    ['a 32-bit signature alone', text('PAGEDUMP'), 'DUMP_HEADER_TRUNCATED'],
  ])('%s', (_, bytes, code) => expect(refusal(bytes)).toBe(code));

  it('an encrypted dump by its attributes; a decrypted one is read', () => {
    expect(refusal(writeDump(described('bitmap', { attributes: 0x100 })))).toBe('DUMP_ENCRYPTED');
    expect(refusal(writeDump(described('bitmap', { attributes: 0x300 })))).toBeUndefined();
    // Unset attributes (PAGE) have that bit by chance.
    expect(refusal(writeDump({ kind: 'bitmap', code: 1, modules: [] }))).toBeUndefined();
  });
});

describe.each(['triage', ...PAGED] as readonly WriteKind[])('a dump of kind %s', (kind) => {
  const whole = writeDump(described(kind, { memory: [{ address: 0xffff9b00_02300000n, bytes: new Uint8Array(100).fill(7) }] }));

  it('cut at any length gives its header or is refused, and no module that was not written', () => {
    const all = expected(MODULES);
    const lengths = [...Array(0x220).keys()].map((step) => Math.min(whole.length, step * 0x10 + (step % 3)));
    for (let length = 0x2000; length < whole.length; length += Math.max(1, Math.floor(whole.length / 400))) lengths.push(length);
    for (const length of lengths) {
      const bytes = whole.subarray(0, length);
      fuzzDump(bytes);
      if (length < 0x1058) {
        if (length < 0xf9c) expect(refusal(bytes)).toMatch(/^DUMP_(EMPTY|HEADER_TRUNCATED|NOT_DUMP)$/);
        continue;
      }
      const { dump, damages } = open(bytes);
      expect(dump.bugCheck.code).toBe(0x7e);
      if (length < whole.length) expect(damages.map((damage) => damage.code)).toContain('DUMP_TRUNCATED');
      for (const module of dump.modules) {
        const original = all.find((one) => one.base === module.base);
        expect(original).toBeDefined();
        if (module.name !== '') expect(module.name).toBe(original!.name);
      }
      if (dump.modules.length < MODULES.length) expect(dump.modulesUnavailable).toBeDefined();
    }
  });

  it('with its data zeroed says so or gives nothing', () => {
    const bytes = whole.slice();
    bytes.fill(0, 0x2000);
    const { dump, damages } = open(bytes);
    expect(dump.bugCheck.code).toBe(0x7e);
    expect(dump.modules).toEqual([]);
    expect(dump.modulesUnavailable).toBeDefined();
    expect(damages.length).toBeGreaterThan(0);
  });

  it('with random bytes changed never fails otherwise than by a code', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 40 }),
        (changes) => {
          const bytes = whole.slice();
          for (const [at, value] of changes) bytes[at] = value;
          fuzzDump(bytes);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('with extreme numbers anywhere in its tables never fails otherwise than by a code', () => {
    const at = fc.oneof(fc.nat({ max: 0x110 }), fc.integer({ min: 0x2000, max: Math.min(whole.length - 8, 0x2100) }), fc.constant(0xf98));
    const value = fc.constantFrom(0n, 1n, 0xffn, 0x7fffffffn, 0xffffffffn, 0xffffffffffffffffn, 0x8000000000000000n, 1n << 53n, 1n << 40n);
    fc.assert(
      fc.property(fc.array(fc.tuple(at, value), { minLength: 1, maxLength: 6 }), (changes) => {
        let bytes: Uint8Array = whole;
        for (const [place, number] of changes) bytes = patched64(bytes, place & ~3, number);
        fuzzDump(bytes);
      }),
      { numRuns: 200 },
    );
  });
});

describe('counts beyond the limits', () => {
  it('of modules stop at the limit and say so', () => {
    for (const kind of ['triage', 'bitmap'] as const) {
      const { dump, damages } = open(writeDump(described(kind)), { limits: { maxModules: 2 } });
      expect(dump.modules.length).toBe(2);
      expect(dump.modulesUnavailable?.reason).toBe('bad-data');
      expect(damages.map((damage) => damage.code)).toContain('DUMP_LIMIT');
    }
  });

  it('of ranges, blocks and stack words stop at the limit and say so', () => {
    const ranges = open(writeDump(described('kernel-ranges', { listPages: '2 MiB' })), { limits: { maxRuns: 1 } });
    expect(ranges.damages.map((damage) => damage.code)).toContain('DUMP_LIMIT');
    const memory = [0, 1, 2].map((n) => ({ address: 0xffff9b00_00000000n + BigInt(n) * 0x1000n, bytes: new Uint8Array(8).fill(1) }));
    const blocks = open(writeDump(described('triage', { memory })), { limits: { maxDataBlocks: 1 } });
    expect(blocks.damages.map((damage) => damage.code)).toEqual(['DUMP_LIMIT']);
    expect(blocks.dump.readMemory(memory[0]!.address, 8)).toBeDefined();
    expect(blocks.dump.readMemory(memory[2]!.address, 8)).toBeUndefined();
    const stack = open(writeDump(described('triage')), { limits: { maxStackBytes: 8 } });
    expect(stack.dump.stack.map((hit) => hit.slot)).toEqual([0]);
    expect(stack.damages.map((damage) => damage.code)).toEqual(['DUMP_LIMIT']);
  });

  it('of unloaded drivers are no reason to read megabytes', () => {
    const bytes = writeDump(described('triage', { unloaded: [{ name: 'a.sys', start: 0xfffff804_90000000n, end: 0xfffff804_90008000n }] }));
    const { dump, damages } = open(patched64(bytes, u32(bytes, 0x2018), 1n << 60n));
    expect(dump.unloaded).toEqual([]);
    expect(damages.map((damage) => damage.code)).toEqual(['DUMP_UNLOADED_LIST']);
  });

  it('of runs in a header are refused', () => {
    const { dump, damages } = open(patched(writeDump(described('full')), 0x88, 43));
    expect(dump.modulesUnavailable?.reason).toBe('bad-data');
    expect(damages.map((damage) => damage.code)).toEqual(['DUMP_PHYSICAL_RUNS']);
  });
});

describe('lists that lie', () => {
  /** File offset of the 16 link bytes {next, previous} in a full dump. */
  function linkOffset(bytes: Uint8Array, next: bigint, previous: bigint): number {
    const view = new DataView(bytes.buffer);
    for (let at = 0x2000; at + 16 <= bytes.length; at += 8) {
      if (view.getBigUint64(at, true) === next && view.getBigUint64(at + 8, true) === previous) return at;
    }
    throw new Error('no such links');
  }
  const bytes = writeDump(described('full'));
  const { entries } = listPlaces(described('full'));

  it('a link that is not answered ends the list there; the other end is still read', () => {
    const at = linkOffset(bytes, entries[3]!, entries[1]!);
    const { dump, damages } = open(patched64(bytes, at, entries[4]!));
    expect(dump.modules).toEqual(expected(MODULES));
    expect(dump.modulesUnavailable).toMatchObject({ reason: 'bad-data', address: entries[4] });
    expect(damages.map((damage) => damage.code)).toEqual(['DUMP_MODULE_LIST']);
  });

  it('a loop ends where it closes', () => {
    const { dump, damages } = open(patched64(bytes, linkOffset(bytes, entries[3]!, entries[1]!), entries[0]!));
    expect(dump.modules).toEqual(expected(MODULES));
    expect(dump.modulesUnavailable).toMatchObject({ reason: 'bad-data', address: entries[0] });
    expect(damages.map((damage) => damage.code)).toEqual(['DUMP_LOOP']);
  });

  it('an image of impossible size is left out, the others stay', () => {
    const at = linkOffset(bytes, entries[3]!, entries[1]!);
    const { dump, damages } = open(patched(bytes, at + 0x40, 0xffffffff));
    expect(dump.modules).toEqual(expected(MODULES.filter((_, index) => index !== 2)));
    expect(damages.map((damage) => damage.code)).toEqual(['DUMP_MODULE']);
  });

  it('a list head that was never set is no place to look', () => {
    for (const head of [0n, 0x4547415045474150n]) {
      const { dump, damages } = open(patched64(bytes, 0x20, head));
      expect(dump.modules).toEqual([]);
      expect(dump.modulesUnavailable?.reason).toBe('bad-data');
      expect(damages.map((damage) => damage.code)).toEqual(['DUMP_HEADER_FIELD']);
    }
  });

  it('an unfinished small dump is told by its missing mark', () => {
    const triage = writeDump(described('triage'));
    expect(open(patched(triage, triage.length - 4, 0)).damages.map((damage) => damage.code)).toEqual(['DUMP_ZEROED']);
  });

  it('names outside the string pool are not read', () => {
    const triage = writeDump(described('triage'));
    const { dump, damages } = open(patched(triage, u32(triage, 0x2030) + 4 * 0x90, 0x40));
    expect(dump.modules.map((module) => module.name)).toEqual(['ntoskrnl.exe', 'hal.dll', 'storport.sys', 'vendor.sys', '']);
    expect(damages.map((damage) => damage.code)).toEqual(['DUMP_MODULE']);
  });

  it.each([0x78, 0x80, 0x88])('driver entries that seem to have %i bytes are not read as such', (size) => {
    let triage = writeDump(described('triage'));
    const [drivers, pool] = [u32(triage, 0x2030), u32(triage, 0x2038)];
    for (let index = 0; index < MODULES.length; index++) triage = patched(triage, drivers + index * 0x90, 0);
    for (let index = 0; index < MODULES.length; index++) triage = patched(triage, drivers + index * size, pool);
    // Also at the very end of the file, where a wrong size would read past it.
    for (const bytes of [triage, triage.subarray(0, drivers + MODULES.length * size)]) {
      fuzzDump(bytes);
      for (const module of open(bytes).dump.modules) expect(MODULES.map((one) => one.base)).toContain(module.base);
    }
  });

  it('overlapping runs have one answer', () => {
    const memory = [{ address: 0xffff9b00_00000000n, bytes: new Uint8Array(500_000).fill(9) }];
    const runs = writeDump(described('full', { memory }));
    expect(u32(runs, 0x88)).toBeGreaterThan(1);
    // The second run claims to be the first one's pages.
    const { dump, damages } = open(patched(runs, 0x98 + 16, u32(runs, 0x98)));
    expect(damages.map((damage) => damage.code)).toContain('DUMP_PHYSICAL_RUNS');
    expect(dump.modules).toEqual(expected(MODULES));
  });
});

describe('a dump of any size', () => {
  it('is read at offsets, never as a whole', () => {
    const bytes = writeDump(described('bitmap', { listPages: '1 GiB' }));
    let read = 0;
    const source = {
      // What lies behind is never needed.
      sizeBytes: bytes.length + 2 ** 36,
      readAt: (offset: number, into: Uint8Array) => {
        read += into.length;
        return memorySource(bytes).readAt(offset, into);
      },
    };
    expect(openDump(source).modules).toEqual(expected(MODULES));
    expect(read).toBeLessThan(1 << 20);
  });

  it('is read through a source that delivers a little at a time', () => {
    const bytes = writeDump(described('triage'));
    const source = {
      sizeBytes: bytes.length,
      readAt: (offset: number, into: Uint8Array) => memorySource(bytes).readAt(offset, into.subarray(0, 7)),
    };
    expect(openDump(source).modules).toEqual(expected(MODULES));
  });
});
