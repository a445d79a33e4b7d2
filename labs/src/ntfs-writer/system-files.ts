import { encodeUtf16 } from '@winmedic/bytes';
import { TYPE } from './attribute.ts';
import { UP_CASE } from './names.ts';
import { viewOf } from './numbers.ts';
import { OPEN_DESCRIPTOR, type SecureStreams, secureStreams } from './secure.ts';
import { type InRecord, type Medium, resident, type Stored, storeBytes } from './stream.ts';
import { SYSTEM } from './tree.ts';
import type { WriteNtfs, WrittenRun } from './types.ts';
import { attributeDefinitions } from './values.ts';

/** Bytes of $Boot. */
const BOOT_BYTES = 8192;
const MIB = 1 << 20;

/** An attribute of a system file. */
export interface SystemPart {
  readonly record: number;
  readonly type: number;
  readonly name: string;
  readonly body: InRecord | Stored;
}

/** Contents of system files. */
export interface SystemFiles {
  readonly parts: readonly SystemPart[];
  /** $MFTMirr and $Bitmap have their clusters; what is in them is known last. */
  readonly mirror: Stored;
  readonly bitmap: Stored;
  readonly secure: SecureStreams;
}

/** Clusters of $Boot, the first of the volume. */
export function bootClusters(clusterBytes: number): number {
  return Math.ceil(BOOT_BYTES / clusterBytes);
}

/**
 * Contents of every system file but $MFT, the indexes and the folders.
 * @param mirrorInMiddle whether the clusters in the middle of the volume, where $MFTMirr belongs, are surely free.
 * @throws {RangeError} volume too small, or too many descriptors.
 */
export function systemFiles(medium: Medium, spec: WriteNtfs, recordBytes: number, mirrorInMiddle: boolean): SystemFiles {
  const { clusterBytes, space } = medium;
  const { clusters } = space;
  const mirrorBytes = Math.max(4 * recordBytes, clusterBytes);
  const mirror = storeBytes(medium, new Uint8Array(mirrorBytes), mirrorInMiddle ? { atClusters: [Math.floor(clusters / 2)] } : {});
  const logBytes = spec.logFileBytes ?? (spec.sizeBytes < 16 * MIB ? MIB / 4 : 2 * MIB);
  const bitmap = storeBytes(medium, space.bitmap());
  const secure = secureStreams(spec.descriptors ?? [OPEN_DESCRIPTOR]);
  const volumeBytes = clusters * clusterBytes;
  const bad = plain([{ vcn: 0, lcn: undefined, clusters }], volumeBytes, volumeBytes);
  const boot = bootClusters(clusterBytes);
  const empty = resident(new Uint8Array());
  const parts: SystemPart[] = [];
  const put = (record: number, type: number, name: string, body: InRecord | Stored): void => {
    parts.push({ record, type, name, body });
  };
  put(SYSTEM.$MFTMirr, TYPE.data, '', mirror);
  put(SYSTEM.$LogFile, TYPE.data, '', spec.logFile ? storeBytes(medium, spec.logFile) : storeEmptyLog(medium, logBytes));
  put(SYSTEM.$Volume, TYPE.volumeName, '', resident(encodeUtf16(spec.label ?? '')));
  put(SYSTEM.$Volume, TYPE.volumeInformation, '', resident(volumeInformation(spec)));
  put(SYSTEM.$Volume, TYPE.data, '', empty);
  put(SYSTEM.$AttrDef, TYPE.data, '', storeBytes(medium, attributeDefinitions()));
  put(SYSTEM.$Bitmap, TYPE.data, '', bitmap);
  put(SYSTEM.$Boot, TYPE.data, '', plain([{ vcn: 0, lcn: 0, clusters: boot }], BOOT_BYTES, boot * clusterBytes));
  put(SYSTEM.$BadClus, TYPE.data, '', empty);
  put(SYSTEM.$BadClus, TYPE.data, '$Bad', { ...bad, initializedBytes: 0, clusterBytesUsed: 0 });
  put(SYSTEM.$Secure, TYPE.data, '$SDS', storeBytes(medium, secure.sds));
  put(SYSTEM.$UpCase, TYPE.data, '', storeBytes(medium, new Uint8Array(UP_CASE.buffer.slice(0))));
  return { parts, mirror, bitmap, secure };
}

/** A stream whose clusters are given. */
function plain(runs: readonly WrittenRun[], sizeBytes: number, allocatedBytes: number): Stored {
  return { runs, sizeBytes, allocatedBytes, initializedBytes: sizeBytes, clusterBytesUsed: allocatedBytes, unit: 0, flags: 0 };
}

/** A $LogFile as mkntfs leaves it: all 0xFF. */
function storeEmptyLog(medium: Medium, sizeBytes: number): Stored {
  const clusters = Math.ceil(sizeBytes / medium.clusterBytes);
  const { lcn } = medium.space.take(clusters);
  medium.image.fill(lcn * medium.clusterBytes, sizeBytes, 0xff);
  return plain([{ vcn: 0, lcn, clusters }], sizeBytes, clusters * medium.clusterBytes);
}

/** Value of $VOLUME_INFORMATION. @source Linux-NTFS "$VOLUME_INFORMATION" */
function volumeInformation(spec: WriteNtfs): Uint8Array {
  const out = new Uint8Array(12);
  const { major, minor } = spec.version ?? { major: 3, minor: 1 };
  out.set([major, minor], 8);
  viewOf(out).setUint16(10, spec.volumeFlags ?? 0, true);
  return out;
}
