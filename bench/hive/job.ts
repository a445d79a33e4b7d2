/**
 * The jobs of the bench, each also as a process of its own: `node job.mjs walk|point HIVE [LOG...]` prints one line of JSON with the time
 * of the job itself, its result and the peak memory.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { ByteSource } from '@winmedic/bytes';
import { openHive } from '@winmedic/registry-hive';

/** A file as a source; it is closed with the process or by `close`. */
export function fileSource(path: string): ByteSource & { close(): void } {
  const file = openSync(path, 'r');
  return {
    sizeBytes: fstatSync(file).size,
    readAt: (offset, into) => readSync(file, into, 0, into.length, offset),
    close: () => closeSync(file),
  };
}

/** What a walk came across. */
export interface Walked {
  readonly keys: number;
  readonly values: number;
  /** Characters of names and texts and bytes of data: everything was decoded. */
  readonly size: number;
  readonly state: string;
}

/** Every key with name, path and time, every value with name, data and text. */
export function walk(path: string, logs: readonly string[]): Walked {
  const hive = openHive(fileSource(path), { logs: logs.map((name) => ({ name, source: fileSource(name) })) });
  let keys = 0;
  let values = 0;
  let size = 0;
  for (const key of hive.walk()) {
    keys++;
    size += key.path.length + (key.lastWritten > 0n ? 1 : 0);
    for (const value of key.values()) {
      values++;
      size += value.name.length + value.data().length + (value.text()?.length ?? 0);
    }
  }
  return { keys, values, size, state: hive.state };
}

/** Opens the hive and reads one value five levels down. */
export function point(path: string): string {
  const hive = openHive(fileSource(path));
  const value = hive.key('ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp')?.value('UserAuthentication');
  return String(value?.number());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , job, path, ...logs] = process.argv;
  const before = performance.now();
  const result = job === 'walk' ? walk(path!, logs) : point(path!);
  const ms = performance.now() - before;
  console.log(JSON.stringify({ ms, result, peakMegabytes: process.resourceUsage().maxRSS / 1024 }));
}
