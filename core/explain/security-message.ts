/**
 * Bodies of Security events as people paste them: sections with labelled lines. Labels of 4624/4634/4672 in Japanese were read in a
 * public training export, English ones in Microsoft's message table; Japanese labels of 4625 that occur only there are general knowledge
 * (unverified), so several spellings are accepted.
 */

/** Section headings by squeezed, lower-case text. */
const SECTIONS: ReadonlyMap<string, string> = new Map([
  ['subject', 'subject'],
  ['サブジェクト', 'subject'],
  ['newlogon', 'target'],
  ['新しいログオン', 'target'],
  ['accountforwhichlogonfailed', 'target'],
  ['ログオンを失敗したアカウント', 'target'],
  ['ログオンに失敗したアカウント', 'target'],
]);

/** Field by label; a pair gives the field of the subject section and of the target section. */
const FIELDS: ReadonlyMap<string, string | readonly [string, string]> = new Map<string, string | readonly [string, string]>([
  ['securityid', ['SubjectUserSid', 'TargetUserSid']],
  ['セキュリティid', ['SubjectUserSid', 'TargetUserSid']],
  ['accountname', ['SubjectUserName', 'TargetUserName']],
  ['アカウント名', ['SubjectUserName', 'TargetUserName']],
  ['accountdomain', ['SubjectDomainName', 'TargetDomainName']],
  ['アカウントドメイン', ['SubjectDomainName', 'TargetDomainName']],
  ['logonid', ['SubjectLogonId', 'TargetLogonId']],
  ['ログオンid', ['SubjectLogonId', 'TargetLogonId']],
  ['logontype', 'LogonType'],
  ['ログオンタイプ', 'LogonType'],
  ['ログオンの種類', 'LogonType'],
  ['failurereason', 'FailureReasonText'],
  ['失敗の原因', 'FailureReasonText'],
  ['失敗の理由', 'FailureReasonText'],
  ['status', 'Status'],
  ['状態', 'Status'],
  ['ステータス', 'Status'],
  ['substatus', 'SubStatus'],
  ['サブステータス', 'SubStatus'],
  ['サブの状態', 'SubStatus'],
  ['callerprocessname', 'ProcessName'],
  ['呼び出し側プロセス名', 'ProcessName'],
  ['processname', 'ProcessName'],
  ['プロセス名', 'ProcessName'],
  ['callerprocessid', 'ProcessId'],
  ['呼び出し側プロセスid', 'ProcessId'],
  ['processid', 'ProcessId'],
  ['プロセスid', 'ProcessId'],
  ['workstationname', 'WorkstationName'],
  ['ワークステーション名', 'WorkstationName'],
  ['sourcenetworkaddress', 'IpAddress'],
  ['ソースネットワークアドレス', 'IpAddress'],
  ['sourceport', 'IpPort'],
  ['ソースポート', 'IpPort'],
  ['logonprocess', 'LogonProcessName'],
  ['ログオンプロセス', 'LogonProcessName'],
  ['authenticationpackage', 'AuthenticationPackageName'],
  ['認証パッケージ', 'AuthenticationPackageName'],
]);

/** First words of the bodies this reader knows, and their event id. */
const HEADS: readonly (readonly [RegExp, number])[] = [
  [/An account failed to log on|アカウントがログオンに失敗しました|アカウントがログオンできませんでした/u, 4625],
  [/An account was successfully logged on|アカウントが正常にログオンしました/u, 4624],
  [/An account was logged off|アカウントがログオフしました/u, 4634],
];

/** Event id of a Security body by its first sentence, with the place of that sentence. */
export function securityHead(text: string): { id: number; index: number } | undefined {
  for (const [head, id] of HEADS) {
    const match = head.exec(text);
    if (match) return { id, index: match.index };
  }
  return undefined;
}

/** Fields of a labelled Security body (normalised text). In 4634 the only section is the account itself. */
export function securityFields(body: string, id: number): Map<string, string> {
  const fields = new Map<string, string>();
  let section = id === 4634 ? 'target' : 'subject';
  for (const line of body.split('\n').slice(0, 200)) {
    const colon = line.indexOf(':');
    if (colon <= 0 || colon > 60) continue;
    const label = line.slice(0, colon).replace(/\s+/g, '').toLowerCase();
    const value = line.slice(colon + 1).trim();
    const heading = SECTIONS.get(label);
    if (heading) {
      section = id === 4634 ? 'target' : heading;
      continue;
    }
    const field = FIELDS.get(label);
    if (!field) continue;
    const name = typeof field === 'string' ? field : field[section === 'target' ? 1 : 0];
    if (!fields.has(name)) fields.set(name, /^(Status|SubStatus)$/.test(name) ? value.toLowerCase() : value);
  }
  return fields;
}
