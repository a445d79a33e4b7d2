import type { TouchedBlock } from '../logfile/types.ts';

/** What an edit is going to change, in NTFS's terms, before anything is written: shown to the operator and judged against the log. */
export interface EditPreview {
  readonly blocks: readonly TouchedBlock[];
  /** Lines of plain data for the report. */
  readonly changes: readonly EditChange[];
}

/** One change in the words of the file system. */
export type EditChange =
  | {
      readonly kind: 'rename';
      readonly path: string;
      readonly record: number;
      readonly from: string;
      readonly to: string;
      readonly nameSpace: number;
      /** Entries of the index node that holds the name, as before the edit: a rename never changes it. */
      readonly nodeEntries: number;
    }
  | { readonly kind: 'data'; readonly path: string; readonly record: number; readonly offset: number; readonly length: number }
  | {
      readonly kind: 'grow';
      readonly path: string;
      readonly record: number;
      readonly from: number;
      readonly to: number;
      readonly clusters: number;
    }
  | { readonly kind: 'dirty'; readonly from: boolean; readonly to: boolean }
  | { readonly kind: 'log-reset'; readonly bytes: number };

/** A finding of the consistency check of a volume. */
export interface CheckFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly what: string;
  /** Record the finding is about. */
  readonly record?: number;
  readonly offset?: number;
  readonly need?: number | string;
  readonly have?: number | string;
}

/** What a consistency check looked at and found. */
export interface CheckResult {
  readonly records: number;
  readonly directories: number;
  readonly entries: number;
  readonly clustersUsed: number;
  readonly findings: readonly CheckFinding[];
}

/** Options of a consistency check. */
export interface CheckOptions {
  /** False: boot sector, $MFTMirr, every record, attribute and cluster, but no directory trees. Default true. */
  readonly deep?: boolean;
  /** Called now and then with how much of `total` steps is done. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Looked at between steps: the check ends early with a finding CHECK_STOPPED. */
  readonly signal?: { readonly aborted: boolean };
}

/** Options of a file that is made longer. */
export interface GrowOptions {
  /** True for clusters that must not be taken (a pending log record allocates or frees them). */
  readonly avoid?: (lcn: number, clusters: number) => boolean;
}
