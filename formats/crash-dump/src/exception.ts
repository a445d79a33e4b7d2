import { viewOf } from '@winmedic/bytes';
import { exceptionAt } from './header.ts';
import { isBytes, type VirtualMemory } from './memory.ts';
import type { DumpBugCheck, DumpException } from './types.ts';

/** Bytes of EXCEPTION_RECORD64: five fields of 32 bytes and 15 parameters. */
const RECORD_BYTES = 0x98;

/**
 * Stops with the address of an exception record among their parameters, and where the exception's own code stands beside it.
 * 0x8E, 0x3B and 0x1E carry code and address themselves (0x8E p3 is a trap frame) and are not listed.
 * @source Microsoft Learn, Bug Check Code Reference, pages of these codes. 0x23, 0x24 and 0x27 have it only when the file system's
 * exception filter was on the stack; else the parameter is 0.
 */
const RECORDS: ReadonlyMap<number, { readonly parameter: 0 | 1 | 2 | 3; readonly codeIn?: 0 }> = new Map([
  [0x7e, { parameter: 2, codeIn: 0 }],
  [0x139, { parameter: 2 }],
  [0x23, { parameter: 1 }],
  [0x24, { parameter: 1 }],
  [0x27, { parameter: 1 }],
]);

/**
 * The exception record a stop's parameters point at, read through the dump's memory.
 * @returns `undefined` when the code has none, its page is not in the dump, or what lies there is no record of this stop.
 */
export function parameterException(bugCheck: DumpBugCheck, memory: VirtualMemory): DumpException | undefined {
  const place = RECORDS.get(bugCheck.code);
  if (place === undefined) return undefined;
  const found = exceptionRecordAt(memory, bugCheck.parameters[place.parameter]);
  if (found === undefined) return undefined;
  // 0x7E repeats the code as its first parameter, sign-extended: another code means another use of that memory.
  if (place.codeIn !== undefined && BigInt.asUintN(32, bugCheck.parameters[place.codeIn]) !== BigInt(found.code)) return undefined;
  return found;
}

/** An exception record at a virtual address; `undefined` when it is not there or cannot be one. */
export function exceptionRecordAt(memory: Pick<VirtualMemory, 'read'>, address: bigint): DumpException | undefined {
  if (address >> 63n === 0n) return undefined;
  const bytes = memory.read(address, RECORD_BYTES);
  return isBytes(bytes) ? exceptionAt(viewOf(bytes), 0, 64) : undefined;
}
