import type { SettingDefinition } from '@winmedic/knowledge/model';
import { describe, expect, it } from 'vitest';
import { factsOfState } from './facts.ts';
import { at, BUILD, day, HOSTNAME, LOCAL, MadeEvidence, POLICY, PRODUCT, SYSTEM, server, setting } from './test-state.ts';
import { withStateFacts } from './with-facts.ts';

const fact = { name: 'demo.level', values: { '0': 'open', '1': 'closed' } };
const level = setting({ fact });
const of = (evidence: MadeEvidence, one: SettingDefinition = level) => factsOfState(evidence, { settings: [one] });
/** Value and time of the facts; times as days of the month. */
const brief = (evidence: MadeEvidence, one?: SettingDefinition) =>
  of(evidence, one).facts.map(({ value, time }) => [
    value,
    time.kind === 'span' ? `${dayOf(time.from)}-${dayOf(time.to)}` : time.kind === 'instant' ? dayOf(time.at) : 'now',
  ]);
const dayOf = (at: bigint): string => String(new Date(Number(at / 1_000_000n)).getUTCDate());
const since = (value: string | null, n: number) => ({ value, since: day(n) });

describe('facts of the state', () => {
  it('cite the key, its last write, the host and the time they are known for', () => {
    const [found] = of(server({ [LOCAL]: '0' }, { [POLICY]: null })).facts;
    expect(found).toEqual({
      type: 'fact',
      id: 'R1',
      name: 'demo.level',
      value: 'open',
      host: 'RDS01',
      time: { kind: 'span', from: day(1), to: day(20) },
      origin: { sourceId: 'S1', path: 'RDS01/SYSTEM', key: LOCAL.slice(4), keyWritten: day(1) },
      trust: 'record',
    });
  });

  it('name the host as its event logs do', () => {
    const evidence = server({ [LOCAL]: '0' }, { [POLICY]: null }).event('logs/System.evtx', 'rds01.example.org');
    expect(of(evidence).facts[0]?.host).toBe('rds01.example.org');
  });

  it('begin with the latest of all places that had to be looked at, and end with the earliest end', () => {
    expect(brief(server({ [LOCAL]: since('0', 3) }, { [POLICY]: since(null, 7) }))).toEqual([['open', '7-20']]);
    expect(brief(server({ [LOCAL]: since('0', 9) }, { [POLICY]: since(null, 7) }))).toEqual([['open', '9-20']]);
    expect(brief(server({ [LOCAL]: since('0', 9) }, { [POLICY]: { value: null, since: day(7), until: day(12) } }))).toEqual([
      ['open', '9-12'],
    ]);
  });

  it('of a policy need only the policy', () => {
    expect(brief(server({ [LOCAL]: since('0', 15) }, { [POLICY]: since('1', 4) }))).toEqual([['closed', '4-20']]);
    expect(brief(new MadeEvidence().event('System.evtx', 'A').hive('SOFTWARE', { [POLICY]: since('1', 4) }))).toEqual([['closed', '4-20']]);
  });

  it('are not made when a place that would win was not looked at; what is missing is named', () => {
    const { facts, problems } = of(new MadeEvidence().hive('SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' }));
    expect(facts).toEqual([]);
    expect(problems).toEqual([{ code: 'EXPOSURE_POLICY_UNKNOWN', path: 'SYSTEM', severity: 'note', what: 'HKLM\\SOFTWARE: demo.level' }]);
  });

  it('are not made when the places were never known together', () => {
    const { facts, problems } = of(server({ [LOCAL]: since('0', 15) }, { [POLICY]: { value: null, since: day(2), until: day(9) } }));
    expect(facts).toEqual([]);
    expect(problems).toMatchObject([{ code: 'EXPOSURE_TIMES_APART', path: 'RDS01/SYSTEM', what: 'demo.level' }]);
  });

  it('of a text are of the moment it was made, or of no time when it does not tell', () => {
    const evidence = (until?: number) =>
      new MadeEvidence().text(
        't',
        { [LOCAL]: '0' },
        { host: 'A', extent: POLICY.replace('!Level', ''), ...(until !== undefined && { until }) },
      );
    expect(brief(evidence(6))).toEqual([['open', '6']]);
    expect(brief(evidence())).toEqual([['open', 'now']]);
    expect(of(evidence()).facts[0]).toMatchObject({ trust: 'text', origin: { key: LOCAL.slice(4), line: 1 } });
  });

  it('take what a source does not show from the others, and are then as weak as those', () => {
    const completed = new MadeEvidence().hive('a/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' }).text('a/t', { [POLICY]: null }, { until: 6 });
    expect(brief(completed)).toEqual([['open', '6']]);
    expect(of(completed).facts[0]?.trust).toBe('text');
    const late = new MadeEvidence().hive('a/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' }).text('a/t', { [POLICY]: null }, { until: 25 });
    expect(of(late)).toMatchObject({ facts: [], problems: [{ code: 'EXPOSURE_TIMES_APART' }] });
    const text = server({}, { [POLICY]: null }).text('RDS01/t', { [LOCAL]: '0' }, { until: 6 });
    expect(brief(text)).toEqual([['open', '6']]);
  });

  it('of sources that disagree are made from each', () => {
    const evidence = server({ [LOCAL]: '0' }, { [POLICY]: null }).text('RDS01/t', { [LOCAL]: '1', [POLICY]: null }, { until: 6 });
    expect(brief(evidence)).toEqual([
      ['open', '1-20'],
      ['closed', '6'],
    ]);
  });

  it('are not made where sources disagree about what wins', () => {
    const evidence = new MadeEvidence()
      .hive('a/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' })
      .text('a/1.txt', { [POLICY]: null })
      .text('a/2.txt', { [POLICY]: '1' });
    expect(brief(evidence)).toEqual([['closed', 'now']]);
  });

  it('of several copies of the hives each have their own time, and never mix', () => {
    const evidence = new MadeEvidence()
      .hive('RegBack/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' }, { since: 1, until: 5 })
      .hive('RegBack/SOFTWARE', { [POLICY]: null }, { since: 1, until: 5 })
      .hive('config/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '1' }, { since: 10, until: 20 })
      .hive('config/SOFTWARE', { [POLICY]: null }, { since: 1, until: 20 });
    expect(brief(evidence)).toEqual([
      ['closed', '10-20'],
      ['open', '1-5'],
    ]);
    const apart = new MadeEvidence()
      .hive('1/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' })
      .hive('2/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' })
      .hive('2/SOFTWARE', { [POLICY]: null });
    expect(of(apart)).toMatchObject({
      facts: [{ origin: { path: '2/SYSTEM' } }],
      problems: [{ path: '1/SYSTEM', code: 'EXPOSURE_POLICY_UNKNOWN' }],
    });
  });

  it('of what shows the effective value need nothing else, and other sources do not borrow it', () => {
    const shown = setting({ places: [...level.places, { address: 'winrm:config/service!Level', effective: true }], fact });
    const evidence = server({ [LOCAL]: '0' }, { [POLICY]: null }).text('RDS01/winrm.txt', { 'winrm:config/service!Level': '1' });
    expect(brief(evidence, shown)).toEqual([
      ['open', '1-20'],
      ['closed', 'now'],
    ]);
  });

  it('are not made for a host that is not known, which is said', () => {
    const evidence = new MadeEvidence()
      .text('a.txt', { [LOCAL]: '0', [POLICY]: '0' })
      .event('1.evtx', 'A')
      .event('2.evtx', 'B');
    expect(of(evidence)).toEqual({
      facts: [],
      problems: [{ code: 'EXPOSURE_HOST_UNKNOWN', path: 'a.txt', severity: 'note', what: 'A, B' }],
    });
  });

  it('have the value the fact knows, and are not made for others', () => {
    expect(brief(server({ [LOCAL]: '0x1' }, { [POLICY]: null }))).toEqual([['closed', '1-20']]);
    expect(brief(server({ [LOCAL]: '7' }, { [POLICY]: null }))).toEqual([]);
    const kept = setting({ fact: { name: 'demo.port', values: { '*': '=' } } });
    expect(brief(server({ [LOCAL]: '3390' }, { [POLICY]: null }), kept)).toEqual([['3390', '1-20']]);
  });
});

describe('defaults as facts', () => {
  const nothing = server({ [LOCAL]: since(null, 4) }, { [POLICY]: since(null, 2) });
  it('are made when documented for this Windows and absent over a time', () => {
    expect(brief(nothing)).toEqual([['closed', '4-20']]);
    const byBuild = setting({ fact, defaults: [{ when: { product: 'server', minBuild: 17763 }, value: '0' }, { value: '1' }] });
    expect(brief(nothing, byBuild)).toEqual([['open', '4-20']]);
  });
  it('are not made on a guess', () => {
    expect(of(nothing, setting({ fact, defaults: [{ value: '1', basis: 'unverified' }] })).facts).toEqual([]);
    expect(of(nothing, setting({ fact, defaults: [{ value: null }] })).facts).toEqual([]);
    const unknown = new MadeEvidence().event('System.evtx', 'A').hive('SOFTWARE', { [POLICY]: null });
    expect(of(unknown, at(POLICY, { fact, defaults: [{ when: { product: 'server' }, value: '1' }, { value: '0' }] })).facts).toEqual([]);
  });
  it('are not made when the absence is known only for a moment, or not at all', () => {
    const looked = new MadeEvidence().text('t', {}, { host: 'A', extent: 'reg:HKLM', until: 5 });
    expect(of(looked).facts).toEqual([]);
    const moment = { value: null, since: undefined } as unknown as null;
    expect(of(server({ [LOCAL]: moment }, { [POLICY]: null })).facts).toEqual([]);
    expect(of(new MadeEvidence().hive('SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: null })).facts).toEqual([]);
  });
  it('take the build from event logs only when those agree', () => {
    const evidence = (...builds: string[]) => {
      const made = new MadeEvidence().hive('SYSTEM', { [HOSTNAME]: 'A', [PRODUCT]: 'ServerNT', [LOCAL]: null });
      for (const build of builds) made.event('System.evtx', 'A', 'Microsoft-Windows-Kernel-General/12', { BuildVersion: build });
      return made;
    };
    const one = at(LOCAL, { fact, defaults: [{ when: { minBuild: 17763 }, value: '1' }, { value: '0' }] });
    expect(brief(evidence('17763', '17763'), one)).toEqual([['closed', '1-20']]);
    expect(brief(evidence('14393', '17763'), one)).toEqual([]);
  });
});

describe('facts of places with wildcards', () => {
  const port = (name: string): string => `${SYSTEM}\\L\\${name}!Level`;
  const wild = at(port('*'), { fact });
  it('are made when every match says the same', () => {
    expect(brief(server({ [port('a')]: '1', [port('b')]: '0x1', [port('*')]: null }, { [BUILD]: '1' }), wild)).toEqual([
      ['closed', '1-20'],
      ['closed', '1-20'],
    ]);
    expect(brief(server({ [port('a')]: '1', [port('b')]: '0', [port('*')]: null }, {}), wild)).toEqual([]);
  });
});

describe('evidence with the facts of its state', () => {
  it('numbers them behind those that were given, and keeps everything else', () => {
    const given = {
      type: 'fact',
      id: 'F1',
      name: 'x',
      value: '1',
      time: { kind: 'now' },
      origin: { sourceId: '', path: '--fact' },
      trust: 'stated',
    } as const;
    const { state, extents, sources, events, dumps } = server({ [LOCAL]: '0' }, { [POLICY]: null });
    const totals = { bytes: 0, recordsRead: 0, kept: 0, recovered: 0, damagedRecords: 0 };
    const problem = { code: 'X', path: 'y', severity: 'note' as const };
    const evidence = {
      state,
      extents,
      sources,
      events,
      dumps,
      totals,
      coverage: [],
      images: [],
      captures: [],
      conversations: [],
      traces: [],
      facts: [given],
      problems: [problem],
    };
    const made = withStateFacts(evidence, { settings: [level] });
    expect(made.facts.map((f) => [f.id, f.name])).toEqual([
      ['F1', 'x'],
      ['F2', 'demo.level'],
    ]);
    expect({ ...made, facts: [given] }).toEqual(evidence);
  });
});
