import { fileName, joined, Part, roundUp } from './bytes.ts';
import { HEADER_BYTES, header64 } from './header.ts';
import type { WriteDump } from './types.ts';

/** Address of the saved stack when the description has none. */
export const DEFAULT_STACK = 0xffff_8504_2989_0ee8n;
/** PsLoadedModuleList of a small dump: named in the header, its memory is not saved. */
const LIST_HEAD = 0xffff_f804_7c62_a390n;

/** A small (triage) dump: header, TRIAGE_DUMP64, unloaded drivers, stack, driver list, string pool, data blocks, their memory, `TRGD`. */
export function writeTriage(dump: WriteDump): Uint8Array {
  const entryBytes = dump.driverEntryBytes ?? 0x90;
  const stack = dump.stack ?? [];
  const unloaded = dump.unloaded ?? [];
  const memory = dump.memory ?? [];

  const unloadedAt = HEADER_BYTES + 0x80;
  const stackAt = roundUp(unloadedAt + 8 + unloaded.length * 0x38, 16);
  const driversAt = roundUp(stackAt + stack.length * 8, 16);
  const poolAt = driversAt + dump.modules.length * entryBytes;
  const strings = [...dump.modules.map((module) => module.path), ...(dump.brokenDriver === undefined ? [] : [dump.brokenDriver])];
  const stringPlaces: number[] = [];
  let poolEnd = poolAt;
  for (const text of strings) {
    stringPlaces.push(poolEnd);
    // Length, characters, terminator, and the next string on a multiple of eight, as Windows writes them.
    poolEnd = roundUp(poolEnd + 4 + text.length * 2 + 2, 8);
  }
  const blocksAt = roundUp(poolEnd, 16);
  const memoryAt = blocksAt + memory.length * 16;
  const validAt = roundUp(memoryAt + memory.reduce((sum, piece) => sum + piece.bytes.length, 0), 8);

  const body = new Part(validAt + 4 - HEADER_BYTES, 'zero');
  const at = (offset: number): number => offset - HEADER_BYTES;
  const field = (offset: number, value: number): void => body.u32(offset, value);
  field(0x04, validAt + 4);
  field(0x08, validAt);
  field(0x0c, 0x348);
  field(0x10, 0xf00);
  field(0x18, unloadedAt);
  field(0x28, stackAt);
  field(0x2c, stack.length * 8);
  field(0x30, driversAt);
  field(0x34, dump.modules.length);
  field(0x38, poolAt);
  field(0x3c, poolEnd - poolAt);
  field(0x40, dump.brokenDriver === undefined ? 0 : stringPlaces.at(-1)!);
  field(0x44, 0xffff_ffff);
  body.u64(0x48, dump.stackPointer ?? DEFAULT_STACK);
  field(0x78, blocksAt);
  field(0x7c, memory.length);

  body.u64(at(unloadedAt), BigInt(unloaded.length));
  unloaded.forEach((driver, index) => {
    const place = at(unloadedAt) + 8 + index * 0x38;
    // The length is that of the whole name; 12 characters of it are kept.
    body.u16(place, driver.name.length * 2);
    body.u16(place + 2, driver.name.length * 2);
    body.utf16(place + 0x10, driver.name.slice(0, 12).padEnd(12));
    body.u64(place + 0x28, driver.start);
    body.u64(place + 0x30, driver.end);
  });
  stack.forEach((word, index) => {
    body.u64(at(stackAt) + index * 8, word);
  });
  dump.modules.forEach((module, index) => {
    const place = at(driversAt) + index * entryBytes;
    body.u32(place, stringPlaces[index]!);
    body.u64(place + 8 + 0x30, module.base);
    body.u32(place + 8 + 0x40, module.sizeBytes);
    body.u32(place + 8 + 0x78, module.checksum ?? 0);
    body.u32(place + 8 + 0x80, module.timeDateStamp ?? 0);
  });
  strings.forEach((text, index) => {
    body.u32(at(stringPlaces[index]!), text.length);
    body.utf16(at(stringPlaces[index]!) + 4, text);
  });
  let free = memoryAt;
  memory.forEach((piece, index) => {
    body.u64(at(blocksAt) + index * 16, piece.address);
    body.u32(at(blocksAt) + index * 16 + 8, free);
    body.u32(at(blocksAt) + index * 16 + 12, piece.bytes.length);
    body.put(at(free), piece.bytes);
    free += piece.bytes.length;
  });
  body.text(at(validAt), 'TRGD');
  return joined([header64(dump, { directoryTableBase: 0x1ad000n, moduleList: LIST_HEAD }), body.bytes]);
}

/** What a small dump keeps of a name of an unloaded driver. */
export function keptName(name: string): string {
  return fileName(name).slice(0, 12);
}
