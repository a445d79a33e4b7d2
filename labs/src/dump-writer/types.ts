/** Kind of a dump to write; the names are those of the reader. */
export type WriteKind =
  | 'full'
  | 'kernel'
  | 'triage'
  | 'bitmap'
  | 'live-bitmap'
  | 'kernel-ranges'
  | 'kernel-user-ranges'
  | 'complete-ranges';

/** An image in the kernel. */
export interface WriteModule {
  /** Path as the kernel keeps it; the file name is its last part. */
  readonly path: string;
  readonly base: bigint;
  readonly sizeBytes: number;
  readonly checksum?: number;
  readonly timeDateStamp?: number;
}

/** A driver that was unloaded; small dumps keep 12 characters of its name, as Windows does. */
export interface WriteUnloaded {
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** An exception record (EXCEPTION_RECORD64). */
export interface WriteException {
  readonly code: number;
  readonly flags?: number;
  readonly address: bigint;
  readonly information?: readonly bigint[];
}

/** Bytes at a virtual address. */
export interface WriteMemory {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** Something a dump of whole pages leaves out, by a virtual address it is needed for. */
export type WriteOmission =
  /** The page itself. */
  | { readonly what: 'page'; readonly address: bigint }
  /** The page table of that level (1 is the last). */
  | { readonly what: 'table'; readonly address: bigint; readonly level: number }
  /** The last entry is not present, as Windows leaves it. */
  | { readonly what: 'entry'; readonly address: bigint; readonly as: 'transition' | 'prototype' | 'zero' };

/** A dump to write. What is left out stays unset (`PAGE`) where the format has that. */
export interface WriteDump {
  readonly kind: WriteKind;
  readonly machine?: 'x64' | 'arm64';
  /** Stop code as stored (`0x1000007e`). */
  readonly code: number;
  readonly parameters?: readonly [bigint, bigint, bigint, bigint];
  readonly systemTime?: bigint;
  readonly upTime?: bigint;
  readonly build?: number;
  readonly processors?: number;
  readonly productType?: number;
  readonly suiteMask?: number;
  readonly bootId?: number;
  readonly attributes?: number;
  readonly comment?: string;
  readonly modules: readonly WriteModule[];
  /** Newest first, at most 50 in dumps of whole pages. */
  readonly unloaded?: readonly WriteUnloaded[];
  /** Small dumps only. */
  readonly brokenDriver?: string;
  readonly instructionPointer?: bigint;
  /** Words of the stack from its top, and where it lies. */
  readonly stack?: readonly bigint[];
  readonly stackPointer?: bigint;
  readonly headerException?: WriteException;
  /** Further memory: an exception record, a driver object. */
  readonly memory?: readonly WriteMemory[];
  /** Levels of the page tables of x64; 4 when not given. */
  readonly levels?: 4 | 5;
  /** Size of the pages the module list lies in; 4 KiB when not given. */
  readonly listPages?: '4 KiB' | '2 MiB' | '1 GiB';
  /** Offset of each list entry in its page; a large one makes entries cross into the next page. */
  readonly entryOffset?: number;
  /** Slots of the ring of unloaded drivers used before: the ring of a dump of whole pages begins anywhere. */
  readonly unloadedBefore?: number;
  readonly omit?: readonly WriteOmission[];
  /** Bytes of a driver entry of a small dump; 0x90 when not given. */
  readonly driverEntryBytes?: number;
}
