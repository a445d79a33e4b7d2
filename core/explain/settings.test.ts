import { type CombinedFinding, type Knowledge, loadKnowledge, type SettingDefinition } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';
import { explain } from './explain.ts';
import { explanationToText } from './explanation-text.ts';

const both = (text: string): { readonly en: string; readonly ja: string } => ({ en: text, ja: `${text}(日本語)` });
const setting = (id: string, more: Partial<SettingDefinition>): SettingDefinition => ({
  id,
  covers: [],
  area: 'rdp',
  kind: 'exposure',
  title: both(`title of ${id}`),
  meaning: both(`meaning of ${id}`),
  places: [],
  defaults: [],
  severity: 'high',
  remedies: [],
  obtain: both('a hive'),
  basis: ['documented'],
  sources: ['example'],
  ...more,
});
const KEY = 'reg:HKLM\\SYSTEM\\CurrentControlSet\\Control\\Example';
const SETTINGS = [
  setting('example-door', {
    places: [
      { address: 'reg:HKLM\\SOFTWARE\\Policies\\Example!DoorOpen', policy: true },
      { address: `${KEY}!DoorOpen`, basis: 'unverified' },
    ],
    values: { '1': both('open') },
    defaults: [
      { value: '0', when: { product: 'server', minBuild: 9200 } },
      { value: null, basis: 'unverified' },
    ],
    risky: { is: 1 },
    riskyOn: ['server', 'dc'],
    finding: both('Anyone walks in.'),
    remedies: [{ id: 'shut', text: both('Shut it'), command: 'shut\nlock', risk: both('none'), undo: both('open it') }],
  }),
  setting('example-window', { places: [{ address: `${KEY}!WindowOpen` }], basis: ['unverified'] }),
  setting('example-quota', { places: [{ address: 'winrm:config!MaxExample' }] }),
  ...Array.from({ length: 20 }, (_, i) =>
    setting(`example-service-${i}`, { places: [{ address: `reg:HKLM\\SYSTEM\\CurrentControlSet\\Services\\S${i}!CommonName` }] }),
  ),
];
const FINDING: CombinedFinding = {
  id: 'example-burglary',
  title: both('Burglary'),
  sentence: both('Anyone can carry things out.'),
  severity: 'high',
  when: { all: [{ risky: 'example-door' }, { setting: 'example-window', is: 1 }] },
  change: { setting: 'example-door', why: both('It is nearest.') },
  basis: ['documented'],
  sources: ['example'],
};
const knowledge: Knowledge = { ...loadKnowledge(), settings: SETTINGS, findings: [FINDING] };
const keys = (input: string): string[] => explain(input, { knowledge }).readings.map(({ key }) => key);
const text = (input: string, lang: 'en' | 'ja' = 'en'): string => explanationToText(explain(input, { knowledge }), lang);

describe('explaining settings', () => {
  it.each([
    ['example-door', ['example-door']],
    ['EXAMPLE-DOOR', ['example-door']],
    ['DoorOpen', ['example-door']],
    ['dooropen', ['example-door']],
    ['HKLM\\SYSTEM\\CurrentControlSet\\Control\\Example!DoorOpen', ['example-door']],
    ['HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet002\\Control\\Example\\DoorOpen', ['example-door']],
    ['HKLM\\SYSTEM\\CurrentControlSet\\Control\\Example', ['example-door', 'example-window']],
    ['HKLM\\SYSTEM\\CurrentControlSet\\Control\\Example\\', ['example-door', 'example-window']],
    ['winrm:config!MaxExample', ['example-quota']],
    ['MaxExample', ['example-quota']],
    ['HKLM\\SYSTEM\\CurrentControlSet\\Control\\Example!Unknown', []],
    ['__proto__', []],
  ])('%s: %j', (input, expected) => {
    expect(keys(input)).toEqual(expected);
  });

  it('tells where it is stored, what its values mean, when it is risky and on what, and what to do', () => {
    const en = text('DoorOpen');
    for (const part of [
      'example-door: title of example-door\n',
      'HKLM\\SOFTWARE\\Policies\\Example!DoorOpen (policy); HKLM\\SYSTEM\\CurrentControlSet\\Control\\Example!DoorOpen (not verified)',
      'Values: 1: open',
      'When stored nowhere: server, from build 9200: 0; nothing [not verified]',
      'Risky when: the value is 1 (server, domain controller). Anyone walks in.',
      'Next: Shut it shut\n    lock\n',
    ])
      expect(en).toContain(part);
    const ja = text('DoorOpen', 'ja');
    for (const part of [
      '(ポリシー)',
      '危険な場合: 値が 1(サーバー、ドメイン コントローラー)。',
      'サーバー、ビルド 9200 以降: 0',
      '[未検証]',
    ])
      expect(ja).toContain(part);
  });

  it('marks a setting whose meaning was not verified', () => {
    expect(text('WindowOpen')).toContain('example-window: title of example-window [not verified]');
    expect(text('DoorOpen')).not.toContain('title of example-door [not verified]');
  });

  it('explains a combined finding with the settings it rests on', () => {
    const en = text('example-burglary');
    expect(en).toContain('Rests on: title of example-door (example-door), title of example-window (example-window)');
    expect(en).toContain('Change first: title of example-door (example-door): It is nearest.');
  });

  it('does not drown a common value name, and finds near names', () => {
    expect(keys('CommonName')).toHaveLength(8);
    expect(explain('DoorOpne', { knowledge }).near).toContain('DoorOpen');
  });
});
