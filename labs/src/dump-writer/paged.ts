import { fileName, joined, Part, roundUp } from './bytes.ts';
import { HEADER_BYTES, type HeaderPlaces, header64 } from './header.ts';
import { Machine } from './machine.ts';
import { DEFAULT_STACK } from './triage.ts';
import type { WriteDump, WriteUnloaded } from './types.ts';

/** Beginning of the memory the module list lies in, a multiple of 1 GiB. */
const LIST_AREA = 0xffff_f804_0000_0000n;
/** The same for five levels: an address only five levels can translate. */
const LIST_AREA_57 = 0xff12_3404_0000_0000n;
/** Offset of the list head in its page, as odd as in a real kernel. */
const HEAD_OFFSET = 0x390n;
/** Bytes between two entries: two pages, so that an entry that crosses a page boundary shares none with its neighbour. */
const ENTRY_STEP = 0x2000n;

/** KDDEBUGGER_DATA64, the two variables it names, the ring of unloaded drivers and their names, apart from the list. */
const DEBUGGER_DATA = 0xffff_f804_7c64_0770n;
const UNLOADED_VARIABLES = 0xffff_f804_7c62_a308n;
const UNLOADED_RING = 0xffff_9b00_0600_0010n;
const UNLOADED_NAMES = 0xffff_9b00_0610_0000n;
const RING_SLOTS = 50;

/** Where the module list of a dump of whole pages lies. */
export interface ListPlaces {
  readonly head: bigint;
  /** Entry of each module. */
  readonly entries: readonly bigint[];
  /** Text of each module's file name and path. */
  readonly names: readonly bigint[];
}

/** Places of the module list, to leave pages of it out. */
export function listPlaces(dump: WriteDump): ListPlaces {
  const area = dump.levels === 5 ? LIST_AREA_57 : LIST_AREA;
  const count = BigInt(dump.modules.length);
  const offset = BigInt(dump.entryOffset ?? 0x40);
  return {
    head: area + HEAD_OFFSET,
    entries: dump.modules.map((_, index) => area + 0x1000n + BigInt(index) * ENTRY_STEP + offset),
    names: dump.modules.map((_, index) => area + 0x1000n + count * ENTRY_STEP + BigInt(index) * 0x1000n),
  };
}

/** A dump of whole pages: full, bitmap or ranges, with real page tables over the list, the stack and further memory. */
export function writePaged(dump: WriteDump): Uint8Array {
  const machine = new Machine(dump.machine === 'arm64' ? 'arm64-4' : dump.levels === 5 ? 'x64-5' : 'x64-4');
  const places = listPlaces(dump);
  if (dump.listPages === '2 MiB' || dump.listPages === '1 GiB') machine.mapLarge(places.head, dump.listPages);
  const links = [places.head, ...places.entries];
  const around = (index: number): readonly [next: bigint, previous: bigint] => [
    links[(index + 1) % links.length]!,
    links[(index + links.length - 1) % links.length]!,
  ];
  const head = new Part(16, 'zero');
  head.u64(0, around(0)[0]);
  head.u64(8, around(0)[1]);
  machine.write({ address: places.head, bytes: head.bytes });
  dump.modules.forEach((module, index) => {
    const entry = new Part(0xa0, 'zero');
    const [next, previous] = around(index + 1);
    const name = fileName(module.path);
    entry.u64(0, next);
    entry.u64(8, previous);
    entry.u64(0x30, module.base);
    entry.u32(0x40, module.sizeBytes);
    entry.u16(0x48, module.path.length * 2);
    entry.u16(0x4a, module.path.length * 2 + 2);
    entry.u64(0x50, places.names[index]! + 0x200n);
    entry.u16(0x58, name.length * 2);
    entry.u16(0x5a, name.length * 2 + 2);
    entry.u64(0x60, places.names[index]!);
    entry.u32(0x78, module.checksum ?? 0);
    entry.u32(0x9c, module.timeDateStamp ?? 0);
    machine.write({ address: places.entries[index]!, bytes: entry.bytes });
    const text = new Part(0x200 + module.path.length * 2 + 2, 'zero');
    text.utf16(0, name);
    text.utf16(0x200, module.path);
    machine.write({ address: places.names[index]!, bytes: text.bytes });
  });
  const stackPointer = dump.stackPointer ?? DEFAULT_STACK;
  if (dump.stack !== undefined) {
    const stack = new Part(dump.stack.length * 8, 'zero');
    dump.stack.forEach((word, index) => {
      stack.u64(index * 8, word);
    });
    machine.write({ address: stackPointer, bytes: stack.bytes });
  }
  for (const piece of dump.memory ?? []) machine.write(piece);
  if (dump.unloaded !== undefined) writeUnloaded(machine, dump.unloaded, dump.unloadedBefore ?? 0);
  for (const omission of dump.omit ?? []) machine.omit(omission);

  const numbers = [...machine.pages.keys()].sort((a, b) => a - b);
  const runs = runsOf(numbers);
  const pages = numbers.map((number) => machine.pages.get(number)!.bytes);
  const header: HeaderPlaces = {
    directoryTableBase: machine.directoryTableBase,
    moduleList: places.head,
    ...(dump.unloaded === undefined ? {} : { debuggerData: DEBUGGER_DATA }),
  };
  const described = dump.stack === undefined ? dump : { ...dump, stackPointer };
  switch (dump.kind) {
    case 'full':
      return joined([header64(described, { ...header, runs }), ...pages]);
    case 'kernel':
    case 'bitmap':
    case 'live-bitmap':
      return joined([header64(described, header), bitmapPart(dump.kind === 'bitmap' ? 'FDMP' : 'SDMP', numbers), ...pages]);
    default:
      return joined([header64(described, header), rangesPart(runs, dump.kind === 'complete-ranges'), ...pages]);
  }
}

/** The debugger data block with the ring of unloaded drivers behind it (KDDEBUGGER_DATA64, wdbgexts.h). */
function writeUnloaded(machine: Machine, unloaded: readonly WriteUnloaded[], before: number): void {
  if (unloaded.length > RING_SLOTS) throw new RangeError('more unloaded drivers than the ring holds');
  const block = new Part(0x380, 'zero');
  block.text(0x10, 'KDBG');
  block.u32(0x14, 0x380);
  block.u64(0x220, UNLOADED_VARIABLES);
  block.u64(0x228, UNLOADED_VARIABLES + 8n);
  const variables = new Part(16, 'zero');
  variables.u64(0, UNLOADED_RING);
  // The slot the next driver would take.
  variables.u32(8, (before + unloaded.length) % RING_SLOTS);
  const ring = new Part(RING_SLOTS * 0x28, 'zero');
  unloaded.forEach((driver, index) => {
    const slot = ((before + unloaded.length - 1 - index) % RING_SLOTS) * 0x28;
    const name = UNLOADED_NAMES + BigInt(index) * 0x200n;
    ring.u16(slot, driver.name.length * 2);
    ring.u16(slot + 2, driver.name.length * 2);
    ring.u64(slot + 8, name);
    ring.u64(slot + 0x10, driver.start);
    ring.u64(slot + 0x18, driver.end);
    const text = new Part(0x200, 'zero');
    text.utf16(0, driver.name);
    machine.write({ address: name, bytes: text.bytes });
  });
  machine.write({ address: DEBUGGER_DATA, bytes: block.bytes });
  machine.write({ address: UNLOADED_VARIABLES, bytes: variables.bytes });
  machine.write({ address: UNLOADED_RING, bytes: ring.bytes });
}

function runsOf(numbers: readonly number[]): (readonly [first: number, pages: number])[] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === number) last[1]++;
    else runs.push([number, 1]);
  }
  return runs;
}

function bitmapPart(signature: 'FDMP' | 'SDMP', numbers: readonly number[]): Uint8Array {
  const described = roundUp((numbers.at(-1) ?? 0) + 1, 8);
  const firstPage = roundUp(HEADER_BYTES + 0x38 + described / 8, 0x1000);
  const part = new Part(firstPage - HEADER_BYTES, 'zero');
  part.text(0, `${signature}DUMP`);
  part.u64(0x20, BigInt(firstPage));
  part.u64(0x28, BigInt(numbers.length));
  part.u64(0x30, BigInt(described));
  for (const number of numbers) part.bytes[0x38 + (number >> 3)]! |= 1 << (number & 7);
  return part.bytes;
}

function rangesPart(runs: readonly (readonly [first: number, pages: number])[], complete: boolean): Uint8Array {
  const end = HEADER_BYTES + 0x30 + (runs.length + 1) * 16;
  const firstPage = roundUp(end, 0x1000);
  const part = new Part(firstPage - HEADER_BYTES, 'zero');
  part.u32(0, 0x40);
  part.text(4, 'RDMPDUMP');
  part.u64(0x10, BigInt(firstPage - HEADER_BYTES - 0x20));
  part.u64(0x18, BigInt(firstPage));
  if (complete) {
    part.u32(0x20, runs.length);
    part.u64(0x28, BigInt(runs.reduce((sum, [, pages]) => sum + pages, 0)));
    // A complete dump is bound by its pages: what follows the last range means nothing.
    for (let at = 0x30; at < part.bytes.length; at++) part.bytes[at] = 0xee;
  }
  runs.forEach(([first, pages], index) => {
    part.u64(0x30 + index * 16, BigInt(first));
    part.u64(0x38 + index * 16, BigInt(pages));
  });
  return part.bytes;
}
