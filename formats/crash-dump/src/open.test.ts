import { exceptionRecord, header32, keptName, type WriteKind, writeDump } from '@winmedic/labs/dump-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recogniseDump } from './index.ts';
import { described, expected, MODULES, open, PAGED } from './test-dumps.ts';

const KIND_NUMBERS: Readonly<Record<WriteKind, number>> = {
  full: 1,
  kernel: 2,
  triage: 4,
  bitmap: 5,
  'live-bitmap': 6,
  'kernel-ranges': 8,
  'kernel-user-ranges': 9,
  'complete-ranges': 10,
};

describe.each(['triage', ...PAGED] as const)('a dump of kind %s', (kind) => {
  it.each(['x64', 'arm64'] as const)('of %s gives back what was written', (machine) => {
    const { dump, damages } = open(writeDump(described(kind, { machine })));
    expect(damages).toEqual([]);
    expect(dump).toMatchObject({
      kind,
      dumpType: KIND_NUMBERS[kind],
      machine,
      bugCheck: { rawCode: 0x1000007e, code: 0x7e, parameters: described(kind).parameters },
      systemTime: 132_583_451_029_877_657n,
      upTime: 37_470_697n,
      build: 22_631,
      processors: 16,
      productType: 3,
      suiteMask: 0x110,
      bootId: 77,
      live: false,
      comment: undefined,
      instructionPointer: 0xfffff804_8b58334cn,
      stackPointer: 0xffff8504_29892120n,
      modulesUnavailable: undefined,
      stackUnavailable: undefined,
    });
    expect(dump.modules).toEqual(expected(MODULES));
    expect(dump.stack.map((hit) => [hit.slot, hit.module.name, hit.offset])).toEqual([
      [0, 'ntoskrnl.exe', 0x40f4e1n],
      [2, 'vendor.sys', 0x334cn],
      [3, 'ntoskrnl.exe', 0n],
      [5, 'guard.sys', 0x10n],
    ]);
  });

  it('says of unset fields that they are unset', () => {
    const { dump, damages } = open(writeDump({ kind, code: 0xd1, modules: MODULES }));
    expect(damages).toEqual([]);
    for (const field of ['systemTime', 'upTime', 'productType', 'suiteMask', 'bootId', 'comment', 'live', 'exception'] as const) {
      expect(dump[field], field).toBeUndefined();
    }
    expect(dump.instructionPointer).toBeUndefined();
    expect(dump.stackUnavailable).toBeDefined();
    expect(dump.stack).toEqual([]);
  });
});

describe('the header', () => {
  it('takes the bit of the minidump twin off, but not from codes that merely contain it', () => {
    for (const [raw, code] of [
      [0x1000007e, 0x7e],
      [0x100000ea, 0xea],
      [0xdeaddead, 0xdeaddead],
      [0xc000021a, 0xc000021a],
      [0x139, 0x139],
    ] as const) {
      expect(open(writeDump(described('triage', { code: raw }))).dump.bugCheck).toMatchObject({ rawCode: raw, code });
    }
  });

  it('tells a live dump by its attributes, not by its type', () => {
    expect(open(writeDump(described('live-bitmap', { attributes: 0 }))).dump.live).toBe(false);
    expect(open(writeDump(described('live-bitmap', { attributes: 0x10 }))).dump.live).toBe(true);
  });

  it('gives the comment', () => {
    expect(open(writeDump(described('triage', { comment: 'Kernel dump' }))).dump.comment).toBe('Kernel dump');
  });

  it('reads what a 32-bit dump has in its header and says that the rest is not read', () => {
    const bytes = header32({
      code: 0x1000008e,
      parameters: [0xc0000005, 0x8054a1b2, 0xb8a3c4d0, 0],
      build: 7601,
      processors: 2,
      dumpType: 4,
      systemTime: 129_000_000_000_000_000n,
      upTime: 600_000_000n,
      productType: 1,
    });
    const { dump } = open(bytes);
    expect(dump).toMatchObject({
      kind: 'triage',
      machine: 'x86',
      build: 7601,
      processors: 2,
      bugCheck: { code: 0x8e, parameters: [0xc0000005n, 0x8054a1b2n, 0xb8a3c4d0n, 0n] },
      systemTime: 129_000_000_000_000_000n,
      upTime: 600_000_000n,
      productType: 1,
      modulesUnavailable: { reason: 'not-in-this-kind' },
      stackUnavailable: { reason: 'not-in-this-kind' },
    });
    expect(dump.readMemory(0x8054a1b2n, 4)).toBeUndefined();
  });

  it('is recognised by eight bytes', () => {
    expect(recogniseDump(writeDump(described('full')).subarray(0, 8))).toBe('kernel');
    expect(recogniseDump(new TextEncoder().encode('PAGEDUMP'))).toBe('kernel');
    expect(recogniseDump(new TextEncoder().encode('MDMP\x93\xa7\0\0'))).toBe('user');
    expect(recogniseDump(new TextEncoder().encode('PAGE'))).toBeUndefined();
    expect(recogniseDump(new Uint8Array())).toBeUndefined();
  });
});

describe('exceptions', () => {
  const record = { code: 0xc0000005, address: 0xfffff804_8b58334cn, information: [1n, 0xffffffff_ffffffffn] };
  const at = 0xffff8504_29891ee8n;
  const header = { code: 0x80000003, address: 0xfffff804_7bdf5a80n };

  it.each(['triage', ...PAGED] as const)('of a 0x7E in a %s dump are read through its memory', (kind) => {
    const dump = open(
      writeDump(described(kind, { memory: [{ address: at, bytes: exceptionRecord(record) }], headerException: header })),
    ).dump;
    expect(dump.exception).toEqual({ ...record, flags: 0, from: 'parameter' });
  });

  it('are the header’s, marked so, when the memory is not in the dump or holds another code', () => {
    expect(open(writeDump(described('triage', { headerException: header }))).dump.exception).toMatchObject({ ...header, from: 'header' });
    const other = exceptionRecord({ ...record, code: 0xc0000094 });
    const dump = open(writeDump(described('triage', { headerException: header, memory: [{ address: at, bytes: other }] }))).dump;
    expect(dump.exception).toMatchObject({ ...header, from: 'header' });
  });

  it('of a 0x139 are at parameter 3, of a 0x8E nowhere: its parameter 3 is a trap frame', () => {
    const memory = [{ address: at, bytes: exceptionRecord(record) }];
    const parameters = [3n, 0xffff8504_29891000n, at, 0n] as const;
    expect(open(writeDump(described('triage', { code: 0x139, parameters, memory }))).dump.exception?.from).toBe('parameter');
    expect(open(writeDump(described('triage', { code: 0x8e, parameters, memory }))).dump.exception).toBeUndefined();
  });
});

describe('memory', () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);
  const address = 0xffff9b00_02300f80n;

  it.each(['triage', ...PAGED] as const)('of a %s dump is given exactly or not at all', (kind) => {
    const { dump } = open(writeDump(described(kind, { memory: [{ address, bytes }] })));
    expect(dump.readMemory(address, 10_000)).toEqual(bytes);
    expect(dump.readMemory(address + 4095n, 3)).toEqual(bytes.subarray(4095, 4098));
    expect(dump.readMemory(address, 0)).toEqual(new Uint8Array());
    expect(dump.readMemory(address + 9_000n, 8192)).toBeUndefined();
    expect(dump.readMemory(0n, 1)).toBeUndefined();
    expect(dump.readMemory((1n << 64n) - 4n, 8)).toBeUndefined();
    expect(dump.readMemory(-8n, 8)).toBeUndefined();
    expect(dump.readMemory(0x1234_5678_9abc_def0n, 8)).toBeUndefined();
    expect(dump.readMemory(address, 1e9)).toBeUndefined();
    expect(dump.readMemory(address, 0.5)).toBeUndefined();
  });

  it('of a small dump is read across neighbouring pieces, and the saved stack is part of it', () => {
    const memory = [
      { address: address + 100n, bytes: bytes.subarray(100, 300) },
      { address, bytes: bytes.subarray(0, 100) },
    ];
    const { dump } = open(writeDump(described('triage', { memory })));
    expect(dump.readMemory(address + 50n, 200)).toEqual(bytes.subarray(50, 250));
    expect(dump.readMemory(dump.stackPointer!, 8)).toEqual(new Uint8Array([0xe1, 0xf4, 0xe0, 0x7b, 0x04, 0xf8, 0xff, 0xff]));
  });
});

describe('unloaded drivers of dumps of whole pages', () => {
  const drivers = Array.from({ length: 7 }, (_, index) => ({
    name: `unloaded_with_a_long_name_${index}.sys`,
    start: 0xfffff804_90000000n + BigInt(index) * 0x100000n,
    end: 0xfffff804_90008000n + BigInt(index) * 0x100000n,
  }));

  it.each(PAGED)('of kind %s are read newest first, wherever the ring begins', (kind) => {
    for (const [count, unloadedBefore] of [
      [7, 0],
      [7, 47],
      [1, 49],
      [0, 3],
    ] as const) {
      const unloaded = drivers.slice(0, count);
      const { dump, damages } = open(writeDump(described(kind, { unloaded, unloadedBefore })));
      expect(damages).toEqual([]);
      expect(dump.unloaded).toEqual(unloaded);
      expect(dump.unloadedUnavailable).toBeUndefined();
    }
  });

  it('fill the ring', () => {
    const unloaded = Array.from({ length: 50 }, (_, index) => ({ ...drivers[index % 7]!, name: `n${index}.sys` }));
    expect(open(writeDump(described('full', { unloaded, unloadedBefore: 31 }))).dump.unloaded).toEqual(unloaded);
  });

  it('are said to be unknown when the header or the memory does not lead to them', () => {
    expect(open(writeDump(described('bitmap'))).dump.unloadedUnavailable).toMatchObject({ reason: 'bad-data' });
    for (const address of [0xfffff804_7c640770n, 0xfffff804_7c62a308n, 0xffff9b00_06000010n]) {
      const { dump } = open(writeDump(described('bitmap', { unloaded: drivers, omit: [{ what: 'page', address }] })));
      expect(dump.unloaded).toEqual([]);
      expect(dump.unloadedUnavailable).toMatchObject({ reason: 'page-missing' });
    }
    // An entry whose name is gone is left out, the others stay.
    const { dump } = open(writeDump(described('bitmap', { unloaded: drivers, omit: [{ what: 'page', address: 0xffff9b00_06100000n }] })));
    expect(dump.unloaded).toEqual([]);
    expect(dump.unloadedUnavailable).toMatchObject({ reason: 'page-missing', address: 0xffff9b00_06100000n });
  });

  it('are not read from an encoded block', () => {
    const bytes = writeDump(described('full', { unloaded: drivers }));
    for (let at = 0x2000; at < bytes.length; at += 8)
      if (bytes[at] === 0x4b && bytes[at + 1] === 0x44 && bytes[at + 2] === 0x42) bytes[at] = 0x99;
    expect(open(bytes).dump).toMatchObject({ unloaded: [], unloadedUnavailable: { reason: 'bad-data' } });
  });
});

describe('small dumps', () => {
  it('give unloaded drivers with the twelve characters Windows keeps', () => {
    const unloaded = [
      { name: 'dam.sys', start: 0xfffff804_87de0000n, end: 0xfffff804_87dfc000n },
      { name: 'dump_storport.sys', start: 0xfffff804_79d30000n, end: 0xfffff804_79d42000n },
    ];
    const { dump, damages } = open(writeDump(described('triage', { unloaded })));
    expect(damages).toEqual([]);
    expect(dump.unloaded).toEqual(unloaded.map((driver) => ({ ...driver, name: keptName(driver.name) })));
    expect(dump.unloaded[1]?.name).toBe('dump_storpor');
  });

  it('give the driver the kernel noted', () => {
    expect(open(writeDump(described('triage', { brokenDriver: 'vendor.sys' }))).dump.brokenDriver).toBe('vendor.sys');
    expect(open(writeDump(described('triage'))).dump.brokenDriver).toBeUndefined();
  });

  it.each([0x90, 0x98, 0xa0])('find out that driver entries have %i bytes', (driverEntryBytes) => {
    const { dump, damages } = open(writeDump(described('triage', { driverEntryBytes })));
    expect(damages).toEqual([]);
    expect(dump.modules).toEqual(expected(MODULES));
  });
});

describe('return addresses', () => {
  const vendor = MODULES[3]!.base + 0x334cn;
  // Any signature: bits 63:56 and 54:47; bit 55 stays.
  const signatures = [0xffff_8000_0000_0000n, 0x00ff_8000_0000_0000n, 0x1280_0000_0000_0000n, 0xffd5_0000_0000_0000n];
  const stack = signatures.map((signature) => (vendor & 0x7fff_ffff_ffffn) | signature);

  it.each(['triage', 'bitmap'] as const)('signed on ARM64 are found in a %s dump', (kind) => {
    const { dump } = open(writeDump(described(kind, { machine: 'arm64', stack })));
    expect(dump.stack.map((hit) => [hit.slot, hit.address, hit.offset])).toEqual(stack.map((_, slot) => [slot, vendor, 0x334cn]));
  });

  it('are taken as they are on x64, and user addresses are none on ARM64', () => {
    expect(open(writeDump(described('triage', { stack }))).dump.stack.map((hit) => hit.slot)).toEqual([0]);
    const user = [vendor & 0x7fff_ffff_ffffn, vendor & 0xff7f_ffff_ffff_ffffn];
    expect(open(writeDump(described('triage', { machine: 'arm64', stack: user }))).dump.stack).toEqual([]);
  });
});

describe('modules', () => {
  it('are found by any address in them and by none outside', () => {
    const { dump } = open(writeDump(described('triage')));
    const vendor = MODULES[3]!;
    expect(dump.moduleAt(vendor.base)?.name).toBe('vendor.sys');
    expect(dump.moduleAt(vendor.base + BigInt(vendor.sizeBytes) - 1n)?.name).toBe('vendor.sys');
    expect(dump.moduleAt(vendor.base - 1n)).toBeUndefined();
    expect(dump.moduleAt(vendor.base + BigInt(vendor.sizeBytes))).toBeUndefined();
    expect(dump.moduleAt(0n)).toBeUndefined();
    expect(dump.moduleAt((1n << 64n) - 1n)).toBeUndefined();
  });

  const names = fc.stringMatching(/^[a-z0-9_あ-ん]{1,40}$/);
  const lists = fc
    .uniqueArray(
      fc.record({ slot: fc.nat({ max: 0xffff }), name: names, pages: fc.integer({ min: 1, max: 16 }), stamp: fc.nat({ max: 0xffffffff }) }),
      {
        minLength: 1,
        maxLength: 60,
        selector: (one) => one.slot,
      },
    )
    .map((list) =>
      list.map(({ slot, name, pages, stamp }) => ({
        path: `\\SystemRoot\\System32\\drivers\\${name}.sys`,
        base: 0xfffff804_00000000n + BigInt(slot) * 0x10000n,
        sizeBytes: pages * 4096,
        checksum: stamp ^ 0x1234,
        timeDateStamp: stamp,
      })),
    )
    .map((list) => list.map((one) => ({ ...one, checksum: one.checksum >>> 0 })));

  it('of any list are read as written, in its order, whatever the kind, processor, page size and place', () => {
    fc.assert(
      fc.property(
        lists,
        fc.constantFrom('triage' as const, ...PAGED),
        fc.constantFrom('x64' as const, 'arm64' as const),
        fc.constantFrom('4 KiB' as const, '2 MiB' as const, '1 GiB' as const),
        fc.constantFrom(4 as const, 5 as const),
        fc.integer({ min: 0, max: 0xfff }).map((offset) => offset & ~7),
        (modules, kind, machine, listPages, levels, entryOffset) => {
          const paging = machine === 'arm64' ? {} : { levels };
          const { dump, damages } = open(writeDump(described(kind, { modules, machine, listPages, entryOffset, ...paging })));
          expect(damages).toEqual([]);
          expect(dump.modulesUnavailable).toBeUndefined();
          expect(dump.modules).toEqual(expected(modules));
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('the stamp of a module in a dump of whole pages', () => {
  it.each([
    [9600, 0],
    [10_240, 0xfe185fa8],
  ])('of build %i is given only where its place is known', (build, stamp) => {
    const { dump } = open(writeDump(described('full', { build })));
    expect(dump.modules.map((module) => module.timeDateStamp)).toEqual(MODULES.map(() => stamp));
    expect(dump.modules.map((module) => module.checksum)).toEqual(MODULES.map((module) => module.checksum));
  });
});
