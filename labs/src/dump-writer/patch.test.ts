import { memorySource } from '@winmedic/bytes';
import { openDump } from '@winmedic/crash-dump';
import { describe, expect, it } from 'vitest';
import { exceptionRecord, patchDump, type WriteDump, writeDump } from './index.ts';

const RECORD = 0xffff9b00_00100f80n;
const BASE = 0xfffff804_8b580000n;
const description: WriteDump = {
  kind: 'triage',
  code: 0x7e,
  modules: [
    { path: '\\SystemRoot\\system32\\ntoskrnl.exe', base: 0xfffff804_7ba00000n, sizeBytes: 0x1046000 },
    { path: '\\SystemRoot\\System32\\drivers\\a.sys', base: BASE, sizeBytes: 0x3b000 },
  ],
  stack: [1n, 2n, 3n],
  memory: [{ address: RECORD, bytes: exceptionRecord({ code: 0xc0000005, address: BASE }) }],
};
const original = writeDump(description);
const open = (bytes: Uint8Array) => openDump(memorySource(bytes));

describe('a changed small dump', () => {
  it('has the changes and nothing else', () => {
    const before = original.slice();
    const dump = open(
      patchDump(original, {
        code: 0x139,
        parameters: new Map([
          [1, 3n],
          [3, RECORD],
        ]),
        rename: new Map([['A.SYS', 'a_much_longer_name.sys']]),
        brokenDriver: 'a_much_longer_name.sys',
        stack: new Map([[1, BASE + 0x10n]]),
        memory: [{ address: RECORD, bytes: exceptionRecord({ code: 0xc0000409, address: BASE + 0x77n }) }],
      }),
    );
    expect(dump.bugCheck).toMatchObject({ code: 0x139, parameters: [3n, 0n, RECORD, 0n] });
    expect(dump.modules.map((module) => module.path)).toEqual([
      '\\SystemRoot\\system32\\ntoskrnl.exe',
      '\\SystemRoot\\System32\\drivers\\a_much_longer_name.sys',
    ]);
    expect(dump.brokenDriver).toBe('a_much_longer_name.sys');
    expect(dump.stack.map((hit) => [hit.slot, hit.offset])).toEqual([[1, 0x10n]]);
    expect(dump.exception).toMatchObject({ code: 0xc0000409, address: BASE + 0x77n, from: 'parameter' });
    expect(original).toEqual(before);
    expect(patchDump(original, {})).toEqual(original);
  });

  it('is refused when there is nothing to change', () => {
    expect(() => patchDump(original, { rename: new Map([['b.sys', 'c.sys']]) })).toThrow(RangeError);
    expect(() => patchDump(original, { parameters: new Map([[5, 0n]]) })).toThrow(RangeError);
    expect(() => patchDump(original, { stack: new Map([[3, 0n]]) })).toThrow(RangeError);
    expect(() => patchDump(original, { memory: [{ address: RECORD + 0x90n, bytes: new Uint8Array(16) }] })).toThrow(RangeError);
  });
});

it('a dump is not written without what is to be left out of it', () => {
  const omit = [{ what: 'page', address: 0xffff9b00_12340000n }] as const;
  expect(() => writeDump({ ...description, kind: 'full', omit })).toThrow(RangeError);
});
