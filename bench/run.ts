/** Runs every bench (`bench/<name>/bench.ts`) in one go; with names, only those. Each prints its figures beside a peer or a physical limit. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const names = readdirSync(here).filter(
  (name) => existsSync(join(here, name, 'bench.ts')) && (wanted.length === 0 || wanted.includes(name)),
);
let failed = 0;
for (const name of names) {
  console.log(`== ${name}`);
  const { status } = spawnSync(process.execPath, [...process.execArgv, '--expose-gc', join(here, name, 'bench.ts')], { stdio: 'inherit' });
  if (status !== 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
