import type { SettingDefinition, SettingPlace } from '@winmedic/knowledge/model';
import type { StateObservation } from '../model/state.ts';
import { mayOverlap, type PlaceLook, type Reading, type SharedTime, sharedTime } from './reading.ts';
import { lookUp, testValue, valueKey } from './value.ts';

/** What is in effect for a setting, as far as its places were looked at. */
export interface Effective {
  /** `value`: stored in {@link place}; `default`: stored nowhere that counts; `unknown`: what decides was not looked at. */
  readonly kind: 'value' | 'default' | 'unknown';
  readonly place?: SettingPlace;
  /** A policy set it. */
  readonly byPolicy: boolean;
  /** The readings in effect: one, or one for each match of a wildcard; for a default those that show that nothing is stored. */
  readonly readings: readonly Reading[];
  /** Everything it rests on: {@link readings} and the places that would win and hold nothing. */
  readonly required: readonly Reading[];
  /** Time for which all that was needed is known. */
  readonly time: SharedTime;
  /** Places that would win (or decide) and were not looked at. */
  readonly unchecked: readonly SettingPlace[];
  /** Readings that say something else for the same time. */
  readonly against: readonly Reading[];
  readonly seen: readonly StateObservation[];
}

/** Has it a value somewhere? */
const hasValue = (look: PlaceLook): boolean => look.readings.some(({ value }) => value !== null);

/**
 * Decides which place counts: a source that shows what is in effect; then policy places, and values whose source names a policy; then the
 * others; within each kind the order of the list. A place that would win and was not looked at is named.
 * @param look what the sources asked show at a place.
 */
export function effectiveOf(setting: SettingDefinition, look: (place: SettingPlace) => PlaceLook): Effective {
  const looks = setting.places.map(look);
  const seen = looks.flatMap((l) => l.seen);
  const direct = looks.filter(({ place }) => place.effective === true);
  const stored = [
    ...looks.filter(({ place }) => place.effective !== true && place.policy === true),
    ...looks.filter(({ place }) => place.effective !== true && place.policy !== true),
  ];
  const chain = chainOf(stored, seen);
  const shown = direct.find(hasValue) ?? direct.find(({ looked }) => looked);
  if (shown === undefined) {
    // Nothing of it was looked at: a source that shows what is in effect would do as well.
    if (chain.kind === 'unknown' && seen.length === 0) return { ...chain, unchecked: looks.map(({ place }) => place) };
    return chain;
  }
  if (!hasValue(shown)) {
    if (chain.kind === 'value') return chain;
    return { ...settled([shown], seen), kind: 'default', readings: shown.readings.slice(0, 1) };
  }
  const effective: Effective = {
    ...settled([shown], seen),
    kind: 'value',
    place: shown.place,
    byPolicy: isByPolicy(shown),
    unchecked: shown.complete ? [] : [shown.place],
  };
  if (chain.kind !== 'value' || chain.unchecked.length > 0 || sameEffect(setting, effective, chain)) return effective;
  const [here, there] = [effective.time, chain.time];
  if (here.apart !== true && there.apart !== true && !mayOverlap(here, there)) {
    return (here.until as bigint) > (there.until as bigint) ? effective : chain;
  }
  return { ...effective, against: [...effective.against, ...chain.readings] };
}

function chainOf(stored: readonly PlaceLook[], seen: readonly StateObservation[]): Effective {
  const policies = stored.filter(({ place }) => place.policy === true);
  const winner = policies.find(hasValue) ?? stored.find((l) => hasValue(l) && isByPolicy(l)) ?? stored.find(hasValue);
  if (winner !== undefined) {
    const at = stored.indexOf(winner);
    // A source that names the policy as the origin has looked at the policy itself.
    const before = winner.place.policy !== true && isByPolicy(winner) ? [] : stored.slice(0, at);
    const unchecked = before.filter((l) => !l.looked).map(({ place }) => place);
    return {
      ...settled([...before.filter(({ looked }) => looked), winner], seen),
      kind: 'value',
      place: winner.place,
      byPolicy: winner.place.policy === true || isByPolicy(winner),
      readings: winner.readings,
      unchecked: winner.complete ? unchecked : [...unchecked, winner.place],
    };
  }
  const missing = stored.filter(({ looked }) => !looked);
  const onlyPolicies = policies.length === stored.length;
  // Policies that were not looked at could still set it; without the places below them nothing is known at all.
  const known = stored.length > 0 && (onlyPolicies ? missing.length === 0 : missing.every(({ place }) => place.policy === true));
  const looked = stored.filter((l) => l.looked);
  return {
    ...settled(looked, seen),
    kind: known ? 'default' : 'unknown',
    readings: known ? looked.slice(-1).flatMap((l) => l.readings) : [],
    unchecked: missing.map(({ place }) => place),
  };
}

/** What follows from places that were looked at. */
function settled(looks: readonly PlaceLook[], seen: readonly StateObservation[]): Omit<Effective, 'kind'> {
  const required = looks.flatMap(({ readings }) => readings);
  return {
    byPolicy: false,
    readings: looks.at(-1)?.readings ?? [],
    required,
    time: sharedTime(required),
    unchecked: [],
    against: looks.flatMap(({ against }) => against),
    seen,
  };
}

function isByPolicy(look: PlaceLook): boolean {
  return look.readings.some(({ observation }) => observation?.byPolicy === true && observation.value !== null);
}

/** Do two ways to read it come to the same, whatever their notation? */
function sameEffect(setting: SettingDefinition, a: Effective, b: Effective): boolean {
  const values = (e: Effective): string =>
    e.readings
      .map(({ value }) => valueKey(value))
      .sort()
      .join('\0');
  if (values(a) === values(b)) return true;
  const meaning = (e: Effective): string =>
    e.readings
      .map(({ value }) => (value === null || setting.values === undefined ? undefined : lookUp(setting.values, value)?.en))
      .map((text, i) => text ?? `\0${i}${values(e)}`)
      .join('\0');
  if (meaning(a) === meaning(b)) return true;
  const test = setting.risky;
  if (test === undefined) return false;
  const risky = (e: Effective): boolean | undefined =>
    e.readings.some(({ value }) => testValue(test, value, true) === true)
      ? true
      : e.readings.every(({ value }) => testValue(test, value, true) === false)
        ? false
        : undefined;
  const outcome = risky(a);
  return outcome !== undefined && outcome === risky(b);
}
