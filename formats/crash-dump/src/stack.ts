import { viewOf } from '@winmedic/bytes';
import { PAGE_BYTES } from './limits.ts';
import { isBytes, type VirtualMemory } from './memory.ts';
import type { ModuleIndex } from './modules.ts';
import type { StackHit, Unavailable } from './types.ts';

/**
 * Words of a stack that fall into modules, from its top. They may be return addresses, stale ones or pointers to data.
 *
 * ARM64 Windows signs return addresses in the kernel too: bits 63:56 and 54:47 hold the signature, bit 55 still says that the
 * address is a kernel's (Arm ARM DDI 0487 D8.10, with the 47 bits Windows translates). It is taken off.
 */
export function stackHits(stack: Uint8Array, modules: ModuleIndex, machine: 'x64' | 'arm64'): StackHit[] {
  const hits: StackHit[] = [];
  const view = viewOf(stack);
  for (let at = 0; at + 8 <= stack.length; at += 8) {
    // The upper half of the word first: most words are no kernel address and need no BigInt.
    const high = view.getUint32(at + 4, true);
    if (machine === 'arm64' ? (high & 0x0080_0000) === 0 : high < 0x8000_0000) continue;
    const word = view.getBigUint64(at, true);
    const address = machine === 'arm64' ? word | 0xffff_8000_0000_0000n : word;
    const module = modules.at(address);
    if (module !== undefined) hits.push({ slot: at / 8, address, module, offset: address - module.base });
  }
  return hits;
}

/** The stack of a dump of whole pages: from the stack pointer up to the first page that is not there. */
export function stackFrom(memory: VirtualMemory, stackPointer: bigint | undefined, maxBytes: number): Uint8Array | Unavailable {
  if (stackPointer === undefined) return { reason: 'bad-data', what: 'no stack pointer in the header' };
  if (stackPointer >> 63n === 0n) return { reason: 'bad-data', what: 'stack pointer is no kernel address', address: stackPointer };
  const start = stackPointer & ~7n;
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size < maxBytes) {
    const at = start + BigInt(size);
    const toPageEnd = PAGE_BYTES - Number(at & 0xfffn);
    const part = memory.read(at, Math.min(toPageEnd, maxBytes - size));
    if (!isBytes(part)) {
      if (size === 0) return { ...part, what: `stack: ${part.what}` };
      break;
    }
    parts.push(part);
    size += part.length;
  }
  const stack = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    stack.set(part, at);
    at += part.length;
  }
  return stack;
}
