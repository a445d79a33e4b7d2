import { describe, expect, it } from 'vitest';
import { connectionToHtml } from './html.ts';
import { connectionToJson } from './json.ts';
import { connectionToMarkdown } from './markdown.ts';
import { connectionToText } from './terminal.ts';
import { diagnosisOf, HOSTILE, META, reportOf } from './test-report.ts';
import { groupsOf, targetName } from './view.ts';

const STYLE = { width: 100, colour: false, unicode: true, verbose: false } as const;
const failed = reportOf(diagnosisOf('hv01', 'likely', 'login'));
const lang = ['en', 'ja'] as const;
/** Escape sequences and reordering. */
const deceives = (text: string): boolean => text.includes('\u001b') || text.includes('\u202e');

it('calls a host that a recording does not name by the name it has elsewhere in the evidence', () => {
  const { attempt, ...rest } = diagnosisOf('', 'likely', 'login');
  const named = (portrait: typeof attempt.portrait) => targetName({ ...rest, attempt: { ...attempt, from: 'trace', portrait } });
  expect(named({ computerName: 'HV01' })).toBe('HV01:5985 (winrm, http)');
  expect(named({})).toBe('?:5985 (winrm, http)');
});

describe('the connection doctor in a terminal', () => {
  it.each(lang)('begins with target, grade and one sentence (%s)', (lang) => {
    const [first = ''] = connectionToText(failed, { ...META, ...STYLE, lang }).split('\n');
    expect(first).toContain('hv01:5985 (winrm, http)');
    expect(first).toContain(lang === 'ja' ? '有力' : 'LIKELY');
  });

  it('opens the failing rung, keeps the passed ones on a line and marks the rest as not reached', () => {
    const text = connectionToText(failed, { ...META, ...STYLE, lang: 'en' });
    expect(text).toMatch(/× login\s+failed\s+8 ms\n\s+tried: tried login\n\s+seen: saw login\n\s+expected: 200/);
    expect(text).toMatch(/✓ TCP\s+ok\s+3 ms\s+saw tcp/);
    expect(text).toMatch(/· rights\s+not reached/);
    expect(text).not.toContain('tried tcp');
  });

  it('shows the account as sent, the checks, remedy with undo and risk, and how to confirm a likely verdict', () => {
    const text = connectionToText(failed, { ...META, ...STYLE, lang: 'en' });
    expect(text).toMatch(/as sent: user alice, domain HV01, Negotiate \(ntlm\)/);
    expect(text).toContain('1 credential check made at the host or its domain');
    expect(text).toMatch(/Remedy[\s\S]*winmedic connect hv01 -u "CORP\\alice"[\s\S]*Risk: None\.[\s\S]*Undo: /);
    expect(text).toMatch(/How to confirm[^\n]*\n\s+- Ask the owner\./);
    expect(text.match(/wevtutil qe Security/g)).toHaveLength(1);
    expect(text).toContain('7 s behind ours (NTLM)');
  });

  it('names the next check in every form', () => {
    expect(connectionToText(failed, { ...META, ...STYLE, lang: 'en' })).toMatch(/Next check[^\n]*\n\s+Read the 4625\.\n\s+wevtutil/);
    expect(connectionToMarkdown(failed, { ...META, lang: 'ja' })).toContain('4625 を読みます。');
    expect(connectionToHtml(failed, { ...META, lang: 'ja' })).toContain('4625 を読みます。');
    expect(JSON.parse(JSON.stringify(connectionToJson(failed, META))).connections[0].nextCheck.separates).toEqual([
      'username-form',
      'other',
    ]);
  });

  it('says that nothing is wrong, and does not call it a cause', () => {
    const text = connectionToText(reportOf(diagnosisOf('hv01', 'ok')), { ...META, ...STYLE, lang: 'en' });
    expect(text).toMatch(/^hv01:5985 \(winrm, http\) {2}✓ NO FAULT FOUND {2}No fault was found\./);
    expect(text).not.toContain('Remedy');
  });

  it('tells hosts with one verdict together, the odd one first', () => {
    const many = reportOf(
      ...Array.from({ length: 30 }, (_, i) => diagnosisOf(`hv${i}`, 'likely', 'login')),
      diagnosisOf('odd', 'confirmed', 'tcp'),
      diagnosisOf('fine', 'ok'),
    );
    expect(groupsOf(many).map(({ shown, others }) => [shown.attempt.host, others.length])).toEqual([
      ['odd', 0],
      ['hv0', 29],
      ['fine', 0],
    ]);
    const text = connectionToText(many, { ...META, ...STYLE, lang: 'en' });
    expect(text).toContain('and 29 more hosts with the same verdict');
    expect(text.split('\n').length).toBeLessThan(160);
  });

  it.each(lang)('says how far a search for RDP went, also when it found nothing (%s)', (lang) => {
    const options = { ...META, lang, rdpSearch: { tried: 3, unresolved: ['hv9'] } };
    const forms = [
      connectionToText(reportOf(), { ...STYLE, ...options }),
      connectionToMarkdown(reportOf(), options),
      connectionToHtml(reportOf(), options),
    ];
    for (const form of forms) {
      expect(form).toContain(lang === 'ja' ? '試したポート 3 個、RDP の応答なし' : '3 ports tried, RDP on none.');
      expect(form).toContain('hv9');
    }
    expect(connectionToText(reportOf(), { ...META, ...STYLE, lang })).not.toContain('RDP');
  });

  it('says first on how many of several hosts a rung failed, and where the login was held back', () => {
    const many = reportOf(diagnosisOf('a', 'likely', 'login'), diagnosisOf('b', 'ok'));
    expect(connectionToText(many, { ...META, ...STYLE, lang: 'en' })).toMatch(/^2 hosts: a rung failed on 1\n/);
    expect(connectionToText(failed, { ...META, ...STYLE, lang: 'en' })).toMatch(/^hv01:5985/);
    const fine = diagnosisOf('c', 'ok');
    const held = { ...fine, attempt: { ...fine.attempt, account: { ...fine.attempt.account!, held: { en: 'rejected', ja: '拒否' } } } };
    expect(connectionToText(reportOf(fine, held), { ...META, ...STYLE, lang: 'en' })).toMatch(
      /^2 hosts: no rung failed on any; the login was not tried on 1\n/,
    );
  });

  it('tells hosts apart that work with other remarks', () => {
    const calm = diagnosisOf('fine', 'ok');
    const drifts = { ...diagnosisOf('drifts', 'ok'), outcome: 'warned' as const };
    const late = { ...drifts, verdict: { ...drifts.verdict, sentence: { en: 'The clock drifts.', ja: '時計のずれがあります。' } } };
    expect(groupsOf(reportOf(drifts, late, calm)).map(({ others }) => others.length)).toEqual([0, 0, 0]);
    expect(groupsOf(reportOf(drifts, drifts))).toHaveLength(1);
  });

  it('names what was ruled out, with the reasons when asked', () => {
    const short = connectionToText(failed, { ...META, ...STYLE, lang: 'en' });
    expect(short).toMatch(/Ruled out \(reasons with --verbose\)[^\n]*\n {2}× Excluded cause\n\n/);
    expect(connectionToText(failed, { ...META, ...STYLE, lang: 'en', verbose: true })).toMatch(
      /× ruled out {2}Excluded cause\n\s+the domain field holds/,
    );
  });

  it.each(lang)('says what to change about a finding beside the verdict (%s)', (lang) => {
    const one = diagnosisOf('hv01', 'likely', 'login');
    const beside = reportOf({ ...diagnosisOf('hv01', 'ok'), outcome: 'warned', beside: [one.verdict.cause!] });
    const undo = lang === 'ja' ? '元に戻す操作は不要です。' : 'Nothing to undo.';
    expect(connectionToText(beside, { ...META, ...STYLE, lang })).toContain(undo);
    expect(connectionToMarkdown(beside, { ...META, lang })).toContain(undo);
    expect(connectionToHtml(beside, { ...META, lang })).toContain(undo);
  });

  it('prints the conversation only when asked, bytes only when asked for too', () => {
    expect(connectionToText(failed, { ...META, ...STYLE, lang: 'en' })).not.toContain('NTLM type 3');
    const words = connectionToText(failed, { ...META, ...STYLE, lang: 'en', explain: true });
    expect(words).toMatch(/NTLM type 3 for alice\n\s+UserName: alice/);
    expect(words).not.toContain('40 41 42');
    const bytes = connectionToText(failed, { ...META, ...STYLE, lang: 'en', explain: true, bytes: true });
    expect(bytes).toContain('000000  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO');
  });
});

describe('what a host puts into its answers', () => {
  it.each(lang)('moves no cursor, makes no markup and breaks no table (%s)', (lang) => {
    const text = connectionToText(failed, { ...META, ...STYLE, lang, verbose: true });
    expect(deceives(text)).toBe(false);
    const html = connectionToHtml(failed, { ...META, lang, explain: true });
    expect(html).not.toContain('<script>');
    expect(deceives(html)).toBe(false);
    const markdown = connectionToMarkdown(failed, { ...META, lang });
    expect(deceives(markdown)).toBe(false);
    const rows = markdown.split('\n').filter((line) => /^\| [✓×!–·] /.test(line));
    expect(rows).toHaveLength(11);
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
    expect(JSON.parse(JSON.stringify(connectionToJson(failed, META))).connections[0].portrait.server).toBe(HOSTILE);
  });
});

describe('the connection report as data', () => {
  it('holds ladder, verdict, account and properties, both languages, times with zone', () => {
    const json = JSON.parse(JSON.stringify(connectionToJson(failed, META)));
    expect(json.schemaVersion).toBe('1.0');
    const [one] = json.connections;
    expect(one.ladder.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'passed',
      'passed',
      'passed',
      'skipped',
      'passed',
      'passed',
      'passed',
      'failed',
      'unreached',
      'unreached',
      'unreached',
    ]);
    expect(one.verdict).toMatchObject({ grade: 'likely', cause: { id: 'username-form', rows: [15] } });
    expect(one.account).toMatchObject({ typed: 'alice', checks: 1, sent: { user: 'alice', domain: 'HV01' } });
    expect(one.properties).toEqual({ 'login.result': 'rejected' });
    expect(one.startedAt).toMatch(/\+09:00$/);
    expect(one.conversation).toBeUndefined();
    expect(json.credentialChecks).toEqual({ alice: 1 });
  });

  it('holds the conversation, and bytes only when asked', () => {
    const words = JSON.parse(JSON.stringify(connectionToJson(failed, META, { explain: true })));
    expect(words.connections[0].conversation[0]).toMatchObject({ layer: 'ntlm', fields: [{ name: 'UserName', value: 'alice' }] });
    expect(words.connections[0].conversation[0].bytes).toBeUndefined();
    const bytes = JSON.parse(JSON.stringify(connectionToJson(failed, META, { explain: true, bytes: true })));
    expect(bytes.connections[0].conversation[0].bytes).toMatch(/^40414243/);
  });
});
