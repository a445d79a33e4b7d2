import { joined, TcpConversation, type WritePacket } from '../capture-writer/index.ts';
import { ROW_PASSWORD, text } from '../connection-rows/common.ts';
import { CAPTURE_CLIENT, CAPTURE_SERVER, nameExchange } from './capture-of.ts';
import { CAPTURE_START, enumerateEnvelope, HttpTalk, type HttpTalkOptions, JAVA_CLIENT, SOAP } from './http-talk.ts';
import { loginWithKerberos, loginWithNtlm, type NtlmStory, sealedExchange } from './logins.ts';
import type { CaptureExpectation, CaptureRow } from './types.ts';

const HEALTHY: CaptureExpectation = { cause: null, grade: 'confirmed', failed: '' };
const alice: NtlmStory = { user: 'alice', domain: 'CORP' };
const java: HttpTalkOptions = { userAgent: JAVA_CLIENT };
const AN_ANSWER = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body/></s:Envelope>';

function basic(user: string, password: string): readonly [string, string] {
  return ['Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`];
}

/** Basic over HTTP with the message in the clear: the client asks without a login, then with. */
function basicTalk(user: string, password: string, schemes: readonly string[], accepted: boolean): HttpTalk {
  const part = { type: SOAP, body: enumerateEnvelope() };
  const talk = new HttpTalk(java).ask(part).refuse(schemes);
  talk.ask({ ...part, headers: [basic(user, password)] });
  return accepted ? talk.answer(200, { type: SOAP, body: AN_ANSWER }) : talk.refuse(schemes);
}

const offered = ['Negotiate', 'Kerberos', 'Basic realm="WSMAN"'];

/** Ends a conversation that has nothing more to say. */
async function closed(talk: HttpTalk): Promise<readonly WritePacket[]> {
  talk.tcp.wait(50).close();
  return talk.packets;
}

/** Login by NTLM without messages after it. */
async function ntlm(story: NtlmStory, options: HttpTalkOptions = {}): Promise<readonly WritePacket[]> {
  const talk = new HttpTalk(options);
  await loginWithNtlm(talk, story);
  return closed(talk);
}

/** A Java client that logs in with bare NTLM, then sends its message in the clear; the host does not take it. */
async function clearBody(status: 401 | 500): Promise<readonly WritePacket[]> {
  const talk = new HttpTalk(java);
  await loginWithNtlm(talk, { ...alice, bare: true });
  talk.ask({ type: SOAP, body: enumerateEnvelope() });
  return closed(status === 401 ? talk.refuse() : talk.answer(500));
}

/** The same when the message goes out together with the last message of NTLM: the answer is to both. */
async function clearBodyWithProof(): Promise<readonly WritePacket[]> {
  const talk = new HttpTalk(java);
  await loginWithNtlm(talk, { ...alice, bare: true, body: enumerateEnvelope(), quiet: true });
  return closed(talk.answer(500));
}

/** A Windows client whose sealed message is answered, sealed as well. */
export async function windowsNtlm(status = 200): Promise<readonly WritePacket[]> {
  const talk = new HttpTalk();
  sealedExchange(talk, await loginWithNtlm(talk, alice), { status, envelope: AN_ANSWER });
  return closed(talk);
}

async function windowsKerberos(withKdc: boolean): Promise<readonly WritePacket[]> {
  const talk = new HttpTalk();
  const login = await loginWithKerberos(talk);
  sealedExchange(talk, login, { status: 200, envelope: AN_ANSWER });
  return withKdc ? [...login.kdc, ...(await closed(talk))] : closed(talk);
}

/** The least ClientHello of TLS 1.2 (RFC 5246 section 7.4.1.2): one suite, no extensions. */
function clientHello(): Uint8Array {
  const body = joined(Uint8Array.of(3, 3), new Uint8Array(32).fill(7), Uint8Array.of(0, 0, 2, 0xc0, 0x2f, 1, 0));
  return joined(Uint8Array.of(22, 3, 1, 0, body.length + 4, 1, 0, 0, body.length), body);
}

function row(
  number: number,
  id: string,
  liveRow: string | undefined,
  how: CaptureRow['how'],
  frames: () => readonly WritePacket[] | Promise<readonly WritePacket[]>,
  expected: CaptureExpectation,
  more: Pick<CaptureRow, 'evidence'> = {},
): CaptureRow {
  return { row: number, id, ...(liveRow === undefined ? {} : { liveRow }), how, making: { by: 'frames', frames }, ...more, expected };
}

const sealed = text(
  'messages are sealed: what they say cannot be read without the keys',
  'メッセージは暗号化されており、鍵なしでは読めない',
);

/** Rows 11 to 15, 21, 27, 28, 30 and 35 as other clients than the doctor make them, and healthy logins. */
export const LOGIN_FRAMES: readonly CaptureRow[] = [
  row(
    11,
    'basic-sent-not-offered',
    'basic-off',
    text(
      'a client sends Basic; the host offers Negotiate and Kerberos',
      'クライアントは基本認証を送信。ホストの提示は Negotiate と Kerberos',
    ),
    () => closed(basicTalk('local', ROW_PASSWORD, ['Negotiate', 'Kerberos'], false)),
    { cause: 'winrm-basic-disabled', grade: 'confirmed', failed: 'schemes' },
  ),
  row(
    12,
    'basic-clear-rejected',
    'basic-wrong-password',
    text('Basic over HTTP, offered and refused', 'HTTP の基本認証。提示されるが拒否'),
    () => closed(basicTalk('local', 'wrong-password', offered, false)),
    { cause: 'basic-rejected', grade: 'likely', failed: 'login' },
  ),
  row(
    12,
    'basic-clear-domain',
    'basic-domain-account',
    text('Basic over HTTP with a domain account', 'HTTP の基本認証、ドメイン アカウント'),
    () => closed(basicTalk('CORP\\alice', ROW_PASSWORD, offered, false)),
    // Without a challenge of NTLM nothing says whether CORP is the domain or the host.
    { cause: 'basic-rejected', grade: 'likely', failed: 'login' },
  ),
  row(
    12,
    'basic-clear-stated',
    'basic-clear-refused',
    text('Basic over HTTP refused; AllowUnencrypted=false is given', 'HTTP の基本認証が拒否。AllowUnencrypted=false の情報を添付'),
    () => closed(basicTalk('local', ROW_PASSWORD, offered, false)),
    { cause: 'basic-clear-refused', grade: 'confirmed', failed: 'login' },
    { evidence: { facts: ['winrm.allow-unencrypted=false'] } },
  ),
  row(
    0,
    'basic-clear-accepted',
    'basic-offered',
    text('Basic over HTTP accepted, messages in the clear', 'HTTP の基本認証が成功。メッセージは平文'),
    () => closed(basicTalk('local', ROW_PASSWORD, offered, true)),
    { ...HEALTHY, beside: 'basic-offered-clear' },
  ),
  ...([401, 500] as const).map((status) =>
    row(
      13,
      `java-clear-body-${status}`,
      `clear-body-${status}`,
      text(`NTLM accepted; the clear message gets ${status} without a body`, `NTLM は成功。平文のメッセージに本文なしの ${status}`),
      () => clearBody(status),
      { cause: 'winrm-allowunencrypted-false', grade: 'likely', failed: 'rights' },
    ),
  ),
  row(
    13,
    'java-clear-body-with-proof',
    'clear-body-500',
    text(
      'the clear message goes out with the last NTLM message; 500 without a body',
      '平文のメッセージを最後の NTLM メッセージと同時に送信。本文なしの 500',
    ),
    clearBodyWithProof,
    { cause: 'winrm-allowunencrypted-false', grade: 'likely', failed: 'rights' },
  ),
  row(
    13,
    'java-clear-body-stated',
    'clear-body-stated',
    text('401 to the clear message; AllowUnencrypted=false is given', '平文のメッセージに 401。AllowUnencrypted=false の情報を添付'),
    () => clearBody(401),
    { cause: 'winrm-allowunencrypted-false', grade: 'confirmed', failed: 'rights' },
    { evidence: { facts: ['winrm.allow-unencrypted=false'] } },
  ),
  row(
    14,
    'windows-wrong-password',
    'wrong-password',
    text('a Windows client with a wrong password', 'Windows クライアント、誤ったパスワード'),
    () => ntlm({ ...alice, password: 'wrong-password' }),
    { cause: 'login-rejected', grade: 'likely', failed: 'login' },
  ),
  row(
    14,
    'java-wrong-password',
    'wrong-password',
    text(
      'a Java client with a wrong password; its message goes along in the clear',
      'Java クライアント、誤ったパスワード。メッセージは平文で同送',
    ),
    () => ntlm({ ...alice, password: 'wrong-password', bare: true, body: enumerateEnvelope() }, java),
    { cause: 'login-rejected', grade: 'likely', failed: 'login' },
  ),
  row(
    15,
    'fields-exchanged',
    'form-user-in-domain-field',
    text('user name in the domain field and the domain in the user field', 'ユーザー名がドメイン欄に、ドメインがユーザー欄に入っている'),
    () => ntlm({ user: 'CORP', domain: 'alice', bare: true }, java),
    { cause: 'username-form', grade: 'likely', failed: 'login' },
  ),
  row(
    15,
    'other-domain',
    'form-other-domain',
    text('the domain part is no name of host or domain', 'ドメイン部分がホストともドメインとも異なる'),
    () => ntlm({ user: 'alice', domain: 'OLDCORP' }),
    { cause: 'username-form', grade: 'likely', failed: 'login' },
  ),
  row(
    21,
    'java-ntlm-v1',
    'ntlm-v1',
    text('NTLMv1 (24-byte response) against level 5', 'NTLMv1 (24 バイトの応答) をレベル 5 のホストへ'),
    () => ntlm({ ...alice, level: 1, hostLevel: 5, bare: true }, java),
    { cause: 'lm-compat-mismatch', grade: 'likely', failed: 'login' },
  ),
  row(
    0,
    'java-ntlm-v1-accepted',
    undefined,
    text('NTLMv1 accepted', 'NTLMv1 で成功'),
    () => ntlm({ ...alice, level: 1, bare: true }, java),
    HEALTHY,
  ),
  row(
    27,
    'second-hop-sealed',
    'second-hop',
    text('a session that asks for a share; everything is sealed', 'セッション内から共有にアクセス。すべて暗号化'),
    () => windowsNtlm(),
    { cause: 'not-visible', instead: [], why: sealed, grade: 'inconclusive', failed: '' },
  ),
  row(
    16,
    'windows-sealed-fault',
    'uac-filter',
    text('the sealed message gets 500 with a sealed fault', '暗号化メッセージに、暗号化フォールト付きの 500'),
    () => windowsNtlm(500),
    { cause: 'not-visible', instead: [], why: sealed, grade: 'inconclusive', failed: 'rights' },
  ),
  row(
    28,
    'credssp-sent-not-offered',
    'credssp-off',
    text('a client begins with CredSSP; the host does not offer it', 'クライアントは CredSSP で開始。ホストは提示していない'),
    () => closed(new HttpTalk().ask({ headers: [['Authorization', `CredSSP ${Buffer.from(clientHello()).toString('base64')}`]] }).refuse()),
    { cause: 'credssp-disabled', grade: 'confirmed', failed: 'schemes' },
  ),
  row(
    30,
    'reset-after-request',
    'connection-reset',
    text('RST to the first request', '最初の要求に RST'),
    () => {
      const talk = new HttpTalk().ask({ headers: [['Authorization', 'Negotiate']] });
      talk.tcp.reset('server');
      return talk.packets;
    },
    { cause: 'connection-broken', grade: 'likely', failed: 'http' },
  ),
  row(
    30,
    'slow-accept',
    undefined,
    text('the host accepts after three seconds; then all is well', 'ホストの受け付けまで 3 秒。その後は正常'),
    async () => {
      const talk = new HttpTalk({ slowBy: 3000 });
      sealedExchange(talk, await loginWithNtlm(talk, alice), { status: 200, envelope: AN_ANSWER });
      return closed(talk);
    },
    HEALTHY,
  ),
  ...(['trusted-hosts', 'trusted-hosts-credentials'] as const).map((liveRow) =>
    row(
      35,
      `${liveRow}-nothing-sent`,
      liveRow,
      text('a Windows client refuses on its own: only the name is asked for', 'Windows クライアントが自ら拒否: 名前の問い合わせだけ'),
      () => nameExchange(CAPTURE_START),
      {
        cause: 'not-visible',
        instead: [],
        why: text('TrustedHosts is checked in the client before anything is sent', 'TrustedHosts は送信前にクライアント内で確認される'),
        grade: 'inconclusive',
        failed: '',
      },
    ),
  ),
  row(
    0,
    'windows-ntlm',
    undefined,
    text('a Windows client, NTLM, sealed', 'Windows クライアント、NTLM、暗号化'),
    () => windowsNtlm(),
    HEALTHY,
  ),
  row(
    0,
    'windows-kerberos',
    undefined,
    text('a Windows client, Kerberos with its KDC, sealed', 'Windows クライアント、Kerberos (KDC を含む)、暗号化'),
    () => windowsKerberos(true),
    HEALTHY,
  ),
  row(
    0,
    'windows-kerberos-ticket',
    undefined,
    text('a Windows client with a ticket it already has', 'Windows クライアント、取得済みのチケット'),
    () => windowsKerberos(false),
    HEALTHY,
  ),
  row(
    0,
    'http-elsewhere',
    undefined,
    text('HTTP that is no management at all', '管理とは無関係の HTTP'),
    () =>
      new TcpConversation({
        client: { address: CAPTURE_CLIENT, port: 50_400 },
        server: { address: CAPTURE_SERVER, port: 8080 },
        start: CAPTURE_START,
      })
        .open()
        .send('client', new TextEncoder().encode('GET / HTTP/1.1\r\nHost: intranet.corp.example:8080\r\n\r\n'))
        .send('server', new TextEncoder().encode('HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n'))
        .close().packets,
    {
      cause: 'not-visible',
      instead: [],
      why: text('nothing of it tries to manage a host', 'ホストの管理に関わる通信ではない'),
      grade: 'inconclusive',
      failed: '',
    },
  ),
];
