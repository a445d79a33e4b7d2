import { type LogFile, openLogFile, type TouchedBlock } from '@winmedic/disk';
import { type LogEnd, type LogShape, LogWriter } from '@winmedic/labs/logfile-writer';
import { guarded } from './disk-device.ts';
import { logPages, mutateImage } from './disk-regions.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';

const LOG_BYTES = 256 << 10;
const VOLUME = { clusterBytes: 4096, recordBytes: 1024, sectorBytes: 512, indexBytes: 4096 } as const;

/** `$LogFile` in every state: opened, and asked for blocks and clusters that the records name and for others. Nothing may be thrown. */
export function logfileKind(): Kind {
  const inputs = seeds().map(({ name, bytes }) => ({ name, bytes, target: new Uint8Array(bytes.length) }));
  const regions = logPages(0, LOG_BYTES, 'log').filter(({ offset }) => offset < 8192 || offset >= 0x2000);
  return {
    name: 'logfile',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const { bytes, target } = inputs[seed]!;
      target.set(bytes);
      const used = regions.filter(({ offset }) => bytes[offset] !== 0xff);
      const names = mutateImage(target, used, random);
      if (random.below(40) > 0) return { bytes: target, names };
      const cut = random.below(bytes.length + 1);
      return { bytes: target.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes, random) => {
      const counts = { pending: 0, records: 0, damages: 0, touched: 0, unreadable: 0 };
      const log = openLogFile(guarded(bytes), { ...VOLUME, onDamage: () => counts.damages++ });
      counts.pending += Number(log.state === 'pending');
      counts.unreadable += Number(log.state === 'unreadable');
      counts.records += log.records;
      counts.touched += judge(log, random);
      return counts;
    },
    maxMs: 2000,
    extension: 'log',
  };
}

function judge(log: LogFile, random: Random): number {
  const blocks = Array.from({ length: 12 }, () => block(random));
  const verdicts = log.judge(blocks);
  if (verdicts.length !== blocks.length) throw new Error(`${verdicts.length} verdicts of ${blocks.length} blocks`);
  for (const { verdict, records } of verdicts) {
    if (records.length > 16) throw new Error('more than 16 records of a verdict');
    if (log.state === 'unreadable' && verdict === 'free') throw new Error('a block is free although the log cannot be read');
    if ((log.state === 'clean' || log.state === 'never-used') && verdict !== 'free')
      throw new Error('a block of a clean volume is not free');
  }
  if (log.state === 'unreadable' && !log.touchesClusters(7, 1)) throw new Error('clusters are free although the log cannot be read');
  for (let n = 4; n > 0; n--) log.touchesClusters(random.below(12_000), 1 + random.below(64));
  return verdicts.filter(({ verdict }) => verdict !== 'free').length;
}

function block(random: Random): TouchedBlock {
  const lsn = random.pick([undefined, 0n, 0x100000n, 2n ** 63n]);
  const base = { what: 'block', ...(lsn !== undefined && { lsn }) };
  const record = random.below(120);
  switch (random.below(3)) {
    case 0:
      return { ...base, offset: 1000 * 4096 + record * 1024, sizeBytes: 1024, fileRecord: record };
    case 1: {
      const vcn = random.below(9);
      return { ...base, offset: (5000 + vcn) * 4096, sizeBytes: 4096, stream: { record: 41, type: 0xa0, vcn, clusters: 1 } };
    }
    default:
      return { what: 'data', offset: (9000 + random.below(40)) * 4096, sizeBytes: 4096 * (1 + random.below(3)) };
  }
}

function seeds(): { name: string; bytes: Uint8Array }[] {
  const shape = { sizeBytes: LOG_BYTES, version: '2.0', client: '1.0' } as const;
  return [
    { name: '2.0', bytes: pending(shape, {}) },
    { name: '1.1', bytes: pending({ ...shape, version: '1.1', client: '0.0' }, {}) },
    { name: 'wrapped', bytes: pending({ ...shape, firstPage: 22 }, {}) },
    { name: 'tail only', bytes: pending(shape, { lastPage: 'tail-only' }) },
    { name: 'torn', bytes: pending(shape, { lastPage: 'torn-with-tail' }) },
    { name: 'lost', bytes: pending({ ...shape, version: '1.1' }, { lastPage: 'lost' }) },
    { name: 'clean', bytes: pending(shape, { clean: true }) },
  ];
}

/** Attributes, two checkpoints with all tables, records of every operation, short and over several pages. */
function pending(shape: LogShape, end: LogEnd): Uint8Array {
  const log = new LogWriter(shape);
  log.append(2, 0, 0n, new Uint8Array(0x70));
  const attributes = [
    { target: 0x18, record: 0, type: 0x80 },
    { target: 0x40, record: 41, sequence: 3, type: 0xa0, name: '$I30', indexBytes: 4096 },
    { target: 0x68, record: 6, type: 0x80 },
    { target: 0x90, record: 50, sequence: 2, type: 0x80, name: 'stream' },
  ];
  log.checkpoint({ attributes });
  const targets = [
    [0x18, 1000],
    [0x40, 5000],
    [0x68, 9000],
    [0x90, 9100],
  ] as const;
  for (let i = 0; i < 60; i++) {
    const transaction = 0x18 + (i % 5) * 0x28;
    const [target, lcn] = targets[i % 4]!;
    const operation = 2 + (i % 0x24);
    if (operation === 0x1a || operation === 0x1b) {
      log.end(transaction, operation);
      continue;
    }
    log.record({
      redo: operation,
      undo: i % 3 === 0 ? 0 : operation,
      transaction,
      target,
      vcn: i % 7,
      clusterBlock: i % 8,
      recordOffset: 0x38,
      attributeOffset: 0x20,
      lcns: [lcn + (i % 7), ...(i % 9 === 0 ? [lcn + 20, lcn + 21] : [])],
      redoData: new Uint8Array(i % 13 === 0 ? 5000 : 8 + i).fill(i),
      undoData: new Uint8Array(i % 11 === 0 ? 700 : 8).fill(i),
    });
    if (i % 17 === 5) log.open({ target: 0xb8, record: 60, sequence: 1, type: 0x80, name: 'later' }, transaction);
    if (i === 30) {
      log.checkpoint({
        attributes,
        dirtyPages: [{ target: 0x18, vcn: 3, lcns: [1003], oldestLsn: log.lastLsn }],
        transactions: [{ id: 0x18, state: 1, firstLsn: log.lastOf(0x18), lastLsn: log.lastOf(0x18) }],
      });
    }
    if (i % 20 === 0) log.flush();
  }
  return log.write(end).bytes();
}
