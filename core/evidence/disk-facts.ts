import type { Evidence, FactObservation, InstantNs, Origin } from '../model/observation.ts';
import type { DumpObservation } from '../model/state.ts';
import { channelFilesOn } from './disk-channel-files.ts';
import { type DiskWindows, diskLabel } from './disk-evidence.ts';
import { bootFacts, type DiskFact, volumeFacts } from './disk-state.ts';
import { type Problems, unreadable } from './problems.ts';
import { HOST_NAME_ADDRESSES } from './wanted-state.ts';

/** What was read from the files on disks, for telling whose they are and until when the disk was in use. */
export type ReadFromDisks = Pick<Evidence, 'sources' | 'events' | 'coverage' | 'dumps' | 'state' | 'extents'>;

/**
 * What the disks themselves say about the state of their Windows. Each fact held from the last change of what it was read from to the newest time that anything
 * on the volume bears: until then the disk was in use. Nothing is said of a Windows whose name is not known, or that may be running.
 */
export function factsOfDisks(windows: readonly DiskWindows[], read: ReadFromDisks, problems: Problems): FactObservation[] {
  return windows.flatMap((one) => {
    const host = hostOn(one, read);
    if (host === undefined || one.inUse) return [];
    const until = newestOn(one, read);
    const sourceId = read.sources.find(({ kind, path }) => kind === 'disk' && diskLabel(one.label) === path)?.id ?? '';
    const made = [channelFilesOn, volumeFacts, bootFacts].flatMap((read) => {
      try {
        return read(one, problems);
      } catch (error) {
        problems.add(unreadable(error, one.label));
        return [];
      }
    });
    return made.map((fact) => observationOf(fact, { host, until, sourceId, label: one.label }));
  });
}

/**
 * A crash dump of a disk belongs to the Windows it lay in: its host is named, unless the logs there are of several machines (a cloned image keeps those of
 * its template).
 */
export function hostOfDiskDump(dump: DumpObservation, windows: readonly DiskWindows[], read: ReadFromDisks): DumpObservation {
  const own = windows.find((one) => isOn(one, dump.origin));
  if (own === undefined || new Set(machinesOn(own, read).map(({ short }) => short)).size > 1) return dump;
  const host = hostOn(own, read);
  return host === undefined ? dump : { ...dump, host };
}

function observationOf(
  { name, value, since, path, key }: DiskFact,
  {
    host,
    until,
    sourceId,
    label,
  }: { readonly host: string; readonly until: InstantNs | undefined; readonly sourceId: string; readonly label: string },
): FactObservation {
  return {
    type: 'fact',
    id: '',
    name,
    value,
    host,
    time: timeOf(since, until),
    origin: { sourceId, path: path ?? label, ...(key !== undefined && { key }) },
    trust: 'record',
  };
}

/** From its last change until the disk was out of use; a change after that (on another machine) says nothing about the time before. */
function timeOf(since: InstantNs | undefined, until: InstantNs | undefined): FactObservation['time'] {
  if (since !== undefined)
    return until !== undefined && since <= until ? { kind: 'span', from: since, to: until } : { kind: 'instant', at: since };
  return until === undefined ? { kind: 'now' } : { kind: 'instant', at: until };
}

function isOn({ label }: DiskWindows, { path }: Pick<Origin, 'path'>): boolean {
  return path.startsWith(`${label}/`);
}

/** Names of machines that wrote the System log of a Windows, the newest last. A log of collected records is another one. */
function machinesOn(windows: DiskWindows, { sources, coverage }: ReadFromDisks): { readonly name: string; readonly short: string }[] {
  const log = sources.find((source) => isOn(windows, source) && /\/System\.evtx$/i.test(source.path))?.id;
  if (log === undefined) return [];
  return coverage
    .filter(({ sourceIds, forwarded, host }) => sourceIds.includes(log) && forwarded !== true && host.trim() !== '')
    .toSorted((a, b) => (a.last < b.last ? -1 : a.last > b.last ? 1 : 0))
    .map(({ host }) => ({ name: host, short: host.toLowerCase().split('.', 1)[0] as string }));
}

/** The machine a Windows is: as the newest records of its System log name it, else as its SYSTEM hive does. */
function hostOn(windows: DiskWindows, read: ReadFromDisks): string | undefined {
  const logged = machinesOn(windows, read).at(-1)?.name;
  if (logged !== undefined) return logged;
  for (const address of HOST_NAME_ADDRESSES) {
    const found = read.state.find((one) => one.address === address && isOn(windows, one.origin))?.value;
    if (typeof found === 'string' && found.trim() !== '') return found.trim();
  }
  return undefined;
}

/** Newest time of anything read from a volume; times in the future are those of a wrong clock. */
function newestOn(windows: DiskWindows, { events, dumps, extents }: ReadFromDisks): InstantNs | undefined {
  const now = BigInt(Date.now()) * 1_000_000n;
  let newest: InstantNs | undefined;
  const see = (origin: Origin, time: InstantNs | undefined): void => {
    if (time !== undefined && time <= now && isOn(windows, origin) && (newest === undefined || time > newest)) newest = time;
  };
  for (const { origin, time } of events) see(origin, time);
  for (const { origin, time } of dumps) see(origin, time);
  for (const { origin, until } of extents) see(origin, until);
  return newest;
}
