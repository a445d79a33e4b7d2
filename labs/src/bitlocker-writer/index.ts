/**
 * Writer of BitLocker volumes around a plain volume, for tests. It shares no code with the reader in `formats/disk`, so that a fault in one does not hide a
 * fault in the other; dislocker and libbde open what it writes.
 */
export type { BitLockerDescription, WriteMethod, WriteProtector, WrittenBitLocker } from './types.ts';
export { writeBitLocker } from './write-bitlocker.ts';
