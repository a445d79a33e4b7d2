/**
 * Writer of container files of virtual disks, VHD and VHDX, for tests: fixed, dynamic, differencing, a VHDX with a log that is not empty.
 * It shares no code with the reader in `formats/disk`, so that a fault in one does not hide a fault in the other.
 */

export { castagnoli, sealVhdx } from './castagnoli.ts';
export * from './types.ts';
export { logEntry, ringOf } from './vhdx-log.ts';
export { vhdFooterSum, writeVhd } from './write-vhd.ts';
export { vhdxPlaces, writeVhdx } from './write-vhdx.ts';
