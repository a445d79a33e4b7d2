import { describe, expect, it } from 'vitest';
import { type ExportReading, readExport } from './index.ts';
import { MAX_LINE } from './lines.ts';
import { MAX_EVENTS, MAX_STATE } from './sink.ts';

const SIZE = 4_000_000;
const fill = (unit: string, size = SIZE): string => unit.repeat(Math.ceil(size / unit.length));
const read = (text: string): ExportReading | undefined => readExport(text, { path: 'p', sourceId: 'S1', zone: 'Asia/Tokyo' });
const REG = 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\A]\n';
const KEY = 'HKEY_LOCAL_MACHINE\\A\n';
const CFG = '<cfg:Config xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config">';
const codes = (reading: ExportReading | undefined): readonly string[] => reading?.problems.map((p) => p.code) ?? [];

describe('hostile text', () => {
  // Each would take hours if any part of it were read more often than a fixed number of times.
  it.each([
    ['documents without end', fill(`${CFG}\n`)],
    ['lines of blanks', fill(`${' '.repeat(60_000)}x\n`)],
    ['settings of blanks', `Config\n${fill(`    A${' '.repeat(30_000)}[Source="x\n`)}`],
    ['texts that are not closed', REG + fill('"a"="x\\"\n')],
    ['bytes that go on', `${REG}"a"=hex:00,\\\n${fill('  00,\\\n')}`],
    ['escapes', REG + fill(`"a"="${'\\'.repeat(50_001)}\n`)],
    ['texts of zeros', `${KEY}    A    REG_MULTI_SZ    ${fill('\\0', 900_000)}x\n`],
    ['quotes of a command', fill(`C:\\>reg query "${'a"'.repeat(2000)}\n`)],
    ['paths without end', fill(`C:\\${'a'.repeat(8000)}\n`)],
    ['heads of services', fill('A: b\nC: d\n   x : 1 \n')],
    ['heads of queues', fill(`a: b\n${'    c: d\n'.repeat(14)}`)],
    ['log lines', fill(`com.ibm.license.mgmt.vmmanager.HttpConnector::retrieve:: ${'responseCode http://a '.repeat(100)}\n`)],
    ['quotes of a table', `Id,ProviderName,TimeCreated\n"${fill('""')}`],
    ['lists in lists', `[{"ProviderName":1,"LogName":1,"a":${fill('[', 1_000_000)}`],
    ['prompts', fill('C:\\>winrm e winrm/config/listener\n')],
  ])('is read in time that grows with its length: %s', (_, text) => {
    const reading = read(text);
    expect(reading?.state.length ?? 0).toBeLessThanOrEqual(MAX_STATE);
    expect(reading?.extents.length ?? 0).toBeLessThanOrEqual(20_000);
  });

  it('keeps a bounded part, says so, and then concludes nothing from what is missing', () => {
    const reading = read(`C:\\>reg query HKLM\\A /s\n\n${KEY}${fill('    A    REG_DWORD    0x1\n', 6_000_000)}\nC:\\>`);
    expect(reading?.state).toHaveLength(MAX_STATE);
    expect(reading?.extents).toEqual([]);
    expect(codes(reading)).toEqual(['EXPORT_TOO_MUCH']);
  });

  it('keeps a bounded number of events', () => {
    const reading = read(`Id,ProviderName,TimeCreated\n${fill('1,a,2018-07-06 06:04:29\n', 6_000_000)}`);
    expect(reading?.events).toHaveLength(MAX_EVENTS);
    expect(codes(reading)).toEqual(['EXPORT_TOO_MUCH']);
  });

  it('gives up after a long stretch of other text, keeping what it has', () => {
    const reading = read(`C:\\>hostname\nSRV01\n${fill('nothing of interest\n')}`);
    expect(reading?.host).toBe('SRV01');
    expect(codes(reading)).toEqual(['EXPORT_TOO_MUCH']);
    expect(read(fill('nothing of interest\n'))).toBeUndefined();
  });

  it('leaves out a line that is too long, never half of it', () => {
    const reading = read(`\n${KEY}    A    REG_BINARY    ${fill('00', MAX_LINE)}\n    B    REG_DWORD    0x2\n\n`);
    expect(reading?.state.map((s) => s.address)).toEqual(['reg:HKLM\\A', 'reg:HKLM\\A!B']);
    expect(codes(reading)).toEqual(['EXPORT_LINE_TOO_LONG', 'EXPORT_LINE_UNKNOWN']);
    expect(reading?.extents).toEqual([]);
  });

  it('does not read a document that is too deep', () => {
    expect(codes(read(`${CFG}${'<a>'.repeat(200)}${'</a>'.repeat(200)}</cfg:Config>\n`))).toEqual(['EXPORT_XML_TOO_LARGE']);
    expect(codes(read(`${CFG}${fill('<a>\n', 400_000)}</cfg:Config>\n`))).toEqual(['EXPORT_XML_TOO_LARGE']);
  });

  it('does not resolve entities of a document', () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n${CFG}<cfg:A>&b;</cfg:A></cfg:Config>\n`;
    expect(read(bomb)?.state.map((s) => s.value)).toEqual(['&b;']);
  });

  it('takes names like those of built-in properties as names', () => {
    const reading = read(`\n${KEY}    __proto__    REG_SZ    x\n    constructor    REG_SZ    y\n\n`);
    expect(reading?.state.map((s) => [s.address, s.value])).toEqual([
      ['reg:HKLM\\A', ''],
      ['reg:HKLM\\A!__proto__', 'x'],
      ['reg:HKLM\\A!constructor', 'y'],
    ]);
    const json = read(
      '[{"Id":1,"ProviderName":"p","LogName":"l","RecordId":1,"TimeCreated":"2018-07-06T00:00:00Z","__proto__":{"Message":"m"}}]',
    );
    expect(json?.events[0]).not.toHaveProperty('message');
  });
});
