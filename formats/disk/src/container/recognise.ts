import type { ByteSource } from '@winmedic/bytes';
import type { ContainerKind } from './types.ts';

/** What a file is, by its content alone: names and endings do not count. */
export function recogniseContainer(source: ByteSource): ContainerKind {
  void source;
  return 'raw';
}
