/**
 * Writer of kernel crash dumps with known contents, for tests, benches and the example: small (triage), full, bitmap and range
 * dumps of x64 and ARM64, and variants of an existing small dump. It shares no code with the reader in `formats/crash-dump`, so
 * that a fault in one does not hide a fault in the other.
 */
export { header32, type WriteHeader32 } from './header.ts';
export { type ListPlaces, listPlaces } from './paged.ts';
export { type DumpChanges, patchDump } from './patch.ts';
export { driverObject, exceptionRecord } from './structures.ts';
export { keptName } from './triage.ts';
export type {
  WriteDump,
  WriteException,
  WriteKind,
  WriteMemory,
  WriteModule,
  WriteOmission,
  WriteUnloaded,
} from './types.ts';
export { writeDump } from './write-dump.ts';
