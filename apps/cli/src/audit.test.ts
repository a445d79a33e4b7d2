import { readFileSync } from 'node:fs';
import { dword, writeDirtyHive } from '@winmedic/labs/hive-writer';
import { type HostSettings, hostDescriptions, hostHives, SAFE, TROUBLE_A } from '@winmedic/labs/host-state';
import { afterAll, describe, expect, it } from 'vitest';
import { TestFolder, winmedic } from './test-command.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

/** FILETIME ticks of an ISO time. */
const ticks = (iso: string): bigint => (BigInt(Date.parse(iso)) + 11_644_473_600_000n) * 10_000n;
const SETTINGS_AT = ticks('2018-06-20T00:00:00Z');
const NEWEST = ticks('2018-07-12T00:00:00Z');

/** Writes the hives of a host into a folder and gives its path. */
function host(name: string, settings: HostSettings, hives: readonly ('SYSTEM' | 'SOFTWARE')[] = ['SYSTEM', 'SOFTWARE']): string {
  const made = hostHives({ settingsAt: SETTINGS_AT, newestAt: NEWEST, ...settings });
  for (const hive of hives) folder.file(`${name}/${hive}`, made[hive]);
  return folder.at(name);
}

const trouble = host('trouble', TROUBLE_A);
const safe = host('safe', SAFE);
const half = host('half', TROUBLE_A, ['SYSTEM']);
host('two/rds01', TROUBLE_A);
host('two/rds02', { ...SAFE, computer: 'RDS02' });
const two = folder.at('two');
const later = host('later', { ...SAFE, settingsAt: ticks('2018-07-20T00:00:00Z'), newestAt: ticks('2018-08-01T00:00:00Z') });

interface Result {
  readonly id: string;
  readonly status: string;
  readonly value?: string;
  readonly seen: readonly { readonly key?: string; readonly keyWritten?: string; readonly sourceId: string; readonly value?: string }[];
  readonly unchecked: readonly { readonly reason: string }[];
}
interface Audited {
  readonly schemaVersion: string;
  readonly inputs: readonly { readonly id: string; readonly sha256?: string }[];
  readonly hosts: readonly {
    readonly name?: string;
    readonly os: { readonly build?: number; readonly product?: string };
    readonly counts: Readonly<Record<string, number>>;
    readonly combined: readonly { readonly id: string; readonly status: string }[];
    readonly settings: readonly Result[];
  }[];
  readonly comparisons: readonly {
    readonly before: { readonly name?: string };
    readonly after: { readonly name?: string };
    readonly changes: readonly { readonly setting: string; readonly effect: string; readonly before: Result; readonly after: Result }[];
  }[];
  readonly problems: readonly { readonly code: string }[];
}
const json = async (...args: string[]): Promise<Audited> => JSON.parse((await winmedic(['audit', '--json', ...args])).out) as Audited;
const setting = (audited: Audited, id: string, at = 0): Result => {
  const found = audited.hosts[at]?.settings.find((one) => one.id === id);
  if (!found) throw new Error(`${id} is not in the audit`);
  return found;
};

describe.concurrent('winmedic audit', () => {
  it('finds the host that anyone can power off, with key and last write of each setting', async () => {
    const audited = await json(trouble, '--tz', 'Asia/Tokyo');
    expect(audited.schemaVersion).toBe('1.0');
    expect(audited.hosts).toHaveLength(1);
    expect(audited.hosts[0]).toMatchObject({ name: 'RDS01', os: { build: 14393, product: 'server' } });
    expect(audited.hosts[0]?.combined.find(({ id }) => id === 'anyone-can-power-off-over-rdp')?.status).toBe('holds');
    expect(setting(audited, 'rds-nla')).toMatchObject({ status: 'risky', value: '0' });
    expect(setting(audited, 'rds-nla').seen).toContainEqual(
      expect.objectContaining({
        key: 'HKLM\\SYSTEM\\ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp!UserAuthentication',
        keyWritten: '2018-06-20T09:00:00+09:00',
        value: '0',
      }),
    );
    const { counts, settings } = audited.hosts[0]!;
    expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(settings.length);
  });

  it('says the sentence first, what to change first, and what was not checked, in both languages', async () => {
    const en = await winmedic(['audit', trouble, '--tz', 'Asia/Tokyo']);
    expect(en.code).toBe(0);
    expect(en.out).toMatch(/^RDS01 ▲ HIGH {2}\S/);
    expect(en.out).toContain('Change first: ');
    expect(en.out).toContain('key last written 2018-06-20 09:00:00 +09:00');
    expect(en.out).toContain('\nNot checked\n');
    expect(en.out.trimEnd().split('\n').at(-1)).toMatch(/^next: winmedic audit .* --html audit\.html$/);
    const ja = await winmedic(['audit', trouble, '--lang', 'ja']);
    expect(ja.out).toMatch(/^RDS01 ▲ 重大度 高 {2}\S/);
    expect(ja.out).toContain('最初に変更する設定: ');
    expect(ja.out).toContain('\n未確認の設定\n');
  });

  it('does not find it on a safe host', async () => {
    const audited = await json(safe);
    expect(audited.hosts[0]?.combined.filter(({ id, status }) => id === 'anyone-can-power-off-over-rdp' && status === 'holds')).toEqual([]);
    for (const id of ['rds-nla', 'shutdown-without-logon']) expect(setting(audited, id).status, id).toBe('ok');
  });

  it('with one hive calls nothing risky that the other could overrule, and names the hive that is missing', async () => {
    const audited = await json(half);
    expect(setting(audited, 'rds-nla').status).toBe('possible-risk');
    expect(setting(audited, 'shutdown-without-logon')).toMatchObject({ status: 'not-checked', unchecked: [{ reason: 'hive-missing' }] });
    const { out } = await winmedic(['audit', half]);
    expect(out).toMatch(/– .*SOFTWARE.*\d+ settings[\s\S]*hive missing/);
    expect(out).not.toMatch(/^RDS01 ▲ HIGH {2}/);
  });

  it('compares two states, each value with the file of its own side', async () => {
    const audited = await json(later, '--compare', trouble);
    const nla = audited.comparisons[0]?.changes.find((change) => change.setting === 'rds-nla');
    expect(nla).toMatchObject({ effect: 'better', before: { value: '0' }, after: { value: '1' } });
    expect(nla?.before.seen[0]?.sourceId).toMatch(/^B\d+$/);
    expect(nla?.after.seen[0]?.sourceId).toMatch(/^S\d+$/);
    expect(audited.inputs.map(({ id }) => id)).toEqual(['S1', 'S2', 'B1', 'B2']);
    const { out } = await winmedic(['audit', trouble, '--compare', later]);
    expect(out).toMatch(/── What changed ─[\s\S]*× worse {2}/);
  });

  it('pairs hosts by name and says which have no counterpart', async () => {
    const { out, err } = await winmedic(['audit', two, '--compare', trouble, '--json']);
    expect((JSON.parse(out) as Audited).comparisons.map(({ after }) => after.name)).toEqual(['RDS01']);
    expect(err).toContain('not compared, only in the state after: RDS02');
  });

  it('compares two hosts of one evidence', async () => {
    const audited = await json(two, '--host', 'rds01', '--against', 'RDS02');
    expect(audited.hosts.map(({ name }) => name)).toEqual(['RDS01']);
    expect(audited.comparisons).toHaveLength(1);
    expect(audited.comparisons[0]).toMatchObject({ before: { name: 'RDS02' }, after: { name: 'RDS01' } });
    expect(audited.comparisons[0]?.changes.find((change) => change.setting === 'rds-nla')?.effect).toBe('worse');
  });

  it.each([
    [['--host', 'RDS09'], 'CLI_INVALID_VALUE', 'RDS01, RDS02'],
    [['--against', 'RDS02'], 'CLI_INVALID_VALUE', '--host'],
    [['--only', 'windows'], 'CLI_INVALID_VALUE', 'winrm'],
  ] as const)('refuses %j and says what is possible', async (args, code, hint) => {
    for (const lang of ['en', 'ja']) {
      const ran = await winmedic(['audit', two, ...args, '--lang', lang, '--quiet']);
      expect(ran).toMatchObject({ code: 2, out: '' });
      expect(ran.err.startsWith(`winmedic: ${code} `)).toBe(true);
      expect(ran.err.replaceAll('、', ', ')).toContain(hint);
    }
  });

  it('lists the areas asked for, and says how many settings it leaves out', async () => {
    const { out } = await winmedic(['audit', trouble, '--only', 'winrm', '--only', 'smb']);
    expect(out).toMatch(/\d+ settings of other areas left out by --only/);
    expect(out).not.toContain('(rds-nla)');
    expect((await winmedic(['audit', trouble, '--only', 'winrm,smb'])).out).toContain(out.slice(0, out.indexOf('winmedic audit')));
    const audited = await json(trouble, '--only', 'rdp');
    expect(audited.hosts[0]?.settings.some(({ id }) => id === 'rds-nla')).toBe(true);
    expect(audited.hosts[0]?.settings.some(({ id }) => id.startsWith('winrm'))).toBe(false);
  });

  it('tells findings by exit code only when asked, of the areas asked for', async () => {
    expect((await winmedic(['audit', trouble, '--quiet'])).code).toBe(0);
    expect((await winmedic(['audit', trouble, '--quiet', '--exit-code'])).code).toBe(1);
    expect((await winmedic(['audit', trouble, '--quiet', '--exit-code', '--only', 'identity'])).code).toBe(0);
  });

  it('writes HTML, Markdown, JUnit and CSV beside the answer', async () => {
    const [html, md, junit, csv] = ['html', 'md', 'xml', 'csv'].map((end) => folder.at(`audit.${end}`)) as [string, string, string, string];
    const { code, err } = await winmedic(['audit', trouble, '--html', html, '--md', md, '--junit', junit, '--csv', csv, '--lang', 'ja']);
    expect(code).toBe(0);
    for (const path of [html, md, junit, csv]) expect(err).toContain(`書き出し: ${path}\n`);
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>\n<html lang="ja">/);
    expect(readFileSync(md, 'utf8')).toMatch(/^# RDS01 の設定監査/);
    expect(readFileSync(junit, 'utf8')).toMatch(/<testcase classname="RDS01\.rdp" name="rds-nla: [^"]+" time="0">\s*<failure /);
    const table = readFileSync(csv, 'utf8');
    expect(table.startsWith('\ufeffホスト,')).toBe(true);
    const rows = table.split('\r\n');
    expect(rows.find((row) => row.includes(',rds-nla,'))).toContain('UserAuthentication');
    expect(rows.filter((row) => /(?:^|,)"?[=+@]/.test(row))).toEqual([]);
  });

  it('prints the answer even when a file cannot be written', async () => {
    const { code, out, err } = await winmedic(['audit', trouble, '--csv', folder.at('no/such/audit.csv')]);
    expect(code).toBe(2);
    expect(out).toMatch(/^RDS01 /);
    expect(err).toContain('winmedic: CLI_WRITE');
  });

  it('tells a dirty hive at its host, and reads through its log when it is there', async () => {
    const description = hostDescriptions({ ...TROUBLE_A, settingsAt: SETTINGS_AT, newestAt: NEWEST }).SYSTEM;
    const path = 'ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp';
    const dirty = writeDirtyHive(description, [[{ do: 'set', path, value: dword('UserAuthentication', 1), at: NEWEST }]]);
    folder.file('dirty/SYSTEM', dirty.hive);
    folder.file('logged/SYSTEM', dirty.hive);
    folder.file('logged/SYSTEM.LOG1', dirty.log1);
    const alone = await json(folder.at('dirty'));
    expect(alone.problems.map(({ code }) => code)).toContain('HIVE_DIRTY_NO_LOGS');
    expect(setting(alone, 'rds-nla').seen.map(({ value }) => value)).toContain('0');
    const { out } = await winmedic(['audit', folder.at('dirty')]);
    expect(out.indexOf('HIVE_DIRTY_NO_LOGS')).toBeGreaterThan(out.indexOf('── RDS01 '));
    expect(setting(await json(folder.at('logged')), 'rds-nla').seen.map(({ value }) => value)).toContain('1');
  });

  it('ends with 2 and says what it needs when nothing shows a setting', async () => {
    const text = folder.file('empty/notes.txt', 'nothing to see\n');
    for (const [lang, needed] of [
      ['en', 'registry hives'],
      ['ja', 'レジストリ ハイブ'],
    ] as const) {
      const { code, out } = await winmedic(['audit', text, '--lang', lang]);
      expect(code).toBe(2);
      expect(out).toContain(needed);
      expect(out.trimEnd().split('\n').at(-1)).toContain('winmedic audit --help');
    }
  });

  it('gives the same output twice, and no hashes when told so', async () => {
    const steady = (text: string): string => text.replace(/"(?:madeAt|madeAtNs|durationSeconds)":("[^"]*"|[\d.]+),?/g, '');
    const [one, other] = await Promise.all([winmedic(['audit', trouble, '--json']), winmedic(['audit', trouble, '--json'])]);
    expect(steady(one.out)).toBe(steady(other.out));
    const audited = await json(trouble, '--no-hash');
    for (const input of audited.inputs) expect(input).not.toHaveProperty('sha256');
  });
});
