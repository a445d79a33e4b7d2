import type { EventPattern } from '@winmedic/knowledge/model';
import type { EventObservation, InstantNs } from '../model/observation.ts';
import { byTime, lowerBound } from '../timeline/order.ts';
import { type CompiledConditions, compileConditions } from './conditions.ts';

/** Records of a case by host, provider and id: a question costs a binary search, not a walk. */
export class EventIndex {
  readonly #lists = new Map<string, EventObservation[]>();
  readonly #anyHost = new Map<string, EventObservation[]>();
  readonly #channels = new Map<string, Set<string>>();

  /** @param events by time. */
  constructor(events: readonly EventObservation[]) {
    for (const e of events) {
      const provider = e.provider.toLowerCase();
      push(this.#lists, `${e.host}\0${provider}\0${e.eventId}`, e);
      push(this.#anyHost, `${provider}\0${e.eventId}`, e);
      for (const host of [e.host, '']) {
        const key = `${host}\0${provider}`;
        const channels = this.#channels.get(key);
        if (channels === undefined) this.#channels.set(key, new Set([e.channel]));
        else channels.add(e.channel);
      }
    }
  }

  /** All records of one provider and id of a host, by time. */
  of(host: string, provider: string, id: number): readonly EventObservation[] {
    return this.#lists.get(`${host}\0${provider.toLowerCase()}\0${id}`) ?? [];
  }

  /** All records of one provider and id on any host, by time. */
  anywhere(provider: string, id: number): readonly EventObservation[] {
    return this.#anyHost.get(`${provider.toLowerCase()}\0${id}`) ?? [];
  }

  /** Records of several ids of one provider in `[from, to]`, by time. */
  between(host: string, provider: string, ids: readonly number[], from: InstantNs, to: InstantNs): EventObservation[] {
    const found = ids.flatMap((id) => slice(this.of(host, provider, id), from, to));
    return ids.length > 1 ? found.sort(byTime) : found;
  }

  /** Channels in which records of this provider were met on the host, else on any host. */
  channelsOf(host: string, provider: string): ReadonlySet<string> {
    const name = provider.toLowerCase();
    return this.#channels.get(`${host}\0${name}`) ?? this.#channels.get(`\0${name}`) ?? new Set();
  }

  /** Records that match a compiled pattern in `[from, to]`, by time. */
  find(pattern: CompiledPattern, host: string, from: InstantNs, to: InstantNs): EventObservation[] {
    const found: EventObservation[] = [];
    let lists = 0;
    for (const provider of pattern.providers)
      for (const id of pattern.ids) {
        const list = slice(this.of(host, provider, id), from, to);
        if (list.length > 0) lists++;
        for (const e of list) if (matches(pattern, e)) found.push(e);
      }
    return lists > 1 ? found.sort(byTime) : found;
  }
}

/** A pattern with its conditions compiled. */
export interface CompiledPattern {
  readonly providers: readonly string[];
  readonly ids: readonly number[];
  readonly channel?: string;
  readonly conditions: CompiledConditions;
}

const compiledPatterns = new WeakMap<EventPattern, CompiledPattern>();

/** Compiles an event pattern once. */
export function compilePattern(pattern: EventPattern): CompiledPattern {
  let compiled = compiledPatterns.get(pattern);
  if (compiled === undefined) {
    const providers = typeof pattern.provider === 'string' ? [pattern.provider] : pattern.provider;
    compiled = {
      providers: [...new Set(providers.map((p) => p.toLowerCase()))],
      ids: [...new Set(typeof pattern.id === 'number' ? [pattern.id] : pattern.id)],
      ...(pattern.channel === undefined ? {} : { channel: pattern.channel }),
      conditions: compileConditions(pattern.where),
    };
    compiledPatterns.set(pattern, compiled);
  }
  return compiled;
}

/** Is this record one a pattern means, wherever and whenever it was written? */
export function matchesPattern(pattern: CompiledPattern, e: EventObservation): boolean {
  return pattern.ids.includes(e.eventId) && pattern.providers.includes(e.provider.toLowerCase()) && matches(pattern, e);
}

function matches(pattern: CompiledPattern, e: EventObservation): boolean {
  if (pattern.channel !== undefined && e.channel.toLowerCase() !== pattern.channel.toLowerCase()) return false;
  return pattern.conditions.list.every((c) => c.holds(fieldOf(e, c.field)));
}

/** A data field of a record, else one of its system fields under the reader's names. */
function fieldOf(e: EventObservation, name: string): string | undefined {
  const value = e.fields.get(name);
  if (value !== undefined) return value;
  switch (name) {
    case 'Provider':
      return e.provider;
    case 'EventID':
      return String(e.eventId);
    case 'Channel':
      return e.channel;
    case 'Computer':
      return e.host;
    case 'Level':
      return String(e.level);
    case 'UserSid':
      return e.userSid;
    case 'RecordId':
      return e.recordId;
    default:
      return undefined;
  }
}

function slice(list: readonly EventObservation[], from: InstantNs, to: InstantNs): readonly EventObservation[] {
  const first = lowerBound(list, from, (e) => e.time);
  const end = lowerBound(list, to + 1n, (e) => e.time);
  return list.slice(first, end);
}

function push(map: Map<string, EventObservation[]>, key: string, e: EventObservation): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [e]);
  else list.push(e);
}
