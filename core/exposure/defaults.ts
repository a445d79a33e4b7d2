import type { SettingDefault, SettingDefinition } from '@winmedic/knowledge/model';
import type { OsInfo } from '../model/audit.ts';
import { valueKey } from './value.ts';

/** Kinds of Windows. */
const PRODUCTS = ['client', 'server', 'dc'] as const;
type Product = (typeof PRODUCTS)[number];

/** A default that comes into question, and for which kinds of Windows. */
export interface DefaultCandidate {
  /** Absent: no entry need fit. */
  readonly entry?: SettingDefault;
  readonly products: readonly Product[];
}

/** What holds when nothing is stored. */
export interface DefaultValue {
  /** The one that holds; absent when it depends on something that is not known, or when none is known at all. */
  readonly entry?: SettingDefault;
  /** All that come into question, at least one: several when kind or build of the Windows are not known. */
  readonly candidates: readonly DefaultCandidate[];
  /** What would decide between them. */
  readonly dependsOn: ReadonlySet<'product' | 'build'>;
}

/** The default for this Windows: the first entry that fits. With kind or build unknown, all that could be the first. */
export function defaultOf(setting: SettingDefinition, os: Pick<OsInfo, 'build' | 'product'>): DefaultValue {
  const candidates: DefaultCandidate[] = [];
  const dependsOn = new Set<'product' | 'build'>();
  const { build } = os;
  // Kinds for which no entry was met yet that certainly fits: once all have theirs, later entries never count.
  const open = new Set<Product>(os.product === undefined ? PRODUCTS : [os.product]);
  for (const entry of setting.defaults) {
    const { product, minBuild, maxBuild } = entry.when ?? {};
    if (build !== undefined && ((minBuild !== undefined && build < minBuild) || (maxBuild !== undefined && build > maxBuild))) continue;
    const products = [...open].filter((p) => product === undefined || p === product);
    if (products.length === 0) continue;
    candidates.push({ entry, products });
    if (product !== undefined && os.product === undefined) dependsOn.add('product');
    if (build === undefined && (minBuild !== undefined || maxBuild !== undefined)) dependsOn.add('build');
    else for (const p of products) open.delete(p);
  }
  if (open.size > 0) candidates.push({ products: [...open] });
  const first = candidates[0]?.entry;
  const same = ({ entry }: DefaultCandidate): boolean =>
    entry !== undefined && first !== undefined && valueKey(entry.value) === valueKey(first.value) && entry.basis === first.basis;
  return { ...(first !== undefined && candidates.every(same) && { entry: first }), candidates, dependsOn };
}
