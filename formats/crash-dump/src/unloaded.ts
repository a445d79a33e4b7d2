import { decodeUtf16, viewOf } from '@winmedic/bytes';
import { isBytes, type VirtualMemory } from './memory.ts';
import { isPlausibleImage } from './modules.ts';
import type { Unavailable, UnloadedModule } from './types.ts';

/** Slots of the ring of unloaded drivers. */
const SLOTS = 50;
/** In the debugger data block: tag +0x10, addresses of MmUnloadedDrivers +0x220 and MmLastUnloadedDriver +0x228. */
const TAG_KDBG = 0x4742444b;
const BLOCK_BYTES = 0x230;
/** Entry of the ring: UNICODE_STRING, start +0x10, end +0x18, time +0x20. */
const ENTRY_BYTES = 0x28;
/** Characters of a name; file names on Windows have at most 255. */
const MAX_CHARS = 255;

/** The drivers unloaded before the stop, newest first, or why they are not known. */
export interface UnloadedList {
  readonly unloaded: readonly UnloadedModule[];
  readonly unavailable: Unavailable | undefined;
}

/** An unloaded driver from its parts; `undefined` when name or place cannot be right. */
export function unloadedModule(name: string, start: bigint, end: bigint): UnloadedModule | undefined {
  const possible = name !== '' && !name.includes('\0') && end > start && isPlausibleImage(start, Number(end - start));
  return possible ? { name, start, end } : undefined;
}

/**
 * Unloaded drivers of a dump of whole pages, through KdDebuggerDataBlock. A ring of 50 slots; the index is that of the next one.
 * @source KDDEBUGGER_DATA64 (wdbgexts.h of the Windows SDK) for the order of the fields, their offsets checked against the block of
 * the x64 sample; MM_UNLOADED_DRIVERS as public tools declare it. No dump of whole pages was at hand to verify the ring.
 */
export function readUnloadedRing(memory: VirtualMemory, debuggerData: bigint): UnloadedList {
  const none = (why: Unavailable | string): UnloadedList => ({
    unloaded: [],
    unavailable: typeof why === 'string' ? { reason: 'bad-data', what: why, address: debuggerData } : why,
  });
  if (debuggerData >> 63n === 0n) return none('KdDebuggerDataBlock is no kernel address');
  const block = memory.read(debuggerData, BLOCK_BYTES);
  if (!isBytes(block)) return none({ ...block, what: `KdDebuggerDataBlock: ${block.what}` });
  const view = viewOf(block);
  // In a memory taken while no debugger was allowed the block is encoded, and its tag with it.
  if (view.getUint32(0x10, true) !== TAG_KDBG) return none('KdDebuggerDataBlock has no tag');
  const variable = memory.read(view.getBigUint64(0x220, true), 8);
  if (!isBytes(variable)) return none({ ...variable, what: `MmUnloadedDrivers: ${variable.what}` });
  const last = memory.read(view.getBigUint64(0x228, true), 4);
  if (!isBytes(last)) return none({ ...last, what: `MmLastUnloadedDriver: ${last.what}` });
  const array = viewOf(variable).getBigUint64(0, true);
  // Not made before the first driver is unloaded.
  if (array === 0n) return { unloaded: [], unavailable: undefined };
  const next = viewOf(last).getUint32(0, true);
  if (next > SLOTS) return none('MmLastUnloadedDriver is beyond the ring');
  const ring = memory.read(array, SLOTS * ENTRY_BYTES);
  if (!isBytes(ring)) return none({ ...ring, what: `unloaded drivers: ${ring.what}` });
  const entries = viewOf(ring);
  const unloaded: UnloadedModule[] = [];
  let unavailable: Unavailable | undefined;
  for (let step = 1; step <= SLOTS; step++) {
    const at = ((next - step + SLOTS) % SLOTS) * ENTRY_BYTES;
    const length = entries.getUint16(at, true);
    if (length === 0) continue;
    const address = entries.getBigUint64(at + 8, true);
    const text = length % 2 === 0 && length / 2 <= MAX_CHARS ? memory.read(address, length) : undefined;
    const named = text !== undefined && isBytes(text) ? decodeUtf16(text) : '';
    const found = unloadedModule(named, entries.getBigUint64(at + 0x10, true), entries.getBigUint64(at + 0x18, true));
    if (found !== undefined) unloaded.push(found);
    else unavailable ??= { reason: named === '' ? 'page-missing' : 'bad-data', what: 'entry of an unloaded driver', address };
  }
  return { unloaded, unavailable };
}
