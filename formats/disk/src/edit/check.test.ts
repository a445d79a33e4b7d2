import {
  crossRuns,
  dropEntry,
  editIndexBlock,
  editRecord,
  loopIndex,
  markCluster,
  markRecord,
  staleMirror,
  swapEntries,
  tearIndexBlock,
  tearRecord,
  type WriteNtfs,
  type WrittenNtfs,
  wipeBoot,
  writeNtfs,
  wrongFixup,
  wrongParent,
  wrongReference,
} from '@winmedic/labs/ntfs-writer';
import { describe, expect, it } from 'vitest';
import { checkVolume } from './check.ts';
import { channel, entries, FOLDER, opened } from './test-volume.ts';
import type { CheckResult } from './types.ts';

function written(options: Partial<WriteNtfs> = {}): WrittenNtfs {
  return writeNtfs({ sizeBytes: 32 << 20, entries: entries(80, 6), ...options });
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Offset of the first attribute of a type in a record. */
function attribute(bytes: Uint8Array, type: number): number {
  for (
    let at = view(bytes).getUint16(0x14, true);
    view(bytes).getUint32(at, true) !== 0xffff_ffff;
    at += view(bytes).getUint32(at + 4, true)
  ) {
    if (view(bytes).getUint32(at, true) === type) return at;
  }
  throw new Error(`no attribute ${type}`);
}

describe('a volume nothing is wrong with', () => {
  it.each<[string, Partial<WriteNtfs>]>([
    ['as Windows makes it', {}],
    ['with clusters of 512 bytes', { clusterBytes: 512 }],
    ['with clusters of 64 KiB', { clusterBytes: 65_536 }],
    ['with sectors and records of 4 KiB', { sectorBytes: 4096 }],
    ['with records of 4 KiB in clusters of 512 bytes', { recordBytes: 4096, clusterBytes: 512 }],
    ['with $MFT in pieces', { mftFragments: [7, 3, 5] }],
    [
      'with compressed, sparse and deleted files',
      {
        entries: [
          ...entries(3),
          { path: 'packed', content: { data: new Uint8Array(200_000), compressed: true } },
          { path: 'gone', deleted: true, content: new Uint8Array(9000) },
          { path: 'far', attributeList: 'nonresident', content: new Uint8Array(9000) },
        ],
      },
    ],
  ])('%s', (_, options) => {
    const volume = written(options);
    const result = checkVolume(opened(volume).volume);
    expect(result.findings).toEqual([]);
    expect(result.directories).toBe(volume.files.filter(({ directory, path }) => directory && !path.startsWith('$')).length + 1);
    expect(result.records).toBeGreaterThan(20);
    expect(result.entries).toBeGreaterThan(volume.files.length - 10);
  });
});

const path = `${FOLDER}\\${channel(40)}`;
describe('each damage is found', () => {
  it.each<[string, string, (volume: WrittenNtfs) => void]>([
    ['CHECK_RECORD', 'a torn record', (volume) => tearRecord(volume, volume.file(path).record)],
    ['CHECK_RECORD', 'a wrong update sequence array', (volume) => wrongFixup(volume, volume.file(path).record)],
    [
      'CHECK_RECORD',
      'a record with another number',
      (volume) => editRecord(volume, volume.file(path).record, (bytes) => bytes.fill(9, 0x2c, 0x2d)),
    ],
    [
      'CHECK_RECORD',
      'an attribute of no length',
      (volume) => editRecord(volume, volume.file(path).record, (bytes) => view(bytes).setUint32(attribute(bytes, 0x30) + 4, 0, true)),
    ],
    ['CHECK_INDEX', 'a torn index block', (volume) => tearIndexBlock(volume, FOLDER, 2)],
    ['CHECK_INDEX', 'a loop in the tree', (volume) => loopIndex(volume, FOLDER, 1)],
    [
      'CHECK_INDEX',
      'an index block that says it is another',
      (volume) => editIndexBlock(volume, FOLDER, 1, (bytes) => bytes.fill(0x33, 0x10, 0x11)),
    ],
    ['CHECK_ENTRY_REFERENCE', 'an entry of an earlier file', (volume) => wrongReference(volume, FOLDER, channel(40))],
    ['CHECK_NAME_MISSING', 'an entry that is gone', (volume) => dropEntry(volume, 'small', 'alone.sys')],
    ['CHECK_INDEX_ORDER', 'entries in the wrong order', (volume) => swapEntries(volume, 'small', 'order.sys')],
    ['CHECK_CLUSTER_SHARED', 'two files with one cluster', (volume) => crossRuns(volume, 'small\\alone.sys', `${FOLDER}\\${channel(5)}`)],
    ['CHECK_CLUSTER_LOST', 'a cluster in use that nobody has', (volume) => markCluster(volume, volume.clusters - 3, true)],
    [
      'CHECK_CLUSTER_FREE',
      'a cluster of a file marked as free',
      (volume) => markCluster(volume, volume.file('small\\alone.sys').runs.get('')?.[0]?.lcn ?? 0, false),
    ],
    ['CHECK_RECORD_BITMAP', 'a record of a file marked as free', (volume) => markRecord(volume, volume.file(path).record, false)],
    ['CHECK_RECORD_BITMAP', 'a free record marked as in use', (volume) => markRecord(volume, 40, true)],
    ['CHECK_ENTRY_NAME', 'names of another folder', (volume) => wrongParent(volume, path, 5, 5)],
    ['CHECK_MIRROR', 'an old mirror', (volume) => staleMirror(volume, 2)],
    ['CHECK_BOOT_COPY', 'no copy of the boot sector', (volume) => wipeBoot(volume, 'backup')],
    ['CHECK_BOOT_COPY', 'no boot sector', (volume) => wipeBoot(volume, 'boot')],
    [
      'CHECK_LINK_COUNT',
      'a wrong count of names',
      (volume) => editRecord(volume, volume.file(path).record, (bytes) => bytes.fill(7, 0x12, 0x13)),
    ],
    [
      'CHECK_SIZE',
      'an allocation that does not fit the runs',
      (volume) =>
        editRecord(volume, volume.file('small\\alone.sys').record, (bytes) =>
          view(bytes).setUint32(attribute(bytes, 0x80) + 0x28, 65_536, true),
        ),
    ],
    [
      'CHECK_SIZE',
      'a sparse file with another count of clusters',
      (volume) =>
        editRecord(volume, volume.file('small\\sparse.dat').record, (bytes) =>
          view(bytes).setUint32(attribute(bytes, 0x80) + 0x40, 4096, true),
        ),
    ],
    [
      'CHECK_RUNS',
      'a run list that ends too early',
      (volume) =>
        editRecord(volume, volume.file('small\\alone.sys').record, (bytes) =>
          view(bytes).setUint32(attribute(bytes, 0x80) + 0x18, 9, true),
        ),
    ],
    [
      'CHECK_RUNS',
      'a run outside the volume',
      (volume) =>
        editRecord(volume, volume.file('small\\alone.sys').record, (bytes) =>
          bytes.set([0x41, 3, 0, 0, 0, 0x7f, 0], attribute(bytes, 0x80) + 0x40),
        ),
    ],
    [
      'CHECK_ATTRIBUTE_LIST',
      'an extension record of another file',
      (volume) =>
        editRecord(volume, volume.file('small\\listed.sys').extensionRecords[0] ?? 0, (bytes) => view(bytes).setUint32(0x20, 99, true)),
    ],
    [
      'CHECK_ATTRIBUTE_LIST',
      'a list that names an attribute that is not there',
      (volume) =>
        editRecord(volume, volume.file('small\\listed.sys').record, (bytes) => {
          const at = attribute(bytes, 0x20);
          view(bytes).setUint16(at + view(bytes).getUint16(at + 0x14, true) + 0x18, 0x77, true);
        }),
    ],
  ])('%s: %s', (code, _, damage) => {
    const volume = written();
    damage(volume);
    const { findings } = checkVolume(opened(volume).volume);
    expect(findings.map((finding) => finding.code)).toContain(code);
  });
});

describe('the check', () => {
  it('tells how far it is, and stops when asked', () => {
    const { volume } = opened(written({ spareRecords: 3000 }));
    const seen: number[] = [];
    const done = checkVolume(volume, { onProgress: (now, total) => seen.push(now / total) });
    expect(done.findings).toEqual([]);
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    const signal = { aborted: false };
    const stopped = checkVolume(volume, {
      signal,
      onProgress: () => {
        signal.aborted = true;
      },
    });
    expect(stopped.findings).toMatchObject([{ code: 'CHECK_STOPPED' }]);
  });

  it('looks at no trees when it is not to go deep', () => {
    const volume = written();
    swapEntries(volume, 'small', 'order.sys');
    const shallow: CheckResult = checkVolume(opened(volume).volume, { deep: false });
    expect(shallow).toMatchObject({ directories: 0, entries: 0, findings: [] });
  });

  it('counts what it does not keep', () => {
    const volume = written({ entries: Array.from({ length: 1200 }, (_, i) => ({ path: `file${i}` })) });
    for (const { record, path: name } of volume.files) if (name.startsWith('file')) markRecord(volume, record, false);
    const { findings } = checkVolume(opened(volume).volume);
    expect(findings).toHaveLength(1001);
    expect(findings.at(-1)).toMatchObject({ code: 'CHECK_MORE', have: 200 });
  });
});
