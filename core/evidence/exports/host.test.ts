import { describe, expect, it } from 'vitest';
import { read, recognised } from './test-read.ts';

const SC_JA = `
SERVICE_NAME: winrm 
DISPLAY_NAME: Windows Remote Management (WS-Management)
        種類               : 20  WIN32_SHARE_PROCESS  
        状態               : 4  RUNNING 
                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)
        WIN32_EXIT_CODE    : 0  (0x0)
        SERVICE_EXIT_CODE  : 0  (0x0)
        チェックポイント         : 0x0
        待機ヒント         : 0x0

SERVICE_NAME: TermService
DISPLAY_NAME: Remote Desktop Services
        種類               : 30  WIN32  
        状態               : 1  STOPPED 
        WIN32_EXIT_CODE    : 1077  (0x435)
        SERVICE_EXIT_CODE  : 0  (0x0)
        チェックポイント         : 0x0
        待機ヒント         : 0x0
`;
const QC = `[SC] QueryServiceConfig SUCCESS

SERVICE_NAME: winrm
        TYPE               : 20  WIN32_SHARE_PROCESS 
        START_TYPE         : 2   AUTO_START  (DELAYED)
        ERROR_CONTROL      : 1   NORMAL
        BINARY_PATH_NAME   : C:\\Windows\\System32\\svchost.exe -k NetworkService -p
        LOAD_ORDER_GROUP   : 
        TAG                : 0
        DISPLAY_NAME       : Windows Remote Management (WS-Management)
        DEPENDENCIES       : RPCSS
                           : HTTP
        SERVICE_START_NAME : NT AUTHORITY\\NetworkService
`;

describe('sc', () => {
  it('gives the state by its number, whatever the labels say', () => {
    const { kind, values, whole, codes } = read(SC_JA);
    expect(kind).toBe('sc-query');
    expect(values).toEqual({ 'service:winrm!state': 'running', 'service:TermService!state': 'stopped' });
    expect([whole, codes]).toEqual([[], []]);
  });

  it('does not believe a symbol whose number is another', () => {
    expect(read(SC_JA.replace('4  RUNNING', '1  RUNNING')).values).not.toHaveProperty('service:winrm!state');
  });

  it('shows every service only when services of all states and types were asked for', () => {
    const echo = (options: string): readonly string[] => read(`C:\\>sc query ${options}\n${SC_JA}\nC:\\>`).whole;
    expect(echo('type= all state= all')).toEqual(['service: tree']);
    expect(echo('state= all')).toEqual([]);
    expect(echo('')).toEqual([]);
    expect(read(`C:\\>sc query type= all state= all\n${SC_JA}\nC:\\>`).extents[0]?.looked).toEqual(['service:*!state']);
  });

  it('gives start, path and account', () => {
    const { kind, values } = read(QC);
    expect(kind).toBe('sc-config');
    expect(values).toEqual({
      'service:winrm!start': 'delayed-auto',
      'service:winrm!path': 'C:\\Windows\\System32\\svchost.exe -k NetworkService -p',
      'service:winrm!account': 'NT AUTHORITY\\NetworkService',
    });
    const disabled = read(QC.replace('2   AUTO_START  (DELAYED)', '4   DISABLED').replace('START_TYPE  ', '開始の種類'));
    expect(disabled.values['service:winrm!start']).toBe('disabled');
  });

  it('does not take the wrong line for the account when lines are missing', () => {
    expect(read(QC.slice(0, QC.indexOf('        SERVICE_START_NAME'))).values).not.toHaveProperty('service:winrm!account');
  });

  it('knows by its code that a service does not exist', () => {
    const ja =
      'C:\\>sc query csagent\n[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n\n指定されたサービスはインストールされたサービスとして存在しません。\n\nC:\\>';
    expect(read(ja).values).toEqual({ 'service:csagent!state': null, 'service:csagent!start': null });
    const denied =
      'C:\\>sc query csagent\n[SC] EnumQueryServicesStatus:OpenService FAILED 5:\n\nアクセスが拒否されました。\n\nC:\\>hostname\nSRV01\n';
    expect(read(denied).values).toEqual({ 'host:name': 'SRV01' });
    expect(read(denied).codes).toEqual(['EXPORT_COMMAND_UNKNOWN line 1: sc']);
  });
});

const INFO_JA = `
ホスト名:               SRV01
OS 名:                  Microsoft Windows Server 2019 Standard
OS バージョン:          10.0.17763 N/A ビルド 17763
OS 製造元:              Microsoft Corporation
OS 構成:                メンバー サーバー
OS ビルドの種類:        Multiprocessor Free
登録されている所有者:   Windows ユーザー
登録されている組織:     
プロダクト ID:          00429-00000-00001-AA000
最初のインストール日付: 2018/07/06, 6:04:29
システム起動時間:       2019/11/21, 15:00:00
システム製造元:         Example
システム モデル:        Model
システムの種類:         x64-based PC
プロセッサ:             1 プロセッサインストール済みです。
                        [01]: Intel64 Family 6 Model 42 Stepping 7 GenuineIntel ~2574 Mhz
システム ロケール:      ja;日本語
入力ロケール:           ja;日本語
タイム ゾーン:          (UTC+09:00) 大阪、札幌、東京
ページ ファイルの場所:  C:\\pagefile.sys
ドメイン:               corp.example
ログオン サーバー:      \\\\DC01
ホットフィックス:       2 ホットフィックスがインストールされています。
                        [01]: KB5004442
                        [02]: KB4512577
ネットワーク カード:    1 NIC(s) インストール済みです。
                        [01]: Intel(R) 82574L
`;

describe('systeminfo', () => {
  it('reads the Japanese form by the place and form of its lines', () => {
    const { kind, host, values, whole, problems } = read(INFO_JA);
    expect([kind, host]).toEqual(['systeminfo', 'SRV01']);
    expect(values).toEqual({
      'host:name': 'SRV01',
      'host:domain': 'corp.example',
      'os:name': 'Microsoft Windows Server 2019 Standard',
      'os:version': '10.0.17763',
      'os:build': '17763',
      'os:product-type': 'server',
      'os:time-zone': '(UTC+09:00) 大阪、札幌、東京',
      'os:install-time': '2018-07-06T06:04:29',
      'os:boot-time': '2019-11-21T15:00:00',
      'host:hotfix!KB5004442': 'present',
      'host:hotfix!KB4512577': 'present',
    });
    expect(whole).toEqual(['host:hotfix values']);
    expect(problems).toEqual([]);
  });

  it('does not tell a server from a domain controller in an unknown language', () => {
    expect(read(INFO_JA.replace('メンバー サーバー', 'Mitgliedsserver')).values).not.toHaveProperty('os:product-type');
    expect(read(INFO_JA.replace('メンバー サーバー', 'プライマリ ドメイン コントローラー')).values['os:product-type']).toBe('dc');
    const named = (name: string): unknown =>
      read(INFO_JA.replace('メンバー サーバー', '?').replace('Windows Server 2019 Standard', name)).values['os:product-type'];
    expect(named('Windows 10 Pro')).toBe('client');
    expect(named('Windows 10 Enterprise multi-session')).toBeUndefined();
    expect(named('Azure Stack HCI')).toBeUndefined();
  });

  it('uses a date only when day and month are sure', () => {
    const at = (text: string): unknown => read(INFO_JA.replace('2018/07/06, 6:04:29', text)).values['os:install-time'];
    expect(at('7/6/2018, 6:04:29 AM')).toBe('2018-07-06T06:04:29');
    expect(at('21/06/2018, 18:04:29')).toBe('2018-06-21T18:04:29');
    expect(at('06.07.2018, 06:04:29')).toBe('2018-07-06T06:04:29');
    expect(at('06/07/2018, 06:04:29')).toBeUndefined();
    expect(read(INFO_JA.replace('2018/07/06', '06/07/2018')).codes).toEqual(['EXPORT_DATE_AMBIGUOUS line 11']);
    const american = INFO_JA.replace('ja;日本語', 'en-us;English (United States)');
    expect(read(american.replace('2018/07/06, 6:04:29', '10/11/2018, 6:04:29 PM')).values['os:install-time']).toBe('2018-10-11T18:04:29');
    expect(read(american.replace('2018/07/06, 6:04:29', '10/11/2018, 18:04:29')).values).not.toHaveProperty('os:install-time');
  });

  it('does not claim all updates when the list is shorter than its own count', () => {
    expect(read(INFO_JA.replace('2 ホットフィックス', '3 ホットフィックス')).whole).toEqual([]);
  });

  it('reads the table form', () => {
    const fields = [
      'SRV01',
      'Microsoft Windows Server 2022 Datacenter',
      '10.0.20348 N/A Build 20348',
      'Microsoft Corporation',
      'Primary Domain Controller',
    ];
    const rest = ['Free', '', '', '1', '7/16/2023, 1:00:00 PM', '11/21/2024, 3:00:00 PM', 'M', 'M', 'x64', 'en-us;English (United States)'];
    const end = ['(UTC+00:00) UTC', 'C:\\pagefile.sys', 'corp.example', '\\\\DC01', '1 Hotfix(s) Installed.,[01]: KB5012170'];
    const row = [...fields, ...rest, ...end].map((f) => `"${f}"`).join(',');
    const { values, host } = read(`"Host Name","OS Name","OS Version","x"\n${row}\n`);
    expect(host).toBe('SRV01');
    expect(values).toMatchObject({
      'os:build': '20348',
      'os:product-type': 'dc',
      'os:boot-time': '2024-11-21T15:00:00',
      'host:domain': 'corp.example',
      'host:hotfix!KB5012170': 'present',
    });
  });
});

const ACCOUNTS_JA = `
有効期限を過ぎたときの強制ログオフまでの時間:          なし
パスワードの変更禁止期間 (日数):                       0
パスワード有効期間 (日数):                             無期限
パスワードの長さの最小値:                              8
パスワードの履歴の保存数:                              なし
ロックアウトしきい値:                                  なし
ロックアウト期間 (分):                                 30
ロックアウト観測ウィンドウ (分):                       30
コンピューターの役割:                                  SERVER
コマンドは正常に終了しました。
`;

describe('net accounts', () => {
  it('reads its nine lines in any language, words standing for no limit', () => {
    expect(read(ACCOUNTS_JA).values).toEqual({
      'account:min-password-age': '0',
      'account:max-password-age': '-1',
      'account:min-password-length': '8',
      'account:password-history': '0',
      'account:lockout-threshold': '0',
      'account:lockout-duration': '30',
      'account:lockout-window': '30',
    });
    expect(read(ACCOUNTS_JA).kind).toBe('net-accounts');
  });

  it('does not take the policy of the domain for that of the host', () => {
    const echo = read(`C:\\>net accounts /domain${ACCOUNTS_JA}`);
    expect(echo.state).toEqual([]);
    expect(echo.codes).toEqual(['EXPORT_OTHER_HOST line 2']);
    const answered = read(`この要求はドメイン corp.example のドメイン コントローラーで処理されます。\n${ACCOUNTS_JA}`);
    expect(answered.state).toEqual([]);
  });

  it('is not recognised with a line missing', () => {
    expect(recognised(ACCOUNTS_JA.replace(/^ロックアウト期間.*\n/m, ''))).toBe(false);
  });
});

const WHOAMI = `
ユーザー情報
----------------

ユーザー名  SID                                           
=========== ==============================================
corp\\admin1 S-1-5-21-1111111111-2222222222-3333333333-1104


グループ情報
-----------------

グループ名                             種類                   SID          属性                                                     
====================================== ====================== ============ =========================================================
Everyone                               よく知られたグループ   S-1-1-0      固定グループ, 既定で有効, 有効なグループ                 
BUILTIN\\Administrators                 エイリアス             S-1-5-32-544 拒否のみに使用するグループ                               


特権情報
----------------------

特権名                        説明                               状態   
============================= ================================== ======
SeShutdownPrivilege           システムのシャットダウン           無効
SeChangeNotifyPrivilege       走査チェックのバイパス             有効

`;

describe('whoami /all', () => {
  it('reads user, groups and privileges by SIDs and names of privileges', () => {
    const { kind, values, whole } = read(WHOAMI);
    expect(kind).toBe('whoami');
    expect(values).toEqual({
      'whoami:user': 'S-1-5-21-1111111111-2222222222-3333333333-1104',
      'whoami:group!S-1-1-0': 'present',
      'whoami:group!S-1-5-32-544': 'deny-only',
      'whoami:privilege!SeShutdownPrivilege': 'disabled',
      'whoami:privilege!SeChangeNotifyPrivilege': 'enabled',
    });
    expect(whole).toEqual(['whoami:group values', 'whoami:privilege values']);
  });

  it('concludes nothing from a table that is cut', () => {
    expect(read(WHOAMI.slice(0, WHOAMI.indexOf('BUILTIN'))).whole).toEqual([]);
  });
});

describe('netsh http show', () => {
  const URLACL = `
予約済み URL の一覧:
-----------------

    予約済み URL            : http://+:5985/wsman/ 
        ユーザー: NT SERVICE\\WinRM
            リッスン: Yes
            委任: No
        ユーザー: NT SERVICE\\Wecsvc
            リッスン: Yes
            委任: No
            SDDL: D:(A;;GX;;;S-1-5-80-1)(A;;GX;;;S-1-5-80-2) 

    予約済み URL            : https://*:443/app/ 
        ユーザー: BUILTIN\\Users
            リッスン: Yes
            委任: No

`;
  it('reads reservations with their access list', () => {
    const { kind, values, whole } = read(`C:\\>netsh http show urlacl\n${URLACL}\nC:\\>`);
    expect(kind).toBe('http-urlacl');
    expect(values).toEqual({
      'http:urlacl!http://+:5985/wsman/': 'D:(A;;GX;;;S-1-5-80-1)(A;;GX;;;S-1-5-80-2)',
      'http:urlacl!https://*:443/app/': ['BUILTIN\\Users'],
    });
    expect(whole).toEqual(['http:urlacl values']);
    expect(read(`C:\\>netsh http show urlacl url=http://+:5985/wsman/\n${URLACL}\nC:\\>`).whole).toEqual([]);
  });

  it('reads bindings of certificates', () => {
    const text = `
SSL 証明書のバインド:
-------------------------

    IP:ポート                    : [::]:5986
    証明書ハッシュ               : a1b2c3d4e5f60718293a4b5c6d7e8f9012345678
    アプリケーション ID          : {afebb9ad-9b97-4a91-9ab5-daf4d59122f6}
    証明書ストア名               : (null)

    Hostname:port                : srv01.corp.example:443
    Certificate Hash             : 0123456789012345678901234567890123456789
    Application ID               : {00000000-0000-0000-0000-000000000000}

`;
    expect(read(text).values).toEqual({
      'http:sslcert![::]:5986': 'A1B2C3D4E5F60718293A4B5C6D7E8F9012345678',
      'http:sslcert!srv01.corp.example:443': '0123456789012345678901234567890123456789',
    });
  });

  it('reads the addresses of the listen list; that it is empty is known from the command alone', () => {
    const list = (ips: string): string =>
      `\nIP リッスン一覧に存在する IP アドレス:\n-------------------------------------------\n\n${ips}\n`;
    const { kind, values, whole } = read(`C:\\>netsh http show iplisten\n${list('    10.0.0.5\n    ::1\n')}C:\\>`);
    expect(kind).toBe('http-iplisten');
    expect(values).toEqual({ 'http:iplisten!10.0.0.5': '10.0.0.5', 'http:iplisten!::1': '::1' });
    expect(whole).toEqual(['http:iplisten values']);
    expect(read(`C:\\>netsh http show iplisten\n${list('')}C:\\>`).whole).toEqual(['http:iplisten values']);
    expect(recognised(list(''))).toBe(false);
  });

  it('says who owns a registered URL', () => {
    const byQueue = `
要求キュー名: 要求キューに名前がありません。
    バージョン: 2.0
    状態: アクティブ
    プロセス:
        ID: 944, イメージ: C:\\Windows\\System32\\svchost.exe
    URL グループ:
    URL グループ ID: FE00000040000001
        状態: アクティブ
        要求キュー名: 要求キューに名前がありません。
        プロパティ:
            登録された URL:
                HTTP://+:5985/WSMAN/
`;
    const session = `
Server session ID: FF00000020000001
    Version: 2.0
    URL groups:
    URL group ID: FE00000040000001
        State: Active
        Request queue name: DefaultAppPool
        Properties:
            Number of registered URLs: 1
            Registered URLs:
                HTTP://*:80/
`;
    expect(read(session).values).toEqual({ 'http:url!HTTP://*:80/': 'DefaultAppPool' });
    expect(read(byQueue).values).toEqual({ 'http:url!HTTP://+:5985/WSMAN/': 'C:\\Windows\\System32\\svchost.exe' });
  });
});
