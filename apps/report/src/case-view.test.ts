import type { Diagnosis, Incident } from '@winmedic/core/model';
import { describe, expect, it } from 'vitest';
import {
  caseId,
  causeLists,
  citedObservations,
  coveredSpan,
  groupIncidents,
  hostTitle,
  linkEvidence,
  refuting,
  separatedTitles,
  uniqueMissing,
} from './case-view.ts';
import { at, emptyFixture, fixture, META } from './test-fixture.ts';

const groups = groupIncidents(fixture.incidents);
const first = fixture.incidents[0]!;

describe('grouping', () => {
  it('puts stops with the same signature and verdict together and the odd ones by themselves', () => {
    expect(groups.map((group) => group.incidents.map((incident) => incident.stop.id))).toEqual([
      ['RDS01#1', 'RDS01#3'],
      ['DC01#1'],
      ['RDS01#4'],
      ['RDS01#2'],
    ]);
  });

  it('shows the latest stop of a group', () => {
    expect(groups[0]!.shown.stop.id).toBe('RDS01#3');
  });

  it('tells what asks for an explanation before what a person planned, however often the latter happened', () => {
    const planned = fixture.incidents[1]!;
    const many = Array.from(
      { length: 9 },
      (_, i): Incident => ({ ...planned, id: `P${i}`, stop: { ...planned.stop, time: planned.stop.time + BigInt(i) } }),
    );
    expect(groupIncidents([...many, first])[0]!.shown.stop.id).toBe('RDS01#1');
  });

  it('separates equal stops with different verdicts', () => {
    const other: Incident = { ...first, id: 'X', verdict: { ...first.verdict, grade: 'confirmed' } };
    expect(groupIncidents([first, other])).toHaveLength(2);
  });
});

describe('lists of causes', () => {
  it('put every considered cause but the verdict’s into exactly one list', () => {
    const lists = causeLists(groups[0]!);
    const ids = [...lists.also, ...lists.open, ...lists.unchecked, ...lists.ruledOut].map((row) => row.cause.id);
    expect(ids.toSorted()).toEqual(
      first.considered
        .map((judged) => judged.cause.id)
        .filter((id) => id !== 'logon-screen-power-rdp-no-nla')
        .toSorted(),
    );
    expect(lists.open.map((row) => row.cause.id)).toEqual(['acpi-or-bmc-soft-off']);
    expect(lists.ruledOut.map((row) => row.cause.id)).toEqual(['windows-update-restart', 'hardware-fault', 'msi-restart']);
  });

  it('rule a cause out for a group only when every stop of it does', () => {
    const third = fixture.incidents[2]!;
    const open = third.considered.map((judged) =>
      judged.cause.id === 'msi-restart' ? { ...judged, grade: 'inconclusive' as const, pointed: true } : judged,
    );
    const group = groupIncidents([first, { ...third, considered: open }])[0]!;
    const lists = causeLists(group);
    expect(lists.ruledOut.some((row) => row.cause.id === 'msi-restart')).toBe(false);
    expect(lists.open.find((row) => row.cause.id === 'msi-restart')).toMatchObject({ count: 1 });
  });

  it('leave causes with a table of their own out of the excluded and unchecked ones, never out of the open ones', () => {
    const lists = causeLists(groups[0]!, new Set(['windows-update-restart', 'logon-screen-power-console', 'acpi-or-bmc-soft-off']));
    expect(lists.ruledOut.map((row) => row.cause.id)).toEqual(['hardware-fault', 'msi-restart']);
    expect(lists.unchecked).toEqual([]);
    expect(lists.open).toHaveLength(1);
  });
});

describe('the case', () => {
  it('names the refuting observation of a necessary item that does not hold, and nothing for items that merely hold', () => {
    const ruledOut = first.considered.find((judged) => judged.cause.id === 'msi-restart')!;
    expect(refuting(ruledOut)).toEqual([first.stop.records[0]]);
    expect(refuting(first.verdict.cause!)).toEqual([]);
  });

  it('has the same id for the same evidence in any order, and another one for other evidence', () => {
    const { sources } = fixture.timeline.evidence;
    const withSources = (list: typeof sources): Diagnosis => ({
      ...fixture,
      timeline: { ...fixture.timeline, evidence: { ...fixture.timeline.evidence, sources: list } },
    });
    expect(caseId(withSources(sources.toReversed()), META)).toBe(caseId(fixture, META));
    expect(caseId(withSources(sources.slice(1)), META)).not.toBe(caseId(fixture, META));
    expect(caseId(fixture, { ...META, caseId: 'CASE-7' })).toBe('CASE-7');
  });

  it('covers what its logs cover and names the hosts that stopped', () => {
    expect(coveredSpan(fixture)).toEqual({ from: at('2018-06-20T00:00:00Z'), to: at('2018-07-08T00:00:00Z') });
    expect(coveredSpan(emptyFixture)).toBeUndefined();
    expect(hostTitle(fixture, 'en')).toBe('RDS01, DC01');
    expect(hostTitle(emptyFixture, 'en')).toBe('-');
  });

  it('cites each observation once, the chain that is shown first', () => {
    const ids = citedObservations(fixture).map((observation) => observation.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(0, 3)).toEqual(['F1', 'E8', 'E9']);
  });

  it('tells what a link of the chain cites anew from what an earlier link has cited', () => {
    const ids = linkEvidence(fixture.incidents[2]!).map(({ fresh, again }) => [fresh.map((one) => one.id), again.map((one) => one.id)]);
    expect(ids).toEqual([
      [['F1'], []],
      [[], []],
      [['E8'], []],
      [['E9'], ['E8']],
      [[], ['E9']],
    ]);
  });

  it('names what a check separates only when its text does not', () => {
    const incident = fixture.incidents[0]!;
    expect(separatedTitles(incident, 'Ask.', (cause) => cause.id)).toEqual(['logon-screen-power-rdp-no-nla', 'acpi-or-bmc-soft-off']);
    expect(separatedTitles(incident, 'acpi-or-bmc-soft-off or logon-screen-power-rdp-no-nla?', (cause) => cause.id)).toEqual([]);
  });

  it('takes the reason of a ruled-out cause from the latest stop, like the chain', () => {
    expect(causeLists(groups[0]!).ruledOut.map((row) => row.stop.id)).toEqual(['RDS01#3', 'RDS01#3', 'RDS01#3']);
  });

  it('shows no dead end of the table of suspects as an open cause', () => {
    const incident: Incident = {
      ...first,
      considered: first.considered.map((judged) =>
        judged.cause.kind === 'dead_end' ? { ...judged, grade: 'inconclusive', pointed: true } : judged,
      ),
    };
    const [group] = groupIncidents([incident]);
    expect(causeLists(group!).open.map((row) => row.cause.id)).toContain('hardware-fault');
    expect(causeLists(group!, new Set(['hardware-fault'])).open.map((row) => row.cause.id)).not.toContain('hardware-fault');
  });

  it('names what is missing once', () => {
    expect(uniqueMissing(fixture.incidents.map((incident) => incident.missing)).map((missing) => missing.name)).toEqual([
      'policy.shutdown-without-logon',
      'bmc.power-event',
      'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational',
    ]);
  });
});
