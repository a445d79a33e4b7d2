import type { EventObservation, Evidence, InstantNs } from '../model/observation.ts';
import { baseName, folderOf, foldersOf } from './folders.ts';
import { HostNames, isHostName } from './host-names.ts';
import { BUILD_PLACES, DOMAIN_PLACES, HOST_NAME_PLACES, Interest } from './interest.ts';
import { Unit } from './unit.ts';

/** What of the evidence the state of hosts is taken from. */
export type StateEvidence = Pick<Evidence, 'state' | 'extents' | 'sources' | 'problems' | 'events' | 'dumps'>;

/** Hives of one host that were copied together: they show it at one time. */
export interface HiveSet {
  readonly units: readonly Unit[];
  /** Newest write in any of them. */
  readonly until?: InstantNs;
}

/** What the evidence says about the state of one host. */
export interface HostState {
  /** Absent when it cannot be said whose state this is. */
  readonly host?: string;
  /** Hosts that come into question when there is no single one. */
  readonly candidates: readonly string[];
  /** The newest first: that is the present state of the host. */
  readonly hives: readonly HiveSet[];
  /** Everything else: exported text, command output. */
  readonly texts: readonly Unit[];
  /** Builds that event logs and dumps of this host name, with the time. */
  readonly builds: readonly { readonly build: number; readonly time?: InstantNs }[];
  /** Kinds of Windows its dumps name. */
  readonly products: readonly { readonly product: 'client' | 'server' | 'dc'; readonly time?: InstantNs }[];
}

/**
 * Whose state the sources show. A source that names its host belongs to it; one that does not belongs to the one host that is named, by
 * state or by event logs, in its folder or the nearest folder above it where any is. More than one there, or another build of Windows than the log
 * records for the time of a hive: nobody's.
 */
export function hostsOfState(evidence: StateEvidence, interest: Interest = new Interest([])): HostState[] {
  const units = unitsOf(evidence, interest);
  const named = new Map(units.map((unit) => [unit, namesOf(unit)]));
  const names = new HostNames(
    evidence.events,
    [...named.values()].flatMap(({ short }) => (short === undefined ? [] : [short])),
  );
  const machineOf = new Map<Unit, string>();
  for (const [unit, { short, full }] of named) {
    const name = full !== undefined && names.knows(full) ? full : short;
    if (name !== undefined) machineOf.set(unit, names.machine(name));
  }

  const map = new FolderMap();
  for (const [unit, machine] of machineOf) map.add(unit.path, machine);
  const logs = logsOf(evidence.events, names);
  for (const { path, machines } of logs.values()) for (const machine of machines) map.add(path, machine);

  const shown = names.shown();
  const groups = new Map<string, { machine?: string; candidates: string[]; units: Unit[] }>();
  const put = (key: string, unit: Unit, more: { machine?: string; candidates: string[] }): void => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...more, units: [unit] });
    else group.units.push(unit);
  };
  const packs = packsOf(units);
  const about = osWitnesses(evidence, names);
  for (const unit of units) {
    const pack = packs.get(unit);
    const near = machineOf.get(unit) ?? siblingHive(unit, pack, machineOf) ?? map.nearest(unit.path);
    const other =
      typeof near === 'string' && !machineOf.has(unit) && isOtherBuild(unit, about.builds.get(near) ?? [], about.last.get(near));
    const found = other ? new Set([near]) : near;
    if (typeof found === 'string') put(`\0${found}`, unit, { machine: found, candidates: [] });
    else {
      const candidates = [...found].map((m) => shown.get(m) ?? m).sort();
      // Nobody is named anywhere: what lies together is taken as one host. Where several are, every text may be of another one.
      const together = found.size === 0 && pack?.others !== true;
      const key = together ? `${folderOf(unit.path)}\0` : (pack?.key ?? `${unit.path}\0${unit.sourceId}`);
      put(key, unit, { candidates });
    }
  }

  const hosts = [...groups.values()].map(({ machine, candidates, units: own }): HostState => {
    const host = machine === undefined ? undefined : (shown.get(machine) ?? machine);
    return {
      ...(host !== undefined && { host }),
      candidates,
      hives: hiveSets(
        own.filter((u) => u.isHive),
        packs,
      ),
      texts: own.filter((u) => !u.isHive),
      builds: (machine !== undefined && about.builds.get(machine)) || [],
      products: (machine !== undefined && about.products.get(machine)) || [],
    };
  });
  return hosts.sort(byName);
}

/** Builds of one kernel are no further apart: an enablement package counts on (19041 to 19045) and not everything names its number. */
const SAME_KERNEL_BUILDS = 100;
/** A running host writes its uptime to the log once a day: where the log ends longer before, an upgrade may lie between. */
const DAY_NS = 86_400_000_000_000n;

/**
 * Is a hive that names its build, but no host, of another Windows than the boots next to its newest write? After an upgrade one of the two fits.
 * @param last newest record of the host
 */
function isOtherBuild(unit: Unit, boots: HostState['builds'], last: InstantNs | undefined): boolean {
  const { until } = unit;
  if (!unit.isHive || until === undefined) return false;
  const [build] = BUILD_PLACES.flatMap((place) =>
    unit.at(place).flatMap(({ value }) => (typeof value === 'string' ? (buildNumber(value) ?? []) : [])),
  );
  if (build === undefined) return false;
  const before = nearestBoot(
    boots,
    (time) => time <= until,
    (a, b) => a > b,
  );
  const after = nearestBoot(
    boots,
    (time) => time > until,
    (a, b) => a < b,
  );
  if (after === undefined && (before === undefined || last === undefined || last < until - DAY_NS)) return false;
  return [before, after].every((boot) => boot === undefined || Math.abs(boot.build - build) > SAME_KERNEL_BUILDS);
}

interface TimedBuild {
  readonly build: number;
  readonly time: InstantNs;
}

function nearestBoot(
  boots: HostState['builds'],
  counts: (time: InstantNs) => boolean,
  nearer: (a: InstantNs, b: InstantNs) => boolean,
): TimedBuild | undefined {
  let best: TimedBuild | undefined;
  for (const { build, time } of boots) {
    if (time !== undefined && counts(time) && (best === undefined || nearer(time, best.time))) best = { build, time };
  }
  return best;
}

function byName(a: HostState, b: HostState): number {
  if ((a.host === undefined) !== (b.host === undefined)) return a.host === undefined ? 1 : -1;
  const [x, y] = [a.host ?? firstPath(a), b.host ?? firstPath(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function firstPath({ hives, texts }: HostState): string {
  return [...hives.flatMap(({ units }) => units), ...texts].map(({ path }) => path).sort()[0] ?? '';
}

/** One unit for each source and host it names, in order of the evidence. */
function unitsOf({ state, extents, sources }: StateEvidence, interest: Interest): Unit[] {
  const kinds = new Map(sources.map((s) => [s.id, s.kind]));
  const units = new Map<string, Unit>();
  const unitOf = (of: { readonly origin: { readonly sourceId: string; readonly path: string }; readonly host?: string }): Unit => {
    const { sourceId, path } = of.origin;
    const key = `${sourceId}\0${path}\0${of.host?.toLowerCase() ?? ''}`;
    let unit = units.get(key);
    if (unit === undefined) {
      unit = new Unit(sourceId, path, kinds.get(sourceId), isHostName(of.host) ? of.host : undefined, interest);
      units.set(key, unit);
    }
    return unit;
  };
  for (const observation of state) unitOf(observation).add(observation);
  for (const extent of extents) unitOf(extent).addExtent(extent);
  return [...units.values()];
}

/** Name a unit gives its host, alone and with its domain. */
function namesOf(unit: Unit): { readonly short?: string; readonly full?: string } {
  const first = (places: readonly string[]): string | undefined => {
    for (const place of places) {
      for (const { value } of unit.at(place)) if (typeof value === 'string' && isHostName(value)) return value.trim();
    }
    return undefined;
  };
  const short = unit.statedHost ?? first(HOST_NAME_PLACES);
  if (short === undefined) return {};
  const domain = short.includes('.') ? undefined : first(DOMAIN_PLACES);
  return { short, ...(domain !== undefined && { full: `${short}.${domain}` }) };
}

/** Machines named in a folder or below it. */
class FolderMap {
  readonly #machines = new Map<string, Set<string>>();

  add(path: string, machine: string): void {
    for (const folder of foldersOf(path)) {
      const set = this.#machines.get(folder);
      if (set === undefined) this.#machines.set(folder, new Set([machine]));
      else set.add(machine);
    }
  }

  /** The one machine of the nearest level that has any, or those between which it cannot be decided (none: nothing is named). */
  nearest(path: string): string | ReadonlySet<string> {
    for (const folder of foldersOf(path)) {
      const machines = this.#machines.get(folder);
      if (machines === undefined) continue;
      return machines.size === 1 ? (machines.values().next().value as string) : machines;
    }
    return new Set();
  }
}

function logsOf(events: readonly EventObservation[], names: HostNames): Map<string, { path: string; machines: Set<string> }> {
  const logs = new Map<string, { path: string; machines: Set<string>; spellings: Set<string> }>();
  for (const { origin, host } of events) {
    const key = `${origin.sourceId}\0${origin.path}`;
    let log = logs.get(key);
    if (log === undefined) {
      log = { path: origin.path, machines: new Set(), spellings: new Set() };
      logs.set(key, log);
    }
    if (log.spellings.has(host) || !isHostName(host)) continue;
    log.spellings.add(host);
    log.machines.add(names.machine(host));
  }
  return logs;
}

/** Hives that lie together and belong together. */
interface Pack {
  readonly key: string;
  /** There are hives of the same kind beside it that are not of this copy. */
  readonly others: boolean;
  readonly units: Unit[];
}

/**
 * Hives of one folder are one copy of one host, unless one kind is there twice: then those whose names differ from the name of the hive in
 * the same way belong together (`RDS01_SYSTEM` and `RDS01_SOFTWARE`, `SYSTEM.old` and `SOFTWARE.old`).
 */
function packsOf(units: readonly Unit[]): ReadonlyMap<Unit, Pack> {
  const byFolder = new Map<string, Unit[]>();
  for (const unit of units) {
    if (!unit.isHive) continue;
    const folder = folderOf(unit.path);
    const list = byFolder.get(folder);
    if (list === undefined) byFolder.set(folder, [unit]);
    else list.push(unit);
  }
  const packs = new Map<Unit, Pack>();
  for (const [folder, list] of byFolder) {
    const twice = hasDouble(list);
    const byRest = new Map<string, Pack>();
    for (const unit of list) {
      const rest = twice ? restOfName(unit) : '';
      const pack = byRest.get(rest) ?? { key: `${folder}\0hives\0${rest}`, others: twice, units: [] };
      byRest.set(rest, pack);
      pack.units.push(unit);
      packs.set(unit, pack);
    }
  }
  return packs;
}

function hasDouble(units: readonly Unit[]): boolean {
  const seen = new Set<string>();
  for (const { roots } of units) {
    for (const root of roots) {
      if (seen.has(root)) return true;
      seen.add(root);
    }
  }
  return false;
}

/** Name of the file without that of its hive. */
function restOfName(unit: Unit): string {
  const name = baseName(unit.path).toLowerCase();
  for (const root of unit.roots) {
    const hive = root.slice(root.lastIndexOf('\\') + 1).toLowerCase();
    if (name.includes(hive)) return name.replace(hive, '');
  }
  return name;
}

/** The host another hive of the same copy names. */
function siblingHive(unit: Unit, pack: Pack | undefined, machineOf: ReadonlyMap<Unit, string>): string | undefined {
  if (!unit.isHive || pack === undefined) return undefined;
  const machines = new Set(pack.units.flatMap((u) => machineOf.get(u) ?? []));
  return machines.size === 1 ? machines.values().next().value : undefined;
}

/** Copies of the hives of one host, newest first. Copies that complete each other without one kind twice are one. */
function hiveSets(units: readonly Unit[], packs: ReadonlyMap<Unit, Pack>): HiveSet[] {
  const own = new Map<string, Unit[]>();
  const twice = hasDouble(units);
  for (const unit of units) {
    const key = twice ? (packs.get(unit)?.key ?? unit.path) : '';
    const list = own.get(key);
    if (list === undefined) own.set(key, [unit]);
    else list.push(unit);
  }
  // Still twice: files that say of themselves to be the same hive in one place. Each stands for itself.
  const sets = [...own.values()].flatMap((list) => (hasDouble(list) ? list.map((u) => [u]) : [list]));
  return sets
    .map((list): HiveSet => {
      const times = list.flatMap((u) => (u.until === undefined ? [] : [u.until]));
      const newest = times.reduce<InstantNs | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
      return { units: list, ...(newest !== undefined && { until: newest }) };
    })
    .sort((a, b) => {
      const [x, y] = [a.until ?? -1n, b.until ?? -1n];
      return x > y ? -1 : x < y ? 1 : 0;
    });
}

/** Builds and kinds of Windows that records and dumps name, and the newest record, by machine. */
function osWitnesses(
  { events, dumps }: StateEvidence,
  names: HostNames,
): {
  readonly builds: ReadonlyMap<string, HostState['builds'][number][]>;
  readonly products: ReadonlyMap<string, HostState['products'][number][]>;
  readonly last: ReadonlyMap<string, InstantNs>;
} {
  const builds = new Map<string, HostState['builds'][number][]>();
  const last = new Map<string, InstantNs>();
  const products = new Map<string, HostState['products'][number][]>();
  const note = <T>(to: Map<string, T[]>, machine: string, entry: T): void => {
    const list = to.get(machine);
    if (list === undefined) to.set(machine, [entry]);
    else list.push(entry);
  };
  for (const e of events) {
    const build = buildOf(e);
    if (!isHostName(e.host)) continue;
    const machine = names.machine(e.host);
    if (build !== undefined) note(builds, machine, { build, time: e.time });
    if (e.time > (last.get(machine) ?? -1n)) last.set(machine, e.time);
  }
  for (const dump of dumps) {
    // A dump that nobody named may be of any machine; what lies beside it says too little to take its Windows over.
    if (!isHostName(dump.host)) continue;
    const machine = names.machine(dump.host);
    const time = dump.time === undefined ? {} : { time: dump.time };
    if (dump.build > 0) note(builds, machine, { build: dump.build, ...time });
    if (dump.productType !== undefined) note(products, machine, { product: dump.productType, ...time });
  }
  return { builds, products, last };
}

/** Kernel-General 12 carries the build at every boot, and so does EventLog 6009 as its second datum. */
function buildOf(e: EventObservation): number | undefined {
  const provider = e.provider.toLowerCase();
  const text =
    e.eventId === 12 && provider === 'microsoft-windows-kernel-general'
      ? e.fields.get('BuildVersion')
      : e.eventId === 6009 && provider === 'eventlog'
        ? e.fields.get('Data[1]')
        : undefined;
  return text === undefined ? undefined : buildNumber(text);
}

/** A build as a number: `17763`, `0x4563`, or the third part of `10.0.17763.1`. */
export function buildNumber(text: string): number | undefined {
  const trimmed = text.trim();
  const dotted = /^\d{1,3}\.\d{1,3}\.(\d{1,6})(?:\D|$)/.exec(trimmed)?.[1];
  const n = dotted === undefined ? (/^(?:\d{1,6}|0x[0-9a-f]{1,5})$/i.test(trimmed) ? Number(trimmed) : undefined) : Number(dotted);
  return n !== undefined && n > 0 ? n : undefined;
}
