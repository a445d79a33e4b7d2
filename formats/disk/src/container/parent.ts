import type { ByteSource, DamageReport } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import type { CONTAINER_DAMAGE_CODES } from './codes.ts';
import type { ContainerOptions, ParentReference } from './types.ts';

/** Tells a damage of a container. */
export type Report = DamageReport<(typeof CONTAINER_DAMAGE_CODES)[number]>;

/**
 * Opens the parent of a differencing disk and compares its identity.
 * @throws {DiskError} CONTAINER_PARENT when there is no way to open it, it was not found, or it is another disk or another state of it.
 */
export function requireParent(reference: ParentReference, options: ContainerOptions): ByteSource {
  const parent = options.openParent?.(reference);
  if (parent === undefined)
    throw new DiskError('CONTAINER_PARENT', 'parent not given', { need: reference.paths[0] ?? reference.ids.join(' or ') });
  if (!reference.ids.includes(parent.id.toLowerCase())) {
    throw new DiskError('CONTAINER_PARENT', 'identity of the parent', { need: reference.ids.join(' or '), have: parent.id });
  }
  return parent;
}

/**
 * Checks a write against size and sectors of a virtual disk.
 * @throws {DiskError} CONTAINER_WRITE outside the disk or not in whole sectors.
 */
export function checkRange(disk: BlockDevice, offset: number, length: number): void {
  if (!(offset >= 0 && offset + length <= disk.sizeBytes) || offset % disk.sectorBytes !== 0 || length % disk.sectorBytes !== 0) {
    throw new DiskError('CONTAINER_WRITE', 'range of a write', {
      offset,
      need: `whole sectors of ${disk.sectorBytes} within ${disk.sizeBytes}`,
      have: length,
    });
  }
}
