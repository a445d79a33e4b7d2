import { LogWriter } from '@winmedic/labs/logfile-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, LCN, open, recordBlock, recordChange, SLOT, startedLog, verdicts } from './test-log.ts';
import type { LogFile, TouchedBlock } from './types.ts';

/** An INDX block of the folder. */
function indexBlock(block: number, lsn = 0n): TouchedBlock {
  return {
    what: `INDX ${block}`,
    offset: (LCN.folder + block) * 4096,
    sizeBytes: 4096,
    lsn,
    stream: { record: 41, type: 0xa0, vcn: block, clusters: 1 },
  };
}

const indexChange = (block: number, transaction = 0x18) => ({
  redo: 0x0e,
  undo: 0x0f,
  transaction,
  target: SLOT.folder,
  vcn: block,
  attributeOffset: 0x80,
  lcns: [LCN.folder + block],
  redoData: new Uint8Array(0x70),
});

const bits = (first: number, count: number) => {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setUint32(0, first, true);
  new DataView(data.buffer).setUint32(4, count, true);
  return data;
};

const allocation = (vcn: number, first: number, count: number, transaction = 0x18) => ({
  redo: 0x15,
  undo: 0x16,
  transaction,
  target: SLOT.bitmap,
  vcn,
  lcns: [LCN.bitmap + vcn],
  redoData: bits(first, count),
  undoData: bits(first, count),
});

describe('redo', () => {
  it('touches a record only when its own LSN is older', () => {
    const writer = startedLog();
    const lsn = writer.record(recordChange(72));
    writer.end(0x18);
    const { log } = open(writer.write());
    const judged = log.judge([recordBlock(72, lsn - 1n), recordBlock(72, lsn), recordBlock(72, lsn + 1n), recordBlock(73)]);
    expect(judged.map(({ verdict }) => verdict)).toEqual(['redo', 'free', 'free', 'free']);
    expect(judged[0]?.records).toMatchObject([
      { lsn, redo: 7, undo: 7, targetVcn: 18, clusterBlockOffset: 0, lcns: [1018], attribute: { record: 0, type: 0x80 } },
    ]);
  });

  it('is not ruled out by an LSN behind the end of the log, which another log must have written', () => {
    const writer = startedLog();
    writer.record(recordChange(72));
    writer.end(0x18);
    const judged = open(writer.write()).log.judge([recordBlock(72, writer.lastLsn + 1n), recordBlock(73, writer.lastLsn + 1n)]);
    expect(judged.map(({ verdict }) => verdict)).toEqual(['redo', 'free']);
  });

  it('begins at the oldest LSN of a dirty page, before the checkpoint', () => {
    const writer = startedLog();
    writer.record(recordChange(10));
    writer.end(0x18);
    const oldestLsn = writer.record(recordChange(72));
    writer.end(0x18);
    writer.checkpoint({ attributes: ATTRIBUTES, dirtyPages: [{ target: SLOT.mft, vcn: 18, lcns: [1018], oldestLsn }] });
    const { log } = open(writer.write());
    expect(log).toMatchObject({ state: 'pending', redoFrom: oldestLsn, records: 6 });
    expect(verdicts(log, [10, 72])).toEqual(['free', 'redo']);
  });

  it('is found by clusters when nothing names the target, and by record or VCN when no clusters are listed', () => {
    const writer = startedLog();
    writer.record({ ...indexChange(4), target: SLOT.nobody });
    writer.record({ ...indexChange(6), lcns: [] });
    writer.record({ ...recordChange(72), lcns: [] });
    writer.end(0x18);
    const { log } = open(writer.write());
    const judged = log.judge([indexBlock(4), indexBlock(5), indexBlock(6), recordBlock(72), recordBlock(73)]);
    expect(judged.map(({ verdict }) => verdict)).toEqual(['redo', 'free', 'redo', 'redo', 'free']);
  });

  it('that cannot be attributed makes unknown what it might touch, unless the block is newer', () => {
    const writer = startedLog();
    const lsn = writer.record({ ...indexChange(4), target: SLOT.nobody, lcns: [] });
    writer.end(0x18);
    const { log } = open(writer.write());
    const judged = log.judge([indexBlock(9), indexBlock(9, lsn), recordBlock(72), { what: 'clusters', offset: 0, sizeBytes: 4096 }]);
    expect(judged.map(({ verdict }) => verdict)).toEqual(['unknown', 'free', 'unknown', 'unknown']);
  });

  it('of an operation nobody described touches all clusters it names', () => {
    const writer = startedLog();
    writer.record({ ...recordChange(72), redo: 0x31 });
    writer.end(0x18);
    expect(verdicts(open(writer.write()).log, [71, 72, 73, 75, 76])).toEqual(['free', 'redo', 'redo', 'redo', 'free']);
  });

  it('of operation 0x25 touches the one file record', () => {
    const writer = startedLog();
    writer.record({ ...recordChange(73), redo: 0x25, undo: 0 });
    writer.end(0x18);
    expect(verdicts(open(writer.write()).log, [72, 73, 74])).toEqual(['free', 'redo', 'free']);
  });

  it('keeps at most 16 records, newest first', () => {
    const writer = startedLog();
    const lsns = Array.from({ length: 20 }, () => writer.record(recordChange(72)));
    writer.end(0x18);
    const [judged] = open(writer.write()).log.judge([recordBlock(72)]);
    expect(judged?.records.map(({ lsn }) => lsn)).toEqual(lsns.reverse().slice(0, 16));
  });

  it('follows an attribute opened behind the checkpoint, and a slot taken again', () => {
    const writer = startedLog();
    writer.record({ ...indexChange(4), lcns: [] });
    writer.open({ target: SLOT.folder, record: 99, type: 0xa0, name: '$I30', indexBytes: 4096 }, 0x40);
    writer.record({ ...indexChange(5), lcns: [] });
    writer.end(0x18);
    writer.end(0x40);
    const other = { ...indexBlock(5), stream: { record: 99, type: 0xa0, vcn: 5, clusters: 1 } };
    const judged = open(writer.write()).log.judge([indexBlock(4), indexBlock(5), other]);
    expect(judged.map(({ verdict }) => verdict)).toEqual(['redo', 'free', 'redo']);
    expect(judged[2]?.records[0]?.attribute).toEqual({ record: 99, sequence: 1, type: 0xa0, name: '$I30' });
  });

  it('does not believe a slot for records before it was opened', () => {
    const writer = new LogWriter({ sizeBytes: 2 * 1024 * 1024, version: '2.0', client: '1.0' });
    writer.append(2, 0, 0n, new Uint8Array(0x70));
    const oldestLsn = writer.record({ ...indexChange(4), lcns: [] });
    writer.end(0x18);
    const attributes = ATTRIBUTES.map((attribute) => ({ ...attribute, openLsn: writer.lastLsn }));
    writer.checkpoint({ attributes, dirtyPages: [{ target: SLOT.folder, vcn: 4, lcns: [0], oldestLsn }] });
    expect(open(writer.write()).log.judge([indexBlock(9)])[0]?.verdict).toBe('unknown');
  });
});

describe('a record that says where a written block lies', () => {
  const placed = (log: LogFile, lsn = 0n) => log.judge([{ ...recordBlock(72, lsn), placing: true as const }])[0]?.verdict;

  it.each([
    ['its values', 0x07, 'free'],
    ['an entry of its index', 0x0c, 'free'],
    ['its run list', 0x09, 'redo'],
    ['its sizes', 0x0b, 'redo'],
    ['an attribute, which is removed', 0x06, 'redo'],
    ['the file, which is deleted', 0x03, 'redo'],
    ['whatever operation 0x25 changes', 0x25, 'redo'],
  ])('counts %s (operation %i) as %s', (_, operation, verdict) => {
    const writer = startedLog();
    const lsn = writer.record({ ...recordChange(72), redo: operation, undo: 0 });
    writer.end(0x18);
    const { log } = open(writer.write());
    expect(placed(log)).toBe(verdict);
    expect(placed(log, lsn)).toBe('free');
  });

  it('counts when a change of its run list is rolled back', () => {
    const writer = startedLog();
    const lsn = writer.record({ ...recordChange(72), redo: 0x09, undo: 0x09 });
    expect(placed(open(writer.write()).log, lsn)).toBe('undo');
  });
});

describe('rolling back', () => {
  it.each([0x1a, 0x1b] as const)('ends with operation 0x%x', (operation) => {
    const writer = startedLog();
    const lsn = writer.record(recordChange(72));
    expect(open(writer.write()).log).toMatchObject({ openTransactions: 1 });
    expect(open(writer.write()).log.judge([recordBlock(72, lsn)])[0]?.verdict).toBe('undo');
    writer.end(0x18, operation);
    expect(open(writer.write()).log).toMatchObject({ openTransactions: 0 });
    expect(open(writer.write()).log.judge([recordBlock(72, lsn)])[0]?.verdict).toBe('free');
  });

  it('goes back to records before the checkpoint by the links of the transaction', () => {
    const writer = startedLog();
    const firstLsn = writer.record(recordChange(72, 0x40));
    const lastLsn = writer.record(recordChange(80, 0x40));
    writer.record(recordChange(90));
    writer.end(0x18);
    writer.checkpoint({ attributes: ATTRIBUTES, transactions: [{ id: 0x40, state: 1, firstLsn, lastLsn }] });
    const before = open(writer.write()).log;
    const newer = 1n << 60n;
    const ask = (log: typeof before) => log.judge([72, 80, 90].map((record) => recordBlock(record, newer))).map(({ verdict }) => verdict);
    expect(ask(before)).toEqual(['undo', 'undo', 'free']);
    writer.record(recordChange(81, 0x40));
    expect(ask(open(writer.write()).log)).toEqual(['undo', 'undo', 'free']);
    writer.end(0x40);
    expect(ask(open(writer.write()).log)).toEqual(['free', 'free', 'free']);
  });

  it('leaves committed transactions of the checkpoint alone', () => {
    const writer = startedLog();
    const lsn = writer.record(recordChange(72, 0x40));
    writer.record(recordChange(90));
    writer.end(0x18);
    writer.checkpoint({ attributes: ATTRIBUTES, transactions: [{ id: 0x40, state: 3, firstLsn: lsn, lastLsn: lsn }] });
    expect(verdicts(open(writer.write()).log, [72])).toEqual(['free']);
  });

  it('does nothing for operations that cannot be undone', () => {
    const writer = startedLog();
    writer.record({ ...recordChange(72), undo: 0x00 });
    writer.record({ ...recordChange(73), undo: 0x01 });
    const newer = writer.lastLsn;
    expect(
      open(writer.write())
        .log.judge([recordBlock(72, newer), recordBlock(73, newer)])
        .map(({ verdict }) => verdict),
    ).toEqual(['free', 'free']);
  });

  it('whose chain is broken makes everything unknown', () => {
    const writer = startedLog();
    writer.record({ ...recordChange(72), previousLsn: writer.lastLsn - 3n });
    const { log, codes } = open(writer.write());
    expect(codes).toEqual(['LOGFILE_CHAIN']);
    expect(verdicts(log, [72, 500])).toEqual(['undo', 'unknown']);
    expect(log.touchesClusters(1, 1)).toBe(true);
  });

  it('whose chain would loop ends', () => {
    const writer = startedLog();
    const lsn = writer.record(recordChange(72));
    writer.record({ ...recordChange(73), previousLsn: lsn + 0x10000n });
    expect(open(writer.write()).codes).toEqual(['LOGFILE_CHAIN']);
  });
});

describe('clusters', () => {
  it('that a record allocates or frees, counted from its VCN', () => {
    const writer = startedLog();
    writer.record(allocation(0, 100, 4));
    writer.record({ ...allocation(2, 7, 1), redo: 0x16, undo: 0x15 });
    writer.end(0x18);
    const { log } = open(writer.write());
    const page = 4096 * 8;
    expect([99, 100, 103, 104].map((lcn) => log.touchesClusters(lcn, 1))).toEqual([false, true, true, false]);
    expect([6, 7, 8].map((lcn) => log.touchesClusters(2 * page + lcn, 1))).toEqual([false, true, false]);
    expect(log.touchesClusters(90, 11)).toBe(true);
    expect(log.touchesClusters(LCN.bitmap, 1)).toBe(true);
  });

  it('of another bitmap are only those it lies in', () => {
    const writer = startedLog();
    writer.record({ ...allocation(0, 100, 4), target: SLOT.data });
    writer.end(0x18);
    expect(open(writer.write()).log.touchesClusters(100, 4)).toBe(false);
  });

  it('are all when it is unknown whose bits or bytes are written', () => {
    for (const record of [
      { ...allocation(0, 100, 4), redoData: new Uint8Array(4), undoData: new Uint8Array(0) },
      { ...allocation(0, 100, 4), redo: 0x08, undo: 0x00, target: SLOT.nobody },
    ]) {
      const writer = startedLog();
      writer.record(record);
      writer.end(0x18);
      expect(open(writer.write()).log.touchesClusters(123_456, 1)).toBe(true);
    }
  });

  it('of bytes written to $Bitmap are eight for each', () => {
    const writer = startedLog();
    writer.record({
      ...allocation(0, 0, 0),
      redo: 0x08,
      undo: 0x00,
      recordOffset: 100,
      redoData: new Uint8Array(2),
      undoData: new Uint8Array(0),
    });
    writer.end(0x18);
    const { log } = open(writer.write());
    expect([799, 800, 815, 816].map((lcn) => log.touchesClusters(lcn, 1))).toEqual([false, true, true, false]);
  });
});

/** What a record does, told apart from how it is written. */
interface Act {
  readonly kind: 'record' | 'index' | 'bits' | 'strange' | 'nothing';
  readonly number: number;
  readonly transaction: number;
  readonly undoable: boolean;
  readonly named: boolean;
  readonly located: boolean;
}

const anyAct: fc.Arbitrary<
  Act | { readonly kind: 'end'; readonly transaction: number } | { readonly kind: 'checkpoint'; readonly back: number }
> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('record' as const, 'index' as const, 'bits' as const, 'strange' as const, 'nothing' as const),
      number: fc.integer({ min: 0, max: 9 }),
      transaction: fc.constantFrom(0x18, 0x40, 0x68, 0x90),
      undoable: fc.boolean(),
      named: fc.boolean(),
      located: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('end' as const), transaction: fc.constantFrom(0x18, 0x40, 0x68, 0x90) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const), back: fc.integer({ min: 0, max: 12 }) }) },
);

describe('judgement', () => {
  it.each([512, 2048, 4096, 65_536])('agrees with a model for clusters of %i bytes', (clusterBytes) => {
    fc.assert(
      fc.property(
        fc.array(anyAct, { minLength: 1, maxLength: 60 }),
        fc.constantFrom('1.1' as const, '2.0' as const),
        fc.constantFrom('0.0' as const, '1.0' as const),
        fc.constantFrom(0, 476),
        fc.integer({ min: 0, max: 70 }),
        (acts, version, client, firstPage, lsnAt) => {
          // Offsets in the table are those of the dialect's entries.
          const size = client === '1.0' ? 0x28 : 0x2c;
          const attributes = [
            { target: 0x18, record: 0, type: 0x80 },
            { target: 0x18 + size, record: 41, type: 0xa0, name: '$I30', indexBytes: 4096 },
            { target: 0x18 + 2 * size, record: 6, type: 0x80 },
          ];
          // Places in bytes of the volume, a whole number of clusters of any size.
          const base = { record: 64 << 20, index: 128 << 20, bits: 192 << 20, strange: 256 << 20 };
          const length = { record: 1024, index: 4096, bits: 1, strange: clusterBytes };
          const writer = new LogWriter({ sizeBytes: 2 * 1024 * 1024, version, client, firstPage });
          writer.append(2, 0, 0n, new Uint8Array(0x70));
          const done: { readonly act: Act; readonly lsn: bigint; readonly order: number }[] = [];
          let starts = new Map<number, bigint>();
          let pending = new Set<number>();
          let redoFrom = writer.lastLsn;
          const checkpoint = (back: number) => {
            const startLsn = writer.lastLsn;
            const oldest = done.at(-back)?.lsn ?? startLsn;
            redoFrom = back === 0 ? startLsn : oldest;
            writer.checkpoint({
              attributes,
              startLsn,
              dirtyPages: back === 0 ? [] : [{ target: 0x18, vcn: 0, lcns: [1], oldestLsn: oldest }],
              transactions: [...pending].map((id) => ({ id, state: 1, firstLsn: starts.get(id) ?? 0n, lastLsn: writer.lastOf(id) })),
            });
          };
          checkpoint(0);
          for (const act of acts) {
            if (act.kind === 'checkpoint') checkpoint(act.back);
            else if (act.kind === 'end') {
              if (!pending.has(act.transaction)) continue;
              writer.end(act.transaction);
              pending = new Set([...pending].filter((id) => id !== act.transaction));
              starts = new Map([...starts].filter(([id]) => id !== act.transaction));
              // Records of a transaction that ended are never rolled back.
              for (let i = 0; i < done.length; i++) {
                const entry = done[i];
                if (entry?.act.transaction === act.transaction) done[i] = { ...entry, act: { ...entry.act, undoable: false } };
              }
            } else {
              const lsn = writer.record(written(act));
              if (!pending.has(act.transaction)) starts.set(act.transaction, lsn);
              pending.add(act.transaction);
              done.push({ act, lsn, order: done.length });
            }
          }
          function written(act: Act) {
            const { kind, transaction } = act;
            if (kind === 'nothing') return { redo: 0x00, undo: 0x18, transaction };
            const at =
              kind === 'strange' || kind === 'bits' ? (kind === 'bits' ? 0 : act.number * clusterBytes) : act.number * length[kind];
            const vcn = Math.floor(at / clusterBytes);
            const lcns = Array.from({ length: Math.max(1, length[kind] / clusterBytes) }, (_, i) => base[kind] / clusterBytes + vcn + i);
            const codes = { record: [0x07, 0x07], index: [0x0e, 0x0f], bits: [0x15, 0x16], strange: [0x31, 0x31] }[kind];
            const slot = { record: 0x18, index: 0x18 + size, bits: 0x18 + 2 * size, strange: 0x7000 }[kind];
            return {
              redo: codes[0] ?? 0,
              undo: act.undoable ? (codes[1] ?? 0) : 0x00,
              transaction,
              target: act.named ? slot : 0x7000,
              vcn,
              clusterBlock: (at % clusterBytes) / 512,
              lcns: act.located ? lcns : [],
              ...(kind === 'bits' ? { redoData: bits(act.number * 8, 8), undoData: bits(act.number * 8, 8) } : {}),
            };
          }

          const { log, codes } = open(writer.write(), { clusterBytes });
          expect(codes).toEqual([]);
          expect(log).toMatchObject({ state: 'pending', redoFrom, openTransactions: pending.size });

          const lsn = done[lsnAt % Math.max(1, done.length)]?.lsn ?? 0n;
          const blocks: {
            readonly kind: 'record' | 'index' | 'bits' | 'strange';
            readonly number: number;
            readonly block: TouchedBlock;
          }[] = [];
          for (const number of [0, 1, 5, 9]) {
            const at = (kind: 'record' | 'index' | 'bits' | 'strange') => base[kind] + number * length[kind];
            blocks.push({ kind: 'record', number, block: { what: 'r', offset: at('record'), sizeBytes: 1024, lsn, fileRecord: number } });
            const unit = clusterBytes > 4096 ? 512 : clusterBytes;
            const stream = { record: 41, type: 0xa0, vcn: (number * 4096) / unit, clusters: Math.max(1, 4096 / unit) };
            // With clusters larger than an index block the reader takes both readings of a VCN: left to the clusters here.
            const identity = clusterBytes > 4096 ? {} : { stream };
            blocks.push({ kind: 'index', number, block: { what: 'i', offset: at('index'), sizeBytes: 4096, lsn, ...identity } });
            blocks.push({ kind: 'bits', number, block: { what: 'b', offset: at('bits'), sizeBytes: 1 } });
            blocks.push({ kind: 'strange', number, block: { what: 's', offset: at('strange'), sizeBytes: clusterBytes } });
          }
          const judged = log.judge(blocks.map(({ block }) => block));
          for (const [i, { kind, number, block }] of blocks.entries()) {
            const hits = { redo: [] as bigint[], undo: [] as bigint[] };
            let maybe = false;
            for (const { act, lsn: at } of done) {
              if (act.kind === 'nothing') continue;
              const same = act.kind === kind && act.number === number;
              const blockNamed = block.fileRecord !== undefined || block.stream !== undefined;
              // A file record names itself; what else is named needs the table, and a strange operation has no name in it.
              const actNamed = act.kind === 'record' || (act.named && act.kind !== 'strange');
              const answer = act.located ? (same ? 'yes' : 'no') : actNamed && blockNamed ? (same ? 'yes' : 'no') : 'maybe';
              const sides = [
                ...(at >= redoFrom && (block.lsn === undefined || at > block.lsn) ? (['redo'] as const) : []),
                ...(act.undoable && pending.has(act.transaction) ? (['undo'] as const) : []),
              ];
              for (const side of sides) {
                if (answer === 'yes') hits[side].push(at);
                if (answer === 'maybe') maybe = true;
              }
            }
            const verdict = hits.undo.length > 0 ? 'undo' : hits.redo.length > 0 ? 'redo' : maybe ? 'unknown' : 'free';
            const records = hits[verdict === 'undo' ? 'undo' : 'redo'].reverse().slice(0, 16);
            expect({
              what: `${kind} ${number}`,
              verdict: judged[i]?.verdict,
              records: judged[i]?.records.map((record) => record.lsn),
            }).toEqual({
              what: `${kind} ${number}`,
              verdict,
              records,
            });
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});
