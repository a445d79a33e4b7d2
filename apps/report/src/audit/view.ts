import type { Audit, AuditHost, CombinedResult, SettingResult, StateChange, StateComparison, UncheckedPlace } from '@winmedic/core/model';
import type { Localized, SettingDefinition, Severity } from '@winmedic/knowledge/model';

/**
 * What all screens of the audit share: which results are told in which list and order, and how many are left out. Decided on statuses
 * and codes, never on texts.
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
  /** Only settings of these areas, and combined findings that rest on one of them that can be risky. */
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

/** A finding belongs to the areas of its settings; what only informs (the build it depends on) counts when nothing else does. */
function combinedInAreas({ parts }: CombinedResult, filter: AuditFilter): boolean {
  const settings = parts.map(({ result: { setting } }) => setting);
  const judged = settings.filter(({ risky }) => risky !== undefined);
  return (judged.length > 0 ? judged : settings).some((setting) => inAreas(setting, filter));
}

/** The results of a host in the lists of a report. */
export function hostView(host: AuditHost, filter: AuditFilter): HostView {
  const chosen = host.settings.filter(({ setting }) => inAreas(setting, filter)).toSorted(bySeverity);
  const of = (status: SettingResult['status']): SettingResult[] => chosen.filter((result) => result.status === status);
  const combined = host.combined
    .filter((result) => combinedInAreas(result, filter))
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
