import { loadKnowledge, traceProvider } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';
import { traceTableOf } from '../trace-tables.ts';
import { readExport } from './index.ts';

const input = { path: 'trace.txt', sourceId: 'S1', zone: 'Asia/Tokyo', templates: loadKnowledge().messages, traceTables: traceTableOf };
const WINRM = 'a7975c8f-ac13-49f1-87da-5a984a4ab417';

const LINES = [
  '[0]03A4.0B1C::2026/11/21-10:00:00.123456700 [Microsoft-Windows-WinRM]Authenticating the user using Negotiate mechanism ',
  '[1]03A4.0B1C::2026/11/21-10:00:00.223456700 [Microsoft-Windows-WinRM]User CORP\\alice authenticated successfully using NTLM authentication ',
  '[1]03A4.0B1C::2026/11/21-10:00:00.323456700 [Microsoft-Windows-WinRM]SOAP [listener receiving index 1 of 1 total chunks (60 bytes)] <s:Envelope>',
  '  <s:Header/>',
  '</s:Envelope> ',
  '[0]03A4.0B1C::2026/11/21-10:00:01.000000000 [Microsoft-Windows-WinRM]なにか別の文章 ',
];

describe('a trace in words', () => {
  it('gives the events of the trace: number by text, fields by name, time in the zone given', () => {
    const reading = readExport(LINES.join('\r\n'), input);
    expect(reading?.kind).toBe('trace-text');
    const [first, second, soap, other] = reading?.events ?? [];
    expect(first).toMatchObject({
      provider: 'Microsoft-Windows-WinRM',
      eventId: 1297,
      time: BigInt(Date.UTC(2026, 10, 21, 1)) * 1_000_000n + 123_456_700n,
    });
    expect(first?.fields).toEqual(
      new Map([
        ['authentication', 'Negotiate'],
        ['ProcessID', '932'],
      ]),
    );
    expect(second?.fields.get('username')).toBe('CORP\\alice');
    expect(second?.fields.get('authenticationMechanism')).toBe('NTLM');
    expect(soap).toMatchObject({ eventId: 772, origin: { line: 3 } });
    expect(soap?.fields.get('SoapDocument')).toBe('<s:Envelope>\n <s:Header/>\n</s:Envelope>');
    // A text nobody knows decides nothing.
    expect(other).toMatchObject({ eventId: 0, message: 'なにか別の文章' });
  });

  it('names fields as the manifest does', () => {
    for (const { provider, id, text } of loadKnowledge().messages.filter((one) => one.provider === 'Microsoft-Windows-WinRM')) {
      const named = [...text.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
      const fields = traceProvider(WINRM)
        ?.templates.filter((template) => template.id === id)
        .flatMap((template) => template.fields.map(({ name }) => name));
      expect(fields, `${provider} ${id}`).toEqual(expect.arrayContaining(named));
    }
  });
});

const HEADINGS =
  'Event Name, Type, Event ID, Version, Channel, Level, Opcode, Task, Keyword, PID, TID, Processor Number, Instance ID, Parent Instance ID, Activity ID, Related Activity ID, Clock-Time, Kernel(ms), User(ms), User Data';
const row = (name: string, id: number, clock: bigint, data: string): string =>
  `${name}, Info, ${id}, 0, 16, 4, 0, 7, 0x4000000000000008, 0x000003A4, 0x00000B1C, 0, , , {11111111-2222-3333-4444-555555555555}, , ${clock}, 0, 0, ${data}`;

describe('a trace as CSV', () => {
  const at = 134_000_000_000_000_000n;

  it('fills the fields of the template in order; the last text takes unquoted commas', () => {
    const text = [
      HEADINGS,
      row('EventTrace', 0, at, '65536, 0'),
      row('Microsoft-Windows-WinRM', 1295, at + 1n, '"CORP\\alice", "NTLM"'),
      row('Microsoft-Windows-WinRM', 771, at + 2n, '1, 1, 20, <s:Envelope a="b", c="d">'),
      '<more/>',
      row('Nobody-Knows', 7, at + 3n, '1, 2'),
    ].join('\r\n');
    const reading = readExport(text, input);
    expect(reading?.kind).toBe('tracerpt-csv');
    const [login, soap, unknown] = reading?.events ?? [];
    expect(reading?.events).toHaveLength(3);
    expect(login).toMatchObject({
      eventId: 1295,
      activityId: '{11111111-2222-3333-4444-555555555555}',
      time: (at + 1n - 116_444_736_000_000_000n) * 100n,
    });
    expect(login?.fields).toEqual(
      new Map([
        ['username', 'CORP\\alice'],
        ['authenticationMechanism', 'NTLM'],
        ['ProcessID', '932'],
      ]),
    );
    expect(soap?.fields.get('SoapDocument')).toBe('<s:Envelope a="b", c="d">\n<more/>');
    expect(unknown?.fields.get('Data')).toBe('1, 2');
  });

  it('is kept up to where it is cut', () => {
    const text = [HEADINGS, row('Microsoft-Windows-WinRM', 1294, at, ''), 'Microsoft-Windows-WinRM, Info, 12'].join('\r\n');
    expect(readExport(text, input)?.events.map(({ eventId }) => eventId)).toEqual([1294]);
  });
});
