import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { must } from './tools.ts';

/** Everything the workers of one run have made, by the process that started them. */
const OWNER = process.ppid;
const FOLDER = join(tmpdir(), `winmedic-disk-run-${OWNER}`);
/** How long another worker may take to make something. */
const PATIENCE_MS = 300_000;

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Makes the folder of this run, and has it deleted when the run is over. */
function folderOfRun(): string {
  try {
    mkdirSync(FOLDER);
  } catch {
    return FOLDER;
  }
  if (process.platform !== 'win32') {
    const wait = 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; rm -rf "$2"';
    spawn('sh', ['-c', wait, 'sh', String(OWNER), FOLDER], { detached: true, stdio: 'ignore' }).unref();
  }
  return FOLDER;
}

/**
 * Something costly that several test files use (a disk image, the sample): made by the first that asks, in a folder of its own; the others wait. It must
 * not be changed: take a {@link copyOf}. @throws {Error} what `make` threw, for everyone who asks.
 */
export function shared<T>(name: string, make: (folder: string) => T): T {
  const folder = join(folderOfRun(), name);
  const result = `${folder}.result`;
  try {
    mkdirSync(folder);
  } catch {
    for (let waited = 0; waited < PATIENCE_MS; waited += 100) {
      if (existsSync(result)) {
        const { value, error } = deserialize(readFileSync(result)) as { readonly value: T; readonly error?: string };
        if (error !== undefined) throw new Error(error);
        return value;
      }
      pause(100);
    }
    throw new Error(`nobody made ${name}`);
  }
  const keep = (outcome: { readonly value?: T; readonly error?: string }): void => {
    writeFileSync(`${result}.new`, serialize(outcome));
    renameSync(`${result}.new`, result);
  };
  try {
    const value = make(folder);
    keep({ value });
    return value;
  } catch (error) {
    keep({ error: String(error) });
    throw error;
  }
}

/** Copies a sparse file; shares its blocks where the file system can. */
export function copyOf(path: string, to: string): string {
  must('cp', ['--sparse=always', '--reflink=auto', path, to]);
  return to;
}

const CHUNK = 1 << 20;

/** SHA-256 of a file, hexadecimal. */
export function hashOf(path: string): string {
  const file = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(CHUNK);
  const hash = createHash('sha256');
  for (let at = 0; ; ) {
    const count = readSync(file, chunk, 0, chunk.length, at);
    if (count === 0) break;
    hash.update(chunk.subarray(0, count));
    at += count;
  }
  closeSync(file);
  return hash.digest('hex');
}

/** A stretch of bytes. */
export interface Stretch {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Sectors of 512 bytes in which two files differ, adjacent ones as one stretch; a longer file differs in all of what the other lacks. */
export function differences(a: string, b: string): Stretch[] {
  const files = [openSync(a, 'r'), openSync(b, 'r')] as const;
  const chunks = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)] as const;
  const found: { offset: number; sizeBytes: number }[] = [];
  for (let at = 0; ; at += CHUNK) {
    const counts = files.map((file, i) => readSync(file, chunks[i]!, 0, CHUNK, at));
    const most = Math.max(...counts);
    if (most === 0) break;
    const [one, two] = chunks.map((chunk, i) => chunk.subarray(0, counts[i])) as [Buffer, Buffer];
    if (one.equals(two)) continue;
    for (let sector = 0; sector < most; sector += 512) {
      if (one.subarray(sector, sector + 512).equals(two.subarray(sector, sector + 512))) continue;
      const last = found.at(-1);
      const sizeBytes = Math.min(512, most - sector);
      if (last && last.offset + last.sizeBytes === at + sector) last.sizeBytes += sizeBytes;
      else found.push({ offset: at + sector, sizeBytes });
    }
  }
  for (const file of files) closeSync(file);
  return found;
}

/** Parts of the first stretches that lie outside the second ones. */
export function outside(stretches: readonly Stretch[], allowed: readonly Stretch[]): Stretch[] {
  const sorted = [...allowed].sort((x, y) => x.offset - y.offset);
  return stretches.flatMap(({ offset, sizeBytes }) => {
    const left: Stretch[] = [];
    let at = offset;
    for (const one of sorted) {
      if (one.offset + one.sizeBytes <= at || one.offset >= offset + sizeBytes) continue;
      if (one.offset > at) left.push({ offset: at, sizeBytes: one.offset - at });
      at = Math.max(at, one.offset + one.sizeBytes);
    }
    if (at < offset + sizeBytes) left.push({ offset: at, sizeBytes: offset + sizeBytes - at });
    return left;
  });
}

/** Files of a folder by name, for what must not appear beside an image. */
export function namesIn(folder: string): string[] {
  return readdirSync(folder).sort();
}

/** Deletes a file that may be there. */
export function drop(path: string): void {
  rmSync(path, { force: true });
}
