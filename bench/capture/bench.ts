/**
 * Reading captures and traces, beside the usual dissector and the physical limit. Real traffic of the corpus, replicated to 300 MB and more under other addresses,
 * ports and times; then what a hostile or unlucky file can do; then a trace. One run on one machine; times are the best of several, each in a new process.
 *
 *   node --conditions=@winmedic/source bench/capture/bench.ts [--quick]
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodePayload, type WriteRecord, writeEtl } from '@winmedic/labs/etl-writer';
import { ms, printSummary, ratio, report } from '../lines.ts';
import { deepTunnels, outOfOrder, replicate, smallPackets, synScan } from './build-capture.ts';
import type { Ran } from './job.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const { quick } = values;
const rounds = quick ? 1 : 3;
const MB = 1_000_000;
const SIZE = (quick ? 60 : 300) * MB;
const CORPUS = join(import.meta.dirname, '../../../shared/corpus/pcap');
const JOB = join(import.meta.dirname, 'job.ts');
const FILTER = 'ntlmssp || http || dcerpc';
/** What a worst case may take. @see the issue: bounded memory */
const WORST_MEGABYTES = 400;

const folder = mkdtempSync(join(tmpdir(), 'winmedic-bench-'));
/** The packages as they are published: compiled, not stripped of their types at every start. */
const BUILT = process.execArgv.filter((argument) => !argument.startsWith('--conditions'));

function ours(job: string, path: string, times = rounds): Ran {
  let best: Ran | undefined;
  for (let n = 0; n < times; n++) {
    const ran = JSON.parse(execFileSync(process.execPath, [...BUILT, JOB, job, path], { encoding: 'utf8', maxBuffer: MB })) as Ran;
    if (best === undefined || ran.ms < best.ms) best = ran;
  }
  return best as Ran;
}

interface Process {
  readonly ms: number;
  readonly megabytes: number;
  readonly out: string;
}

/** Peak of memory of a running process in MB; 0 where the system does not tell. @source proc_pid_status(5), VmHWM */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** A command as a whole process: wall time and peak of memory. */
async function timed(command: string, args: readonly string[], times = rounds): Promise<Process | undefined> {
  let best: Process | undefined;
  for (let n = 0; n < times; n++) {
    const one = await new Promise<Process | undefined>((resolve) => {
      const before = performance.now();
      const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'ignore'] });
      let megabytes = 0;
      let last = '';
      const poll = setInterval(() => {
        megabytes = Math.max(megabytes, child.pid === undefined ? 0 : peakOf(child.pid));
      }, 10);
      // Only the end of the output is looked at, and a full pipe would hold the process up.
      child.stdout.on('data', (piece: Buffer) => {
        last = (last + piece.toString('latin1')).slice(-4096);
      });
      child.on('error', () => {
        clearInterval(poll);
        resolve(undefined);
      });
      child.on('close', () => {
        clearInterval(poll);
        resolve({ ms: performance.now() - before, megabytes, out: last });
      });
    });
    if (one === undefined) return undefined;
    if (best === undefined || one.ms < best.ms) best = { ...one, megabytes: Math.max(one.megabytes, best?.megabytes ?? 0) };
  }
  return best;
}

const megabytesPerSecond = (bytes: number, took: number): string => `${(bytes / MB / (took / 1000)).toFixed(0)} MB/s`;
const memory = (megabytes: number): string => `${megabytes.toFixed(0)} MB`;

/** Captures of the corpus whose name fits. */
function corpusFiles(name: RegExp): string[] {
  return readdirSync(CORPUS)
    .filter((each) => name.test(each))
    .sort()
    .map((each) => join(CORPUS, each));
}

async function traffic(): Promise<void> {
  await beside('Windows hosts that are managed (OTRF)', corpusFiles(/^OTRF.*\.cap$/));
  // Hardly a packet in it that is no message of a protocol looked into: the densest traffic there can be.
  await beside('every capture of the corpus', corpusFiles(/^(?!mlgualtieri).*\.(?:cap|pcap|pcapng)$/));
}

async function beside(what: string, sources: readonly string[]): Promise<void> {
  const capture = join(folder, 'traffic.pcap');
  const packets = replicate(sources, capture, SIZE);
  const { size } = statSync(capture);
  console.log(
    `-- ${what}: ${(size / MB).toFixed(0)} MB, ${packets} packets (${(size / packets).toFixed(0)} bytes each) out of ${sources.length} files; Node ${process.versions.node}`,
  );
  const read = ours('read', capture);
  report('limit: every byte read once', megabytesPerSecond(size, read.ms));
  const walk = ours('walk', capture);
  report('every packet, nothing looked into', megabytesPerSecond(size, walk.ms));
  const analyse = ours('analyse', capture);
  const { tcpStreams = 0, udpStreams = 0, conversations = 0, messages = 0, ntlm = 0 } = analyse.result;
  report('everything: flows, reassembly, all protocols', `${ms(analyse.ms)}, ${megabytesPerSecond(size, analyse.ms)}`);
  report('  peak of memory', memory(analyse.peakMegabytes));
  console.log(
    `  ${tcpStreams} TCP and ${udpStreams} UDP streams, ${conversations} conversations, ${messages} messages, ${ntlm} NTLM tokens`,
  );

  // As processes, start included, for both; one after the other, so that noise of the machine meets both.
  let tshark: Process | undefined;
  let whole: Process | undefined;
  for (let n = 0; n < rounds; n++) {
    tshark = better(tshark, await timed('tshark', ['-n', '-r', capture, '-Y', FILTER], 1));
    whole = better(whole, await timed(process.execPath, [...BUILT, JOB, 'analyse', capture], 1));
  }
  if (tshark === undefined || whole === undefined) console.log('skipped: tshark is not installed');
  else {
    report(`tshark -Y '${FILTER}'`, `${ms(tshark.ms)}, ${memory(tshark.megabytes)}`);
    report('our whole process', `${ms(whole.ms)}, ${memory(whole.megabytes)}`);
    report('  tshark / ours, time', ratio(tshark.ms / whole.ms), '>= 4x', tshark.ms / whole.ms >= 4);
    const part = Math.max(whole.megabytes, analyse.peakMegabytes) / tshark.megabytes;
    report('  ours / tshark, memory', `${(100 * part).toFixed(0)} %`, '<= 25 %', part <= 0.25);
    const streams = await timed('tshark', ['-n', '-r', capture, '-T', 'fields', '-e', 'tcp.stream', '-Y', 'tcp'], 1);
    const theirs = streams === undefined ? -1 : Math.max(...streams.out.split('\n').slice(1).map(Number)) + 1;
    report('  TCP streams, ours and tshark', `${tcpStreams} and ${theirs}`, 'the same', tcpStreams === theirs);
  }
  const command = join(import.meta.dirname, '../../apps/cli/dist/main.js');
  const diagnose = await timed(process.execPath, [command, 'diagnose', capture, '--no-hash', '--json'], 1);
  if (diagnose !== undefined) {
    report('winmedic diagnose --no-hash, whole process', ms(diagnose.ms));
    report('  peak of memory', memory(diagnose.megabytes), `<= ${WORST_MEGABYTES} MB`, diagnose.megabytes <= WORST_MEGABYTES);
  }
  console.log('');
}

/** The faster of two, with the higher peak. */
function better(one: Process | undefined, other: Process | undefined): Process | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { ...(other.ms < one.ms ? other : one), megabytes: Math.max(one.megabytes, other.megabytes) };
}

async function worstCases(): Promise<void> {
  const part = quick ? 10 : 1;
  const cases: readonly (readonly [what: string, make: (path: string) => void])[] = [
    [`${3 / part} million flows, one SYN each`, (path) => synScan(path, 3_000_000 / part)],
    ['every segment out of order', (path) => outOfOrder(path, 300_000 / part, 1000)],
    ['packets of 60 bytes, 150,000 flows', (path) => smallPackets(path, 4_000_000 / part, 150_000)],
    ['IP in IP, 60 deep', (path) => deepTunnels(path, 200_000 / part)],
  ];
  const path = join(folder, 'worst.pcap');
  for (const [what, make] of cases) {
    make(path);
    const { size } = statSync(path);
    const ran = ours('analyse', path, 1);
    report(`${what}, ${(size / MB).toFixed(0)} MB`, `${ms(ran.ms)}, ${((ran.result['packets'] ?? 0) / ran.ms / 1000).toFixed(2)} Mpkt/s`);
    report('  peak of memory', memory(ran.peakMegabytes), `<= ${WORST_MEGABYTES} MB`, ran.peakMegabytes <= WORST_MEGABYTES);
    rmSync(path);
  }
  console.log('');
}

const WINRM = 'a7975c8f-ac13-49f1-87da-5a984a4ab417';
const OTHER = 'dd5ef90a-6398-47a4-ad34-4dcecdef795f';
/** 2026-01-01, FILETIME ticks. */
const TICKS = 134_120_448_000_000_000n;

function trace(): void {
  const path = join(folder, 'trace.etl');
  const fields = [
    { name: 'username', type: 'UnicodeString' },
    { name: 'authenticationMechanism', type: 'UnicodeString' },
  ] as const;
  const payload = encodePayload(fields, { username: 'CORP\\alice', authenticationMechanism: 'NTLM' });
  const other = new Uint8Array(120).fill(1);
  const records: WriteRecord[] = Array.from({ length: 20_000 }, (_, n) => ({
    kind: 'event',
    at: TICKS + BigInt(n),
    provider: n % 100 === 0 ? WINRM : OTHER,
    id: 1295,
    processor: n % 4,
    payload: n % 100 === 0 ? payload : other,
  }));
  const one = writeEtl({ processors: 4, startTime: TICKS, bufferBytes: 65_536 }, records);
  // Buffers carry all they need: the same ones again are a longer trace.
  const buffers = one.subarray(65_536);
  const times = Math.ceil(((quick ? 30 : 300) * MB) / buffers.length);
  const file = openSync(path, 'w');
  writeSync(file, one.subarray(0, 65_536));
  for (let n = 0; n < times; n++) writeSync(file, buffers);
  closeSync(file);
  const { size } = statSync(path);
  const ran = ours('trace', path);
  report(`trace of ${(size / MB).toFixed(0)} MB, one record of a hundred decoded`, ms(ran.ms));
  report('  rate', megabytesPerSecond(size, ran.ms), '>= 300 MB/s', size / MB / (ran.ms / 1000) >= 300);
  report('  peak of memory', memory(ran.peakMegabytes));
}

await main();

async function main(): Promise<void> {
  try {
    if (existsSync(CORPUS)) await traffic();
    else console.log('skipped: the corpus is not beside the project');
    await worstCases();
    trace();
    printSummary();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
