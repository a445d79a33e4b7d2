import type { SettingPlace } from '@winmedic/knowledge/model';
import type { InstantNs, Origin, Trust } from '../model/observation.ts';
import type { StateObservation } from '../model/state.ts';
import { addressKey, hasWildcard } from './address.ts';
import type { Unit } from './unit.ts';
import { valueKey } from './value.ts';

/** The time for which a reading is known: from `since` to `until`; without `since` only at `until`; without both at an unknown time. */
export interface Held {
  readonly since?: InstantNs;
  readonly until?: InstantNs;
}

/** What one source shows at one place: a value, or that nothing is there (`null`). */
export interface Reading extends Held {
  readonly value: StateObservation['value'];
  /** Absent when it follows from an extent. */
  readonly observation?: StateObservation;
  readonly origin: Origin;
  readonly trust: Trust;
}

/** What all sources asked show at one place. */
export interface PlaceLook {
  readonly place: SettingPlace;
  /** Something says what is there, or that nothing is. */
  readonly looked: boolean;
  /** All of it was looked at: of a place with wildcards, every match is known. */
  readonly complete: boolean;
  /** Readings that count: none with a value means nothing is there. One for each match of a wildcard. */
  readonly readings: readonly Reading[];
  /** Readings that contradict those that count, for the same or an unknown time. */
  readonly against: readonly Reading[];
  /** Every observation, also those that are out of date. */
  readonly seen: readonly StateObservation[];
}

/** What these sources show at a place; of several readings the newest counts. */
export function lookAt(place: SettingPlace, units: readonly Unit[]): PlaceLook {
  const wild = hasWildcard(addressKey(place.address));
  const byMatch = new Map<string, Reading[]>();
  const nothing: Reading[] = [];
  const seen: StateObservation[] = [];
  let covered = false;
  for (const unit of units) {
    const observations = unit.at(place.address);
    for (const o of observations) {
      seen.push(o);
      const key = wild ? addressKey(o.address) : '';
      // Of a wildcard, a name that is not there is no match.
      if (wild && o.value === null) continue;
      const list = byMatch.get(key);
      const reading = readingOf(o, place);
      if (list === undefined) byMatch.set(key, [reading]);
      else list.push(reading);
    }
    const extent = wild || observations.length === 0 ? unit.covering(place.address) : undefined;
    if (extent === undefined) continue;
    covered = true;
    const { until, origin, trust } = extent;
    nothing.push({ value: null, ...(until !== undefined && { until }), origin, trust });
  }
  if (wild) {
    const picked = [...byMatch.values()].map(newest);
    const readings = picked.length === 0 ? nothing.slice(0, 1) : picked.map(({ chosen }) => chosen);
    const against = picked.flatMap((p) => p.against);
    return { place, looked: covered || picked.length > 0, complete: covered, readings, against, seen };
  }
  const all = [...(byMatch.get('') ?? []), ...nothing];
  if (all.length === 0) return { place, looked: false, complete: false, readings: [], against: [], seen };
  const { chosen, against } = newest(all);
  return { place, looked: true, complete: true, readings: [chosen], against, seen };
}

function readingOf(observation: StateObservation, place: SettingPlace): Reading {
  const { since, until, origin, trust } = observation;
  // Below a key that is asked for only as such: it exists.
  const value = addressKey(observation.address) === addressKey(place.address) || hasWildcard(place.address) ? observation.value : '';
  return { value, observation, origin, trust, ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

/** The newest of several readings of one place, and those that disagree with it for a time they share or may share. */
function newest(readings: readonly Reading[]): { readonly chosen: Reading; readonly against: readonly Reading[] } {
  let chosen = readings[0] as Reading;
  for (const r of readings) if (isLater(r, chosen)) chosen = r;
  const key = valueKey(chosen.value);
  return { chosen, against: readings.filter((r) => valueKey(r.value) !== key && mayOverlap(r, chosen)) };
}

function isLater(a: Reading, b: Reading): boolean {
  if (a.until === undefined || b.until === undefined) return a.until !== undefined && b.until === undefined;
  if (a.until !== b.until) return a.until > b.until;
  // Equally new: what is known for longer says more.
  return a.since !== undefined && (b.since === undefined || a.since < b.since);
}

/** Could both have held at one moment, as far as their times tell? */
export function mayOverlap(a: Held, b: Held): boolean {
  if (a.until === undefined || b.until === undefined) return true;
  return (a.since ?? a.until) <= b.until && (b.since ?? b.until) <= a.until;
}

/** A time shared by all. */
export interface SharedTime extends Held {
  /** They are never known together. */
  readonly apart?: true;
}

/** The time for which all are known together: from the latest beginning to the earliest end. */
export function sharedTime(list: readonly Held[]): SharedTime {
  if (list.some(({ until }) => until === undefined)) return {};
  let from: InstantNs | undefined;
  let until: InstantNs | undefined;
  for (const one of list) {
    const begin = one.since ?? (one.until as InstantNs);
    if (from === undefined || begin > from) from = begin;
    if (until === undefined || (one.until as InstantNs) < until) until = one.until as InstantNs;
  }
  if (from === undefined || until === undefined) return {};
  if (from > until) return { apart: true };
  return list.every(({ since }) => since !== undefined) ? { since: from, until } : { until };
}
