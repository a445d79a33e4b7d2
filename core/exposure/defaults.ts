import type { SettingDefault, SettingDefinition } from '@winmedic/knowledge/model';
import type { OsInfo } from '../model/audit.ts';
import { valueKey } from './value.ts';

/** What holds when nothing is stored. */
export interface DefaultValue {
  /** The one that holds; absent when it depends on something that is not known, or when none is known at all. */
  readonly entry?: SettingDefault;
  /**
   * All that come into question: one, or several when kind or build of the Windows are not known. `undefined` among them: there may be none
   * that fits.
   */
  readonly candidates: readonly (SettingDefault | undefined)[];
  /** What would decide between them. */
  readonly dependsOn: readonly ('product' | 'build')[];
}

const PRODUCTS = ['client', 'server', 'dc'] as const;
type Product = (typeof PRODUCTS)[number];

/** The default for this Windows: the first entry that fits. With kind or build unknown, all that could be the first. */
export function defaultOf(setting: SettingDefinition, os: Pick<OsInfo, 'build' | 'product'>): DefaultValue {
  const candidates: SettingDefault[] = [];
  const unknown = new Set<'product' | 'build'>();
  // Kinds for which no entry without further conditions was met yet: once all have theirs, later entries never count.
  const open = new Set<Product>(os.product === undefined ? PRODUCTS : [os.product]);
  for (const entry of setting.defaults) {
    const { product, minBuild, maxBuild } = entry.when ?? {};
    if (open.size === 0) break;
    if (product !== undefined && !open.has(product)) continue;
    const { build } = os;
    if (build !== undefined && ((minBuild !== undefined && build < minBuild) || (maxBuild !== undefined && build > maxBuild))) continue;
    candidates.push(entry);
    const needsBuild = build === undefined && (minBuild !== undefined || maxBuild !== undefined);
    if (needsBuild) unknown.add('build');
    if (product !== undefined && os.product === undefined) unknown.add('product');
    if (needsBuild) continue;
    for (const p of product === undefined ? PRODUCTS : [product]) open.delete(p);
  }
  const [first] = candidates;
  // Where no entry need fit at all, none of those that might is the default.
  const agree =
    open.size === 0 && candidates.every((c) => valueKey(c.value) === valueKey(first?.value ?? null) && c.basis === first?.basis);
  if (first !== undefined && agree) return { entry: first, candidates: [first], dependsOn: [] };
  return { candidates: open.size === 0 ? candidates : [...candidates, undefined], dependsOn: [...unknown] };
}
