/** How a disk is divided. `none`: a volume without a partition table (a "superfloppy", a copied volume). */
export type PartitionScheme = 'gpt' | 'mbr' | 'none';

/** One partition. */
export interface Partition {
  /** 1-based, as tools number them (GPT: slot; MBR: primary slot, logical ones from 5 on). */
  readonly number: number;
  /** First byte and length on the disk. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** GPT: type GUID `{...}` lower case. MBR: `0x07`. */
  readonly type: string;
  /** Name of the type in the field's words (`Basic data`, `EFI system`, `Microsoft reserved`, `Windows recovery`, `LDM data`, `Storage Spaces` …). */
  readonly typeName: string;
  /** GPT: unique partition GUID and name. */
  readonly id?: string;
  readonly name?: string;
  /** GPT attribute bits, or MBR active flag 0x80. */
  readonly attributes: bigint;
}

/** A partition table that was read. */
export interface PartitionTable {
  readonly scheme: PartitionScheme;
  readonly sectorBytes: number;
  /** GPT disk GUID `{...}`, or MBR signature `0x12345678`. */
  readonly diskId?: string;
  readonly partitions: readonly Partition[];
  /** GPT only: which header the table was taken from; both should be whole and equal. */
  readonly copies?: { readonly primary: 'ok' | 'damaged' | 'differs'; readonly backup: 'ok' | 'damaged' | 'differs' | 'missing' };
  /** The MBR in front of a GPT also names real partitions. */
  readonly hybrid: boolean;
  /** Not a plain disk: a member of an LDM (dynamic) disk group or of a Storage Spaces pool. Volumes on it may span disks; writes are refused. */
  readonly composite?: 'dynamic' | 'storage-spaces';
}

/** What the first sectors of a volume say it is. */
export type VolumeKind = 'ntfs' | 'bitlocker' | 'fat' | 'exfat' | 'refs' | 'linux' | 'empty' | 'unknown';
