import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { diagnose } from '@winmedic/core/diagnosis';
import { type CollectOptions, collectEvidence, parseFact, patternsOf } from '@winmedic/core/evidence';
import type { Incident } from '@winmedic/core/model';
import { buildTimeline, nsToIso } from '@winmedic/core/timeline';
import { loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';

/** Verdicts on stops of real machines, checked by hand against the raw records: docs/explanation/hand-check.md says why each is right. */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'evtx');
const ready = existsSync(join(folder, 'expected.json'));
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);

const knowledge = loadKnowledge();

async function incidents(paths: readonly string[], facts: readonly string[] = []): Promise<readonly Incident[]> {
  const options: CollectOptions = {
    zone: 'UTC',
    patterns: patternsOf(knowledge.causes),
    facts: facts.map((text) => parseFact(text, { definitions: knowledge.facts, zone: 'UTC', now: 0n })),
  };
  const evidence = await collectEvidence(
    paths.map((p) => join(folder, p)),
    options,
  );
  return diagnose(buildTimeline(evidence), knowledge, {}).incidents;
}

type Row = [time: string, cls: string, action: string, grade: string, cause: string];
const rows = (list: readonly Incident[]): Row[] =>
  list.map(({ stop, verdict }) => [
    nsToIso(stop.time).slice(0, 19),
    stop.class,
    stop.action,
    verdict.grade,
    verdict.cause?.cause.id ?? '-',
  ]);

describe.skipIf(!ready)('verdicts checked by hand', () => {
  it.each<[file: string, expected: Row[]]>([
    [
      'peer-samples/log2timeline__System.evtx',
      [
        ['2010-11-21T03:56:03', 'log-gap', 'restart', 'inconclusive', '-'],
        ['2015-06-23T06:03:54', 'requested-clean', 'restart', 'likely', 'setup-sysprep-oobe'],
        ['2015-06-23T06:04:53', 'dirty', 'unknown', 'inconclusive', '-'],
        ['2015-08-08T09:14:00', 'requested-clean', 'restart', 'likely', 'user-start-menu'],
        ['2015-08-08T09:33:42', 'requested-clean', 'restart', 'confirmed', 'rename-join-promo'],
        ['2015-08-08T09:39:09', 'requested-clean', 'restart', 'confirmed', 'rename-join-promo'],
        ['2015-08-25T13:04:03', 'requested-clean', 'power-off', 'confirmed', 'user-start-menu'],
        ['2015-08-25T13:34:44', 'dirty', 'unknown', 'confirmed', 'power-button-held'],
        ['2015-09-18T07:58:00', 'requested-clean', 'power-off', 'confirmed', 'user-start-menu'],
      ],
    ],
    [
      'peer-samples/williballenthin__system.evtx',
      [
        ['2012-03-15T07:07:35', 'requested-clean', 'restart', 'confirmed', 'windows-update-restart'],
        ['2012-03-15T22:21:28', 'requested-clean', 'restart', 'confirmed', 'remote-shutdown-rpc'],
        ['2012-03-15T22:33:16', 'requested-clean', 'restart', 'likely', 'user-start-menu'],
        ['2012-04-06T13:59:13', 'bugcheck', 'unknown', 'confirmed', 'bugcheck-generic'],
        ['2012-04-06T19:09:23', 'dirty', 'unknown', 'inconclusive', '-'],
      ],
    ],
    [
      'peer-samples/omerbenamram__sample-with-zero-data-size-event.evtx',
      [
        ['2015-07-10T12:22:58', 'log-gap', 'power-off', 'inconclusive', '-'],
        ['2019-07-24T13:04:52', 'requested-clean', 'restart', 'confirmed', 'setup-sysprep-oobe'],
        ['2019-07-24T13:06:57', 'requested-clean', 'restart', 'confirmed', 'setup-sysprep-oobe'],
        ['2019-07-24T13:09:55', 'requested-clean', 'power-off', 'confirmed', 'user-start-menu'],
        ['2019-09-02T15:57:40', 'requested-clean', 'restart', 'confirmed', 'rename-join-promo'],
        ['2019-09-02T15:58:41', 'requested-clean', 'power-off', 'confirmed', 'user-start-menu'],
        ['2019-09-05T17:25:32', 'requested-clean', 'power-off', 'confirmed', 'user-start-menu'],
      ],
    ],
    [
      'peer-samples/omerbenamram__2-vss_7-System.evtx',
      [
        ['2018-07-06T18:37:44', 'dirty', 'unknown', 'inconclusive', '-'],
        ['2018-07-06T18:40:13', 'requested-clean', 'restart', 'likely', 'setup-sysprep-oobe'],
        ['2018-07-12T00:41:00', 'requested-clean', 'restart', 'confirmed', 'windows-update-restart'],
      ],
    ],
    [
      'peer-samples/omerbenamram__system.evtx',
      [
        ['2017-07-12T17:17:44', 'requested-clean', 'restart', 'confirmed', 'setup-sysprep-oobe'],
        ['2017-07-12T17:20:04', 'requested-clean', 'restart', 'confirmed', 'msi-restart'],
        ['2017-07-20T16:22:16', 'sleep', 'sleep', 'confirmed', 'sleep-or-fast-startup'],
        ['2017-07-23T10:16:19', 'sleep', 'sleep', 'confirmed', 'sleep-or-fast-startup'],
      ],
    ],
    [
      'rdp-velociraptor',
      [
        ['2019-09-30T01:58:54', 'log-gap', 'unknown', 'inconclusive', '-'],
        ['2021-02-12T12:32:40', 'requested-clean', 'restart', 'confirmed', 'user-start-menu'],
      ],
    ],
    [
      'server2022-apt',
      [
        ['2023-10-18T05:44:11', 'requested-clean', 'restart', 'likely', 'setup-sysprep-oobe'],
        ['2023-10-18T02:45:43', 'requested-clean', 'restart', 'confirmed', 'msi-restart'],
      ],
    ],
    [
      'win10-apt',
      [
        ['2022-03-10T19:33:37', 'log-gap', 'unknown', 'inconclusive', '-'],
        ['2022-03-10T16:34:50', 'requested-clean', 'restart', 'confirmed', 'msi-restart'],
      ],
    ],
    ['attack-samples', []],
    ['mitre-attack', []],
  ])('%s', async (file, expected) => {
    expect(rows(await incidents([file]))).toEqual(expected);
  });

  it('the press of the held power button lies between the last heartbeat and the latest possible end', async () => {
    const held = (await incidents(['peer-samples/log2timeline__System.evtx']))[7];
    const { powerButtonAt, earliest, latest } = held?.stop ?? { earliest: 0n, latest: 0n };
    expect(nsToIso(powerButtonAt ?? 0n)).toBe('2015-08-25T13:35:26.046875Z');
    expect((powerButtonAt ?? 0n) > earliest && (powerButtonAt ?? 0n) < latest).toBe(true);
  });

  it('the RDP channels of an exposed host hold no stop, and none is made of them', async () => {
    const name = (channel: string): string => `peer-samples/omerbenamram__2-vss_0-Microsoft-Windows-${channel}%4Operational.evtx`;
    expect(await incidents([name('RemoteDesktopServices-RdpCoreTS'), name('TerminalServices-RemoteConnectionManager')])).toEqual([]);
  });
});

describe.skipIf(!ready)('SYSTEM 0x500ff, checked by hand', () => {
  const cause = 'logon-screen-power-rdp-no-nla';
  const policy = 'policy.shutdown-without-logon=1@2018-06-20..2018-07-12';
  const nla = 'rdp.nla=off@2018-06-20..2018-07-12';
  const byButton = async (...facts: string[]): Promise<string[]> =>
    (await incidents(['synthetic-ja'], facts))
      .filter((i) => i.stop.request?.reason?.code === '0x500ff')
      .map((i) => `${i.verdict.grade} ${i.verdict.cause?.cause.id ?? '-'}`);
  const four = (text: string): string[] => Array<string>(4).fill(text);

  it('likely from logs alone, and a value of today changes nothing', async () => {
    expect(await byButton()).toEqual(four(`likely ${cause}`));
    expect(await byButton('policy.shutdown-without-logon=1', 'rdp.nla=off')).toEqual(four(`likely ${cause}`));
    expect(await byButton('policy.shutdown-without-logon=0')).toEqual(four(`likely ${cause}`));
  });
  it('confirmed with the two facts of that time, one alone is not enough, facts of another month say nothing', async () => {
    expect(await byButton(policy, nla)).toEqual(four(`confirmed ${cause}`));
    expect(await byButton(policy)).toEqual(four(`likely ${cause}`));
    expect(await byButton(nla)).toEqual(four(`likely ${cause}`));
    expect(await byButton(policy.replaceAll('2018', '2017'), nla)).toEqual(four(`likely ${cause}`));
  });
  it('the policy off at that time rules it out and names what is left', async () => {
    expect(await byButton('policy.shutdown-without-logon=0@2018-06-20..2018-07-12', nla)).toEqual(four('likely acpi-or-bmc-soft-off'));
  });
  it('the shutdown.exe restart whose SID and account name disagree is not pinned on anybody', async () => {
    const planned = (await incidents(['synthetic-ja'], [policy, nla])).find((i) => i.stop.request?.process === 'shutdown.exe');
    expect(planned?.stop.request).toMatchObject({ userSid: 'S-1-5-18', reason: { code: '0x80040002' } });
    expect(planned?.verdict.grade).toBe('inconclusive');
    expect(planned?.considered.find((j) => j.cause.id === cause)?.grade).toBe('ruled_out');
  });
});
