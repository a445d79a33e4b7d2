import { readFileSync } from 'node:fs';
import { DUMP_PROVIDER } from '@winmedic/core/explain';
import type { Diagnosis, DumpObservation, EventObservation, ImageObservation, Incident } from '@winmedic/core/model';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { diagnosisToHtml } from './html/report.ts';
import { diagnosisToJson } from './json.ts';
import { diagnosisToMarkdown } from './markdown.ts';
import { diagnosisToText } from './terminal.ts';
import { at, emptyFixture, fixture, HOSTILE, META } from './test-fixture.ts';
import { timelineRows, timelineToLines } from './timeline.ts';

type Any = Record<string, unknown>;
const CRASH = at('2024-07-19T04:31:00Z');
const source = { id: 'S1', path: '/cases/blue/071924-1.dmp', sizeBytes: 9076, sha256: '', kind: 'dump' } as const;
const driver = { id: 'S2', path: '/cases/blue/CSAgent.sys', sizeBytes: 1536, sha256: '', kind: 'image' } as const;

const BLAME: NonNullable<DumpObservation['blame']> = {
  module: 'csagent.sys',
  at: 'csagent.sys+0xe14ed',
  from: 'parameter',
  certainty: 'strong',
  thirdParty: true,
  others: ['other.sys'],
  image: { timeDateStamp: 0x66123456, sizeOfImage: 0x200000 },
};
const DUMP: DumpObservation = {
  type: 'dump',
  id: 'D1',
  kind: 'triage',
  machine: 'x64',
  time: CRASH,
  upTimeSeconds: 185,
  build: 17763,
  processors: 4,
  productType: 'server',
  code: '0x50',
  rawCode: '0x50',
  parameters: ['0xffff840500000074', '0x0', '0xfffff800200e14ed', '0x2'],
  blame: BLAME,
  modules: ['ntoskrnl.exe', 'csagent.sys'],
  unloaded: [],
  stack: ['ntoskrnl.exe+0x100', 'csagent.sys+0xe14ed'],
  unavailable: [],
  origin: { sourceId: 'S1', path: source.path },
};
const IMAGE: ImageObservation = {
  type: 'image',
  name: 'CSAgent.sys',
  sizeOfImage: 0x200000,
  timeDateStamp: 0x66123456,
  checkSum: 7,
  fileVersion: '7.11.18110.0',
  company: 'CrowdStrike, Inc.',
  origin: { sourceId: 'S2', path: driver.path },
};

/** A case of dumps alone. */
function caseOf(dumps: readonly DumpObservation[], images: readonly ImageObservation[] = []): Diagnosis {
  const evidence = { ...emptyFixture.timeline.evidence, sources: [source, driver], dumps, images };
  return { ...emptyFixture, timeline: { ...emptyFixture.timeline, evidence } };
}
const text = (diagnosis: Diagnosis, lang: 'en' | 'ja', width = 200): string =>
  diagnosisToText(diagnosis, { ...META, zone: 'UTC', lang, width, colour: false, unicode: true, verbose: false });
const plain = (page: string): string => page.replace(/<[^>]*>/g, '').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
const pages = (diagnosis: Diagnosis, lang: 'en' | 'ja'): string[] => [
  text(diagnosis, lang),
  plain(diagnosisToHtml(diagnosis, { ...META, zone: 'UTC', lang })),
  diagnosisToMarkdown(diagnosis, { ...META, zone: 'UTC', lang }).replaceAll('\\', ''),
];

describe('a crash dump on the pages of a case', () => {
  it.each([
    [
      'en',
      'a host no source names',
      '2024-07-19 04:31:00 +00:00, 3 min 5 s after the start',
      'build 17763, Windows Server, 4 processors, x64',
    ],
    [
      'ja',
      '名前の分からないホスト',
      '2024-07-19 04:31:00 +00:00、起動から 3 分 5 秒後',
      'ビルド 17763、サーバー版 Windows、プロセッサー 4 個、x64',
    ],
  ] as const)('is told with stop, machine and module: %s', (lang, _, time, windows) => {
    for (const page of pages(caseOf([DUMP]), lang)) {
      for (const part of [
        '071924-1.dmp',
        time,
        windows,
        '0x50 PAGE_FAULT_IN_NONPAGED_AREA',
        DUMP.parameters.join(' '),
        'csagent.sys+0xe14ed',
        'other.sys',
      ])
        expect(page).toContain(part);
      expect(page).toContain(
        lang === 'ja' ? '確度が高い: 停止コードのパラメーターが指すモジュール' : 'strong evidence: a parameter of the stop leads to it',
      );
      expect(page).toContain(lang === 'ja' ? 'CrowdStrike (既知のドライバーの一覧による' : 'CrowdStrike (from the list of known drivers');
      expect(page).toContain(
        lang === 'ja'
          ? '不明 (そのホストの csagent.sys も入力に加えると表示)'
          : 'it is shown when the file csagent.sys of that host is given too',
      );
      expect(page).not.toContain(lang === 'ja' ? '使える記録がありませんでした' : 'held no record');
    }
  });

  it('names version and maker from the very file, and says when the file is another build', () => {
    const same = { ...DUMP, blame: { ...BLAME, version: '7.11.18110.0', company: 'CrowdStrike, Inc.' } };
    for (const page of pages(caseOf([same], [IMAGE]), 'en')) {
      expect(page).toContain('7.11.18110.0 (CSAgent.sys: the very file of the dump)');
      expect(page).toContain('CrowdStrike, Inc.');
      expect(page).not.toContain('list of known drivers');
    }
    const other = caseOf([{ ...DUMP, blame: { ...BLAME, otherBuild: true } }], [{ ...IMAGE, timeDateStamp: 1 }]);
    for (const page of pages(other, 'en')) {
      expect(page).toContain('the file csagent.sys given is another build than the one in the dump');
      expect(page).not.toContain('7.11.18110.0 (');
    }
    for (const page of pages(other, 'ja')) expect(page).toContain('ダンプ内のものと別のビルド');
    const { fileVersion: _, company: __, ...bare } = IMAGE;
    for (const page of pages(caseOf([DUMP], [bare]), 'en')) expect(page).toContain('but holds no version');
  });

  it('says how weak a module from the stack is, what is part of Windows, and what was unloaded', () => {
    const weak = { ...DUMP, blame: { ...BLAME, from: 'stack', certainty: 'weak', unloaded: true } } as const;
    expect(text(caseOf([weak]), 'en')).toContain('weak evidence, may be the victim: it stands in the saved stack');
    expect(text(caseOf([weak]), 'en')).toContain('(third party, unloaded before the stop)');
    const windows = { ...DUMP, blame: { ...BLAME, thirdParty: false } };
    expect(text(caseOf([windows]), 'ja')).toContain('Windows の構成要素');
    const { image: __, ...unstamped } = BLAME;
    expect(text(caseOf([{ ...DUMP, blame: unstamped }], [IMAGE]), 'en')).toContain('the dump does not keep what identifies the file');
    const { blame: _, ...nobody } = DUMP;
    for (const page of pages(caseOf([nobody]), 'en')) expect(page).toContain('none named by the dump');
  });

  it('says what could not be read, and why, in the language of the page', () => {
    const gaps = [
      { part: 'modules', reason: 'page-missing', what: 'page table level 2', address: '0xfffff800' },
      { part: 'stack', reason: 'not-in-this-kind', what: 'no stack saved in this dump' },
    ] as const;
    const cut = { ...DUMP, unavailable: gaps };
    for (const page of pages(caseOf([cut]), 'en')) {
      expect(page).toContain('list of drivers: a page needed for it is not in the dump (page table level 2, 0xfffff800)');
      expect(page).toContain('stack: this dump does not hold it');
    }
    for (const page of pages(caseOf([cut]), 'ja')) {
      expect(page).toContain('ドライバーの一覧: 必要なページがダンプに含まれない (0xfffff800)');
      expect(page).not.toContain('page table level');
    }
  });

  it('without a time, or written live, says so', () => {
    const { time: _, ...timeless } = DUMP;
    const page = text(caseOf([{ ...timeless, kind: 'live-bitmap', live: true }]), 'en');
    expect(page).toContain('time not recorded in the dump');
    expect(page).toContain('Taken: time not recorded in the dump, 3 min 5 s after the start, written while the machine ran on: no stop');
    expect(page).not.toContain('Stopped:');
    expect(page).toContain('No stop was found');
  });

  it('is one of many: the latest are told, the others counted', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ ...DUMP, id: `D${i + 1}`, time: CRASH + BigInt(i) * 60_000_000_000n }));
    const page = text(caseOf(many), 'en');
    expect([...page.matchAll(/\[D(\d+)\] 071924/g)].map(([, n]) => n)).toEqual(['30', '29', '28']);
    expect(page).toContain('27 earlier dumps');
    const html = diagnosisToHtml(caseOf(many), { ...META, lang: 'en' });
    expect(html.match(/<h3 id="r-D/g)).toHaveLength(20);
    expect(html).toContain('10 more (listed in the JSON report)');
    expect(diagnosisToMarkdown(caseOf(many), { ...META, lang: 'en' })).toContain('20 more (listed in the JSON report)');
  });

  it('cannot bring markup or control characters in with a name', () => {
    const hostile = { ...DUMP, blame: { ...BLAME, module: HOSTILE, at: `${HOSTILE}+0x1`, others: [HOSTILE], company: HOSTILE } };
    expect(diagnosisToHtml(caseOf([hostile]), { ...META, lang: 'en' })).not.toContain('<script>');
    expect(text(caseOf([hostile]), 'en')).not.toContain('\u001b');
    expect(diagnosisToMarkdown(caseOf([hostile]), { ...META, lang: 'en' })).not.toContain('<script>');
  });
});

/** The dump as it stands in the timeline. */
const event: EventObservation = {
  type: 'event',
  id: 'E1',
  time: CRASH,
  host: '?',
  channel: DUMP_PROVIDER,
  provider: DUMP_PROVIDER,
  eventId: 0,
  version: 0,
  level: 1,
  recordId: 'D1',
  fields: new Map([
    ['BugcheckCode', '0x50'],
    ...DUMP.parameters.map((value, i) => [`BugcheckParameter${i + 1}`, value] as const),
    ['DumpKind', 'triage'],
    ['Module', 'csagent.sys+0xe14ed'],
  ]),
  origin: DUMP.origin,
  trust: 'record',
};

describe('a stop with a stop code', () => {
  const base = fixture.incidents.at(-1)!;
  const incident: Incident = {
    ...base,
    stop: {
      id: '?#1',
      host: '?',
      class: 'bugcheck',
      action: 'unknown',
      time: CRASH,
      earliest: CRASH,
      latest: CRASH,
      records: [event],
      bugcheck: { code: '0x50', parameters: DUMP.parameters, from: event },
    },
    chain: [{ role: 'symptom', support: 'observed', text: { en: 'bug check', ja: 'バグチェック' }, evidence: [event] }],
  };
  const crash = { ...caseOf([DUMP]), incidents: [incident] };

  it.each(['en', 'ja'] as const)('shows its name, its parameters and the module of its dump: %s', (lang) => {
    for (const page of pages(crash, lang)) {
      expect(page).toContain(
        lang === 'ja' ? 'バグチェック 0x50 PAGE_FAULT_IN_NONPAGED_AREA' : 'bug check 0x50 PAGE_FAULT_IN_NONPAGED_AREA',
      );
      expect(page).toContain(`${lang === 'ja' ? 'パラメーター' : 'parameters'} ${DUMP.parameters.join(' ')}`);
      expect(page).toContain(
        lang === 'ja' ? '該当モジュール csagent.sys+0xe14ed (確度が高い)' : 'module csagent.sys+0xe14ed (strong evidence)',
      );
      expect(page).toContain(lang === 'ja' ? '名前の分からないホスト' : 'a host no source names');
      expect(page).not.toContain('crash dump 0');
    }
  });

  it('names the host of a dump that the timeline found, and none for an unnamed one', () => {
    expect(text(crash, 'en')).not.toContain('Host:');
    const known = { ...crash, timeline: { ...crash.timeline, events: [{ ...event, host: 'RDS01' }] } };
    for (const page of pages(known, 'en')) expect(page).toMatch(/Host:? ?RDS01/);
  });

  it('has no module to show when no dump of it was given', () => {
    const page = text({ ...crash, timeline: { ...crash.timeline, evidence: { ...crash.timeline.evidence, dumps: [] } } }, 'en');
    expect(page).toContain('parameters 0xffff840500000074');
    expect(page).not.toContain('csagent.sys+0xe14ed (strong');
  });

  it('has its dump in the appendix as a sentence of both languages', () => {
    const page = plain(diagnosisToHtml(crash, { ...META, lang: 'ja' }));
    expect(page).toContain('最小メモリ ダンプ 071924-1.dmp: 停止コード 0x50');
    expect(page).toContain('small memory dump 071924-1.dmp: stop code 0x50');
  });

  it('links the facts of a dump to the dump', () => {
    const fact = {
      type: 'fact',
      id: 'D1',
      name: 'dump.module',
      value: 'csagent.sys',
      time: { kind: 'instant', at: CRASH },
      origin: DUMP.origin,
      trust: 'record',
    } as const;
    const link = { ...incident.chain[0]!, evidence: [fact] };
    const page = diagnosisToHtml({ ...crash, incidents: [{ ...incident, chain: [link] }] }, { ...META, lang: 'en' });
    expect(page).toContain('href="#r-D1"');
    expect(page).toContain('id="r-D1"');
  });

  it('is data with all of it, as the schema describes', () => {
    const dump = {
      ...DUMP,
      blame: { ...BLAME, version: '7.11.18110.0' },
      unavailable: [{ part: 'stack', reason: 'truncated', what: 'saved stack' }],
    } as const;
    const json = JSON.parse(JSON.stringify(diagnosisToJson({ ...caseOf([dump], [IMAGE]), incidents: [incident] }, META))) as Any;
    expect(json['dumps']).toMatchObject([
      {
        id: 'D1',
        code: '0x50',
        codeName: 'PAGE_FAULT_IN_NONPAGED_AREA',
        timeNs: String(CRASH),
        blame: {
          at: 'csagent.sys+0xe14ed',
          certainty: 'strong',
          timeDateStamp: '0x66123456',
          version: '7.11.18110.0',
          known: { maker: 'CrowdStrike' },
        },
        unavailable: [{ part: 'stack', reason: 'truncated' }],
      },
    ]);
    expect(json['images']).toMatchObject([{ name: 'CSAgent.sys', fileVersion: '7.11.18110.0', sizeOfImage: '0x200000' }]);
    expect((json['incidents'] as Any[])[0]).toMatchObject({ bugcheck: { name: 'PAGE_FAULT_IN_NONPAGED_AREA', dumpId: 'D1' } });
    const validate = new Ajv2020({ strict: true, strictTypes: false, formats: { 'date-time': true } }).compile(closedSchema());
    validate(json);
    expect(validate.errors ?? []).toEqual([]);
  });
});

/** The schema with every object closed, so that a field it does not describe is an error. */
function closedSchema(): Any {
  const closed = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(closed);
    if (typeof node !== 'object' || node === null) return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
    return copy['type'] === 'object' ? { ...copy, additionalProperties: false } : copy;
  };
  return closed(JSON.parse(readFileSync(new URL('../schema/diagnosis.schema.json', import.meta.url), 'utf8'))) as Any;
}

describe('a crash dump in the timeline listing', () => {
  it.each([
    ['en', 'crash dump            D1                      small memory dump 071924-1.dmp: stop code 0x50'],
    ['ja', 'クラッシュ ダンプ     D1                      最小メモリ ダンプ 071924-1.dmp: 停止コード 0x50'],
  ] as const)('is named as what it is, without an event id: %s', (lang, line) => {
    const options = { zone: 'UTC', lang, width: 0, colour: false, unicode: true };
    expect([...timelineToLines(timelineRows([event], []), ['?'], options)].join('\n')).toContain(line);
  });
});
