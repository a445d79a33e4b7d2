import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { parseGuid } from '@winmedic/bytes';
import { parseKeyList } from '@winmedic/disk';
import { loadKnowledge } from '@winmedic/knowledge';
import { writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import { writeVhd, writeVhdx } from '@winmedic/labs/container-writer';
import { writeImage } from '@winmedic/labs/image-writer';
import { type WriteEntry, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { jaRdsPowerOff } from '@winmedic/labs/scenarios';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnose } from '../diagnosis/diagnose.ts';
import { withStateFacts } from '../exposure/index.ts';
import type { Evidence } from '../model/observation.ts';
import type { Diagnosis } from '../model/verdict.ts';
import { buildTimeline } from '../timeline/build.ts';
import { collectEvidence } from './collect.ts';
import type { CollectOptions } from './collect-options.ts';
import { eachLog } from './each-log.ts';
import { patternsOf } from './patterns.ts';
import {
  AGENT_IMAGE,
  agentDump,
  CRASHED,
  channelFiles,
  crashLogs,
  file,
  gptDisk,
  ticks,
  windowsVolume,
  writeWindows,
} from './test-disks.ts';
import { TestFolder } from './test-inputs.ts';

const dir = new TestFolder();
afterAll(() => dir.dispose());
const knowledge = loadKnowledge();

const collect = (paths: string | readonly string[], options: CollectOptions = {}): Promise<Evidence> =>
  collectEvidence([paths].flat(), { zone: 'UTC', patterns: patternsOf(knowledge.causes), ...options });
const judged = (e: Evidence): Diagnosis => diagnose(buildTimeline(withStateFacts(e, knowledge)), knowledge, { madeAt: 0n });
const grade = (d: Diagnosis, cause: string, stop = 0): string | undefined =>
  d.incidents[stop]?.considered.find((one) => one.cause.id === cause)?.grade;
const factOf = (e: Evidence, name: string) => e.facts.find((one) => one.name === name);
const ns = (time: string): bigint => BigInt(Date.parse(time)) * 1_000_000n;

const FAULTY = ['C-00000291-00000000-00000032.sys', '2024-07-19T04:09:11Z'] as const;
const FIXED = ['C-00000291-00000000-00000033.sys', '2024-07-19T05:27:00Z'] as const;
const OLDER = ['C-00000291-00000000-00000029.sys', '2024-07-18T05:27:00Z'] as const;
const crashed = (...entries: readonly WriteEntry[]): Uint8Array =>
  windowsVolume({
    logs: crashLogs(),
    hives: CRASHED,
    entries: [file('Windows\\Minidump\\071924-8718-01.dmp', agentDump()), ...entries],
  });
const CHANNEL = 'crowdstrike.channel-file-291';

describe('a disk among the evidence', () => {
  const EXAMPLE = fileURLToPath(new URL('../../examples/ja-rds-power-off', import.meta.url));
  const HIVES = fileURLToPath(new URL('../../examples/ja-rds-hives/config', import.meta.url));
  const volume = windowsVolume({
    logs: jaRdsPowerOff(),
    hives: { SYSTEM: readFileSync(`${HIVES}/SYSTEM`), SOFTWARE: readFileSync(`${HIVES}/SOFTWARE`) },
  });

  it('gives the same verdicts as the files copied from it', async () => {
    const fromDisk = judged(await collect(dir.file('same/disk.img', gptDisk(volume))));
    const fromFiles = judged(await collect([EXAMPLE, HIVES]));
    const said = ({ incidents }: Diagnosis) =>
      incidents.map(({ stop, verdict, missing }) => [
        stop.time,
        stop.class,
        verdict.grade,
        verdict.cause?.cause.id,
        missing.map(({ name }) => name),
      ]);
    expect(said(fromDisk)).toEqual(said(fromFiles));
    expect(fromFiles.incidents.some(({ verdict }) => verdict.grade === 'confirmed')).toBe(true);
  });

  it('is a source that is not hashed; its files are sources that are, named by volume and path', async () => {
    const path = dir.file('sources/disk.img', gptDisk(volume));
    const { sources, problems } = await collect(path);
    expect(sources[0]).toEqual({ id: 'S1', path, sizeBytes: gptDisk(volume).length, sha256: '', kind: 'disk' });
    const system = sources.find((source) => source.path === `${path}!/1/Windows/System32/winevt/Logs/System.evtx`);
    expect(system).toMatchObject({
      kind: 'evtx',
      sha256: createHash('sha256')
        .update(readFileSync(`${EXAMPLE}/System.evtx`))
        .digest('hex'),
    });
    expect(sources.map((source) => source.path)).toContain(`${path}!/1/Windows/System32/config/SYSTEM`);
    expect(problems).toEqual([]);
  });

  it('reads on without hashing when hashing is switched off, and progress ends at its total', async () => {
    const seen: { done: number; total: number }[] = [];
    const path = dir.file('progress/disk.img', gptDisk(volume));
    const { sources } = await collect(path, { hash: false, onProgress: ({ done, total }) => seen.push({ done, total }) });
    expect(sources.every(({ sha256 }) => sha256 === '')).toBe(true);
    const last = seen.at(-1);
    expect(last?.done).toBe(last?.total);
    // Only files that are read count, not the disk.
    expect(last?.total).toBe(sources.filter(({ kind }) => kind !== 'disk').reduce((n, { sizeBytes }) => n + sizeBytes, 0));
  });

  it.each([
    ['a volume alone', () => volume],
    ['a dynamic VHDX', () => writeVhdx({ variant: 'dynamic', disk: gptDisk(volume) })],
    ['a fixed VHD', () => writeVhd({ variant: 'fixed', disk: gptDisk(volume) })],
    ['a dynamic VHD', () => writeVhd({ variant: 'dynamic', disk: gptDisk(volume) })],
  ])('is read as %s', async (name, make) => {
    const { events, state, problems } = await collect(dir.file(`kinds/${name}`, make()));
    expect(problems).toEqual([]);
    expect(events.length).toBeGreaterThan(100);
    expect(new Set(events.map(({ host }) => host))).toEqual(new Set(['RDS01']));
    expect(state.length).toBeGreaterThan(20);
  });

  it('is read with its parent as a differencing disk', async () => {
    const whole = gptDisk(volume);
    const id = '{01020304-0506-0708-090a-0b0c0d0e0f10}';
    dir.file('chain/parent.vhdx', writeVhdx({ variant: 'dynamic', disk: whole, dataWriteGuid: parseGuid(id) as Uint8Array }));
    const child = writeVhdx({
      variant: 'differencing',
      disk: whole,
      present: () => false,
      parent: { linkage: id, relative: '.\\parent.vhdx' },
    });
    const { events, problems } = await collect(dir.file('chain/child.vhdx', child));
    expect(problems).toEqual([]);
    expect(events.length).toBeGreaterThan(100);
    const alone = dir.file('orphan/child.vhdx', child);
    expect((await collect(alone)).problems).toMatchObject([{ code: 'DISK_PARENT', path: alone, severity: 'unusable' }]);
  });

  it('that something else has open for writing is read, and its state is no fact', async () => {
    const path = dir.file('used/disk.img', gptDisk(crashed(...channelFiles(FAULTY))));
    const user = spawn('sh', ['-c', 'exec 3<>"$0"; echo ready; exec sleep 60', path], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(user.stdout, 'data');
      const { events, facts, problems } = await collect(path);
      expect(events.length).toBeGreaterThan(10);
      expect(facts.filter(({ name }) => /^(?:disk|boot|crowdstrike)\./.test(name))).toEqual([]);
      expect(problems).toMatchObject([{ code: 'EVIDENCE_DISK_IN_USE', path, severity: 'note' }]);
    } finally {
      user.kill();
    }
  });

  it('with a second Windows is a second host', async () => {
    const other = windowsVolume({ logs: crashLogs('FS01'), hives: CRASHED, entries: channelFiles(FAULTY) });
    const evidence = await collect(dir.file('two/disk.img', gptDisk(volume, other)));
    const timeline = buildTimeline(withStateFacts(evidence, knowledge));
    expect(timeline.hosts.map(({ name }) => name).sort()).toEqual(['FS01', 'RDS01']);
    expect(evidence.facts.filter(({ name }) => name === CHANNEL).map(({ host, value }) => [host, value])).toEqual([['FS01', 'faulty']]);
    expect(evidence.facts.filter(({ name }) => name === 'disk.log').map(({ host }) => host)).toEqual(['RDS01', 'FS01']);
    const one = await collect(dir.file('two/disk.img', gptDisk(volume, other)), { disk: { volume: 2 } });
    expect(new Set(one.events.map(({ host }) => host))).toEqual(new Set(['FS01']));
  });

  it('gives its logs one by one, too', async () => {
    const path = dir.file('logs/disk.img', gptDisk(volume));
    const seen: string[] = [];
    const problems = await eachLog([path], {}, (log, label) => {
      seen.push(label);
      return log.scan([{}], () => true).records > 0;
    });
    expect(problems).toEqual([]);
    expect(seen).toHaveLength(5);
    expect(seen).toContain(`${path}!/1/Windows/System32/winevt/Logs/Security.evtx`);
  });
});

describe('what is no disk', () => {
  const head = windowsVolume({ hives: CRASHED }).subarray(0, 8192);
  const mark = new Uint8Array(2 << 20);
  mark.set([0xfa, 0x33, 0xc0], 0);
  mark.set([0x55, 0xaa], 510);
  const table = new Uint8Array(mark);
  // A plausible partition, and nothing known where it begins.
  table.set([0x80, 0, 0, 0, 0x07, 0, 0, 0, 0x00, 0x08, 0, 0, 0x00, 0x08, 0, 0], 446);
  const letters = new Uint8Array(4096);
  letters.set(new TextEncoder().encode('KDMVx'));
  letters[100] = 1;
  it.each([
    ['a copy of a boot sector', head.subarray(0, 512)],
    ['a copy of $Boot', head],
    ['the mark of a boot sector alone', mark],
    ['a partition table without a volume', table],
    ['four letters', letters],
  ])('is %s', async (name, bytes) => {
    const { sources, problems } = await collect(dir.file(`none/${name}`, bytes));
    expect(sources).toEqual([]);
    expect(problems.map(({ code }) => code)).toEqual(['EVIDENCE_UNRECOGNISED']);
  });

  it('is a device that is no disk', async () => {
    const { problems } = await collect('/dev/null');
    expect(problems.map(({ code }) => code)).toEqual(['EVIDENCE_SPECIAL_FILE']);
  });
});

describe('a crash loop of channel file 291', () => {
  it('is confirmed from the disk alone, and the driver is read there', async () => {
    const driver = writeImage({
      timeDateStamp: AGENT_IMAGE.timeDateStamp,
      sizeOfImage: AGENT_IMAGE.sizeBytes,
      versions: [{ file: [7, 16, 18605, 0], product: [7, 16, 0, 0], translations: [] }],
    });
    const path = dir.file(
      'loop/disk.img',
      gptDisk(crashed(...channelFiles(FAULTY, OLDER), file('Windows\\System32\\drivers\\CrowdStrike\\CSAgent.sys', driver))),
    );
    const evidence = await collect(path);
    expect(factOf(evidence, CHANNEL)).toMatchObject({
      value: 'faulty',
      host: 'FS01',
      time: { kind: 'span', from: ns(FAULTY[1]) },
      origin: { sourceId: 'S1', path: `${path}!/1/Windows/System32/drivers/CrowdStrike/${FAULTY[0]}` },
    });
    expect(evidence.dumps).toMatchObject([{ host: 'FS01', blame: { module: 'csagent.sys', version: '7.16.18605.0' } }]);
    const diagnosis = judged(evidence);
    expect(diagnosis.incidents).toHaveLength(1);
    expect(grade(diagnosis, 'crowdstrike-291')).toBe('confirmed');
  });

  it('is confirmed after the withdrawal only when the faulty file is on the disk', async () => {
    const later = [ticks('2024-07-20T09:00:00Z')];
    const volumeWith = (...files: readonly (readonly [string, string])[]): Uint8Array =>
      gptDisk(
        windowsVolume({
          logs: crashLogs('FS01', later),
          hives: CRASHED,
          entries: [file('Windows\\Minidump\\1.dmp', agentDump(later[0])), ...channelFiles(...files)],
        }),
      );
    const graded = async (name: string, ...files: readonly (readonly [string, string])[]): Promise<string | undefined> =>
      grade(judged(await collect(dir.file(name, volumeWith(...files)))), 'crowdstrike-291');
    expect(await graded('later/faulty.img', FAULTY, FIXED)).toBe('confirmed');
    expect(await graded('later/fixed.img', FIXED, OLDER)).toBe('ruled_out');
  });

  it('is not ruled out by the corrected file that came after the crash', async () => {
    const evidence = await collect(dir.file('fixed/disk.img', gptDisk(crashed(...channelFiles(FIXED)))));
    // What lies there since 05:27 says nothing about 04:10.
    expect(factOf(evidence, CHANNEL)).toMatchObject({ value: 'fixed', time: { kind: 'instant', at: ns(FIXED[1]) } });
    expect(grade(judged(evidence), 'crowdstrike-291')).toBe('confirmed');
  });
});

describe('BitLocker', () => {
  const digits = '111111-222222-333333-444444-555555-666666-111100-222200';
  const id = '{0f1e2d3c-4b5a-4687-9788-a9bacbdcedfe}';
  const made = writeBitLocker(crashed(...channelFiles(FAULTY)), {
    method: 'aes-xts-128',
    protectors: [{ kind: 'recovery-password', id, digits }],
  });
  const disk = gptDisk(made.volume);

  it('without a key is a problem that names the protector', async () => {
    const path = dir.file('bitlocker/disk.img', disk);
    const { events, problems } = await collect(path);
    expect(events).toEqual([]);
    expect(problems).toMatchObject([{ code: 'BITLOCKER_LOCKED', path: `${path}!/1`, severity: 'unusable' }]);
    expect(problems[0]?.what).toContain(id);
  });

  it('with a key handed in is read, and no key is in what comes out', async () => {
    const evidence = await collect(dir.file('bitlocker/disk.img', disk), { disk: { keys: { recovery: parseKeyList(`${id} ${digits}`) } } });
    expect(evidence.problems).toEqual([]);
    const text = inspect(evidence, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null });
    expect(text).toContain('FS01');
    for (const secret of [digits, digits.slice(0, 6), Buffer.from(made.masterKey).toString('hex')]) expect(text).not.toContain(secret);
    expect(grade(judged(evidence), 'crowdstrike-291')).toBe('confirmed');
    expect(factOf(evidence, 'disk.bitlocker')).toMatchObject({ value: 'unlocked' });
  });
});

describe('a disk that cannot be used', () => {
  it('without a Windows is a problem, when it was named', async () => {
    const data = gptDisk(writeNtfs({ sizeBytes: 4 << 20, entries: [file('data.txt', 'x')] }).image.bytes());
    const path = dir.file('bad/data.img', data);
    expect((await collect(path)).problems).toMatchObject([{ code: 'EVIDENCE_DISK_NO_WINDOWS', path, severity: 'unusable' }]);
    const folder = (await collect(dir.folder('bad'))).problems;
    expect(folder).toContainEqual({ code: 'EVIDENCE_DISK_NO_WINDOWS', path, severity: 'note' });
  });

  it('cut short gives what is left, and never ends the run', async () => {
    const whole = gptDisk(crashed());
    for (const part of [0.2, 0.5, 0.8]) {
      const path = dir.file(`cut/${part}.img`, whole.subarray(0, Math.floor((whole.length * part) / 512) * 512));
      const { problems } = await collect(path);
      expect(problems.length).toBeGreaterThan(0);
    }
  });

  it('with a file that claims to be longer than its volume is not read without end', async () => {
    const written = writeWindows({ hives: CRASHED, entries: [file('Windows\\Minidump\\1.dmp', agentDump())] });
    const name = 'Windows\\Minidump\\1.dmp';
    const record = written.recordOffset(written.file(name).record);
    const bytes = written.image.bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    // The sizes of the data attribute: allocated, real and initialized stand at 40, 48 and 56.
    let at = record + view.getUint16(record + 20, true);
    while (view.getUint32(at, true) !== 0x80) at += view.getUint32(at + 4, true);
    for (const field of [40, 48, 56]) view.setBigUint64(at + field, 1n << 50n, true);
    const path = dir.file('bad/long.img', gptDisk(bytes));
    const { problems } = await collect(path);
    expect(problems).toContainEqual(
      expect.objectContaining({
        code: 'EVIDENCE_DISK_SIZE',
        path: `${path}!/1/Windows/Minidump/1.dmp`,
        severity: 'unusable',
        need: 2 ** 50,
      }),
    );
  });

  it('does not hide the others: two disks and a folder in one run', async () => {
    const good = dir.file('several/a.img', gptDisk(crashed()));
    const bad = dir.file('several/b.vhdx', writeVhdx({ variant: 'dynamic', disk: gptDisk(crashed()) }).subarray(0, 300_000));
    const evidence = await collect([bad, good]);
    expect(evidence.events.length).toBeGreaterThan(10);
    expect(evidence.problems.some(({ path }) => path === bad)).toBe(true);
  });
});
