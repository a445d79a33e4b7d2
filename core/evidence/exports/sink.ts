import type { StateAddress } from '@winmedic/knowledge/model';
import type { EventObservation, InputProblem, InstantNs, Origin } from '../../model/observation.ts';
import type { StateExtent, StateObservation } from '../../model/state.ts';
import type { Command } from './commands.ts';
import { LocalClock } from './instant-of.ts';
import type { ExportKind } from './kinds.ts';
import type { ExportInput, ExportReading } from './types.ts';
import { WantedKeys } from './wanted.ts';

/** Most pieces of state kept from one text: many times what is asked for. Of a whole registry export without a choice only the beginning is kept. */
export const MAX_STATE = 50_000;
/** Most events of one text; more belong into an EVTX file. */
export const MAX_EVENTS = 200_000;
/** Most extents of one text: one for each registry key listed. */
const MAX_EXTENTS = 20_000;
/** Texts from this size on are not kept alive by the few characters that are kept of them. */
const COPY_FROM = 1 << 20;

/** Most hosts told apart: from two on the text is not that of one. */
const MAX_HOSTS = 2;
/** Longest NetBIOS name. @source [MS-NBTE] 2.2.1 */
const NETBIOS_CHARS = 15;

/** What is said of one piece of state besides its address and value. */
export interface StateDetails {
  readonly line: number;
  readonly valueType?: string;
  readonly byPolicy?: boolean;
  readonly until?: InstantNs;
  /** Registry key and value as the owner would write it. */
  readonly key?: string;
}

/** Takes in what the readers of one text find. */
export class Sink {
  readonly input: ExportInput;
  readonly wanted: WantedKeys | undefined;
  readonly clock: LocalClock;
  /** The command whose output is read, when the text shows it. */
  command: Command | undefined;
  /** The host the output speaks of, when command or prompt name another than the one the text was made on. */
  host: string | undefined;
  readonly #state: StateObservation[] = [];
  readonly #extents: StateExtent[] = [];
  readonly #ifAlone: StateExtent[] = [];
  readonly #events: EventObservation[] = [];
  readonly #problems = new Map<string, InputProblem>();
  readonly #kinds = new Map<ExportKind, true>();
  readonly #hosts = new Map<string, string>();
  readonly #own: (text: string) => string;
  #madeAt: InstantNs | undefined;
  #sections = 0;
  #full = false;

  constructor(text: string, input: ExportInput) {
    this.input = input;
    this.clock = new LocalClock(input.zone);
    this.wanted = input.wanted === undefined ? undefined : new WantedKeys(input.wanted);
    this.#own = text.length < COPY_FROM ? (part) => part : (part) => Buffer.from(part, 'utf16le').toString('utf16le');
  }

  /** No more state is kept: what is not in the list may have been shown all the same. */
  get full(): boolean {
    return this.#full;
  }

  /** An output of this kind begins. */
  section(kind: ExportKind): void {
    this.#kinds.set(kind, true);
    this.#sections++;
  }

  state(address: StateAddress, value: StateObservation['value'], details: StateDetails): void {
    const { line, key } = details;
    if (this.#state.length >= MAX_STATE) {
      if (!this.#full) this.problem('EXPORT_TOO_MUCH', 'partial', line);
      this.#full = true;
      return;
    }
    this.#state.push({
      type: 'state',
      address: this.#own(address),
      value: typeof value === 'string' ? this.#own(value) : (value?.map(this.#own) ?? null),
      ...(details.valueType !== undefined && { valueType: details.valueType }),
      ...(details.byPolicy === true && { byPolicy: true as const }),
      ...(details.until !== undefined && { until: details.until }),
      ...(this.host !== undefined && { host: this.host }),
      origin: { ...this.origin(line), ...(key !== undefined && { key: this.#own(key) }) },
      trust: 'text',
    });
  }

  /** Everything at `prefix` was shown. Not taken when the output was filtered, or when not everything could be kept. */
  extent(prefix: StateAddress, depth: StateExtent['depth'], line: number, more: Pick<StateExtent, 'looked' | 'until'> = {}): void {
    if (this.#mayShowAll()) this.#extents.push(this.#makeExtent(prefix, depth, line, more));
  }

  /** The same, for output whose command is not shown: it counts only when it is all that the text holds (a file the command wrote). */
  extentIfAlone(prefix: StateAddress, depth: StateExtent['depth'], line: number, more: Pick<StateExtent, 'looked' | 'until'> = {}): void {
    if (this.#mayShowAll()) this.#ifAlone.push(this.#makeExtent(prefix, depth, line, more));
  }

  event(event: Omit<EventObservation, 'type' | 'id' | 'origin' | 'trust'>, line: number): boolean {
    if (this.#events.length >= MAX_EVENTS) {
      this.problem('EXPORT_TOO_MUCH', 'partial', line);
      return false;
    }
    const origin = event.recordId === '' ? this.origin(line) : { ...this.origin(line), recordId: event.recordId };
    this.#events.push({ type: 'event', id: '', ...event, origin, trust: 'text' });
    return true;
  }

  /** The text names the host it speaks of: that it was made on, unless the command asked another. */
  named(host: string): void {
    if (this.host !== undefined) return;
    const key = host.toLowerCase();
    for (const known of this.#hosts.keys()) {
      // Some tools print the NetBIOS name, which is cut.
      const [short, long] = known.length < key.length ? [known, key] : [key, known];
      if (short === long || (short.length === NETBIOS_CHARS && long.startsWith(short))) return;
    }
    if (this.#hosts.size < MAX_HOSTS) this.#hosts.set(key, this.#own(host));
  }

  madeAt(time: InstantNs): void {
    if (this.#madeAt === undefined || time > this.#madeAt) this.#madeAt = time;
  }

  /** The first of a kind is kept with its line, the others are counted. `what` must not hold values of the text that may be secret. */
  problem(code: string, severity: InputProblem['severity'], line: number, what?: string): void {
    const known = this.#problems.get(code);
    if (known !== undefined) this.#problems.set(code, { ...known, count: (known.count ?? 1) + 1 });
    else
      this.#problems.set(code, {
        code,
        severity,
        path: this.input.path,
        what: what === undefined ? `line ${line}` : `line ${line}: ${what}`,
      });
  }

  origin(line: number): Origin {
    return { sourceId: this.input.sourceId, path: this.input.path, line };
  }

  /**
   * @param wholeText nothing but output of tools and empty lines was met.
   * @param otherText text of no known tool was met.
   * @returns `undefined` when nothing was recognised.
   */
  finish(wholeText: boolean, otherText = false): ExportReading | undefined {
    const [kind, second] = this.#kinds.keys();
    if (kind === undefined) return undefined;
    const alone = wholeText && this.#sections === 1;
    const [host, otherHost] = this.#hosts.values();
    const { modified } = this.input;
    const one = host !== undefined && otherHost === undefined ? { host } : {};
    // What no command asked of another host is that of the one host the text names.
    const ofHost = <T extends { readonly host?: string }>(list: readonly T[]): readonly T[] =>
      one.host === undefined ? list : list.map((item) => (item.host === undefined ? { ...item, ...one } : item));
    const madeAt = this.#madeAt ?? modified;
    return {
      kind: second === undefined ? kind : 'transcript',
      state: ofHost(this.#state),
      extents: ofHost(alone && !this.#full ? [...this.#extents, ...this.#ifAlone] : this.#extents),
      events: this.#events,
      ...one,
      ...(otherText && { otherText: true as const }),
      ...(madeAt !== undefined && { madeAt, madeAtFrom: this.#madeAt === undefined ? ('file' as const) : ('text' as const) }),
      problems: [...this.#problems.values()],
    };
  }

  #mayShowAll(): boolean {
    return !this.#full && this.command?.filtered !== true && this.#extents.length + this.#ifAlone.length < MAX_EXTENTS;
  }

  #makeExtent(prefix: StateAddress, depth: StateExtent['depth'], line: number, more: Pick<StateExtent, 'looked' | 'until'>): StateExtent {
    const looked = more.looked ?? (/^reg:/i.test(prefix) ? this.input.wanted : undefined);
    return {
      prefix: this.#own(prefix),
      depth,
      ...(looked !== undefined && { looked }),
      ...(more.until !== undefined && { until: more.until }),
      ...(this.host !== undefined && { host: this.host }),
      origin: this.origin(line),
      trust: 'text',
    };
  }
}
