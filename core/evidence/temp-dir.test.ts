import { spawn } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TempDir } from './temp-dir.ts';

describe('a temporary folder', () => {
  it('is private and gone after dispose, with all in it', () => {
    const temp = new TempDir();
    expect(statSync(temp.path).mode & 0o777).toBe(0o700);
    writeFileSync(temp.newPath(), 'x');
    temp.dispose();
    expect(existsSync(temp.path)).toBe(false);
  });
  it('leaves no listeners behind', () => {
    const before = ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'].map((s) => process.listenerCount(s));
    new TempDir().dispose();
    expect(['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'].map((s) => process.listenerCount(s))).toEqual(before);
  });

  const script = (then: string): string => `
    import { TempDir } from ${JSON.stringify(fileURLToPath(new URL('./temp-dir.ts', import.meta.url)))};
    import { writeFileSync } from 'node:fs';
    const temp = new TempDir();
    writeFileSync(temp.newPath(), 'x');
    console.log(temp.path);
    ${then}`;
  const run = (then: string, signal?: NodeJS.Signals): Promise<{ path: string; code: number | null; signal: NodeJS.Signals | null }> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script(then)], { stdio: ['ignore', 'pipe', 'inherit'] });
      let path = '';
      child.stdout.on('data', (data: Buffer) => {
        path += data.toString();
        if (signal !== undefined && path.includes('\n')) child.kill(signal);
      });
      child.on('error', reject);
      child.on('close', (code, died) => resolve({ path: path.trim(), code, signal: died }));
    });

  it('is gone when the process ends without disposing it', async () => {
    const { path, code } = await run('process.exit(3)');
    expect(code).toBe(3);
    expect(existsSync(path)).toBe(false);
  });
  it.each(['SIGINT', 'SIGTERM'] as const)('is gone after %s, of which the process still dies', async (signal) => {
    const end = await run('setInterval(() => {}, 1000)', signal);
    expect(end.signal).toBe(signal);
    expect(existsSync(end.path)).toBe(false);
  });
});
