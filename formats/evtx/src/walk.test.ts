import { memorySource } from '@winmedic/bytes';
import {
  breakChunkMagic,
  breakCrc,
  chunkOffset,
  clearedOver,
  concatenate,
  dirtyHeader,
  flipByte,
  recordPlaces,
  setRecordSize,
  setTrailingSize,
  truncate,
  writeEvtx,
  zeroChunk,
} from '@winmedic/labs/evtx-writer';
import { describe, expect, it } from 'vitest';
import { openEvtx } from './log.ts';
import { many, open, record } from './test-log.ts';
import type { EvtxOptions } from './types.ts';

/** Three chunks of 20 records with ids 1 to 60. */
const file = writeEvtx(many(60), { recordsPerChunk: 20 });

function ids(bytes: Uint8Array, options: EvtxOptions = {}) {
  const { log, damages } = open(bytes, options);
  const found = Array.from(log.records(), (one) => Number(one.recordId));
  return { found, codes: damages.map((damage) => damage.code), damages, log };
}
const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('opening', () => {
  it('refuses what is no log, with a code', () => {
    const code = (bytes: Uint8Array): string => {
      try {
        openEvtx(memorySource(bytes));
        return 'opened';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code(new Uint8Array(0))).toBe('EVTX_EMPTY');
    expect(code(new Uint8Array(100_000))).toBe('EVTX_NOT_EVTX');
    expect(code(new TextEncoder().encode('MZ this is no log '.repeat(9000)))).toBe('EVTX_NOT_EVTX');
    expect(code(file)).toBe('opened');
    expect(code(file.subarray(0, 200))).toBe('opened');
  });

  it('shows the header and does not trust it', () => {
    const { log } = open(dirtyHeader(file, { chunkCount: 1, lastChunk: 0n, nextRecordId: 2n }));
    expect(log.headers).toMatchObject([
      { present: true, majorVersion: 3, minorVersion: 1, dirty: true, chunkCount: 1, nextRecordId: 2n, crcValid: true },
    ]);
    expect([...log.records()]).toHaveLength(60);
  });

  it('reads a file whose header is overwritten or missing', () => {
    const overwritten = file.slice();
    overwritten.fill(0, 0, 4096);
    expect(ids(overwritten)).toMatchObject({ found: range(1, 60), codes: ['EVTX_FILE_HEADER'] });
    const missing = ids(file.slice(4096));
    expect(missing.found).toEqual(range(1, 60));
    expect(missing.log.headers).toMatchObject([{ present: false }]);
  });
});

describe('damage costs what it hit and nothing else', () => {
  it('is quiet about a sound log', () => {
    expect(ids(file).codes).toEqual([]);
    expect(ids(writeEvtx(many(30), { padding: 'noise', emptySlots: 3 })).codes).toEqual([]);
  });

  it.each([
    ['file' as const, 'EVTX_FILE_HEADER_CRC'],
    [{ chunkHeader: 1 }, 'EVTX_CHUNK_HEADER_CRC'],
    [{ chunkData: 1 }, 'EVTX_CHUNK_CRC'],
  ])('reports a wrong checksum and reads on: %j', (which, code) => {
    const { found, codes } = ids(breakCrc(file, which));
    expect(found).toEqual(range(1, 60));
    expect(codes).toContain(code);
    expect(ids(breakCrc(file, which), { verifyCrc: false }).codes).toEqual([]);
  });

  it('does not expect checksums in a log written without', () => {
    expect(ids(writeEvtx(many(10), { noCrc: true })).codes).not.toContain('EVTX_CHUNK_CRC');
  });

  it('loses one record to a size of 0, and does not loop', () => {
    const { found, damages, log } = ids(setRecordSize(file, 25, 0));
    expect(found).toEqual(range(1, 60).filter((id) => id !== 26));
    expect(damages).toMatchObject([{ code: 'EVTX_RECORD_SIZE', chunk: 1, recordId: '26', have: 0 }]);
    expect(log.scan([{}], () => {})).toMatchObject({ records: 59, damagedRecords: 1, damages: 1 });
  });

  it('reports a wrong copy of the size and keeps the record', () => {
    const { found, codes } = ids(setTrailingSize(file, 5, 99));
    expect(found).toEqual(range(1, 60));
    expect(codes).toEqual(['EVTX_RECORD_SIZE_COPY']);
  });

  it('loses one record to broken BinXML', () => {
    const { found, damages } = ids(flipByte(file, 30, 24 + 4, 0xff, { reseal: true }));
    expect(found).toEqual(range(1, 60).filter((id) => id !== 31));
    expect(damages).toMatchObject([{ code: 'EVTX_RECORD_BINXML', recordId: '31', chunk: 1, offset: recordPlaces(file)[30]!.offset }]);
  });

  it('loses one record to an overwritten magic', () => {
    const { found, codes } = ids(flipByte(file, 30, 0, 0xff, { reseal: true }));
    expect(found).toEqual(range(1, 60).filter((id) => id !== 31));
    expect(codes).toEqual(['EVTX_RECORD_MAGIC']);
  });

  it('skips zeroed chunks and reports broken ones', () => {
    expect(ids(zeroChunk(file, 1)).found).toEqual([...range(1, 20), ...range(41, 60)]);
    const broken = ids(breakChunkMagic(file, 1));
    expect(broken.found).toEqual([...range(1, 20), ...range(41, 60)]);
    expect(broken.codes).toEqual(['EVTX_CHUNK_MAGIC', 'EVTX_FILE_CHUNK_COUNT']);
  });

  it('reads a cut file as far as it goes', () => {
    const places = recordPlaces(file);
    for (const keep of [0, 10, 19]) {
      const cut = ids(truncate(file, places[40 + keep]!.offset + 10));
      expect(cut.found).toEqual(range(1, 40 + keep));
      expect(cut.codes).toContain('EVTX_CHUNK_TRUNCATED');
    }
  });

  it('caps reported damages, not the reading', () => {
    const bytes = file.slice();
    for (const place of recordPlaces(file)) bytes[place.offset + 28] = 0xff;
    const { found, codes } = ids(bytes);
    expect(found).toEqual([]);
    expect(codes.filter((code) => code === 'EVTX_RECORD_BINXML')).toHaveLength(60);
  });
});

describe('concatenated files', () => {
  it('reads on behind a second header', () => {
    const { found, codes, log } = ids(concatenate(file, file));
    expect(found).toEqual([...range(1, 60), ...range(1, 60)]);
    expect(codes).toEqual([]);
    expect(log.headers).toHaveLength(2);
  });

  it.each([8, 1000, 40_001])('finds the next file when the first one is cut %i bytes short', (short) => {
    const { found, codes } = ids(concatenate(file.subarray(0, file.length - short), file));
    expect(found).toEqual([...range(1, 60), ...range(1, 60)]);
    expect(codes).toContain('EVTX_RESYNC');
  });

  it('finds the next file when the first one is cut inside records', () => {
    const { found, codes } = ids(concatenate(file.subarray(0, recordPlaces(file)[50]!.offset + 9), file));
    expect(found).toEqual([...range(1, 50), ...range(1, 60)]);
    expect(codes).toContain('EVTX_RESYNC');
  });

  it('finds the first header behind foreign bytes', () => {
    expect(ids(concatenate(new Uint8Array(12_345).fill(7), file)).found).toEqual(range(1, 60));
  });
});

describe('carving', () => {
  const old = writeEvtx(
    many(60, (i) => record({ eventId: 100 + i }, { Old: `old ${i}` }, i)),
    { recordsPerChunk: 20 },
  );
  const fresh = writeEvtx(many(5, (i) => record({ eventId: 7 }, { New: 'n' }, 1000 + i)));
  const cleared = clearedOver(old, fresh);

  it('gives nothing that is not live unless asked', () => {
    expect(ids(cleared).found).toEqual(range(1, 5));
  });

  it('recovers records of broken chunks and of free space, marked and after the live ones', () => {
    const { log } = open(cleared, { recover: true });
    const all = Array.from(log.records(), (one) => ({
      trust: one.trust,
      id: one.system.eventId,
      old: one.field('Old') ?? one.field('Data[0]'),
      time: one.writtenTime,
    }));
    expect(all.slice(0, 5).every((one) => one.trust === 'live')).toBe(true);
    const slack = all.slice(5);
    expect(slack.length).toBeGreaterThanOrEqual(40);
    for (const one of slack) expect(one).toMatchObject({ trust: 'slack', old: `old ${one.id - 100}` });
    const summary = log.scan([{ ids: [130] }], () => {}, { spans: true });
    expect(summary).toMatchObject({ records: 5, matched: 1, recovered: slack.length });
    expect(summary.spans).toMatchObject([{ records: 5 }]);
  });

  it('does not repeat live records', () => {
    // The same chunk again, without its magic: every record in it is a copy.
    const copy = concatenate(file, breakChunkMagic(file, 0).subarray(chunkOffset(0), chunkOffset(1)));
    const { log } = open(copy, { recover: true });
    expect([...log.records()]).toHaveLength(60);
    expect(log.scan([{}], () => {}).recovered).toBe(0);
  });

  it('takes the slack copy of a live record that is damaged', () => {
    const damaged = flipByte(file, 3, 24 + 4, 0xff, { reseal: true });
    const { log } = open(concatenate(damaged, breakChunkMagic(file, 0).subarray(chunkOffset(0), chunkOffset(1))), { recover: true });
    const slack = Array.from(log.records(), (one) => [one.trust, Number(one.recordId)] as const).filter(([trust]) => trust === 'slack');
    expect(slack).toEqual([['slack', 4]]);
  });
});

describe('sources', () => {
  it('reads the same through small reads and in odd places', () => {
    const slow = { sizeBytes: file.length, readAt: (offset: number, into: Uint8Array) => memorySource(file).readAt(offset, into) };
    expect(Array.from(openEvtx(slow).records(), (one) => Number(one.recordId))).toEqual(range(1, 60));
  });

  it('tells progress', () => {
    const big = writeEvtx(many(120), { recordsPerChunk: 1 });
    const seen: number[] = [];
    const { log } = open(big, { onProgress: (done) => seen.push(done) });
    log.scan([], () => {});
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});
