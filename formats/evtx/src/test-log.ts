import { type Damage, memorySource, unixMsToTicks } from '@winmedic/bytes';
import {
  type WriteData,
  type WriteOptions,
  type WriteRecord,
  type WriteSystem,
  type WriteValue,
  writeEvtx,
} from '@winmedic/labs/evtx-writer';
import { openEvtx } from './log.ts';
import type { EvtxOptions, EvtxRecord } from './types.ts';

/** Time of the first record written by {@link record}. */
export const START = unixMsToTicks(Date.UTC(2024, 2, 1, 12, 0, 0)) + 1234567n;

/** A record of a test: `System` fields with defaults, event data. */
export function record(
  system: Partial<WriteSystem> = {},
  data: WriteData | Record<string, WriteValue | string> = {},
  index = 0,
): WriteRecord {
  const items = Object.entries(data).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? ({ type: 'string', value } as const) : value,
  }));
  return {
    timeTicks: START + BigInt(index) * 10_000_000n,
    system: {
      provider: 'Test-Provider',
      providerGuid: '{54849625-5478-4994-a5ba-3e3b0328c30d}',
      eventId: 1,
      version: 0,
      level: 4,
      task: 0,
      opcode: 0,
      keywords: 0x8020000000000000n,
      processId: 4,
      threadId: 8,
      channel: 'System',
      computer: 'HOST',
      ...system,
    },
    data: typeof data.kind === 'string' ? (data as WriteData) : { kind: 'eventData', items },
  };
}

/** Many small records with ids from 1. */
export function many(
  count: number,
  make: (index: number) => WriteRecord = (i) => record({ eventId: i % 7 }, { Index: String(i) }, i),
): WriteRecord[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Writes records and opens them again. */
export function open(records: readonly WriteRecord[] | Uint8Array, options: EvtxOptions = {}, write: WriteOptions = {}) {
  const bytes = records instanceof Uint8Array ? records : writeEvtx(records, write);
  const damages: Damage[] = [];
  const log = openEvtx(memorySource(bytes), { onDamage: (damage) => damages.push(damage), ...options });
  return { log, damages, bytes };
}

/** The only record of a log, detached. */
export function single(written: WriteRecord, options: EvtxOptions = {}, write: WriteOptions = {}): EvtxRecord {
  const { log, damages } = open([written], options, write);
  const all = Array.from(log.records(), (one) => one.detach());
  if (all.length !== 1 || damages.length > 0) throw new Error(`${all.length} records, damages ${JSON.stringify(damages)}`);
  return all[0]!;
}
