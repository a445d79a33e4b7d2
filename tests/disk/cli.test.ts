import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyOf, hashOf, namesIn, shared } from './shared.ts';
import { contained, encrypted, makeSmall } from './small.ts';
import { missingTools, removeFolder, scratchFolder, tool } from './tools.ts';

/** A repair as people make it: the command in a process of its own, dry run, repair, verify and undo, exit codes and JSON. */
const MAIN = resolve(import.meta.dirname, '../../apps/cli/src/main.ts');

interface Json {
  readonly outcome?: string;
  readonly errors?: number;
  readonly files?: readonly { readonly path: string }[];
  readonly journal?: string | { readonly state: string };
  readonly volumes?: readonly { readonly hives: readonly { readonly path: string; readonly state: string }[] }[];
}

describe('winmedic disk', () => {
  let folder: string;
  let small: string;
  beforeAll(() => {
    folder = scratchFolder();
    small = shared('small-growing', (into) => makeSmall(into, { hives: 'growing' })).path;
  });
  afterAll(() => removeFolder(folder));

  const winmedic = (...args: string[]): { readonly code: number | null; readonly stdout: string; readonly stderr: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@winmedic/source', MAIN, 'disk', ...args], {
      encoding: 'utf8',
      input: '',
      env: { ...process.env, LC_ALL: 'C.UTF-8', NODE_COMPILE_CACHE: join(folder, 'cache') },
    });
    return { code: status, stdout, stderr };
  };
  const json = (...args: string[]): Json => {
    const { code, stdout, stderr } = winmedic(...args, '--json');
    expect([args, code, stderr.includes('Error')]).toEqual([args, 0, false]);
    return JSON.parse(stdout) as Json;
  };
  const found = (path: string, ...keys: string[]): string[] =>
    json('find', path, 'C-00000291*', '--below', 'Windows\\System32\\drivers\\CrowdStrike', ...keys)
      .files!.map((file) => file.path.slice(-6))
      .sort();

  const LAYERS = [
    {
      name: 'raw image',
      needs: [],
      make: (path: string): string[] => {
        copyOf(small, path);
        return [];
      },
    },
    {
      name: 'VHDX',
      needs: ['qemu-img'],
      make: (path: string): string[] => {
        contained(small, 'vhdx', path);
        return [];
      },
    },
    {
      name: 'BitLocker with a startup key',
      needs: [],
      make: (path: string): string[] => {
        const [file] = [...encrypted(small, path).startupKeys.values()];
        writeFileSync(`${path}.BEK`, file!);
        return ['--startup-key', `${path}.BEK`];
      },
    },
    {
      name: 'BitLocker with a raw key',
      needs: [],
      make: (path: string): string[] => {
        writeFileSync(`${path}.vmk`, encrypted(small, path, { method: 'aes-xts-128' }).masterKey);
        return ['--vmk-file', `${path}.vmk`];
      },
    },
  ] as const;

  it.each(LAYERS)('repairs and undoes: $name', ({ name, needs, make }) => {
    if (missingTools(...needs).length > 0) return console.log(`skipped: ${name}: ${needs.join(', ')} not installed`);
    const path = join(folder, `${name.replaceAll(' ', '-')}.img`);
    const keys = make(path);
    const hash = hashOf(path);
    const how = ['--for', 'crowdstrike-291', ...keys];
    expect(found(path, ...keys)).toEqual(['29.sys', '32.sys', '33.sys']);

    // Without consent, and in a dry run, nothing is written.
    expect(winmedic('repair', path, ...how).code).toBe(2);
    expect(json('repair', path, ...how, '--dry-run').outcome).toBe('planned');
    expect(hashOf(path)).toBe(hash);
    expect(namesIn(folder).filter((each) => each.includes('undo') && each.startsWith(name.replaceAll(' ', '-')))).toEqual([]);

    expect(json('repair', path, ...how, '--yes')).toMatchObject({ outcome: 'applied', journal: `${path}.winmedic-undo` });
    expect(found(path, ...keys)).toEqual(['29.sys', '32.sy_', '33.sys']);
    const verified = json('verify', path, ...keys);
    expect(verified).toMatchObject({ errors: 0, journal: { state: 'changed' } });
    expect(verified.volumes![0]!.hives.filter((hive) => /SYSTEM$|SOFTWARE$/.test(hive.path)).map(({ state }) => state)).toEqual([
      'clean',
      'clean',
    ]);
    expect(json('repair', path, ...how, '--yes').outcome).toBe('nothing');

    expect(winmedic('undo', path).code).toBe(2);
    expect(json('undo', path, '--yes', ...keys).outcome).toBe('undone');
    expect(hashOf(path)).toBe(hash);
    expect(winmedic('undo', path, '--yes', ...keys).code).toBe(2);
    expect(hashOf(path)).toBe(hash);
  });

  it('refuses a locked volume with its own exit code, and a disk in use', () => {
    const path = join(folder, 'locked.img');
    encrypted(small, path);
    const hash = hashOf(path);
    expect(winmedic('repair', path, '--for', 'crowdstrike-291', '--yes').code).toBe(4);
    expect(hashOf(path)).toBe(hash);
    const used = copyOf(small, join(folder, 'used.img'));
    const loop = missingTools('losetup').length === 0 ? tool('losetup', ['-f', '--show', used]) : undefined;
    if (loop?.code !== 0) return console.log('skipped in part: loop devices cannot be used here');
    try {
      expect(winmedic('repair', used, '--for', 'crowdstrike-291', '--yes').code).toBe(2);
    } finally {
      tool('losetup', ['-d', loop.stdout.trim()]);
    }
    expect(hashOf(used)).toBe(hashOf(small));
  });
});
