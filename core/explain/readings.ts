/** What is said about one meaning of an input: a code, an event, a fact, a cause, a damage code. */
import type {
  Cause,
  CodeEntry,
  CombinedFinding,
  DamageText,
  EventKnowledge,
  FactDefinition,
  Knowledge,
  Localized,
  SettingDefault,
  SettingDefinition,
  ValueTest,
} from '@winmedic/knowledge';
import { settingsOf } from '@winmedic/knowledge/settings';
import { lookUpCode } from './formats.ts';
import { decodeReason, REASON_MAJORS, REASON_MINORS, reasonCodeValue } from './reason.ts';

/** What a reading is about. */
export type ReadingKind = 'event' | 'reason' | 'code' | 'damage' | 'fact' | 'cause' | 'process' | 'setting' | 'finding';

/** One meaning an input can have. */
export interface Reading {
  readonly kind: ReadingKind;
  /** `User32/1074`, `0x500ff`, `STATUS_WRONG_PASSWORD` … */
  readonly key: string;
  readonly title: Localized;
  /** Labelled lines in the order to show. */
  readonly lines: readonly { readonly label: keyof typeof LINE_LABELS; readonly text: Localized }[];
  /** The reading is general knowledge that was not checked. */
  readonly unverified?: boolean;
}

/** Words before the lines of a reading. */
export const LINE_LABELS = {
  meaning: { en: 'Means', ja: '意味' },
  proves: { en: 'Proves', ja: '証明すること' },
  doesNotProve: { en: 'Does not prove', ja: '証明しないこと' },
  cause: { en: 'Usual cause', ja: 'よくある原因' },
  action: { en: 'Next', ja: '次の一手' },
  decoded: { en: 'Decoded', ja: '分解' },
  trust: { en: 'Still trustworthy', ja: '信頼できる範囲' },
  values: { en: 'Values', ja: '値' },
  obtain: { en: 'How to get it', ja: '調べ方' },
  needs: { en: 'Needed for likely', ja: '「有力」に必要' },
  confirmed: { en: 'In addition for confirmed', ja: '「確定」に追加で必要' },
  refutes: { en: 'Excluded by', ja: '棄却の条件' },
  fields: { en: 'Fields', ja: '項目' },
  places: { en: 'Where', ja: '場所' },
  default: { en: 'When stored nowhere', ja: '保存されていないとき' },
  risk: { en: 'Risky when', ja: '危険な場合' },
  restsOn: { en: 'Rests on', ja: '根拠となる設定' },
  first: { en: 'Change first', ja: '最初に変更する設定' },
} as const satisfies Record<string, Localized>;

/** What codes of a table do not say, however clear their reading is. */
const DOES_NOT_PROVE: ReadonlyMap<string, Localized> = new Map([
  [
    'shutdown-reasons',
    {
      en: 'The cause of the stop: the code is what the caller passed or a person chose. Process and account of the same record belong to it',
      ja: '停止の原因。コードは要求元が渡した値、または人が選んだ値で、同じ記録のプロセスとアカウントと合わせて読む',
    },
  ],
  [
    'shutdown-processes',
    {
      en: 'Who or what made the process ask; account, reason code and the records around it tell',
      ja: 'プロセスに要求させた人や仕組み。アカウント、理由コード、前後の記録で判断',
    },
  ],
  [
    'bugchecks',
    {
      en: 'Which module is to blame: the code names where the kernel noticed the fault; the dump leads to the module',
      ja: '原因のモジュール。コードはカーネルが異常に気付いた箇所で、モジュールはダンプで調査',
    },
  ],
  ['logon-status', { en: 'Who tried: anybody can type a name', ja: '試行した人。名前は誰でも入力可能' }],
]);

function doesNotProve(table: string): Reading['lines'] {
  const text = DOES_NOT_PROVE.get(table);
  return text ? [{ label: 'doesNotProve', text }] : [];
}

/**
 * Whether a number that no table knows can be a shutdown reason: major and minor have a symbol in reason.h, or the user-defined flag is
 * set with a custom major (64-255), and no reserved bit is set. Other 32-bit numbers are error codes far more often.
 */
function plausibleReason(code: string): boolean {
  const value = reasonCodeValue(code);
  if (value === undefined || (value & 0x30000000) !== 0) return false;
  const major = (value >>> 16) & 0xff;
  return (value & 0x40000000) !== 0 ? major >= 64 : REASON_MAJORS.has(major) && REASON_MINORS.has(value & 0xffff);
}

/** The reading of a number as a shutdown reason: of a whole code the table knows, or bit by bit when that is plausible. */
export function reasonReadings(text: string, knowledge: Knowledge): (Reading & { readonly known: boolean })[] {
  const decoded = decodeReason(text);
  if (!decoded) return [];
  const whole = lookUpCode(knowledge, 'shutdown-reasons', decoded.code);
  if (!whole && !plausibleReason(decoded.code)) return [];
  const flags = decoded.userDefined ? [...decoded.flags, 'USER_DEFINED'] : decoded.flags;
  return [
    {
      kind: 'reason',
      key: decoded.code,
      title: { en: 'shutdown reason code (event 1074)', ja: 'シャットダウン理由コード(イベント 1074)' },
      lines: [
        {
          label: 'decoded',
          text: {
            en: [decoded.planned ? 'planned' : 'unplanned', `major ${decoded.major}`, `minor ${decoded.minor}`, ...flags].join(', '),
            ja: [decoded.planned ? '計画済み' : '計画外', `メジャー ${decoded.major}`, `マイナー ${decoded.minor}`, ...flags].join('、'),
          },
        },
        ...codeLines(whole, 'shutdown-reasons'),
      ],
      known: whole !== undefined,
      ...(whole?.unverified ? { unverified: true } : {}),
    },
  ];
}

function codeLines(entry: CodeEntry | undefined, table: string): Reading['lines'] {
  return [
    ...(entry?.meaning ? [{ label: 'meaning' as const, text: entry.meaning }] : []),
    ...doesNotProve(table),
    ...(entry?.cause ? [{ label: 'cause' as const, text: entry.cause }] : []),
    ...(entry?.action ? [{ label: 'action' as const, text: entry.action }] : []),
  ];
}

/** The reading of an entry of a code table. */
export function codeReading(entry: CodeEntry, table: string, knowledge: Knowledge): Reading {
  return {
    kind: table === 'shutdown-processes' ? 'process' : 'code',
    key: entry.name ? `${entry.code} ${entry.name}` : entry.code,
    title: knowledge.codes[table]?.title ?? { en: 'code', ja: 'コード' },
    lines: codeLines(entry, table),
    ...(entry.unverified ? { unverified: true } : {}),
  };
}

/** The reading of an event of the knowledge base. */
export function eventReading(entry: EventKnowledge): Reading {
  return {
    kind: 'event',
    key: `${entry.provider}/${entry.id}`,
    title: entry.title,
    lines: [
      { label: 'proves', text: entry.proves },
      { label: 'doesNotProve', text: entry.doesNotProve },
      ...(entry.fields
        ? [
            {
              label: 'fields' as const,
              text: joined(
                Object.entries(entry.fields).map(([name, text]) => ({ en: `${name}: ${text.en}`, ja: `${name}: ${text.ja}` })),
                '; ',
              ),
            },
          ]
        : []),
    ],
    ...(entry.basis === 'unverified' ? { unverified: true } : {}),
  };
}

/** The reading of a named fact. */
export function factReading(fact: FactDefinition): Reading {
  const values = Object.entries(fact.values ?? {}).map(([value, text]) => ({ en: `${value} (${text.en})`, ja: `${value}(${text.ja})` }));
  const obtain = fact.command ? { en: `${fact.obtain.en} ${fact.command}`, ja: `${fact.obtain.ja} ${fact.command}` } : fact.obtain;
  return {
    kind: 'fact',
    key: fact.id,
    title: fact.title,
    lines: [...(values.length > 0 ? [{ label: 'values' as const, text: joined(values, ', ') }] : []), { label: 'obtain', text: obtain }],
  };
}

/** The reading of a cause. */
export function causeReading(cause: Cause): Reading {
  const texts = (items: readonly { readonly text: Localized }[]): Localized =>
    joined(
      items.map(({ text }) => text),
      '; ',
    );
  const likely = cause.required.filter((item) => item.for !== 'confirmed');
  const confirmed = cause.required.filter((item) => item.for === 'confirmed');
  return {
    kind: 'cause',
    key: cause.id,
    title: cause.title,
    lines: [
      { label: 'meaning', text: cause.sentence },
      { label: 'needs', text: texts(likely) },
      ...(confirmed.length > 0 ? [{ label: 'confirmed' as const, text: texts(confirmed) }] : []),
      ...((cause.refutes?.length ?? 0) > 0 ? [{ label: 'refutes' as const, text: texts(cause.refutes ?? []) }] : []),
      ...cause.remedies.slice(0, 2).map(({ text }) => ({ label: 'action' as const, text })),
    ],
    ...(cause.basis.every((basis) => basis === 'unverified') ? { unverified: true } : {}),
  };
}

/** The reading of a setting: what it decides, where it is stored, what its values mean, when it is risky and what to do. */
export function settingReading(setting: SettingDefinition): Reading {
  const lines: { label: keyof typeof LINE_LABELS; text: Localized }[] = [{ label: 'meaning', text: setting.meaning }];
  const places = setting.places.map(({ address, policy, basis }): Localized => {
    const where = address.replace(/^reg:/i, '');
    const en = [policy ? 'policy' : '', basis === 'unverified' ? 'not verified' : ''].filter(Boolean).join(', ');
    const ja = [policy ? 'ポリシー' : '', basis === 'unverified' ? '未検証' : ''].filter(Boolean).join('、');
    return { en: en === '' ? where : `${where} (${en})`, ja: ja === '' ? where : `${where}(${ja})` };
  });
  lines.push({ label: 'places', text: joined(places, '; ') });
  const values = Object.entries(setting.values ?? {}).map(([value, text]) => ({ en: `${value}: ${text.en}`, ja: `${value}: ${text.ja}` }));
  if (values.length > 0) lines.push({ label: 'values', text: joined(values, '; ') });
  if (setting.defaults.length > 0) lines.push({ label: 'default', text: joined(setting.defaults.map(defaultText), '; ') });
  if (setting.risky) {
    const test = testText(setting.risky);
    const why = setting.finding ?? { en: '', ja: '' };
    // A value that is normal on clients is risky on servers only.
    const on = (setting.riskyOn ?? []).map((product) => PRODUCTS[product]);
    const en = on.length > 0 ? ` (${on.map((product) => product.en).join(', ')})` : '';
    const ja = on.length > 0 ? `(${on.map((product) => product.ja).join('、')})` : '';
    lines.push({ label: 'risk', text: { en: `${test.en}${en}. ${why.en}`.trim(), ja: `${test.ja}${ja}。${why.ja}` } });
  }
  for (const { text, command } of setting.remedies.slice(0, 2))
    lines.push({ label: 'action', text: command ? { en: `${text.en} ${command}`, ja: `${text.ja} ${command}` } : text });
  const { obtain, command } = setting;
  lines.push({ label: 'obtain', text: command ? { en: `${obtain.en} ${command}`, ja: `${obtain.ja} ${command}` } : obtain });
  return {
    kind: 'setting',
    key: setting.id,
    title: setting.title,
    lines,
    ...(setting.basis.includes('unverified') ? { unverified: true } : {}),
  };
}

const PRODUCTS: Readonly<Record<'client' | 'server' | 'dc', Localized>> = {
  client: { en: 'client', ja: 'クライアント' },
  server: { en: 'server', ja: 'サーバー' },
  dc: { en: 'domain controller', ja: 'ドメイン コントローラー' },
};

function defaultText({ when, value, text, basis }: SettingDefault): Localized {
  const { product, minBuild, maxBuild } = when ?? {};
  const builds =
    minBuild === undefined
      ? maxBuild === undefined
        ? { en: '', ja: '' }
        : { en: `up to build ${maxBuild}`, ja: `ビルド ${maxBuild} まで` }
      : maxBuild === undefined
        ? { en: `from build ${minBuild}`, ja: `ビルド ${minBuild} 以降` }
        : { en: `builds ${minBuild} to ${maxBuild}`, ja: `ビルド ${minBuild} から ${maxBuild}` };
  const en = [product ? PRODUCTS[product].en : '', builds.en].filter(Boolean).join(', ');
  const ja = [product ? PRODUCTS[product].ja : '', builds.ja].filter(Boolean).join('、');
  const mark = basis === 'unverified' ? { en: ' [not verified]', ja: ' [未検証]' } : { en: '', ja: '' };
  const said = text ?? { en: value ?? 'nothing', ja: value ?? '値なし' };
  const shown = text && value !== null ? { en: `${value} (${text.en})`, ja: `${value}(${text.ja})` } : said;
  return { en: `${en ? `${en}: ` : ''}${shown.en}${mark.en}`, ja: `${ja ? `${ja}: ` : ''}${shown.ja}${mark.ja}` };
}

/** A test of a value in words. */
function testText(test: ValueTest): Localized {
  const list = (value: NonNullable<ValueTest['is'] | ValueTest['contains']>): string => [value].flat().join(', ');
  const hex = (bits: number): string => `0x${bits.toString(16)}`;
  const parts: Localized[] = [];
  if (test.present !== undefined)
    parts.push(
      test.present ? { en: 'it is stored', ja: '値が保存されている' } : { en: 'it is stored nowhere', ja: '値が保存されていない' },
    );
  if (test.empty !== undefined) parts.push(test.empty ? { en: 'it is empty', ja: '空' } : { en: 'it is not empty', ja: '空でない' });
  if (test.is !== undefined) parts.push({ en: `the value is ${list(test.is)}`, ja: `値が ${list(test.is)}` });
  if (test.not !== undefined) parts.push({ en: `the value is not ${list(test.not)}`, ja: `値が ${list(test.not)} でない` });
  if (test.gt !== undefined) parts.push({ en: `the value is greater than ${test.gt}`, ja: `値が ${test.gt} より大きい` });
  if (test.lt !== undefined) parts.push({ en: `the value is less than ${test.lt}`, ja: `値が ${test.lt} より小さい` });
  if (test.bits !== undefined) parts.push({ en: `the bits ${hex(test.bits)} are set`, ja: `ビット ${hex(test.bits)} がすべてオン` });
  if (test.noBits !== undefined)
    parts.push({ en: `none of the bits ${hex(test.noBits)} is set`, ja: `ビット ${hex(test.noBits)} がすべてオフ` });
  if (test.contains !== undefined) parts.push({ en: `it contains ${list(test.contains)}`, ja: `${list(test.contains)} を含む` });
  if (test.includes !== undefined)
    parts.push({ en: `it lists any of ${list(test.includes)}`, ja: `${list(test.includes)} のいずれかが列挙されている` });
  return { en: parts.map(({ en }) => en).join(' and '), ja: parts.map(({ ja }) => ja).join('、かつ ') };
}

/** The reading of a combined finding. */
export function findingReading(finding: CombinedFinding, knowledge: Knowledge): Reading {
  const titled = (id: string): Localized => {
    const title = knowledge.settings.find((setting) => setting.id === id)?.title;
    return title ? { en: `${title.en} (${id})`, ja: `${title.ja}(${id})` } : { en: id, ja: id };
  };
  const change = titled(finding.change.setting);
  const { why } = finding.change;
  return {
    kind: 'finding',
    key: finding.id,
    title: finding.title,
    lines: [
      { label: 'meaning', text: finding.sentence },
      { label: 'restsOn', text: joined(settingsOf(finding.when).map(titled), ', ') },
      { label: 'first', text: { en: `${change.en}: ${why.en}`, ja: `${change.ja}: ${why.ja}` } },
    ],
    ...(finding.basis.includes('unverified') ? { unverified: true } : {}),
  };
}

/** The reading of a damage or error code of winmedic. */
export function damageReading(code: string, damage: DamageText): Reading {
  return {
    kind: 'damage',
    key: code,
    title: { en: 'code of winmedic', ja: 'winmedic のコード' },
    lines: [
      { label: 'meaning', text: damage.meaning },
      { label: 'trust', text: damage.trust },
      { label: 'action', text: damage.action },
    ],
  };
}

function joined(texts: readonly Localized[], separator: string): Localized {
  return { en: texts.map(({ en }) => en).join(separator), ja: texts.map(({ ja }) => ja).join(separator === ', ' ? '、' : separator) };
}
