import { loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, test } from 'vitest';
import type { FactObservation } from '../model/observation.ts';
import type { DumpObservation } from '../model/state.ts';
import { buildTimeline } from '../timeline/build.ts';
import { at, boot, coverageFor, daily, event, evidenceOf, plus } from '../timeline/test-events.ts';
import { diagnose } from './diagnose.ts';
import { fact } from './test-case.ts';

/** The bundled causes against blue screens of a security product's driver: above all, what is not confirmed. */
const knowledge = loadKnowledge();
const P = ['0xffff840500000074', '0x0', '0xfffff806715114ed', '0x2'] as const;

function dump(time: string, module: string, made: Partial<DumpObservation> = {}): DumpObservation {
  return {
    type: 'dump',
    id: 'D1',
    kind: 'triage',
    machine: 'x64',
    time: at(time),
    build: 14393,
    processors: 4,
    code: '0x50',
    rawCode: '0x50',
    parameters: [...P],
    blame: { module, at: `${module}+0x14ed`, from: 'parameter', certainty: 'strong', thirdParty: true, others: [] },
    modules: [module],
    unloaded: [],
    stack: [],
    unavailable: [],
    origin: { sourceId: 'S2', path: 'crash.dmp' },
    ...made,
  };
}

interface Crash {
  readonly time: string;
  readonly code?: number;
  readonly dumps?: readonly DumpObservation[];
  readonly facts?: readonly FactObservation[];
  readonly suspected?: string;
}

/** Grades of the causes for one blue screen. */
function grades({ time, code = 0x50, dumps = [], facts = [], suspected }: Crash): (cause: string) => string | undefined {
  const after = plus(time, 60);
  const fields = Object.fromEntries(P.map((p, i) => [`BugcheckParameter${i + 1}`, p]));
  const events = [
    ...boot(plus(time, -86_400), true),
    daily(plus(time, -40)),
    ...boot(after, false),
    event(plus(after, 5), 'Microsoft-Windows-Kernel-Power/41', {
      fields: { BugcheckCode: String(code), PowerButtonTimestamp: '0', SleepInProgress: '0', ...fields },
    }),
    ...(suspected === undefined
      ? []
      : [event(plus(after, 20), 'Microsoft-Windows-WER-SystemErrorReporting/1019', { fields: { SuspectedDriver: suspected } })]),
    daily(plus(after, 7200)),
  ];
  const timeline = buildTimeline({ ...evidenceOf(events, coverageFor(events)), dumps, facts });
  const diagnosis = diagnose(timeline, knowledge, { madeAt: 0n });
  expect(diagnosis.incidents.map(({ stop }) => stop.class)).toEqual(['bugcheck']);
  return (cause) => diagnosis.incidents[0]?.considered.find((judged) => judged.cause.id === cause)?.grade;
}

const INSIDE = '2024-07-19T04:31:00';
const BEFORE = '2024-07-19T04:07:00';
const MONTHS_LATER = '2025-03-02T04:31:00';
const faulty = fact('crowdstrike.channel-file-291', 'faulty', ['2024-07-19T04:09:20', '2024-07-21T00:00:00']);

describe('channel file 291', () => {
  test('is confirmed by the code, the dump and the hours of the release', () => {
    const grade = grades({ time: INSIDE, dumps: [dump(INSIDE, 'csagent.sys')] });
    expect(grade('crowdstrike-291')).toBe('confirmed');
    const other = dump(INSIDE, 'CSAgent.sys', { code: '0x7e', rawCode: '0x1000007e' });
    expect(grades({ time: INSIDE, code: 0x7e, dumps: [other] })('crowdstrike-291')).toBe('confirmed');
  });

  test('is confirmed by the code, the dump and the file in a crash loop long after the withdrawal', () => {
    const time = '2024-07-20T09:00:00';
    expect(grades({ time, dumps: [dump(time, 'csagent.sys')], facts: [faulty] })('crowdstrike-291')).toBe('confirmed');
    expect(grades({ time, dumps: [dump(time, 'csagent.sys')] })('crowdstrike-291')).not.toBe('confirmed');
  });

  test.each([BEFORE, MONTHS_LATER])('is not blamed for csagent.sys at %s', (time) => {
    const grade = grades({ time, dumps: [dump(time, 'csagent.sys')] });
    expect(['confirmed', 'likely']).not.toContain(grade('crowdstrike-291'));
    expect(grade('edr-driver-crash')).toBe('confirmed');
  });

  test('is likely, no more, without a dump that names the module', () => {
    expect(grades({ time: INSIDE, suspected: 'csagent.sys' })('crowdstrike-291')).toBe('likely');
    expect(grades({ time: INSIDE, facts: [faulty] })('crowdstrike-291')).toBe('likely');
    expect(['confirmed', 'likely']).not.toContain(grades({ time: INSIDE })('crowdstrike-291'));
  });

  test('is not confirmed when another code is recorded', () => {
    const wrong = dump(INSIDE, 'csagent.sys', { code: '0x124', rawCode: '0x124' });
    expect(grades({ time: INSIDE, code: 0x124, dumps: [wrong] })('crowdstrike-291')).not.toBe('confirmed');
  });

  test('is not confirmed by a module that only stood in the stack', () => {
    const weak = dump(INSIDE, 'csagent.sys');
    const blame = { ...(weak.blame as NonNullable<DumpObservation['blame']>), from: 'stack', certainty: 'weak' } as const;
    expect(grades({ time: INSIDE, dumps: [{ ...weak, blame }] })('crowdstrike-291')).not.toBe('confirmed');
  });

  test('is ruled out when the sensor was not installed or the disk held no such file', () => {
    const dumps = [dump(INSIDE, 'csagent.sys')];
    const whole = ['2024-07-01T00:00:00', '2024-08-01T00:00:00'] as const;
    expect(grades({ time: INSIDE, dumps, facts: [fact('crowdstrike.sensor', 'absent', whole)] })('crowdstrike-291')).toBe('ruled_out');
    expect(grades({ time: INSIDE, dumps, facts: [fact('crowdstrike.channel-file-291', 'older', whole)] })('crowdstrike-291')).toBe(
      'ruled_out',
    );
  });
});

describe('a driver of a security product', () => {
  test('is confirmed by the kind of the module that the tables of the knowledge base name', () => {
    for (const module of ['sentinelmonitor.sys', 'mfehidk.sys', 'tmevtmgr.sys', 'klif.sys']) {
      const grade = grades({ time: MONTHS_LATER, dumps: [dump(MONTHS_LATER, module)] });
      expect(grade('edr-driver-crash'), module).toBe('confirmed');
      expect(['confirmed', 'likely'], module).not.toContain(grade('crowdstrike-291'));
    }
  });

  test('is ruled out by a module of another kind', () => {
    expect(grades({ time: INSIDE, dumps: [dump(INSIDE, 'nvlddmkm.sys')] })('edr-driver-crash')).toBe('ruled_out');
    expect(grades({ time: INSIDE, dumps: [dump(INSIDE, 'megasas.sys')] })('edr-driver-crash')).toBe('ruled_out');
  });
});
