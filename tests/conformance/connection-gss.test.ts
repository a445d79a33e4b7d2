import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorResult, DoctorRun } from './clients/doctor.ts';
import type { SessionCase, SessionResult } from './clients/sessions.ts';
import { GSS_PORTS, GSS_USER, gssObstacles, KDC_PORT, KEYTAB_USER, RC4_USER, startGssLab, USER_KEYTAB } from './labs/gss-lab.ts';
import type { Lab } from './labs/lab.ts';
import { linesOf, MECH, pathOf, type ServerLine } from './labs/server-log.ts';

/**
 * Our login, sealing and channel bindings against MIT krb5 and gss-ntlmssp: what the server took is read in the server's log, where each case has
 * a path of its own.
 */
const obstacles = gssObstacles();
const skipped = obstacles.length > 0 ? ` (skipped: ${obstacles.join(', ')})` : '';

const { kerberos: KERBEROS, ntlm: NTLM } = MECH;
const ETYPE = { aes128: 17, aes256: 18, aes128sha2: 19, aes256sha2: 20, rc4: 23 } as const;
const WRONG = 'Wr0ng-Passw0rd!';
const SMALL = 'urn:small';
const BIG = 'urn:big';
const BIG_BYTES = 400_000;

type Server = keyof typeof GSS_PORTS;
type Case = Pick<SessionCase, 'mechanisms' | 'spnego'> & Partial<SessionCase> & { readonly server: Server };

const ntlm = (server: Server, more: Partial<SessionCase> = {}): Case => ({ server, mechanisms: ['ntlm'], spnego: true, ...more });
const kerberos = (more: Partial<SessionCase> = {}): Case => ({ server: 'defaults', mechanisms: ['kerberos'], spnego: true, ...more });
const bare = { spnego: false, scheme: 'Kerberos' } as const;
/** Small and large bodies in turn on one connection: the sequence numbers and cipher streams of both sides go on from message to message. */
const EXCHANGES = [
  [SMALL, 200],
  [BIG, 3001],
  [SMALL, BIG_BYTES],
  [SMALL, 1],
  [BIG, BIG_BYTES],
  [SMALL, 17],
] as const;

const USER = `${GSS_USER.user}@${GSS_USER.realm}`;
const WORKSTATION_USER = `${GSS_USER.domain}\\${GSS_USER.user}`;

type SealedCase = readonly [name: string, asked: Case, mech: string, user: string, ticket: object];

/** Logins that are accepted and sealed: case, mechanism and user as the server saw them, and what the ticket was. */
const SEALED: readonly SealedCase[] = [
  ['NTLM bare', ntlm('defaults', { spnego: false }), NTLM, WORKSTATION_USER, {}],
  ['NTLM within SPNEGO', ntlm('defaults'), NTLM, WORKSTATION_USER, {}],
  ['Kerberos bare, scheme Kerberos', kerberos(bare), KERBEROS, USER, {}],
  ['Kerberos bare, scheme Negotiate', kerberos({ spnego: false }), KERBEROS, USER, {}],
  ['Kerberos within SPNEGO', kerberos(), KERBEROS, USER, {}],
  ['Kerberos preferred to NTLM within SPNEGO', kerberos({ mechanisms: ['kerberos', 'ntlm'] }), KERBEROS, USER, {}],
  ['NTLM preferred to Kerberos within SPNEGO', ntlm('defaults', { mechanisms: ['ntlm', 'kerberos'] }), NTLM, WORKSTATION_USER, {}],
  // The first token is of no use, and the choice is protected by mechListMICs.
  ['SPNEGO going over from Kerberos to NTLM', ntlm('ntlmV2Only', { mechanisms: ['kerberos', 'ntlm'] }), NTLM, WORKSTATION_USER, {}],
  ...Object.entries(ETYPE).flatMap(([name, etype]) =>
    [bare, {}].map((way) => {
      const asked = kerberos({ ...way, etypes: [etype] });
      return [
        `Kerberos ${'scheme' in way ? 'bare' : 'within SPNEGO'}, ${name}`,
        asked,
        KERBEROS,
        USER,
        { sessionEtype: etype },
      ] satisfies SealedCase;
    }),
  ),
  ['Kerberos with an account that has an RC4 key alone', kerberos({ user: RC4_USER }), KERBEROS, `${RC4_USER}@${GSS_USER.realm}`, {}],
  ['Kerberos with a keytab', kerberos({ user: KEYTAB_USER, keytab: USER_KEYTAB }), KERBEROS, `${KEYTAB_USER}@${GSS_USER.realm}`, {}],
  ['Kerberos with a ticket of kinit', kerberos({ cache: 'kinit.cc' }), KERBEROS, USER, {}],
  ['Kerberos with the service ticket of kvno', kerberos({ ...bare, cache: 'kvno.cc' }), KERBEROS, USER, { fromCache: true }],
  ['Kerberos with a ticket of ours', kerberos({ makeCache: 'ours.cc' }), KERBEROS, USER, {}],
];

/** Client level, server, SPNEGO, whether the server takes it (MS-NLMP 3.1.1.1: level 5 refuses LM and NTLMv1). */
const LEVELS = ([0, 1, 2, 3, 4, 5] as const).flatMap((level) =>
  (['ntlmV2Only', 'ntlmAnyLevel'] as const).flatMap((server) =>
    [true, false].map((spnego) => [level, server, spnego, server === 'ntlmAnyLevel' || level >= 3] as const),
  ),
);

/** Over HTTPS: server, kind of login, SPNEGO, which binding is sent, whether the server takes it. */
const BINDINGS = (['cbtStrict', 'cbtRelaxed'] as const).flatMap((server) =>
  (['ntlm', 'kerberos'] as const).flatMap((mechanism) =>
    [true, false].flatMap((spnego) =>
      (['right', 'none', 'other'] as const).map(
        (binding) => [server, mechanism, spnego, binding, binding === 'right' || (binding === 'none' && server === 'cbtRelaxed')] as const,
      ),
    ),
  ),
);

describe.skipIf(obstacles.length > 0)(`our client and the system's GSS-API${skipped}`, () => {
  let lab: Lab;
  const results = new Map<string, SessionResult>();
  let doctor: Readonly<Record<RunName, DoctorResult>>;

  const files = (asked: Case): Partial<SessionCase> => ({
    ...(asked.cache === undefined ? {} : { cache: lab.path(asked.cache) }),
    ...(asked.makeCache === undefined ? {} : { makeCache: lab.path(asked.makeCache) }),
    ...(asked.keytab === undefined ? {} : { keytab: lab.path(asked.keytab) }),
    ...(asked.server.startsWith('cbt') ? { ca: readFileSync(lab.path('cert.pem'), 'utf8') } : {}),
  });
  const complete = (name: string, { server, ...asked }: Case): SessionCase => ({
    host: GSS_USER.host,
    port: GSS_PORTS[server],
    path: pathOf(name),
    scheme: 'Negotiate',
    user: GSS_USER.user,
    domain: GSS_USER.domain,
    password: GSS_USER.password,
    realm: GSS_USER.realm,
    kdc: `127.0.0.1:${KDC_PORT}`,
    messages: [[SMALL, 100]],
    ...asked,
    ...files({ server, ...asked }),
  });
  const resultOf = (name: string): SessionResult => results.get(name) as SessionResult;

  beforeAll(async () => {
    const filler = (bytes: number) => `<p:Y xmlns:p="urn:x">${'日本'.repeat(bytes / 6)}</p:Y>`;
    lab = await startGssLab({ [SMALL]: filler(60), [BIG]: filler(BIG_BYTES), [ENUMERATE]: ROW });
    for (const name of ['kinit.cc', 'kvno.cc'])
      lab.must('kinit', ['-c', lab.path(name), GSS_USER.user], { input: `${GSS_USER.password}\n` });
    lab.must('kvno', ['-c', lab.path('kvno.cc'), `HTTP/${GSS_USER.host}`]);
    const cases = new Map<string, Case>();
    for (const [name, asked] of SEALED) cases.set(name, { messages: EXCHANGES, ...asked });
    for (const [level, server, spnego] of LEVELS)
      cases.set(`level ${level} ${server} ${spnego}`, ntlm(server, { level, spnego, messages: EXCHANGES }));
    for (const [server, mechanism, spnego, binding] of BINDINGS) {
      const scheme = mechanism === 'kerberos' && !spnego ? 'Kerberos' : 'Negotiate';
      cases.set(`binding ${server} ${mechanism} ${spnego} ${binding}`, {
        server,
        mechanisms: [mechanism],
        spnego,
        scheme,
        binding,
      });
    }
    for (const spnego of [true, false]) cases.set(`wrong password ${spnego}`, ntlm('defaults', { spnego, password: WRONG }));
    cases.set('unknown user', ntlm('defaults', { user: 'nobody' }));
    const run = lab.client<SessionResult[]>('tests/conformance/clients/sessions.ts', [], {
      input: JSON.stringify([...cases].map(([name, asked]) => complete(name, asked))),
      timeoutMs: 120_000,
    });
    for (const [index, name] of [...cases.keys()].entries()) results.set(name, run[index] as SessionResult);
    doctor = runDoctor(lab);
  });
  afterAll(() => lab?.close());

  it.each(SEALED)('%s: accepted, six sealed messages with up to 400 KB both ways', (name, { server }, mech, user, more) => {
    const { outcome, answers, ticket } = resultOf(name);
    expect({ outcome, error: resultOf(name).error }).toEqual({ outcome: 'accepted', error: undefined });
    expect(answers.map(({ status, sealed }) => ({ status, sealed }))).toEqual(EXCHANGES.map(() => ({ status: 200, sealed: true })));
    const lines = linesOf(lab, server, pathOf(name)).filter(({ sealed }) => sealed !== undefined);
    expect(lines).toMatchObject(
      EXCHANGES.map(([action], i) => ({
        status: 200,
        sealed: true,
        mech,
        user,
        action,
        asked: answers[i]?.asked,
        answered: answers[i]?.answered,
      })),
    );
    expect(answers[4]?.bytes).toBeGreaterThan(BIG_BYTES);
    expect(ticket ?? {}).toMatchObject(more);
  });

  it('spends one check of the password per login with Kerberos, and none with tickets', () => {
    const checks = (name: string) => resultOf(name).checks;
    expect(checks('Kerberos within SPNEGO')).toBe(1);
    expect(checks('Kerberos with a ticket of ours')).toBe(1);
    expect(checks('Kerberos with a ticket of kinit')).toBe(0);
    expect(checks('Kerberos with the service ticket of kvno')).toBe(0);
    expect(resultOf('Kerberos with a ticket of kinit').ticket?.fromCache).toBe(false);
  });

  it("the ticket file we write is listed and used by MIT's own programs", () => {
    const listed = lab.must('klist', ['-e', '-c', lab.path('ours.cc')]);
    expect(listed).toContain(`Default principal: ${USER}`);
    expect(listed).toContain(`krbtgt/${GSS_USER.realm}@${GSS_USER.realm}`);
    expect(lab.must('kvno', ['-c', lab.path('ours.cc'), `HTTP/${GSS_USER.host}`])).toMatch(/kvno = \d+/);
  });

  it.each(LEVELS)('NTLM level %i at %s, SPNEGO %s: taken %s', (level, server, spnego, taken) => {
    const name = `level ${level} ${server} ${spnego}`;
    const { outcome, status, answers } = resultOf(name);
    expect({ outcome, status }).toEqual(taken ? { outcome: 'accepted', status: 200 } : { outcome: 'rejected', status: 401 });
    const messages = linesOf(lab, server, pathOf(name)).filter(({ sealed }) => sealed !== undefined);
    expect(messages).toMatchObject(
      taken ? answers.map(({ asked, answered }) => ({ status: 200, mech: NTLM, sealed: true, asked, answered })) : [],
    );
    expect(messages).toHaveLength(taken ? EXCHANGES.length : 0);
  });

  it.each(BINDINGS)('%s with %s, SPNEGO %s, channel binding %s: taken %s', (server, mechanism, spnego, binding, taken) => {
    const name = `binding ${server} ${mechanism} ${spnego} ${binding}`;
    expect(resultOf(name)).toMatchObject({ outcome: taken ? 'accepted' : 'rejected', status: taken ? 200 : 401 });
    const lines = linesOf(lab, server, pathOf(name));
    if (taken) expect(lines.at(-1)).toMatchObject({ status: 200, mech: mechanism === 'ntlm' ? NTLM : KERBEROS, sealed: false });
    else expect(lines.filter(({ why }) => why !== undefined)).toHaveLength(1);
  });

  it.each(['wrong password true', 'wrong password false', 'unknown user'])('%s: rejected with the last token', (name) => {
    expect(resultOf(name)).toMatchObject({ outcome: 'rejected', status: 401, answers: [] });
    expect(linesOf(lab, 'defaults', pathOf(name)).filter(({ why }) => why !== undefined)).toHaveLength(1);
  });

  describe('the connection doctor', () => {
    const one = (name: RunName) => doctor[name].attempts[0]!;
    const seenBy = (name: RunName): ServerLine[] => linesOf(lab, RUNS[name].server, pathOf(name));

    it('climbs to the login with the default set-up and NTLM, sealed', () => {
      expect(one('ntlm').rungs).toMatchObject({ tcp: 'passed', schemes: 'passed', login: 'passed', rights: 'passed' });
      expect(one('ntlm').properties).toMatchObject({
        'schemes.offered': 'Negotiate,Kerberos',
        'login.mechanism': 'ntlm',
        'login.result': 'accepted',
        'ntlm.response': 'v2',
        'ntlm.mic': 'true',
        'request.result': 'ok',
        'request.clear': 'false',
      });
      const messages = seenBy('ntlm').filter(({ sealed }) => sealed !== undefined && sealed !== null);
      expect(messages.length).toBeGreaterThan(1);
      for (const line of messages) expect(line).toMatchObject({ sealed: true, mech: NTLM, status: 200 });
    });

    it('takes Kerberos when it is asked for, sealed', () => {
      expect(one('kerberos').rungs).toMatchObject({ login: 'passed', rights: 'passed' });
      expect(one('kerberos').properties).toMatchObject({ 'login.mechanism': 'kerberos', 'kerberos.spn': `HTTP/${GSS_USER.host}` });
      expect(seenBy('kerberos').filter(({ sealed }) => sealed)).not.toEqual([]);
      expect(seenBy('kerberos').filter(({ status, mech }) => status === 200 && mech !== KERBEROS)).toEqual([]);
      expect(doctor.kerberos.checks).toEqual({ [GSS_USER.user]: 1 });
    });

    it('tells a wrong password by the step at which the login ended', () => {
      expect(one('wrong').properties).toMatchObject({ 'login.result': 'rejected', 'login.step': 'last', 'login.status': '401' });
      expect(one('wrong').checks).toBe(1);
      expect(seenBy('wrong').filter(({ why }) => why !== undefined)).toHaveLength(1);
    });

    it('shows what the server does with a clear body', () => {
      expect(one('clear').rungs).toMatchObject({ login: 'passed', rights: 'failed' });
      expect(one('clear').properties).toMatchObject({
        failedRung: 'rights',
        'login.result': 'accepted',
        'request.clear': 'true',
        'request.status': '500',
        'request.body': 'empty',
      });
      expect(seenBy('clear').at(-1)).toMatchObject({ status: 500, why: 'clear' });
    });

    it('does not use Basic where it is not offered', () => {
      expect(one('basicNotOffered').properties).toMatchObject({
        failedRung: 'schemes',
        'schemes.usable': 'false',
        'login.result': 'not-tried',
      });
      expect(seenBy('basicNotOffered').filter(({ scheme }) => scheme === 'Basic')).toEqual([]);
    });

    it('does not send Basic in clear, and sends it when that is allowed', () => {
      expect(one('basicHeld').properties).toMatchObject({ 'login.held': 'cleartext', 'login.result': 'not-tried' });
      expect(seenBy('basicHeld').filter(({ scheme }) => scheme === 'Basic')).toEqual([]);
      expect(one('basicAllowed').rungs).toMatchObject({ login: 'passed' });
      expect(seenBy('basicAllowed').filter(({ scheme, status }) => scheme === 'Basic' && status === 200)).not.toEqual([]);
    });

    it('logs in over HTTPS with strict channel binding, and not without the binding', () => {
      expect(one('bound').properties).toMatchObject({ 'tls.result': 'ok', 'ntlm.cbt': 'present', 'login.result': 'accepted' });
      expect(one('boundKerberos').properties).toMatchObject({ 'login.mechanism': 'kerberos', 'login.result': 'accepted' });
      expect(one('unbound').properties).toMatchObject({
        failedRung: 'login',
        'ntlm.cbt': 'zero',
        'login.result': 'rejected',
        'login.step': 'last',
      });
    });

    it('shows which response a server of level 5 refused', () => {
      expect(one('v1').properties).toMatchObject({ failedRung: 'login', 'ntlm.response': 'v1', 'login.result': 'rejected' });
    });

    it('takes the tickets of kinit and the keys of a keytab', () => {
      for (const [name, checks] of [
        ['tickets', 0],
        ['keytab', 1],
      ] as const) {
        expect(one(name).rungs).toMatchObject({ login: 'passed', rights: 'passed' });
        expect(seenBy(name).at(-1)).toMatchObject({ status: 200, sealed: true, mech: KERBEROS });
        expect(one(name).checks).toBe(checks);
      }
    });

    it.each([
      ['kerberosWrong', '24', 1],
      ['kerberosUnknown', '6', 0],
    ] as const)('%s: tells KRB-ERROR %s', (name, error, checks) => {
      expect(one(name).properties).toMatchObject({ failedRung: 'login', 'kerberos.stage': 'as', 'kerberos.error': error });
      expect(one(name).checks).toBe(checks);
    });

    it('tells a KDC that does not answer', () => {
      expect(one('noKdc').properties).toMatchObject({ failedRung: 'login', 'kerberos.kdc': 'unreachable', 'login.result': 'failed' });
      expect(one('noKdc').checks).toBe(0);
    });

    it.each([
      ['ntlm', '', 'confirmed'],
      ['kerberosWrong', 'bad-credentials', 'confirmed'],
      ['noKdc', 'kerberos-no-kdc', 'confirmed'],
      ['basicHeld', 'cleartext-held', 'confirmed'],
      // Settings of the host are not on the wire: likely at most.
      ['clear', 'winrm-allowunencrypted-false', 'likely'],
      ['basicNotOffered', 'winrm-basic-disabled', 'likely'],
      ['v1', 'lm-compat-mismatch', 'likely'],
      ['wrong', '', 'inconclusive'],
    ] as const)('says of %s: %s, %s', (name, cause, grade) => {
      expect({ cause: one(name).cause, grade: one(name).grade }).toEqual({ cause, grade });
    });

    it('does not call the binding that is missing a wrong password, nor the reverse confirmed', () => {
      expect(one('unbound').grade).not.toBe('confirmed');
      expect(one('unbound').cause).not.toBe('bad-credentials');
    });

    it('keeps the password out of everything it gives', () => {
      for (const { size, leaks } of Object.values(doctor)) {
        expect(size).toBeGreaterThan(1000);
        expect(leaks).toEqual([]);
      }
    });
  });

  function runDoctor(inside: Lab): Readonly<Record<RunName, DoctorResult>> {
    const ca = [readFileSync(inside.path('cert.pem'), 'utf8')];
    const runs = Object.entries(RUNS).map(
      ([name, { server, options, user = WORKSTATION_USER, password, ticketCache, keytab }]): DoctorRun => {
        const scheme = server.startsWith('cbt') ? 'https' : 'http';
        const targets = [`${scheme}://${GSS_USER.host}:${GSS_PORTS[server]}${pathOf(name)}`];
        const run = { targets, options: { ...options, ca } };
        if (ticketCache !== undefined) return { ...run, ticketCache: inside.path(ticketCache) };
        if (keytab !== undefined) return { ...run, user, keytab: inside.path(keytab) };
        return { ...run, user, password: password ?? GSS_USER.password };
      },
    );
    const results = inside.client<DoctorResult[]>('tests/conformance/clients/doctor.ts', [], { input: JSON.stringify(runs) });
    return Object.fromEntries(Object.keys(RUNS).map((name, i) => [name, results[i]])) as Record<RunName, DoctorResult>;
  }
});

/** A run of the doctor against one server; without more it is a password login of {@link WORKSTATION_USER}. */
type Run = { readonly server: Server; readonly options: object } & Partial<Pick<DoctorRun, 'user' | 'password' | 'ticketCache' | 'keytab'>>;
type RunName =
  | 'ntlm'
  | 'kerberos'
  | 'tickets'
  | 'keytab'
  | 'kerberosWrong'
  | 'kerberosUnknown'
  | 'noKdc'
  | 'wrong'
  | 'clear'
  | 'basicNotOffered'
  | 'basicHeld'
  | 'basicAllowed'
  | 'bound'
  | 'boundKerberos'
  | 'unbound'
  | 'v1';

/** Runs of the doctor by name; the name is the path as well. */
const RUNS: Readonly<Record<RunName, Run>> = {
  ntlm: { server: 'defaults', options: { auth: 'NTLM' } },
  kerberos: { server: 'defaults', options: { auth: 'Kerberos' }, user: USER },
  tickets: { server: 'defaults', options: { auth: 'Kerberos' }, ticketCache: 'kinit.cc' },
  keytab: { server: 'defaults', options: { auth: 'Kerberos' }, user: `${KEYTAB_USER}@${GSS_USER.realm}`, keytab: USER_KEYTAB },
  kerberosWrong: { server: 'defaults', options: { auth: 'Kerberos' }, user: USER, password: WRONG },
  kerberosUnknown: { server: 'defaults', options: { auth: 'Kerberos' }, user: `nobody@${GSS_USER.realm}` },
  // Port 9 of the lab is closed.
  noKdc: { server: 'defaults', options: { auth: 'Kerberos', kerberos: { kdcs: ['127.0.0.1:9'] } }, user: USER },
  wrong: { server: 'defaults', options: { auth: 'NTLM' }, password: WRONG },
  clear: { server: 'defaults', options: { auth: 'NTLM', withoutSealing: true, allowCleartext: true } },
  basicNotOffered: { server: 'defaults', options: { auth: 'Basic', allowCleartext: true }, user: GSS_USER.user },
  basicHeld: { server: 'weak', options: { auth: 'Basic' }, user: GSS_USER.user },
  basicAllowed: { server: 'weak', options: { auth: 'Basic', allowCleartext: true }, user: GSS_USER.user },
  bound: { server: 'cbtStrict', options: { auth: 'NTLM' } },
  boundKerberos: { server: 'cbtStrict', options: { auth: 'Kerberos' }, user: USER },
  unbound: { server: 'cbtStrict', options: { auth: 'NTLM', withoutChannelBinding: true } },
  v1: { server: 'ntlmV2Only', options: { auth: 'NTLM', ntlmLevel: 2 } },
};

const ENUMERATE = 'http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate';
/** An answer to every query: one row, and the end. */
const ROW =
  '<n:EnumerateResponse xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">' +
  '<n:EnumerationContext/><w:Items><w:XmlFragment><Caption>GSS</Caption><Version>0.0</Version><Name>x</Name></w:XmlFragment></w:Items>' +
  '<w:EndOfSequence/></n:EnumerateResponse>';
