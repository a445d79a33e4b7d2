import { viewOf } from '@winmedic/bytes';
import { DumpError } from './errors.ts';
import { HEADER_BYTES_32, HEADER_BYTES_64 } from './limits.ts';
import { type DumpFile, isZero, type Report } from './reader.ts';
import type { CrashDump, DumpBugCheck, DumpException, DumpKind } from './types.ts';

/** Unset fields hold the text `PAGE`, once or twice. */
const UNSET_32 = 0x45474150;
const UNSET_64 = 0x4547415045474150n;

/** DUMP_FILE_ATTRIBUTES, Windows SDK mindumpdef.h (the `windows` crate documents the same bits). */
const ATTRIBUTE_LIVE = 1 << 4;
const ATTRIBUTE_ENCRYPTED = 1 << 8;
const ATTRIBUTE_DECRYPTED = 1 << 9;

/** Context flags that name the processor, winnt.h CONTEXT_AMD64 and CONTEXT_ARM64. */
const CONTEXT_AMD64 = 0x100000;
const CONTEXT_ARM64 = 0x400000;

const MACHINES: ReadonlyMap<number, CrashDump['machine']> = new Map([
  [0x14c, 'x86'],
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
]);

/**
 * Names of DumpType.
 * @source kdmp-parser (1, 2, 4, 5, 6, 8, 9, 0xA); Windows SDK names 5 and 6 the full and the kernel bitmap dump: 6 is written for
 * ordinary stops as well as for live dumps, which `live` tells apart.
 */
const KINDS: ReadonlyMap<number, DumpKind> = new Map([
  [1, 'full'],
  [2, 'kernel'],
  [4, 'triage'],
  [5, 'bitmap'],
  [6, 'live-bitmap'],
  [8, 'kernel-ranges'],
  [9, 'kernel-user-ranges'],
  [0xa, 'complete-ranges'],
]);

/** Header fields of both word sizes, unset ones as `undefined`. */
export interface DumpHeader
  extends Pick<
    CrashDump,
    | 'kind'
    | 'dumpType'
    | 'machine'
    | 'bugCheck'
    | 'systemTime'
    | 'upTime'
    | 'build'
    | 'processors'
    | 'productType'
    | 'suiteMask'
    | 'bootId'
    | 'comment'
    | 'live'
    | 'instructionPointer'
    | 'stackPointer'
  > {
  readonly bits: 32 | 64;
  /** Bytes of the header; what belongs to the kind follows. */
  readonly headerBytes: number;
  /** Physical address of the top page table. */
  readonly directoryTableBase: bigint;
  /** Virtual address of PsLoadedModuleList, the head of the module list. */
  readonly moduleList: bigint;
  /** Virtual address of the debugger data block (KDDEBUGGER_DATA64). */
  readonly debuggerData: bigint;
  /** The header's own exception record. In dumps looked at it was a stale breakpoint: never a base for blame. */
  readonly exception: DumpException | undefined;
  /** The whole header, for the physical memory block. */
  readonly bytes: Uint8Array;
}

/**
 * An exception record as stored: EXCEPTION_RECORD64 (code +0, flags +4, address +0x10, count +0x18, parameters +0x20) or
 * EXCEPTION_RECORD32. `undefined` when its count is impossible (winnt.h EXCEPTION_MAXIMUM_PARAMETERS is 15) or nothing is set.
 */
export function exceptionAt(view: DataView, offset: number, bits: 32 | 64): DumpException | undefined {
  const code = view.getUint32(offset, true);
  if (code === 0 || code === UNSET_32) return undefined;
  const count = view.getUint32(offset + (bits === 64 ? 0x18 : 0x10), true);
  if (count > 15) return undefined;
  const word = (at: number): bigint => (bits === 64 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true)));
  const first = offset + (bits === 64 ? 0x20 : 0x14);
  return {
    code,
    flags: view.getUint32(offset + 4, true),
    address: word(offset + (bits === 64 ? 0x10 : 0xc)),
    information: Array.from({ length: count }, (_, index) => word(first + index * (bits / 8))),
  };
}

/**
 * Reads the header.
 * @source DUMP_HEADER64 and DUMP_HEADER32 of the Windows SDK as the `windows` crate documents them; offsets of the 64-bit one as in
 * kdmp-parser (MIT), checked against the x64 sample of the corpus.
 * @throws {DumpError} DUMP_HEADER_TRUNCATED, DUMP_ENCRYPTED.
 */
export function readHeader(file: DumpFile, bits: 32 | 64, report: Report): DumpHeader {
  const at = bits === 64 ? OFFSETS_64 : OFFSETS_32;
  const found = file.upTo(0, at.headerBytes);
  if (found.length < at.dumpType + 4) throw new DumpError('DUMP_HEADER_TRUNCATED', 'header', found.length);
  if (found.length < at.headerBytes) report('DUMP_TRUNCATED', found.length, 'header', at.headerBytes, found.length);
  // What is cut off reads as unset.
  const bytes = new Uint8Array(at.headerBytes);
  const view = viewOf(bytes);
  for (let offset = 0; offset < bytes.length; offset += 4) view.setUint32(offset, UNSET_32, true);
  bytes.set(found);

  const u32 = (offset: number): number | undefined => {
    const value = view.getUint32(offset, true);
    return value === UNSET_32 ? undefined : value;
  };
  const word = (offset: number): bigint | undefined => {
    const value = bits === 64 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
    return value === (bits === 64 ? UNSET_64 : BigInt(UNSET_32)) ? undefined : value;
  };
  const ticks = (offset: number): bigint | undefined => {
    const value = view.getBigUint64(offset, true);
    return value === 0n || value === UNSET_64 ? undefined : value;
  };
  const need = <T>(value: T | undefined, offset: number, what: string, otherwise: T): T => {
    if (value === undefined) report('DUMP_HEADER_FIELD', offset, what);
    return value ?? otherwise;
  };

  const attributes = u32(at.attributes);
  if (attributes !== undefined && (attributes & ATTRIBUTE_ENCRYPTED) !== 0 && (attributes & ATTRIBUTE_DECRYPTED) === 0) {
    throw new DumpError('DUMP_ENCRYPTED', 'EncryptedDumpData in the file attributes', at.attributes);
  }
  const dumpType = need(u32(at.dumpType), at.dumpType, 'DumpType', 0);
  const kind = KINDS.get(dumpType) ?? 'unknown';
  if (kind === 'unknown') report('DUMP_HEADER_FIELD', at.dumpType, 'DumpType', undefined, dumpType);
  const machineType = u32(at.machine);
  const machine = MACHINES.get(machineType ?? 0) ?? 'unknown';
  if (machine === 'unknown') report('DUMP_HEADER_FIELD', at.machine, 'MachineImageType', undefined, machineType ?? 'unset');
  const wordBytes = bits / 8;
  const parameter = (index: number): bigint => word(at.parameters + index * wordBytes) ?? 0n;
  const context = bits === 64 ? contextOf(view, at.context, machine) : undefined;
  return {
    bits,
    headerBytes: at.headerBytes,
    kind,
    dumpType,
    machine,
    bugCheck: bugCheck(need(u32(at.bugCheck), at.bugCheck, 'BugCheckCode', 0), [parameter(0), parameter(1), parameter(2), parameter(3)]),
    systemTime: ticks(at.systemTime),
    upTime: ticks(at.upTime),
    build: need(u32(0xc), 0xc, 'build', 0),
    processors: need(u32(at.processors), at.processors, 'NumberProcessors', 0),
    productType: u32(at.productType),
    suiteMask: u32(at.suiteMask),
    bootId: u32(at.bootId),
    comment: commentOf(bytes.subarray(at.comment, at.comment + 128)),
    live: attributes === undefined ? undefined : (attributes & ATTRIBUTE_LIVE) !== 0,
    instructionPointer: context?.instructionPointer,
    stackPointer: context?.stackPointer,
    directoryTableBase: word(0x10) ?? 0n,
    moduleList: word(at.moduleList) ?? 0n,
    debuggerData: word(at.debuggerData) ?? 0n,
    exception: exceptionAt(view, at.exception, bits),
    bytes,
  };
}

const OFFSETS_64 = {
  headerBytes: HEADER_BYTES_64,
  moduleList: 0x20,
  machine: 0x30,
  processors: 0x34,
  bugCheck: 0x38,
  parameters: 0x40,
  debuggerData: 0x80,
  context: 0x348,
  exception: 0xf00,
  dumpType: 0xf98,
  systemTime: 0xfa8,
  comment: 0xfb0,
  upTime: 0x1030,
  productType: 0x1040,
  suiteMask: 0x1044,
  attributes: 0x1050,
  bootId: 0x1054,
} as const;

const OFFSETS_32 = {
  headerBytes: HEADER_BYTES_32,
  moduleList: 0x18,
  machine: 0x20,
  processors: 0x24,
  bugCheck: 0x28,
  parameters: 0x2c,
  debuggerData: 0x60,
  context: 0x320,
  exception: 0x7d0,
  dumpType: 0xf88,
  systemTime: 0xfc0,
  comment: 0x820,
  upTime: 0xfb8,
  productType: 0xf94,
  suiteMask: 0xf98,
  attributes: 0x8a0,
  bootId: 0x8a4,
} as const;

/**
 * A stop. The bit 0x10000000 marks the minidump twin of a code (0x1000007E has the meaning and parameters of 0x7E,
 * windows-driver-docs bug check 0x1000007E); codes such as 0xDEADDEAD contain the bit by chance and stay as they are.
 */
function bugCheck(rawCode: number, parameters: DumpBugCheck['parameters']): DumpBugCheck {
  return { rawCode, code: rawCode >>> 28 === 1 ? rawCode & 0x0fffffff : rawCode, parameters };
}

/** Instruction and stack pointer of the CONTEXT: x64 Rip +0xF8, Rsp +0x98; ARM64 Pc +0x108, Sp +0x100 (winnt.h CONTEXT, ARM64_NT_CONTEXT). */
function contextOf(view: DataView, offset: number, machine: CrashDump['machine']) {
  const flagged = (at: number, bit: number): boolean => {
    const flags = view.getUint32(offset + at, true);
    return flags !== UNSET_32 && (flags & bit) !== 0;
  };
  const read = (at: number): bigint => view.getBigUint64(offset + at, true);
  if (machine === 'x64' && flagged(0x30, CONTEXT_AMD64)) return { instructionPointer: read(0xf8), stackPointer: read(0x98) };
  if (machine === 'arm64' && flagged(0, CONTEXT_ARM64)) return { instructionPointer: read(0x108), stackPointer: read(0x100) };
  return undefined;
}

/** Comment as text of one-byte characters; `undefined` when unset (zeros or `PAGEPAGE...`) or not printable. */
function commentOf(bytes: Uint8Array): string | undefined {
  if (isZero(bytes) || viewOf(bytes).getUint32(0, true) === UNSET_32) return undefined;
  let text = '';
  for (const byte of bytes) {
    if (byte === 0) break;
    if (byte < 0x20 || byte > 0x7e) return undefined;
    text += String.fromCharCode(byte);
  }
  return text === '' ? undefined : text;
}
