import { encodeUtf16, memorySource, viewOf } from '@winmedic/bytes';
import { type WriteRecord, writeEtl } from '@winmedic/labs/etl-writer';
import { describe, expect, it } from 'vitest';
import { openEtl } from './index.ts';
import { PROVIDER, template } from './test-trace.ts';
import type { EtlEvent, EtlOptions } from './types.ts';

const START = 134_195_136_000_000_000n;
/** Where the first record behind the header lies. */
const RECORD = 65_536 + 0x48;

/** What `look` sees of the only record of a trace, whose bytes `change` may alter. */
function of<T>(
  record: Partial<WriteRecord>,
  look: (event: EtlEvent) => T,
  change?: (bytes: Uint8Array, view: DataView) => void,
  options?: EtlOptions,
): T {
  const bytes = writeEtl({ startTime: START }, [
    { at: START, id: 1, ...(record.kind === undefined ? { kind: 'event', provider: PROVIDER } : {}), ...record } as WriteRecord,
  ]);
  change?.(bytes, viewOf(bytes));
  const found: T[] = [];
  openEtl(memorySource(bytes), options).read((event) => {
    if (event.kind !== 'system' || event.id !== 0) found.push(look(event));
  });
  expect(found).toHaveLength(1);
  return found[0]!;
}
const payload = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);

describe('extended items', () => {
  const items = [
    { type: 6, data: new Uint8Array(64) },
    { type: 0xd, data: Uint8Array.of(7, 0, 0, 0, 0, 0, 1, 0) },
    { type: 0x77, data: new Uint8Array(3) },
  ];

  it('are read, stacks and unknown ones passed over', () => {
    const record = { items, payload, userSid: 'S-1-5-18', sessionId: 2, relatedActivityId: PROVIDER, providerName: 'Größe' };
    expect(
      of(record, ({ userSid, sessionId, relatedActivityId, providerName, processStartKey, payload: rest }) => ({
        userSid,
        sessionId,
        relatedActivityId,
        providerName,
        processStartKey,
        rest: [...rest],
      })),
    ).toEqual({
      userSid: 'S-1-5-18',
      sessionId: 2,
      relatedActivityId: PROVIDER,
      providerName: 'Größe',
      processStartKey: 0x1_0000_0000_0007n,
      rest: [...payload],
    });
  });

  it('that are not there are empty', () => {
    expect(
      of({}, (e) => [e.userSid, e.sessionId, e.relatedActivityId, e.activityId, e.providerName, e.processStartKey, e.traceLogging]),
    ).toEqual(['', -1, '', '', '', 0n, false]);
  });

  it('that do not fit end the items, and never reach behind the record', () => {
    for (const size of [0, 4, 7, 0xffff]) {
      const rest = of(
        { items, payload },
        (e) => e.payload.length,
        (_, view) => view.setUint16(RECORD + 0x50, size, true),
      );
      expect(rest).toBe(72 + 16 + 16 + payload.length);
    }
  });
});

describe('sizes of pointers', () => {
  it('are those of the record, else of its type', () => {
    expect(of({ pointerBytes: 4 }, (e) => e.pointerBytes)).toBe(4);
    expect(of({ pointerBytes: 8 }, (e) => e.pointerBytes)).toBe(8);
    expect(of({ pointerBytes: 'none' }, (e) => e.pointerBytes)).toBe(8);
    expect(
      of(
        { pointerBytes: 'none' },
        (e) => e.pointerBytes,
        (bytes) => bytes.fill(18, RECORD + 2, RECORD + 3),
      ),
    ).toBe(4);
  });

  it('decide how pointers are read', () => {
    const pointer = template({ name: 'p', type: 'Pointer' });
    expect(of({ pointerBytes: 4, payload }, (e) => e.decode(), undefined, pointer)).toMatchObject({
      fields: new Map([['p', '0x4030201']]),
      restBytes: 5,
    });
    expect(of({ pointerBytes: 8, payload }, (e) => e.decode(), undefined, pointer)).toMatchObject({
      fields: new Map([['p', '0x807060504030201']]),
      restBytes: 1,
    });
  });
});

describe('records of other kinds', () => {
  it('of one text say it', () => {
    const text = Uint8Array.from([...encodeUtf16('started: é'), 0, 0]);
    const decoded = of(
      { payload: text },
      (e) => e.decode(),
      (_, view) => view.setUint16(RECORD + 4, view.getUint16(RECORD + 4, true) | 4, true),
    );
    expect(decoded).toEqual({ fields: new Map([['string', 'started: é']]), known: true, restBytes: 0 });
  });

  it('of the kernel have counters between header and payload', () => {
    const look = (e: EtlEvent) => [e.kind, e.id, e.opcode, e.version, e.pid, [...e.payload], e.decode().known];
    const record = { kind: 'perfinfo' as const, id: 0x0524, version: 2, payload: Uint8Array.from({ length: 32 }, (_, i) => i) };
    expect(of(record, look)).toEqual(['perfinfo', 0x0524, 0x24, 2, -1, [...record.payload], false]);
    const from = (version: number) =>
      of(
        record,
        (e) => e.payload[0],
        (_, view) => view.setUint16(RECORD, version, true),
      );
    expect([from(0x0202), from(0x8002), from(0x8302)]).toEqual([16, 8, undefined]);
  });

  it('of WPP have what their flags say, in this order', () => {
    const look = (e: EtlEvent) => [e.kind, e.id, e.provider, e.pid, e.tid, e.ticks, [...e.payload]];
    const full = { kind: 'message' as const, id: 10, at: START + 5n, sequence: 9, provider: PROVIDER, pid: 4, tid: 8, payload };
    expect(of(full, look)).toEqual(['message', 10, PROVIDER, 4, 8, START + 5n, [...payload]]);
    // A component takes the place of the GUID.
    expect(of({ kind: 'message', id: 11, componentId: 77, payload }, look)).toEqual(['message', 11, '', -1, -1, START, [...payload]]);
  });

  it('without a stamp have that of the record before them', () => {
    const bytes = writeEtl({ startTime: START }, [
      { kind: 'event', at: START + 70n, provider: PROVIDER, id: 1 },
      { kind: 'message', at: START + 80n, id: 2, timed: false },
    ]);
    const ticks: bigint[] = [];
    openEtl(memorySource(bytes)).read((event) => {
      if (event.kind !== 'system') ticks.push(event.ticks);
    });
    expect(ticks).toEqual([START + 70n, START + 70n]);
  });
});
