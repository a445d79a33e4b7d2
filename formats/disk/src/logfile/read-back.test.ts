import { LogWriter } from '@winmedic/labs/logfile-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPages } from './pages.ts';
import { operationData, readNext, readNtfsRecord, readRecord } from './records.ts';
import { readRestartPage } from './restart.ts';

/** Length and contents of data, made when needed: a counterexample stays short. */
const anyData = fc.tuple(
  fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 300 }) },
    { weight: 1, arbitrary: fc.integer({ min: 3900, max: 12_500 }) },
    // Offsets in a record have 16 bits: more does not fit in both halves together.
    { weight: 1, arbitrary: fc.constantFrom(30_000, 32_000) },
  ),
  fc.integer({ min: 0, max: 255 }),
);
const make = ([length, seed]: readonly [number, number]) => new Uint8Array(length).map((_, i) => (i * 7 + seed) & 0xff);

const anyRecord = fc.record({
  redo: fc.integer({ min: 0, max: 0x30 }),
  undo: fc.integer({ min: 0, max: 0x30 }),
  transaction: fc.constantFrom(0x18, 0x40, 0x68),
  target: fc.integer({ min: 0, max: 0xffff }),
  vcn: fc.integer({ min: 0, max: 0xffff_ffff }),
  clusterBlock: fc.integer({ min: 0, max: 127 }),
  recordOffset: fc.integer({ min: 0, max: 4096 }),
  attributeOffset: fc.integer({ min: 0, max: 4096 }),
  lcns: fc.array(fc.integer({ min: 1, max: 0xffff_ffff }), { maxLength: 20 }),
  redoData: anyData,
  undoData: anyData,
});

describe('records of a log', () => {
  it('are read back as they were written, whatever their length and wherever the log wraps around', () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord, { minLength: 1, maxLength: 25 }),
        fc.constantFrom('1.1' as const, '2.0' as const),
        fc.constantFrom(0, 100, 470, 476, 477),
        (records, version, firstPage) => {
          const writer = new LogWriter({ sizeBytes: 2 * 1024 * 1024, version, client: '1.0', firstPage });
          const inputs = records.map((record) => ({ ...record, redoData: make(record.redoData), undoData: make(record.undoData) }));
          const lsns = inputs.map((input) => writer.record(input));
          writer.checkpoint();
          const written = writer.write();
          const window = new Uint8Array(8192);
          written.readAt(0, window);
          const restart = readRestartPage(window, 0);
          if (typeof restart === 'string') throw new Error(restart);
          const pages = openPages(written, restart);
          if (pages === undefined) throw new Error('no pages');
          let raw = readRecord(pages, lsns[0] ?? 0n);
          const previous = new Map<number, bigint>();
          for (const [i, input] of inputs.entries()) {
            if (typeof raw === 'string') throw new Error(`record ${i}: ${raw}`);
            expect(raw).toMatchObject({
              lsn: lsns[i],
              transactionId: input.transaction,
              type: 1,
              clientIndex: 0,
              previousLsn: previous.get(input.transaction) ?? 0n,
            });
            previous.set(input.transaction, raw.lsn);
            const record = readNtfsRecord(raw);
            const { transaction: _, redoData, undoData, ...fields } = input;
            expect(record).toMatchObject({ ...fields, redoBytes: redoData.length, undoBytes: undoData.length });
            expect(record && operationData(record, 'redo')).toEqual(redoData);
            expect(record && operationData(record, 'undo')).toEqual(undoData);
            raw = readNext(pages, raw);
          }
          if (typeof raw === 'string') throw new Error(`checkpoint: ${raw}`);
          expect(raw.type).toBe(2);
          expect(readNext(pages, raw)).toBe('absent');
        },
      ),
      { numRuns: 60 },
    );
  });
});
