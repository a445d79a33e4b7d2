import { describe, expect, it } from 'vitest';
import { read, recognised } from './test-read.ts';

const COLUMNS =
  'Message,Id,Version,Qualifiers,Level,Task,Opcode,Keywords,RecordId,ProviderName,ProviderId,LogName,ProcessId,ThreadId,MachineName,UserId,TimeCreated,ActivityId';
const row = (message: string, id: number, record: number, provider: string, time: string): string =>
  [message, id, 0, 32768, 4, 0, '', '36028797018963968', record, provider, '', 'System', '', '', 'SRV01', 'S-1-5-21-1-2-3-1001', time, '']
    .map((f) => `"${String(f).replaceAll('"', '""')}"`)
    .join(',');
const HEAD = COLUMNS.split(',')
  .map((c) => `"${c}"`)
  .join(',');
const MESSAGE =
  'The process C:\\Windows\\Explorer.EXE (SRV01) has initiated the power off of computer SRV01 on behalf of user CORP\\admin for the following reason: Other (Planned)\n Reason Code: 0x85000000\n Shutdown Type: power off\n Comment: "done"';
const utc = (...parts: [number, number, number, number, number, number]): bigint => BigInt(Date.UTC(...parts)) * 1_000_000n;
const csv = (times: readonly string[], type = ''): string =>
  `${type}${HEAD}\n${times.map((time, i) => row('Text', 7036, i + 1, 'Service Control Manager', time)).join('\n')}\n`;
const timesOf = (...times: string[]): readonly bigint[] => read(csv(times)).events.map((e) => e.time);

describe('Get-WinEvent | Export-Csv', () => {
  it('gives events with the fields of the message, with and without the line of the type', () => {
    for (const type of ['', '#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\n']) {
      const { kind, events } = read(`${type}${HEAD}\n${row(MESSAGE, 1074, 77, 'User32', '2018/07/06 6:04:29')}\n`);
      expect(kind).toBe('winevent-csv');
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({
        time: utc(2018, 6, 5, 21, 4, 29),
        host: 'SRV01',
        channel: 'System',
        provider: 'User32',
        eventId: 1074,
        level: 4,
        recordId: '77',
        trust: 'text',
        userSid: 'S-1-5-21-1-2-3-1001',
        origin: { line: type === '' ? 2 : 3, recordId: '77' },
      });
      expect(events[0]?.fields.get('param5')).toBe('power off');
      expect(events[0]?.fields.get('param4')).toBe('0x85000000');
    }
  });

  it('finds the order of day and month from all dates together', () => {
    expect(timesOf('7/6/2018 6:04:29 AM')).toEqual([utc(2018, 6, 5, 21, 4, 29)]);
    expect(timesOf('06.07.2018 06:04:29')).toEqual([utc(2018, 6, 5, 21, 4, 29)]);
    expect(timesOf('06/07/2018 06:04:29', '28/06/2018 06:04:29')[0]).toBe(utc(2018, 6, 5, 21, 4, 29));
    // Newest first, as the command prints: only with the day first do these fall.
    expect(timesOf('02/08/2018 06:00:00', '12/07/2018 06:00:00', '11/07/2018 06:00:00', '10/08/2017 06:00:00')[1]).toBe(
      utc(2018, 6, 11, 21, 0, 0),
    );
    expect(timesOf('2018-07-06T06:04:29.5+02:00')).toEqual([utc(2018, 6, 6, 4, 4, 29) + 500_000_000n]);
    expect(timesOf('2018年7月6日 6:04:29')).toEqual([utc(2018, 6, 5, 21, 4, 29)]);
  });

  it('does not guess a date', () => {
    const { events, codes } = read(csv(['06/07/2018 06:04:29']));
    expect(events[0]?.time).toBe(0n);
    expect(codes).toEqual(['EXPORT_DATE_AMBIGUOUS line 2']);
    expect(read(csv(['soon'])).codes).toEqual(['EXPORT_NO_TIME line 2']);
  });

  it('reads Get-EventLog too, and leaves out rows that are none', () => {
    const { events, codes } = read(
      '"EventID","MachineName","Index","EntryType","Message","Source","TimeGenerated"\n"6008","SRV01","5","Error","x","EventLog","2018/07/06 6:04:29"\n"?","","","","","",""\n',
    );
    expect(events).toMatchObject([{ provider: 'EventLog', eventId: 6008, level: 2, recordId: '5' }]);
    expect(codes).toEqual(['EXPORT_LINE_UNKNOWN line 3']);
  });

  it('leaves the export of the Event Viewer to the reader of events', () => {
    expect(recognised('Level,Date and Time,Source,Event ID,Task Category\nError,7/6/2018 6:04:29 AM,EventLog,6008,None,text\n')).toBe(
      false,
    );
    expect(recognised('レベル,日付と時刻,ソース,イベント ID,タスクのカテゴリ\nエラー,2018/07/06 6:04:29,EventLog,6008,なし,text\n')).toBe(
      false,
    );
  });
});

describe('Get-WinEvent | ConvertTo-Json', () => {
  const record = (more: object = {}): object => ({
    Id: 1074,
    Version: 0,
    Level: 4,
    RecordId: 77,
    ProviderName: 'User32',
    LogName: 'System',
    MachineName: 'SRV01',
    UserId: { BinaryLength: 28, Value: 'S-1-5-21-1-2-3-1001' },
    TimeCreated: '/Date(1530824669000)/',
    Properties: [{ Value: 'C:\\Windows\\Explorer.EXE' }, { Value: 'SRV01' }, { Value: [1, 255] }, { Value: null }],
    ...more,
  });

  it('reads one record and a list, in the times of both PowerShells', () => {
    const { kind, events } = read(JSON.stringify([record(), record({ TimeCreated: '2018-07-06T06:04:29.1234567+09:00', RecordId: 78 })]));
    expect(kind).toBe('winevent-json');
    expect(events.map((e) => e.time)).toEqual([utc(2018, 6, 5, 21, 4, 29), utc(2018, 6, 5, 21, 4, 29) + 123_456_700n]);
    expect(events[0]).toMatchObject({ userSid: 'S-1-5-21-1-2-3-1001', recordId: '77', trust: 'text' });
    expect([...(events[0]?.fields ?? [])]).toEqual([
      ['param1', 'C:\\Windows\\Explorer.EXE'],
      ['param2', 'SRV01'],
      ['param3', '01FF'],
    ]);
    const single = read(
      JSON.stringify(record({ TimeCreated: { value: '/Date(1530824669000)/', DateTime: '2018年7月6日 6:04:29' } }), null, 4),
    );
    expect(single.events[0]?.time).toBe(utc(2018, 6, 5, 21, 4, 29));
  });

  it('names data by position where the log has no names', () => {
    const [event] = read(JSON.stringify(record({ ProviderName: 'EventLog', Id: 6013, Properties: [{ Value: '' }, { Value: 60 }] }))).events;
    expect(event?.fields.get('Data[1]')).toBe('60');
  });

  it('says that JSON is broken, and takes other JSON for nothing', () => {
    expect(read(JSON.stringify([record()]).slice(0, -5)).codes).toEqual(['EXPORT_JSON_BROKEN line 1']);
    expect(recognised('[{"a":1}]')).toBe(false);
    expect(read(JSON.stringify([record(), { Id: 'x', RecordId: 1, LogName: '' }, null])).codes).toEqual(['EXPORT_LINE_UNKNOWN line 2']);
  });
});
