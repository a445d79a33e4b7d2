import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import { openLogFile } from '@winmedic/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeNtfs } from '../ntfs-writer/index.ts';
import { LogWriter } from './index.ts';

/** ntfsrecover (ntfs-3g) replays the logs of this writer: it changes exactly the file records the reader says would be redone. */
const installed = spawnSync('ntfsrecover', ['--version']).error === undefined;
if (!installed) console.log('skipped: ntfsrecover not installed (package ntfs-3g)');

const LOG_BYTES = 2 << 20;
const FILES = 40;
const FIRST = 64;
const RECORD = 1024;

interface Case {
  readonly name: string;
  readonly version: '1.1' | '2.0';
  readonly firstPage: number;
  /** LSN in the file records: older than the log, that of the log's last record, or behind its end. */
  readonly lsn: 'older' | 'last' | 'behind';
}

const CASES: readonly Case[] = (['1.1', '2.0'] as const).flatMap((version) => [
  { name: `version ${version}`, version, firstPage: 0, lsn: 'older' },
  { name: `version ${version}, wrapped around`, version, firstPage: 470, lsn: 'older' },
  { name: `version ${version}, file records already written`, version, firstPage: 0, lsn: 'last' },
  { name: `version ${version}, file records of another log`, version, firstPage: 0, lsn: 'behind' },
]);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'logfile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function volume(volumeLsn: bigint, logFile?: Uint8Array) {
  const entries = Array.from({ length: FILES }, (_, i) => ({ path: `d\\f${i}.sys`, content: new Uint8Array(40), lsn: volumeLsn }));
  return writeNtfs({ sizeBytes: 8 << 20, lsn: 1000n, logFileBytes: LOG_BYTES, entries, ...(logFile === undefined ? {} : { logFile }) });
}

function bytesOf(image: ReturnType<typeof volume>['image']): Buffer {
  const bytes = Buffer.alloc(image.sizeBytes);
  image.readAt(0, bytes);
  return bytes;
}

describe.skipIf(!installed)('a written log, replayed by ntfsrecover', () => {
  it.each(CASES)('$name', ({ version, firstPage, lsn }) => {
    const places = volume(1000n);
    const writer = new LogWriter({ sizeBytes: LOG_BYTES, version, client: '1.0', firstPage });
    writer.append(2, 0, 0n, new Uint8Array(0x70));
    const change = (record: number) => {
      const at = places.recordOffset(record);
      const inMft = record * RECORD;
      return writer.record({
        redo: 0x07,
        undo: 0x07,
        transaction: 0x18,
        target: 0x18,
        vcn: Math.floor(inMft / 4096),
        clusterBlock: (inMft % 4096) / 512,
        // The last access time in $STANDARD_INFORMATION, the first attribute of a record.
        recordOffset: 0x38,
        attributeOffset: 0x18 + 0x18,
        lcns: [Math.floor(at / 4096)],
        redoData: new Uint8Array(8).fill(0x11),
        undoData: new Uint8Array(8).fill(0x22),
      });
    };
    // Before the checkpoint and no longer dirty: not redone. ntfsrecover wants whole pages in front of the checkpoint.
    for (let i = 0; i < 300; i++) {
      change(FIRST + (i % 10));
      writer.end(0x18);
    }
    const oldestLsn = change(FIRST + 20);
    writer.end(0x18);
    const clusterOf = (record: number) => Math.floor(places.recordOffset(record) / 4096);
    writer.checkpoint({
      attributes: [{ target: 0x18, record: 0, type: 0x80 }],
      dirtyPages: [{ target: 0x18, vcn: Math.floor(((FIRST + 20) * RECORD) / 4096), lcns: [clusterOf(FIRST + 20)], oldestLsn }],
    });
    for (let i = 0; i < 60; i++) {
      change(FIRST + 25 + (i % 3) * 4);
      writer.end(0x18);
    }
    const log = writer.write().bytes();
    const path = join(folder, 'volume.img');
    const volumeLsn = { older: 1000n, last: writer.lastLsn, behind: 1n << 40n }[lsn];
    const before = bytesOf(volume(volumeLsn, log).image);
    writeFileSync(path, before);
    const run = spawnSync('ntfsrecover', ['-k', '-s', path], { encoding: 'utf8' });
    expect(run.status, run.stdout).toBe(0);
    const after = readFileSync(path);

    const reader = openLogFile(memorySource(log), { clusterBytes: 4096, recordBytes: RECORD, sectorBytes: 512 });
    const records = Array.from({ length: FILES }, (_, i) => FIRST + i);
    const judged = reader.judge(
      records.map((record) => ({
        what: `record ${record}`,
        offset: places.recordOffset(record),
        sizeBytes: RECORD,
        lsn: before.readBigUInt64LE(places.recordOffset(record) + 8),
        fileRecord: record,
      })),
    );
    const replayed = records.filter((record) => {
      const at = places.recordOffset(record);
      return !before.subarray(at, at + RECORD).equals(after.subarray(at, at + RECORD));
    });
    expect(records.filter((_, i) => judged[i]?.verdict === 'redo')).toEqual(replayed);
    expect(new Set(judged.map(({ verdict }) => verdict))).toEqual(new Set(replayed.length === 0 ? ['free'] : ['free', 'redo']));
    expect(replayed.length).toBe(lsn === 'last' ? 0 : 4);
  });
});
