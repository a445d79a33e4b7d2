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

/**
 * A journal read back: header, plan with old and new bytes, verified against their SHA-256. The bytes of a change are read from the store each time `old` or
 * `new` is asked for (and verified again, JOURNAL_DAMAGED), so that a journal of any size needs the memory of one change: take each once.
 */
export interface Journal {
  readonly header: JournalHeader;
  readonly plan: BlockPlan;
  readonly state: JournalState;
  /** Bytes of all stretches: what is read to compare and at most written. */
  readonly bytes: number;
  /** Digest over header and changes, 32 bytes: which journal this is; and where its state records begin in the store. */
  readonly seal: { readonly digest: Uint8Array; readonly end: number };
}

/** Digest handed in, so that this package stays free of Node: SHA-256 of the bytes, 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

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

/** How the disk stands to a journal, with the place that decides. */
export interface DiskComparison {
  readonly state: DiskState;
  /** Bytes that hold their old and their new value, where these differ (a size counts as one); 0 and 0 when nothing differs. Counted up to a foreign byte. */
  readonly old: number;
  readonly new: number;
  /** `foreign`: first byte that is neither old nor new (or the size of the disk, when that is neither). `torn`: first byte that is still old. */
  readonly place?: { readonly offset: number; readonly change?: number };
}

/** What is being done, for a progress display: bytes of all changes done and to do in this step. */
export interface JournalProgress {
  readonly step: 'compare' | 'write' | 'verify';
  readonly done: number;
  readonly total: number;
}

/** Options of {@link applyJournal}, {@link undoJournal} and {@link finishJournal}. */
export interface JournalOptions {
  readonly sha256: Sha256;
  readonly onProgress?: (progress: JournalProgress) => void;
  /** Asked while comparing. Once the first byte is being written nothing stops it any more: a half written disk helps nobody. */
  readonly signal?: { readonly aborted: boolean };
}

/** What was done. */
export interface JournalResult {
  /** Nothing had to be written: the disk was already as wanted. */
  readonly already: boolean;
  /** Changes and bytes written to the disk. */
  readonly changes: number;
  readonly bytes: number;
}
