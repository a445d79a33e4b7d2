import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unixMsToTicks } from '@winmedic/bytes';
import { diagnose } from '@winmedic/core/diagnosis';
import { collectEvidence } from '@winmedic/core/evidence';
import { auditHosts, withStateFacts } from '@winmedic/core/exposure';
import { buildTimeline } from '@winmedic/core/timeline';
import { loadKnowledge } from '@winmedic/knowledge';
import { binary, dword, qword, sz, type WriteHiveValue, writeDirtyHive, writeHive } from '@winmedic/labs/hive-writer';
import { type HostSettings, hostDescriptions, hostHives, SAFE, TROUBLE_A } from '@winmedic/labs/host-state';
import { jaRdsPowerOff, SERVER_2019 } from '@winmedic/labs/scenarios';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * What a customer may send beside the logs of trouble A, and what an honest expert would say of the five stops from the logon screen. Everything is made
 * here; nothing of the corpus is needed.
 */
const folder = mkdtempSync(join(tmpdir(), 'winmedic-variants-'));
const logs = join(folder, 'logs');
beforeAll(() => {
  mkdirSync(logs);
  for (const { name, bytes } of jaRdsPowerOff()) writeFileSync(join(logs, name), bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const knowledge = loadKnowledge();
const RDP = 'logon-screen-power-rdp-no-nla';
const at = (time: string): bigint => unixMsToTicks(Date.parse(time));
const COPIED = at('2018-07-12T00:00:00Z');
const base: HostSettings = {
  computer: 'RDS01',
  installedAt: at('2018-05-14T00:00:00Z'),
  settingsAt: at('2018-06-04T00:00:00Z'),
  newestAt: COPIED,
};
const trouble = (more: HostSettings = {}): HostSettings => ({ ...base, ...TROUBLE_A, ...more });
const safe = (more: HostSettings = {}): HostSettings => ({ ...base, ...SAFE, ...more });
type Files = Readonly<Record<string, Uint8Array | string>>;
const hives = (settings: HostSettings, path = 'config/'): Files =>
  Object.fromEntries(Object.entries(hostHives(settings)).map(([name, bytes]) => [`${path}${name}`, bytes]));

const LISTENER = 'SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp';
const POLICIES = 'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System';
const RDP_POLICY = 'SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services';
const query = (key: string, name: string, value: number): string =>
  `\r\nHKEY_LOCAL_MACHINE\\${key}\r\n    ${name}    REG_DWORD    0x${value.toString(16)}\r\n\r\n`;
const secedit = (value: string): string =>
  `[Unicode]\r\nUnicode=yes\r\n[Registry Values]\r\nMACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\ShutdownWithoutLogon=${value}\r\n[Version]\r\nsignature="$CHICAGO$"\r\nRevision=1\r\n`;

/** SYSTEM with the value of the listener changed in its log only. */
function unflushed(settings: HostSettings, userAuthentication: number, when: string) {
  const path = LISTENER.replace('SYSTEM\\CurrentControlSet', 'ControlSet001');
  const change = { do: 'set', path, value: dword('UserAuthentication', userAuthentication), at: at(when) } as const;
  return writeDirtyHive(hostDescriptions(settings).SYSTEM, [[change]]);
}

/** SYSTEM whose `Select` names a control set. */
function selecting(current: number): Uint8Array {
  const { SYSTEM } = hostDescriptions(trouble());
  const keys = (SYSTEM.root.keys ?? []).map((key) => (key.name === 'Select' ? { ...key, values: [dword('Current', current)] } : key));
  return writeHive({ ...SYSTEM, root: { ...SYSTEM.root, keys } });
}

let n = 0;
/** Grades of the five stops by their first letters, and the status of settings in the audit of RDS01 (or of the only host). */
async function judge(files: Files) {
  const dir = join(folder, `case-${++n}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  const evidence = await collectEvidence([logs, dir], { zone: 'Asia/Tokyo' });
  const diagnosis = diagnose(buildTimeline(withStateFacts(evidence, knowledge)), knowledge, { madeAt: 0n });
  const screen = diagnosis.incidents.filter(({ stop }) => stop.request?.process === 'winlogon.exe').slice(0, 5);
  const grades = screen.map((i) => i.considered.find((j) => j.cause.id === RDP)?.grade?.[0] ?? '-').join('');
  const { hosts } = auditHosts(evidence, knowledge, { madeAt: 0n });
  const audited = hosts.find(({ host }) => host === 'RDS01');
  const status = (id: string): string | undefined => audited?.settings.find(({ setting }) => setting.id === id)?.status;
  return { grades, nla: status('rds-nla'), policy: status('shutdown-without-logon'), repairs: diagnosis.repairs };
}

describe('honest cases are decided', () => {
  it.each<[string, Files, string, string, string]>([
    ['hives of the host', hives(trouble()), 'ccccc', 'risky', 'risky'],
    ['safe hives', hives(safe()), 'rrrrr', 'ok', 'ok'],
    ['the second control set is in use', hives(trouble({ controlSet: 2 })), 'ccccc', 'risky', 'risky'],
    [
      'hives of another host beside, each in its folder',
      { ...hives(trouble(), 'RDS01/'), ...hives(safe({ computer: 'WEB1' }), 'WEB1/') },
      'ccccc',
      'risky',
      'risky',
    ],
    [
      'hives of two hosts in one folder',
      { ...hives(trouble(), 'x/RDS01_'), ...hives(safe({ computer: 'WEB1' }), 'x/WEB1_') },
      'ccccc',
      'risky',
      'risky',
    ],
    [
      'an older safe backup beside',
      {
        ...hives(trouble({ settingsAt: at('2018-06-20T00:00:00Z') })),
        ...hives(safe({ newestAt: at('2018-06-15T00:00:00Z') }), 'config/RegBack/'),
      },
      'ccccc',
      'risky',
      'risky',
    ],
    ['keys written between the stops', hives(trouble({ settingsAt: at('2018-06-28T12:00:00Z') })), 'llccc', 'risky', 'risky'],
    ['copied between the stops', hives(trouble({ newestAt: at('2018-07-04T12:00:00Z') })), 'ccccl', 'risky', 'risky'],
    ['no policy stored on a server', hives(trouble({ shutdownWithoutLogon: null })), 'rrrrr', 'risky', 'ok'],
    ['no policy stored on a client', hives(trouble({ shutdownWithoutLogon: null, product: 'client' })), 'ccccc', 'risky', 'ok'],
  ])('%s', async (_, files, grades, nla, policy) => {
    expect(await judge(files)).toMatchObject({ grades, nla, policy });
  });
});

describe('what is not known of the time of a stop confirms nothing', () => {
  it.each<[string, Files]>([
    ['written after the stops', hives(trouble({ settingsAt: at('2018-07-10T00:00:00Z') }))],
    ['a key time in the future', hives(trouble({ written: { [LISTENER]: at('2300-01-01T00:00:00Z') } }))],
    ['a key time that was never set', hives(trouble({ written: { [LISTENER]: 0n } }))],
    [
      'the folder of the policy written after the stops',
      hives(trouble({ written: { 'SOFTWARE\\Policies\\Microsoft': at('2018-07-10T00:00:00Z') } })),
    ],
    [
      'SOFTWARE of a month before',
      { ...hives(trouble()), ...{ 'config/SOFTWARE': hostHives(trouble({ newestAt: at('2018-06-10T00:00:00Z') })).SOFTWARE } },
    ],
    [
      'text without a time',
      {
        'a.txt': query(LISTENER, 'UserAuthentication', 0),
        'b.txt': query(POLICIES, 'ShutdownWithoutLogon', 1),
        'c.txt': query(RDP_POLICY, 'UserAuthentication', 0),
      },
    ],
    ['a security template', { 'a.inf': secedit('4,1'), 'c.txt': query(RDP_POLICY, 'UserAuthentication', 0) }],
    [
      'SOFTWARE of another Windows than the log records',
      { ...hives(trouble()), 'config/SOFTWARE': hostHives(trouble({ build: SERVER_2019 })).SOFTWARE },
    ],
    [
      'a log that brings the value after the stops',
      {
        ...hives(trouble()),
        'config/SYSTEM': unflushed(safe(), 0, '2018-07-08T00:00:00Z').hive,
        'config/SYSTEM.LOG1': unflushed(safe(), 0, '2018-07-08T00:00:00Z').log1,
      },
    ],
    ['a control set that is not there', { ...hives(trouble()), 'config/SYSTEM': selecting(7) }],
  ])('%s', async (_, files) => {
    expect((await judge(files)).grades).toBe('lllll');
  });

  it('nor a change that is only in the log: it is shown as the repair', async () => {
    const { hive, log1 } = unflushed(trouble(), 1, '2018-07-12T01:00:00Z');
    const result = await judge({ ...hives(trouble()), 'config/SYSTEM': hive, 'config/SYSTEM.LOG1': log1 });
    expect(result).toMatchObject({ grades: 'lllll', nla: 'ok', policy: 'risky' });
    expect(result.repairs.map(({ fact }) => [fact.name, fact.value])).toEqual([['rdp.nla', 'on']]);
  });

  it('and a risky value set after the stops is no repair', async () => {
    expect((await judge(hives(trouble({ settingsAt: at('2018-07-10T00:00:00Z') })))).repairs).toEqual([]);
  });
});

describe('a value Windows cannot read as a number decides nothing', () => {
  const odd: readonly [string, WriteHiveValue][] = [
    ['REG_SZ', sz('V', '1')],
    ['REG_BINARY', binary('V', new Uint8Array([1]))],
    ['REG_QWORD', qword('V', 1n)],
    ['REG_DWORD of two bytes', { name: 'V', type: 4, data: new Uint8Array([1, 0]) }],
    ['REG_DWORD without data', { name: 'V', type: 4, data: new Uint8Array(0) }],
  ];
  it.each(odd)('the policy as %s', async (_, value) => {
    const values = { [POLICIES]: [{ ...value, name: 'ShutdownWithoutLogon' }] };
    expect(await judge(hives(trouble({ shutdownWithoutLogon: null, values })))).toMatchObject({ grades: 'lllll', policy: 'possible-risk' });
  });
  it.each(odd)('the policy over the listener as %s', async (_, value) => {
    const values = { [RDP_POLICY]: [{ ...value, name: 'UserAuthentication' }] };
    expect(await judge(hives(trouble({ values })))).toMatchObject({ grades: 'lllll', nla: 'possible-risk' });
  });
  it('a number nobody documented', async () => {
    expect(await judge(hives(trouble({ shutdownWithoutLogon: 2 })))).toMatchObject({ grades: 'lllll', policy: 'possible-risk' });
    expect(await judge(hives(trouble({ userAuthentication: 5 })))).toMatchObject({ grades: 'lllll', nla: 'possible-risk' });
  });
  it('a name that deletes a policy is not the policy', async () => {
    const values = { [RDP_POLICY]: [sz('**del.UserAuthentication', ' ')] };
    expect(await judge(hives(trouble({ values })))).toMatchObject({ grades: 'ccccc', nla: 'risky' });
  });
});

describe('text that contradicts the hive is told in the audit and does not undo what the hive shows of the stops', () => {
  it.each<[string, Files, string, string]>([
    ['the listener', { 'a.txt': query(LISTENER, 'UserAuthentication', 1) }, 'conflict', 'risky'],
    ['a policy over it', { 'a.txt': query(RDP_POLICY, 'UserAuthentication', 1) }, 'conflict', 'risky'],
    ['a security template', { 'a.inf': secedit('4,0') }, 'risky', 'conflict'],
    [
      'a control set that is not in use',
      { 'a.txt': query(LISTENER.replace('CurrentControlSet', 'ControlSet002'), 'UserAuthentication', 1) },
      'risky',
      'risky',
    ],
  ])('%s', async (_, files, nla, policy) => {
    expect(await judge({ ...hives(trouble()), ...files })).toMatchObject({ grades: 'ccccc', nla, policy });
  });
});
