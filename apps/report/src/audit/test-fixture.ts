/**
 * An audit written by hand for the tests of its screens: a host with a combined finding, risky, possible, conflicting, unchecked and
 * quiet settings, a dirty hive and hostile values; a host without findings; one that no source names; a comparison of two states.
 */
import type {
  Audit,
  AuditHost,
  CombinedResult,
  SettingResult,
  Source,
  StateComparison,
  StateObservation,
  UncheckedPlace,
} from '@winmedic/core/model';
import type { CombinedFinding, Localized, Remedy, SettingDefinition } from '@winmedic/knowledge/model';
import type { ReportMeta } from '../options.ts';
import { at, HOSTILE } from '../test-fixture.ts';

const text = (en: string, ja: string): Localized => ({ en, ja });

const SOURCES: readonly Source[] = [
  { id: 'S1', path: '/cases/rds/RDS01/SYSTEM', sizeBytes: 12_582_912, sha256: 'a'.repeat(64), kind: 'hive' },
  { id: 'S2', path: '/cases/rds/RDS01/SOFTWARE', sizeBytes: 67_108_864, sha256: 'b'.repeat(64), kind: 'hive' },
  { id: 'S3', path: '/cases/rds/RDS01/winrm.txt', sizeBytes: 2_048, sha256: 'c'.repeat(64), kind: 'state-text' },
  { id: 'S4', path: '/cases/rds/DC01/SYSTEM', sizeBytes: 12_582_912, sha256: '', kind: 'hive' },
  { id: 'S5', path: '/cases/rds/unknown.reg', sizeBytes: 512, sha256: 'e'.repeat(64), kind: 'state-text' },
  { id: 'B1', path: '/cases/before/SYSTEM', sizeBytes: 12_582_912, sha256: 'f'.repeat(64), kind: 'hive' },
];

const remedy = (id: string, en: string, ja: string, command: string): Remedy => ({
  id,
  text: text(en, ja),
  command,
  gpo: text('Computer Configuration > Policies > Example policy', 'コンピューターの構成 > ポリシー > 例のポリシー'),
  risk: text('Clients without CredSSP can no longer connect.', 'CredSSP に対応しないクライアントは接続できなくなります。'),
  undo: text('The same command with the old value.', '同じコマンドを元の値で実行します。'),
});

function setting(
  id: string,
  en: string,
  ja: string,
  more: Partial<SettingDefinition> & Pick<SettingDefinition, 'places'>,
): SettingDefinition {
  return {
    id,
    covers: [],
    area: 'rdp',
    kind: 'exposure',
    title: text(en, ja),
    meaning: text(`Decides about ${id}.`, `${id} を決めます。`),
    defaults: [{ value: '0' }],
    severity: 'medium',
    remedies: [],
    obtain: text('The SYSTEM hive, or the output of the command.', 'SYSTEM ハイブ、またはコマンドの出力。'),
    basis: ['documented'],
    sources: ['example documentation'],
    ...more,
  };
}

const RDP = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server';
const POLICY = 'reg:HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services';
const SYSTEM_POLICY = 'reg:HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System';

const rdsEnabled = setting('rds-enabled', 'Remote Desktop', 'リモート デスクトップ', {
  kind: 'information',
  severity: 'info',
  places: [{ address: `${RDP}!fDenyTSConnections` }],
});
const rdsNla = setting('rds-nla', 'Network Level Authentication', 'ネットワーク レベル認証 (NLA)', {
  severity: 'high',
  places: [{ address: `${POLICY}!UserAuthentication`, policy: true }, { address: `${RDP}\\WinStations\\RDP-Tcp!UserAuthentication` }],
  risky: { is: 0 },
  finding: text(
    'The logon screen is drawn for clients that have not authenticated.',
    '認証前のクライアントにもログオン画面が表示されます。',
  ),
  remedies: [
    remedy(
      'require-nla',
      'Require NLA',
      'NLA を必須にする',
      'reg add "HKLM\\SYSTEM\\…\\RDP-Tcp" /v UserAuthentication /t REG_DWORD /d 1 /f',
    ),
    remedy('require-nla-policy', 'Require NLA by policy', 'NLA をポリシーで必須にする', 'gpupdate /target:computer'),
  ],
});
const shutdownWithoutLogon = setting('shutdown-without-logon', 'Shutdown without logon', 'ログオンなしのシャットダウン', {
  area: 'logon',
  severity: 'high',
  places: [{ address: `${SYSTEM_POLICY}!ShutdownWithoutLogon` }],
  risky: { is: 1 },
  finding: text('The logon screen has a power button.', 'ログオン画面に電源ボタンがあります。'),
  remedies: [
    remedy(
      'hide-button',
      'Remove the power button',
      '電源ボタンを消す',
      'reg add "HKLM\\…\\System" /v ShutdownWithoutLogon /t REG_DWORD /d 0 /f',
    ),
  ],
});
const winrmBasic = setting('winrm-service-basic', 'Basic authentication of the WinRM service', 'WinRM サービスの基本認証', {
  area: 'winrm',
  severity: 'medium',
  places: [
    { address: 'reg:HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service!AllowBasic', policy: true },
    { address: 'winrm:config/service/auth!Basic' },
  ],
  risky: { is: true },
  finding: text('Passwords cross the network.', 'パスワードがネットワークを流れます。'),
  remedies: [remedy('no-basic', 'Turn Basic off', '基本認証を無効にする', 'winrm set winrm/config/service/auth @{Basic="false"}')],
  command: 'winrm get winrm/config',
});
const ntlmLevel = setting('ntlm-level', 'LAN Manager authentication level', 'LAN Manager 認証レベル', {
  area: 'ntlm',
  severity: 'low',
  places: [{ address: 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa!LmCompatibilityLevel', basis: 'unverified' }],
  defaults: [{ value: '3', basis: 'unverified' }],
  risky: { lt: 3 },
  finding: text('Weak answers are accepted.', '弱い応答を受け入れます。'),
  remedies: [remedy('level-5', 'Set level 5', 'レベル 5 にする', 'reg add HKLM\\…\\Lsa /v LmCompatibilityLevel /t REG_DWORD /d 5 /f')],
});
const uacRemote = setting('uac-remote', 'Remote UAC filtering', 'リモート UAC フィルター', {
  area: 'uac',
  kind: 'connection',
  places: [{ address: `${SYSTEM_POLICY}!LocalAccountTokenFilterPolicy` }],
  command: 'reg query "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System" /v LocalAccountTokenFilterPolicy',
});
const lockout = setting('machine-lockout', 'Device lockout', 'デバイスのロックアウト', {
  area: 'logon',
  places: [{ address: `${SYSTEM_POLICY}!MaxDevicePasswordFailedAttempts` }],
});
const auditLogon = setting('audit-logon', 'Auditing of logons', 'ログオンの監査', {
  area: 'logging',
  kind: 'evidence',
  places: [{ address: 'audit:{0CCE9215-69AE-11D9-BED3-505054503030}' }],
});
const smb1 = setting('smb1', 'SMB 1 server', 'SMB 1 サーバー', {
  area: 'smb',
  severity: 'high',
  places: [{ address: 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters!SMB1' }],
});
const rdsPort = setting('rds-port', 'Port of Remote Desktop', 'リモート デスクトップのポート', {
  severity: 'low',
  places: [{ address: `${RDP}\\WinStations\\RDP-Tcp!PortNumber` }],
});
const crashDump = setting('crash-dump-enabled', 'Crash dump', 'クラッシュ ダンプ', {
  area: 'crash',
  kind: 'evidence',
  places: [{ address: 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\CrashControl!CrashDumpEnabled' }],
});
const computerName = setting('computer-name', 'Computer name', 'コンピューター名', {
  area: 'identity',
  kind: 'information',
  severity: 'info',
  places: [{ address: 'host:name' }],
});

/** Newest write in the hives of RDS01. */
const UNTIL = at('2018-07-12T00:00:00Z');

function seen(
  address: string,
  value: string | null,
  source: number,
  more: Partial<StateObservation> = {},
  written?: string,
): StateObservation {
  const from = SOURCES[source]!;
  const time = written === undefined ? undefined : at(written);
  return {
    type: 'state',
    address,
    value,
    ...(from.kind === 'hive' ? { valueType: 'REG_DWORD' } : {}),
    ...(time === undefined ? {} : { since: time }),
    ...(from.kind === 'hive' ? { until: UNTIL } : {}),
    host: 'RDS01',
    origin: {
      sourceId: from.id,
      path: from.path,
      ...(from.kind === 'hive'
        ? { offset: 8192, key: address.replace(/^reg:/, ''), ...(time === undefined ? {} : { keyWritten: time }) }
        : { line: 14 }),
    },
    trust: from.kind === 'hive' ? 'record' : 'text',
    ...more,
  };
}

const SOFTWARE = text('the SOFTWARE hive (Windows\\System32\\config\\SOFTWARE)', 'SOFTWARE ハイブ (Windows\\System32\\config\\SOFTWARE)');
const unchecked = (definition: SettingDefinition, reason: UncheckedPlace['reason'], need: Localized): UncheckedPlace[] => [
  { place: definition.places[0]!, reason, need },
];

function result(
  definition: SettingDefinition,
  status: SettingResult['status'],
  words: Localized,
  more: Partial<SettingResult> = {},
): SettingResult {
  return { setting: definition, status, isDefault: false, text: words, seen: [], unchecked: [], until: UNTIL, ...more };
}
const missing = (definition: SettingDefinition, reason: UncheckedPlace['reason'], need: Localized): SettingResult => {
  const { until: _, ...rest } = result(definition, 'not-checked', text('not checked', '未確認'), {
    unchecked: unchecked(definition, reason, need),
  });
  return rest;
};

const enabled = result(rdsEnabled, 'noted', text('0: connections are allowed', '0: 接続を許可'), {
  value: '0',
  seen: [seen(rdsEnabled.places[0]!.address, '0', 0, {}, '2018-06-01T01:02:03Z')],
});
const nlaOff = result(rdsNla, 'risky', text('0: not required', '0: 要求しない'), {
  value: '0',
  since: at('2018-06-20T00:00:00Z'),
  seen: [
    seen(
      rdsNla.places[0]!.address,
      null,
      1,
      {
        origin: {
          sourceId: 'S2',
          path: SOURCES[1]!.path,
          key: 'HKLM\\SOFTWARE\\Policies\\Microsoft',
          keyWritten: at('2018-05-01T00:00:00Z'),
        },
      },
      '2018-05-01T00:00:00Z',
    ),
    seen(rdsNla.places[1]!.address, '0', 0, {}, '2018-06-20T00:00:00Z'),
  ],
});
const buttonOn = result(shutdownWithoutLogon, 'risky', text('1: the button is shown', '1: ボタンを表示'), {
  value: '1',
  seen: [seen(shutdownWithoutLogon.places[0]!.address, '1', 1, {}, '2018-06-19T00:00:00Z')],
});

const port = result(rdsPort, 'ok', text('3389', '3389'), {
  value: '3389',
  seen: [seen(rdsPort.places[0]!.address, '3389', 0, {}, '2018-01-01T00:00:00Z')],
});

const powerOff: CombinedFinding = {
  id: 'anyone-can-power-off-over-rdp',
  title: text('Power off without an account over RDP', 'アカウントなしでの RDP 経由の電源オフ'),
  sentence: text(
    'Anyone who can reach the Remote Desktop port can power this server off without an account.',
    'リモート デスクトップのポートに届く人は誰でも、アカウントなしでこのサーバーの電源を切れます。',
  ),
  severity: 'high',
  when: { all: [{ setting: 'rds-enabled', is: 0 }, { risky: 'rds-nla' }, { risky: 'shutdown-without-logon' }] },
  change: {
    setting: 'shutdown-without-logon',
    why: text('Takes effect at once and hinders nobody.', 'すぐに効き、誰の妨げにもなりません。'),
  },
  others: [
    {
      setting: 'rds-nla',
      why: text('Users with expired passwords can no longer log on.', 'パスワードの期限が切れた利用者がログオンできなくなります。'),
    },
  ],
  basis: ['documented', 'field'],
  sources: ['example documentation'],
};
const setUpLeft: CombinedFinding = {
  ...powerOff,
  id: 'troubleshooting-set-up-left',
  title: text('Left as a test set-up', '試験用の設定のまま'),
  sentence: text('The host may still have the settings of a test.', '試験用の設定が残っている可能性があります。'),
  severity: 'medium',
};

const basic = result(winrmBasic, 'possible-risk', text('true: accepted', 'true: 受け入れる'), {
  value: 'true',
  seen: [seen('winrm:config/service/auth!Basic', 'true', 2, { byPolicy: true })],
  unchecked: unchecked(
    winrmBasic,
    'not-covered',
    text('the WinRM policy key of the SOFTWARE hive', 'SOFTWARE ハイブの WinRM ポリシー キー'),
  ),
});

function counts(settings: readonly SettingResult[]): AuditHost['counts'] {
  const of = (status: SettingResult['status']): number => settings.filter((one) => one.status === status).length;
  return {
    risky: of('risky'),
    ok: of('ok'),
    noted: of('noted'),
    'possible-risk': of('possible-risk'),
    'probably-ok': of('probably-ok'),
    conflict: of('conflict'),
    'not-checked': of('not-checked'),
  };
}
function host(settings: readonly SettingResult[], more: Partial<AuditHost>): AuditHost {
  return { os: { from: [] }, sources: [], settings, combined: [], counts: counts(settings), ...more };
}

const part = (one: SettingResult, outcome: CombinedResult['parts'][number]['outcome']): CombinedResult['parts'][number] => ({
  setting: one.setting.id,
  outcome,
  result: one,
});

const rds01 = host(
  [
    enabled,
    nlaOff,
    buttonOn,
    basic,
    result(ntlmLevel, 'risky', text('2 (default; not stored)', '2 (既定値、保存なし)'), {
      value: '3',
      isDefault: true,
      seen: [seen(ntlmLevel.places[0]!.address, null, 0, {}, '2018-01-01T00:00:00Z')],
    }),
    missing(uacRemote, 'hive-missing', SOFTWARE),
    missing(lockout, 'hive-missing', SOFTWARE),
    missing(auditLogon, 'no-source', text('the output of auditpol /get', 'auditpol /get の出力')),
    result(smb1, 'probably-ok', text('0: off', '0: 無効'), {
      value: '0',
      seen: [seen(smb1.places[0]!.address, '0', 0, {}, '2018-01-01T00:00:00Z')],
      unchecked: unchecked(smb1, 'damaged', text('an unreadable part of the SYSTEM hive', 'SYSTEM ハイブの読み取れない部分')),
    }),
    port,
    result(crashDump, 'conflict', text('0 and 7', '0 と 7'), {
      value: '0',
      seen: [seen(crashDump.places[0]!.address, '0', 0, {}, '2018-01-01T00:00:00Z'), seen(crashDump.places[0]!.address, '7', 2)],
    }),
    result(computerName, 'noted', text(HOSTILE, HOSTILE), { value: HOSTILE, seen: [seen('host:name', HOSTILE, 2)] }),
  ],
  {
    host: 'RDS01',
    os: { build: 14393, product: 'server', name: 'Windows Server 2016 Datacenter', from: [seen('os:build', '14393', 1)] },
    sources: ['S1', 'S2', 'S3'],
    combined: [
      {
        finding: setUpLeft,
        status: 'possible',
        parts: [part(basic, 'unknown')],
        because: text('One part is not known.', '1 つの項目が不明です。'),
      },
      {
        finding: powerOff,
        status: 'holds',
        parts: [part(enabled, 'true'), part(nlaOff, 'true'), part(buttonOn, 'true'), part(port, 'false')],
        because: text('All three settings hold.', '3 つの設定がすべて成り立ちます。'),
      },
    ],
  },
);
const dc01 = host([result(rdsPort, 'ok', text('3389', '3389'), { value: '3389' })], { host: 'DC01', sources: ['S4'] });
const nobody = host([missing(uacRemote, 'hive-missing', SOFTWARE)], { sources: ['S5'] });

const nlaOn = result(rdsNla, 'ok', text('1: required', '1: 要求する'), {
  value: '1',
  seen: [{ ...seen(rdsNla.places[1]!.address, '1', 5, {}, '2018-05-01T00:00:00Z'), until: at('2018-06-01T00:00:00Z') }],
});
const before = host([nlaOn, missing(smb1, 'hive-missing', SOFTWARE)], { host: 'RDS01', sources: ['B1'] });
const comparison: StateComparison = {
  before,
  after: rds01,
  changes: [
    { setting: smb1, before: before.settings[1]!, after: rds01.settings[8]!, effect: 'now-known' },
    { setting: rdsNla, before: nlaOn, after: nlaOff, effect: 'worse' },
  ],
  unchanged: 3,
  notComparable: 7,
};

/** The audit. */
export const auditFixture: Audit = {
  hosts: [rds01, dc01, nobody],
  comparisons: [comparison],
  sources: SOURCES,
  problems: [
    { code: 'EVIDENCE_UNREADABLE', path: '/cases/rds/RDS01/SYSTEM', severity: 'partial', what: 'example', need: 'hbin', have: 12 },
    { code: 'EVIDENCE_UNRECOGNISED', path: '/cases/rds/notes.bin', severity: 'note' },
  ],
  madeAt: at('2018-07-13T00:00:00Z'),
};

/** One host, no comparison: what most people see. */
export const oneHost: Audit = {
  ...auditFixture,
  hosts: [rds01],
  comparisons: [],
  sources: SOURCES.slice(0, 3),
  problems: auditFixture.problems.slice(0, 1),
};

/** Nothing that shows a setting was given. */
export const nothing: Audit = { hosts: [], comparisons: [], sources: [], problems: [], madeAt: auditFixture.madeAt };

/** How the fixture's report was made. */
export const AUDIT_META: ReportMeta = {
  zone: 'Asia/Tokyo',
  tool: { name: 'winmedic', version: '0.1.0', command: 'winmedic audit /cases/rds' },
  durationSeconds: 1.5,
};
