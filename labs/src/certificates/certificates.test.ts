import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { tlsServerEndPoint } from '@winmedic/gss';
import { describe, expect, it } from 'vitest';
import { issueCertificate, makeKey } from './index.ts';

describe('issueCertificate', () => {
  it('makes a self-signed server certificate that Node reads', () => {
    const made = issueCertificate({ commonName: 'hv01.corp.example', names: ['hv01.corp.example', 'hv01', '10.0.0.5', 'fe80::1'] });
    const read = new X509Certificate(made.cert);
    expect(read.subject).toBe('CN=hv01.corp.example');
    expect(read.subjectAltName).toBe('DNS:hv01.corp.example, DNS:hv01, IP Address:10.0.0.5, IP Address:FE80:0:0:0:0:0:0:1');
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.issuer).toBe(read.subject);
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(read.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(made.sha256);
    expect(new Uint8Array(read.raw)).toEqual(new Uint8Array(made.certificate));
  });

  it('is called self-signed by a TLS client, and good when trusted', async () => {
    const made = issueCertificate({ keyType: 'ecdsa' });
    const listener = createServer({ ...made }, (socket) => socket.on('error', () => {}).end());
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    await expect(once(connect({ port, host: '127.0.0.1', servername: 'localhost' }), 'secureConnect')).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    const trusted = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: made.cert });
    await once(trusted.resume(), 'end');
    expect(trusted.authorized).toBe(true);
    listener.close();
  });

  it('has the dates asked for, also beyond 2049', () => {
    const read = new X509Certificate(
      issueCertificate({ keyType: 'ecdsa', notBefore: new Date('2020-01-02T03:04:05Z'), notAfter: new Date('2055-06-07T08:09:10Z') }).cert,
    );
    expect(new Date(read.validFrom).toISOString()).toBe('2020-01-02T03:04:05.000Z');
    expect(new Date(read.validTo).toISOString()).toBe('2055-06-07T08:09:10.000Z');
  });

  it('issues from an authority, and a client believes exactly that', async () => {
    const ca = issueCertificate({ commonName: 'Test CA', authority: true, keyType: 'ecdsa' });
    const server = issueCertificate({ commonName: 'hv01', issuer: ca, keyType: 'ecdsa' });
    const client = issueCertificate({ commonName: 'alice', issuer: ca, keyType: 'ecdsa', usage: 'client', upn: 'alice@corp.example' });
    expect(new X509Certificate(server.cert).checkIssued(new X509Certificate(ca.cert))).toBe(true);
    expect(Buffer.from(client.certificate).includes('alice@corp.example')).toBe(true);
    const seen: string[] = [];
    const listener = createServer({ ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true }, (socket) => {
      seen.push(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    const good = connect({ port, host: '127.0.0.1', servername: 'hv01', ca: ca.cert, cert: client.cert, key: client.key }) as TLSSocket;
    await once(good.resume(), 'end');
    expect(good.authorized).toBe(true);
    expect(seen).toEqual(['alice']);
    const other = issueCertificate({ commonName: 'Test CA', authority: true, keyType: 'ecdsa' });
    const bad = connect({ port, host: '127.0.0.1', servername: 'hv01', ca: other.cert });
    await expect(once(bad, 'secureConnect')).rejects.toMatchObject({ code: expect.stringMatching(/CERT|ISSUER|SIGNATURE/) });
    listener.close();
  });

  it.each([
    ['sha256', 32],
    ['sha1', 32],
    ['sha384', 48],
    ['sha512', 64],
  ] as const)('signed with %s gives a channel binding of %i bytes', (hash, size) => {
    const { certificate } = issueCertificate({ keyType: 'ecdsa', hash });
    expect(tlsServerEndPoint(certificate)).toHaveLength('tls-server-end-point:'.length + size);
  });

  it('takes a key of the caller, so that many certificates share one', () => {
    const key = makeKey('rsa-1024');
    const [a, b] = [issueCertificate({ key }), issueCertificate({ key, commonName: 'other' })];
    expect(a.key).toBe(b.key);
    expect(a.sha256).not.toBe(b.sha256);
  });
});
