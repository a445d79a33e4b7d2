/** Most damages told of one log: enough to see what is wrong, little enough for a report. */
export const MAX_DAMAGES = 64;

/** Bytes read to decide never-used and clean: both restart pages for system pages up to half of it. */
export const RESTART_WINDOW_BYTES = 32 * 1024;

/** Largest system page looked for. Windows uses 4096; 16384 is the largest page of a processor it ever ran on with room left. */
export const MAX_SYSTEM_PAGE_BYTES = RESTART_WINDOW_BYTES / 2;

/** Largest log page. Windows uses 4096; a larger one would make the tail pages of version 2.0 (32) cost more than 2 MiB. */
export const MAX_LOG_PAGE_BYTES = 64 * 1024;

/** Largest log: `chkdsk /L` takes kilobytes as a 32-bit number, LFS itself stays at or below 4 GiB. */
export const MAX_LOG_BYTES = 4 * 1024 ** 3;

/** Longest client data of one record: two 16-bit lengths, an LCN list with a 16-bit count and the header, rounded up. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** Log pages kept in memory (1 MiB of 4 KiB pages): a small pending range is judged again without reading again. */
export const CACHED_PAGES = 256;

/** Log pages read at once. */
export const PAGES_PER_READ = 8;

/** Pages behind the end of the log that are looked at for newer records. Windows' transfers seen in logs are at most 19 pages long. */
export const LOOK_AHEAD_PAGES = 32;

/** Opens of attributes remembered; a log of 64 MiB has room for 500,000 but a checkpoint every few seconds starts anew. */
export const MAX_OPENS = 65536;

/** Transactions open at once, and beginnings of undo chains. The table has 16-bit offsets and entries of 40 bytes. */
export const MAX_TRANSACTIONS = 4096;

/** Records of transactions to be rolled back that are remembered. A transaction of Windows has tens of records. */
export const MAX_UNDO_RECORDS = 65536;

/** Ranges of clusters remembered before they are merged, and given up on when merging does not halve them. */
export const MAX_CLUSTER_RANGES = 65536;

/** Records named in one verdict. */
export const MAX_VERDICT_RECORDS = 16;

/** Clients of a log looked at; NTFS is the only one there ever was. */
export const MAX_CLIENTS = 16;
