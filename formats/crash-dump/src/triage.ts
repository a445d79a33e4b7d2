import { decodeUtf16, viewOf } from '@winmedic/bytes';
import { MAX_NAME_CHARS, MAX_UNLOADED } from './limits.ts';
import { savedPieces, type VirtualMemory } from './memory.ts';
import { baseName, isPlausibleImage, moduleOf } from './modules.ts';
import { cut } from './physical.ts';
import { type DumpFile, isZero, type Report } from './reader.ts';
import { SpanBuilder } from './spans.ts';
import type { DumpLimits, DumpModule, Unavailable, UnloadedModule } from './types.ts';
import { type UnloadedList, unloadedModule } from './unloaded.ts';

/** Bytes of TRIAGE_DUMP64. */
const TRIAGE_BYTES = 0x80;
/** `TRGD` at ValidOffset: the last thing Windows writes, so its absence means an unfinished dump. */
const VALID_MARK = 0x44475254;
/** Bytes of an unloaded driver: UNICODE_STRING, 12 characters at +0x10, start +0x28, end +0x30. */
const UNLOADED_BYTES = 0x38;
/**
 * Size of a driver entry met so far; larger ones are tried when names do not fall into the string pool with it. A smaller one could
 * not hold the fields read.
 */
const ENTRY_BYTES: readonly number[] = [0x90, 0x98, 0xa0, 0xa8, 0xb0, 0xb8, 0xc0];
/** In a driver entry: loader data begins at +8 with base +0x30, size +0x40, checksum +0x78, TimeDateStamp +0x80. */
const LOADER_DATA = 8;

/** What a small dump holds behind its header. */
export interface TriageContent {
  readonly modules: readonly DumpModule[];
  readonly modulesUnavailable: Unavailable | undefined;
  readonly unloaded: readonly UnloadedModule[];
  readonly unloadedUnavailable: Unavailable | undefined;
  readonly brokenDriver: string | undefined;
  readonly memory: VirtualMemory;
  readonly stack: Uint8Array | Unavailable;
}

/**
 * Reads the part of a small (triage) dump, x64 and ARM64.
 * @source TRIAGE_DUMP64 as Ghidra documents it (order and sizes of all fields); driver entries, unloaded drivers and data blocks
 * measured on an x64 sample of build 19041. ARM64 has the same entry size by report; no such dump was at hand.
 */
export function readTriage(file: DumpFile, headerBytes: number, limits: DumpLimits, report: Report): TriageContent {
  const part = file.exact(headerBytes, TRIAGE_BYTES);
  if (part === undefined) return nothing(file, cut('triage part', headerBytes + TRIAGE_BYTES, file, report));
  if (isZero(part)) {
    report('DUMP_ZEROED', headerBytes, 'triage part');
    return nothing(file, { reason: 'bad-data', what: 'triage part is zeroed' });
  }
  const view = viewOf(part);
  const u32 = (offset: number): number => view.getUint32(offset, true);
  const validOffset = u32(8);
  const mark = file.exact(validOffset, 4);
  if (u32(4) > file.sizeBytes || mark === undefined) {
    report('DUMP_TRUNCATED', file.sizeBytes, 'triage dump', Math.max(u32(4), validOffset + 4), file.sizeBytes);
  } else if (viewOf(mark).getUint32(0, true) !== VALID_MARK) {
    report(isZero(mark) ? 'DUMP_ZEROED' : 'DUMP_HEADER_FIELD', validOffset, 'mark at ValidOffset');
  }
  const pool = { start: u32(0x38), end: u32(0x38) + u32(0x3c) };
  const { modules, unavailable } = readDrivers(file, u32(0x30), u32(0x34), pool, limits.maxModules, report);
  const broken = u32(0x40);
  const brokenPath = broken === 0 ? undefined : readString(file, broken);
  const unloaded = readUnloaded(file, u32(0x18), report);
  const callStack = { offset: u32(0x28), size: u32(0x2c), top: view.getBigUint64(0x48, true) };
  return {
    modules,
    modulesUnavailable: unavailable,
    unloaded: unloaded.unloaded,
    unloadedUnavailable: unloaded.unavailable,
    brokenDriver: brokenPath === undefined || brokenPath === '' ? undefined : baseName(brokenPath),
    memory: savedMemory(file, u32(0x78), u32(0x7c), callStack, limits, report),
    stack: readStack(file, callStack, limits, report),
  };
}

function nothing(file: DumpFile, why: Unavailable): TriageContent {
  const memory = savedPieces(file, new SpanBuilder().build(1));
  return {
    modules: [],
    modulesUnavailable: why,
    unloaded: [],
    unloadedUnavailable: why,
    brokenDriver: undefined,
    memory,
    stack: why,
  };
}

/** A string of the pool: u32 characters, then UTF-16. `undefined` when it does not fit the file. */
function readString(file: DumpFile, offset: number): string | undefined {
  const head = file.exact(offset, 4);
  if (head === undefined) return undefined;
  const chars = viewOf(head).getUint32(0, true);
  if (chars > MAX_NAME_CHARS) return undefined;
  const text = file.exact(offset + 4, chars * 2);
  return text === undefined ? undefined : decodeUtf16(text);
}

/**
 * The size of an entry with which the names of the first entries lie in the string pool. One damaged name does not decide: the size
 * most of them agree with is taken.
 */
function entryBytes(
  file: DumpFile,
  offset: number,
  count: number,
  pool: { readonly start: number; readonly end: number },
): number | undefined {
  const tried = Math.min(count, 8);
  let best: number | undefined;
  let most = tried / 2;
  for (const size of ENTRY_BYTES) {
    let agree = 0;
    for (let index = 0; index < tried; index++) {
      const entry = file.exact(offset + index * size, 4);
      const name = entry === undefined ? undefined : viewOf(entry).getUint32(0, true);
      // An entry the file no longer holds speaks neither for nor against a size.
      if (name === undefined || (name >= pool.start && name < pool.end)) agree++;
    }
    if (agree > most) {
      best = size;
      most = agree;
    }
  }
  return best;
}

function readDrivers(
  file: DumpFile,
  offset: number,
  count: number,
  pool: { readonly start: number; readonly end: number },
  maxModules: number,
  report: Report,
): { readonly modules: readonly DumpModule[]; readonly unavailable: Unavailable | undefined } {
  if (count === 0) return { modules: [], unavailable: { reason: 'not-in-this-kind', what: 'no driver list in this dump' } };
  if (file.exact(offset, 4) === undefined) return { modules: [], unavailable: cut('driver list', offset + 4, file, report) };
  const size = entryBytes(file, offset, count, pool);
  if (size === undefined) {
    const zeroed = isZero(file.upTo(offset, ENTRY_BYTES[0]! * Math.min(count, 8)));
    report(zeroed ? 'DUMP_ZEROED' : 'DUMP_MODULE_LIST', offset, 'driver list');
    return { modules: [], unavailable: { reason: 'bad-data', what: zeroed ? 'driver list is zeroed' : 'driver list' } };
  }
  let unavailable: Unavailable | undefined;
  const modules: DumpModule[] = [];
  for (let index = 0; index < count; index++) {
    const at = offset + index * size;
    if (index >= maxModules) {
      report('DUMP_LIMIT', at, 'driver list', maxModules, count);
      unavailable = { reason: 'bad-data', what: `more than ${maxModules} modules` };
      break;
    }
    const entry = file.exact(at, size);
    if (entry === undefined) {
      unavailable = cut('driver list', offset + count * size, file, report);
      break;
    }
    const view = viewOf(entry);
    const base = view.getBigUint64(LOADER_DATA + 0x30, true);
    const sizeBytes = view.getUint32(LOADER_DATA + 0x40, true);
    if (!isPlausibleImage(base, sizeBytes)) {
      report(isZero(entry) ? 'DUMP_ZEROED' : 'DUMP_MODULE', at, 'base or size of a module');
      continue;
    }
    const nameOffset = view.getUint32(0, true);
    const path = nameOffset >= pool.start && nameOffset < pool.end ? readString(file, nameOffset) : undefined;
    if (path === undefined || path === '') report('DUMP_MODULE', at, 'name of a module');
    modules.push(
      moduleOf({
        name: baseName(path ?? ''),
        path: path ?? '',
        base,
        sizeBytes,
        checksum: view.getUint32(LOADER_DATA + 0x78, true),
        timeDateStamp: view.getUint32(LOADER_DATA + 0x80, true),
      }),
    );
  }
  return { modules, unavailable };
}

/** Unloaded drivers: count u64, then entries. Windows keeps 12 characters of the name, padded with blanks. */
function readUnloaded(file: DumpFile, offset: number, report: Report): UnloadedList {
  if (offset === 0) return { unloaded: [], unavailable: { reason: 'not-in-this-kind', what: 'no list of unloaded drivers in this dump' } };
  const head = file.exact(offset, 8);
  if (head === undefined) return { unloaded: [], unavailable: cut('unloaded drivers', offset + 8, file, report) };
  const count = viewOf(head).getBigUint64(0, true);
  if (count > BigInt(MAX_UNLOADED)) {
    report('DUMP_UNLOADED_LIST', offset, 'unloaded drivers', MAX_UNLOADED, count.toString());
    return { unloaded: [], unavailable: { reason: 'bad-data', what: 'number of unloaded drivers' } };
  }
  const unloaded: UnloadedModule[] = [];
  let unavailable: Unavailable | undefined;
  for (let index = 0; index < Number(count); index++) {
    const at = offset + 8 + index * UNLOADED_BYTES;
    const entry = file.exact(at, UNLOADED_BYTES);
    if (entry === undefined) {
      return { unloaded, unavailable: cut('unloaded drivers', offset + 8 + Number(count) * UNLOADED_BYTES, file, report) };
    }
    const view = viewOf(entry);
    const chars = Math.min(12, view.getUint16(0, true) >> 1);
    const driver = unloadedModule(decodeUtf16(entry, 0x10, chars), view.getBigUint64(0x28, true), view.getBigUint64(0x30, true));
    if (driver === undefined) {
      report('DUMP_UNLOADED_LIST', at, 'unloaded driver');
      unavailable ??= { reason: 'bad-data', what: 'entry of an unloaded driver' };
    } else {
      unloaded.push(driver);
    }
  }
  return { unloaded, unavailable };
}

interface CallStack {
  readonly offset: number;
  readonly size: number;
  /** Virtual address of the first saved byte. */
  readonly top: bigint;
}

/** Data blocks {virtual address u64, file offset u32, size u32} and the saved stack, as one memory. */
function savedMemory(file: DumpFile, offset: number, count: number, stack: CallStack, limits: DumpLimits, report: Report): VirtualMemory {
  const blocks = Math.min(count, limits.maxDataBlocks);
  if (blocks < count) report('DUMP_LIMIT', offset, 'data blocks', limits.maxDataBlocks, count);
  const table = file.upTo(offset, blocks * 16);
  if (table.length < blocks * 16) report('DUMP_TRUNCATED', file.sizeBytes, 'data blocks', offset + blocks * 16, file.sizeBytes);
  const view = viewOf(table);
  const spans = new SpanBuilder();
  let bad = 0;
  const add = (address: bigint, fileOffset: number, size: number): void => {
    if (size === 0 || address === 0n || address + BigInt(size) > 1n << 64n) bad++;
    else spans.add(address, size, fileOffset);
  };
  for (let at = 0; at + 16 <= table.length; at += 16) {
    add(view.getBigUint64(at, true), view.getUint32(at + 8, true), view.getUint32(at + 12, true));
  }
  if (bad > 0) report('DUMP_DATA_BLOCKS', offset, 'data blocks without place or size', 0, bad);
  if (stack.size > 0) add(stack.top, stack.offset, stack.size);
  return savedPieces(file, spans.build(1));
}

function readStack(file: DumpFile, stack: CallStack, limits: DumpLimits, report: Report): Uint8Array | Unavailable {
  if (stack.size === 0) return { reason: 'not-in-this-kind', what: 'no stack saved in this dump' };
  const size = Math.min(stack.size, limits.maxStackBytes);
  if (size < stack.size) report('DUMP_LIMIT', stack.offset, 'saved stack', limits.maxStackBytes, stack.size);
  const bytes = file.upTo(stack.offset, size);
  if (bytes.length === size) return bytes;
  report('DUMP_STACK', stack.offset, 'saved stack', size, bytes.length);
  return bytes.length >= 8 ? bytes : { reason: 'truncated', what: 'saved stack', address: stack.top };
}
