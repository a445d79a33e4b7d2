/** Codes of errors thrown by `partition/`: none, a disk without any table is a table without partitions and a damage. */
export const PARTITION_ERROR_CODES = [] as const;

/** Codes of damages reported by `partition/`. */
export const PARTITION_DAMAGE_CODES = [
  'PARTITION_NOT_FOUND',
  'PARTITION_SECTOR_SIZE',
  'PARTITION_PROTECTIVE',
  'PARTITION_GPT_COPY',
  'PARTITION_GPT_DIFFER',
  'PARTITION_GPT_PLACE',
  'PARTITION_GPT_LOST',
  'PARTITION_GPT_STALE',
  'PARTITION_TRUNCATED',
  'PARTITION_ENTRY',
  'PARTITION_BEYOND',
  'PARTITION_OVERLAP',
  'PARTITION_EXTENDED',
  'PARTITION_LDM',
] as const;

/** Code of a damage of a partition table. */
export type PartitionDamageCode = (typeof PARTITION_DAMAGE_CODES)[number];
