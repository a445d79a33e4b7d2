import type { ByteSource, Damage } from '@winmedic/bytes';
import { type Hive, type HiveKey, type HiveLogFile, type HiveValue, openHive } from '@winmedic/registry-hive';
import type { HiveKeyReport, HiveReport, HiveValueReport } from '../model/disk.ts';
import { bootStores } from './boot-store.ts';
import { ntfsVolume } from './choose-volume.ts';
import { nextControlSet } from './control-set.ts';
import { DiskAccessError } from './errors.ts';
import type { OpenedDisk } from './open-disk.ts';
import type { DiskVolume } from './volume.ts';
import { CONFIG_FOLDER, hiveOnDisk, windowsVolume } from './windows.ts';

/** A hive on a disk and a key of it, as they were named. */
export interface HivePlace {
  readonly volume: DiskVolume;
  /** `fat`: a boot store on an EFI system partition. */
  readonly on: 'ntfs' | 'fat';
  /** Path of the hive on its volume. */
  readonly path: string;
  readonly source: ByteSource;
  readonly logs: readonly HiveLogFile[];
  /** What stands behind the hive: a path below its root, empty for the root. */
  readonly key: string;
  /** It was named as `BCD`. */
  readonly bootStore: boolean;
}

/** Hives that are named without their path. */
const NAMED = /^(SYSTEM|SOFTWARE|SAM|SECURITY|DEFAULT|COMPONENTS)$/i;
/** What people put in front of a hive: it is the same hive. */
const MACHINE = /^(?:HKLM|HKEY_LOCAL_MACHINE)\\/i;
/** Values and subkeys shown of one key: more are no settings. */
const MAX_SHOWN = 10_000;
/** Characters of a value's text. */
const MAX_TEXT = 4096;
/** Bytes of data without a text of its own that are shown. */
const MAX_HEX = 1024;

/**
 * Finds `SYSTEM\ControlSet001\Services`, `BCD`, or a hive by its path on the volume (`Users\a\NTUSER.DAT\Software`): the first part of the path that is a
 * file is the hive, the rest the key.
 * @throws {DiskAccessError} DISK_NO_FILE; as {@link windowsVolume}.
 */
export function findHive(disk: OpenedDisk, text: string, number?: number): HivePlace {
  const place = text.replace(MACHINE, '');
  const [head = ''] = place.split('\\', 1);
  const rest = place.slice(head.length + 1);
  if (/^BCD$/i.test(head)) {
    const store = bootStores(disk).find(({ volume }) => number === undefined || volume.number === number);
    if (store === undefined) throw new DiskAccessError('DISK_NO_FILE', 'BCD');
    return { ...store, key: rest, bootStore: true };
  }
  if (NAMED.test(head)) return hiveAt(windowsVolume(disk, number), `${CONFIG_FOLDER}\\${head.toUpperCase()}`, rest);
  const volume = ntfsVolume(disk, number);
  for (let at = 1; at <= place.length; at++) {
    if (at < place.length && place[at] !== '\\' && place[at] !== '/') continue;
    const file = volume.ntfs?.lookup(place.slice(0, at));
    if (file === undefined) break;
    if (!file.isDirectory) return hiveAt(volume, place.slice(0, at), place.slice(at + 1));
  }
  throw new DiskAccessError('DISK_NO_FILE', place);
}

function hiveAt(volume: DiskVolume, path: string, key: string): HivePlace {
  const hive = volume.ntfs === undefined ? undefined : hiveOnDisk(volume.ntfs, path);
  if (hive === undefined) throw new DiskAccessError('DISK_NO_FILE', path);
  return { volume, on: 'ntfs', path, source: hive.source, logs: hive.logs, key, bootStore: false };
}

/**
 * Path of a key in the file: `CurrentControlSet` is a link that Windows makes when it loads the hive, to the set of its next start.
 * @throws {DiskAccessError} DISK_NO_KEY when the hive names no current control set.
 */
export function realKey(hive: Hive, key: string): string {
  const path = key.replace(/\\+$/, '');
  const [head = ''] = path.split('\\', 1);
  if (!/^CurrentControlSet$/i.test(head) || hive.key(head) !== undefined) return path;
  const set = nextControlSet(hive);
  if (set === undefined) throw new DiskAccessError('DISK_NO_KEY', path);
  return `${set}${path.slice(head.length)}`;
}

/** What is told of a hive that was opened. */
export function hiveReportOf(path: string, hive: Hive, sizeBytes: number): HiveReport {
  return {
    path,
    state: hive.state,
    entries: hive.logs.reduce((n, { applied }) => n + applied, 0),
    sizeBytes,
    pendingTransactions: (hive.header.flags & PENDING_TRANSACTIONS) !== 0,
  };
}

/** Flag of the base block. @source msuhanov/regf, "Base block", Flags */
const PENDING_TRANSACTIONS = 0x1;

/** Opens a hive that was found, its logs replayed in memory. @throws {HiveError} of one that cannot be read at all. */
export function openPlace({ source, logs }: HivePlace, onDamage?: (damage: Damage) => void): Hive {
  return openHive(source, { logs, ...(onDamage && { onDamage }) });
}

/** What a report of a key shows, and how much more there is than it lists. */
export interface ReadHiveKey {
  readonly report: Omit<HiveKeyReport, 'problems' | 'io'>;
  readonly left: { readonly values: number; readonly subkeys: number };
}

/** Reads one key with its values and the names of its subkeys. @throws {DiskAccessError} DISK_NO_KEY. */
export function readHiveKey(disk: OpenedDisk, place: HivePlace, hive: Hive): ReadHiveKey {
  const path = realKey(hive, place.key);
  const key = hive.key(path);
  if (key === undefined) throw new DiskAccessError('DISK_NO_KEY', `${place.path}\\${path}`);
  const values: HiveValueReport[] = [];
  const left = { values: 0, subkeys: 0 };
  for (const value of key.values())
    if (values.length < MAX_SHOWN) values.push(valueReport(value));
    else left.values++;
  const subkeys: HiveKey[] = [];
  for (const subkey of key.subkeys())
    if (subkeys.length < MAX_SHOWN) subkeys.push(subkey);
    else left.subkeys++;
  const className = key.className();
  const { state, entries } = hiveReportOf(place.path, hive, place.source.sizeBytes);
  return {
    report: {
      path: disk.path,
      volume: place.volume.number,
      hive: place.path,
      state,
      entries,
      key: key.path,
      lastWritten: key.lastWritten,
      ...(className !== undefined && { className }),
      values,
      subkeys: subkeys.map(({ name, lastWritten, subkeyCount, valueCount }) => ({
        name,
        lastWritten,
        subkeys: subkeyCount,
        values: valueCount,
      })),
    },
    left,
  };
}

function valueReport(value: HiveValue): HiveValueReport {
  const { name, type, typeName, sizeBytes } = value;
  const number = value.number();
  const whole = number === undefined ? (value.text() ?? value.texts()?.join('\n')) : `${number} (0x${number.toString(16)})`;
  const data = whole === undefined ? value.data() : undefined;
  const text = whole ?? [...data!.subarray(0, MAX_HEX)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const cut = text.length > MAX_TEXT || (data !== undefined && data.length > MAX_HEX);
  return { name, type, typeName, sizeBytes, text: text.slice(0, MAX_TEXT), ...(cut && { cut }) };
}
