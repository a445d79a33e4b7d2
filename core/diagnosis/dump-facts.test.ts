import type { BlameKnowledge } from '@winmedic/knowledge/model';
import { expect, test } from 'vitest';
import type { EventObservation } from '../model/observation.ts';
import type { DumpObservation } from '../model/state.ts';
import { buildTimeline } from '../timeline/index.ts';
import { at, boot, event, evidenceOf, plus } from '../timeline/test-events.ts';
import { dumpsOfNoHost, factsOfDumps } from './dump-facts.ts';

const CRASH = '2024-07-19T04:31:00Z';
const blame: BlameKnowledge = {
  addressParameters: [],
  windowsModules: [],
  knownModules: [{ name: 'edr.sys', maker: 'Maker', kind: 'edr', source: 'made up' }],
};

/** A dump that names a third party's driver. */
function made(): DumpObservation {
  return {
    type: 'dump',
    id: 'D1',
    kind: 'triage',
    machine: 'x64',
    time: at(CRASH),
    build: 17763,
    processors: 4,
    code: '0x50',
    rawCode: '0x50',
    parameters: ['0x1', '0x2', '0x3', '0x4'],
    blame: { module: 'EDR.sys', at: 'EDR.sys+0x10', from: 'parameter', certainty: 'strong', thirdParty: true, others: [] },
    modules: [],
    unloaded: [],
    stack: [],
    unavailable: [],
    origin: { sourceId: 'S1', path: 'a.dmp' },
  };
}

function factsOf(
  guilty: Partial<NonNullable<DumpObservation['blame']>>,
  more: Partial<DumpObservation> = {},
  events: readonly EventObservation[] = [],
  tables: BlameKnowledge = blame,
): [string, string][] {
  const dump: DumpObservation = { ...made(), blame: { ...made().blame!, ...guilty }, ...more };
  const facts = factsOfDumps(buildTimeline({ ...evidenceOf(events), dumps: [dump] }), tables);
  for (const fact of facts) expect(fact).toMatchObject({ host: '?', time: { kind: 'instant', at: at(CRASH) }, origin: { path: 'a.dmp' } });
  return facts.map(({ name, value }) => [name, value]);
}

test('a module that holds the faulting address is a fact, with its kind when it is known', () => {
  expect(factsOf({})).toEqual([
    ['dump.module', 'edr.sys'],
    ['dump.module-kind', 'security'],
  ]);
  expect(factsOf({ module: 'ntfs.sys', thirdParty: false })).toEqual([
    ['dump.module', 'ntfs.sys'],
    ['dump.module-kind', 'windows'],
  ]);
});

test('of an unknown third party the kind is not guessed', () => {
  expect(factsOf({ module: 'odd.sys' })).toEqual([['dump.module', 'odd.sys']]);
});

test('a module that merely stood in the stack is no fact', () => {
  expect(factsOf({ from: 'stack', certainty: 'weak' })).toEqual([]);
});

test('a dump that belongs to no stop is no fact of a stop near it: written while the machine ran on, or by another', () => {
  expect(factsOf({}, { live: true, kind: 'live-bitmap' })).toEqual([]);
  const goesOn = [
    ...boot('2024-07-19T00:00:00Z'),
    event('2024-07-19T04:20:00Z', 'EventLog/6013'),
    event(plus(CRASH, 300), 'EventLog/6013'),
    ...boot(plus(CRASH, 420), false),
  ];
  expect(factsOf({}, { build: 14393 }, goesOn)).toEqual([]);
});

test('of a module that is only remembered the kind decides nothing', () => {
  const unverified = { ...blame, knownModules: [{ ...blame.knownModules[0]!, unverified: true as const }] };
  expect(factsOf({}, {}, [], unverified)).toEqual([['dump.module', 'edr.sys']]);
});

test('a dump of another machine than the logs is told', () => {
  const logs = [
    event('2024-07-19T01:00:00Z', 'EventLog/6013', { host: 'A' }),
    event('2024-07-19T01:00:00Z', 'EventLog/6013', { host: 'B' }),
  ];
  const dump: DumpObservation = { ...made(), parameters: ['0x9', '0x9', '0x9', '0x9'] };
  expect(dumpsOfNoHost(buildTimeline({ ...evidenceOf(logs), dumps: [dump] }))).toMatchObject([
    { code: 'EVIDENCE_DUMP_OF_NO_HOST', path: 'a.dmp', severity: 'note', what: 'A, B' },
  ]);
  expect(dumpsOfNoHost(buildTimeline({ ...evidenceOf([]), dumps: [dump] }))).toEqual([]);
});
