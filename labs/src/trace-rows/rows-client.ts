import { ROW_HOST, text } from '../connection-rows/common.ts';
import { refuse } from '../windows-host/soap/faults.ts';
import { row } from './row.ts';
import { client } from './sides.ts';
import { query, REMOTE_ACCESS_DISABLED, receive } from './soap.ts';
import type { TraceRow, TraceStep } from './types.ts';

const os = query(1, 'root/cimv2', 'SELECT * FROM Win32_OperatingSystem');
const machines = 'SELECT * FROM Msvm_ComputerSystem';
const accepted = { 'client.windows': 'true', 'login.result': 'accepted' } as const;

/** A code the client reports instead of an answer of the service, behind what came before it. */
function ended(code: number, before: readonly TraceStep[] = [], afterMs?: number): TraceStep[] {
  return [...client.session(), ...client.start(os, 1), ...before, ...late(client.failed(os, code, 1), afterMs)];
}

function late(steps: TraceStep[], afterMs: number | undefined): TraceStep[] {
  return afterMs === undefined ? steps : steps.map((step, index) => (index === 0 ? { ...step, afterMs } : step));
}

/** The service answers the first query with a fault. */
function faulted(message: typeof os, code: number): TraceStep[] {
  return [
    ...client.session(),
    ...client.start(message, 1),
    ...client.mechanism('Negotiate', 1),
    ...client.send(message, 1),
    ...client.faulted(message, code, 1),
  ];
}

const hex = (code: number): string => `0x${code.toString(16)}`;
const WIRE_ONLY = text(
  'the code tells that there was no answer, not where it was lost; a capture or other ports tell',
  '応答がなかったことだけが分かり、失われた場所は分からない。キャプチャや他のポートで確認する',
);
const SERVER_UNKNOWN = text(
  'the status came, who sent it is in no event: a capture shows the Server header',
  '状態コードは分かるが、送信元を示すイベントはない。キャプチャの Server ヘッダーで確認できる',
);

/** Codes after which the client knows no more than that there was no answer of the service; several rows share them. */
const CODES_ALONE: readonly TraceRow[] = (
  [
    [1, 'refused', 0x80338012, 'no service behind the address: 0x80338012', '接続先にサービスがない: 0x80338012', WIRE_ONLY],
    [2, 'timed-out', 0x80338126, '138 and 0x80338126: no answer in time', '138 と 0x80338126: 時間内に応答なし', WIRE_ONLY],
    [4, 'not-soap', 0x803380f7, 'the answer is no SOAP: 0x803380f7', '応答が SOAP ではない: 0x803380f7', SERVER_UNKNOWN],
    [5, 'not-found', 0x80338113, 'HTTP 404: 0x80338113', 'HTTP 404: 0x80338113', SERVER_UNKNOWN],
    [6, 'unavailable', 0x80338112, 'HTTP 503: 0x80338112', 'HTTP 503: 0x80338112', SERVER_UNKNOWN],
    [
      20,
      'bad-bindings',
      0x80090346,
      'channel binding refused: 0x80090346',
      'チャネル バインディングの拒否: 0x80090346',
      text('the code alone does not tell what the client sent', 'コードだけではクライアントの送信内容は分からない'),
    ],
    [
      23,
      'kerberos-address',
      0x8033810b,
      'Kerberos with an IP address: 0x8033810b',
      'IP アドレスでの Kerberos: 0x8033810b',
      text('the client asked no KDC: there is no Kerberos error', 'KDC に問い合わせていないため Kerberos のエラーがない'),
    ],
  ] as const
).map(([number, id, code, en, ja, why]) => {
  const status = { 2150859027: 404, 2150859026: 503, 2150858999: 200 }[code as number];
  const before: TraceStep[] = code === 0x80090346 || code === 0x8033810b ? [] : client.send(os, 1);
  if (code === 0x80338126) before.push({ id: 138, activity: 1, afterMs: 60_000 });
  if (status !== undefined) before.push(...client.status(status, 1));
  return row({
    row: number,
    id: `client-${id}`,
    side: 'client',
    how: text(en, ja),
    steps: ended(code, before),
    shows: {
      'client.windows': 'true',
      'client.fault': hex(code),
      // The rung below which nothing is known to have failed: the login, or that an HTTP server answers.
      failedRung: number >= 20 ? 'login' : 'http',
      ...(status === undefined ? {} : { 'http.result': 'response', 'http.status': String(status) }),
    },
    expected: 'not-visible',
    why,
  });
});

/** Faults of the service as its client receives them. */
const FAULTS: readonly TraceRow[] = (
  [
    [17, 'remote-access-disabled', 0x803381dd, REMOTE_ACCESS_DISABLED, 'winrm-remote-access-disabled', 'confirmed'],
    [29, 'operations-quota', 0x803381a6, refuse.operations(1500), 'winrm-quota', 'confirmed'],
    [31, 'answer-too-large', 0x80338048, refuse.envelope(0x80338048), 'envelope-too-large', 'confirmed'],
    [33, 'operation-timeout', 0x80338029, refuse.timedOut(), 'operation-timeout', 'confirmed'],
    [34, 'shell-gone', 0x8033805b, refuse.noShell(), 'shell-gone', 'likely'],
  ] as const
).map(([number, id, code, refusal, cause, grade]) =>
  row({
    row: number,
    id: `client-${id}`,
    side: 'client',
    how: text(`the service answers with the fault ${hex(code)}`, `サービスがフォールト ${hex(code)} を返す`),
    steps: faulted(number > 32 ? receive(1, refusal) : query(1, 'root/cimv2', 'SELECT * FROM Win32_OperatingSystem', refusal), code),
    shows: {
      ...accepted,
      // Not finished is not failed: the client asks again.
      ...(code === 0x80338029 ? { failedRung: '' } : { failedRung: 'rights', 'request.result': 'fault', 'request.fault': hex(code) }),
      'fault.codes': hex(code),
    },
    expected: { cause, grade },
  }),
);

/** Rows as a trace on a Windows client shows them. */
export const CLIENT_ROWS: readonly TraceRow[] = [
  row({
    row: 0,
    id: 'client-healthy',
    side: 'client',
    how: text('a session, two queries, both answered', 'セッション、2 つのクエリ、どちらも応答あり'),
    steps: [
      ...client.session(),
      ...client.start(os, 1),
      ...client.mechanism('Kerberos', 1),
      ...client.send(os, 1),
      ...client.succeeded(os, 1),
      ...client.start(query(2, 'root/virtualization/v2', machines), 2),
      ...client.send(query(2, 'root/virtualization/v2', machines), 2),
      ...client.succeeded(query(2, 'root/virtualization/v2', machines), 2),
      { id: 8, activity: 1, afterMs: 300 },
      { id: 33, activity: 1 },
    ],
    shows: { ...accepted, failedRung: '', 'request.result': 'ok', 'namespace.result': 'ok' },
    expected: 'no-fault',
  }),
  ...CODES_ALONE,
  row({
    row: 3,
    id: 'client-name-not-found',
    side: 'client',
    how: text('137 and 0x803381b9: the name has no address', '137 と 0x803381b9: 名前にアドレスがない'),
    steps: ended(0x803381b9, [...client.send(os, 1), { id: 137, activity: 1, afterMs: 20 }]),
    shows: { 'client.windows': 'true', failedRung: 'name', 'name.result': 'not-found', 'client.fault': '0x803381b9' },
    expected: { cause: 'name-not-found', grade: 'confirmed' },
  }),
  row({
    row: 4,
    id: 'client-redirected',
    side: 'client',
    how: text('131: HTTP 302 to a page of a portal; 0x80338110', '131: ポータルのページへの HTTP 302。0x80338110'),
    steps: ended(0x80338110, [...client.send(os, 1), { id: 131, activity: 1, values: { location: 'http://portal.example/login' } }]),
    shows: {
      'client.windows': 'true',
      failedRung: 'http',
      'http.result': 'response',
      'http.status': '302',
      'http.location': 'http://portal.example/login',
      'client.fault': '0x80338110',
    },
    expected: { cause: 'http-redirected', grade: 'likely' },
  }),
  row({
    row: 7,
    id: 'client-bad-request',
    side: 'client',
    how: text('HTTP 400 to a request with a Kerberos ticket: 0x80338171', 'Kerberos チケット付きの要求に HTTP 400: 0x80338171'),
    steps: ended(0x80338171, [...client.mechanism('Kerberos', 1), ...client.send(os, 1), ...client.status(400, 1)]),
    shows: {
      'client.windows': 'true',
      failedRung: 'login',
      'client.scheme': 'Kerberos',
      'login.mechanism': 'kerberos',
      'login.result': 'failed',
      'login.status': '400',
      'client.fault': '0x80338171',
    },
    expected: 'not-visible',
    why: text(
      'how large the ticket was is in no event; a capture shows it',
      'チケットの大きさを示すイベントはない。キャプチャで確認できる',
    ),
  }),
  row({
    row: 8,
    id: 'client-tls-aborted',
    side: 'client',
    how: text('the TLS handshake is broken off: 0x803381ba', 'TLS ハンドシェイクの中断: 0x803381ba'),
    steps: ended(0x803381ba, client.send(os, 1, 5986)),
    shows: {
      'client.windows': 'true',
      failedRung: 'tls',
      'target.transport': 'https',
      'tls.result': 'closed',
      'client.fault': '0x803381ba',
    },
    expected: 'not-visible',
    why: text(
      'which side broke the handshake off, and whether another TLS version works, is in no event',
      '中断した側、別の TLS バージョンでの可否を示すイベントはない',
    ),
  }),
  row({
    row: 9,
    id: 'client-certificate-errors',
    side: 'client',
    how: text('172: the certificate of the host has errors', '172: ホストの証明書にエラーがある'),
    steps: ended(12_175, [
      ...client.send(os, 1, 5986),
      {
        id: 172,
        activity: 1,
        values: {
          machineName: ROW_HOST,
          port: '5986',
          error1: 'The SSL certificate is signed by an unknown certificate authority.',
          error2: '',
          error3: '',
          error4: '',
          error5: '',
          error6: '',
          error7: '',
          error8: '',
        },
      },
    ]),
    // 12175 is ERROR_WINHTTP_SECURE_FAILURE.
    shows: { 'client.windows': 'true', failedRung: 'tls', 'target.transport': 'https', 'tls.result': 'ok', 'client.fault': '0x2f8f' },
    expected: 'not-visible',
    why: text(
      'which error it is stands in 172 in the language of the system alone; the certificate itself or a capture tells',
      'エラーの種類は 172 にシステムの言語で記録されるだけ。証明書またはキャプチャで確認できる',
    ),
  }),
  row({
    row: 11,
    id: 'client-basic-not-offered',
    side: 'client',
    how: text('163: Basic is asked for, Negotiate and Kerberos are offered', '163: 基本認証を要求、提示は Negotiate と Kerberos'),
    steps: ended(0x803380e5, [
      ...client.mechanism('Basic', 1),
      ...client.send(os, 1),
      {
        id: 163,
        activity: 1,
        values: {
          authClient: 'Basic',
          authServer1: 'Negotiate',
          authServer2: 'Kerberos',
          authServer3: '',
          authServer4: '',
          authServer5: '',
        },
      },
    ]),
    shows: {
      'client.windows': 'true',
      failedRung: 'schemes',
      'client.scheme': 'Basic',
      'schemes.offered': 'Negotiate,Kerberos',
      'schemes.usable': 'false',
    },
    expected: { cause: 'winrm-basic-disabled', grade: 'confirmed' },
  }),
  row({
    row: 11,
    id: 'client-scheme-not-offered',
    side: 'client',
    how: text('163: Kerberos is asked for, Basic alone is offered', '163: Kerberos を要求、提示は基本認証だけ'),
    steps: ended(0x803380e5, [
      ...client.mechanism('Kerberos', 1),
      ...client.send(os, 1),
      {
        id: 163,
        activity: 1,
        values: { authClient: 'Kerberos', authServer1: 'Basic', authServer2: '', authServer3: '', authServer4: '', authServer5: '' },
      },
    ]),
    shows: {
      'client.windows': 'true',
      failedRung: 'schemes',
      'client.scheme': 'Kerberos',
      'schemes.offered': 'Basic',
      'schemes.usable': 'false',
    },
    expected: { cause: 'scheme-not-offered', grade: 'confirmed' },
  }),
  row({
    row: 14,
    id: 'client-credentials-refused',
    side: 'client',
    how: text('139 and 162: the credentials are refused at the end of the login; 1326', '139 と 162: ログオンの最後で資格情報を拒否。1326'),
    steps: ended(1326, [
      ...client.mechanism('Kerberos', 1),
      ...client.send(os, 1),
      { id: 139, activity: 1, afterMs: 30 },
      { id: 162, activity: 1 },
    ]),
    shows: {
      'client.windows': 'true',
      failedRung: 'login',
      'client.scheme': 'Kerberos',
      'login.mechanism': 'kerberos',
      'login.result': 'rejected',
      'client.fault': '0x52e',
    },
    expected: 'not-visible',
    why: text(
      'why it was refused, and at which step, stands in the Security log of the host (4625) or in a capture',
      '拒否の理由と段階は、ホストのセキュリティ ログ (4625) またはキャプチャにある',
    ),
  }),
  row({
    row: 17,
    id: 'client-access-denied',
    side: 'client',
    how: text('the service lets the user in and answers with fault 5; 164', 'サービスはログオンを受け付けた後、フォールト 5 を返す。164'),
    steps: [
      ...client.session(),
      ...client.start(os, 1),
      ...client.mechanism('Negotiate', 1),
      ...client.send(os, 1),
      ...client.status(500, 1),
      { id: 164, activity: 1, values: { destinationMachine: ROW_HOST } },
      ...client.faulted(query(1, 'root/cimv2', 'SELECT * FROM Win32_OperatingSystem', refuse.accessDenied()), 5, 1).slice(1),
    ],
    shows: { ...accepted, failedRung: 'rights', 'request.result': 'denied', 'request.fault': '0x5', 'fault.codes': '0x5' },
    expected: { cause: 'not-admin', grade: 'likely' },
  }),
  row({
    row: 18,
    id: 'client-namespace-denied',
    side: 'client',
    how: text(
      'root/cimv2 may be read, root/virtualization/v2 may not: 0x80041003',
      'root/cimv2 は読めるが root/virtualization/v2 は読めない: 0x80041003',
    ),
    steps: [
      ...client.session(),
      ...client.start(os, 1),
      ...client.mechanism('Negotiate', 1),
      ...client.send(os, 1),
      ...client.succeeded(os, 1),
      ...client.start(query(2, 'root/virtualization/v2', machines), 2),
      ...client.send(query(2, 'root/virtualization/v2', machines), 2),
      ...client.faulted(query(2, 'root/virtualization/v2', machines, refuse.namespaceDenied()), 0x80041003, 2),
    ],
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
    row: 24,
    id: 'client-clock-skew',
    side: 'client',
    how: text('Kerberos: the clocks differ, 0x80090324', 'Kerberos: 時計のずれ、0x80090324'),
    steps: ended(0x80090324, client.mechanism('Kerberos', 1)),
    shows: { 'client.windows': 'true', failedRung: 'login', 'client.scheme': 'Kerberos', 'client.fault': '0x80090324' },
    expected: { cause: 'clock-skew', grade: 'confirmed' },
  }),
  row({
    row: 26,
    id: 'client-ticket-refused',
    side: 'client',
    how: text('Kerberos: the host cannot open the ticket, 0x80090322', 'Kerberos: ホストがチケットを開けない、0x80090322'),
    steps: ended(0x80090322, [...client.mechanism('Kerberos', 1), ...client.send(os, 1)]),
    shows: { 'client.windows': 'true', failedRung: 'login', 'client.scheme': 'Kerberos', 'client.fault': '0x80090322' },
    expected: { cause: 'kerberos-ticket-refused', grade: 'confirmed' },
  }),
  ...FAULTS,
  row({
    row: 31,
    id: 'client-request-too-large',
    side: 'client',
    how: text('HTTP 413: 0x80338111', 'HTTP 413: 0x80338111'),
    steps: ended(0x80338111, [...client.mechanism('Negotiate', 1), ...client.send(os, 1), ...client.status(413, 1)]),
    shows: {
      'client.windows': 'true',
      failedRung: 'rights',
      'request.result': 'status',
      'request.status': '413',
      'limit.status': '413',
      'client.fault': '0x80338111',
    },
    expected: { cause: 'envelope-too-large', grade: 'confirmed' },
  }),
  row({
    row: 35,
    id: 'client-trusted-hosts',
    side: 'client',
    how: text('0x803380e4 before anything is sent: TrustedHosts', '何も送信しないうちに 0x803380e4: TrustedHosts'),
    steps: ended(0x803380e4),
    shows: { 'client.windows': 'true', failedRung: 'login', 'client.fault': '0x803380e4' },
    expected: { cause: 'trustedhosts', grade: 'confirmed' },
  }),
  row({
    row: 35,
    id: 'client-no-credentials',
    side: 'client',
    how: text('0x8009030e before anything is sent', '何も送信しないうちに 0x8009030e'),
    steps: ended(0x8009030e),
    shows: { 'client.windows': 'true', failedRung: 'login', 'client.fault': '0x8009030e' },
    expected: { cause: 'trustedhosts', grade: 'likely' },
  }),
];
