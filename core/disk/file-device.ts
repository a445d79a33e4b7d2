import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, realpathSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { BlockDevice, BlockSink } from '@winmedic/disk';
import { readFd } from './read-fd.ts';

/** A file or device opened for reading. */
export interface FileDevice extends BlockDevice {
  /** A block or raw device, not a file. Its size never changes. */
  readonly isDevice: boolean;
  close(): void;
}

/** A file or device opened for writing. */
export interface FileSink extends BlockSink {
  readonly isDevice: boolean;
  close(): void;
}

/** Raw devices of macOS and Windows refuse reads that are not whole sectors; 4096 is a multiple of every sector size in use. */
const DEVICE_ALIGNMENT = 4096;
/** No disk is larger: 2^50 bytes. The search for the size of a device ends there. */
const MAX_DEVICE_BYTES = 2 ** 50;

/**
 * Opens a disk image or device for reading.
 * @throws the error of the file system (`ENOENT`, `EACCES`, `EIO` …), also from `readAt`.
 */
export function openFileDevice(path: string): FileDevice {
  const opened = open(path, constants.O_RDONLY);
  return {
    sizeBytes: opened.sizeBytes,
    sectorBytes: opened.sectorBytes,
    isDevice: opened.isDevice,
    readAt: opened.readAt,
    close: opened.close,
  };
}

/**
 * Opens a disk image or device for writing. A block device of Linux is claimed exclusively: that fails with `EBUSY` while it or one of its partitions is
 * mounted, used as swap or held by another driver.
 * @throws the error of the file system, also from every method.
 */
export function openFileSink(path: string): FileSink {
  const device = isDevice(path);
  const exclusive = device && process.platform === 'linux' ? constants.O_EXCL : 0;
  const { fd, sizeBytes, sectorBytes, readAt, close } = open(path, constants.O_RDWR | exclusive);
  let size = sizeBytes;
  return {
    get sizeBytes() {
      return size;
    },
    sectorBytes,
    isDevice: device,
    readAt,
    write(offset, bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
      size = Math.max(size, offset + bytes.length);
    },
    flush: () => fsyncSync(fd),
    ...(device
      ? {}
      : {
          resize(to: number) {
            ftruncateSync(fd, to);
            size = to;
          },
        }),
    close,
  };
}

function isDevice(path: string): boolean {
  if (process.platform === 'win32') return /^\\\\[.?]\\/.test(path);
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(fd);
    return stat.isBlockDevice() || stat.isCharacterDevice();
  } finally {
    closeSync(fd);
  }
}

function open(path: string, flags: number) {
  const device = isDevice(path);
  const fd = openSync(path, flags);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  try {
    const read = (offset: number, into: Uint8Array): number => readFd(fd, offset, into);
    const readAt = device ? aligned(read) : read;
    const sizeBytes = device ? deviceSize(path, read) : fstatSync(fd).size;
    return { fd, isDevice: device, sizeBytes, sectorBytes: device ? deviceSector(path, read) : 512, readAt, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Widens reads to whole sectors. */
function aligned(read: (offset: number, into: Uint8Array) => number): (offset: number, into: Uint8Array) => number {
  return (offset, into) => {
    if (offset % DEVICE_ALIGNMENT === 0 && into.length % DEVICE_ALIGNMENT === 0) return read(offset, into);
    const start = offset - (offset % DEVICE_ALIGNMENT);
    const wide = new Uint8Array(Math.ceil((offset + into.length - start) / DEVICE_ALIGNMENT) * DEVICE_ALIGNMENT);
    const got = read(start, wide);
    const part = wide.subarray(offset - start, Math.min(got, offset - start + into.length));
    into.set(part);
    return part.length;
  };
}

function sysfs(path: string, name: string): number | undefined {
  try {
    const value = Number(readFileSync(`/sys/class/block/${basename(realpathSync(path))}/${name}`, 'utf8'));
    return Number.isSafeInteger(value) && value > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Logical sector of a device: from the kernel, or by whether half of a large one can be read (raw devices give whole sectors only). */
function deviceSector(path: string, read: (offset: number, into: Uint8Array) => number): number {
  const known = process.platform === 'linux' ? sysfs(path, 'queue/logical_block_size') : undefined;
  if (known !== undefined) return known;
  try {
    return read(512, new Uint8Array(512)) === 512 ? 512 : DEVICE_ALIGNMENT;
  } catch {
    return DEVICE_ALIGNMENT;
  }
}

/** Size of a device: from the kernel, or where reading ends (the size the file system reports for a device is 0). */
function deviceSize(path: string, read: (offset: number, into: Uint8Array) => number): number {
  const sectors = process.platform === 'linux' ? sysfs(path, 'size') : undefined;
  // Always in units of 512 bytes, whatever the sector size (Linux, Documentation/ABI/stable/sysfs-block).
  if (sectors !== undefined) return sectors * 512;
  const piece = new Uint8Array(DEVICE_ALIGNMENT);
  const readable = (offset: number): boolean => {
    try {
      return read(offset, piece) > 0;
    } catch {
      return false;
    }
  };
  if (!readable(0)) return 0;
  let low = 0;
  let high = DEVICE_ALIGNMENT;
  while (high < MAX_DEVICE_BYTES && readable(high)) {
    low = high;
    high *= 2;
  }
  while (high - low > DEVICE_ALIGNMENT) {
    const middle = low + Math.floor((high - low) / 2 / DEVICE_ALIGNMENT) * DEVICE_ALIGNMENT;
    if (readable(middle)) low = middle;
    else high = middle;
  }
  return low + read(low, piece);
}
