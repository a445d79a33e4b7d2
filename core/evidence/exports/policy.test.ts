import { describe, expect, it } from 'vitest';
import { read } from './test-read.ts';

const INF = `[Unicode]
Unicode=yes
[System Access]
MinimumPasswordAge = 0
MaximumPasswordAge = -1
LockoutBadCount = 5
LockoutDuration = 30
NewAdministratorName = "管理者"
EnableGuestAccount = 0
[Event Audit]
AuditSystemEvents = 0
AuditLogonEvents = 3
[Registry Values]
MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\ShutdownWithoutLogon=4,1
MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\CachedLogonsCount=1,"10"
MACHINE\\System\\CurrentControlSet\\Control\\Lsa\\FullPrivilegeAuditing=3,0
MACHINE\\System\\CurrentControlSet\\Services\\LanManServer\\Parameters\\NullSessionPipes=7,
MACHINE\\System\\CurrentControlSet\\Control\\SecurePipeServers\\Winreg\\AllowedPaths\\Machine=7,System\\A,Software\\B
[Privilege Rights]
SeShutdownPrivilege = *S-1-5-32-544,*S-1-5-32-551,backup
SeDenyNetworkLogonRight = 
[Version]
signature="$CHICAGO$"
Revision=1
`;

describe('secedit /export', () => {
  it('reads account policy, audit, registry values and rights', () => {
    const { kind, values, problems, state } = read(INF);
    expect(kind).toBe('secedit');
    expect(values).toEqual({
      'account:min-password-age': '0',
      'account:max-password-age': '-1',
      'account:lockout-threshold': '5',
      'account:lockout-duration': '30',
      'account:administrator-name': '管理者',
      'account:guest-enabled': '0',
      'audit:category!AuditSystemEvents': 'none',
      'audit:category!AuditLogonEvents': 'both',
      'reg:HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System!ShutdownWithoutLogon': '1',
      'reg:HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon!CachedLogonsCount': '10',
      'reg:HKLM\\System\\CurrentControlSet\\Control\\Lsa!FullPrivilegeAuditing': '00',
      'reg:HKLM\\System\\CurrentControlSet\\Services\\LanManServer\\Parameters!NullSessionPipes': [],
      'reg:HKLM\\System\\CurrentControlSet\\Control\\SecurePipeServers\\Winreg\\AllowedPaths!Machine': ['System\\A', 'Software\\B'],
      'right:SeShutdownPrivilege': ['S-1-5-32-544', 'S-1-5-32-551', 'backup'],
      'right:SeDenyNetworkLogonRight': [],
    });
    expect(state.find((s) => s.address.endsWith('ShutdownWithoutLogon'))).toMatchObject({ valueType: 'REG_DWORD', origin: { line: 14 } });
    expect(problems).toEqual([]);
  });

  it('shows all rights, but only when the section is there and the text is whole', () => {
    expect(read(INF).whole).toEqual(['right: tree']);
    expect(read(INF.replace(/\[Privilege Rights\]\n(?:Se.*\n)+/, '')).whole).toEqual([]);
    const cut = read(INF.slice(0, INF.indexOf('SeDeny')));
    expect(cut.whole).toEqual([]);
    expect(cut.codes).toEqual(['EXPORT_CUT line 1']);
    expect(cut.values['right:SeShutdownPrivilege']).toHaveLength(3);
  });

  it('takes a template or the part of a group policy for what it is', () => {
    const template = INF.replace(/\[Version\]\n[^[]+$/, '').replace(
      '[System Access]',
      '[Version]\nsignature="$CHICAGO$"\nRevision=1\n[System Access]',
    );
    const { state, codes } = read(template);
    expect(state).toEqual([]);
    expect(codes).toEqual(['EXPORT_TEMPLATE line 1']);
  });

  it('leaves out entries it does not understand', () => {
    const { values, codes } = read(
      INF.replace('ShutdownWithoutLogon=4,1', 'ShutdownWithoutLogon=4,yes').replace('AuditLogonEvents = 3', 'AuditLogonEvents = 7'),
    );
    expect(Object.keys(values).filter((a) => /ShutdownWithoutLogon|AuditLogonEvents/.test(a))).toEqual([]);
    expect(codes).toEqual(['EXPORT_LINE_UNKNOWN line 14']);
  });
});

const SETTINGS = 'xmlns="http://www.microsoft.com/GroupPolicy/Settings"';
const TYPES = 'xmlns="http://www.microsoft.com/GroupPolicy/Types"';
const gpo = (name: string, more = ''): string =>
  `<GPO><Name>${name}</Name><Path><Identifier ${TYPES}>{11111111-2222-3333-4444-555555555555}</Identifier></Path><Enabled>true</Enabled><IsValid>true</IsValid><FilterAllowed>true</FilterAllowed><AccessDenied>false</AccessDenied><Link><AppliedOrder>1</AppliedOrder><Enabled>true</Enabled></Link></GPO>`.replace(
    more.split('=>')[0] || '\0',
    more.split('=>')[1] ?? '',
  );
const RSOP = `<?xml version="1.0" encoding="utf-16"?>
<Rsop xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://www.microsoft.com/GroupPolicy/Rsop">
  <ReadTime>2024-05-11T19:17:49.7941964Z</ReadTime>
  <DataType>LoggedData</DataType>
  <UserResults><Name>CORP\\user1</Name>${gpo('User policy')}</UserResults>
  <ComputerResults>
    <Name>CORP\\SRV01$</Name>
    <Domain>corp.example</Domain>
    ${gpo('既定のポリシー')}
    ${gpo('Denied', '<AccessDenied>false=><AccessDenied>true')}
    ${gpo('Filtered', '<FilterAllowed>true=><FilterAllowed>false')}
    ${gpo('Not linked', '<AppliedOrder>1=><AppliedOrder>0')}
    <ExtensionData><Extension xmlns:q1="http://www.microsoft.com/GroupPolicy/Settings/Security" xsi:type="q1:SecuritySettings" ${SETTINGS}>
      <q1:Account><Precedence>1</Precedence><q1:Name>LockoutBadCount</q1:Name><q1:SettingNumber>10</q1:SettingNumber></q1:Account>
      <q1:Account><Precedence>2</Precedence><q1:Name>LockoutDuration</q1:Name><q1:SettingNumber>15</q1:SettingNumber></q1:Account>
      <q1:Account><q1:Name>ClearTextPassword</q1:Name><q1:SettingBoolean>false</q1:SettingBoolean></q1:Account>
      <q1:SecurityOptions><Precedence>1</Precedence><q1:KeyName>MACHINE\\System\\CurrentControlSet\\Control\\Lsa\\\\NoLMHash</q1:KeyName><q1:SettingNumber>1</q1:SettingNumber></q1:SecurityOptions>
      <q1:SecurityOptions><q1:SystemAccessPolicyName>EnableGuestAccount</q1:SystemAccessPolicyName><q1:SettingNumber>0</q1:SettingNumber></q1:SecurityOptions>
      <q1:UserRightsAssignment><q1:Name>SeShutdownPrivilege</q1:Name><q1:Member><SID ${TYPES}>S-1-5-32-544</SID><Name ${TYPES}>Administrators</Name></q1:Member><q1:Member><Name ${TYPES}>Operators</Name></q1:Member></q1:UserRightsAssignment>
    </Extension><Name ${SETTINGS}>セキュリティ</Name></ExtensionData>
    <ExtensionData><Extension xmlns:q2="http://www.microsoft.com/GroupPolicy/Settings/Registry" xsi:type="q2:RegistrySettings" ${SETTINGS}>
      <q2:Policy><q2:Name>ログオン時に…</q2:Name><q2:State>Enabled</q2:State></q2:Policy>
      <q2:RegistrySetting><q2:KeyPath>Software\\Policies\\Microsoft\\Windows NT\\Terminal Services</q2:KeyPath><q2:AdmSetting>false</q2:AdmSetting><q2:Value><q2:Name>UserAuthentication</q2:Name><q2:Number>1</q2:Number></q2:Value></q2:RegistrySetting>
    </Extension></ExtensionData>
    <ExtensionData><Extension xmlns:q3="http://www.microsoft.com/GroupPolicy/Settings/Auditing" xsi:type="q3:AuditSettings" ${SETTINGS}>
      <q3:AuditSetting><q3:PolicyTarget>System</q3:PolicyTarget><q3:SubcategoryName>ログオンの監査</q3:SubcategoryName><q3:SubcategoryGuid>{0CCE9215-69AE-11D9-BED3-505054503030}</q3:SubcategoryGuid><q3:SettingValue>3</q3:SettingValue></q3:AuditSetting>
    </Extension></ExtensionData>
  </ComputerResults>
</Rsop>
`;

describe('gpresult /x', () => {
  it('reads what is set for the computer, by the policy that won, with the time of the report', () => {
    const { kind, host, values, state, madeAt, madeAtFrom } = read(RSOP);
    expect([kind, host]).toEqual(['gpresult', 'SRV01']);
    expect(values).toEqual({
      'gpo:applied!既定のポリシー': '{11111111-2222-3333-4444-555555555555}',
      'account:lockout-threshold': '10',
      'account:reversible-encryption': '0',
      'account:guest-enabled': '0',
      'reg:HKLM\\System\\CurrentControlSet\\Control\\Lsa!NoLMHash': '1',
      'right:SeShutdownPrivilege': ['S-1-5-32-544', 'Operators'],
      'reg:HKLM\\Software\\Policies\\Microsoft\\Windows NT\\Terminal Services!UserAuthentication': '1',
      'audit:{0cce9215-69ae-11d9-bed3-505054503030}': 'both',
    });
    const at = BigInt(Date.UTC(2024, 4, 11, 19, 17, 49)) * 1_000_000n + 794_196_400n;
    expect([madeAt, madeAtFrom]).toEqual([at, 'text']);
    for (const s of state) expect(s).toMatchObject({ until: at, host: 'SRV01' });
    expect(state.filter((s) => s.byPolicy !== true).map((s) => s.address)).toEqual(['gpo:applied!既定のポリシー']);
  });

  it('shows which policies are applied whole, and says that templates are named only by their title', () => {
    const { whole, codes } = read(RSOP);
    expect(whole).toEqual(['gpo:applied values']);
    expect(codes).toEqual(['EXPORT_POLICY_NAMES line 22: 1']);
  });

  it('gives no time when the report has none with a zone', () => {
    const { state, madeAt } = read(RSOP.replace('49.7941964Z', '49'), { modified: 5n });
    expect(state.every((s) => s.until === undefined)).toBe(true);
    expect(madeAt).toBe(5n);
  });

  it('says that a report is cut', () => {
    const { state, codes } = read(RSOP.slice(0, -40));
    expect(state).toEqual([]);
    expect(codes).toEqual(['EXPORT_XML_BROKEN line 2']);
  });
});
