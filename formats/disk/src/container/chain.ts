import type { ByteSource } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { openContainer } from './open.ts';
import type { Container, ContainerOptions, ParentReference } from './types.ts';

/** Longest chain of differencing disks: Hyper-V allows 50 checkpoints; each parent costs an open file and a level of calls per read. */
const MAX_CHAIN = 64;

/** Options of opening a differencing disk with all its parents. */
export interface ChainOptions extends Omit<ContainerOptions, 'openParent'> {
  /** The container file a reference means, to be read only; undefined when it is not found. */
  readonly openFile: (reference: ParentReference) => BlockDevice | undefined;
}

/**
 * Opens a container and, for a differencing disk, its parents to the last, each checked against the identity its child names. Only the first is ever written.
 * @throws {DiskError} CONTAINER_PARENT also for a chain that is too long or comes back to itself.
 */
export function openContainerChain(device: BlockDevice, options: ChainOptions): Container {
  const { openFile, ...rest } = options;
  const open = (file: BlockDevice, depth: number): Container =>
    openContainer(file, {
      ...rest,
      openParent: (reference) => {
        if (depth >= MAX_CHAIN) throw new DiskError('CONTAINER_PARENT', 'chain of parents', { need: `at most ${MAX_CHAIN}`, have: depth });
        const parentFile = openFile(reference);
        return parentFile && asParent(open(readOnly(parentFile), depth + 1));
      },
    });
  return open(device, 1);
}

/** A virtual disk as its child needs it. */
function asParent(disk: Container): ByteSource & { readonly id: string } {
  return { sizeBytes: disk.sizeBytes, id: disk.info.id, readAt: (offset, into) => disk.readAt(offset, into) };
}

function readOnly(device: BlockDevice): BlockDevice {
  return { sizeBytes: device.sizeBytes, sectorBytes: device.sectorBytes, readAt: (offset, into) => device.readAt(offset, into) };
}
