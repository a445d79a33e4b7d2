import type { ConnectionPropertyName, RungName } from '@winmedic/knowledge';
import { loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, test } from 'vitest';
import { at, event } from '../timeline/test-events.ts';
import { diagnoseConnection } from './diagnose-connection.ts';
import { attemptOf, diagnosisOfAttempt, HEALTHY, judgedOf, type Properties } from './test-attempt.ts';
import { AUDITING, cause, everything, fact, item, knowledgeOf, timelineOf } from './test-case.ts';

const WINRM = 'Microsoft-Windows-WinRM';
const rejected: Properties = {
  failedRung: 'login',
  'login.result': 'rejected',
  'login.mechanism': 'ntlm',
  'login.step': 'last',
  'login.token': false,
  'target.transport': 'http',
  'user.form': 'down-level',
  'user.domainIs': 'domain',
  'user.hostInDomain': true,
  'user.swapped': false,
  'user.acceptedForm': '',
  'ntlm.response': 'v2',
  'ntlm.128': true,
  'ntlm.ess': true,
};

function logonFailure(user: string, status: string, subStatus: string, time = '06:00:05') {
  return event(time, `${AUDITING}/4625`, { fields: { TargetUserName: user, LogonType: '3', Status: status, SubStatus: subStatus } });
}

describe('Kerberos at the host', () => {
  const refused: Properties = {
    failedRung: 'login',
    'login.result': 'rejected',
    'login.mechanism': 'kerberos',
    'login.step': 'last',
    'kerberos.stage': 'ap',
  };

  test.each([
    [33, 'clock-skew'],
    [37, 'clock-skew'],
    [41, 'kerberos-ticket-refused'],
  ])('error %i is %s', (error, id) => {
    const { verdict } = diagnosisOfAttempt({ properties: { ...refused, 'kerberos.error': error } });
    expect(verdict).toMatchObject({ grade: 'confirmed', cause: { cause: { id } } });
  });

  test.each([32, 34, 38])('error %i does not speak of the key', (error) => {
    const diagnosis = diagnosisOfAttempt({ properties: { ...refused, 'kerberos.error': error } });
    expect(judgedOf(diagnosis, 'kerberos-ticket-refused').grade).toBe('ruled_out');
  });
});

describe('a recording in which nothing failed', () => {
  const seen = { failedRung: '', via: 'winrm', 'tcp.result': 'open', 'client.scheme': 'Negotiate' } as const;

  test('is unseen, and no verdict, when it does not show that the host answered the login', () => {
    const diagnosis = diagnosisOfAttempt({ properties: seen, failed: '', from: 'capture' });
    expect(diagnosis).toMatchObject({ outcome: 'unseen', verdict: { grade: 'inconclusive' } });
    expect(diagnosis.verdict.cause).toBeUndefined();
    expect(diagnosis.verdict.sentence.en).toContain('not visible in this recording');
    expect(diagnosis.verdict.sentence.ja).toContain('この記録からは分かりません');
  });

  test.each([{ 'login.result': 'accepted' }, { 'request.result': 'ok' }, { 'client.scheme': '', 'wsman.result': 'identified' }])(
    'is ok when it shows %j',
    (shown) => {
      expect(diagnosisOfAttempt({ properties: { ...seen, ...shown }, failed: '', from: 'capture' }).outcome).toBe('ok');
    },
  );

  test('says how far it is visible, not that the rest was not tried', () => {
    const whole = attemptOf({ properties: { ...seen, 'login.result': 'accepted', 'request.result': 'ok' }, failed: '', from: 'capture' });
    const end = whole.rungs.findIndex(({ name }) => name === 'rights');
    const rungs = whole.rungs.map((rung, i) => (i <= end ? rung : { ...rung, verdict: 'skipped' as const }));
    const { verdict } = diagnoseConnection({ ...whole, rungs }, loadKnowledge());
    expect(verdict.sentence.en).toBe('Every rung that is visible in this recording passed, up to the rights.');
    expect(verdict.sentence.ja).toBe('この記録から分かる段階は、「権限」まですべて成功しています。');
  });

  test('is unseen when an answer it does not show may have refused', () => {
    const outcome = (properties: Properties, hidden: RungName) => {
      const whole = attemptOf({ properties: { ...seen, ...properties }, failed: '', from: 'capture' });
      const rungs = whole.rungs.map((rung) => (rung.name === hidden ? { ...rung, verdict: 'skipped' as const } : rung));
      return diagnoseConnection({ ...whole, rungs }, loadKnowledge()).outcome;
    };
    expect(outcome({ 'login.result': 'accepted' }, 'rights')).toBe('unseen');
    expect(outcome({ 'login.result': 'accepted', 'wsman.result': 'identified' }, 'rights')).toBe('ok');
    expect(outcome({ via: 'dcom', 'dcom.hresult': '0x0', 'dcom.port': 49670 }, 'namespace')).toBe('unseen');
    expect(outcome({ via: 'dcom', 'dcom.hresult': '0x0' }, 'namespace')).toBe('ok');
  });

  test('of another way is ok by what that way shows', () => {
    const rdp = { ...seen, via: 'rdp', 'rdp.result': 'answered' } as const;
    expect(diagnosisOfAttempt({ properties: rdp, failed: '', from: 'capture' }).outcome).toBe('ok');
    expect(diagnosisOfAttempt({ properties: { ...seen, via: 'dcom' }, failed: '', from: 'capture' }).outcome).toBe('unseen');
  });
});

describe('a healthy attempt', () => {
  test('is ok, without a cause and with nothing beside it', () => {
    const diagnosis = diagnosisOfAttempt({ properties: HEALTHY });
    expect(diagnosis).toMatchObject({ outcome: 'ok', beside: [], missing: [], verdict: { grade: 'confirmed' } });
    expect(diagnosis.verdict.cause).toBeUndefined();
    expect(diagnosis.nextCheck).toBeUndefined();
    expect(diagnosis.verdict.sentence.en).toBe('The host can be reached, and every rung passed.');
    expect(diagnosis.verdict.sentence.ja).toBe('ホストに接続でき、すべての段階が成功しました。');
  });

  test.each(Object.keys(HEALTHY) as ConnectionPropertyName[])('is still without a cause when %s was not observed', (lost) => {
    const properties = Object.fromEntries(Object.entries(HEALTHY).filter(([name]) => name !== lost));
    const diagnosis = diagnosisOfAttempt({ properties, failed: '' });
    expect(diagnosis.considered.filter((j) => j.grade === 'confirmed' || j.grade === 'likely')).toEqual([]);
  });

  test('is not disturbed by what others did at the host in the same minute', () => {
    const events = [
      logonFailure('mallory', '0xc000006d', '0xc000006a'),
      logonFailure('mallory', '0xc0000234', '0x0'),
      event('06:00:04', `${AUDITING}/4740`, { fields: { TargetUserName: 'mallory' } }),
      event('06:00:04', 'Schannel/36874', { channel: 'System' }),
      event('06:00:04', 'Schannel/36870', { channel: 'System' }),
      event('06:00:04', 'Microsoft-Windows-DistributedCOM/10036', { fields: { UserName: 'mallory' } }),
      event('06:00:04', `${WINRM}/192`, { channel: `${WINRM}/Operational`, fields: { errorCode: '5' } }),
      event('05:50:00', `${WINRM}/10149`),
    ];
    const diagnosis = diagnosisOfAttempt({ properties: HEALTHY, events });
    expect(diagnosis).toMatchObject({ outcome: 'ok', beside: [] });
    expect(diagnosis.considered.filter((j) => j.grade === 'confirmed' || j.grade === 'likely')).toEqual([]);
  });

  test('with something worth changing is warned, and the sentence says what', () => {
    const diagnosis = diagnosisOfAttempt({ properties: { ...HEALTHY, 'tls.expiresInDays': 3, 'clock.skewAbs': 200 } });
    expect(diagnosis.outcome).toBe('warned');
    expect(diagnosis.verdict.cause).toBeUndefined();
    expect(diagnosis.beside.map((j) => j.cause.id).sort()).toEqual(['certificate-expires-soon', 'clock-drifts']);
    expect(diagnosis.verdict.sentence.en).toContain('Worth attention: ');
  });

  test('that stopped where no login was asked for says how far it went', () => {
    const attempt = attemptOf({ properties: HEALTHY });
    const rungs = attempt.rungs.map((rung, i) => (i < 7 ? rung : { ...rung, verdict: 'skipped' as const }));
    const diagnosis = diagnoseConnection({ ...attempt, rungs }, loadKnowledge());
    expect(diagnosis.outcome).toBe('ok');
    expect(diagnosis.verdict.sentence.en).toContain('up to the authentication schemes');
  });
});

describe('a rejected login', () => {
  test('of which only the wire is known stays likely, with the reasons it can have', () => {
    const diagnosis = diagnosisOfAttempt({ properties: rejected });
    expect(diagnosis.verdict).toMatchObject({ grade: 'likely', cause: { cause: { id: 'login-rejected' } } });
    expect(diagnosis.considered.filter((j) => j.grade === 'confirmed')).toEqual([]);
    expect(diagnosis.nextCheck?.check.text.en).toMatch(/4625|SubStatus/);
  });

  test.each([
    ['0xc000006a', 'bad-credentials'],
    ['0xc0000064', 'bad-credentials'],
    ['0xc0000234', 'account-locked'],
    ['0xc0000072', 'account-disabled-expired'],
    ['0xc0000224', 'nla-password-expired'],
    ['0xc000015b', 'user-right-missing'],
    ['0xc000018d', 'trust-broken'],
    ['0xc000005e', 'dc-unreachable-or-skew'],
    ['0xc0000133', 'clock-skew'],
  ])("with status %s in the host's log is %s", (status, id) => {
    const diagnosis = diagnosisOfAttempt({ properties: rejected, events: [logonFailure('alice', '0xc000006d', status)] });
    expect(diagnosis.verdict).toMatchObject({ grade: 'confirmed', cause: { cause: { id } } });
  });

  test('is not explained by the failure of another account, nor by one of another hour', () => {
    for (const events of [
      [logonFailure('bob', '0xc000006d', '0xc000006a')],
      [logonFailure('alice', '0xc000006d', '0xc000006a', '04:00:00')],
    ])
      expect(diagnosisOfAttempt({ properties: rejected, events }).verdict).toMatchObject({
        grade: 'likely',
        cause: { cause: { id: 'login-rejected' } },
      });
  });

  test("finds the record of the host by the host's own clock", () => {
    const events = [logonFailure('alice', '0xc000006d', '0xc000006a', '08:00:04')];
    const portrait = { clock: { at: at('08:00:00'), skewSeconds: 7200, from: 'ntlm' as const } };
    expect(diagnosisOfAttempt({ properties: rejected, events }).verdict.grade).toBe('likely');
    expect(diagnosisOfAttempt({ properties: rejected, events, portrait }).verdict).toMatchObject({
      grade: 'confirmed',
      cause: { cause: { id: 'bad-credentials' } },
    });
  });

  test('with pasted text only as the proof is not confirmed', () => {
    const made = logonFailure('alice', '0xc000006d', '0xc000006a');
    const diagnosis = diagnosisOfAttempt({ properties: rejected, events: [{ ...made, trust: 'text' }] });
    expect(judgedOf(diagnosis, 'bad-credentials').grade).toBe('likely');
  });

  test.each<[string, Properties]>([
    ['another domain', { 'user.domainIs': 'other' }],
    ['no domain at a member of a domain', { 'user.domainIs': 'empty', 'user.form': 'bare' }],
    ['user and domain swapped', { 'user.swapped': true }],
    ['user\\domain typed', { 'user.form': 'reversed' }],
  ])('with %s is likely the form of the name', (_, change) => {
    const diagnosis = diagnosisOfAttempt({ properties: { ...rejected, ...change } });
    expect(diagnosis.verdict).toMatchObject({ grade: 'likely', cause: { cause: { id: 'username-form' } } });
  });

  test('is not the form of the name when the host knows the name', () => {
    const events = [logonFailure('alice', '0xc000006d', '0xc000006a')];
    const diagnosis = diagnosisOfAttempt({ properties: { ...rejected, 'user.domainIs': 'other' }, events });
    expect(judgedOf(diagnosis, 'username-form').grade).toBe('ruled_out');
    expect(diagnosis.verdict.cause?.cause.id).toBe('bad-credentials');
  });
});

describe('several reasons at once', () => {
  test('a certificate with two problems is refused for both, and the common cause is named', () => {
    const diagnosis = diagnosisOfAttempt({
      properties: { failedRung: 'tls', 'tls.result': 'ok', 'tls.trust': 'self-signed,name-mismatch' },
    });
    expect(diagnosis.verdict).toMatchObject({ grade: 'confirmed', cause: { cause: { id: 'tls-certificate-refused' } } });
    for (const id of ['tls-untrusted-issuer', 'tls-name-mismatch']) expect(judgedOf(diagnosis, id).grade).toBe('likely');
  });

  test('an address in the request for a Kerberos ticket is the special reason of an unknown service', () => {
    const diagnosis = diagnosisOfAttempt({
      properties: { failedRung: 'login', 'kerberos.error': 7, 'target.kind': 'address', 'name.isTarget': false },
    });
    expect(diagnosis.verdict.cause?.cause.id).toBe('kerberos-address');
  });

  test('a finding stands beside a verdict and never replaces it', () => {
    const diagnosis = diagnosisOfAttempt({ properties: { via: 'winrm', 'tcp.result': 'refused', 'rdp.logonScreen': true } });
    expect(diagnosis.verdict.cause?.cause.id).toBe('winrm-no-listener');
    expect(diagnosis.beside.map((j) => j.cause.id)).toEqual(['rdp-logon-screen-open']);
  });
});

describe('facts beside an attempt', () => {
  const properties: Properties = { via: 'winrm', 'tcp.result': 'refused' };
  const judged = (time?: string | readonly [string, string], from?: 'log', madeAt?: bigint) => {
    const timeline = timelineOf({ events: [], facts: [fact('winrm.service-state', 'stopped', time)], coverage: everything() });
    const attempt = attemptOf({ properties, ...(from === undefined ? {} : { from }) });
    return diagnoseConnection(attempt, loadKnowledge(), { timeline, ...(madeAt === undefined ? {} : { madeAt }) }).verdict;
  };
  const down = { grade: 'confirmed', cause: { cause: { id: 'winrm-service-down' } } };
  const open = { grade: 'likely', cause: { cause: { id: 'winrm-no-listener' } } };

  test('count when they held at that time', () => {
    expect(judged(['05:00:00', '07:00:00'])).toMatchObject(down);
    expect(judged(['04:00:00', '05:00:00'])).toMatchObject(open);
    expect(judged('05:59:00')).toMatchObject(open);
  });
  test('of now count for an attempt made just now, not for one from a log or of long ago', () => {
    expect(judged()).toMatchObject(down);
    expect(judged(undefined, 'log')).toMatchObject(open);
    expect(judged(undefined, undefined, at('09:00:00'))).toMatchObject(open);
  });
});

describe('the host of the evidence', () => {
  const events = [logonFailure('alice', '0xc000006d', '0xc000006a')];
  test('is known by the names it gives itself before the name that was used', () => {
    const elsewhere = diagnosisOfAttempt({ properties: rejected, events, portrait: { computerName: 'OTHER' } });
    expect(elsewhere.verdict.grade).toBe('likely');
    const here = diagnosisOfAttempt({
      properties: rejected,
      events,
      portrait: { dnsComputerName: 'RDS01.example.com', computerName: 'RDS01' },
    });
    expect(here.verdict.grade).toBe('confirmed');
  });
});

describe('an attempt nobody can explain', () => {
  test('is inconclusive and says where it failed', () => {
    const { verdict } = diagnosisOfAttempt({ properties: {}, failed: 'wsman' });
    expect(verdict.grade).toBe('inconclusive');
    expect(verdict.sentence.en).toBe('The attempt failed at WS-Management, and what was seen does not show why.');
    expect(verdict.sentence.ja).toContain('「WS-Management」で失敗しました');
  });

  test('names the open causes and what is missing', () => {
    const causes = [
      cause('a', {
        scope: 'connection',
        required: [item('x', { connection: { 'http.status': 418 } }), item('y', { connection: { 'http.server': 'teapot' } })],
      }),
    ];
    const diagnosis = diagnoseConnection(attemptOf({ properties: { 'http.status': 418 }, failed: 'http' }), knowledgeOf({ causes }));
    expect(diagnosis.verdict.sentence.en).toBe('The attempt failed at HTTP, the cause is open: title of a. Missing: Server header.');
    expect(diagnosis.missing.map((m) => m.name)).toEqual(['connection.http.server']);
  });
});

describe('conditions on an attempt', () => {
  const grade = (when: Parameters<typeof item>[1], properties: Properties): string | undefined => {
    const causes = [cause('a', { scope: 'connection', required: [item('x', when, { necessary: true })] })];
    return diagnoseConnection(attemptOf({ properties }), knowledgeOf({ causes })).considered[0]?.grade;
  };
  test('a property that was not looked at is unknown, one that was and is not there is known', () => {
    expect(grade({ connection: { 'http.server': null } }, {})).toBe('inconclusive');
    expect(grade({ connection: { 'http.server': null } }, { 'http.server': '' })).toBe('confirmed');
    expect(grade({ connection: { 'http.server': 'x' } }, { 'http.server': '' })).toBe('ruled_out');
    expect(grade({ not: { connection: { 'http.server': null } } }, {})).toBe('inconclusive');
  });
  test('numbers compare by value', () => {
    expect(grade({ connection: { 'login.ntstatus': 3221225578 } }, { 'login.ntstatus': '0xC000006A' })).toBe('confirmed');
  });
  test('a known mismatch decides although another property is unknown', () => {
    expect(grade({ connection: { via: 'winrm', 'http.status': 401 } }, { via: 'rdp' })).toBe('ruled_out');
  });
  test('windows of stops and of whole logs say nothing about one attempt', () => {
    for (const anchor of ['stop', 'boot', 'evidence'] as const)
      expect(grade({ absent: { provider: 'x', id: 1, channel: 'System' }, within: { anchor } }, {})).toBe('inconclusive');
  });
  test('the name of a property is never taken from the prototype of an object', () => {
    expect(grade({ connection: { toString: 'x' } as never }, {})).toBe('inconclusive');
  });
});
