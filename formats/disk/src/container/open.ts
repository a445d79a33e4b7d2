import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { recogniseContainer } from './recognise.ts';
import type { Container, ContainerOptions } from './types.ts';
import { openVhd } from './vhd.ts';
import { openVhdx } from './vhdx.ts';

/**
 * Opens a VHD or VHDX as a virtual disk. It can be written when `device` can; `device` must be able to grow then (an overlay over the container file), because
 * blocks that are not there yet are added at the end. Writes go in whole sectors of the virtual disk. A container with a damaged block table is read as far
 * as it can be (other blocks throw CONTAINER_BLOCK, never give zeros) and not written.
 * @throws {DiskError} CONTAINER_KIND for a file that is neither, and the other CONTAINER_ codes for one that cannot be used.
 */
export function openContainer(device: BlockDevice, options: ContainerOptions = {}): Container {
  const kind = recogniseContainer(device);
  if (kind === 'vhd') return openVhd(device, options);
  if (kind === 'vhdx') return openVhdx(device, options);
  throw new DiskError('CONTAINER_KIND', kind, { need: 'vhd or vhdx', have: kind });
}
