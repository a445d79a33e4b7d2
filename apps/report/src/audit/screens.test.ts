import type { Audit, AuditHost, CombinedResult } from '@winmedic/core/model';
import { describe, expect, it } from 'vitest';
import { HOSTILE } from '../test-fixture.ts';
import { displayWidth } from '../width.ts';
import { auditToHtml } from './html.ts';
import { auditToMarkdown } from './markdown.ts';
import { type AuditTextOptions, auditToText } from './terminal.ts';
import { AUDIT_META, auditFixture, nothing, oneHost } from './test-fixture.ts';

const OPTIONS: AuditTextOptions = { ...AUDIT_META, lang: 'en', width: 100, colour: false, unicode: true, verbose: false };
const text = (options: Partial<AuditTextOptions> = {}, audit: Audit = auditFixture): string =>
  auditToText(audit, { ...OPTIONS, ...options });
const flat = (value: string): string => value.replace(/[\s\u00a0]+/g, ' ');
const html = (lang: 'en' | 'ja', audit: Audit = auditFixture): string => auditToHtml(audit, { ...AUDIT_META, lang });
const markdown = (lang: 'en' | 'ja', audit: Audit = auditFixture): string => auditToMarkdown(audit, { ...AUDIT_META, lang });
const withHost = (change: Partial<AuditHost>): Audit => ({ ...oneHost, hosts: [{ ...oneHost.hosts[0]!, ...change }] });

/** Every page people read, by name, without line breaks and markup. */
const pages = (lang: 'en' | 'ja', audit: Audit = auditFixture): [string, string][] => [
  ['terminal', flat(text({ lang, verbose: true }, audit))],
  [
    'HTML',
    flat(
      html(lang, audit)
        .replace(/<style>.*?<\/style>/s, '')
        .replace(/<[^>]*>/g, '')
        .replaceAll('&#34;', '"'),
    ),
  ],
  [
    'Markdown',
    flat(
      markdown(lang, audit)
        .replace(/[*`\\]/g, '')
        .replaceAll('&gt;', '>'),
    ),
  ],
];

describe.each(pages('en'))('the audit (%s)', (_, page) => {
  it('tells the combined finding with its parts, the setting to change first, and what that costs', () => {
    const at = (part: string): number => {
      expect(page).toContain(part);
      return page.indexOf(part);
    };
    const order = [
      'Power off without an account over RDP',
      'Remote Desktop = 0: connections are allowed',
      'Shutdown without logon = 1: the button is shown',
      'Change first: Shutdown without logon',
      'Takes effect at once and hinders nobody.',
      'Remove the power button',
      'Risk: Clients without CredSSP',
      'Undo: The same command',
      'Users with expired passwords can no longer log on.',
      'Weak answers are accepted.',
    ].map(at);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('leaves out alternatives that do not apply to a finding that holds', () => {
    expect(page).not.toContain('Port of Remote Desktop = 3389');
  });

  it('shows hive path, value and last write with its zone', () => {
    const shown = page.replaceAll('\\', '');
    expect(shown).toMatch(
      /RDS01\/SYSTEM HKLMSYSTEMCurrentControlSetControlTerminal ServerWinStationsRDP-Tcp!UserAuthentication = 0[, (·]+key last written 2018-06-20 09:00:00 \+09:00/,
    );
    expect(shown).toMatch(
      /Terminal Services!UserAuthentication not set[, (·]+nearest existing key HKLMSOFTWAREPoliciesMicrosoft last written 2018-05-01 09:00:00 \+09:00/,
    );
  });

  it('gives the remedy of a setting once', () => {
    expect(page.split('Remove the power button')).toHaveLength(2);
    expect(page).toMatch(/Remedy: given above under "Power off without an account over RDP"/);
  });

  it('groups what was not checked by what is needed, and names every setting', () => {
    expect(page.replaceAll('\\', '')).toMatch(/the SOFTWARE hive \(WindowsSystem32configSOFTWARE\): 2 settings/);
    expect(page).toContain('the output of auditpol /get: 1 setting');
    for (const title of ['Remote UAC filtering', 'Device lockout', 'Auditing of logons']) expect(page).toContain(title);
  });

  it('says what would decide a possible risk, and never calls it risky', () => {
    expect(page).toMatch(/Possible risks, and what would decide/);
    expect(page).toContain('the WinRM policy key of the SOFTWARE hive');
    expect(page).toContain('winrm get winrm/config');
    expect(page).not.toMatch(/(?:high|medium|low) Basic authentication/i);
  });

  it('marks what was not verified, and only that', () => {
    expect(page).toMatch(/LAN Manager authentication level.{0,20}not verified/);
    expect(page).not.toMatch(/Network Level Authentication.{0,20}not verified/);
  });

  it('tells the problem of a hive at its host, before the findings', () => {
    const problem = page.replaceAll('_', '').indexOf('EVIDENCEUNREADABLE');
    expect(problem).toBeGreaterThan(0);
    expect(problem).toBeLessThan(page.indexOf('Settings that together make a finding', problem));
  });

  it('says the state of each hive that has one', () => {
    expect(page).toMatch(/Sources:? ?RDS01\/SYSTEM, SOFTWARE \(clean\), winrm\.txt/);
  });

  it('tells what changed, the worst first, each side with its source', () => {
    const worse = page.indexOf('worse');
    expect(worse).toBeGreaterThan(0);
    expect(worse).toBeLessThan(page.indexOf('known only after'));
    expect(page).toContain('before/SYSTEM');
    expect(page).toContain('From RDS01 (as of 2018-06-01 09:00:00 +09:00) to RDS01 (as of 2018-07-12 09:00:00 +09:00)');
    expect(page).toContain('3 settings unchanged, 7 settings not comparable');
  });

  it('names hosts nobody names, and lets counts add up', () => {
    expect(page).toContain('a host no source names');
    for (const [, all, parts] of page.matchAll(/(\d+) = (\d+ [a-z][a-z ]*[a-z](?: \+ \d+ [a-z][a-z ]*[a-z])*)/g)) {
      const sum = [...parts!.matchAll(/(\d+) /g)].reduce((total, [, n]) => total + Number(n), 0);
      expect(sum).toBe(Number(all));
    }
    expect(page).toMatch(
      /12 = 3 risky \+ 1 in conflict \+ 1 possible risk \+ 3 not checked \+ 1 probably not risky \+ 2 noted \+ 1 not risky/,
    );
  });
});

describe.each(pages('ja'))('the audit in Japanese (%s)', (_, page) => {
  it('has its words in Japanese', () => {
    for (const part of [
      '組み合わせによる指摘',
      '最初に変更する設定',
      '未確認の設定',
      'キーの最終書き込み 2018-06-20 09:00:00 +09:00',
      '重大度 高',
      '未検証',
    ])
      expect(page).toContain(part);
    for (const word of ['not checked', 'Change first', 'key last written', 'possible risk', 'undefined']) expect(page).not.toContain(word);
  });
});

describe('the first lines of the audit', () => {
  it('are the sentence to forward, with severity as shape and word', () => {
    expect(text().split('\n')[0]).toMatch(/^RDS01 ▲ HIGH {2}Anyone who can reach the Remote Desktop port/);
    expect(text({ lang: 'ja' }).split('\n')[0]).toMatch(/^RDS01 ▲ 重大度 高 {2}リモート デスクトップのポートに届く人/);
    expect(text({ unicode: false }).split('\n')[0]).toMatch(/^RDS01 \[!!\] HIGH {2}Anyone/);
  });

  it('never let a host look safe when nothing of it was decided', () => {
    expect(flat(text())).toContain('a host no source names No setting of this host could be decided. (1 not checked)');
    expect(flat(text())).toContain('DC01 1 setting checked, none is risky.');
    const settings = oneHost.hosts[0]!.settings.filter(({ status }) => status === 'possible-risk');
    const open = withHost({ settings, combined: [], counts: { ...auditFixture.hosts[1]!.counts, ok: 0, 'possible-risk': 1 } });
    expect(flat(text({}, open))).toMatch(/RDS01 Possible risk: Basic authentication.* \(1 possible risk\)/);
    for (const page of [...pages('en'), ...pages('ja')].map(([, one]) => one)) expect(page).not.toMatch(/\d ?%|score|スコア|点数/i);
  });

  it('say what is needed when nothing was given', () => {
    expect(flat(text({}, nothing))).toMatch(/^The inputs show no settings of a host\. Needed: registry hives/);
    expect(html('ja', nothing)).toContain('入力にホストの設定がありません。');
    expect(markdown('en', nothing)).toContain('The inputs show no settings of a host.');
  });
});

describe('the state of a hive', () => {
  it.each([
    [['HIVE_DIRTY_NO_LOGS'], 'SYSTEM (dirty: its last writes are missing)'],
    [['HIVE_LOG_FOREIGN', 'HIVE_BIN'], 'SYSTEM (dirty: its last writes are missing)'],
    [['EVIDENCE_HIVE_REPLAYED'], 'SYSTEM (logs replayed)'],
    [['EVIDENCE_HIVE_REPLAYED', 'HIVE_CELL'], 'SYSTEM (damaged)'],
    [[], 'SYSTEM (clean)'],
  ])('follows from its problems: %j', (codes, expected) => {
    const problems = codes.map((code) => ({ code, path: '/cases/rds/RDS01/SYSTEM', severity: 'note' as const }));
    expect(flat(text({}, { ...oneHost, problems }))).toContain(`Sources: ${expected}, SOFTWARE (clean)`);
  });
});

describe('what was not checked', () => {
  it('is told need by need in the terminal, the largest first, and counted from the ninth on', () => {
    const [one] = auditFixture.hosts[2]!.settings;
    const settings = Array.from({ length: 30 }, (_, i) => ({
      ...one!,
      setting: { ...one!.setting, id: `s${i}` },
      unchecked: [{ ...one!.unchecked[0]!, reason: 'no-source' as const, need: { en: `source ${i % 12}.`, ja: `情報源 ${i % 12}。` } }],
    }));
    const many = withHost({ settings, combined: [], counts: { ...auditFixture.hosts[2]!.counts, 'not-checked': 30 } });
    const short = flat(text({}, many));
    expect(short).toContain('– source 0: 3 settings');
    expect(short.match(/– source \d+: /g)).toHaveLength(8);
    expect(short).toContain('– 4 more needs: 8 settings');
    expect(flat(text({ verbose: true }, many)).match(/– source \d+: /g)).toHaveLength(12);
  });
});

describe('the audit in the terminal', () => {
  it('keeps what is not risky as a count unless verbose, and never drops what was not checked', () => {
    const short = text();
    expect(short).not.toContain('Port of Remote Desktop');
    expect(short).toMatch(/Checked and not risky\n {2}○ 1 setting \(listed with --verbose/);
    expect(short).toContain('Not checked\n');
    expect(text({ verbose: true })).toContain('Port of Remote Desktop (rds-port): 3389');
    const risky = flat(text({ filter: { riskyOnly: true } }));
    expect(risky).toContain('Not checked – the SOFTWARE hive');
    expect(risky).not.toContain('Checked and not risky');
    expect(risky).toContain('Only findings are listed (--risky)');
  });

  it('tells combined findings that something seen points at, and counts those nothing points at', () => {
    const [possible, holds] = oneHost.hosts[0]!.combined as [CombinedResult, CombinedResult];
    const pointed: CombinedResult = { ...holds, status: 'unknown', because: { en: 'A hive is missing.', ja: 'ハイブ不足。' } };
    const quiet: CombinedResult = {
      ...possible,
      status: 'unknown',
      parts: [{ ...possible.parts[0]!, result: { ...possible.parts[0]!.result, status: 'not-checked' } }],
      finding: { ...possible.finding, id: 'quiet', title: { en: 'Quiet', ja: '静か' } },
    };
    const page = flat(text({}, withHost({ combined: [pointed, quiet] })));
    expect(page).toContain(
      '– not decided Power off without an account over RDP (anyone-can-power-off-over-rdp) A hive is missing. 1 combined finding (listed with --verbose',
    );
    expect(page).not.toContain('Quiet');
  });

  it('lists only the areas asked for and says how much it leaves out', () => {
    const page = flat(text({ filter: { only: ['winrm'] } }, oneHost));
    expect(page).toContain('Basic authentication of the WinRM service');
    expect(page).not.toContain('LAN Manager');
    expect(page).not.toContain('Power off without an account');
    expect(page).toContain('11 settings of other areas left out by --only');
    expect(page).toContain('1 combined finding of other areas left out by --only');
    expect(page).toMatch(/Possible risk: Basic authentication.* \(1 possible risk\)/);
  });

  it('leaves no finding out that rests only on settings without a judgement of their own', () => {
    const [holding] = oneHost.hosts[0]!.combined;
    const informing = holding!.parts.map((part) => {
      const { risky: _risky, ...setting } = part.result.setting;
      return { ...part, result: { ...part.result, setting } };
    });
    const page = flat(text({}, withHost({ combined: [{ ...holding!, status: 'holds', parts: informing }] })));
    expect(page).toContain(holding!.finding.title.en);
    expect(page).not.toContain('left out by --only');
  });

  it('ends with the next command', () => {
    expect(text().trimEnd().split('\n').at(-1)).toBe('next: winmedic audit /cases/rds --html audit.html');
    expect(text({ next: 'winmedic audit --help', lang: 'ja' }).trimEnd().split('\n').at(-1)).toBe('次のコマンド: winmedic audit --help');
    expect(text({ tool: { ...AUDIT_META.tool, command: 'winmedic audit x --html a.html' } })).not.toContain('next:');
  });

  it('keeps to the width in both languages, commands and the last line aside', () => {
    for (const lang of ['en', 'ja'] as const)
      for (const width of [44, 60, 80, 120])
        for (const verbose of [false, true]) {
          const long = text({ lang, width, verbose })
            .split('\n')
            .filter((line) => displayWidth(line) > width && !/reg add|reg query|winrm |next:|次のコマンド/.test(line));
          expect(long, `${lang} ${width}`).toEqual([]);
        }
  });

  it('emits escape sequences only for colour, and none that come from the evidence', () => {
    const plain = text({ verbose: true });
    for (const acting of ['\u001b', '\u202e']) expect(plain).not.toContain(acting);
    expect(plain).toContain('\\x1b[31mred');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is removed
    expect(text({ verbose: true, colour: true }).replace(/\u001b\[[\d;]*m/g, '')).toBe(plain);
  });

  it('cuts long values and says how much was left out', () => {
    const [first, ...rest] = oneHost.hosts[0]!.settings;
    const long = { ...first!, seen: [{ ...first!.seen[0]!, value: 'x'.repeat(5_000) }] };
    const out = flat(text({ verbose: true }, withHost({ settings: [long, ...rest], combined: [] })));
    expect(out).toContain('(4,840 characters left out)');
  });
});

describe('an audit of many hosts', () => {
  const hosts = Array.from({ length: 40 }, (_, i) => ({ ...oneHost.hosts[0]!, host: `RDS${i}` }));
  const many: Audit = { ...oneHost, hosts };

  it('names each in the first lines of the terminal and tells the first in full, all when verbose', () => {
    const short = text({}, many);
    for (const { host } of hosts) expect(short).toContain(`${host} ▲ HIGH`);
    expect(short.match(/^── RDS\d+ ─/gm)).toHaveLength(12);
    expect(short).toContain('28 more hosts (listed with --verbose');
    expect(text({ verbose: true }, many).match(/^── RDS\d+ ─/gm)).toHaveLength(40);
  });

  it('names each once in the contents of the page', () => {
    const page = html('en', many);
    expect(/<nav.*?<\/nav>/s.exec(page)![0].match(/<li>/g)).toHaveLength(41);
    expect(page.match(/<h2 id="h-h\d+-risky">/g)).toHaveLength(40);
  });
});

describe('the audit as a page', () => {
  const page = html('en');

  it('is one page that needs nothing from outside, with anchors that lead somewhere', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).not.toMatch(/<script|<iframe|<object|<img|@import/);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  it('escapes whatever the evidence says', () => {
    const hostile = withHost({ host: HOSTILE, os: { name: HOSTILE, from: [] } });
    for (const lang of ['en', 'ja'] as const) {
      const out = auditToHtml(hostile, { ...AUDIT_META, lang, tool: { ...AUDIT_META.tool, command: HOSTILE } });
      expect(out).not.toMatch(/<script|<img/);
      for (const acting of ['\u001b', '\u202e']) expect(out).not.toContain(acting);
      expect(out.match(/<\/style>/g)).toHaveLength(1);
      expect(markdown(lang, hostile)).not.toMatch(/(?<!\\)\[link\]|<script/);
    }
  });

  it('says on paper what paper leaves out', () => {
    for (const [part] of page.matchAll(/<details class="np">.*?<\/summary>/g)) expect(part).toContain('(on screen, left out on paper)');
    expect(page).toContain('not checked</span> <strong>the SOFTWARE hive');
  });

  it('is free of words that nobody filled in', () => {
    for (const one of [page, html('ja'), html('en', nothing), markdown('ja'), text({ verbose: true })])
      expect(one).not.toMatch(/undefined|NaN|\[object/);
  });
});
