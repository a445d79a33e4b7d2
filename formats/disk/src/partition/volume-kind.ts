import { formatGuid, viewOf } from '@winmedic/bytes';
import type { VolumeKind } from './types.ts';

/** Bytes from the beginning of a volume that {@link recogniseVolume} looks at. */
export const VOLUME_HEAD_BYTES = 4096;

/**
 * GUIDs of a BitLocker volume header: the usual one, and that of a volume whose used space is still being encrypted.
 * @source libyal, "BitLocker Drive Encryption (BDE) format": volume headers, known identifiers
 */
const BITLOCKER_GUIDS: ReadonlySet<string> = new Set(['{4967d63b-2e29-4ad8-8399-f6a339e3d001}', '{92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8}']);

/** Sectors in which a label of LVM may stand. */
const LVM_SECTORS = 4;

/**
 * What a volume is, by its first bytes: boot sector names of Windows' file systems, and the marks of what else is met on disks. Says nothing about whether
 * it is whole. `unknown` when nothing fits; `empty` for zeros.
 * @param head first bytes of the volume, best {@link VOLUME_HEAD_BYTES}; fewer recognise less.
 * @source [MS-FSCC] and Linux-NTFS "$Boot" (NTFS); libbde's format document (BitLocker); exFAT file system specification 3.1.2 (FileSystemName);
 * "FAT: General Overview of On-Disk Format" (BPB); libfsrefs' format document (ReFS); kernel documentation of ext4 (s_magic); LUKS on-disk format.
 */
export function recogniseVolume(head: Uint8Array): VolumeKind {
  if (head.every((byte) => byte === 0)) return 'empty';
  const name = latin(head, 3, 8);
  if (name === '-FVE-FS-') return 'bitlocker';
  if (name === 'MSWIN4.1' && head.length >= 440 && BITLOCKER_GUIDS.has(formatGuid(head, 424))) return 'bitlocker';
  if (name === 'NTFS    ') return 'ntfs';
  if (name === 'EXFAT   ') return 'exfat';
  if (name === 'ReFS\0\0\0\0' && latin(head, 16, 4) === 'FSRS') return 'refs';
  if (isFat(head)) return 'fat';
  return isLinux(head) ? 'linux' : 'unknown';
}

/** A BIOS parameter block that only FAT has: FATs, root entries or FAT32's fields, all possible. */
function isFat(head: Uint8Array): boolean {
  if (head.length < 512 || head[510] !== 0x55 || head[511] !== 0xaa) return false;
  if (!(head[0] === 0xe9 || (head[0] === 0xeb && head[2] === 0x90))) return false;
  const view = viewOf(head);
  const sectorBytes = view.getUint16(11, true);
  const perCluster = head[13] ?? 0;
  const fats = head[16] ?? 0;
  const media = head[21] ?? 0;
  return (
    (sectorBytes === 512 || sectorBytes === 1024 || sectorBytes === 2048 || sectorBytes === 4096) &&
    perCluster > 0 &&
    (perCluster & (perCluster - 1)) === 0 &&
    view.getUint16(14, true) > 0 &&
    (fats === 1 || fats === 2) &&
    (media === 0xf0 || media >= 0xf8) &&
    (view.getUint16(19, true) > 0 || view.getUint32(32, true) > 0) &&
    (latin(head, 54, 3) === 'FAT' || latin(head, 82, 5) === 'FAT32')
  );
}

/** ext2 to ext4, LUKS, LVM. */
function isLinux(head: Uint8Array): boolean {
  if (latin(head, 0, 6) === 'LUKS\xba\xbe') return true;
  for (let sector = 0; sector < LVM_SECTORS; sector++) {
    if (latin(head, sector * 512, 8) === 'LABELONE' && latin(head, sector * 512 + 24, 8) === 'LVM2 001') return true;
  }
  // Superblock at 1024: magic at 56, and a block size (s_log_block_size at 24) that exists.
  if (head.length < 1084) return false;
  const view = viewOf(head);
  return view.getUint16(1080, true) === 0xef53 && view.getUint32(1048, true) <= 6;
}

/** Bytes as characters; shorter at the end. */
export function latin(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}
