import { describe, expect, test } from 'vitest';
import { event } from '../timeline/test-events.ts';
import { diagnosisOfAttempt, HEALTHY, judgedOf, type Properties } from './test-attempt.ts';
import { AUDITING } from './test-case.ts';

/** An NTLM login that the host ended with 401 after the last token. */
const REJECTED: Properties = {
  'login.result': 'rejected',
  'login.mechanism': 'ntlm',
  'login.step': 'last',
  'login.token': false,
  'ntlm.response': 'v2',
  'ntlm.128': true,
  'ntlm.ess': true,
  'user.form': 'down-level',
  'user.domainIs': 'domain',
  'user.swapped': false,
};
const failed = (fields: Readonly<Record<string, string>>) =>
  event('06:00:05', `${AUDITING}/4625`, { fields: { TargetUserName: 'alice', LogonType: '3', ...fields } });
const rejected = (more: Properties, events?: Parameters<typeof diagnosisOfAttempt>[0]['events']) =>
  diagnosisOfAttempt({ failed: 'login', properties: { ...REJECTED, ...more }, ...(events === undefined ? {} : { events }) });

describe('what is not confirmed', () => {
  test('a lockout recorded before the attempt: it may be over', () => {
    const lockedBefore = event('05:40:00', `${AUDITING}/4740`, { fields: { TargetUserName: 'alice' } });
    expect(judgedOf(rejected({}, [lockedBefore]), 'account-locked').grade).toBe('likely');
    const wrongNow = rejected({}, [lockedBefore, failed({ SubStatus: '0xc000006a' })]);
    expect(wrongNow.verdict).toMatchObject({ grade: 'confirmed', cause: { cause: { id: 'bad-credentials' } } });
  });

  test('the form of a name that the host does not know: it may be misspelt', () => {
    const unknown = failed({ SubStatus: '0xc0000064' });
    expect(judgedOf(rejected({ 'user.domainIs': 'other' }, [unknown]), 'username-form').grade).toBe('likely');
    expect(judgedOf(rejected({ 'user.swapped': true }, [unknown]), 'username-form').grade).toBe('confirmed');
  });

  test('a blocked NTLM by a record that names no account, when our login got as far as the password', () => {
    const blocked = event('06:00:05', 'Microsoft-Windows-NTLM/4002', { channel: 'Microsoft-Windows-NTLM/Operational' });
    expect(judgedOf(rejected({}, [blocked]), 'ntlm-restricted').grade).toBe('likely');
  });

  test('what the KDC said, when NTLM was used in the end', () => {
    const afterwards = rejected({ 'kerberos.error': 6, 'kerberos.stage': 'as' });
    expect(judgedOf(afterwards, 'bad-credentials').grade).toBe('likely');
    for (const error of [6, 7, 14, 37]) {
      const fine = diagnosisOfAttempt({
        failed: '',
        properties: { ...HEALTHY, 'login.mechanism': 'ntlm', 'user.domainIs': 'computer', 'kerberos.error': error },
      });
      expect(fine.outcome, `KRB-ERROR ${error}`).toBe('ok');
    }
  });

  test('an alias, when the service principal name of yet another host was given', () => {
    const unknownService: Properties = {
      'login.result': 'failed',
      'login.mechanism': 'kerberos',
      'login.step': 'kdc',
      'kerberos.error': 7,
      'kerberos.stage': 'tgs',
      'target.kind': 'fqdn',
      'name.isTarget': false,
    };
    const by = (otherService: boolean) =>
      judgedOf(
        diagnosisOfAttempt({ failed: 'login', properties: { ...unknownService, 'kerberos.otherService': otherService } }),
        'kerberos-alias',
      ).grade;
    expect(by(false)).toBe('confirmed');
    expect(by(true)).toBe('ruled_out');
  });

  test('a scheme that is off, when something else than the host may have answered', () => {
    const asked: Properties = { 'client.scheme': 'Basic', 'schemes.offered': 'Negotiate', 'schemes.usable': false };
    const proxy: Properties = { 'http.result': 'response', 'http.windows': false, 'http.via': '1.1 squid', 'wsman.result': 'challenged' };
    const diagnosis = diagnosisOfAttempt({ failed: 'schemes', properties: { ...asked, ...proxy } });
    expect(judgedOf(diagnosis, 'winrm-basic-disabled').grade).toBe('likely');
    expect(diagnosis.verdict.cause?.cause.id).toBe('http-proxy-in-between');
  });

  test('TLS versions, when one of our own worked at the second try', () => {
    const again = diagnosisOfAttempt({ failed: 'tls', properties: { 'tls.result': 'reset', 'tls.worksWith': 'TLSv1.3' } });
    expect(judgedOf(again, 'tls-version-mismatch').grade).toBe('likely');
  });

  test('HTTP and HTTPS mixed up, when the port speaks neither', () => {
    const ssh = diagnosisOfAttempt({
      failed: 'tls',
      properties: { 'target.transport': 'https', 'target.port': 5985, 'tls.result': 'not-tls', 'http.result': 'not-http' },
    });
    expect(ssh.verdict).toMatchObject({ grade: 'confirmed', cause: { cause: { id: 'port-not-http' } } });
  });

  test('missing rights of a member of the groups that have them', () => {
    const denied: Properties = { 'login.result': 'accepted', 'request.result': 'denied', 'request.fault': '0x5' };
    const diagnosis = diagnosisOfAttempt({ failed: 'rights', properties: denied, facts: { 'winrm.account-group': 'administrators' } });
    expect(judgedOf(diagnosis, 'not-admin').grade).toBe('ruled_out');
  });

  test('the channel binding, because a login without one was rejected', () => {
    expect(judgedOf(rejected({ 'target.transport': 'https', 'ntlm.cbt': 'absent' }), 'cbt-required').grade).toBe('inconclusive');
  });
});

test('the wire rules out NTLMv1 and weak session security when it shows the contrary', () => {
  const diagnosis = rejected({});
  expect(judgedOf(diagnosis, 'lm-compat-mismatch').grade).toBe('ruled_out');
  expect(judgedOf(diagnosis, 'ntlm-minsec-mismatch').grade).toBe('ruled_out');
});

test('a login that was accepted does not point to what may go wrong after it', () => {
  const { 'namespace.result': _, 'namespace.cimv2': __, ...short } = HEALTHY;
  const diagnosis = diagnosisOfAttempt({
    failed: 'rights',
    properties: { ...short, 'request.result': 'status', 'request.status': 500, 'request.body': 'empty' },
  });
  expect(diagnosis.verdict).toMatchObject({ grade: 'inconclusive' });
  expect(diagnosis.considered.filter((j) => j.grade === 'inconclusive' && j.pointed).map((j) => j.cause.id)).toEqual([]);
});

test('records of a host do not speak of another one that answered under its name', () => {
  const made = {
    failed: 'login',
    properties: REJECTED,
    events: [failed({ SubStatus: '0xc000006a' })],
  } as const;
  expect(diagnosisOfAttempt({ ...made, portrait: { computerName: 'RDS01' } }).verdict.cause?.cause.id).toBe('bad-credentials');
  expect(diagnosisOfAttempt({ ...made, portrait: { computerName: 'HV99' } }).verdict.cause?.cause.id).toBe('login-rejected');
});

test('what is missing is what a person can hand in', () => {
  const { verdict, missing } = diagnosisOfAttempt({
    failed: 'login',
    properties: REJECTED,
    events: [event('06:00:05', 'Microsoft-Windows-WinRM/192')],
    facts: { 'winrm.service-state': 'running' },
  });
  expect(verdict.cause?.cause.id).toBe('login-rejected');
  expect(missing.length).toBeGreaterThan(0);
  expect(missing.filter(({ name }) => name.startsWith('connection.'))).toEqual([]);
});

test('a wrong password that a host says of NTLMv1 may be its level', () => {
  const wrong = [failed({ SubStatus: '0xc000006a' })];
  expect(judgedOf(rejected({}, wrong), 'bad-credentials').grade).toBe('confirmed');
  for (const response of ['v1', 'lm'])
    expect(judgedOf(rejected({ 'ntlm.response': response }, wrong), 'bad-credentials').grade).toBe('likely');
});

test('of two failed logons in the same minutes that of the attempt counts', () => {
  const typo = event('05:59:10', `${AUDITING}/4625`, { fields: { TargetUserName: 'alice', LogonType: '3', SubStatus: '0xc000006a' } });
  const now = failed({ SubStatus: '0xc0000234' });
  const diagnosis = rejected({}, [typo, now]);
  expect(diagnosis.verdict.cause?.cause.id).toBe('account-locked');
  expect(judgedOf(diagnosis, 'bad-credentials').grade).not.toBe('confirmed');
});
