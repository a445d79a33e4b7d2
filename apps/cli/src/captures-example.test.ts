import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, TestFolder, winmedic } from './test-command.ts';

const EXAMPLES = join(ROOT, 'examples/captures');
const folder = new TestFolder();
afterAll(() => folder.dispose());

/** Grade and cause of every attempt, and the whole output. */
async function verdicts(...args: readonly string[]) {
  const { code, out } = await winmedic(['diagnose', ...args, '--json']);
  expect(code).toBe(0);
  const { connections } = JSON.parse(out);
  return (connections as { verdict: { grade: string; cause: string | { id: string } } }[]).map(({ verdict }) => verdict);
}

describe('the bundled captures', () => {
  it.each([
    ['rejected-login', [], 'confirmed', 'username-form'],
    ['rejected-login/client.pcapng', [], 'likely', 'username-form'],
    ['clear-body', [], 'likely', 'winrm-allowunencrypted-false'],
    ['clear-body', ['--fact', 'winrm.allow-unencrypted=false@2026-02-01..2026-02-05'], 'confirmed', 'winrm-allowunencrypted-false'],
  ] as const)('%s %j is %s: %s', async (name, more, grade, cause) => {
    const found = await verdicts(join(EXAMPLES, name), ...more);
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found[0])).toContain(cause);
    expect(found[0]?.grade).toBe(grade);
  });

  it('the trace alone names no cause', async () => {
    const found = await verdicts(join(EXAMPLES, 'clear-body/server.zip'));
    expect(found.map(({ grade }) => grade)).toEqual(['inconclusive']);
  });

  it.each(['en', 'ja'])('tells only the connection where nothing stopped (%s)', async (lang) => {
    const { out } = await winmedic(['diagnose', join(EXAMPLES, 'clear-body'), '--lang', lang]);
    expect(out).toContain(lang === 'ja' ? '本文なし' : 'HTTP 401, no body');
    expect(out).not.toContain(lang === 'ja' ? '停止以外の指摘' : 'Findings besides the stops');
  });

  it('a redacted capture has the same verdict; without names nothing is said of their form', async () => {
    const [kept, masked] = ['kept.pcapng', 'masked.pcapng'].map((name) => join(folder.path, name)) as [string, string];
    const input = join(EXAMPLES, 'rejected-login/client.pcapng');
    expect((await winmedic(['redact', input, kept])).code).toBe(0);
    expect((await winmedic(['redact', input, masked, '--names'])).code).toBe(0);
    expect(JSON.stringify(await verdicts(kept))).toContain('username-form');
    const [without] = await verdicts(masked);
    expect(JSON.stringify(without)).toContain('login-rejected');
    expect(without?.grade).toBe('likely');
  });
});
