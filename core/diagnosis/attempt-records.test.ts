import { describe, expect, test } from 'vitest';
import type { ConnectionAttempt } from '../model/connection.ts';
import { event } from '../timeline/test-events.ts';
import { isOfAttempt, ownFailures } from './attempt-records.ts';
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

describe('several failed logons of one account', () => {
  const made = { attempt, from: attempt.startedAt, to: attempt.endedAt, ofNow: false };
  const recorded = (more: Partial<ConnectionAttempt>) => ({ ...made, attempt: { ...attempt, from: 'capture' as const, ...more } });
  const clock = { at: attempt.startedAt, skewSeconds: 0, from: 'ntlm' as const };
  const reason = (time: string, SubStatus: string, fields: Readonly<Record<string, string>> = {}) =>
    event(time, `${AUDITING}/4625`, { fields: { TargetUserName: 'alice', LogonType: '3', Status: '0xc000006d', SubStatus, ...fields } });
  const typo = reason('05:59:20', '0xc000006a');
  const locked = reason('06:00:05', '0xc0000234');

  test('with one reason are all of it, whatever the clocks', () => {
    expect(ownFailures([typo, reason('06:00:05', '0xc000006a')], recorded({}))).toMatchObject({ disputed: false, own: { length: 2 } });
  });

  test('that of the attempt before it is not of it', () => {
    expect(ownFailures([typo, locked], recorded({ portrait: { clock } })).own).toEqual([locked]);
  });

  test('are disputed where clocks were not compared', () => {
    expect(ownFailures([typo, locked], recorded({ portrait: {} }))).toEqual({ own: [], disputed: true });
  });

  test('within the attempt are its own only as often as it tried', () => {
    const both = [reason('06:00:02', '0xc000006a'), locked];
    const { account } = attempt;
    if (account === undefined) throw new Error('no account');
    expect(ownFailures(both, recorded({ portrait: { clock } })).disputed).toBe(true);
    expect(ownFailures(both, recorded({ portrait: { clock }, account: { ...account, checks: 2 } })).own).toEqual(both);
  });

  test('that of another computer at the same moment is not of it', () => {
    const other = reason('06:00:05', '0xc000006a', { IpAddress: '192.0.2.77' });
    const mine = reason('06:00:05', '0xc0000234', { IpAddress: '::ffff:192.0.2.50' });
    const from = { client: '192.0.2.50', portrait: { clock } };
    expect(ownFailures([other, mine], recorded(from)).own).toEqual([mine]);
    // Behind NAT no address is the client's own.
    expect(ownFailures([other], recorded(from)).own).toEqual([other]);
  });
});
