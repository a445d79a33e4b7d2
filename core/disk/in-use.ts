import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DiskUse, DiskUses } from '../model/disk.ts';
import { childrenOf } from './differencing.ts';

/** Bits of the access mode in `flags` of /proc/PID/fdinfo (octal): 1 write only, 2 read and write. */
const ACCESS_MODE = 0o3;

const text = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
const names = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/** Whether anything uses a disk, its partitions or the image file, or is built on it. Never throws. */
export function diskUses(path: string): DiskUses {
  if (!existsSync(path)) return { uses: [], complete: false };
  const uses = children(path).map((by): DiskUse => ({ kind: 'held', by }));
  if (process.platform !== 'linux') return { uses, complete: false };
  const real = realpathSync(path);
  const devices = statSync(real).isBlockDevice() ? withPartitions(basename(real)) : loopDevices(real, uses);
  const mounts = text('/proc/self/mountinfo').split('\n');
  for (const device of devices) {
    const number = text(`/sys/class/block/${device}/dev`).trim();
    for (const line of mounts) {
      const fields = line.split(' ');
      if (number !== '' && fields[2] === number) uses.push({ kind: 'mounted', by: unescape8(fields[4] ?? '') });
    }
    for (const holder of names(`/sys/class/block/${device}/holders`)) uses.push({ kind: 'held', by: holder });
    if (
      text('/proc/swaps')
        .split('\n')
        .some((line) => line.startsWith(`/dev/${device} `))
    )
      uses.push({ kind: 'held', by: 'swap' });
  }
  // Who writes to the whole disk writes to a partition of it, too.
  const open = openers(
    real,
    [...devices, ...devices.flatMap(diskOf)].map((device) => `/dev/${device}`),
  );
  uses.push(...open.uses, ...locks(real));
  return { uses, complete: open.complete };
}

/** Differencing disks; an image that may not be read tells none. */
function children(path: string): string[] {
  try {
    return childrenOf(path);
  } catch {
    return [];
  }
}

/** Mount points stand in octal escapes (`\040` for a space). */
function unescape8(escaped: string): string {
  return escaped.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function withPartitions(device: string): string[] {
  return [device, ...names(`/sys/class/block/${device}`).filter((name) => existsSync(`/sys/class/block/${device}/${name}/partition`))];
}

/** The disk a partition lies on; none for a disk. */
function diskOf(device: string): string[] {
  const place = `/sys/class/block/${device}`;
  return existsSync(`${place}/partition`) ? [basename(dirname(realpathSync(place)))] : [];
}

function loopDevices(real: string, uses: DiskUse[]): string[] {
  const devices = names('/sys/class/block').filter((name) => {
    const file = text(`/sys/class/block/${name}/loop/backing_file`).trim();
    return file !== '' && (file === real || isSameFile(file, real));
  });
  for (const device of devices) uses.push({ kind: 'loop', by: `/dev/${device}` });
  return devices.flatMap(withPartitions);
}

/** Two paths of one file: a hard link, or another mount of its folder. */
function isSameFile(path: string, real: string): boolean {
  const [a, b] = [path, real].map((one) => {
    try {
      return statSync(one, { bigint: true });
    } catch {
      return undefined;
    }
  });
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Other processes that have one of the files open for writing, by whatever path: the name it has in a container is another. */
function openers(real: string, devices: readonly string[]): DiskUses {
  const wanted = new Set([real, ...devices]);
  const inode = statSync(real, { bigint: true }).ino.toString();
  const uses: DiskUse[] = [];
  let complete = true;
  for (const pid of names('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const folder = `/proc/${pid}/fd`;
    let fds: string[];
    try {
      fds = readdirSync(folder);
    } catch (error) {
      // A process that ended meanwhile is no gap; one of another user is.
      if ((error as NodeJS.ErrnoException).code === 'EACCES') complete = false;
      continue;
    }
    for (const fd of fds) {
      let target: string;
      try {
        target = readlinkSync(join(folder, fd));
      } catch {
        continue;
      }
      if (!target.startsWith('/')) continue;
      const info = text(`/proc/${pid}/fdinfo/${fd}`);
      // Only a file with this number is looked at: that can hang where a file lies on a network.
      const same = wanted.has(target) || (/^ino:\s*(\d+)/m.exec(info)?.[1] === inode && isSameFile(join(folder, fd), real));
      if (!same) continue;
      const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8);
      if ((flags & ACCESS_MODE) !== 0) uses.push({ kind: 'open', by: `${text(`/proc/${pid}/comm`).trim()} (${pid})` });
    }
  }
  return { uses, complete };
}

/** Locks on the file (`/proc/locks`: `MAJOR:MINOR:INODE`, numbers of the device in hexadecimal). */
function locks(real: string): DiskUse[] {
  const { ino, dev } = lstatSync(real);
  const found: DiskUse[] = [];
  for (const line of text('/proc/locks').split('\n')) {
    const fields = line
      .trim()
      .split(/\s+/)
      .filter((field) => field !== '->');
    const [major, minor, inode] = (fields[5] ?? '').split(':');
    if (inode !== String(ino) || Number(fields[4]) === process.pid) continue;
    const device = (Number.parseInt(major ?? '', 16) << 8) | Number.parseInt(minor ?? '', 16);
    // glibc's encoding of device numbers (makedev): low 8 bits minor, next 12 major, higher minor above; small numbers suffice to compare.
    if (device !== ((((dev >> 8) & 0xfff) << 8) | (dev & 0xff))) continue;
    found.push({ kind: 'locked', by: fields[4] === '-1' ? (fields[1] ?? '') : `${text(`/proc/${fields[4]}/comm`).trim()} (${fields[4]})` });
  }
  return found;
}
