import type { Diagnosis, FactObservation } from '@winmedic/core/model';
import { describe, expect, it } from 'vitest';
import { diagnosisToHtml } from './html/report.ts';
import { diagnosisToJson } from './json.ts';
import { diagnosisToMarkdown } from './markdown.ts';
import { factText, SourceNames } from './origin.ts';
import { diagnosisToText } from './terminal.ts';
import { at, fixture, META } from './test-fixture.ts';

const KEY = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp!UserAuthentication';

/** The fixture with its first fact read from a hive, in the list of facts and wherever it is cited. */
function fromHive(): Diagnosis {
  const inHive = (fact: FactObservation): FactObservation =>
    fact.id === 'F1'
      ? {
          ...fact,
          trust: 'record',
          origin: { sourceId: 'S9', path: '/cases/rds/config/SYSTEM', offset: 4_096, key: KEY, keyWritten: at('2018-06-20T00:00:00Z') },
        }
      : fact;
  const { evidence } = fixture.timeline;
  return {
    ...fixture,
    timeline: { ...fixture.timeline, evidence: { ...evidence, facts: evidence.facts.map(inHive) } },
    incidents: fixture.incidents.map((incident) => ({
      ...incident,
      chain: incident.chain.map((link) => ({ ...link, evidence: link.evidence.map((one) => (one.type === 'fact' ? inHive(one) : one)) })),
    })),
  };
}
const flat = (text: string): string => text.replace(/\s+/g, ' ');

describe('a fact read from a registry hive', () => {
  const diagnosis = fromHive();

  it.each([
    ['en', 'key last written 2018-06-20 09:00:00 +09:00'],
    ['ja', 'キーの最終書き込み 2018-06-20 09:00:00 +09:00'],
  ] as const)('is cited with hive, key and last write in the list of facts and in the chain: %s', (lang, written) => {
    const pages = {
      terminal: flat(diagnosisToText(diagnosis, { ...META, lang, width: 100, colour: false, unicode: true, verbose: true })),
      html: flat(diagnosisToHtml(diagnosis, { ...META, lang }).replace(/<[^>]*>/g, '')),
      markdown: flat(diagnosisToMarkdown(diagnosis, { ...META, lang })).replaceAll('\\\\', '\\'),
    };
    for (const [name, page] of Object.entries(pages)) {
      expect(page.split(`SYSTEM ${KEY}`).length - 1, name).toBeGreaterThanOrEqual(2);
      expect(page.split(written).length - 1, name).toBeGreaterThanOrEqual(2);
      expect(page, name).not.toMatch(/rdp\.nla=off, (?:log record|stated)/);
    }
  });

  it('has key and last write in the JSON, for the fact and its citations', () => {
    const data = diagnosisToJson(diagnosis, META) as { readonly facts: readonly object[]; readonly incidents: readonly unknown[] };
    const place = {
      path: '/cases/rds/config/SYSTEM',
      key: KEY,
      keyWritten: '2018-06-20T09:00:00+09:00',
      keyWrittenNs: '1529452800000000000',
    };
    expect(data.facts[0]).toMatchObject(place);
    expect(JSON.stringify(data.incidents)).toContain(JSON.stringify(KEY));
  });

  it('says nothing of a last write that is not known, and keeps lower trust visible', () => {
    const [fact] = diagnosis.timeline.evidence.facts as [FactObservation];
    const { keyWritten: _, ...origin } = fact.origin;
    const names = new SourceNames([]);
    expect(factText({ ...fact, origin }, names, 'UTC', 'en')).toBe(
      `rdp.nla=off, SYSTEM ${KEY}, 2018-06-20 00:00:00 +00:00 – 2018-07-12 00:00:00 +00:00`,
    );
    expect(factText({ ...fact, origin, trust: 'text' }, names, 'UTC', 'en')).toMatch(
      /^rdp\.nla=off, text export or pasted text, SYSTEM HKLM/,
    );
  });
});

describe('a setting changed after the stops', () => {
  const [fact] = fixture.timeline.evidence.facts as [FactObservation];
  const cause = fixture.incidents[0]!.verdict.cause!.cause;
  const text = { en: 'Changed after the last stop: rdp.nla=on.', ja: '最後の停止の後に変更されています: rdp.nla=on。' };
  const diagnosis: Diagnosis = { ...fixture, repairs: [{ host: 'RDS01', fact, causes: [cause], text }] };

  it.each(['en', 'ja'] as const)('is told as a suspected repair on every page: %s', (lang) => {
    const pages = [
      diagnosisToText(diagnosis, { ...META, lang, width: 200, colour: false, unicode: true, verbose: false }),
      diagnosisToHtml(diagnosis, { ...META, lang }).replace(/<[^>]*>/g, ''),
      diagnosisToMarkdown(diagnosis, { ...META, lang }).replaceAll('\\', ''),
    ];
    for (const page of pages) {
      expect(page).toContain(`RDS01: ${text[lang]} [F1]`);
      expect(page).toContain(lang === 'ja' ? '修復とみられるもの' : 'suspected repairs');
    }
  });

  it('names fact and causes in the JSON', () => {
    expect((diagnosisToJson(diagnosis, META) as { repairs: unknown }).repairs).toEqual([
      {
        host: 'RDS01',
        factId: 'F1',
        name: 'rdp.nla',
        value: 'off',
        sourceId: 'S5',
        path: 'facts.yaml',
        line: 1,
        causes: [cause.id],
        text,
      },
    ]);
  });

  it.each(['en', 'ja'] as const)('read from a hive is shown with value, key, hive and last write: %s', (lang) => {
    const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp!UserAuthentication';
    const origin = { sourceId: 'S9', path: '/cases/rds/config/SYSTEM', key, keyWritten: at('2018-07-09T00:00:00Z') };
    const changed: Diagnosis = { ...fixture, repairs: [{ host: 'RDS01', fact: { ...fact, value: 'on', origin }, causes: [cause], text }] };
    for (const page of [
      diagnosisToText(changed, { ...META, zone: 'UTC', lang, width: 200, colour: false, unicode: true, verbose: false }),
      diagnosisToHtml(changed, { ...META, zone: 'UTC', lang }).replace(/<[^>]*>/g, ''),
      diagnosisToMarkdown(changed, { ...META, zone: 'UTC', lang }).replace(/\\(?!\w)|\\(?=\\)/g, ''),
    ]) {
      expect(page).toContain('rdp.nla=on');
      expect(page).toContain('RDP-Tcp!UserAuthentication');
      expect(page).toContain('/cases/rds/config/SYSTEM');
      expect(page).toMatch(
        lang === 'ja' ? /キーの最終書き込み:? ?2018-07-09 00:00:00 \+00:00/ : /Key last written:? ?2018-07-09 00:00:00 \+00:00/,
      );
    }
    expect((diagnosisToJson(changed, META) as { repairs: unknown }).repairs).toMatchObject([
      { value: 'on', key, path: origin.path, keyWritten: '2018-07-09T09:00:00+09:00' },
    ]);
  });

  it('is no section when nothing was changed', () => {
    expect(diagnosisToText(fixture, { ...META, lang: 'en', width: 100, colour: false, unicode: true, verbose: true })).not.toContain(
      'suspected repairs',
    );
  });
});
