// One entry for every task, plain JavaScript so that any Node 20+ can start it. It installs what is missing, then runs the
// task with the Node version the project is built for (the `node` dev dependency). Usage: node scripts/task.mjs TASK [args...]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [task = 'help', ...rest] = process.argv.slice(2);
const windows = process.platform === 'win32';
const bin = join(root, 'node_modules', '.bin');
const source = ['--conditions=@winmedic/source'];

const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
// A task started inside another npm run must not inherit that run's project settings.
for (const key of Object.keys(env)) if (key.startsWith('npm_')) delete env[key];

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env, shell: windows && !command.endsWith('.exe'), ...options });
  if (result.error) throw result.error;
  if (result.signal) process.kill(process.pid, result.signal);
  return result.status ?? 1;
}

function must(command, args, options) {
  const status = run(command, args, options);
  if (status !== 0) process.exit(status);
}

/** Installs when node_modules is absent or older than the lock file: `npm ci`, so that versions are exactly those of the lock. */
function ensureInstalled() {
  const stamp = join(root, 'node_modules', '.winmedic-installed');
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === String(lock.length) &&
    statSync(stamp).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
  )
    return;
  console.error('winmedic: installing dependencies (once) ...');
  rmSync(stamp, { force: true });
  must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: ['ignore', 2, 2] });
  writeFileSync(stamp, String(lock.length));
}

/** The Node that the `node` dev dependency brings; the running one when it is new enough and the package could not install its binary. */
function nodeBinary() {
  const own = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
  if (existsSync(own) && spawnSync(own, ['--version']).status === 0) return own;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  console.error('winmedic: Node 22.19 or newer is needed and the dev dependency "node" brought no binary for this platform.');
  process.exit(2);
}

ensureInstalled();
const node = nodeBinary();
const tool = (name) => {
  const path = { vitest: 'vitest/vitest.mjs', tsc: 'typescript/bin/tsc', biome: '@biomejs/biome/bin/biome' }[name];
  return join(root, 'node_modules', path);
};
const script = (file, ...args) => must(node, [...source, join(root, file), ...args]);
const vitest = (project, ...args) => must(node, [tool('vitest'), 'run', '--project', project, ...args, ...rest]);
const knowledge = () => script('knowledge/build.ts', '--quiet');
const build = () => {
  knowledge();
  script('scripts/build.ts');
};

const tasks = {
  start: () => {
    build();
    const args = rest.length > 0 ? rest : ['diagnose', join('examples', 'ja-rds-power-off'), '--tz', 'Asia/Tokyo'];
    process.exit(run(node, [join(root, 'apps/cli/bin/winmedic.mjs'), ...args]));
  },
  test: () => {
    build();
    must(node, [tool('tsc'), '-p', '.']);
    must(node, [tool('biome'), 'ci', '--error-on-warnings', '.']);
    vitest('unit');
  },
  check: () => {
    knowledge();
    must(node, [tool('tsc'), '-p', '.']);
    must(node, [tool('biome'), 'check', '--write', '.']);
  },
  build,
  'build:knowledge': () => script('knowledge/build.ts'),
  'test:corpus': () => {
    build();
    vitest('corpus');
  },
  'test:conformance': () => {
    build();
    vitest('conformance');
  },
  'test:browser': () => {
    build();
    vitest('browser');
  },
  'test:disk': () => {
    build();
    // Mostly waiting for the tools of others: two at a time also where there are only two processors.
    vitest('disk', '--maxWorkers=2');
  },
  fuzz: () => {
    knowledge();
    must(node, ['--expose-gc', ...source, join(root, 'tests/fuzz/run.ts'), ...rest]);
  },
  bench: () => {
    build();
    script('bench/run.ts', ...rest);
  },
  'demo:connect': () => {
    knowledge();
    script('scripts/demo-connect.ts', ...rest);
  },
  'demo:disk': () => {
    knowledge();
    script('scripts/demo-disk.ts', ...rest);
  },
  example: () => script('labs/src/scenarios/write-example.ts'),
  docs: () => {
    build();
    script('scripts/reference-docs.ts', ...rest);
  },
};

if (!Object.hasOwn(tasks, task)) {
  console.error(`tasks: ${Object.keys(tasks).join(', ')}`);
  process.exit(task === 'help' ? 0 : 2);
}
tasks[task]();
