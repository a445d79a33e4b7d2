/**
 * Enumerations of one host with the project's client, in a process of its own: a job as JSON on stdin, its result as one line of JSON. What is
 * imported is not in `wallMs` and `cpuMs`; it is in `processCpuMs`.
 */
import { readFileSync } from 'node:fs';
import { WsmanClient, type WsmanInstance } from '@winmedic/wsman';
import { cpuMs, logIn, peakMegabytes } from './login.ts';

/** What is to be done. */
export interface Job {
  readonly port: number;
  /** `DOMAIN\user`. */
  readonly user: string;
  readonly password: string;
  readonly wql: string;
  /** Enumerations, one after another on one connection. */
  readonly count: number;
}

/** What a client did, measured by itself. */
export interface JobResult {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  /** The same since the process began. */
  readonly processCpuMs: number;
  readonly peakMegabytes: number;
  /** Envelopes sent; what the server counted beyond them is the login. */
  readonly messages: number;
  readonly rows: number;
  /** Characters of all values: everything was decoded. */
  readonly characters: number;
}

function sizeOf(row: WsmanInstance): number {
  let size = 0;
  for (const value of row.properties.values()) if (typeof value === 'string') size += value.length;
  return size;
}

async function run({ port, user, password, wql, count }: Job): Promise<JobResult> {
  const [wall, cpu] = [performance.now(), cpuMs()];
  const session = await logIn('127.0.0.1', port, user, password);
  const client = new WsmanClient(session);
  let [rows, characters] = [0, 0];
  for (let i = 0; i < count; i++) {
    for await (const row of client.query('root/cimv2', wql)) {
      rows++;
      characters += sizeOf(row);
    }
  }
  session.close();
  return {
    wallMs: performance.now() - wall,
    cpuMs: cpuMs() - cpu,
    processCpuMs: cpuMs(),
    peakMegabytes: peakMegabytes(),
    messages: client.counters.roundTrips,
    rows,
    characters,
  };
}

console.log(JSON.stringify(await run(JSON.parse(readFileSync(0, 'utf8')) as Job)));
