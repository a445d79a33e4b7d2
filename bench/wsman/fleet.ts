/**
 * Many hosts from one process: addresses and account as JSON on stdin, times and memory as one line of JSON. `sessions` logs in everywhere and
 * keeps the logins; `doctor` walks the ladder to every host with the login once accepted.
 */
import { readFileSync } from 'node:fs';
import { Secret } from '@winmedic/gss';
import { attemptAll } from '../../core/connection/index.ts';
import { cpuMs, logIn, peakMegabytes } from './login.ts';

/** What is to be done. */
export interface FleetJob {
  readonly how: 'sessions' | 'doctor';
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** `DOMAIN\user`. */
  readonly user: string;
  readonly password: string;
  /** Hosts at the same time. */
  readonly concurrency: number;
}

/** What came of it. */
export interface FleetResult {
  readonly hosts: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Before the first connection, and the most. */
  readonly baseMegabytes: number;
  readonly peakMegabytes: number;
}

async function sessions({ addresses, user, password, concurrency }: FleetJob): Promise<number> {
  const open: { close(): void }[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = addresses[next++]; at !== undefined; at = addresses[next++]) {
      open.push(await logIn(at.address, at.port, user, password));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  for (const session of open) session.close();
  return open.length;
}

async function doctor({ addresses, user, password, concurrency }: FleetJob): Promise<number> {
  const { attempts } = await attemptAll(
    addresses.map(({ address, port }) => `${address}:${port}`),
    { credential: { kind: 'password', typed: user, password: () => new Secret(password) }, concurrency },
  );
  return attempts.filter(({ rungs }) => rungs.every(({ verdict }) => verdict === 'passed' || verdict === 'skipped')).length;
}

const job = JSON.parse(readFileSync(0, 'utf8')) as FleetJob;
const [wall, cpu, baseMegabytes] = [performance.now(), cpuMs(), process.memoryUsage.rss() / 2 ** 20];
const hosts = await (job.how === 'sessions' ? sessions : doctor)(job);
const result: FleetResult = {
  hosts,
  wallMs: performance.now() - wall,
  cpuMs: cpuMs() - cpu,
  baseMegabytes,
  peakMegabytes: peakMegabytes(),
};
console.log(JSON.stringify(result));
