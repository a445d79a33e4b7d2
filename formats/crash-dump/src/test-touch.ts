import { memorySource } from '@winmedic/bytes';
import { blame } from './blame.ts';
import { DumpError } from './errors.ts';
import { openDump } from './open.ts';
import { recogniseDump } from './recognise.ts';
import type { BlameTables } from './types.ts';

/** Tables that ask for every kind of parameter. */
const TABLES: BlameTables = {
  addressParameters: new Map([
    [0x7e, { parameter: 2, is: 'instruction' }],
    [0x139, { parameter: 3, is: 'exception-record' }],
    [0x50, { parameter: 1, is: 'data' }],
    [0xd1, { parameter: 1, is: 'driver-object' }],
  ]),
  windowsModules: new Set(['ntoskrnl.exe']),
};

/**
 * For fuzzing: opens a dump and touches everything it gives. A {@link DumpError} is an answer; any other throw is a fault.
 * @returns how many damages were told, and the error's code when it was refused.
 */
export function fuzzDump(bytes: Uint8Array): { readonly damages: number; readonly refused: string | undefined } {
  let damages = 0;
  recogniseDump(bytes);
  try {
    const dump = openDump(memorySource(bytes), { onDamage: () => damages++ });
    for (const module of dump.modules) {
      if (module.sizeBytes <= 0) throw new Error('a module without size');
      if (dump.moduleAt(module.base) === undefined) throw new Error('a module that is not at its base');
      dump.readMemory(module.base, 64);
    }
    for (const hit of dump.stack) if (hit.module.base + hit.offset !== hit.address) throw new Error('a stack word outside its module');
    for (const address of [...dump.bugCheck.parameters, dump.instructionPointer ?? 0n, dump.stackPointer ?? 0n, (1n << 64n) - 8n]) {
      dump.moduleAt(address);
      const memory = dump.readMemory(address, 4096);
      if (memory !== undefined && memory.length !== 4096) throw new Error('a short read');
    }
    const found = blame(dump, TABLES);
    if (found !== undefined && found.module.base + found.offset !== found.address) throw new Error('a blame outside its module');
    return { damages, refused: undefined };
  } catch (error) {
    if (error instanceof DumpError) return { damages, refused: error.code };
    throw error;
  }
}
