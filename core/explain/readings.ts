/** What is said about one meaning of an input: a code, an event, a fact, a cause, a damage code. */
import type { Cause, CodeEntry, DamageText, EventKnowledge, FactDefinition, Knowledge, Localized } from '@winmedic/knowledge';
import { lookUpCode } from './formats.ts';
import { decodeReason, REASON_MAJORS, REASON_MINORS, reasonCodeValue } from './reason.ts';

/** What a reading is about. */
export type ReadingKind = 'event' | 'reason' | 'code' | 'damage' | 'fact' | 'cause' | 'process';

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
