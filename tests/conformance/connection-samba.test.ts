import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorAttempt, DoctorResult, DoctorRun } from './clients/doctor.ts';
import type { Lab } from './labs/lab.ts';
import { AD, badPasswords, LOCKOUT_THRESHOLD, sambaObstacles, startSambaLab } from './labs/samba-lab.ts';
import { linesOf, MECH, pathOf, type ServerLine } from './labs/server-log.ts';

/**
 * The connection doctor against an Active Directory domain of Samba: errors of the KDC by number, Kerberos with a PAC, domain accounts over NTLM
 * through winbind, and bad passwords as the domain controller counts them.
 */
const obstacles = sambaObstacles();
const skipped = obstacles.length > 0 ? ` (skipped: ${obstacles.join(', ')})` : '';

const [BERT, CARL, DORA, EMIL, FRED, GINA] = AD.counted.map(({ user }) => user) as [string, string, string, string, string, string];

/** One target, and how to log in. */
interface Ask {
  readonly user: string;
  readonly password: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly port?: number;
}
const kerberos = (user: string, password: string, more: Ask['options'] = {}): Ask => ({
  user,
  password,
  options: { auth: 'Kerberos', ...more },
});
const ntlm = (user: string, password: string): Ask => ({ user, password, options: { auth: 'NTLM' } });
const { alice } = AD;
const WRONG = 'Wr0ng-Passw0rd!';

/** What the domain refuses, with the number it says. */
const REFUSED: readonly (readonly [
  name: string,
  asked: Ask,
  properties: Readonly<Record<string, string>>,
  checks: number,
  cause: string,
])[] = [
  ['24 for a wrong password', kerberos(alice.user, WRONG), { 'kerberos.error': '24', 'login.result': 'rejected' }, 1, 'bad-credentials'],
  ['6 for an unknown user', kerberos('nobody', WRONG), { 'kerberos.error': '6' }, 0, 'bad-credentials'],
  ['6 for a realm without such a user', kerberos(`${alice.user}@OTHER.TEST`, WRONG), { 'kerberos.error': '6' }, 0, 'bad-credentials'],
  // NTSTATUS in the error data: account disabled, password must change (MS-ERREF 2.3.1).
  [
    '18 for a disabled account',
    kerberos(AD.off.user, AD.off.password),
    { 'kerberos.error': '18', 'kerberos.status': '0xc0000072' },
    1,
    'account-disabled-expired',
  ],
  [
    '23 for an expired password',
    kerberos(AD.expired.user, AD.expired.password),
    { 'kerberos.error': '23', 'kerberos.status': '0xc0000224' },
    1,
    'nla-password-expired',
  ],
  [
    '7 for a service principal name that nobody has',
    kerberos(alice.user, alice.password, { kerberos: { servicePrincipalName: `HTTP/none.${AD.member}` } }),
    { 'kerberos.error': '7', 'kerberos.stage': 'tgs' },
    1,
    'kerberos-spn-or-unsupported',
  ],
];

/** Logins that are accepted: who the server takes the user for, and how. */
const ACCEPTED: readonly (readonly [name: string, asked: Ask, line: Partial<ServerLine>, sent: object])[] = [
  [
    'Kerberos, bare name',
    kerberos(alice.user, alice.password),
    { mech: MECH.kerberos, user: `${alice.user}@${AD.realm}`, pac: true },
    { user: alice.user, domain: AD.realm },
  ],
  [
    'Kerberos within SPNEGO, user principal name',
    { user: `${alice.user}@${AD.realm.toLowerCase()}`, password: alice.password },
    { mech: MECH.kerberos, user: `${alice.user}@${AD.realm}`, pac: true },
    { user: alice.user, domain: AD.realm },
  ],
  [
    'NTLM, down-level name',
    ntlm(`${AD.domain}\\${alice.user}`, alice.password),
    { mech: MECH.ntlm, user: `${AD.domain}\\${alice.user}` },
    { user: alice.user, domain: AD.domain },
  ],
  [
    'NTLM, user principal name',
    ntlm(`${alice.user}@${AD.realm.toLowerCase()}`, alice.password),
    { mech: MECH.ntlm },
    { user: `${alice.user}@${AD.realm.toLowerCase()}`, domain: '' },
  ],
  [
    'NTLM, bare name',
    ntlm(alice.user, alice.password),
    { mech: MECH.ntlm, user: `${AD.domain}\\${alice.user}` },
    { user: alice.user, domain: AD.domain },
  ],
];

const targets = AD.members.map((name) => `${name}:${AD.ports.winrm}`);
const formsOf = (user: string): string[] => [user, `${AD.domain}\\${user}`, `${user}@${AD.realm.toLowerCase()}`];
/** Every form with every scheme, over all hosts and at the address as well, with one budget. */
const everything = (user: string, schemes: readonly string[], budget: number): DoctorRun[] =>
  schemes.flatMap((auth) =>
    formsOf(user).map((form) => ({
      targets: [...targets, '127.0.0.1'],
      user: form,
      password: WRONG,
      budget,
      options: { auth, loginOnly: true },
    })),
  );

/** Runs by name, those of the counted accounts above all. */
const COUNTED = {
  kerberosFirst: everything(BERT, ['Kerberos', 'auto', 'NTLM'], 1),
  ntlmFirst: everything(CARL, ['NTLM', 'auto', 'Kerberos'], 2),
  twoBudgets: [3, 4].map((budget) => everything(EMIL, ['auto'], budget)[0] as DoctorRun),
  furtherForms: [
    {
      targets: [`http://${AD.member}:${AD.ports.winrm}${pathOf('furtherForms')}`],
      user: `${AD.domain}\\${FRED}`,
      password: WRONG,
      options: { auth: 'NTLM', tryForms: 1, loginOnly: true },
    },
  ],
  locked: [
    ...Array.from({ length: LOCKOUT_THRESHOLD }, (_, i): DoctorRun => everything(GINA, ['NTLM'], 10 + i)[0] as DoctorRun),
    ...['Kerberos', 'NTLM'].map((auth) => ({
      targets: [AD.member],
      user: GINA,
      password: AD.counted[5]?.password as string,
      options: { auth },
    })),
  ],
  // No krb5.conf: the KDC is found by the domain's own DNS server.
  bySrv: [
    {
      targets: [AD.member],
      user: `${alice.user}@${AD.realm.toLowerCase()}`,
      password: alice.password,
      options: { auth: 'Kerberos', kerberos: { config: '' }, loginOnly: true },
    },
  ],
  right: [{ targets, user: alice.user, password: alice.password, options: { loginOnly: true } }],
  dcom: [
    {
      targets: [AD.dc],
      user: `${AD.domain}\\${AD.administrator.user}`,
      password: AD.administrator.password,
      options: { via: 'dcom' },
    },
  ],
} satisfies Record<string, readonly DoctorRun[]>;

const WRONG_NTLM = 'NTLM with a wrong password';
const AHEAD = 'a host whose clock is ahead';

describe.skipIf(obstacles.length > 0)(`the connection doctor in a domain of Samba${skipped}`, () => {
  let lab: Lab;
  const results = new Map<string, DoctorAttempt>();
  let counted: Readonly<Record<keyof typeof COUNTED, readonly DoctorResult[]>>;
  let bad: Readonly<Record<string, number>>;
  const attemptOf = (name: string): DoctorAttempt => results.get(name) as DoctorAttempt;
  const doctor = (runs: readonly DoctorRun[], clock?: string): DoctorResult[] =>
    lab.client<DoctorResult[]>('tests/conformance/clients/doctor.ts', [], {
      input: JSON.stringify(runs),
      ...(clock === undefined ? {} : { clock }),
    });
  const runOf = (name: string, { port = AD.ports.winrm, ...asked }: Ask): DoctorRun => ({
    ...asked,
    targets: [`http://${AD.member}:${port}${pathOf(name)}`],
  });
  const errorsIn = ({ messages }: DoctorAttempt): string[] =>
    messages.flatMap(({ layer, fields }) =>
      fields.flatMap(([name, value]) => (layer === 'kerberos' && name === 'error-code' ? [value] : [])),
    );

  beforeAll(async () => {
    lab = await startSambaLab();
    const asked = new Map<string, Ask>([...REFUSED, ...ACCEPTED].map(([name, ask]) => [name, ask] as const));
    asked.set(WRONG_NTLM, ntlm(`${AD.domain}\\${DORA}`, WRONG));
    asked.set(AHEAD, { ...kerberos(alice.user, alice.password), port: AD.ports.ahead });
    const first = [...asked].map(([name, ask]) => runOf(name, ask));
    const run = doctor([...first, ...Object.values(COUNTED).flat()]);
    for (const name of asked.keys()) results.set(name, run.shift()?.attempts[0] as DoctorAttempt);
    counted = Object.fromEntries(
      Object.entries(COUNTED).map(([name, runs]) => [name, run.splice(0, runs.length)]),
    ) as unknown as typeof counted;
    bad = badPasswords(lab);
  });
  afterAll(() => lab?.close());

  it.each(REFUSED)('tells KRB-ERROR %s, and asks the host nothing', (name, _asked, properties, checks, cause) => {
    const attempt = attemptOf(name);
    expect(attempt.properties).toMatchObject({ failedRung: 'login', 'login.step': 'kdc', 'kerberos.kdc': 'ok', ...properties });
    expect(attempt.checks).toBe(checks);
    expect(attempt).toMatchObject({ cause, grade: 'confirmed' });
    expect(linesOf(lab, 'member', pathOf(name)).filter(({ scheme }) => scheme === 'Kerberos')).toEqual([]);
  });

  it.each(ACCEPTED)('%s: accepted and sealed', (name, _asked, line, sent) => {
    const attempt = attemptOf(name);
    expect(attempt.rungs).toMatchObject({ login: 'passed' });
    expect(attempt.sent).toMatchObject(sent);
    const messages = linesOf(lab, 'member', pathOf(name)).filter(({ sealed }) => sealed !== undefined);
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) expect(message).toMatchObject({ status: 200, sealed: true, ...line });
  });

  it('takes KRB-ERROR 25 as the normal first answer', () => {
    const [name] = ACCEPTED[0]!;
    expect(errorsIn(attemptOf(name))).toEqual(['25']);
    expect(attemptOf(name).properties).not.toHaveProperty('kerberos.error');
  });

  it('shows a domain account that NTLM refused, with the names of the domain', () => {
    const attempt = attemptOf(WRONG_NTLM);
    expect(attempt.properties).toMatchObject({ 'login.result': 'rejected', 'login.step': 'last', 'login.status': '401' });
    expect(attempt.portrait).toMatchObject({ computerName: AD.computer, domain: AD.domain });
    expect(attempt.checks).toBe(1);
    // 401 is all there is: wrong password, unknown, locked and disabled look the same.
    expect(attempt.grade).toBe('inconclusive');
    expect(bad[DORA]).toBe(1);
  });

  it('tells KRB-ERROR 37 of a host whose clock is wrong, and by how much it is', () => {
    const attempt = attemptOf(AHEAD);
    expect(attempt).toMatchObject({ cause: 'clock-skew', grade: 'confirmed' });
    expect(attempt.properties).toMatchObject({ failedRung: 'login', 'kerberos.stage': 'ap', 'kerberos.error': '37' });
    expect(Number(attempt.properties['clock.skewSeconds'])).toBeGreaterThan(895);
    expect(Number(attempt.properties['clock.skewSeconds'])).toBeLessThan(905);
  });

  it('gets in with a clock of its own that is 15 minutes slow, by the time the domain tells', () => {
    lab.must('kinit', ['-c', lab.path('alice.cc'), alice.user], { input: `${alice.password}\n` });
    const target = [`http://${AD.member}:${AD.ports.winrm}/slow`];
    const options = { auth: 'Kerberos', loginOnly: true };
    const [password, ticket] = doctor(
      [
        { targets: target, user: alice.user, password: alice.password, options },
        { targets: target, ticketCache: lab.path('alice.cc'), options },
      ],
      '-15m',
    ).map(({ attempts }) => attempts[0] as DoctorAttempt);
    for (const attempt of [password, ticket]) {
      expect(attempt?.rungs).toMatchObject({ login: 'passed' });
      expect(Number(attempt?.properties['clock.skewSeconds'])).toBeGreaterThan(895);
    }
    // The first answer tells the time; the ticket has to be refused once before.
    expect(errorsIn(password!)).toEqual(['25']);
    expect(errorsIn(ticket!)).toEqual(['37']);
    expect([password?.checks, ticket?.checks]).toEqual([1, 0]);
  });

  describe('bad passwords counted by the domain controller', () => {
    const claimed = (name: keyof typeof COUNTED): number =>
      counted[name].flatMap(({ attempts }) => attempts).reduce((sum, { checks }) => sum + (checks ?? 0), 0);

    it.each([
      ['kerberosFirst', BERT, 'kerberos'],
      ['ntlmFirst', CARL, 'ntlm'],
    ] as const)('are one in a run over six targets, three forms and both mechanisms: %s', (name, user, mechanism) => {
      const attempts = counted[name].flatMap((run) => run.attempts);
      expect(attempts).toHaveLength(54);
      expect(claimed(name)).toBe(1);
      expect(counted[name].at(-1)?.checks).toEqual({ [user]: 1 });
      const [spent] = attempts.filter(({ checks }) => checks === 1);
      expect(spent?.properties).toMatchObject({ 'login.mechanism': mechanism, 'login.result': 'rejected' });
      expect(attempts.filter(({ properties }) => properties['login.held'] === 'rejected-elsewhere').length).toBeGreaterThan(40);
      expect(bad[user]).toBe(1);
    });

    it('grow by one with each run that has a budget of its own, as claimed', () => {
      expect(claimed('twoBudgets')).toBe(2);
      expect(bad[EMIL]).toBe(2);
    });

    it('with a further form that is for an account of the host: two are claimed, the host judges both, one is of the domain', () => {
      expect(claimed('furtherForms')).toBe(2);
      expect(linesOf(lab, 'member', pathOf('furtherForms')).filter(({ why }) => why !== undefined)).toHaveLength(2);
      expect(bad[FRED]).toBe(1);
    });

    it('lock the account: KRB-ERROR 18 although the password is right then', () => {
      const [kerberosRun, ntlmRun] = counted.locked.slice(-2);
      expect(bad[GINA]).toBe(LOCKOUT_THRESHOLD);
      // Samba gives no NTSTATUS with it, so locked is not told from disabled; over NTLM not even from a wrong password.
      expect(kerberosRun?.attempts[0]?.properties).toMatchObject({ failedRung: 'login', 'kerberos.error': '18' });
      expect(kerberosRun?.attempts[0]?.properties).not.toHaveProperty('kerberos.status');
      expect(kerberosRun?.attempts[0]?.grade).not.toBe('confirmed');
      expect(ntlmRun?.attempts[0]?.properties).toMatchObject({ 'login.result': 'rejected', 'login.step': 'last' });
      expect(ntlmRun?.attempts[0]?.properties).not.toHaveProperty('login.ntstatus');
      expect(ntlmRun?.attempts[0]?.grade).not.toBe('confirmed');
    });

    it('stay 0 where the password is right on all hosts', () => {
      const [run] = counted.right;
      expect(run?.attempts.map(({ rungs }) => rungs['login'])).toEqual(AD.members.map(() => 'passed'));
      expect(claimed('right')).toBe(run?.checks[alice.user]);
      expect(bad[alice.user]).toBe(0);
    });
  });

  it('finds the KDC by SRV records', () => {
    expect(counted.bySrv[0]?.attempts[0]?.properties).toMatchObject({ 'login.mechanism': 'kerberos', 'login.result': 'accepted' });
  });

  it('keeps passwords and their hashes out of everything it gives', () => {
    for (const { size, leaks } of Object.values(counted).flat()) {
      expect(size).toBeGreaterThan(1000);
      expect(leaks).toEqual([]);
    }
  });

  it('over DCOM: the endpoint mapper answers, and a server without activation is told from a refused login', () => {
    const [run] = counted.dcom;
    // Samba has no IRemoteSCMActivator: abstract syntax not supported (C706 section 12.6.3.1).
    expect(run?.attempts[0]?.properties).toMatchObject({
      'dcom.epm': 'ok',
      'dcom.bind': 'provider-rejection',
      'dcom.bindReason': '1',
      'login.result': 'failed',
    });
    expect(run?.checks).toEqual({ [AD.administrator.user]: 0 });
  });
});
