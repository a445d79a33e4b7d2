/** What differs between Windows builds in the records of a scenario. Versions as found in the provider manifests of those builds. */
export interface WindowsBuild {
  readonly name: string;
  readonly major: number;
  readonly minor: number;
  readonly build: number;
  readonly revision: number;
  /** Minor version of the EVTX file format. */
  readonly evtxMinor: 1 | 2;
  /** Version of Kernel-Power 41. */
  readonly power41: 4 | 6 | 8;
  /** Version of Kernel-Boot 20. */
  readonly boot20: 0 | 1;
  /** Version of Kernel-General 1. */
  readonly clock1: 1 | 2;
  /** Version of Security 4624. */
  readonly logon4624: 1 | 2;
  /** EventLog 6005 to 6013: without Version, Opcode and Execution up to Server 2016, with them on Server 2022 (measured). */
  readonly classicShape: 'classic' | 'modern';
  /** Kernel-Power 187 exists since 1809. */
  readonly power187: boolean;
  /** Process that the Start menu's power button runs in. */
  readonly startMenu: string;
  /** ShutdownReason of Kernel-Power 109: 5 ("Kernel API") since 10240; 0 on 7600/7601. */
  readonly reason109: number;
}

/** Server 2016 (14393). */
export const SERVER_2016: WindowsBuild = {
  name: 'Windows Server 2016 Standard',
  major: 10,
  minor: 0,
  build: 14393,
  revision: 2312,
  evtxMinor: 1,
  power41: 4,
  boot20: 0,
  clock1: 1,
  logon4624: 2,
  classicShape: 'classic',
  power187: false,
  startMenu: 'C:\\Windows\\System32\\RuntimeBroker.exe',
  reason109: 5,
};

/** Server 2019 (17763). */
export const SERVER_2019: WindowsBuild = {
  ...SERVER_2016,
  name: 'Windows Server 2019 Standard',
  build: 17763,
  revision: 973,
  evtxMinor: 2,
  power41: 6,
  boot20: 1,
  clock1: 2,
  power187: true,
  startMenu: 'C:\\Windows\\System32\\RuntimeBroker.exe',
};

/** Server 2012 R2 (9600). The user's own request comes from Explorer and is followed by a second record of winlogon (KB2001061; measured on 2008 R2). */
export const SERVER_2012R2: WindowsBuild = {
  ...SERVER_2016,
  name: 'Windows Server 2012 R2 Standard',
  major: 6,
  minor: 3,
  build: 9600,
  revision: 18969,
  logon4624: 1,
  startMenu: 'C:\\Windows\\Explorer.EXE',
};

/** Windows 10 1809, a client: sleep and Fast Startup. */
export const WINDOWS_10_1809: WindowsBuild = {
  ...SERVER_2019,
  name: 'Windows 10 Pro',
  startMenu: 'C:\\Windows\\SystemApps\\ShellExperienceHost_cw5n1h2txyewy\\ShellExperienceHost.exe',
};
