import { type ByteSource, memorySource, viewOf } from '@winmedic/bytes';
import { ndisPacket, pktmonPacket, type WriteRecord, writeEtl } from '@winmedic/labs/etl-writer';
import { describe, expect, it } from 'vitest';
import { ETL_DAMAGE_CODES, EtlError, openEtl, readEtlPackets } from './index.ts';
import { PROVIDER, readTrace, template, touch } from './test-trace.ts';

const START = 134_195_136_000_000_000n;
const BUFFER = 1024;
/** 40 records of one processor, ten or so a buffer. */
const records = Array.from(
  { length: 40 },
  (_, id): WriteRecord => ({ kind: 'event', at: START + BigInt(id) * 1000n, provider: PROVIDER, id, payload: new Uint8Array(8) }),
);
const trace = writeEtl({ startTime: START, bufferBytes: BUFFER }, records);
const buffers = trace.length / BUFFER;
const ids = (bytes: Uint8Array): number[] => readTrace(bytes).records.map(({ id }) => id);

describe('damaged traces', () => {
  it('go on behind a buffer whose header is gone', () => {
    const lost = new Set(ids(trace.slice(0, 3 * BUFFER)).filter((id) => !ids(trace.slice(0, 2 * BUFFER)).includes(id)));
    const broken = trace.slice();
    broken.fill(0xaa, 2 * BUFFER, 2 * BUFFER + 0x48);
    const { records: found, damages, summary } = readTrace(broken);
    expect(found.map(({ id }) => id)).toEqual(records.map(({ id }) => id).filter((id) => !lost.has(id)));
    expect(damages).toEqual([{ code: 'ETL_BUFFER', offset: 2 * BUFFER, what: 'buffer header', have: BUFFER }]);
    expect(summary).toMatchObject({ buffers: buffers - 1, framingErrors: 0, cut: false, buffersLost: 1 });
  });

  it.each([1, 7, 100, 5000])('go on behind %i bytes that do not belong there', (size) => {
    const at = 2 * BUFFER;
    const broken = new Uint8Array([...trace.subarray(0, at), ...new Array<number>(size).fill(0x41), ...trace.subarray(at)]);
    expect(ids(broken)).toEqual(records.map(({ id }) => id));
    expect(readTrace(broken).damages).toMatchObject([{ code: 'ETL_BUFFER', offset: at, have: size }]);
  });

  it('lose only the end of a buffer that lacks bytes', () => {
    const broken = new Uint8Array([...trace.subarray(0, 2 * BUFFER - 300), ...trace.subarray(2 * BUFFER)]);
    const { records: found, damages } = readTrace(broken);
    const whole = ids(trace.slice(0, 2 * BUFFER)).length;
    expect(damages).toMatchObject([{ code: 'ETL_BUFFER', offset: BUFFER, need: BUFFER, have: BUFFER - 300 }]);
    // 300 bytes are more than three records and less than four and the room behind them.
    expect(records.length - found.length).toBe(3);
    expect(found[whole - 3]!.id).toBe(whole);
  });

  it.each([0x50, 512, 2048, 1_000_000])('do not follow a size of %i that the next buffer contradicts', (size) => {
    const broken = trace.slice();
    viewOf(broken).setUint32(BUFFER, size, true);
    const { records: found, damages } = readTrace(broken);
    expect(damages).toMatchObject([{ code: 'ETL_BUFFER', what: 'BufferSize', need: BUFFER, have: size }]);
    expect(found.map(({ id }) => id)).toEqual(records.map(({ id }) => id));
  });

  it('are read as far as they go', () => {
    let before = -1;
    for (let length = BUFFER; length <= trace.length; length += 13) {
      const { records: found, summary, damages } = readTrace(trace.subarray(0, length));
      expect(found.length).toBeGreaterThanOrEqual(before);
      before = found.length;
      expect(found.map(({ id }) => id)).toEqual(records.slice(0, found.length).map(({ id }) => id));
      expect(summary.cut).toBe(length % BUFFER !== 0);
      expect(summary.framingErrors).toBe(0);
      expect(damages.map(({ code }) => code)).toEqual(summary.cut ? ['ETL_CUT'] : []);
    }
    expect(before).toBeGreaterThan(35);
  });

  it.each([
    ['type', 2, 99],
    ['marker', 3, 0x01],
    ['size too small', 0, 8],
  ])('stop in a buffer at a record with a wrong %s', (_, at, value) => {
    const broken = trace.slice();
    const record = BUFFER + 0x48 + 2 * 0x58;
    broken[record + at] = value;
    const { records: found, summary, damages } = readTrace(broken);
    expect(found.slice(0, 3).map(({ id }) => id)).toEqual([0, 1, ids(trace.slice(0, 2 * BUFFER)).length]);
    expect(summary.framingErrors).toBe(1);
    expect(damages).toMatchObject([{ code: 'ETL_RECORD', offset: record }]);
  });

  it('with stamps from before the clock began are in order', () => {
    const stamps = [5n, -1n, 1n, -(2n ** 40n)];
    const odd = stamps.map(
      (rawTime, id): WriteRecord => ({ kind: 'event', at: START, rawTime, provider: PROVIDER, id: id + 1, processor: id }),
    );
    const { records: found, summary } = readTrace(writeEtl({ startTime: START, bufferBytes: BUFFER, clock: 'filetime' }, odd));
    expect(found.map(({ id }) => id)).toEqual([4, 2, 3, 1]);
    expect(summary).toMatchObject({ first: -(2n ** 40n), last: 5n });
  });

  it('with room behind the last buffer are whole', () => {
    const padded = new Uint8Array(trace.length + 3000);
    padded.set(trace);
    expect(readTrace(padded)).toMatchObject({ damages: [], summary: { cut: false, buffers } });
  });

  it('give compressed buffers as far as they decompress', () => {
    const packed = writeEtl({ startTime: START, bufferBytes: BUFFER, compress: true }, records);
    expect(ids(packed)).toEqual(records.map(({ id }) => id));
    const claims = packed.slice();
    // One byte more than there is.
    const view = viewOf(claims);
    view.setUint32(BUFFER + 4, view.getUint32(BUFFER + 4, true) + 1, true);
    expect(readTrace(claims).damages).toMatchObject([{ code: 'ETL_COMPRESSED', offset: BUFFER }]);
    expect(ids(claims)).toEqual(records.map(({ id }) => id));
  });

  it('are not opened or read without end when bytes of them change', () => {
    const rich = writeEtl({ startTime: START, bufferBytes: 2048 }, [
      ...records.slice(0, 5),
      {
        kind: 'event',
        at: START,
        provider: PROVIDER,
        id: 1,
        traceLogging: { name: 'n', fields: [{ name: 'a', type: 'UInt8' }] },
        payload: Uint8Array.of(7),
      },
      { kind: 'event', at: START, provider: PROVIDER, id: 1, userSid: 'S-1-5-18', relatedActivityId: PROVIDER, providerName: 'p' },
      { kind: 'message', at: START, id: 4, provider: PROVIDER, sequence: 1, pid: 2, tid: 3 },
      { kind: 'classic', at: START, provider: PROVIDER, id: 1 },
      { kind: 'perfinfo', at: START, id: 0x0f24 },
      ...ndisPacket({ at: START, bytes: new Uint8Array(100), fragment: 40 }),
      pktmonPacket({ at: START, bytes: new Uint8Array(60), group: 1n, number: 1 }),
    ]);
    const packed = writeEtl({ startTime: START, bufferBytes: 2048, compress: true }, records);
    const options = template({ name: 'n', type: 'UInt16' }, { name: 's', type: 'UnicodeString', count: 'n' });
    const codes: ReadonlySet<string> = new Set(ETL_DAMAGE_CODES);
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    let opened = 0;
    for (let round = 0; round < 3000; round++) {
      const bytes = (round % 3 === 0 ? packed : rich).slice();
      for (let change = 0; change <= round % 4; change++) bytes[random(bytes.length)] = [0, 0xff, 0x80, random(256)][random(4)]!;
      const cut = round % 5 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
      const unknown: string[] = [];
      const onDamage = ({ code }: { code: string }): unknown => codes.has(code) || unknown.push(code);
      try {
        const file = openEtl(memorySource(cut), { ...options, onDamage });
        opened++;
        let visits = 0;
        const summary = file.read((event) => {
          visits++;
          touch(event);
        });
        expect(visits).toBe(summary.total);
        readEtlPackets(file, (packet) => packet.bytes.length + packet.originalLength);
      } catch (error) {
        expect(error).toBeInstanceOf(EtlError);
      }
      expect(unknown).toEqual([]);
    }
    expect(opened).toBeGreaterThan(2000);
  });
});

describe('traces made to exhaust their reader', () => {
  it('may claim any size, but decompress to no more than 64 MiB and 64 times their own', () => {
    // A record of 16 bytes, then a match of 16 MiB that repeats it.
    const record = [2, 0, 17, 0xc0, 16, 0, 0x24, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0];
    const packed = Uint8Array.from([0xff, 0xff, 0, 0, ...record, 0x7f, 0, 0x0f, 0xff, 0, 0, 0xff, 0xff, 0xff, 0]);
    const bomb = new Uint8Array(0x48 + packed.length);
    bomb.set(packed, 0x48);
    const view = viewOf(bomb);
    view.setUint32(0, bomb.length, true);
    view.setUint32(4, 16 * 1024 * 1024, true);
    view.setUint16(0x34, 0x60, true);
    const file = new Uint8Array(BUFFER + bomb.length * 1000);
    file.set(trace.subarray(0, BUFFER));
    for (let i = 0; i < 1000; i++) file.set(bomb, BUFFER + i * bomb.length);
    const codes = new Map<string, number>();
    let visits = 0;
    const summary = openEtl(memorySource(file), { onDamage: ({ code }) => codes.set(code, (codes.get(code) ?? 0) + 1) }).read(
      () => ++visits,
    );
    expect(summary).toMatchObject({ buffers: 1001, compressedBuffers: 1000 });
    expect(codes.get('ETL_LIMIT')).toBeGreaterThan(900);
    expect(visits).toBeLessThan((80 * 1024 * 1024) / 16);
  });

  it('are held up to 96 MiB, then records may come late, which is said once', () => {
    const size = 1024 * 1024;
    const count = 200;
    // All buffers begin at one time and end at another: none can be freed before all are loaded.
    const wide = (id: number): WriteRecord => ({
      kind: 'event',
      at: START + BigInt(id),
      provider: PROVIDER,
      id,
      payload: new Uint8Array(60_000),
    });
    const one = writeEtl(
      { startTime: START, bufferBytes: size },
      Array.from({ length: 17 }, (_, id) => wide(id)),
    );
    const body = one.subarray(size, 2 * size);
    const source: ByteSource = {
      sizeBytes: size * (count + 1),
      readAt(offset, into) {
        let done = 0;
        while (done < into.length && offset + done < this.sizeBytes) {
          const at = offset + done;
          const from = at < size ? one.subarray(at, size) : body.subarray(at % size);
          const part = from.subarray(0, into.length - done);
          into.set(part, done);
          done += part.length;
        }
        return done;
      },
    };
    const damages: string[] = [];
    let visits = 0;
    const summary = openEtl(source, { onDamage: ({ code }) => damages.push(code) }).read(() => ++visits);
    expect(summary.buffers).toBe(count + 1);
    expect(visits).toBe(1 + 17 * count);
    expect(damages).toEqual(['ETL_ORDER']);
  });

  it('count no more than 4,096 providers by name and lose none of their records', () => {
    const many = Array.from(
      { length: 5000 },
      (_, i): WriteRecord => ({
        kind: 'event',
        at: START,
        provider: `${(i + 1).toString(16).padStart(8, '0')}-2222-3333-4444-555555555555`,
        id: i,
      }),
    );
    const bytes = writeEtl({ startTime: START }, many);
    const { records: found, summary } = readTrace(bytes);
    expect([summary.byProvider.size, found.length]).toEqual([4096, 5000]);
    expect(found.map(({ provider }) => provider)).toEqual(many.map((record) => ('provider' in record ? record.provider : '')));
    const late = '00001388-2222-3333-4444-555555555555';
    expect(readTrace(bytes, { providers: new Set([late]) }).records).toMatchObject([{ provider: late, id: 4999 }]);
  });

  it('have damages without end, of which a thousand are told', () => {
    const bytes = new Uint8Array(BUFFER * 3000);
    for (let i = 0; i < 3000; i++) bytes.set(trace.subarray(i === 0 ? 0 : BUFFER, i === 0 ? BUFFER : 2 * BUFFER), i * BUFFER);
    for (let i = 1; i < 3000; i++) bytes[i * BUFFER + 0x48 + 2] = 99;
    const { damages, summary } = readTrace(bytes);
    expect([damages.length, summary.framingErrors]).toEqual([1000, 2999]);
  });
});
