import { writePaged } from './paged.ts';
import { writeTriage } from './triage.ts';
import type { WriteDump } from './types.ts';

/**
 * The bytes of a dump.
 * @throws {RangeError} when something is to be left out that is not there, or memory needs more runs than a full dump's header holds.
 */
export function writeDump(dump: WriteDump): Uint8Array {
  return dump.kind === 'triage' ? writeTriage(dump) : writePaged(dump);
}
