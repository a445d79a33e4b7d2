import { dword, dwordBigEndian, multiSz, seal, sz, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import { hostDescriptions, hostHives, TROUBLE_A } from '@winmedic/labs/host-state';
import { afterAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../model/observation.ts';
import type { StateObservation } from '../model/state.ts';
import { collectEvidence } from './collect.ts';
import { instantOfTicks } from './instant.ts';
import { TestFolder, zipOf } from './test-inputs.ts';

const dir = new TestFolder();
afterAll(() => dir.dispose());

const NLA = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp!UserAuthentication';
const POLICY = 'reg:HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services!UserAuthentication';
const SERVICES = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Services\\*!Start';
/** 2018-06-01 and 2018-07-12, 00:00 UTC, in FILETIME ticks. */
const WRITTEN = 131_722_848_000_000_000n;
const NEWEST = 131_758_272_000_000_000n;
const DAY = 864_000_000_000n;

const collect = (paths: string | string[], stateAddresses = [NLA, POLICY]): Promise<Evidence> =>
  collectEvidence([paths].flat(), { zone: 'UTC', stateAddresses });
const at = (e: Evidence, address: string): StateObservation | undefined =>
  e.state.find((o) => o.address.toLowerCase() === address.toLowerCase());
const codes = (e: Evidence): string[] => e.problems.map((p) => p.code);

describe('a registry hive', () => {
  it('gives the values asked for, with the last write of their key, until the newest write of the hive', async () => {
    const { SYSTEM } = hostHives({ ...TROUBLE_A, settingsAt: WRITTEN, newestAt: NEWEST, controlSet: 2 });
    const path = dir.file('one/anything', SYSTEM);
    const evidence = await collect(path);
    expect(evidence.sources).toMatchObject([{ kind: 'hive', path }]);
    expect(at(evidence, NLA)).toMatchObject({
      value: '0',
      valueType: 'REG_DWORD',
      since: instantOfTicks(WRITTEN),
      until: instantOfTicks(NEWEST),
      trust: 'record',
      origin: {
        sourceId: 'S1',
        path,
        key: 'HKLM\\SYSTEM\\ControlSet002\\Control\\Terminal Server\\WinStations\\RDP-Tcp!UserAuthentication',
        keyWritten: instantOfTicks(WRITTEN),
      },
    });
    expect(at(evidence, POLICY)).toBeUndefined();
    expect(evidence.extents.map((e) => e.prefix)).toEqual(['reg:HKLM\\SYSTEM']);
  });

  it('says of a value that is not there since when: the last write of the nearest key that exists', async () => {
    const { SOFTWARE } = hostHives({ settingsAt: WRITTEN, newestAt: NEWEST, written: { 'SOFTWARE\\Policies\\Microsoft': WRITTEN + DAY } });
    const found = at(await collect(dir.file('absent/SOFTWARE', SOFTWARE)), POLICY);
    expect(found).toMatchObject({ value: null, until: instantOfTicks(NEWEST) });
    expect(found?.since).toBeDefined();
    expect(found?.origin.key).toMatch(/^HKLM\\SOFTWARE\\Policies/);
  });

  it('gives every match of an address with a wildcard', async () => {
    const { SYSTEM } = hostHives({ services: { TermService: 2, CSAgent: 1 } });
    const evidence = await collect(dir.file('services/SYSTEM', SYSTEM), [SERVICES]);
    expect(at(evidence, SERVICES.replace('*', 'csagent'))).toMatchObject({ value: '1' });
    expect(evidence.extents[0]?.looked).toContain(SERVICES);
  });

  it('writes numbers, lists and binary data in one notation', async () => {
    const values = [
      dwordBigEndian('Number', 258),
      multiSz('List', ['a', 'b']),
      sz('', 'default'),
      { name: 'Raw', type: 3, data: new Uint8Array([0xde, 0xad]) },
    ];
    const hive = writeHive({
      root: { name: 'ROOT', keys: [{ name: 'Microsoft', keys: [{ name: 'Windows', keys: [{ name: 'CurrentVersion', values }] }] }] },
    });
    const key = 'reg:HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion';
    const { state } = await collect(dir.file('types/SOFTWARE', hive), [`${key}!Number`, `${key}!List`, `${key}!`, `${key}!Raw`, key]);
    const asked = state.filter((o) => o.address.startsWith(key));
    expect(asked.map((o) => [o.address.slice(key.length), o.value])).toEqual([
      ['!Number', '258'],
      ['!List', ['a', 'b']],
      ['!', 'default'],
      ['!Raw', 'DEAD'],
      ['', ''],
    ]);
  });

  it('of a user is passed over with a note', async () => {
    const hive = writeHive({ root: { name: 'ROOT', keys: [{ name: 'Software' }, { name: 'Control Panel' }] } });
    expect(codes(await collect(dir.file('user/NTUSER.DAT', hive)))).toEqual(['EVIDENCE_HIVE_OTHER']);
  });

  it('that was not closed is replayed with the logs beside it, in folders and archives alike, whatever the order', async () => {
    const { SYSTEM } = hostDescriptions({ userAuthentication: 1, settingsAt: WRITTEN, newestAt: NEWEST });
    const change = {
      do: 'set',
      path: 'ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      value: dword('UserAuthentication', 0),
      at: NEWEST + DAY,
    } as const;
    const { hive, log1, log2 } = writeDirtyHive(SYSTEM, [[change]], { format: 'new' });
    const members = [
      { name: 'config/SYSTEM.LOG1', content: log1 },
      { name: 'config/SYSTEM', content: hive },
      ...(log2 ? [{ name: 'config/SYSTEM.LOG2', content: log2 }] : []),
    ];
    for (const { name, content } of members) dir.file(`dirty/${name}`, content);
    dir.file('dirty/config/SYSTEM.LOG', '');
    for (const path of [dir.folder('dirty'), dir.file('dirty.zip', zipOf(members))]) {
      const evidence = await collect(path);
      expect(at(evidence, NLA)).toMatchObject({ value: '0', since: instantOfTicks(NEWEST + DAY) });
      expect(codes(evidence)).toContain('EVIDENCE_HIVE_REPLAYED');
      expect(evidence.problems.every((p) => p.severity === 'note')).toBe(true);
    }
    const without = await collect(dir.file('alone/SYSTEM', hive));
    expect(at(without, NLA)?.value).toBe('1');
    expect(codes(without)).toContain('HIVE_DIRTY_NO_LOGS');
    expect(codes(await collect(dir.file('log/SYSTEM.LOG1', log1 as Uint8Array)))).toContain('EVIDENCE_HIVE_LOG_ALONE');
  });

  it('with unreadable parts asserts nothing to be absent', async () => {
    const { SYSTEM } = hostHives({ userAuthentication: null });
    const whole = at(await collect(dir.file('whole/SYSTEM', SYSTEM)), NLA);
    expect(whole?.value).toBeNull();
    const broken = Uint8Array.from(SYSTEM);
    const name = Buffer.from('WinStations', 'latin1');
    const cell = Buffer.from(broken.buffer).indexOf(name) - 80;
    expect(cell).toBeGreaterThan(4096);
    broken.set([0x78, 0x78], cell + 4);
    seal(broken);
    const damaged = await collect(dir.file('broken/SYSTEM', broken));
    expect(at(damaged, NLA)).toBeUndefined();
    expect(damaged.extents).toEqual([]);
  });

  it('tells a file that is no hive behind its signature', async () => {
    const junk = new Uint8Array(8192).fill(0xee);
    junk.set(Buffer.from('regf'), 0);
    const evidence = await collect(dir.file('junk/SYSTEM', junk));
    expect(evidence.state).toEqual([]);
    expect(evidence.problems.length).toBeGreaterThan(0);
  });
});

describe('hives of one folder', () => {
  it('were copied together: each holds until the newest write of both, when they are less than an hour apart', async () => {
    const early = hostHives({ newestAt: NEWEST }).SOFTWARE;
    const minutes = 600_000_000n;
    const near = hostHives({ newestAt: NEWEST + 5n * minutes }).SYSTEM;
    dir.file('together/SOFTWARE', early);
    dir.file('together/SYSTEM', near);
    expect(at(await collect(dir.folder('together')), POLICY)?.until).toBe(instantOfTicks(NEWEST + 5n * minutes));
    dir.file('apart/SOFTWARE', early);
    dir.file('apart/SYSTEM', hostHives({ newestAt: NEWEST + DAY }).SYSTEM);
    expect(at(await collect(dir.folder('apart')), POLICY)?.until).toBe(instantOfTicks(NEWEST));
  });
});
