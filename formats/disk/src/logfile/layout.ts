/**
 * Offsets of the structures of `$LogFile`. Source of all that is not marked otherwise: Linux-NTFS documentation, "File - $LogFile (2)". What is
 * marked "observed" is not in it and was read out of logs of Windows 7 and 10.
 */

/** Multi-sector header: signature 0, offset of the update sequence array 4, its count 6. */
export const PAGE = { usaOffset: 4, usaCount: 6 } as const;

/** Bytes protected by one entry of the update sequence array, whatever the sector size. */
export const STRIDE = 512;

/** LFS_RESTART_PAGE. */
export const RESTART_PAGE = { systemPageBytes: 0x10, logPageBytes: 0x14, areaOffset: 0x18, minor: 0x1a, major: 0x1c, end: 0x1e } as const;

/** LFS_RESTART_AREA. */
export const RESTART_AREA = {
  currentLsn: 0x00,
  clients: 0x08,
  inUse: 0x0c,
  flags: 0x0e,
  sequenceBits: 0x10,
  length: 0x14,
  clientOffset: 0x16,
  fileBytes: 0x18,
  recordHeader: 0x24,
  dataOffset: 0x26,
  end: 0x28,
} as const;

/** Flag of the restart area: cleanly dismounted. */
export const CLEAN_DISMOUNT = 0x0002;

/** No client. */
export const NO_CLIENT = 0xffff;

/** LFS_CLIENT_RECORD; the name is counted in bytes. */
export const CLIENT = { oldestLsn: 0x00, restartLsn: 0x08, next: 0x12, nameBytes: 0x1c, name: 0x20, end: 0xa0 } as const;

/** LFS_RECORD_PAGE. `tailTarget`: file offset a tail page of version 2.0 belongs to (observed; in 1.1 it stands in `lastLsn`). */
export const RECORD_PAGE = { lastLsn: 0x08, lastEndLsn: 0x20, tailTarget: 0x3c, end: 0x40 } as const;

/** Pages between the restart pages and the records: 2 in version 1.1, 32 in version 2.0 (observed; also described in public write-ups as 2 + 32 + n). */
export const TAIL_PAGES = { packed: 2, fast: 32 } as const;

/** LFS_RECORD. */
export const RECORD = {
  thisLsn: 0x00,
  previousLsn: 0x08,
  undoNextLsn: 0x10,
  dataBytes: 0x18,
  clientIndex: 0x1e,
  type: 0x20,
  transaction: 0x24,
  header: 0x30,
} as const;

/** Record types. */
export const RECORD_TYPE = { client: 1, restart: 2 } as const;

/** NTFS_LOG_RECORD, from the start of the client data. */
export const NTFS_RECORD = {
  redo: 0x00,
  undo: 0x02,
  redoOffset: 0x04,
  redoBytes: 0x06,
  undoOffset: 0x08,
  undoBytes: 0x0a,
  target: 0x0c,
  lcnCount: 0x0e,
  recordOffset: 0x10,
  attributeOffset: 0x12,
  clusterBlock: 0x14,
  vcn: 0x18,
  lcns: 0x20,
} as const;

/** RESTART_AREA of the client NTFS: the checkpoint. Lengths are 32-bit. */
export const CHECKPOINT = {
  major: 0x00,
  minor: 0x04,
  start: 0x08,
  attributesLsn: 0x10,
  namesLsn: 0x18,
  dirtyLsn: 0x20,
  transactionsLsn: 0x28,
  attributesBytes: 0x30,
  namesBytes: 0x34,
  dirtyBytes: 0x38,
  transactionsBytes: 0x3c,
  end: 0x40,
} as const;

/** RESTART_TABLE: entry size 0, entries 2; entries follow. */
export const TABLE = { entryBytes: 0x00, entries: 0x02, header: 0x18 } as const;

/** First field of an entry that is in use. */
export const ALLOCATED = 0xffffffff;

/** OPEN_ATTRIBUTE_ENTRY: client 1.0 (64-bit Windows) and client 0.0 (32-bit). Target offsets of records are byte offsets into the table in both (observed). */
export const OPEN_ATTRIBUTE = {
  wide: { bytes: 0x28, indexBytes: 0x04, type: 0x08, reference: 0x10, openLsn: 0x18 },
  narrow: { bytes: 0x2c, indexBytes: 0x28, type: 0x1c, reference: 0x08, openLsn: 0x10 },
} as const;

/** DIRTY_PAGE_ENTRY: offset of the oldest LSN and smallest size. */
export const DIRTY_PAGE = { wide: { bytes: 0x20, oldestLsn: 0x18 }, narrow: { bytes: 0x24, oldestLsn: 0x1c } } as const;

/** TRANSACTION_ENTRY. */
export const TRANSACTION = { bytes: 0x20, state: 0x04, firstLsn: 0x08, previousLsn: 0x10, committed: 3 } as const;

/** ATTRIBUTE_NAME_ENTRY: offset in the open attribute table 0, bytes of the name 2, name 4, then a zero character. */
export const ATTRIBUTE_NAME = { target: 0x00, nameBytes: 0x02, name: 0x04 } as const;

/** BITMAP_RANGE: first bit, counted from the target VCN (observed), and number of bits. */
export const BITMAP_RANGE = { first: 0x00, bits: 0x04, bytes: 0x08 } as const;

/** Unit of the cluster block offset, whatever the sector size. */
export const BLOCK_BYTES = 512;
