import { connect } from 'node:net';
import { startHost } from '@winmedic/labs/windows-host';
import { isNtlmMessage, ntHash, parseNtlmMessage } from '@winmedic/ntlm';
import { parseSpnegoToken } from '@winmedic/spnego';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionAttempt } from '../model/connection.ts';
import { attemptConnection } from './attempt.ts';
import { type ConnectOptions, Secret } from './index.ts';
import { TestServers } from './test-servers.ts';

type Spec = Parameters<typeof startHost>[0];
type Host = Awaited<ReturnType<typeof startHost>>;

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

async function start(spec: Spec): Promise<Host> {
  const host = await startHost(spec);
  closing.push(host);
  return host;
}

function asUser(typed: string, password: string): ConnectOptions {
  return { credential: { kind: 'password', typed, password: () => new Secret(password) }, otherPorts: [], kerberos: { config: '' } };
}

function url(host: Host): string {
  return `http://${host.address}:${host.listeners[0]?.port}`;
}

describe('secrets', () => {
  const password = 'S3cret-Wörd-7Q!';
  const secretAccounts = [
    { user: 'alice', domain: 'CORP', password },
    { user: 'local', domain: 'HV01', password },
  ];

  /** Everything an attempt holds, as text: also of bytes, as they are, in hexadecimal and in base64. */
  function everything(attempt: ConnectionAttempt): string {
    const parts: string[] = [];
    const walk = (value: unknown): void => {
      if (value instanceof Uint8Array) {
        const bytes = Buffer.from(value);
        parts.push(
          bytes.toString('latin1'),
          bytes.toString('utf8'),
          bytes.toString('utf16le'),
          bytes.subarray(1).toString('utf16le'),
          bytes.toString('hex'),
          bytes.toString('base64'),
        );
        // Tokens stand in headers in base64, at any place of the text.
        parts.push(...decoded(bytes.toString('latin1')));
      } else if (value instanceof Map) for (const [key, each] of value) walk([key, each]);
      else if (Array.isArray(value)) for (const each of value) walk(each);
      else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) walk(each);
      else parts.push(String(value), ...decoded(String(value)));
    };
    walk(attempt);
    return parts.join('\n');
  }

  function decoded(text: string): string[] {
    return [...text.matchAll(/[A-Za-z0-9+/]{16,}=*/g)].map(([run]) => Buffer.from(run, 'base64').toString('latin1'));
  }

  function forms(secret: Uint8Array | string): string[] {
    if (typeof secret === 'string') return [secret, ...forms(Buffer.from(secret, 'utf8')), ...forms(Buffer.from(secret, 'utf16le'))];
    const bytes = Buffer.from(secret);
    return [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('latin1')];
  }

  it.each([
    ['NTLM', {}, {}],
    ['CredSSP', { auth: { credSsp: true } }, { auth: 'CredSSP' }],
    ['Basic in clear', { auth: { basic: true, allowUnencrypted: true } }, { auth: 'Basic', allowCleartext: true }],
    ['DCOM', { dcom: {} }, { via: 'dcom' }],
  ] as const)('are nowhere in an attempt by %s', async (_, spec, options) => {
    const host = await start({ accounts: secretAccounts, ...(spec as Spec) });
    const basic = 'auth' in options && options.auth === 'Basic';
    const target = 'via' in options ? `${host.address}:${host.dcomPort}` : url(host);
    const attempt = await attemptConnection(target, { ...asUser(basic ? 'local' : 'alice', password), ...options });
    expect(attempt.properties.get('login.result')?.value).toBe('accepted');
    const text = everything(attempt);
    for (const secret of [password, ntHash(new Secret(password)), `local:${password}`])
      for (const form of forms(secret)) expect(text).not.toContain(form);
  });

  it('of the wire, responses and keys, are nowhere either', async () => {
    const host = await start({ accounts: secretAccounts });
    const servers = new TestServers();
    closing.push({ close: async () => servers.close() });
    let seen = '';
    // Everything goes through here, so that the test knows what the attempt sent.
    const port = await servers.tcp((socket) => {
      const onward = connect(host.listeners[0]?.port ?? 0, host.address);
      onward.on('error', () => socket.destroy());
      socket.on('data', (bytes) => {
        seen += bytes.toString('latin1');
      });
      socket.pipe(onward).pipe(socket);
    });
    const attempt = await attemptConnection(`127.0.0.1:${port}`, asUser('CORP\\alice', password));
    expect(attempt.properties.get('failedRung')?.value).toBe('');
    const tokens = [...seen.matchAll(/Authorization: Negotiate (\S+)/g)].map(
      ([, token = '']) => new Uint8Array(Buffer.from(token, 'base64')),
    );
    const messages = tokens.flatMap((token) => {
      if (isNtlmMessage(token)) return [parseNtlmMessage(token)];
      const outer = parseSpnegoToken(token);
      const inner = outer.kind === 'init' ? outer.mechToken : outer.responseToken;
      return inner === undefined ? [] : [parseNtlmMessage(inner)];
    });
    const last = messages.at(-1);
    if (last?.kind !== 'authenticate') throw new Error('no type 3 message was seen');
    const { ntResponse, encryptedSessionKey, mic = new Uint8Array() } = last;
    const secrets = [ntResponse, ntResponse.subarray(0, 16), encryptedSessionKey, mic].filter((secret) =>
      secret.some((byte) => byte !== 0),
    );
    expect(secrets.length).toBe(4);
    const text = everything(attempt);
    for (const secret of secrets) for (const form of forms(secret)) expect(text).not.toContain(form);
  });

  it('are not shown by a host that echoes what it was sent', async () => {
    const servers = new TestServers();
    closing.push({ close: async () => servers.close() });
    const port = await servers.tcp((socket) => {
      socket.on('data', (bytes) => {
        const echo = bytes.toString('latin1');
        const decoded = Buffer.from(/Basic ([A-Za-z0-9+/=]+)/.exec(echo)?.[1] ?? '', 'base64').toString('utf8');
        const body = Buffer.from(`${echo}\n${decoded}`);
        socket.write(
          `HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-HTTPAPI/2.0\r\nX-Echo: ${decoded.replaceAll('\n', ' ')}\r\nWWW-Authenticate: Basic realm="WSMAN"\r\nContent-Length: ${body.length}\r\n\r\n`,
        );
        socket.write(body);
      });
    });
    const attempt = await attemptConnection(`127.0.0.1:${port}`, { ...asUser('local', password), auth: 'Basic', allowCleartext: true });
    expect(attempt.properties.get('login.result')?.value).toBe('rejected');
    const text = everything(attempt);
    for (const secret of [password, `local:${password}`]) for (const form of forms(secret)) expect(text).not.toContain(form);
  });
});
