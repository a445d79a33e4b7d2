import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EXAMPLE, EXAMPLE_SYSTEM, TestFolder, winmedic } from './test-command.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const POLICY = 'policy.shutdown-without-logon=1@2018-06-20..2018-07-12';
const NLA = 'rdp.nla=off@2018-06-20..2018-07-12';
const FACTS = ['--fact', POLICY, '--fact', NLA];

interface Value {
  readonly schemaVersion: string;
  readonly incidents: readonly {
    readonly kind: string;
    readonly time: string;
    readonly host: string;
    readonly verdict: { readonly grade: string; readonly cause?: string };
    readonly chain: readonly unknown[];
    readonly considered: readonly { readonly cause: string; readonly grade: string; readonly because: unknown }[];
    readonly missing: readonly { readonly name: string }[];
  }[];
  readonly problems: readonly { readonly code: string }[];
}
const json = async (...args: string[]): Promise<Value> =>
  JSON.parse((await winmedic(['diagnose', '--json', '--tz', 'Asia/Tokyo', ...args])).out) as Value;
/** What differs between two runs: when it was made and how long it took. */
const steady = (text: string): string =>
  text
    .replaceAll(/"madeAt(?:Ns)?":"[^"]*"|"durationSeconds":[\d.]+/g, '')
    .replaceAll(/(?:Made|作成):? [\d-]+ [\d:]+ \+\d\d:\d\d|(?:Duration|所要時間):? [^·\n]+/g, '');

describe.concurrent('winmedic diagnose', () => {
  it('gives one incident for each stop with grade, cause, chain and what is missing', async () => {
    const { schemaVersion, incidents } = await json(EXAMPLE);
    expect(schemaVersion).toBe('1.1');
    expect(incidents).toHaveLength(7);
    const last = incidents.find(({ time }) => time.startsWith('2018-07-06T06:04:29'));
    expect(last).toMatchObject({ kind: 'stop', host: 'RDS01', verdict: { grade: 'likely', cause: 'logon-screen-power-rdp-no-nla' } });
    expect(last?.chain.length).toBeGreaterThan(0);
    expect(last?.considered.find(({ cause }) => cause === last.verdict.cause)).toMatchObject({ grade: 'likely' });
    expect(last?.missing.map(({ name }) => name)).toEqual(expect.arrayContaining(['policy.shutdown-without-logon', 'rdp.nla']));
    for (const { considered } of incidents) for (const { because } of considered) expect(because).toBeTruthy();
  });

  it('confirms with the facts of that time, never with the values of today', async () => {
    const grade = ({ incidents }: Value): string | undefined =>
      incidents.find(({ time }) => time.startsWith('2018-07-06T06:04:29'))?.verdict.grade;
    expect(grade(await json(EXAMPLE, ...FACTS))).toBe('confirmed');
    expect(grade(await json(EXAMPLE, '--fact', 'ShutdownWithoutLogon=1', '--fact', 'rdp.nla=off'))).toBe('likely');
    const file = folder.file(
      'facts.yaml',
      'facts:\n  - fact: policy.shutdown-without-logon\n    value: "1"\n    from: 2018-06-20\n    to: 2018-07-12\n  - fact: rdp.nla\n    value: "off"\n    from: 2018-06-20\n    to: 2018-07-12\n',
    );
    expect(grade(await json(EXAMPLE, '--facts', file))).toBe('confirmed');
    const misspelt = folder.file('misspelt.yaml', readFileSync(file, 'utf8').replaceAll('from:', 'form:'));
    const refused = await json(EXAMPLE, '--facts', misspelt);
    expect(grade(refused)).toBe('likely');
    expect(refused.problems.map(({ code }) => code)).toContain('EVIDENCE_FACTS_BROKEN');
    const excluded = (await json(EXAMPLE, '--fact', 'policy.shutdown-without-logon=0@2018-06-20..2018-07-12')).incidents;
    for (const { verdict } of excluded) expect(verdict.cause).not.toBe('logon-screen-power-rdp-no-nla');
  });

  it('says the verdict in the first line, in both languages', async () => {
    const en = await winmedic(['diagnose', EXAMPLE, '--tz', 'Asia/Tokyo']);
    expect(en.code).toBe(0);
    expect(en.out).toMatch(/^Verdict ◐ LIKELY {2}Somebody on the Remote Desktop logon screen/);
    expect(en.out.trimEnd().split('\n').at(-1)).toMatch(/^next: winmedic diagnose .* --html report\.html$/);
    const ja = await winmedic(['diagnose', EXAMPLE, '--lang', 'ja']);
    expect(ja.out).toMatch(/^結論 ◐ 有力 {2}リモート デスクトップのログオン画面/);
    expect((await winmedic(['diagnose', EXAMPLE, ...FACTS, '--lang', 'ja'])).out).toMatch(/^結論 ● 確定/);
  });

  it('writes HTML and Markdown beside the verdict', async () => {
    const [html, md] = [folder.at('report.html'), folder.at('report.md')];
    const { code, out, err } = await winmedic(['diagnose', EXAMPLE, '--lang', 'ja', '--html', html, '--md', md]);
    expect(code).toBe(0);
    expect(out).toMatch(/^結論/);
    expect(err).toContain(`書き出し: ${html}\n書き出し: ${md}\n`);
    const page = readFileSync(html, 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain('lang="ja"');
    expect(page).not.toMatch(/(?:src|href)="https?:[^"]*\.(?:js|css|woff2?|png)"/);
    expect(readFileSync(md, 'utf8')).toMatch(/^# /);
  });

  it('prints the verdict even when a report cannot be written', async () => {
    const { code, out, err } = await winmedic(['diagnose', EXAMPLE_SYSTEM, '--html', folder.at('no/such/report.html'), '--lang', 'ja']);
    expect(code).toBe(2);
    expect(out).toMatch(/^結論/);
    expect(err).toMatch(/winmedic: CLI_WRITE .*report\.html に書き込めません: ファイルまたはフォルダーがありません。/);
  });

  it('shows every cause considered with --verbose', async () => {
    const [brief, whole] = await Promise.all([winmedic(['diagnose', EXAMPLE]), winmedic(['diagnose', EXAMPLE, '--verbose'])]);
    expect(whole.out.length).toBeGreaterThan(brief.out.length);
    expect(brief.out).toContain('--verbose');
  });

  it('tells findings by exit code only when asked', async () => {
    expect((await winmedic(['diagnose', EXAMPLE, '--exit-code', '--quiet'])).code).toBe(1);
    expect((await winmedic(['diagnose', EXAMPLE, '--quiet'])).code).toBe(0);
  });

  it.each([['--json'], ['--lang=ja'], ['--md']])('gives the same output twice: %s', async (form) => {
    const run = async (): Promise<string> => {
      const path = folder.at('same.md');
      const { out } = await winmedic(form === '--md' ? ['diagnose', EXAMPLE, '--md', path] : ['diagnose', EXAMPLE, form]);
      return steady(form === '--md' ? readFileSync(path, 'utf8') : out);
    };
    const first = await run();
    expect(await run()).toBe(first);
    expect(first.length).toBeGreaterThan(1000);
  });

  it.each([
    ['rdp.nlaa=off', 'FACT_UNKNOWN', 'rdp.nla'],
    ['rdp.nla=maybe', 'FACT_UNKNOWN', 'on, off'],
    ['rdp.nla=off@2018-99-01', 'FACT_TIME', '2018-06-20..2018-07-12'],
    ['rdp.nla=off@2018-07-12..2018-06-20', 'FACT_TIME', '2018-06-20..2018-07-12'],
  ])('refuses the fact %s before anything is read', async (fact, code, hint) => {
    for (const lang of ['en', 'ja']) {
      const ran = await winmedic(['diagnose', folder.at('never-read'), '--fact', fact, '--lang', lang]);
      expect(ran).toMatchObject({ code: 2, out: '' });
      expect(ran.err.startsWith(`winmedic: ${code} `)).toBe(true);
      expect(ran.err).toContain(hint);
      expect(ran.err).not.toContain('EVIDENCE_NOT_FOUND');
    }
  });

  it.each([
    ['causes: [', 'PACK_SYNTAX'],
    ['causes:\n  - id: mine\n', 'PACK_SCHEMA /causes/0'],
  ])('refuses a bad pack whole: %j', async (text, code) => {
    const path = folder.file(`${code.replaceAll(/\W/g, '')}.yaml`, text);
    const { code: status, out, err } = await winmedic(['diagnose', EXAMPLE, '--pack', path, '--lang', 'ja']);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(`winmedic: CLI_PACK 仮説パック ${path} は受け付けられず`);
    expect(err).toContain(`\n  ${code}`);
  });

  it('says which pack cannot be read', async () => {
    expect((await winmedic(['diagnose', EXAMPLE, '--pack', folder.at('none.yaml')])).err).toBe(
      `winmedic: CLI_FILE cannot read ${folder.at('none.yaml')}: there is no such file or folder.\n`,
    );
  });
});

describe('settings without a stop', () => {
  it('lead to the audit', async () => {
    const { out, code } = await winmedic(['diagnose', join(EXAMPLE, '../ja-rds-hives'), '--lang', 'en']);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^next: winmedic audit .*ja-rds-hives/);
  });
});
