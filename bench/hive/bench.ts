/**
 * The registry hive reader against Debian's `reglookup` and `hivexregedit`, on the system hives of the corpus: a full walk with every name and value
 * decoded, a walk with replay of the transaction logs (which neither of the two does), and a point read. All in one run on one machine; times are
 * the best of several, so that other work on the machine counts little.
 *
 *   node --conditions=@winmedic/source bench/hive/bench.ts [--quick]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { ms, printSummary, ratio, report } from '../lines.ts';
import { point, type Walked, walk } from './job.ts';

const rounds = process.argv.includes('--quick') ? 3 : 9;
const corpus = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'hives');

interface Run {
  /** Wall time of the process; of the job inside it. */
  readonly process: number;
  readonly job: number;
  readonly peak: number;
  readonly result: unknown;
}

function timed(command: string, args: readonly string[], into: string): number | undefined {
  const out = openSync(into, 'w');
  const before = performance.now();
  const { status } = spawnSync(command, args, { stdio: ['ignore', out, 'ignore'] });
  const took = performance.now() - before;
  return status === 0 ? took : undefined;
}

if (!existsSync(join(corpus, 'regipy_SYSTEM.xz')) || spawnSync('xz', ['--version']).status !== 0) {
  console.log(`skipped: no hives at ${corpus}, or no xz (set WINMEDIC_CORPUS)`);
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'winmedic-bench-'));
try {
  for (const name of ['regipy_SYSTEM', 'regipy_SYSTEM_B', 'regipy_SYSTEM_B.LOG1', 'regipy_SYSTEM_B.LOG2']) {
    const { status } = spawnSync('xz', ['-dc', join(corpus, `${name}.xz`)], {
      stdio: ['ignore', openSync(join(folder, name), 'w'), 'inherit'],
    });
    if (status !== 0) throw new Error(`cannot unpack ${name}`);
  }
  const system = join(folder, 'regipy_SYSTEM');
  const dirty = join(folder, 'regipy_SYSTEM_B');
  const logs = [`${dirty}.LOG1`, `${dirty}.LOG2`];
  // As published: compiled and bundled, not types stripped file by file.
  const bundle = join(folder, 'job.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'job.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle,
    conditions: ['@winmedic/source'],
    minify: true,
  });
  const ours = (job: string, ...args: readonly string[]): Run => {
    const before = performance.now();
    const out = execFileSync(process.execPath, [bundle, job, ...args], { encoding: 'utf8' });
    const took = performance.now() - before;
    const { ms: inside, peakMegabytes, result } = JSON.parse(out) as { ms: number; peakMegabytes: number; result: unknown };
    return { process: took, job: inside, peak: peakMegabytes, result };
  };
  const sink = join(folder, 'out');
  const peers = [
    { name: 'reglookup', args: (hive: string) => [hive], installed: spawnSync('reglookup', ['-v']).error === undefined },
    {
      name: 'hivexregedit',
      args: (hive: string) => ['--export', hive, '\\'],
      installed: spawnSync('hivexregedit', ['--help']).error === undefined,
    },
  ];

  // In turn, so that what else the machine does hits all of them alike.
  const jobs = new Map<string, () => Run | undefined>([
    ['walk', () => ours('walk', system)],
    ['point', () => ours('point', system)],
    ['replay', () => ours('walk', dirty, ...logs)],
  ]);
  for (const { name, args, installed } of peers) {
    if (!installed) continue;
    for (const [hive, path] of [
      ['clean', system],
      ['dirty', dirty],
    ] as const) {
      jobs.set(`${name} ${hive}`, () => {
        const took = timed(name, args(path), sink);
        return took === undefined ? undefined : { process: took, job: took, peak: 0, result: undefined };
      });
    }
  }
  const best = new Map<string, Run>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, job] of jobs) {
      const run = job();
      const known = best.get(name);
      if (run === undefined) continue;
      best.set(name, {
        ...run,
        process: Math.min(run.process, known?.process ?? run.process),
        job: Math.min(run.job, known?.job ?? run.job),
        peak: Math.max(run.peak, known?.peak ?? 0),
      });
    }
  }
  const [cold, one, replayed] = ['walk', 'point', 'replay'].map((name) => best.get(name)!) as [Run, Run, Run];
  const walked = cold.result as Walked;
  const after = replayed.result as Walked;
  if (walked.keys !== 30_756 || walked.values !== 73_456 || walked.state !== 'clean') throw new Error(`read ${JSON.stringify(walked)}`);
  if (after.keys !== 35_595 || after.values !== 78_901 || after.state !== 'replayed') throw new Error(`read ${JSON.stringify(after)}`);
  if (one.result !== '0') throw new Error(`read ${String(one.result)}`);

  console.log(`SYSTEM hives of 12 MB; ${walked.keys} keys, ${walked.values} values; Node ${process.versions.node}`);
  console.log('\n-- whole process');
  report('walk, all names and values', ms(cold.process), '<= 300 ms', cold.process <= 300);
  report('walk with replay of both logs', ms(replayed.process), '<= 300 ms', replayed.process <= 300);
  report('walk, peak memory', `${cold.peak.toFixed(0)} MB`);
  for (const [name, least] of [
    ['reglookup', 1],
    ['hivexregedit', 3],
  ] as const) {
    const clean = best.get(`${name} clean`);
    const dirtyRun = best.get(`${name} dirty`);
    if (clean === undefined || dirtyRun === undefined) {
      console.log(`skipped: ${name} is not installed`);
      continue;
    }
    report(name, ms(clean.process));
    report(
      `  ${name} / ours`,
      ratio(clean.process / cold.process),
      least === 1 ? '> 1x' : `>= ${least}x`,
      clean.process > least * cold.process,
    );
    report(`${name}, dirty hive, logs ignored`, ms(dirtyRun.process));
    report(
      `  ${name} / ours with replay`,
      ratio(dirtyRun.process / replayed.process),
      least === 1 ? '> 1x' : `>= ${least}x`,
      dirtyRun.process > least * replayed.process,
    );
  }

  console.log('\n-- inside a new process: open and read');
  report('walk', ms(cold.job));
  report('one value five levels down', ms(one.job), '< 5 ms', one.job < 5);
  report('  walk / one value', ratio(cold.job / one.job), '>= 50x', cold.job >= 50 * one.job);

  console.log('\n-- warm');
  let warmWalk = Number.POSITIVE_INFINITY;
  let warmPoint = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds * 2; round++) {
    let before = performance.now();
    walk(system, []);
    warmWalk = Math.min(warmWalk, performance.now() - before);
    before = performance.now();
    point(system);
    warmPoint = Math.min(warmPoint, performance.now() - before);
  }
  report('walk', ms(warmWalk));
  report('one value five levels down', ms(warmPoint));
  report('  walk / one value', ratio(warmWalk / warmPoint), '>= 50x', warmWalk >= 50 * warmPoint);
  printSummary();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
