import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { recogniseContainer } from './recognise.ts';
import type { Container, ContainerOptions } from './types.ts';

/** Opens a VHD or VHDX. @throws {DiskError} CONTAINER_* */
export function openContainer(device: BlockDevice, options: ContainerOptions = {}): Container {
  void options;
  throw new DiskError('CONTAINER_KIND', recogniseContainer(device));
}
