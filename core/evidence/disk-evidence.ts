import { FormatError, WireError } from '@winmedic/bytes';
import { type NtfsFile, type NtfsVolume, streamObstacle } from '@winmedic/disk';
import {
  bootStores,
  CONFIG_FOLDER,
  type DiskKeys,
  type DiskVolume,
  diskUses,
  hasWindows,
  hiveOnDisk,
  type OpenedDisk,
} from '../disk/index.ts';
import type { FileSource } from './file-source.ts';
import type { Input } from './input.ts';
import { instantOfTicks } from './instant.ts';
import type { Problems } from './problems.ts';

/** A file on a disk whose contents cannot be had: encrypted, or made by a driver of Windows. */
class DiskFileError extends WireError<'EVIDENCE_DISK_FILE'> {
  override readonly name = 'DiskFileError';
}

/** How disks among the evidence are read. */
export interface DiskEvidenceOptions {
  /** Keys of BitLocker volumes, matched by protector. */
  readonly keys?: DiskKeys;
  /** Only the volume with this partition number. */
  readonly volume?: number;
}

/** How {@link windowsOn} is asked. */
interface LookingFor extends DiskEvidenceOptions {
  /** The user named the disk: one without a Windows is a mistake then, not just another file of a folder. */
  readonly named: boolean;
}

/** A volume with a Windows on it. */
export interface DiskWindows {
  readonly disk: OpenedDisk;
  readonly volume: DiskVolume;
  readonly ntfs: NtfsVolume;
  /** `disk.vhdx!/3`: labels of its files begin with it. */
  readonly label: string;
  /** Something uses the disk: what is read may be half written, and the state of a running Windows says nothing about why one does not start. */
  readonly inUse: boolean;
  /** There is no other on the disk, also among those that were not asked for: what lies on other volumes (boot store) belongs to it. */
  readonly alone: boolean;
  /** Bytes that may still be read from it. */
  readonly budget: { bytes: number };
}

/** Folders and files of a Windows that are evidence; their places are the default ones. */
const LOGS = 'Windows\\System32\\winevt\\Logs';
const SMALL_DUMPS = 'Windows\\Minidump';
const WHOLE_DUMP = 'Windows\\MEMORY.DMP';
/** Windows has some 400 logs and keeps 50 small dumps unless told otherwise; more than these were made to fill memory. */
const MAX_LOGS = 5000;
const MAX_DUMPS = 1000;
/**
 * A damaged record can claim any size, and a virtual disk is larger than its file: what is read stays below the size of the volume and below this many times
 * the size of the file, as for archives.
 */
const MAX_RATIO = 300;
const RATIO_FROM_BYTES = 256 << 20;
/** Users of a disk that are named. */
const MAX_USERS = 8;

/**
 * Volumes with a Windows. Volumes that cannot be read are problems (a locked one with the ids of its protectors), and so is a disk without any Windows.
 * @param label the disk as the user named it.
 */
export function windowsOn(disk: OpenedDisk, label: string, problems: Problems, { volume: wanted, named }: LookingFor): DiskWindows[] {
  if (wanted !== undefined && !disk.volumes.some(({ number }) => number === wanted)) {
    const numbers = disk.volumes.map(({ number }) => number).join(', ');
    problems.add({ code: 'DISK_NO_VOLUME', path: label, severity: 'unusable', what: String(wanted), have: numbers });
    return [];
  }
  if (disk.table.composite !== undefined)
    problems.add({ code: 'EVIDENCE_DISK_COMPOSITE', path: label, severity: 'partial', what: disk.table.composite });
  let lost = false;
  const found = disk.volumes.filter((volume) => {
    try {
      // Throws where the reason matters; a volume of another file system has none.
      if (volume.kind === 'bitlocker') volume.clear();
      return (volume.kind === 'ntfs' || volume.kind === 'bitlocker') && hasWindows(volume);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const { code, what, offset } = error as FormatError<string>;
      if (wanted !== undefined && volume.number !== wanted) return false;
      lost = true;
      problems.add({ code, path: `${label}!/${volume.number}`, severity: 'unusable', what, ...(offset > 0 && { offset }) });
      return false;
    }
  });
  const chosen = found.filter(({ number }) => wanted === undefined || number === wanted);
  if (chosen.length === 0 && !lost) problems.add({ code: 'EVIDENCE_DISK_NO_WINDOWS', path: label, severity: named ? 'unusable' : 'note' });
  const { uses } = chosen.length === 0 ? { uses: [] } : diskUses(disk.path);
  if (uses.length > 0) {
    const users = [...new Set(uses.map(({ kind, by }) => `${kind} ${by}`))].slice(0, MAX_USERS);
    problems.add({ code: 'EVIDENCE_DISK_IN_USE', path: label, severity: 'note', what: users.join(', ') });
  }
  return chosen.map((volume) => ({
    disk,
    volume,
    ntfs: volume.ntfs as NtfsVolume,
    label: `${label}!/${volume.number}`,
    alone: found.length === 1,
    inUse: uses.length > 0,
    budget: { bytes: Math.min(volume.raw.sizeBytes, RATIO_FROM_BYTES + MAX_RATIO * disk.bottom.sizeBytes) },
  }));
}

/** The files of these that may be read; one that is longer than all that is left is a problem. */
export function affordable({ budget }: DiskWindows, inputs: readonly Input[], problems: Problems): Input[] {
  return inputs.filter(({ label, sizeBytes }) => {
    const fits = sizeBytes <= budget.bytes;
    if (fits) budget.bytes -= sizeBytes;
    else problems.add({ code: 'EVIDENCE_DISK_SIZE', path: label, severity: 'unusable', need: sizeBytes, have: budget.bytes });
    return fits;
  });
}

/** Event logs of a Windows, in the order of their names. */
export function logsOf(windows: DiskWindows, problems: Problems): Input[] {
  return filesIn(windows, LOGS, '*.evtx', MAX_LOGS, problems);
}

/** Crash dumps of a Windows: the small ones, then the one of the last crash. */
export function dumpsOf(windows: DiskWindows, problems: Problems): Input[] {
  const whole = windows.ntfs.lookup(WHOLE_DUMP);
  return [
    ...filesIn(windows, SMALL_DUMPS, '*.dmp', MAX_DUMPS, problems),
    ...(whole === undefined || whole.isDirectory || whole.sizeBytes === 0 ? [] : [memberOf(windows, WHOLE_DUMP, whole)]),
  ];
}

/** Hives of a Windows with those of their logs that hold anything. @param names names of hives (`SYSTEM`). */
export function hivesOf(windows: DiskWindows, names: readonly string[]): Input[] {
  return names.flatMap((name) => {
    const hive = hiveOnDisk(windows.ntfs, `${CONFIG_FOLDER}\\${name}`);
    return hive === undefined ? [] : [hive, ...hive.logs].map(({ path, file }) => memberOf(windows, path, file));
  });
}

/** The boot stores of the disk, each with its logs, when they can only belong to this Windows. */
export function bootStoresOf({ disk, alone }: DiskWindows, label: string): Input[] {
  if (!alone) return [];
  return bootStores(disk).flatMap(({ volume, path, source, logs }) => {
    const folder = path.slice(0, path.lastIndexOf('\\') + 1);
    return [{ name: path.slice(folder.length), source }, ...logs].map(
      ({ name, source: bytes }): Input => ({
        label: labelOf(`${label}!/${volume.number}`, `${folder}${name}`),
        sizeBytes: bytes.sizeBytes,
        depth: 1,
        named: true,
        open: () => closing(bytes),
      }),
    );
  });
}

/** Drivers of this name on the volume: below the folder of drivers, and beside it. Files that are none are passed over. */
export function imagesNamed(windows: DiskWindows, name: string): Input[] {
  // A name is looked for as it is: one with the signs of a pattern is none.
  if (!/^[\w.$ ~-]{1,64}$/.test(name)) return [];
  const beside = windows.ntfs.lookup(`Windows\\System32\\${name}`);
  return [
    ...[...windows.ntfs.find({ below: 'Windows\\System32\\drivers', glob: name })].map(({ path, file }) => ({ path, file })),
    ...(beside === undefined ? [] : [{ path: `Windows\\System32\\${name}`, file: beside }]),
  ]
    .filter(({ file }) => !file.isDirectory && file.sizeBytes > 0)
    .map(({ path, file }) => ({ ...memberOf(windows, path, file), named: false }));
}

function filesIn(windows: DiskWindows, below: string, glob: string, most: number, problems: Problems): Input[] {
  const list: Input[] = [];
  for (const { path, file } of windows.ntfs.find({ below, glob, shallow: true })) {
    if (file.isDirectory) continue;
    if (list.length >= most) {
      problems.add({ code: 'EVIDENCE_TOO_MANY_FILES', path: labelOf(windows.label, below), severity: 'partial', have: most });
      break;
    }
    list.push(memberOf(windows, path, file));
  }
  return list;
}

/** A file of a volume as an input. */
function memberOf({ ntfs, label }: DiskWindows, path: string, file: NtfsFile): Input {
  return {
    label: labelOf(label, path),
    sizeBytes: file.sizeBytes,
    depth: 1,
    named: true,
    modifiedMs: Number(instantOfTicks(file.times.modified) / 1_000_000n),
    open() {
      const bytes = ntfs.open(file);
      if (bytes === undefined) throw new DiskFileError('EVIDENCE_DISK_FILE', streamObstacle(file) ?? path);
      return closing(bytes);
    },
  };
}

/** Label of the disk of a volume: `disk.vhdx` of `disk.vhdx!/3`. */
export function diskLabel(volume: string): string {
  return volume.slice(0, volume.lastIndexOf('!/'));
}

/** `disk.vhdx!/3/Windows/System32/config/SYSTEM`. */
export function labelOf(volume: string, path: string): string {
  return `${volume}/${path.replaceAll('\\', '/')}`;
}

/** What is open as long as its disk. */
function closing(source: Omit<FileSource, 'close'>): FileSource {
  return { sizeBytes: source.sizeBytes, readAt: (offset, into) => source.readAt(offset, into), close() {} };
}
