import type { SecurityContext } from '@winmedic/gss';
import { Secret } from '@winmedic/gss';
import { ntHash, ntlmAcceptor, ntlmInitiator } from '@winmedic/ntlm';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type IssuedCertificate, issueCertificate } from '../../../labs/src/certificates/index.ts';
import { keyProof, subjectPublicKey, wrap } from './exchange.ts';
import {
  type CredsspAcceptor,
  type CredsspAcceptorOptions,
  CredsspError,
  type CredsspInitiator,
  type CredsspInitiatorOptions,
  credsspAcceptor,
  credsspInitiator,
  parseTsRequest,
  type TsRequest,
  writeTsRequest,
} from './index.ts';
import { TlsHandshake } from './tls-handshake.ts';
import type { TlsRecords } from './tls-records.ts';

const PASSWORD = 'Pass-w0rd!';
const credential = { user: 'alice', domain: 'CORP', password: new Secret(PASSWORD) };

let rsa: IssuedCertificate;
let curve: IssuedCertificate;
beforeAll(() => {
  rsa = issueCertificate({ commonName: 'hv01.corp.example' });
  curve = issueCertificate({ commonName: 'hv01.corp.example', keyType: 'ecdsa' });
});

const client = (options: Partial<CredsspInitiatorOptions> = {}): CredsspInitiator =>
  credsspInitiator({ credential, context: () => ntlmInitiator({ credential }), ...options });

const host = (options: Partial<CredsspAcceptorOptions> = {}, password = PASSWORD): CredsspAcceptor =>
  credsspAcceptor({
    tls: { key: rsa.key, cert: rsa.cert },
    context: () =>
      ntlmAcceptor({
        target: { netbiosComputer: 'HV01', netbiosDomain: 'CORP' },
        lookUp: () => ({ ntHash: ntHash(new Secret(password)) }),
      }),
    ...options,
  });

/** Lets both talk; returns the tokens in order. */
async function talk(
  a: SecurityContext,
  b: SecurityContext,
  change: (token: Uint8Array, n: number) => Uint8Array = (token) => token,
): Promise<Uint8Array[]> {
  const tokens: Uint8Array[] = [];
  let side = b;
  for (let token = await a.step(); token !== undefined; ) {
    tokens.push(token);
    const answer: Uint8Array | undefined = await side.step(change(token, tokens.length - 1));
    side = side === a ? b : a;
    token = answer;
  }
  return tokens;
}

describe('CredSSP', () => {
  it.each([2, 3, 4, 5, 6] as const)('binds, delegates and seals with version %i', async (version) => {
    const [a, b] = [client({ minimumVersion: 2 }), host({ version })];
    const tokens = await talk(a, b);
    expect([a.complete, b.complete, a.stage, b.stage]).toEqual([true, true, 'credentials', 'credentials']);
    expect([a.serverVersion, b.clientVersion]).toEqual([version, 6]);
    expect(b.delegated).toEqual({ type: 'password', user: 'alice', domain: 'CORP', passwordBytes: 20 });
    expect(b.peer).toMatchObject({ user: 'alice', domain: 'CORP' });
    expect(a.serverCertificate).toEqual(Buffer.from(rsa.certificate));
    // TLS: hello, flight, keys, finished; NTLM: type 1, type 2, type 3 with the key, its answer; the credential.
    expect(tokens).toHaveLength(9);
    for (const [from, to] of [
      [a, b],
      [b, a],
      [b, a],
    ] as const) {
      const clear = Buffer.alloc(16384, 7);
      const sealed = from.protection.seal(clear);
      expect(sealed.header).toHaveLength(from.protection.headerLength(clear.length));
      expect(Buffer.from(to.protection.unseal(sealed)).equals(clear)).toBe(true);
    }
  });

  it('runs over TLS 1.3, where the client ends the handshake', async () => {
    const [a, b] = [client({ tls: { maxVersion: 'TLSv1.3' } }), host()];
    await talk(a, b);
    expect([a.complete, b.complete, a.tunnel?.version, a.protection.headerLength(1)]).toEqual([true, true, 'TLSv1.3', 17]);
  });

  it('takes TLS 1.2 unless told otherwise, and a key on a curve', async () => {
    const [a, b] = [client(), host({ tls: { key: curve.key, cert: curve.cert } })];
    await talk(a, b);
    expect([a.complete, a.tunnel]).toEqual([true, { version: 'TLSv1.2', cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' }]);
  });

  it('takes a first message that came along with the end of the handshake', async () => {
    const [a, b] = [client({ tls: { maxVersion: 'TLSv1.3' } }), host()];
    const flight = await b.step((await a.step()) as Uint8Array);
    const finished = (await a.step(flight)) as Uint8Array;
    // Our client waits for the tickets; this one does not.
    const first = (await a.step(new Uint8Array(0))) as Uint8Array;
    const answer = (await b.step(Buffer.concat([finished, first]))) as Uint8Array;
    for (let token: Uint8Array | undefined = answer; token !== undefined && !b.complete; ) {
      const next: Uint8Array | undefined = await a.step(token);
      token = next && (await b.step(next));
    }
    expect([a.complete, b.complete]).toEqual([true, true]);
  });
});

describe('an old host', () => {
  it.each([2, 3, 4] as const)('of version %i is refused before anything is proved to it', async (version) => {
    const [a, b] = [client(), host({ version })];
    await expect(talk(a, b)).rejects.toMatchObject({ code: 'CREDSSP_OLD_VERSION', stage: 'public-key' });
    expect([a.serverVersion, a.inner?.complete, b.inner?.complete, b.delegated]).toEqual([version, false, false, undefined]);
  });

  it('may be demanded to be newer still', async () => {
    await expect(talk(client({ minimumVersion: 6 }), host({ version: 5 }))).rejects.toMatchObject({ code: 'CREDSSP_OLD_VERSION' });
  });
});

describe('a refused login', () => {
  it.each([3, 4, 6] as const)('is told with its status by version %i', async (version) => {
    const [a, b] = [client({ minimumVersion: 2 }), host({ version, statusOf: () => 0xc0000234 }, 'another')];
    await expect(talk(a, b)).rejects.toMatchObject({ code: 'CREDSSP_ERROR_CODE', ntstatus: 0xc0000234, stage: 'negotiate' });
    expect(b.refused).toMatchObject({ name: 'NtlmError' });
    expect([a.complete, b.complete, b.delegated]).toEqual([false, false, undefined]);
    await expect(b.step(new Uint8Array(1))).rejects.toBe(b.refused);
    await expect(a.step(new Uint8Array(1))).rejects.toMatchObject({ code: 'CREDSSP_SEQUENCE' });
  });

  it.each([2, 5] as const)('rejects on the host alone with version %i', async (version) => {
    const b = host({ version }, 'another');
    await expect(talk(client({ minimumVersion: 2 }), b)).rejects.toMatchObject({ name: 'NtlmError' });
    expect(b.refused).toBeDefined();
  });

  it('that is answered without a token is a refused login, not a wrong key', async () => {
    const [a, b] = [client({ minimumVersion: 2 }), host({ version: 2 }, 'another')];
    let token = await a.step();
    for (let refused = false; !refused && token !== undefined; ) {
      const answer: Uint8Array | undefined = await b.step(token).catch(() => {
        refused = true;
        return undefined;
      });
      if (!refused) token = await a.step(answer);
    }
    await expect(a.step()).rejects.toMatchObject({ code: 'CREDSSP_REFUSED', stage: 'negotiate' });
    expect([a.stage, a.serverVersion]).toEqual(['negotiate', 2]);
  });

  it('without any answer names the stage it came to', async () => {
    const [a, b] = [client(), host()];
    await a.step(await b.step((await a.step()) as Uint8Array));
    await expect(a.step()).rejects.toMatchObject({ code: 'CREDSSP_REFUSED', stage: 'tls' });

    const [c, d] = [client(), host()];
    let token = await c.step();
    while (c.stage === 'tls') token = await c.step(await d.step(token as Uint8Array));
    await expect(c.step(new Uint8Array(0))).rejects.toMatchObject({ code: 'CREDSSP_REFUSED', stage: 'negotiate' });
  });
});

describe('somebody in between', () => {
  /** Ends the client's tunnel with a certificate of his own; returns the tunnel and the client's first message. */
  async function catchClient(victim: SecurityContext): Promise<{ readonly records: TlsRecords; readonly first: Uint8Array }> {
    const other = issueCertificate({ commonName: 'hv01.corp.example' });
    const tls = new TlsHandshake({
      role: 'server',
      tls: { key: other.key, cert: other.cert, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
    });
    let token = (await victim.step()) as Uint8Array;
    while (tls.tunnel === undefined) token = (await victim.step(await tls.step(token))) as Uint8Array;
    return { records: tls.tunnel.records, first: token };
  }

  it.each([2, 6] as const)('who passes the login on gets no credential from a host of version %i', async (version) => {
    const b = host({ version });
    const victim = client({ minimumVersion: 2 });
    const { records, first } = await catchClient(victim);
    const tls = new TlsHandshake({ role: 'client', tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', rejectUnauthorized: false } });
    let flight = await tls.step();
    while (tls.tunnel === undefined) flight = await tls.step(await b.step(flight));
    const toHost = tls.tunnel.records;
    const challenge = await b.step(toHost.seal(records.open(first)));
    const proof = await victim.step(records.seal(toHost.open(challenge as Uint8Array)));
    await expect(b.step(toHost.seal(records.open(proof as Uint8Array)))).rejects.toMatchObject({
      code: 'CREDSSP_PUBLIC_KEY',
      stage: 'public-key',
    });
    expect([b.inner?.complete, b.delegated, victim.complete]).toEqual([true, undefined, false]);
  });

  it.each([
    ['gives the client its own proof back', (_: SecurityContext, request: TsRequest) => request.pubKeyAuth as Uint8Array],
    [
      'proves the key of another certificate',
      (inner: SecurityContext) => wrap(inner, keyProof(subjectPublicKey(rsa.certificate), 'server', undefined)),
    ],
    ['gives the hash of the client in place of his own', (inner: SecurityContext) => wrap(inner, new Uint8Array(32))],
  ])('who %s is noticed by the client', async (_, prove) => {
    const victim = client();
    const { records, first } = await catchClient(victim);
    const inner = ntlmAcceptor({
      target: { netbiosComputer: 'X', netbiosDomain: 'CORP' },
      lookUp: () => ({ ntHash: ntHash(credential.password) }),
    });
    const say = (request: Partial<TsRequest>): Uint8Array => records.seal(writeTsRequest({ version: 6, negoTokens: [], ...request }));
    const challenge = (await inner.step(parseTsRequest(records.open(first)).negoTokens[0])) as Uint8Array;
    const request = parseTsRequest(records.open((await victim.step(say({ negoTokens: [challenge] }))) as Uint8Array));
    await inner.step(request.negoTokens[0]);
    await expect(victim.step(say({ pubKeyAuth: prove(inner, request) }))).rejects.toMatchObject({ code: 'CREDSSP_PUBLIC_KEY' });
    expect(victim.complete).toBe(false);
  });

  it('who changes a record is noticed', async () => {
    for (let n = 4; n < 8; n++) {
      const change = (token: Uint8Array, i: number): Uint8Array => {
        if (i !== n) return token;
        const changed = Uint8Array.from(token);
        changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
        return changed;
      };
      await expect(talk(client(), host(), change)).rejects.toMatchObject({ code: 'CREDSSP_BAD_MIC' });
    }
  });
});

describe('a tunnel that does not come about', () => {
  it('is told with what TLS said', async () => {
    const a = client();
    await a.step();
    await expect(a.step(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))).rejects.toMatchObject({
      code: 'CREDSSP_TLS',
      stage: 'tls',
      cause: expect.any(Error),
    });
    await expect(host().step(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).rejects.toMatchObject({ code: 'CREDSSP_TLS' });
    await expect(host().step(new Uint8Array((1 << 18) + 1))).rejects.toMatchObject({ code: 'CREDSSP_LIMIT' });
    await expect(host().step()).rejects.toMatchObject({ code: 'CREDSSP_REFUSED' });
  });

  it('when a flight ends early', async () => {
    const [a, b] = [client(), host()];
    const flight = (await b.step((await a.step()) as Uint8Array)) as Uint8Array;
    await expect(a.step(flight.subarray(0, 100))).rejects.toMatchObject({ code: 'CREDSSP_TLS', have: 100 });
  });

  it('when the versions have none in common', async () => {
    const b = host({ tls: { key: rsa.key, cert: rsa.cert, minVersion: 'TLSv1.3' } });
    await expect(talk(client(), b)).rejects.toMatchObject({ code: 'CREDSSP_TLS' });
  });

  it('when the certificate is to be checked and nobody trusts it', async () => {
    const a = client({ tls: { rejectUnauthorized: true } });
    await expect(talk(a, host())).rejects.toMatchObject({
      code: 'CREDSSP_TLS',
      cause: expect.objectContaining({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    });
    const trusting = client({ tls: { rejectUnauthorized: true, ca: rsa.cert, servername: 'hv01.corp.example' } });
    await talk(trusting, host());
    expect(trusting.complete).toBe(true);
  });
});

describe('protection', () => {
  it('is there when the exchange is complete, and has neither signatures nor a key', async () => {
    const [a, b] = [client(), host()];
    expect(() => a.protection).toThrow(expect.objectContaining({ code: 'CREDSSP_NOT_READY' }));
    await talk(a, b);
    const { protection } = a;
    const unsupported = expect.objectContaining({ code: 'CREDSSP_UNSUPPORTED' });
    expect(() => protection.sign(new Uint8Array(1))).toThrow(unsupported);
    expect(() => protection.verify(new Uint8Array(1), new Uint8Array(1))).toThrow(unsupported);
    expect(() => protection.sessionKey).toThrow(unsupported);
    expect(() => protection.seal(new Uint8Array(1), { before: new Uint8Array(0), after: new Uint8Array(0) })).toThrow(unsupported);
  });
});

describe('hostile input', () => {
  it('into the handshake ends with an error of this package', async () => {
    const hello = (await client().step()) as Uint8Array;
    const flight = (await host().step(hello)) as Uint8Array;
    await fc.assert(
      fc.asyncProperty(fc.nat(hello.length - 1), fc.nat(flight.length - 1), fc.integer({ min: 1, max: 255 }), async (at, cut, change) => {
        const changed = Uint8Array.from(hello);
        changed[at] = (changed[at] as number) ^ change;
        // A server may go on with a changed hello: it is noticed at the end of the handshake.
        await host()
          .step(changed)
          .catch((error) => expect(error).toBeInstanceOf(CredsspError));
        const a = client();
        await a.step();
        const wrong = Uint8Array.from(flight);
        wrong[cut] = (wrong[cut] as number) ^ change;
        // Written for another hello, so it is never right.
        await expect(a.step(wrong)).rejects.toBeInstanceOf(CredsspError);
        const b = client();
        await b.step();
        await expect(b.step(flight.subarray(0, cut))).rejects.toBeInstanceOf(CredsspError);
      }),
      { numRuns: 40 },
    );
  });

  it('inside the tunnel ends with an error of this package', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (noise) => {
        const b = host();
        const tls = new TlsHandshake({ role: 'client', tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', rejectUnauthorized: false } });
        let token = await tls.step();
        while (tls.tunnel === undefined) token = await tls.step(await b.step(token));
        await expect(b.step(tls.tunnel.records.seal(noise))).rejects.toBeInstanceOf(CredsspError);
        expect(b.complete).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});
