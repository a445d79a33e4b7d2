import { describe, expect, it } from 'vitest';
import { read, recognised } from './test-read.ts';

const LSA = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa';
const KEY = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa';
const QUERY = `
${KEY}
    LmCompatibilityLevel    REG_DWORD    0x5
    Security Packages    REG_MULTI_SZ    kerberos\\0msv1_0\\0schannel
    Notification Packages    REG_MULTI_SZ    
    Bounds    REG_BINARY    0030000000200000
    Big    REG_QWORD    0xffffffffffffffff
    Path Of It    REG_EXPAND_SZ    %SystemRoot%\\system32
    (既定)    REG_SZ    x

${KEY}\\MSV1_0
${KEY}\\Kerberos

`;

describe('reg query', () => {
  it('reads values of every type, numbers decimal, binary as hexadecimal digits', () => {
    const { kind, values, state } = read(QUERY);
    expect(kind).toBe('reg-query');
    expect(values).toEqual({
      [LSA]: '',
      [`${LSA}!LmCompatibilityLevel`]: '5',
      [`${LSA}!Security Packages`]: ['kerberos', 'msv1_0', 'schannel'],
      [`${LSA}!Notification Packages`]: [],
      [`${LSA}!Bounds`]: '0030000000200000',
      [`${LSA}!Big`]: '18446744073709551615',
      [`${LSA}!Path Of It`]: '%SystemRoot%\\system32',
      [`${LSA}!`]: 'x',
      [`${LSA}\\MSV1_0`]: '',
      [`${LSA}\\Kerberos`]: '',
    });
    expect(state[1]).toMatchObject({
      valueType: 'REG_DWORD',
      origin: { line: 3, key: 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa!LmCompatibilityLevel' },
    });
    expect(state[1]).not.toHaveProperty('until');
  });

  it('shows the values of the key asked for, not of its subkeys', () => {
    expect(read(QUERY).whole).toEqual([`${LSA} values`]);
    expect(read(`C:\\>reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa${QUERY}C:\\>`).whole).toEqual([`${LSA} values`]);
  });

  it('shows the tree with /s, one value with /v, and nothing whole after a search or a filter', () => {
    const echo = (options: string): string => `C:\\>reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa" ${options}${QUERY}C:\\>`;
    expect(read(echo('/s')).whole).toEqual([`${LSA} tree`]);
    expect(read(echo('/v LmCompatibilityLevel')).whole).toEqual([`${LSA}!LmCompatibilityLevel values`]);
    expect(read(echo('/s /f Level')).whole).toEqual([]);
    expect(read(echo('/s | findstr Level')).whole).toEqual([]);
    expect(read(echo('/s > out.txt')).whole).toEqual([`${LSA} tree`]);
  });

  it('concludes nothing from a single value without the command, from a search or from a cut text', () => {
    const one = `\n${KEY}\n    LmCompatibilityLevel    REG_DWORD    0x5\n`;
    expect(read(`${one}\n`).whole).toEqual([]);
    const two = `${one}    NoLMHash    REG_DWORD    0x1\n`;
    expect(read(`${two}\n`).whole).toEqual([`${LSA} values`]);
    expect(read(two.trimEnd()).whole).toEqual([]);
    expect(read(`${two}\n検索の終了: 2 個一致しました。\n`).whole).toEqual([]);
    expect(read(`${two}\nEnd of search: 2 match(es) found.\n`).whole).toEqual([]);
  });

  it('leaves out a text over several lines rather than give half of it', () => {
    const { values, codes, whole } = read(
      `\n${KEY}\n    Notice    REG_SZ    first line\nsecond line\n    NoLMHash    REG_DWORD    0x1\n\n`,
    );
    expect(values).toEqual({ [LSA]: '', [`${LSA}!NoLMHash`]: '1' });
    expect(codes).toEqual(['EXPORT_LINE_UNKNOWN line 4']);
    expect(whole).toEqual([]);
  });

  it('reads a yen sign as the separator of paths', () => {
    expect(read(`\n${KEY.replaceAll('\\', '\u00A5')}\n    NoLMHash    REG_DWORD    0x1\n\n`).values).toHaveProperty(
      [`${LSA}!NoLMHash`],
      '1',
    );
  });

  it('knows a default value that is not set', () => {
    const echo = `C:\\>reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa /ve\n\n${KEY}\n    (既定)    REG_SZ    (値の設定なし)\n\nC:\\>`;
    expect(read(echo).values).toHaveProperty([`${LSA}!`], null);
    expect(read(echo).whole).toEqual([`${LSA}! values`]);
  });

  it('keeps control sets as written: which one is current is not in the path', () => {
    expect(Object.keys(read(`\n${KEY.replace('CurrentControlSet', 'ControlSet001')}\n    A    REG_DWORD    0x1\n\n`).values)).toContain(
      'reg:HKLM\\SYSTEM\\ControlSet001\\Control\\Lsa!A',
    );
  });

  it('gives values of another host to that host', () => {
    const [state] = read(
      `C:\\>reg query \\\\srv02\\HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa /v NoLMHash\n\n${KEY}\n    NoLMHash    REG_DWORD    0x1\n\nC:\\>`,
    ).state;
    expect(state?.host).toBe('srv02');
  });

  it('never keeps a password', () => {
    const { values } = read(`\n${KEY}\n    DefaultPassword    REG_SZ    Example-1\n    PasswordAge    REG_DWORD    0x1e\n\n`);
    expect(values).toMatchObject({ [`${LSA}!DefaultPassword`]: 'present', [`${LSA}!PasswordAge`]: '30' });
  });

  it('keeps only what is asked for, and says so', () => {
    const wanted = [`${LSA}!NoLMHash`, 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\*!Bounds'];
    const { values, extents } = read(QUERY, { wanted });
    expect(values).toEqual({ [`${LSA}!Bounds`]: '0030000000200000' });
    expect(extents).toMatchObject([{ prefix: LSA, depth: 'values', looked: wanted }]);
  });
});

const EXPORT = `Windows Registry Editor Version 5.00

[${KEY}]
"LmCompatibilityLevel"=dword:00000005
"Path"=hex(2):25,00,53,00,79,00,73,00,74,00,65,00,6d,00,52,00,6f,00,6f,00,74,\\
  00,25,00,00,00
"List"=hex(7):61,00,00,00,62,00,63,00,00,00,00,00
"Raw"=hex:01,ff
"Big"=hex(b):01,00,00,00,00,00,00,80
"Quoted \\"name\\""="C:\\\\Windows \\"x\\""
@="default"

[${KEY}\\Empty]

[${KEY}\\One]
"A"="two
lines"

`;

describe('.reg files', () => {
  it('reads values of every type, with continuation lines and escapes', () => {
    const { kind, values, problems } = read(EXPORT);
    expect(kind).toBe('reg-file');
    expect(values).toEqual({
      [LSA]: '',
      [`${LSA}!LmCompatibilityLevel`]: '5',
      [`${LSA}!Path`]: '%SystemRoot%',
      [`${LSA}!List`]: ['a', 'bc'],
      [`${LSA}!Raw`]: '01FF',
      [`${LSA}!Big`]: '9223372036854775809',
      [`${LSA}!Quoted "name"`]: 'C:\\Windows "x"',
      [`${LSA}!`]: 'default',
      [`${LSA}\\Empty`]: '',
      [`${LSA}\\One`]: '',
      [`${LSA}\\One!A`]: 'two\r\nlines'.replaceAll('\r', ''),
    });
    expect(problems).toEqual([]);
  });

  it('concludes that a value is missing only from keys with several values of a file in the form Windows writes', () => {
    expect(read(EXPORT).whole).toEqual([`${LSA} values`]);
    expect(read(EXPORT.replace('"Raw"', '; my note\n"Raw"')).whole).toEqual([]);
    expect(read(EXPORT.replace('dword:00000005', 'dword:5')).whole).toEqual([]);
    expect(read(EXPORT.trimEnd()).whole).toEqual([]);
  });

  it('takes a file that deletes something or carries comments for a change, not for a state', () => {
    for (const text of [
      EXPORT.replace('"Raw"=hex:01,ff', '"Raw"=-'),
      EXPORT.replace('"Raw"', '; switch the button off\n"Raw"'),
      EXPORT.replace('[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\Empty]', `[-${KEY}\\Empty]`),
    ]) {
      const { state, extents, codes } = read(text);
      expect([state, extents]).toEqual([[], []]);
      expect(codes[0]).toMatch(/^EXPORT_REG_CHANGES line \d+$/);
    }
  });

  it('reads version 4, whose texts are in a code page that is not stated', () => {
    const { values } = read(`REGEDIT4\n\n[${KEY}]\n"A"=hex(2):25,41,25,00\n"B"=hex(2):83,65,00\n\n`);
    expect(values).toMatchObject({ [`${LSA}!A`]: '%A%', [`${LSA}!B`]: '836500' });
  });

  it('looks only at keys of which something is asked', () => {
    const wanted = [`${LSA}!Absent`, 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\Empty'];
    const { values, extents } = read(EXPORT, { wanted });
    expect(values).toEqual({ [`${LSA}\\Empty`]: '' });
    expect(extents).toMatchObject([{ prefix: LSA, depth: 'values', looked: wanted }]);
    expect(read(EXPORT, { wanted: ['reg:HKLM\\SOFTWARE\\X!Y'] }).extents).toEqual([]);
  });

  it('leaves out what is broken', () => {
    const { values, codes } = read(`Windows Registry Editor Version 5.00\n\n[${KEY}]\n"A"=dword:xyz\n"B"=hex:0\n"C"="ok"\n"D"=hex:01,\\\n`);
    expect(values).toEqual({ [LSA]: '', [`${LSA}!C`]: 'ok' });
    expect(codes).toEqual(['EXPORT_LINE_UNKNOWN line 4']);
  });

  it('does not take any text with brackets for a registry file', () => {
    expect(recognised('[HKEY_LOCAL_MACHINE\\SOFTWARE]\n"A"=dword:00000001\n')).toBe(false);
  });
});
