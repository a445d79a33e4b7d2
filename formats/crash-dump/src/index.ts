export { type ByteSource, type Damage, memorySource } from '@winmedic/bytes';
export { blame } from './blame.ts';
export { DUMP_DAMAGE_CODES, DUMP_ERROR_CODES, type DumpDamageCode, DumpError, type DumpErrorCode } from './errors.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export { openDump } from './open.ts';
export { recogniseDump } from './recognise.ts';
export type {
  Blame,
  BlameTables,
  CrashDump,
  DumpBugCheck,
  DumpException,
  DumpKind,
  DumpLimits,
  DumpModule,
  DumpOptions,
  StackHit,
  Unavailable,
  UnloadedModule,
} from './types.ts';
