import type { Recipe } from './model.ts';
import type { PackIssue } from './pack.ts';

/** References of recipes that lead nowhere, ids given twice, times that cannot be; empty when all is well. */
export function checkRecipes(recipes: readonly Recipe[], causes: ReadonlySet<string>): PackIssue[] {
  const issues: PackIssue[] = [];
  const ids = new Set<string>();
  for (const recipe of recipes) {
    const at = `recipes/${recipe.id}`;
    if (ids.has(recipe.id)) issues.push({ code: 'PACK_DUPLICATE', at, message: 'recipe is defined twice' });
    ids.add(recipe.id);
    for (const cause of recipe.causes)
      if (!causes.has(cause)) issues.push({ code: 'PACK_REFERENCE', at, message: `unknown cause ${cause}` });
    const steps = new Map(recipe.steps.map((step) => [step.id, step]));
    if (steps.size < recipe.steps.length) issues.push({ code: 'PACK_DUPLICATE', at, message: 'two steps have the same id' });
    for (const { filesOf, servicesOf, cause } of recipe.propose) {
      if (cause !== undefined && !causes.has(cause)) issues.push({ code: 'PACK_REFERENCE', at, message: `unknown cause ${cause}` });
      const files = filesOf === undefined ? undefined : steps.get(filesOf);
      if (filesOf !== undefined && (files === undefined || !('quarantine' in files)))
        issues.push({ code: 'PACK_REFERENCE', at, message: `${filesOf} is no quarantine step` });
      const services = servicesOf === undefined ? undefined : steps.get(servicesOf);
      if (servicesOf !== undefined && (services === undefined || !('services' in services)))
        issues.push({ code: 'PACK_REFERENCE', at, message: `${servicesOf} is no step for services` });
    }
    for (const step of recipe.steps) {
      if (!('quarantine' in step)) continue;
      const { modifiedFrom, modifiedBefore } = step.quarantine;
      const [from, before] = [modifiedFrom, modifiedBefore].map((time) => (time === undefined ? undefined : Date.parse(time)));
      if (Number.isNaN(from) || Number.isNaN(before) || (from !== undefined && before !== undefined && from >= before))
        issues.push({ code: 'PACK_REFERENCE', at: `${at}/${step.id}`, message: 'impossible times' });
    }
  }
  return issues;
}
