import { type Damage, memorySource } from '@winmedic/bytes';
import { describe, expect, it } from 'vitest';
import { openHive } from './index.ts';
import { type BaseSpec, dword, type KeySpec, newLog, oldLog, TestHive } from './test-hive.ts';

const tree = (number: number): KeySpec => ({
  name: 'ROOT',
  subkeys: [{ name: 'key', values: [{ name: 'v', type: 4, data: dword(number) }] }],
});
/** A hive with value `number`, as Windows would have it in memory at that time. */
const made = (number: number, base: BaseSpec = {}): TestHive => new TestHive(tree(number), base);
const DIRTY: BaseSpec = { primary: 11, secondary: 10, lastWritten: 500n };
const page = (number: number, base: BaseSpec = DIRTY) => [{ offset: 0, data: made(number, base).bytes.slice(4096) }];
const entry = (sequence: number, number: number) => ({ sequence, binsDataSize: 4096, pages: page(number) });

function open(bytes: Uint8Array, logs: readonly (readonly [string, Uint8Array])[] = []) {
  const damages: Damage[] = [];
  const hive = openHive(memorySource(bytes), {
    logs: logs.map(([name, log]) => ({ name, source: memorySource(log) })),
    onDamage: (damage) => damages.push(damage),
  });
  const codes = (): string[] => damages.map(({ code }) => code);
  return { hive, codes, number: () => hive.key('key')?.value('v')?.number() };
}

describe('a clean hive', () => {
  it('ignores its logs, also those with later entries', () => {
    const clean = made(1, { primary: 10, lastWritten: 500n });
    const { hive, codes, number } = open(clean.bytes, [['LOG1', newLog(clean.bytes, [entry(11, 2)])]]);
    expect(number()).toBe(1n);
    expect(hive.state).toBe('clean');
    expect(hive.logs).toEqual([{ name: 'LOG1', format: 'new', applied: 0, stopped: 'not-needed' }]);
    expect(codes()).toEqual([]);
  });
});

describe('a dirty hive', () => {
  const dirty = made(1, DIRTY);

  it('says so when there are no logs, or only empty ones', () => {
    for (const logs of [[], [['LOG1', new Uint8Array(0)] as const, ['LOG2', new Uint8Array(1024)] as const]]) {
      const { hive, codes, number } = open(dirty.bytes, logs);
      expect(number()).toBe(1n);
      expect(hive.state).toBe('dirty');
      expect(codes()).toEqual(['HIVE_DIRTY_NO_LOGS']);
    }
  });

  it('is also one with a wrong checksum', () => {
    const bytes = made(1, { primary: 10 }).bytes;
    bytes[508]! ^= 1;
    const { hive, codes, number } = open(bytes);
    expect(number()).toBe(1n);
    expect(hive.state).toBe('dirty');
    expect(codes()).toEqual(['HIVE_BASE_CHECKSUM', 'HIVE_DIRTY_NO_LOGS']);
  });

  it('takes the entries of both logs in the order of their numbers, whichever file holds the earlier ones', () => {
    const early = newLog(dirty.bytes, [entry(20, 2), entry(21, 3)]);
    const late = newLog(dirty.bytes, [entry(22, 4), entry(23, 5)]);
    for (const logs of [
      [
        ['LOG1', early],
        ['LOG2', late],
      ] as const,
      [
        ['LOG1', late],
        ['LOG2', early],
      ] as const,
    ]) {
      const { hive, codes, number } = open(dirty.bytes, logs);
      expect(number()).toBe(5n);
      expect(hive.state).toBe('replayed');
      expect(hive.logs.map(({ applied }) => applied)).toEqual([2, 2]);
      expect(codes()).toEqual([]);
      expect(hive.header.primarySequence).toBe(11);
    }
  });

  it('gives an image that is a clean hive of the state reached', () => {
    const { hive } = open(dirty.bytes, [['LOG1', newLog(dirty.bytes, [entry(20, 2)])]]);
    const again = open(hive.image());
    expect(again.hive.state).toBe('clean');
    expect(again.number()).toBe(2n);
    expect(again.hive.header).toMatchObject({ primarySequence: 20, secondarySequence: 20, checksumValid: true });
  });

  it('skips a log whose entries are in the hive already', () => {
    const { hive, codes, number } = open(dirty.bytes, [
      ['LOG1', newLog(dirty.bytes, [entry(8, 7), entry(9, 8)])],
      ['LOG2', newLog(dirty.bytes, [entry(10, 9)])],
    ]);
    expect(number()).toBe(9n);
    expect(hive.logs.map(({ stopped }) => stopped)).toEqual(['already-applied', 'end']);
    expect(codes()).toEqual([]);
    const alone = open(dirty.bytes, [['LOG1', newLog(dirty.bytes, [entry(8, 7)])]]);
    expect(alone.hive.state).toBe('dirty');
    expect(alone.codes()).toEqual(['HIVE_LOG_FOREIGN']);
  });

  it('stops at a gap inside a log and between logs, and keeps what was applied', () => {
    const inside = open(dirty.bytes, [['LOG1', newLog(dirty.bytes, [entry(20, 2), entry(22, 4)])]]);
    expect(inside.number()).toBe(2n);
    expect(inside.hive.logs[0]).toEqual({ name: 'LOG1', format: 'new', applied: 1, stopped: 'gap', firstSequence: 20, lastSequence: 20 });
    expect(inside.codes()).toEqual(['HIVE_LOG_BROKEN']);
    const between = open(dirty.bytes, [
      ['LOG1', newLog(dirty.bytes, [entry(20, 2)])],
      ['LOG2', newLog(dirty.bytes, [entry(22, 4)])],
    ]);
    expect(between.number()).toBe(2n);
    expect(between.hive.logs[1]).toMatchObject({ applied: 0, stopped: 'gap' });
    expect(between.codes()).toEqual(['HIVE_LOG_BROKEN']);
  });

  it('does not take older entries behind the newest for its own', () => {
    const { hive, codes, number } = open(dirty.bytes, [['LOG1', newLog(dirty.bytes, [entry(20, 2), entry(21, 3), entry(15, 9)])]]);
    expect(number()).toBe(3n);
    expect(hive.logs[0]).toMatchObject({ applied: 2, stopped: 'end' });
    expect(codes()).toEqual([]);
  });

  it.each([
    ['a byte of a page', 512 + 48 + 100, 'bad-hash'],
    ['the second hash', 512 + 32, 'bad-hash'],
    ['the size of the data', 512 + 17, 'bad-hash'],
  ])('stops at an entry with another %s', (_, at, stopped) => {
    const log = newLog(dirty.bytes, [entry(20, 2)]);
    log[at]! ^= 0x10;
    const { hive, codes, number } = open(dirty.bytes, [['LOG1', log]]);
    expect(number()).toBe(1n);
    expect(hive.logs[0]).toMatchObject({ applied: 0, stopped });
    expect(hive.state).toBe('dirty');
    expect(codes()).toEqual(['HIVE_LOG_BROKEN']);
  });

  it('stops at an entry that is cut', () => {
    const log = newLog(dirty.bytes, [entry(20, 2), entry(21, 3)]);
    const { hive, number } = open(dirty.bytes, [['LOG1', log.subarray(0, log.length - 512)]]);
    expect(number()).toBe(2n);
    expect(hive.logs[0]).toMatchObject({ applied: 1, stopped: 'truncated' });
  });

  it('stops at an entry whose sizes cannot be, though its hashes are right', () => {
    for (const bad of [
      { sequence: 20, binsDataSize: 4097, pages: page(2) },
      { sequence: 20, binsDataSize: 0xffff_f000, pages: [{ offset: 0xffff_e000, data: new Uint8Array(4096) }] },
      { sequence: 20, binsDataSize: 4096, pages: [{ offset: 512, data: new Uint8Array(4096) }] },
      { sequence: 20, binsDataSize: 4096, pages: [{ offset: 0, data: new Uint8Array(0) }] },
    ]) {
      const { hive, number } = open(dirty.bytes, [['LOG1', newLog(dirty.bytes, [bad])]]);
      expect(number()).toBe(1n);
      expect(hive.logs[0]).toMatchObject({ applied: 0, stopped: 'bad-size' });
    }
  });

  it('does not pass over an entry that cannot be used', () => {
    const first = newLog(dirty.bytes, [entry(20, 2)]);
    first[512 + 100]! ^= 1;
    const { hive, codes, number } = open(dirty.bytes, [
      ['LOG1', first],
      ['LOG2', newLog(dirty.bytes, [entry(21, 3)])],
    ]);
    expect(number()).toBe(1n);
    expect(hive.logs.map(({ stopped }) => stopped)).toEqual(['bad-hash', 'gap']);
    expect(codes()).toEqual(['HIVE_LOG_BROKEN', 'HIVE_LOG_BROKEN']);
  });

  it('says that a log without its first entry is broken', () => {
    const log = newLog(dirty.bytes, [entry(20, 2)]);
    log.fill(0, 512);
    const { hive, codes } = open(dirty.bytes, [['LOG1', log]]);
    expect(hive.state).toBe('dirty');
    expect(codes()).toEqual(['HIVE_LOG_BROKEN']);
  });

  it('refuses the log of another hive also by what is left of a broken base block', () => {
    const bytes = dirty.bytes.slice();
    bytes[8]! ^= 1;
    expect(open(bytes, [['LOG1', newLog(dirty.bytes, [entry(20, 2)])]]).number()).toBe(2n);
    const other = newLog(made(1, { ...DIRTY, lastWritten: 501n, fileName: '\\Config\\OTHER' }).bytes, [entry(20, 2)]);
    const { hive, codes, number } = open(bytes, [['LOG1', other]]);
    expect(number()).toBe(1n);
    expect(hive.logs[0]).toMatchObject({ stopped: 'not-this-hive' });
    expect(codes()).toContain('HIVE_LOG_FOREIGN');
  });

  it('grows by an entry that says so', () => {
    const grown = new TestHive({
      name: 'ROOT',
      subkeys: [{ name: 'key', values: [{ name: 'v', type: 3, data: new Uint8Array(9000).fill(5) }] }],
    });
    const size = grown.bytes.length - 4096;
    const { hive, codes } = open(dirty.bytes, [
      ['LOG1', newLog(dirty.bytes, [{ sequence: 20, binsDataSize: size, pages: [{ offset: 0, data: grown.bytes.slice(4096) }] }])],
    ]);
    expect(size).toBeGreaterThan(4096);
    expect(hive.header.binsDataSize).toBe(size);
    expect(hive.key('key')!.value('v')!.data()).toEqual(new Uint8Array(9000).fill(5));
    expect(codes()).toEqual([]);
    expect(hive.image().subarray(4096)).toEqual(grown.bytes.subarray(4096));
  });

  it('refuses the log of another hive', () => {
    for (const base of [
      { ...DIRTY, lastWritten: 501n },
      { ...DIRTY, fileName: '\\Config\\SOFTWARE' },
    ]) {
      const { hive, codes, number } = open(dirty.bytes, [['LOG1', newLog(made(1, base).bytes, [entry(20, 2)])]]);
      expect(number()).toBe(1n);
      expect(hive.state).toBe('dirty');
      expect(hive.logs[0]).toMatchObject({ applied: 0, stopped: 'not-this-hive' });
      expect(codes()).toEqual(['HIVE_LOG_FOREIGN']);
    }
  });

  it('takes the log of a hive that was renamed on its way', () => {
    const elsewhere = made(1, { ...DIRTY, fileName: '\\Device\\D\\copy\\TEST' });
    expect(open(dirty.bytes, [['LOG1', newLog(elsewhere.bytes, [entry(20, 2)])]]).number()).toBe(2n);
  });

  it('refuses a log with a broken base block, and a file that is none', () => {
    const log = newLog(dirty.bytes, [entry(20, 2)]);
    log[508]! ^= 1;
    const { hive, codes, number } = open(dirty.bytes, [
      ['LOG1', log],
      ['LOG2', new TextEncoder().encode('x'.repeat(2000))],
      ['LOG', log.subarray(0, 100)],
    ]);
    expect(number()).toBe(1n);
    expect(hive.logs.map(({ stopped }) => stopped)).toEqual(['bad-hash', 'not-a-log', 'truncated']);
    expect(codes()).toEqual(['HIVE_LOG_BROKEN', 'HIVE_LOG_BROKEN', 'HIVE_LOG_BROKEN']);
  });

  it('rebuilds a broken base block from the log with the latest entries, and uses only that', () => {
    const broken = dirty.bytes.slice();
    broken.fill(0, 0, 512);
    const { hive, codes, number } = open(broken, [
      ['LOG1', newLog(dirty.bytes, [entry(22, 4)])],
      ['LOG2', newLog(dirty.bytes, [entry(20, 2), entry(21, 3)])],
    ]);
    expect(number()).toBe(4n);
    expect(hive.state).toBe('replayed');
    expect(hive.header).toMatchObject({ rebuilt: true, primarySequence: 22, fileName: '\\Config\\TEST' });
    expect(hive.logs.map(({ stopped }) => stopped)).toEqual(['end', 'not-needed']);
    expect(codes()).toEqual(['HIVE_BASE_BLOCK']);
    expect(open(hive.image()).hive.state).toBe('clean');
  });

  it('puts a dummy in place of a bin that an entry made invalid, as Windows does, and says so', () => {
    const { hive, codes } = open(dirty.bytes, [
      ['LOG1', newLog(dirty.bytes, [{ sequence: 20, binsDataSize: 4096, pages: [{ offset: 0, data: new Uint8Array(4096).fill(0x41) }] }])],
    ]);
    expect(hive.root).toBeUndefined();
    expect(hive.state).toBe('damaged');
    expect(codes()).toContain('HIVE_BIN');
    const bin = new DataView(hive.image().buffer, 4096);
    expect([bin.getUint32(0), bin.getUint32(8, true), bin.getInt32(32, true)]).toEqual([0x6862_696e, 4096, 4096 - 32]);
  });
});

describe('a log of the old format', () => {
  const dirty = made(1, DIRTY);
  const after = made(6, DIRTY).bytes;
  const sectors = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i): [number, Uint8Array] => [
      (from + i) * 512,
      after.slice(4096 + (from + i) * 512, 4096 + (from + i + 1) * 512),
    ]);

  it('is applied when it has the time of the hive', () => {
    const { hive, codes, number } = open(dirty.bytes, [['LOG1', oldLog(dirty.bytes, 11, 4096, sectors(0, 8))]]);
    expect(number()).toBe(6n);
    expect(hive.logs).toEqual([{ name: 'LOG1', format: 'old', applied: 8, stopped: 'end', firstSequence: 11, lastSequence: 11 }]);
    expect(hive.state).toBe('replayed');
    expect(codes()).toEqual([]);
    const other = open(dirty.bytes, [['LOG1', oldLog(made(1, { ...DIRTY, lastWritten: 9n }).bytes, 11, 4096, sectors(0, 8))]]);
    expect(other.number()).toBe(1n);
    expect(other.codes()).toEqual(['HIVE_LOG_FOREIGN']);
  });

  it('may hold only sectors inside a bin', () => {
    const { hive, number } = open(dirty.bytes, [['LOG1', oldLog(dirty.bytes, 11, 4096, sectors(0, 2))]]);
    expect(number()).toBe(6n);
    expect(hive.logs[0]).toMatchObject({ applied: 2, stopped: 'end' });
  });

  it('stops at a page that should begin a bin and does not', () => {
    const bad = sectors(0, 8);
    bad[0]![1].fill(0x41);
    const { hive, codes, number } = open(dirty.bytes, [['LOG1', oldLog(dirty.bytes, 11, 4096, bad)]]);
    expect(number()).toBe(1n);
    expect(hive.logs[0]).toMatchObject({ applied: 0, stopped: 'bad-bin' });
    expect(codes()).toEqual(['HIVE_LOG_BROKEN']);
  });

  it('that is cut is applied as far as it goes', () => {
    const log = oldLog(dirty.bytes, 11, 4096, sectors(0, 8));
    const { hive, codes } = open(dirty.bytes, [['LOG1', log.subarray(0, log.length - 1024)]]);
    expect(hive.logs[0]).toMatchObject({ applied: 6, stopped: 'truncated' });
    expect(codes()).toEqual(['HIVE_LOG_BROKEN']);
  });

  it('rebuilds the base block when the time of the first bin is its own, or the broken one still shows it', () => {
    const broken = dirty.bytes.slice();
    broken.fill(0xff, 0, 512);
    const log = oldLog(dirty.bytes, 11, 4096, sectors(0, 8));
    const refused = open(broken, [['LOG1', log]]);
    expect(refused.hive.logs[0]).toMatchObject({ stopped: 'not-this-hive' });
    new DataView(broken.buffer).setBigUint64(4096 + 20, 500n, true);
    expect(open(broken, [['LOG1', log]]).number()).toBe(6n);
    const shown = dirty.bytes.slice();
    shown[24] = 1;
    const { hive, number } = open(shown, [['LOG1', log]]);
    expect(number()).toBe(6n);
    expect(hive.header).toMatchObject({ rebuilt: true, minorVersion: 5 });
  });
});
