import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import { openHive } from '@winmedic/registry-hive';
import { afterAll, describe, expect, it } from 'vitest';
import { byUs, cleanUp, differences, hasPeers } from './hive-peers.ts';

/** Hives of real machines as our reader, reglookup, hivexml and hivexregedit give them, without their logs (the peers know none). */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'hives');
const hasXz = spawnSync('xz', ['--version']).status === 0;
const ready = hasPeers && existsSync(join(folder, 'MANIFEST.tsv'));
if (hasPeers && !ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);
if (ready && !hasXz) console.log('skipped in part: xz is not installed');

/** A file, and the peers that cannot read it with the reason. */
const FILES: readonly (readonly [file: string, skip: readonly string[]])[] = [
  ['ez_BCD', []],
  ['ez_SAM', []],
  ['ez_SAM_DUPENAME', []],
  ['ez_SAM_hasBigEndianDWord', []],
  ['ez_SECURITY', []],
  // The cell at the root offset lacks the root flag; all four take it for the root all the same.
  ['ez_SECURITYNoRoot', []],
  ['yarp/EmptyHive', []],
  ['yarp/BigDataHive', []],
  ['yarp/DupNameHive', []],
  ['yarp/StringValuesHive', []],
  ['yarp/ManySubkeysHive', []],
  ['yarp/ExtendedASCIIHive', []],
  ['yarp/DeletedTreeHive', []],
  ['yarp/MultiSzHive', []],
  ['yarp/OldDirtyHive/RecoveredHive_Windows7', []],
  ['yarp/NewDirtyHive1/RecoveredHive_Windows10', []],
  ['regipy_SYSTEM.xz', []],
  ['regipy_SYSTEM_B.xz', []],
  ['regipy_UsrClass.dat.xz', []],
  ['regipy_NTUSER.DAT.xz', []],
  ['regipy_SAM.xz', []],
  ['regipy_SECURITY.xz', []],
  ['regipy_BCD.xz', []],
];

function corpusFile(name: string): Uint8Array {
  const path = join(folder, name);
  return name.endsWith('.xz') ? spawnSync('xz', ['-dc', path], { maxBuffer: 1 << 30 }).stdout : readFileSync(path);
}

afterAll(cleanUp);

describe.skipIf(!ready)('hives as reglookup, hivexml and hivexregedit give them', () => {
  it.each(FILES.filter(([file]) => hasXz || !file.endsWith('.xz')))('%s', (file, skip) => {
    const bytes = corpusFile(file);
    const ours = byUs(openHive(memorySource(bytes)));
    expect(ours.length).toBeGreaterThan(0);
    expect(differences(ours, bytes, skip)).toEqual([]);
  });

  it('a file that is no hive is refused by all', () => {
    const bytes = corpusFile('ez_NotAHive');
    expect(() => openHive(memorySource(bytes))).toThrow('HIVE_NOT_HIVE');
    for (const tool of [['hivexml'], ['hivexregedit', '--export'], ['reglookup']]) {
      expect(spawnSync(tool[0]!, [...tool.slice(1), join(folder, 'ez_NotAHive'), '\\']).status).not.toBe(0);
    }
  });
});
