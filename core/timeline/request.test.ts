import { describe, expect, it } from 'vitest';
import type { StopRequest } from '../model/timeline.ts';
import { ALICE_SID, boot, type MadeEvent, orderlyEnd, request, SYSTEM_SID, timelineOf } from './test-events.ts';

const WINLOGON = 'C:\\Windows\\system32\\winlogon.exe (RDS01)';
/** Requests of the stops that 1074 records lead to. */
function requestsOf(...records: ReturnType<typeof request>[]): (StopRequest | undefined)[] {
  const last = Math.max(...records.map((r) => Number(r.time / 1_000_000n)));
  const end = new Date(last + 3000).toISOString();
  return timelineOf([...boot('00:00:00'), ...records, ...orderlyEnd(end), ...boot('23:00:00')]).stops.map((s) => s.request);
}
const one = (process: string, code = '0x0', sid = ALICE_SID, more: MadeEvent = {}): StopRequest | undefined =>
  requestsOf(request('06:00:00', process, code, sid, more))[0];

describe('second record of a named user', () => {
  const first = (time: string): ReturnType<typeof request> => request(time, 'Explorer.EXE', '0x84010001', ALICE_SID);
  const second = (time: string, sid = ALICE_SID, code = '0x500ff'): ReturnType<typeof request> =>
    request(time, WINLOGON, code, sid, { user: sid === SYSTEM_SID ? 'SYSTEM' : 'RDS01\\alice' });

  it('is folded up to 20 s after the first', () => {
    const [r] = requestsOf(first('06:00:00'), second('06:00:20'));
    expect(r?.process).toBe('explorer.exe');
    expect(r?.folded).toHaveLength(1);
  });
  it('is a request of its own after more than 20 s', () => {
    const [r] = requestsOf(first('06:00:00'), second('06:00:21'));
    expect(r?.process).toBe('winlogon.exe');
    expect(r?.folded).toHaveLength(0);
  });
  it('is not folded for SYSTEM', () => {
    const [r] = requestsOf(first('06:00:00'), second('06:00:10', SYSTEM_SID));
    expect(r?.folded).toHaveLength(0);
  });
  it('is not folded for another user', () => {
    const [r] = requestsOf(first('06:00:00'), second('06:00:10', 'S-1-5-21-1-2-3-1002'));
    expect(r?.folded).toHaveLength(0);
  });
  it('is not folded with another code', () => {
    const [r] = requestsOf(first('06:00:00'), second('06:00:10', ALICE_SID, '0x0'));
    expect(r?.folded).toHaveLength(0);
  });
  it('is the request itself when it stands alone (Ctrl-Alt-Del)', () => {
    const [r] = requestsOf(second('06:00:00'));
    expect(r).toMatchObject({ process: 'winlogon.exe', userKind: 'named' });
  });
  it('is folded when the same request was written twice', () => {
    const [r] = requestsOf(second('06:00:00', SYSTEM_SID), second('06:00:01', SYSTEM_SID));
    expect(r?.folded).toHaveLength(1);
  });
});

describe('who asked', () => {
  it.each([
    ['S-1-5-18', 'system'],
    ['S-1-5-19', 'service'],
    ['S-1-5-20', 'service'],
    ['S-1-5-80-1-2-3-4-5', 'service'],
    [ALICE_SID, 'named'],
    ['S-1-12-1-1-2-3-4', 'named'],
    ['S-1-5-7', 'unknown'],
  ])('is told from the SID %s: %s', (sid, kind) => {
    expect(one(WINLOGON, '0x500ff', sid)?.userKind).toBe(kind);
  });
  it('is unknown without a SID, whatever the name says', () => {
    const { userSid: _none, ...record } = request('06:00:00', WINLOGON, '0x500ff', SYSTEM_SID);
    expect(requestsOf(record)[0]).toMatchObject({ userKind: 'unknown', user: 'NT AUTHORITY\\SYSTEM' });
  });
  it('does not fall for a user whose localised name is SYSTEM', () => {
    expect(one(WINLOGON, '0x500ff', ALICE_SID, { fields: { param7: 'AUTORIDADE NT\\SISTEMA' } })?.userKind).toBe('named');
  });
});

describe('process and caller in param1', () => {
  it.each([
    ['C:\\Windows\\system32\\winlogon.exe (RDS01)', 'winlogon.exe', undefined],
    ['msiexec.exe', 'msiexec.exe', undefined],
    ['Explorer.EXE', 'explorer.exe', undefined],
    ['C:¥Windows¥system32¥winlogon.exe (RDS01)', 'winlogon.exe', undefined],
    ['wininit.exe (10.3.58.4)', 'wininit.exe', '10.3.58.4'],
    ['C:\\Windows\\system32\\wininit.exe (fe80::1%12)', 'wininit.exe', 'fe80::1%12'],
    ['C:\\Windows\\system32\\wininit.exe (ADMIN7)', 'wininit.exe', 'ADMIN7'],
    ['C:\\Windows\\system32\\wininit.exe (rds01)', 'wininit.exe', undefined],
    ['C:\\Windows\\system32\\wininit.exe (rds01.example.org)', 'wininit.exe', undefined],
    ['wininit.exe (127.0.0.1)', 'wininit.exe', undefined],
    ['wininit.exe (::1)', 'wininit.exe', undefined],
  ])('%s', (param1, process, remote) => {
    const r = one(param1);
    expect(r?.process).toBe(process);
    expect(r?.remote).toBe(remote);
  });
  it('takes the name of set-up for no caller', () => {
    expect(one('C:\\Windows\\system32\\winlogon.exe (MINWINPC)')?.remote).toBeUndefined();
  });
  it('reads the unnamed data of Windows 7 and Server 2008 R2', () => {
    const old = {
      'Data[0]': 'wininit.exe (10.3.58.4)',
      'Data[1]': 'RDS01',
      'Data[3]': '0x84040002',
      'Data[5]': 'because',
      'Data[6]': 'RDS01\\alice',
    };
    const record = { ...request('06:00:00', '', '', ALICE_SID), fields: new Map(Object.entries(old)) };
    expect(requestsOf(record)[0]).toMatchObject({
      process: 'wininit.exe',
      remote: '10.3.58.4',
      comment: 'because',
      user: 'RDS01\\alice',
      reason: { code: '0x84040002', planned: true },
    });
  });
});
