import { MAX_ISO_TICKS, ticksToIso } from '@winmedic/bytes';
import type { CodeEntry, CodeTable, Knowledge, Language, Localized } from '@winmedic/knowledge';
import { decodeReason } from './reason.ts';

const indexes = new WeakMap<CodeTable, ReadonlyMap<string, CodeEntry>>();

/** Finds a code in a table of the knowledge base; hex is compared as numbers, anything else as text. */
export function lookUpCode(knowledge: Knowledge, table: string, code: string): CodeEntry | undefined {
  const codes = Object.hasOwn(knowledge.codes, table) ? knowledge.codes[table] : undefined;
  if (!codes) return undefined;
  let index = indexes.get(codes);
  if (!index) {
    index = new Map(codes.codes.map((entry) => [canonicalCode(entry.code), entry]));
    indexes.set(codes, index);
  }
  return index.get(canonicalCode(code));
}

/** `0xC000006A`, `0x00000050` and decimal twins become one lower-case hex form; other codes stay as they are, lower case. */
export function canonicalCode(code: string): string {
  const text = code.trim();
  if (/^0x[0-9a-f]{1,16}$/i.test(text) || /^\d{1,20}$/.test(text)) return `0x${BigInt(text).toString(16)}`;
  if (/^-\d{1,10}$/.test(text)) return `0x${BigInt.asUintN(32, BigInt(text)).toString(16)}`;
  return text.toLowerCase();
}

type Format = (value: string, lang: Language, knowledge: Knowledge) => string;

function named(table: string): Format {
  return (value, lang, knowledge) => {
    const entry = lookUpCode(knowledge, table, value);
    const text = entry?.meaning?.[lang];
    const symbol = entry?.name;
    const words = [symbol, text].filter((word) => word !== undefined && word !== '').join(lang === 'ja' ? '、' : ', ');
    return words === '' ? value : lang === 'ja' ? `${value}(${words})` : `${value} (${words})`;
  };
}

const PLANNED: Readonly<Record<'true' | 'false', Localized>> = {
  true: { en: 'planned', ja: '計画済み' },
  false: { en: 'unplanned', ja: '計画外' },
};

function reason(value: string, lang: Language): string {
  const decoded = decodeReason(value);
  if (!decoded) return value;
  const words = [PLANNED[decoded.planned ? 'true' : 'false'][lang], `${decoded.major} / ${decoded.minor}`, ...decoded.flags];
  return lang === 'ja' ? `${decoded.code}(${words.join('、')})` : `${decoded.code} (${words.join(', ')})`;
}

function duration(seconds: number, lang: Language): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '-';
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = Math.round((seconds % 60) * 10) / 10;
  const units = lang === 'ja' ? ['日', '時間', '分', '秒'] : [' d', ' h', ' min', ' s'];
  const parts = [days, hours, minutes, rest].map((amount, index) => (amount > 0 ? `${amount}${units[index]}` : '')).filter(Boolean);
  return parts.length > 0 ? parts.slice(0, 2).join(' ') : `0${units[3]}`;
}

function filetime(value: string): string {
  if (!/^\d{1,20}$/.test(value)) return value;
  const ticks = BigInt(value);
  if (ticks === 0n || ticks > MAX_ISO_TICKS) return value;
  return ticksToIso(ticks - (ticks % 10_000n)).replace(/0{4}Z$/, 'Z');
}

/** The formats a message may name after `|`. */
export const FORMATS: Readonly<Record<string, Format>> = {
  reason,
  sid: (value, lang, knowledge) => {
    const name = lookUpCode(knowledge, 'well-known-sids', value)?.meaning?.[lang];
    return name === undefined ? value : lang === 'ja' ? `${name}(${value})` : `${name} (${value})`;
  },
  ntstatus: named('logon-status'),
  logonType: named('logon-types'),
  failureReason: named('failure-reasons'),
  disconnectReason: named('rdp-disconnect-reasons'),
  powerAction: named('power-actions'),
  bugcheck: named('bugchecks'),
  wsman: named('wsman-errors'),
  hresult: named('hresult'),
  filetime: (value) => filetime(value),
  hex: (value) => (/^\d{1,20}$/.test(value) ? `0x${BigInt(value).toString(16)}` : value),
  processBase: (value) =>
    value
      .replace(/\s*\([^)]*\)\s*$/, '')
      .split(/[\\/]/)
      .at(-1) ?? value,
  durationS: (value, lang) => (/^\d+(\.\d+)?$/.test(value) ? duration(Number(value), lang) : value),
  durationMs: (value, lang) => (/^\d+(\.\d+)?$/.test(value) ? duration(Number(value) / 1000, lang) : value),
  ip: (value) => value.replace(/^::ffff:/i, ''),
};
