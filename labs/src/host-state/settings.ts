import type { HiveChange, HiveMinorVersion, WriteHiveValue } from '../hive-writer/index.ts';
import type { WindowsBuild } from '../scenarios/builds.ts';

/** A DWORD that is stored with this number, or not stored at all. */
export type StoredNumber = number | null;

/** Description of a host whose hives are made. Everything has a default: a fresh, safe Windows Server. */
export interface HostSettings {
  /** NetBIOS and DNS host name; default `RDS01`. */
  readonly computer?: string;
  /** DNS domain; default none (workgroup). */
  readonly domain?: string;
  /** Default `server`. */
  readonly product?: 'client' | 'server' | 'dc';
  /** Default Server 2016. */
  readonly build?: WindowsBuild;
  /** Number of the current control set, as `Select` says; default 1. */
  readonly controlSet?: number;
  /** Registry key name of the time zone and UTC minus local time in minutes; default Tokyo. */
  readonly timeZone?: { readonly keyName: string; readonly biasMinutes: number };

  /** When Windows was installed: the last write of every key that nothing changed since. Default 2018-05-14T01:22:33Z. */
  readonly installedAt?: bigint;
  /** Last write of the keys that hold the settings below; default one hour after the installation. */
  readonly settingsAt?: bigint;
  /**
   * Last write of single keys, by path (`SYSTEM\CurrentControlSet\Control\Terminal Server`, `SOFTWARE\…`), in any letter case. Wins over
   * `installedAt` and `settingsAt`.
   */
  readonly written?: Readonly<Record<string, bigint>>;
  /**
   * Time of the newest write in each hive (a lease renewal in SYSTEM, the heartbeat in SOFTWARE): a running server writes all the time, and the newest
   * write tells until when the state is known to have held. Default: `settingsAt`.
   */
  readonly newestAt?: bigint;
  /** Last clean shutdown (`Control\Windows` value ShutdownTime); default none since installation. */
  readonly lastShutdown?: bigint;

  /** `ShutdownWithoutLogon`; default 0, on clients 1. */
  readonly shutdownWithoutLogon?: StoredNumber;
  /** Network Level Authentication of the RDP listener; default 1. */
  readonly userAuthentication?: StoredNumber;
  /** 0: Remote Desktop on (the default of this description), 1: off. */
  readonly fDenyTSConnections?: StoredNumber;
  /** Default 2. */
  readonly securityLayer?: StoredNumber;
  /** Values under `SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services`; the key exists only when one is given. */
  readonly terminalServicesPolicy?: Readonly<Record<string, number>>;
  /** Default 3389. */
  readonly rdpPort?: number;
  /**
   * WinRM. `default`: service and HTTP listener as servers come; `off`: no listener; `troubleshooting-guide`: as the guide's test set-up leaves it
   * (Basic and unencrypted traffic allowed on both sides, TrustedHosts `*`).
   */
  readonly winrm?: 'default' | 'off' | 'troubleshooting-guide';
  /** Default 7 (automatic memory dump). */
  readonly crashDumpEnabled?: StoredNumber;
  /** Default 1. */
  readonly autoReboot?: StoredNumber;
  /** `LmCompatibilityLevel`; default not stored. */
  readonly lmCompatibilityLevel?: StoredNumber;
  /** `LocalAccountTokenFilterPolicy`; default not stored. */
  readonly localAccountTokenFilterPolicy?: StoredNumber;
  /** Start types of services (`TermService` → 4) that differ from the default, or of further services. */
  readonly services?: Readonly<Record<string, number>>;
  /** Values of any other key, by path as in {@link written}. */
  readonly values?: Readonly<Record<string, readonly WriteHiveValue[]>>;
  /** Changes made to the finished hives, so that deleted entries stay behind. Paths below the hive's root (`ControlSet001\…`). */
  readonly changes?: { readonly SYSTEM?: readonly HiveChange[]; readonly SOFTWARE?: readonly HiveChange[] };
  /** Default 5, as Windows keeps SYSTEM and SOFTWARE. */
  readonly minorVersion?: HiveMinorVersion;
}

/** Trouble A: whoever reaches the logon screen over Remote Desktop can power the host off. */
export const TROUBLE_A: HostSettings = { shutdownWithoutLogon: 1, userAuthentication: 0, fDenyTSConnections: 0, securityLayer: 1 };

/** The same host with all three settings safe or closed. */
export const SAFE: HostSettings = { shutdownWithoutLogon: 0, userAuthentication: 1, fDenyTSConnections: 0, securityLayer: 2 };
