import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import { dword, sz, writeDirtyHive } from '@winmedic/labs/hive-writer';
import { hostDescriptions, TROUBLE_A } from '@winmedic/labs/host-state';
import { applyWrites, type HiveChange, type HiveSink, openHive, planEdit, undoWrites } from '@winmedic/registry-hive';
import { afterAll, describe, expect, it } from 'vitest';
import { byUs, cleanUp, differences, hasPeers, load, run, save } from './hive-peers.ts';

/**
 * Hives to which keys and values were added and from which others were removed: the peers must find what our reader finds, and hivexsh must be able to go
 * on writing from there.
 */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'hives');
const hasCorpus = existsSync(join(folder, 'MANIFEST.tsv')) && spawnSync('xz', ['--version']).status === 0;
if (!hasCorpus) console.log(`skipped in part: no corpus at ${folder} (set WINMEDIC_CORPUS), or no xz`);
const hasRegfinfo = spawnSync('regfinfo', ['-V']).error === undefined;
if (!hasRegfinfo) console.log('skipped in part: regfinfo not installed (package libregf-utils)');

function corpusFile(name: string): Uint8Array {
  const path = join(folder, name);
  return new Uint8Array(name.endsWith('.xz') ? spawnSync('xz', ['-dc', path], { maxBuffer: 1 << 30 }).stdout : readFileSync(path));
}

class MemoryFile implements HiveSink {
  bytes: Uint8Array;
  /** Bytes read so far. */
  read = 0;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
  }
  get sizeBytes(): number {
    return this.bytes.length;
  }
  readAt(offset: number, into: Uint8Array): number {
    const got = memorySource(this.bytes).readAt(offset, into);
    this.read += got;
    return got;
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

/** Lines in which regfinfo tells of corruption (names of keys and values may hold the word, too). */
const corruptions = (bytes: Uint8Array): string[] =>
  run('regfinfo', [save(bytes)])
    .split('\n')
    .filter((line) => /corrupt/i.test(line) && !/\((?:key|value):/.test(line));

/** Plans, checks how much that read, applies, lets the peers read the result, and undoes it. */
function checkChanges(hive: Uint8Array, logs: readonly Uint8Array[], changes: readonly HiveChange[]): Uint8Array {
  const sinks = [hive, ...logs].map((bytes) => new MemoryFile(bytes));
  const files = { source: sinks[0]!, logs: sinks.slice(1).map((source, i) => ({ name: `LOG${i + 1}`, source })) };
  const plan = planEdit(files, changes);
  const total = sinks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const read = sinks.reduce((sum, sink) => sum + sink.read, 0);
  console.log(`planning read ${(read / total).toFixed(2)} of hive and logs (${total} bytes)`);
  expect(read).toBeLessThanOrEqual(1.3 * total);
  applyWrites(sinks, plan);
  const written = sinks[0]!.bytes.slice();
  const after = openHive(memorySource(written), { logs: files.logs });
  expect(after.state).toBe('clean');
  expect(differences(byUs(after), written)).toEqual([]);
  expect(after.state).toBe('clean');
  if (hasRegfinfo) expect(corruptions(written)).toEqual([]);
  undoWrites(sinks, JSON.parse(JSON.stringify(plan.undo)));
  expect(sinks.map((sink, i) => Buffer.compare(sink.bytes, [hive, ...logs][i]!))).toEqual(sinks.map(() => 0));
  return written;
}

afterAll(cleanUp);

const SERVICES = 'ControlSet001\\Services';
const BIG = Uint8Array.from({ length: 40_000 }, (_, i) => i % 251);
const CHANGES: readonly HiveChange[] = [
  { op: 'create-key', key: `${SERVICES}\\WmAdded\\Parameters` },
  { op: 'create-value', key: `${SERVICES}\\WmAdded`, value: 'Start', type: 4, data: Uint8Array.of(4, 0, 0, 0) },
  { op: 'create-value', key: `${SERVICES}\\WmAdded`, value: 'ImagePath', type: 2, data: sz('', 'system32\\drivers\\added.sys').data },
  { op: 'create-value', key: `${SERVICES}\\WmAdded\\Parameters`, value: 'Blob', type: 3, data: BIG },
  { key: `${SERVICES}\\TermService`, value: 'Start', data: Uint8Array.of(4, 0, 0, 0) },
];

describe.skipIf(!hasPeers)('hives whose structure was changed', () => {
  const made = (format: 'new' | 'old') =>
    writeDirtyHive(
      hostDescriptions(TROUBLE_A).SYSTEM,
      [[{ do: 'add-key', path: SERVICES, key: { name: 'Late', values: [sz('ImagePath', 'x'.repeat(6000)), dword('Start', 1)] } }]],
      { format },
    );

  it.each(['new', 'old'] as const)('a made-up dirty hive with logs of the %s format', (format) => {
    const { hive, log1 } = made(format);
    const written = checkChanges(hive, [log1], [...CHANGES, { op: 'delete-key', key: `${SERVICES}\\Late` }]);
    expect(openHive(memorySource(written)).key(`${SERVICES}\\Late`)).toBeUndefined();
  });

  it('hivexsh finds what was made, and goes on from there', () => {
    const { hive, log1 } = made('new');
    const path = save(checkChanges(hive, [log1], CHANGES));
    expect(run('hivexsh', [path], `cd ${SERVICES}\\WmAdded\nlsval Start\n`).trim()).toBe('4');
    run('hivexsh', ['-w', path], `cd ${SERVICES}\\WmAdded\nadd ByPeer\ncd ByPeer\nsetval 1\nv\ndword:7\ncommit\n`);
    run('hivexsh', ['-w', path], `cd ${SERVICES}\\Late\ndel\ncommit\n`);
    const after = openHive(memorySource(load(path)));
    expect(after.key(`${SERVICES}\\WmAdded\\ByPeer`)!.value('v')!.number()).toBe(7n);
    expect(after.key(`${SERVICES}\\WmAdded\\Parameters`)!.value('Blob')!.data()).toEqual(BIG);
    expect(after.key(`${SERVICES}\\Late`)).toBeUndefined();
  });

  it('many keys in one list, divided as it grows', () => {
    const many = Array.from({ length: 1200 }, (_, i): HiveChange => ({ op: 'create-key', key: `Many\\k${(i * 7919) % 1200}` }));
    const clean = writeDirtyHive(hostDescriptions(TROUBLE_A).SYSTEM, []).after;
    const written = checkChanges(clean, [], many);
    expect(openHive(memorySource(written)).key('Many')!.subkeyCount).toBe(1200);
    checkChanges(written, [], [{ op: 'delete-key', key: 'Many' }]);
  });

  it.skipIf(!hasCorpus)('SYSTEM hives of real machines, clean and dirty', () => {
    const removal: HiveChange = { op: 'delete-key', key: `${SERVICES}\\TermService\\Parameters` };
    checkChanges(corpusFile('regipy_SYSTEM.xz'), [], [...CHANGES, removal]);
    checkChanges(corpusFile('regipy_SYSTEM_B.xz'), ['regipy_SYSTEM_B.LOG1.xz', 'regipy_SYSTEM_B.LOG2.xz'].map(corpusFile), [
      ...CHANGES,
      removal,
    ]);
  });
});
