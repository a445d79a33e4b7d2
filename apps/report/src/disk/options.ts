import type { ReportMeta, ReportOptions } from '../options.ts';
import type { TerminalStyle } from '../terminal-page.ts';

/** How a report of a disk verb was made. */
export interface DiskMeta extends ReportMeta {
  /** When it was made, nanoseconds since 1970; default the time of rendering. */
  readonly madeAt?: bigint;
}

/** Options of a report of a disk verb on a page. */
export interface DiskPageOptions extends ReportOptions, DiskMeta {
  /** Command to name last; without it one that follows from the report. */
  readonly next?: string;
}

/** Options of a report of a disk verb in a terminal. */
export interface DiskTextOptions extends DiskPageOptions, TerminalStyle {
  /** Long lists whole, and what else is of use only to a few. */
  readonly verbose?: boolean;
}

/** Options of a list of files. */
export interface DiskFilesOptions extends DiskTextOptions {
  /** One line with attributes, size and time for each; default the names alone. */
  readonly long?: boolean;
  /** Names of a folder's files, or whole paths (default). */
  readonly names?: 'name' | 'path';
}
