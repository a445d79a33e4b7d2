/** Damages told through `onDamage`. */
export const MAX_DAMAGES = 1000;
/** Bytes of one folder: 65,536 entries of 32 bytes. @source FAT32 File System Specification 1.03, "Notes relating to FAT directories" */
export const MAX_FOLDER_BYTES = 2 << 20;
/** Clusters of one chain: 4 GiB, the largest file, in clusters of 4 KiB; system partitions have no files of 512 MiB in clusters of 512 bytes. */
export const MAX_CHAIN = 1 << 20;
/** Levels of a path: Windows takes 260 characters, each level has two at least. */
export const MAX_DEPTH = 130;
/** Largest cluster: 64 KiB by the specification with sectors of 512 bytes, 256 KiB with those of 4,096. */
export const MAX_CLUSTER_BYTES = 256 << 10;
/** Largest file: its length has 32 bits. */
export const MAX_FILE_BYTES = 0xffff_ffff;
/** Bytes of the FAT read at once. */
export const TABLE_WINDOW = 4096;
