import { readUpTo } from '@winmedic/bytes';
import { editRecord, markCluster, tearRecord, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { describe, expect, it } from 'vitest';
import { counting, Overlay, type ReadCount } from '../block/index.ts';
import { type NtfsFile, type NtfsVolume, openNtfs, RECORD } from '../ntfs/index.ts';
import { checkVolume } from './check.ts';
import { overwriteData } from './data.ts';
import { growFile } from './grow.ts';
import { codeOf, entries, FOLDER, opened, outside, testVolume } from './test-volume.ts';
import { resetLogFile, setVolumeDirty } from './volume.ts';

function contents(volume: NtfsVolume, path: string, stream = ''): Uint8Array {
  const file = volume.lookup(path);
  const source = file && volume.open(file, stream);
  if (!source) throw new Error(`no ${path}`);
  return readUpTo(source, 0, source.sizeBytes);
}

function fileAt(volume: NtfsVolume, path: string): NtfsFile {
  const file = volume.lookup(path);
  if (!file) throw new Error(`no ${path}`);
  return file;
}

/** Bytes of the clusters a stream has, holes not counted. */
function presentBytes(file: NtfsFile): bigint {
  const runs = file.attributes.find(({ type, name }) => type === 0x80 && name === '')?.runs ?? [];
  return BigInt(runs.reduce((sum, run) => sum + (run.lcn === undefined ? 0 : run.clusters), 0) * 4096);
}

/** Sizes the entry of a folder shows, read from the bytes of its node. */
function shown(volume: NtfsVolume, folder: string, name: string): { readonly allocated: bigint; readonly size: bigint } {
  const directory = fileAt(volume, folder);
  const bytes = volume.readRecord(directory.reference.record);
  if (!bytes) throw new Error(`no record of ${folder}`);
  const text = Uint8Array.from([...name].flatMap((character) => [character.charCodeAt(0), 0]));
  const blocks = [
    bytes,
    ...Array.from({ length: 8 }, (_, i) => volume.readIndexBlock(directory, i)).filter((block) => block !== undefined),
  ];
  for (const block of blocks) {
    for (let at = 0x52; at + text.length < block.length; at += 2) {
      if (!text.every((byte, i) => block[at + i] === byte) || block[at - 2] !== name.length) continue;
      const view = new DataView(block.buffer, block.byteOffset);
      return { allocated: view.getBigUint64(at - 0x42 + 0x28, true), size: view.getBigUint64(at - 0x42 + 0x30, true) };
    }
  }
  throw new Error(`no entry ${name}`);
}

describe('overwriteData', () => {
  it.each([
    ['in clusters', 'small\\alone.sys', '', 4000, 300],
    ['over pieces that lie apart', 'small\\pieces', '', 3000, 20_000],
    ['in the record', `${FOLDER}\\C-00000291-00000000-00000001.sys`, '', 7, 12],
    ['in a record of an attribute list', 'small\\listed.sys', 'more', 100, 4900],
    ['to the last byte', 'small\\alone.sys', '', 8990, 10],
    ['to the initialized length and on', 'small\\late.dat', '', 4990, 4000],
    ['clusters of a sparse file', 'small\\sparse.dat', '', 10, 60_000],
    ['nothing at all', 'small\\alone.sys', '', 10, 0],
  ])('writes %s', (_, path, stream, offset, length) => {
    const test = testVolume();
    const before = contents(test.volume, path, stream);
    const bytes = new Uint8Array(length).fill(0xa5);
    const preview = overwriteData(test.volume, fileAt(test.volume, path), stream, offset, bytes);
    before.set(bytes, offset);
    expect(contents(test.volume, path, stream)).toEqual(before);
    expect(preview.changes).toMatchObject([{ kind: 'data', path, offset, length }]);
    expect(outside(test, [preview])).toEqual([]);
    expect(checkVolume(test.volume).findings).toEqual([]);
  });

  it('names clusters and their place in the stream', () => {
    const { volume, written } = testVolume();
    const preview = overwriteData(volume, fileAt(volume, 'small\\pieces'), '', 4000, new Uint8Array(200));
    const { record, runs } = written.file('small\\pieces');
    const places = runs.get('')?.map(({ lcn }) => (lcn ?? 0) * 4096) ?? [];
    expect(preview.blocks).toEqual([
      { what: expect.any(String), offset: (places[0] ?? 0) + 3584, sizeBytes: 512, stream: { record, type: 0x80, vcn: 0, clusters: 1 } },
      { what: expect.any(String), offset: places[1], sizeBytes: 512, stream: { record, type: 0x80, vcn: 1, clusters: 1 } },
      {
        what: expect.stringContaining('run list'),
        offset: written.recordOffset(record),
        sizeBytes: 1024,
        lsn: expect.any(BigInt),
        fileRecord: record,
        placing: true,
      },
    ]);
  });

  it.each([
    ['EDIT_RANGE', 'small\\alone.sys', '', 8990, 11],
    ['EDIT_RANGE', 'small\\alone.sys', '', -1, 5],
    ['EDIT_RANGE', 'small\\late.dat', '', 5001, 10],
    ['EDIT_NOT_FOUND', 'small\\alone.sys', 'nothing', 0, 1],
    ['EDIT_ENCRYPTED', 'small\\secret.sys', '', 0, 1],
    ['EDIT_SPARSE', 'small\\sparse.dat', '', 65_000, 1000],
    ['EDIT_SYSTEM_FILE', '$Bitmap', '', 0, 1],
    ['EDIT_COMPRESSED', 'small\\packed.dat', '', 0, 1],
  ])('refuses with %s (%s:%s at %i)', (code, path, stream, offset, length) => {
    const packed = { path: 'small\\packed.dat', content: { data: new Uint8Array(200_000), compressed: true } };
    const { volume, overlay } = testVolume({ entries: [...entries(3), packed] });
    const file = fileAt(volume, path);
    expect(codeOf(() => overwriteData(volume, file, stream, offset, new Uint8Array(length)))).toBe(code);
    expect(overlay.heldBytes).toBe(0);
  });

  it.each([
    ['the beginning of a hole', 60_000, 10_000],
    ['the middle of a hole', 100_000, 5000],
    ['a whole hole and more', 50_000, 200_000],
    ['single bytes', 80_001, 1],
  ])('gives clusters to %s when it may', (_, offset, length) => {
    const test = testVolume();
    const { volume } = test;
    const path = 'small\\sparse.dat';
    const before = contents(volume, path);
    const bytes = new Uint8Array(length).fill(0x5a);
    const preview = overwriteData(volume, fileAt(volume, path), '', offset, bytes, { avoid: (lcn) => lcn % 50 === 0 });
    before.set(bytes, offset);
    expect(contents(volume, path)).toEqual(before);
    expect(outside(test, [preview])).toEqual([]);
    expect(checkVolume(volume).findings).toEqual([]);
    expect(shown(volume, 'small', 'sparse.dat')).toEqual({ allocated: presentBytes(fileAt(volume, path)), size: 300_000n });
    const again = overwriteData(volume, fileAt(volume, path), '', offset, bytes);
    expect(again.blocks.some(({ fileRecord, placing }) => fileRecord !== undefined && !placing)).toBe(false);
  });

  it('refuses a file that is no longer the one it was', () => {
    const test = testVolume();
    const file = fileAt(test.volume, 'small\\alone.sys');
    const stale = { ...file, reference: { ...file.reference, sequence: 9 } };
    expect(codeOf(() => overwriteData(test.volume, stale, '', 0, new Uint8Array(1)))).toBe('EDIT_MISMATCH');
  });
});

describe('growFile', () => {
  it.each([
    ['within its allocation', 'small\\hive', 12_288, 0],
    ['by clusters behind it or elsewhere', 'small\\hive', 100_000, 22],
    ['though it lies in pieces', 'small\\pieces', 60_000, 7],
    ['in an extension record', 'small\\listed.sys', 50_000, 8],
    ['though it is sparse', 'small\\sparse.dat', 400_000, 32],
    ['to what it is', 'small\\hive', 8192, 0],
    ['with a late initialized length', 'small\\late.dat', 20_100, 0],
  ])('makes a file longer %s', (_, path, size, clusters) => {
    const test = testVolume();
    const { volume } = test;
    const before = contents(volume, path);
    const preview = growFile(volume, fileAt(volume, path), size);
    const wanted = new Uint8Array(size);
    wanted.set(before);
    expect(contents(volume, path)).toEqual(wanted);
    const grown = fileAt(volume, path).attributes.find(({ type, name }) => type === 0x80 && name === '');
    if (size > before.length) {
      expect(grown?.initializedBytes).toBe(size);
      expect(preview.changes).toMatchObject([{ kind: 'grow', from: before.length, to: size, clusters }]);
      expect(shown(volume, 'small', path.slice(6))).toEqual({ allocated: presentBytes(fileAt(volume, path)), size: BigInt(size) });
    } else expect(preview).toEqual({ blocks: [], changes: [] });
    expect(outside(test, [preview])).toEqual([]);
    expect(checkVolume(volume).findings).toEqual([]);
  });

  it('sets the sizes in the entries of both names', () => {
    const test = testVolume();
    const path = `${FOLDER}\\C-00000291-00000000-00000000.sys`;
    growFile(test.volume, fileAt(test.volume, path), 50_000);
    for (const name of ['C-00000291-00000000-00000000.sys', 'C00000~1.SYS']) expect(shown(test.volume, FOLDER, name).size).toBe(50_000n);
    expect(checkVolume(test.volume).findings).toEqual([]);
  });

  it('takes the clusters behind the last one first, and none that are to be avoided', () => {
    const { volume } = testVolume();
    const file = fileAt(volume, 'small\\hive');
    const last = file.attributes.find(({ type }) => type === 0x80)?.runs.at(-1);
    const first = growFile(volume, file, 20_000, { avoid: (lcn) => lcn > 3000 || lcn < 2000 });
    const runs = fileAt(volume, 'small\\hive').attributes.find(({ type }) => type === 0x80)?.runs;
    expect(first.changes).toMatchObject([{ clusters: 2 }]);
    expect(runs?.at(-1)?.lcn).toBe(2000);
    expect(runs?.[0]).toEqual(last);
    expect(checkVolume(volume).findings).toEqual([]);
  });

  it('takes many small pieces when there is nothing larger, and refuses when the record is full or nothing is left', () => {
    const written = writeNtfs({ sizeBytes: 8 << 20, entries: entries(3) });
    const { lcn, clusters } = { lcn: 1200, clusters: 700 };
    for (let i = lcn; i < lcn + clusters; i += 3) markCluster(written, i, true);
    const free = (from: number): boolean => from >= lcn && from < lcn + clusters;
    const few = opened(written);
    growFile(few.volume, fileAt(few.volume, 'small\\hive'), 12_288 + 40 * 4096, { avoid: (from) => !free(from) });
    // Only the clusters that were marked for nobody are left over.
    expect(new Set(checkVolume(few.volume).findings.map(({ code }) => code))).toEqual(new Set(['CHECK_CLUSTER_LOST']));
    const full = opened(written);
    const file = fileAt(full.volume, 'small\\hive');
    expect(codeOf(() => growFile(full.volume, file, 12_288 + 4096 * 2 * 60, { avoid: (from) => !free(from) || from % 2 === 0 }))).toBe(
      'EDIT_NO_SPACE',
    );
    expect(codeOf(() => growFile(full.volume, file, 200 << 20))).toBe('EDIT_NO_SPACE');
    expect(codeOf(() => growFile(full.volume, file, 1 << 30))).toBe('EDIT_TOO_LARGE');
    expect(full.overlay.heldBytes).toBe(0);
  });

  it('refuses when the run list does not fit into the record', () => {
    const name = `${'n'.repeat(230)}.sys`;
    const written = writeNtfs({ sizeBytes: 8 << 20, entries: [{ path: name, dosName: 'NNNNNN~1.SYS', content: new Uint8Array(5000) }] });
    const record = written.file(name).record;
    const used = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0x18, true);
    let room = 0;
    editRecord(written, record, (bytes) => {
      room = bytes.length - used(bytes);
    });
    expect(room).toBeLessThan(190);
    const { volume, overlay } = opened(written);
    const odd = (lcn: number): boolean => lcn < 1200 || lcn % 2 === 0;
    expect(codeOf(() => growFile(volume, fileAt(volume, name), 8192 + 4096 * 64, { avoid: odd }))).toBe('EDIT_RECORD_FULL');
    expect(overlay.heldBytes).toBe(0);
  });

  it.each([
    ['EDIT_RANGE', 'small\\hive', 8191],
    ['EDIT_RANGE', 'small\\hive', 8192.5],
    ['EDIT_RESIDENT', `${FOLDER}\\C-00000291-00000000-00000001.sys`, 100],
    ['EDIT_ENCRYPTED', 'small\\secret.sys', 400_000],
  ])('refuses with %s (%s to %d)', (code, path, size) => {
    const { volume, overlay } = testVolume();
    expect(codeOf(() => growFile(volume, fileAt(volume, path), size))).toBe(code);
    expect(overlay.heldBytes).toBe(0);
  });

  it.each(['$MFT', `${FOLDER}\\C-00000291-00000000-00000000.sys`])('refuses clusters of %s that $Bitmap calls free', (owner) => {
    const written = writeNtfs({ sizeBytes: 8 << 20, entries: entries(3) });
    const only = written.file(owner).runs.get('')?.[0]?.lcn;
    if (only === undefined) throw new Error('no clusters');
    markCluster(written, only, false);
    const { volume, overlay } = opened(written);
    expect(codeOf(() => growFile(volume, fileAt(volume, 'small\\hive'), 16_384, { avoid: (lcn) => lcn !== only }))).toBe('EDIT_TORN');
    expect(overlay.heldBytes).toBe(0);
  });

  it('takes no clusters while a record cannot be asked for its own', () => {
    const written = writeNtfs({ sizeBytes: 8 << 20, entries: entries(3) });
    tearRecord(written, written.file('small\\pieces').record);
    const { volume, overlay } = opened(written);
    expect(codeOf(() => growFile(volume, fileAt(volume, 'small\\hive'), 100_000))).toBe('EDIT_TORN');
    expect(overlay.heldBytes).toBe(0);
    growFile(volume, fileAt(volume, 'small\\hive'), 12_000);
    expect(contents(volume, 'small\\hive')).toHaveLength(12_000);
  });

  it('reads all records once for several edits', () => {
    const written = writeNtfs({ sizeBytes: 16 << 20, entries: entries(3), spareRecords: 2000 });
    const count: ReadCount = { reads: 0, bytes: 0 };
    const overlay = new Overlay(counting(written.image, count));
    const volume = openNtfs(overlay);
    growFile(volume, fileAt(volume, 'small\\hive'), 20_000);
    expect(count.bytes).toBeGreaterThan(2000 * 1024);
    const before = count.bytes;
    expect(codeOf(() => growFile(volume, fileAt(volume, 'small\\hive'), 40 << 20))).toBe('EDIT_NO_SPACE');
    growFile(volume, fileAt(volume, 'small\\hive'), 60_000);
    overwriteData(volume, fileAt(volume, 'small\\sparse.dat'), '', 100_000, new Uint8Array(10), {});
    expect(count.bytes - before).toBeLessThan(500_000);
    expect(checkVolume(volume).findings).toEqual([]);
  });
});

describe('setVolumeDirty', () => {
  it.each([1024, 4096] as const)('changes the flag in both copies of the record (records of %i bytes)', (recordBytes) => {
    const test = testVolume({ count: 3, recordBytes });
    const previews = [setVolumeDirty(test.volume, true)];
    expect(test.volume.volumeFlags & 1).toBe(1);
    expect(previews[0]).toMatchObject({
      changes: [{ kind: 'dirty', from: false, to: true }],
      blocks: [{ fileRecord: RECORD.volume }, { fileRecord: RECORD.volume }],
    });
    expect(outside(test, previews)).toEqual([]);
    expect(checkVolume(test.volume).findings).toEqual([]);
    expect(setVolumeDirty(test.volume, true)).toEqual({ blocks: [], changes: [] });
    setVolumeDirty(test.volume, false);
    expect(test.volume.volumeFlags & 1).toBe(0);
  });
});

describe('resetLogFile', () => {
  it('fills the whole log and nothing else', () => {
    const test = testVolume({ count: 3, logFile: new Uint8Array(512 << 10).fill(0x11) });
    const preview = resetLogFile(test.volume);
    const log = test.volume.file(RECORD.logFile);
    const source = log && test.volume.open(log);
    expect(source && readUpTo(source, 0, source.sizeBytes).every((byte) => byte === 0xff)).toBe(true);
    expect(preview.changes).toEqual([{ kind: 'log-reset', bytes: 512 << 10 }]);
    expect(outside(test, [preview])).toEqual([]);
    expect(checkVolume(test.volume).findings).toEqual([]);
  });

  it('never empties another file whose record stands in the place of that of $LogFile', () => {
    const { volume } = testVolume({ count: 3, logFile: new Uint8Array(512 << 10).fill(0x11) });
    const [boot] = volume.recordPlace(RECORD.boot)!;
    const [log] = volume.recordPlace(RECORD.logFile)!;
    const bytes = new Uint8Array(boot!.sizeBytes);
    volume.device.readAt(boot!.offset, bytes);
    volume.device.write?.(log!.offset, bytes);
    volume.refresh();
    expect(codeOf(() => resetLogFile(volume))).toBe('EDIT_TORN');
  });
});
