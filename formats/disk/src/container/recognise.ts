import { type ByteSource, Cursor, readUpTo } from '@winmedic/bytes';
import type { ContainerKind } from './types.ts';
import { VHD_COOKIE } from './vhd-footer.ts';

/** Longest descriptor start looked at: the signature line of a VMDK descriptor is its first line. */
const START_BYTES = 64;

/**
 * What a file is, by its content alone; names and endings do not count.
 *
 * - `vhdx`: `vhdxfile` at 0 ([MS-VHDX] 2.2.1).
 * - `vhd`: `conectix` at 0 (dynamic, differencing) or in the last 512 or 511 bytes (all kinds; VHD specification, "Hard Disk Footer Format").
 * - `qcow2`: `QFI` and 0xFB at 0 (QEMU docs/interop/qcow2; also its version 1).
 * - `vmdk`: `KDMV` (sparse and streamOptimized), `COWD` (ESX sparse) or `# Disk DescriptorFile` at 0 (VMware Virtual Disk Format 5.0).
 * - `raw`: everything else.
 */
export function recogniseContainer(source: ByteSource): ContainerKind {
  const start = readUpTo(source, 0, START_BYTES);
  const text = new Cursor(start).latin1(start.length, 'start of the file');
  if (text.startsWith('vhdxfile')) return 'vhdx';
  if (text.startsWith(VHD_COOKIE)) return 'vhd';
  if (text.startsWith('QFI\xfb')) return 'qcow2';
  if (text.startsWith('KDMV') || text.startsWith('COWD') || text.startsWith('# Disk DescriptorFile')) return 'vmdk';
  return [512, 511].some((size) => source.sizeBytes >= size && hasCookie(source, source.sizeBytes - size)) ? 'vhd' : 'raw';
}

function hasCookie(source: ByteSource, offset: number): boolean {
  const bytes = readUpTo(source, offset, VHD_COOKIE.length);
  return new Cursor(bytes).latin1(bytes.length, 'footer cookie') === VHD_COOKIE;
}
