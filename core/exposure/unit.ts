import type { StateAddress } from '@winmedic/knowledge/model';
import type { InstantNs, SourceKind } from '../model/observation.ts';
import type { StateExtent, StateObservation } from '../model/state.ts';
import { addressKey, ancestors, hasWildcard, hiveRootOf, keyPart, Pattern, schemeOf } from './address.ts';
import type { Interest } from './interest.ts';

/** What one source says about one host: the observations of interest, by place, and what it shows whole. */
export class Unit {
  readonly sourceId: string;
  readonly path: string;
  readonly kind: SourceKind | undefined;
  /** Host as the source itself names it. */
  readonly statedHost: string | undefined;
  /** Hives (`HKLM\SYSTEM`) and schemes (`winrm`) of which it shows anything. */
  readonly roots = new Set<string>();
  readonly schemes = new Set<string>();
  /** Places of which it shows a value. */
  readonly valued = new Set<string>();
  /** It says of its hive what was looked at: nothing of it was unreadable. */
  whole = false;
  #until: InstantNs | undefined;
  readonly #interest: Interest;
  readonly #byPlace = new Map<string, StateObservation[]>();
  readonly #extents = new Map<string, StateExtent[]>();

  constructor(sourceId: string, path: string, kind: SourceKind | undefined, statedHost: string | undefined, interest: Interest) {
    this.sourceId = sourceId;
    this.path = path;
    this.kind = kind;
    this.statedHost = statedHost;
    this.#interest = interest;
  }

  /** It is a registry hive, which shows one part of the registry at one time. */
  get isHive(): boolean {
    return this.kind === 'hive';
  }

  /** Latest time of which it speaks. */
  get until(): InstantNs | undefined {
    return this.#until;
  }

  add(observation: StateObservation): void {
    const key = addressKey(observation.address);
    this.#see(key, observation.until);
    for (const place of this.#interest.placesOf(key, observation.value !== null)) {
      const list = this.#byPlace.get(place);
      if (list === undefined) this.#byPlace.set(place, [observation]);
      else list.push(observation);
      if (observation.value !== null) this.valued.add(place);
    }
  }

  addExtent(extent: StateExtent): void {
    const key = addressKey(extent.prefix);
    this.#see(key, extent.until);
    if (this.isHive) this.whole = true;
    const list = this.#extents.get(key);
    if (list === undefined) this.#extents.set(key, [extent]);
    else list.push(extent);
  }

  #see(key: string, until: InstantNs | undefined): void {
    if (until !== undefined && (this.#until === undefined || until > this.#until)) this.#until = until;
    this.schemes.add(schemeOf(key));
    const root = hiveRootOf(key);
    if (root !== undefined) this.roots.add(root);
  }

  /** Observations at a place (of all matches, for one with wildcards). */
  at(place: StateAddress): readonly StateObservation[] {
    return this.#byPlace.get(addressKey(place)) ?? [];
  }

  /** An extent inside which the place lies, so that no observation means nothing is there. */
  covering(place: StateAddress): StateExtent | undefined {
    const key = addressKey(place);
    const shows = (extent: StateExtent): boolean => extent.looked === undefined || lookedFor(extent.looked, key);
    const own = keyPart(key);
    // Whether a key exists does not follow from a listing of that very key.
    if (own !== key) {
      const exact = this.#extents.get(key)?.find(shows);
      if (exact !== undefined) return exact;
    }
    // Below a wildcard only a tree that begins at or above its stem shows every match.
    const stem = this.#interest.pattern(key)?.stem ?? own;
    for (const prefix of ancestors(key)) {
      if (prefix.length > stem.length || prefix === key) continue;
      const inside = prefix === own;
      const found = this.#extents.get(prefix)?.find((e) => (e.depth === 'tree' || inside) && shows(e));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** `looked` lists are shared by the extents of a source and asked for every place. */
const lookedCache = new WeakMap<
  readonly StateAddress[],
  { readonly literals: ReadonlySet<string>; readonly patterns: readonly Pattern[] }
>();

function lookedFor(looked: readonly StateAddress[], key: string): boolean {
  let known = lookedCache.get(looked);
  if (known === undefined) {
    const keys = looked.map(addressKey);
    known = { literals: new Set(keys), patterns: keys.filter(hasWildcard).map((k) => new Pattern(k)) };
    lookedCache.set(looked, known);
  }
  return known.literals.has(key) || known.patterns.some((p) => p.matches(key));
}
