export { type PartitionOptions, readPartitions } from './read-partitions.ts';
export type * from './types.ts';
export { recogniseVolume, VOLUME_HEAD_BYTES } from './volume-kind.ts';
