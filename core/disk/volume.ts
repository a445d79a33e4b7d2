import {
  type BitLockerVolume,
  type BlockDevice,
  type FatVolume,
  type LogFile,
  type NtfsVolume,
  openFat,
  openLogFile,
  openNtfs,
  type Partition,
  type Protector,
  RECORD,
  readBitLocker,
  recogniseVolume,
  type UnlockedVolume,
  unlockBitLocker,
  type VolumeKind,
} from '@winmedic/disk';
import { secretsFor } from './keys.ts';
import { nodeCrypto } from './node-crypto.ts';
import type { OpenDiskOptions } from './open-disk.ts';

/** First bytes of a volume that say what it is: boot sectors, and the superblock of ext file systems behind 1 KiB. */
const HEAD_BYTES = 8192;

/** A volume on a disk. What is below it (decryption, file system) is opened when first asked for. */
export class DiskVolume {
  readonly partition: Partition;
  /** As on the disk: encrypted when it is a BitLocker volume. */
  readonly raw: BlockDevice;
  readonly #options: OpenDiskOptions;
  #kind: VolumeKind | undefined;
  #bitlocker: BitLockerVolume | undefined;
  #unlocked: UnlockedVolume | undefined;
  #failure: unknown;
  #ntfs: NtfsVolume | undefined;
  #fat: FatVolume | undefined;

  /** @param raw the bytes of the partition. */
  constructor(raw: BlockDevice, partition: Partition, options: OpenDiskOptions) {
    this.raw = raw;
    this.partition = partition;
    this.#options = options;
  }

  get number(): number {
    return this.partition.number;
  }

  /** What the volume is on the disk. */
  get kind(): VolumeKind {
    this.#kind ??= kindOf(this.raw);
    return this.#kind;
  }

  /** What a BitLocker volume says about itself. @throws {DiskError} when all copies of its metadata are unusable. */
  get bitlocker(): BitLockerVolume | undefined {
    if (this.kind !== 'bitlocker') return undefined;
    this.#bitlocker ??= readBitLocker(this.raw, this.#damages());
    return this.#bitlocker;
  }

  /** Protector that opened it. */
  get unlockedBy(): Protector | undefined {
    return this.#unlocked?.protector;
  }

  /**
   * The volume in the clear: itself, or decrypted.
   * @throws {DiskError} BITLOCKER_LOCKED without a key that fits (with the ids of its protectors), BITLOCKER_KEY when one is wrong.
   */
  clear(): BlockDevice {
    const volume = this.bitlocker;
    if (volume === undefined || volume.state === 'decrypted') return this.raw;
    if (this.#unlocked !== undefined) return this.#unlocked;
    // Keys are tried once: stretching a recovery password takes about a second, and the answer stays the same.
    if (this.#failure !== undefined) throw this.#failure;
    const { onUnlock } = this.#options;
    for (const secret of [...secretsFor(volume, this.number, this.#options.keys ?? {}), undefined]) {
      try {
        this.#unlocked = unlockBitLocker(this.raw, secret, nodeCrypto, {
          ...this.#damages(),
          ...(onUnlock && { onProgress: (done: number, total: number) => onUnlock(done / total) }),
        });
        return this.#unlocked;
      } catch (error) {
        this.#failure ??= error;
      }
    }
    throw this.#failure;
  }

  /** True when the volume can be read in the clear; nothing is thrown for a locked one. */
  get readable(): boolean {
    try {
      this.clear();
      return true;
    } catch {
      return false;
    }
  }

  /** The NTFS on it; undefined for other file systems. @throws {DiskError} of BitLocker and NTFS. */
  get ntfs(): NtfsVolume | undefined {
    if (this.#ntfs === undefined) {
      const device = this.clear();
      if ((device === this.raw ? this.kind : kindOf(device)) !== 'ntfs') return undefined;
      this.#ntfs = openNtfs(device, { ...this.#damages(), origin: this.partition.offset });
    }
    return this.#ntfs;
  }

  /** The FAT file system on it; undefined for other file systems. @throws {DiskError} */
  get fat(): FatVolume | undefined {
    if (this.kind !== 'fat') return undefined;
    this.#fat ??= openFat(this.raw, this.#damages());
    return this.#fat;
  }

  /** The same volume with nothing remembered but the key. */
  reopened(): DiskVolume {
    const volume = new DiskVolume(this.raw, this.partition, this.#options);
    volume.#unlocked = this.#unlocked;
    return volume;
  }

  /** The `$LogFile` of an NTFS volume, read anew at each call. */
  logFile(): LogFile | undefined {
    const volume = this.ntfs;
    if (volume === undefined) return undefined;
    const file = volume.file(RECORD.logFile);
    const data = file === undefined ? undefined : volume.open(file);
    const { clusterBytes, recordBytes, sectorBytes, indexBytes } = volume.boot;
    const empty = { sizeBytes: 0, readAt: () => 0 };
    return openLogFile(data ?? empty, { ...this.#damages(), clusterBytes, recordBytes, sectorBytes, indexBytes });
  }

  #damages(): Pick<OpenDiskOptions, 'onDamage'> {
    return this.#options.onDamage === undefined ? {} : { onDamage: this.#options.onDamage };
  }
}

function kindOf(device: BlockDevice): VolumeKind {
  const head = new Uint8Array(Math.min(HEAD_BYTES, device.sizeBytes));
  return recogniseVolume(head.subarray(0, device.readAt(0, head)));
}
