import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { parseRdpNegotiation, RDP_PROTOCOL, writeConnectionRequest } from '@winmedic/rdp';
import { ACTION, DIALECT, parseEnvelope, RESOURCE, readFault, readIdentity, wmi, writeRequest } from '@winmedic/wsman';
import { describe, expect, it } from 'vitest';
import { type AccountSpec, type HostDouble, type HostFault, issueCertificate, startHost, type WindowsHostSpec } from './index.ts';
import { requestOf } from './test-ask.ts';
import { OneConnection, withHost } from './test-http.ts';

const PASSWORD = 'Unit-Passw0rd!';
const operator: AccountSpec = { user: 'operator', domain: 'HV01', password: PASSWORD };
/** A host that takes Basic over HTTP: the shortest way to its service. */
const open: WindowsHostSpec = { accounts: [operator], auth: { basic: true, allowUnencrypted: true } };
const headers = {
  Authorization: `Basic ${Buffer.from(`operator:${PASSWORD}`).toString('base64')}`,
  'Content-Type': 'application/soap+xml;charset=UTF-8',
};
const identify = writeRequest({ action: '', selectors: new Map(), options: new Map(), operation: { kind: 'identify' } });
const config = requestOf(ACTION.get, RESOURCE.config, { kind: 'get' });
const text = (body: Uint8Array): string => Buffer.from(body).toString();

function dial(host: HostDouble, port = host.listeners[0]?.port ?? 0): Socket {
  return connect({ host: host.address, port });
}

/** How a bare connection ends after some bytes were sent: with an error code, with bytes, or not at all. */
async function fate(socket: Socket, bytes: string | Uint8Array = ''): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('silence'), 300);
    const end = (what: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(what);
    };
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'));
    socket.on('data', (data) => end(data.toString('latin1')));
    socket.on('end', () => end('end'));
    if (bytes.length > 0) socket.write(bytes);
  });
}

describe('in front of the service', () => {
  it('Identify is answered without login by header or path, and nothing else is', async () => {
    await withHost({}, async (host, http) => {
      for (const asking of [{ headers: { WSMANIDENTIFY: 'unauthenticated' } }, { path: '/wsman-anon/identify' }]) {
        const got = await http.post({ ...asking, body: identify });
        expect(readIdentity(parseEnvelope(got.body)).productVersion).toContain('OS: 0.0.0');
        expect((await http.post({ ...asking, body: config })).status).toBe(401);
      }
      expect((await http.post({ body: identify })).status).toBe(401);
      expect(host.counters).toMatchObject({ connections: 1, requests: 5 });
    });
  });

  it('other paths are 404 of http.sys, other methods 405', async () => {
    await withHost({}, async (_, http) => {
      const got = await http.post({ path: '/' });
      expect([got.status, got.headers.server, got.headers['content-type']]).toEqual([
        404,
        'Microsoft-HTTPAPI/2.0',
        'text/html; charset=us-ascii',
      ]);
      expect((await http.post({ method: 'GET' })).status).toBe(405);
      expect((await http.post({ path: '/WSMAN?PSVersion=5.1' })).status).toBe(401);
    });
    await withHost({ listeners: [{ transport: 'HTTP', prefix: 'manage' }] }, async (_, http) => {
      expect((await http.post()).status).toBe(404);
      expect((await http.post({ path: '/manage' })).status).toBe(401);
    });
  });

  it('a header line beyond MaxFieldLength is 400', async () => {
    const long = (size: number) => ({ headers: { Authorization: `Kerberos ${'A'.repeat(size)}` } });
    await withHost({}, async (_, http) => {
      expect((await http.post(long(15_000))).status).toBe(401);
      const got = await http.post(long(17_000));
      expect([got.status, got.headers.connection, text(got.body)]).toEqual([400, 'close', expect.stringContaining('Request Too Long')]);
    });
    await withHost({ fault: 'header-too-long' }, async (_, http) => {
      expect((await http.post(long(600))).status).toBe(401);
      expect((await http.post(long(720))).status).toBe(400);
    });
  });

  it.each<[HostFault, Record<string, unknown>]>([
    ['service-503', { status: 503, server: 'Microsoft-HTTPAPI/2.0', length: 0 }],
    ['not-found-404', { status: 404, server: 'Microsoft-HTTPAPI/2.0' }],
    ['iis-404', { status: 404, server: 'Microsoft-IIS/10.0' }],
    ['proxy-html', { status: 503, server: 'squid/5.7', via: '1.1 proxy.corp.example (squid/5.7)' }],
  ])('the fault %s', async (fault, expected) => {
    await withHost({ fault }, async (_, http) => {
      const got = await http.post({ body: identify, headers: { WSMANIDENTIFY: 'unauthenticated' } });
      const seen = { status: got.status, server: got.headers.server, via: got.headers.via, length: got.body.length };
      expect(seen).toMatchObject(expected);
    });
  });

  it('what is no HTTP gets 400', async () => {
    await withHost({}, async (host) => {
      expect(await fate(dial(host), 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    });
  });

  it('resets after accept, or stays silent', async () => {
    await withHost({ fault: 'reset-after-accept' }, async (host) => expect(await fate(dial(host), 'POST')).toMatch(/ECONNRESET|EPIPE/));
    await withHost({ fault: 'silent' }, async (host) => expect(await fate(dial(host), 'POST / HTTP/1.1\r\n\r\n')).toBe('silence'));
  });

  it('loses the share of connections it is told to, the same ones each time', async () => {
    const lost = async (): Promise<string[]> => {
      const fates: string[] = [];
      await withHost({ loss: 0.3 }, async (host) => {
        for (let i = 0; i < 20; i++)
          fates.push(/HTTP/.test(await fate(dial(host), 'GET /wsman HTTP/1.1\r\nHost: x\r\n\r\n')) ? 'ok' : 'lost');
        expect(host.counters.connections).toBe(20);
      });
      return fates;
    };
    const first = await lost();
    expect(first.filter((each) => each === 'lost')).toHaveLength(6);
    expect(await lost()).toEqual(first);
  });

  it('waits before each answer', async () => {
    await withHost({ latencyMs: 60 }, async (_, http) => {
      const before = performance.now();
      await http.post();
      await http.post();
      expect(performance.now() - before).toBeGreaterThan(115);
    });
  });
});

describe('TLS', () => {
  const HTTPS: WindowsHostSpec = { listeners: [{ transport: 'HTTPS' }] };
  const attempt = async (host: HostDouble, options: Record<string, unknown> = {}): Promise<string> => {
    const socket = tlsConnect({ host: host.address, port: host.listeners[0]?.port ?? 0, rejectUnauthorized: false, ...options });
    try {
      await once(socket, 'secureConnect');
      return socket.getProtocol() ?? '';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? '';
    } finally {
      socket.destroy();
    }
  };

  it('shows the certificate of the host, whose names fit, and the double tells it', async () => {
    await withHost(HTTPS, async (host) => {
      const socket = tlsConnect({ host: host.address, port: host.listeners[0]?.port ?? 0, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const shown = socket.getPeerX509Certificate();
      expect(new Uint8Array(shown?.raw ?? [])).toEqual(new Uint8Array(host.listeners[0]?.certificate ?? []));
      expect(shown?.checkHost('hv01.corp.example')).toBe('hv01.corp.example');
      socket.destroy();
    });
  });

  it('can be reset, alerted, or limited to old versions', async () => {
    await withHost({ ...HTTPS, fault: 'tls-reset' }, async (host) => expect(await attempt(host)).toBe('ECONNRESET'));
    await withHost({ ...HTTPS, fault: 'tls-alert' }, async (host) => expect(await attempt(host)).toMatch(/HANDSHAKE_FAILURE/));
    const { key, cert } = issueCertificate({ keyType: 'ecdsa' });
    await withHost({ listeners: [{ transport: 'HTTPS', tls: { key, cert, maxVersion: 'TLSv1.2' } }] }, async (host) => {
      expect(await attempt(host)).toBe('TLSv1.2');
      expect(await attempt(host, { minVersion: 'TLSv1.3' })).toMatch(/VERSION|PROTOCOL/);
      expect(new Uint8Array(host.listeners[0]?.certificate ?? [])).toEqual(
        new Uint8Array(Buffer.from(cert.replace(/-+[^-]+-+|\s/g, ''), 'base64')),
      );
    });
  });
});

describe('sizes and places', () => {
  it('a request larger than MaxEnvelopeSizekb is 413', async () => {
    await withHost({ ...open, limits: { maxEnvelopeSizeKb: 16 } }, async (_, http) => {
      expect((await http.post({ headers, body: config })).status).toBe(200);
      expect((await http.post({ headers, body: config + ' '.repeat(16 * 1024) })).status).toBe(413);
    });
  });

  it('connections beyond MaxConnections get a fault until an idle one ends or its time is over', async () => {
    const limits = { maxConnections: 2, connectionIdleMs: 150 };
    await withHost({ ...open, limits }, async (host, first) => {
      const port = host.listeners[0]?.port ?? 0;
      const [second, third] = [new OneConnection(host.address, port), new OneConnection(host.address, port)];
      const code = async (connection: OneConnection): Promise<number | undefined> =>
        readFault(parseEnvelope((await connection.post({ headers, body: config })).body))?.wsmanCode;
      expect([await code(first), await code(second), await code(third)]).toEqual([undefined, undefined, 0x803381a8]);
      expect(await code(first)).toBeUndefined();
      second.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await code(third)).toBeUndefined();
      const fourth = new OneConnection(host.address, port);
      expect(await code(fourth)).toBe(0x803381a8);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await code(fourth)).toBeUndefined();
      for (const each of [third, fourth]) each.close();
    });
  });

  it('answers pipelined requests in their order', async () => {
    await withHost({ ...open, latencyMs: 20 }, async (host) => {
      const head = `Host: x\r\nAuthorization: ${headers.Authorization}\r\n`;
      const post = (path: string, body: string) =>
        `POST ${path} HTTP/1.1\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      const socket = dial(host);
      socket.write(post('/wsman', identify) + post('/none', '') + post('/wsman', ''));
      let text = '';
      for await (const chunk of socket) {
        text += chunk;
        if (text.match(/HTTP\/1\.1 /g)?.length === 3) break;
      }
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
      expect(host.counters.checks.get('\\operator')).toEqual({ tried: 1, failed: 0 });
    });
  });

  it('counts what is open', async () => {
    await withHost(open, async (host, http) => {
      const filter = { dialect: DIALECT.wql, text: 'select Name from Win32_Service' };
      const body = requestOf(ACTION.enumerate, wmi('root/cimv2', '*'), {
        kind: 'enumerate',
        optimize: true,
        maxElements: 1,
        filter,
        mode: 'object',
      });
      await http.post({ headers, body });
      expect(host.counters).toMatchObject({ openEnumerations: 1, openShells: 0, clearBodies: 1 });
    });
  });
});

describe('beside WinRM', () => {
  const negotiate = async (host: HostDouble, protocols: number) => {
    const answer = await fate(dial(host, host.rdpPort), writeConnectionRequest({ negotiation: { flags: 0, protocols } }));
    return parseRdpNegotiation(new Uint8Array(Buffer.from(answer, 'latin1')));
  };

  it('the RDP port negotiates as its NLA setting says', async () => {
    const { ssl, hybrid } = RDP_PROTOCOL;
    await withHost({ rdp: { nla: 'required' } }, async (host) => {
      expect(await negotiate(host, ssl | hybrid)).toMatchObject({ selected: { protocol: hybrid } });
      expect(await negotiate(host, ssl)).toMatchObject({ failure: 5 });
    });
    await withHost({ rdp: { nla: 'off' } }, async (host) => {
      expect(await negotiate(host, ssl | hybrid)).toMatchObject({ selected: { protocol: ssl } });
      expect(await negotiate(host, 0)).toMatchObject({ selected: { protocol: 0 } });
      expect(await fate(dial(host, host.rdpPort), 'GET / HTTP/1.1\r\n\r\n')).toMatch(/end|ECONNRESET/);
    });
  });

  it('a port that cannot be had leaves nothing behind', async () => {
    await withHost({}, async (host) => {
      const port = host.listeners[0]?.port ?? 0;
      await expect(startHost({ listeners: [{ transport: 'HTTP' }, { transport: 'HTTP', port }] })).rejects.toMatchObject({
        code: 'EADDRINUSE',
      });
    });
  });
});
