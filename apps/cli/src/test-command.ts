import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateRawSync } from 'node:zlib';
import { type WriteRecord, writeEvtx } from '@winmedic/labs/evtx-writer';

/** Root of the checkout. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The bundled example case. */
export const EXAMPLE = join(ROOT, 'examples/ja-rds-power-off');
/** Its System log: 548 records, 7 of them 1074. */
export const EXAMPLE_SYSTEM = join(EXAMPLE, 'System.evtx');

/** The command from its sources, so that a test never meets a stale bundle. */
export const COMMAND: readonly string[] = [process.execPath, '--conditions=@winmedic/source', join(ROOT, 'apps/cli/src/main.ts')];

/** What one run gave. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Surroundings of a run. */
export interface Surroundings {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Environment of a run: nothing of the tester's language, zone or colour wishes; compiled sources are shared between runs. */
export function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    TZ: 'UTC',
    LANG: 'C',
    NODE_COMPILE_CACHE: join(tmpdir(), 'winmedic-test-compile-cache'),
    ...more,
  };
}

/** Runs the command with stdout and stderr in pipes. */
export function winmedic(args: readonly string[], { input, env, cwd }: Surroundings = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const [file = '', ...rest] = COMMAND;
    const child = spawn(file, [...rest, ...args], {
      cwd: cwd ?? ROOT,
      env: environment(env),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (piece: Buffer) => out.push(piece));
    child.stderr?.on('data', (piece: Buffer) => err.push(piece));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out).toString('utf8'), err: Buffer.concat(err).toString('utf8') }));
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** A folder for one test file; {@link dispose} removes it. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'winmedic-cli-'));
  /** Path of a name in the folder. */
  at(name: string): string {
    return join(this.path, name);
  }
  /** Writes a file and gives its path. */
  file(name: string, content: Uint8Array | string): string {
    const path = this.at(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }
  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** FILETIME ticks of 2018-07-06 00:00:00 UTC. */
const DAY_TICKS = 131_753_088_000_000_000n;

/** One record of a test log. */
export interface TestRecord {
  readonly id: number;
  /** Seconds after 2018-07-06 00:00:00 UTC. */
  readonly second?: number;
  readonly provider?: string;
  readonly channel?: string;
  readonly computer?: string;
  readonly level?: number;
  readonly fields?: Readonly<Record<string, string>>;
}

/** Records for the writer, numbered from 1. */
export function records(list: readonly TestRecord[]): WriteRecord[] {
  return list.map(({ id, second, provider, channel, computer, level, fields }, index) => ({
    timeTicks: DAY_TICKS + BigInt(Math.round((second ?? index) * 1000)) * 10_000n,
    system: {
      provider: provider ?? 'Test',
      eventId: id,
      channel: channel ?? 'System',
      computer: computer ?? 'HOST1',
      level: level ?? 4,
      userSid: 'S-1-5-18',
    },
    data: {
      kind: 'eventData',
      items: Object.entries(fields ?? {}).map(([name, value]) => ({ name, value: { type: 'string', value } as const })),
    },
  }));
}

/** A log of these records. */
export function logOf(list: readonly TestRecord[]): Uint8Array {
  return writeEvtx(records(list));
}

/** A member of a test archive. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly encrypted?: boolean;
  /** Unpacked size the archive claims; default: the true one. */
  readonly claims?: number;
}

/** A zip archive, deflated. */
export function zipOf(entries: readonly ZipEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, encrypted, claims } of entries) {
    const packed = deflateRawSync(bytes);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(encrypted === true ? 1 : 0, 2);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(claims ?? bytes.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), head, rest, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}
