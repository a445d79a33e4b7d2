import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Damage } from '@winmedic/bytes';
import {
  type BlockDevice,
  type Container,
  type ContainerInfo,
  type ContainerKind,
  cached,
  counting,
  Overlay,
  openContainerChain,
  type ParentReference,
  type PartitionTable,
  type ReadCount,
  readPartitions,
  recogniseContainer,
  slice,
} from '@winmedic/disk';
import { DiskAccessError } from './errors.ts';
import { openFileDevice } from './file-device.ts';
import type { DiskKeys } from './keys.ts';
import { openQemuImage } from './qemu-image.ts';
import { DiskVolume } from './volume.ts';

/** How a disk is opened. */
export interface OpenDiskOptions {
  readonly keys?: DiskKeys;
  /** Lays an overlay over the file or device, in which changes are collected: the plan of a repair. Not for images read through `qemu-img`. */
  readonly plan?: boolean;
  readonly onDamage?: (damage: Damage) => void;
  /** Part done (0 to 1) of stretching a recovery password, the one slow step of opening. */
  readonly onUnlock?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** Bytes of changes an overlay may hold: a repair changes kilobytes, a reset of a large log 64 MiB or more. */
const MAX_PLAN_BYTES = 512 << 20;
/**
 * What was read is kept: a hive is read by the plan of its change and again by the check of it. Larger ones than this are read twice. Chunks of the size of
 * most clusters: more would be read in vain where a few records decide.
 */
const CACHE = { chunkBytes: 4096, maxBytes: 128 << 20 };

/** A disk opened for reading, or for planning a change of it. */
export class OpenedDisk {
  readonly path: string;
  readonly kind: ContainerKind;
  /** Bottom layer: the file or device itself, or the overlay over it. */
  readonly bottom: BlockDevice;
  /** The overlay, when it was opened for planning. */
  readonly overlay: Overlay | undefined;
  readonly isDevice: boolean;
  readonly containerInfo: ContainerInfo | undefined;
  readonly parents: readonly string[];
  /** The virtual disk. */
  readonly device: BlockDevice;
  readonly table: PartitionTable;
  readonly volumes: readonly DiskVolume[];
  /** What was read from the file or device so far. */
  readonly count: ReadCount;
  readonly #close: readonly (() => void)[];

  constructor(parts: Omit<OpenedDisk, 'close' | 'reopened'> & { readonly closers: readonly (() => void)[] }) {
    this.path = parts.path;
    this.kind = parts.kind;
    this.bottom = parts.bottom;
    this.overlay = parts.overlay;
    this.isDevice = parts.isDevice;
    this.containerInfo = parts.containerInfo;
    this.parents = parts.parents;
    this.device = parts.device;
    this.table = parts.table;
    this.volumes = parts.volumes;
    this.count = parts.count;
    this.#close = parts.closers;
  }

  /**
   * A volume as if it were opened now, with nothing remembered from before: what a check of planned changes reads through. The key of a BitLocker volume
   * is not derived again.
   */
  reopened(number: number): DiskVolume {
    const volume = this.volumes.find((one) => one.number === number);
    if (volume === undefined) throw new DiskAccessError('DISK_NO_VOLUME', String(number));
    return volume.reopened();
  }

  /** Closes the files. */
  close(): void {
    for (const close of this.#close) close();
  }
}

/**
 * Opens a raw disk or image, VHD, VHDX with their parents, qcow2 or VMDK (through `qemu-img`, reading only), finds its partitions and what is on them.
 * Volumes are opened when they are asked for.
 * @throws {DiskAccessError} what cannot be opened; {DiskError} of the formats; errors of the file system.
 */
export function openDisk(path: string, options: OpenDiskOptions = {}): OpenedDisk {
  const closers: (() => void)[] = [];
  try {
    const file = openFileDevice(path);
    closers.push(() => file.close());
    const count: ReadCount = { reads: 0, bytes: 0 };
    const kind = file.isDevice ? 'raw' : recogniseContainer(file);
    const parents: string[] = [];
    let bottom: BlockDevice = cached(counting(file, count), { ...CACHE, keepLarge: options.plan === true });
    let overlay: Overlay | undefined;
    let device: BlockDevice;
    let containerInfo: ContainerInfo | undefined;
    if (kind === 'qcow2' || kind === 'vmdk') {
      const image = openQemuImage(path, kind, options.signal);
      closers.push(() => image.close());
      parents.push(...image.parents);
      bottom = counting(image, count);
      device = bottom;
    } else {
      if (options.plan === true) {
        overlay = new Overlay(bottom, { maxBytes: MAX_PLAN_BYTES, growable: kind !== 'raw' });
        bottom = overlay;
      }
      const opened = kind === 'raw' ? undefined : openWithParents(path, bottom, { options, closers, parents, count });
      containerInfo = opened?.info;
      device = opened ?? bottom;
    }
    const onDamage = options.onDamage === undefined ? {} : { onDamage: options.onDamage };
    const table = readPartitions(device, onDamage);
    const volumes = table.partitions.map((partition) => {
      // A partition may reach beyond the end of a truncated image.
      const sizeBytes = Math.max(0, Math.min(partition.sizeBytes, device.sizeBytes - partition.offset));
      return new DiskVolume(slice(device, Math.min(partition.offset, device.sizeBytes), sizeBytes), partition, options);
    });
    if (volumes.length === 0 && table.scheme === 'none') throw new DiskAccessError('DISK_NOT_DISK', basename(path));
    return new OpenedDisk({
      path,
      kind,
      bottom,
      overlay,
      isDevice: file.isDevice,
      containerInfo,
      parents,
      device,
      table,
      volumes,
      count,
      closers,
    });
  } catch (error) {
    for (const close of closers) close();
    throw error;
  }
}

interface Chain {
  readonly options: OpenDiskOptions;
  readonly closers: (() => void)[];
  readonly parents: string[];
  readonly count: ReadCount;
}

/** Opens a container with its parents. They are looked for where each child says and, since images are moved together, beside it. */
function openWithParents(path: string, device: BlockDevice, { options, closers, parents, count }: Chain): Container {
  return openContainerChain(device, {
    ...(options.onDamage && { onDamage: options.onDamage }),
    randomGuid: () => new Uint8Array(randomBytes(16)),
    openFile: (reference) => {
      // Parents are opened nearest first: the child of this one is the file opened last.
      const found = findParent(parents.at(-1) ?? path, reference);
      const file = openFileDevice(found);
      closers.push(() => file.close());
      parents.push(found);
      return counting(file, count);
    },
  });
}

/** @throws {DiskAccessError} DISK_PARENT when it is nowhere. */
function findParent(child: string, reference: ParentReference): string {
  const candidates = reference.paths.flatMap((path) => {
    const parts = path.replaceAll('\\', '/');
    const beside = resolve(dirname(child), basename(parts));
    return /^(?:[a-z]:|\/)/i.test(parts) ? [beside] : [resolve(dirname(child), parts), beside];
  });
  const found = candidates.find((candidate) => existsSync(candidate) && resolve(candidate) !== resolve(child));
  if (found === undefined) throw new DiskAccessError('DISK_PARENT', reference.paths[0] ?? '', { need: reference.ids.join(', ') });
  return found;
}
