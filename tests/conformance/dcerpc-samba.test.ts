import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from './labs/lab.ts';
import { AD, sambaObstacles, startSambaLab } from './labs/samba-lab.ts';

/** Our RPC client against Samba: endpoint mapper without a login, sealed and signed binds with NTLM, SPNEGO and Kerberos. */
const obstacles = sambaObstacles();
if (obstacles.length > 0) console.log(`skipped: ${obstacles.join(', ')}`);

interface Answer {
  readonly value?: unknown;
  readonly code?: string;
  readonly status?: number;
  readonly cause?: string;
}

const LEVELS = { connect: 2, packet: 4, integrity: 5, privacy: 6 } as const;

describe.skipIf(obstacles.length > 0)("Samba's RPC server", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startSambaLab();
  });
  afterAll(() => lab?.close());

  const ask = (question: object): Answer =>
    lab.client<Answer>('tests/conformance/dcerpc-samba.client.ts', [], {
      input: JSON.stringify({ address: AD.dcAddress, host: AD.dc, realm: AD.realm, ...question }),
    });
  const login = (type: string, level: keyof typeof LEVELS, password: string = AD.administrator.password) => ({
    type,
    level,
    user: AD.administrator.user,
    password,
  });

  it('names ports of interfaces without a login', () => {
    expect(ask({ what: 'map', interface: 'drsuapi' }).value).toEqual([
      expect.objectContaining({ sequence: 'ncacn_ip_tcp', port: expect.any(Number), interface: expect.objectContaining({ major: 4 }) }),
    ]);
  });

  it('lists the whole map, in one fragment or in many', () => {
    const list = ask({ what: 'list' }).value as { annotation: string; tower: { sequence: string } }[];
    expect(list.length).toBeGreaterThan(20);
    expect(new Set(list.map(({ tower }) => tower.sequence))).toContain('ncacn_np');
    expect(ask({ what: 'list', fragmentBytes: 1432 }).value).toEqual(list);
  });

  it('has no DCOM: ServerAlive2 and activation are rejected as unknown interfaces', () => {
    expect(ask({ what: 'alive' })).toMatchObject({ code: 'DCERPC_REJECTED', status: 1 });
    expect(ask({ what: 'activator' })).toMatchObject({ code: 'DCERPC_REJECTED', status: 1 });
  });

  const kinds = ['ntlm', 'spnego-ntlm', 'kerberos', 'spnego'].flatMap((type) =>
    (['packet', 'integrity', 'privacy'] as const).map((level) => [type, level] as const),
  );
  it.each(kinds)('takes three calls with %s at level %s, each answer verified here', (type, level) => {
    expect(ask({ what: 'bind', calls: 3, login: login(type, level) }).value).toEqual({
      level: LEVELS[level],
      headerSigning: true,
      results: [0, 0, 0],
    });
  });

  it('takes a sealed drsuapi bind, and refuses one that is only signed, and one without a login', () => {
    expect(ask({ what: 'bind', interface: 'drsuapi', login: login('ntlm', 'privacy') }).value).toMatchObject({ results: [0] });
    expect(ask({ what: 'bind', interface: 'drsuapi', login: login('ntlm', 'integrity') })).toMatchObject({
      code: 'DCERPC_FAULT',
      status: 5,
    });
    expect(ask({ what: 'bind', interface: 'drsuapi' })).toMatchObject({ code: 'DCERPC_FAULT', status: 5 });
  });

  it('refuses level connect', () => {
    expect(ask({ what: 'bind', login: login('ntlm', 'connect') })).toMatchObject({ code: 'DCERPC_FAULT', status: 5 });
  });

  it('shows a wrong password in the fault its kind of login has', () => {
    // Samba ends NTLM's auth3 with nca_proto_error at the first call, SPNEGO's alter_context with RPC_S_SEC_PKG_ERROR.
    expect(ask({ what: 'bind', login: login('ntlm', 'privacy', 'bad') })).toMatchObject({ code: 'DCERPC_FAULT', status: 0x1c01000b });
    expect(ask({ what: 'bind', login: login('spnego-ntlm', 'privacy', 'bad') })).toMatchObject({ code: 'DCERPC_FAULT', status: 0x721 });
    expect(ask({ what: 'bind', login: login('kerberos', 'privacy', 'bad') })).toMatchObject({
      code: 'DCERPC_LOGIN',
      cause: 'KERBEROS_KDC_ERROR',
    });
  });
});
