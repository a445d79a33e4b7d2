import { isoToTicks } from '@winmedic/bytes';
import type { WriteHiveValue } from '../hive-writer/types.ts';
import { dword } from '../hive-writer/values.ts';
import { SERVER_2016 } from '../scenarios/builds.ts';
import type { HostSettings, StoredNumber } from './settings.ts';

/** {@link HostSettings} with every default filled in. */
export type FullSettings = Required<Omit<HostSettings, 'lastShutdown'>> & Pick<HostSettings, 'lastShutdown'>;

const ONE_HOUR = 36_000_000_000n;
const INSTALLED_AT = isoToTicks('2018-05-14T01:22:33Z')!;

/** Fills in the defaults. */
export function withDefaults(settings: HostSettings): FullSettings {
  const installedAt = settings.installedAt ?? INSTALLED_AT;
  const settingsAt = settings.settingsAt ?? installedAt + ONE_HOUR;
  const product = settings.product ?? 'server';
  return {
    computer: 'RDS01',
    domain: '',
    build: SERVER_2016,
    controlSet: 1,
    timeZone: { keyName: 'Tokyo Standard Time', biasMinutes: -540 },
    written: {},
    newestAt: settingsAt,
    shutdownWithoutLogon: product === 'client' ? 1 : 0,
    userAuthentication: 1,
    fDenyTSConnections: 0,
    securityLayer: 2,
    terminalServicesPolicy: {},
    rdpPort: 3389,
    winrm: 'default',
    crashDumpEnabled: 7,
    autoReboot: 1,
    lmCompatibilityLevel: null,
    localAccountTokenFilterPolicy: null,
    services: {},
    values: {},
    changes: {},
    minorVersion: 5,
    ...settings,
    product,
    installedAt,
    settingsAt,
  };
}

/** The value, unless it is not stored. */
export function stored(name: string, value: StoredNumber): WriteHiveValue[] {
  return value === null ? [] : [dword(name, value)];
}
