import type {
  Audit,
  AuditHost,
  CombinedResult,
  InputProblem,
  SettingResult,
  Source,
  StateChange,
  StateComparison,
  StateObservation,
  UncheckedPlace,
} from '@winmedic/core/model';
import type { Language, Localized, SettingDefinition, SettingPlace, Severity } from '@winmedic/knowledge/model';
import { formatTime } from '../format-time.ts';
import type { SourceNames } from '../origin.ts';
import { messages, pick } from '../text/index.ts';

/**
 * What all screens of the audit share: which results are told in which list and order, how many are left out, and the words for where
 * a value was seen. Decided on statuses and codes, never on texts.
 */

/** An area of settings, as `--only` takes it. */
export type AuditArea = SettingDefinition['area'];

/** All areas, in the order of the knowledge model. The record makes a missing one a compile error. */
export const AUDIT_AREAS: readonly AuditArea[] = Object.keys({
  rdp: 0,
  logon: 0,
  uac: 0,
  ntlm: 0,
  kerberos: 0,
  credssp: 0,
  winrm: 0,
  dcom: 0,
  rpc: 0,
  firewall: 0,
  service: 0,
  crash: 0,
  boot: 0,
  power: 0,
  update: 0,
  smb: 0,
  tls: 0,
  logging: 0,
  'hyper-v': 0,
  bitlocker: 0,
  identity: 0,
} satisfies Record<AuditArea, 0>) as AuditArea[];

/** Which results a report lists. Counts are always of all settings. */
export interface AuditFilter {
  /** Only settings of these areas, and combined findings that rest on one of them. */
  readonly only?: readonly AuditArea[];
  /** Only findings: what is not risky is left out. */
  readonly riskyOnly?: boolean;
}

/** Settings that were not checked for the same reason. */
export interface NeedGroup {
  readonly need: Localized;
  readonly reason: UncheckedPlace['reason'] | 'none';
  readonly results: readonly SettingResult[];
}

/** The results of one host in lists; every selected setting is in exactly one. */
export interface HostView {
  readonly host: AuditHost;
  /** Combined findings that hold, the worst first. */
  readonly combined: readonly CombinedResult[];
  /** Combined findings that may hold or could not be decided, the possible ones first. */
  readonly combinedOpen: readonly CombinedResult[];
  /** Combined findings that are known not to hold. */
  readonly combinedClear: readonly CombinedResult[];
  /** The worst first. */
  readonly risky: readonly SettingResult[];
  readonly conflict: readonly SettingResult[];
  readonly possible: readonly SettingResult[];
  /** The largest group first. */
  readonly unchecked: readonly NeedGroup[];
  readonly probably: readonly SettingResult[];
  readonly noted: readonly SettingResult[];
  readonly ok: readonly SettingResult[];
  /** Selected settings by status, also of statuses that are not listed. */
  readonly counts: AuditHost['counts'];
  /** Settings and combined findings the filter leaves out. */
  readonly filtered: { readonly settings: number; readonly combined: number };
}

const SEVERITY_RANK: Record<Severity, number> = { high: 0, medium: 1, low: 2, info: 3 };
const STATUS_ORDER: readonly SettingResult['status'][] = [
  'risky',
  'conflict',
  'possible-risk',
  'not-checked',
  'probably-ok',
  'noted',
  'ok',
];
const EFFECT_RANK: Record<StateChange['effect'], number> = { worse: 0, better: 1, changed: 2, 'now-known': 3, 'no-longer-known': 4 };

/** Shapes of severities: Unicode, ASCII. The word stands beside it. */
export const SEVERITY_SHAPES: Record<Severity, readonly [unicode: string, ascii: string]> = {
  high: ['▲', '[!!]'],
  medium: ['◆', '[!]'],
  low: ['◇', '[-]'],
  info: ['·', '[i]'],
};
/** Shapes of results that are not findings. */
export const STATUS_SHAPES: Record<Exclude<SettingResult['status'], 'risky'>, readonly [unicode: string, ascii: string]> = {
  'possible-risk': ['?', '[?]'],
  conflict: ['≠', '[#]'],
  'not-checked': ['–', '[ ]'],
  'probably-ok': ['○', '[o]'],
  noted: ['·', '[i]'],
  ok: ['○', '[o]'],
};
/** Shapes of what a change did. */
export const EFFECT_SHAPES: Record<StateChange['effect'], readonly [unicode: string, ascii: string]> = {
  worse: ['×', '[x]'],
  better: ['○', '[o]'],
  changed: ['◇', '[~]'],
  'now-known': ['+', '[+]'],
  'no-longer-known': ['–', '[-]'],
};

function bySeverity(a: SettingResult, b: SettingResult): number {
  return SEVERITY_RANK[a.setting.severity] - SEVERITY_RANK[b.setting.severity] || (a.setting.id < b.setting.id ? -1 : 1);
}

/** What one setting waits for: the hives that are missing when there are some, else the first place that was not looked at. */
function needOf(result: SettingResult): { readonly need: Localized; readonly reason: NeedGroup['reason'] } {
  for (const reason of ['hive-missing', 'damaged'] as const) {
    const needs = new Map<string, Localized>();
    for (const { need, reason: own } of result.unchecked) if (own === reason) needs.set(need.en, need);
    const list = [...needs.values()].sort((a, b) => (a.en < b.en ? -1 : 1));
    if (list.length > 0) return { reason, need: { en: list.map(({ en }) => en).join(', '), ja: list.map(({ ja }) => ja).join('、') } };
  }
  const first = result.unchecked[0];
  return first ? { need: first.need, reason: first.reason } : { need: result.setting.obtain, reason: 'none' };
}

function needGroups(results: readonly SettingResult[]): NeedGroup[] {
  const groups = new Map<string, { need: Localized; reason: NeedGroup['reason']; results: SettingResult[] }>();
  for (const result of results) {
    const { need, reason } = needOf(result);
    const key = `${reason}\n${need.en}`;
    const group = groups.get(key);
    if (group) group.results.push(result);
    else groups.set(key, { need, reason, results: [result] });
  }
  return [...groups.values()].sort((a, b) => b.results.length - a.results.length);
}

/** True when the filter lists settings of this area. */
export function inAreas(setting: SettingDefinition, filter: AuditFilter): boolean {
  return filter.only === undefined || filter.only.length === 0 || filter.only.includes(setting.area);
}

/** The results of a host in the lists of a report. */
export function hostView(host: AuditHost, filter: AuditFilter): HostView {
  const chosen = host.settings.filter(({ setting }) => inAreas(setting, filter)).toSorted(bySeverity);
  const of = (status: SettingResult['status']): SettingResult[] => chosen.filter((result) => result.status === status);
  const combined = host.combined
    .filter(({ parts }) => parts.some(({ result }) => inAreas(result.setting, filter)))
    .toSorted((a, b) => SEVERITY_RANK[a.finding.severity] - SEVERITY_RANK[b.finding.severity]);
  const count = (status: SettingResult['status']): number => chosen.filter((result) => result.status === status).length;
  const clear = filter.riskyOnly === true;
  return {
    host,
    combined: combined.filter(({ status }) => status === 'holds'),
    combinedOpen: [...combined.filter(({ status }) => status === 'possible'), ...combined.filter(({ status }) => status === 'unknown')],
    combinedClear: clear ? [] : combined.filter(({ status }) => status === 'does-not-hold'),
    risky: of('risky'),
    conflict: of('conflict'),
    possible: of('possible-risk'),
    unchecked: needGroups(of('not-checked')),
    probably: clear ? [] : of('probably-ok'),
    noted: clear ? [] : of('noted'),
    ok: clear ? [] : of('ok'),
    counts: {
      risky: count('risky'),
      ok: count('ok'),
      noted: count('noted'),
      'possible-risk': count('possible-risk'),
      'probably-ok': count('probably-ok'),
      conflict: count('conflict'),
      'not-checked': count('not-checked'),
    },
    filtered: { settings: host.settings.length - chosen.length, combined: host.combined.length - combined.length },
  };
}

/** Every listed setting of a host in the order of the page. */
export function listedSettings(view: HostView): SettingResult[] {
  const unchecked = view.unchecked.flatMap(({ results }) => results);
  return [...view.risky, ...view.conflict, ...view.possible, ...unchecked, ...view.probably, ...view.noted, ...view.ok];
}

/** Every listed combined finding of a host: those that hold, the undecided, those that do not. */
export function listedCombined(view: HostView): CombinedResult[] {
  return [...view.combined, ...view.combinedOpen, ...view.combinedClear];
}

/** True when a risky setting or a combined finding that holds is among what the filter selects: what `--exit-code` asks. */
export function hasFindings(audit: Audit, filter: AuditFilter = {}): boolean {
  return audit.hosts.some((host) => {
    const view = hostView(host, filter);
    return view.risky.length > 0 || view.combined.length > 0;
  });
}

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
  /** The value is there; else it was looked for and is not. */
  readonly present: boolean;
  readonly until?: bigint;
  readonly byPolicy: boolean;
  readonly unverified: boolean;
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
    const where = key ?? addressText(seen.address);
    return {
      source: names.of(seen.origin),
      where: line === undefined ? where : `${where} (${m.line(line)})`,
      value: valueText(seen.value, lang),
      present: seen.value !== null,
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

/** What would decide a result: every place that was not looked at, each need once; else how the setting is obtained. */
export function decidingNeeds(result: SettingResult, lang: Language): string[] {
  const needs = result.unchecked.map(({ need }) => pick(need, lang));
  return needs.length > 0 ? [...new Set(needs)] : [pick(result.setting.obtain, lang)];
}

/** The differences of a comparison in the order to tell them, and how many the filter leaves out. */
export function changesOf(
  comparison: StateComparison,
  filter: AuditFilter,
): { readonly shown: readonly StateChange[]; readonly filtered: number } {
  const shown = comparison.changes
    .filter(({ setting, before, after }) => {
      if (!inAreas(setting, filter)) return false;
      return filter.riskyOnly !== true || [before.status, after.status].some((status) => status === 'risky' || status === 'possible-risk');
    })
    .toSorted(
      (a, b) =>
        EFFECT_RANK[a.effect] - EFFECT_RANK[b.effect] ||
        SEVERITY_RANK[a.setting.severity] - SEVERITY_RANK[b.setting.severity] ||
        (a.setting.id < b.setting.id ? -1 : 1),
    );
  return { shown, filtered: comparison.changes.length - shown.length };
}

/** True when the two sides of a comparison name different hosts. */
export function differentHosts({ before, after }: StateComparison): boolean {
  return before.host !== undefined && after.host !== undefined && before.host.toLowerCase() !== after.host.toLowerCase();
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
  return place.present ? m.keyWritten(time) : m.audit.nearestWritten(time);
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
export function headlineText({ counts, combined, risky }: HostView, lang: Language): string {
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
  const known = counts.ok + counts.noted;
  const first = known === 0 ? audit.headlineNothing : audit.headlineNone(known);
  return open.length > 0 ? `${first} (${list(open)})` : first;
}
