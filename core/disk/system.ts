import { unixMsToTicks } from '@winmedic/bytes';
import { currentControlSet, type Hive, type HiveValue } from '@winmedic/registry-hive';

/** A value read from a hive with the place it stands at. */
export interface Read<T> {
  readonly value: T;
  readonly hive: 'SOFTWARE' | 'SYSTEM';
  /** Path below the root of the hive. */
  readonly key: string;
  /** Name of the value. */
  readonly name: string;
}

/** Which Windows lies on a volume, as its hives say. What a hive does not say is absent. Times are FILETIME ticks. */
export interface WindowsIdentity {
  /** As stored: Windows 11 still calls itself Windows 10 here; the build number decides. */
  readonly productName?: Read<string>;
  /** `ServerStandard`, `Professional` … */
  readonly edition?: Read<string>;
  /** Stored as text; compared as a number. */
  readonly build?: Read<number>;
  /** Revision of the build: raised by every cumulative update. */
  readonly revision?: Read<number>;
  /** `21H2`; on older versions the release (`1809`). */
  readonly version?: Read<string>;
  readonly installedAt?: Read<bigint>;
  /** As stored: `Client`, `Server`, `Server Core` … */
  readonly installationType?: Read<string>;
  readonly computerName?: Read<string>;
  /** Name of the control set that `CurrentControlSet` stands for. */
  readonly controlSet?: string;
  /** Last orderly shutdown; a crash leaves the one before. */
  readonly shutDownAt?: Read<bigint>;
  /** Name of the time zone's key, the same in every language. */
  readonly timeZone?: Read<string>;
  /** Start values of the services asked for, by their names as asked; one that does not exist is absent. */
  readonly services: ReadonlyMap<string, Read<number>>;
  readonly crashControl: CrashControl;
}

/** Settings of crash dumps. */
export interface CrashControl {
  /** 0 none, 1 complete, 2 kernel, 3 small, 7 automatic. */
  readonly dumpKind?: Read<number>;
  readonly dumpFile?: Read<string>;
  readonly smallDumpFolder?: Read<string>;
  readonly dedicatedDumpFile?: Read<string>;
  readonly autoReboot?: Read<boolean>;
  readonly overwrite?: Read<boolean>;
  readonly alwaysKeepDump?: Read<boolean>;
}

const VERSION_KEY = 'Microsoft\\Windows NT\\CurrentVersion';
/** Most services asked for at once: a recipe names a handful. */
const MAX_SERVICES = 1000;

/**
 * Reads which Windows a volume holds from its hives; either may be missing. Only the keys that are needed are read.
 * @param services names of services whose start values are of interest.
 * @source Microsoft Learn, "Windows registry information for advanced users", "HKLM\SYSTEM\CurrentControlSet\Services Registry Tree", "Memory dump file options"
 */
export function identifyWindows(software: Hive | undefined, system: Hive | undefined, services: readonly string[] = []): WindowsIdentity {
  const controlSet = system === undefined ? undefined : currentControlSet(system);
  const versions = valuesOf('SOFTWARE', software, VERSION_KEY);
  const control = (path: string): Values => valuesOf('SYSTEM', controlSet === undefined ? undefined : system, `${controlSet}\\${path}`);
  const windows = control('Control\\Windows');
  const crash = control('Control\\CrashControl');
  const starts = new Map<string, Read<number>>();
  for (const service of services.slice(0, MAX_SERVICES)) {
    // A name that is a path would lead to another key.
    const start = service === '' || service.includes('\\') ? undefined : control(`Services\\${service}`)('Start', numberOf);
    if (start !== undefined) starts.set(service, start);
  }
  return present<WindowsIdentity>({
    productName: versions('ProductName', textOf),
    edition: versions('EditionID', textOf),
    build: versions('CurrentBuildNumber', buildOf) ?? versions('CurrentBuild', buildOf),
    revision: versions('UBR', numberOf),
    version: versions('DisplayVersion', textOf) ?? versions('ReleaseId', textOf),
    installedAt: versions('InstallTime', ticksOf) ?? versions('InstallDate', unixTicksOf),
    installationType: versions('InstallationType', textOf),
    computerName: control('Control\\ComputerName\\ComputerName')('ComputerName', textOf),
    controlSet,
    shutDownAt: windows('ShutdownTime', ticksOf),
    timeZone: control('Control\\TimeZoneInformation')('TimeZoneKeyName', textOf),
    services: starts,
    crashControl: present<CrashControl>({
      dumpKind: crash('CrashDumpEnabled', numberOf),
      dumpFile: crash('DumpFile', textOf),
      smallDumpFolder: crash('MinidumpDir', textOf),
      dedicatedDumpFile: crash('DedicatedDumpFile', textOf),
      autoReboot: crash('AutoReboot', booleanOf),
      overwrite: crash('Overwrite', booleanOf),
      alwaysKeepDump: crash('AlwaysKeepMemoryDump', booleanOf),
    }),
  });
}

/** Reads a value of one key by its name. */
type Values = <T>(name: string, read: (value: HiveValue) => T | undefined) => Read<T> | undefined;

function valuesOf(name: Read<unknown>['hive'], hive: Hive | undefined, path: string): Values {
  const key = hive?.key(path);
  return (valueName, read) => {
    const value = key?.value(valueName);
    const result = value === undefined ? undefined : read(value);
    return key === undefined || value === undefined || result === undefined
      ? undefined
      : { value: result, hive: name, key: key.path, name: value.name };
  };
}

/** The same object without what is undefined. */
function present<T>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

const textOf = (value: HiveValue): string | undefined => value.text()?.trim() || undefined;

function numberOf(value: HiveValue): number | undefined {
  const number = value.type === 4 ? value.number() : undefined;
  return number === undefined ? undefined : Number(number);
}

function booleanOf(value: HiveValue): boolean | undefined {
  const number = numberOf(value);
  return number === undefined ? undefined : number !== 0;
}

function buildOf(value: HiveValue): number | undefined {
  const text = textOf(value);
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** A FILETIME in eight bytes of any type; zero is none. */
function ticksOf(value: HiveValue): bigint | undefined {
  const data = value.data();
  if (data.length !== 8) return undefined;
  const ticks = new DataView(data.buffer, data.byteOffset, 8).getBigUint64(0, true);
  return ticks === 0n ? undefined : ticks;
}

/** Seconds since 1970 (UTC) in a DWORD. */
function unixTicksOf(value: HiveValue): bigint | undefined {
  const seconds = numberOf(value);
  return seconds === undefined || seconds === 0 ? undefined : unixMsToTicks(seconds * 1000);
}
