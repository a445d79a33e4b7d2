import type { FactDefinition, Localized } from '@winmedic/knowledge/model';
import { describe, expect, it } from 'vitest';
import type { FactObservation } from '../model/observation.ts';
import { FactTimeError, parseFactTime, zoneOffsetMs } from './fact-time.ts';
import { FactError, parseFact } from './facts.ts';
import { parseFactsFile } from './facts-file.ts';

const both: Localized = { en: '-', ja: '-' };
const base = { title: both, obtain: both };
const definitions: FactDefinition[] = [
  {
    ...base,
    id: 'rdp.nla',
    kind: 'state',
    values: { on: both, off: both },
    aliases: { UserAuthentication: { '1': 'on', '0': 'off' }, NLA: { enabled: 'on', disabled: 'off' } },
  },
  {
    ...base,
    id: 'policy.shutdown-without-logon',
    kind: 'state',
    values: { '1': both, '0': both },
    aliases: { ShutdownWithoutLogon: { '1': '1', '0': '0' } },
  },
  { ...base, id: 'action.hardware-swap', kind: 'action' },
  { ...base, id: 'bmc.power-event', kind: 'event', values: { 'power-button': both, none: both } },
  { ...base, id: 'console.session', kind: 'event', values: { yes: both, none: both } },
  { ...base, id: 'rdp.port', kind: 'state', aliases: { PortNumber: {} } },
  { ...base, id: 'host.virtual', kind: 'state', values: { kvm: both, xen: both }, aliases: { Model: { 'HVM domU': 'xen' } } },
  { ...base, id: 'host.state', kind: 'state', values: { up: both, down: both }, aliases: { Ping: { '1': 'up' }, Alarm: { '1': 'down' } } },
  { ...base, id: 'host.maker', kind: 'state', values: { qemu: both }, aliases: { Model: { 'Standard PC': 'qemu' } } },
];
const now = 1_600_000_000_000_000_000n;
const context = { definitions, zone: 'Asia/Tokyo', now };
const parse = (text: string): FactObservation => parseFact(text, context);
const ns = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n;
const failure = (text: string): FactError => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof FactError) return error;
  }
  throw new Error(`no FactError for ${text}`);
};

describe('parseFact', () => {
  it('reads name, value and span; the span covers the whole of its last day in the zone', () => {
    expect(parse('rdp.nla=off@2018-06-20..2018-07-12')).toMatchObject({
      type: 'fact',
      name: 'rdp.nla',
      value: 'off',
      time: { kind: 'span', from: ns('2018-06-20T00:00:00+09:00'), to: ns('2018-07-13T00:00:00+09:00') - 1n },
      trust: 'stated',
    });
  });
  it('reads an instant with its own offset', () => {
    expect(parse('policy.shutdown-without-logon=1@2018-07-06T06:04:29+09:00').time).toEqual({
      kind: 'instant',
      at: ns('2018-07-05T21:04:29Z'),
    });
  });
  it('takes no time for now', () => {
    expect(parse('rdp.nla=off').time).toEqual({ kind: 'now' });
  });
  it('reads an action without a value, on a day', () => {
    expect(parse('action.hardware-swap@2018-07-01')).toMatchObject({
      name: 'action.hardware-swap',
      value: 'yes',
      time: { kind: 'span', from: ns('2018-07-01T00:00:00+09:00'), to: ns('2018-07-02T00:00:00+09:00') - 1n },
    });
  });
  it('reads a host before the name', () => {
    expect(parse('RDS01:rdp.nla=off@2018-07-06T06:04:29Z')).toMatchObject({ host: 'RDS01', name: 'rdp.nla', value: 'off' });
    expect(parse('rdp.nla=off@2018-07-06T06:04:29Z').host).toBeUndefined();
  });
  it.each([
    ['ShutdownWithoutLogon=1', 'policy.shutdown-without-logon', '1'],
    ['UserAuthentication=0', 'rdp.nla', 'off'],
    ['userauthentication=1', 'rdp.nla', 'on'],
    ['NLA=Disabled', 'rdp.nla', 'off'],
    ['NLA=off', 'rdp.nla', 'off'],
    ['RDP.NLA=OFF', 'rdp.nla', 'off'],
    ['rdp.nla=0', 'rdp.nla', 'off'],
    ['PortNumber=3390', 'rdp.port', '3390'],
    ['rdp.port=13389', 'rdp.port', '13389'],
    ['console.session', 'console.session', 'yes'],
    ['Model=HVM domU', 'host.virtual', 'xen'],
    ['Model=Standard PC', 'host.maker', 'qemu'],
  ])('%s is %s=%s', (text, name, value) => {
    expect(parse(text)).toMatchObject({ name, value });
  });
  it('names the nearest facts for an unknown one', () => {
    expect(failure('rdp.nal=off')).toMatchObject({ code: 'FACT_UNKNOWN', nearest: ['rdp.nla'] });
    expect(failure('ShutdownWithoutLogin=1').nearest).toContain('ShutdownWithoutLogon');
    expect(failure('rdp.nal=off').text.ja).toContain('rdp.nla');
  });
  it('names nothing when nothing is near', () => {
    expect(failure('weather=fine').nearest).toEqual([]);
  });
  it.each([
    'rdp.nla=maybe',
    'host.state=1',
    'rdp.nla=',
    'rdp.nla',
    'bmc.power-event',
    'Model=Toaster',
    '',
    '=',
    '@2018-07-01',
    'x'.repeat(5000),
  ])('refuses %.20s', (text) => {
    expect(failure(text).code).toBe('FACT_UNKNOWN');
  });
  it('lists the values allowed', () => {
    expect(failure('rdp.nla=maybe').nearest).toEqual(['on', 'off']);
  });
  it.each([
    'rdp.nla=off@yesterday',
    'rdp.nla=off@2018-02-30',
    'rdp.nla=off@2018-07-12..2018-06-20',
    'rdp.nla=off@',
    'rdp.nla=off@a..b..c',
    'rdp.nla=off@2018-07-06T25:00',
  ])('refuses the time of %s', (text) => {
    expect(failure(text).code).toBe('FACT_TIME');
  });
  it('does not reach Object.prototype', () => {
    expect(failure('__proto__=1').code).toBe('FACT_UNKNOWN');
    expect(failure('rdp.nla=constructor').code).toBe('FACT_UNKNOWN');
  });
});

describe('times of facts', () => {
  const at = (text: string, zone = 'Asia/Tokyo'): bigint => {
    const t = parseFactTime(text, zone, now);
    return t.kind === 'instant' ? t.at : t.kind === 'span' ? t.from : -1n;
  };
  it.each([
    ['2018-07-06T06:04:29', 'Asia/Tokyo', '2018-07-05T21:04:29Z'],
    ['2018-07-06 06:04', '+09:00', '2018-07-05T21:04:00Z'],
    ['2018-07-06T06:04:29Z', 'Asia/Tokyo', '2018-07-06T06:04:29Z'],
    ['2018-07-06T06:04:29-0530', 'Asia/Tokyo', '2018-07-06T11:34:29Z'],
    ['2018-01-15T12:00:00', 'Europe/Berlin', '2018-01-15T11:00:00Z'],
    ['2018-07-15T12:00:00', 'Europe/Berlin', '2018-07-15T10:00:00Z'],
    ['2018-03-25T01:59:59', 'Europe/Berlin', '2018-03-25T00:59:59Z'],
    ['2018-03-25T03:00:00', 'Europe/Berlin', '2018-03-25T01:00:00Z'],
    ['2018-10-28T02:30:00', 'Europe/Berlin', '2018-10-28T00:30:00Z'],
    ['2018-10-28T03:00:00', 'Europe/Berlin', '2018-10-28T02:00:00Z'],
    ['2018-07-06T06:04:29', 'UTC', '2018-07-06T06:04:29Z'],
  ])('%s in %s is %s', (text, zone, utc) => {
    expect(at(text, zone)).toBe(ns(utc));
  });
  it('keep fractions down to a nanosecond', () => {
    expect(at('2018-07-06T06:04:29.123456789Z')).toBe(ns('2018-07-06T06:04:29Z') + 123_456_789n);
  });
  it('make a day of a change of daylight saving as long as it was', () => {
    const t = parseFactTime('2018-03-25', 'Europe/Berlin', now);
    expect(t).toEqual({ kind: 'span', from: ns('2018-03-24T23:00:00Z'), to: ns('2018-03-25T22:00:00Z') - 1n });
  });
  it('know "now" as an end', () => {
    expect(parseFactTime('2018-07-01..now', 'UTC', now)).toEqual({ kind: 'span', from: ns('2018-07-01T00:00:00Z'), to: now });
  });
  it('refuse a zone that does not exist', () => {
    expect(() => parseFactTime('2018-07-06', 'Mars/Olympus', now)).toThrow(FactTimeError);
    expect(() => zoneOffsetMs('+19:00', 0)).toThrow(FactTimeError);
  });
});

describe('parseFactsFile', () => {
  const read = (text: string): ReturnType<typeof parseFactsFile> => parseFactsFile(text, 'facts.yaml', 'S1', context);
  it('reads YAML with every kind of time', () => {
    const { facts, problems } = read(`
- { fact: rdp.nla, value: off, from: 2018-06-20, to: 2018-07-12, host: RDS01 }
- { fact: policy.shutdown-without-logon, value: 1, at: "2018-07-06T06:04:29+09:00" }
- { fact: action.hardware-swap, at: 2018-07-01 }
- { fact: rdp.nla, value: on }
- { fact: rdp.nla, value: on, from: 2018-07-12 }
`);
    expect(problems).toEqual([]);
    expect(facts.map((f) => [f.name, f.value, f.time.kind])).toEqual([
      ['rdp.nla', 'off', 'span'],
      ['policy.shutdown-without-logon', '1', 'instant'],
      ['action.hardware-swap', 'yes', 'span'],
      ['rdp.nla', 'on', 'now'],
      ['rdp.nla', 'on', 'span'],
    ]);
    expect(facts[0]).toMatchObject({ host: 'RDS01', origin: { sourceId: 'S1', path: 'facts.yaml' } });
    expect(facts[4]?.time).toMatchObject({ to: now });
  });
  it('reads JSON, and a list under "facts"', () => {
    expect(read('[{"fact":"rdp.nla","value":"on"}]').facts).toHaveLength(1);
    expect(read('facts:\n  - fact: rdp.nla\n    value: on\n').facts).toHaveLength(1);
  });
  it('reads the others when one entry is wrong', () => {
    const { facts, problems } = read(
      '[{"fact":"nope"}, 7, {"value":"on"}, {"fact":"rdp.nla","value":"on","at":"soon"}, {"fact":"rdp.nla","value":"on"}]',
    );
    expect(facts).toHaveLength(1);
    expect(problems.map((p) => p.code)).toEqual(['FACT_UNKNOWN', 'FACT_UNKNOWN', 'FACT_UNKNOWN', 'FACT_TIME']);
  });
  it.each(['just text', '{a: 1}', '- fact: [', 'a: &a [*a]'])('says that "%s" is no list of facts', (text) => {
    expect(read(text).problems).toMatchObject([{ code: 'EVIDENCE_FACTS_BROKEN', severity: 'unusable' }]);
  });
  it('refuses aliases that multiply a small file', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\nfacts: [*d,*d,*d]\n`;
    expect(read(bomb).problems).toMatchObject([{ code: 'EVIDENCE_FACTS_BROKEN' }]);
  });
});
