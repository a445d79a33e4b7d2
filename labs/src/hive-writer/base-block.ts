import { encodeUtf16 } from '@winmedic/bytes';
import { HIVE } from './types.ts';

/** What a base block says. */
export interface BaseBlock {
  readonly primary: number;
  readonly secondary: number;
  readonly savedAt: bigint;
  readonly minorVersion: number;
  /** 0: primary file; 1: log of the old format; 6: log of the new format. */
  readonly fileType: 0 | 1 | 6;
  readonly rootCell: number;
  readonly binsSize: number;
  readonly fileName: string;
}

/**
 * The base block: 4096 bytes for a hive, the first 512 for a log.
 * @source msuhanov/regf "Base block", "Format of transaction log files"
 */
export function baseBlock(block: BaseBlock): Uint8Array {
  const out = new Uint8Array(block.fileType === 0 ? HIVE.base : HIVE.sector);
  const view = new DataView(out.buffer);
  out.set([0x72, 0x65, 0x67, 0x66]); // regf
  view.setUint32(4, block.primary, true);
  view.setUint32(8, block.secondary, true);
  view.setBigUint64(12, block.savedAt, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, block.minorVersion, true);
  view.setUint32(28, block.fileType, true);
  view.setUint32(32, 1, true);
  view.setUint32(36, block.rootCell, true);
  view.setUint32(40, block.binsSize, true);
  view.setUint32(44, 1, true);
  out.set(encodeUtf16(block.fileName.slice(-31)), 48);
  seal(out);
  return out;
}

/** Writes the right checksum into a base block: XOR of its first 127 words; -1 becomes -2, 0 becomes 1. */
export function seal(file: Uint8Array): void {
  const view = new DataView(file.buffer, file.byteOffset, HIVE.sector);
  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum ^= view.getUint32(at, true);
  sum >>>= 0;
  view.setUint32(508, sum === 0xffff_ffff ? 0xffff_fffe : sum === 0 ? 1 : sum, true);
}
