import type { Localized } from '@winmedic/knowledge/model';
import type { EventObservation, FactObservation, InstantNs, Observation } from '../model/observation.ts';
import type { Timeline } from '../model/timeline.ts';
import { DUMP_PROVIDER } from '../timeline/index.ts';

/** Shorthand for a text in both languages. */
export function say(en: string, ja: string): Localized {
  return { en, ja };
}

/** Joins texts with `; ` or `、`. At most `limit` are written out, the rest is counted. */
export function joinTexts(texts: readonly Localized[], limit = 4): Localized {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return only;
  const unique = [...new Map(texts.map((t) => [t.en, t])).values()];
  const shown = unique.slice(0, limit);
  const rest = unique.length - shown.length;
  return say(
    shown.map((t) => t.en).join('; ') + (rest > 0 ? `; and ${rest} more` : ''),
    shown.map((t) => t.ja).join('、') + (rest > 0 ? `、ほか ${rest} 件` : ''),
  );
}

/** Observations written out in one reason. */
const MAX_LISTED = 3;
/** Times kept in written form per host; windows of many stops ask for the same ones again and again. */
const MAX_REMEMBERED = 50_000;

/** Writes instants and observations for people: times with the zone offset of the host they belong to. */
export interface Describer {
  /** `2018-07-06 06:04:29 +09:00`. */
  time(at: InstantNs, host?: string): string;
  /** `User32 1074, record 8121 of System.evtx, 2018-07-06 06:04:29 +09:00`. */
  event(event: EventObservation): Localized;
  fact(fact: FactObservation): Localized;
  /** First observations of a list, the others counted. */
  list(observations: readonly Observation[]): Localized;
}

/**
 * @param format replaces the default writing of times (for example in a zone the user chose).
 */
export function describer(timeline: Timeline, format?: (at: InstantNs, host?: string) => string): Describer {
  const offsets = new Map(timeline.hosts.map((h) => [h.name, h.utcOffsetMinutes ?? 0]));
  const only = timeline.hosts.length === 1 ? timeline.hosts[0]?.name : undefined;
  const write = format ?? ((at: InstantNs, host?: string): string => formatWithOffset(at, offsets.get(host ?? only ?? '') ?? 0));
  const written = new Map<string, Map<InstantNs, string>>();
  const time = (at: InstantNs, host = ''): string => {
    let ofHost = written.get(host);
    if (ofHost === undefined || ofHost.size > MAX_REMEMBERED) {
      ofHost = new Map();
      written.set(host, ofHost);
    }
    let text = ofHost.get(at);
    if (text === undefined) {
      text = write(at, host === '' ? undefined : host);
      ofHost.set(at, text);
    }
    return text;
  };
  const event = (e: EventObservation): Localized => {
    const file = baseName(e.origin.path);
    const at = time(e.time, e.host);
    if (e.provider === DUMP_PROVIDER) return say(`crash dump ${file}, ${at}`, `クラッシュ ダンプ ${file}(${at})`);
    const name = `${shortProvider(e.provider)} ${e.eventId}`;
    const trust =
      e.trust === 'text'
        ? say(' (pasted text)', '(貼り付けられた文章)')
        : e.trust === 'recovered'
          ? say(' (recovered record)', '(復元したレコード)')
          : say('', '');
    return e.recordId === '' || e.trust === 'text'
      ? say(`${name} in ${file}, ${at}${trust.en}`, `${name}(${file}、${at})${trust.ja}`)
      : say(`${name}, record ${e.recordId} of ${file}, ${at}${trust.en}`, `${name}(${file} のレコード ${e.recordId}、${at})${trust.ja}`);
  };
  const fact = (f: FactObservation): Localized => {
    const value = `${f.name}=${f.value}`;
    const place = stored(f);
    if (f.time.kind === 'span') {
      const from = time(f.time.from, f.host);
      const to = time(f.time.to, f.host);
      return say(`${value}, known for ${from} to ${to}${place.en}`, `${value}(${from} から ${to} まで${place.ja})`);
    }
    if (f.time.kind === 'instant') {
      const at = time(f.time.at, f.host);
      return say(`${value} at ${at}${place.en}`, `${value}(${at}${place.ja})`);
    }
    return say(`${value}, value of today${place.en}`, `${value}(今日の値${place.ja})`);
  };
  /** Where a value was read: the registry key with its last write. */
  const stored = ({ origin, host }: FactObservation): Localized => {
    if (origin.key === undefined) return say('', '');
    const name = `${origin.key} (${baseName(origin.path)})`;
    if (origin.keyWritten === undefined) return say(`, ${name}`, `、${name}`);
    const written = time(origin.keyWritten, host);
    return say(`, ${name}, key last written ${written}`, `、${name}、キーの最終書き込み ${written}`);
  };
  const list = (all: readonly Observation[]): Localized => {
    const shown = joinTexts(all.slice(0, MAX_LISTED).map((o) => (o.type === 'event' ? event(o) : fact(o))));
    const rest = all.length - MAX_LISTED;
    return rest > 0 ? say(`${shown.en}; and ${rest} more`, `${shown.ja}、ほか ${rest} 件`) : shown;
  };
  return { time, event, fact, list };
}

/** `Microsoft-Windows-Security-Auditing` as `Security-Auditing`. */
export function shortProvider(provider: string): string {
  return provider.replace(/^Microsoft-Windows-/i, '');
}

/** Last part of a path with either separator. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'), path.lastIndexOf('!')) + 1);
}

function formatWithOffset(at: InstantNs, offsetMinutes: number): string {
  const date = new Date(Number(at / 1_000_000n) + offsetMinutes * 60_000);
  if (Number.isNaN(date.getTime())) return `${at} ns`;
  const abs = Math.abs(offsetMinutes);
  const zone = `${offsetMinutes < 0 ? '-' : '+'}${pad(Math.floor(abs / 60))}:${pad(abs % 60)}`;
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} ${zone}`;
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
