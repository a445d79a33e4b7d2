/**
 * Fuzzes reader and diagnosis with structure-aware mutations of valid logs: no crash, no hang, no growth.
 * `npm run fuzz -- --iterations 1000000 --seconds 7200 --seed 1`. A failing input is written to a file and its seed printed.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { layoutOf, mutate } from './mutate.ts';
import { Random } from './random.ts';
import { seeds } from './seeds.ts';
import { judge, readAll } from './target.ts';

const { values } = parseArgs({
  options: {
    iterations: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const iterations = Number(values.iterations);
const deadline = Date.now() + Number(values.seconds) * 1000;
const firstSeed = Number(values.seed);
/** One input of at most two chunks may take this long, with a machine that is busy otherwise; a hang is far longer. */
const MAX_INPUT_MS = 5000;
/** Heap after a collection may differ by this much between the first and the last check. */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

const inputs = seeds().map(({ name, bytes }) => ({ name, bytes, layout: layoutOf(bytes), target: new Uint8Array(bytes.length) }));
const usable = inputs.filter(({ name, layout }) => layout.records.length > 0 && (!values.only || name.includes(values.only)));
console.log(`fuzz: ${usable.length} seeds, ${iterations} inputs, seed ${firstSeed}`);

const totals = { done: 0, records: 0, damages: 0, stops: 0, judged: 0, slowest: 0, slowestSeed: 0 };
const heap: number[] = [];
const started = Date.now();

function fail(seed: number, name: string, names: readonly string[], bytes: Uint8Array, error: unknown): never {
  const file = join(mkdtempSync(join(tmpdir(), 'winmedic-fuzz-')), `seed-${seed}.evtx`);
  writeFileSync(file, bytes);
  console.error(`FAILED seed ${seed} (${name}; ${names.join(', ')}); input written to ${file}`);
  console.error(error instanceof Error ? error.stack : error);
  process.exit(1);
}

for (let n = 0; n < iterations && Date.now() < deadline; n++) {
  const seed = (firstSeed * 1_000_003 + n) >>> 0;
  const random = new Random(seed);
  const input = random.pick(usable);
  const { length, names } = mutate(input.bytes, input.layout, input.target, random);
  const bytes = input.target.subarray(0, length);
  const recover = random.below(4) === 0;
  const before = performance.now();
  try {
    const read = readAll(bytes, recover);
    const verdict = judge(bytes, recover);
    totals.records += read.records;
    totals.damages += read.damages;
    totals.stops += verdict.stops;
    if (verdict.judged) totals.judged++;
  } catch (error) {
    fail(seed, input.name, names, bytes, error);
  }
  const took = performance.now() - before;
  if (took > totals.slowest) {
    totals.slowest = took;
    totals.slowestSeed = seed;
  }
  if (took > MAX_INPUT_MS) fail(seed, input.name, names, bytes, new Error(`took ${took.toFixed(0)} ms`));
  totals.done++;
  if (totals.done === 2000 || (totals.done % 50_000 === 0 && totals.done > 2000)) {
    globalThis.gc?.();
    heap.push(process.memoryUsage().heapUsed);
    console.log(
      `fuzz: ${totals.done} inputs, ${((Date.now() - started) / 1000).toFixed(0)} s, heap ${((heap.at(-1) ?? 0) / 2 ** 20).toFixed(0)} MiB`,
    );
  }
}
globalThis.gc?.();
heap.push(process.memoryUsage().heapUsed);
const growth = heap.at(-1)! - heap[0]!;
if (growth > MAX_GROWTH_BYTES) {
  console.error(`FAILED: the heap grew by ${(growth / 2 ** 20).toFixed(0)} MiB`);
  process.exit(1);
}
console.log(
  `fuzz: ${totals.done} inputs in ${((Date.now() - started) / 1000).toFixed(0)} s, ${totals.records} records read, ${totals.damages} damages, ${totals.judged} judged, ${totals.stops} stops; slowest ${totals.slowest.toFixed(0)} ms (seed ${totals.slowestSeed}); heap ${(growth / 2 ** 20).toFixed(1)} MiB more at the end than after 2000`,
);
if (totals.done < 1000) {
  console.error('FAILED: fewer than 1000 inputs were tried');
  process.exit(1);
}
