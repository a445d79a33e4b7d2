import { Secret, type SecurityContext } from '@winmedic/gss';
import { kerberosInitiator, readGssKerberosToken, writeKeytab } from '@winmedic/kerberos';
import { ntlmInitiator } from '@winmedic/ntlm';
import { MECHANISM_OID, parseSpnegoToken, spnegoInitiator } from '@winmedic/spnego';
import { ACTION, parseEnvelope, RESOURCE, readFault, sealBody, unsealBody } from '@winmedic/wsman';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kdc, startKdc } from '../kdc/index.ts';
import type { WindowsHostSpec } from './index.ts';
import { requestOf } from './test-ask.ts';
import { login, type OneConnection, withHost } from './test-http.ts';

const PASSWORD = 'Unit-Passw0rd!';
const config = requestOf(ACTION.get, RESOURCE.config, { kind: 'get' });
let kdc: Kdc;
let spec: WindowsHostSpec;

beforeAll(async () => {
  kdc = await startKdc({
    realm: 'CORP.EXAMPLE',
    principals: [
      { name: 'alice', password: PASSWORD },
      { name: 'guest', password: PASSWORD },
      { name: 'HTTP/hv01.corp.example', password: 'of the machine' },
    ],
  });
  spec = {
    accounts: [{ user: 'alice', domain: 'CORP', password: PASSWORD }],
    keytab: writeKeytab(kdc.keytab('HTTP/hv01.corp.example').entries),
  };
});
afterAll(() => kdc.close());

function ticket(user = 'alice'): SecurityContext {
  return kerberosInitiator({
    credential: { kind: 'password', user, realm: 'CORP.EXAMPLE', password: new Secret(PASSWORD) },
    servicePrincipalName: 'HTTP/hv01.corp.example',
    kdc: kdc.transport(),
  });
}

const negotiate = (): SecurityContext => spnegoInitiator({ mechanisms: [{ oid: MECHANISM_OID.kerberos, context: () => ticket() }] });

/** The code of the fault that a sealed request gets; `undefined` when it is answered. */
async function sealedFault(
  connection: OneConnection,
  context: SecurityContext,
  scheme: 'Kerberos' | 'Negotiate',
): Promise<number | undefined> {
  const sealed = sealBody(context.protection, scheme, Buffer.from(config));
  const got = await connection.post({ headers: { 'Content-Type': sealed.contentType }, body: sealed.body });
  return readFault(parseEnvelope(unsealBody(got.headers['content-type'] ?? '', got.body, context.protection)))?.wsmanCode;
}

describe('Kerberos', () => {
  it.each(['Kerberos', 'Negotiate'] as const)('logs in as %s without a check at the host, and seals', async (scheme) => {
    await withHost(spec, async (host, http) => {
      const context = scheme === 'Kerberos' ? ticket() : negotiate();
      expect((await login(http, context, scheme)).status).toBe(200);
      for (let i = 0; i < 2; i++) expect(await sealedFault(http, context, scheme)).toBeUndefined();
      expect(host.counters.checks.size).toBe(0);
      expect(host.counters.logons).toEqual([{ id: 4624, user: 'alice', domain: 'CORP.EXAMPLE', scheme: 'Kerberos', status: 0 }]);
    });
  });

  it('a user of the domain without an account here logs in and may do nothing', async () => {
    await withHost(spec, async (_, http) => {
      const context = ticket('guest');
      expect((await login(http, context, 'Kerberos')).status).toBe(200);
      expect(await sealedFault(http, context, 'Kerberos')).toBe(5);
    });
  });

  it('a service key that is not the ticket’s is refused with KRB-ERROR 41, inside the reject of SPNEGO when that is spoken', async () => {
    const broken: WindowsHostSpec = { ...spec, fault: 'ap-err-modified' };
    await withHost(broken, async (_, http) => {
      await expect(login(http, ticket(), 'Kerberos')).rejects.toMatchObject({ krbError: 41 });
      const first = await negotiate().step();
      const got = await http.post({ headers: { Authorization: `Negotiate ${Buffer.from(first ?? []).toString('base64')}` } });
      const token = parseSpnegoToken(new Uint8Array(Buffer.from(got.challenges[0]?.replace('Negotiate ', '') ?? '', 'base64')));
      expect([got.status, token]).toMatchObject([401, { kind: 'response', negState: 'reject', responseToken: expect.any(Uint8Array) }]);
    });
  });

  it('a clock that is wrong is told with KRB-ERROR 37, so that the client can use the host’s', async () => {
    await withHost({ ...spec, clockSkewSeconds: 1200 }, async (host, http) => {
      const first = await ticket().step();
      const got = await http.post({ headers: { Authorization: `Kerberos ${Buffer.from(first ?? []).toString('base64')}` } });
      const error = readGssKerberosToken(new Uint8Array(Buffer.from(got.challenges[0]?.replace('Kerberos ', '') ?? '', 'base64')));
      expect([got.status, error]).toMatchObject([401, { message: { kind: 'KRB-ERROR', error: 37 } }]);
      expect((await login(http, ticket(), 'Kerberos')).status).toBe(200);
      expect(host.counters.logons).toHaveLength(1);
    });
  });

  it('does not fit into the headers of a host that takes only short ones, while NTLM does', async () => {
    await withHost({ ...spec, fault: 'header-too-long' }, async (_, http) => {
      expect((await login(http, ticket(), 'Kerberos')).status).toBe(400);
      expect((await login(http, negotiate(), 'Negotiate')).status).toBe(400);
      const credential = { user: 'alice', domain: 'CORP', password: new Secret(PASSWORD) };
      expect((await login(http, ntlmInitiator({ credential }))).status).toBe(200);
    });
  });

  it('is refused by a host without a keytab', async () => {
    await withHost({}, async (_, http) => {
      const got = await login(http, ticket(), 'Kerberos');
      expect([got.status, got.challenges]).toEqual([401, ['Negotiate', 'Kerberos']]);
    });
  });
});
