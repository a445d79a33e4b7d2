import type { StateAddress } from '@winmedic/knowledge/model';

/** Names of the host in its SYSTEM hive, the longer one first. */
export const HOST_NAME_ADDRESSES: readonly StateAddress[] = [
  'reg:HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters!Hostname',
  'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName!ComputerName',
];

/** Places that say whose state it is and which Windows it runs; looked up whatever settings are asked for. */
const IDENTITY: readonly StateAddress[] = [
  ...HOST_NAME_ADDRESSES,
  'reg:HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters!Domain',
  'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions!ProductType',
  'reg:HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion!ProductName',
  'reg:HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion!CurrentBuild',
  'reg:HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion!CurrentBuildNumber',
  'reg:HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion!UBR',
  'reg:HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion!InstallationType',
];

/** The addresses a hive is asked for: those of settings, and what tells the host; each once. */
export function wantedState(addresses: readonly StateAddress[]): readonly StateAddress[] {
  const byName = new Map<string, StateAddress>();
  for (const address of [...IDENTITY, ...addresses]) if (!byName.has(address.toLowerCase())) byName.set(address.toLowerCase(), address);
  return [...byName.values()];
}
