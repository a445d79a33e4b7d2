import { CONNECTION_PROPERTIES } from '@winmedic/knowledge/model';
import { afterEach, describe, expect, it } from 'vitest';
import { issueCertificate } from '../../labs/src/certificates/index.ts';
import { attemptConnection } from './attempt.ts';
import { RUNGS_OF } from './ladder.ts';
import { answer, properties, TestServers, walked } from './test-servers.ts';

const servers = new TestServers();
afterEach(() => servers.close());

const quick = { times: { connectMs: 2000, answerMs: 1000 }, otherPorts: [] } as const;
const IDENTIFIED =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Body><wsmid:IdentifyResponse><wsmid:ProductVendor>Openwsman Project</wsmid:ProductVendor></wsmid:IdentifyResponse></s:Body></s:Envelope>';

function withCode(code: string): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(code), { code }));
}

describe('an end that came from this side', () => {
  it('is not taken for a fault of the host when the run is interrupted', async () => {
    const port = await servers.tcp(() => {});
    const attempt = await attemptConnection(`127.0.0.1:${port}`, { ...quick, signal: AbortSignal.timeout(300) });
    expect(walked(attempt)).toEqual({ name: 'passed', route: 'passed', tcp: 'passed', tls: 'skipped', http: 'skipped' });
    expect(properties(attempt, 'http', 'failedRung')).toEqual({ failedRung: '' });
    expect(attempt.notChecked.map(({ en }) => en)).toEqual(['stopped before the end']);
  });

  it('is silence, not a closed connection, when the time of the host is over', async () => {
    const port = await servers.tcp(() => {});
    const attempt = await attemptConnection(`127.0.0.1:${port}`, { ...quick, times: { ...quick.times, hostMs: 300 } });
    expect(properties(attempt, 'http', 'failedRung')).toMatchObject({ 'http.result': 'timeout', failedRung: 'http' });
  });
});

describe('name, route and TCP', () => {
  it.each([
    ['not-found', withCode('ENOTFOUND')],
    ['no-address', withCode('ENODATA')],
    ['no-address', async () => []],
    ['server-failed', withCode('EAI_AGAIN')],
    ['timeout', withCode('ETIMEOUT')],
  ] as const)('stops at the name: %s (%#)', async (result, lookUp) => {
    const attempt = await attemptConnection('hv01.corp.example', { ...quick, lookUp });
    expect(walked(attempt)).toEqual({ name: 'failed' });
    expect(properties(attempt, 'name', 'failedRung')).toMatchObject({ 'name.result': result, failedRung: 'name' });
  });

  it('tells refused from open, and looks at the other ports', async () => {
    const open = await servers.tcp(() => {});
    const closed = await servers.tcp(() => {});
    servers.close();
    const other = await servers.tcp(() => {});
    const attempt = await attemptConnection(`127.0.0.1:${closed}`, { ...quick, otherPorts: [other, open, closed] });
    expect(walked(attempt)).toEqual({ name: 'passed', route: 'passed', tcp: 'failed' });
    expect(properties(attempt, 'tcp', 'route', 'name')).toMatchObject({
      'name.result': 'literal',
      'route.result': 'ok',
      'tcp.result': 'refused',
      'tcp.open': String(other),
      'tcp.refused': String(open),
      'tcp.silent': '',
    });
  });

  it('tries the next address when one does not accept', async () => {
    const port = await servers.tcp(answer('HTTP/1.1 404 Not Found\r\n\r\n'));
    const addresses = ['127.0.0.9', '127.0.0.1'].map((address) => ({ address, family: 4 as const }));
    const attempt = await attemptConnection(`hv01:${port}`, { ...quick, lookUp: async () => addresses });
    expect(attempt.properties.get('tcp.result')?.value).toBe('open');
    expect(attempt.properties.get('name.addresses')?.value).toBe('127.0.0.9,127.0.0.1');
  });

  it('takes HTTPS when the default port of HTTP does not accept and that of HTTPS does, and says so', async () => {
    const address = '127.0.77.1';
    const taken = await servers.tcp(() => {}, 5986, address).catch(() => undefined);
    if (taken === undefined) return expect(process.platform).not.toBe('linux');
    const attempt = await attemptConnection('hv01', { ...quick, otherPorts: [5986], lookUp: async () => [{ address, family: 4 }] });
    expect([attempt.port, attempt.transport]).toEqual([5986, 'https']);
    expect(attempt.notChecked[0]?.en).toContain('5986');
    expect(attempt.properties.get('failedRung')?.value).toBe('tls');
  });

  it('never says more than the list of properties allows, and walks the rungs of the way in order', async () => {
    for (const via of ['winrm', 'dcom', 'rdp'] as const) {
      const attempt = await attemptConnection('127.0.0.1:1', { ...quick, via });
      expect([...attempt.properties.keys()].filter((name) => !Object.hasOwn(CONNECTION_PROPERTIES, name))).toEqual([]);
      expect(attempt.rungs.map(({ name }) => name)).toEqual(RUNGS_OF[via]);
    }
  });

  it('gives up when the time of the host is over', async () => {
    const port = await servers.tcp(() => {});
    const start = performance.now();
    const attempt = await attemptConnection(`127.0.0.1:${port}`, { times: { answerMs: 30_000, hostMs: 200 }, otherPorts: [] });
    expect(performance.now() - start).toBeLessThan(5000);
    expect(attempt.properties.get('failedRung')?.value).toBe('http');
    expect(attempt.notChecked.some(({ en }) => en.includes('200 ms'))).toBe(true);
  });
});

describe('HTTP and WS-Management', () => {
  it('writes a name of other letters than ASCII into the Host header as one line of ASCII', async () => {
    let seen = '';
    const reply = answer('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    const port = await servers.tcp((socket) => {
      socket.on('data', (bytes) => {
        seen += bytes.toString('latin1');
      });
      reply(socket);
    });
    // The low byte of U+010A is a line feed.
    const lookUp = async () => [{ address: '127.0.0.1', family: 4 as const }];
    await attemptConnection(`hv\u010a01:${port}`, { ...quick, lookUp });
    expect(seen).toContain(`POST /wsman HTTP/1.1\r\nHost: xn--hv01-6ta:${port}\r\nContent-Type: `);
  });

  it.each([
    [
      'a web server',
      'HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>',
      'http',
      { 'http.status': '404', 'http.server': 'nginx', 'http.windows': 'false', 'http.body': 'html', 'wsman.result': 'none' },
    ],
    [
      'a portal',
      'HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n',
      'http',
      { 'http.status': '302', 'http.location': 'http://portal.example/' },
    ],
    [
      'a proxy',
      'HTTP/1.1 503 Service Unavailable\r\nVia: 1.1 proxy\r\nContent-Length: 0\r\n\r\n',
      'http',
      { 'http.via': '1.1 proxy', 'http.windows': 'false' },
    ],
    [
      'a site that asks for Basic',
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n',
      'http',
      { 'http.status': '401' },
    ],
    [
      'http.sys without WinRM',
      'HTTP/1.1 503 Service Unavailable\r\nServer: Microsoft-HTTPAPI/2.0\r\nContent-Length: 0\r\n\r\n',
      'wsman',
      { 'http.windows': 'true', 'http.status': '503', 'http.body': 'empty', 'wsman.result': 'none' },
    ],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'http', { 'http.result': 'not-http' }],
  ])('%s', async (_, wire, rung, expected) => {
    const port = await servers.tcp(answer(wire));
    const attempt = await attemptConnection(`127.0.0.1:${port}`, quick);
    expect(properties(attempt, 'http', 'wsman', 'failedRung')).toMatchObject({ ...expected, failedRung: rung });
  });

  it('knows another WS-Management service by its IdentifyResponse', async () => {
    const port = await servers.tcp(
      answer(`HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: ${IDENTIFIED.length}\r\n\r\n${IDENTIFIED}`),
    );
    const attempt = await attemptConnection(`127.0.0.1:${port}`, quick);
    expect(walked(attempt)).toMatchObject({ http: 'warned', wsman: 'passed' });
    expect(attempt.properties.get('wsman.vendor')?.value).toBe('openwsman');
    expect(attempt.portrait.vendor).toBe('Openwsman Project');
  });

  it.each([
    ['reset', (socket: import('node:net').Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['closed', (socket: import('node:net').Socket) => socket.once('data', () => socket.end())],
    ['timeout', () => {}],
  ] as const)('tells how the answer stayed away: %s', async (how, serve) => {
    const port = await servers.tcp(serve);
    const attempt = await attemptConnection(`127.0.0.1:${port}`, quick);
    expect(properties(attempt, 'http.result', 'failedRung')).toEqual({ 'http.result': how, failedRung: 'http' });
  });

  it('asks a service that is silent without login with the first token of NTLM', async () => {
    const port = await servers.tcp((socket) => {
      socket.on('data', (bytes) => {
        if (bytes.toString('latin1').includes('Authorization: Negotiate'))
          socket.write('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const attempt = await attemptConnection(`127.0.0.1:${port}`, quick);
    expect(properties(attempt, 'http.status', 'schemes.offered', 'wsman.result', 'failedRung')).toEqual({
      'http.status': '401',
      'schemes.offered': 'Negotiate',
      'wsman.result': 'challenged',
      failedRung: '',
    });
  });
});

describe('TLS', () => {
  const good = issueCertificate({ commonName: 'localhost', names: ['localhost', '127.0.0.1'] });
  const wire = 'HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n';

  async function attempt(
    certificate: { key: string; cert: string },
    options: Parameters<typeof attemptConnection>[1] = {},
    tls: object = {},
    host = 'localhost',
  ) {
    const port = await servers.tls({ key: certificate.key, cert: certificate.cert, ...tls }, answer(wire));
    const lookUp = async () => [{ address: '127.0.0.1', family: 4 as const }];
    return attemptConnection(`https://${host}:${port}`, { ...quick, lookUp, ...options });
  }

  it('trusts a certificate authority that was given, by name and by address', async () => {
    const ca = issueCertificate({ commonName: 'Test CA', authority: true });
    const issued = issueCertificate({ commonName: 'localhost', names: ['localhost', '127.0.0.1'], issuer: ca });
    for (const host of ['localhost', '127.0.0.1']) {
      const result = await attempt(issued, { ca: [ca.cert] }, {}, host);
      expect(properties(result, 'tls.result', 'tls.trust', 'failedRung')).toEqual({
        'tls.result': 'ok',
        'tls.trust': 'ok',
        failedRung: 'http',
      });
      expect(result.portrait.certificate?.sha256).toBe(issued.sha256);
    }
  });

  it.each([
    ['self-signed', good, 'localhost'],
    ['unknown-issuer', issueCertificate({ issuer: issueCertificate({ commonName: 'CA', authority: true }) }), 'localhost'],
    ['self-signed,expired', issueCertificate({ notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') }), 'localhost'],
    ['self-signed,not-yet-valid', issueCertificate({ notBefore: new Date('2090-01-01'), notAfter: new Date('2091-01-01') }), 'localhost'],
    ['self-signed,name-mismatch', good, 'other.example'],
    ['self-signed,weak-key', issueCertificate({ keyType: 'rsa-1024' }), 'localhost'],
    ['self-signed,wrong-usage', issueCertificate({ usage: 'client' }), 'localhost'],
  ] as const)('stops before anything is sent: %s', async (trust, certificate, host) => {
    const weak = trust.includes('weak') ? { ciphers: 'DEFAULT:@SECLEVEL=0' } : {};
    const result = await attempt(certificate, {}, weak, host);
    expect(properties(result, 'tls.result', 'tls.trust', 'http', 'failedRung')).toEqual({
      'tls.result': 'ok',
      'tls.trust': trust,
      failedRung: 'tls',
    });
  });

  it('trusts a pinned certificate whatever else is wrong with it, and no other one', async () => {
    const pin = good.sha256.toUpperCase().replace(/(..)(?=.)/g, '$1:');
    const pinned = await attempt(good, { pins: [pin] }, {}, 'other.example');
    expect(walked(pinned)).toMatchObject({ tls: 'passed', http: 'failed' });
    const other = await attempt(good, { pins: ['00'.repeat(32)] });
    expect(walked(other)).toMatchObject({ tls: 'failed' });
    expect(walked(other)).not.toHaveProperty('http');
  });

  it('does not go on with a trusted certificate when another one was pinned', async () => {
    const result = await attempt(good, { ca: [good.cert], pins: ['00'.repeat(32)] });
    expect(result.properties.get('tls.trust')?.value).toBe('ok');
    expect(result.properties.get('failedRung')?.value).toBe('tls');
  });

  it('goes on without trust only when told, and warns', async () => {
    expect(walked(await attempt(good, { insecure: true }))).toMatchObject({ tls: 'warned', http: 'failed' });
  });

  it('names the version that works when the handshake does not', async () => {
    const result = await attempt(good, {}, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' });
    expect(properties(result, 'tls.worksWith', 'failedRung')).toEqual({ 'tls.worksWith': 'TLSv1.1', failedRung: 'tls' });
    expect(['alert', 'unsupported']).toContain(result.properties.get('tls.result')?.value);
  });

  it.each([
    ['reset', (socket: import('node:net').Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['closed', (socket: import('node:net').Socket) => socket.once('data', () => socket.end())],
    ['timeout', () => {}],
    ['not-tls', answer(wire)],
    // Alert handshake_failure (RFC 8446 section 6).
    ['alert', (socket: import('node:net').Socket) => socket.once('data', () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40])))],
  ] as const)('tells how the handshake ended: %s', async (result, serve) => {
    const port = await servers.tcp(serve);
    const made = await attemptConnection(`https://127.0.0.1:${port}`, quick);
    expect(properties(made, 'tls.result', 'failedRung')).toEqual({ 'tls.result': result, failedRung: 'tls' });
    if (result === 'alert') expect(made.properties.get('tls.alert')?.value).toBe('40');
  });

  it('refuses a client certificate that is none', async () => {
    await expect(
      attemptConnection(`https://127.0.0.1:${await servers.tcp(() => {})}`, {
        ...quick,
        credential: { kind: 'certificate', certificate: 'x', key: () => ({ reveal: () => 'y' }) as never },
      }),
    ).rejects.toMatchObject({ code: 'CONNECT_CERTIFICATE' });
  });
});
