import { describe, expect, test } from 'vitest';
import type { DumpObservation } from '../model/state.ts';
import { hostOfDump } from './dump-host.ts';
import { at, boot, coverageFor, event, evidenceOf, heartbeat6008, plus, unexpected } from './test-events.ts';

const CRASH = '2024-07-19T04:31:00Z';
const PARAMETERS = ['0xffffffffc0000005', '0xfffff80612345678', '0x1', '0x0'] as const;

function dump(more: Partial<DumpObservation> = {}): DumpObservation {
  return {
    type: 'dump',
    id: 'D1',
    kind: 'triage',
    machine: 'x64',
    time: at(CRASH),
    build: 14393,
    processors: 4,
    code: '0x7e',
    rawCode: '0x1000007e',
    parameters: PARAMETERS,
    modules: [],
    unloaded: [],
    stack: [],
    unavailable: [],
    origin: { sourceId: 'S9', path: 'a.dmp' },
    ...more,
  };
}

const stated = (code: number, parameters: readonly string[] = PARAMETERS) =>
  unexpected(plus(CRASH, 67), {
    BugcheckCode: String(code),
    ...Object.fromEntries(parameters.map((p, i) => [`BugcheckParameter${i + 1}`, p])),
  });
/** A host that ran, crashed and started again a minute later. */
const crashed = (...more: ReturnType<typeof event>[]) => [
  ...boot('2024-07-19T00:00:00Z'),
  event('2024-07-19T04:20:00Z', 'EventLog/6013'),
  ...boot(plus(CRASH, 60), false),
  ...more,
];
const hostOf = (events: ReturnType<typeof event>[], one = dump(), others: readonly DumpObservation[] = []) =>
  hostOfDump(one, { ...evidenceOf(events), dumps: [one, ...others] });

describe('a dump beside the log of one host', () => {
  test('is of that host when nothing speaks against it', () => {
    expect(hostOf(crashed())).toBe('RDS01');
    expect(hostOf(crashed(unexpected(plus(CRASH, 67))))).toBe('RDS01');
    expect(hostOf(crashed(stated(0x7e)))).toBe('RDS01');
    expect(hostOf(crashed(stated(0x1000007e, [])))).toBe('RDS01');
  });

  test('is not when the next boot states another stop code, or the same with other parameters', () => {
    expect(hostOf(crashed(stated(0x50)))).toBe('?');
    expect(hostOf(crashed(stated(0x7e, ['0xffffffffc0000005', '0xfffff80699999999', '0x1', '0x0'])))).toBe('?');
    const report = (text: string) =>
      event(plus(CRASH, 90), 'Microsoft-Windows-WER-SystemErrorReporting/1001', { fields: { param1: text } });
    expect(hostOf(crashed(report('0x00000050 (0x10, 0x0, 0xfffff80612345678, 0x2)')))).toBe('?');
    expect(hostOf(crashed(report(`0x1000007e (${PARAMETERS.join(', ')})`)))).toBe('RDS01');
  });

  test('is, of several crashes without a recorded start between them, when the last one is the one stated', () => {
    const first = dump({ parameters: ['0xffffffffc0000005', '0xfffff80611111111', '0x1', '0x0'], time: at(plus(CRASH, -40)) });
    expect(hostOf(crashed(stated(0x7e)), first, [dump({ id: 'D2' })])).toBe('RDS01');
    expect(hostOf(crashed(stated(0x7e)), first, [dump({ id: 'D2', code: '0x50', rawCode: '0x50' })])).toBe('?');
  });

  test('is not when the host still ran after it', () => {
    expect(hostOf(crashed(heartbeat6008(plus(CRASH, 70), plus(CRASH, -20))))).toBe('RDS01');
    const later = [...boot('2024-07-19T00:00:00Z'), ...boot('2024-07-19T06:00:00Z', false)];
    expect(hostOf([...later, heartbeat6008('2024-07-19T06:00:10Z', '2024-07-19T05:58:00Z')])).toBe('?');
  });

  test('is when the host crashed again and again within minutes: the first start reports the heartbeat before this crash', () => {
    const loop = [1, 2, 3].flatMap((n) => [
      ...boot(plus(CRASH, 60 + n * 120), false),
      heartbeat6008(plus(CRASH, 65 + n * 120), plus(CRASH, n * 120)),
    ]);
    expect(hostOf(crashed(heartbeat6008(plus(CRASH, 65), plus(CRASH, -20)), ...loop))).toBe('RDS01');
    expect(hostOf(crashed(heartbeat6008(plus(CRASH, 65), plus(CRASH, 90)), ...loop))).toBe('?');
  });

  test('is of the host whose disk it was read from, unless the records there say otherwise', () => {
    const two = [...crashed(), event('2024-07-19T04:00:00Z', 'EventLog/6013', { host: 'RDS02' })];
    expect(hostOf(two)).toBe('?');
    expect(hostOf(two, dump({ host: 'RDS01' }))).toBe('RDS01');
    expect(hostOf([...two, stated(0x50)], dump({ host: 'RDS01' }))).toBe('?');
  });

  test('is not when it is of another Windows; an enablement package is the same kernel', () => {
    expect(hostOf(crashed(), dump({ build: 17763 }))).toBe('?');
    expect(hostOf(crashed(), dump({ build: 14394 }))).toBe('RDS01');
    const upgraded = crashed().map((e) =>
      e.time > at(CRASH) && e.eventId === 12 ? { ...e, fields: new Map([...e.fields, ['BuildVersion', '17763']]) } : e,
    );
    expect(hostOf(upgraded, dump())).toBe('RDS01');
    expect(hostOf(upgraded, dump({ build: 20348 }))).toBe('?');
  });

  test('is of it where the log does not reach: a later boot speaks of a later crash', () => {
    const events = crashed(stated(0x50));
    expect(hostOf(events, dump({ time: at('2024-07-10T00:00:00Z') }))).toBe('RDS01');
    const coverage = coverageFor(events).map((c) => ({ ...c, partial: true }));
    expect(hostOfDump(dump(), { ...evidenceOf(events, coverage), dumps: [dump()] })).toBe('RDS01');
    const gaps = [{ from: at(plus(CRASH, -5)), to: at(plus(CRASH, 50)), missingRecords: 9n }];
    expect(
      hostOfDump(dump(), {
        ...evidenceOf(
          events,
          coverageFor(events).map((c) => ({ ...c, gaps })),
        ),
        dumps: [dump()],
      }),
    ).toBe('RDS01');
  });

  test('that names its host is of that host', () => {
    expect(hostOf(crashed(stated(0x50)), dump({ host: 'WEB1' }))).toBe('WEB1');
  });
});
