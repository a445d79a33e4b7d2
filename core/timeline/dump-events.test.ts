import { describe, expect, test } from 'vitest';
import type { DumpObservation } from '../model/state.ts';
import { buildTimeline } from './build.ts';
import { at, boot, event, evidenceOf, plus, unexpected } from './test-events.ts';

const CRASH = '2024-07-19T04:31:00Z';

function dump(time: string | undefined, more: Partial<DumpObservation> = {}): DumpObservation {
  return {
    type: 'dump',
    id: 'D1',
    kind: 'triage',
    machine: 'x64',
    ...(time !== undefined && { time: at(time) }),
    build: 14393,
    processors: 4,
    code: '0x7e',
    rawCode: '0x1000007e',
    parameters: ['0xffffffffc0000005', '0xfffff80612345678', '0xffff1', '0xffff2'],
    modules: [],
    unloaded: [],
    stack: [],
    unavailable: [],
    origin: { sourceId: 'S9', path: 'Minidump/071924-1.dmp' },
    ...more,
  };
}

const running = [...boot('2024-07-19T00:00:00Z'), event('2024-07-19T04:20:00Z', 'EventLog/6013')];
const after = boot(plus(CRASH, 60), false);

describe('a crash dump in the timeline', () => {
  test('gives an unclean stop its class, its code and its exact moment', () => {
    const events = [...running, ...after, unexpected(plus(CRASH, 61))];
    const { stops } = buildTimeline({ ...evidenceOf(events), dumps: [dump(CRASH)] });
    expect(stops).toMatchObject([{ class: 'bugcheck', earliest: at(CRASH), latest: at(CRASH), bugcheck: { code: '0x7e' } }]);
    expect(stops[0]?.records.map((r) => r.provider)).toContain('crash dump');
  });

  test('agrees with the code that was recorded, the bit 0x10000000 left out', () => {
    const recorded = unexpected(plus(CRASH, 61), { BugcheckCode: String(0x1000007e) });
    const { stops } = buildTimeline({ ...evidenceOf([...running, ...after, recorded]), dumps: [dump(CRASH)] });
    expect(stops).toMatchObject([{ class: 'bugcheck', bugcheck: { code: '0x7e', from: { eventId: 41 } } }]);
  });

  test('alone is a stop of a machine without a name', () => {
    const { stops, hosts } = buildTimeline({ ...evidenceOf([]), dumps: [dump(CRASH), dump(plus(CRASH, 3600), { id: 'D2' })] });
    expect(stops.map((s) => [s.class, s.time])).toEqual([
      ['bugcheck', at(CRASH)],
      ['bugcheck', at(plus(CRASH, 3600))],
    ]);
    expect(hosts.map((h) => h.name)).toEqual(['?']);
  });

  test('of a time in which the log simply goes on, or written live, is no stop', () => {
    const events = [...running, event(plus(CRASH, 300), 'EventLog/6013')];
    expect(buildTimeline({ ...evidenceOf(events), dumps: [dump(CRASH)] }).stops).toEqual([]);
    expect(buildTimeline({ ...evidenceOf([]), dumps: [dump(CRASH, { kind: 'live-bitmap', live: true })] }).stops).toEqual([]);
  });

  test('without a time is no event', () => {
    expect(buildTimeline({ ...evidenceOf([]), dumps: [dump(undefined)] }).events).toEqual([]);
  });

  test('of two hosts belongs to the one whose record has the same code and parameters', () => {
    const parameters = { BugcheckParameter1: '0xffffffffc0000005', BugcheckParameter2: '0xfffff80612345678' };
    const recorded = unexpected(plus(CRASH, 61), {
      BugcheckCode: String(0x1000007e),
      ...parameters,
      BugcheckParameter3: '0xffff1',
      BugcheckParameter4: '0xffff2',
    });
    const other = event('2024-07-19T01:00:00Z', 'EventLog/6013', { host: 'OTHER' });
    const { stops } = buildTimeline({ ...evidenceOf([...running, ...after, recorded, other]), dumps: [dump(CRASH)] });
    expect(stops.find((s) => s.records.some((r) => r.provider === 'crash dump'))?.host).toBe('RDS01');
    const unknown = buildTimeline({ ...evidenceOf([...running, other]), dumps: [dump(CRASH)] });
    expect(unknown.stops.map((s) => s.host)).toEqual(['?']);
  });
});
