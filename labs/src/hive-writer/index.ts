/**
 * Writer of registry hives, of their transaction logs and of chosen damage, for tests, benches and the example.
 * It shares no code with the reader in `formats/registry-hive`, so that a fault in one does not hide a fault in the other.
 */
export { seal } from './base-block.ts';
export * from './damage.ts';
export type { DirtyHive, DirtyOptions } from './dirty.ts';
export { writeDirtyHive } from './dirty.ts';
export type { AllowedAccess } from './security.ts';
export { DEFAULT_SECURITY, securityDescriptor } from './security.ts';
export type { HiveChange, HiveDescription, HiveMinorVersion, WriteHiveKey, WriteHiveValue } from './types.ts';
export { HIVE, LEAF_ELEMENTS } from './types.ts';
export { binary, dword, dwordBigEndian, expandSz, filetime, multiSz, qword, REG, sz } from './values.ts';
export { writeHive } from './write-hive.ts';
