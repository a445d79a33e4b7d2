/** What a label line of the Event Viewer carries. */
export type LabelKey = 'channel' | 'provider' | 'date' | 'id' | 'level' | 'user' | 'computer' | 'description' | 'record' | 'ignored';

/** Labels of the Event Viewer's "copy details as text" and of CSV headers, English and Japanese, without white space, lower case. */
const LABELS: ReadonlyMap<string, LabelKey> = new Map([
  ['logname', 'channel'],
  ['log', 'channel'],
  ['ログの名前', 'channel'],
  ['ログ名', 'channel'],
  ['source', 'provider'],
  ['provider', 'provider'],
  ['ソース', 'provider'],
  ['プロバイダー', 'provider'],
  ['date', 'date'],
  ['dateandtime', 'date'],
  ['timecreated', 'date'],
  ['日付', 'date'],
  ['日時', 'date'],
  ['日付と時刻', 'date'],
  ['ログの日付', 'date'],
  ['eventid', 'id'],
  ['id', 'id'],
  ['イベントid', 'id'],
  ['level', 'level'],
  ['レベル', 'level'],
  ['user', 'user'],
  ['ユーザー', 'user'],
  ['ユーザ', 'user'],
  ['computer', 'computer'],
  ['コンピューター', 'computer'],
  ['コンピュータ', 'computer'],
  ['machinename', 'computer'],
  ['description', 'description'],
  ['説明', 'description'],
  ['message', 'description'],
  ['eventrecordid', 'record'],
  ['recordid', 'record'],
  ['taskcategory', 'ignored'],
  ['タスクのカテゴリ', 'ignored'],
  ['keywords', 'ignored'],
  ['キーワード', 'ignored'],
  ['opcode', 'ignored'],
  ['オペコード', 'ignored'],
  ['関連付けid', 'ignored'],
]);

/** The key of a label or header, or undefined for other text. */
export function labelKey(text: string): LabelKey | undefined {
  return text.length > 40 ? undefined : LABELS.get(text.replace(/\s+/g, '').toLowerCase());
}

/** One line `label: value`. */
export interface LabelLine {
  readonly key: LabelKey;
  readonly value: string;
  readonly line: number;
}

/** The label lines of a normalised text, with 0-based line numbers. */
export function labelLines(lines: readonly string[]): LabelLine[] {
  const found: LabelLine[] = [];
  for (const [line, text] of lines.entries()) {
    const colon = text.indexOf(':');
    if (colon <= 0 || colon > 40) continue;
    const key = labelKey(text.slice(0, colon));
    if (key) found.push({ key, value: text.slice(colon + 1).trim(), line });
  }
  return found;
}

/** Numbers of the level words the Event Viewer shows (winmeta.xml levels 1 to 5). */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['critical', 1],
  ['重大', 1],
  ['error', 2],
  ['エラー', 2],
  ['warning', 3],
  ['警告', 3],
  ['information', 4],
  ['情報', 4],
  ['verbose', 5],
  ['詳細', 5],
]);

/** Level number of a word, 0 when unknown. */
export function levelNumber(word: string | undefined): number {
  return LEVELS.get((word ?? '').trim().toLowerCase()) ?? 0;
}

/** Names under which Windows prints well-known accounts, by language. A pasted name has lower trust than a SID. */
const ACCOUNTS: ReadonlyMap<string, string> = new Map([
  ['system', 'S-1-5-18'],
  ['nt authority\\system', 'S-1-5-18'],
  ['autoridade nt\\sistema', 'S-1-5-18'],
  ['nt-autorität\\system', 'S-1-5-18'],
  ['autorite nt\\système', 'S-1-5-18'],
  ['local service', 'S-1-5-19'],
  ['nt authority\\local service', 'S-1-5-19'],
  ['network service', 'S-1-5-20'],
  ['nt authority\\network service', 'S-1-5-20'],
]);

/** SID of a printed account name: well-known ones, or a SID as it stands. */
export function accountSid(name: string | undefined): string | undefined {
  const text = (name ?? '').trim();
  if (/^S-1-\d+(-\d+)+$/.test(text)) return text;
  return ACCOUNTS.get(text.toLowerCase());
}
