import { u32 } from '../scenarios/event.ts';
import { HTTPS, hostWorld, ROW_PASSWORD, text } from './common.ts';
import type { ConnectionRow, RowConnect } from './types.ts';

const alice: RowConnect = { typed: 'CORP\\alice' };
const wrong: RowConnect = { ...alice, password: 'wrong-password' };
const log = { securityLog: true } as const;
const basicHttps = hostWorld({ listeners: HTTPS, auth: { basic: true } });
const credSsp = hostWorld({ auth: { credSsp: true } });
const strict = { listeners: HTTPS, auth: { cbtHardeningLevel: 'Strict' } } as const;

/** Rows 11 to 13: schemes offered, Basic, unencrypted messages. */
export const SCHEME_ROWS: readonly ConnectionRow[] = [
  {
    row: 11,
    id: 'basic-off',
    on: 'double',
    how: text('Basic is asked for, the host has it off', '基本認証を要求。ホストでは無効'),
    world: hostWorld(),
    connect: { ...alice, auth: 'Basic' },
    expected: { cause: 'winrm-basic-disabled', grade: 'confirmed', failed: 'schemes' },
  },
  {
    row: 11,
    id: 'scheme-off',
    on: 'double',
    how: text('NTLM is asked for, the host offers Basic alone', 'NTLM を要求。ホストは基本認証だけを提示'),
    world: hostWorld({ listeners: HTTPS, auth: { basic: true, negotiate: false, kerberos: false } }),
    connect: { ...alice, auth: 'NTLM' },
    expected: { cause: 'scheme-not-offered', grade: 'confirmed', failed: 'schemes' },
  },
  {
    row: 12,
    id: 'basic-wrong-password',
    on: 'double',
    how: text('Basic over HTTPS with a wrong password', 'HTTPS の基本認証、誤ったパスワード'),
    world: basicHttps,
    connect: { typed: 'local', password: 'wrong-password', auth: 'Basic' },
    expected: { cause: 'basic-rejected', grade: 'likely', failed: 'login', checks: 1 },
  },
  {
    row: 12,
    id: 'basic-domain-account',
    on: 'double',
    how: text('Basic over HTTPS with a domain account', 'HTTPS の基本認証、ドメイン アカウント'),
    world: basicHttps,
    connect: { ...alice, auth: 'Basic' },
    expected: { cause: 'basic-domain-account', grade: 'likely', failed: 'login', checks: 1 },
  },
  {
    row: 12,
    id: 'basic-clear-refused',
    on: 'double',
    how: text('Basic over HTTP, AllowUnencrypted=false on the host', 'HTTP の基本認証、ホストは AllowUnencrypted=false'),
    world: hostWorld({ auth: { basic: true, clearBodyStatus: 401 } }),
    connect: { typed: 'local', auth: 'Basic', allowCleartext: true },
    evidence: { facts: ['winrm.allow-unencrypted=false'] },
    expected: { cause: 'basic-clear-refused', grade: 'confirmed', failed: 'login' },
  },
  {
    row: 12,
    id: 'basic-held',
    on: 'double',
    how: text(
      'Basic over HTTP is offered; winmedic does not send the password',
      'HTTP で基本認証が提示されるが、winmedic はパスワードを送信しない',
    ),
    world: hostWorld({ auth: { basic: true, allowUnencrypted: true } }),
    connect: { typed: 'local', auth: 'Basic' },
    expected: { cause: 'cleartext-held', beside: 'basic-offered-clear', grade: 'confirmed', failed: 'login' },
  },
  ...([500, 401] as const).map(
    (status): ConnectionRow => ({
      row: 13,
      id: `clear-body-${status}`,
      on: 'double',
      how: text(
        `a client that does not encrypt: ${status} without a body after the login`,
        `暗号化しないクライアント。ログオン後に本文なしの ${status}`,
      ),
      world: hostWorld({ auth: { clearBodyStatus: status } }),
      connect: { ...alice, withoutSealing: true, allowCleartext: true },
      expected: { cause: 'winrm-allowunencrypted-false', grade: 'likely', failed: 'rights', checks: 1 },
    }),
  ),
  {
    row: 13,
    id: 'clear-body-stated',
    on: 'double',
    how: text('the same, and AllowUnencrypted=false is given', '同上。AllowUnencrypted=false の情報を添付'),
    world: hostWorld(),
    connect: { ...alice, withoutSealing: true, allowCleartext: true },
    evidence: { facts: ['winrm.allow-unencrypted=false'] },
    expected: { cause: 'winrm-allowunencrypted-false', grade: 'confirmed', failed: 'rights', checks: 1 },
  },
];

/** What is typed as the user name, and how it is wrong. */
const FORMS: readonly { readonly id: string; readonly typed: string; readonly how: ConnectionRow['how'] }[] = [
  {
    id: 'other-domain',
    typed: 'OLDCORP\\alice',
    how: text('the domain part is no name of host or domain', 'ドメイン部分がホストともドメインとも異なる'),
  },
  {
    id: 'user-in-domain-field',
    typed: 'alice\\oldcorp',
    how: text('user and domain exchanged, an unknown domain', 'ユーザーとドメインが逆。ドメインも不明'),
  },
  {
    id: 'dns-suffix',
    typed: 'alice@old.example',
    how: text('user@suffix with a suffix the domain does not know', 'user@サフィックス形式。ドメインにないサフィックス'),
  },
];

/** Rows 14, 15: rejected logins, forms of the user name. */
export const REJECTED_ROWS: readonly ConnectionRow[] = [
  {
    row: 14,
    id: 'wrong-password',
    on: 'double',
    how: text('NTLM with a wrong password', 'NTLM、誤ったパスワード'),
    world: hostWorld(),
    connect: wrong,
    expected: { cause: 'login-rejected', grade: 'likely', failed: 'login', checks: 1 },
  },
  {
    row: 14,
    id: 'wrong-password-4625',
    on: 'double',
    how: text('the same, with the 4625 of the host (0xc000006a)', '同上。ホストの 4625 を添付 (0xc000006a)'),
    world: hostWorld(),
    connect: wrong,
    evidence: log,
    expected: { cause: 'bad-credentials', grade: 'confirmed', failed: 'login', checks: 1 },
  },
  {
    row: 14,
    id: 'unknown-user-4625',
    on: 'double',
    how: text('an unknown user, with the 4625 of the host (0xc0000064)', '存在しないユーザー。ホストの 4625 を添付 (0xc0000064)'),
    world: hostWorld(),
    connect: { typed: 'CORP\\nobody' },
    evidence: log,
    expected: { cause: 'bad-credentials', grade: 'confirmed', failed: 'login', checks: 1 },
  },
  {
    row: 14,
    id: 'wrong-password-credssp',
    on: 'double',
    how: text(
      'CredSSP with a wrong password: the host gives the status 0xc000006d',
      'CredSSP、誤ったパスワード。ホストが状態コード 0xc000006d を返す',
    ),
    world: credSsp,
    connect: { ...wrong, auth: 'CredSSP' },
    expected: { cause: 'bad-credentials', grade: 'likely', failed: 'login', checks: 1 },
  },
  ...(
    [
      ['locked', 'account-locked', '0xc0000234', 'ロックアウト中'],
      ['left', 'account-disabled-expired', '0xc0000072', '無効'],
      ['stale', 'nla-password-expired', '0xc0000224', 'パスワード変更が必要'],
    ] as const
  ).map(
    ([user, cause, status, ja]): ConnectionRow => ({
      row: 14,
      id: `${cause}-4625`,
      on: 'double',
      how: text(`account state ${status}, with the 4625 of the host`, `アカウントの状態: ${ja} (${status})。ホストの 4625 を添付`),
      world: hostWorld(),
      connect: { typed: `CORP\\${user}` },
      evidence: log,
      expected: { cause, grade: 'confirmed', failed: 'login', checks: 1 },
    }),
  ),
  {
    row: 14,
    id: 'rejected-elsewhere',
    on: 'double',
    how: text('the account was rejected by another host of the run', '同じ実行の別のホストで拒否されたアカウント'),
    world: hostWorld(),
    connect: { ...wrong, after: { password: 'wrong-password' } },
    expected: { cause: 'login-held', grade: 'confirmed', failed: '', checks: 1 },
  },
  {
    row: 15,
    id: 'form-tried',
    on: 'double',
    how: text(
      'a bare local name on a domain member, --try-forms 2: another form is accepted',
      'ドメイン メンバーにローカル名だけを指定、--try-forms 2: 別の形式で成功',
    ),
    world: hostWorld(),
    connect: { typed: 'local', tryForms: 2 },
    expected: { cause: 'username-form', grade: 'confirmed', failed: '', checks: 2 },
  },
  ...FORMS.map(
    ({ id, typed, how }): ConnectionRow => ({
      row: 15,
      id: `form-${id}`,
      on: 'double',
      how,
      world: hostWorld({ auth: { unknownDomain: 'refuse' } }),
      connect: { typed },
      expected: { cause: 'username-form', grade: 'likely', failed: 'login', checks: 1 },
    }),
  ),
  {
    row: 15,
    id: 'form-other-domain-4625',
    on: 'double',
    how: text(
      'an unknown domain part, with the 4625 of the host (0xc0000064): the name may be misspelt as well',
      '不明なドメイン部分。ホストの 4625 を添付 (0xc0000064)。名前の誤りもありうる',
    ),
    world: hostWorld({ auth: { unknownDomain: 'refuse' } }),
    connect: { typed: 'OLDCORP\\alice' },
    evidence: log,
    expected: { cause: 'bad-credentials', grade: 'confirmed', failed: 'login', checks: 1 },
  },
];

/** Rows 20 to 22: channel binding, NTLM levels, NTLM blocked. */
export const NTLM_ROWS: readonly ConnectionRow[] = [
  {
    row: 20,
    id: 'no-binding',
    on: 'double',
    how: text(
      'HTTPS, CbtHardeningLevel=Strict, a client without channel binding; the account was accepted elsewhere in the run',
      'HTTPS、CbtHardeningLevel=Strict、チャネル バインディングなしのクライアント。同じ実行の別の接続では成功',
    ),
    world: hostWorld(strict),
    connect: { ...alice, withoutChannelBinding: true, after: { password: ROW_PASSWORD } },
    expected: { cause: 'cbt-required', grade: 'likely', failed: 'login', checks: 2 },
  },
  {
    row: 20,
    id: 'no-binding-4625',
    on: 'double',
    how: text(
      'no channel binding, with the 4625 of the host (0xc000035b)',
      'チャネル バインディングなし。ホストの 4625 を添付 (0xc000035b)',
    ),
    world: hostWorld(strict),
    connect: { ...alice, withoutChannelBinding: true },
    evidence: log,
    expected: { cause: 'cbt-required', grade: 'confirmed', failed: 'login', checks: 1 },
  },
  {
    row: 20,
    id: 'inspection',
    on: 'double',
    how: text(
      'a device ends TLS in between; 4625 of the host (0xc000035b)',
      '経路上の装置が TLS を終端。ホストの 4625 を添付 (0xc000035b)',
    ),
    world: hostWorld(strict, { inspected: true }),
    connect: alice,
    evidence: log,
    expected: { cause: 'tls-inspection', grade: 'likely', failed: 'login', checks: 1 },
  },
  {
    row: 20,
    id: 'inspection-seen',
    on: 'double',
    how: text('the same, and the certificate seen is not that of the host', '同上。見えている証明書はホストのものではない'),
    world: hostWorld(strict, { inspected: true }),
    connect: alice,
    evidence: { ...log, facts: ['tls.seen-certificate=other'] },
    expected: { cause: 'tls-inspection', grade: 'confirmed', failed: 'login', checks: 1 },
  },
  {
    row: 21,
    id: 'ntlm-v1',
    on: 'double',
    how: text('NTLMv1 (client level 1) against level 5', 'NTLMv1 (クライアント レベル 1) をレベル 5 のホストへ'),
    world: hostWorld({ auth: { lmCompatibilityLevel: 5 } }),
    connect: { ...alice, ntlmLevel: 1 },
    expected: { cause: 'lm-compat-mismatch', grade: 'likely', failed: 'login', checks: 1 },
  },
  {
    row: 21,
    id: 'ntlm-v1-stated',
    on: 'double',
    how: text(
      'the same with a local account, and LmCompatibilityLevel=5 is given',
      '同上、ローカル アカウント。LmCompatibilityLevel=5 の情報を添付',
    ),
    world: hostWorld({ auth: { lmCompatibilityLevel: 5 } }),
    connect: { typed: '.\\local', ntlmLevel: 1 },
    evidence: { facts: ['ntlm.lm-compatibility-level=5'] },
    expected: { cause: 'lm-compat-mismatch', grade: 'confirmed', failed: 'login', checks: 1 },
  },
  {
    row: 21,
    id: 'ntlm-weak',
    on: 'double',
    how: text(
      'the challenge offers neither 128 bit nor extended session security',
      'チャレンジに 128 ビットも拡張セッション セキュリティもない',
    ),
    world: hostWorld({ auth: { ntlmStrong: false } }),
    connect: alice,
    expected: { cause: 'ntlm-minsec-mismatch', grade: 'likely', failed: 'login' },
  },
  {
    row: 21,
    id: 'ntlm-weak-event',
    on: 'double',
    how: text('the same, with event 4010 of NTLM', '同上。NTLM のイベント 4010 を添付'),
    world: hostWorld({ auth: { ntlmStrong: false } }),
    connect: alice,
    evidence: {
      events: [
        {
          channel: 'Microsoft-Windows-NTLM/Operational',
          provider: 'Microsoft-Windows-NTLM',
          id: 4010,
          data: [['NegotiatedSecurity', u32(0)]],
        },
      ],
    },
    expected: { cause: 'ntlm-minsec-mismatch', grade: 'confirmed', failed: 'login' },
  },
  {
    row: 22,
    id: 'ntlm-blocked',
    on: 'double',
    how: text('incoming NTLM is blocked by policy', '受信 NTLM をポリシーで拒否'),
    world: hostWorld({ auth: { ntlmBlocked: true } }),
    connect: alice,
    expected: { cause: 'ntlm-restricted', grade: 'likely', failed: 'login' },
  },
  {
    row: 22,
    id: 'ntlm-blocked-stated',
    on: 'double',
    how: text('the same, and RestrictReceivingNTLMTraffic=2 is given', '同上。RestrictReceivingNTLMTraffic=2 の情報を添付'),
    world: hostWorld({ auth: { ntlmBlocked: true } }),
    connect: alice,
    evidence: { facts: ['ntlm.restrict-incoming=2'] },
    expected: { cause: 'ntlm-restricted', grade: 'confirmed', failed: 'login' },
  },
];

/** Row 28: CredSSP. */
export const CREDSSP_ROWS: readonly ConnectionRow[] = [
  {
    row: 28,
    id: 'credssp-off',
    on: 'double',
    how: text('CredSSP is asked for, the host has it off', 'CredSSP を要求。ホストでは無効'),
    world: hostWorld(),
    connect: { ...alice, auth: 'CredSSP' },
    expected: { cause: 'credssp-disabled', grade: 'confirmed', failed: 'schemes' },
  },
  {
    row: 28,
    id: 'credssp-tls',
    on: 'double',
    how: text('the host ends CredSSP at its inner TLS handshake', 'ホストが CredSSP 内部の TLS ハンドシェイクで打ち切る'),
    world: hostWorld({ auth: { credSsp: true, credSspStops: 'tls' } }),
    connect: { ...alice, auth: 'CredSSP' },
    expected: { cause: 'credssp-tls', grade: 'likely', failed: 'login' },
  },
  {
    row: 28,
    id: 'credssp-tls-certificate',
    on: 'double',
    how: text('the same, and the certificate is missing on the host', '同上。ホストに証明書がない'),
    world: hostWorld({ auth: { credSsp: true, credSspStops: 'tls' } }),
    connect: { ...alice, auth: 'CredSSP' },
    evidence: { facts: ['tls.bound-certificate=missing'] },
    expected: { cause: 'credssp-tls', grade: 'confirmed', failed: 'login' },
  },
  {
    row: 28,
    id: 'credssp-old',
    on: 'double',
    how: text('the host speaks CredSSP version 2', 'ホストの CredSSP はバージョン 2'),
    world: hostWorld({ auth: { credSsp: true, credSspVersion: 2 } }),
    connect: { ...alice, auth: 'CredSSP' },
    expected: { cause: 'credssp-version', grade: 'confirmed', failed: 'login' },
  },
];
