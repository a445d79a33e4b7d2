import { driverObject, exceptionRecord, type WriteDump, writeDump } from '@winmedic/labs/dump-writer';
import { describe, expect, it } from 'vitest';
import { blame } from './blame.ts';
import { described, MODULES, open } from './test-dumps.ts';
import type { BlameTables } from './types.ts';

const [NT, , STORPORT, VENDOR, GUARD] = MODULES.map((module) => module.base) as [bigint, bigint, bigint, bigint, bigint];
const RECORD = 0xffff9b00_00100f80n;
const OBJECT = 0xffff9b00_00200000n;

const tables: BlameTables = {
  addressParameters: new Map([
    [0x7e, { parameter: 2, is: 'instruction' }],
    [0x50, { parameter: 3, is: 'instruction' }],
    [0xd1, { parameter: 4, is: 'instruction' }],
    [0x139, { parameter: 3, is: 'exception-record' }],
    [0xbe, { parameter: 1, is: 'data' }],
    [0xce, { parameter: 1, is: 'driver-object' }],
  ]),
  windowsModules: new Set(['storport.sys']),
};

function blamed(code: number, parameters: readonly [bigint, bigint, bigint, bigint], changes: Partial<WriteDump> = {}) {
  const found = blame(open(writeDump(described('triage', { code, parameters, stack: [], ...changes }))).dump, tables);
  return found === undefined ? undefined : { ...found, module: found.module.name };
}

describe('the stop’s own address', () => {
  it.each([
    [0x50, [0n, 0n, VENDOR + 0x1234n, 0n]],
    [0xd1, [0n, 0n, 0n, VENDOR + 0x1234n]],
    [0x1000007e, [0xffffffff_c0000005n, VENDOR + 0x1234n, 0n, 0n]],
  ] as const)('of stop %i names the module strongly', (code, parameters) => {
    expect(blamed(code, parameters)).toEqual({
      module: 'vendor.sys',
      offset: 0x1234n,
      address: VENDOR + 0x1234n,
      from: 'parameter',
      certainty: 'strong',
      thirdParty: true,
      others: [],
    });
  });

  it('is read through an exception record', () => {
    const memory = [{ address: RECORD, bytes: exceptionRecord({ code: 0xc0000409, address: VENDOR + 0x99n }) }];
    const found = blamed(0x139, [3n, 0n, RECORD, 0n], { memory });
    expect(found).toMatchObject({ module: 'vendor.sys', offset: 0x99n, from: 'exception', certainty: 'strong' });
  });

  it('is weak when it is only memory of a module, strong when Windows names the driver', () => {
    expect(blamed(0xbe, [VENDOR + 8n, 0n, 0n, 0n])).toMatchObject({ module: 'vendor.sys', from: 'parameter', certainty: 'weak' });
    // Whose memory it is may be the victim: another third party on the stack comes first.
    expect(blamed(0xbe, [VENDOR + 8n, 0n, 0n, 0n], { stack: [GUARD + 5n] })).toMatchObject({ module: 'guard.sys', from: 'stack' });
    const memory = [{ address: OBJECT, bytes: driverObject(VENDOR) }];
    expect(blamed(0xce, [OBJECT, 0n, 0n, 0n], { memory })).toMatchObject({ module: 'vendor.sys', offset: 0n, certainty: 'strong' });
  });

  it('in no module is no evidence', () => {
    expect(blamed(0x50, [0n, 0n, 0x1000n, 0n])).toBeUndefined();
    expect(blamed(0x139, [3n, 0n, RECORD, 0n])).toBeUndefined();
    expect(blamed(0xce, [OBJECT, 0n, 0n, 0n], { memory: [{ address: OBJECT, bytes: new Uint8Array(64).fill(1) }] })).toBeUndefined();
  });

  it('that leads nowhere gives way to the exception record', () => {
    const memory = [{ address: RECORD, bytes: exceptionRecord({ code: 0xc0000005, address: GUARD + 0x10n }) }];
    const found = blamed(0x7e, [0xffffffff_c0000005n, 0n, RECORD, 0n], { memory });
    expect(found).toMatchObject({ module: 'guard.sys', from: 'exception', certainty: 'strong' });
  });

  it('is never taken from the header’s exception, which may be stale', () => {
    expect(blamed(0x1234, [0n, 0n, 0n, 0n], { headerException: { code: 0x80000003, address: VENDOR + 1n } })).toBeUndefined();
  });
});

describe('an address in Windows itself', () => {
  const stack = [STORPORT + 0x50n, GUARD, VENDOR + 0x10n, GUARD + 0x20n, VENDOR + 0x30n];

  it('accuses the first third-party module of the stack, weakly; an image base is no return address', () => {
    expect(blamed(0xd1, [0n, 0n, 0n, NT + 0x77n], { stack })).toEqual({
      module: 'vendor.sys',
      offset: 0x10n,
      address: VENDOR + 0x10n,
      from: 'stack',
      certainty: 'weak',
      thirdParty: true,
      others: ['guard.sys'],
    });
    expect(blamed(0xd1, [0n, 0n, 0n, STORPORT + 0x77n], { stack })).toMatchObject({
      module: 'vendor.sys',
      from: 'stack',
      certainty: 'weak',
    });
  });

  it('names the module of Windows when no third party is there, as such', () => {
    expect(blamed(0xd1, [0n, 0n, 0n, STORPORT + 0x77n], { stack: [NT + 5n] })).toMatchObject({
      module: 'storport.sys',
      offset: 0x77n,
      from: 'parameter',
      certainty: 'strong',
      thirdParty: false,
      others: [],
    });
  });

  it('accuses nobody when it is the kernel and nobody else is there', () => {
    expect(blamed(0xd1, [0n, 0n, 0n, NT + 0x77n], { stack: [NT + 5n, STORPORT + 5n] })).toBeUndefined();
  });

  it('gives way to the driver the kernel noted', () => {
    const found = blamed(0xd1, [0n, 0n, 0n, NT + 0x77n], { stack, brokenDriver: 'Guard.sys' });
    expect(found).toMatchObject({ module: 'guard.sys', from: 'noted', certainty: 'weak', others: ['vendor.sys'] });
    expect(blamed(0xd1, [0n, 0n, 0n, 0n], { brokenDriver: 'gone.sys' })).toBeUndefined();
  });
});

describe('an address where a driver was before it was unloaded', () => {
  const gone = { name: 'vendor_helper.sys', start: 0xfffff804_90000000n, end: 0xfffff804_90008000n };

  it('names that driver, as unloaded', () => {
    expect(blamed(0xd1, [0n, 0n, 0n, gone.start + 0x55n], { unloaded: [gone] })).toEqual({
      module: 'vendor_helpe',
      offset: 0x55n,
      address: gone.start + 0x55n,
      from: 'parameter',
      certainty: 'strong',
      thirdParty: true,
      unloaded: true,
      others: [],
    });
    expect(blamed(0xd1, [0n, 0n, 0n, gone.end], { unloaded: [gone] })).toBeUndefined();
  });

  it('does not take a cut name of Windows’ own for a third party', () => {
    const own = { ...gone, name: 'storport_long.sys' };
    const windowsModules = new Set([...tables.windowsModules, 'storport_long.sys']);
    const { dump } = open(writeDump(described('triage', { code: 0xd1, parameters: [0n, 0n, 0n, own.start], stack: [], unloaded: [own] })));
    expect(blame(dump, { ...tables, windowsModules })).toMatchObject({ thirdParty: false, unloaded: true });
  });

  it('gives way to a module loaded there since', () => {
    const found = blamed(0xd1, [0n, 0n, 0n, VENDOR + 5n], { unloaded: [{ ...gone, start: VENDOR, end: VENDOR + 0x1000n }] });
    expect(found).toMatchObject({ module: 'vendor.sys' });
    expect(found).not.toHaveProperty('unloaded');
  });
});

describe('a stop without an address of its own', () => {
  it('rests on the stack alone', () => {
    expect(blamed(0x9f, [0n, 0n, 0n, 0n], { stack: [GUARD + 5n] })).toMatchObject({
      module: 'guard.sys',
      from: 'stack',
      certainty: 'weak',
    });
    expect(blamed(0x9f, [0n, 0n, 0n, 0n])).toBeUndefined();
  });

  it('lists others once, nearest first, without the blamed one', () => {
    const stack = [GUARD + 5n, VENDOR + 1n, GUARD + 9n, VENDOR + 2n, STORPORT + 3n, NT + 4n];
    expect(blamed(0x50, [0n, 0n, GUARD + 1n, 0n], { stack })?.others).toEqual(['vendor.sys']);
  });
});
