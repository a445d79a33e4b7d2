import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { CHANNEL_FILES, demoDisk } from '../../../scripts/demo-disk-image.ts';
import { type Ran, TestFolder, winmedic } from './test-command.ts';
import { HAS_TERMINAL, typed } from './test-terminal.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const { bytes } = demoDisk({ safeboot: true });
const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const BEFORE = createHash('sha256').update(bytes).digest('hex');
let count = 0;
/** A fresh copy of the disk. */
const copy = (): string => folder.file(`server-${count++}.img`, bytes);
const journalOf = (disk: string): string => `${disk}.winmedic-undo`;
const disk = (...args: string[]): Promise<Ran> => winmedic(['disk', ...args, '--utc']);
/** Says that nothing was written: neither to the disk nor beside it. */
const untouched = (path: string): void => {
  expect(hashOf(path)).toBe(BEFORE);
  expect(existsSync(journalOf(path))).toBe(false);
};

const QUARANTINED = CHANNEL_FILES.faulty.replace(/s$/, '_');

describe('winmedic disk repair', () => {
  it('shows every block in a dry run and writes nothing', async () => {
    const path = copy();
    const { code, out, err } = await disk('repair', path, '--for', 'crowdstrike-291', '--dry-run');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('C-00000291-00000000-00000032.sy_');
    expect(out).toMatch(/0x[0-9a-f]+ +[\d,]+ +[\d,]+ +\d+ +[0-9a-f]{16,} +[0-9a-f]{16,}/);
    expect(out.trimEnd().split('\n').at(-1)).toContain('--for crowdstrike-291 --yes');
    untouched(path);
    const json = await disk('repair', path, '--for', 'crowdstrike-291', '--dry-run', '--json');
    const report = JSON.parse(json.out) as { outcome: string; changes: { oldSha256: string; newSha256: string; differing: number }[] };
    expect(report.outcome).toBe('planned');
    expect(report.changes.length).toBeGreaterThan(3);
    for (const { oldSha256, newSha256 } of report.changes)
      for (const hash of [oldSha256, newSha256]) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    untouched(path);
  });

  it('writes nothing without consent where nobody can be asked, and says how to give it', async () => {
    const path = copy();
    for (const [lang, hint] of [
      ['en', '--yes'],
      ['ja', '端末がないため'],
    ] as const) {
      const { code, out, err } = await disk('repair', path, '--for', 'crowdstrike-291', '--lang', lang);
      expect(code).toBe(2);
      expect(out).toContain('C-00000291-00000000-00000032.sy_');
      expect(err).toMatch(/^winmedic: CLI_CONFIRM /);
      expect(err).toContain(hint);
    }
    untouched(path);
  });

  it('repairs, is verified, has nothing left to do, and is undone to the very bytes', async () => {
    const path = copy();
    const html = folder.at('repair.html');
    const done = await disk('repair', path, '--for', 'crowdstrike-291', '--yes', '--html', html, '--quiet');
    expect({ code: done.code, err: done.err }).toEqual({ code: 0, err: '' });
    expect(done.out.trimEnd().split('\n').at(-1)).toBe(`to take it back: winmedic disk undo ${path} --journal ${journalOf(path)}`);
    expect(readFileSync(html, 'utf8')).toContain('C-00000291-00000000-00000032.sy_');
    expect(hashOf(path)).not.toBe(BEFORE);
    if (process.platform !== 'win32') expect(statSync(journalOf(path)).mode & 0o777).toBe(0o600);
    expect((await disk('ls', path, QUARANTINED)).out.trim()).toBe('C-00000291-00000000-00000032.sy_');
    expect((await disk('verify', path)).code).toBe(0);
    const again = JSON.parse((await disk('repair', path, '--for', 'crowdstrike-291', '--yes', '--json')).out) as { outcome: string };
    expect(again.outcome).toBe('nothing');
    const dry = await disk('undo', path, '--dry-run', '--lang', 'ja');
    expect(dry.code).toBe(0);
    expect(hashOf(path)).not.toBe(BEFORE);
    const undone = await disk('undo', path, '--yes', '--json');
    expect(undone).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(undone.out)).toMatchObject({ outcome: 'undone' });
    expect(hashOf(path)).toBe(BEFORE);
    const none = await disk('undo', path, '--yes');
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/^winmedic: RECOVERY_NO_JOURNAL /);
  });

  it('keeps the journal where it is told to, and never over a file', async () => {
    const path = copy();
    const journal = folder.file('taken', 'mine');
    const refused = await disk('repair', path, '--for', 'crowdstrike-291', '--yes', '--journal', journal, '--quiet');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('RECOVERY_JOURNAL');
    expect(readFileSync(journal, 'utf8')).toBe('mine');
    untouched(path);
    const own = folder.at('own.journal');
    expect((await disk('repair', path, '--for', 'crowdstrike-291', '--yes', '--journal', own)).out).toContain(own);
    expect((await disk('undo', path, '--yes', '--journal', own)).code).toBe(0);
    expect(hashOf(path)).toBe(BEFORE);
  });

  it('does not undo over what somebody else wrote', async () => {
    const path = copy();
    await disk('quarantine', path, CHANNEL_FILES.faulty, '--yes');
    const changed = readFileSync(path);
    const at = changed.findIndex((byte, i) => byte !== bytes[i]);
    changed[at] = (changed[at]! + 1) & 0xff;
    writeFileSync(path, changed);
    const now = hashOf(path);
    const refused = await disk('undo', path, '--yes');
    expect(refused.code).toBe(2);
    expect(refused.out).toContain('JOURNAL_FOREIGN');
    expect(hashOf(path)).toBe(now);
  });

  it('refuses a hibernated Windows and says why', async () => {
    const path = folder.file('hibernated.img', demoDisk({ more: [{ path: 'hiberfil.sys', content: 'HIBR'.padEnd(9000, '\0') }] }).bytes);
    const hash = hashOf(path);
    for (const lang of ['en', 'ja']) {
      const { code, out } = await disk('repair', path, '--for', 'crowdstrike-291', '--yes', '--lang', lang);
      expect(code).toBe(2);
      expect(out).toContain('RECOVERY_HIBERNATED');
    }
    expect(hashOf(path)).toBe(hash);
  });

  it('lists recipes, proposes those that evidence speaks for, and names the command last', async () => {
    const list = JSON.parse((await disk('repair', '--list', '--json')).out) as { recipes: { id: string }[] };
    expect(list.recipes.map(({ id }) => id)).toEqual(expect.arrayContaining(['crowdstrike-291', 'safeboot-clear']));
    const path = copy();
    const auto = await disk('repair', path, '--auto', '--quiet');
    expect(auto).toMatchObject({ code: 0, err: '' });
    expect(auto.out).toContain(CHANNEL_FILES.faulty);
    expect(auto.out.trimEnd().split('\n').at(-1)).toMatch(/: winmedic disk repair \S+ --for crowdstrike-291$/);
    const ja = JSON.parse((await disk('repair', path, '--auto', '--json', '--quiet', '--lang', 'ja')).out) as {
      proposals: { recipe: unknown }[];
    };
    expect(JSON.stringify(ja.proposals[0])).toContain('crowdstrike-291');
    untouched(path);
  });

  it.each([
    [['repair', 'DISK'], 'CLI_MISSING_ARGUMENT', '--for'],
    [['repair', '--auto'], 'CLI_MISSING_ARGUMENT', '<disk>'],
    [['repair', 'DISK', '--for', 'nothing'], 'CLI_INVALID_VALUE', 'crowdstrike-291'],
    [['repair', 'DISK', '--for', 'crowdstrike-291', '--auto'], 'CLI_INVALID_VALUE', '--list'],
    [['repair', 'DISK', '--for', 'crowdstrike-291', '--without', 'nothing'], 'CLI_INVALID_VALUE', 'channel-file'],
    [['repair', 'DISK', '--auto', '--reset-log'], 'CLI_INVALID_VALUE', '--for'],
    [['quarantine', 'DISK', 'a', '--as', 'b'], 'CLI_INVALID_VALUE', '--restore'],
    [['hive', 'DISK', 'SYSTEM', '--start', 'auto'], 'CLI_INVALID_VALUE', '--service'],
    [['hive', 'DISK', 'SYSTEM', '--safeboot', 'clear', '--dry-run'], 'CLI_INVALID_VALUE', 'BCD'],
    [['hive', 'DISK', 'SYSTEM\\Select', '--set', 'Current=dword:x'], 'CLI_INVALID_VALUE', 'dword:4'],
  ] as const)('refuses %j', async (args, code, hint) => {
    const path = copy();
    const { code: exit, out, err } = await disk(...args.map((arg) => (arg === 'DISK' ? path : arg)));
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toMatch(new RegExp(`^winmedic: ${code} `));
    expect(err).toContain(hint);
    untouched(path);
  });
});

describe('winmedic disk quarantine', () => {
  it('renames exactly what was named and gives the name back, known from the journal or told', async () => {
    const path = copy();
    expect((await disk('quarantine', path, CHANNEL_FILES.faulty, '--yes')).code).toBe(0);
    expect((await disk('ls', path, CHANNEL_FILES.faulty)).code).toBe(2);
    expect((await disk('quarantine', path, QUARANTINED, '--restore', '--yes')).code).toBe(0);
    expect((await disk('ls', path, CHANNEL_FILES.faulty)).code).toBe(0);
    expect((await disk('ls', path, QUARANTINED)).code).toBe(2);
    const wrong = await disk('quarantine', path, QUARANTINED, '--restore', '--as', 'other.sys', '--yes');
    expect(wrong.code).toBe(2);
    const unknown = await disk('quarantine', copy(), QUARANTINED, '--restore', '--yes');
    expect(unknown.err).toMatch(/^winmedic: RECOVERY_NAME_UNKNOWN /);
  });
});

describe('winmedic disk hive, writing', () => {
  const KEY = 'SYSTEM\\CurrentControlSet\\Services\\CSAgent';
  const values = async (path: string, key = KEY) =>
    JSON.parse((await disk('hive', path, key, '--json')).out) as { state: string; values: { name: string; text: string }[] };

  it('replays, sets, adds and removes values, and tells what they were', async () => {
    const path = copy();
    const done = await disk(
      'hive',
      path,
      KEY,
      '--set',
      'Start=dword:4',
      '--set',
      'Note=sz:put aside',
      '--delete-value',
      'ImagePath',
      '--yes',
    );
    expect(done.code).toBe(0);
    expect(done.out).toMatch(/Start: dword:1.*->\s+dword:4/s);
    const now = await values(path);
    expect(now.state).toBe('clean');
    expect(now.values.map(({ name, text }) => [name, text])).toEqual(
      expect.arrayContaining([
        ['Start', '4 (0x4)'],
        ['Note', 'put aside'],
      ]),
    );
    expect(now.values).toHaveLength(2);
    expect((await disk('hive', path, `${KEY}\\Sim`, '--delete-key', '--yes')).code).toBe(0);
    expect((await disk('hive', path, `${KEY}\\Sim`)).err).toMatch(/^winmedic: DISK_NO_KEY /);
    for (let i = 0; i < 2; i++) expect((await disk('undo', path, '--yes')).code).toBe(0);
    expect(hashOf(path)).toBe(BEFORE);
  });

  it('gives services a start type, and refuses one that is not there', async () => {
    const path = copy();
    expect((await disk('hive', path, 'SYSTEM', '--service', 'csagent', '--start', 'disabled', '--yes')).code).toBe(0);
    expect((await values(path)).values.find(({ name }) => name === 'Start')?.text).toBe('4 (0x4)');
    const none = await disk('hive', path, 'SYSTEM', '--service', 'nothing', '--start', 'disabled', '--yes');
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/^winmedic: DISK_NO_KEY /);
  });

  it('clears safe boot in the boot store, and says when nothing is left to do', async () => {
    const path = copy();
    const done = await disk('hive', path, 'BCD', '--safeboot', 'clear', '--yes', '--lang', 'ja');
    expect(done.code).toBe(0);
    expect(done.out).toContain('safeboot');
    const report = JSON.parse((await disk('hive', path, 'BCD', '--safeboot', 'clear', '--yes', '--json')).out) as { outcome: string };
    expect(report.outcome).toBe('nothing');
    expect((await disk('undo', path, '--yes')).code).toBe(0);
    expect(hashOf(path)).toBe(BEFORE);
  });
});

describe.skipIf(!HAS_TERMINAL)('consent on a terminal', () => {
  it('is the name of the disk, typed; anything else writes nothing, and Ctrl-C ends with 130', async () => {
    const path = copy();
    const wrong = await typed('Type the name', 'yes\\r', 'disk', 'quarantine', path, CHANNEL_FILES.faulty);
    expect(wrong.code).toBe(2);
    expect(wrong.out).toContain('CLI_NOT_CONFIRMED');
    const stopped = await typed('Type the name', '\\x03', 'disk', 'quarantine', path, CHANNEL_FILES.faulty);
    expect(stopped.code).toBe(130);
    untouched(path);
    const right = await typed('Type the name', `${path}\\r`, 'disk', 'quarantine', path, CHANNEL_FILES.faulty);
    expect(right.code).toBe(0);
    expect((await disk('ls', path, QUARANTINED)).code).toBe(0);
  });
});
