/**
 * The EVTX reader against a floor (reading the file and walking record headers), the npm package winevtx, and libevtx's evtxexport.
 * All in one run on one machine; times are the best of several, so that other work on the machine counts little.
 *
 *   node --conditions=@winmedic/source bench/evtx/bench.ts [--large] [--megabytes=240] [--quick]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { ms, printSummary, ratio, report } from '../lines.ts';
import { buildLog, corpusFolder } from './build-log.ts';
import { fileSource, objects, scan, winevtx } from './job.ts';

const quick = process.argv.includes('--quick');
const megabytes = Number(process.argv.find((word) => word.startsWith('--megabytes='))?.split('=')[1] ?? (quick ? 30 : 240));
const root = resolve(import.meta.dirname, '../..');

interface Measured {
  ms: number;
  result: number;
}

/**
 * Best times in milliseconds of several jobs, run in turn: what else the machine does hits all of them alike.
 * @param jobs name, how often at most, job.
 */
async function inTurn(
  jobs: readonly (readonly [name: string, runs: number, job: () => number | Promise<number>])[],
): Promise<Map<string, Measured>> {
  const best = new Map<string, Measured>();
  for (let round = 0; round < Math.max(...jobs.map(([, runs]) => runs)); round++) {
    for (const [name, runs, job] of jobs) {
      if (round >= runs) continue;
      const before = performance.now();
      const result = await job();
      const ms = performance.now() - before;
      const known = best.get(name);
      if (known === undefined || ms < known.ms) best.set(name, { ms, result });
    }
  }
  return best;
}

/** The floor: every byte read into a window, every record header looked at, nothing else. */
function walk(path: string): number {
  const source = fileSource(path);
  const bytes = new Uint8Array(1 << 18);
  const view = new DataView(bytes.buffer);
  let records = 0;
  for (let position = 4096; ; ) {
    const got = source.readAt(position, bytes);
    if (got < 65_536) break;
    for (let base = 0; base + 65_536 <= got; base += 65_536) {
      const end = base + view.getUint32(base + 48, true);
      for (let at = base + 512; at < end && view.getUint32(at, true) === 0x2a2a; at += view.getUint32(at + 4, true)) records++;
    }
    position += got - (got % 65_536);
  }
  source.close();
  return records;
}

/** Wall time, result and peak memory of a job as a process of its own. */
function processJob(bundle: string, job: string, path: string): { ms: number; result: number; peak: number } {
  const before = performance.now();
  const out = execFileSync(process.execPath, [bundle, job, path], { encoding: 'utf8' });
  const ms = performance.now() - before;
  const { result, peakMegabytes } = JSON.parse(out) as { result: number; peakMegabytes: number };
  return { ms, result, peak: peakMegabytes };
}

if (!existsSync(join(corpusFolder(), 'expected.json'))) {
  console.log(`skipped: no corpus at ${corpusFolder()} (set WINMEDIC_CORPUS)`);
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'winmedic-bench-'));
try {
  const path = join(folder, 'log.evtx');
  const built = buildLog(path, megabytes);
  const size = built.bytes / 1e6;
  console.log(
    `${size.toFixed(0)} MB, ${built.records} records in ${built.chunks} chunks (${built.different} different), Node ${process.versions.node}`,
  );
  // As published: compiled and bundled, not types stripped file by file.
  const bundle = join(folder, 'job.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'job.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle,
    conditions: ['@winmedic/source'],
    external: ['winevtx'],
    minify: true,
  });
  const peer = existsSync(join(root, 'node_modules/winevtx'));
  if (peer) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

  console.log('\n-- in process, warm, one thread');
  const rounds = quick ? 5 : 15;
  const measured = await inTurn([
    ['floor', rounds, () => walk(path)],
    ['bare', rounds, () => scan(path, false)],
    ['checked', rounds, () => scan(path)],
    ['objects', 6, () => objects(path)],
    ...(peer ? ([['winevtx', 3, () => winevtx(path)]] as const) : []),
  ]);
  const [floor, bare, checked, mine] = ['floor', 'bare', 'checked', 'objects'].map((name) => measured.get(name)!) as [
    Measured,
    Measured,
    Measured,
    Measured,
  ];
  for (const { result } of [floor, mine]) if (result !== built.records) throw new Error(`read ${result} of ${built.records} records`);
  report('floor: read and walk record headers', ms(floor.ms));
  report('scan, ten conditions, hits as objects', ms(bare.ms), '<= 3x floor', bare.ms <= 3 * floor.ms);
  report('  against the floor', ratio(bare.ms / floor.ms));
  report('scan with checksums verified', ms(checked.ms));
  report('  throughput, hits', `${(built.bytes / 1e6 / checked.ms).toFixed(2)} GB/s, ${checked.result}`);
  report('every record to an object', ms(mine.ms));
  const theirs = measured.get('winevtx');
  if (theirs !== undefined) {
    report('winevtx 0.1.2, every record to an object', ms(theirs.ms));
    report('  winevtx / ours, objects', ratio(theirs.ms / mine.ms), '>= 4x', theirs.ms >= 4 * mine.ms);
    report('  winevtx / ours, scan', ratio(theirs.ms / checked.ms));
  } else console.log('skipped: winevtx is not installed');

  console.log('\n-- whole process');
  const runs: { ms: number; peak: number }[] = [];
  const theirRuns: number[] = [];
  for (let i = 0; i < 5; i++) {
    runs.push(processJob(bundle, 'scan', path));
    if (peer && i % 2 === 0) theirRuns.push(processJob(bundle, 'winevtx', path).ms);
  }
  const scanProcess = Math.min(...runs.map((run) => run.ms));
  const winevtxProcess = peer ? Math.min(...theirRuns) : undefined;
  const faster = winevtxProcess === undefined ? 0 : winevtxProcess / scanProcess;
  report('scan', ms(scanProcess), '<= 250 ms or >= 14x winevtx', scanProcess <= 250 || faster >= 14);
  if (winevtxProcess !== undefined) report('winevtx', `${ms(winevtxProcess)} (${ratio(faster)})`);
  const scanPeak = Math.max(...runs.map((run) => run.peak));
  report('scan, peak memory', `${scanPeak.toFixed(0)} MB`, '<= 90 MB', scanPeak <= 90);
  const all = processJob(bundle, 'objects', path);
  report('objects', ms(all.ms));
  report('objects, peak memory', `${all.peak.toFixed(0)} MB`, '<= 120 MB', all.peak <= 120);
  if (spawnSync('evtxexport', ['-V']).status === 0) {
    const before = performance.now();
    const { stdout } = spawnSync('sh', ['-c', `evtxexport -f xml "${path}" | grep -c '^<Event '`], { encoding: 'utf8' });
    const exported = performance.now() - before;
    report('evtxexport, all records as XML', `${ms(exported)}, ${stdout.trim()} records`, 'all records', Number(stdout) === built.records);
    report('  evtxexport / our scan', ratio(exported / scanProcess), '>= 15x', exported >= 15 * scanProcess);
    report('  evtxexport / our objects', ratio(exported / all.ms));
  } else console.log('skipped: evtxexport is not installed');

  if (process.argv.includes('--large')) {
    console.log('\n-- 2 GB');
    rmSync(path);
    const large = buildLog(path, 2000);
    const scanned = processJob(bundle, 'scan', path);
    report('scan', ms(scanned.ms));
    report('scan, peak memory', `${scanned.peak.toFixed(0)} MB`, '<= 90 MB', scanned.peak <= 90);
    const made = processJob(bundle, 'objects', path);
    if (made.result !== large.records) throw new Error(`made ${made.result} of ${large.records} objects`);
    report('objects', ms(made.ms));
    report('objects, peak memory', `${made.peak.toFixed(0)} MB`, '<= 120 MB', made.peak <= 120);
  }
  printSummary();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
