import type { EventObservation } from '../model/observation.ts';

/** Longest NetBIOS name; Windows cuts longer host names to it. @source [MS-NBTE] 2.2.1 (16 bytes, the last is the suffix) */
const NETBIOS_CHARS = 15;

/** Comparison form of a computer name: lower case, without a trailing dot. */
const keyOf = (name: string): string => name.trim().toLowerCase().replace(/\.$/, '');

/** Is this a name at all? Records without one carry nothing or a placeholder. */
export function isHostName(name: string | undefined): name is string {
  return name !== undefined && /^[^\s\\/:*?"<>|]{1,255}$/.test(name.trim());
}

const shortOf = (key: string): string => (/^[\d.]+$/.test(key) ? key : (key.split('.', 1)[0] as string));

/**
 * Which names mean one machine: the same but for letter case; the short form of one full name only; the first 15 characters of one longer
 * name only; the old and the new name of a rename (EventLog 6011).
 */
export class HostNames {
  readonly #parent = new Map<string, string>();
  /** Spelling to show, by comparison form; names of event logs come first, since the diagnosis calls the host so. */
  readonly #spelling = new Map<string, { readonly name: string; readonly rank: bigint }>();

  /**
   * @param events their hosts are names; renames among them join two.
   * @param others names given by state sources.
   */
  constructor(events: readonly EventObservation[], others: Iterable<string>) {
    for (const name of others) this.#see(name, -1n);
    const renames = new Map<string, Set<string>>();
    for (const e of events) {
      const known = this.#spelling.get(keyOf(e.host));
      if (known === undefined || known.rank < e.time) this.#see(e.host, e.time < 0n ? 0n : e.time);
      if (e.eventId !== 6011 || e.provider.toLowerCase() !== 'eventlog') continue;
      const [from, to] = [e.fields.get('Data[0]') ?? e.fields.get('param1'), e.fields.get('Data[1]') ?? e.fields.get('param2')];
      if (!isHostName(from) || !isHostName(to)) continue;
      const claims = renames.get(keyOf(from)) ?? new Set<string>();
      renames.set(keyOf(from), claims.add(keyOf(to)));
    }
    this.#joinForms(shortOf, (key) => key.includes('.'));
    this.#joinForms(
      (key) => shortOf(key).slice(0, NETBIOS_CHARS),
      (key) => shortOf(key).length > NETBIOS_CHARS,
    );
    // An old name that two machines gave up (both made from one image) joins nothing.
    for (const [from, [to, second]] of renames) if (to !== undefined && second === undefined) this.#join(from, to);
  }

  /** Is this very spelling (but for case) the name of something in the evidence? */
  knows(name: string): boolean {
    return this.#spelling.has(keyOf(name));
  }

  /** Comparison form of the machine a name means. */
  machine(name: string): string {
    const start = keyOf(name);
    let at = start;
    for (let next = this.#parent.get(at); next !== undefined && next !== at; next = this.#parent.get(at)) at = next;
    // Short ways keep a long chain of renames cheap.
    if (at !== start) this.#parent.set(start, at);
    return at;
  }

  /** Names to show, by machine: the latest one in event logs, else the longest of the state sources. */
  shown(): ReadonlyMap<string, string> {
    const best = new Map<string, { readonly name: string; readonly rank: bigint }>();
    for (const [key, entry] of this.#spelling) {
      const machine = this.machine(key);
      const old = best.get(machine);
      const longer = old !== undefined && entry.rank === old.rank && entry.name.length > old.name.length;
      if (old === undefined || entry.rank > old.rank || longer) best.set(machine, entry);
    }
    return new Map([...best].map(([machine, { name }]) => [machine, name]));
  }

  #see(name: string, rank: bigint): void {
    if (!isHostName(name)) return;
    const key = keyOf(name);
    if (!this.#parent.has(key)) this.#parent.set(key, key);
    const known = this.#spelling.get(key);
    if (known === undefined || known.rank < rank) this.#spelling.set(key, { name: name.trim(), rank });
  }

  /** Joins the shortened form of a name to it, when it is that of one name only. */
  #joinForms(shorten: (key: string) => string, isLong: (key: string) => boolean): void {
    const long = new Map<string, Set<string>>();
    for (const key of this.#parent.keys()) {
      if (!isLong(key)) continue;
      const short = shorten(key);
      const set = long.get(short) ?? new Set<string>();
      long.set(short, set.add(key));
    }
    for (const [short, keys] of long) {
      if (!this.#parent.has(short)) continue;
      const machines = new Set([...keys].map((key) => this.machine(key)));
      if (machines.size === 1) this.#join(short, machines.values().next().value as string);
    }
  }

  #join(a: string, b: string): void {
    for (const key of [a, b]) if (!this.#parent.has(key)) this.#parent.set(key, key);
    const [from, to] = [this.machine(a), this.machine(b)];
    if (from !== to) this.#parent.set(from, to);
  }
}
