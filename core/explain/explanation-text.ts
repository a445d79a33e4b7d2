import type { Language, Localized } from '@winmedic/knowledge';
import { type Explanation, LINE_LABELS, type Reading } from './explain.ts';

const WORDS = {
  unverified: { en: 'not verified', ja: '未検証' },
  unknown: {
    en: 'Nothing is known about this. Paste the whole message of the event, or give a code as it is printed.',
    ja: '該当する知識がありません。イベントの本文全体を貼り付けるか、表示されたコードをそのまま指定してください。',
  },
  near: { en: 'Did you mean', ja: '近い名前' },
  fromText: { en: 'read from text: lower trust than a log record', ja: 'テキストから読み取り(ログのレコードより信頼度は低い)' },
  noTime: { en: 'time not stated', ja: '時刻の記載なし' },
  several: { en: 'This can mean several things; the most usual first.', ja: '複数の意味があり得ます。可能性の高い順に示します。' },
} as const satisfies Record<string, Localized>;

/** The explanation as plain lines for a terminal. Times are shown in UTC with `Z`; `formatTime` replaces that when the caller has a zone. */
export function explanationToText(explanation: Explanation, lang: Language, formatTime: (ns: bigint) => string = utc): string {
  const lines: string[] = [];
  for (const { event, message, readings } of explanation.events) {
    const time = event.time === 0n ? WORDS.noTime[lang] : formatTime(event.time);
    lines.push(`${event.provider}/${event.eventId}  ${time}  ${event.host}`.trimEnd(), `  ${message[lang]}`, `  [${WORDS.fromText[lang]}]`);
    for (const reading of readings) lines.push(...readingLines(reading, lang, '  '));
    lines.push('');
  }
  if (explanation.readings.length > 1) lines.push(WORDS.several[lang], '');
  for (const reading of explanation.readings) lines.push(...readingLines(reading, lang, ''), '');
  if (explanation.events.length === 0 && explanation.readings.length === 0) {
    lines.push(`${explanation.input}: ${WORDS.unknown[lang]}`);
    if (explanation.near.length > 0) lines.push(`${WORDS.near[lang]}: ${explanation.near.join(', ')}`);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function readingLines(reading: Reading, lang: Language, indent: string): string[] {
  const mark = reading.unverified ? ` [${WORDS.unverified[lang]}]` : '';
  return [
    `${indent}${reading.key}: ${reading.title[lang]}${mark}`,
    // Commands of several lines stay below their label.
    ...reading.lines.map(({ label, text }) => `${indent}  ${LINE_LABELS[label][lang]}: ${text[lang].replaceAll('\n', `\n${indent}    `)}`),
  ];
}

function utc(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString().replace(/\.000Z$/, 'Z');
}
