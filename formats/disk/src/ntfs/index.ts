export { NTFS_DAMAGE_CODES, NTFS_ERROR_CODES, type NtfsDamageCode } from './codes.ts';
export { applyFixups, FIXUP_STRIDE, type FixupResult } from './fixups.ts';
export { decompressLznt1 } from './lznt1.ts';
export { streamObstacle } from './obstacle.ts';
export { openNtfs } from './open.ts';
export { type DecodedRuns, decodeRuns } from './runs.ts';
export type * from './types.ts';
export { ATTRIBUTE, NAME_SPACE, RECORD } from './types.ts';
