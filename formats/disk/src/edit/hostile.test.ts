import { type WrittenNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { expect, it } from 'vitest';
import { DiskError } from '../errors.ts';
import { checkVolume } from './check.ts';
import { checkRename } from './check-rename.ts';
import { overwriteData } from './data.ts';
import { growFile } from './grow.ts';
import { quarantineFile } from './quarantine.ts';
import { channel, entries, FOLDER, numbers, opened, outside, type TestVolume } from './test-volume.ts';
import type { CheckFinding, EditPreview } from './types.ts';
import { resetLogFile, setVolumeDirty } from './volume.ts';

const GEOMETRIES = [{}, { clusterBytes: 65_536 }, { clusterBytes: 512 }, { sectorBytes: 4096 }] as const;
const ROUNDS = 40;

/** The one of a round's channel files that is put into quarantine. */
const target = (random: () => number): string => `${FOLDER}\\${channel(Math.floor(random() * 40))}`;

/** Changes bytes of structures the edits need: records of their files and folders and of the file system, index blocks, $Bitmap, seldom the boot sector. */
function mutate(written: WrittenNtfs, path: string, random: () => number): WrittenNtfs {
  const image = written.image.clone();
  const used = (record: number): { offset: number; sizeBytes: number } => ({ offset: written.recordOffset(record), sizeBytes: 420 });
  const files = [path, FOLDER, 'small', 'small\\hive', 'small\\pieces', 'small\\listed.sys'].map((name) => written.file(name));
  const places = [
    { offset: 0, sizeBytes: 80 },
    ...files.flatMap(({ record, extensionRecords }) => [record, ...extensionRecords].map(used)),
    ...[0, 1, 2, 3, 5, 6].map(used),
    ...files.flatMap(({ indexBlocks }) => indexBlocks.map(({ offset }) => ({ offset, sizeBytes: 700 }))),
    { offset: (written.file('$Bitmap').runs.get('')?.[0]?.lcn ?? 0) * written.clusterBytes, sizeBytes: 200 },
  ];
  for (let i = 0; i < 1 + random() * 5; i++) {
    // The boot sector and the file system's own records are only part of all: most volumes open.
    const place = random() < 0.05 ? places[0] : places[1 + Math.floor(random() * (places.length - 1))];
    if (!place) continue;
    const bytes = Uint8Array.from({ length: 1 + random() * 4 }, () => (random() < 0.4 ? 0xff * Math.round(random()) : random() * 256));
    image.write(place.offset + Math.floor(random() * place.sizeBytes), bytes);
  }
  return { ...written, image };
}

const EDITS: readonly ((test: TestVolume, random: () => number, path: string) => EditPreview)[] = [
  ({ volume }, _, path) => quarantineFile(volume, path),
  ({ volume }) => quarantineFile(volume, 'small\\listed.sys'),
  ({ volume }, random) => {
    const file = volume.lookup('small\\pieces');
    return file
      ? overwriteData(volume, file, '', Math.floor(random() * 20_000), new Uint8Array(5000).fill(1))
      : { blocks: [], changes: [] };
  },
  ({ volume }, random) => {
    const file = volume.lookup('small\\hive');
    return file ? growFile(volume, file, Math.floor(8192 + random() * 100_000)) : { blocks: [], changes: [] };
  },
  ({ volume }, random) => {
    const file = volume.lookup('small\\sparse.dat');
    const offset = Math.floor(random() * 250_000);
    return file ? overwriteData(volume, file, '', offset, new Uint8Array(5000).fill(1), {}) : { blocks: [], changes: [] };
  },
  ({ volume }) => setVolumeDirty(volume, true),
  ({ volume }) => resetLogFile(volume),
];

/** Findings as a set of texts that an edit beside them does not change. */
function kinds(findings: readonly CheckFinding[]): Set<string> {
  return new Set(findings.filter(({ severity }) => severity === 'error').map(({ code, record, what }) => `${code} ${record ?? what}`));
}

it.each(GEOMETRIES)(
  'on a damaged volume an edit is refused or makes nothing worse, and writes only where it says (%o)',
  { timeout: 120_000 },
  (geometry) => {
    const whole = writeNtfs({ sizeBytes: 16 << 20, entries: entries(40, 5), ...geometry });
    let refused = 0;
    let made = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const random = numbers(round + 1);
      const path = target(random);
      const damaged = mutate(whole, path, random);
      for (const edit of EDITS) {
        let test: TestVolume;
        try {
          test = opened(damaged);
        } catch (error) {
          if (!(error instanceof DiskError)) throw error;
          continue;
        }
        const before = checkVolume(test.volume).findings;
        let preview: EditPreview;
        try {
          preview = edit(test, random, path);
        } catch (error) {
          if (!(error instanceof DiskError)) throw error;
          expect(test.overlay.heldBytes).toBe(0);
          refused++;
          continue;
        }
        made++;
        expect(outside(test, [preview])).toEqual([]);
        expect(checkRename(test.volume, preview)).toEqual([]);
        const known = kinds(before);
        const worse = [...kinds(checkVolume(test.volume).findings)].filter((text) => !known.has(text));
        expect({ round, worse }).toEqual({ round, worse: [] });
      }
    }
    expect(made).toBeGreaterThan(60);
    expect(refused).toBeGreaterThan(20);
  },
);
