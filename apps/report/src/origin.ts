import { DUMP_PROVIDER } from '@winmedic/core/explain';
import type { EventObservation, FactObservation, Observation, Origin, Source } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatSpan, formatTime } from './format-time.ts';
import { messages } from './text/index.ts';

/** Short names of sources: the file name, with as many parent folders as are needed to tell equal names apart. */
export class SourceNames {
  readonly #names = new Map<string, string>();
  readonly #paths: ReadonlyMap<string, string>;

  constructor(sources: readonly Source[]) {
    this.#paths = new Map(sources.map(({ id, path }) => [id, path]));
    const parts = sources.map((source) => source.path.split(/[\\/]|!\//).filter((part) => part !== ''));
    const depth = sources.map(() => 1);
    const name = (i: number): string => parts[i]!.slice(-depth[i]!).join('/') || sources[i]!.path;
    // Lengthen equal names together until they differ; the deepest path bounds the rounds.
    const rounds = Math.min(32, Math.max(0, ...parts.map((part) => part.length)));
    for (let round = 0; round < rounds; round++) {
      const seen = new Map<string, number[]>();
      for (let i = 0; i < sources.length; i++) {
        const list = seen.get(name(i));
        if (list) list.push(i);
        else seen.set(name(i), [i]);
      }
      let changed = false;
      for (const list of seen.values()) {
        if (list.length < 2) continue;
        for (const i of list) {
          if (depth[i]! >= parts[i]!.length) continue;
          depth[i] = depth[i]! + 1;
          changed = true;
        }
      }
      if (!changed) break;
    }
    for (let i = 0; i < sources.length; i++) this.#names.set(sources[i]!.id, name(i));
  }

  /** Short name of the source of an origin, with the place in a disk that was not read as a file; the last part of the path for sources that are not listed. */
  of(origin: Pick<Origin, 'sourceId' | 'path'>): string {
    const name = this.#names.get(origin.sourceId);
    if (name === undefined) return origin.path.split(/[\\/]/).at(-1) ?? origin.path;
    const path = this.#paths.get(origin.sourceId) ?? '';
    return origin.path.startsWith(`${path}!/`) ? `${name}${origin.path.slice(path.length)}` : name;
  }
}

/** `Security.evtx #8121`, `post.txt line 12`, `SYSTEM HKLM\\SYSTEM\\…!UserAuthentication`: the place of an observation in its file. */
export function placeText(origin: Origin, names: SourceNames, lang: Language): string {
  const m = messages(lang);
  const file = names.of(origin);
  if (origin.key !== undefined) return `${file} ${origin.key}`;
  if (origin.recordId !== undefined) return `${file} ${m.record(origin.recordId)}`;
  if (origin.line !== undefined) return `${file} ${m.line(origin.line)}`;
  if (origin.frame !== undefined) return `${file} ${m.traffic.frame(origin.frame)}`;
  return origin.offset !== undefined ? `${file} ${m.offset(origin.offset)}` : file;
}

/** Where a fact was read, and for registry values when their key was last written: `SYSTEM HKLM\\…!UserAuthentication`, `key last written …`. */
export function factPlace(fact: FactObservation, names: SourceNames, zone: string, lang: Language): string[] {
  const { keyWritten } = fact.origin;
  const place = placeText(fact.origin, names, lang);
  return keyWritten === undefined ? [place] : [place, messages(lang).keyWritten(formatTime(keyWritten, zone, lang))];
}

/** A fact in a citation: value, who says it (a person, a text) or the registry key that shows it, and the time for which it is known. */
export function factText(fact: FactObservation, names: SourceNames, zone: string, lang: Language): string {
  const m = messages(lang);
  // A fact that was read in a file shows the file; one that somebody states shows that.
  const read = fact.trust === 'record';
  return m.list([
    `${fact.name}=${fact.value}`,
    ...(read ? [] : [m.trust[fact.trust]]),
    ...(read || fact.origin.key !== undefined ? factPlace(fact, names, zone, lang) : []),
    factTimeText(fact, zone, lang),
  ]);
}

/** When a fact held, happened or was read. */
export function factTimeText(fact: FactObservation, zone: string, lang: Language): string {
  if (fact.time.kind === 'now') return messages(lang).factNow;
  if (fact.time.kind === 'instant') return messages(lang).factAt(formatTime(fact.time.at, zone, lang));
  return formatSpan(fact.time.from, fact.time.to, zone, lang);
}

/** Prefixes that say nothing a reader needs in a table: `Kernel-Power` for `Microsoft-Windows-Kernel-Power`, `LocalSessionManager`, `RdpCoreTS`. */
const COMMON_PREFIX = /^Microsoft-Windows-(?:TerminalServices-|RemoteDesktopServices-)?/i;

/** Provider without the long common prefix, for tables. */
export function shortProvider(provider: string): string {
  return provider.replace(COMMON_PREFIX, '');
}

/** Channel without the provider's common prefix and the usual suffix: `LocalSessionManager`. */
export function shortChannel(channel: string): string {
  return channel.replace(COMMON_PREFIX, '').replace(/\/Operational$/i, '');
}

/** `User32 1074`; a crash dump, which is no record of a log, by what it is. */
export function eventName(event: EventObservation, lang: Language): string {
  if (event.provider === DUMP_PROVIDER) return messages(lang).dump.event;
  return `${shortProvider(event.provider)} ${event.eventId}`;
}

/** `[E12] User32 1074, System.evtx #4711, 2018-07-04 17:05:03 +09:00`; facts as `[F1] rdp.nla=off, stated, …`. */
export function citation(observation: Observation, names: SourceNames, zone: string, lang: Language): string {
  if (observation.type === 'event')
    return `[${observation.id}] ${messages(lang).list([eventName(observation, lang), placeText(observation.origin, names, lang), formatTime(observation.time, zone, lang)])}`;
  return `[${observation.id}] ${factText(observation, names, zone, lang)}`;
}
