import type { ChannelCoverage, EventObservation } from '../model/observation.ts';
import { text } from './fields.ts';

/** Name shown for records that carry no computer name. */
export const UNNAMED_HOST = '?';

/** Records lost between two names of one log; more, and nothing is concluded. */
const MAX_MISSING_IDS = 200n;

/** Which names belong to one machine. */
export interface HostNames {
  /** Name to use for a Computer value: the latest spelling the machine had. */
  canonical(name: string): string;
  /** Every name of that machine, as written, its canonical name included. */
  names(canonical: string): readonly string[];
  readonly hosts: readonly string[];
}

/**
 * Finds the machines behind the computer names. Two names are one machine when they differ only in letter case; when one is the
 * short form of the other and only one full name has it; when EventLog 6011 records the rename; or when one local log goes on
 * with the next record id under the new name (a rename during set-up leaves no 6011).
 */
export function unifyHosts(events: readonly EventObservation[], coverage: readonly ChannelCoverage[]): HostNames {
  const union = new Union();
  const latest = new Map<string, { time: bigint; spelling: string }>();
  const see = (name: string, time: bigint): void => {
    const key = keyOf(name);
    union.add(key);
    const known = latest.get(key);
    if (known === undefined || time >= known.time) latest.set(key, { time, spelling: name.trim() === '' ? UNNAMED_HOST : name.trim() });
  };
  for (const e of events) see(e.host, e.time);
  for (const c of coverage) see(c.host, c.last);

  linkRenames(events, union, see);
  linkNeighbours(coverage, union);
  linkShortNames(union);

  const groups = new Map<string, string[]>();
  for (const key of union.keys()) {
    const root = union.find(key);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [key]);
    else group.push(key);
  }
  const canonicalOf = new Map<string, string>();
  const namesOf = new Map<string, readonly string[]>();
  for (const keys of groups.values()) {
    const recorded = keys.map((k) => latest.get(k)).filter((n) => n !== undefined);
    recorded.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.spelling.length - b.spelling.length));
    const canonical = recorded.at(-1)?.spelling ?? UNNAMED_HOST;
    for (const k of keys) canonicalOf.set(k, canonical);
    namesOf.set(canonical, [...new Set(recorded.map((n) => n.spelling))].sort());
  }
  return {
    canonical: (name) => canonicalOf.get(keyOf(name)) ?? (name.trim() === '' ? UNNAMED_HOST : name.trim()),
    names: (canonical) => namesOf.get(canonical) ?? [canonical],
    hosts: [...new Set(canonicalOf.values())].sort(),
  };
}

/** Comparison form of a computer name: lower case, without a trailing dot. */
export function keyOf(name: string): string {
  return name.trim().toLowerCase().replace(/\.$/, '');
}

/**
 * EventLog 6011: data are the old and the new NetBIOS name. An old name that two machines gave up (both made from one image) joins
 * nothing.
 */
function linkRenames(events: readonly EventObservation[], union: Union, see: (name: string, time: bigint) => void): void {
  const claims = new Map<string, Set<string>>();
  for (const e of events) {
    if (e.eventId !== 6011 || e.provider.toLowerCase() !== 'eventlog') continue;
    const oldName = text(e, 'Data[0]', 'param1');
    const newName = text(e, 'Data[1]', 'param2');
    if (!isName(oldName) || !isName(newName)) continue;
    // Names that no record carries stay as further names of the machine.
    if (!union.has(keyOf(oldName))) see(oldName, -1n);
    if (!union.has(keyOf(newName))) see(newName, -1n);
    const claimants = claims.get(keyOf(oldName)) ?? new Set<string>();
    claimants.add(keyOf(newName));
    claims.set(keyOf(oldName), claimants);
  }
  for (const [oldKey, claimants] of claims) {
    const [only, second] = claimants;
    if (only !== undefined && second === undefined) union.join(oldKey, only);
  }
}

function isName(name: string): boolean {
  return /^[^\s\\/:*?"<>|]{1,64}$/.test(name);
}

/** One local log in which the record ids of one name end shortly before those of another begin, and do not come back afterwards. */
function linkNeighbours(coverage: readonly ChannelCoverage[], union: Union): void {
  const byLog = new Map<string, ChannelCoverage[]>();
  for (const c of coverage) {
    if (c.forwarded === true || c.runs === undefined || c.runs.length === 0) continue;
    for (const source of c.sourceIds) {
      const key = `${source}\0${c.channel.toLowerCase()}`;
      const list = byLog.get(key);
      if (list === undefined) byLog.set(key, [c]);
      else list.push(c);
    }
  }
  for (const list of byLog.values()) {
    if (list.length < 2) continue;
    const spans = list
      .map((c) => ({ key: keyOf(c.host), first: c.runs?.[0]?.firstId ?? 0n, last: c.runs?.at(-1)?.lastId ?? 0n }))
      .sort((a, b) => (a.first < b.first ? -1 : 1));
    for (let i = 1; i < spans.length; i++) {
      const before = spans[i - 1] as (typeof spans)[number];
      const after = spans[i] as (typeof spans)[number];
      const missing = after.first - before.last - 1n;
      if (missing >= 0n && missing <= MAX_MISSING_IDS) union.join(before.key, after.key);
    }
  }
}

/** `DC1` and `DC1.example.org` are one machine unless two full names share the short one. */
function linkShortNames(union: Union): void {
  const full = new Map<string, Set<string>>();
  for (const key of union.keys()) {
    const dot = key.indexOf('.');
    if (dot <= 0 || /^[\d.]+$/.test(key)) continue;
    const short = key.slice(0, dot);
    const machines = full.get(short) ?? new Set<string>();
    machines.add(key);
    full.set(short, machines);
  }
  for (const [short, machines] of full) {
    if (!union.has(short)) continue;
    const roots = new Set([...machines].map((m) => union.find(m)));
    if (roots.size === 1) union.join(short, machines.values().next().value as string);
  }
}

class Union {
  readonly #parent = new Map<string, string>();
  add(key: string): void {
    if (!this.#parent.has(key)) this.#parent.set(key, key);
  }
  has(key: string): boolean {
    return this.#parent.has(key);
  }
  keys(): string[] {
    return [...this.#parent.keys()];
  }
  find(key: string): string {
    this.add(key);
    let root = key;
    for (let next = this.#parent.get(root); next !== undefined && next !== root; next = this.#parent.get(root)) root = next;
    this.#parent.set(key, root);
    return root;
  }
  join(a: string, b: string): void {
    const ra = this.find(a);
    const rb = this.find(b);
    if (ra !== rb) this.#parent.set(ra, rb);
  }
}
