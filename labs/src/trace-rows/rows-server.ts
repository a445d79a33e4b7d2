import { text } from '../connection-rows/common.ts';
import { refuse } from '../windows-host/soap/faults.ts';
import { row } from './row.ts';
import { type Login, server } from './sides.ts';
import { query, REMOTE_ACCESS_DISABLED, receive, soapSteps } from './soap.ts';
import type { TraceRow, TraceStep } from './types.ts';

const alice: Login = { user: 'CORP\\alice', mechanism: 'Kerberos' };
const guest: Login = { user: 'CORP\\guest', mechanism: 'Negotiate' };
const operator: Login = { user: 'HV01\\operator', mechanism: 'Negotiate' };
const os = 'SELECT * FROM Win32_OperatingSystem';
const machines = 'SELECT * FROM Msvm_ComputerSystem';
const accepted = { 'login.result': 'accepted' } as const;
const denied = { ...accepted, failedRung: 'rights', 'request.result': 'denied', 'request.fault': '0x5', 'fault.codes': '0x5' } as const;
const unknownReason = text(
  '1294 says that a 401 was sent, not why: the reason stands in the Security log (4625) or in a capture',
  '1294 は 401 の送信だけを示し、理由は示さない。理由はセキュリティ ログ (4625) またはキャプチャにある',
);

/** A login that is let in, a first query that works, then one that is refused. */
function secondRefused(refused: TraceStep[]): TraceStep[] {
  return [...server.authenticated(alice, 1), ...server.request(query(1, 'root/cimv2', os), 1), ...refused];
}

/** Rows as a trace on the host shows them. What never reaches the host (rows 1 to 4, 7 to 10, 23 to 25) leaves nothing there. */
export const SERVER_ROWS: readonly TraceRow[] = [
  row({
    row: 0,
    id: 'server-healthy',
    side: 'server',
    how: text('a login is accepted, two queries are answered', 'ログオンが受け付けられ、2 つのクエリに応答'),
    steps: secondRefused(server.request(query(2, 'root/virtualization/v2', machines), 2)),
    shows: { ...accepted, failedRung: '', 'request.result': 'ok', 'namespace.result': 'ok' },
    expected: 'no-fault',
  }),
  row({
    row: 0,
    id: 'server-healthy-handshake',
    side: 'server',
    how: text(
      'a 401 of the handshake, then the same client is let in: no fault',
      'ハンドシェイク途中の 401 の後、同じクライアントを受け付け: 異常なし',
    ),
    steps: [
      ...server.unauthorized(1),
      ...server.authenticated({ user: 'CORP\\alice', mechanism: 'Negotiate' }, 1),
      ...server.request(query(1, 'root/cimv2', os), 1),
    ],
    shows: { ...accepted, failedRung: '', 'request.result': 'ok' },
    expected: 'no-fault',
  }),
  row({
    row: 0,
    id: 'server-healthy-shell',
    side: 'server',
    how: text(
      'a shell is made, its output is fetched in another activity and sent as ANSI chunks: no fault',
      'シェルを作成し、別のアクティビティで出力を取得。ANSI のチャンクで送信: 異常なし',
    ),
    steps: [
      ...server.authenticated(alice, 1),
      { id: 91, activity: 1, values: { resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd' } },
      { id: 254, activity: 1, related: 2 },
      { id: 788, activity: 2, values: { operationName: 'Receive' } },
      ...soapSteps(772, receive(2).request, 2),
      { id: 1537, activity: 2 },
      ...soapSteps(1044, receive(2).answer, 2),
      { id: 1050, activity: 2, values: { operationName: 'Receive' } },
    ],
    shows: { ...accepted, failedRung: '', 'request.result': 'ok' },
    expected: 'no-fault',
  }),
  row({
    row: 2,
    id: 'server-nothing-arrives',
    side: 'server',
    how: text('the service starts and no request arrives', 'サービスは開始したが、要求が届かない'),
    steps: [{ id: 208 }, { id: 209, afterMs: 900 }],
    shows: {},
    expected: 'not-visible',
    why: text(
      'where the request was lost is not told by the host it did not reach',
      '届かなかった要求がどこで失われたかは、届かなかったホストからは分からない',
    ),
  }),
  ...(
    [
      [11, 'basic-off', 'Basic is asked for, the host has it off', '基本認証を要求。ホストでは無効'],
      [12, 'basic-rejected', 'Basic with a wrong password', '基本認証、誤ったパスワード'],
      [14, 'wrong-password', 'NTLM with a wrong password', 'NTLM、誤ったパスワード'],
      [15, 'username-form', 'a form of the user name the host does not take', 'ホストが受け付けない形式のユーザー名'],
      [20, 'no-binding', 'no channel binding, CbtHardeningLevel=Strict', 'チャネル バインディングなし、CbtHardeningLevel=Strict'],
      [21, 'ntlm-v1', 'NTLMv1 against level 5', 'NTLMv1 をレベル 5 のホストへ'],
      [22, 'ntlm-blocked', 'incoming NTLM is blocked', '受信 NTLM を拒否'],
      [26, 'ticket-refused', 'a Kerberos ticket the host cannot open', 'ホストが開けない Kerberos チケット'],
      [28, 'credssp-off', 'CredSSP is asked for, the host has it off', 'CredSSP を要求。ホストでは無効'],
    ] as const
  ).map(([number, id, en, ja]) =>
    row({
      row: number,
      id: `server-${id}`,
      side: 'server',
      how: text(`${en}: 401 and nothing else`, `${ja}: 401 だけ`),
      steps: server.unauthorized(1),
      shows: { failedRung: 'login' },
      expected: 'not-visible',
      why: unknownReason,
    }),
  ),
  row({
    row: 14,
    id: 'server-wrong-password-2008r2',
    side: 'server',
    build: 7601,
    how: text('NTLM with a wrong password on 2008 R2: 168 and nothing else', 'NTLM、誤ったパスワード、2008 R2: 168 だけ'),
    steps: [{ id: 168, activity: 1 }],
    shows: { failedRung: 'login' },
    expected: 'not-visible',
    why: text(
      '168 says that a 401 was sent, which belongs to every handshake; the reason stands in the Security log (4625)',
      '168 は 401 の送信だけを示し、正常なハンドシェイクでも記録される。理由はセキュリティ ログ (4625) にある',
    ),
  }),
  row({
    row: 13,
    id: 'server-clear-body',
    side: 'server',
    how: text(
      'the login is accepted, then 401: the messages were not encrypted',
      'ログオンは受け付けられ、その後 401: メッセージが暗号化されていない',
    ),
    steps: [...server.authenticated({ user: 'CORP\\alice', mechanism: 'Negotiate' }, 1), ...server.unauthorized(1)],
    shows: { ...accepted, failedRung: 'rights', 'request.result': 'status', 'request.status': '401' },
    expected: 'not-visible',
    why: text(
      'that the body went unencrypted is in no event; a capture shows it',
      '本文が暗号化されていないことを示すイベントはない。キャプチャで確認できる',
    ),
  }),
  row({
    row: 16,
    id: 'server-uac-filter',
    side: 'server',
    how: text(
      'a local administrator is let in and then refused: 192 with 5, fault 5',
      'ローカル管理者のログオンは成功し、その後拒否: 192 のコード 5、フォールト 5',
    ),
    steps: [...server.authenticated(operator, 1), ...server.denied(query(1, 'root/cimv2', os, refuse.accessDenied()), 5, 1)],
    // The domain part of the name is that of the host: Machine of the fault.
    shows: { ...denied, 'user.isLocal': 'true' },
    expected: { cause: 'uac-remote-filter', grade: 'likely' },
  }),
  row({
    row: 17,
    id: 'server-no-group',
    side: 'server',
    how: text(
      'a domain user is let in and then refused: 192 with 5, fault 5',
      'ドメイン ユーザーのログオンは成功し、その後拒否: 192 のコード 5、フォールト 5',
    ),
    steps: [...server.authenticated(guest, 1), ...server.denied(query(1, 'root/cimv2', os, refuse.accessDenied()), 5, 1)],
    shows: { ...denied, 'user.isLocal': 'false' },
    expected: { cause: 'not-admin', grade: 'likely' },
  }),
  row({
    row: 17,
    id: 'server-no-group-2008r2',
    side: 'server',
    build: 7601,
    how: text('the same on 2008 R2: 169, 192 without a code, fault 5', '同上、2008 R2: 169、コードなしの 192、フォールト 5'),
    steps: server.deniedWindows7(query(1, 'root/cimv2', os, refuse.accessDenied()), guest, 1),
    shows: { ...denied, 'user.isLocal': 'false' },
    expected: { cause: 'not-admin', grade: 'likely' },
  }),
  row({
    row: 17,
    id: 'server-remote-access-disabled',
    side: 'server',
    how: text('remote access is switched off: fault 0x803381dd', 'リモート アクセスが無効: フォールト 0x803381dd'),
    steps: [...server.authenticated(alice, 1), ...server.request(query(1, 'root/cimv2', os, REMOTE_ACCESS_DISABLED), 1)],
    shows: { ...accepted, failedRung: 'rights', 'request.result': 'fault', 'request.fault': '0x803381dd', 'fault.codes': '0x803381dd' },
    expected: { cause: 'winrm-remote-access-disabled', grade: 'confirmed' },
  }),
  row({
    row: 18,
    id: 'server-namespace-denied',
    side: 'server',
    how: text(
      'root/cimv2 may be read, root/virtualization/v2 may not: 0x80041003',
      'root/cimv2 は読めるが root/virtualization/v2 は読めない: 0x80041003',
    ),
    steps: secondRefused(server.request(query(2, 'root/virtualization/v2', machines, refuse.namespaceDenied()), 2)),
    shows: {
      ...accepted,
      failedRung: 'namespace',
      'request.result': 'ok',
      'namespace.name': 'root/virtualization/v2',
      'namespace.result': 'denied',
      'namespace.wmi': '0x80041003',
      'fault.wmi': '0x80041003',
      'namespace.cimv2': 'ok',
    },
    expected: { cause: 'wmi-namespace-denied', grade: 'confirmed' },
  }),
  row({
    row: 19,
    id: 'server-namespace-missing',
    side: 'server',
    how: text('root/MSCluster is not there: 0x8004100e', 'root/MSCluster が存在しない: 0x8004100e'),
    steps: secondRefused(server.request(query(2, 'root/MSCluster', 'SELECT * FROM MSCluster_Cluster', refuse.filter(0x8004100e)), 2)),
    shows: {
      ...accepted,
      // As in a live attempt: what is not there is not refused.
      failedRung: '',
      'request.result': 'ok',
      'namespace.name': 'root/MSCluster',
      'namespace.result': 'missing',
      'namespace.wmi': '0x8004100e',
      'fault.wmi': '0x8004100e',
    },
    expected: { cause: 'namespace-missing', grade: 'confirmed' },
  }),
  row({
    row: 19,
    id: 'server-wmi-broken',
    side: 'server',
    how: text('WMI answers 0x80041014', 'WMI が 0x80041014 を返す'),
    steps: [
      ...server.authenticated(alice, 1),
      ...server.request(query(1, 'root/cimv2', os, refuse.wmi(0x80041014, 'Initialization failure ')), 1),
    ],
    shows: { ...accepted, failedRung: 'rights', 'request.result': 'fault', 'request.wmi': '0x80041014', 'fault.wmi': '0x80041014' },
    expected: { cause: 'wmi-broken', grade: 'likely' },
  }),
  row({
    row: 29,
    id: 'server-operations-quota',
    side: 'server',
    how: text('774: too many operations of one user; fault 0x803381a6', '774: 1 人のユーザーの操作数が上限を超過。フォールト 0x803381a6'),
    steps: [
      ...server.authenticated(alice, 1),
      { id: 774, activity: 1, values: { senderName: 'CORP\\alice', concurrentOperations: 1500 } },
      ...server.request(query(1, 'root/cimv2', os, refuse.operations(1500)), 1),
    ],
    shows: { ...accepted, failedRung: 'rights', 'request.result': 'fault', 'request.fault': '0x803381a6', 'fault.codes': '0x803381a6' },
    expected: { cause: 'winrm-quota', grade: 'confirmed' },
  }),
  row({
    row: 29,
    id: 'server-shells-quota',
    side: 'server',
    how: text('85: too many shells of one user; fault 0x803381a5', '85: 1 人のユーザーのシェル数が上限を超過。フォールト 0x803381a5'),
    steps: [
      ...server.authenticated(alice, 1),
      { id: 85, activity: 1, values: { senderName: 'CORP\\alice', concurrentShells: 30 } },
      ...server.request(receive(1, refuse.shells(30)), 1),
    ],
    shows: { ...accepted, failedRung: 'rights', 'request.result': 'fault', 'request.fault': '0x803381a5', 'fault.codes': '0x803381a5' },
    expected: { cause: 'winrm-quota', grade: 'confirmed' },
  }),
  row({
    row: 30,
    id: 'server-connections-dropped',
    side: 'server',
    how: text('1843 and 173: the service ends connections that never logged in', '1843 と 173: ログオンしない接続をサービスが切断'),
    steps: [
      { id: 1843, values: { clientIP: '192.0.2.20' } },
      { id: 1843, values: { clientIP: '192.0.2.21' }, afterMs: 40 },
      { id: 173, values: { param1: '2', param2: '60' }, afterMs: 500 },
    ],
    shows: {},
    expected: 'not-visible',
    why: text(
      'that the service was crowded does not say which attempt failed for it',
      'サービスの混雑は分かるが、それによって失敗した接続は分からない',
    ),
  }),
  row({
    row: 31,
    id: 'server-request-too-large',
    side: 'server',
    how: text('1048: HTTP 413, the request is larger than MaxEnvelopeSizekb', '1048: HTTP 413、要求が MaxEnvelopeSizekb を超過'),
    // Which code stands beside the status was not seen; the status decides.
    steps: [
      ...server.authenticated(alice, 1),
      { id: 1048, activity: 1, values: { httpStatus: 413, errorCode: 0x80338048, extraErrorInfo1: '', extraErrorInfo2: '' } },
    ],
    shows: { ...accepted, failedRung: 'rights', 'request.result': 'status', 'request.status': '413', 'limit.status': '413' },
    expected: { cause: 'envelope-too-large', grade: 'confirmed' },
  }),
  row({
    row: 31,
    id: 'server-answer-too-large',
    side: 'server',
    how: text('the answer is larger than the client takes: fault 0x80338048', '応答がクライアントの上限を超過: フォールト 0x80338048'),
    steps: [...server.authenticated(alice, 1), ...server.request(query(1, 'root/cimv2', os, refuse.envelope(0x80338048)), 1)],
    shows: { ...accepted, failedRung: 'rights', 'request.result': 'fault', 'request.fault': '0x80338048', 'fault.codes': '0x80338048' },
    expected: { cause: 'envelope-too-large', grade: 'confirmed' },
  }),
  row({
    row: 33,
    id: 'server-operation-timeout',
    side: 'server',
    how: text('1049: no output within OperationTimeout, fault 0x80338029', '1049: OperationTimeout 以内に出力なし。フォールト 0x80338029'),
    steps: [
      ...server.authenticated(alice, 1),
      { id: 1049, activity: 1, values: { operationName: 'Receive' }, afterMs: 60_000 },
      ...server.request(receive(1, refuse.timedOut()), 1),
    ],
    // As in a live attempt: not finished is not failed.
    shows: { ...accepted, failedRung: '', 'fault.codes': '0x80338029' },
    expected: { cause: 'operation-timeout', grade: 'confirmed' },
  }),
  row({
    row: 34,
    id: 'server-shell-gone',
    side: 'server',
    how: text('the shell of the request is not there any more: fault 0x8033805b', '要求のシェルが既に存在しない: フォールト 0x8033805b'),
    steps: [...server.authenticated(alice, 1), ...server.request(receive(1, refuse.noShell()), 1)],
    shows: { ...accepted, failedRung: 'rights', 'request.result': 'fault', 'request.fault': '0x8033805b', 'fault.codes': '0x8033805b' },
    expected: { cause: 'shell-gone', grade: 'likely' },
  }),
];
