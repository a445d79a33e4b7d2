import { readFileSync } from 'node:fs';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Recipe } from '@winmedic/knowledge/model';
import { writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import { assembleDisk, GPT_TYPE, gptPieces } from '@winmedic/labs/disk-writer';
import { LogWriter } from '@winmedic/labs/logfile-writer';
import { writeNtfs } from '@winmedic/labs/ntfs-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { openFileDevice, openFileSink } from '../disk/file-device.ts';
import { type OpenedDisk, openDisk } from '../disk/open-disk.ts';
import { Problems } from '../evidence/index.ts';
import { applyRepair, inspectDisk, planRepair, undoRepair, verifyDisk } from './index.ts';
import { bytesOf, damagedVolume, imageFolder } from './test-disk.ts';

const images = imageFolder();
afterAll(() => images.dispose());

const { steps } = loadKnowledge().recipes.find(({ id }) => id === 'crowdstrike-291') as Recipe;
const SECTOR = 512;
const OTHER = { first: 2048, sizeBytes: 8 << 20 };
const WINDOWS = { first: 20_480, sizeBytes: 24 << 20 };

/** A disk with the volume of a crashed server behind another one. */
function twoVolumes(other: Uint8Array): string {
  const sizeBytes = 48 << 20;
  const partitions = [OTHER, WINDOWS].map(({ first, sizeBytes: size }) => ({
    type: GPT_TYPE.basicData,
    firstLba: first,
    lastLba: first + size / SECTOR - 1,
  }));
  return images.image(
    assembleDisk(sizeBytes, gptPieces({ sizeBytes, partitions }), [
      { offset: OTHER.first * SECTOR, bytes: other },
      { offset: WINDOWS.first * SECTOR, bytes: bytesOf(damagedVolume()) },
    ]),
  );
}

const other = (hiberfil: string): Uint8Array =>
  bytesOf(writeNtfs({ sizeBytes: OTHER.sizeBytes, hiddenSectors: OTHER.first, entries: [{ path: 'hiberfil.sys', content: hiberfil }] }));

/** A volume whose table of files is gone, and its copy, too. */
function beyondReading(): Uint8Array {
  const bytes = other('');
  const view = new DataView(bytes.buffer);
  const cluster = SECTOR * view.getUint8(13);
  for (const field of [48, 56]) {
    const at = Number(view.getBigUint64(field, true)) * cluster;
    bytes.fill(0xee, at, at + 4096);
  }
  return bytes;
}

function opened<T>(path: string, plan: boolean, work: (disk: OpenedDisk) => T): T {
  const disk = openDisk(path, { plan });
  try {
    return work(disk);
  } finally {
    disk.close();
  }
}

const refusals = (path: string) =>
  opened(path, true, (disk) => planRepair(disk, { purpose: 'test', steps }).refusals.map(({ code, what }) => ({ code, what })));

describe('a disk with two volumes', () => {
  it('is not repaired while another Windows on it is hibernated: it has the volume in its memory', () => {
    expect(refusals(twoVolumes(other(`HIBR${'x'.repeat(8192)}`)))).toEqual([{ code: 'RECOVERY_HIBERNATED', what: '1: hiberfil.sys' }]);
    expect(refusals(twoVolumes(other(`WAKE${'x'.repeat(8192)}`)))).toEqual([]);
  });

  it('is repaired, inspected and verified though one of them is beyond reading', () => {
    const path = twoVolumes(beyondReading());
    expect(refusals(path)).toEqual([]);
    const problems = new Problems();
    const { volumes } = opened(path, false, (disk) => inspectDisk(disk, problems));
    expect(volumes.map(({ windows }) => windows !== undefined)).toEqual([false, true]);
    const checks = opened(path, false, (disk) => verifyDisk(disk, { quick: true }).volumes.map(({ check }) => check?.findings));
    expect(checks[0]).toMatchObject([{ code: 'NTFS_NO_MFT', severity: 'error' }]);
    expect(checks[1]).toEqual([]);
  });

  it('is repaired only by number while a locked one may hold the Windows that was meant', () => {
    const path = twoVolumes(writeBitLocker(other(''), { method: 'aes-xts-128', protectors: [{ kind: 'startup-key' }] }).volume);
    expect(() => refusals(path)).toThrow(expect.objectContaining({ code: 'DISK_SEVERAL_WINDOWS', have: '2, 1 (BitLocker)' }));
    const named = opened(path, true, (disk) => planRepair(disk, { purpose: 'test', steps, volume: 2 }).outcome);
    expect(named).toBe('planned');
  });

  it('tells what cannot be read when no other volume has a Windows', () => {
    const path = twoVolumes(other(''));
    const sink = openFileSink(path);
    sink.write(WINDOWS.first * SECTOR, beyondReading());
    sink.close();
    expect(() => refusals(path)).toThrow(expect.objectContaining({ code: 'NTFS_NO_MFT' }));
  });
});

describe('undo', () => {
  it('is refused when Windows was started since and is hibernated', () => {
    const path = images.image(bytesOf(damagedVolume({ more: [{ path: 'hiberfil.sys', content: '\0'.repeat(8192) }] })));
    opened(path, true, (disk) => applyRepair(planRepair(disk, { purpose: 'test', steps })));
    const at = opened(path, false, ({ volumes }) => {
      const ntfs = volumes[0]!.ntfs!;
      const runs = ntfs.lookup('hiberfil.sys')!.attributes.find(({ type }) => type === 0x80)!.runs;
      return runs[0]!.lcn! * ntfs.boot.clusterBytes;
    });
    const sink = openFileSink(path);
    sink.write(at, new TextEncoder().encode('HIBR'));
    sink.close();
    for (const dryRun of [true, false])
      expect(() => undoRepair(path, { dryRun })).toThrow(expect.objectContaining({ code: 'RECOVERY_HIBERNATED' }));
    const again = openFileSink(path);
    again.write(at, new TextEncoder().encode('WAKE'));
    again.close();
    expect(undoRepair(path).outcome).toBe('undone');
  });

  it('is refused when Windows was started since and left records in its log', () => {
    const log = (records: number, clean: boolean): Uint8Array => {
      const writer = new LogWriter({ sizeBytes: 2 << 20, version: '2.0', client: '1.0', clusterBytes: 4096 });
      writer.append(2, 0, 0n, new Uint8Array(0x70));
      writer.checkpoint({ attributes: [{ target: 0x18, record: 0, type: 0x80 }] });
      // A record of a file nobody edits: number 40, in the tenth cluster of $MFT.
      for (let n = 0; n < records; n++)
        writer.record({ redo: 0x07, undo: 0x07, transaction: 0x18, target: 0x18, vcn: 10, lcns: [14], redoData: new Uint8Array(8) });
      if (records > 0) writer.end(0x18);
      return writer.write({ clean }).bytes();
    };
    const path = images.image(bytesOf(damagedVolume({ logFile: log(0, true) })));
    const before = readFileSync(path);
    opened(path, true, (disk) => applyRepair(planRepair(disk, { purpose: 'test', steps })));
    const at = opened(path, false, ({ volumes }) => {
      const ntfs = volumes[0]!.ntfs!;
      return ntfs.file(2)!.attributes.find(({ type }) => type === 0x80)!.runs[0]!.lcn! * ntfs.boot.clusterBytes;
    });
    const put = (bytes: Uint8Array): void => {
      const sink = openFileSink(path);
      sink.write(at, bytes);
      sink.close();
    };
    put(log(3, false));
    expect(() => undoRepair(path)).toThrow(expect.objectContaining({ code: 'RECOVERY_STARTED_SINCE' }));
    // Closed by Windows since: the log has moved on, and nothing is pending.
    put(log(3, true));
    expect(undoRepair(path).outcome).toBe('undone');
    put(log(0, true));
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
  });

  it('does not need a volume that can be read', () => {
    const bytes = bytesOf(damagedVolume());
    const path = images.image(bytes);
    opened(path, true, (disk) => applyRepair(planRepair(disk, { purpose: 'test', steps })));
    const device = openFileDevice(path);
    const boot = new Uint8Array(SECTOR);
    device.readAt(0, boot);
    device.close();
    const sink = openFileSink(path);
    sink.write(0, new Uint8Array(SECTOR));
    sink.write(bytes.length - SECTOR, new Uint8Array(SECTOR));
    sink.close();
    expect(undoRepair(path).outcome).toBe('undone');
  });
});
