/**
 * The WS-Management client against pypsrp and pywinrm, one counterpart for all: the host double in a process of its own, and the conformance
 * suite's server over the system's GSS-API where that is installed. Enumerations over HTTP, logged in and sealed with NTLM; round trips are
 * counted at the server. Then what a client is made of: sealing, XML, logins, a fleet. All in one run on one machine; times are the best of
 * several, so that other work on the machine counts little.
 *
 *   node --conditions=@winmedic/source bench/wsman/bench.ts [--quick]
 *
 * Neither peer knows an enumeration. pypsrp has Enumerate and Pull as actions whose bodies the caller writes; pywinrm has an envelope header and a
 * transport, in which the same SOAP is sent. Each runs twice: with its defaults and as WS-Enumeration says (Enumerate opens, Pull gives the
 * instances; MaxEnvelopeSize 153600), and with what a caller can add by hand: OptimizeEnumeration (DSP0226) and a MaxEnvelopeSize
 * of 512000, which the project's client does by itself.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WsmanClient } from '@winmedic/wsman';
import { buildSync } from 'esbuild';
import { ms, printSummary, ratio, report } from '../lines.ts';
import { type Counterpart, gssObstacle, startDoubles, startGss } from './counterparts.ts';
import type { FleetJob, FleetResult } from './fleet.ts';
import type { Job, JobResult } from './job.ts';
import { logIn } from './login.ts';
import { SIZE, sealing, serviceRows, xml } from './micro.ts';
import { peerVersions, pythonWithPeers } from './peers.ts';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 2 : 5;
/** Rows of a column list; instances of `select *` that make about 400 KB. */
const ROWS = 200;
const LARGE_ROWS = 330;
const LATENCY_MS = 20;
const FLEET = quick ? 100 : 500;
const COLUMNS = 'select DisplayName, Name, ProcessId, StartMode, State from Win32_Service';
const EVERYTHING = 'select * from Win32_Service';

/** Command and input of one client. */
interface Client {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly more: Readonly<Record<string, unknown>>;
}

interface Run extends JobResult {
  /** Counted at the server. */
  readonly requests: number;
}

function child<Result>(command: string, args: readonly string[], input: unknown): Result {
  const { status, stdout, stderr } = spawnSync(command, args, { input: JSON.stringify(input), encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Result;
}

/** The best of several runs of each client, in turn. */
async function compare(
  clients: readonly Client[],
  server: Counterpart,
  job: Omit<Job, 'port' | 'user' | 'password'>,
  { host = 0, rounds = ROUNDS } = {},
): Promise<ReadonlyMap<string, Run>> {
  const { user, password, addresses } = server;
  const found = new Map<string, Run>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, command, args, more } of clients) {
      const before = await server.requests();
      const result = child<JobResult>(command, args, { ...job, user, password, port: addresses[host]?.port, ...more });
      const requests = (await server.requests()) - before;
      const known = found.get(name);
      const least = (key: 'wallMs' | 'cpuMs' | 'processCpuMs') => Math.min(result[key], known?.[key] ?? Number.POSITIVE_INFINITY);
      const times = { wallMs: least('wallMs'), cpuMs: least('cpuMs'), processCpuMs: least('processCpuMs') };
      found.set(name, { ...result, ...times, requests: Math.max(requests, known?.requests ?? 0) });
    }
  }
  const [first, ...others] = [...found.values()] as [Run, ...Run[]];
  for (const other of others) {
    if (other.rows !== first.rows || other.characters !== first.characters)
      throw new Error(`${first.rows} rows of ${first.characters} characters, a peer read ${other.rows} of ${other.characters}`);
  }
  return found;
}

function print(found: ReadonlyMap<string, Run>): void {
  const ours = found.get('winmedic')!;
  for (const [name, run] of found) {
    const login = run.requests - run.messages;
    report(`${name}: wall; CPU after imports`, `${ms(run.wallMs)}; ${ms(run.cpuMs)}`);
    report('  CPU of the whole process; peak memory', `${ms(run.processCpuMs)}; ${run.peakMegabytes.toFixed(0)} MB`);
    report('  round trips; of these the login', `${run.requests}; ${login}`);
    if (run === ours) continue;
    report('  / ours: wall; CPU after imports', `${ratio(run.wallMs / ours.wallMs)}; ${ratio(run.cpuMs / ours.cpuMs)}`);
    report('  / ours: CPU of the whole process', ratio(run.processCpuMs / ours.processCpuMs));
    report('  / ours: round trips in all', `${(run.requests / ours.requests).toFixed(2)}x`);
    const share = run.messages / ours.messages;
    if (share >= 2 || !name.endsWith('by hand')) report('  / ours: round trips after the login', ratio(share), '>= 2x', share >= 2);
    else {
      report('  / ours: round trips after the login', ratio(share));
      console.log(
        '    not 2x: the caller wrote the same request; a query whose answer fits into one envelope takes one round trip, no client needs less',
      );
    }
  }
}

/** Answer of the double to a query, in clear, as the client got it. */
async function answerOf(server: Counterpart, host: number, wql: string): Promise<Uint8Array> {
  const { address, port } = server.addresses[host]!;
  let answer = new Uint8Array();
  const session = await logIn(address, port, server.user, server.password, {
    exchange: ({ kind, answer: got }) => {
      if (kind === 'message' && got !== undefined) answer = Uint8Array.from(got);
    },
  });
  for await (const _ of new WsmanClient(session).query('root/cimv2', wql));
  session.close();
  return answer;
}

const rate = (bytes: number, took: number): string => {
  const megabytes = bytes / 1000 / took;
  return megabytes >= 10_000 ? `${(megabytes / 1000).toFixed(1)} GB/s` : `${megabytes.toFixed(0)} MB/s`;
};

const folder = mkdtempSync(join(tmpdir(), 'winmedic-bench-'));
const servers: Counterpart[] = [];
const start = async (server: Promise<Counterpart>): Promise<Counterpart> => {
  servers.push(await server);
  return server;
};
try {
  // As published: compiled and bundled, not types stripped file by file.
  const bundle = (name: string): string => {
    const outfile = join(folder, `${name}.mjs`);
    buildSync({
      entryPoints: [join(import.meta.dirname, `${name}.ts`)],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      conditions: ['@winmedic/source'],
      minify: true,
    });
    return outfile;
  };
  const python = pythonWithPeers();
  const script = join(import.meta.dirname, 'clients.py');
  const clients: Client[] = [{ name: 'winmedic', command: process.execPath, args: [bundle('job')], more: {} }];
  if (python === undefined) console.log('skipped: pypsrp and pywinrm cannot be had (set WINMEDIC_PYTHON_PEERS)');
  else {
    for (const library of ['pypsrp', 'pywinrm']) {
      const client = { command: python, args: [script] };
      clients.push({ ...client, name: `${library}, Enumerate and Pull`, more: { library, byHand: false } });
      clients.push({ ...client, name: `${library}, optimised by hand`, more: { library, byHand: true } });
    }
  }
  const double = await start(startDoubles({ services: [ROWS, LARGE_ROWS] }));
  const large = await answerOf(double, 1, EVERYTHING);
  const peers = python === undefined ? 'no peers' : peerVersions(python);
  console.log(`Node ${process.versions.node}; ${peers}; NTLM, sealed, HTTP on loopback; best of ${ROUNDS}`);

  console.log(`\n-- 20 WQL column lists of ${ROWS} rows, host double`);
  print(await compare(clients, double, { wql: COLUMNS, count: 20 }));

  console.log(`\n-- 200 such lists on one connection: less of it is start`);
  print(await compare(clients, double, { wql: COLUMNS, count: 200 }, { rounds: 2 }));

  console.log(`\n-- one select * of ${LARGE_ROWS} instances, an answer of ${(large.length / 1000).toFixed(0)} KB, host double`);
  print(await compare(clients, double, { wql: EVERYTHING, count: 1 }, { host: 1 }));

  console.log(`\n-- 20 column lists, a host that takes ${LATENCY_MS} ms for each answer`);
  const slow = await start(startDoubles({ services: [ROWS], latencyMs: LATENCY_MS }));
  print(await compare(clients, slow, { wql: COLUMNS, count: 20 }));

  console.log('\n-- 20 column lists, server over MIT GSS-API and gss-ntlmssp');
  const obstacle = gssObstacle();
  if (obstacle === undefined) {
    const gss = await start(startGss(folder, serviceRows(ROWS)));
    // It gives its one answer to every Enumerate: only those who ask for it in one piece can be compared.
    const same = clients.filter(({ name }) => !name.endsWith('Pull'));
    print(await compare(same, gss, { wql: COLUMNS, count: 20 }));
  } else console.log(`skipped: ${obstacle}`);

  console.log(`\n-- sealing of ${SIZE / 1024} KB`);
  const sealed = sealing(quick ? 10 : 40);
  report('AES-256-CBC of Node (physical limit); back', `${rate(SIZE, sealed.aes)}; ${rate(SIZE, sealed.aesBack)}`);
  report('  and HMAC-SHA1; back', `${rate(SIZE, sealed.aesAndHmac)}; ${rate(SIZE, sealed.aesAndHmacBack)}`);
  report('HMAC-MD5 of Node (half of NTLM: Node has no RC4)', rate(SIZE, sealed.hmacMd5));
  for (const [what, took, aes, aesAndHmac] of [
    ['NTLM, seal', sealed.ntlmSeal, sealed.aes, undefined],
    ['NTLM, unseal', sealed.ntlmUnseal, sealed.aesBack, undefined],
    ['Kerberos AES-256, seal', sealed.kerberosSeal, sealed.aes, sealed.aesAndHmac],
    ['Kerberos AES-256, unseal', sealed.kerberosUnseal, sealed.aesBack, sealed.aesAndHmacBack],
  ] as const) {
    report(what, `${ms(took)}, ${rate(SIZE, took)}`);
    report('  / AES of Node', ratio(took / aes));
    if (aesAndHmac !== undefined) report('  / AES and HMAC of Node', ratio(took / aesAndHmac));
  }

  console.log(`\n-- reading an envelope of ${(large.length / 1000).toFixed(0)} KB`);
  const read = xml(quick ? 20 : 60, large);
  report('one byte looked for (physical limit)', rate(large.length, read.scan));
  report('UTF-8 made a string', rate(large.length, read.decode));
  report('tree of elements', `${ms(read.tree)}, ${rate(large.length, read.tree)}`);
  report('  / one byte looked for', ratio(read.tree / read.scan));
  report('tree and instances', `${ms(read.page)}, ${rate(large.length, read.page)}`);
  if (python !== undefined) {
    const file = join(folder, 'envelope.xml');
    writeFileSync(file, large);
    const peer = child<Pick<JobResult, 'wallMs'>>(python, [script], { parse: file, count: 40 }).wallMs;
    report('tree of elements, ElementTree of Python (expat, in C)', `${ms(peer)}, ${rate(large.length, peer)}`);
    report('  / ours', ratio(peer / read.tree));
  }

  console.log('\n-- logins');
  const { address, port } = double.addresses[0]!;
  let login = Number.POSITIVE_INFINITY;
  for (let i = 0; i < (quick ? 30 : 150); i++) {
    const from = performance.now();
    const session = await logIn(address, port, double.user, double.password);
    login = Math.min(login, performance.now() - from);
    session.close();
  }
  report('connection and NTLM login, 2 round trips, warm', ms(login));
  const fleet = await start(startDoubles({ fleet: FLEET }));
  const fleetJob = bundle('fleet');
  for (const [how, concurrency, what] of [
    ['sessions', 64, `${FLEET} hosts logged in, all kept, 64 at a time`],
    ['doctor', 16, `${FLEET} hosts, the whole ladder with login, 16 at a time`],
  ] as const) {
    const before = await fleet.requests();
    const job: FleetJob = { how, concurrency, addresses: fleet.addresses, user: fleet.user, password: fleet.password };
    const run = child<FleetResult>(process.execPath, [fleetJob], job);
    if (run.hosts !== FLEET) throw new Error(`${run.hosts} of ${FLEET} hosts passed`);
    report(`${what}: wall; CPU`, `${ms(run.wallMs)}; ${ms(run.cpuMs)}`);
    report('  each: wall; round trips', `${ms(run.wallMs / FLEET)}; ${(((await fleet.requests()) - before) / FLEET).toFixed(1)}`);
    report('  memory before; peak', `${run.baseMegabytes.toFixed(0)} MB; ${run.peakMegabytes.toFixed(0)} MB`);
  }
  printSummary();
} finally {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
}
