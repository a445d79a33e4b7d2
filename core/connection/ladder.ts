import { type ConnectionPropertyName, type Localized, RUNGS, type RungName } from '@winmedic/knowledge/model';
import type {
  AccountUse,
  ConnectionAttempt,
  ConnectionVia,
  HostSelfPortrait,
  LoginSchemeName,
  Rung,
  RungVerdict,
  WireMessage,
} from '../model/connection.ts';
import type { FactObservation, InstantNs, Origin, Trust } from '../model/observation.ts';
import { HostTime } from './host-time.ts';
import { Sieve } from './sieve.ts';
import type { Target } from './target.ts';
import { say } from './text.ts';

/** Rungs of each way, lowest first. */
export const RUNGS_OF: Readonly<Record<ConnectionVia, readonly RungName[]>> = {
  winrm: RUNGS,
  dcom: ['name', 'route', 'tcp', 'login', 'rights', 'namespace'],
  rdp: ['name', 'route', 'tcp', 'tls', 'schemes'],
};

/** How a rung ended; texts as in {@link Rung}. */
export interface RungEnd {
  readonly verdict: Exclude<RungVerdict, 'unreached'>;
  readonly tried: Localized;
  readonly observed: Localized;
  readonly expected?: Localized;
}

const STOPPED = say('stopped before the end', '途中で中止');

/** Where a rung began. */
export interface RungStart {
  readonly first: number;
  readonly start: number;
}

/** An attempt that somebody else made: its clock is that of the recording. */
export interface Recording {
  readonly from: Exclude<ConnectionAttempt['from'], 'live'>;
  readonly startedAt: InstantNs;
  readonly endedAt: InstantNs;
  /** The recording shows what the client called the host by; else the target is only the address its packets went to, and `target.kind` is unknown. */
  readonly targetKnown: boolean;
  /** The recording shows by which transport it was tried; else `target.transport` and `target.port` are unknown. Default true. */
  readonly transportKnown?: boolean;
}

/** Where and when something of a recording was seen. */
export interface SeenAt {
  readonly at: InstantNs;
  readonly origin: Origin;
  /** Default `record`. */
  readonly trust?: Trust;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** Messages of one attempt that are kept: a healthy one has about 40; guards against a host that never ends talking. */
const MAX_MESSAGES = 2000;

/** Collects one attempt while it is made: rungs in order, properties, conversation, portrait. */
export class Ladder {
  readonly target: Target;
  readonly via: ConnectionVia;
  /** Filled in while facts become known. */
  readonly portrait: Writable<HostSelfPortrait> = {};
  readonly notChecked: Localized[] = [];
  /** What must not appear anywhere: passwords, tokens. */
  readonly sieve = new Sieve();
  /** Time limit of this host. */
  readonly time = new HostTime();
  account: Writable<AccountUse> | undefined;
  port: number;
  transport: 'http' | 'https';
  readonly #startedAt = nowNs();
  readonly #rungs = new Map<RungName, Writable<Rung>>();
  readonly #properties = new Map<string, FactObservation>();
  readonly #messages: WireMessage[] = [];
  readonly #mostMessages: number;
  readonly #recording: Recording | undefined;
  #seen: SeenAt | undefined;
  #current: RungName = 'name';
  #interrupted = false;

  /**
   * @param conversation keep the messages.
   * @param recording the attempt is read out of a recording: say with {@link see} where each thing stands.
   */
  constructor(target: Target, via: ConnectionVia, conversation = true, recording?: Recording) {
    this.#recording = recording;
    this.target = target;
    this.#mostMessages = conversation ? MAX_MESSAGES : 0;
    this.via = via;
    this.port = target.port;
    this.transport = target.transport;
    this.set('via', via);
    if (recording?.targetKnown !== false) this.set('target.kind', target.kind);
  }

  /** What is noted from now on was seen there. For recordings. */
  see(seen: SeenAt): void {
    this.#seen = seen;
  }

  /** The moment that is spoken of: now, or in a recording that of {@link see}. */
  get now(): InstantNs {
    return this.#seen?.at ?? this.#recording?.startedAt ?? nowNs();
  }

  /** First rung that failed. */
  get failed(): RungName | undefined {
    return [...this.#rungs.values()].find(({ verdict }) => verdict === 'failed')?.name;
  }

  /** A property; the last value wins. Numbers and booleans are written out, lists joined with commas. */
  set(name: ConnectionPropertyName, value: string | number | boolean | readonly string[]): void {
    if (this.#interrupted) return;
    this.#put(name, value);
  }

  #put(name: ConnectionPropertyName, value: string | number | boolean | readonly string[]): void {
    const text = this.sieve.text(Array.isArray(value) ? value.join(',') : String(value));
    this.#properties.set(name, {
      type: 'fact',
      id: '',
      name: `connection.${name}`,
      value: text,
      host: this.target.host,
      time: { kind: 'instant', at: this.now },
      origin: this.#seen?.origin ?? { sourceId: '', path: `live:${this.via}://${bracketed(this.target.host)}:${this.port}` },
      trust: this.#seen?.trust ?? 'record',
    });
  }

  /** Value of a property set before. */
  get(name: ConnectionPropertyName): string | undefined {
    return this.#properties.get(name)?.value;
  }

  /** Begins a rung whose work is done before it is known how the rung below ended: see `since` of {@link climb}. */
  begin(name: RungName): RungStart {
    this.#current = name;
    return { first: this.#messages.length, start: performance.now() - this.time.stoodMs };
  }

  /**
   * Walks one rung: messages and time of `work` belong to it, and those since `since`.
   * @returns false when it failed; the ladder ends there.
   */
  async climb(name: RungName, work: () => Promise<RungEnd> | RungEnd, since?: RungStart): Promise<boolean> {
    const { first, start } = since ?? this.begin(name);
    const end = await work();
    const messages = this.#messages.flatMap((message, index) => (index >= first && message.rung === name ? [index] : []));
    const ended = this.#interrupted && end.verdict === 'failed' ? { ...end, verdict: 'skipped' as const, observed: STOPPED } : end;
    this.#rungs.set(name, { name, ...this.#safe(ended), ms: Math.round(performance.now() - this.time.stoodMs - start), messages });
    return end.verdict !== 'failed';
  }

  /** From now on everything ends because this side stops: nothing more is noted of the host, and no rung fails. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** Changes how a rung walked before ended, when something later shows it; messages since {@link begin} of it are added. */
  amend(name: RungName, end: Partial<RungEnd>): void {
    const rung = this.#rungs.get(name);
    if (rung === undefined || this.#interrupted) return;
    const messages = this.#messages.flatMap((message, index) => (message.rung === name ? [index] : []));
    Object.assign(rung, this.#safe(end), { messages });
  }

  /** Ends the ladder at the rung that is being walked, when an error came out of it. */
  break(observed: Localized): void {
    const name = this.#current;
    if (this.#interrupted) {
      this.skip([name], STOPPED);
      return;
    }
    this.#rungs.set(name, { name, verdict: 'failed', tried: say('-', '-'), observed: this.#sieved(observed), messages: [] });
    this.amend(name, {});
  }

  #safe<T extends Partial<RungEnd>>(end: T): T {
    return {
      ...end,
      ...(end.observed === undefined ? {} : { observed: this.#sieved(end.observed) }),
      ...(end.expected === undefined ? {} : { expected: this.#sieved(end.expected) }),
    };
  }

  #sieved({ en, ja }: Localized): Localized {
    return say(this.sieve.text(en), this.sieve.text(ja));
  }

  /** Sets a rung of a recording, instead of what it was before; its messages are all that were said while it was the current one. */
  settle(name: RungName, end: RungEnd, ms?: number): void {
    this.#rungs.set(name, { name, ...this.#safe(end), ...(ms === undefined ? {} : { ms: Math.round(ms) }), messages: [] });
    this.amend(name, {});
  }

  /** Properties set so far, each with its origin. */
  get observed(): ReadonlyMap<string, FactObservation> {
    return this.#properties;
  }

  /** Rungs walked so far. */
  get walked(): ReadonlyMap<RungName, Rung> {
    return this.#rungs;
  }

  /**
   * Takes over what another recording knows of the same attempt, with its origins: the properties and rungs named, and all messages, in order of time.
   * @param shiftNs what has to be added to times of the other recording to tell them in the clock of this one.
   */
  absorb(other: Ladder, take: { readonly properties: ReadonlySet<string>; readonly rungs: ReadonlySet<RungName> }, shiftNs: bigint): void {
    for (const [name, fact] of other.#properties)
      if (take.properties.has(name)) this.#properties.set(name, { ...fact, host: this.target.host });
    for (const [name, rung] of other.#rungs) if (take.rungs.has(name)) this.#rungs.set(name, { ...rung, messages: [] });
    const room = this.#mostMessages - this.#messages.length;
    this.#messages.push(...other.#messages.slice(0, Math.max(0, room)).map((message) => ({ ...message, at: message.at + shiftNs })));
    this.#messages.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    for (const name of this.#rungs.keys()) this.amend(name, {});
  }

  /** How a rung ended so far; undefined when it was not walked. */
  rung(name: RungName): RungVerdict | undefined {
    return this.#rungs.get(name)?.verdict;
  }

  /** Marks rungs that are no part of this attempt. */
  skip(names: readonly RungName[], observed: Localized): void {
    for (const name of names)
      if (!this.#rungs.has(name))
        this.#rungs.set(name, { name, verdict: 'skipped', tried: say('nothing', 'なし'), observed, messages: [] });
  }

  /** One message of the conversation, secrets already removed. */
  say(message: Omit<WireMessage, 'at' | 'rung'>): void {
    if (this.#messages.length >= this.#mostMessages) return;
    this.#messages.push({
      at: this.now,
      rung: this.#current,
      direction: message.direction,
      layer: message.layer,
      text: this.#sieved(message.text),
      fields: message.fields.map(([name, value]) => [name, this.sieve.text(value)]),
      ...(message.bytes === undefined ? {} : { bytes: this.sieve.bytes(message.bytes) }),
    });
  }

  /** The attempt as it stands; what was not walked is unreached. */
  finish(): ConnectionAttempt {
    if (this.#recording?.transportKnown !== false) {
      this.#put('target.transport', this.transport);
      this.#put('target.port', this.port);
    }
    this.#put('failedRung', this.failed ?? '');
    const rungs = RUNGS_OF[this.via].map(
      (name): Rung =>
        this.#rungs.get(name) ?? {
          name,
          verdict: 'unreached',
          tried: say('nothing', 'なし'),
          observed: say('not reached', '未到達'),
          messages: [],
        },
    );
    return {
      target: this.target.text,
      host: this.target.host,
      port: this.port,
      via: this.via,
      transport: this.transport,
      from: this.#recording?.from ?? 'live',
      startedAt: this.#recording?.startedAt ?? this.#startedAt,
      endedAt: this.#recording?.endedAt ?? nowNs(),
      rungs,
      portrait: this.portrait,
      ...(this.account === undefined ? {} : { account: this.account }),
      properties: this.#properties,
      conversation: this.#messages,
      notChecked: this.notChecked,
    };
  }
}

/** The computer's clock in nanoseconds since 1970, of millisecond resolution. */
export function nowNs(): InstantNs {
  return BigInt(Date.now()) * 1_000_000n;
}

/** An IPv6 address in brackets, anything else as it is. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Scheme as asked for, for `client.scheme`. */
export function schemeProperty(auth: 'auto' | LoginSchemeName | undefined): LoginSchemeName {
  return auth === undefined || auth === 'auto' ? 'Negotiate' : auth;
}
