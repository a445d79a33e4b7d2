import { ticksToUnixMs } from '@winmedic/bytes';
import type { WriteHiveValue } from '../hive-writer/types.ts';
import { binary, dword, expandSz, filetime, multiSz, sz } from '../hive-writer/values.ts';
import type { FullSettings } from './defaults.ts';
import { stored } from './defaults.ts';
import { KeyTable } from './key-table.ts';

/** Start types of services. @source Win32 CreateServiceW, dwStartType */
const START = { boot: 0, system: 1, auto: 2, manual: 3, disabled: 4 } as const;

/** Name, start type, type (1 driver, 0x10 own process, 0x20 shared process) and image of services that settings ask for. */
const SERVICES: readonly (readonly [name: string, start: number, type: number, image: string])[] = [
  ['EventLog', START.auto, 0x20, '%SystemRoot%\\System32\\svchost.exe -k LocalServiceNetworkRestricted'],
  ['HTTP', START.manual, 1, 'system32\\drivers\\HTTP.sys'],
  ['LanmanServer', START.auto, 0x20, '%SystemRoot%\\system32\\svchost.exe -k netsvcs'],
  ['LanmanWorkstation', START.auto, 0x20, '%SystemRoot%\\System32\\svchost.exe -k NetworkService'],
  ['mpssvc', START.auto, 0x20, '%SystemRoot%\\system32\\svchost.exe -k LocalServiceNoNetwork'],
  ['Netlogon', START.manual, 0x20, '%systemroot%\\system32\\lsass.exe'],
  ['RpcSs', START.auto, 0x20, '%SystemRoot%\\system32\\svchost.exe -k rpcss'],
  ['storahci', START.boot, 1, 'System32\\drivers\\storahci.sys'],
  ['Tcpip', START.boot, 1, 'System32\\drivers\\tcpip.sys'],
  ['TermService', START.manual, 0x20, '%SystemRoot%\\System32\\svchost.exe -k termsvcs'],
  ['UmRdpService', START.manual, 0x20, '%SystemRoot%\\System32\\svchost.exe -k LocalSystemNetworkRestricted'],
  ['W32Time', START.manual, 0x20, '%SystemRoot%\\system32\\svchost.exe -k LocalService'],
  ['Winmgmt', START.auto, 0x20, '%systemroot%\\system32\\svchost.exe -k netsvcs'],
  ['WinRM', START.auto, 0x20, '%SystemRoot%\\System32\\svchost.exe -k NetworkService'],
  ['wuauserv', START.manual, 0x20, '%systemroot%\\system32\\svchost.exe -k netsvcs'],
];

/** Values of ProductOptions\ProductType: workstation, server, domain controller. */
const PRODUCT_TYPE = { client: 'WinNT', server: 'ServerNT', dc: 'LanmanNT' } as const;

/** Network adapter whose lease is renewed: the newest write of a running host. */
const ADAPTER = '{5c1a34f0-6a1d-4e0c-9c86-0a4be6f1d7a2}';

/** Keys of the SYSTEM hive. */
export function systemKeys(settings: FullSettings): KeyTable {
  const { computer, domain, controlSet, timeZone, installedAt, settingsAt } = settings;
  const table = new KeyTable('ROOT', installedAt);
  const set = `ControlSet${String(controlSet).padStart(3, '0')}`;
  const control = `${set}\\Control`;

  table.put('Select', [dword('Current', controlSet), dword('Default', controlSet), dword('Failed', 0), dword('LastKnownGood', controlSet)]);
  table.put('Setup', [dword('SystemSetupInProgress', 0), dword('SetupType', 0), sz('CmdLine', '')]);
  table.put('MountedDevices', [binary('\\DosDevices\\C:', diskId())]);

  table.put(`${control}\\ComputerName\\ComputerName`, [sz('', 'mnmsrvc'), sz('ComputerName', computer.slice(0, 15).toUpperCase())]);
  table.put(`${control}\\ProductOptions`, [
    sz('ProductType', PRODUCT_TYPE[settings.product]),
    multiSz('ProductSuite', ['Terminal Server']),
  ]);
  table.put(`${control}\\TimeZoneInformation`, [
    dword('Bias', timeZone.biasMinutes >>> 0),
    dword('ActiveTimeBias', timeZone.biasMinutes >>> 0),
    dword('DaylightBias', 0),
    dword('StandardBias', 0),
    sz('TimeZoneKeyName', timeZone.keyName),
    dword('DynamicDaylightTimeDisabled', 0),
  ]);
  table.put(
    `${control}\\Windows`,
    [
      expandSz('Directory', '%SystemRoot%'),
      expandSz('SystemDirectory', '%SystemRoot%\\system32'),
      dword('ErrorMode', 0),
      dword('CSDVersion', 0),
      ...(settings.lastShutdown === undefined ? [] : [filetime('ShutdownTime', settings.lastShutdown)]),
    ],
    settings.lastShutdown,
  );
  table.put(
    `${control}\\Terminal Server`,
    [
      dword('DeleteTempDirsOnExit', 1),
      ...stored('fDenyTSConnections', settings.fDenyTSConnections),
      dword('fSingleSessionPerUser', 1),
      dword('TSUserEnabled', 0),
      sz('SnapshotMonitors', '1'),
    ],
    settingsAt,
  );
  table.put(
    `${control}\\Terminal Server\\WinStations\\RDP-Tcp`,
    [
      dword('PortNumber', settings.rdpPort),
      dword('fEnableWinStation', 1),
      dword('fLogonDisabled', 0),
      dword('MinEncryptionLevel', 2),
      ...stored('SecurityLayer', settings.securityLayer),
      ...stored('UserAuthentication', settings.userAuthentication),
    ],
    settingsAt,
  );
  table.put(
    `${control}\\CrashControl`,
    [
      ...stored('AutoReboot', settings.autoReboot),
      ...stored('CrashDumpEnabled', settings.crashDumpEnabled),
      expandSz('DumpFile', '%SystemRoot%\\MEMORY.DMP'),
      multiSz('DumpFilters', ['dumpfve.sys']),
      dword('LogEvent', 1),
      expandSz('MinidumpDir', '%SystemRoot%\\Minidump'),
      dword('MinidumpsCount', 5),
      dword('Overwrite', 1),
    ],
    settingsAt,
  );
  table.put(
    `${control}\\Lsa`,
    [
      dword('LimitBlankPasswordUse', 1),
      dword('NoLmHash', 1),
      dword('forceguest', 0),
      dword('restrictanonymous', 0),
      dword('restrictanonymoussam', 1),
      dword('everyoneincludesanonymous', 0),
      dword('disabledomaincreds', 0),
      multiSz('Authentication Packages', ['msv1_0']),
      ...stored('LmCompatibilityLevel', settings.lmCompatibilityLevel),
    ],
    settingsAt,
  );
  table.put(`${control}\\Lsa\\MSV1_0`, [dword('NtlmMinClientSec', 0x2000_0000), dword('NtlmMinServerSec', 0x2000_0000)]);
  table.put(`${control}\\Session Manager`, [multiSz('BootExecute', ['autocheck autochk *']), dword('ProtectionMode', 1)]);
  table.put(`${control}\\Session Manager\\Memory Management`, [
    multiSz('PagingFiles', ['?:\\pagefile.sys']),
    dword('ClearPageFileAtShutdown', 0),
  ]);
  table.put(`${control}\\Session Manager\\Power`, settings.product === 'client' ? [dword('HiberbootEnabled', 1)] : []);

  const services = new Map<string, readonly [start: number, type: number, image: string]>();
  for (const [name, start, type, image] of SERVICES) services.set(name, [settings.services[name] ?? start, type, image]);
  for (const [name, start] of Object.entries(settings.services)) {
    if (!services.has(name)) services.set(name, [start, 1, `System32\\drivers\\${name}.sys`]);
  }
  for (const [name, [start, type, image]] of services) {
    table.put(
      `${set}\\Services\\${name}`,
      [dword('Start', start), dword('Type', type), dword('ErrorControl', 1), expandSz('ImagePath', image)],
      Object.hasOwn(settings.services, name) ? settingsAt : undefined,
    );
  }
  table.put(`${set}\\Services\\Tcpip\\Parameters`, [
    sz('Hostname', computer),
    sz('NV Hostname', computer),
    sz('Domain', domain),
    sz('NV Domain', domain),
  ]);
  table.put(
    `${set}\\Services\\Tcpip\\Parameters\\Interfaces\\${ADAPTER}`,
    [dword('EnableDHCP', 1), dword('LeaseObtainedTime', Math.floor(ticksToUnixMs(settings.newestAt) / 1000))],
    settings.newestAt,
  );
  table.put(`${set}\\Services\\LanmanServer\\Parameters`, [
    dword('RequireSecuritySignature', settings.product === 'dc' ? 1 : 0),
    dword('EnableSecuritySignature', settings.product === 'dc' ? 1 : 0),
  ]);
  for (const log of ['Application', 'Security', 'System']) {
    table.put(`${set}\\Services\\EventLog\\${log}`, [
      expandSz('File', `%SystemRoot%\\system32\\winevt\\Logs\\${log}.evtx`),
      dword('MaxSize', 0x0140_0000),
      dword('Retention', 0),
    ]);
  }
  for (const profile of ['DomainProfile', 'StandardProfile', 'PublicProfile']) {
    table.put(`${set}\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\${profile}`, [dword('EnableFirewall', 1)]);
  }
  // A second set that nothing uses, so that a reader which takes the first set it meets is found out.
  const idle = `ControlSet${String(controlSet === 1 ? 2 : 1).padStart(3, '0')}\\Control`;
  table.put(`${idle}\\Terminal Server`, opposite('fDenyTSConnections', settings.fDenyTSConnections));
  table.put(`${idle}\\Terminal Server\\WinStations\\RDP-Tcp`, opposite('UserAuthentication', settings.userAuthentication));
  return table;
}

function opposite(name: string, value: number | null): WriteHiveValue[] {
  return [dword(name, value === 0 ? 1 : 0)];
}

/** MountedDevices entry of a volume on a GPT disk: `DMIO:ID:` and the partition's GUID. */
function diskId(): Uint8Array {
  const head = new TextEncoder().encode('DMIO:ID:');
  const out = new Uint8Array(24);
  out.set(head);
  out.set(
    Array.from({ length: 16 }, (_, i) => (i * 37 + 11) & 0xff),
    8,
  );
  return out;
}
