import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { logOf, TestFolder, winmedic } from './test-command.ts';
import { formsOfSecrets, leakyCapture, rowCapture, rowTrace, SECRETS } from './test-recordings.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const leaky = leakyCapture(folder);
const rejected = await rowCapture(folder, 'windows-wrong-password');
const trace = rowTrace(folder, 'server-remote-access-disabled');
const causes = async (path: string): Promise<unknown[]> => {
  const { connections } = JSON.parse((await winmedic(['diagnose', path, '--json'])).out) as {
    connections: readonly { readonly verdict: { readonly cause?: { readonly id: string } } }[];
  };
  return connections.map(({ verdict }) => verdict.cause?.id);
};

describe.concurrent('winmedic redact', () => {
  it('writes a capture without the secrets, says what went and that it is proved, and the verdict stays', async () => {
    const output = folder.at('redacted.pcapng');
    const { code, out } = await winmedic(['redact', leaky, output]);
    expect(code).toBe(0);
    expect(out).toMatch(/Secrets removed: .*Basic credentials 1/);
    expect(out).toMatch(/Proof: the result was read again and none of \d+ secrets is in it\./);
    const bytes = readFileSync(output).toString('latin1');
    for (const secret of formsOfSecrets()) expect(bytes).not.toContain(secret);
    expect(await causes(output)).toEqual(await causes(leaky));
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('takes the names away when asked, in Japanese and as data', async () => {
    const output = folder.at('nameless.pcapng');
    const { out } = await winmedic(['redact', rejected, output, '--names', '--lang', 'ja']);
    expect(out).toMatch(/取り除いた秘密: .*NTLM の応答/);
    expect(out).toContain('秘密');
    const report = JSON.parse((await winmedic(['redact', rejected, folder.at('data.pcapng'), '--json'])).out) as {
      names: string;
      packets: number;
      removed: Record<string, number>;
      proof: { secretsSearched: number; found: number };
    };
    expect(report).toMatchObject({ names: 'keep', proof: { found: 0 } });
    expect(report.removed['ntlm-response']).toBeGreaterThan(0);
    expect(report.proof.secretsSearched).toBeGreaterThan(0);
  });

  it('overwrites nothing without --yes, and never the input', async () => {
    const taken = folder.file('taken/there.pcapng', 'mine');
    const before = readFileSync(leaky);
    const [refused, same] = await Promise.all([winmedic(['redact', leaky, taken]), winmedic(['redact', leaky, leaky, '--yes'])]);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('CLI_EXISTS');
    expect(readFileSync(taken, 'utf8')).toBe('mine');
    expect(same.err).toContain('CLI_SAME_FILE');
    expect(readFileSync(leaky).equals(before)).toBe(true);
    expect((await winmedic(['redact', leaky, taken, '--yes'])).code).toBe(0);
    expect(readFileSync(taken, 'utf8')).not.toBe('mine');
  });

  it('leaves nothing behind when it fails', async () => {
    const own = folder.at('own');
    const broken = folder.file('own/broken.pcap', readFileSync(rejected).subarray(0, 20));
    const [nowhere, torn] = await Promise.all([
      winmedic(['redact', leaky, folder.at('no/such/folder/x.pcapng')]),
      winmedic(['redact', broken, `${own}/out.pcap`]),
    ]);
    expect(nowhere.code).toBe(2);
    expect(nowhere.err).toContain('CLI_WRITE');
    expect(torn.code).not.toBe(0);
    expect(readdirSync(own).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('says what to do instead with traces, logs and other files', async () => {
    const output = folder.at('never.pcapng');
    const inputs = [
      [trace, 'CLI_NO_CAPTURE', 'etl2pcapng'],
      [folder.file('sent.evtx', logOf([{ id: 1 }])), 'CLI_NO_CAPTURE', 'winmedic events'],
      [folder.file('note.txt', 'hello'), 'CLI_NO_CAPTURE', 'NetMon'],
      [folder.at('absent'), 'CLI_FILE', 'no such file'],
    ] as const;
    const ran = await Promise.all(inputs.map(([input]) => winmedic(['redact', input, output])));
    for (const [i, { code, err }] of ran.entries()) {
      expect(code).toBe(2);
      expect(err).toContain(inputs[i]?.[1]);
      expect(err).toContain(inputs[i]?.[2]);
    }
    expect(existsSync(output)).toBe(false);
  });
});

describe.concurrent('secrets in a capture', () => {
  it.each([
    ['diagnose', ['--explain', '--verbose']],
    ['diagnose', ['--json', '--explain']],
    ['events', []],
    ['events', ['--json']],
    ['events', ['--format', 'xml']],
    ['events', ['--format', 'csv']],
    ['events', ['--follow', '0']],
    ['events', ['--follow', '0', '--json']],
    ['timeline', []],
    ['timeline', ['--json']],
  ] as const)('are in no output of %s %j', async (verb, args) => {
    const [en, ja] = await Promise.all(['en', 'ja'].map((lang) => winmedic([verb, leaky, '--lang', lang, ...args])));
    for (const { out, err } of [en!, ja!]) {
      // The account is told, so that the output is about this conversation at all.
      expect(out).toContain(SECRETS.user);
      for (const secret of formsOfSecrets()) expect(out + err).not.toContain(secret);
    }
  });

  it('are in no page', async () => {
    const [html, md] = [folder.at('leaky.html'), folder.at('leaky.md')];
    await winmedic(['diagnose', leaky, '--explain', '--html', html, '--md', md]);
    for (const path of [html, md]) {
      const text = readFileSync(path, 'utf8');
      expect(text).toContain(SECRETS.user);
      for (const secret of formsOfSecrets()) expect(text).not.toContain(secret);
    }
  });
});
