/** How the virtual disk lies in its file. */
export type DiskVariant = 'fixed' | 'dynamic' | 'differencing';

/** Parent of a differencing VHD. */
export interface VhdParent {
  /** Unique id, 16 bytes as stored. */
  readonly id: Uint8Array;
  /** File name for the header, and paths for the locators W2ru, W2ku and MacX; a path that is absent gets no locator. */
  readonly name: string;
  readonly relative?: string;
  readonly absolute?: string;
  readonly url?: string;
  /** Seconds since 2000-01-01 UTC; default 0. */
  readonly timeStamp?: number;
}

/** A VHD to be written. */
export interface WriteVhd {
  readonly variant: DiskVariant;
  /** Bytes of the virtual disk, whole sectors of 512 bytes. For a differencing disk only the {@link present} ones count. */
  readonly disk: Uint8Array;
  /** Default 2 MiB. */
  readonly blockBytes?: number;
  /** Unique id, 16 bytes; default 0x11 each. */
  readonly id?: Uint8Array;
  readonly parent?: VhdParent;
  /** Differencing: whether a sector of the disk is in this file. Default: those that are not all zero. */
  readonly present?: (sector: number) => boolean;
  /** The machine is in saved state. */
  readonly savedState?: boolean;
}

/** Parent of a differencing VHDX: pairs of its locator. */
export interface VhdxParent {
  /** DataWriteGuid of the parent as `{...}`. */
  readonly linkage: string;
  readonly linkage2?: string;
  readonly relative?: string;
  readonly volume?: string;
  readonly absolute?: string;
}

/** A write of the log: 4096 bytes at an offset of the file, or zeros. */
export type LogWrite = { readonly offset: number; readonly data: Uint8Array } | { readonly offset: number; readonly zeroBytes: number };

/** An entry of the log. */
export interface WriteLogEntry {
  readonly sequence: bigint;
  /** Offset in the log of the oldest entry that still counts. */
  readonly tail: number;
  readonly writes: readonly LogWrite[];
  readonly flushedBytes: number;
  readonly lastBytes: number;
}

/** A VHDX to be written. */
export interface WriteVhdx {
  readonly variant: DiskVariant;
  /** Bytes of the virtual disk, whole sectors. For a differencing disk only the {@link present} ones count. */
  readonly disk: Uint8Array;
  /** Default 1 MiB. */
  readonly blockBytes?: number;
  /** Logical sector size, default 512. */
  readonly sectorBytes?: 512 | 4096;
  /** 16 bytes each; defaults 0x21, 0x22 and 0x23. */
  readonly fileWriteGuid?: Uint8Array;
  readonly dataWriteGuid?: Uint8Array;
  readonly diskId?: Uint8Array;
  readonly parent?: VhdxParent;
  /** Differencing: whether a sector of the disk is in this file. Default: those that are not all zero. */
  readonly present?: (sector: number) => boolean;
  /** State of an absent block in the table: 0 not present (default), 1 undefined, 2 zero, 3 unmapped. */
  readonly absentState?: (block: number) => number;
  /**
   * The block allocation table only in the log, as after a power cut: in the file it is what `in` says, all zero or all other bits. The log begins at
   * `at` (default 0) and is split into `entries` (default 1), with an older sequence left over in front when `stale`.
   */
  readonly pending?: { readonly in: 'zero' | 'garbage'; readonly at?: number; readonly entries?: number; readonly stale?: boolean };
  /** Further regions and metadata items: id as 16 bytes, required or not. */
  readonly extraRegion?: { readonly id: Uint8Array; readonly required: boolean };
  readonly extraItem?: { readonly id: Uint8Array; readonly required: boolean };
}
