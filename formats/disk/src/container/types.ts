import type { ByteSource, Damage } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';

/** What a file is: a raw image, or a container of a virtual disk. `qcow2` and `vmdk` are recognised only; they are read through outside tools. */
export type ContainerKind = 'raw' | 'vhd' | 'vhdx' | 'qcow2' | 'vmdk';

/** Where the parent of a differencing disk is said to be. */
export interface ParentReference {
  /** Absolute and relative paths, file names, as written in the container (backslashes), best first. */
  readonly paths: readonly string[];
  /** Identity the parent must have: VHD unique id, VHDX DataWriteGuid (`{...}`); a VHDX may name a second one (parent_linkage2). */
  readonly ids: readonly string[];
}

/** What is known of an opened container. */
export interface ContainerInfo {
  readonly kind: 'vhd' | 'vhdx';
  readonly variant: 'fixed' | 'dynamic' | 'differencing';
  /** Virtual size, block size, logical sector size. */
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly sectorBytes: number;
  /** VHD unique id or VHDX DataWriteGuid: what a child refers to. That of a VHDX changes with the first write: its children no longer accept it then. */
  readonly id: string;
  /** Parent reference of a differencing disk. */
  readonly parent?: ParentReference;
  /** VHDX log: `clean` (no log GUID), `replayed` (entries were laid over the file in memory), `none` for VHD. */
  readonly log: 'none' | 'clean' | 'replayed';
}

/** A virtual disk. Writable when the file below is; blocks that are not there yet are added at the end of the file. */
export interface Container extends BlockDevice {
  readonly info: ContainerInfo;
}

/** Options of opening a container. */
export interface ContainerOptions {
  readonly onDamage?: (damage: Damage) => void;
  /**
   * Opens the parent of a differencing disk, itself a whole virtual disk (raw bytes of the disk, with an `id` to compare). Absent or undefined: CONTAINER_PARENT.
   */
  readonly openParent?: (reference: ParentReference) => (ByteSource & { readonly id: string }) | undefined;
  /** 16 random bytes for new VHDX FileWriteGuid and DataWriteGuid when something is written. Needed for writing a VHDX only. */
  readonly randomGuid?: () => Uint8Array;
}
