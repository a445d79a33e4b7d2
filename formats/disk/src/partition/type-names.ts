/*
 * Names of partition types.
 * @source GPT: PARTITION_INFORMATION_GPT and DiskPart `set id` (learn.microsoft.com); UEFI Specification 5.3.3 (EFI system); Storage Spaces: gdisk's and
 * Linux's tables, not in Microsoft's documentation; Linux: uapi-group "Discoverable Partitions Specification".
 * MBR: "Partition Types" (Andries Brouwer's list), DiskPart `set id` for 0x42, "Windows and GPT FAQ" for 0xEE.
 */

/** GPT types by GUID in lower case. */
const GPT_NAMES: ReadonlyMap<string, string> = new Map([
  ['{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}', 'EFI system'],
  ['{e3c9e316-0b5c-4db8-817d-f92df00215ae}', 'Microsoft reserved'],
  ['{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}', 'Basic data'],
  ['{de94bba4-06d1-4d40-a16a-bfd50179d6ac}', 'Windows recovery'],
  ['{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}', 'LDM metadata'],
  ['{af9b60a0-1431-4f62-bc68-3311714a69ad}', 'LDM data'],
  ['{e75caf8f-f680-4cee-afa3-b001e56efc2d}', 'Storage Spaces'],
  ['{db97dba9-0840-4bae-97f0-ffb9a327c7e1}', 'Cluster metadata'],
  ['{024dee41-33e7-11d3-9d69-0008c781f39f}', 'MBR partition scheme'],
  ['{21686148-6449-6e6f-744e-656564454649}', 'BIOS boot'],
  ['{0fc63daf-8483-4772-8e79-3d69d8477de4}', 'Linux filesystem'],
  ['{0657fd6d-a4ab-43c4-84e5-0933c84b4f4f}', 'Linux swap'],
  ['{e6d6d379-f507-44c2-a23c-238f2a3df928}', 'Linux LVM'],
  ['{a19d880f-05fc-4d3b-a006-743f0f84911e}', 'Linux RAID'],
]);

/** MBR types. */
const MBR_NAMES: ReadonlyMap<number, string> = new Map([
  [0x01, 'FAT12'],
  [0x04, 'FAT16'],
  [0x05, 'Extended'],
  [0x06, 'FAT16'],
  [0x07, 'NTFS or exFAT'],
  [0x0b, 'FAT32'],
  [0x0c, 'FAT32'],
  [0x0e, 'FAT16'],
  [0x0f, 'Extended'],
  [0x11, 'Hidden FAT12'],
  [0x12, 'OEM'],
  [0x14, 'Hidden FAT16'],
  [0x16, 'Hidden FAT16'],
  [0x17, 'Hidden NTFS'],
  [0x1b, 'Hidden FAT32'],
  [0x1c, 'Hidden FAT32'],
  [0x1e, 'Hidden FAT16'],
  [0x27, 'Windows recovery'],
  [0x42, 'LDM data'],
  [0x82, 'Linux swap'],
  [0x83, 'Linux filesystem'],
  [0x84, 'Hibernation'],
  [0x85, 'Extended'],
  [0x8e, 'Linux LVM'],
  [0xee, 'GPT protective'],
  [0xef, 'EFI system'],
  [0xfd, 'Linux RAID'],
]);

/** Members of a dynamic disk group: LDM metadata and data. */
export const LDM_TYPES: ReadonlySet<string> = new Set([
  '{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}',
  '{af9b60a0-1431-4f62-bc68-3311714a69ad}',
  '0x42',
]);

/** Member of a Storage Spaces pool. */
export const STORAGE_SPACES_TYPE = '{e75caf8f-f680-4cee-afa3-b001e56efc2d}';

/** Name of a GPT type. @param guid `{...}` in lower case. */
export function gptTypeName(guid: string): string {
  return GPT_NAMES.get(guid) ?? 'Unknown';
}

/** Name of an MBR type. */
export function mbrTypeName(type: number): string {
  return MBR_NAMES.get(type) ?? 'Unknown';
}
