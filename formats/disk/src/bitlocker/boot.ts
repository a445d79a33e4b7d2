import { formatGuid, readUpTo, viewOf } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import type { BitLockerVolume } from './types.ts';

/**
 * BitLocker's identifiers in the volume header: the usual one, and that of a volume whose used space is still being encrypted.
 * @source libyal BDE format, "Overview", where the second stands for used space only; cryptsetup's sample volumes have it only while encryption is not finished.
 */
const BITLOCKER_GUID = '{4967d63b-2e29-4ad8-8399-f6a339e3d001}';
const ENCRYPT_ON_WRITE_GUID = '{92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8}';

const HEADER_BYTES = 512;
const GUID_AT = 160;
const TO_GO_GUID_AT = 424;

/** First sector of a BitLocker volume. @source libyal BDE format, "Volume header" */
export interface VolumeHeader {
  readonly version: BitLockerVolume['version'];
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  /** Where the metadata copies are said to be; Vista's header names the first only. */
  readonly copies: readonly number[];
  /** Encryption on write has not ended: which sectors are encrypted stands in bitmaps that nobody described. */
  readonly encryptOnWrite: boolean;
}

function signature(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, i) => bytes[3 + i] === letter.charCodeAt(0));
}

/** Offset as a number; one that no volume can have becomes -1. */
export function offsetOf(value: bigint): number {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : -1;
}

/**
 * Reads the first sector.
 * @throws {DiskError} BITLOCKER_SIGNATURE for anything else than a BitLocker volume; BITLOCKER_VERSION for one with an unknown identifier or sector size.
 */
export function readVolumeHeader(device: BlockDevice): VolumeHeader {
  const bytes = readUpTo(device, 0, HEADER_BYTES);
  if (bytes.length < HEADER_BYTES) throw new DiskError('BITLOCKER_SIGNATURE', 'volume header', { need: HEADER_BYTES, have: bytes.length });
  const view = viewOf(bytes);
  const toGo = signature(bytes, 'MSWIN4.1');
  if (!toGo && !signature(bytes, '-FVE-FS-')) throw new DiskError('BITLOCKER_SIGNATURE', 'volume header signature', { offset: 3 });

  const sectorBytes = view.getUint16(11, true);
  const clusterBytes = sectorBytes * bytes[13]!;
  const sized = sectorBytes >= 512 && sectorBytes <= 4096 && (sectorBytes & (sectorBytes - 1)) === 0;
  const wrongSector = (): DiskError =>
    new DiskError('BITLOCKER_VERSION', 'bytes per sector', { offset: 11, need: '512..4096', have: sectorBytes });

  const at = toGo ? TO_GO_GUID_AT : GUID_AT;
  const guid = formatGuid(bytes, at);
  if (guid === BITLOCKER_GUID || guid === ENCRYPT_ON_WRITE_GUID) {
    if (!sized) throw wrongSector();
    return {
      version: toGo ? 'to-go' : '7',
      sectorBytes,
      clusterBytes,
      copies: [16, 24, 32].map((behind) => offsetOf(view.getBigUint64(at + behind, true))),
      encryptOnWrite: guid === ENCRYPT_ON_WRITE_GUID,
    };
  }
  // A FAT32 volume made by Windows 9x has the same signature and no identifier.
  if (toGo) throw new DiskError('BITLOCKER_SIGNATURE', 'BitLocker identifier', { offset: at });
  // Vista kept NTFS's jump instruction and header, with the first copy in place of the mirror of the master file table.
  if (bytes[1] !== 0x52) throw new DiskError('BITLOCKER_VERSION', 'BitLocker identifier', { offset: at, have: guid });
  if (!sized || clusterBytes === 0) throw wrongSector();
  const copy = offsetOf(view.getBigUint64(56, true) * BigInt(clusterBytes));
  return { version: 'vista', sectorBytes, clusterBytes, copies: [copy], encryptOnWrite: false };
}
