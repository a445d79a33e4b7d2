import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLISHED } from '../../scripts/published.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = [...PUBLISHED, 'apps/cli'];
const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('npm_')));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

let folder = '';

/** Packs every publishable package and installs the archives, and nothing else, into an empty folder. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winmedic-pack-'));
  const archives = PACKAGES.map((path) => {
    const output = execFileSync(npm, ['pack', '--json', '--pack-destination', folder], {
      cwd: join(root, path),
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const parsed = JSON.parse(output) as { filename: string }[] | Record<string, { filename: string }>;
    const [entry] = Object.values(parsed);
    return join(folder, entry!.filename);
  });
  const target = join(folder, 'user');
  mkdirSync(target);
  writeFileSync(join(target, 'package.json'), '{ "private": true, "type": "module" }');
  execFileSync(npm, ['install', '--no-audit', '--no-fund', '--offline', '--loglevel=error', ...archives], {
    cwd: target,
    env,
    stdio: 'ignore',
  });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('published packages, packed and installed into an empty folder', () => {
  it('import without this repository and read a log', () => {
    const script = `
      import { openEvtx, EvtxError } from '@winmedic/evtx';
      import { memorySource } from '@winmedic/bytes';
      try { openEvtx(memorySource(new Uint8Array(5000))); console.log('opened'); }
      catch (error) { console.log(error instanceof EvtxError, error.code); }`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(folder, 'user'),
      env,
      encoding: 'utf8',
    });
    expect(output.trim()).toMatch(/^true EVTX_/);
  });

  it('give the command, which answers with its version and can judge without the checkout', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'apps/cli/package.json'), 'utf8')) as { version: string };
    const command = join(folder, 'user/node_modules/winmedic/bin/winmedic.mjs');
    expect(execFileSync(process.execPath, [command, '--version'], { env, encoding: 'utf8' }).trim()).toBe(`winmedic ${version}`);
    const explained = execFileSync(process.execPath, [command, 'explain', '0x500ff', '--lang', 'en'], { env, encoding: 'utf8' });
    expect(explained).toContain('0x500ff');
  });

  it('have no dependencies outside this project, exact versions, and ship their texts', () => {
    for (const path of PACKAGES) {
      const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as Record<string, Record<string, string>> & {
        files: string[];
      };
      for (const [name, version] of Object.entries(manifest['dependencies'] ?? {})) {
        expect(name, path).toMatch(/^@winmedic\//);
        expect(version, `${path}: ${name}`).toMatch(/^\d+\.\d+\.\d+$/);
      }
      expect(manifest.files, path).toEqual(expect.arrayContaining(['dist', 'README.md', 'CHANGELOG.md']));
      for (const name of ['README.md', 'CHANGELOG.md', 'LICENSE'])
        expect(readFileSync(join(root, path, name), 'utf8').length, `${path}/${name}`).toBeGreaterThan(100);
    }
  });
});
