import { type ByteSource, memorySource } from '@winmedic/bytes';
import { loadKnowledge } from '@winmedic/knowledge';
import { seal, sz, type WriteHiveKey, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import { hostDescriptions, hostHives, TROUBLE_A } from '@winmedic/labs/host-state';
import { type Hive, HiveError, openHive, planEdit, replayAndClean } from '@winmedic/registry-hive';
import { Problems } from '../../core/evidence/problems.ts';
import { readHive } from '../../core/evidence/read-hive.ts';
import { wantedState } from '../../core/evidence/wanted-state.ts';
import { mutateRange } from './binary-mutations.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';

/** A hive and its logs as one input: their lengths in front, so that a failing input is one file. */
interface Bundle {
  readonly name: string;
  readonly parts: readonly Uint8Array[];
}

const HEAD = 16;

/** Hives with and without logs, through the reader, the replay, the planning of writes and the evidence step. */
export function hiveKind(): Kind {
  const bundles = seeds();
  const packed = bundles.map(({ parts }) => pack(parts));
  const wanted = wantedState(loadKnowledge().settings.flatMap(({ places }) => places.map(({ address }) => address)));
  return {
    name: 'hive',
    seeds: bundles.map(({ name }) => name),
    mutate: (seed, random) => {
      const bytes = packed[seed]!.slice();
      const parts = unpack(bytes);
      const names: string[] = [];
      for (let n = 1 + random.below(4); n > 0; n--) {
        const part = random.pick(parts.filter(({ length }) => length > 0));
        const from = random.below(3) === 0 ? 0 : Math.min(4096, part.length >> 1);
        names.push(mutateRange(part, from, part.length, random));
      }
      if (random.below(4) > 0 && parts[0]!.length >= 512) seal(parts[0]!);
      if (random.below(16) > 0) return { bytes, names };
      const cut = HEAD + random.below(bytes.length - HEAD + 1);
      return { bytes: bytes.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes, random) => {
      const [hive, log1, log2] = unpack(bytes);
      const logs = [log1!, log2!].filter(({ length }) => length > 0).map((log, i) => ({ name: `LOG${i + 1}`, source: memorySource(log) }));
      return { ...touch(memorySource(hive!), logs, random), ...evidence(hive!, logs, wanted) };
    },
    maxMs: 5000,
    extension: 'hive',
  };
}

function seeds(): Bundle[] {
  const big: WriteHiveKey = {
    name: 'ROOT',
    keys: Array.from({ length: 40 }, (_, i) => ({ name: `Key${i}`, values: [sz('Text', 'x'.repeat(i * 20))] })),
    values: [{ name: 'Big', type: 3, data: new Uint8Array(40_000).fill(7) }],
  };
  const { SYSTEM, SOFTWARE } = hostHives(TROUBLE_A);
  const parts = (hive: Uint8Array, ...logs: readonly Uint8Array[]): readonly Uint8Array[] => [
    hive,
    logs[0] ?? new Uint8Array(),
    logs[1] ?? new Uint8Array(),
  ];
  const dirty = (format: 'new' | 'old'): readonly Uint8Array[] => {
    const batches = Array.from({ length: 4 }, (_, i) => [
      { do: 'set', path: 'ControlSet001\\Control\\Lsa', value: sz(`Later${i}`, 'y'.repeat(100 * i)) } as const,
    ]);
    const made = writeDirtyHive(hostDescriptions().SYSTEM, batches, format === 'new' ? { format, splitAt: 2 } : { format });
    return parts(made.hive, made.log1, made.log2);
  };
  return [
    { name: 'system', parts: parts(SYSTEM) },
    { name: 'software', parts: parts(SOFTWARE) },
    { name: 'big data, index roots', parts: parts(writeHive({ root: big, leafElements: 8 })) },
    { name: 'old lists', parts: parts(writeHive({ root: big, minorVersion: 3 })) },
    { name: 'new logs', parts: dirty('new') },
    { name: 'old log', parts: dirty('old') },
  ];
}

/** Opens a hive and touches everything it gives. */
function touch(source: ByteSource, logs: readonly { name: string; source: ByteSource }[], random: Random): Record<string, number> {
  const counts = { keys: 0, values: 0, damages: 0, refused: 0 };
  try {
    const hive = openHive(source, { logs, onDamage: () => counts.damages++ });
    let last = '';
    for (const key of hive.walk()) {
      counts.keys++;
      key.className();
      key.security();
      for (const value of key.values()) {
        counts.values++;
        const data = value.data();
        if (data.length > value.sizeBytes) throw new Error('more data than the value claims');
        value.text();
        value.texts();
        value.number();
      }
      if (random.below(8) === 0) last = key.path;
    }
    hive.key(last);
    rest(hive);
    for (const made of hive.deleted()) made.value?.data();
    for (const made of hive.salvage()) made.key?.className();
    // Only a sound hive may be planned for a write; what is refused says so with a code.
    const target = hive.key(last)?.values().next().value;
    if (target !== undefined) planEdit({ source, logs }, [{ key: last, value: target.name, data: target.data() }]);
    const clean = replayAndClean({ source, logs });
    if (clean.hive.length % 512 !== 0) throw new Error('a clean hive of odd size');
  } catch (error) {
    if (!(error instanceof HiveError)) throw error;
    counts.refused++;
  }
  return counts;
}

function rest(hive: Hive): void {
  if (hive.root === undefined) return;
  for (const name of ['Select', 'controlset001', 'no such key', '', '\\', '__proto__']) {
    hive.root.subkey(name);
    hive.root.value(name);
    hive.key(name);
  }
}

/** The evidence step on the same hive. */
function evidence(
  hive: Uint8Array,
  logs: readonly { name: string; source: ByteSource }[],
  wanted: readonly string[],
): Record<string, number> {
  try {
    const input = { source: memorySource(hive), path: 'input', sourceId: 'S1', logs, now: 2n ** 62n };
    return { state: readHive(input, wanted, new Problems()).state.length };
  } catch (error) {
    if (!(error instanceof HiveError)) throw error;
    return { state: 0 };
  }
}

function pack(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(HEAD + parts.reduce((sum, { length }) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let at = HEAD;
  parts.forEach((part, i) => {
    view.setUint32(i * 4, part.length, true);
    bytes.set(part, at);
    at += part.length;
  });
  return bytes;
}

function unpack(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = HEAD;
  return [0, 4, 8].map((place) => {
    const length = view.getUint32(place, true);
    const part = bytes.subarray(Math.min(at, bytes.length), Math.min(at + length, bytes.length));
    at += length;
    return part;
  });
}
