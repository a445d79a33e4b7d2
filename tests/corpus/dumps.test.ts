import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Damage, memorySource, ticksToIso } from '@winmedic/bytes';
import { type BlameTables, blame, openDump } from '@winmedic/crash-dump';
import { type DumpChanges, exceptionRecord, patchDump } from '@winmedic/labs/dump-writer';
import { describe, expect, it } from 'vitest';
import { fuzzDump } from '../../formats/crash-dump/src/test-touch.ts';

/** The one real kernel dump at hand, and variants of it patched in memory. */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'dumps');
const path = join(folder, 'rizin_triage_x64_19041_0x1000007e_amdppm.dmp');
const ready = existsSync(path);
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);

const original: Uint8Array = ready ? new Uint8Array(readFileSync(path)) : new Uint8Array();

function open(bytes: Uint8Array) {
  const damages: Damage[] = [];
  return { dump: openDump(memorySource(bytes), { onDamage: (damage) => damages.push(damage) }), damages };
}

/** As the knowledge base hands them in; here amdppm.sys is nobody's. */
const addressParameters: BlameTables['addressParameters'] = new Map([
  [0x7e, { parameter: 2, is: 'instruction' }],
  [0x50, { parameter: 3, is: 'instruction' }],
  [0xd1, { parameter: 4, is: 'instruction' }],
  [0x139, { parameter: 3, is: 'exception-record' }],
]);
const windows = ['ntoskrnl.exe', 'hal.dll', 'acpi.sys', 'wdf01000.sys', 'storport.sys'];

function blamed(changes: DumpChanges, windowsModules: readonly string[] = windows) {
  const { dump } = open(patchDump(original, changes));
  const found = blame(dump, { addressParameters, windowsModules: new Set(windowsModules) });
  return found === undefined
    ? undefined
    : [found.module.name, found.offset, found.from, found.certainty, found.thirdParty ? 'third party' : 'Windows'];
}

/** In the dump: amdppm.sys, and the exception record parameter 3 points at. */
const AMDPPM = 0xfffff804_8b580000n;
const RECORD = 0xffff8504_29891ee8n;

describe.skipIf(!ready)('the small dump of the corpus', () => {
  const { dump, damages } = ready ? open(original) : ({} as ReturnType<typeof open>);

  it('gives the stop, its time and the machine', () => {
    expect(damages).toEqual([]);
    expect(dump).toMatchObject({
      kind: 'triage',
      machine: 'x64',
      bugCheck: {
        rawCode: 0x1000007e,
        code: 0x7e,
        parameters: [0xffffffff_c0000005n, 0xfffff804_8b58334cn, RECORD, 0xffff8504_29891720n],
      },
      build: 19_041,
      processors: 16,
      productType: 1,
      brokenDriver: undefined,
      comment: undefined,
      bootId: undefined,
    });
    expect(ticksToIso(dump.systemTime!)).toBe('2021-02-21T01:38:22.9877657Z');
    expect(Number(dump.upTime! / 10_000n)).toBe(3747);
  });

  it('gives 151 drivers and 4 unloaded ones', () => {
    expect(dump.modulesUnavailable).toBeUndefined();
    expect(dump.modules.length).toBe(151);
    expect(dump.modules[0]).toMatchObject({ name: 'ntoskrnl.exe', base: 0xfffff804_7ba00000n });
    expect(dump.modules.at(-1)?.name).toBe('rdpbus.sys');
    for (const module of dump.modules) expect(module.name).toMatch(/^[\w.-]+\.(sys|dll|exe)$/i);
    expect(dump.unloaded.map((driver) => driver.name)).toEqual(['dam.sys', 'WdBoot.sys', 'hwpolicy.sys', 'mcupdate.dll']);
  });

  it('gives the exception parameter 3 points at, not the stale one of the header', () => {
    expect(dump.exception).toEqual({
      code: 0xc0000005,
      flags: 0,
      address: AMDPPM + 0x334cn,
      information: [1n, 0xffffffff_ffffffffn],
      from: 'parameter',
    });
    expect(dump.instructionPointer).toBe(AMDPPM + 0x334cn);
  });

  it('gives the stack', () => {
    expect(dump.stack.slice(0, 2).map((hit) => [hit.slot, hit.module.name, hit.offset])).toEqual([
      [0, 'ntoskrnl.exe', 0x40f4e1n],
      [3, 'amdppm.sys', 0x334cn],
    ]);
  });

  it('blames amdppm.sys+0x334c', () => {
    expect(blamed({})).toEqual(['amdppm.sys', 0x334cn, 'parameter', 'strong', 'third party']);
    // As what it is, a module of Windows, it stays named when no other is on the stack.
    expect(blamed({}, [...windows, 'amdppm.sys'])).toEqual(['amdppm.sys', 0x334cn, 'parameter', 'strong', 'Windows']);
  });
});

describe.skipIf(!ready)('variants of it', () => {
  const csagent = new Map([['amdppm.sys', 'csagent.sys']]);

  it('0x50 in csagent.sys', () => {
    // An address in no module leaves only the stack.
    const changes = { code: 0x50, rename: csagent, parameters: new Map([[3, 0xfffff803_00000000n]]) };
    expect(blamed(changes)).toEqual(['csagent.sys', 0x334cn, 'stack', 'weak', 'third party']);
    const inside = { code: 0x50, rename: csagent, parameters: new Map([[3, AMDPPM + 0x14edn]]) };
    expect(blamed(inside)).toEqual(['csagent.sys', 0x14edn, 'parameter', 'strong', 'third party']);
    const { dump, damages } = open(patchDump(original, inside));
    expect(damages).toEqual([]);
    expect(dump.modules.length).toBe(151);
    expect(dump.modules.map((module) => module.name)).toContain('csagent.sys');
    expect(dump.modules.map((module) => module.name)).not.toContain('amdppm.sys');
  });

  it('0xD1 with the address at parameter 4', () => {
    const changes = { code: 0xd1, parameters: new Map([[4, AMDPPM + 0x2000n]]) };
    expect(blamed(changes)).toEqual(['amdppm.sys', 0x2000n, 'parameter', 'strong', 'third party']);
  });

  it('0x139 with the exception record at parameter 3', () => {
    const changes = { code: 0x139, parameters: new Map([[1, 3n]]) };
    expect(blamed(changes)).toEqual(['amdppm.sys', 0x334cn, 'exception', 'strong', 'third party']);
    const record = exceptionRecord({ code: 0xc0000409, address: AMDPPM + 0x777n, information: [3n] });
    expect(blamed({ ...changes, memory: [{ address: RECORD, bytes: record }] })).toEqual([
      'amdppm.sys',
      0x777n,
      'exception',
      'strong',
      'third party',
    ]);
    // Where the record is not saved, the stack is all there is.
    expect(blamed({ code: 0x139, parameters: new Map([[3, 0xffff8504_11111110n]]) })?.slice(2, 4)).toEqual(['stack', 'weak']);
  });

  it('a stop in Windows’ own module with a third party on the stack', () => {
    const storport = open(original).dump.modules.find((module) => module.name === 'storport.sys')!;
    const parameters = new Map([[4, storport.base + 0x500n]]);
    expect(blamed({ code: 0xd1, parameters })).toEqual(['amdppm.sys', 0x334cn, 'stack', 'weak', 'third party']);
    const everything = open(original).dump.modules.map((module) => module.name.toLowerCase());
    expect(blamed({ code: 0xd1, parameters }, everything)).toEqual(['storport.sys', 0x500n, 'parameter', 'strong', 'Windows']);
    const npcap = open(original).dump.modules.find((module) => module.name === 'npcap.sys')!;
    const others = everything.filter((name) => name !== 'npcap.sys');
    expect(blamed({ code: 0xd1, parameters, stack: new Map([[1, npcap.base + 0x88n]]) }, others)).toEqual([
      'npcap.sys',
      0x88n,
      'stack',
      'weak',
      'third party',
    ]);
  });

  it('a driver the kernel noted', () => {
    const nothing = { code: 0x1234, stack: new Map<number, bigint>() };
    expect(blamed({ ...nothing, brokenDriver: 'npcap.sys' })?.slice(0, 4)).toEqual(['npcap.sys', 0n, 'noted', 'weak']);
  });

  it('every length and many changes of it end in an answer or a code', () => {
    for (let length = 0; length < original.length; length += 3989) fuzzDump(original.subarray(0, length));
    let state = 1;
    for (let round = 0; round < 300; round++) {
      const bytes = original.slice();
      for (let change = 0; change < 1 + (round % 20); change++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        // Most changes in the tables, where they matter.
        bytes[state % (round % 3 === 0 ? bytes.length : 0x2100)] = state >>> 24;
      }
      fuzzDump(bytes);
    }
  });
});
