import type {
  Audit,
  AuditHost,
  CombinedResult,
  InputProblem,
  SettingResult,
  Source,
  StateComparison,
  StateObservation,
} from '@winmedic/core/model';
import type { Language, Localized, SettingDefinition, SettingPlace } from '@winmedic/knowledge/model';
import { formatTime } from '../format-time.ts';
import type { SourceNames } from '../origin.ts';
import { messages, pick } from '../text/index.ts';
import type { HostView } from './view.ts';

/** What the screens of the audit say alike about hosts, places and values. */

/** Order of the statuses in the counts of a host. */
const STATUS_ORDER: readonly SettingResult['status'][] = [
  'risky',
  'conflict',
  'possible-risk',
  'not-checked',
  'probably-ok',
  'noted',
  'ok',
];

/** Name of a host, also when no source names it. */
export function hostName(host: AuditHost, lang: Language): string {
  return host.host ?? messages(lang).audit.unnamed;
}

/** `RDS01`, `RDS01, DC01`, `RDS01 + 4`: the hosts of an audit in its title. */
export function auditHostTitle(audit: Audit, lang: Language): string {
  const names = audit.hosts.map((host) => hostName(host, lang));
  if (names.length === 0) return '-';
  return names.length <= 3 ? messages(lang).list(names) : `${names[0]} + ${names.length - 1}`;
}

/** `91 = 5 risky, 2 possible risk, …`: all settings of a host by status; the parts add up. */
export function countsText(host: AuditHost, lang: Language): string {
  const m = messages(lang);
  const parts = STATUS_ORDER.filter((status) => host.counts[status] > 0).map((status) =>
    m.audit.count(host.counts[status], m.audit.status[status]),
  );
  return m.audit.sum(m.number(host.settings.length), parts.join(' + '));
}

/** True when some source tells what the host's Windows is. */
export function knowsOs({ os }: AuditHost): boolean {
  return os.name !== undefined || os.build !== undefined || os.product !== undefined;
}

/** What the host's Windows is: name, build and product as far as known. */
export function osText(host: AuditHost, lang: Language): string {
  const { audit, list } = messages(lang);
  const { name, build, product } = host.os;
  const parts = [name, build === undefined ? undefined : audit.build(build), product === undefined ? undefined : audit.product[product]];
  const known = parts.filter((part) => part !== undefined && part !== '') as string[];
  return known.length > 0 ? list(known) : audit.osUnknown;
}

/** The sources of a host; a name that is no source of the audit is kept as it is. */
export function hostSources(audit: Audit, host: AuditHost): Source[] {
  return host.sources.map(
    (name) =>
      audit.sources.find((source) => source.id === name || source.path === name) ?? {
        id: name,
        path: name,
        sizeBytes: 0,
        sha256: '',
        kind: 'unknown',
      },
  );
}

/** Codes that say a hive was in use when it was copied and its last writes are missing. */
const DIRTY: ReadonlySet<string> = new Set(['HIVE_DIRTY_NO_LOGS', 'HIVE_LOG_FOREIGN', 'HIVE_LOG_BROKEN']);

/** State of a hive as its problems tell it; undefined when something else went wrong with it. */
function hiveState(problems: readonly InputProblem[]): 'clean' | 'replayed' | 'dirty' | 'damaged' | undefined {
  if (problems.some(({ code }) => DIRTY.has(code))) return 'dirty';
  if (problems.some(({ code }) => code.startsWith('HIVE_'))) return 'damaged';
  if (problems.some(({ severity }) => severity !== 'note')) return undefined;
  return problems.some(({ code }) => code === 'EVIDENCE_HIVE_REPLAYED') ? 'replayed' : 'clean';
}

/** `SYSTEM (clean), SOFTWARE (dirty, its last writes are missing), winrm.txt`: the sources of a host, hives with their state. */
export function sourcesText(audit: Audit, host: AuditHost, names: SourceNames, lang: Language): string {
  const m = messages(lang);
  const parts = hostSources(audit, host).map((source) => {
    const name = names.of({ sourceId: source.id, path: source.path });
    const state = source.kind === 'hive' ? hiveState(audit.problems.filter(({ path }) => path === source.path)) : undefined;
    return state === undefined ? name : `${name} (${m.audit.hiveState[state]})`;
  });
  return m.list(parts);
}

/** Until when each source of a host shows its state, as far as the sources tell: newest first. */
export function knownUntil(host: AuditHost): { readonly observation: StateObservation; readonly until: bigint }[] {
  const bySource = new Map<string, { observation: StateObservation; until: bigint }>();
  for (const { seen } of host.settings)
    for (const observation of seen) {
      const { until } = observation;
      if (until === undefined) continue;
      const known = bySource.get(observation.origin.sourceId);
      if (!known || known.until < until) bySource.set(observation.origin.sourceId, { observation, until });
    }
  return [...bySource.values()].sort((a, b) => (a.until === b.until ? 0 : a.until > b.until ? -1 : 1));
}

/** Problems with the sources of one host (a dirty hive, an unreadable part), and those that belong to no host. */
export function problemsByHost(audit: Audit): {
  readonly ofHost: ReadonlyMap<AuditHost, readonly InputProblem[]>;
  readonly other: readonly InputProblem[];
} {
  const ofHost = new Map<AuditHost, InputProblem[]>();
  const told = new Set<InputProblem>();
  for (const host of audit.hosts) {
    const paths = new Set(hostSources(audit, host).map(({ path }) => path));
    const own = audit.problems.filter((problem) => paths.has(problem.path));
    for (const problem of own) told.add(problem);
    ofHost.set(host, own);
  }
  return { ofHost, other: audit.problems.filter((problem) => !told.has(problem)) };
}

/** Address as its owner writes it: `HKLM\\…!Name` for registry values, `winrm:config/service!AllowUnencrypted` for others. */
export function addressText(address: string): string {
  return address.replace(/^reg:/i, '');
}

/** The place of a setting an address belongs to; a `*` of the place stands for one component or the name. */
function placeOf(setting: SettingDefinition, address: string): SettingPlace | undefined {
  const parts = address.toLowerCase().split(/[\\!]/);
  return setting.places.find((place) => {
    const wanted = place.address.toLowerCase().split(/[\\!]/);
    return wanted.length === parts.length && wanted.every((part, i) => part === '*' || part === parts[i]);
  });
}

/** Longest value shown on a screen; security descriptors and lists of certificates are longer, the JSON report has them whole. */
const MAX_VALUE = 160;

/** A stored value for people: `not set` when it was looked for and is not there. */
export function valueText(value: StateObservation['value'] | undefined, lang: Language): string {
  const m = messages(lang);
  if (value === null || value === undefined) return m.audit.notSet;
  const text = typeof value === 'string' ? value : value.join('; ');
  if (text === '') return m.audit.emptyValue;
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)} ${m.cut(text.length - MAX_VALUE)}`;
}

/** One place where a value was looked at, in pieces a screen arranges. */
export interface SeenPlace {
  /** Short name of the source file. */
  readonly source: string;
  /** Hive path and value name, or address in another kind of source; with line for text. */
  readonly where: string;
  readonly value: string;
  /** Last write of the key (for absent values: of the nearest key that exists). */
  readonly written?: bigint;
  /** That nearest key, when it is not the key of the value itself. */
  readonly nearest?: string;
  /** The value is there; else it was looked for and is not. */
  readonly present: boolean;
  readonly until?: bigint;
  readonly byPolicy: boolean;
  readonly unverified: boolean;
}

/** True when a key found in a hive is the key of an address, whatever the control set is called. */
function sameKey(key: string, address: string): boolean {
  const plain = (text: string): string =>
    (text.split('!')[0] ?? '').toLowerCase().replace(/^(hklm\\system\\)controlset\d{3}(?=\\|$)/, '$1currentcontrolset');
  return plain(key) === plain(addressText(address));
}

/** Where the values of a setting were seen. */
export function seenPlaces(result: SettingResult, names: SourceNames, lang: Language): SeenPlace[] {
  const m = messages(lang);
  // What is there comes before what was looked for in vain.
  const ordered = [...result.seen.filter(({ value }) => value !== null), ...result.seen.filter(({ value }) => value === null)];
  return ordered.map((seen) => {
    const place = placeOf(result.setting, seen.address);
    const { key, line, keyWritten } = seen.origin;
    const written = keyWritten ?? seen.since;
    const present = seen.value !== null;
    // The key of an absent value is the nearest one that exists; what was looked for is the address.
    const where = present && key !== undefined ? key : addressText(seen.address);
    const nearest = !present && key !== undefined && !sameKey(key, seen.address) ? key : undefined;
    return {
      source: names.of(seen.origin),
      where: line === undefined ? where : `${where} (${m.line(line)})`,
      value: valueText(seen.value, lang),
      present,
      ...(nearest === undefined ? {} : { nearest }),
      ...(written === undefined ? {} : { written }),
      ...(seen.until === undefined ? {} : { until: seen.until }),
      byPolicy: seen.byPolicy === true || place?.policy === true,
      unverified: place?.basis === 'unverified',
    };
  });
}

/** True when the result rests on something that was not verified: the setting's meaning, a place that was seen, or its default. */
export function isUnverified(result: SettingResult): boolean {
  const { setting, seen, isDefault } = result;
  if (setting.basis.includes('unverified')) return true;
  if (isDefault && setting.defaults.some((one) => one.basis === 'unverified' && one.value === (result.value ?? null))) return true;
  return seen.some(({ value, address }) => value !== null && placeOf(setting, address)?.basis === 'unverified');
}

/** What is needed, as part of a line: without the full stop of a sentence. */
export function needText(need: Localized, lang: Language): string {
  return pick(need, lang).replace(/[.。]$/, '');
}

/** What would decide a result: every place that was not looked at, each need once; else how the setting is obtained. */
export function decidingNeeds(result: SettingResult, lang: Language): string[] {
  const needs = result.unchecked.map(({ need }) => needText(need, lang));
  return needs.length > 0 ? [...new Set(needs)] : [needText(result.setting.obtain, lang)];
}

/** True when the two sides of a comparison name different hosts. */
export function differentHosts({ before, after }: StateComparison): boolean {
  return before.host !== undefined && after.host !== undefined && before.host.toLowerCase() !== after.host.toLowerCase();
}

/** What the two sides of a comparison are called in its rows: before and after, or the names of two hosts. */
export function sideWords(comparison: StateComparison, lang: Language): readonly [before: string, after: string] {
  const { audit } = messages(lang);
  if (!differentHosts(comparison)) return [audit.before, audit.after];
  return [hostName(comparison.before, lang), hostName(comparison.after, lang)];
}

/** Names of the two sides of a comparison: the hosts, and for one host the time its state is known for. */
export function sideNames({ before, after }: StateComparison, zone: string, lang: Language): readonly [before: string, after: string] {
  const { audit } = messages(lang);
  const sides = [
    [before, audit.before],
    [after, audit.after],
  ] as const;
  const names = sides.map(([host, word]) => {
    const until = knownUntil(host)[0]?.until;
    return `${hostName(host, lang)} (${until === undefined ? word : audit.heldTo(formatTime(until, zone, lang))})`;
  });
  return names[0] === names[1] ? [`${names[0]} ${audit.before}`, `${names[1]} ${audit.after}`] : [names[0] ?? '', names[1] ?? ''];
}

/** When a value was written and until when it is known to have held, as one text; empty when nothing is known. */
export function seenTimes(place: SeenPlace, zone: string, lang: Language): string {
  const m = messages(lang);
  if (place.written === undefined) return place.until === undefined ? '' : m.audit.heldTo(formatTime(place.until, zone, lang));
  const time = formatTime(place.written, zone, lang);
  return place.nearest === undefined ? m.keyWritten(time) : m.audit.nearestWritten(place.nearest, time);
}

/** `SYSTEM  HKLM\\…!fDenyTSConnections = 0, key last written …`: a place in one line. */
export function seenText(place: SeenPlace, zone: string, lang: Language): string {
  const m = messages(lang);
  const marks = [place.byPolicy && place.present ? m.audit.byPolicy : '', place.unverified ? m.audit.unverified : ''].filter(
    (mark) => mark !== '',
  );
  // A short value stays on the line of its name.
  const space = place.value.length <= 12 ? '\u00a0' : ' ';
  const value = place.present ? ` =${space}${place.value}` : ` ${place.value}`;
  return m.list([`${place.source} ${place.where}${value}`, seenTimes(place, zone, lang), ...marks].filter((part) => part !== ''));
}

/** The first line about a host after its name: what was found and what could not be checked, never more than that. */
export function headlineText({ counts, combined, risky, possible }: HostView, lang: Language): string {
  const { audit, list } = messages(lang);
  const open = [
    ...(counts['possible-risk'] > 0 ? [audit.count(counts['possible-risk'], audit.status['possible-risk'])] : []),
    ...(counts.conflict > 0 ? [audit.count(counts.conflict, audit.status.conflict)] : []),
    ...(counts['probably-ok'] > 0 ? [audit.count(counts['probably-ok'], audit.status['probably-ok'])] : []),
    ...(counts['not-checked'] > 0 ? [audit.andNotChecked(counts['not-checked'])] : []),
  ];
  const found = [
    ...(combined.length > 0 ? [audit.headlineCombined(combined.length)] : []),
    ...(risky.length > 0 ? [audit.headlineRisky(risky.length)] : []),
  ];
  if (found.length > 0) return list([...found, ...open]);
  // Nothing is settled, but what was seen points at a risk: that comes first, not a count of harmless settings.
  const suspect = possible.find(({ seen }) => seen.some(({ value }) => value !== null));
  if (suspect !== undefined) return `${audit.headlinePossible(titledValue(suspect, lang))} (${list(open)})`;
  const known = counts.ok + counts.noted;
  const first = known === 0 ? audit.headlineNothing : audit.headlineNone(known);
  return open.length > 0 ? `${first} (${list(open)})` : first;
}

/** The parts a combined finding rests on; of one that holds, alternatives that do not apply are left out. */
export function partsShown({ parts, status }: CombinedResult): CombinedResult['parts'] {
  return status === 'holds' ? parts.filter(({ outcome }) => outcome !== 'false') : parts;
}

/** `Network Level Authentication = 0: not required`. */
export function titledValue(result: SettingResult, lang: Language): string {
  return `${pick(result.setting.title, lang)} = ${pick(result.text, lang)}`;
}
