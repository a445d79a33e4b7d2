import type { EnumerationMode, Filter, Selectors, ShellSpec } from './request.ts';
import type { ShellOutput, WsmanIdentity } from './responses.ts';
import type { WsmanInstance, WsmanValue } from './values.ts';
import type { XmlElement } from './xml-element.ts';

/** How a client behaves. */
export interface ClientOptions {
  /** Bytes an answer may have. Default 512 000 (Windows 2012 and later); 153 600 is tried when the host refuses it. */
  readonly maxEnvelopeSize?: number;
  /** Instances per answer. Default 32 000; halved when an answer would be too large, 20 on hosts before 2008 R2. */
  readonly maxElements?: number;
  /** Default 20 000: the host answers within this time or says that it took too long, which is repeated. */
  readonly operationTimeoutMs?: number;
  /** Repeats of a request whose operation time-out ran out. Default 30. */
  readonly timeoutRepeats?: number;
  /** Repeats after a quota fault, with growing pauses. Default 5. */
  readonly quotaRepeats?: number;
  /** BCP 47 tag of texts and data; default `en-US`. */
  readonly locale?: string;
  /** Value of `a:To`; default `http://localhost/wsman` (Windows does not look at it). */
  readonly to?: string;
  readonly sleep?: (ms: number) => Promise<void>;
  /** 0…1, for the pauses. */
  readonly random?: () => number;
  /** Upper-case UUID of a message. */
  readonly uuid?: () => string;
}

/** Which instance or class: a resource URI (see `wmi()`), with selectors for an instance. */
export interface Target {
  readonly resourceUri: string;
  readonly selectors?: Selectors;
  readonly options?: ReadonlyMap<string, string>;
}

/** How to enumerate. */
export interface EnumerateOptions {
  readonly filter?: Filter;
  readonly mode?: EnumerationMode;
  /** First batch; the client's value when absent. */
  readonly maxElements?: number;
}

/** What was counted. */
export interface ClientCounters {
  /** Envelopes sent, logins not included. */
  readonly roundTrips: number;
  readonly instances: number;
  readonly timeoutRepeats: number;
  readonly quotaRepeats: number;
  /** Answers that were too large and were asked for again in smaller pieces. */
  readonly halvings: number;
}

/** Events of a pull-mode subscription. */
export interface EventBatch {
  /** Each event as its element (`Event` of the event schema for Windows' own log). */
  readonly events: readonly XmlElement[];
  /** `w:Bookmark` as markup: give it to the next subscription to go on from here. */
  readonly bookmark?: string;
}

/** How to subscribe. */
export interface SubscribeOptions {
  readonly filter?: Filter;
  readonly bookmark?: string;
  readonly options?: ReadonlyMap<string, string>;
  /** Time a pull waits for events; XML Schema duration of the heartbeat. */
  readonly heartbeats?: string;
}

/** A pull-mode subscription. */
export interface SubscriptionApi {
  readonly identifier: string;
  /** Next events; empty after the operation time-out without any. */
  pull(maxElements?: number): Promise<EventBatch>;
  unsubscribe(): Promise<void>;
}

/** A remote shell. */
export interface ShellApi {
  readonly shellId: string;
  /** Starts a command. @returns its id. */
  command(command: string, args?: readonly string[]): Promise<string>;
  send(commandId: string, data: Uint8Array, end: boolean): Promise<void>;
  /** Output so far; waits up to the operation time-out and repeats. */
  receive(commandId: string): Promise<ShellOutput>;
  /** Ends a command; `terminate` by default. */
  signal(commandId: string, code?: string): Promise<void>;
  delete(): Promise<void>;
}

/** What {@link WsmanClient} offers. One operation at a time: a second one throws `WSMAN_BUSY`, also while an enumeration is being read. */
export interface ClientApi {
  readonly counters: ClientCounters;
  identify(): Promise<WsmanIdentity>;
  get(target: Target): Promise<WsmanInstance>;
  put(target: Target, instance: WsmanInstance): Promise<WsmanInstance | undefined>;
  create(target: Target, instance: WsmanInstance): Promise<XmlElement>;
  delete(target: Target): Promise<void>;
  enumerate(target: Target, options?: EnumerateOptions): AsyncIterable<WsmanInstance>;
  /** WQL over a namespace (`root/cimv2`). */
  query(namespace: string, wql: string): AsyncIterable<WsmanInstance>;
  /** Calls a method of a class or instance. @returns the output parameters, `ReturnValue` among them. */
  invoke(target: Target, method: string, parameters?: ReadonlyMap<string, WsmanValue>): Promise<WsmanInstance>;
  subscribe(target: Target, options?: SubscribeOptions): Promise<SubscriptionApi>;
  openShell(spec?: Partial<ShellSpec>, options?: ReadonlyMap<string, string>): Promise<ShellApi>;
}
