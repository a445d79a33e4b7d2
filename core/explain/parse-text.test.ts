import { loadKnowledge } from '@winmedic/knowledge';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEventText } from './parse-text.ts';

const templates = loadKnowledge().messages;
const parse = (text: string, zoneOffsetMinutes = 540) =>
  parseEventText(text, { path: 'post.txt', sourceId: 'S1', zoneOffsetMinutes, templates });
const utc = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n;

const JA =
  '次の理由で、プロセス C:\\Windows\\system32\\winlogon.exe (RDS01) は、ユーザー NT AUTHORITY\\SYSTEM の代わりに、コンピューター RDS01 の 電源を切る を始めました: この理由のタイトルが見つかりません 理由コード: 0x500ff シャットダウンの種類: 電源を切る コメント:';

describe('a pasted 1074', () => {
  it.each([
    ['on one line', JA],
    [
      'with the line breaks of the Event Viewer',
      JA.replace(' 理由コード', '\n 理由コード')
        .replace(' シャットダウンの種類', '\r\n シャットダウンの種類')
        .replace(' コメント', '\n コメント'),
    ],
    ['quoted in a forum', `> ${JA}`],
    ['with yen signs and full-width characters', JA.replaceAll('\\', '¥').replaceAll(':', '：')],
    ['with direction marks', JA.replace('RDS01', '\u200eRDS01')],
  ])('in Japanese %s gives its fields back', (_, text) => {
    const { events } = parse(text);
    expect(events).toHaveLength(1);
    const [event] = events;
    expect(event).toMatchObject({
      provider: 'User32',
      eventId: 1074,
      channel: 'System',
      trust: 'text',
      userSid: 'S-1-5-18',
      host: 'RDS01',
    });
    expect(event?.fields.get('param1')).toBe('C:\\Windows\\system32\\winlogon.exe (RDS01)');
    expect(event?.fields.get('param4')).toBe('0x500ff');
    expect(event?.fields.get('param5')).toBe('電源を切る');
    expect(event?.fields.get('param6')).toBe('');
  });

  it('in English with label lines has time, host and fields', () => {
    const { events, problems } = parse(
      [
        'Log Name:      System',
        'Source:        User32',
        'Date:          7/6/2018 6:04:29 AM',
        'Event ID:      1074',
        'Level:         Information',
        'User:          SYSTEM',
        'Computer:      RDS01',
        'Description:',
        'The process C:\\Windows\\system32\\winlogon.exe (RDS01) has initiated the power off of computer RDS01 on behalf of user NT AUTHORITY\\SYSTEM for the following reason: No title for this reason could be found',
        ' Reason Code: 0x500ff',
        ' Shutdown Type: power off',
        ' Comment: ',
      ].join('\n'),
    );
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ eventId: 1074, host: 'RDS01', level: 4, time: utc('2018-07-05T21:04:29Z'), userSid: 'S-1-5-18' });
    expect(events[0]?.fields.get('param5')).toBe('power off');
    expect(problems.map(({ code }) => code)).toEqual(['TEXT_ZONE_ASSUMED']);
  });

  it('several in one posting, each with the time before it', () => {
    const { events } = parse(`2018/06/28 17:40:12\n${JA}\n\n2018/06/29 17:27:03\n${JA}\n`);
    expect(events.map(({ time }) => time)).toEqual([utc('2018-06-28T08:40:12Z'), utc('2018-06-29T08:27:03Z')]);
    expect(events.map(({ origin }) => origin.line)).toEqual([2, 5]);
  });

  it('without a time says so and keeps the event', () => {
    const { events, problems } = parse(JA);
    expect(events[0]?.time).toBe(0n);
    expect(problems.map(({ code }) => code)).toContain('TEXT_NO_TIME');
  });

  it('written from fields reads back as the same fields (both languages)', () => {
    const word = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom(...'abcXYZ019_.-\\日本語') });
    for (const template of templates.filter(({ id }) => id === 1074)) {
      fc.assert(
        fc.property(
          fc.record({ param1: word, param2: word, param3: word, param4: word, param5: word, param6: word, param7: word }),
          (fields) => {
            const text = template.text.replaceAll(/\{(\w+)\}/g, (_, name: keyof typeof fields) => fields[name]);
            const [event] = parse(text).events;
            expect(Object.fromEntries(event?.fields ?? [])).toEqual(fields);
          },
        ),
        { numRuns: 200 },
      );
    }
  });
});

describe('other forms', () => {
  it('a labelled 4625 in Japanese gives the fields that decide', () => {
    const { events } = parse(
      [
        'ログの名前:         Security',
        'ソース:           Microsoft-Windows-Security-Auditing',
        '日付:            2018/07/06 6:03:48',
        'イベント ID:       4625',
        'コンピューター:       RDS01',
        '説明:',
        'アカウントがログオンに失敗しました。',
        'サブジェクト:',
        '\tセキュリティ ID:\t\tSYSTEM',
        '\tアカウント名:\t\tRDS01$',
        'ログオン タイプ:\t\t10',
        'ログオンを失敗したアカウント:',
        '\tセキュリティ ID:\t\tNULL SID',
        '\tアカウント名:\t\ttanaka',
        'エラー情報:',
        '\t状態:\t\t\t0xC000006D',
        '\tサブ ステータス:\t\t0xC000006A',
        'プロセス情報:',
        '\t呼び出し側プロセス名:\tC:\\Windows\\System32\\winlogon.exe',
        'ネットワーク情報:',
        '\tソース ネットワーク アドレス:\t192.0.2.10',
        '詳細な認証情報:',
        '\tログオン プロセス:\t\tUser32 ',
      ].join('\n'),
    );
    expect(Object.fromEntries(events[0]?.fields ?? [])).toMatchObject({
      SubjectUserName: 'RDS01$',
      TargetUserName: 'tanaka',
      LogonType: '10',
      Status: '0xc000006d',
      SubStatus: '0xc000006a',
      IpAddress: '192.0.2.10',
      LogonProcessName: 'User32',
    });
  });

  it('the XML part of a pasted event wins over its prose', () => {
    const { events } = parse(
      `Log Name: System\nSource: User32\nEvent ID: 1074\nDescription:\nnonsense\nEvent Xml:\n<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="User32"/><EventID Qualifiers="32768">1074</EventID><TimeCreated SystemTime="2018-07-05T21:04:29.1234567Z"/><EventRecordID>4711</EventRecordID><Channel>System</Channel><Computer>RDS01</Computer><Security UserID="S-1-5-18"/></System><EventData><Data Name="param1">C:\\Windows\\system32\\winlogon.exe (RDS01)</Data><Data Name="param4">0x500ff</Data></EventData></Event>`,
    );
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ recordId: '4711', userSid: 'S-1-5-18', time: utc('2018-07-05T21:04:29.123Z') + 456_700n });
    expect(events[0]?.fields.get('param4')).toBe('0x500ff');
  });

  it('an Event Viewer CSV with Japanese headings', () => {
    const { events, problems } = parse(
      `\uFEFFレベル,日付と時刻,ソース,イベント ID,タスクのカテゴリ\r\n情報,2018/07/06 6:04:29,User32,1074,なし,"${JA}"\r\n情報,2018/07/06 6:04:31,EventLog,6006,なし,イベント ログ サービスが停止されました。\r\n`,
    );
    expect(events.map(({ provider, eventId }) => `${provider}/${eventId}`)).toEqual(['User32/1074', 'EventLog/6006']);
    expect(events[0]?.fields.get('param4')).toBe('0x500ff');
    expect(problems.map(({ code }) => code)).toEqual(['TEXT_ZONE_ASSUMED']);
  });

  it('a table with tabs, which the Event Viewer calls text', () => {
    const { events } = parse(
      `レベル\t日付と時刻\tソース\tイベント ID\tタスクのカテゴリ\r\n情報\t2018/07/06 6:04:31\tEventLog\t6006\tなし\tイベント ログ サービスが停止されました。\r\n`,
    );
    expect(events).toMatchObject([{ provider: 'EventLog', eventId: 6006, level: 4, time: utc('2018-07-05T21:04:31Z') }]);
  });

  it('a text without any event is said to have none', () => {
    expect(parse('the server stopped again, please help').problems.map(({ code }) => code)).toEqual(['TEXT_NO_EVENT']);
  });

  it('broken events cost only themselves', () => {
    const { events, problems } = parse(
      '<Events><Event><System><EventID>x</EventID></System></Event><Event><System><Provider Name="EventLog"/><EventID>6005</EventID><TimeCreated SystemTime="2018-07-05T21:04:29Z"/></System></Event></Events>',
    );
    expect(events).toHaveLength(1);
    expect(problems.map(({ code }) => code)).toEqual(['TEXT_BROKEN_EVENT']);
  });
});

describe('hostile text ends in time', () => {
  it.each([
    ['a megabyte of labels', 'Event ID: 1\n'.repeat(80_000)],
    ['a megabyte of template beginnings', '次の理由で、プロセス '.repeat(60_000)],
    ['deep XML', `<Event>${'<a>'.repeat(200_000)}</Event>`],
    ['quotes without end', `Level,Date,Source,Event ID\n${'"'.repeat(500_000)}`],
    ['digits and colons', '2018/1/1 1:1'.repeat(80_000)],
    [
      'prototype names',
      '<Event><System><Provider Name="x"/><EventID>1</EventID></System><EventData><Data Name="__proto__">y</Data></EventData></Event>',
    ],
  ])('%s', (_, text) => {
    const start = performance.now();
    expect(() => parse(text)).not.toThrow();
    expect(performance.now() - start).toBeLessThan(5000);
    expect(({} as Record<string, unknown>)['y']).toBeUndefined();
  });
});
