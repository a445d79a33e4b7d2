import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ByteSource, memorySource } from '@winmedic/bytes';
import { dword, sz, writeDirtyHive } from '@winmedic/labs/hive-writer';
import { hostDescriptions, TROUBLE_A } from '@winmedic/labs/host-state';
import {
  applyWrites,
  type HiveEdit,
  type HiveLogFile,
  type HiveSink,
  openHive,
  planEdit,
  replayAndClean,
  undoWrites,
} from '@winmedic/registry-hive';
import { afterAll, describe, expect, it } from 'vitest';
import { byUs, cleanUp, differences, hasPeers, load, run, save } from './hive-peers.ts';

/**
 * Hives that were replayed and cleaned, or edited in place: the peers, which know no logs, must find in the file alone what our reader finds in the
 * original with its logs.
 */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'hives');
const hasCorpus = existsSync(join(folder, 'MANIFEST.tsv')) && spawnSync('xz', ['--version']).status === 0;
if (!hasCorpus) console.log(`skipped in part: no corpus at ${folder} (set WINMEDIC_CORPUS), or no xz`);

function corpusFile(name: string): Uint8Array {
  const path = join(folder, name);
  return new Uint8Array(name.endsWith('.xz') ? spawnSync('xz', ['-dc', path], { maxBuffer: 1 << 30 }).stdout : readFileSync(path));
}

class MemoryFile implements HiveSink {
  bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
  }
  get sizeBytes(): number {
    return this.bytes.length;
  }
  readAt(offset: number, into: Uint8Array): number {
    return memorySource(this.bytes).readAt(offset, into);
  }
  write(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.bytes.length) {
      const grown = new Uint8Array(offset + bytes.length);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(bytes, offset);
  }
  resize(sizeBytes: number): void {
    this.bytes = this.bytes.slice(0, sizeBytes);
  }
}

const logsOf = (sources: readonly ByteSource[]): HiveLogFile[] => sources.map((source, i) => ({ name: `LOG${i + 1}`, source }));

/** Cleans or edits, compares what everyone finds with the replayed original, and undoes it. */
function checkWrite(hive: Uint8Array, logs: readonly Uint8Array[], edits: readonly HiveEdit[]): void {
  const sinks = [hive, ...logs].map((bytes) => new MemoryFile(bytes));
  const files = { source: sinks[0]!, logs: logsOf(sinks.slice(1)) };
  const expected = byUs(openHive(files.source, { logs: files.logs })).map((key) => ({
    ...key,
    values: key.values.map((value) => {
      const edit = edits.find(
        (each) => each.key.toLowerCase() === key.path.toLowerCase() && each.value.toLowerCase() === value.name.toLowerCase(),
      );
      return edit ? { ...value, type: edit.type ?? value.type, data: Buffer.from(edit.data).toString('hex') } : value;
    }),
  }));
  const plan = edits.length > 0 ? planEdit(files, edits) : replayAndClean(files).plan;
  applyWrites(sinks, plan);
  const written = sinks[0]!.bytes;
  const read = openHive(memorySource(written), { logs: files.logs });
  expect(read.state).toBe('clean');
  // As text: comparing a hundred thousand objects takes the test runner a minute.
  expect(JSON.stringify(byUs(read)) === JSON.stringify(expected)).toBe(true);
  expect(differences(expected, written)).toEqual([]);
  undoWrites(sinks, JSON.parse(JSON.stringify(plan.undo)));
  expect(sinks.map((sink, i) => Buffer.compare(sink.bytes, [hive, ...logs][i]!))).toEqual(sinks.map(() => 0));
}

afterAll(cleanUp);

const START = 'ControlSet001\\Services\\TermService';

describe.skipIf(!hasPeers)('hives written by us', () => {
  const made = (format: 'new' | 'old') =>
    writeDirtyHive(
      hostDescriptions(TROUBLE_A).SYSTEM,
      [
        [
          {
            do: 'set',
            path: 'ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
            value: dword('UserAuthentication', 1),
            at: 131_800_000_000_000_000n,
          },
        ],
        [{ do: 'add-key', path: 'ControlSet001\\Services', key: { name: 'Late', values: [sz('ImagePath', 'x'.repeat(6000))] } }],
      ],
      { format, splitAt: 1 },
    );

  it.each(['new', 'old'] as const)('a made-up dirty hive with logs of the %s format, cleaned and edited', (format) => {
    const { hive, log1, log2 } = made(format);
    checkWrite(hive, [log1, log2], []);
    checkWrite(hive, [log1, log2], [{ key: START, value: 'Start', data: Uint8Array.of(4, 0, 0, 0) }]);
  });

  it('hivexsh reads the edited value, and a merge by hivexregedit goes on from there', () => {
    const { hive, log1, log2 } = made('new');
    const sinks = [hive, log1, log2].map((bytes) => new MemoryFile(bytes));
    const files = { source: sinks[0]!, logs: logsOf(sinks.slice(1)) };
    applyWrites(sinks, planEdit(files, [{ key: START, value: 'Start', data: Uint8Array.of(4, 0, 0, 0) }]));
    const path = save(sinks[0]!.bytes);
    expect(run('hivexsh', [path], `cd ${START}\nlsval Start\n`).trim()).toBe('4');
    run('hivexregedit', ['--merge', path], `Windows Registry Editor Version 5.00\n\n[\\${START}]\n"Start"=dword:00000002\n`);
    const merged = openHive(memorySource(load(path)));
    expect(merged.key(START)!.value('Start')!.number()).toBe(2n);
    expect(merged.key('ControlSet001\\Services\\Late')!.value('ImagePath')!.text()).toHaveLength(6000);
  });

  it.skipIf(!hasCorpus).each([
    ['regipy_SYSTEM_B.xz', ['regipy_SYSTEM_B.LOG1.xz', 'regipy_SYSTEM_B.LOG2.xz']],
    ['regipy_UsrClass.dat.xz', ['regipy_UsrClass.dat.LOG1.xz', 'regipy_UsrClass.dat.LOG2.xz']],
    ['yarp/NewDirtyHive1/NewDirtyHive', ['yarp/NewDirtyHive1/NewDirtyHive.LOG1', 'yarp/NewDirtyHive1/NewDirtyHive.LOG2']],
    ['yarp/OldDirtyHive/OldDirtyHive', ['yarp/OldDirtyHive/OldDirtyHive.LOG1', 'yarp/OldDirtyHive/OldDirtyHive.LOG2']],
    ['yarp/BadBaseBlockHive/BadBaseBlockHive', ['yarp/BadBaseBlockHive/BadBaseBlockHive.LOG1']],
  ])('%s of a real machine, cleaned', (hive, logs) => {
    checkWrite(corpusFile(hive), logs.map(corpusFile), []);
  });

  it.skipIf(!hasCorpus)('SYSTEM hives of real machines, clean and dirty, with NLA switched on', () => {
    const edits = [
      {
        key: 'ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
        value: 'UserAuthentication',
        data: Uint8Array.of(1, 0, 0, 0),
      },
    ];
    checkWrite(corpusFile('regipy_SYSTEM.xz'), [], edits);
    checkWrite(corpusFile('regipy_SYSTEM_B.xz'), ['regipy_SYSTEM_B.LOG1.xz', 'regipy_SYSTEM_B.LOG2.xz'].map(corpusFile), edits);
  });
});
