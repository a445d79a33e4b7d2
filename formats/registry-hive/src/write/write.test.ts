import { createHash } from 'node:crypto';
import { memorySource } from '@winmedic/bytes';
import type { HiveDescription } from '@winmedic/labs/hive-writer';
import {
  appendLogEntries,
  breakLogEntry,
  changeHeader,
  changeLogEntry,
  claimCounts,
  DEFAULT_SECURITY,
  keyPlace,
  sz,
  writeDirtyHive,
  writeHive,
} from '@winmedic/labs/hive-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HiveEdit, HivePlan } from '../index.ts';
import { applyWrites, openHive, planEdit, replayAndClean, undoWrites } from '../index.ts';
import type { MemoryFile } from './test-files.ts';
import { BASE, CHANGES, code, dump, files, headOf, START } from './test-files.ts';

describe('planEdit', () => {
  it('changes an inline DWORD of a clean hive in place and nothing else that a reader sees', () => {
    const hive = writeHive(BASE);
    const { sinks, input } = files(hive);
    const plan = planEdit(input, [START]);
    expect(sinks[0]!.bytes).toEqual(hive);
    expect(plan.edits).toEqual([
      {
        key: 'Services\\CSAgent',
        value: 'Start',
        offset: keyPlace(hive, 'Services\\CSAgent').values[0],
        before: { type: 4, data: Uint8Array.of(1, 0, 0, 0) },
        after: { type: 4, data: Uint8Array.of(4, 0, 0, 0) },
      },
    ]);
    // One byte of data, one sector of base block.
    expect(plan.writes.map(({ file, offset, new: bytes }) => [file, offset, bytes.length])).toEqual([
      [0, plan.edits[0]!.offset + 12, 1],
      [0, 0, 512],
    ]);
    applyWrites(sinks, plan);
    expect(dump(sinks[0]!.bytes)).toEqual(dump(hive).map((line) => line.replace('Start 4 01000000', 'Start 4 04000000')));
    expect(headOf(sinks[0]!.bytes)).toEqual({ primary: 21, secondary: 21, time: BASE.savedAt });
    expect(openHive(sinks[0]!).state).toBe('clean');
  });

  it('sets the key’s time and the type when asked', () => {
    const { sinks, input } = files(writeHive(BASE));
    applyWrites(sinks, planEdit(input, [{ ...START, type: 3, data: Uint8Array.of(9), keyWritten: 132_000_000_000_000_000n }]));
    const key = openHive(sinks[0]!).key('Services\\CSAgent')!;
    expect(key.lastWritten).toBe(132_000_000_000_000_000n);
    expect([key.value('Start')!.type, [...key.value('Start')!.data()]]).toEqual([3, [9]]);
  });

  it.each<[string, HiveEdit]>([
    ['shorter text in its cell', { key: 'Services\\CSAgent', value: 'ImagePath', data: sz('', 'x.sys').data }],
    ['text that fills the padding of its cell', { key: 'Other', value: '', data: new Uint8Array(12).fill(0x41) }],
    ['four bytes out of a cell', { key: 'Other', value: '', type: 4, data: Uint8Array.of(1, 2, 3, 4) }],
    ['no data at all', { key: 'Services\\CSAgent', value: 'ImagePath', data: new Uint8Array() }],
    ['data where there were none', { key: 'Big', value: 'none', type: 4, data: Uint8Array.of(1, 0, 0, 0) }],
    ['big data of another length in the same segments', { key: 'Big', value: 'blob', data: new Uint8Array(33_000).fill(9) }],
  ])('writes %s', (_, edit) => {
    const hive = writeHive(BASE);
    const { sinks, input } = files(hive);
    const before = openHive(memorySource(hive)).key(edit.key)!.value(edit.value)!.type;
    const plan = planEdit(input, [edit]);
    applyWrites(sinks, plan);
    const value = openHive(sinks[0]!).key(edit.key)!.value(edit.value)!;
    expect([value.type, value.data()]).toEqual([edit.type ?? before, edit.data]);
    const others = (lines: readonly string[]): string[] => lines.filter((line) => !line.startsWith(`V ${edit.key} ${edit.value} `));
    expect(others(dump(sinks[0]!.bytes))).toEqual(others(dump(hive)));
    expect(sinks[0]!.bytes.length).toBe(hive.length);
  });

  it.each<[string, HiveEdit, string]>([
    ['more than four bytes into an inline value', { ...START, data: new Uint8Array(5) }, 'HIVE_EDIT_SIZE'],
    ['more than the cell holds', { key: 'Other', value: '', data: new Uint8Array(21) }, 'HIVE_EDIT_SIZE'],
    ['big data with another number of segments', { key: 'Big', value: 'blob', data: new Uint8Array(20_000) }, 'HIVE_EDIT_SIZE'],
    ['big data that shrinks to a DWORD', { key: 'Big', value: 'blob', data: new Uint8Array(4) }, 'HIVE_EDIT_SIZE'],
    ['a key that does not exist', { ...START, key: 'Services\\None' }, 'HIVE_EDIT_NOT_FOUND'],
    ['a value that does not exist', { ...START, value: 'none' }, 'HIVE_EDIT_NOT_FOUND'],
  ])('refuses %s', (_, edit, expected) => {
    expect(code(() => planEdit(files(writeHive(BASE)).input, [edit]))).toBe(expected);
  });

  it('plans nothing when the value is so already', () => {
    const plan = planEdit(files(writeHive(BASE)).input, [{ ...START, data: Uint8Array.of(1, 0, 0, 0) }]);
    expect([plan.writes, plan.sequence]).toEqual([[], undefined]);
  });

  it('lets a later edit of the same value win', () => {
    const { sinks, input } = files(writeHive(BASE));
    const plan = planEdit(input, [START, { ...START, data: Uint8Array.of(3, 0, 0, 0) }]);
    expect(plan.edits[1]!.before.data).toEqual(Uint8Array.of(4, 0, 0, 0));
    applyWrites(sinks, plan);
    expect(openHive(sinks[0]!).key('Services\\CSAgent')!.value('Start')!.number()).toBe(3n);
    undoWrites(sinks, plan.undo);
    expect(sinks[0]!.bytes).toEqual(writeHive(BASE));
  });

  it('edits a dirty hive on top of its replayed state', () => {
    for (const format of ['new', 'old'] as const) {
      const { hive, log1, log2, after } = writeDirtyHive(BASE, CHANGES, { format, splitAt: 1 });
      const { sinks, input } = files(hive, [log1, log2]);
      const plan = planEdit(input, [START]);
      expect(plan.replayed).toBe(true);
      applyWrites(sinks, plan);
      const read = openHive(sinks[0]!, { logs: input.logs });
      expect(read.state).toBe('clean');
      expect(dump(sinks[0]!.bytes)).toEqual(dump(after).map((line) => line.replace('Start 4 01000000', 'Start 4 04000000')));
    }
  });
});

describe('refusals', () => {
  const dirty = writeDirtyHive(BASE, CHANGES);
  it.each<[string, Uint8Array, Uint8Array[]]>([
    ['a dirty hive without logs', dirty.hive, []],
    ['a dirty hive with the logs of another', dirty.hive, [writeDirtyHive({ ...BASE, savedAt: 5n }, CHANGES).log1]],
    ['a hive whose lists are damaged somewhere', claimCounts(writeHive(BASE), 'Other', { values: 9 }), []],
    ['a wrong checksum without logs', changeHeader(writeHive(BASE), { checksum: false }), []],
    ['a cut hive', writeHive(BASE).slice(0, 8192), []],
    ['a hive of an unknown version', changeHeader(writeHive(BASE), { minorVersion: 9 }), []],
  ])('%s is neither edited nor cleaned', (_, hive, logs) => {
    expect(code(() => planEdit(files(hive, logs).input, [START]))).toBe('HIVE_EDIT_STATE');
    expect(code(() => replayAndClean(files(hive, logs).input))).toBe('HIVE_EDIT_STATE');
  });

  it('damage off the path is noticed unless only the path is to be checked', () => {
    const hive = claimCounts(writeHive(BASE), 'Other', { values: 9 });
    expect(planEdit(files(hive).input, [START], { check: 'path' }).writes).toHaveLength(2);
    expect(code(() => planEdit(files(hive).input, [{ ...START, key: 'Other', value: '' }], { check: 'path' }))).toBe('HIVE_EDIT_STATE');
  });

  it('numbers that leave no room above', () => {
    expect(code(() => planEdit(files(writeHive({ ...BASE, sequence: 0xffff_fffe })).input, [START]))).toBe('HIVE_EDIT_STATE');
  });
});

describe('replayAndClean', () => {
  it('gives a consistent hive that reads as the replayed one did, with room that grew', () => {
    for (const format of ['new', 'old'] as const) {
      const made = writeDirtyHive({ ...BASE, tail: 512 }, CHANGES, { format, firstSequence: 77 });
      const { sinks, input } = files(made.hive, [made.log1, made.log2]);
      const { hive, plan, undo } = replayAndClean(input);
      applyWrites(sinks, plan);
      expect(sinks[0]!.bytes).toEqual(hive);
      expect(dump(hive)).toEqual(dump(made.hive, input.logs.length ? [{ name: 'LOG1', source: memorySource(made.log1) }] : []));
      expect(dump(hive)).toEqual(dump(made.after));
      expect(openHive(memorySource(hive)).state).toBe('clean');
      undoWrites(sinks, JSON.parse(JSON.stringify(undo)));
      expect(sinks.map((sink) => sink.bytes)).toEqual([made.hive, made.log1, made.log2]);
    }
  });

  it('leaves a clean hive alone', () => {
    const hive = writeHive(BASE);
    const clean = replayAndClean(files(hive, [writeDirtyHive(BASE, CHANGES).log1]).input);
    expect(clean.hive).toEqual(hive);
    expect(clean.plan.writes).toEqual([]);
  });

  it('applies a log up to its first bad entry, as Windows does', () => {
    const { hive, log1 } = writeDirtyHive(BASE, CHANGES);
    const clean = replayAndClean(files(hive, [breakLogEntry(log1, 1)]).input);
    expect(dump(clean.hive)).toEqual(dump(writeDirtyHive(BASE, CHANGES.slice(0, 1)).after));
  });

  it('makes the base block anew from the log when its checksum is wrong', () => {
    const { hive, log1, after } = writeDirtyHive(BASE, CHANGES);
    const clean = replayAndClean(files(changeHeader(hive, { checksum: false }), [log1]).input);
    expect(dump(clean.hive)).toEqual(dump(after));
  });
});

describe('the guard against old logs', () => {
  const made = writeDirtyHive(BASE, CHANGES, { firstSequence: 500 });

  it('sets both numbers above every number in the logs, remnants included', () => {
    const stale = changeLogEntry(writeDirtyHive(BASE, CHANGES).log1, 1, { sequence: 90_000 });
    const { plan } = replayAndClean(files(made.hive, [appendLogEntries(made.log1, stale)]).input);
    expect(plan.sequence).toBe(90_001);
  });

  it('holds even when the logs are put back and the hive becomes dirty again', () => {
    for (const format of ['new', 'old'] as const) {
      const dirty = writeDirtyHive(BASE, CHANGES, { format, firstSequence: 500 });
      const { sinks, input } = files(dirty.hive, [dirty.log1]);
      const plan = planEdit(input, [START, { key: 'Other', value: '', data: sz('', 'edited').data }]);
      applyWrites(sinks, plan);
      const { primary } = headOf(sinks[0]!.bytes);
      // Windows raises the primary number when it begins to write; then the machine fails.
      const crashed = changeHeader(sinks[0]!.bytes, { primary: primary + 1 });
      for (const log of [sinks[1]!.bytes, dirty.log1]) {
        const again = openHive(memorySource(crashed), { logs: [{ name: 'LOG1', source: memorySource(log) }] });
        expect(again.logs[0]!.applied).toBe(0);
        expect(again.key('Other')!.value('')!.text()).toBe('edited');
      }
    }
  });

  it('clears base block and first entry of every log, and leaves empty ones alone', () => {
    const { sinks, input, calls } = files(made.hive, [made.log1, made.log2, new Uint8Array(4096)]);
    applyWrites(sinks, planEdit(input, [START]));
    expect(sinks[1]!.bytes.subarray(0, 1024).every((byte) => byte === 0)).toBe(true);
    expect(sinks[1]!.bytes.subarray(1024)).toEqual(made.log1.subarray(1024));
    expect(calls.filter((call) => /^LOG[23]/.test(call))).toEqual([]);
  });

  it('writes pages, then the base block, then the logs, each on the disk before the next', () => {
    const { sinks, input, calls } = files(made.hive, [made.log1]);
    applyWrites(sinks, planEdit(input, [START]));
    const head = calls.indexOf('hive 0');
    expect(calls.slice(0, head - 1).every((call) => /^hive [1-9]/.test(call))).toBe(true);
    expect(calls.slice(head - 1)).toEqual(['hive flush', 'hive 0', 'hive flush', 'LOG1 0', 'LOG1 flush']);
  });
});

describe('undoWrites', () => {
  const made = writeDirtyHive(BASE, CHANGES);
  const applied = (): { sinks: MemoryFile[]; plan: HivePlan } => {
    const { sinks, input } = files(made.hive, [made.log1]);
    const plan = planEdit(input, [START]);
    applyWrites(sinks, plan);
    return { sinks, plan };
  };

  it('restores every byte of every file', () => {
    const { sinks, plan } = applied();
    undoWrites(sinks, plan.undo);
    expect(sinks.map((sink) => sink.bytes)).toEqual([made.hive, made.log1]);
  });

  it.each<[string, (sinks: MemoryFile[]) => void]>([
    ['Windows wrote to the hive', (sinks) => sinks[0]!.write(4, Uint8Array.of(99))],
    [
      'the edited value was changed',
      (sinks) => sinks[0]!.write(keyPlace(made.hive, 'Services\\CSAgent').values[0]! + 12, Uint8Array.of(3)),
    ],
    ['the file grew', (sinks) => sinks[0]!.write(sinks[0]!.sizeBytes, new Uint8Array(1))],
    ['a log is in use again', (sinks) => sinks[1]!.write(0, Uint8Array.of(0x72))],
  ])('refuses when %s, and writes nothing', (_, change) => {
    const { sinks, plan } = applied();
    change(sinks);
    const before = sinks.map((sink) => sink.bytes.slice());
    expect(code(() => undoWrites(sinks, plan.undo))).toBe('HIVE_UNDO_MISMATCH');
    expect(sinks.map((sink) => sink.bytes)).toEqual(before);
  });

  it('refuses a second time and before the plan was carried out', () => {
    const { sinks, plan } = applied();
    undoWrites(sinks, plan.undo);
    expect(code(() => undoWrites(sinks, plan.undo))).toBe('HIVE_UNDO_MISMATCH');
  });

  it('refuses records that were tampered with', () => {
    const tamper = (change: (record: Record<string, never>) => void): string => {
      const { sinks, plan } = applied();
      const record = JSON.parse(JSON.stringify(plan.undo));
      change(record);
      return code(() => undoWrites(sinks, record));
    };
    expect(tamper(() => {})).toBe('none');
    type Any = { files: { writes: Record<string, unknown>[]; sizeBefore: unknown }[]; hash: string; version: number };
    const changes: ((record: Any) => void)[] = [
      (record) => {
        record.files[0]!.writes[0]!['old'] = '00'.repeat(String(record.files[0]!.writes[0]!['old']).length / 2);
      },
      (record) => {
        record.files[0]!.writes[0]!['old'] = 'zz';
      },
      (record) => {
        record.files[0]!.writes[0]!['offset'] = -1;
      },
      (record) => {
        record.files[0]!.writes[0]!['newLength'] = 1e15;
      },
      (record) => {
        record.files[0]!.sizeBefore = '1';
      },
      (record) => {
        record.hash = 'sha256';
      },
      (record) => {
        record.version = 2;
      },
    ];
    for (const change of changes) expect(tamper(change as never)).toBe('HIVE_UNDO_MISMATCH');
  });

  it('takes a hash that is handed in', () => {
    const sha256 = { name: 'sha256', digest: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') };
    const { sinks, input } = files(made.hive, [made.log1]);
    const plan = planEdit(input, [START], { hash: sha256 });
    applyWrites(sinks, plan);
    expect(plan.undo.files[0]!.writes[0]!.newHash).toHaveLength(64);
    expect(code(() => undoWrites(sinks, plan.undo))).toBe('HIVE_UNDO_MISMATCH');
    undoWrites(sinks, plan.undo, { hash: sha256 });
    expect(sinks[0]!.bytes).toEqual(made.hive);
  });

  it('a plan is not carried out over files that changed', () => {
    const { sinks, input } = files(made.hive, [made.log1]);
    const plan = planEdit(input, [START]);
    sinks[1]!.bytes[600]! ^= 1;
    expect(code(() => applyWrites(sinks, plan))).toBe('HIVE_EDIT_STATE');
    expect(sinks[0]!.bytes).toEqual(made.hive);
  });
});

describe('any edit', () => {
  it('reads back as planned, changes nothing else, and is undone bit for bit', () => {
    const description = (values: number): HiveDescription => ({
      ...BASE,
      root: {
        name: 'ROOT',
        security: DEFAULT_SECURITY,
        values: Array.from({ length: values }, (_, i) => ({ name: `v${i}`, type: i, data: new Uint8Array(i * 3).fill(i) })),
      },
    });
    const edits = fc.array(
      fc.record({ index: fc.nat(9), length: fc.nat(40), type: fc.option(fc.nat(11), { nil: undefined }), fill: fc.nat(255) }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(edits, fc.boolean(), (list, isDirty) => {
        const dirty = writeDirtyHive(description(10), [[{ do: 'set', path: '', value: sz('late', 'from a log') }]]);
        const { sinks, input } = isDirty ? files(dirty.hive, [dirty.log1]) : files(writeHive(description(10)));
        const original = sinks.map((sink) => sink.bytes.slice());
        const wanted = list.map(({ index, length, type, fill }) => ({
          key: '',
          value: `V${index}`,
          data: new Uint8Array(length).fill(fill),
          ...(type === undefined ? {} : { type }),
        }));
        const before = new Map(
          [...openHive(input.source, { logs: input.logs }).root!.values()].map((value) => [value.name, [value.type, value.data()]]),
        );
        let plan: HivePlan;
        try {
          plan = planEdit(input, wanted);
        } catch (error) {
          expect(error).toMatchObject({ code: 'HIVE_EDIT_SIZE' });
          expect(sinks.map((sink) => sink.bytes)).toEqual(original);
          return;
        }
        applyWrites(sinks, plan);
        for (const { value, type, data } of wanted) before.set(value.toLowerCase(), [type ?? before.get(value.toLowerCase())![0]!, data]);
        const after = openHive(sinks[0]!);
        expect(after.state).toBe('clean');
        expect(new Map([...after.root!.values()].map((value) => [value.name, [value.type, value.data()]]))).toEqual(before);
        undoWrites(sinks, plan.undo);
        expect(sinks.map((sink) => sink.bytes)).toEqual(original);
      }),
      { numRuns: 200 },
    );
  });
});
