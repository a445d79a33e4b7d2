import type { BlockPlan } from '../block/types.ts';

/** Where a journal is kept: a file. Appended to, never rewritten. */
export interface JournalStore {
  readonly sizeBytes: number;
  readAt(offset: number, into: Uint8Array): number;
  append(bytes: Uint8Array): void;
  /** fsync of the file, and of its folder the first time. */
  flush(): void;
}

/** What a journal says about itself besides the blocks; plain data that may be printed. */
export interface JournalHeader {
  /** What was to be done, in the words of the command line ("repair --for crowdstrike-291"); no secrets. */
  readonly purpose: string;
  /** Path or name of the disk as given. */
  readonly disk: string;
  /** Identity of the disk: GPT disk GUID, MBR signature, VHDX data-write GUID, volume serial … as `name=value`. */
  readonly identity: readonly string[];
  /** When it was made (ISO 8601, UTC). */
  readonly madeAt: string;
  /** More for people: renamed files, edited values, as plain data. */
  readonly actions: readonly unknown[];
}

/** How far a journal came, by its last whole state record. */
export type JournalState = 'planned' | 'applied' | 'undone';

/** A journal read back: header, plan with old and new bytes, verified against their SHA-256. */
export interface Journal {
  readonly header: JournalHeader;
  readonly plan: BlockPlan;
  readonly state: JournalState;
}

/** How the disk stands to a journal. */
export type DiskState =
  /** Every stretch holds its old bytes. */
  | 'untouched'
  /** Every stretch holds its new bytes. */
  | 'changed'
  /** Every byte of every stretch is its old or its new one: a write was interrupted. Undo or finish. */
  | 'torn'
  /** Something else wrote there: nothing may be undone automatically. */
  | 'foreign';
