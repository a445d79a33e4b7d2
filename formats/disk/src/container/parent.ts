import type { ByteSource } from '@winmedic/bytes';
import { DiskError } from '../errors.ts';
import type { ContainerOptions, ParentReference } from './types.ts';

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
