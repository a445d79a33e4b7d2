import { Part } from './bytes.ts';
import { exceptionRecord } from './structures.ts';
import type { WriteDump, WriteKind } from './types.ts';

/** Bytes of the header of a 64-bit dump. */
export const HEADER_BYTES = 0x2000;

const TYPE: Readonly<Record<WriteKind, number>> = {
  full: 1,
  kernel: 2,
  triage: 4,
  bitmap: 5,
  'live-bitmap': 6,
  'kernel-ranges': 8,
  'kernel-user-ranges': 9,
  'complete-ranges': 0xa,
};

/** Where the header points into memory. */
export interface HeaderPlaces {
  readonly directoryTableBase: bigint;
  readonly moduleList: bigint;
  readonly debuggerData?: bigint;
  /** Runs of the machine's memory {first page, pages}; full dumps only. */
  readonly runs?: readonly (readonly [first: number, pages: number])[];
}

/** The 0x2000 bytes of DUMP_HEADER64 (Windows SDK). */
export function header64(dump: WriteDump, places: HeaderPlaces): Uint8Array {
  const part = new Part(HEADER_BYTES, 'PAGE');
  const arm = dump.machine === 'arm64';
  part.text(0, 'PAGEDU64');
  part.u32(0x08, 15);
  part.u32(0x0c, dump.build ?? 19_041);
  part.u64(0x10, places.directoryTableBase);
  part.u64(0x20, places.moduleList);
  part.u32(0x30, arm ? 0xaa64 : 0x8664);
  part.u32(0x34, dump.processors ?? 4);
  part.u32(0x38, dump.code);
  (dump.parameters ?? [0n, 0n, 0n, 0n]).forEach((value, index) => {
    part.u64(0x40 + index * 8, value);
  });
  if (places.debuggerData !== undefined) part.u64(0x80, places.debuggerData);
  if (places.runs !== undefined) {
    if (places.runs.length > 42) throw new RangeError('more runs than a header holds');
    part.u32(0x88, places.runs.length);
    part.u64(0x90, BigInt(places.runs.reduce((sum, [, pages]) => sum + pages, 0)));
    places.runs.forEach(([first, pages], index) => {
      part.u64(0x98 + index * 16, BigInt(first));
      part.u64(0xa0 + index * 16, BigInt(pages));
    });
  }
  if (dump.stackPointer !== undefined || dump.instructionPointer !== undefined) {
    part.put(0x348, new Uint8Array(0x4d0));
    part.u32(0x348 + (arm ? 0 : 0x30), arm ? 0x40_001f : 0x10_001f);
    part.u64(0x348 + (arm ? 0x108 : 0xf8), dump.instructionPointer ?? 0n);
    part.u64(0x348 + (arm ? 0x100 : 0x98), dump.stackPointer ?? 0n);
  }
  if (dump.headerException !== undefined) part.put(0xf00, exceptionRecord(dump.headerException));
  part.u32(0xf98, TYPE[dump.kind]);
  if (dump.systemTime !== undefined) part.u64(0xfa8, dump.systemTime);
  if (dump.comment !== undefined) {
    part.put(0xfb0, new Uint8Array(128));
    part.text(0xfb0, dump.comment.slice(0, 127));
  }
  if (dump.upTime !== undefined) part.u64(0x1030, dump.upTime);
  if (dump.productType !== undefined) part.u32(0x1040, dump.productType);
  if (dump.suiteMask !== undefined) part.u32(0x1044, dump.suiteMask);
  if (dump.attributes !== undefined) part.u32(0x1050, dump.attributes);
  if (dump.bootId !== undefined) part.u32(0x1054, dump.bootId);
  return part.bytes;
}

/** Values of the header of a 32-bit dump. */
export interface WriteHeader32 {
  readonly code: number;
  readonly parameters: readonly [number, number, number, number];
  readonly build: number;
  readonly processors: number;
  readonly dumpType: number;
  readonly systemTime: bigint;
  readonly upTime: bigint;
  readonly productType?: number;
}

/** The 0x1000 bytes of DUMP_HEADER32 (Windows SDK): a 32-bit dump without anything behind its header. */
export function header32(values: WriteHeader32): Uint8Array {
  const part = new Part(0x1000, 'PAGE');
  part.text(0, 'PAGEDUMP');
  part.u32(0x08, 15);
  part.u32(0x0c, values.build);
  part.u32(0x20, 0x14c);
  part.u32(0x24, values.processors);
  part.u32(0x28, values.code);
  values.parameters.forEach((value, index) => {
    part.u32(0x2c + index * 4, value);
  });
  part.u32(0xf88, values.dumpType);
  if (values.productType !== undefined) part.u32(0xf94, values.productType);
  part.u64(0xfb8, values.upTime);
  part.u64(0xfc0, values.systemTime);
  return part.bytes;
}
