import { describe, expect, it } from 'vitest';
import { read, recognised } from './test-read.ts';

const CONFIG = `Config
    MaxEnvelopeSizekb = 500
    MaxTimeoutms = 60000
    Client
        NetworkDelayms = 5000
        AllowUnencrypted = false
        Auth
            Basic = true
            Digest = true
        DefaultPorts
            HTTP = 5985
            HTTPS = 5986
        TrustedHosts = *.corp.example [Source="GPO"]
    Service
        RootSDDL = O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)
        AllowUnencrypted = true
        Auth
            Basic = TRUE [Source="GPO"]
            CbtHardeningLevel = Relaxed
        IPv4Filter [Source="GPO"]
        EnableCompatibilityHttpListener = false
        CertificateThumbprint
        AllowRemoteAccess = true
    Winrs
        AllowRemoteShellAccess = true
        MaxShellsPerUser = 30

`;

const LISTENERS = `Listener
    Address = *
    Transport = HTTP
    Port = 5985
    Hostname
    Enabled = true
    URLPrefix = wsman
    CertificateThumbprint
    ListeningOn = 10.0.0.5, 127.0.0.1, fe80::5efe:10.0.0.5%3

Listener [Source="GPO"]
    Address = IP:10.0.0.5
    Transport = HTTPS
    Port = 5986
    Hostname = srv01.corp.example
    Enabled = true
    URLPrefix = wsman
    CertificateThumbprint = A1B2C3D4E5F60718293A4B5C6D7E8F9012345678
    ListeningOn = null

`;

describe('winrm get winrm/config', () => {
  it('gives every setting at its place', () => {
    const { kind, values, problems } = read(CONFIG);
    expect(kind).toBe('winrm-config');
    expect(values).toMatchObject({
      'winrm:config!MaxEnvelopeSizekb': '500',
      'winrm:config/client!AllowUnencrypted': 'false',
      'winrm:config/client/auth!Basic': 'true',
      'winrm:config/client/defaultports!HTTPS': '5986',
      'winrm:config/client!TrustedHosts': '*.corp.example',
      'winrm:config/service!RootSDDL': 'O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)',
      'winrm:config/service/auth!Basic': 'true',
      'winrm:config/service/auth!CbtHardeningLevel': 'Relaxed',
      'winrm:config/service!IPv4Filter': '',
      'winrm:config/service!CertificateThumbprint': '',
      'winrm:config/winrs!MaxShellsPerUser': '30',
    });
    expect(problems).toEqual([]);
  });

  it('says which settings come from a policy, and on which line each stands', () => {
    const policy = read(CONFIG).state.filter((s) => s.byPolicy);
    expect(policy.map((s) => s.address)).toEqual([
      'winrm:config/client!TrustedHosts',
      'winrm:config/service/auth!Basic',
      'winrm:config/service!IPv4Filter',
    ]);
    expect(policy[0]).toMatchObject({ trust: 'text', origin: { sourceId: 'S1', path: 'out.txt', line: 13 } });
    expect(policy[0]).not.toHaveProperty('until');
  });

  it('shows service, client and shells whole, but says nothing about listeners', () => {
    expect(read(CONFIG).whole).toEqual([
      'winrm:config values',
      'winrm:config/client tree',
      'winrm:config/service tree',
      'winrm:config/winrs tree',
    ]);
  });

  it('concludes nothing from what is missing when the output is cut', () => {
    const cut = read(CONFIG.slice(0, CONFIG.indexOf('        IPv4Filter')).trimEnd());
    expect(cut.values['winrm:config/service/auth!Basic']).toBe('true');
    expect(cut.whole).toEqual([]);
    expect(cut.codes).toEqual(['EXPORT_CUT line 1']);
  });

  it('reads one part alone', () => {
    const service = CONFIG.slice(CONFIG.indexOf('    Service'), CONFIG.indexOf('    Winrs')).replaceAll(/^ {4}/gm, '');
    expect(read(`${service}\n`).whole).toEqual(['winrm:config/service tree']);
    expect(read('Auth\n    Basic = false\n    CbtHardeningLevel = Strict\n\n').values).toEqual({
      'winrm:config/service/auth!Basic': 'false',
      'winrm:config/service/auth!CbtHardeningLevel': 'Strict',
    });
  });

  it('does not guess whose ports or methods are shown', () => {
    expect(recognised('Auth\n    Basic = false\n\n')).toBe(false);
    expect(read('C:\\>winrm get winrm/config/client/auth\nAuth\n    Basic = false\n\nC:\\>').values).toEqual({
      'winrm:config/client/auth!Basic': 'false',
    });
  });

  it('gives what a remote host answers to that host', () => {
    const [state] = read('C:\\>winrm get winrm/config/winrs -r:http://srv02.corp.example:5985\nWinrs\n    MaxShellsPerUser = 5\n\n').state;
    expect(state).toMatchObject({ host: 'srv02.corp.example', value: '5' });
  });
});

describe('winrm enumerate winrm/config/listener', () => {
  it('gives each listener by address and transport', () => {
    const { kind, values, state } = read(LISTENERS);
    expect(kind).toBe('winrm-listener');
    expect(values).toMatchObject({
      'winrm:config/listener/*+HTTP!Port': '5985',
      'winrm:config/listener/*+HTTP!ListeningOn': ['10.0.0.5', '127.0.0.1', 'fe80::5efe:10.0.0.5%3'],
      'winrm:config/listener/IP:10.0.0.5+HTTPS!CertificateThumbprint': 'A1B2C3D4E5F60718293A4B5C6D7E8F9012345678',
      'winrm:config/listener/IP:10.0.0.5+HTTPS!ListeningOn': [],
    });
    expect(state.filter((s) => s.byPolicy)).toHaveLength(8);
  });

  it('shows all listeners when nothing else is in the file, or when the command asked for all', () => {
    const echo = 'C:\\>winrm e winrm/config/listener\n';
    expect(read(LISTENERS).whole).toEqual(['winrm:config/listener tree']);
    expect(read(`${echo}${LISTENERS}C:\\>`).whole).toEqual(['winrm:config/listener tree']);
    expect(read(`The listeners of our server:\n${LISTENERS}`).whole).toEqual([]);
  });

  it('takes an enumeration that prints nothing for an answer, unless it is the end of the text', () => {
    const echo = 'C:\\>winrm enumerate winrm/config/listener\n';
    expect(read(`${echo}\nC:\\>hostname\nSRV01\n`).whole).toEqual(['winrm:config/listener tree']);
    expect(read(`C:\\>hostname\nSRV01\n${echo}\n`).whole).toEqual([]);
    expect(read(`${echo}WSManFault\n    Message = Access is denied.\n\nC:\\>hostname\nSRV01\n`).whole).toEqual([]);
  });

  it('keeps the listener of the compatibility setting apart from the ordinary one', () => {
    const both = `${LISTENERS}Listener [Source="Compatibility"]\n    Address = *\n    Transport = HTTP\n    Port = 80\n\n`;
    expect(read(both).values).toMatchObject({
      'winrm:config/listener/*+HTTP!Port': '5985',
      'winrm:config/listener/*+HTTP+Compatibility!Port': '80',
    });
  });

  it('leaves out a listener that is cut', () => {
    const cut = read(LISTENERS.slice(0, LISTENERS.indexOf('    Port = 5986')));
    expect(Object.keys(cut.values).filter((address) => address.includes('10.0.0.5+'))).toEqual([]);
    expect(cut.codes).toEqual(['EXPORT_CUT line 11']);
    const inside = read(`${LISTENERS.slice(0, LISTENERS.indexOf('Transport = HTTPS')).trimEnd()}\n    Tra`);
    expect(Object.keys(inside.values).filter((address) => address.includes('10.0.0.5+'))).toEqual([]);
    expect(inside.codes).toEqual(['EXPORT_CUT line 11']);
    expect(inside.whole).toEqual([]);
  });
});

describe('winrm … -format:xml', () => {
  const NS = 'xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config"';
  it('gives the same as the text', () => {
    const { kind, values, whole, state } = read(
      `<cfg:Config ${NS} xml:lang="ja-JP"><cfg:MaxTimeoutms>60000</cfg:MaxTimeoutms><cfg:Client><cfg:TrustedHosts></cfg:TrustedHosts></cfg:Client><cfg:Service><cfg:AllowUnencrypted Source="GPO">true</cfg:AllowUnencrypted><cfg:Auth><cfg:Basic>false</cfg:Basic></cfg:Auth></cfg:Service></cfg:Config>`,
    );
    expect(kind).toBe('winrm-config');
    expect(values).toEqual({
      'winrm:config!MaxTimeoutms': '60000',
      'winrm:config/client!TrustedHosts': '',
      'winrm:config/service!AllowUnencrypted': 'true',
      'winrm:config/service/auth!Basic': 'false',
    });
    expect(state.filter((s) => s.byPolicy).map((s) => s.address)).toEqual(['winrm:config/service!AllowUnencrypted']);
    expect(whole).toContain('winrm:config/service tree');
  });

  it('reads listeners, whose addresses are elements of their own', () => {
    const { values, whole } = read(`<?xml version="1.0"?>
<wsman:Results xmlns:wsman="http://schemas.dmtf.org/wbem/wsman/1/wsman/results">
    <cfg:Listener xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config/listener">
        <cfg:Address>*</cfg:Address>
        <cfg:Transport>HTTP</cfg:Transport>
        <cfg:Port>5985</cfg:Port>
        <cfg:ListeningOn>10.0.0.5</cfg:ListeningOn>
        <cfg:ListeningOn>::1</cfg:ListeningOn>
    </cfg:Listener>
</wsman:Results>
`);
    expect(values['winrm:config/listener/*+HTTP!ListeningOn']).toEqual(['10.0.0.5', '::1']);
    expect(whole).toEqual(['winrm:config/listener tree']);
  });

  it('says that a document is broken', () => {
    expect(read(`<cfg:Config ${NS}><cfg:MaxTimeoutms>60000</cfg:Config>`).codes).toEqual(['EXPORT_XML_BROKEN line 1']);
    expect(read(`\n<cfg:Config ${NS}><cfg:MaxTimeoutms>60000`).codes).toEqual(['EXPORT_XML_BROKEN line 2']);
  });

  it('takes other XML for nothing', () => {
    expect(recognised('<Config xmlns="urn:example"><A>1</A></Config>')).toBe(false);
    expect(recognised('<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System/></Event>')).toBe(false);
  });
});
