/**
 * Builds what is published: `dist/` of the format packages (JavaScript and declarations, by tsc) and the bundled command
 * `apps/cli/dist` (by esbuild, with the knowledge base and the schemas beside it). Skips work whose inputs did not change.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { PUBLISHED } from './published.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Newest modification time below the given folders, in ms. */
function newest(paths: readonly string[]): number {
  let time = 0;
  const visit = (path: string): void => {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      for (const name of readdirSync(path)) if (name !== 'node_modules' && name !== 'dist') visit(join(path, name));
    } else time = Math.max(time, stat.mtimeMs);
  };
  for (const path of paths) if (existsSync(path)) visit(path);
  return time;
}

function upToDate(stamp: string, inputs: readonly string[]): boolean {
  return existsSync(stamp) && statSync(stamp).mtimeMs >= newest(inputs);
}

function buildPackages(): void {
  for (const folder of PUBLISHED) {
    const dist = join(root, folder, 'dist');
    if (upToDate(join(dist, 'index.js'), [join(root, folder, 'src'), ...PUBLISHED.map((other) => join(root, other, 'src'))])) continue;
    rmSync(dist, { recursive: true, force: true });
    const config = join(root, folder, 'tsconfig.build.json');
    writeFileSync(
      config,
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: {
          noEmit: false,
          outDir: 'dist',
          rootDir: 'src',
          declaration: true,
          rewriteRelativeImportExtensions: true,
          customConditions: [],
          // Formats run in browsers; protocols use Node's cryptography.
          types: folder.startsWith('protocols/') ? ['node'] : [],
          lib: ['ES2024', 'DOM'],
        },
        include: ['src'],
        exclude: ['src/**/*.test.ts', 'src/**/test-*.ts'],
      }),
    );
    try {
      execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { stdio: ['ignore', 2, 2] });
    } finally {
      rmSync(config);
    }
  }
}

async function buildCommand(): Promise<void> {
  const dist = join(root, 'apps/cli/dist');
  const knowledge = join(root, 'knowledge/generated/knowledge.json');
  const inputs = ['apps', 'core', 'formats', 'protocols', 'knowledge', 'package-lock.json'].map((path) => join(root, path));
  if (upToDate(join(dist, 'main.js'), inputs)) return;
  rmSync(dist, { recursive: true, force: true });
  const { version } = JSON.parse(readFileSync(join(root, 'apps/cli/package.json'), 'utf8')) as { version: string };
  await build({
    entryPoints: [join(root, 'apps/cli/src/main.ts')],
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    conditions: ['@winmedic/source'],
    minifySyntax: true,
    legalComments: 'linked',
    define: { 'process.env.WINMEDIC_VERSION': JSON.stringify(version) },
    banner: { js: "import { createRequire as winmedicRequire } from 'node:module'; const require = winmedicRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  cpSync(knowledge, join(dist, 'knowledge.json'));
  cpSync(join(root, 'knowledge/generated/traces.json'), join(dist, 'traces.json'));
  mkdirSync(join(dist, 'schema'), { recursive: true });
  for (const name of readdirSync(join(root, 'knowledge/schema'))) cpSync(join(root, 'knowledge/schema', name), join(dist, 'schema', name));
}

buildPackages();
await buildCommand();
