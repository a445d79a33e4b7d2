import type { DamageReport } from '@winmedic/bytes';
import { viewOf } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import type { FatDamageCode } from './codes.ts';
import { MAX_CLUSTER_BYTES } from './limits.ts';
import type { FatVolume } from './types.ts';

/** Places and sizes of a volume, in bytes from its beginning unless said. */
export interface FatGeometry {
  readonly kind: FatVolume['kind'];
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  readonly clusters: number;
  /** Beginning and length of one FAT, and how many there are. */
  readonly table: {
    readonly offset: number;
    readonly sizeBytes: number;
    readonly copies: number /** Only this copy is kept. */;
    readonly only: number | undefined;
  };
  /** The root of FAT12 and FAT16. */
  readonly root: { readonly offset: number; readonly sizeBytes: number };
  /** The root of FAT32; 0 else. */
  readonly rootCluster: number;
  /** Cluster 2. */
  readonly data: number;
  /** FSInfo of FAT32; 0: none. */
  readonly info: number;
  readonly label: string;
  readonly serial: number | undefined;
}

/** Bytes of a boot sector that are looked at. */
const BOOT_BYTES = 512;
/** Where FAT32 keeps a copy of the boot sector, when the first is lost and cannot say. @source FAT32 File System Specification 1.03, "BPB_BkBootSec" */
const USUAL_COPY = 6;
/** Fewest clusters of FAT16 and of FAT32. @source ibid., "FAT type determination" */
const LEAST_FAT16 = 4085;
const LEAST_FAT32 = 65_525;
/** Most clusters FAT32 can number. */
const MOST_CLUSTERS = 0x0fff_fff5;

/** Reads the boot sector. @throws {DiskError} FAT_NOT_FAT, FAT_GEOMETRY. */
export function readGeometry(device: BlockDevice, damage: DamageReport<FatDamageCode>): FatGeometry {
  const first = bootAt(device, 0);
  if (first !== undefined) return parse(first, device, damage);
  for (const sectorBytes of [512, 4096]) {
    const copy = bootAt(device, USUAL_COPY * sectorBytes);
    // Only FAT32 has a copy; another sector with these marks is part of a file.
    if (copy === undefined || copy.getUint16(22, true) !== 0 || copy.getUint16(11, true) !== sectorBytes) continue;
    damage('FAT_BOOT', 0, 'boot sector');
    return parse(copy, device, damage);
  }
  throw new DiskError('FAT_NOT_FAT', 'boot sector');
}

/** A boot sector with the marks of FAT; `undefined` when there is none. */
function bootAt(device: BlockDevice, offset: number): DataView | undefined {
  const bytes = new Uint8Array(BOOT_BYTES);
  if (device.readAt(offset, bytes) < BOOT_BYTES) return undefined;
  const view = viewOf(bytes);
  const jump = bytes[0] === 0xeb || bytes[0] === 0xe9;
  const sector = view.getUint16(11, true);
  const fats = bytes[16]!;
  const right = jump && view.getUint16(510, true) === 0xaa55 && [512, 1024, 2048, 4096].includes(sector) && fats >= 1 && fats <= 8;
  // NTFS has the same marks and no FAT.
  return right && (view.getUint16(22, true) !== 0 || view.getUint32(36, true) !== 0) && view.getUint16(14, true) !== 0 ? view : undefined;
}

function parse(boot: DataView, device: BlockDevice, damage: DamageReport<FatDamageCode>): FatGeometry {
  const impossible = (what: string, have: number): never => {
    throw new DiskError('FAT_GEOMETRY', what, { have });
  };
  const sectorBytes = boot.getUint16(11, true);
  const perCluster = boot.getUint8(13);
  const clusterBytes = sectorBytes * perCluster;
  if (perCluster === 0 || (perCluster & (perCluster - 1)) !== 0 || clusterBytes > MAX_CLUSTER_BYTES)
    impossible('sectors of a cluster', perCluster);
  const reserved = boot.getUint16(14, true);
  const copies = boot.getUint8(16);
  const rootBytes = boot.getUint16(17, true) * 32;
  const sectors = boot.getUint16(19, true) || boot.getUint32(32, true);
  // A volume with few clusters may have been made FAT32 all the same: as Windows does, the field tells.
  const isFat32 = boot.getUint16(22, true) === 0;
  const tableSectors = boot.getUint16(22, true) || boot.getUint32(36, true);
  if (isFat32 === rootBytes > 0) impossible('entries of the root', rootBytes / 32);
  const rootSectors = Math.ceil(rootBytes / sectorBytes);
  const before = reserved + copies * tableSectors + rootSectors;
  const clusters = Math.floor((sectors - before) / perCluster);
  if (clusters < 1 || clusters > MOST_CLUSTERS || (!isFat32 && clusters >= LEAST_FAT32)) impossible('clusters', clusters);
  const kind = isFat32 ? 'FAT32' : clusters >= LEAST_FAT16 ? 'FAT16' : 'FAT12';
  const tableBytes = tableSectors * sectorBytes;
  const described = Math.floor((tableBytes * 8) / (kind === 'FAT32' ? 32 : kind === 'FAT16' ? 16 : 12)) - 2;
  if (described < 1) impossible('sectors of a FAT', tableSectors);
  if (described < clusters) damage('FAT_SHORT', reserved * sectorBytes, 'FAT', clusters, described);
  if (sectors * sectorBytes > device.sizeBytes) damage('FAT_SHORT', device.sizeBytes, 'volume', sectors * sectorBytes, device.sizeBytes);
  const flags = isFat32 ? boot.getUint16(40, true) : 0;
  const only = (flags & 0x80) === 0 ? undefined : flags & 0xf;
  if (only !== undefined && only >= copies) impossible('active FAT', only);
  const extended = isFat32 ? 66 : 38;
  const hasLabel = boot.getUint8(extended) === 0x29;
  const info = isFat32 ? boot.getUint16(48, true) : 0;
  const root = (reserved + copies * tableSectors) * sectorBytes;
  return {
    kind,
    sectorBytes,
    clusterBytes,
    clusters: Math.min(clusters, described),
    table: { offset: reserved * sectorBytes, sizeBytes: tableBytes, copies, only },
    root: { offset: root, sizeBytes: rootBytes },
    rootCluster: isFat32 ? boot.getUint32(44, true) & 0x0fff_ffff : 0,
    data: root + rootSectors * sectorBytes,
    info: info === 0 || info === 0xffff || info >= reserved ? 0 : info * sectorBytes,
    label: hasLabel ? latin1(boot, extended + 5, 11).trimEnd() : '',
    serial: hasLabel ? boot.getUint32(extended + 1, true) : undefined,
  };
}

/** One character for each byte: the code page is noted nowhere on the volume. */
export function latin1(view: DataView, at: number, length: number): string {
  let text = '';
  for (let i = at; i < at + length; i++) text += String.fromCharCode(view.getUint8(i));
  return text;
}
