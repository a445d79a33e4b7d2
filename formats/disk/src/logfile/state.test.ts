import { memorySource } from '@winmedic/bytes';
import { type LogShape, unusedLog } from '@winmedic/labs/logfile-writer';
import { describe, expect, it } from 'vitest';
import { changed, open, recordBlock, recordChange, startedLog, verdicts } from './test-log.ts';

const MIB = 1024 * 1024;
const SHAPES: readonly Pick<LogShape, 'version' | 'sizeBytes'>[] = [
  { version: '1.1', sizeBytes: 2 * MIB },
  { version: '2.0', sizeBytes: 2 * MIB },
  { version: '1.1', sizeBytes: 64 * MIB },
  { version: '2.0', sizeBytes: 64 * MIB },
];

/** Bytes of both restart pages that no stride ends with. */
function inBoth(bytes: Uint8Array, at: number, values: readonly number[]): void {
  bytes.set(values, at);
  bytes.set(values, 4096 + at);
}

describe('state of a log', () => {
  it.each([2 * MIB, 64 * MIB])('of %i bytes that no Windows used', (sizeBytes) => {
    const { log, codes, read } = open(unusedLog(sizeBytes));
    expect(log).toMatchObject({ state: 'never-used', records: 0, openTransactions: 0 });
    expect(log.judge([recordBlock(72)])).toEqual([{ block: recordBlock(72), verdict: 'free', records: [] }]);
    expect(log.touchesClusters(0, 1000)).toBe(false);
    expect(codes).toEqual([]);
    expect(read.bytes).toBeLessThan(64 * 1024);
  });

  it.each(SHAPES)('dismounted cleanly ($version, $sizeBytes)', (shape) => {
    const writer = startedLog(shape);
    writer.record(recordChange(72));
    writer.end(0x18);
    const { log, codes, read } = open(writer.write({ clean: true }));
    expect(log).toMatchObject({ state: 'clean', version: shape.version, cleanDismount: true, currentLsn: writer.lastLsn });
    expect(verdicts(log, [72, 73])).toEqual(['free', 'free']);
    expect(log.touchesClusters(0, 1e6)).toBe(false);
    expect(codes).toEqual([]);
    expect(read.bytes).toBeLessThan(64 * 1024);
  });

  it.each(SHAPES)('stopped without dismounting ($version, $sizeBytes)', (shape) => {
    const writer = startedLog(shape);
    writer.record(recordChange(72));
    writer.end(0x18);
    const { log, codes, read } = open(writer.write());
    expect(log).toMatchObject({ state: 'pending', version: shape.version, cleanDismount: false, openTransactions: 0 });
    expect(verdicts(log, [72, 73])).toEqual(['redo', 'free']);
    expect(codes).toEqual([]);
    expect(read.bytes).toBeLessThan(512 * 1024);
  });

  it('judges a small range again without reading again', () => {
    const writer = startedLog();
    writer.record(recordChange(72));
    const { log, read } = open(writer.write());
    const before = read.bytes;
    expect(verdicts(log, [72])).toEqual(['undo']);
    expect(read.bytes).toBe(before);
  });

  it('without clients is clean', () => {
    const source = changed(startedLog().write(), (bytes) => inBoth(bytes, 0x3c, [0xff, 0xff]));
    expect(open(source).log.state).toBe('clean');
  });
});

describe('which restart page counts', () => {
  it('is the newer one, wherever it stands', () => {
    const writer = startedLog();
    writer.record(recordChange(10));
    writer.end(0x18);
    writer.checkpoint();
    writer.record(recordChange(72));
    writer.end(0x18);
    const written = writer.write();
    const swapped = changed(written, (bytes) => {
      const first = bytes.slice(0, 4096);
      bytes.copyWithin(0, 4096, 8192);
      bytes.set(first, 4096);
    });
    for (const source of [written, swapped]) expect(verdicts(open(source).log, [10, 72])).toEqual(['free', 'redo']);
  });

  it('is the whole one when the other is torn, if something is pending by it', () => {
    const writer = startedLog();
    writer.record(recordChange(72));
    for (const at of [510, 4096 + 510]) {
      const { log, codes } = open(changed(writer.write(), (bytes) => bytes.fill(0xee, at, at + 2)));
      expect(log.state).toBe('pending');
      expect(verdicts(log, [72, 73])).toEqual(['undo', 'free']);
      expect(codes).toEqual(['LOGFILE_RESTART']);
    }
  });

  it('is none when the other is torn and the whole one calls it clean', () => {
    const writer = startedLog();
    const { log, codes } = open(changed(writer.write({ clean: true }), (bytes) => bytes.fill(0xee, 510, 512)));
    expect(log.state).toBe('unreadable');
    expect(verdicts(log, [72])).toEqual(['unknown']);
    expect(codes).toEqual(['LOGFILE_RESTART']);
  });
});

describe('a log that cannot be read', () => {
  const refused = (source: Parameters<typeof open>[0]) => {
    const { log, codes } = open(source);
    expect(log.state).toBe('unreadable');
    expect(log.judge([recordBlock(1)])[0]?.verdict).toBe('unknown');
    expect(log.touchesClusters(1, 1)).toBe(true);
    return codes;
  };

  it.each([0, 1, 511, 4096, 40_000])('all zero, %i bytes', (size) => {
    expect(refused(memorySource(new Uint8Array(size)))).toContain('LOGFILE_RESTART');
  });

  it('with restart pages unused and something behind them', () => {
    const unused = unusedLog(2 * MIB);
    expect(refused(changed(unused, (bytes) => bytes.fill(1, MIB, MIB + 16)))).toEqual(['LOGFILE_RESTART']);
  });

  it('of a version nobody described', () => {
    expect(refused(changed(startedLog().write(), (bytes) => inBoth(bytes, 0x1a, [0, 0, 3, 0])))).toEqual(['LOGFILE_VERSION']);
    expect(refused(changed(startedLog().write({ clean: true }), (bytes) => inBoth(bytes, 0x1a, [1, 0, 2, 0])))).toEqual([
      'LOGFILE_VERSION',
    ]);
  });

  it('of version 1.0 when something is pending', () => {
    const written = startedLog({ version: '1.1' });
    expect(refused(changed(written.write(), (bytes) => inBoth(bytes, 0x1a, [0, 0, 1, 0])))).toEqual(['LOGFILE_VERSION']);
  });

  it('that chkdsk marked', () => {
    expect(refused(startedLog().write({ checked: true }))).toEqual(['LOGFILE_CHKDSK']);
  });

  it('without NTFS among its clients', () => {
    expect(refused(changed(startedLog().write(), (bytes) => inBoth(bytes, 0x90, [0x58])))).toEqual(['LOGFILE_RESTART']);
  });

  it('whose checkpoint is torn, missing, of another kind or of another version', () => {
    const writer = startedLog();
    const at = (lsn: bigint) => Number(lsn & 0x7ffffn) * 8;
    const restart = at(writer.lastLsn);
    const written = writer.write();
    const stride = restart - (restart % 512) + 510;
    const torn = changed(written, (bytes) => {
      // The page and its copy in the first tail page.
      for (const at of [stride, 0x2000 + (stride % 4096)]) bytes.fill(0xee, at, at + 2);
    });
    expect(refused(torn)).toEqual(['LOGFILE_CHECKPOINT']);
    expect(refused(changed(written, (bytes) => inBoth(bytes, 0x78, [0x0c])))).toEqual(['LOGFILE_CHECKPOINT']);
    expect(refused(changed(written, (bytes) => bytes.fill(1, restart + 0x20, restart + 0x21)))).toEqual(['LOGFILE_CHECKPOINT']);
    expect(refused(changed(written, (bytes) => bytes.fill(2, restart + 0x30, restart + 0x31)))).toEqual(['LOGFILE_VERSION']);
  });
});
