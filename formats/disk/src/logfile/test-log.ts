import type { ByteSource, Damage } from '@winmedic/bytes';
import { LogWriter, type WrittenLog } from '@winmedic/labs/logfile-writer';
import { type LogFile, type LogFileOptions, openLogFile } from './index.ts';

/** Options of a volume of 4096-byte clusters. */
export const VOLUME = { clusterBytes: 4096, recordBytes: 1024, sectorBytes: 512 } as const;

/** Slots of the open attribute table that the tests use (client 1.0). */
export const SLOT = { mft: 0x18, folder: 0x40, bitmap: 0x68, data: 0x90, nobody: 0x7000 } as const;

/** What the slots are. */
export const ATTRIBUTES = [
  { target: SLOT.mft, record: 0, type: 0x80 },
  { target: SLOT.folder, record: 41, sequence: 3, type: 0xa0, name: '$I30', indexBytes: 4096 },
  { target: SLOT.bitmap, record: 6, type: 0x80 },
  { target: SLOT.data, record: 50, sequence: 2, type: 0x80 },
] as const;

/** First cluster of $MFT, of the folder's index and of $Bitmap on the test volume. */
export const LCN = { mft: 1000, folder: 5000, bitmap: 9000 } as const;

/** An opened log, what it reported, and what was read. */
export interface Opened {
  readonly log: LogFile;
  readonly damages: readonly Damage[];
  readonly codes: readonly string[];
  readonly read: { bytes: number; reads: number };
}

/** Opens a log and keeps what it says. */
export function open(source: ByteSource, options: Partial<LogFileOptions> = {}): Opened {
  const damages: Damage[] = [];
  const read = { bytes: 0, reads: 0 };
  const counted: ByteSource = {
    sizeBytes: source.sizeBytes,
    readAt(offset, into) {
      const got = source.readAt(offset, into);
      read.bytes += got;
      read.reads++;
      return got;
    },
  };
  const log = openLogFile(counted, { ...VOLUME, onDamage: (damage) => damages.push(damage), ...options });
  return {
    log,
    damages,
    get codes() {
      return damages.map(({ code }) => code);
    },
    read,
  };
}

/** A log with the attributes open and one checkpoint, ready for records. */
export function startedLog(shape: Partial<ConstructorParameters<typeof LogWriter>[0]> = {}): LogWriter {
  const log = new LogWriter({ sizeBytes: 2 * 1024 * 1024, version: '2.0', client: '1.0', ...shape });
  log.append(2, 0, 0n, new Uint8Array(0x70));
  log.checkpoint({ attributes: ATTRIBUTES });
  return log;
}

/** A change of a file record, as Windows writes it. */
export function recordChange(record: number, transaction = 0x18) {
  const byte = record * 1024;
  return {
    redo: 0x07,
    undo: 0x07,
    transaction,
    target: SLOT.mft,
    vcn: Math.floor(byte / 4096),
    clusterBlock: (byte % 4096) / 512,
    recordOffset: 0x38,
    attributeOffset: 0x20,
    lcns: [LCN.mft + Math.floor(byte / 4096)],
    redoData: new Uint8Array(8).fill(1),
    undoData: new Uint8Array(8).fill(2),
  };
}

/** A file record as a block that an edit touches. */
export function recordBlock(record: number, lsn = 0n) {
  return { what: `MFT record ${record}`, offset: LCN.mft * 4096 + record * 1024, sizeBytes: 1024, lsn, fileRecord: record };
}

/** Verdicts of file records whose own LSN is 0. */
export function verdicts(log: LogFile, records: readonly number[]): readonly string[] {
  return log.judge(records.map((record) => recordBlock(record))).map(({ verdict }) => verdict);
}

/** The log with some bytes changed. */
export function changed(log: WrittenLog, change: (bytes: Uint8Array) => void): ByteSource {
  const bytes = log.bytes();
  change(bytes);
  return { sizeBytes: bytes.length, readAt: (offset, into) => copy(bytes, offset, into) };
}

function copy(bytes: Uint8Array, offset: number, into: Uint8Array): number {
  const part = bytes.subarray(offset, offset + into.length);
  into.set(part);
  return part.length;
}
