/** Texts as people send them, one of each kind; the words are made up. */
export const TEXTS: Readonly<Record<string, string>> = {
  'winrm config': `C:\\>winrm get winrm/config
Config
    MaxEnvelopeSizekb = 500
    Client
        AllowUnencrypted = false
        Auth
            Basic = true
        TrustedHosts = *
    Service
        RootSDDL = O:NSG:BAD:P(A;;GA;;;BA)
        AllowUnencrypted = true [Source="GPO"]
        Auth
            Basic = true
            CbtHardeningLevel = Relaxed
        IPv4Filter = *
`,
  'winrm listener': `Listener
    Address = *
    Transport = HTTP
    Port = 5985
    Hostname
    Enabled = true
    URLPrefix = wsman
    CertificateThumbprint
    ListeningOn = 10.0.0.5, 127.0.0.1, ::1
`,
  'winrm xml': `<?xml version="1.0"?><cfg:Config xml:lang="ja-JP" xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config"><cfg:Service><cfg:AllowUnencrypted Source="GPO">true</cfg:AllowUnencrypted><cfg:auth><cfg:Basic>true</cfg:Basic></cfg:auth></cfg:Service></cfg:Config>`,
  'reg query': `
HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp
    UserAuthentication    REG_DWORD    0x0
    PortNumber    REG_DWORD    0xd3d
    (既定)    REG_SZ    (値の設定なし)
`,
  'reg file': `Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System]
"shutdownwithoutlogon"=dword:00000001
"list"=hex(7):61,00,62,00,\\
  00,00,00,00
@="default"
[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Gone]
`,
  secedit: `[Unicode]
Unicode=yes
[System Access]
LockoutBadCount = 5
[Registry Values]
MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\ShutdownWithoutLogon=4,1
[Privilege Rights]
SeShutdownPrivilege = *S-1-5-32-544,*S-1-5-32-545
[Event Audit]
AuditLogonEvents = 3
`,
  gpresult: `<?xml version="1.0" encoding="utf-16"?><Rsop xmlns="http://www.microsoft.com/GroupPolicy/Rsop"><ReadTime>2018-07-01T01:02:03Z</ReadTime><ComputerResults><Name>EXAMPLE\\RDS01$</Name><GPO><Name>Base</Name><IsValid>true</IsValid></GPO><ExtensionData><Extension xmlns:q1="http://www.microsoft.com/GroupPolicy/Settings/Security"><q1:SecurityOptions><q1:KeyName>MACHINE\\Software\\X\\Y</q1:KeyName><q1:SettingNumber>1</q1:SettingNumber></q1:SecurityOptions></Extension></ExtensionData></ComputerResults></Rsop>`,
  'sc query': `
SERVICE_NAME: WinRM
DISPLAY_NAME: Windows Remote Management (WS-Management)
        TYPE               : 20  WIN32_SHARE_PROCESS
        STATE              : 4  RUNNING
                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)
        WIN32_EXIT_CODE    : 0  (0x0)
`,
  'sc qc': `[SC] QueryServiceConfig SUCCESS

SERVICE_NAME: WinRM
        TYPE               : 20  WIN32_SHARE_PROCESS
        START_TYPE         : 2   AUTO_START  (DELAYED)
        BINARY_PATH_NAME   : C:\\Windows\\System32\\svchost.exe -k NetworkService
        SERVICE_START_NAME : NT AUTHORITY\\NetworkService
`,
  systeminfo: `
ホスト名:               RDS01
OS 名:                  Microsoft Windows Server 2016 Standard
OS バージョン:          10.0.14393 N/A ビルド 14393
OS 構成:                スタンドアロン サーバー
システム起動時間:       2018/07/06, 10:30:00
ホットフィックス:       1 ホットフィックスがインストールされています。
                        [01]: KB4132216
`,
  'netsh http': `
URL Reservations:
-----------------

    Reserved URL            : http://+:5985/wsman/
        User: NT SERVICE\\WinRM
            Listen: Yes
            Delegate: No
            SDDL: D:(A;;GX;;;S-1-5-80-569256582)
`,
  'net accounts': `Force user logoff how long after time expires?:       Never
Minimum password age (days):                          0
Lockout threshold:                                    Never
Lockout duration (minutes):                           30
Computer role:                                        SERVER
The command completed successfully.
`,
  'whoami /all': `
USER INFORMATION
----------------

User Name        SID
================ ==============================================
rds01\\administrator S-1-5-21-1-2-3-500

PRIVILEGES INFORMATION
----------------------

Privilege Name                Description           State
============================= ===================== ========
SeShutdownPrivilege           Shut down the system  Disabled
`,
  'Get-WinEvent JSON': `[{"Id":1074,"ProviderName":"User32","LogName":"System","MachineName":"RDS01","RecordId":7,"TimeCreated":"\\/Date(1530824669000)\\/","Message":"text","Properties":[{"Value":"winlogon.exe"},{"Value":"RDS01"}]}]`,
  'Get-WinEvent CSV': `"Message","Id","ProviderName","LogName","MachineName","TimeCreated","RecordId"
"text, with
lines","6008","EventLog","System","RDS01","2018/07/06 6:04:29","8"
`,
  'event XML': `<Events><Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="User32"/><EventID>1074</EventID><TimeCreated SystemTime="2018-07-05T21:04:29.123Z"/><EventRecordID>7</EventRecordID><Channel>System</Channel><Computer>RDS01</Computer></System><EventData><Data Name="param1">winlogon.exe</Data></EventData></Event></Events>`,
  'pasted message': `ログの名前: System
ソース: User32
日付: 2018/07/06 6:04:29
イベント ID: 1074
コンピューター: RDS01
説明:
次の理由で、プロセス C:\\Windows\\system32\\winlogon.exe (RDS01) は、ユーザー NT AUTHORITY\\SYSTEM の代わりに、コンピューター RDS01 の 電源を切る を始めました: この理由のタイトルが見つかりません
理由コード: 0x500ff
`,
  'VM manager': `vmm_url=http://hv01.example.org/wsman
vmm_login=EXAMPLE\\\\svc
vmm_password=secret
vmm_communication_interface=WINRM
vmm_thread_pool_size=8
`,
  'VM manager log': `2021-03-03 10:41:18,227 [pool-1] ERROR com.ibm.license.mgmt.vmmanager.hyperv.net.HttpConnector::retrieve:: The following response code was returned while connecting to VM Manager http://hv01:5985/wsman: responseCode = 401
2021-03-03 10:41:19,001 [pool-1] ERROR com.ibm.license.mgmt.vmmanager.hyperv.net.HttpConnector::send:java.net.ConnectException: Connection refused: connect
`,
  facts: `- fact: rdp.nla
  value: off
  from: 2018-06-20
  to: 2018-07-12
`,
};
