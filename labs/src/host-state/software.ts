import { ticksToUnixMs } from '@winmedic/bytes';
import { binary, dword, sz } from '../hive-writer/values.ts';
import type { FullSettings } from './defaults.ts';
import { stored } from './defaults.ts';
import { KeyTable } from './key-table.ts';

const RELEASES: Readonly<Record<number, string>> = { 14393: '1607', 17763: '1809' };

/** Keys of the SOFTWARE hive. */
export function softwareKeys(settings: FullSettings): KeyTable {
  const { build, installedAt, settingsAt, newestAt, product } = settings;
  const table = new KeyTable('ROOT', installedAt);
  const windows = 'Microsoft\\Windows\\CurrentVersion';
  const release = RELEASES[build.build];

  table.put('Microsoft\\Windows NT\\CurrentVersion', [
    sz('ProductName', build.name),
    sz('EditionID', product === 'client' ? 'Professional' : 'ServerStandard'),
    sz('InstallationType', product === 'client' ? 'Client' : 'Server'),
    sz('CurrentBuild', String(build.build)),
    sz('CurrentBuildNumber', String(build.build)),
    // 6.3 is what Windows 8.1 and everything after it keep here; the real numbers have values of their own since 10240.
    sz('CurrentVersion', '6.3'),
    ...(build.major < 10 ? [] : [dword('CurrentMajorVersionNumber', build.major), dword('CurrentMinorVersionNumber', build.minor)]),
    dword('UBR', build.revision),
    ...(release === undefined ? [] : [sz('ReleaseId', release)]),
    dword('InstallDate', Math.floor(ticksToUnixMs(installedAt) / 1000)),
    sz('SystemRoot', 'C:\\Windows'),
    sz('RegisteredOwner', ''),
  ]);
  table.put(
    `${windows}\\Policies\\System`,
    [
      dword('ConsentPromptBehaviorAdmin', 5),
      dword('EnableLUA', 1),
      dword('PromptOnSecureDesktop', 1),
      dword('dontdisplaylastusername', 0),
      dword('scforceoption', 0),
      dword('undockwithoutlogon', 1),
      ...stored('shutdownwithoutlogon', settings.shutdownWithoutLogon),
      ...stored('LocalAccountTokenFilterPolicy', settings.localAccountTokenFilterPolicy),
    ],
    settingsAt,
  );
  const policy = Object.entries(settings.terminalServicesPolicy);
  if (policy.length > 0) {
    table.put(
      'Policies\\Microsoft\\Windows NT\\Terminal Services',
      policy.map(([name, value]) => dword(name, value)),
      settingsAt,
    );
  }
  table.put('Policies\\Microsoft\\Windows');
  winrm(table, settings);
  table.put('Microsoft\\Ole', [sz('EnableDCOM', 'Y')]);
  table.put(`${windows}\\WindowsUpdate\\Auto Update`, []);
  table.put(`${windows}\\Component Based Servicing`, []);
  // The heartbeat: the newest write of a running host.
  table.put(`${windows}\\Reliability`, [dword('TimeStampInterval', 5), binary('LastAliveStamp', systemTime(newestAt))], newestAt);
  return table;
}

/** WinRM as the registry keeps it. Names of the values are those of the checks table; not all of them are documented. */
function winrm(table: KeyTable, settings: FullSettings): void {
  const { winrm: kind, settingsAt, installedAt } = settings;
  const wsman = 'Microsoft\\Windows\\CurrentVersion\\WSMAN';
  const at = kind === 'default' ? installedAt : settingsAt;
  table.put(wsman, [dword('StackVersion', 3)]);
  table.put(`${wsman}\\Service`, [], at);
  table.put(`${wsman}\\Client`, [], at);
  table.put(`${wsman}\\Listener`, [], at);
  if (kind === 'off') return;
  table.put(
    `${wsman}\\Listener\\*+HTTP`,
    [dword('Port', 5985), dword('enabled', 1), sz('hostname', ''), sz('uriprefix', 'wsman'), sz('certThumbprint', '')],
    at,
  );
  if (kind !== 'troubleshooting-guide') return;
  table.put(`${wsman}\\Service`, [dword('auth_basic', 1), dword('allow_unencrypted', 1)], at);
  table.put(`${wsman}\\Client`, [dword('auth_basic', 1), dword('allow_unencrypted', 1), sz('trusted_hosts', '*')], at);
}

/** SYSTEMTIME of ticks. @source [MS-DTYP] 2.3.13 */
function systemTime(ticks: bigint): Uint8Array {
  const date = new Date(ticksToUnixMs(ticks));
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDay(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds(),
  ].forEach((part, i) => {
    view.setUint16(i * 2, part, true);
  });
  return out;
}
