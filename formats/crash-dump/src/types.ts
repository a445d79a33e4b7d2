import type { Damage } from '@winmedic/bytes';

/** Options of `openDump`. */
export interface DumpOptions {
  /** Called for every damage as it is met. */
  readonly onDamage?: (damage: Damage) => void;
  readonly limits?: Partial<DumpLimits>;
}

/** Caps against hostile files; defaults and reasons in `limits.ts`. */
export interface DumpLimits {
  readonly maxModules: number;
  readonly maxStackBytes: number;
  readonly maxDataBlocks: number;
  readonly maxRuns: number;
}

/** Kind of a kernel dump, from DumpType: 1, 2, 4, 5, 6, 8, 9, 0xA. */
export type DumpKind =
  | 'full'
  | 'kernel'
  | 'triage'
  | 'bitmap'
  | 'live-bitmap'
  | 'kernel-ranges'
  | 'kernel-user-ranges'
  | 'complete-ranges'
  | 'unknown';

/** A driver or other image in the kernel. */
export interface DumpModule {
  /** File name (`amdppm.sys`); empty when the page that holds it is not in the dump. */
  readonly name: string;
  /** Path as the kernel keeps it (`\\SystemRoot\\System32\\drivers\\amdppm.sys`), when it is more than the name. */
  readonly path?: string;
  readonly base: bigint;
  readonly sizeBytes: number;
  readonly checksum: number;
  /** Raw TimeDateStamp: a hash in reproducible builds, never a date to show. 0 where the dump does not keep it. */
  readonly timeDateStamp: number;
}

/** A driver unloaded before the stop; small dumps keep only the first 12 characters of the name. */
export interface UnloadedModule {
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** A word of the saved stack that falls into a module: a return address, a stale one, or a data pointer. */
export interface StackHit {
  /** Position in the stack, in words from its top. */
  readonly slot: number;
  /** The word; on ARM64 without the signature of a return address. */
  readonly address: bigint;
  readonly module: DumpModule;
  /** Offset in the module; 0 is the image base and no return address. */
  readonly offset: bigint;
}

/** An exception record as stored. */
export interface DumpException {
  readonly code: number;
  readonly flags: number;
  readonly address: bigint;
  readonly information: readonly bigint[];
}

/** A stop (bug check). */
export interface DumpBugCheck {
  /** As stored: `0x1000007e`. */
  readonly rawCode: number;
  /** Without the bit 0x10000000: `0x7e`. */
  readonly code: number;
  readonly parameters: readonly [bigint, bigint, bigint, bigint];
}

/** Why a list (of modules, of stack words) is not there. */
export interface Unavailable {
  /** Stable word. `page-missing`: an address on the way is not in the dump (named in `address`); `truncated`; `not-in-this-kind`; `bad-data`. */
  readonly reason: 'page-missing' | 'truncated' | 'not-in-this-kind' | 'bad-data';
  readonly what: string;
  readonly address?: bigint;
}

/** An opened kernel dump: everything that can be said without symbols. */
export interface CrashDump {
  readonly kind: DumpKind;
  readonly dumpType: number;
  readonly sizeBytes: number;
  readonly machine: 'x64' | 'arm64' | 'x86' | 'unknown';
  readonly bugCheck: DumpBugCheck;
  /** FILETIME ticks (UTC) of the stop; `undefined` when unset. */
  readonly systemTime: bigint | undefined;
  /** 100 ns since boot; `undefined` when unset. */
  readonly upTime: bigint | undefined;
  /** Build number (19041). */
  readonly build: number;
  readonly processors: number;
  /** 1 workstation, 2 domain controller, 3 server; `undefined` when unset. */
  readonly productType: number | undefined;
  readonly suiteMask: number | undefined;
  readonly bootId: number | undefined;
  readonly comment: string | undefined;
  /** True when Windows wrote it of a running machine (LiveDumpGeneratedDump): nothing stopped. `undefined` when the attributes are unset. */
  readonly live?: boolean | undefined;
  /** Loaded modules in list order, or why they are not known. */
  readonly modules: readonly DumpModule[];
  readonly modulesUnavailable: Unavailable | undefined;
  readonly unloaded: readonly UnloadedModule[];
  /** Why unloaded drivers are missing or not all there; `undefined` when all were read. */
  readonly unloadedUnavailable?: Unavailable | undefined;
  /** Name of the broken driver the kernel itself noted (triage), when set. */
  readonly brokenDriver: string | undefined;
  /** Exception the parameters point at (0x7E, 0x8E, 0x139 ...) read through the dump's memory; else the header's own, marked. */
  readonly exception: (DumpException & { readonly from: 'parameter' | 'header' }) | undefined;
  readonly instructionPointer: bigint | undefined;
  readonly stackPointer: bigint | undefined;
  /** Words of the saved stack that fall into modules, from its top. */
  readonly stack: readonly StackHit[];
  readonly stackUnavailable: Unavailable | undefined;
  /** Reads virtual memory the dump holds; `undefined` when any byte of it is not there. */
  readMemory(address: bigint, sizeBytes: number): Uint8Array | undefined;
  /** The module an address lies in. */
  moduleAt(address: bigint): DumpModule | undefined;
}

/** Tables a blame needs; handed in from the knowledge base. */
export interface BlameTables {
  /** Stop code to where its faulting address is: parameter number 1 to 4, as an instruction address or as the address of an exception record. */
  readonly addressParameters: ReadonlyMap<
    number,
    { readonly parameter: 1 | 2 | 3 | 4; readonly is: 'instruction' | 'exception-record' | 'data' | 'driver-object' }
  >;
  /** Windows' own modules, lower-case file names: not named when a third party's stands in the stack. */
  readonly windowsModules: ReadonlySet<string>;
}

/** Which module a dump points at, and on what that rests. */
export interface Blame {
  readonly module: DumpModule;
  readonly offset: bigint;
  readonly address: bigint;
  /** `parameter`: the stop's own address; `exception`: the exception record; `stack`: first third-party module of the stack; `noted`: the kernel's own note. */
  readonly from: 'parameter' | 'exception' | 'stack' | 'noted';
  /** `strong`: the faulting address lies in it; `weak`: only the stack (may be stale or a victim). */
  readonly certainty: 'strong' | 'weak';
  readonly thirdParty: boolean;
  /** The address lies where a driver was before it was unloaded: `module` is that driver, without checksum and stamp. */
  readonly unloaded?: true;
  /** Other third-party modules of the stack, nearest first. */
  readonly others: readonly string[];
}
