import { createServer, type Server } from 'node:net';
import { startHost } from '@winmedic/labs/windows-host';
import { expect, it } from 'vitest';
import { winmedic } from './test-command.ts';

/** A port of the loopback on which nothing listens. */
async function closedPort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

it('says that the account was not needed when the port is closed, and ends with 1', async () => {
  const target = `127.0.0.1:${await closedPort()}`;
  const { code, out } = await winmedic(['connect', target, '-u', 'CORP\\alice']);
  expect(code).toBe(1);
  expect(out).toContain('Not used: the attempt ended before the login.');
});

it.skipIf(process.platform === 'win32')('repeats the command line so that a shell keeps the backslash of the account', async () => {
  const target = `127.0.0.1:${await closedPort()}`;
  const { out } = await winmedic(['connect', target, '-u', 'CORP\\alice', '--json']);
  expect(JSON.parse(out).tool.command).toBe(`winmedic connect ${target} -u 'CORP\\alice' --json`);
});

it('does not list as ruled out what belongs to another way of connecting', async () => {
  const host = await startHost({});
  try {
    const args = ['connect', `127.0.0.1:${host.listeners[0]?.port}`, '-u', 'CORP\\alice', '--json'];
    const { code, out } = await winmedic(args, { env: { WINMEDIC_PASSWORD: 'not the password' } });
    expect(code).toBe(1);
    const ruledOut = JSON.parse(out).connections[0].considered.filter(({ grade }: { grade: string }) => grade === 'ruled_out');
    expect(ruledOut.length).toBeGreaterThan(0);
    expect(
      ruledOut.map(({ because }: { because: { en: string } }) => because.en).filter((en: string) => /\((way|transport): /.test(en)),
    ).toEqual([]);
  } finally {
    await host.close();
  }
});

it('refuses an empty user name before anything is sent', async () => {
  const { code, err } = await winmedic(['connect', '127.0.0.1:9', '-u', ''], {});
  expect([code, err]).toEqual([2, expect.stringContaining('CLI_INVALID_VALUE --user')]);
});

it('shows the bytes of the conversation with --bytes alone', async () => {
  const host = await startHost({});
  try {
    const { code, out } = await winmedic(['connect', `127.0.0.1:${host.listeners[0]?.port}`, '--bytes', '--json']);
    expect(code).toBe(0);
    const { conversation } = JSON.parse(out).connections[0];
    expect(conversation.some(({ bytes }: { bytes?: string }) => /^[0-9a-f]{2}/.test(bytes ?? ''))).toBe(true);
  } finally {
    await host.close();
  }
});

it('keeps the conversation and the causes nothing points to out of what nobody asked to see', async () => {
  const host = await startHost({ auth: { basic: false } });
  try {
    const target = `127.0.0.1:${host.listeners[0]?.port}`;
    const [one] = JSON.parse((await winmedic(['connect', target, '--json'])).out).connections;
    expect(one.conversation).toBeUndefined();
    expect(one.ladder.every(({ messages }: { messages: number[] }) => messages.length === 0)).toBe(true);
    expect(one.considered.length).toBeLessThan(30);
    const [whole] = JSON.parse((await winmedic(['connect', target, '--json', '--explain'])).out).connections;
    expect(whole.conversation.length).toBeGreaterThan(4);
  } finally {
    await host.close();
  }
});

it('takes the tickets of KRB5CCNAME when Kerberos is asked for and nobody is named', async () => {
  const host = await startHost({});
  try {
    const args = ['connect', `127.0.0.1:${host.listeners[0]?.port}`, '--auth', 'kerberos', '--json'];
    const { code, out } = await winmedic(args, { env: { KRB5CCNAME: 'FILE:/nonexistent/tickets' } });
    expect(code).toBe(1);
    const [one] = JSON.parse(out).connections;
    expect(one.properties['client.scheme']).toBe('Kerberos');
    expect(one.properties['login.step'] ?? one.properties['kerberos.stage']).toBeDefined();
    expect(JSON.parse(out).credentialChecks).toEqual({});
  } finally {
    await host.close();
  }
});

it.each([
  ['off', 1],
  ['required', 0],
] as const)('with NLA %s the RDP port ends with %i and asks for no account', async (nla, expected) => {
  const host = await startHost({ rdp: { nla } });
  try {
    const { code, out } = await winmedic(['connect', `127.0.0.1:${host.rdpPort}`, '--via', 'rdp']);
    expect(code).toBe(expected);
    expect(out).toContain('RDP is only negotiated: nobody is logged on.');
    expect(out).not.toContain('-u USER');
  } finally {
    await host.close();
  }
});

it.each([
  [['--password-file', 'secret.txt'], '--password-file: "secret.txt"'],
  [['--keytab', 'svc.keytab'], '--keytab: "svc.keytab"'],
  [['--key', 'client.key'], '--key: "client.key"'],
  [['-u', 'alice', '--password-file', 'a', '--password-env', 'B'], '--password-env: "B"'],
  [['--ca', 'package.json'], '--ca: "package.json"'],
  [['--timeout', '0'], 'A whole number from 1 to 86400 is needed.'],
])('names what does not go together in %j', async (options, text) => {
  const { code, err } = await winmedic(['connect', 'hv01.invalid', ...options]);
  expect(code).toBe(2);
  expect(err).toContain(text);
});

it.each([
  [['127.0.0.1', '--find-rdp', '1-2000'], 'CONNECT_TOO_MANY: More pairs of host and port were given'],
  [['-u', 'alice', '--keytab', '/nonexistent.keytab'], 'CONNECT_KEYTAB: The keytab cannot be read. Name a keytab file'],
])('says what to do about a wrong call, not that it is unexpected: %j', async (options, text) => {
  const host = await startHost({});
  try {
    const { code, err } = await winmedic([
      'connect',
      `127.0.0.1:${host.listeners[0]?.port}`,
      '--realm',
      'CORP.EXAMPLE',
      '--auth',
      'kerberos',
      ...options,
    ]);
    expect(code).toBe(2);
    expect(err).toContain(text);
  } finally {
    await host.close();
  }
});

it('takes facts of the host, and tells evidence that cannot be read by its exit code', async () => {
  const spec = {
    accounts: [{ user: 'operator', domain: 'HV01', password: 'Double-Passw0rd!', rights: 'filtered' as const }],
  };
  const host = await startHost(spec);
  const target = `127.0.0.1:${host.listeners[0]?.port}`;
  const facts = ['--fact', 'winrm.account-group=administrators', '--fact', 'uac.local-account-token-filter-policy=0'];
  try {
    const judged = await winmedic(['connect', target, '-u', 'HV01\\operator', ...facts, '--json'], {
      env: { WINMEDIC_PASSWORD: 'Double-Passw0rd!' },
    });
    expect(judged.code).toBe(1);
    expect(JSON.parse(judged.out).connections[0].verdict).toMatchObject({ grade: 'confirmed', cause: { id: 'uac-remote-filter' } });
    const { code } = await winmedic(['connect', target, '--evidence', '/nonexistent']);
    expect(code).toBe(3);
  } finally {
    await host.close();
  }
});
