import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from './context.ts';
import { CliError } from './errors.ts';
import { passwordFrom } from './password.ts';

let folder = '';
const said: string[] = [];
const context = { lang: 'en', signal: new AbortController().signal, talk: (text: string) => said.push(text) } as unknown as Context;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winmedic-password-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(text: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, String(files++));
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('passwords', () => {
  it('come from the first line of a file, without mark and line end', async () => {
    expect((await passwordFrom({ file: file('\ufeffs3cret pass \r\nsecond') }, 'alice', context)()).reveal()).toBe('s3cret pass ');
  });

  it.each(['utf16le', 'utf16be'] as const)('are read from a file of Windows PowerShell: %s', async (encoding) => {
    const bytes = Buffer.from('\ufeffpässwörd\r\n', 'utf16le');
    if (encoding === 'utf16be') bytes.swap16();
    expect((await passwordFrom({ file: file(bytes) }, 'alice', context)()).reveal()).toBe('pässwörd');
  });

  it('are not guessed from bytes that are no text', async () => {
    const latin1 = file(Buffer.from('pässwörd', 'latin1'));
    const refused = { code: 'CLI_PASSWORD' };
    await expect(passwordFrom({ file: latin1 }, 'alice', context)()).rejects.toMatchObject(refused);
    const command = `"${process.execPath}" -e "process.stdout.write(Buffer.of(112, 228, 115))"`;
    await expect(passwordFrom({ command }, 'alice', context)()).rejects.toMatchObject(refused);
  });

  it.skipIf(process.platform === 'win32')('warn of a file others can read', async () => {
    await passwordFrom({ file: file('x', 0o644) }, 'alice', context)();
    expect(said.join()).toContain('can be read by others');
  });

  it('come from a variable, which is gone afterwards', async () => {
    process.env['TEST_WINMEDIC_PW'] = 'from-env';
    const get = passwordFrom({ env: 'TEST_WINMEDIC_PW' }, 'alice', context);
    expect((await get()).reveal()).toBe('from-env');
    expect(process.env['TEST_WINMEDIC_PW']).toBeUndefined();
    expect((await get()).reveal()).toBe('from-env');
  });

  it('come from a command', async () => {
    expect((await passwordFrom({ command: `"${process.execPath}" -p "'from command'"` }, 'alice', context)()).reveal()).toBe(
      'from command',
    );
  });

  it('are not handed on to the command that gives another one', async () => {
    process.env['WINMEDIC_PASSWORD'] = 'inherited';
    const command = `"${process.execPath}" -p "process.env.WINMEDIC_PASSWORD || 'nothing inherited'"`;
    expect((await passwordFrom({ command }, 'alice', context)()).reveal()).toBe('nothing inherited');
  });

  it('never show themselves', async () => {
    const secret = await passwordFrom({ file: file('hunter22') }, 'alice', context)();
    for (const shown of [`${secret}`, JSON.stringify({ secret }), inspect({ secret }, { showHidden: true }), Object.keys(secret).join()])
      expect(shown).not.toContain('hunter22');
  });

  it.each([
    ['an empty file', { file: 'empty' }],
    ['a file that is not there', { file: 'missing' }],
    ['a variable that is not set', { env: 'TEST_WINMEDIC_UNSET' }],
    ['a command that fails and prints', { command: 'echo leaked-secret; exit 3' }],
    ['a command that prints nothing', { command: 'exit 0' }],
    ['no source and no terminal', {}],
  ])('are refused with a code from %s, without repeating what was read', async (_, source) => {
    if ('file' in source && source.file === 'empty') source = { file: file('') };
    const error: unknown = await passwordFrom(source, 'alice', context)().catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).code).toBe('CLI_PASSWORD');
    expect(inspect(error)).not.toContain('leaked-secret');
    expect((error as CliError).text('ja')).not.toContain('leaked-secret');
  });
});
