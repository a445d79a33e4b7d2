import type { CombinedFinding, FactDefinition, SettingDefinition, StateExpr } from './model.ts';
import type { PackIssue } from './pack.ts';

/** References of settings and combined findings that lead nowhere, and ids given twice; empty when all is well. */
export function checkSettings(
  settings: readonly SettingDefinition[],
  findings: readonly CombinedFinding[],
  facts: readonly FactDefinition[],
): PackIssue[] {
  const issues: PackIssue[] = [];
  const known = new Map<string, SettingDefinition>();
  const covered = new Map<string, string>();
  for (const setting of settings) {
    const at = `settings/${setting.id}`;
    if (known.has(setting.id)) issues.push({ code: 'PACK_DUPLICATE', at, message: 'setting is defined twice' });
    known.set(setting.id, setting);
    for (const row of setting.covers) {
      const other = covered.get(row);
      if (other !== undefined) issues.push({ code: 'PACK_DUPLICATE', at, message: `${row} is covered by ${other} too` });
      covered.set(row, setting.id);
    }
    if (setting.risky !== undefined && setting.remedies.length === 0)
      issues.push({ code: 'PACK_REFERENCE', at, message: 'a setting that can be risky needs a remedy' });
    if (setting.fact === undefined) continue;
    const fact = facts.find(({ id }) => id === setting.fact?.name);
    if (fact === undefined) issues.push({ code: 'PACK_REFERENCE', at, message: `unknown fact ${setting.fact.name}` });
    for (const value of Object.values(setting.fact.values)) {
      if (value !== '=' && fact?.values !== undefined && !Object.hasOwn(fact.values, value))
        issues.push({ code: 'PACK_REFERENCE', at, message: `${setting.fact.name} has no value ${value}` });
    }
  }
  const ids = new Set<string>();
  for (const finding of findings) {
    const at = `findings/${finding.id}`;
    if (ids.has(finding.id)) issues.push({ code: 'PACK_DUPLICATE', at, message: 'finding is defined twice' });
    ids.add(finding.id);
    for (const id of settingsOf(finding.when))
      if (!known.has(id)) issues.push({ code: 'PACK_REFERENCE', at, message: `unknown setting ${id}` });
    for (const { setting } of [finding.change, ...(finding.others ?? [])]) {
      if ((known.get(setting)?.remedies.length ?? 0) === 0)
        issues.push({ code: 'PACK_REFERENCE', at, message: `${setting} is no setting with a remedy` });
    }
  }
  return issues;
}

/** Ids of the settings a condition looks at, in order, each once. */
export function settingsOf(expr: StateExpr): string[] {
  if ('setting' in expr) return [expr.setting];
  if ('all' in expr) return [...new Set(expr.all.flatMap(settingsOf))];
  if ('any' in expr) return [...new Set(expr.any.flatMap(settingsOf))];
  return 'not' in expr ? settingsOf(expr.not) : [expr.risky];
}
