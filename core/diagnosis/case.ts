import type { EventPattern, FactDefinition, Knowledge } from '@winmedic/knowledge';
import type { ConnectionAttempt } from '../model/connection.ts';
import type { ChannelCoverage, EventObservation, FactObservation, InstantNs } from '../model/observation.ts';
import type { BootSession, ClockStep, HostInfo, Stop, Timeline } from '../model/timeline.ts';
import { stopSignature } from '../statistics/index.ts';
import type { Occurrence } from './derived/occurrence.ts';
import { factsOfDumps } from './dump-facts.ts';
import { EventIndex } from './event-index.ts';
import { type Describer, describer } from './text.ts';

/** A case prepared for judging: everything that is looked up more than once. */
export class Case {
  readonly timeline: Timeline;
  readonly index: EventIndex;
  readonly describe: Describer;
  readonly facts: ReadonlyMap<string, FactDefinition>;
  /** Occurrences of derived observations by `name\0host`, filled on demand. */
  readonly occurrences = new Map<string, readonly Occurrence[]>();
  /** Account names (lower case, without domain) that logged on successfully somewhere in the evidence; filled on demand. */
  knownAccounts: ReadonlySet<string> | undefined;

  readonly #factsByName = new Map<string, FactObservation[]>();
  readonly #coverage = new Map<string, ChannelCoverage>();
  readonly #stops = new Map<string, Stop[]>();
  readonly #sessions = new Map<string, BootSession[]>();
  readonly #steps = new Map<string, ClockStep[]>();
  readonly #hosts = new Map<string, HostInfo>();
  readonly #channels = new Map<string, Set<string>>();
  readonly #providerChannels = new Map<string, Set<string>>();
  readonly #names = new Map<string, ReadonlySet<string>>();
  readonly #repeats = new Map<string, number>();
  #byPlace: Map<string, EventObservation> | undefined;

  constructor(timeline: Timeline, knowledge: Knowledge, formatTime?: (at: InstantNs, host?: string) => string) {
    this.timeline = timeline;
    this.index = new EventIndex(timeline.events);
    this.describe = describer(timeline, formatTime);
    this.facts = new Map(knowledge.facts.map((f) => [f.id, f]));
    for (const f of [...timeline.evidence.facts, ...factsOfDumps(timeline, knowledge.blame)]) add(this.#factsByName, f.name, f);
    for (const c of timeline.coverage) this.#coverage.set(`${c.host}\0${c.channel.toLowerCase()}`, c);
    for (const s of timeline.stops) {
      add(this.#stops, s.host, s);
      const key = `${s.host}\0${stopSignature(s)}`;
      this.#repeats.set(key, (this.#repeats.get(key) ?? 0) + 1);
    }
    for (const s of timeline.sessions) add(this.#sessions, s.host, s);
    for (const s of timeline.clockSteps) add(this.#steps, s.host, s);
    for (const h of timeline.hosts) this.#hosts.set(h.name, h);
    for (const e of knowledge.events) {
      const provider = e.provider.toLowerCase();
      addTo(this.#channels, `${provider}\0${e.id}`, e.channel);
      addTo(this.#providerChannels, provider, e.channel);
    }
  }

  /** Facts of this name that speak of the host. */
  factsOf(name: string, host: string): readonly FactObservation[] {
    const all = this.#factsByName.get(name) ?? [];
    const names = this.namesOf(host);
    return all.filter((f) => f.host === undefined || names.has(f.host.toLowerCase()));
  }

  /** Every name of a host, lower case, full names also in their short form. */
  namesOf(host: string): ReadonlySet<string> {
    const known = this.#names.get(host);
    if (known !== undefined) return known;
    const info = this.#hosts.get(host);
    const names = new Set<string>();
    this.#names.set(host, names);
    for (const name of [host, ...(info?.names ?? [])]) {
      const lower = name.toLowerCase();
      names.add(lower);
      if (!/^[\d.]+$/.test(lower)) names.add(lower.split('.')[0] as string);
    }
    return names;
  }

  /** Records an attempt was put together from, as they stand in the timeline: there they have ids. */
  recordsOf({ records = [] }: ConnectionAttempt): readonly EventObservation[] {
    if (records.length === 0) return records;
    this.#byPlace ??= new Map(this.timeline.events.map((e) => [placeOf(e), e]));
    const places = this.#byPlace;
    return records.map((e) => places.get(placeOf(e)) ?? e);
  }

  coverageOf(host: string, channel: string): ChannelCoverage | undefined {
    return this.#coverage.get(`${host}\0${channel.toLowerCase()}`);
  }

  /** Stops of a host in the order in which they happened. */
  stopsOf(host: string): readonly Stop[] {
    return this.#stops.get(host) ?? [];
  }

  sessionsOf(host: string): readonly BootSession[] {
    return this.#sessions.get(host) ?? [];
  }

  stepsOf(host: string): readonly ClockStep[] {
    return this.#steps.get(host) ?? [];
  }

  /** UTC offset of a host in minutes, when recorded. */
  offsetOf(host: string): number | undefined {
    return this.#hosts.get(host)?.utcOffsetMinutes;
  }

  /** Stops of the same signature on the same host, this one included. */
  repeatsOf(stop: Stop): number {
    return this.#repeats.get(`${stop.host}\0${stopSignature(stop)}`) ?? 1;
  }

  /**
   * Channels in which records of a pattern are written: the pattern's own, else as the knowledge base says, else where this provider's
   * records were met, else the only channel the knowledge base has for the provider. Empty when nobody knows.
   */
  channelsOf(pattern: EventPattern, host: string): readonly string[] {
    if (pattern.channel !== undefined) return [pattern.channel];
    const providers = typeof pattern.provider === 'string' ? [pattern.provider] : pattern.provider;
    const ids = typeof pattern.id === 'number' ? [pattern.id] : pattern.id;
    const channels = new Map<string, string>();
    for (const provider of providers) {
      const name = provider.toLowerCase();
      for (const id of ids) {
        const known = this.#channels.get(`${name}\0${id}`) ?? this.#seen(host, name) ?? this.#only(name);
        for (const channel of known ?? []) channels.set(channel.toLowerCase(), channel);
      }
    }
    return [...channels.values()];
  }

  #seen(host: string, provider: string): ReadonlySet<string> | undefined {
    const seen = this.index.channelsOf(host, provider);
    return seen.size > 0 ? seen : undefined;
  }

  #only(provider: string): ReadonlySet<string> | undefined {
    const known = this.#providerChannels.get(provider);
    return known?.size === 1 ? known : undefined;
  }
}

/** Where a record stands in the evidence. */
function placeOf({ origin, eventId, recordId, time }: EventObservation): string {
  return [origin.sourceId, origin.offset ?? '', origin.line ?? '', eventId, recordId, time].join(' ');
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}
