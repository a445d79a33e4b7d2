import { type Cause, type CodeEntry, type EventKnowledge, type FactDefinition, type Knowledge, loadKnowledge, type Localized } from '@winmedic/knowledge';
import type { EventObservation, InputProblem } from '../model/index.ts';
import { canonicalCode, lookUpCode } from './formats.ts';
import { parseEventText } from './parse-text.ts';
import { decodeReason } from './reason.ts';
import { eventKnowledge, renderMessage } from './render.ts';

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

/** An event recognised in pasted text. */
export interface ExplainedEvent {
  readonly event: EventObservation;
  readonly message: Localized;
  readonly readings: readonly Reading[];
}

/** Answer to one input. */
export interface Explanation {
  readonly input: string;
  readonly readings: readonly Reading[];
  /** Set when the input was text of events. */
  readonly events: readonly ExplainedEvent[];
  readonly problems: readonly InputProblem[];
  /** Names close to an input nobody knows. */
  readonly near: readonly string[];
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

/** Tables a bare code is looked up in, most usual for these users first. */
const CODE_TABLES = ['logon-status', 'wsman-errors', 'hresult', 'bugchecks', 'logon-types', 'rdp-disconnect-reasons', 'failure-reasons', 'power-actions', 'well-known-sids'] as const;
/** Words that name the table in the input (`logon type 10`, `stop code 0x50`). */
const TABLE_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^(?:logon\s?type|ログオン\s?(?:タイプ|の種類))\s*:?\s*/iu, 'logon-types'],
  [/^(?:bug\s?check|stop\s?code|stop|停止コード)\s*:?\s*/iu, 'bugchecks'],
  [/^(?:ntstatus|substatus|status|状態)\s*:?\s*/iu, 'logon-status'],
  [/^(?:wsman(?:fault)?|winrm)\s*(?:code)?\s*[:=]?\s*/iu, 'wsman-errors'],
  [/^(?:disconnect(?:\s?reason)?|切断理由)\s*:?\s*/iu, 'rdp-disconnect-reasons'],
];
/** Longest input taken as a code or name; anything longer, or with a line break, is text. */
const MAX_KEY = 120;

/** Says what a code, an event id, a name of the knowledge base or a pasted event text means. Never throws for odd input. */
export function explain(input: string, options: { readonly knowledge?: Knowledge; readonly zoneOffsetMinutes?: number } = {}): Explanation {
  const knowledge = options.knowledge ?? loadKnowledge();
  const text = input.trim();
  if (text.length > MAX_KEY || text.includes('\n')) return explainText(input, knowledge, options.zoneOffsetMinutes);
  const readings = readingsOf(text, knowledge);
  if (readings.length > 0) return { input: text, readings, events: [], problems: [], near: [] };
  const pasted = explainText(input, knowledge, options.zoneOffsetMinutes);
  if (pasted.events.length > 0) return pasted;
  return { input: text, readings: [], events: [], problems: [], near: nearest(text, knowledge) };
}

function explainText(text: string, knowledge: Knowledge, zoneOffsetMinutes = 0): Explanation {
  const { events, problems } = parseEventText(text, { path: '-', sourceId: 'S1', zoneOffsetMinutes, templates: knowledge.messages });
  return {
    input: text.length > 200 ? `${text.slice(0, 200)}…` : text,
    readings: [],
    events: events.slice(0, 200).map((event) => ({
      event,
      message: { en: renderMessage(event, 'en', knowledge), ja: renderMessage(event, 'ja', knowledge) },
      readings: readingsOfEvent(event, knowledge),
    })),
    problems,
    near: [],
  };
}

function readingsOfEvent(event: EventObservation, knowledge: Knowledge): Reading[] {
  const entry = eventKnowledge(knowledge, event.provider, event.eventId, event.channel);
  const readings = entry ? [eventReading(entry)] : [];
  const code = event.fields.get('param4');
  if (/^user32$/i.test(event.provider) && code) readings.push(...reasonReadings(code, knowledge));
  const status = event.fields.get('SubStatus');
  const failed = status && canonicalCode(status) !== '0x0' ? status : event.fields.get('Status');
  const known = failed ? lookUpCode(knowledge, 'logon-status', failed) : undefined;
  if (known) readings.push(codeReading(known, knowledge.codes['logon-status']?.title));
  return readings;
}

function readingsOf(text: string, knowledge: Knowledge): Reading[] {
  const readings: Reading[] = [];
  for (const [pattern, table] of TABLE_WORDS) {
    const rest = pattern.test(text) ? text.replace(pattern, '') : '';
    const entry = rest === '' ? undefined : lookUpCode(knowledge, table, rest);
    if (entry) readings.push(codeReading(entry, knowledge.codes[table]?.title));
  }
  if (readings.length > 0) return readings;

  const event = /^(?:(?<provider>[\w .-]+?)[/ ])?(?:event\s*(?:id)?\s*|eid\s*|イベント\s*(?:id)?\s*)?(?<id>\d{1,5})$/iu.exec(text);
  if (event?.groups) {
    const id = Number(event.groups['id']);
    const provider = event.groups['provider']?.toLowerCase();
    readings.push(
      ...knowledge.events.filter((entry) => entry.id === id && (!provider || entry.provider.toLowerCase().includes(provider) || entry.channel.toLowerCase() === provider)).map(eventReading),
    );
  }
  if (/^-?(?:0x[0-9a-f]+|\d+)$/i.test(text)) readings.push(...numberReadings(text, knowledge));
  const name = text.toLowerCase();
  for (const table of CODE_TABLES) {
    const found = knowledge.codes[table]?.codes.find((entry) => entry.name?.toLowerCase() === name || (/^(%%|s-1-)/i.test(text) && entry.code.toLowerCase() === name));
    if (found) readings.push(codeReading(found, knowledge.codes[table]?.title));
  }
  const process = lookUpCode(knowledge, 'shutdown-processes', name);
  if (process) readings.push({ ...codeReading(process, knowledge.codes['shutdown-processes']?.title), kind: 'process' });
  const damage = Object.hasOwn(knowledge.damages, text.toUpperCase()) ? knowledge.damages[text.toUpperCase()] : undefined;
  if (damage) {
    readings.push({
      kind: 'damage',
      key: text.toUpperCase(),
      title: { en: 'code of winmedic', ja: 'winmedic のコード' },
      lines: [
        { label: 'meaning', text: damage.meaning },
        { label: 'trust', text: damage.trust },
        { label: 'action', text: damage.action },
      ],
    });
  }
  const fact = knowledge.facts.find(({ id, aliases }) => id === name || Object.keys(aliases ?? {}).some((alias) => alias.toLowerCase() === name));
  if (fact) readings.push(factReading(fact));
  const cause = knowledge.causes.find(({ id }) => id === name);
  if (cause) readings.push(causeReading(cause));
  return readings;
}

/** Readings of a bare number, most specific first: a whole code of a table, then the bits of a shutdown reason. */
function numberReadings(text: string, knowledge: Knowledge): Reading[] {
  const hex = /^0x/i.test(text);
  const value = BigInt.asUintN(64, BigInt(text.startsWith('-') ? text.slice(1) : text)) * (text.startsWith('-') ? -1n : 1n);
  const found: Reading[] = [];
  for (const table of CODE_TABLES) {
    // A small decimal is an event id, a logon type or a reason; a stop code is always written in hex.
    if (table === 'bugchecks' && !hex) continue;
    const entry = lookUpCode(knowledge, table, text);
    if (entry) found.push(codeReading(entry, knowledge.codes[table]?.title));
  }
  const reason = value >= -0x80000000n && value <= 0xffffffffn ? reasonReadings(text, knowledge) : [];
  const wholeKnown = reason.some(({ lines }) => lines.some(({ label }) => label === 'meaning'));
  // Codes with a severity nibble of errors (0x8… with a facility, 0xc…) are not shutdown reasons unless a table knows them as such.
  if (wholeKnown) return [...reason, ...found];
  return hex && found.length === 0 ? reason : hex ? found : [...found, ...(text.length > 5 ? reason : [])];
}

function reasonReadings(text: string, knowledge: Knowledge): Reading[] {
  const decoded = decodeReason(text);
  if (!decoded) return [];
  const whole = lookUpCode(knowledge, 'shutdown-reasons', decoded.code);
  const flags = decoded.flags.length > 0 ? `, ${decoded.flags.join(', ')}` : '';
  return [
    {
      kind: 'reason',
      key: decoded.code,
      title: { en: 'shutdown reason code (event 1074)', ja: 'シャットダウン理由コード（イベント 1074）' },
      lines: [
        {
          label: 'decoded',
          text: {
            en: `${decoded.planned ? 'planned' : 'unplanned'}, major ${decoded.major}, minor ${decoded.minor}${flags}${decoded.userDefined ? ', user-defined' : ''}`,
            ja: `${decoded.planned ? '計画済み' : '計画外'}、メジャー ${decoded.major}、マイナー ${decoded.minor}${flags}${decoded.userDefined ? '、ユーザー定義' : ''}`,
          },
        },
        ...codeLines(whole),
      ],
      ...(whole?.unverified ? { unverified: true } : {}),
    },
  ];
}

function codeLines(entry: CodeEntry | undefined): Reading['lines'] {
  if (!entry) return [];
  return [
    ...(entry.meaning ? [{ label: 'meaning' as const, text: entry.meaning }] : []),
    ...(entry.cause ? [{ label: 'cause' as const, text: entry.cause }] : []),
    ...(entry.action ? [{ label: 'action' as const, text: entry.action }] : []),
  ];
}

function codeReading(entry: CodeEntry, title: Localized = { en: 'code', ja: 'コード' }): Reading {
  return { kind: 'code', key: entry.name ? `${entry.code} ${entry.name}` : entry.code, title, lines: codeLines(entry), ...(entry.unverified ? { unverified: true } : {}) };
}

function eventReading(entry: EventKnowledge): Reading {
  return {
    kind: 'event',
    key: `${entry.provider}/${entry.id}`,
    title: entry.title,
    lines: [
      { label: 'proves', text: entry.proves },
      { label: 'doesNotProve', text: entry.doesNotProve },
      ...(entry.fields ? [{ label: 'fields' as const, text: joined(Object.entries(entry.fields).map(([name, text]) => ({ en: `${name}: ${text.en}`, ja: `${name}: ${text.ja}` })), '; ') }] : []),
    ],
    ...(entry.basis === 'unverified' ? { unverified: true } : {}),
  };
}

function factReading(fact: FactDefinition): Reading {
  const values = Object.entries(fact.values ?? {}).map(([value, text]) => ({ en: `${value} (${text.en})`, ja: `${value}（${text.ja}）` }));
  const obtain = fact.command ? { en: `${fact.obtain.en} ${fact.command}`, ja: `${fact.obtain.ja} ${fact.command}` } : fact.obtain;
  return {
    kind: 'fact',
    key: fact.id,
    title: fact.title,
    lines: [...(values.length > 0 ? [{ label: 'values' as const, text: joined(values, ', ') }] : []), { label: 'obtain', text: obtain }],
  };
}

function causeReading(cause: Cause): Reading {
  const texts = (items: readonly { readonly text: Localized }[]): Localized => joined(items.map(({ text }) => text), '; ');
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

function joined(texts: readonly Localized[], separator: string): Localized {
  return { en: texts.map(({ en }) => en).join(separator), ja: texts.map(({ ja }) => ja).join(separator === ', ' ? '、' : separator) };
}

/** Up to five names that share most of their letter pairs with the input. */
function nearest(text: string, knowledge: Knowledge): string[] {
  const pairs = (word: string): Set<string> => new Set(Array.from({ length: Math.max(word.length - 1, 0) }, (_, at) => word.slice(at, at + 2)));
  const own = pairs(text.toLowerCase());
  const names = [...knowledge.facts.map(({ id }) => id), ...knowledge.causes.map(({ id }) => id), ...Object.keys(knowledge.damages), ...CODE_TABLES.flatMap((table) => (knowledge.codes[table]?.codes ?? []).flatMap(({ name }) => name ?? []))];
  return names
    .map((name) => {
      const other = pairs(name.toLowerCase());
      const shared = [...own].filter((pair) => other.has(pair)).length;
      return { name, score: (2 * shared) / Math.max(own.size + other.size, 1) };
    })
    .filter(({ score }) => score > 0.45)
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .map(({ name }) => name);
}
