export { type ByteSource, type Damage, memorySource } from '@winmedic/bytes';
export { type BaseBlock, baseBlockChecksum, parseBaseBlock, recogniseHive } from './base-block.ts';
export { controlSets, currentControlSet } from './control-set.ts';
export {
  HIVE_DAMAGE_CODES,
  HIVE_ERROR_CODES,
  type HiveDamageCode,
  HiveError,
  type HiveErrorCode,
} from './errors.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export { marvin32 } from './marvin32.ts';
export { keyNameHash, upcase, valueTypeName } from './names.ts';
export { openHive } from './open-hive.ts';
export {
  type DeletedEntry,
  type Hive,
  type HiveHeader,
  type HiveKey,
  type HiveLimits,
  type HiveLogFile,
  type HiveOptions,
  type HiveState,
  type HiveValue,
  type LogUse,
  VALUE_TYPES,
} from './types.ts';
export * from './write/index.ts';
