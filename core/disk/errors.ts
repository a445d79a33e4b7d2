import { WireError, type WireErrorPlace } from '@winmedic/bytes';

/** Codes of {@link DiskAccessError}. */
export const DISK_ACCESS_CODES = [
  /** qemu-img is not installed. */
  'DISK_QEMU_MISSING',
  /** qemu-img cannot read the image. */
  'DISK_QEMU',
  /** An image refers to a network address, or a VMDK to an extent that does not lie beside it. */
  'DISK_QEMU_REFERENCE',
  /** The parent of a differencing disk was not found where the disk says, or is another one. */
  'DISK_PARENT',
  /** Nothing of a Windows disk: no partition table and no volume that is known. */
  'DISK_NOT_DISK',
  /** No volume with a Windows on it (or with that number). */
  'DISK_NO_WINDOWS',
  /** Several volumes have a Windows: one must be named. */
  'DISK_SEVERAL_WINDOWS',
  'DISK_NO_VOLUME',
  /** A path on the volume does not exist. */
  'DISK_NO_FILE',
  /** A folder was named where a file is needed. */
  'DISK_FOLDER',
  /** The bytes on the disk are not the content of the file. */
  'DISK_NO_CONTENT',
  /** A file could be read in part only. */
  'DISK_SHORT_FILE',
  /** A key of a hive does not exist. */
  'DISK_NO_KEY',
  /** A key file cannot be used. */
  'DISK_KEY_FILE',
] as const;

/** Code of a {@link DiskAccessError}. */
export type DiskAccessCode = (typeof DISK_ACCESS_CODES)[number];

/** A disk cannot be opened, or what was asked for is not on it. Match on `code`. */
export class DiskAccessError extends WireError<DiskAccessCode> {
  override readonly name = 'DiskAccessError';

  /** @param code stable code. @param what what was being looked for. @param where offset, need and have. */
  constructor(code: DiskAccessCode, what: string, where: WireErrorPlace = {}) {
    super(code, what, where);
  }
}
