import { DAY, HTTPS, hostWorld, ROW_HOST, text, withCertificate } from '../connection-rows/common.ts';
import { HEALTHY_WORLDS } from '../connection-rows/healthy.ts';
import { CONNECTION_ROWS } from '../connection-rows/rows.ts';
import type { ConnectionRow, RowConnect, RowText, RowWorld } from '../connection-rows/types.ts';
import type { CaptureExpectation, CaptureRow } from './types.ts';

const SEALED = text('the answer is sealed', '応答は暗号化されている');
const IN_TLS = text('everything after the handshake is inside TLS', 'ハンドシェイク後はすべて TLS の中');
const TLS13 = text('TLS 1.3 encrypts the certificate', 'TLS 1.3 では証明書が暗号化される');
const CREDSSP = text('CredSSP talks inside TLS of its own', 'CredSSP の内容は内部の TLS の中');
const DYNAMIC = text('the answer that names the dynamic port is sealed', '動的ポートを伝える応答は暗号化されている');
const WENT_AWAY = text(
  'the client went away after the challenge, as a probe does',
  'クライアントがチャレンジの後に離れており、調査だけの接続と区別できない',
);
const NO_REASON = text('the client gave no reason for its going', 'クライアントは切断の理由を伝えていない');
const NOT_SENT = text(
  'the client decided this itself and sent nothing that shows it',
  'クライアント自身の判断であり、それを示すものは送信されていない',
);

/** What cannot be seen of a live row; `instead` as in {@link CaptureExpectation}. */
const hidden = (why: RowText, ...instead: readonly string[]): CaptureExpectation => ({
  cause: 'not-visible',
  instead,
  why,
  grade: instead.length === 0 ? 'inconclusive' : 'likely',
  failed: '',
});
const HEALTHY: CaptureExpectation = { cause: null, grade: 'confirmed', failed: '' };

/**
 * Rows of the live doctor whose capture does not show what the doctor knows. All others on the doubles show the same verdict.
 */
const OTHERWISE: Readonly<Record<string, CaptureExpectation>> = {
  // Decided before anything that shows it is sent.
  'basic-off': hidden(NOT_SENT),
  'scheme-off': hidden(IN_TLS),
  'basic-held': { ...hidden(NOT_SENT), beside: 'basic-offered-clear' },
  'credssp-off': hidden(NOT_SENT),
  'no-kdc': hidden(NOT_SENT),
  'rejected-elsewhere': hidden(
    text('the second host was not asked; the first refused the login', '2 台目には送信していない。1 台目はログオンを拒否'),
    'login-rejected',
  ),
  // Inside TLS, of HTTPS or of CredSSP.
  'basic-wrong-password': hidden(IN_TLS),
  'basic-domain-account': hidden(IN_TLS),
  'no-binding': hidden(IN_TLS),
  'no-binding-4625': hidden(IN_TLS),
  inspection: hidden(IN_TLS),
  'inspection-seen': hidden(IN_TLS),
  'basic-https': hidden(IN_TLS),
  'tls13-client-certificate': hidden(IN_TLS, 'connection-broken'),
  'wrong-password-credssp': hidden(CREDSSP, 'login-rejected'),
  'credssp-old': hidden(CREDSSP),
  'self-signed': hidden(TLS13),
  'other-name': hidden(TLS13),
  expired: hidden(TLS13),
  'several-problems': hidden(TLS13),
  'wrong-usage': hidden(TLS13),
  // Sealed after the login.
  'uac-filter': hidden(SEALED),
  'uac-filter-stated': hidden(SEALED),
  'no-group': hidden(SEALED),
  'no-group-stated': hidden(SEALED),
  'namespace-denied': hidden(SEALED),
  'hyper-v-denied': hidden(SEALED),
  'hyper-v-denied-stated': hidden(SEALED),
  'no-hyper-v': hidden(SEALED),
  'no-hyper-v-stated': hidden(SEALED),
  'old-namespace': hidden(SEALED),
  'wmi-broken': hidden(SEALED),
  'wmi-broken-stated': hidden(SEALED),
  'operations-quota': hidden(SEALED),
  'answer-too-large': hidden(SEALED),
  'dcom-denied': hidden(SEALED),
  'dcom-denied-stated': hidden(SEALED),
  'dcom-uac': hidden(SEALED),
  'dcom-dynamic-port': hidden(DYNAMIC, 'dcom-rpc-blocked'),
  'dcom-rule-off': { ...hidden(DYNAMIC, 'dcom-rpc-blocked'), grade: 'confirmed' },
  // Both logins are to be seen, not that they were meant for one account.
  'form-tried': hidden(
    text(
      'that both names were meant for one account is known to the client alone',
      '2 つの名前が同じアカウントを指すことはクライアントにしか分からない',
    ),
    'login-rejected',
    'username-form',
  ),
  'ntlm-weak': hidden(WENT_AWAY, 'ntlm-minsec-mismatch'),
  'ntlm-weak-event': { ...hidden(WENT_AWAY, 'ntlm-minsec-mismatch'), grade: 'confirmed' },
  // One client's connections at once cannot be told from attempts one after the other.
  parallel: hidden(
    text('whether each would succeed alone was not tried in the capture as such', '単独なら成功するかどうかは記録から判断できない'),
    'connection-broken',
    'winrm-quota',
    'winrm-queue-unavailable',
  ),
};

/** Nothing listens there: a relay would have to accept before it knows. Written by hand instead, see NETWORK_FRAMES and RDP_FRAMES. */
const BY_HAND: ReadonlySet<string> = new Set([
  'no-listener',
  'no-listener-stated',
  'service-stopped',
  'listener-without-address',
  'dcom-closed',
  'rdp-closed',
]);

function fromLive(row: ConnectionRow): CaptureRow {
  const { expected, evidence } = row;
  const { cause = null, grade, failed, beside } = expected;
  return {
    row: row.row,
    id: `live-${row.id}`,
    liveRow: row.id,
    how: row.how,
    making: { by: 'relay', world: row.world ?? (() => ({})), connect: row.connect ?? {} },
    ...(evidence === undefined ? {} : { evidence }),
    expected: OTHERWISE[row.id] ?? { cause, grade, failed, ...(beside === undefined ? {} : { beside }) },
  };
}

const alice: RowConnect = { typed: 'CORP\\alice' };
const clear: RowConnect = { ...alice, withoutSealing: true, allowCleartext: true };
const open = { auth: { allowUnencrypted: true } } as const;

/** A live row again, by a client that does not encrypt at a host that allows it: the faults are to be read. */
function inTheClear(id: string, spec: Parameters<typeof hostWorld>[0] = {}): CaptureRow {
  const row = CONNECTION_ROWS.find((each) => each.id === id);
  if (row === undefined) throw new RangeError(`no row ${id}`);
  const { cause = null, grade, failed, beside } = row.expected;
  return {
    row: row.row,
    id: `clear-${id}`,
    liveRow: id,
    how: text(`${row.how.en}; messages in the clear`, `${row.how.ja}。メッセージは平文`),
    making: { by: 'relay', world: hostWorld({ ...spec, ...open }), connect: { ...clear, ...row.connect } },
    ...(row.evidence === undefined ? {} : { evidence: row.evidence }),
    expected: { cause, grade, failed, ...(beside === undefined ? {} : { beside }) },
  };
}

function tls12(id: string, certificate: Parameters<typeof withCertificate>[0], expected: CaptureExpectation, how: RowText): CaptureRow {
  const world = (): RowWorld => {
    const made = withCertificate(certificate)();
    const [listener] = made.host?.listeners ?? [];
    if (listener?.tls === undefined) return made;
    return { host: { ...made.host, listeners: [{ ...listener, tls: { ...listener.tls, maxVersion: 'TLSv1.2' } }] } };
  };
  return { row: 9, id, how, making: { by: 'relay', world, connect: { trust: false } }, expected };
}

/** The live rows on the doubles, recorded on their way through relays. */
export const RELAY_ROWS: readonly CaptureRow[] = [
  ...CONNECTION_ROWS.filter(({ id, on }) => (on === 'double' || on === 'kdc') && !BY_HAND.has(id)).map(fromLive),
  ...HEALTHY_WORLDS.map(
    ({ id, world, connect }): CaptureRow => ({
      row: 0,
      id: `healthy-${id.replaceAll(/[ ,]+/g, '-').toLowerCase()}`,
      how: text(`healthy: ${id}`, `正常: ${id}`),
      making: { by: 'relay', world, connect },
      expected: HEALTHY,
    }),
  ),
  inTheClear('uac-filter'),
  inTheClear('no-group'),
  inTheClear('namespace-denied'),
  inTheClear('hyper-v-denied'),
  // What Win32_Service answers is not kept: that the role is not installed stays open.
  { ...inTheClear('no-hyper-v', { roles: [] }), expected: { cause: 'namespace-missing', grade: 'likely', failed: '' } },
  inTheClear('wmi-broken', { fault: 'wmi-broken' }),
  inTheClear('operations-quota', { fault: 'operations-quota' }),
  inTheClear('answer-too-large', { limits: { maxAnswerKb: 1 } }),
  {
    row: 0,
    id: 'healthy-clear',
    how: text('healthy: NTLM, messages in the clear', '正常: NTLM、メッセージは平文'),
    making: { by: 'relay', world: hostWorld(open), connect: clear },
    expected: HEALTHY,
  },
  {
    row: 4,
    id: 'https-to-http',
    liveRow: 'https-to-http',
    how: text('HTTPS is spoken to the HTTP port', 'HTTP のポートに HTTPS で接続'),
    making: { by: 'relay', world: hostWorld(), connect: { target: ({ address, port }) => `https://${address}:${port}` } },
    expected: { cause: 'transport-mismatch', grade: 'confirmed', failed: 'tls' },
  },
  {
    row: 4,
    id: 'http-to-https',
    liveRow: 'http-to-https',
    how: text('HTTP is spoken to the HTTPS port', 'HTTPS のポートに HTTP で接続'),
    making: {
      by: 'relay',
      world: hostWorld({ listeners: HTTPS }),
      connect: { target: ({ address, port }) => `http://${address}:${port}` },
    },
    expected: { cause: 'transport-mismatch', grade: 'confirmed', failed: 'http' },
  },
  {
    row: 3,
    id: 'other-host-answers',
    liveRow: 'other-address',
    how: text('another host answers at the address of the name', '名前のアドレスで別のホストが応答'),
    making: { by: 'relay', world: hostWorld({ name: 'HV02' }), connect: alice },
    expected: { ...HEALTHY, beside: 'host-calls-itself-otherwise' },
  },
  tls12(
    'tls12-expired',
    { notBefore: new Date(Date.now() - 400 * DAY), notAfter: new Date(Date.now() - 30 * DAY) },
    hidden(NO_REASON, 'tls-certificate-dates'),
    text('TLS 1.2: an expired certificate; the client ends the connection', 'TLS 1.2: 期限切れの証明書。クライアントが接続を終了'),
  ),
  tls12(
    'tls12-other-name',
    { commonName: 'old-name.corp.example', names: ['old-name.corp.example'] },
    hidden(NO_REASON, 'tls-name-mismatch'),
    text('TLS 1.2: a certificate for another name; the client ends the connection', 'TLS 1.2: 別の名前の証明書。クライアントが接続を終了'),
  ),
  tls12(
    'tls12-self-signed',
    { commonName: ROW_HOST, names: [ROW_HOST] },
    hidden(
      text(
        'which authorities the client trusts is not to be seen; it sent no alert',
        'クライアントが信頼する発行者は分からず、アラートも送信されていない',
      ),
    ),
    text(
      'TLS 1.2: a self-signed certificate; the client ends the connection without an alert',
      'TLS 1.2: 自己署名証明書。クライアントがアラートなしで接続を終了',
    ),
  ),
];
