/**
 * A diagnosis written by hand for the tests of the reports: five stops of one host in three groups, a second host with a dirty stop,
 * facts, gaps, a clearing, problems, dead ends of every status, and a record with hostile field values.
 */
import type {
  ChainLink,
  ChannelCoverage,
  DeadEnd,
  Diagnosis,
  EventObservation,
  FactObservation,
  Grade,
  Incident,
  JudgedCause,
  JudgedRequirement,
  Missing,
  Observation,
  Source,
  Stop,
} from '@winmedic/core/model';
import type { Cause, CauseKind, Localized } from '@winmedic/knowledge/model';
import type { ReportMeta } from './options.ts';

/** Nanoseconds of an ISO time. */
export function at(iso: string): bigint {
  return BigInt(Date.parse(iso)) * 1_000_000n;
}
const text = (en: string, ja: string): Localized => ({ en, ja });

/** A field value that tries everything at once: markup, a terminal escape, reordering, Markdown. */
export const HOSTILE = `<script>alert("x")</script><img src=x onerror=alert(1)> \u001b[31mred\u001b[0m \u202egnp.exe | **bold** [link](http://example.invalid/) \`code\` &amp; "quote" ' __proto__`;

const SOURCES: readonly Source[] = [
  { id: 'S1', path: '/cases/rds/RDS01/System.evtx', sizeBytes: 1_118_208, sha256: 'a'.repeat(64), kind: 'evtx' },
  { id: 'S2', path: '/cases/rds/RDS01/Security.evtx', sizeBytes: 20_975_616, sha256: 'b'.repeat(64), kind: 'evtx' },
  {
    id: 'S3',
    path: '/cases/rds/RDS01/Microsoft-Windows-TerminalServices-RemoteConnectionManager%4Operational.evtx',
    sizeBytes: 1_052_672,
    sha256: 'c'.repeat(64),
    kind: 'evtx',
  },
  { id: 'S4', path: '/cases/rds/bundle.zip!/DC01/System.evtx', sizeBytes: 69_632, sha256: '', kind: 'evtx' },
  { id: 'S5', path: 'facts.yaml', sizeBytes: 120, sha256: 'd'.repeat(64), kind: 'facts' },
];

let counter = 0;
function event(
  iso: string,
  source: Source,
  provider: string,
  eventId: number,
  fields: Record<string, string>,
  more: Partial<EventObservation> = {},
): EventObservation {
  counter++;
  return {
    type: 'event',
    id: `E${counter}`,
    time: at(iso),
    host: source.id === 'S4' ? 'DC01' : 'RDS01',
    channel:
      source.id === 'S2'
        ? 'Security'
        : source.id === 'S3'
          ? 'Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational'
          : 'System',
    provider,
    eventId,
    version: 0,
    level: 4,
    recordId: String(4000 + counter),
    fields: new Map(Object.entries(fields)),
    origin: { sourceId: source.id, path: source.path, recordId: String(4000 + counter), offset: 65_536 + counter * 512, chunk: 1 },
    trust: 'record',
    ...more,
  };
}

function request(iso: string, process: string, user: string, code: string, action: string, comment = ''): EventObservation {
  return event(
    iso,
    SOURCES[0]!,
    'User32',
    1074,
    {
      param1: `C:\\Windows\\system32\\${process} (RDS01)`,
      param2: 'RDS01',
      param3: 'この理由のタイトルが見つかりません',
      param4: code,
      param5: action,
      param6: comment,
      param7: user,
    },
    { userSid: user.endsWith('SYSTEM') ? 'S-1-5-18' : 'S-1-5-21-1-2-3-500' },
  );
}
function failure(iso: string, user: string): EventObservation {
  return event(iso, SOURCES[1]!, 'Microsoft-Windows-Security-Auditing', 4625, {
    TargetUserName: user,
    LogonType: '10',
    LogonProcessName: 'User32 ',
    ProcessName: 'C:\\Windows\\System32\\winlogon.exe',
    IpAddress: '192.0.2.44',
    Status: '0xc000006d',
    SubStatus: '0xc000006a',
  });
}

const boot0 = event('2018-06-20T00:00:00Z', SOURCES[0]!, 'Microsoft-Windows-Kernel-General', 12, {
  StartTime: '2018-06-20T00:00:00.0000000Z',
});
const f1 = failure('2018-06-28T08:38:02Z', 'yamada');
const r1 = request('2018-06-28T08:40:11Z', 'winlogon.exe', 'NT AUTHORITY\\SYSTEM', '0x500ff', '電源を切る');
const c1 = event('2018-06-28T08:40:25Z', SOURCES[0]!, 'EventLog', 6006, {});
const boot1 = event('2018-06-28T09:02:00Z', SOURCES[0]!, 'Microsoft-Windows-Kernel-General', 12, {
  StartTime: '2018-06-28T09:02:00.0000000Z',
});
const planned = request('2018-07-01T01:00:00Z', 'shutdown.exe', 'RDS01\\admin', '0x80040002', '再起動', HOSTILE);
const bootP = event('2018-07-01T01:01:30Z', SOURCES[0]!, 'Microsoft-Windows-Kernel-General', 12, {});
const f2 = failure('2018-07-04T08:03:51Z', 'sato');
const r2 = request('2018-07-04T08:05:03.250Z', 'winlogon.exe', 'NT AUTHORITY\\SYSTEM', '0x500ff', '電源を切る');
const boot2 = event('2018-07-04T08:30:00Z', SOURCES[0]!, 'Microsoft-Windows-Kernel-General', 12, {});
const r3 = request('2018-07-05T21:04:29Z', 'winlogon.exe', 'NT AUTHORITY\\SYSTEM', '0x500ff', '電源を切る');
const boot3 = event('2018-07-05T22:00:00Z', SOURCES[0]!, 'Microsoft-Windows-Kernel-General', 12, {});
const dirty41 = event(
  '2018-07-02T15:20:00Z',
  SOURCES[3]!,
  'Microsoft-Windows-Kernel-Power',
  41,
  { BugcheckCode: '0', PowerButtonTimestamp: '0' },
  { level: 1 },
);
const conn = event('2018-07-04T08:03:20Z', SOURCES[2]!, 'Microsoft-Windows-TerminalServices-RemoteConnectionManager', 261, {
  listenerName: 'RDP-Tcp',
});

const nla: FactObservation = {
  type: 'fact',
  id: 'F1',
  name: 'rdp.nla',
  value: 'off',
  time: { kind: 'span', from: at('2018-06-20T00:00:00Z'), to: at('2018-07-12T00:00:00Z') },
  origin: { sourceId: 'S5', path: 'facts.yaml', line: 1 },
  trust: 'stated',
};
const policyNow: FactObservation = {
  type: 'fact',
  id: 'F2',
  name: 'policy.shutdown-without-logon',
  value: '1',
  host: 'RDS01',
  time: { kind: 'now' },
  origin: { sourceId: 'S5', path: 'facts.yaml', line: 2 },
  trust: 'stated',
};

const policyMissing: Missing = {
  kind: 'fact',
  name: 'policy.shutdown-without-logon',
  text: text(
    'whether the policy "Shutdown: Allow system to be shut down without having to log on" was on at the time',
    'その時点でポリシー「シャットダウン: ログオンせずにシステムのシャットダウンを許可する」が有効だったか',
  ),
  command: 'gpresult /h gp.html',
};
const rcmMissing: Missing = {
  kind: 'channel',
  name: 'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational',
  text: text('the session log, to tell whether anyone was logged on', 'セッションのログ (ログオン中の利用者がいたかを示すもの)'),
};
const selMissing: Missing = {
  kind: 'fact',
  name: 'bmc.power-event',
  text: text('the power events of the BMC (SEL)', 'BMC の電源イベント (SEL)'),
  command: 'ipmitool sel elist',
};

function cause(id: string, kind: CauseKind, title: Localized, sentence: Localized, more: Partial<Cause> = {}): Cause {
  return {
    id,
    class: 'stop',
    kind,
    scope: 'stop',
    title,
    sentence,
    required: [],
    confirm: [],
    remedies: [],
    basis: ['documented'],
    sources: ['https://learn.microsoft.com/'],
    ...more,
  };
}

const RDP = cause(
  'logon-screen-power-rdp-no-nla',
  'cause',
  text('Power button of the logon screen, reached over RDP without NLA', 'NLA なしの RDP で届いたログオン画面の電源ボタン'),
  text(
    'Someone at the RDP logon screen pressed "Shut down": the screen is reachable without authentication (NLA off) and the policy allows shutting down without logging on.',
    'RDP のログオン画面で誰かが「シャットダウン」を押しました。認証なしで画面に届き (NLA 無効)、ログオンなしのシャットダウンがポリシーで許可されています。',
  ),
  {
    prominence: 1,
    remedies: [
      {
        id: 'nla-on',
        text: text('Require Network Level Authentication for RDP.', 'RDP にネットワーク レベル認証 (NLA) を必須とします。'),
        command: `Set-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp' UserAuthentication 1`,
        gpo: text(
          'Computer Configuration > Policies > Administrative Templates > Windows Components > Remote Desktop Services > Security',
          'コンピューターの構成 > ポリシー > 管理用テンプレート > Windows コンポーネント > リモート デスクトップ サービス > セキュリティ',
        ),
        risk: text(
          'Clients without CredSSP can no longer connect; users with an expired password cannot change it at logon.',
          'CredSSP に対応しないクライアントは接続できなくなります。期限切れのパスワードをログオン時に変更できなくなります。',
        ),
        undo: text('Set the same value back to 0.', '同じ値を 0 に戻します。'),
      },
    ],
  },
);
const CONSOLE = cause(
  'logon-screen-power-console',
  'cause',
  text('Power button pressed at the console logon screen', 'コンソールのログオン画面で電源ボタン'),
  text('Somebody pressed the power button of the console logon screen.', 'コンソールのログオン画面で誰かが電源ボタンを押しました。'),
  { prominence: 2 },
);
const BMC = cause(
  'acpi-or-bmc-soft-off',
  'cause',
  text('Soft power-off by power button, BMC or hypervisor', '電源ボタン・BMC・ハイパーバイザーからのソフト電源オフ'),
  text('The machine was asked to power off from outside Windows.', 'Windows の外から電源オフを要求されました。'),
);
const SHUTDOWN = cause(
  'shutdown-exe-person',
  'cause',
  text('A person ran shutdown.exe', '人による shutdown.exe の実行'),
  text('An administrator restarted the server with shutdown.exe, planned.', '管理者が shutdown.exe で計画的に再起動しました。'),
);
const UPDATE = cause(
  'windows-update-restart',
  'dead_end',
  text('Windows Update restarted it', 'Windows Update による再起動'),
  text('Windows Update restarted the server.', 'Windows Update がサーバーを再起動しました。'),
  { prominence: 3 },
);
const HARDWARE = cause(
  'hardware-fault',
  'dead_end',
  text('Hardware fault', 'ハードウェア障害'),
  text('A hardware fault stopped the server.', 'ハードウェア障害でサーバーが停止しました。'),
  { prominence: 4 },
);
const SWAP = cause(
  'hardware-swap',
  'dead_end',
  text('Replacing hardware helps', 'ハードウェア交換で直る'),
  text('The hardware was replaced.', 'ハードウェアを交換しました。'),
  { prominence: 5 },
);
const LOAD = cause(
  'high-load',
  'dead_end',
  text('High load', '高負荷'),
  text('High load stopped the server.', '高負荷でサーバーが停止しました。'),
  { prominence: 6 },
);
const PORT = cause(
  'changed-port-is-protection',
  'dead_end',
  text('A changed port protects', 'ポート変更で守られる'),
  text('The port was changed.', 'ポートを変更しました。'),
  { prominence: 7, scope: 'host', class: 'reasoning' },
);
const MSI = cause(
  'msi-restart',
  'cause',
  text('An installer restarted it', 'インストーラーによる再起動'),
  text('An installer restarted the server.', 'インストーラーがサーバーを再起動しました。'),
);
const POWER = cause('power-loss', 'cause', text('Loss of power', '電源喪失'), text('The machine lost power.', '電源が失われました。'));
const HANG = cause(
  'hang-hard-reset',
  'cause',
  text('Hang, then reset by hand', 'ハング後の手動リセット'),
  text('The machine hung and was reset.', 'ハングし、リセットされました。'),
);
const SLOW = cause(
  'rdp-drawing-delay',
  'separate_problem',
  text('Slow drawing with RDP 7.1 clients', 'RDP 7.1 クライアントの描画遅延'),
  text('Slow drawing is a separate problem.', '描画の遅さは別の問題です。'),
  { scope: 'host', class: 'performance' },
);

interface Item {
  readonly role: JudgedRequirement['role'];
  readonly value: 'true' | 'false' | 'unknown';
  readonly text: Localized;
  readonly because: Localized;
  readonly evidence?: readonly Observation[];
  readonly missing?: readonly Missing[];
  readonly necessary?: boolean;
}
let requirementId = 0;
function judged(of: Cause, grade: Grade, because: Localized, items: readonly Item[] = [], pointed = false): JudgedCause {
  return {
    cause: of,
    grade,
    because,
    pointed,
    missing: items.flatMap((item) => item.missing ?? []),
    items: items.map((item) => ({
      role: item.role,
      requirement: { id: `item-${++requirementId}`, text: item.text, when: { all: [] }, ...(item.necessary ? { necessary: true } : {}) },
      evaluation: { value: item.value, evidence: item.evidence ?? [], because: item.because, missing: item.missing ?? [] },
    })),
  };
}

const otherProcess = (record: EventObservation): Item => ({
  role: 'required',
  necessary: true,
  value: 'false',
  text: text('The 1074 names msiexec.exe', '1074 のプロセスが msiexec.exe'),
  because: text('The 1074 names another process.', '1074 は別のプロセスを示しています。'),
  evidence: [record],
});
function excluded(record: EventObservation): JudgedCause[] {
  const by = text(
    `The 1074 (System.evtx #${record.recordId}) names winlogon.exe with code 0x500ff, not an update.`,
    `1074 (System.evtx #${record.recordId}) は winlogon.exe、コード 0x500ff であり、更新ではありません。`,
  );
  return [
    judged(UPDATE, 'ruled_out', by, [otherProcess(record)]),
    judged(
      HARDWARE,
      'ruled_out',
      text(
        'The shutdown was requested and finished cleanly; no 41, no bug check.',
        'シャットダウンは要求され、正常に終了しています。41 もバグチェックもありません。',
      ),
      [otherProcess(record)],
    ),
    judged(MSI, 'ruled_out', by, [otherProcess(record)]),
  ];
}

function stop(id: string, host: string, record: EventObservation, more: Partial<Stop>): Stop {
  return {
    id,
    host,
    class: 'requested-clean',
    action: 'power-off',
    time: record.time,
    earliest: record.time,
    latest: record.time,
    records: [record],
    ...more,
  };
}
const systemRequest = (record: EventObservation): Partial<Stop> => ({
  request: {
    event: record,
    folded: [],
    process: 'winlogon.exe',
    processPath: 'C:\\Windows\\system32\\winlogon.exe',
    user: 'NT AUTHORITY\\SYSTEM',
    userSid: 'S-1-5-18',
    userKind: 'system',
    reason: { code: '0x500ff', planned: false, userDefined: false, flags: [], major: 'SYSTEM', minor: 'NONE' },
    comment: '',
  },
});

function rdpIncident(
  n: number,
  record: EventObservation,
  failed: EventObservation,
  bootTime: bigint,
  extra: readonly EventObservation[] = [],
): Incident {
  const theStop = stop(`RDS01#${n}`, 'RDS01', record, {
    ...systemRequest(record),
    sessions: 0,
    boot: bootTime,
    records: [record, ...extra],
  });
  const rdp = judged(
    RDP,
    'likely',
    text(
      'The failed logon typed on the screen and the request by winlogon.exe are there; the policy at that time is not known.',
      '画面で入力されたログオン失敗と winlogon.exe の要求があります。その時点のポリシーは不明です。',
    ),
    [
      {
        role: 'required',
        value: 'true',
        text: text('1074 by winlogon.exe, SYSTEM, 0x500ff', 'winlogon.exe・SYSTEM・0x500ff の 1074'),
        because: text('recorded', '記録あり'),
        evidence: [record],
      },
      {
        role: 'supporting',
        value: 'true',
        text: text('Failed logon typed on the RDP screen before it', '直前に RDP 画面で入力されたログオン失敗'),
        because: text('recorded', '記録あり'),
        evidence: [failed],
      },
      {
        role: 'required',
        value: 'true',
        text: text('NLA was off', 'NLA が無効'),
        because: text('stated for that time', 'その時点について申告あり'),
        evidence: [nla],
      },
      {
        role: 'required',
        value: 'unknown',
        text: text('The policy allowed shutdown without logon', 'ログオンなしのシャットダウンを許可'),
        because: text("today's value (1); was it changed since?", '今日の値 (1) です。その後変更されていませんか。'),
        missing: [policyMissing],
      },
    ],
    true,
  );
  const chain: ChainLink[] = [
    { role: 'cause', support: 'stated', text: text('NLA was off for RDP.', 'RDP の NLA が無効でした。'), evidence: [nla] },
    {
      role: 'cause',
      support: 'assumed',
      text: text('The policy allowed shutting down without logging on.', 'ログオンなしのシャットダウンが許可されていました。'),
      evidence: [],
    },
    {
      role: 'mechanism',
      support: 'observed',
      text: text('A user mistyped a password on the RDP logon screen.', '利用者が RDP のログオン画面でパスワードを誤入力しました。'),
      evidence: [failed],
    },
    {
      role: 'mechanism',
      support: 'derived',
      text: text(
        'No session followed; the same screen offers the power button.',
        'その後セッションは始まっていません。同じ画面に電源ボタンがあります。',
      ),
      evidence: [failed, record],
    },
    {
      role: 'symptom',
      support: 'observed',
      text: text(
        'winlogon.exe (SYSTEM, 0x500ff) shut the server down.',
        'winlogon.exe (SYSTEM、0x500ff) がサーバーをシャットダウンしました。',
      ),
      evidence: [record],
    },
  ];
  return {
    id: `I${n}`,
    kind: 'stop',
    stop: theStop,
    verdict: { grade: 'likely', cause: rdp, sentence: RDP.sentence },
    chain,
    considered: [
      rdp,
      judged(
        BMC,
        'inconclusive',
        text('No BMC or hypervisor record was supplied.', 'BMC・ハイパーバイザーの記録が与えられていません。'),
        [
          {
            role: 'required',
            value: 'unknown',
            text: text('A power event of the BMC', 'BMC の電源イベント'),
            because: text('not supplied', '未提供'),
            missing: [selMissing],
          },
        ],
        true,
      ),
      judged(
        CONSOLE,
        'inconclusive',
        text('No console logon failure is recorded; nothing refutes it.', 'コンソールのログオン失敗の記録はありません。反証もありません。'),
        [],
        false,
      ),
      ...excluded(record),
    ],
    missing: [policyMissing, selMissing],
    nextCheck: {
      check: {
        text: text('Read the policy as it was then.', '当時のポリシーを調べます。'),
        command: 'gpresult /scope computer /h gp.html',
        fact: 'policy.shutdown-without-logon',
        effort: 1,
      },
      separates: ['logon-screen-power-rdp-no-nla', 'acpi-or-bmc-soft-off'],
      text: text(
        'Find out whether the policy allowed shutdown without logon at that time.',
        'その時点で、ログオンなしのシャットダウンがポリシーで許可されていたかを確認してください。',
      ),
    },
  };
}

function build(): Diagnosis {
  const consoleIncident: Incident = {
    id: 'I4',
    kind: 'stop',
    stop: stop('RDS01#4', 'RDS01', r3, { ...systemRequest(r3), boot: boot3.time }),
    verdict: {
      grade: 'inconclusive',
      sentence: text(
        'The power button of a logon screen or a soft power-off from outside; the logs alone do not separate them.',
        'ログオン画面の電源ボタン、または外部からのソフト電源オフです。ログだけでは切り分けられません。',
      ),
    },
    chain: [
      {
        role: 'symptom',
        support: 'observed',
        text: text(
          'winlogon.exe (SYSTEM, 0x500ff) shut the server down.',
          'winlogon.exe (SYSTEM、0x500ff) がサーバーをシャットダウンしました。',
        ),
        evidence: [r3],
      },
    ],
    considered: [
      judged(
        CONSOLE,
        'inconclusive',
        text(
          'Nobody was connected; whether somebody stood at the console is not recorded.',
          '接続者はいません。コンソールに人がいたかどうかは記録されていません。',
        ),
        [],
        true,
      ),
      judged(
        BMC,
        'inconclusive',
        text('No BMC or hypervisor record was supplied.', 'BMC・ハイパーバイザーの記録が与えられていません。'),
        [
          {
            role: 'required',
            value: 'unknown',
            text: text('A power event of the BMC', 'BMC の電源イベント'),
            because: text('not supplied', '未提供'),
            missing: [selMissing],
          },
        ],
        true,
      ),
      judged(
        RDP,
        'ruled_out',
        text('No RDP connection in the window, and the log covers it.', 'この時間帯に RDP 接続はなく、ログはこの時間帯を記録しています。'),
        [
          {
            role: 'refutes',
            value: 'true',
            text: text('No connection', '接続なし'),
            because: text('none in coverage', '記録範囲内になし'),
          },
        ],
      ),
      ...excluded(r3),
    ],
    missing: [selMissing, rcmMissing],
    nextCheck: {
      check: {
        text: text('Ask the data centre who was at the console.', 'データセンターに、コンソールの作業者を問い合わせます。'),
        effort: 5,
      },
      separates: ['logon-screen-power-console', 'acpi-or-bmc-soft-off'],
      text: text('Ask the data centre for the work log of that morning.', 'データセンターに当日朝の作業記録を問い合わせてください。'),
    },
  };
  const shutdownJudged = judged(
    SHUTDOWN,
    'confirmed',
    text('The 1074 names shutdown.exe and a person.', '1074 が shutdown.exe と個人のアカウントを示しています。'),
    [
      {
        role: 'required',
        value: 'true',
        text: text('1074 by shutdown.exe', 'shutdown.exe の 1074'),
        because: text('recorded', '記録あり'),
        evidence: [planned],
      },
    ],
    true,
  );
  const plannedIncident: Incident = {
    id: 'I2',
    kind: 'stop',
    stop: stop('RDS01#2', 'RDS01', planned, {
      action: 'restart',
      boot: bootP.time,
      request: {
        event: planned,
        folded: [],
        process: 'shutdown.exe',
        processPath: 'C:\\Windows\\system32\\shutdown.exe',
        user: 'RDS01\\admin',
        userSid: 'S-1-5-21-1-2-3-500',
        userKind: 'named',
        reason: { code: '0x80040002', planned: true, userDefined: false, flags: [], major: 'APPLICATION', minor: 'INSTALLATION' },
        comment: HOSTILE,
      },
    }),
    verdict: { grade: 'confirmed', cause: shutdownJudged, sentence: SHUTDOWN.sentence },
    chain: [
      {
        role: 'cause',
        support: 'observed',
        text: text('An administrator ran shutdown.exe.', '管理者が shutdown.exe を実行しました。'),
        evidence: [planned],
      },
    ],
    considered: [
      shutdownJudged,
      judged(
        RDP,
        'ruled_out',
        text('The 1074 names shutdown.exe, not winlogon.exe.', '1074 は winlogon.exe ではなく shutdown.exe を示しています。'),
        [otherProcess(planned)],
      ),
    ],
    missing: [],
  };
  const dirtyIncident: Incident = {
    id: 'I5',
    kind: 'stop',
    stop: stop('DC01#1', 'DC01', dirty41, {
      class: 'dirty',
      action: 'unknown',
      earliest: at('2018-07-02T15:10:00Z'),
      latest: at('2018-07-02T15:11:00Z'),
      time: at('2018-07-02T15:10:00Z'),
      boot: at('2018-07-02T15:19:40Z'),
    }),
    verdict: {
      grade: 'inconclusive',
      sentence: text(
        'The server stopped without shutting down; power loss and a hang with reset remain.',
        'サーバーは終了処理なしに停止しました。電源喪失と、ハング後のリセットが残ります。',
      ),
    },
    chain: [
      {
        role: 'symptom',
        support: 'observed',
        text: text('Kernel-Power 41 without a stop code.', '停止コードのない Kernel-Power 41。'),
        evidence: [dirty41],
      },
    ],
    considered: [
      judged(POWER, 'inconclusive', text('No record of the power supply.', '電源設備の記録がありません。'), [], true),
      judged(HANG, 'inconclusive', text('Nothing recorded.', '記録がありません。'), [], false),
    ],
    missing: [selMissing],
  };
  const coverage: ChannelCoverage[] = [
    {
      host: 'RDS01',
      channel: 'System',
      sourceIds: ['S1'],
      records: 5021,
      first: at('2018-06-20T00:00:00Z'),
      last: at('2018-07-08T00:00:00Z'),
      gaps: [{ from: at('2018-06-30T00:00:00Z'), to: at('2018-06-30T12:00:00Z'), missingRecords: 120n }],
      clearings: [],
    },
    {
      host: 'RDS01',
      channel: 'Security',
      sourceIds: ['S2'],
      records: 31_007,
      first: at('2018-06-25T00:00:00Z'),
      last: at('2018-07-08T00:00:00Z'),
      gaps: [],
      clearings: [at('2018-06-25T00:00:00Z')],
    },
    {
      host: 'RDS01',
      channel: 'Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational',
      sourceIds: ['S3'],
      records: 902,
      first: at('2018-06-20T00:00:00Z'),
      last: at('2018-07-08T00:00:00Z'),
      gaps: [],
      clearings: [],
      truncatedFrom: at('2018-07-07T00:00:00Z'),
    },
    {
      host: 'DC01',
      channel: 'System',
      sourceIds: ['S4'],
      records: 77,
      first: at('2018-07-01T00:00:00Z'),
      last: at('2018-07-08T00:00:00Z'),
      gaps: [],
      clearings: [],
      partial: true,
    },
  ];
  const incidents = [
    rdpIncident(1, r1, f1, boot1.time, [c1]),
    plannedIncident,
    rdpIncident(3, r2, f2, boot2.time),
    consoleIncident,
    dirtyIncident,
  ];
  const deadEnds: DeadEnd[] = [
    {
      cause: UPDATE,
      host: 'RDS01',
      status: 'ruled_out',
      because: text(
        'Every 1074 names winlogon.exe with 0x500ff, not the update service.',
        'どの 1074 も winlogon.exe・0x500ff であり、更新サービスではありません。',
      ),
      evidence: [r1, r2],
    },
    {
      cause: SWAP,
      host: 'RDS01',
      status: 'not_checkable',
      because: text('The date of the replacement is not known.', '交換の日付が不明です。'),
      evidence: [],
    },
    {
      cause: LOAD,
      host: 'RDS01',
      status: 'open',
      because: text('Session records do not cover the time.', 'セッションの記録がこの時間帯にありません。'),
      evidence: [],
    },
    {
      cause: PORT,
      host: 'RDS01',
      status: 'holds',
      because: text('Connections reach the host on the changed port.', '変更後のポートにも接続が届いています。'),
      evidence: [conn],
    },
  ];
  const events = [boot0, f1, r1, c1, boot1, planned, bootP, f2, conn, r2, boot2, r3, boot3, dirty41].toSorted((a, b) =>
    Number(a.time - b.time),
  );
  return {
    timeline: {
      evidence: {
        sources: SOURCES,
        events,
        facts: [nla, policyNow],
        coverage,
        problems: [],
        state: [],
        extents: [],
        dumps: [],
        images: [],
        captures: [],
        conversations: [],
        traces: [],
        totals: { bytes: 23_216_128, recordsRead: 37_007, kept: 1402, recovered: 0, damagedRecords: 3 },
      },
      hosts: [
        { name: 'RDS01', build: '10.0.14393', utcOffsetMinutes: 540, names: ['RDS01', 'RDS01.example.test'] },
        { name: 'DC01', names: ['DC01'] },
      ],
      events,
      coverage,
      sessions: [
        { host: 'RDS01', boot: boot0.time, bootRecord: boot0, build: '10.0.14393', stop: incidents[0]!.stop },
        { host: 'RDS01', boot: boot1.time, bootRecord: boot1, stop: incidents[1]!.stop },
        { host: 'RDS01', boot: bootP.time, bootRecord: bootP, stop: incidents[2]!.stop },
        { host: 'RDS01', boot: boot2.time, bootRecord: boot2, stop: incidents[3]!.stop },
        { host: 'RDS01', boot: boot3.time, bootRecord: boot3 },
        { host: 'DC01', stop: incidents[4]!.stop },
      ],
      stops: incidents.map((incident) => incident.stop),
      clockSteps: [
        { host: 'DC01', at: at('2018-07-03T00:00:00Z'), from: at('2018-07-03T00:00:00Z'), to: at('2018-07-03T02:00:00Z'), event: dirty41 },
      ],
    },
    incidents,
    findings: [
      {
        host: 'RDS01',
        judged: judged(SLOW, 'likely', text('Clients report protocol 7.1.', 'クライアントがプロトコル 7.1 を報告しています。'), [], true),
      },
      { host: 'RDS01', judged: judged(PORT, 'inconclusive', text('The port is not known.', 'ポートが不明です。'), [], false) },
    ],
    deadEnds,
    repairs: [],
    coincidence: [
      {
        host: 'RDS01',
        signature: 'winlogon.exe|system|0x500ff|requested-clean',
        derived: 'screen-typed-failure',
        windowSeconds: 600,
        k: 2,
        n: 3,
        q: 0.0012,
        p: 0.00000432,
        bound: 0.01,
      },
    ],
    problems: [
      { code: 'EVTX_CHUNK_CRC', path: '/cases/rds/RDS01/Security.evtx', severity: 'note', count: 3, offset: 4096, what: 'chunk header' },
      { code: 'EVIDENCE_EMPTY', path: '/cases/rds/RDS01/Setup.evtx', severity: 'unusable' },
    ],
    madeAt: at('2026-11-21T00:00:00Z'),
  };
}

/** The diagnosis; built anew is not needed, nothing changes it. */
export const fixture: Diagnosis = build();

/** A diagnosis of inputs without a single stop. */
export const emptyFixture: Diagnosis = {
  timeline: {
    evidence: {
      sources: [],
      events: [],
      facts: [],
      coverage: [],
      problems: [],
      state: [],
      extents: [],
      dumps: [],
      images: [],
      captures: [],
      conversations: [],
      traces: [],
      totals: { bytes: 0, recordsRead: 0, kept: 0, recovered: 0, damagedRecords: 0 },
    },
    hosts: [],
    events: [],
    coverage: [],
    sessions: [],
    stops: [],
    clockSteps: [],
  },
  incidents: [],
  findings: [],
  deadEnds: [],
  coincidence: [],
  repairs: [],
  problems: [{ code: 'EVIDENCE_NO_LOGS', path: '/cases/empty', severity: 'unusable' }],
  madeAt: at('2026-11-21T00:00:00Z'),
};

export const META: ReportMeta = {
  zone: 'Asia/Tokyo',
  tool: { name: 'winmedic', version: '0.1.0', command: 'winmedic diagnose /cases/rds' },
  durationSeconds: 1.4,
};
