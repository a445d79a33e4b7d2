import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import { replayAndClean } from '@winmedic/registry-hive';
import { describe, expect, it } from 'vitest';

/** Dirty hives cleaned by us, byte for byte beside what Windows itself wrote when it loaded the same files. */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'hives', 'yarp');
const ready = existsSync(join(folder, 'NewDirtyHive1'));
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);

/** Offsets at which our clean hive and Windows' differ. */
function differing(path: string, recovered: string): number[] {
  const source = (name: string) => memorySource(readFileSync(join(folder, name)));
  const { hive } = replayAndClean({
    source: source(path),
    logs: ['LOG1', 'LOG2'].map((name) => ({ name, source: source(`${path}.${name}`) })),
  });
  const theirs = readFileSync(join(folder, recovered));
  expect(hive.length).toBe(theirs.length);
  return [...hive.keys()].filter((at) => hive[at] !== theirs[at]);
}

describe.skipIf(!ready)('hives cleaned by us and by Windows', () => {
  it('Windows 10, new logs: the same file, sequence numbers included', () => {
    expect(differing('NewDirtyHive1/NewDirtyHive', 'NewDirtyHive1/RecoveredHive_Windows10')).toEqual([]);
  });

  it('Windows 7, old log: the same but for the base block and one length', () => {
    const inRange = (at: number, from: number, to: number): boolean => at >= from && at < to;
    const rest = differing('OldDirtyHive/OldDirtyHive', 'OldDirtyHive/RecoveredHive_Windows7').filter(
      (at) =>
        // Sequence numbers (ours are the next ones, Windows' one further), time of the write, path it was loaded from, checksum.
        !inRange(at, 4, 20) &&
        !inRange(at, 48, 112) &&
        !inRange(at, 508, 512) &&
        // Copy of the time in the first bin.
        !inRange(at, 4116, 4124),
    );
    // Length of the longest value name of one key: 0 in the hive and its log, 2 in the file Windows wrote. Why is not known.
    expect(rest).toEqual([441_800]);
  });
});
