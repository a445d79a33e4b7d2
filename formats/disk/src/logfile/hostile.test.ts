import type { ByteSource } from '@winmedic/bytes';
import { LogWriter, type WrittenLog } from '@winmedic/labs/logfile-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOGFILE_DAMAGE_CODES } from './codes.ts';
import { MAX_DAMAGES } from './limits.ts';
import { ATTRIBUTES, open, recordBlock, recordChange } from './test-log.ts';

const SMALL = (34 + 12) * 4096;

function small(version: '1.1' | '2.0', client: '0.0' | '1.0'): WrittenLog {
  const writer = new LogWriter({ sizeBytes: SMALL, version, client, firstPage: 3 });
  writer.append(2, 0, 0n, new Uint8Array(0x70));
  const attributes = client === '1.0' ? ATTRIBUTES : ATTRIBUTES.map((attribute, i) => ({ ...attribute, target: 0x18 + i * 0x2c }));
  const firstLsn = writer.record(recordChange(4, 0x40));
  const oldestLsn = writer.record(recordChange(3));
  writer.end(0x18);
  writer.checkpoint({
    attributes,
    dirtyPages: [{ target: 0x18, vcn: 0, lcns: [1000], oldestLsn }],
    transactions: [{ id: 0x40, state: 1, firstLsn, lastLsn: firstLsn }],
  });
  for (let record = 0; record < 60; record++) writer.record({ ...recordChange(record), redoData: new Uint8Array(record * 20) });
  return writer.write({ lastPage: 'tail-only' });
}

const LOGS = [small('1.1', '0.0'), small('1.1', '1.0'), small('2.0', '1.0')].map((log) => log.bytes());

/** Does everything there is to do; the work done, so that a loop shows. */
function use(bytes: Uint8Array) {
  const source: ByteSource = {
    sizeBytes: bytes.length,
    readAt(offset, into) {
      const part = bytes.subarray(Math.min(offset, bytes.length), offset + into.length);
      into.set(part);
      return part.length;
    },
  };
  const opened = open(source);
  const judged = opened.log.judge([recordBlock(3), recordBlock(999), { what: 'x', offset: 0, sizeBytes: 4096 }]);
  opened.log.touchesClusters(0, 10);
  return { opened, judged };
}

describe('hostile logs', () => {
  it('never throw, never run away and tell only codes of this reader', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...LOGS),
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: SMALL - 1 }),
            fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x30, 0x40),
            fc.integer({ min: 1, max: 8 }),
          ),
          { minLength: 1, maxLength: 12 },
        ),
        fc.option(fc.integer({ min: 0, max: SMALL })),
        (log, places, cut) => {
          const bytes = log.slice(0, cut ?? SMALL);
          for (const [at, value, count] of places) bytes.fill(value, at, at + count);
          const { opened, judged } = use(bytes);
          expect(judged).toHaveLength(3);
          expect(opened.damages.length).toBeLessThanOrEqual(MAX_DAMAGES);
          for (const code of opened.codes) expect(LOGFILE_DAMAGE_CODES).toContain(code);
          // A log of 46 pages is read a few times over, whatever it says of itself.
          expect(opened.read.bytes).toBeLessThan(20 * SMALL);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('do not get away with changed record headers and tables: bytes no stride protects', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...LOGS),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom(0, 4096, 7, 8, 9, 10, 37, 38, 39, 40),
        (log, at, value, page) => {
          const bytes = log.slice();
          bytes[(page < 100 ? page * 4096 : page) + at * 8] = value;
          const { opened, judged } = use(bytes);
          expect(judged).toHaveLength(3);
          expect(opened.read.bytes).toBeLessThan(20 * SMALL);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('of random bytes behind good restart pages are unreadable or unknown', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LOGS), fc.integer({ min: 1, max: 255 }), (log, seed) => {
        const bytes = log.slice();
        for (let i = 8192, state = seed; i < bytes.length; i++) {
          state = (state * 1103515245 + 12345) & 0x7fffffff;
          bytes[i] = state >> 16;
        }
        const { judged } = use(bytes);
        expect(judged.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown', 'unknown']);
      }),
      { numRuns: 20 },
    );
  });
});
