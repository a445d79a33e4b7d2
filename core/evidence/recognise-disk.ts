import { type ByteSource, viewOf } from '@winmedic/bytes';
import { asDevice, readPartitions, recogniseContainer, recogniseVolume, VOLUME_HEAD_BYTES } from '@winmedic/disk';

/**
 * Smaller files hold no volume with anything in it: NTFS itself needs more. Copies of boot sectors, `$Boot` files and boot images stay what they are: no disks.
 */
const LEAST_BYTES = 1 << 20;
/** File systems and ciphers that a partition of a Windows disk begins with. */
const OF_WINDOWS: ReadonlySet<string> = new Set(['ntfs', 'bitlocker', 'fat', 'exfat', 'refs']);
/** First line of the text file that describes a VMDK. */
const DESCRIPTOR = '# Disk DescriptorFile';
/** Versions of the headers of VMDK (`KDMV`, `COWD`): four letters alone begin other files, too. */
const VMDK_VERSIONS: ReadonlySet<number> = new Set([1, 2, 3]);

/**
 * Is it a disk, a virtual disk or a volume that may hold a Windows? By what stands at fixed places: the signature of a container, a GPT that is whole, an MBR of
 * which a partition begins with a known file system, the boot sector of NTFS or BitLocker. Reads some sectors; the mark 55 AA alone says nothing.
 * @param head the first bytes.
 */
export function isDisk(source: ByteSource, head: Uint8Array): boolean {
  if (isDescriptor(head)) return true;
  const container = recogniseContainer(source);
  if (container === 'vmdk') return head.length >= 8 && VMDK_VERSIONS.has(viewOf(head).getUint32(4, true));
  if (container !== 'raw') return true;
  if (source.sizeBytes < LEAST_BYTES) return false;
  const table = readPartitions(asDevice(source));
  if (table.scheme === 'gpt') return table.copies?.primary === 'ok' || table.copies?.backup === 'ok';
  const known = table.partitions.map(({ offset }) => volumeAt(source, offset));
  if (table.scheme === 'mbr') return known.some((kind) => OF_WINDOWS.has(kind));
  const [whole] = known;
  // A lost first sector with its copy at the end: the table is found through the copy.
  return table.partitions.length === 1 && (whole === 'ntfs' || whole === 'bitlocker' || whole === 'unknown' || whole === 'empty');
}

/** Is it the text that names the extents of a VMDK? */
export function isDescriptor(head: Uint8Array): boolean {
  for (let i = 0; i < DESCRIPTOR.length; i++) if (head[i] !== DESCRIPTOR.charCodeAt(i)) return false;
  return true;
}

function volumeAt(source: ByteSource, offset: number): string {
  const head = new Uint8Array(VOLUME_HEAD_BYTES);
  return recogniseVolume(head.subarray(0, source.readAt(offset, head)));
}
