import type { EventKnowledge, Knowledge } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';
import type { EventObservation } from '../model/index.ts';
import { eventKnowledge, renderMessage } from './render.ts';

const both = (text: string) => ({ en: text, ja: text });
const entry = (part: Partial<EventKnowledge> & Pick<EventKnowledge, 'provider' | 'id' | 'message'>): EventKnowledge => ({
  channel: 'System',
  title: both('t'),
  proves: both('p'),
  doesNotProve: both('d'),
  basis: 'measured',
  ...part,
});
const table = (...codes: Knowledge['codes'][string]['codes']) => ({ title: both('codes'), codes });

const knowledge: Knowledge = {
  causes: [],
  facts: [],
  settings: [],
  findings: [],
  recipes: [],
  blame: { addressParameters: [], windowsModules: [], knownModules: [] },
  messages: [],
  damages: {},
  events: [
    entry({
      provider: 'User32',
      id: 1074,
      message: {
        en: 'Process {param1|processBase} asked for "{param5}" for {param7} ({UserSid|sid}), reason {param4|reason}, comment {param6}',
        ja: 'プロセス {param1|processBase} が {param7}({UserSid|sid})のために「{param5}」を要求。理由 {param4|reason}、コメント {param6}',
      },
    }),
    entry({
      provider: 'Demo',
      id: 1,
      message: both(
        '{status|ntstatus} {type|logonType} {reason|failureReason} {ip|ip} {when|filetime} {code|hex} {gap|durationS} {span|durationMs} {x|nosuchformat}',
      ),
    }),
    entry({ provider: 'Twice', id: 7, channel: 'System', message: both('system') }),
    entry({ provider: 'Twice', id: 7, channel: 'Setup', message: both('setup') }),
  ],
  codes: {
    'well-known-sids': table({ code: 'S-1-5-18', name: 'SYSTEM', meaning: { en: 'the system', ja: 'システム' } }),
    'logon-status': table({ code: '0xc000006a', name: 'STATUS_WRONG_PASSWORD', meaning: { en: 'wrong password', ja: 'パスワードの誤り' } }),
    'logon-types': table({ code: '10', name: 'RemoteInteractive' }),
    'failure-reasons': table({ code: '%%2313', meaning: { en: 'bad password', ja: 'パスワードの誤り' } }),
  },
};

const event = (
  provider: string,
  eventId: number,
  fields: Record<string, string>,
  more: Partial<EventObservation> = {},
): EventObservation => ({
  type: 'event',
  id: 'e1',
  time: 0n,
  host: 'RDS01',
  channel: 'System',
  provider,
  eventId,
  version: 0,
  level: 4,
  recordId: '1',
  fields: new Map(Object.entries(fields)),
  origin: { sourceId: 'S1', path: 'System.evtx' },
  trust: 'record',
  ...more,
});

const request = event(
  'User32',
  1074,
  {
    param1: 'C:\\Windows\\system32\\winlogon.exe (RDS01)',
    param4: '0x500ff',
    param5: '電源を切る',
    param6: '',
    param7: 'NT AUTHORITY\\SYSTEM',
  },
  { userSid: 'S-1-5-18' },
);

describe('the message of a 1074', () => {
  it('is written from its fields in English', () => {
    expect(renderMessage(request, 'en', knowledge)).toBe(
      'Process winlogon.exe asked for "電源を切る" for NT AUTHORITY\\SYSTEM (the system (S-1-5-18)), reason 0x500ff (unplanned, SYSTEM / NONE), comment -',
    );
  });

  it('is written from its fields in Japanese', () => {
    expect(renderMessage(request, 'ja', knowledge)).toBe(
      'プロセス winlogon.exe が NT AUTHORITY\\SYSTEM(システム(S-1-5-18))のために「電源を切る」を要求。理由 0x500ff(計画外、SYSTEM / NONE)、コメント -',
    );
  });

  it('keeps an unknown SID and a reason that is no number as they stand', () => {
    const odd = event('user32', 1074, { param4: 'rubbish' }, { userSid: 'S-1-5-21-1-2-3-500' });
    expect(renderMessage(odd, 'en', knowledge)).toBe('Process - asked for "-" for - (S-1-5-21-1-2-3-500), reason rubbish, comment -');
  });
});

describe('formats', () => {
  it('turn codes, times and addresses into readable values', () => {
    const demo = event('Demo', 1, {
      status: '0xC000006A',
      type: '10',
      reason: '%%2313',
      ip: '::ffff:192.0.2.7',
      when: '131752982690000000',
      code: '80',
      gap: '93784',
      span: '1500',
      x: 'as it is',
    });
    expect(renderMessage(demo, 'en', knowledge)).toBe(
      '0xC000006A (STATUS_WRONG_PASSWORD, wrong password) 10 (RemoteInteractive) %%2313 (bad password) 192.0.2.7 2018-07-05T21:04:29.000Z 0x50 1 d 2 h 1.5 s as it is',
    );
    expect(renderMessage(demo, 'ja', knowledge)).toContain(
      '0xC000006A(STATUS_WRONG_PASSWORD、パスワードの誤り) 10(RemoteInteractive) %%2313(パスワードの誤り)',
    );
  });

  it('leave values they cannot read as they are', () => {
    const demo = event('Demo', 1, {
      status: 'zzz',
      type: '99',
      reason: 'n/a',
      ip: '-',
      when: 'never',
      code: 'x',
      gap: '-1',
      span: '?',
      x: '{status}',
    });
    expect(renderMessage(demo, 'en', knowledge)).toBe('zzz 99 n/a - never x -1 ? {status}');
  });
});

describe('any event', () => {
  it('without knowledge gives its fields, long values cut', () => {
    expect(renderMessage(event('Nobody', 9, { a: '1', empty: '', b: 'x'.repeat(400) }), 'ja', knowledge)).toBe(
      `a=1, b=${'x'.repeat(300)}…`,
    );
    expect(renderMessage(event('Nobody', 9, {}), 'en', knowledge)).toBe('Nobody 9');
  });

  it('does not take patterns or field names out of its values', () => {
    const hostile = event('User32', 1074, { param5: '$& {param7|sid}', param7: '__proto__', param1: 'constructor' });
    expect(renderMessage(hostile, 'en', knowledge)).toBe(
      'Process constructor asked for "$& {param7|sid}" for __proto__ (-), reason -, comment -',
    );
  });

  it('is found by provider and id without regard to case; the channel decides between two', () => {
    expect(eventKnowledge(knowledge, 'USER32', 1074)?.id).toBe(1074);
    expect(eventKnowledge(knowledge, 'Twice', 7, 'setup')?.channel).toBe('Setup');
    expect(eventKnowledge(knowledge, 'Twice', 7, 'Other')?.channel).toBe('System');
    expect(eventKnowledge(knowledge, 'User32', 1075)).toBeUndefined();
  });
});
