import type { Knowledge } from '@winmedic/knowledge';
import type { SettingDefinition, SettingPlace } from '@winmedic/knowledge/model';
import type { FactObservation, InputProblem, Origin, Trust } from '../model/observation.ts';
import { addressKey } from './address.ts';
import { defaultOf } from './defaults.ts';
import { type Effective, effectiveOf } from './effective.ts';
import { type HiveSet, type HostState, hostsOfState, type StateEvidence } from './hosts.ts';
import { Interest } from './interest.ts';
import { isPlaceGuessed } from './judge-setting.ts';
import { unclear } from './meaning.ts';
import { needWord } from './needs.ts';
import { osOf } from './os.ts';
import { hostProblems, namesText } from './problems.ts';
import { type Held, lookAt, type PlaceLook, type Reading } from './reading.ts';
import type { Unit } from './unit.ts';
import { lookUp, plainText, type StoredValue } from './value.ts';

/** Facts of the evidence's state, for the diagnosis. */
export interface StateFacts {
  readonly facts: readonly FactObservation[];
  readonly problems: readonly InputProblem[];
}

type WithFact = SettingDefinition & { readonly fact: NonNullable<SettingDefinition['fact']> };

/** Copies of the hives tried to complete a text; hosts have a handful (config, RegBack, shadow copies). */
const MAX_SETS = 16;

/**
 * Effective values of settings as facts, with the time for which they are known. Each copy of the hives speaks for itself, and so does each text;
 * what a source does not show is taken from the others, but never a hive from another copy. Where a place that would win was not
 * looked at, there is no fact but a problem that names what is missing; where nobody knows whose state it is, there is none either.
 */
export function factsOfState(evidence: StateEvidence, knowledge: Pick<Knowledge, 'settings'>): StateFacts {
  const settings = knowledge.settings.filter((s): s is WithFact => s.fact !== undefined);
  const hosts = hostsOfState(evidence, new Interest(settings));
  const facts = new FactList();
  const gaps = new GapList();
  for (const host of hosts) if (host.host !== undefined) new HostFacts(host, settings, facts, gaps).make();
  return { facts: facts.list(), problems: [...hostProblems(hosts), ...gaps.list()] };
}

/** Facts of one host. */
class HostFacts {
  readonly #host: HostState;
  readonly #settings: readonly WithFact[];
  readonly #facts: FactList;
  readonly #gaps: GapList;
  readonly #textLooks = new Map<string, PlaceLook>();

  constructor(host: HostState, settings: readonly WithFact[], facts: FactList, gaps: GapList) {
    this.#host = host;
    this.#settings = settings;
    this.#facts = facts;
    this.#gaps = gaps;
  }

  make(): void {
    const made = new Set<string>();
    for (const set of this.#host.hives) {
      for (const setting of this.#settings) {
        const outcome = this.#fromHives(setting, set);
        if (outcome === 'made') made.add(setting.id);
        else if (outcome !== undefined) this.#gaps.add(setting, outcome);
      }
    }
    const byPlace = new Map<string, WithFact[]>();
    for (const setting of this.#settings) {
      for (const { address } of setting.places) {
        const key = addressKey(address);
        const list = byPlace.get(key);
        if (list === undefined) byPlace.set(key, [setting]);
        else list.push(setting);
      }
    }
    for (const unit of this.#host.texts) {
      const shown = new Set([...unit.valued].flatMap((key) => byPlace.get(key) ?? []));
      for (const setting of shown) {
        const outcome = this.#fromText(setting, unit);
        if (outcome === 'made') made.add(setting.id);
        // A text that alone is not enough is no news when another source settles it.
        else if (outcome !== undefined && !made.has(setting.id)) this.#gaps.add(setting, outcome);
      }
    }
  }

  #fromHives(setting: WithFact, set: HiveSet): Outcome {
    const effective = effectiveOf(setting, (place) => this.#firstLook(place, [set.units]));
    if (effective.kind === 'default') return this.#ofDefault(setting, effective, set.units);
    return this.#ofValue(setting, effective, new Set(set.units.map(({ sourceId }) => sourceId)));
  }

  #fromText(setting: WithFact, unit: Unit): Outcome {
    const own = new Set([unit.sourceId]);
    const sets = this.#host.hives.slice(0, MAX_SETS).map(({ units }) => [[unit], units]);
    let first: Outcome;
    for (const sources of sets.length > 0 ? sets : [[[unit]]]) {
      const outcome = this.#ofValue(
        setting,
        effectiveOf(setting, (place) => this.#firstLook(place, sources)),
        own,
      );
      if (outcome === 'made') return outcome;
      first ??= outcome;
    }
    return first;
  }

  /** What the first of these groups that shows the place at all says of it; last of all, the texts. */
  #firstLook(place: SettingPlace, groups: readonly (readonly Unit[])[]): PlaceLook {
    // A source that shows what is in effect speaks for itself and does not complete another one.
    if (place.effective === true) return lookAt(place, groups[0] ?? []);
    for (const units of groups) {
      const look = lookAt(place, units);
      if (look.looked) return look;
    }
    const key = addressKey(place.address);
    let look = this.#textLooks.get(key);
    if (look === undefined) {
      look = lookAt(place, this.#host.texts);
      this.#textLooks.set(key, look);
    }
    return { ...look, place };
  }

  /** @param own sources for which this is done: a value of another source is made a fact with that one. */
  #ofValue(setting: WithFact, effective: Effective, own: ReadonlySet<string>): Outcome {
    if (effective.kind !== 'value') return undefined;
    const readings = [...effective.readings, ...effective.against].filter((r) => r.value !== null && own.has(r.origin.sourceId));
    const [first] = readings;
    if (first === undefined) return undefined;
    const values = new Set(readings.map((r) => factValue(setting, r)));
    values.delete(undefined);
    if (values.size === 0) return undefined;
    if (effective.unchecked.length > 0) return { at: first, missing: effective.unchecked.map(needWord) };
    // Whether something wins over it is itself in dispute.
    const shown = effective.place?.effective === true;
    const disputes = shown ? [] : effective.against.filter((r) => !own.has(r.origin.sourceId));
    if (disputes.length > 0) return { at: first, missing: disputes.map(({ origin }) => origin.path) };
    if (effective.time.apart === true) return { at: first, missing: undefined };
    // Matches of a wildcard that mean different things are not one value of the host.
    if (effective.against.length === 0 && values.size > 1) return undefined;
    for (const reading of readings) {
      const value = factValue(setting, reading);
      if (value === undefined) continue;
      const disputed = effective.against.includes(reading);
      this.#put(setting, value, reading, disputed ? [reading] : effective.required, disputed ? reading : effective.time);
    }
    return 'made';
  }

  /** A default counts only when it is documented for this very Windows, and the absence is known over a time. */
  #ofDefault(setting: WithFact, effective: Effective, units: readonly Unit[]): Outcome {
    const { since, until, apart } = effective.time;
    if (effective.unchecked.length > 0 || effective.against.length > 0 || apart || since === undefined || until === undefined)
      return undefined;
    const { entry } = defaultOf(setting, osOf(units, this.#host, true));
    if (entry === undefined || entry.value === null || entry.basis === 'unverified' || isPlaceGuessed(setting)) return undefined;
    const value = mapped(setting, entry.value);
    const [shown] = effective.readings;
    if (value === undefined || shown === undefined) return undefined;
    this.#put(setting, value, shown, effective.required, effective.time);
    return 'made';
  }

  #put(setting: WithFact, value: string, reading: Reading, required: readonly Reading[], time: Held): void {
    const host = this.#host.host as string;
    const trust = required.map((r) => r.trust).reduce(weaker, reading.trust);
    this.#facts.add({ type: 'fact', name: setting.fact.name, value, host, time: factTime(time), origin: originOf(reading), trust });
  }
}

/** `made`, or why there is no fact: what is missing, or (with nothing missing) times that do not meet. */
type Outcome = 'made' | undefined | { readonly at: Reading; readonly missing: readonly string[] | undefined };

/** Fact value of what is stored; none of a value Windows cannot read as this setting's number. */
function factValue(setting: WithFact, reading: Reading): string | undefined {
  return unclear(setting, reading) === 'type' ? undefined : mapped(setting, reading.value);
}

function mapped({ fact }: WithFact, value: StoredValue): string | undefined {
  if (value === null) return undefined;
  const to = lookUp(fact.values, value);
  return to === '=' ? plainText(value) : to;
}

function factTime({ since, until }: Held): FactObservation['time'] {
  if (until === undefined) return { kind: 'now' };
  return since === undefined ? { kind: 'instant', at: until } : { kind: 'span', from: since, to: until };
}

function originOf({ origin, observation }: Reading): Origin {
  if (origin.key !== undefined || observation === undefined || !/^reg:/i.test(observation.address)) return origin;
  return { ...origin, key: observation.address.slice(4) };
}

/** Surest first. */
const TRUST: readonly Trust[] = ['record', 'recovered', 'text', 'stated'];
const weaker = (a: Trust, b: Trust): Trust => (TRUST.indexOf(b) > TRUST.indexOf(a) ? b : a);

/** Facts, each once. */
class FactList {
  readonly #facts = new Map<string, FactObservation>();

  add(fact: Omit<FactObservation, 'id'>): void {
    const { time } = fact;
    const when = time.kind === 'span' ? `${time.from}-${time.to}` : time.kind === 'instant' ? `${time.at}` : '';
    const key = [fact.name, fact.value, fact.host, when, fact.origin.sourceId, fact.origin.key].join('\0');
    if (!this.#facts.has(key)) this.#facts.set(key, { ...fact, id: `R${this.#facts.size + 1}` });
  }

  list(): readonly FactObservation[] {
    return [...this.#facts.values()];
  }
}

/** Facts that could not be made: one problem for each source and reason. */
class GapList {
  readonly #gaps = new Map<
    string,
    { readonly code: string; readonly path: string; readonly missing: string; readonly names: Set<string> }
  >();

  add({ fact }: WithFact, { at, missing }: Exclude<Outcome, 'made' | undefined>): void {
    const code = missing === undefined ? 'EXPOSURE_TIMES_APART' : 'EXPOSURE_POLICY_UNKNOWN';
    const word = [...new Set(missing)].join(', ');
    const key = [code, at.origin.path, word].join('\0');
    const gap = this.#gaps.get(key) ?? { code, path: at.origin.path, missing: word, names: new Set<string>() };
    gap.names.add(fact.name);
    this.#gaps.set(key, gap);
  }

  list(): InputProblem[] {
    return [...this.#gaps.values()].map(({ code, path, missing, names }) => {
      const list = namesText([...names]);
      return { code, path, severity: 'note', what: missing === '' ? list : `${missing}: ${list}` };
    });
  }
}
