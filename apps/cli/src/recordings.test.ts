import { eachLog } from '@winmedic/core/evidence';
import type { EventObservation } from '@winmedic/core/model';
import type { EvtxQuery } from '@winmedic/evtx';
import { conversationEvent } from '@winmedic/report';
import { afterAll, describe, expect, it } from 'vitest';
import { logOf, TestFolder, winmedic } from './test-command.ts';
import { rowCapture, rowTrace } from './test-recordings.ts';
import { observationTest } from './verbs/events-recordings.ts';
import { parseWhere } from './where.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const refused = await rowCapture(folder, 'refused');
const clear = await rowCapture(folder, 'java-clear-body-401');
const trace = rowTrace(folder, 'server-remote-access-disabled');

describe.concurrent('winmedic events', () => {
  it('gives a line for each conversation with time, ends, protocol, what happened and frame', async () => {
    const { code, out, err } = await winmedic(['events', refused, clear, '--utc']);
    expect(code).toBe(0);
    expect(out).toMatch(/2026-02-03 04:05:\d\d \+00:00 .* tcp .*192\.0\.2\.50:\d+ → 192\.0\.2\.10:5985 {2}refused \(RST\) {2}frame \d+/);
    expect(out).toMatch(/ http .*POST \/wsman → 401.*NTLM/);
    expect(err).toMatch(/^read (\d+) = shown \1 \+ filtered 0; damaged 0$/m);
    expect((await winmedic(['events', refused, '--lang', 'ja'])).out).toContain('拒否 (RST)  フレーム ');
  });

  it('lists events of a trace in the form of records, beside logs and captures in one call', async () => {
    const log = folder.file('one.evtx', logOf([{ id: 1074, provider: 'User32' }]));
    const { out, code } = await winmedic(['events', log, trace, refused, '--json']);
    expect(code).toBe(0);
    const rows = out
      .split('\n')
      .filter(Boolean)
      .map(
        (line) =>
          JSON.parse(line) as { kind?: string; Event?: { System: { Provider: { Name: string }; EventID: number; Channel: string } } },
      );
    expect(rows.filter(({ kind }) => kind === 'conversation').length).toBeGreaterThan(0);
    const providers = new Set(rows.map(({ Event }) => Event?.System.Provider.Name));
    expect(providers).toContain('User32');
    expect(providers).toContain('Microsoft-Windows-WinRM');
    const counted = JSON.parse((await winmedic(['events', trace, '--count-by', 'provider', '--json'])).out) as {
      key: string;
      count: number;
    }[];
    expect(counted.find(({ key }) => key === 'Microsoft-Windows-WinRM')?.count).toBeGreaterThan(0);
    const chosen = await winmedic([
      'events',
      trace,
      '--providers',
      'microsoft-windows-winrm',
      '--ids',
      '1-65535',
      '--limit',
      '1',
      '--format',
      'csv',
    ]);
    expect(chosen.out.split('\r\n')[1]).toContain('Microsoft-Windows-WinRM');
  });

  it('writes XML that holds both', async () => {
    const { out } = await winmedic(['events', trace, refused, '--format', 'xml']);
    expect(out).toMatch(/^<\?xml .*\n<Events>\n<Event /);
    expect(out).toContain('<Conversation Transport="tcp" Stream="0"');
    expect(out.trimEnd().endsWith('</Events>')).toBe(true);
  });

  it('follows one conversation in words, also one on which nothing was said', async () => {
    const { code, out } = await winmedic(['events', clear, '--follow', '0', '--utc']);
    expect(code).toBe(0);
    expect(out).toMatch(/^tcp stream 0 {2}192\.0\.2\.50:\d+ → 192\.0\.2\.10:5985\n/);
    expect(out).toMatch(/→ 2026-02-03 04:05:06 \+00:00 frame \d+ tcp\s+SYN to 192\.0\.2\.10:5985/);
    expect(out).toContain('NTLM type 3');
    const silent = await winmedic(['events', refused, '--follow', 'tcp:0', '--lang', 'ja', '--utc']);
    expect(silent.code).toBe(0);
    expect(silent.out).toContain('拒否');
    const data = JSON.parse((await winmedic(['events', clear, '--follow', '0', '--json'])).out) as { kind: string; messages: unknown[] };
    expect(data.kind).toBe('conversation');
    expect(data.messages.length).toBeGreaterThan(3);
  });

  it('says which streams there are when there is none of that number', async () => {
    const none = await winmedic(['events', refused, '--follow', '9']);
    expect(none).toMatchObject({ code: 2, out: '' });
    expect(none.err).toMatch(/^winmedic: CLI_STREAM .*tcp:9.*TCP streams 0 to 0/);
    expect((await winmedic(['events', refused, '--follow', 'three'])).err).toContain('CLI_INVALID_VALUE --follow');
    const log = folder.file('log.evtx', logOf([{ id: 1 }]));
    expect((await winmedic(['events', log, '--follow', '0', '--lang', 'ja'])).err).toContain('入力の中にパケットがありません。');
  });
});

describe('the conditions of a query', () => {
  const records: EventObservation[] = [];
  const count = (query: EvtxQuery): number => records.filter(observationTest(query)).length;

  it('are those of records, for conversations and events of traces', async () => {
    await eachLog(
      [clear, trace],
      {
        recordings: {
          zone: 'UTC',
          conversation: (one) => records.push(conversationEvent(one)),
          event: (event) => records.push(event) > 0,
        },
      },
      () => true,
    );
    const conversations = records.filter(({ channel }) => channel === 'Capture').length;
    expect(conversations).toBe(2);
    expect(count({})).toBe(records.length);
    expect(count({ channels: ['capture'] })).toBe(conversations);
    expect(count({ providers: ['HTTP'] })).toBe(1);
    expect(count({ where: [parseWhere('ServerPort=5985')] })).toBe(1);
    expect(count({ where: [parseWhere('serverport=5985'), parseWhere('Server=192.0.2.11')] })).toBe(0);
    expect(count({ where: [parseWhere('Status|contains=401'), parseWhere('User=alice')] })).toBe(1);
    expect(count({ where: [parseWhere('User!=alice')], channels: ['Capture'] })).toBe(1);
    expect(count({ where: [parseWhere('Missing|exists=true')] })).toBe(0);
    expect(count({ computers: ['192.0.2.10'] })).toBe(1);
    // A conversation has no event id.
    expect(count({ ids: Array.from({ length: 65_536 }, (_, id) => id) })).toBe(records.length - conversations);
    expect(count({ levels: [2], channels: ['Capture'] })).toBe(1);
    expect(count({ since: 2n ** 62n })).toBe(0);
    expect(count({ until: 2n ** 62n })).toBe(records.length);
  });
});

describe.concurrent('winmedic timeline', () => {
  it('puts conversations between the records, marked, and selects them by channel', async () => {
    const log = folder.file('day.evtx', logOf([{ id: 1074, provider: 'User32', fields: { param1: 'winlogon.exe' } }]));
    const { code, out } = await winmedic(['timeline', log, refused, '--utc']);
    expect(code).toBe(0);
    const lines = out.split('\n').filter(Boolean);
    expect(lines.findIndex((line) => line.includes('User32 1074'))).toBeLessThan(lines.findIndex((line) => line.includes('refused (RST)')));
    const only = await winmedic(['timeline', log, refused, '--utc', '--channel', 'capture', '--json']);
    const rows = only.out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { kind: string; channel?: string });
    expect(rows.filter(({ kind }) => kind === 'conversation').length).toBeGreaterThan(0);
    expect(rows.some(({ channel }) => channel === 'System')).toBe(false);
    expect((await winmedic(['timeline', refused, '--host', '192.0.2.99'])).out).toBe('');
  });

  it('shows events of a trace under a channel of their own', async () => {
    const { out } = await winmedic(['timeline', trace, '--channel', 'WinRM/Trace', '--json']);
    expect(out.split('\n').filter(Boolean).length).toBeGreaterThan(0);
  });
});
