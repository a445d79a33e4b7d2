/**
 * Fuzzes readers and what stands behind them with structure-aware mutations of valid inputs: no crash, no hang, no growth.
 * `npm run fuzz -- --iterations 1000000 --seconds 7200 --seed 1 --kind hive`. Without `--kind` the iterations and the time are shared by all
 * kinds. A failing input is written to a file and its seed printed.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attemptKind } from './attempt-kind.ts';
import { bitlockerKind } from './bitlocker-kind.ts';
import { captureKind } from './capture-kind.ts';
import { containerKind } from './container-kind.ts';
import { credsspKind } from './credssp-kind.ts';
import { dcerpcKind } from './dcerpc-kind.ts';
import { derKind } from './der-kind.ts';
import { diskKind } from './disk-kind.ts';
import { dumpKind } from './dump-kind.ts';
import { etlKind } from './etl-kind.ts';
import { evtxKind } from './evtx-kind.ts';
import { fatKind } from './fat-kind.ts';
import { hiveKind } from './hive-kind.ts';
import { hiveStructureKind } from './hive-structure-kind.ts';
import { httpKind } from './http-kind.ts';
import { imageKind } from './image-kind.ts';
import { journalKind } from './journal-kind.ts';
import { kerberosKind } from './kerberos-kind.ts';
import type { Kind } from './kind.ts';
import { logfileKind } from './logfile-kind.ts';
import { ntfsKind } from './ntfs-kind.ts';
import { ntlmKind } from './ntlm-kind.ts';
import { Random } from './random.ts';
import { rdpKind } from './rdp-kind.ts';
import { recordedKind } from './recorded-kind.ts';
import { redactKind } from './redact-kind.ts';
import { spnegoKind } from './spnego-kind.ts';
import { textKind } from './text-kind.ts';
import { watchdog } from './watchdog.ts';
import { wsmanKind } from './wsman-kind.ts';

const KINDS: Readonly<Record<string, () => Kind | Promise<Kind>>> = {
  evtx: evtxKind,
  hive: hiveKind,
  dump: dumpKind,
  image: imageKind,
  text: textKind,
  der: derKind,
  ntlm: ntlmKind,
  spnego: spnegoKind,
  kerberos: kerberosKind,
  credssp: credsspKind,
  wsman: wsmanKind,
  dcerpc: dcerpcKind,
  rdp: rdpKind,
  http: httpKind,
  attempt: attemptKind,
  disk: diskKind,
  container: containerKind,
  bitlocker: bitlockerKind,
  ntfs: ntfsKind,
  logfile: logfileKind,
  fat: fatKind,
  journal: journalKind,
  'hive-structure': hiveStructureKind,
  capture: captureKind,
  etl: etlKind,
  redact: redactKind,
  recorded: recordedKind,
};

const { values } = parseArgs({
  options: {
    iterations: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    only: { type: 'string' },
  },
});
const firstSeed = Number(values.seed);
const chosen = values.kind === undefined ? Object.keys(KINDS) : values.kind.split(',');
/** Heap after a collection may differ by this much between the first and the last check. */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

const dog = watchdog();
const endsAt = Date.now() + Number(values.seconds) * 1000;
for (const [index, name] of chosen.entries()) {
  const make = KINDS[name];
  if (make === undefined) {
    console.error(`fuzz: there is no kind "${name}"; there are ${Object.keys(KINDS).join(', ')}`);
    process.exit(2);
  }
  // Making seeds is not reading an input: some kinds take their time for it.
  dog.rest();
  const kind = await make();
  // Time that quick kinds left over goes to the others.
  await run(kind, Math.ceil(Number(values.iterations) / chosen.length), (endsAt - Date.now()) / 1000 / (chosen.length - index));
}

dog.rest();

async function run(kind: Kind, iterations: number, seconds: number): Promise<void> {
  const usable = kind.seeds.map((_, i) => i).filter((i) => values.only === undefined || kind.seeds[i]!.includes(values.only));
  console.log(`fuzz ${kind.name}: ${usable.length} seeds, ${iterations} inputs, seed ${firstSeed}`);
  const totals = new Map<string, number>();
  const heap: number[] = [];
  const started = Date.now();
  const deadline = started + seconds * 1000;
  let done = 0;
  let slowest = { ms: 0, seed: 0 };
  for (let n = 0; n < iterations && Date.now() < deadline; n++) {
    const seed = (firstSeed * 1_000_003 + n) >>> 0;
    const random = new Random(seed);
    const from = random.pick(usable);
    const { bytes, names } = kind.mutate(from, random);
    dog.watch(seed, kind.maxMs * 4);
    const before = performance.now();
    try {
      const counts = kind.read(bytes, random, from);
      for (const [what, count] of Object.entries(counts instanceof Promise ? await inTime(counts, kind.maxMs) : counts))
        totals.set(what, (totals.get(what) ?? 0) + count);
    } catch (error) {
      fail(kind, seed, from, names, bytes, error);
    }
    const ms = performance.now() - before;
    if (ms > slowest.ms) slowest = { ms, seed };
    if (ms > kind.maxMs) fail(kind, seed, from, names, bytes, new Error(`took ${ms.toFixed(0)} ms`));
    done++;
    if (done === 2000 || (done % 50_000 === 0 && done > 2000)) heap.push(heapAfterCollection(kind, done, started));
  }
  heap.push(heapAfterCollection(kind, done, started));
  const growth = heap.at(-1)! - heap[0]!;
  if (growth > MAX_GROWTH_BYTES) {
    console.error(`FAILED ${kind.name}: the heap grew by ${(growth / 2 ** 20).toFixed(0)} MiB`);
    process.exit(1);
  }
  const counts = [...totals].map(([what, count]) => `${count} ${what}`).join(', ');
  console.log(
    `fuzz ${kind.name}: ${done} inputs in ${((Date.now() - started) / 1000).toFixed(0)} s, ${counts}; slowest ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed}); heap ${(growth / 2 ** 20).toFixed(1)} MiB more at the end than after 2000`,
  );
  if (done < Math.min(kind.atLeast ?? 1000, iterations)) {
    console.error(`FAILED ${kind.name}: only ${done} inputs were tried`);
    process.exit(1);
  }
}

/** What has no end is a failure too; without a timer nothing would hold the process, and it would end as if all were well. */
async function inTime<T>(counts: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([counts, late]);
  } finally {
    clearTimeout(timer);
  }
}

function heapAfterCollection(kind: Kind, done: number, started: number): number {
  globalThis.gc?.();
  const { heapUsed } = process.memoryUsage();
  console.log(
    `fuzz ${kind.name}: ${done} inputs, ${((Date.now() - started) / 1000).toFixed(0)} s, heap ${(heapUsed / 2 ** 20).toFixed(0)} MiB`,
  );
  return heapUsed;
}

function fail(kind: Kind, seed: number, from: number, names: readonly string[], bytes: Uint8Array, error: unknown): never {
  const file = join(mkdtempSync(join(tmpdir(), 'winmedic-fuzz-')), `seed-${seed}.${kind.extension}`);
  writeFileSync(file, bytes);
  console.error(`FAILED ${kind.name} seed ${seed} (${kind.seeds[from]}; ${names.join(', ')}); input written to ${file}`);
  console.error(error instanceof Error ? error.stack : error);
  process.exit(1);
}
