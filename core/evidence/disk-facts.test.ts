import { loadKnowledge } from '@winmedic/knowledge';
import { dword, writeDirtyHive } from '@winmedic/labs/hive-writer';
import { hostDescriptions } from '@winmedic/labs/host-state';
import { LogWriter } from '@winmedic/labs/logfile-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnose } from '../diagnosis/diagnose.ts';
import { withStateFacts } from '../exposure/index.ts';
import type { Evidence, FactObservation } from '../model/observation.ts';
import { buildTimeline } from '../timeline/build.ts';
import { collectEvidence } from './collect.ts';
import { patternsOf } from './patterns.ts';
import {
  bootStore,
  CRASHED,
  channelFiles,
  crashLogs,
  file,
  gptDisk,
  type TestWindows,
  ticks,
  windowsVolume,
  writeWindows,
} from './test-disks.ts';
import { TestFolder } from './test-inputs.ts';

/** Facts that a disk itself gives, and until when and since when they held. */
const dir = new TestFolder();
afterAll(() => dir.dispose());
const knowledge = loadKnowledge();
const CHANNEL = 'crowdstrike.channel-file-291';
const FAULTY = ['C-00000291-00000000-00000032.sys', '2024-07-19T04:09:11Z'] as const;
const OLDER = ['C-00000291-00000000-00000029.sys', '2024-07-18T05:27:00Z'] as const;
const FOLDER = 'Windows\\System32\\drivers\\CrowdStrike';

let disks = 0;
const read = (bytes: Uint8Array): Promise<Evidence> =>
  collectEvidence([dir.file(`${++disks}.img`, bytes)], { zone: 'UTC', patterns: patternsOf(knowledge.causes) });
const collect = (windows: TestWindows): Promise<Evidence> =>
  read(gptDisk(windowsVolume({ logs: crashLogs(), hives: CRASHED, ...windows })));
const codes = (e: Evidence): string[] => e.problems.map(({ code }) => code);
const factOf = (e: Evidence, name: string): FactObservation | undefined => e.facts.find((one) => one.name === name);
const ns = (time: string): bigint => BigInt(Date.parse(time)) * 1_000_000n;
const graded = (e: Evidence): string | undefined =>
  diagnose(buildTimeline(withStateFacts(e, knowledge)), knowledge, { madeAt: 0n }).incidents[0]?.considered.find(
    ({ cause }) => cause.id === 'crowdstrike-291',
  )?.grade;

describe('channel files of a folder that was listed whole', () => {
  it('say older or none since the last change of the folder', async () => {
    expect(factOf(await collect({ entries: channelFiles(OLDER) }), CHANNEL)).toMatchObject({
      value: 'older',
      time: { kind: 'span', from: ns(OLDER[1]) },
    });
    const entries = [{ path: 'Windows\\System32\\drivers', directory: true, times: ticks('2024-07-01T00:00:00Z') }];
    const none = await collect({ entries });
    expect(factOf(none, CHANNEL)).toMatchObject({ value: 'none', time: { kind: 'span', from: ns('2024-07-01T00:00:00Z') } });
    expect(graded(none)).toBe('ruled_out');
  });

  it('hold since their record was changed, whatever their date says', async () => {
    const copied = { created: ticks('2024-07-19T04:11:00Z'), modified: ticks(FAULTY[1]), mftChanged: ticks('2024-07-19T04:11:00Z') };
    const entries = channelFiles(FAULTY).map((entry) => (entry.directory ? entry : { ...entry, times: copied }));
    expect(factOf(await collect({ entries }), CHANNEL)?.time).toMatchObject({ kind: 'span', from: ns('2024-07-19T04:11:00Z') });
  });

  it('say nothing about their absence after an offline repair put one aside', async () => {
    const aside = [FAULTY[0].replace('.sys', '.sy_'), FAULTY[1]] as const;
    expect(factOf(await collect({ entries: channelFiles(aside, OLDER) }), CHANNEL)).toBeUndefined();
  });

  it('say nothing about their absence where the folder is damaged', async () => {
    const bytes = gptDisk(windowsVolume({ logs: crashLogs(), hives: CRASHED, entries: channelFiles(OLDER) }));
    // A bit of the modification time, behind the fixups of the record: the index entry stays, the record of the folder's file is torn.
    const at = Buffer.from(bytes).indexOf(Buffer.from(OLDER[0], 'utf16le'));
    const record = at - (at % 1024);
    bytes[record + 510] = (bytes[record + 510] as number) ^ 0xff;
    const evidence = await read(bytes);
    expect(codes(evidence)).toContain('NTFS_TORN');
    expect(factOf(evidence, CHANNEL)).toBeUndefined();
  });

  /** The volume with a log in which a pending record changes the record of a file. */
  const pending = (path: string): Uint8Array => {
    const LOG_BYTES = 2 << 20;
    const parts = { logs: crashLogs(), hives: CRASHED, entries: [...channelFiles(OLDER), file('data.txt', 'x')], sizeBytes: 16 << 20 };
    // The place of the record does not depend on what the log holds.
    const planned = writeWindows({ ...parts, volume: { lsn: 1000n, logFileBytes: LOG_BYTES } });
    const { record } = planned.file(path);
    const writer = new LogWriter({ sizeBytes: LOG_BYTES, version: '2.0', client: '1.0', clusterBytes: 4096 });
    writer.append(2, 0, 0n, new Uint8Array(0x70));
    writer.checkpoint({ attributes: [{ target: 0x18, record: 0, type: 0x80 }] });
    const inMft = record * planned.recordBytes;
    writer.record({
      redo: 0x07,
      undo: 0x07,
      transaction: 0x18,
      target: 0x18,
      vcn: Math.floor(inMft / 4096),
      clusterBlock: (inMft % 4096) / 512,
      lcns: [Math.floor(planned.recordOffset(record) / 4096)],
      redoData: new Uint8Array(8),
      undoData: new Uint8Array(8),
    });
    writer.end(0x18);
    return gptDisk(windowsVolume({ ...parts, volume: { lsn: 1000n, logFile: writer.write().bytes() } }));
  };

  it('say nothing about their absence where the log of the volume will still change the folder', async () => {
    const elsewhere = await read(pending('data.txt'));
    expect(codes(elsewhere)).toContain('EVIDENCE_DISK_LOG_PENDING');
    expect(factOf(elsewhere, 'disk.log')).toMatchObject({ value: 'pending' });
    expect(factOf(elsewhere, CHANNEL)).toMatchObject({ value: 'older' });
    for (const path of [FOLDER, `${FOLDER}\\${OLDER[0]}`]) expect(factOf(await read(pending(path)), CHANNEL)).toBeUndefined();
  });
});

describe('the state of a stopped Windows', () => {
  it('is a fact at the time the disk was in use for the last time', async () => {
    const evidence = await collect({ entries: [file('hiberfil.sys', 'HIBR....')], volume: { volumeFlags: 1 } });
    const newest = evidence.events.map(({ time }) => time).reduce((a, b) => (a > b ? a : b));
    expect(factOf(evidence, 'disk.volume-dirty')).toMatchObject({ value: 'yes', host: 'FS01', time: { kind: 'instant', at: newest } });
    expect(factOf(evidence, 'disk.hibernation')).toMatchObject({ value: 'hibernated' });
    expect(factOf(evidence, 'disk.log')).toMatchObject({ value: 'never-used' });
    expect(factOf(evidence, 'disk.bitlocker')).toMatchObject({ value: 'off' });
    expect(factOf(evidence, 'disk.hive-system')).toMatchObject({ value: 'clean' });
    expect(factOf(evidence, 'disk.hive-sam')).toMatchObject({ value: 'missing' });
    expect(factOf(evidence, 'boot.store')).toMatchObject({ value: 'missing' });
  });

  it('has the safe boot flag of the boot store since its keys were written', async () => {
    const at = ticks('2024-07-18T00:00:00Z');
    const evidence = await collect({ entries: [file('Boot\\BCD', bootStore(0, at))] });
    expect(factOf(evidence, 'boot.store')).toMatchObject({ value: 'ok' });
    expect(factOf(evidence, 'boot.safeboot')).toMatchObject({ value: 'minimal', time: { kind: 'span', from: ns('2024-07-18T00:00:00Z') } });
    expect(factOf(await collect({ entries: [file('Boot\\BCD', bootStore())] }), 'boot.safeboot')).toMatchObject({ value: 'off' });
    expect(factOf(await collect({ entries: [file('Boot\\BCD', 'regf')] }), 'boot.store')).toMatchObject({ value: 'damaged' });
  });

  it('names storage drivers that do not start at boot', async () => {
    const services = { storahci: 0, stornvme: 3 };
    const evidence = await collect({ hives: { ...CRASHED, services } });
    expect(factOf(evidence, 'boot.storage-ahci')).toMatchObject({ value: 'boot' });
    expect(factOf(evidence, 'boot.storage-nvme')).toMatchObject({ value: 'not-boot' });
    expect(factOf(evidence, 'boot.storage-pvscsi')).toMatchObject({ value: 'absent' });
    const [unknown] = evidence.facts.filter(
      ({ name, value }) => knowledge.facts.find(({ id }) => id === name)?.values?.[value] === undefined,
    );
    expect(unknown).toBeUndefined();
  });

  it('reads start types in the control set of the next start, not in that of the last one', async () => {
    const storahci = { name: 'storahci', values: [dword('Start', 4)] };
    const changes = [
      { do: 'add-key', path: 'ControlSet002', key: { name: 'Services', keys: [storahci] } },
      { do: 'set', path: 'Select', value: dword('Default', 2) },
    ] as const;
    const evidence = await collect({ hives: { ...CRASHED, services: { storahci: 0 }, changes: { SYSTEM: changes } } });
    expect(factOf(evidence, 'boot.storage-ahci')).toMatchObject({ value: 'not-boot' });
  });

  it('tells a hive that was not closed by whether its logs bring it up to date', async () => {
    const { SYSTEM, SOFTWARE } = hostDescriptions(CRASHED);
    const change = { do: 'set', path: 'ControlSet001\\Control', value: dword('n', 1) } as const;
    const dirty = writeDirtyHive(SYSTEM, [[change]]);
    const config = 'Windows\\System32\\config';
    const hives = { SYSTEM: dirty.hive, SOFTWARE: writeDirtyHive(SOFTWARE, []).hive };
    const withLog = await collect({ hives, entries: [file(`${config}\\SYSTEM.LOG1`, dirty.log1)] });
    expect(factOf(withLog, 'disk.hive-system')).toMatchObject({ value: 'logs-to-replay' });
    expect(factOf(withLog, 'boot.storage-pvscsi')).toMatchObject({ value: 'absent' });
    const without = await collect({ hives });
    expect(factOf(without, 'disk.hive-system')).toMatchObject({ value: 'dirty' });
    // Its start types may be old.
    expect(factOf(without, 'boot.storage-pvscsi')).toBeUndefined();
  });
});
