import { LogWriter } from '@winmedic/labs/logfile-writer';
import { type WriteNtfs, type WrittenNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { describe, expect, it } from 'vitest';
import { openNtfs, RECORD } from '../ntfs/index.ts';
import { openLogFile, type TouchedBlock } from './index.ts';

const LOG_BYTES = 2 * 1024 * 1024;
const FOLDER = 'Windows\\System32\\drivers\\CrowdStrike';
/** LSN of everything on the volume: older than every record written below. */
const VOLUME_LSN = 1000n;

function volume(clusterBytes: number, logFile?: Uint8Array): WrittenNtfs {
  const entries = Array.from({ length: 60 }, (_, i) => ({
    path: `${FOLDER}\\C-00000291-00000000-000000${String(i + 10)}.sys`,
    content: new Uint8Array(40),
  }));
  const options: WriteNtfs = { sizeBytes: 32 * 1024 * 1024, clusterBytes, lsn: VOLUME_LSN, logFileBytes: LOG_BYTES, entries };
  return writeNtfs(logFile === undefined ? options : { ...options, logFile });
}

/** The volume with a log in which one transaction changes the record of a file and the index block that names it. */
function withPending(clusterBytes: number, path: string, commit: boolean): WrittenNtfs {
  const written = volume(clusterBytes);
  const file = written.file(path);
  const folder = written.file(FOLDER);
  const place = written.recordOffset(file.record);
  const block = folder.indexBlocks.find(({ names }) => names.some((name) => path.endsWith(name)));
  if (block === undefined) throw new Error('the folder has no index block with the file');
  const writer = new LogWriter({ sizeBytes: LOG_BYTES, version: '2.0', client: '1.0', clusterBytes });
  writer.append(2, 0, 0n, new Uint8Array(0x70));
  writer.checkpoint({
    attributes: [
      { target: 0x18, record: 0, type: 0x80 },
      { target: 0x40, record: folder.record, sequence: folder.sequence, type: 0xa0, name: '$I30', indexBytes: 4096 },
    ],
  });
  const clustersOf = (offset: number, size: number) =>
    Array.from({ length: Math.max(1, size / clusterBytes) }, (_, i) => Math.floor(offset / clusterBytes) + i);
  const inMft = file.record * written.recordBytes;
  writer.record({
    redo: 0x07,
    undo: 0x07,
    transaction: 0x18,
    target: 0x18,
    vcn: Math.floor(inMft / clusterBytes),
    clusterBlock: (inMft % clusterBytes) / 512,
    lcns: clustersOf(place, written.recordBytes),
    redoData: new Uint8Array(8),
    undoData: new Uint8Array(8),
  });
  const inIndex = clusterBytes > 4096 ? block.vcn * 512 : block.vcn * clusterBytes;
  writer.record({
    redo: 0x0e,
    undo: 0x0f,
    transaction: 0x18,
    target: 0x40,
    vcn: Math.floor(inIndex / clusterBytes),
    clusterBlock: (inIndex % clusterBytes) / 512,
    lcns: clustersOf(block.offset, 4096),
    redoData: new Uint8Array(0x60),
  });
  if (commit) writer.end(0x18);
  return volume(clusterBytes, writer.write().bytes());
}

/** Blocks of an edit of a file, as an editor takes them from the volume. */
function blocksOf(written: WrittenNtfs, path: string): readonly TouchedBlock[] {
  const ntfs = openNtfs(written.image);
  const file = ntfs.lookup(path);
  const folder = ntfs.lookup(FOLDER);
  const [place] = file === undefined ? [] : (ntfs.recordPlace(file.reference.record) ?? []);
  const block = written.file(FOLDER).indexBlocks.find(({ names }) => names.some((name) => path.endsWith(name)));
  if (file === undefined || folder === undefined || place === undefined || block === undefined) throw new Error('not found');
  return [
    { what: 'record', offset: place.offset, sizeBytes: place.sizeBytes, lsn: file.lsn, fileRecord: file.reference.record },
    {
      what: 'index',
      offset: block.offset,
      sizeBytes: 4096,
      lsn: VOLUME_LSN,
      stream: { record: folder.reference.record, type: 0xa0, vcn: block.vcn, clusters: Math.max(1, 4096 / written.clusterBytes) },
    },
  ];
}

function judge(written: WrittenNtfs, path: string): readonly string[] {
  const ntfs = openNtfs(written.image);
  const file = ntfs.file(RECORD.logFile);
  const source = file && ntfs.open(file);
  if (source === undefined) throw new Error('no log');
  const log = openLogFile(source, ntfs.boot);
  expect(log.state).toBe('pending');
  return log.judge(blocksOf(written, path)).map(({ verdict }) => verdict);
}

describe.each([512, 4096, 65_536])('a volume with clusters of %i bytes whose log is pending', (clusterBytes) => {
  const bad = `${FOLDER}\\C-00000291-00000000-00000018.sys`;

  it('is edited where no record touches', () => {
    const far = `${FOLDER}\\C-00000291-00000000-00000069.sys`;
    expect(judge(withPending(clusterBytes, far, true), bad)).toEqual(['free', 'free']);
    expect(judge(withPending(clusterBytes, far, false), bad)).toEqual(['free', 'free']);
  });

  it('is not edited where a record would be redone or rolled back', () => {
    expect(judge(withPending(clusterBytes, bad, true), bad)).toEqual(['redo', 'redo']);
    expect(judge(withPending(clusterBytes, bad, false), bad)).toEqual(['undo', 'undo']);
  });
});

describe('a volume as mkntfs leaves it', () => {
  it('has a log that was never used', () => {
    const ntfs = openNtfs(volume(4096).image);
    const file = ntfs.file(RECORD.logFile);
    const source = file && ntfs.open(file);
    expect(source && openLogFile(source, ntfs.boot).state).toBe('never-used');
  });
});
