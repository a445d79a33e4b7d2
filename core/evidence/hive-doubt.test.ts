import { dword, keyPlace, patch32, setDataSize, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import { hostDescriptions, hostHives, TROUBLE_A } from '@winmedic/labs/host-state';
import { afterAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../model/observation.ts';
import { collectEvidence } from './collect.ts';
import { instantOfTicks } from './instant.ts';
import { TestFolder } from './test-inputs.ts';

/** Hives of which a part is not known: it must read neither as a value nor as missing. */
const dir = new TestFolder();
afterAll(() => dir.dispose());

const NLA = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp!UserAuthentication';
const SETUP = 'reg:HKLM\\SYSTEM\\Setup!SetupType';
const SERVICES = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Services\\*!Start';
const LISTENER = 'ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp';
/** 2018-06-01 and 2018-07-12, 00:00 UTC, in FILETIME ticks. */
const WRITTEN = 131_722_848_000_000_000n;
const NEWEST = 131_758_272_000_000_000n;
const MINUTE = 600_000_000n;

const collect = (path: string): Promise<Evidence> => collectEvidence([path], { zone: 'UTC', stateAddresses: [NLA, SETUP, SERVICES] });
const looked = (e: Evidence): string[] => e.extents.flatMap((x) => x.looked ?? []);
const of = (e: Evidence, address: string) => e.state.filter((o) => o.address === address).map((o) => [o.value, o.valueType]);
const codes = (e: Evidence): string[] => e.problems.map((p) => p.code);
const settings = { ...TROUBLE_A, settingsAt: WRITTEN, newestAt: NEWEST };

/** A SYSTEM hive whose root keys were changed. */
function systemWith(change: (keys: NonNullable<ReturnType<typeof hostDescriptions>['SYSTEM']['root']['keys']>) => typeof keys): Uint8Array {
  const { SYSTEM } = hostDescriptions(settings);
  return writeHive({ ...SYSTEM, root: { ...SYSTEM.root, keys: change(SYSTEM.root.keys ?? []) } });
}
const selecting = (current: number) => (keys: Parameters<Parameters<typeof systemWith>[0]>[0]) =>
  keys.map((k) => (k.name === 'Select' ? { ...k, values: [dword('Current', current)] } : k));

describe('a SYSTEM hive', () => {
  it.each([
    ['names a control set it does not hold, of several', systemWith(selecting(7))],
    [
      'names a control set it does not hold, beside one',
      systemWith((keys) => selecting(2)(keys.filter((k) => k.name !== 'ControlSet002'))),
    ],
    ['has no Select key, but two control sets', systemWith((keys) => keys.filter((k) => k.name !== 'Select'))],
  ])('that %s says nothing about CurrentControlSet, and not that it is empty', async (name, bytes) => {
    const evidence = await collect(dir.file(`set ${name}/SYSTEM`, bytes));
    expect(of(evidence, NLA)).toEqual([]);
    expect(of(evidence, SETUP)).toEqual([['0', 'REG_DWORD']]);
    expect(looked(evidence)).toContain(SETUP);
    expect(looked(evidence)).not.toContain(NLA);
    expect(looked(evidence)).not.toContain(SERVICES);
    expect(codes(evidence)).toContain('EVIDENCE_HIVE_NO_CONTROL_SET');
  });

  it('without a Select key but with one control set shows that one', async () => {
    const only = systemWith((keys) => keys.filter((k) => k.name !== 'Select' && k.name !== 'ControlSet002'));
    const evidence = await collect(dir.file('one set/SYSTEM', only));
    expect(of(evidence, NLA)).toEqual([['0', 'REG_DWORD']]);
    expect(codes(evidence)).not.toContain('EVIDENCE_HIVE_NO_CONTROL_SET');
  });

  it('with more matches than are taken does not show all of them', async () => {
    const services = Object.fromEntries(Array.from({ length: 4100 }, (_, i) => [`s${i}`, 3]));
    const evidence = await collect(dir.file('many/SYSTEM', hostHives({ ...settings, services }).SYSTEM));
    expect(evidence.state.length).toBeGreaterThan(4000);
    expect(looked(evidence)).toContain(NLA);
    expect(looked(evidence)).not.toContain(SERVICES);
  });
});

describe('a value', () => {
  const { SYSTEM } = hostHives(settings);
  const cell = keyPlace(SYSTEM, LISTENER).values.at(-1) as number;

  it('whose data lies outside the hive is not there in any way', async () => {
    const outside = patch32(setDataSize(SYSTEM, cell, 4), cell + 12, 0x7fff_0000);
    const evidence = await collect(dir.file('outside/SYSTEM', outside));
    expect(of(evidence, NLA)).toEqual([]);
    expect(looked(evidence)).toEqual([]);
    expect(codes(evidence).some((code) => code.startsWith('HIVE_'))).toBe(true);
  });

  it.each([
    [0, ''],
    [2, '0100'],
    [8, '0100000009090909'],
  ])('of a number type with %i bytes is no number, and says so', async (size, shown) => {
    const data = new Uint8Array([1, 0, 0, 0, 9, 9, 9, 9]).subarray(0, size);
    const values = {
      'SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp': [{ name: 'UserAuthentication', type: 4, data }],
    };
    const evidence = await collect(dir.file(`size ${size}/SYSTEM`, hostHives({ ...settings, values }).SYSTEM));
    expect(of(evidence, NLA)).toEqual([[shown, `REG_DWORD[${size}]`]]);
  });
});

describe('hives of one folder, written last within an hour', () => {
  const { SYSTEM } = hostHives({ ...settings, newestAt: NEWEST + 30n * MINUTE });
  const change = { do: 'set', path: 'Microsoft\\Windows\\CurrentVersion\\Policies\\System', at: NEWEST + 10n * MINUTE } as const;
  const software = writeDirtyHive(hostDescriptions(settings).SOFTWARE, [[{ ...change, value: dword('ShutdownWithoutLogon', 0) }]]);
  const untilOf = async (files: Readonly<Record<string, Uint8Array>>, name: string) => {
    for (const [file, bytes] of Object.entries({ SYSTEM, ...files })) dir.file(`${name}/${file}`, bytes);
    const evidence = await collect(`${dir.path}/${name}`);
    return evidence.extents.find((e) => e.prefix === 'reg:HKLM\\SOFTWARE')?.until;
  };

  it('show their host until the newest write of any', async () => {
    expect(await untilOf({ SOFTWARE: hostHives(settings).SOFTWARE }, 'clean')).toBe(instantOfTicks(NEWEST + 30n * MINUTE));
    expect(await untilOf({ SOFTWARE: software.hive, 'SOFTWARE.LOG1': software.log1 }, 'replayed')).toBe(
      instantOfTicks(NEWEST + 30n * MINUTE),
    );
  });

  it('but not where one of them is there twice: they may be of several hosts', async () => {
    const other = hostHives({ ...settings, computer: 'WEB1', newestAt: NEWEST + 40n * MINUTE });
    const files = { SOFTWARE: hostHives(settings).SOFTWARE, WEB1_SYSTEM: other.SYSTEM };
    expect(await untilOf(files, 'two hosts')).toBe(instantOfTicks(NEWEST));
  });

  it('but not one whose logs are missing: what they hold may lie in that time', async () => {
    expect(await untilOf({ SOFTWARE: software.hive }, 'behind')).toBe(instantOfTicks(NEWEST));
  });
});
