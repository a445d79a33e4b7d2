import { describe, expect, test } from 'vitest';
import type { ConnectionAttempt } from '../model/connection.ts';
import { event } from '../timeline/test-events.ts';
import { isOfAttempt } from './attempt-records.ts';
import { attemptOf } from './test-attempt.ts';
import { AUDITING } from './test-case.ts';

/** CORP\alice from ADMIN01 to HV01 of the domain CORP. */
const attempt: ConnectionAttempt = {
  ...attemptOf({ properties: {} }),
  portrait: { computerName: 'HV01', dnsComputerName: 'hv01.corp.example', domain: 'CORP', dnsDomain: 'corp.example' },
  account: { typed: 'CORP\\alice', form: 'down-level', sent: { user: 'alice', domain: 'CORP', workstation: 'ADMIN01' }, checks: 1 },
};
const failed = (fields: Readonly<Record<string, string>>) =>
  event('06:00:05', `${AUDITING}/4625`, {
    fields: { TargetUserName: 'alice', TargetDomainName: 'CORP', LogonType: '3', WorkstationName: 'ADMIN01', ...fields },
  });

describe('a failed logon near an attempt', () => {
  test.each([
    ['the same account over the network', {}],
    ['written in other cases', { TargetUserName: 'ALICE', TargetDomainName: 'corp' }],
    ['the domain by its DNS name', { TargetDomainName: 'corp.example' }],
    ['no computer and no domain recorded', { WorkstationName: '-', TargetDomainName: '-' }],
    ['in clear text, as Basic is recorded', { LogonType: '8' }],
  ])('is of the attempt: %s', (_, fields) => {
    expect(isOfAttempt(failed(fields), attempt)).toBe(true);
  });

  test.each([
    ['another account', { TargetUserName: 'bob' }],
    ['no account', { TargetUserName: '' }],
    ['a scheduled task with an old password', { LogonType: '4' }],
    ['a service', { LogonType: '5' }],
    ['a person at the console', { LogonType: '2' }],
    ['the same account from another computer', { WorkstationName: 'BACKUP7' }],
    ['an account of the host with the same name', { TargetDomainName: 'HV01' }],
  ])('is not of the attempt: %s', (_, fields) => {
    expect(isOfAttempt(failed(fields), attempt)).toBe(false);
  });

  test('is of nobody when no account was used', () => {
    const { account: _, ...nobody } = attempt;
    expect(isOfAttempt(failed({}), nobody)).toBe(false);
  });
});

test('a failed WMI operation belongs to who made it', () => {
  const wmi = (user: string) => event('06:00:05', 'Microsoft-Windows-WMI-Activity/5858', { fields: { User: user } });
  expect(isOfAttempt(wmi('CORP\\alice'), attempt)).toBe(true);
  expect(isOfAttempt(wmi('NT AUTHORITY\\SYSTEM'), attempt)).toBe(false);
});
