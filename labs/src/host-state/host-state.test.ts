import { describe, expect, it } from 'vitest';
import { dword, keyPlace } from '../hive-writer/index.ts';
import type { CheckedKey } from '../hive-writer/test-check.ts';
import { checkHive } from '../hive-writer/test-check.ts';
import { WINDOWS_10_1809 } from '../scenarios/builds.ts';
import { hostHives, SAFE, TROUBLE_A } from './index.ts';

function keyAt(hive: Uint8Array, path: string): CheckedKey {
  let key = checkHive(hive);
  for (const part of path.split('\\')) {
    const next = key.keys.find((child) => child.name.toUpperCase() === part.toUpperCase());
    if (!next) throw new Error(`no key ${path}`);
    key = next;
  }
  return key;
}

const number = (key: CheckedKey, name: string): number | undefined => {
  const value = key.values.find((each) => each.name.toUpperCase() === name.toUpperCase());
  return value && new DataView(value.data.buffer, value.data.byteOffset).getUint32(0, true);
};
const text = (key: CheckedKey, name: string): string | undefined => {
  const value = key.values.find((each) => each.name === name);
  return value && new TextDecoder('utf-16le').decode(value.data).replace(/\0$/, '');
};
const times = (key: CheckedKey): bigint[] => [key.lastWritten, ...key.keys.flatMap(times)];

const POLICIES = 'Microsoft\\Windows\\CurrentVersion\\Policies\\System';
const RDP = 'ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp';

describe('hostHives', () => {
  it('stores the settings of trouble A with the time they were last written', () => {
    const { SYSTEM, SOFTWARE } = hostHives({ ...TROUBLE_A, settingsAt: 131_700_000_000_000_000n });
    expect(number(keyAt(SOFTWARE, POLICIES), 'ShutdownWithoutLogon')).toBe(1);
    expect(number(keyAt(SYSTEM, RDP), 'UserAuthentication')).toBe(0);
    expect(number(keyAt(SYSTEM, 'ControlSet001\\Control\\Terminal Server'), 'fDenyTSConnections')).toBe(0);
    for (const key of [keyAt(SOFTWARE, POLICIES), keyAt(SYSTEM, RDP)]) expect(key.lastWritten).toBe(131_700_000_000_000_000n);
  });

  it('is safe by default and tells an absent value from zero', () => {
    const safe = hostHives(SAFE);
    expect(number(keyAt(safe.SYSTEM, RDP), 'UserAuthentication')).toBe(1);
    expect(safe.SYSTEM).toEqual(hostHives().SYSTEM);
    const absent = hostHives({ userAuthentication: null, shutdownWithoutLogon: null });
    expect(number(keyAt(absent.SYSTEM, RDP), 'UserAuthentication')).toBeUndefined();
    expect(number(keyAt(absent.SOFTWARE, POLICIES), 'ShutdownWithoutLogon')).toBeUndefined();
    expect(() => keyPlace(absent.SOFTWARE, 'Policies\\Microsoft\\Windows NT\\Terminal Services')).toThrow(RangeError);
  });

  it('keeps another control set than the current one with other values', () => {
    const { SYSTEM } = hostHives({ ...TROUBLE_A, controlSet: 2 });
    expect(number(keyAt(SYSTEM, 'Select'), 'Current')).toBe(2);
    expect(number(keyAt(SYSTEM, RDP.replace('001', '002')), 'UserAuthentication')).toBe(0);
    expect(number(keyAt(SYSTEM, RDP), 'UserAuthentication')).toBe(1);
  });

  it('tells by its newest key until when the state held', () => {
    const newestAt = 132_000_000_000_000_000n;
    const { SYSTEM, SOFTWARE } = hostHives({ newestAt });
    for (const hive of [SYSTEM, SOFTWARE]) {
      const all = times(checkHive(hive));
      expect(all.filter((time) => time === newestAt)).toHaveLength(1);
      expect(all.every((time) => time <= newestAt)).toBe(true);
    }
  });

  it('lets any key have its own time and any value be added', () => {
    const { SYSTEM, SOFTWARE } = hostHives({
      written: { 'SYSTEM\\CurrentControlSet\\Control\\Lsa': 77n },
      values: { 'SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate\\AU': [dword('AUOptions', 4)] },
      services: { CSAgent: 1, TermService: 4 },
    });
    expect(keyAt(SYSTEM, 'ControlSet001\\Control\\Lsa').lastWritten).toBe(77n);
    expect(number(keyAt(SOFTWARE, 'Policies\\Microsoft\\Windows\\WindowsUpdate\\AU'), 'AUOptions')).toBe(4);
    expect(number(keyAt(SYSTEM, 'ControlSet001\\Services\\CSAgent'), 'Start')).toBe(1);
    expect(number(keyAt(SYSTEM, 'ControlSet001\\Services\\TermService'), 'Start')).toBe(4);
  });

  it('names the host, its build and its product', () => {
    const { SYSTEM, SOFTWARE } = hostHives({
      computer: 'desk-with-a-long-name',
      domain: 'example.test',
      product: 'client',
      build: WINDOWS_10_1809,
    });
    expect(text(keyAt(SYSTEM, 'ControlSet001\\Services\\Tcpip\\Parameters'), 'Hostname')).toBe('desk-with-a-long-name');
    expect(text(keyAt(SYSTEM, 'ControlSet001\\Control\\ComputerName\\ComputerName'), 'ComputerName')).toBe('DESK-WITH-A-LON');
    expect(text(keyAt(SYSTEM, 'ControlSet001\\Control\\ProductOptions'), 'ProductType')).toBe('WinNT');
    const version = keyAt(SOFTWARE, 'Microsoft\\Windows NT\\CurrentVersion');
    expect([text(version, 'CurrentBuild'), number(version, 'UBR'), text(version, 'InstallationType')]).toEqual(['17763', 973, 'Client']);
  });

  it('writes the test set-up of the troubleshooting guide', () => {
    const { SOFTWARE } = hostHives({ winrm: 'troubleshooting-guide' });
    const wsman = 'Microsoft\\Windows\\CurrentVersion\\WSMAN';
    expect([
      number(keyAt(SOFTWARE, `${wsman}\\Service`), 'auth_basic'),
      number(keyAt(SOFTWARE, `${wsman}\\Service`), 'allow_unencrypted'),
    ]).toEqual([1, 1]);
    expect(text(keyAt(SOFTWARE, `${wsman}\\Client`), 'trusted_hosts')).toBe('*');
    const plain = keyAt(hostHives().SOFTWARE, `${wsman}\\Service`);
    expect(plain.values).toEqual([]);
  });
});
