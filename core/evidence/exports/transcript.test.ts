import { describe, expect, it } from 'vitest';
import { EXPORT_KINDS, readExport } from './index.ts';
import { read, recognised } from './test-read.ts';

const TRANSCRIPT = `Microsoft Windows [Version 10.0.17763.1234]
(c) 2018 Microsoft Corporation. All rights reserved.

C:\\support>hostname
SRV01

C:\\support>reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server" /v fDenyTSConnections

HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server
    fDenyTSConnections    REG_DWORD    0x0


C:\\support>dir
 Volume in drive C has no label.

C:\\support>winrm get winrm/config
WSManFault
    Message = Access is denied.

C:\\support>sc \\\\srv02 query winrm

SERVICE_NAME: winrm 
        TYPE               : 20  WIN32_SHARE_PROCESS  
        STATE              : 4  RUNNING 

C:\\support>
`;
const RDP = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server!fDenyTSConnections';

describe('output of several commands', () => {
  it('is taken apart at the prompts, each output under its own command and host', () => {
    const { kind, host, state, whole, codes } = read(TRANSCRIPT);
    expect([kind, host]).toEqual(['transcript', 'SRV01']);
    expect(state.map((s) => [s.address, s.value, s.host, s.origin.line])).toEqual([
      ['os:version', '10.0.17763', 'SRV01', 1],
      ['os:build', '17763', 'SRV01', 1],
      ['host:name', 'SRV01', 'SRV01', 5],
      [RDP.slice(0, RDP.indexOf('!')), '', 'SRV01', 9],
      [RDP, '0', 'SRV01', 10],
      ['service:winrm!state', 'running', 'srv02', 24],
    ]);
    expect(whole).toEqual([`${RDP} values`]);
    expect(codes).toEqual(['EXPORT_COMMAND_UNKNOWN line 16: winrm']);
  });

  it('says whether there is other text, such as pasted events', () => {
    expect(read(TRANSCRIPT).otherText).toBe(true);
    expect(read('C:\\>hostname\nSRV01\n')).not.toHaveProperty('otherText');
  });

  it('reads the prompts of PowerShell, of its transcripts and of remote sessions', () => {
    const text = (prompt: string): string => `${prompt}hostname\nSRV01\n${prompt}\n`;
    expect(read(text('PS C:\\Users\\admin> ')).values).toEqual({ 'host:name': 'SRV01' });
    expect(read(text('PS>')).values).toEqual({ 'host:name': 'SRV01' });
    expect(read(text('[srv01.corp.example]: PS C:\\Users\\admin\\Documents> ')).state[0]?.host).toBe('srv01.corp.example');
    expect(read(text('C:\u00A5Users\u00A5admin>')).values).toEqual({ 'host:name': 'SRV01' });
  });

  it('names no host when the text names two', () => {
    const { host, state } = read('C:\\>hostname\nSRV01\nC:\\>hostname\nSRV02\n');
    expect(host).toBeUndefined();
    expect(state.map((s) => s.host)).toEqual([undefined, undefined]);
  });

  it('takes the name cut by NetBIOS for the same host', () => {
    expect(read('C:\\>hostname\nVERYLONGSERVERNAME01\nC:\\>hostname\nVERYLONGSERVERN\n').host).toBe('VERYLONGSERVERNAME01');
  });

  it('gives the time of the file only as that', () => {
    const { madeAt, madeAtFrom, state } = read('C:\\>hostname\nSRV01\n', { modified: 7n });
    expect([madeAt, madeAtFrom]).toEqual([7n, 'file']);
    expect(state[0]).not.toHaveProperty('until');
  });
});

describe('other text', () => {
  it('is not recognised', () => {
    for (const text of [
      '',
      '\n\n',
      'Hello',
      'C:\\>dir\n',
      'ログの名前: System\nソース: User32\nイベント ID: 1074\n',
      '{"a":1}',
      '[Section]\nkey=value\n',
      'Service\n\nClient\n',
    ])
      expect([text, recognised(text)]).toEqual([text, false]);
  });
});

describe('kinds', () => {
  it('each have a title in both languages', () => {
    for (const { en, ja } of Object.values(EXPORT_KINDS)) {
      expect(en).toMatch(/^[ -~]+$/);
      expect(ja).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
    }
  });

  it('are what a reading is', () => {
    expect(Object.keys(EXPORT_KINDS)).toContain(readExport('vmm_url=x\n', { path: 'p', sourceId: 'S1', zone: 'UTC' })?.kind);
  });
});
