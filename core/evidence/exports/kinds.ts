import type { Localized } from '@winmedic/knowledge/model';

/** Tools whose output is read, with a title for screens. */
export const EXPORT_KINDS = {
  'winrm-config': { en: 'WinRM configuration (winrm get)', ja: 'WinRM の構成(winrm get)' },
  'winrm-listener': { en: 'WinRM listeners (winrm enumerate)', ja: 'WinRM リスナー(winrm enumerate)' },
  'reg-query': { en: 'Registry values (reg query)', ja: 'レジストリ値(reg query)' },
  'reg-file': { en: 'Registry export (.reg)', ja: 'レジストリのエクスポート(.reg)' },
  secedit: { en: 'Security policy (secedit /export)', ja: 'セキュリティ ポリシー(secedit /export)' },
  gpresult: { en: 'Applied group policy (gpresult /x)', ja: '適用されたグループ ポリシー(gpresult /x)' },
  'sc-query': { en: 'State of services (sc query)', ja: 'サービスの状態(sc query)' },
  'sc-config': { en: 'Configuration of services (sc qc)', ja: 'サービスの構成(sc qc)' },
  systeminfo: { en: 'System information (systeminfo)', ja: 'システム情報(systeminfo)' },
  'windows-version': { en: 'Windows version (ver)', ja: 'Windows のバージョン(ver)' },
  hostname: { en: 'Host name (hostname)', ja: 'ホスト名(hostname)' },
  'http-urlacl': { en: 'URL reservations (netsh http show urlacl)', ja: 'URL の予約(netsh http show urlacl)' },
  'http-sslcert': { en: 'TLS certificate bindings (netsh http show sslcert)', ja: 'SSL 証明書のバインド(netsh http show sslcert)' },
  'http-iplisten': { en: 'IP listen list (netsh http show iplisten)', ja: 'IP リッスン リスト(netsh http show iplisten)' },
  'http-servicestate': { en: 'HTTP service state (netsh http show servicestate)', ja: 'HTTP サービスの状態(netsh http show servicestate)' },
  'net-accounts': { en: 'Account policy (net accounts)', ja: 'アカウント ポリシー(net accounts)' },
  whoami: { en: 'Token of the user (whoami /all)', ja: 'ユーザーのトークン(whoami /all)' },
  'winevent-csv': { en: 'Events as CSV (Get-WinEvent)', ja: 'イベントの CSV(Get-WinEvent)' },
  'winevent-json': { en: 'Events as JSON (Get-WinEvent)', ja: 'イベントの JSON(Get-WinEvent)' },
  'vmm-log': { en: 'Log of the VM Manager tool', ja: 'VM Manager ツールのログ' },
  'vmm-properties': { en: 'Settings of the VM Manager tool', ja: 'VM Manager ツールの設定' },
  'trace-text': { en: 'Trace in words (netsh trace convert, tracefmt)', ja: 'テキスト化したトレース(netsh trace convert、tracefmt)' },
  'tracerpt-csv': { en: 'Trace as CSV (tracerpt)', ja: 'トレースの CSV(tracerpt)' },
  transcript: { en: 'Output of several commands', ja: '複数のコマンドの出力' },
} as const satisfies Readonly<Record<string, Localized>>;

/** Stable word for the tool whose output a text is. */
export type ExportKind = keyof typeof EXPORT_KINDS;
