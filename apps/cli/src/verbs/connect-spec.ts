import type { VerbSpec } from '../spec.ts';
import { FACT_OPTIONS } from './shared-options.ts';

/** `winmedic connect`. */
export const connect: VerbSpec = {
  name: 'connect',
  args: '[targets...]',
  argValue: 'host',
  summary: {
    en: 'Say why a host refuses the management connection: rung by rung, live, with the smallest safe fix',
    ja: '管理接続が拒否される理由を段階ごとに実際に試して特定し、最小限で安全な対処を提示',
  },
  details: {
    en: [
      'Targets: host, host:port, [address]:port, http(s)://host:port/wsman. Without --user nothing is logged on; what the host tells anyone is shown.',
      'With --user one credential check is made per account in the whole run, Kerberos and NTLM counted together. A rejected password stops the account on every host. --try-forms allows further spellings of the name and says first what they may cost.',
      'User names: user@domain, DOMAIN\\user, HOST\\user, .\\user or a bare name. The password comes from the prompt, a file, a variable (WINMEDIC_PASSWORD) or a command; never from the command line.',
      'Nothing is changed on the host. Passwords and SOAP never go unencrypted over HTTP unless --allow-cleartext is given. Exit codes here: 0 no rung failed, 1 a rung failed or RDP shows a logon screen before authentication, 2 could not run, 3 no rung failed but evidence could not be read.',
    ].join('\n'),
    ja: [
      '対象の書き方: ホスト、ホスト:ポート、[アドレス]:ポート、http(s)://ホスト:ポート/wsman。--user を付けなければログオンせず、誰にでも見える情報だけを示します。',
      '--user を付けると、1 回の実行でアカウントごとに 1 回だけ資格情報を照合します (Kerberos と NTLM は合算)。パスワードが拒否されたアカウントは、ほかのホストでも試しません。--try-forms は別の書き方も試しますが、その前に最大の試行回数を表示します。',
      'ユーザー名: user@domain、DOMAIN\\user、HOST\\user、.\\user、名前のみ。パスワードは入力、ファイル、環境変数 (WINMEDIC_PASSWORD)、コマンドから受け取り、コマンドラインには書きません。',
      'ホストの設定は変更しません。--allow-cleartext を付けない限り、パスワードや SOAP を暗号化せずに HTTP で送ることはありません。終了コード: 0 失敗した段階なし、1 失敗した段階あり、または RDP が認証前にログオン画面を表示、2 実行不能、3 失敗した段階はないが読めない証拠あり。',
    ].join('\n'),
  },
  examples: [
    {
      command: 'winmedic connect hv01.corp.example',
      text: { en: 'everything that can be seen without a login', ja: 'ログオンせずに分かることをすべて表示' },
    },
    {
      command: 'winmedic connect hv01.corp.example -u "CORP\\alice"',
      text: {
        en: 'log in (one credential check) and look at rights, namespace and role',
        ja: 'ログオンし (照合は 1 回)、権限・名前空間・役割まで確認',
      },
    },
    {
      command: 'winmedic connect hv01 -u alice@corp.example --explain --md issue.md',
      text: { en: 'the conversation on the wire in words, secrets removed', ja: '通信の内容を言葉で表示 (秘密情報は除去)' },
    },
    {
      command: 'winmedic connect --targets hosts.csv -u "CORP\\svc-inv" --password-command "secret-tool lookup host corp" --json',
      text: { en: 'a list of hosts, password from the keychain', ja: 'ホストの一覧を確認 (パスワードはキーチェーンから取得)' },
    },
    {
      command: 'winmedic connect hv01 --evidence ./logs',
      text: { en: 'together with event logs and hives of the host', ja: 'ホストのイベント ログやハイブもあわせて判定' },
    },
    {
      command: 'winmedic connect hv01 -u "HV01\\operator" --fact winrm.account-group=administrators',
      text: {
        en: 'with something known of the host, to decide between causes',
        ja: 'ホストについて分かっている事実を与えて原因を絞り込む',
      },
    },
    {
      command: 'winmedic connect rds01 --via rdp',
      text: { en: 'does this RDP port show a logon screen before authentication?', ja: 'RDP ポートが認証前にログオン画面を見せるかを確認' },
    },
  ],
  options: [
    { flags: '-u, --user <name>', text: { en: 'account to log in with', ja: 'ログオンに使うアカウント' } },
    {
      flags: '--auth <scheme>',
      choices: ['auto', 'negotiate', 'kerberos', 'ntlm', 'credssp', 'basic', 'certificate'],
      text: {
        en: 'authentication scheme (default auto: Kerberos when it can work, else NTLM)',
        ja: '認証方式 (既定 auto: 使えるなら Kerberos、そうでなければ NTLM)',
      },
    },
    {
      flags: '--via <way>',
      choices: ['winrm', 'dcom', 'rdp'],
      text: {
        en: 'WinRM (default), WMI over DCOM, or only the RDP negotiation',
        ja: 'WinRM (既定)、DCOM 経由の WMI、RDP ネゴシエーションのみ',
      },
    },
    { flags: '--https', text: { en: 'HTTPS (port 5986)', ja: 'HTTPS (ポート 5986)' } },
    { flags: '--rdp', text: { en: 'also look at RDP on port 3389', ja: 'RDP (ポート 3389) もあわせて確認' } },
    {
      flags: '--password-file <file>',
      value: 'file',
      text: { en: "password: first line of a file ('-' is standard input)", ja: 'パスワード: ファイルの 1 行目 (- は標準入力)' },
    },
    { flags: '--password-env <name>', text: { en: 'password: this environment variable', ja: 'パスワード: この環境変数' } },
    {
      flags: '--password-command <command>',
      text: { en: 'password: what this command prints (keychain)', ja: 'パスワード: このコマンドの出力 (キーチェーンなど)' },
    },
    {
      flags: '--ccache <file>',
      value: 'file',
      text: {
        en: "Kerberos ticket cache ('default' is that of KRB5CCNAME); no credential check",
        ja: 'Kerberos チケット キャッシュ (default は KRB5CCNAME)。資格情報の照合なし',
      },
    },
    { flags: '--keytab <file>', value: 'file', text: { en: 'Kerberos keytab for --user', ja: '--user の Kerberos keytab' } },
    {
      flags: '--cert <file>',
      value: 'file',
      text: { en: 'client certificate (PEM), with --key', ja: 'クライアント証明書 (PEM)。--key とあわせて指定' },
    },
    { flags: '--key <file>', value: 'file', text: { en: 'private key of --cert (PEM)', ja: '--cert の秘密鍵 (PEM)' } },
    {
      flags: '--realm <name>',
      text: { en: 'Kerberos realm, when the account does not tell', ja: 'Kerberos レルム (アカウントから分からない場合)' },
    },
    { flags: '--kdc <host>', repeat: true, text: { en: 'KDC, instead of krb5.conf and DNS', ja: 'KDC (krb5.conf や DNS の代わりに使用)' } },
    { flags: '--spn <name>', text: { en: 'service principal name (default HTTP/host)', ja: 'サービス プリンシパル名 (既定 HTTP/ホスト)' } },
    {
      flags: '--try-forms <n>',
      text: {
        en: 'further spellings of the user name to try after a rejection (default 0)',
        ja: '拒否後に試すユーザー名の別の書き方の数 (既定 0)',
      },
    },
    {
      flags: '--ca <file>',
      repeat: true,
      value: 'file',
      text: { en: 'certificate authorities to trust besides the system (PEM)', ja: 'システムのほかに信頼する証明機関 (PEM)' },
    },
    { flags: '--pin <sha256>', repeat: true, text: { en: 'trust the certificate with this SHA-256', ja: 'この SHA-256 の証明書を信頼' } },
    {
      flags: '--insecure',
      text: { en: 'go on with an untrusted certificate (said in the report)', ja: '信頼できない証明書でも続行 (レポートに明記)' },
    },
    {
      flags: '--allow-cleartext',
      text: {
        en: 'let a password or SOAP go unencrypted over HTTP (said in the report)',
        ja: 'パスワードや SOAP を暗号化せずに HTTP で送ることを許可 (レポートに明記)',
      },
    },
    {
      flags: '--targets <file>',
      repeat: true,
      value: 'file',
      text: {
        en: "hosts from a file, one per line or first CSV column ('-' is standard input)",
        ja: 'ホストの一覧ファイル (1 行 1 台または CSV の 1 列目、- は標準入力)',
      },
    },
    { flags: '--concurrency <n>', text: { en: 'hosts at the same time (default 16)', ja: '同時に試すホスト数 (既定 16)' } },
    { flags: '--timeout <seconds>', text: { en: 'for one host in total (default 60)', ja: '1 ホストあたりの制限時間 (秒、既定 60)' } },
    {
      flags: '--evidence <path>',
      repeat: true,
      value: 'file',
      text: { en: 'event logs, hives or text of the host, judged together', ja: 'ホストのイベント ログ、ハイブ、テキストをあわせて判定' },
    },
    ...FACT_OPTIONS,
    {
      flags: '--find-rdp <ports>',
      repeat: true,
      text: {
        en: 'look for RDP on these ports of the named hosts, slowly (3389,3390-3395)',
        ja: '指定したホストのこれらのポートで RDP をゆっくり探す (3389,3390-3395)',
      },
    },
    { flags: '--rate <n>', text: { en: 'connections per second for --find-rdp (default 10)', ja: '--find-rdp の毎秒の接続数 (既定 10)' } },
    {
      flags: '--limit <n>',
      text: { en: 'most ports --find-rdp may try in all (default 1024)', ja: '--find-rdp が試すポートの上限 (既定 1024)' },
    },
    {
      flags: '--explain',
      text: { en: 'also the conversation on the wire in words, secrets removed', ja: '通信の内容も言葉で表示 (秘密情報は除去)' },
    },
    {
      flags: '--bytes',
      text: { en: 'as --explain, with the bytes, secrets overwritten', ja: '--explain と同じ内容にバイト列を追加 (秘密情報は上書き)' },
    },
    { flags: '--html <file>', value: 'file', text: { en: 'write one self-contained page', ja: '1 ファイル完結の HTML ページを書き出す' } },
    {
      flags: '--md <file>',
      value: 'file',
      text: { en: 'write Markdown, to paste into an issue', ja: 'Markdown を書き出す (問い合わせへの貼り付け用)' },
    },
    { flags: '--verbose', text: { en: 'every rung, cause and host in full', ja: 'すべての段階・原因・ホストを詳しく表示' } },
  ],
  load: () => import('./connect.ts'),
};
