import type { Localized, SettingDefault } from '@winmedic/knowledge/model';

/** Texts of the audit, in both languages. */
const say = (en: string, ja: string): Localized => ({ en, ja });

/** Nothing was seen. */
export const NOT_CHECKED: Localized = say('not checked', '未確認');
/** Looked for and not there, and no default is known. */
export const NOTHING_STORED: Localized = say('nothing stored; the default is not known', '格納なし(既定値は不明)');
/** A value without characters. */
export const EMPTY: Localized = say('(empty)', '(空)');
/** A key that is asked for only as such. */
export const EXISTS: Localized = say('exists', '存在');

/** Most characters of a stored value that are shown; the JSON has all of it. */
const MAX_SHOWN = 200;

/** A text cut to what fits a line. */
export function shorten(text: string): string {
  // A pair of surrogates is not cut in two.
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Remarks behind a value. */
export const MARKS = {
  isDefault: say('default', '既定値'),
  unverifiedDefault: say('default, not verified', '既定値、未検証'),
  unverifiedPlace: say('name of the value not verified', '値の名前は未検証'),
  unverifiedSetting: say('partly not verified', '一部未検証'),
  byPolicy: say('by policy', 'ポリシーによる設定'),
  overridable: say('what could override it was not checked', '上書きの有無は未確認'),
  moreMatches: say('there may be more', '他にもある可能性'),
} as const;

/** Remarks on a value of which it is not known what it does. */
export const UNCLEAR = {
  type: say('not stored as the number Windows asks for; its effect is not known', 'Windows が要求する数値の型ではなく、効果は不明'),
  value: say('none of the documented values; its effect is not known', '文書にない値で、効果は不明'),
} as const;

/** `value (remark; remark)`. */
export function withMarks(text: Localized, marks: readonly Localized[]): Localized {
  if (marks.length === 0) return text;
  return say(`${text.en} (${marks.map((m) => m.en).join('; ')})`, `${text.ja} (${marks.map((m) => m.ja).join('、')})`);
}

/** `value: meaning`; the meaning alone when it begins with the value. */
export function valueWithMeaning(value: string, meaning: Localized): Localized {
  const shown = shorten(value);
  const begins = (text: string): boolean =>
    text.toLowerCase().startsWith(shown.toLowerCase()) && !/^[0-9a-z]/i.test(text.slice(shown.length));
  const one = (text: string): string => (shown === '' || begins(text) ? text : `${shown}: ${text}`);
  return say(one(meaning.en), one(meaning.ja));
}

/** Texts one after the other. */
export function listed(texts: readonly Localized[]): Localized {
  return say(texts.map((t) => t.en).join(', '), texts.map((t) => t.ja).join('、'));
}

/** So many more than are shown. */
export function andMore(n: number): Localized {
  return say(`and ${n} more`, `他 ${n} 件`);
}

/** A match of a wildcard with its value. */
export function named(name: string, text: Localized): Localized {
  const shown = shorten(name);
  return say(`${shown} = ${text.en}`, `${shown} = ${text.ja}`);
}

/** Sources that contradict each other. */
export function disagreeing(texts: readonly Localized[]): Localized {
  const list = listed(texts);
  return say(`sources disagree: ${list.en}`, `情報源の不一致: ${list.ja}`);
}

const PRODUCT_WORDS: Readonly<Record<'client' | 'server' | 'dc', Localized>> = {
  client: say('client', 'クライアント'),
  server: say('server', 'サーバー'),
  dc: say('domain controller', 'ドメイン コントローラー'),
};

/** For which Windows a default holds. */
function whenText({ when }: SettingDefault): Localized {
  if (when === undefined) return say('otherwise', 'その他');
  const parts: Localized[] = [];
  if (when.product !== undefined) parts.push(PRODUCT_WORDS[when.product]);
  if (when.minBuild !== undefined && when.maxBuild !== undefined)
    parts.push(say(`builds ${when.minBuild} to ${when.maxBuild}`, `ビルド ${when.minBuild}~${when.maxBuild}`));
  else if (when.minBuild !== undefined) parts.push(say(`build ${when.minBuild} and newer`, `ビルド ${when.minBuild} 以降`));
  else if (when.maxBuild !== undefined) parts.push(say(`up to build ${when.maxBuild}`, `ビルド ${when.maxBuild} 以前`));
  return listed(parts);
}

/** Nothing is stored, and what holds then depends on a Windows that is not known. */
export function dependingDefault(candidates: readonly { readonly entry: SettingDefault; readonly text: Localized }[]): Localized {
  const parts = candidates.map(({ entry, text }) => {
    const when = whenText(entry);
    return say(`${when.en}: ${text.en}`, `${when.ja}: ${text.ja}`);
  });
  return say(
    `nothing stored; the default depends on the Windows: ${parts.map((p) => p.en).join('; ')}`,
    `格納なし。既定値は Windows の種類による: ${parts.map((p) => p.ja).join('、')}`,
  );
}

/** Why a combined finding has its status. */
export const BECAUSE = {
  holds: (parts: Localized): Localized => say(parts.en, parts.ja),
  possible: (parts: Localized): Localized => say(`Not certain: ${parts.en}`, `確実でない項目: ${parts.ja}`),
  'does-not-hold': (parts: Localized): Localized => say(`Does not hold: ${parts.en}`, `成立しない項目: ${parts.ja}`),
  unknown: (parts: Localized): Localized => say(`Not known: ${parts.en}`, `不明な項目: ${parts.ja}`),
} as const;

/** A setting with its result, in a list of reasons. */
export function reason(title: Localized, text: Localized): Localized {
  return say(`${title.en} = ${text.en}`, `${title.ja} = ${text.ja}`);
}
