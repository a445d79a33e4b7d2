import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Damage, memorySource, toHex } from '@winmedic/bytes';
import { type Hive, openHive } from '@winmedic/registry-hive';

/** Where the hives of the corpus lie. */
export const hiveFolder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'hives');
/** The corpus is there and `xz` can unpack it. */
export const hivesReady = existsSync(join(hiveFolder, 'expected')) && spawnSync('xz', ['--version']).status === 0;

/** Content of a file of the corpus, unpacked when only the packed one exists. */
export function corpusFile(name: string): Uint8Array {
  const path = join(hiveFolder, name);
  if (existsSync(path)) return readFileSync(path);
  return execFileSync('xz', ['-dc', `${path}.xz`], { maxBuffer: 1 << 28 });
}

/** A hive of the corpus with the named logs, and the damages it told so far. */
export function openCorpusHive(name: string, logs: readonly string[] = []): { readonly hive: Hive; readonly damages: Damage[] } {
  const damages: Damage[] = [];
  const hive = openHive(memorySource(corpusFile(name)), {
    logs: logs.map((log) => ({ name: log, source: memorySource(corpusFile(log)) })),
    onDamage: (damage) => damages.push(damage),
  });
  return { hive, damages };
}

/**
 * A hive as the lines of `expected/`: `K`, path, FILETIME; `V`, path, `?` (those files name no values), type, length, data as hexadecimal digits up
 * to 32 bytes, else its SHA-256.
 */
export function dumpLines(hive: Hive): string[] {
  const lines: string[] = [];
  for (const key of hive.walk()) {
    const path = key.path === '' ? '' : `\\${key.path}`;
    lines.push(`K\t${path}\t${key.lastWritten}`);
    for (const value of key.values()) {
      const data = value.data();
      const shown = data.length <= 32 ? toHex(data) : createHash('sha256').update(data).digest('hex');
      lines.push(`V\t${path}\t?\t${value.type}\t${data.length}\t${shown}`);
    }
  }
  return lines;
}

/** Lines of a file of `expected/`. */
export function expectedLines(name: string): string[] {
  return execFileSync('xz', ['-dc', join(hiveFolder, 'expected', `${name}.tsv.xz`)], { maxBuffer: 1 << 28, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}
