/**
 * Repair of a disk that is not running, beside what else does it. On the sample disk (built from the corpus): the quarantine of one file and the whole
 * repair, `inspect` and `find`, the whole check; then reading a large file through VHDX and BitLocker. Each beside its peers and, where there is one, the
 * physical limit, in one run on one machine; times are the best of several.
 *
 *   node --conditions=@winmedic/source bench/disk/bench.ts [--quick] [--sample FOLDER]
 *
 * `--sample` names a folder in which the corpus' script built its disk before (`disk.raw`, `part3.txt`); it is only read.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import { writeVhdx } from '@winmedic/labs/container-writer';
import { writeNtfs } from '@winmedic/labs/ntfs-writer';
import { nodeCrypto } from '../../core/disk/node-crypto.ts';
import { buildSample, NO_SAMPLE, type SampleDisk } from '../../tests/disk/sample.ts';
import { missingTools } from '../../tests/disk/tools.ts';
import { ms, printSummary, ratio, report } from '../lines.ts';
import type { Ran } from './job.ts';
import { CHECKERS, MOVERS, NTFSCAT, opensslXts, type Peer, readers, store, throughFuse } from './peers.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, sample: { type: 'string' } } });
const { quick } = values;
const rounds = quick ? 2 : 5;
const MIB = 1 << 20;
const JOB = join(import.meta.dirname, 'job.ts');

/** Runs a job in a new process. */
function ours(job: string, ...args: readonly string[]): Ran {
  const out = execFileSync(process.execPath, [...process.execArgv, JOB, job, ...args], { encoding: 'utf8' });
  return JSON.parse(out) as Ran;
}

/** The fastest of several, prepared anew for each. */
function best<T>(timeOf: (value: T) => number, run: () => T | undefined, times = rounds): T | undefined {
  let fastest: T | undefined;
  for (let n = 0; n < times; n++) {
    const one = run();
    if (one === undefined) return fastest;
    if (fastest === undefined || timeOf(one) < timeOf(fastest)) fastest = one;
  }
  return fastest;
}

const kib = (bytes: number): string => (bytes < 10 * MIB ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / MIB).toFixed(1)} MiB`);
const rate = (value: number): string => `${value.toFixed(0)} MiB/s`;

function costs(what: string, ran: Ran): void {
  report(`${what}: time`, ms(ran.ms));
  report(`${what}: read`, `${ran.reads} reads, ${kib(ran.bytesRead)}`);
  if (ran.writes > 0)
    report(`${what}: written, journal beside it`, `${ran.writes} writes, ${kib(ran.bytesWritten)}, ${kib(ran.journalBytes)}`);
}

function beside(peer: Peer, against: number, run: () => number | undefined, times = rounds): void {
  if (peer.missing.length > 0) {
    console.log(`skipped: ${peer.name}: ${peer.missing.join(', ')} not installed`);
    return;
  }
  const took = best((value) => value, run, times);
  if (took === undefined) console.log(`${peer.name}: failed`);
  else {
    report(peer.name, ms(took));
    report(`  ${peer.name} / ours`, ratio(took / against));
  }
}

const folder = mkdtempSync(join(tmpdir(), 'winmedic-bench-'));
try {
  if (values.sample !== undefined) sampleDisk(builtBefore(values.sample));
  else if (NO_SAMPLE !== undefined) console.log(`skipped: ${NO_SAMPLE}`);
  else sampleDisk(buildSample(folder));
  layers();
  printSummary();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function builtBefore(where: string): SampleDisk {
  const [from = 0, sectors = 0] = readFileSync(join(where, 'part3.txt'), 'utf8').trim().split(' ').map(Number);
  return { path: join(where, 'disk.raw'), windows: { offset: from * 512, sizeBytes: sectors * 512 } };
}

/** A copy of a file that shares its blocks where the file system can; holes stay holes. */
function copied(path: string, to: string): string {
  rmSync(to, { force: true });
  if (missingTools('cp').length === 0) execFileSync('cp', ['--sparse=always', '--reflink=auto', path, to]);
  else copyFileSync(path, to, constants.COPYFILE_FICLONE);
  for (const name of readdirSync(folder)) if (name.includes('.winmedic-undo')) rmSync(join(folder, name));
  return to;
}

function sampleDisk({ path, windows }: SampleDisk): void {
  const disk = join(folder, 'work.raw');
  const volume = join(folder, 'volume.raw');
  const plainVolume = cut(path, windows.offset, windows.sizeBytes, join(folder, 'plain.raw'));
  const logs = Number(ours('hives', path).result['bytes']);
  console.log(
    `sample disk: ${kib(statSync(path).blocks * 512)} of ${kib(statSync(path).size)}; SYSTEM, SOFTWARE and logs ${kib(logs)}; Node ${process.versions.node}`,
  );

  console.log('\n-- quarantine of the faulty file, inside a new process: open, plan, journal, write, check');
  const quarantine = best(
    ({ ms }) => ms,
    () => ours('quarantine', copied(path, disk)),
  )!;
  costs('quarantine', quarantine);
  report('  read', kib(quarantine.bytesRead), '< 1 MiB', quarantine.bytesRead < MIB);
  report('  written', kib(quarantine.bytesWritten), '< 64 KiB', quarantine.bytesWritten < 65_536);
  for (const peer of MOVERS) {
    const times = peer.name.startsWith('guestfish') ? 1 : rounds;
    beside(peer, quarantine.ms, () => peer.run(copied(path, disk), copied(plainVolume, volume)), times);
  }

  console.log('\n-- whole repair: quarantine, hive logs replayed, every key checked, logs of the transactional registry put aside');
  const repair = best(
    ({ ms }) => ms,
    () => ours('repair', copied(path, disk)),
  )!;
  costs('repair', repair);
  const dirty = Number(repair.result['dirty']);
  report('  read / (hives + logs)', ratio(repair.bytesRead / logs), '<= 2x', repair.bytesRead <= 2 * logs);
  report('  written / changed sectors', ratio(repair.bytesWritten / dirty), '<= 2x', repair.bytesWritten <= 2 * dirty);
  const undo = best(
    ({ ms }) => ms,
    () => ours('undo', afterRepair(path, disk)),
    1,
  )!;
  report('undo', ms(undo.ms));

  console.log('\n-- reading');
  const { list, tell } = readers(windows.offset / 512);
  const inspect = best(
    ({ ms }) => ms,
    () => ours('inspect', path),
  )!;
  costs('inspect', inspect);
  beside(tell, inspect.ms, () => tell.run(path, plainVolume));
  const find = best(
    ({ ms }) => ms,
    () => ours('find', path),
  )!;
  costs(`find, all ${find.result['files']} files`, find);
  beside(list, find.ms, () => list.run(path, plainVolume));
  const some = best(
    ({ ms }) => ms,
    () => ours('find-291', path),
  )!;
  costs(`find C-00000291*.sys, ${some.result['files']} files`, some);

  console.log('\n-- whole check of the volume');
  const check = best(
    ({ ms }) => ms,
    () => ours('check', path),
  )!;
  if (check.result['errors'] !== 0) throw new Error(`the sample has ${check.result['errors']} errors`);
  costs(`check, ${check.result['records']} records`, check);
  for (const peer of CHECKERS) beside(peer, check.ms, () => peer.run(path, plainVolume));
}

function afterRepair(path: string, disk: string): string {
  ours('repair', copied(path, disk));
  return disk;
}

/** A part of a file as a file of its own, holes where it is zero. */
function cut(path: string, offset: number, sizeBytes: number, to: string): string {
  const [source, target] = [openSync(path, 'r'), openSync(to, 'w')];
  const piece = Buffer.alloc(MIB);
  const zeros = Buffer.alloc(MIB);
  for (let at = 0; at < sizeBytes; at += MIB) {
    const count = readSync(source, piece, 0, Math.min(MIB, sizeBytes - at), offset + at);
    if (Buffer.compare(piece.subarray(0, count), zeros.subarray(0, count)) !== 0) writeSync(target, piece, 0, count, at);
  }
  closeSync(source);
  closeSync(target);
  truncateSync(to, sizeBytes);
  return to;
}

/** One large file: plain, inside VHDX, inside BitLocker, inside both. */
function layers(): void {
  const size = (quick ? 32 : 96) * MIB;
  const content = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4) content.writeUInt32LE(Math.imul(at + 1, 0x9e37_79b1) >>> 0, at);
  const written = writeNtfs({ sizeBytes: 2 * size + 16 * MIB, entries: [{ path: 'big.bin', content }] });
  const plain = written.image.bytes();
  const { volume: locked, startupKeys } = writeBitLocker(plain, { method: 'aes-xts-128', protectors: [{ kind: 'startup-key' }] });
  const bek = store(join(folder, 'key.bek'), [...startupKeys.values()][0]!);
  const files = {
    NTFS: store(join(folder, 'ntfs.raw'), plain),
    'NTFS in VHDX': store(join(folder, 'ntfs.vhdx'), writeVhdx({ variant: 'dynamic', disk: plain })),
    'NTFS in BitLocker': store(join(folder, 'locked.raw'), locked),
    'NTFS in BitLocker in VHDX': store(join(folder, 'locked.vhdx'), writeVhdx({ variant: 'dynamic', disk: locked })),
  };
  console.log(`\n-- one file of ${kib(size)}, read in order (XTS-AES 128)`);
  const limit = rawRead(files.NTFS);
  report('the image itself, plain reads', rate(limit));
  const speeds = new Map<string, number>();
  for (const [name, file] of Object.entries(files)) {
    const ran = best(
      ({ result }) => -Number(result['mebibytesPerSecond']),
      () => ours('sequential', file, ...(name.includes('BitLocker') ? [bek] : [])),
    )!;
    if (ran.result['bytes'] !== size) throw new Error(`${name}: ${ran.result['bytes']} bytes`);
    const speed = Number(ran.result['mebibytesPerSecond']);
    speeds.set(name, speed);
    report(name, rate(speed));
    report('  of plain reads', `${((100 * speed) / limit).toFixed(0)} %`);
  }
  const inMemory = nodeXts();
  report('AES-XTS of Node, one call for each sector', rate(inMemory));
  report('  ours in BitLocker / that', ratio(speeds.get('NTFS in BitLocker')! / inMemory));
  const openssl = opensslXts();
  if (openssl === undefined) console.log('skipped: openssl is not installed');
  else {
    report('openssl speed, AES-XTS 128, sectors of 512', rate(openssl));
    report('  ours in BitLocker, of that', `${((100 * speeds.get('NTFS in BitLocker')!) / openssl).toFixed(0)} %`);
  }

  const besideSpeed = (name: string, took: number | undefined, against: string): void => {
    if (took === undefined) {
      console.log(`skipped: ${name}: not installed, or failed`);
      return;
    }
    const speed = size / MIB / (took / 1000);
    report(name, rate(speed));
    report(`  ours / ${name}`, ratio(speeds.get(against)! / speed));
  };
  besideSpeed(
    NTFSCAT.name,
    NTFSCAT.missing.length > 0
      ? undefined
      : best(
          (took) => took,
          () => NTFSCAT.run('', files.NTFS),
        ),
    'NTFS',
  );
  for (const tool of ['dislocker', 'bdemount'] as const) {
    const missing = missingTools(tool, 'ntfscat').length > 0;
    besideSpeed(
      `${tool} + ntfscat`,
      missing
        ? undefined
        : best(
            (took) => took,
            () => throughFuse(tool, files['NTFS in BitLocker'], bek),
            2,
          ),
      'NTFS in BitLocker',
    );
  }
}

/** MiB per second of reading a file in pieces of 1 MiB, cached by the system as in all other figures. */
function rawRead(path: string): number {
  const piece = Buffer.alloc(MIB);
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const file = openSync(path, 'r');
    const before = performance.now();
    for (let at = 0; readSync(file, piece, 0, MIB, at) > 0; at += MIB);
    fastest = Math.min(fastest, performance.now() - before);
    closeSync(file);
  }
  return statSync(path).size / MIB / (fastest / 1000);
}

/** MiB per second of AES-XTS as Node offers it: a cipher for each sector, because each has its own tweak. */
function nodeXts(): number {
  const sector = new Uint8Array(512);
  const key = new Uint8Array(32).map((_, i) => i);
  const tweak = new Uint8Array(16);
  const sectors = quick ? 20_000 : 60_000;
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const before = performance.now();
    for (let n = 0; n < sectors; n++) {
      tweak[0] = n & 0xff;
      nodeCrypto.aesXts(false, key, tweak, sector);
    }
    fastest = Math.min(fastest, performance.now() - before);
  }
  return (sectors * 512) / MIB / (fastest / 1000);
}
