import { memorySource, viewOf } from '@winmedic/bytes';
import { type WriteRecord, writeEtl } from '@winmedic/labs/etl-writer';
import { describe, expect, it } from 'vitest';
import { EtlError, openEtl, recogniseEtl } from './index.ts';
import { PROVIDER, readTrace } from './test-trace.ts';

const START = 134_195_136_000_000_000n;
const OTHER = 'aaaaaaaa-2222-3333-4444-555555555555';
const event = (id: number, more: Partial<WriteRecord> = {}): WriteRecord =>
  ({ kind: 'event', at: START + BigInt(id) * 1000n, provider: PROVIDER, id, ...more }) as WriteRecord;

describe('recognising a trace', () => {
  const bytes = writeEtl({}, [event(1)]);

  it('needs 152 bytes', () => {
    expect(recogniseEtl(bytes.subarray(0, 152))).toBe(true);
    expect(recogniseEtl(bytes.subarray(0, 151))).toBe(false);
  });

  it('takes traces of 32-bit machines', () => {
    expect(recogniseEtl(writeEtl({ pointerBytes: 4 }, []))).toBe(true);
  });

  it.each([
    ['an impossible size of the buffer', 0, 0xff],
    ['another type of buffer', 0x36, 0],
    ['another first record', 0x48 + 2, 19],
    ['a first record without marker', 0x48 + 3, 0],
    ['another HookId', 0x48 + 6, 1],
    ['an impossible size of pointers', 0x48 + 0x20 + 0x2c, 5],
  ])('refuses %s', (_, at, value) => {
    const broken = bytes.slice();
    broken[at] = value;
    if (at === 0) broken.fill(0xff, 0, 4);
    expect(recogniseEtl(broken)).toBe(false);
    expect(() => openEtl(memorySource(broken))).toThrow(EtlError);
  });

  it('is not opened when it ends within its header', () => {
    expect(() => openEtl(memorySource(bytes.subarray(0, 300)))).toThrow(expect.objectContaining({ code: 'ETL_FORMAT', need: 0x118 }));
    expect(() => openEtl(memorySource(new Uint8Array(0)))).toThrow(EtlError);
  });
});

describe('clocks', () => {
  it('give times of the performance counter in whole numbers, rounded down', () => {
    const frequency = 3_579_545n;
    const bytes = writeEtl({ frequency, startTime: START }, [event(1, { rawTime: 13_000_000_000n + frequency * 86_400n + 1n })]);
    // A day and one tick of 279.365 ns later.
    expect(readTrace(bytes).records[0]!.ticks).toBe(START + 864_000_000_000n + 2n);
  });

  it('count backwards before the first record, rounded down as well', () => {
    const bytes = writeEtl({ frequency: 30_000_000n, startTime: START }, [event(1, { rawTime: 13_000_000_000n - 1n })]);
    expect(readTrace(bytes).records[0]!.ticks).toBe(START - 1n);
  });

  it('take FILETIME as it is and cycles by the clock of the processor', () => {
    expect(readTrace(writeEtl({ clock: 'filetime', startTime: START }, [event(7)])).records[0]!.ticks).toBe(START + 7000n);
    const cycles = writeEtl({ clock: 'cycles', cpuMhz: 2000, startTime: START }, [event(1, { rawTime: 13_000_000_000n + 2_000_000_199n })]);
    expect(readTrace(cycles).records[0]!.ticks).toBe(START + 10_000_000n);
  });

  it('without frequency show every record at the start, and say so', () => {
    const bytes = writeEtl({ startTime: START }, [event(5)]);
    viewOf(bytes).setBigUint64(0x48 + 0x20 + 0x100, 0n, true);
    const damages: string[] = [];
    const file = openEtl(memorySource(bytes), { onDamage: ({ code }) => damages.push(code) });
    const ticks = new Set<bigint>();
    file.read((one) => ticks.add(one.ticks));
    expect(damages).toEqual(['ETL_CLOCK']);
    expect([...ticks]).toEqual([START]);
  });

  it('say when they are of no known kind', () => {
    const bytes = writeEtl({}, []);
    viewOf(bytes).setUint32(0x48 + 0x20 + 0x110, 9, true);
    const damages: unknown[] = [];
    openEtl(memorySource(bytes), { onDamage: ({ code, have }) => damages.push([code, have]) });
    expect(damages).toEqual([['ETL_CLOCK', 9]]);
  });
});

describe('reading records', () => {
  const records = Array.from({ length: 300 }, (_, i) =>
    event(i, { processor: i % 4, provider: i % 10 === 0 ? OTHER : PROVIDER } as Partial<WriteRecord>),
  );
  const bytes = writeEtl({ startTime: START, bufferBytes: 1024, bufferOrder: 'last-processor-first' }, records);

  it('puts the records of all processors in order of time', () => {
    expect(readTrace(bytes).records.map(({ id }) => id)).toEqual(records.map(({ id }) => id));
  });

  it('gives each processor its order in file order', () => {
    const ids = readTrace(bytes, { order: 'file' }).records.map(({ id }) => id);
    expect(ids[0]).toBe(3);
    expect(ids.filter((id) => id % 4 === 2)).toEqual(records.map(({ id }) => id).filter((id) => id % 4 === 2));
  });

  it('sorts a buffer whose records are not in order', () => {
    const shuffled = [event(5), event(1), event(9), event(2)];
    expect(readTrace(writeEtl({ startTime: START }, shuffled)).records.map(({ id }) => id)).toEqual([1, 2, 5, 9]);
    expect(readTrace(writeEtl({ startTime: START }, shuffled), { order: 'file' }).records.map(({ id }) => id)).toEqual([5, 1, 9, 2]);
  });

  it('visits the providers asked for and counts all', () => {
    for (const order of ['time', 'file'] as const) {
      const { records: found, summary } = readTrace(bytes, { order, providers: new Set([OTHER]) });
      expect(found.map(({ provider }) => provider)).toEqual(Array.from({ length: 30 }, () => OTHER));
      expect(summary.total).toBe(301);
      expect([...summary.byProvider].sort()).toEqual([
        [PROVIDER, 270],
        [OTHER, 30],
      ]);
      expect([...summary.records]).toEqual([
        [2, 1],
        [19, 300],
      ]);
    }
  });

  it('visits the kinds asked for', () => {
    const mixed = writeEtl({ startTime: START }, [
      event(1),
      { kind: 'classic', at: START, provider: PROVIDER, id: 2 },
      { kind: 'perfinfo', at: START, id: 0x0f24 },
      { kind: 'message', at: START, id: 4, provider: PROVIDER },
    ]);
    const kinds = (wanted: string) =>
      readTrace(mixed, { kinds: new Set([wanted as 'event']) }).records.map(({ kind, id }) => `${kind} ${id}`);
    expect([kinds('event'), kinds('classic'), kinds('perfinfo'), kinds('message')]).toEqual([
      ['event 1'],
      ['classic 2'],
      ['perfinfo 3876'],
      ['message 4'],
    ]);
  });

  it('takes events of classic providers as classic ones', () => {
    const classic = writeEtl({ startTime: START }, [event(0, { opcode: 12 } as Partial<WriteRecord>)]);
    const at = viewOf(classic).getUint32(0, true) + 0x48;
    viewOf(classic).setUint16(at + 4, viewOf(classic).getUint16(at + 4, true) | 0x100, true);
    for (const kinds of [undefined, new Set(['classic' as const])]) {
      expect(readTrace(classic, kinds === undefined ? {} : { kinds }).records).toMatchObject([
        { kind: 'classic', id: 12, provider: PROVIDER },
      ]);
    }
    expect(readTrace(classic, { kinds: new Set(['event']) }).records).toEqual([]);
  });

  it('ends when the visitor says so', () => {
    let visits = 0;
    openEtl(memorySource(bytes)).read(() => ++visits < 7);
    expect(visits).toBe(7);
  });

  it('tells how far it is and can be stopped', () => {
    const offsets: number[] = [];
    const stop = new AbortController();
    const file = openEtl(memorySource(bytes));
    file.read(() => true, { order: 'file', onProgress: (offset) => offsets.push(offset) });
    expect(offsets).toEqual(Array.from({ length: bytes.length / 1024 }, (_, i) => i * 1024));
    stop.abort();
    expect(() => file.read(() => true, { signal: stop.signal })).toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  it('says where records lie', () => {
    const places: number[][] = [];
    openEtl(memorySource(writeEtl({ bufferBytes: 1024 }, [event(1), event(2)]))).read((one) => {
      places.push([one.fileOffset, one.buffer, one.index]);
    });
    expect(places).toEqual([
      [0x48, 0, 0],
      [1024 + 0x48, 1, 0],
      [1024 + 0x48 + 0x50, 1, 1],
    ]);
  });

  it('knows first and last time, the header not counted', () => {
    const { summary } = readTrace(writeEtl({ startTime: START }, [event(30), event(20), event(90)]));
    expect([summary.first, summary.last]).toEqual([START + 20_000n, START + 90_000n]);
    expect(readTrace(writeEtl({ startTime: START }, [])).summary.first).toBeUndefined();
  });
});

describe('losses', () => {
  const three = [1, 2, 3].map((id) => event(id, { payload: new Uint8Array(700) }));

  it('are the highest number that header, buffers and records tell', () => {
    expect(readTrace(writeEtl({ bufferBytes: 1024, eventsLost: 5, lostEventsAt: [1, 2] }, three)).summary.eventsLost).toBe(5);
    expect(readTrace(writeEtl({ bufferBytes: 1024, lostEventsAt: [1, 2] }, three)).summary.eventsLost).toBe(2);
    const told = [32, 32, 32, 33].map(
      (id): WriteRecord => ({ kind: 'classic', at: START, provider: '6a399ae0-4bc6-4de9-870b-3657f8947e7e', id }),
    );
    expect(readTrace(writeEtl({}, told)).summary).toMatchObject({ eventsLost: 3, buffersLost: 1 });
  });

  it('are seen in the numbers of buffers that the header says were written', () => {
    const bytes = writeEtl({ bufferBytes: 1024 }, three);
    const without = new Uint8Array([...bytes.subarray(0, 2048), ...bytes.subarray(3072)]);
    expect(readTrace(without).summary).toMatchObject({ buffers: 3, buffersLost: 1 });
    // A session that was stopped skips the numbers of its empty buffers.
    viewOf(without).setUint32(0x48 + 0x20 + 0x24, 3, true);
    expect(readTrace(without).summary.buffersLost).toBe(0);
  });
});
