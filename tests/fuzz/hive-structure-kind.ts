import { memorySource } from '@winmedic/bytes';
import { dword, seal, sz, type WriteHiveKey, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import { hostDescriptions, TROUBLE_A } from '@winmedic/labs/host-state';
import { type HiveChange, HiveError, type HivePlan, openHive, planEdit } from '@winmedic/registry-hive';
import { mutateRange } from './binary-mutations.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';

/**
 * Keys and values added, replaced and removed in damaged hives. Either it is refused, or the hive that comes of it opens clean, without its logs and
 * without a damage, and says what was asked for.
 */
export function hiveStructureKind(): Kind {
  const inputs = seeds();
  return {
    name: 'hive-structure',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const { parts } = inputs[seed]!;
      const copies = parts.map((part) => part.slice());
      const names: string[] = [];
      // None at all now and then: most damaged hives are refused at once.
      for (let n = random.below(3); n > 0; n--) {
        const part = random.pick(copies);
        names.push(mutateRange(part, random.below(4) === 0 ? 0 : Math.min(4096, part.length >> 1), part.length, random));
      }
      if (random.below(4) > 0) seal(copies[0]!);
      return { bytes: joined(copies), names };
    },
    read: (bytes, random) => {
      const parts = split(bytes);
      const counts = { planned: 0, refused: 0, writes: 0 };
      const changes = Array.from({ length: 1 + random.below(2) }, () => change(random));
      try {
        const [hive, ...logs] = parts;
        const plan = planEdit(
          { source: memorySource(hive!), logs: logs.map((log, i) => ({ name: `LOG${i + 1}`, source: memorySource(log) })) },
          changes,
        );
        counts.planned++;
        counts.writes += plan.writes.length;
        check(carriedOut(plan, parts), changes);
        if (parts.length === 1) torn(plan, hive!, random);
      } catch (error) {
        if (!(error instanceof HiveError)) throw error;
        counts.refused++;
      }
      return counts;
    },
    maxMs: 5000,
    extension: 'hive',
  };
}

function check(parts: readonly Uint8Array[], changes: readonly HiveChange[]): void {
  const damages: string[] = [];
  const [bytes, ...logs] = parts;
  const hive = openHive(memorySource(bytes!), {
    logs: logs.map((log, i) => ({ name: `LOG${i + 1}`, source: memorySource(log) })),
    onDamage: ({ code }) => damages.push(code),
  });
  for (const key of hive.walk()) for (const value of key.values()) value.data();
  if (hive.state !== 'clean' || damages.length > 0)
    throw new Error(`the new hive is ${hive.state}, with ${damages.join(', ') || 'no damage'}`);
  const last = changes.at(-1)!;
  const key = hive.key(last.key);
  if (last.op === 'delete-key' ? key !== undefined : key === undefined)
    throw new Error(`${last.op ?? 'set'} ${last.key}: not as asked for`);
  if (last.op === 'delete-value' && key?.value(last.value) !== undefined) throw new Error(`${last.value} is still there`);
  if (
    (last.op === 'create-value' || last.op === 'set' || last.op === undefined) &&
    Buffer.compare(key!.value(last.value)!.data(), last.data) !== 0
  )
    throw new Error(`${last.value} has other data`);
}

/** An interrupted plan leaves a tree that is whole: with each change made or not. */
function torn({ writes }: HivePlan, before: Uint8Array, random: Random): void {
  const now = new Uint8Array(Math.max(before.length, ...writes.map(({ offset, new: { length } }) => offset + length)));
  now.set(before);
  // The base block is one sector, and what stands before it is seen by nobody.
  for (const { offset, new: bytes } of writes.slice(0, random.below(writes.length + 1))) now.set(bytes, offset);
  const damages: string[] = [];
  const hive = openHive(memorySource(now), { onDamage: ({ code }) => damages.push(code) });
  for (const key of hive.walk()) for (const value of key.values()) value.data();
  if (damages.length > 0) throw new Error(`an interrupted plan left ${damages.join(', ')}`);
}

/** The files as the writes leave them. @throws {Error} for old bytes that are not there. */
function carriedOut({ files, writes }: HivePlan, before: readonly Uint8Array[]): Uint8Array[] {
  const after = before.map((part, i) => {
    const file = files[i];
    const grown = new Uint8Array(Math.max(part.length, file?.sizeAfter ?? 0));
    grown.set(part);
    return grown;
  });
  let stage = 0;
  for (const { file, offset, old, new: bytes, stage: of } of writes) {
    if (of < stage) throw new Error('stages out of order');
    stage = of;
    const target = after[file]!;
    if (Buffer.compare(old, target.subarray(offset, offset + old.length)) !== 0)
      throw new Error(`other old bytes at ${offset} of file ${file}`);
    target.set(bytes, offset);
  }
  return after;
}

const KEYS = ['A', 'A\\B', 'A\\B\\C', 'Key7', 'Key39', 'Big', 'ControlSet001\\Services\\Tcpip', 'Select'] as const;

function change(random: Random): HiveChange {
  const key = random.pick(KEYS);
  const value = random.pick(['', 'Text', 'Later1', 'Big', 'Start', '日本']);
  const data = new Uint8Array(random.pick([0, 1, 4, 5, 8, 100, 4000, 16_344, 16_345, 40_000])).fill(random.below(256));
  switch (random.below(5)) {
    case 0:
      return { op: 'create-key', key: random.below(2) === 0 ? key : `${key}\\New${random.below(20)}\\Below` };
    case 1:
      return { op: 'delete-key', key };
    case 2:
      return { op: 'delete-value', key, value };
    case 3:
      return { op: 'set', key, value, data: data.subarray(0, 100) };
    default:
      return { op: 'create-value', key, value, data, type: random.pick([1, 3, 4, 7]) };
  }
}

function seeds(): { name: string; parts: readonly Uint8Array[] }[] {
  const root = (count: number): WriteHiveKey => ({
    name: 'ROOT',
    keys: [
      ...Array.from({ length: count }, (_, i) => ({ name: `Key${i}`, values: [sz('Text', 'x'.repeat(i * 20)), dword('Start', i)] })),
      { name: 'A', keys: [{ name: 'B', values: [dword('Later1', 1)], keys: [{ name: 'C' }] }] },
    ],
    values: [{ name: 'Big', type: 3, data: new Uint8Array(40_000).fill(7) }],
  });
  const dirty = (format: 'new' | 'old'): readonly Uint8Array[] => {
    const batches = Array.from({ length: 4 }, (_, i) => [
      { do: 'set', path: 'Select', value: sz(`Later${i}`, 'y'.repeat(100 * i)) } as const,
    ]);
    const { hive, log1, log2 } = writeDirtyHive(
      hostDescriptions(TROUBLE_A).SYSTEM,
      batches,
      format === 'new' ? { format, splitAt: 2 } : { format },
    );
    return [hive, log1, log2].filter(({ length }) => length > 0);
  };
  return [
    { name: 'small', parts: [writeHive({ root: root(9) })] },
    { name: 'index roots', parts: [writeHive({ root: root(40), leafElements: 8 })] },
    { name: 'old lists', parts: [writeHive({ root: root(40), minorVersion: 3 })] },
    { name: 'new logs', parts: dirty('new') },
    { name: 'old log', parts: dirty('old') },
  ];
}

/** Parts behind each other, so that a failing input is one file: their number and lengths in front. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const head = new Uint8Array(new Uint32Array([parts.length, ...parts.map(({ length }) => length)]).buffer);
  return new Uint8Array(Buffer.concat([head, ...parts]));
}

function split(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  let at = 4 + 4 * count;
  return Array.from({ length: count }, (_, i) => {
    const part = bytes.slice(at, at + view.getUint32(4 + 4 * i, true));
    at += part.length;
    return part;
  });
}
