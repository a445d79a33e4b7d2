import { decodeUtf16, formatGuid } from '@winmedic/bytes';
import { BASE_SECTOR, HBIN, REGF, RMTM } from './layout.ts';

/** The first 512 bytes of a hive or of a log, decoded. @source msuhanov/regf, "Base block" */
export interface BaseBlock {
  /** The 512 bytes themselves (a copy). */
  readonly bytes: Uint8Array;
  /** `regf` stands at the beginning. */
  readonly signature: boolean;
  readonly checksumValid: boolean;
  readonly primarySequence: number;
  readonly secondarySequence: number;
  readonly lastWritten: bigint;
  readonly majorVersion: number;
  readonly minorVersion: number;
  /** 0 hive, 1 (Windows 2000: 2) old log, 6 new log. */
  readonly fileType: number;
  readonly rootOffset: number;
  readonly binsDataSize: number;
  readonly clusteringFactor: number;
  readonly fileName: string;
  /** Resource manager GUID, when the transaction fields are in use and it is not null. */
  readonly resourceManager: string | undefined;
  readonly flags: number;
}

/** Offsets of the fields that are written, too. */
export const BASE_FIELDS = {
  primarySequence: 4,
  secondarySequence: 8,
  fileType: 28,
  binsDataSize: 40,
  flags: 144,
  checksum: 508,
} as const;

/** XOR of the first 127 numbers of a base block; 0xFFFFFFFF counts as 0xFFFFFFFE, 0 as 1. @source msuhanov/regf, "Base block", note 2 */
export function baseBlockChecksum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = 0; at < BASE_FIELDS.checksum; at += 4) sum ^= view.getInt32(at, true);
  const result = sum >>> 0;
  return result === 0xffff_ffff ? 0xffff_fffe : result === 0 ? 1 : result;
}

/** Decodes 512 bytes; `undefined` when there are fewer. */
export function parseBaseBlock(bytes: Uint8Array): BaseBlock | undefined {
  if (bytes.length < BASE_SECTOR) return undefined;
  const copy = bytes.slice(0, BASE_SECTOR);
  const view = new DataView(copy.buffer);
  const name = decodeUtf16(copy, 48, 32);
  const nul = name.indexOf('\0');
  const hasGuids = view.getUint32(164, true) === RMTM && copy.subarray(112, 128).some((byte) => byte !== 0);
  return {
    bytes: copy,
    signature: view.getUint32(0, true) === REGF,
    checksumValid: view.getUint32(BASE_FIELDS.checksum, true) === baseBlockChecksum(copy),
    primarySequence: view.getUint32(BASE_FIELDS.primarySequence, true),
    secondarySequence: view.getUint32(BASE_FIELDS.secondarySequence, true),
    lastWritten: view.getBigUint64(12, true),
    majorVersion: view.getUint32(20, true),
    minorVersion: view.getUint32(24, true),
    fileType: view.getUint32(BASE_FIELDS.fileType, true),
    rootOffset: view.getUint32(36, true),
    binsDataSize: view.getUint32(BASE_FIELDS.binsDataSize, true),
    clusteringFactor: view.getUint32(44, true),
    fileName: nul < 0 ? name : name.slice(0, nul),
    resourceManager: hasGuids ? formatGuid(copy, 112) : undefined,
    flags: view.getUint32(BASE_FIELDS.flags, true),
  };
}

/**
 * What a file is by its first bytes (32 suffice): a hive (file type 0), a transaction log of one (1, 2 or 6), or neither. A hive whose base block
 * is lost is none by this; `openHive` still reads one that begins with a hive bin at 4096.
 */
export function recogniseHive(head: Uint8Array): 'hive' | 'hive-log' | undefined {
  if (head.length < 32) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getUint32(0, true) !== REGF) return undefined;
  const type = view.getUint32(BASE_FIELDS.fileType, true);
  return type === 0 ? 'hive' : type === 1 || type === 2 || type === 6 ? 'hive-log' : undefined;
}

/**
 * Size of the hive bin that begins at `at` in `bytes`, or `undefined` when none does.
 * @param relative its offset in the hive bins data, which its header repeats. @source msuhanov/regf, "Hive bin"
 */
export function binSize(view: DataView, at: number, relative: number): number | undefined {
  if (view.getUint32(at, true) !== HBIN || view.getUint32(at + 4, true) !== relative) return undefined;
  const size = view.getUint32(at + 8, true);
  return size >= 4096 && size % 4096 === 0 ? size : undefined;
}
