import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { BlockDevice } from '@winmedic/disk';
import { DiskAccessError } from './errors.ts';

/** A qcow2 or VMDK image, read through `qemu-img`. */
export interface QemuImage extends BlockDevice {
  /** Files of the backing chain, nearest first. */
  readonly parents: readonly string[];
  close(): void;
}

/** Bytes fetched by one call of `qemu-img convert` (about 15 ms each whatever the length). */
const CHUNK_BYTES = 1 << 20;
/** Chunks kept: 64 MiB. */
const KEPT_CHUNKS = 64;
/** A chain of snapshots longer than this is a loop or an attack. */
const MAX_CHAIN = 64;
/** One call reads at most a chunk; more time than this means a hanging network file system. */
const TIMEOUT_MS = 60_000;
/** Descriptor of a VMDK: a text at the start of the file or embedded in its first sectors. */
const DESCRIPTOR_BYTES = 1 << 20;

interface Info {
  readonly 'virtual-size'?: number;
  readonly 'backing-filename'?: string;
  readonly 'full-backing-filename'?: string;
}

/**
 * Opens a qcow2 or VMDK image for reading through `qemu-img`, which must be installed. Backing files and extents are followed only to plain local files:
 * an image may name network addresses there, and nothing is ever fetched from a network on the word of an image.
 * @throws {DiskAccessError} DISK_QEMU_MISSING without qemu-img, DISK_QEMU when it cannot read the image (in use, damaged), DISK_QEMU_REFERENCE for a reference
 *   that is not followed.
 */
export function openQemuImage(path: string, format: 'qcow2' | 'vmdk', signal?: AbortSignal): QemuImage {
  const file = resolve(path);
  if (spawnSync('qemu-img', ['--version'], { stdio: 'ignore' }).error) throw new DiskAccessError('DISK_QEMU_MISSING', `${format} image`);
  const parents = chain(file, format);
  const sizeBytes = info(file, format)['virtual-size'] ?? 0;
  const folder = mkdtempSync(join(tmpdir(), 'winmedic-qemu-'));
  const out = join(folder, 'part');
  const kept = new Map<number, Uint8Array>();
  const chunk = (index: number): Uint8Array => {
    const known = kept.get(index);
    if (known !== undefined) {
      kept.delete(index);
      kept.set(index, known);
      return known;
    }
    signal?.throwIfAborted();
    const length = Math.min(CHUNK_BYTES, sizeBytes - index * CHUNK_BYTES);
    const options = `driver=raw,offset=${index * CHUNK_BYTES},size=${length},file.driver=${format},file.file.driver=file,file.file.filename=`;
    run(['convert', '--image-opts', '-O', 'raw', `${options}${file.replaceAll(',', ',,')}`, out]);
    const bytes = new Uint8Array(length);
    const fd = openSync(out, 'r');
    try {
      readSync(fd, bytes, 0, length, 0);
    } finally {
      closeSync(fd);
    }
    kept.set(index, bytes);
    if (kept.size > KEPT_CHUNKS) kept.delete(kept.keys().next().value as number);
    return bytes;
  };
  return {
    sizeBytes,
    sectorBytes: 512,
    parents,
    readAt(offset, into) {
      const wanted = Math.max(0, Math.min(into.length, sizeBytes - offset));
      for (let done = 0; done < wanted; ) {
        const at = offset + done;
        const bytes = chunk(Math.floor(at / CHUNK_BYTES));
        const part = bytes.subarray(at % CHUNK_BYTES, (at % CHUNK_BYTES) + wanted - done);
        into.set(part, done);
        done += part.length;
      }
      return wanted;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function run(args: readonly string[]): string {
  try {
    return execFileSync('qemu-img', args, { encoding: 'utf8', timeout: TIMEOUT_MS, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 22 });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new DiskAccessError('DISK_QEMU', (stderr ?? '').trim().split('\n')[0]?.slice(0, 300) ?? '', { cause: error });
  }
}

/** Facts of one image, without opening what it refers to. */
function info(file: string, format: string): Info {
  return JSON.parse(run(['info', '-f', format, '--output=json', file])) as Info;
}

/** Follows the backing files of an image, each checked before qemu-img may open it. */
function chain(file: string, format: 'qcow2' | 'vmdk'): string[] {
  const found: string[] = [];
  let current = file;
  let kind: string = format;
  for (;;) {
    if (kind === 'vmdk') checkExtents(current);
    const facts = info(current, kind);
    const backing = facts['backing-filename'];
    if (backing === undefined) return found;
    if (/^[a-z][a-z0-9+.-]+:/i.test(backing)) throw new DiskAccessError('DISK_QEMU_REFERENCE', backing.slice(0, 200));
    current = resolve(dirname(current), backing);
    if (found.includes(current) || current === file || found.length >= MAX_CHAIN) throw new DiskAccessError('DISK_QEMU_REFERENCE', current);
    found.push(current);
    kind = (JSON.parse(run(['info', '--output=json', current])) as { format?: string }).format ?? 'raw';
  }
}

/** The extents a VMDK descriptor names must be files beside it. */
function checkExtents(file: string): void {
  const bytes = new Uint8Array(DESCRIPTOR_BYTES);
  const fd = openSync(file, 'r');
  let got: number;
  try {
    got = readSync(fd, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(fd);
  }
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, got));
  for (const [, name = ''] of text.matchAll(/^(?:RW|RDONLY|NOACCESS) \d+ [A-Z]+ "([^"\n]{1,1024})"/gm)) {
    if (/[:/\\]/.test(name) || name === '..') throw new DiskAccessError('DISK_QEMU_REFERENCE', name.slice(0, 200));
  }
}
