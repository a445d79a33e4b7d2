import type { InstantNs } from '../model/index.ts';

/** A time read from text; `zone` tells whether the text carried one or the assumption was used. */
export interface TextTime {
  readonly time: InstantNs;
  readonly zone: 'stated' | 'assumed';
  /** Where in the text it stood. */
  readonly index: number;
  readonly length: number;
}

const TIME = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?`;
const ISO_LIKE = new RegExp(
  String.raw`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:T|\s{1,3})(午前|午後)?\s?${TIME}\s?(AM|PM)?\s?(Z|UTC|[+-]\d{2}:?\d{2})?`,
  'iu',
);
const KANJI = new RegExp(String.raw`(\d{4})年\s?(\d{1,2})月\s?(\d{1,2})日\s?(午前|午後)?\s?${TIME}`, 'u');
const US = new RegExp(String.raw`(\d{1,2})/(\d{1,2})/(\d{4}),?\s{1,3}${TIME}\s?(AM|PM)?`, 'iu');

/** Longest text in which a time is looked for; Event Viewer puts it into the first lines. */
const MAX_LOOK = 4000;

/**
 * Finds the first date with time in a text: `2018/07/06 6:04:29`, `2018-07-06T06:04:29+09:00`, `2018年7月6日 6:04:29`,
 * `7/6/2018 6:04:29 AM` (month first, as the English Event Viewer writes).
 * @param zoneOffsetMinutes offset assumed when the text states none, east positive
 */
export function findTime(text: string, zoneOffsetMinutes: number): TextTime | undefined {
  const part = text.slice(0, MAX_LOOK);
  const found = [
    { match: ISO_LIKE.exec(part), order: [1, 2, 3], half: [4, 9], clock: 5, zone: 10 },
    { match: KANJI.exec(part), order: [1, 2, 3], half: [4, 4], clock: 5, zone: 0 },
    { match: US.exec(part), order: [3, 1, 2], half: [8, 8], clock: 4, zone: 0 },
  ].filter(({ match }) => match !== null);
  found.sort((a, b) => a.match!.index - b.match!.index);
  for (const { match, order, half, clock, zone } of found) {
    const m = match!;
    const [year, month, day] = order.map((group) => Number(m[group])) as [number, number, number];
    const word = `${m[half[0]!] ?? ''}${m[half[1]!] ?? ''}`.toUpperCase();
    let hour = Number(m[clock]);
    if (/PM|午後/.test(word) && hour < 12) hour += 12;
    if (/AM|午前/.test(word) && hour === 12) hour = 0;
    const minute = Number(m[clock + 1]);
    const second = Number(m[clock + 2] ?? 0);
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) continue;
    const stated = zone > 0 ? m[zone] : undefined;
    const offset = stated === undefined ? zoneOffsetMinutes : parseOffset(stated);
    const ms = Date.UTC(year, month - 1, day, hour, minute, second) - offset * 60_000;
    const time = BigInt(ms) * 1_000_000n + BigInt((m[clock + 3] ?? '').padEnd(9, '0') || '0');
    return { time, zone: stated === undefined ? 'assumed' : 'stated', index: m.index, length: m[0].length };
  }
  return undefined;
}

function parseOffset(text: string): number {
  if (/^(Z|UTC)$/i.test(text)) return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4)));
}
