import { parseGuid } from '@winmedic/bytes';
import { describe, expect, it } from 'vitest';
import { recogniseVolume, type VolumeKind } from '../index.ts';

/** The first 4 KiB of a volume with texts and bytes at places. */
function head(...parts: readonly (readonly [number, string | readonly number[] | Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(4096);
  for (const [at, part] of parts) bytes.set(typeof part === 'string' ? Uint8Array.from(part, (char) => char.charCodeAt(0)) : part, at);
  return bytes;
}

const MARK = [510, [0x55, 0xaa]] as const;
const FAT_BPB = [
  [0, [0xeb, 0x3c, 0x90]],
  [3, 'MSDOS5.0'],
  [11, [0x00, 0x02, 4, 1, 0, 2, 0, 2, 0, 0x80, 0xf8]],
] as const;

describe('the kind of a volume', () => {
  const cases: readonly (readonly [string, VolumeKind, Uint8Array])[] = [
    ['NTFS', 'ntfs', head([0, [0xeb, 0x52, 0x90]], [3, 'NTFS    '], MARK)],
    ['BitLocker of Vista', 'bitlocker', head([0, [0xeb, 0x52, 0x90]], [3, '-FVE-FS-'], MARK)],
    ['BitLocker', 'bitlocker', head([0, [0xeb, 0x58, 0x90]], [3, '-FVE-FS-'], [82, 'FAT32   '], MARK)],
    [
      'BitLocker To Go',
      'bitlocker',
      head(...FAT_BPB, [3, 'MSWIN4.1'], [82, 'FAT32   '], [424, parseGuid('{4967d63b-2e29-4ad8-8399-f6a339e3d001}')!], MARK),
    ],
    ['FAT made by Windows 95', 'fat', head(...FAT_BPB, [3, 'MSWIN4.1'], [82, 'FAT32   '], MARK)],
    ['FAT16', 'fat', head(...FAT_BPB, [54, 'FAT16   '], MARK)],
    ['exFAT', 'exfat', head([3, 'EXFAT   '], MARK)],
    ['ReFS', 'refs', head([3, 'ReFS'], [16, 'FSRS'])],
    ['ext4', 'linux', head([1080, [0x53, 0xef]], [1048, [2]])],
    ['LUKS', 'linux', head([0, 'LUKS\xba\xbe'])],
    ['LVM', 'linux', head([512, 'LABELONE'], [536, 'LVM2 001'])],
    ['zeros', 'empty', head()],
    ['something else', 'unknown', head([0, 'SQLite format 3'])],
    ['a master boot record', 'unknown', head([0, [0x33, 0xc0, 0x8e, 0xd0]], MARK)],
    ['FAT without FATs', 'unknown', head(...FAT_BPB, [16, [0]], [54, 'FAT16   '], MARK)],
    ['FAT with a cluster of 3 sectors', 'unknown', head(...FAT_BPB, [13, [3]], [54, 'FAT16   '], MARK)],
  ];

  it.each(cases)('%s', (_, kind, bytes) => {
    expect(recogniseVolume(bytes)).toBe(kind);
  });

  it.each(cases)('%s: any shorter beginning is no error', (_, kind, bytes) => {
    for (let length = 0; length < 1200; length += 7) {
      const short = recogniseVolume(bytes.subarray(0, length));
      expect([kind, 'unknown', 'empty', 'fat']).toContain(short);
    }
  });
});
