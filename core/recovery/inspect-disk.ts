import { FormatError, ticksToIso } from '@winmedic/bytes';
import { compareDisk, type FatVolume, type NtfsVolume } from '@winmedic/disk';
import { loadKnowledge } from '@winmedic/knowledge';
import { type Hive, openHive } from '@winmedic/registry-hive';
import { readBootConfiguration } from '../disk/bcd.ts';
import { bootStores } from '../disk/boot-store.ts';
import { hibernationState } from '../disk/hibernation.ts';
import { diskUses } from '../disk/in-use.ts';
import type { OpenedDisk } from '../disk/open-disk.ts';
import { identifyWindows, type Read } from '../disk/system.ts';
import type { DiskVolume } from '../disk/volume.ts';
import { CONFIG_FOLDER, hasWindows, hiveOnDisk } from '../disk/windows.ts';
import { blameTables, type Problems, readDump } from '../evidence/index.ts';
import type { DiskReport, DiskValue, LastCrash, VolumeReport, WindowsReport } from '../model/disk.ts';
import { wholeJournalsOf, withJournal } from './journal-file.ts';
import { hiveReports } from './verify-disk.ts';

/** Everything `disk inspect` shows but what it cost and the problems met. A volume that cannot be read is told and the others are shown. */
export function inspectDisk(disk: OpenedDisk, problems: Problems): Omit<DiskReport, 'problems' | 'io'> {
  const volumes = disk.volumes.map((volume) => volumeReport(disk, volume, problems));
  const journal = wholeJournalsOf(disk.path, disk.isDevice).at(-1);
  return {
    path: disk.path,
    sizeBytes: disk.device.sizeBytes,
    isDevice: disk.isDevice,
    container: disk.kind,
    ...(disk.containerInfo && { containerInfo: disk.containerInfo }),
    parents: disk.parents,
    table: disk.table,
    volumes,
    uses: diskUses(disk.path),
    ...(journal !== undefined && { journal: { path: journal, state: journalState(journal, disk) } }),
  };
}

function journalState(path: string, disk: OpenedDisk): NonNullable<DiskReport['journal']>['state'] {
  try {
    return withJournal(path, (journal) => compareDisk(journal, disk.bottom).state);
  } catch (error) {
    if (error instanceof FormatError) return 'unreadable';
    throw error;
  }
}

function volumeReport(disk: OpenedDisk, volume: DiskVolume, problems: Problems): VolumeReport {
  const { number, partition, kind } = volume;
  const base = { number, offset: partition.offset, sizeBytes: partition.sizeBytes, kind };
  try {
    const { bitlocker } = volume;
    const lock = bitlocker === undefined || bitlocker.state === 'decrypted' ? 'open' : volume.readable ? 'unlocked' : 'locked';
    const encrypted = { lock, ...(bitlocker && { bitlocker }), ...(volume.unlockedBy && { unlockedBy: volume.unlockedBy }) } as const;
    if (lock === 'locked') return { ...base, ...encrypted };
    const { ntfs, fat } = volume;
    return {
      ...base,
      ...encrypted,
      ...(ntfs && { label: ntfs.label, ntfs: ntfsReport(volume, ntfs) }),
      ...(fat && { label: labelOf(fat) }),
      ...(ntfs && hasWindows(volume) && { windows: windowsReport(disk, volume, ntfs, problems) }),
    };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { code, what, offset } = error as FormatError<string>;
    problems.add({ code, path: disk.path, severity: 'partial', what: `${number}: ${what}`, offset });
    return { ...base, lock: kind === 'bitlocker' ? 'locked' : 'open' };
  }
}

const labelOf = ({ label }: FatVolume): string => label;

/** Flag of $VOLUME_INFORMATION: the volume is checked at the next start. */
const DIRTY = 0x1;

function ntfsReport(volume: DiskVolume, ntfs: NtfsVolume): NonNullable<VolumeReport['ntfs']> {
  const { sectorBytes, clusterBytes, recordBytes, serial, copies } = ntfs.boot;
  const log = volume.logFile();
  return {
    version: `${ntfs.version.major}.${ntfs.version.minor}`,
    sectorBytes,
    clusterBytes,
    recordBytes,
    serial,
    dirty: (ntfs.volumeFlags & DIRTY) !== 0,
    bootCopies: copies,
    log: {
      state: log?.state ?? 'unreadable',
      ...(log?.version !== undefined && { version: log.version }),
      records: log?.records ?? 0,
      openTransactions: log?.openTransactions ?? 0,
    },
    hibernation: hibernationState(ntfs),
  };
}

function windowsReport(disk: OpenedDisk, volume: DiskVolume, ntfs: NtfsVolume, problems: Problems): WindowsReport {
  const software = opened(ntfs, 'SOFTWARE');
  const system = opened(ntfs, 'SYSTEM');
  const identity = identifyWindows(software, system);
  const facts = new Map<string, DiskValue>();
  const tell = <T>(name: string, read: Read<T> | undefined, text: (value: T) => string = String): void => {
    if (read !== undefined) facts.set(name, { value: text(read.value), from: `${read.hive}\\${read.key}!${read.name}` });
  };
  tell('product', identity.productName);
  tell('edition', identity.edition);
  tell('installation', identity.installationType);
  tell('version', identity.version);
  tell('build', identity.build);
  tell('revision', identity.revision);
  tell('computer', identity.computerName);
  tell('installed', identity.installedAt, ticksToIso);
  tell('lastShutdown', identity.shutDownAt, ticksToIso);
  tell('timeZone', identity.timeZone);
  const crash = lastCrash(ntfs, disk.path, problems);
  return {
    facts,
    ...(identity.build && { build: identity.build.value }),
    hives: hiveReports(volume, false),
    ...(crash && { lastCrash: crash }),
    safeboot: safeboots(disk, problems),
  };
}

function opened(volume: NtfsVolume, name: string): Hive | undefined {
  const hive = hiveOnDisk(volume, `${CONFIG_FOLDER}\\${name}`);
  try {
    return hive === undefined ? undefined : openHive(hive.source, { logs: hive.logs });
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** Small dumps that are looked at to find the newest by the time inside. */
const MAX_DUMPS = 64;

/** The newest crash that left a dump. The time inside the dump counts, not that of its file. */
function lastCrash(volume: NtfsVolume, disk: string, problems: Problems): LastCrash | undefined {
  const small = [...volume.find({ below: 'Windows\\Minidump', glob: '*.dmp', shallow: true })];
  const whole = volume.lookup('Windows\\MEMORY.DMP');
  const files = [...small, ...(whole === undefined ? [] : [{ path: 'Windows\\MEMORY.DMP', file: whole }])]
    .toSorted((a, b) => Number(b.file.times.modified - a.file.times.modified))
    .slice(0, MAX_DUMPS);
  const tables = blameTables(loadKnowledge().blame);
  let newest: { readonly crash: LastCrash; readonly time: bigint } | undefined;
  for (const { path, file } of files) {
    const source = volume.open(file);
    if (source === undefined || file.sizeBytes === 0) continue;
    try {
      const dump = readDump({ source, path: `${disk}!/${path}`, sourceId: '', id: '' }, tables, problems);
      const time = dump.time ?? 0n;
      if (newest !== undefined && newest.time >= time) continue;
      const at = dump.time === undefined ? {} : { time: new Date(Number(dump.time / 1_000_000n)).toISOString() };
      newest = { time, crash: { code: dump.code, ...(dump.blame && { module: dump.blame.at }), ...at, from: path } };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      problems.add({ code: (error as FormatError<string>).code, path: `${disk}!/${path}`, severity: 'note', what: error.what });
    }
  }
  return newest?.crash;
}

/** Entries of boot stores that start in safe mode. */
function safeboots(disk: OpenedDisk, problems: Problems): WindowsReport['safeboot'] {
  return bootStores(disk).flatMap(({ source, logs, path, volume }) => {
    try {
      return readBootConfiguration(openHive(source, { logs })).entries.flatMap(({ id, description, safeBoot }) => {
        if (safeBoot === undefined) return [];
        const mode = typeof safeBoot === 'number' ? 'unknown' : safeBoot;
        return [{ entry: description ?? id, mode, store: `${volume.number}:${path}` } as const];
      });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      problems.add({
        code: (error as FormatError<string>).code,
        path: `${disk.path}!/${volume.number}/${path}`,
        severity: 'partial',
        what: error.what,
      });
      return [];
    }
  });
}
