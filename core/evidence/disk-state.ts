import { FormatError } from '@winmedic/bytes';
import type { NtfsVolume } from '@winmedic/disk';
import { type Hive, type HiveKey, openHive } from '@winmedic/registry-hive';
import { readBootConfiguration } from '../disk/bcd.ts';
import { nextControlSet } from '../disk/control-set.ts';
import { type BootStore, bootStores, CONFIG_FOLDER, hibernationState, hiveOnDisk } from '../disk/index.ts';
import type { InstantNs } from '../model/observation.ts';
import { type DiskWindows, diskLabel, labelOf } from './disk-evidence.ts';
import { instantOfTicks } from './instant.ts';
import type { Problems } from './problems.ts';

/** A state that a disk shows, before it is known whose it is and until when it held. */
export interface DiskFact {
  /** Name of a fact of the knowledge base. */
  readonly name: string;
  readonly value: string;
  /** It has not changed since; absent where nothing tells. */
  readonly since?: InstantNs;
  /** Label of the file or folder; absent: the volume. */
  readonly path?: string;
  /** Registry key it was read from. */
  readonly key?: string;
}

/** Flag of $VOLUME_INFORMATION: Windows checks the volume at the next start. */
const DIRTY = 0x1;
/** Flag of a hive's base block: transactions are pending. @source msuhanov/regf, "Base block", Flags */
const TRANSACTIONS = 0x1;
const HIVES = ['SYSTEM', 'SOFTWARE', 'SAM', 'SECURITY', 'DEFAULT'] as const;
/** Servicing leaves operations here that are done at the next start. */
const PENDING_XML = 'Windows\\WinSxS\\pending.xml';

/** What the volume of a Windows shows: its log, its dirty flag, hibernation, BitLocker, the state of its hives, pending updates, storage drivers. */
export function volumeFacts(windows: DiskWindows, problems: Problems): DiskFact[] {
  const { volume, ntfs, label } = windows;
  const whole = isWhole(windows, problems);
  const log = volume.logFile();
  const facts: DiskFact[] = [];
  if (log !== undefined) {
    facts.push({ name: 'disk.log', value: log.state });
    if (log.state === 'pending') problems.add({ code: 'EVIDENCE_DISK_LOG_PENDING', path: label, severity: 'note', what: `${log.records}` });
  }
  // Version 0.0: $VOLUME_INFORMATION could not be read, and its flags say nothing.
  if (ntfs.version.major > 0) facts.push({ name: 'disk.volume-dirty', value: (ntfs.volumeFlags & DIRTY) !== 0 ? 'yes' : 'no' });
  facts.push({ name: 'disk.hibernation', value: hibernationState(ntfs), path: labelOf(label, 'hiberfil.sys') }, bitlockerFact(windows));
  const pending = ntfs.lookup(PENDING_XML);
  if (pending !== undefined || (whole && ntfs.lookup('Windows\\WinSxS')?.isDirectory === true))
    facts.push({ name: 'disk.servicing', value: pending === undefined ? 'none' : 'pending', path: labelOf(label, PENDING_XML) });
  return [...facts, ...hiveFacts(windows, whole)];
}

/** No part of the disk was found damaged so far: only then is what was not found not there. */
function isWhole({ label, disk }: DiskWindows, problems: Problems): boolean {
  const own = new Set([diskLabel(label), ...disk.volumes.map(({ number }) => `${diskLabel(label)}!/${number}`)]);
  return !problems.list().some(({ path, severity }) => severity !== 'note' && own.has(path));
}

function bitlockerFact({ volume }: DiskWindows): DiskFact {
  const { bitlocker } = volume;
  const value = bitlocker === undefined || bitlocker.state === 'decrypted' ? 'off' : bitlocker.suspended ? 'suspended' : 'unlocked';
  return { name: 'disk.bitlocker', value };
}

function hiveFacts({ ntfs, label }: DiskWindows, whole: boolean): DiskFact[] {
  const facts: DiskFact[] = [];
  const flags: (number | undefined)[] = [];
  for (const name of HIVES) {
    const path = labelOf(label, `${CONFIG_FOLDER}\\${name}`);
    const { state, hive } = openedHive(ntfs, name);
    if (state !== 'missing' || whole) facts.push({ name: `disk.hive-${name.toLowerCase()}`, value: state, path });
    flags.push(hive?.header.flags);
    // Of a hive of which writes are missing the start types may be old.
    if (name === 'SYSTEM' && hive !== undefined && (state === 'clean' || state === 'logs-to-replay'))
      facts.push(...storageFacts(hive, path));
  }
  const pending = flags.some((flag) => flag !== undefined && (flag & TRANSACTIONS) !== 0);
  if (pending || flags.every((flag) => flag !== undefined))
    facts.push({ name: 'disk.registry-transactions', value: pending ? 'pending' : 'none', path: labelOf(label, CONFIG_FOLDER) });
  return facts;
}

/** Values of the facts on hives. */
type HiveWord = 'clean' | 'logs-to-replay' | 'dirty' | 'damaged' | 'unreadable' | 'missing';

/** A hive with its state after every key was met: what cannot be read in the middle is found only so. */
function openedHive(ntfs: NtfsVolume, name: string): { readonly state: HiveWord; readonly hive?: Hive } {
  const found = hiveOnDisk(ntfs, `${CONFIG_FOLDER}\\${name}`);
  if (found === undefined) return { state: 'missing' };
  try {
    const hive = openHive(found.source, { logs: found.logs });
    for (const _ of hive.walk());
    return { state: hive.state === 'replayed' ? 'logs-to-replay' : hive.state, hive };
  } catch (error) {
    if (error instanceof FormatError) return { state: 'unreadable' };
    throw error;
  }
}

/** Services by the controllers they drive, by facts `boot.storage-…`; `core` are those of every start. */
const STORAGE: Readonly<Record<string, readonly string[]>> = {
  core: ['ACPI', 'disk', 'partmgr', 'volmgr', 'volsnap', 'volume'],
  ahci: ['storahci', 'msahci'],
  ide: ['intelide', 'atapi'],
  nvme: ['stornvme'],
  'aws-nvme': ['AWSNVMe'],
  'hyper-v': ['vmbus', 'storvsc'],
  'virtio-blk': ['viostor'],
  'virtio-scsi': ['vioscsi'],
  pvscsi: ['pvscsi'],
  'lsi-sas': ['LSI_SAS'],
  xen: ['xenbus', 'xenfilt', 'xenvbd'],
};
/** Start type of drivers that the boot loader loads. @source Microsoft Learn, "HKLM\SYSTEM\CurrentControlSet\Services Registry Tree" */
const BOOT_START = 0n;

function storageFacts(hive: Hive, path: string): DiskFact[] {
  const set = nextControlSet(hive);
  const services = set === undefined ? undefined : hive.key(`${set}\\Services`);
  if (services === undefined) return [];
  return Object.entries(STORAGE).flatMap(([name, drivers]): DiskFact[] => {
    const there = drivers.flatMap((driver) => services.subkey(driver) ?? []);
    const about = { name: `boot.storage-${name}`, path };
    if (there.length === 0) return [{ ...about, value: 'absent', key: keyName(services), since: writtenAt([services]) }];
    const starts = there.map(startsAtBoot);
    if (starts.includes(undefined)) return [];
    const keys = there.flatMap((key) => [key, key.subkey('StartOverride') ?? []].flat());
    const value = starts.every((start) => start === true) ? 'boot' : 'not-boot';
    return [{ ...about, value, key: keyName(there[0] as HiveKey), since: writtenAt(keys) }];
  });
}

/** Does Windows load the driver with the boot loader? A value of `StartOverride` other than boot keeps it from that. `undefined`: its start type is none. */
function startsAtBoot(service: HiveKey): boolean | undefined {
  const start = service.value('Start')?.number();
  if (start === undefined) return undefined;
  const overrides = [...(service.subkey('StartOverride')?.values() ?? [])].map((value) => value.number());
  if (overrides.some((value) => value !== undefined && value !== BOOT_START)) return false;
  return start === BOOT_START ? true : overrides.length > 0 ? undefined : false;
}

function keyName(key: HiveKey): string {
  return `HKLM\\SYSTEM\\${key.path}`;
}

function writtenAt(keys: readonly HiveKey[]): InstantNs {
  return instantOfTicks(keys.reduce((newest, { lastWritten }) => (lastWritten > newest ? lastWritten : newest), 0n));
}

/**
 * What the boot stores of a disk say about how its Windows starts: nothing where the store may belong to another one, or is not the only one that can be
 * meant. On a machine that boots by UEFI the store of the EFI system partition counts.
 */
export function bootFacts(windows: DiskWindows, problems: Problems): DiskFact[] {
  const { disk, alone, label } = windows;
  if (!alone) return [];
  let stores: BootStore[];
  try {
    stores = bootStores(disk);
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
  const whole = disk.table.scheme !== 'none' && disk.volumes.every(({ readable }) => readable) && isWhole(windows, problems);
  if (stores.length === 0) return whole ? [{ name: 'boot.store', value: 'missing' }] : [];
  const [first] = stores;
  if (first === undefined || stores.filter(({ on }) => on === first.on).length > 1) return [];
  const path = labelOf(`${diskLabel(label)}!/${first.volume.number}`, first.path);
  return storeFacts(first).map((fact) => ({ ...fact, path }));
}

function storeFacts({ source, logs }: BootStore): DiskFact[] {
  let hive: Hive;
  try {
    hive = openHive(source, { logs });
    for (const _ of hive.walk());
  } catch (error) {
    if (error instanceof FormatError) return [{ name: 'boot.store', value: 'damaged' }];
    throw error;
  }
  if (hive.state === 'damaged' || hive.root === undefined) return [{ name: 'boot.store', value: 'damaged' }];
  const { entries, defaultObject } = readBootConfiguration(hive);
  const windows = entries.filter(({ kind, winPe }) => kind === 'windows' && winPe !== true);
  if (windows.length === 0) return [{ name: 'boot.store', value: 'no-windows-entry' }];
  const facts: DiskFact[] = [{ name: 'boot.store', value: 'ok' }];
  const meant =
    windows.find(({ id }) => id === defaultObject) ?? (defaultObject === undefined && windows.length === 1 ? windows[0] : undefined);
  if (meant === undefined || hive.state === 'dirty') return facts;
  const { safeBoot, key } = meant;
  const elements = hive.key(`${key}\\Elements`);
  const keys = elements === undefined ? [] : [elements, ...elements.subkeys()];
  const value = safeBoot === undefined ? 'off' : typeof safeBoot === 'number' ? 'other' : safeBoot;
  return [...facts, { name: 'boot.safeboot', value, key: `BCD\\${key}`, ...(keys.length > 0 && { since: writtenAt(keys) }) }];
}
