import type { Kind } from './kind.ts';
import { layoutOf, mutate } from './mutate.ts';
import { seeds } from './seeds.ts';
import { judge, readAll } from './target.ts';

/** Event logs, through the reader and the diagnosis. */
export function evtxKind(): Kind {
  const inputs = seeds()
    .map(({ name, bytes }) => ({ name, bytes, layout: layoutOf(bytes), target: new Uint8Array(bytes.length) }))
    .filter(({ layout }) => layout.records.length > 0);
  return {
    name: 'evtx',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const { bytes, layout, target } = inputs[seed]!;
      const { length, names } = mutate(bytes, layout, target, random);
      return { bytes: target.subarray(0, length), names };
    },
    read: (bytes, random) => {
      const recover = random.below(4) === 0;
      const { records, damages } = readAll(bytes, recover);
      const { stops, judged } = judge(bytes, recover);
      return { records, damages, stops, judged: judged ? 1 : 0 };
    },
    maxMs: 5000,
    extension: 'evtx',
  };
}
