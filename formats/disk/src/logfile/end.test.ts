import type { LogShape } from '@winmedic/labs/logfile-writer';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, changed, open, recordChange, startedLog, verdicts } from './test-log.ts';

const VERSIONS: readonly LogShape['version'][] = ['1.1', '2.0'];

/** Records 1 and 2 are flushed, record 3 is on the same page and not. */
function threeRecords(version: LogShape['version'], options: Partial<LogShape> = {}) {
  const writer = startedLog({ version, ...options });
  for (const record of [1, 2]) {
    writer.record(recordChange(record));
    writer.end(0x18);
  }
  writer.flush();
  writer.record(recordChange(3));
  writer.end(0x18);
  return writer;
}

describe.each(VERSIONS)('end of a log of version %s', (version) => {
  it('in a regular page', () => {
    const { log, codes } = open(threeRecords(version).write());
    expect(verdicts(log, [1, 2, 3, 4])).toEqual(['redo', 'redo', 'redo', 'free']);
    expect(codes).toEqual([]);
  });

  it('in a tail page that is newer than the regular one', () => {
    const { log, codes } = open(threeRecords(version).write({ lastPage: 'tail-only' }));
    expect(verdicts(log, [1, 2, 3, 4])).toEqual(['redo', 'redo', 'redo', 'free']);
    expect(codes).toEqual([]);
  });

  it('in a tail page of which the regular one is torn', () => {
    const { log, codes } = open(threeRecords(version).write({ lastPage: 'torn-with-tail' }));
    expect(verdicts(log, [1, 2, 3, 4])).toEqual(['redo', 'redo', 'redo', 'free']);
    expect(codes).toEqual([]);
  });

  it('before what was never written', () => {
    const { log, codes } = open(threeRecords(version).write({ lastPage: 'lost' }));
    expect(verdicts(log, [1, 2, 3])).toEqual(['redo', 'redo', 'free']);
    expect(codes).toEqual([]);
  });

  it('in a torn page without a tail page: the checkpoint on it is lost', () => {
    const { log, codes } = open(threeRecords(version).write({ lastPage: 'torn' }));
    expect(log.state).toBe('unreadable');
    expect(codes).toEqual(['LOGFILE_CHECKPOINT']);
  });

  it('in a torn page behind the checkpoint: everything is unknown', () => {
    const writer = startedLog({ version });
    for (let record = 100; record < 150; record++) writer.record(recordChange(record));
    writer.end(0x18);
    const { log, codes } = open(writer.write({ lastPage: 'torn' }));
    expect(log.state).toBe('pending');
    expect(codes).toContain('LOGFILE_PAGE');
    expect(verdicts(log, [500])).toEqual(['unknown']);
    expect(log.touchesClusters(1, 1)).toBe(true);
  });

  it('in the middle of a record whose end was not written', () => {
    const writer = startedLog({ version });
    writer.record(recordChange(1));
    writer.end(0x18);
    writer.record({ ...recordChange(2), redoData: new Uint8Array(5000) });
    const { log, codes } = open(writer.write({ lastPage: 'lost' }));
    expect(codes).toEqual(['LOGFILE_TAIL']);
    expect(verdicts(log, [1, 2])).toEqual(['redo', 'free']);
  });

  it('before a page that was written later: everything is unknown', () => {
    const writer = startedLog({ version });
    const pages: number[] = [];
    for (let record = 100; record < 200; record++) pages.push(Math.floor(Number(writer.record(recordChange(record)) & 0x7ffffn) / 512));
    writer.end(0x18);
    const middle = (pages.at(0) ?? 0) + 1;
    expect(pages.at(-1)).toBeGreaterThan(middle);
    for (const value of [0, 0xff]) {
      const { log, codes } = open(changed(writer.write(), (bytes) => bytes.fill(value, middle * 4096, (middle + 1) * 4096)));
      expect(codes).toContain('LOGFILE_HOLE');
      expect(verdicts(log, [199, 500])).toEqual(['unknown', 'unknown']);
    }
  });

  it('before what the restart page knows of: everything is unknown', () => {
    const writer = startedLog({ version });
    writer.record(recordChange(1));
    const source = changed(writer.write(), (bytes) => {
      for (const at of [0x30, 0x1030]) bytes[at + 2] = (bytes[at + 2] ?? 0) + 1;
    });
    const { log, codes } = open(source);
    expect(codes).toEqual(['LOGFILE_HOLE']);
    expect(verdicts(log, [1, 2])).toEqual(['undo', 'unknown']);
  });

  it('is found when the log wrapped around, and never in what an earlier round left', () => {
    const first = version === '2.0' ? 34 : 4;
    const writer = startedLog({ version, sizeBytes: (first + 6) * 4096 });
    for (let round = 0; round < 200; round++) {
      writer.record(recordChange(round));
      writer.end(0x18);
      if (round % 20 === 0) writer.checkpoint({ attributes: ATTRIBUTES });
    }
    const { log, codes } = open(writer.write());
    expect(codes).toEqual([]);
    expect(log).toMatchObject({ state: 'pending', openTransactions: 0 });
    const free = Array.from({ length: 180 }, (_, i) => i);
    expect(new Set(verdicts(log, free))).toEqual(new Set(['free']));
    expect(verdicts(log, [181, 190, 199, 200])).toEqual(['redo', 'redo', 'redo', 'free']);
  });
});

describe('a cut log', () => {
  it('is pending, and what would be decided by the missing part is unknown', () => {
    const written = threeRecords('2.0').write();
    const bytes = written.bytes().subarray(0, 36 * 4096);
    const { log, codes } = open({ sizeBytes: bytes.length, readAt: (offset, into) => copyOf(bytes, offset, into) });
    expect(log.state).toBe('pending');
    expect(codes).toEqual(['LOGFILE_PAGE']);
    expect(verdicts(log, [1, 9])).toEqual(['redo', 'unknown']);
  });
});

function copyOf(bytes: Uint8Array, offset: number, into: Uint8Array): number {
  const part = bytes.subarray(Math.min(offset, bytes.length), offset + into.length);
  into.set(part);
  return part.length;
}
