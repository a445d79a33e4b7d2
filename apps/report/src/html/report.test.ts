import type { Diagnosis, EventObservation, Incident } from '@winmedic/core/model';
import { describe, expect, it } from 'vitest';
import { emptyFixture, fixture, HOSTILE, META } from '../test-fixture.ts';
import { diagnosisToHtml } from './report.ts';

const en = diagnosisToHtml(fixture, { ...META, lang: 'en' });
const ja = diagnosisToHtml(fixture, { ...META, lang: 'ja' });

describe('the HTML report', () => {
  it('is one page with its language, landmarks and a way to skip to the verdict', () => {
    expect(ja).toMatch(/^<!doctype html>\n<html lang="ja">/);
    expect(en).toContain('<html lang="en">');
    for (const part of ['<header>', '<main>', '<nav aria-label=', '<footer', 'class="skip" href="#verdict"', 'id="verdict"'])
      expect(en).toContain(part);
    expect(en.match(/<h1>/g)).toHaveLength(1);
  });

  it('needs nothing from outside: no script, no link to a resource, a policy that forbids both', () => {
    expect(en).not.toMatch(/<script|<iframe|<object|<img|@import|url\((?!#)/);
    expect(en.match(/<link [^>]*>/g)).toEqual(['<link rel="icon" href="data:,">']);
    expect(en).toContain("default-src 'none'");
    expect(/<[a-z][^>]*\son\w+=/.test(en)).toBe(false);
  });

  it('escapes whatever a log says', () => {
    expect(en).not.toContain('alert("x")');
    expect(en).toContain('&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;');
    expect(en).not.toContain('\u001b');
    expect(en).not.toContain('\u202e');
    const hostile: Incident = { ...fixture.incidents[1]!, stop: { ...fixture.incidents[1]!.stop, host: HOSTILE, id: HOSTILE } };
    const page = diagnosisToHtml(
      { ...fixture, incidents: [hostile] },
      { ...META, lang: 'en', tool: { ...META.tool, command: HOSTILE }, caseId: `"}</style><script>${HOSTILE}` },
    );
    expect(page).not.toMatch(/<script|<img/);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
  });

  it('links every cited record to its place in the appendix, once there', () => {
    const targets = [...en.matchAll(/href="#(r-[^"]+)"/g)].map((match) => match[1]);
    const entries = [...en.matchAll(/<article class="record" id="([^"]+)"/g)].map((match) => match[1]);
    expect(targets.length).toBeGreaterThan(8);
    expect(new Set(entries).size).toBe(entries.length);
    for (const target of targets) expect(entries).toContain(target);
    const ids = [...en.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of en.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  it('gives each record file, number, offset, hash, both clocks and its fields', () => {
    const entry = /<article class="record" id="r-E8">[\s\S]*?<\/article>/.exec(en)![0];
    for (const part of [
      '2018-07-04 17:03:51 +09:00 (2018-07-04 08:03:51 +00:00)',
      '/cases/rds/RDS01/Security.evtx #4008',
      'offset 0x11000',
      `S2 sha256 ${'b'.repeat(16)}…`,
      'SubStatus',
      '0xc000006a',
    ])
      expect(entry).toContain(part);
  });

  it('does not let a likely verdict be forwarded as a confirmed one', () => {
    expect(en).toContain('<p class="sentence">Likely, not confirmed: Someone at the RDP logon screen');
    expect(ja).toContain('<p class="sentence">有力 (未確定): RDP のログオン画面で');
    const confirmed = diagnosisToHtml({ ...fixture, incidents: [fixture.incidents[1]!] }, { ...META, lang: 'en' });
    expect(confirmed).toContain('<p class="sentence">An administrator restarted');
  });

  it('draws the timeline with numbered stops, hatched holes and a description', () => {
    const picture = /<svg viewBox="0 0 960[\s\S]*?<\/svg>/.exec(en)![0];
    expect(picture).toContain('<title id="overview-t">Timeline of RDS01, DC01');
    expect([...picture.matchAll(/class="p-number">(\d)</g)].map((match) => match[1]).toSorted()).toEqual(['1', '2', '3', '4', '5']);
    expect(picture).toContain('fill="url(#overview-hatch)"');
    expect(picture).toContain('class="p-range"');
  });

  it('shows the refuting record of a dead end and of a ruled-out cause, and the status as a word', () => {
    expect(en).toMatch(
      /Windows Update restarted it<\/th><td[^>]*><span class="grade ruled_out">× ruled out<\/span><\/td><td[^>]*>Every 1074 names[^<]*<span class="t"><a href="#r-E3">\[E3\]/,
    );
    expect(en).toContain('<summary>Ruled out (2)</summary>');
    expect(ja).toContain('? 確認不能');
  });

  it('caps the appendix and says so', () => {
    const page = diagnosisToHtml(fixture, { ...META, lang: 'en', maxRecords: 3 });
    expect(page.match(/<article class="record"/g)).toHaveLength(3);
    expect(page).toMatch(/3 of \d+ cited records/);
    for (const [, target] of page.matchAll(/href="#(r-[^"]+)"/g)) expect(page).toContain(`id="${target}"`);
  });

  it('shows what was looked at for the verdict, unknowns included', () => {
    const table = /<summary>What was looked at for this verdict[\s\S]*?<\/table>/.exec(en)![0];
    expect(table).toMatch(
      /The policy allowed shutdown without logon<\/th><td[^>]*>required<\/td><td[^>]*>unknown<\/td><td[^>]*>today&#39;s value/,
    );
    expect(table).toMatch(/supports<\/td><td[^>]*>holds/);
  });

  it('says on paper what paper leaves out, and prints the records of the chain', () => {
    const [paper, screen] = en.slice(en.indexOf('<div class="records">')).split('<div class="np">') as [string, string];
    expect(paper).toContain('id="r-E8"');
    expect(screen).toContain('<article');
    expect(screen).not.toContain('id="r-E8"');
    const all = en.match(/<article class="record"/g)!.length;
    const printed = paper.match(/<article class="record"/g)!.length;
    expect(en).toContain(`<span class="po"> On paper: the ${printed} of these ${all} `);
    for (const [details] of en.matchAll(/<details class="np">.*?<\/summary>/g))
      expect(details).toContain('<span class="po"> (on screen, left out on paper)</span>');
  });

  it('cuts very long field values and says how much was left out', () => {
    const base = fixture.incidents[3]!;
    const huge: EventObservation = { ...base.stop.records[0]!, fields: new Map([['Data', 'x'.repeat(100_000)]]) };
    const incident: Incident = { ...base, chain: [{ ...base.chain[0]!, evidence: [huge] }], stop: { ...base.stop, records: [huge] } };
    const page = diagnosisToHtml({ ...fixture, incidents: [incident] }, { ...META, lang: 'en' });
    expect(page).toContain('99,400 characters left out');
    expect(page.length).toBeLessThan(120_000);
  });

  it('keeps the lines of a command, so that it can be copied', () => {
    const [incident] = fixture.incidents;
    const cause = incident!.verdict.cause!;
    const remedies = [{ ...cause.cause.remedies[0]!, command: 'first <1>\nsecond' }];
    const verdict = { ...incident!.verdict, cause: { ...cause, cause: { ...cause.cause, remedies } } };
    const page = diagnosisToHtml({ ...fixture, incidents: [{ ...incident!, verdict }] }, { ...META, lang: 'en' });
    expect(page).toContain('<pre>first &#60;1&#62;\nsecond</pre>');
  });

  it('has heads with scope in every table', () => {
    expect(en.match(/<table/g)!.length).toBeGreaterThan(8);
    for (const [, table] of en.matchAll(/<table[^>]*>([\s\S]*?)<\/table>/g)) expect(table).toMatch(/<th scope="col"/);
  });

  it('says so when there is nothing to tell', () => {
    const page = diagnosisToHtml(emptyFixture, { ...META, lang: 'en' });
    expect(page).toContain('The inputs held no record this diagnosis can use.');
    const quiet: Diagnosis = { ...fixture, incidents: [], deadEnds: [] };
    expect(diagnosisToHtml(quiet, { ...META, lang: 'ja' })).toContain('証拠の中に停止は見つかりませんでした。');
  });

  it('is free of words that nobody filled in', () => {
    for (const page of [en, ja]) expect(page).not.toMatch(/undefined|NaN|\[object/);
  });
});
