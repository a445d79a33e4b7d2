import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CHANNEL_FILES, demoDisk } from '../../../scripts/demo-disk-image.ts';
import { type Ran, type Surroundings, TestFolder, winmedic } from './test-command.ts';
import { HAS_TERMINAL, typed } from './test-terminal.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const ID = '{aabbccdd-1111-4222-8333-444455556666}';
const DIGITS = '136422-275033-413644-552255-690866-012177-123453-246906';
const PASSWORD = 'Tr0ub4dor & drei';
const made = demoDisk({
  protectors: [
    { kind: 'recovery-password', id: ID, digits: DIGITS },
    { kind: 'startup-key', id: '{11111111-2222-4333-8444-555566667777}' },
    { kind: 'password', id: '{22222222-2222-4333-8444-555566667777}', text: PASSWORD },
  ],
});
const { volumeKey, masterKey, startupKeys } = made.bitlocker!;
const disk = folder.file('locked.img', made.bytes);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ran: Ran[] = [];
const run = async (args: readonly string[], surroundings?: Surroundings): Promise<Ran> => {
  const one = await winmedic(['disk', ...args], surroundings);
  ran.push(one);
  return one;
};
const keys = {
  list: folder.file(
    'keys.csv',
    `\ufeff"Computer","Key ID","Recovery password"\r\n"FS01","${ID.slice(1, -1).toUpperCase()}","${DIGITS}"\r\n`,
  ),
  bek: folder.file('key.BEK', [...startupKeys.values()][0]!),
  vmk: folder.file('vmk.bin', masterKey),
  fvek: folder.file('fvek.txt', `${hex(volumeKey)}\n`),
  password: folder.file('password', `${PASSWORD}\n`),
  wrong: folder.file('wrong.csv', `${ID} 000000-000011-000022-000033-000044-000055-000066-000077`),
  none: folder.file('none.txt', 'no key in here'),
};

describe('keys of BitLocker volumes', () => {
  it('are asked for by their id when none is given: exit code 4', async () => {
    const locked = await run(['inspect', disk]);
    expect(locked.code).toBe(4);
    expect(locked.out).toContain(ID);
    for (const verb of [['ls'], ['repair', '--for', 'crowdstrike-291', '--yes'], ['repair', '--auto']]) {
      const [name = '', ...more] = verb;
      const refused = await run([name, disk, ...more, '--lang', 'ja']);
      expect({ code: refused.code, out: refused.out }).toEqual({ code: 4, out: '' });
      expect(refused.err).toMatch(/^winmedic: BITLOCKER_LOCKED .*aabbccdd-1111/);
    }
  });

  it.each([
    ['a key list', ['--recovery-key', keys.list]],
    ['a startup key', ['--startup-key', keys.bek]],
    ['a raw master key', ['--vmk-file', keys.vmk]],
    ['a raw volume key as digits', ['--fvek-file', keys.fvek]],
    ['a password', ['--password-file', keys.password]],
  ])('open it: %s', async (_, options) => {
    const listed = await run(['ls', disk, 'Windows\\Panther', ...options, '--quiet']);
    expect(listed).toMatchObject({ code: 0, out: 'setup.log\n', err: '' });
  });

  it('come from standard input and from the environment', async () => {
    const input = await run(['ls', disk, 'Windows\\Panther', '--recovery-key', '-'], { input: DIGITS });
    expect(input).toMatchObject({ code: 0, out: 'setup.log\n' });
    const env = await run(['ls', disk, 'Windows\\Panther'], { env: { WINMEDIC_RECOVERY_KEY: DIGITS } });
    expect(env).toMatchObject({ code: 0, out: 'setup.log\n' });
  });

  it.each([
    ['a key that is wrong', ['--recovery-key', keys.wrong], 'BITLOCKER_KEY'],
    ['a file without a key', ['--recovery-key', keys.none], 'DISK_KEY_FILE'],
    ['a startup key that is none', ['--startup-key', keys.none], 'DISK_KEY_FILE'],
    ['a raw key of the wrong length', ['--vmk-file', keys.none], 'DISK_KEY_FILE'],
  ])('are refused with exit code 4: %s', async (_, options, code) => {
    const refused = await run(['ls', disk, ...options]);
    expect({ code: refused.code, out: refused.out }).toEqual({ code: 4, out: '' });
    expect(refused.err).toMatch(new RegExp(`^winmedic: ${code} `));
  });

  it('let a repair be written through the encryption and undone without a key', async () => {
    const before = readFileSync(disk);
    const repaired = await run([
      'repair',
      disk,
      '--for',
      'crowdstrike-291',
      '--recovery-key',
      keys.list,
      '--yes',
      '--html',
      folder.at('r.html'),
      '--json',
    ]);
    expect(repaired.code).toBe(0);
    expect(JSON.parse(repaired.out)).toMatchObject({ outcome: 'applied' });
    expect((await run(['ls', disk, CHANNEL_FILES.faulty.replace(/s$/, '_'), '--recovery-key', keys.list])).code).toBe(0);
    expect((await run(['verify', disk, '--recovery-key', keys.list])).code).toBe(0);
    expect((await run(['undo', disk, '--yes'])).code).toBe(0);
    expect(readFileSync(disk).equals(before)).toBe(true);
  });

  it.skipIf(!HAS_TERMINAL)('are asked for on a terminal by the id that Windows shows, without echo', async () => {
    const open = await typed('Recovery key', `${DIGITS}\\r`, 'disk', 'ls', disk, 'Windows\\Panther');
    expect(open.code).toBe(0);
    expect(open.out).toContain('AABBCCDD (AABBCCDD-1111-4222-8333-444455556666)');
    expect(open.out).toContain('setup.log');
    const left = await typed('Recovery key', '\\r', 'disk', 'ls', disk);
    expect(left.code).toBe(4);
    const stopped = await typed('Recovery key', '\\x03', 'disk', 'ls', disk);
    expect(stopped.code).toBe(130);
    const mistyped = await typed('Recovery key', `${DIGITS.replace('136422', '136423')}\\r`, 'disk', 'ls', disk);
    expect(mistyped.code).toBe(4);
    expect(mistyped.out).toContain('BITLOCKER_RECOVERY_PASSWORD group 1');
    ran.push(open, left, stopped, mistyped);
  });

  it('open a disk that is evidence, too', async () => {
    const locked = await winmedic(['diagnose', disk]);
    expect(locked.code).toBe(4);
    const open = await winmedic(['diagnose', disk, '--recovery-key', keys.list]);
    ran.push(locked, open);
    expect(open.code).toBe(0);
    expect(open.out).toContain('csagent.sys');
  });

  it('are in no output and in no file that was written', () => {
    const groups = DIGITS.split('-');
    // Two groups together: six digits alone stand in hashes by chance.
    const parts = groups.slice(1).flatMap((group, i) => [`${groups[i]}-${group}`, `${groups[i]}${group}`]);
    const secrets = [...parts, PASSWORD, hex(masterKey), hex(volumeKey)];
    const given = new Set<string>(Object.values(keys));
    const files = readdirSync(folder.path)
      .map((name) => join(folder.path, name))
      .filter((path) => !given.has(path) && path !== disk)
      .map((path) => readFileSync(path, 'latin1'));
    expect(ran.length).toBeGreaterThan(15);
    for (const text of [...ran.flatMap(({ out, err }) => [out, err]), ...files])
      for (const secret of secrets) expect(text.includes(secret)).toBe(false);
  });
});
