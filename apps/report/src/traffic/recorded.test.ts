import { readFileSync } from 'node:fs';
import type { ConnectionDiagnosis, Diagnosis, Evidence } from '@winmedic/core/model';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { diagnosisOf } from '../connection/test-report.ts';
import { diagnosisToHtml } from '../html/report.ts';
import { diagnosisToJson } from '../json.ts';
import { diagnosisToMarkdown } from '../markdown.ts';
import { diagnosisToText } from '../terminal.ts';
import { at, emptyFixture, fixture, HOSTILE, META } from '../test-fixture.ts';
import type { RecordedConnections } from './recorded.ts';

const STYLE = { width: 100, colour: false, unicode: true, verbose: false } as const;
const FROM = at('2026-02-03T04:05:06Z');

function recordedOf(...diagnoses: readonly ConnectionDiagnosis[]): RecordedConnections {
  return {
    diagnoses: diagnoses.map((one) => ({ ...one, attempt: { ...one.attempt, from: 'capture' } })),
    notes: [
      { kind: 'folded', attempt: 0, count: 2, text: { en: 'the same 2 more times', ja: '同じ試行がほかに 2 回' } },
      { kind: 'twice', count: 1, text: { en: 'recorded at two places', ja: '2 か所で記録' } },
    ],
  };
}

const traffic: Pick<Evidence, 'captures' | 'traces' | 'conversations'> = {
  conversations: [],
  captures: [
    {
      sourceId: 'S9',
      path: `/x/${HOSTILE}.pcapng`,
      capture: {
        format: 'pcapng',
        packets: 1234,
        bytes: 99,
        interfaces: [{ linkType: 1, snapLength: 0, ticksPerSecond: 1_000_000, packets: 1234 }],
        first: FROM,
        last: FROM + 60_000_000_000n,
        sliced: 3,
        cut: true,
        comments: [],
      },
      tcpStreams: 5,
      udpStreams: 2,
      conversations: 7,
      kept: 4,
      limits: new Map([['flows', 1]]),
      unreachable: [],
    },
  ],
  traces: [
    {
      sourceId: 'S10',
      path: '/x/winrm.etl',
      build: '10.0.20348',
      first: FROM,
      last: FROM,
      records: 50,
      eventsLost: 2,
      buffersLost: 1,
      providers: new Map([['Microsoft-Windows-WinRM', 40]]),
    },
  ],
};
const withTraffic = (diagnosis: Diagnosis): Diagnosis => ({
  ...diagnosis,
  timeline: { ...diagnosis.timeline, evidence: { ...diagnosis.timeline.evidence, ...traffic } },
});
const alone = withTraffic(emptyFixture);
const both = withTraffic(fixture);
const pages = (diagnosis: Diagnosis, recorded: RecordedConnections, lang: 'en' | 'ja'): string[] => [
  diagnosisToText(diagnosis, { ...META, ...STYLE, lang }, recorded),
  diagnosisToHtml(diagnosis, { ...META, lang }, recorded),
  diagnosisToMarkdown(diagnosis, { ...META, lang }, recorded),
];

describe('a case of recordings alone', () => {
  it('is a report about the connection: no stop is spoken of', () => {
    for (const [lang, stop, notes] of [
      [
        'en',
        'No stop',
        ['the same 2 more times', 'recorded at two places', 'What the captures and traces cover', 'Not visible in this evidence'],
      ],
      ['ja', '停止は見つかり', ['同じ試行がほかに 2 回', '2 か所で記録', 'キャプチャとトレースの記録範囲', 'この証拠では確認できないこと']],
    ] as const)
      for (const page of pages(alone, recordedOf(diagnosisOf('hv01', 'likely', 'login')), lang)) {
        expect(page).toContain('hv01:5985');
        expect(page).not.toContain(stop);
        for (const note of notes) expect(page).toContain(note);
        expect(page).not.toContain('\u001b');
        if (page.startsWith('<!doctype')) expect(page).not.toContain('<script');
      }
  });

  it('says how whole the recordings are', () => {
    const [text = ''] = pages(alone, recordedOf(diagnosisOf('hv01', 'likely', 'login')), 'en');
    const flat = text.replaceAll(/\s+/g, ' ');
    for (const note of [
      '1,234 packets',
      '5 TCP and 2 UDP streams',
      '4 of 7 conversations considered',
      '3 packets cut when recorded',
      'the file ends in the middle',
      'cap "flows" reached once',
    ])
      expect(flat).toContain(note);
    expect(flat).toContain('2 events and 1 buffer lost while recording: absence means nothing');
  });

  it('speaks of attempts, not of what was tried from here', () => {
    const many = recordedOf(...Array.from({ length: 4 }, (_, i) => diagnosisOf(`hv0${i}`, 'likely', 'login')));
    const [text = ''] = pages(alone, many, 'en');
    expect(text).toMatch(/^4 attempts: a rung failed in 4\n/);
    expect(text).toContain('and 3 more attempts with the same verdict: hv01:5985 (winrm, http), ');
    expect(text).toContain('behind the recording');
    expect(text).not.toMatch(/as typed|behind ours/);
  });

  it('finds no fault where nothing failed, and names no cause', () => {
    const calm = { ...recordedOf(diagnosisOf('hv01', 'ok')), notes: [] };
    expect(pages(alone, calm, 'en')[0]).toMatch(/^No fault was found in 1 attempt\.\n/);
    expect(pages(alone, calm, 'ja')[0]).toMatch(/^接続の試行 1 件に異常は見つかりませんでした。\n/);
    expect(pages(alone, { diagnoses: [], notes: [] }, 'en')[0]).toMatch(/^Nothing by which a Windows host is managed/);
  });
});

describe('a case of stops and recordings', () => {
  it('tells the worse first, and both on one page', () => {
    const stopFirst = pages(both, recordedOf(diagnosisOf('hv01', 'ok')), 'en');
    for (const page of stopFirst) expect(page.indexOf('RDS01')).toBeLessThan(page.indexOf('hv01:5985'));
    const likelyStops = {
      ...both,
      incidents: both.incidents.map((one) => ({ ...one, verdict: { ...one.verdict, grade: 'likely' as const } })),
    };
    const [text = ''] = pages(likelyStops, recordedOf(diagnosisOf('hv01', 'confirmed', 'login')), 'en');
    expect(text).toMatch(/^hv01:5985 \(winrm, http\) {2}● CONFIRMED/);
    expect(text).toContain('Verdict ◐ LIKELY');
  });

  it('is data as the schema describes', () => {
    const schema = JSON.parse(readFileSync(new URL('../../schema/diagnosis.schema.json', import.meta.url), 'utf8')) as Record<
      string,
      unknown
    >;
    const validate = new Ajv2020({ strict: true, strictTypes: false, formats: { 'date-time': true } }).compile(
      closed(schema) as Record<string, unknown>,
    );
    const recorded = { ...recordedOf(diagnosisOf('hv01', 'likely', 'login'), diagnosisOf('hv02', 'ok')), explain: true };
    validate(JSON.parse(JSON.stringify(diagnosisToJson(both, META, recorded))));
    expect(validate.errors ?? []).toEqual([]);
  });
});

/** The schema with every object closed that is not described as open. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy: Record<string, unknown> = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  return copy['type'] === 'object' && copy['additionalProperties'] === undefined ? { ...copy, additionalProperties: false } : copy;
}
