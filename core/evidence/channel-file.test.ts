import { utimesSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { event } from '../timeline/test-events.ts';
import { channelFileFacts, isChannelFile } from './channel-file.ts';
import { collectEvidence } from './collect.ts';
import { evtxOf, TestFolder } from './test-inputs.ts';

const dir = new TestFolder();
afterAll(() => dir.dispose());
const PLAIN = '2018-07-06T00:00:00Z';
const ms = (time: string): number => Date.parse(time);
const ns = (time: string): bigint => BigInt(ms(time)) * 1_000_000n;
const facts = (time: string, end?: bigint, hosts: readonly string[] = ['A']) =>
  channelFileFacts(
    [{ path: 'C-00000291-00000000-00000032.sys', modifiedMs: ms(time) }],
    hosts.map((host) => ({ ...event(PLAIN, 'EventLog/6005', { host }), time: end ?? 0n })),
    [],
    [],
  );

describe('a channel file 291', () => {
  it('is known by its name', () => {
    expect(isChannelFile('x.zip!/drivers/CrowdStrike/C-00000291-00000000-00000032.sys')).toBe(true);
    expect(isChannelFile('C:\\drivers\\c-00000291-1.SYS')).toBe(true);
    expect(isChannelFile('C-00000292-00000000-00000001.sys')).toBe(false);
    expect(isChannelFile('xC-00000291-1.sys')).toBe(false);
  });

  it('is faulty from 04:09 to before 05:27 UTC, from its writing to the end of the evidence', () => {
    const end = ns('2024-07-20T00:00:00Z');
    expect(facts('2024-07-19T04:09:11Z', end)).toMatchObject([
      {
        name: 'crowdstrike.channel-file-291',
        value: 'faulty',
        host: 'A',
        time: { kind: 'span', from: ns('2024-07-19T04:09:11Z'), to: end },
      },
    ]);
    expect(facts('2024-07-19T04:09:11Z')).toMatchObject([{ time: { kind: 'instant' } }]);
  });

  it('of another time says nothing: its date may be that of the copy', () => {
    for (const time of ['2024-07-19T04:08:59Z', '2024-07-19T05:27:00Z', '2026-01-01T00:00:00Z']) expect(facts(time)).toEqual([]);
  });

  it('of one of several hosts says nothing', () => {
    expect(facts('2024-07-19T04:10:00Z', undefined, ['A', 'B'])).toEqual([]);
  });

  it('in a folder of evidence is a fact, and no unrecognised file', async () => {
    dir.file('case/System.evtx', evtxOf([{ what: 'EventLog/6005', second: 1 }]));
    const file = dir.file('case/CrowdStrike/C-00000291-00000000-00000032.sys', new Uint8Array([0xaa, 0xaa, 0xaa, 0xaa, 1, 0, 0, 0]));
    utimesSync(file, new Date(), new Date('2024-07-19T04:09:11Z'));
    const evidence = await collectEvidence([dir.folder('case')], { zone: 'UTC' });
    expect(evidence.facts).toMatchObject([{ id: 'F1', value: 'faulty', origin: { path: file } }]);
    expect(evidence.problems).toEqual([]);
  });
});
