import type {
  Audit,
  AuditHost,
  CombinedResult,
  SettingResult,
  StateChange,
  StateComparison,
  StateObservation,
  UncheckedPlace,
} from '@winmedic/core/model';
import { caseIdOf } from '../case-view.ts';
import { zoneName } from '../format-time.ts';
import { inputsToJson, type Json, type JsonObject, known, localized, problemsToJson, remediesToJson, time } from '../json-parts.ts';
import type { ReportMeta } from '../options.ts';
import { isUnverified } from './describe.ts';
import { type AuditFilter, changesOf, hostView, listedCombined, listedSettings } from './view.ts';

/** Version of the audit's JSON; counted as {@link SCHEMA_VERSION} of the diagnosis is, but on its own. */
export const AUDIT_SCHEMA_VERSION = '1.0';

/** A stored value: one text as `value`, a list as `values`; a value that was looked for and is not there as `absent`. */
function stored(value: StateObservation['value']): JsonObject {
  if (value === null) return { absent: true };
  return typeof value === 'string' ? { value } : { values: value };
}

function state(seen: StateObservation, zone: string): JsonObject {
  const { sourceId, path, offset, line, key, keyWritten } = seen.origin;
  return {
    address: seen.address,
    ...stored(seen.value),
    ...known({
      valueType: seen.valueType,
      byPolicy: seen.byPolicy,
      host: seen.host,
      sourceId,
      path,
      offset: offset?.toString(),
      line,
      key,
    }),
    ...time('keyWritten', keyWritten, zone),
    ...time('since', seen.since, zone),
    ...time('until', seen.until, zone),
    trust: seen.trust,
  };
}

function uncheckedPlace({ place, reason, need }: UncheckedPlace): JsonObject {
  return { address: place.address, ...known({ policy: place.policy }), reason, need: localized(need) };
}

/** What was found about a setting, without what the setting is. */
function found(result: SettingResult, zone: string): JsonObject {
  return {
    status: result.status,
    ...known({ value: result.value ?? undefined }),
    isDefault: result.isDefault,
    unverified: isUnverified(result),
    text: localized(result.text),
    seen: result.seen.map((one) => state(one, zone)),
    unchecked: result.unchecked.map(uncheckedPlace),
    ...time('since', result.since, zone),
    ...time('until', result.until, zone),
  };
}

function setting(result: SettingResult, zone: string): JsonObject {
  const { id, area, kind, severity, title, meaning, finding, remedies, obtain, command, basis, sources } = result.setting;
  return {
    id,
    area,
    kind,
    severity,
    title: localized(title),
    meaning: localized(meaning),
    ...found(result, zone),
    ...known({ finding: finding && localized(finding), command }),
    remedies: remediesToJson(remedies),
    obtain: localized(obtain),
    basis,
    sources,
  };
}

function combined({ finding, status, parts, because }: CombinedResult): JsonObject {
  return {
    id: finding.id,
    title: localized(finding.title),
    sentence: localized(finding.sentence),
    severity: finding.severity,
    status,
    because: localized(because),
    parts: parts.map((part) => ({ setting: part.setting, outcome: part.outcome, status: part.result.status })),
    change: { setting: finding.change.setting, why: localized(finding.change.why) },
    others: (finding.others ?? []).map((other) => ({ setting: other.setting, why: localized(other.why) })),
    basis: finding.basis,
    sources: finding.sources,
  };
}

/** Newest time for which any setting of a host is known. */
function newestUntil(host: AuditHost): bigint | undefined {
  let newest: bigint | undefined;
  for (const { seen } of host.settings)
    for (const { until } of seen) if (until !== undefined && (newest === undefined || until > newest)) newest = until;
  return newest;
}

function about(host: AuditHost, zone: string): JsonObject {
  const { name, build, product, from } = host.os;
  return {
    ...known({ name: host.host }),
    os: { ...known({ name, build, product }), from: from.map((one) => state(one, zone)) },
    sources: host.sources,
    ...time('knownUntil', newestUntil(host), zone),
    counts: host.counts,
  };
}

function hostToJson(host: AuditHost, filter: AuditFilter, zone: string): JsonObject {
  const view = hostView(host, filter);
  return {
    ...about(host, zone),
    combined: listedCombined(view).map(combined),
    settings: listedSettings(view).map((result) => setting(result, zone)),
    leftOut: host.settings.length - listedSettings(view).length,
  };
}

function change({ setting: definition, before, after, effect }: StateChange, zone: string): JsonObject {
  return {
    setting: definition.id,
    title: localized(definition.title),
    severity: definition.severity,
    effect,
    before: found(before, zone),
    after: found(after, zone),
  };
}

function comparison(one: StateComparison, filter: AuditFilter, zone: string): JsonObject {
  const { shown, filtered } = changesOf(one, filter);
  return {
    before: about(one.before, zone),
    after: about(one.after, zone),
    changes: shown.map((each) => change(each, zone)),
    unchanged: one.unchanged,
    notComparable: one.notComparable,
    leftOut: filtered,
  };
}

/**
 * The whole audit as data. The promises are those of the diagnosis (docs/reference/json-schema.md); the fields are told in
 * docs/reference/audit.md. A filter leaves settings out and says how many; counts are of all.
 * @throws RangeError for an unknown zone.
 */
export function auditToJson(audit: Audit, meta: ReportMeta, filter: AuditFilter = {}): Json {
  const { zone } = meta;
  return {
    schemaVersion: AUDIT_SCHEMA_VERSION,
    tool: { name: meta.tool.name, version: meta.tool.version, command: meta.tool.command },
    caseId: caseIdOf(audit.sources, meta),
    zone: zoneName(zone),
    ...time('madeAt', audit.madeAt, zone),
    ...known({ durationSeconds: meta.durationSeconds }),
    ...(filter.only || filter.riskyOnly ? { filter: known({ areas: filter.only, riskyOnly: filter.riskyOnly }) } : {}),
    inputs: inputsToJson(audit.sources),
    hosts: audit.hosts.map((host) => hostToJson(host, filter, zone)),
    comparisons: audit.comparisons.map((one) => comparison(one, filter, zone)),
    problems: problemsToJson(audit.problems),
  };
}
