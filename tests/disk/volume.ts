import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type SparseImage, type WriteEntry, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { noise } from './bytes.ts';
import type { Content, ContentFile } from './content.ts';
import { HOST } from './hives.ts';
import type { DiskOptions } from './options.ts';
import { mounted, must } from './tools.ts';

/** A volume to be made. */
export interface VolumeSpec {
  readonly sizeBytes: number;
  readonly label: string;
  readonly hiddenSectors: number;
  /** Default 512; 4096 with labs only. */
  readonly sectorBytes?: 512 | 4096;
  readonly content: Content;
  readonly options: DiskOptions;
}

/** Comes last: a volume that is hibernated is no longer mounted for writing. */
const HIBERNATION = 'hiberfil.sys';

/** Sparse files leave out whole units of 64 KiB. */
const UNIT = 65_536;

/** Stretches of units that hold only zeros. */
function holesOf(bytes: Uint8Array): { readonly offset: number; readonly sizeBytes: number }[] {
  const holes: { offset: number; sizeBytes: number }[] = [];
  for (let offset = 0; offset + UNIT <= bytes.length; offset += UNIT) {
    if (bytes.subarray(offset, offset + UNIT).some((byte) => byte !== 0)) continue;
    const last = holes.at(-1);
    if (last && last.offset + last.sizeBytes === offset) last.sizeBytes += UNIT;
    else holes.push({ offset, sizeBytes: UNIT });
  }
  return holes;
}

/** Writes an image of memory into a sparse file. */
export function saveImage(image: SparseImage, path: string): void {
  const file = openSync(path, 'w');
  try {
    ftruncateSync(file, image.sizeBytes);
    for (const { offset, bytes } of image.stretches()) writeSync(file, bytes, 0, bytes.length, offset);
  } finally {
    closeSync(file);
  }
}

/** The volume by the writer in `labs`: the same bytes in every run. */
export function volumeByLabs(spec: VolumeSpec, path: string): void {
  const { content, options } = spec;
  const entries: WriteEntry[] = content.folders.map((each) => ({ path: each, directory: true }));
  if (content.compressedFolder) entries.push({ path: content.compressedFolder, directory: true, dosAttributes: 0x800 });
  for (const file of content.files) {
    const lsn = options.lsnOf?.(file.path);
    entries.push({
      path: file.path,
      content: {
        data: file.bytes,
        ...(file.stored === 'compressed' ? { compressed: true } : {}),
        ...(file.stored === 'sparse' ? { holes: holesOf(file.bytes) } : {}),
        ...(file.stored === 'pieces' ? { fragments: Array.from({ length: 40 }, (_, i) => 1 + (i % 4)) } : {}),
      },
      times: { created: file.created ?? file.modified, modified: file.modified, mftChanged: file.modified, accessed: file.modified },
      ...(file.dosName === undefined ? {} : { dosName: file.dosName }),
      ...(file.links === undefined ? {} : { links: file.links.map((each) => ({ path: each })) }),
      ...(file.streams === undefined ? {} : { streams: file.streams }),
      ...(lsn === undefined ? {} : { lsn }),
    });
  }
  const { image } = writeNtfs({
    sizeBytes: spec.sizeBytes,
    clusterBytes: options.clusterBytes ?? 4096,
    ...(spec.sectorBytes === undefined ? {} : { sectorBytes: spec.sectorBytes }),
    label: spec.label,
    hiddenSectors: spec.hiddenSectors,
    time: HOST.installedAt,
    volumeFlags: options.volumeDirty ? 1 : 0,
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
    entries,
  });
  saveImage(image, path);
}

const inside = (top: string, path: string): string => join(top, ...path.split('\\'));

function writeOne(top: string, file: ContentFile): void {
  const path = inside(top, file.path);
  mkdirSync(dirname(path), { recursive: true });
  if (file.stored === 'sparse') {
    writeFileSync(path, new Uint8Array());
    truncateSync(path, file.bytes.length);
    const handle = openSync(path, 'r+');
    let at = 0;
    for (const hole of [...holesOf(file.bytes), { offset: file.bytes.length, sizeBytes: 0 }]) {
      writeSync(handle, file.bytes, at, hole.offset - at, at);
      at = hole.offset + hole.sizeBytes;
    }
    closeSync(handle);
  } else {
    writeFileSync(path, file.bytes);
  }
  for (const [name, bytes] of Object.entries(file.streams ?? {})) writeFileSync(`${path}:${name}`, bytes);
  for (const link of file.links ?? []) {
    mkdirSync(dirname(inside(top, link)), { recursive: true });
    linkSync(path, inside(top, link));
  }
}

/** 8.3 names and times in the form of `setfattr --restore`, relative to the mounted volume. ntfs-3g takes creation, modification and access times; the time of the record's change is that of the build. */
function attributes(content: Content): string {
  const blocks = content.files.map((file) => {
    const times = Buffer.alloc(32);
    [file.created ?? file.modified, file.modified, file.modified, file.modified].forEach((each, i) => {
      times.writeBigUInt64LE(each, 8 * i);
    });
    const lines = [`# file: ${file.path.replaceAll('\\', '/')}`];
    if (file.dosName) lines.push(`system.ntfs_dos_name="${file.dosName}"`);
    return [...lines, `system.ntfs_times=0s${times.toString('base64')}`].join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}

/** The volume by mkntfs and ntfs-3g: a second opinion on how NTFS looks. Serial number and contents are the same in every run, times of folders and system files are not. */
export function volumeByTools(spec: VolumeSpec, path: string, scratch: string): void {
  const { content, options } = spec;
  rmSync(path, { force: true });
  writeFileSync(path, new Uint8Array());
  truncateSync(path, spec.sizeBytes);
  const cluster = options.clusterBytes ?? 4096;
  must('mkntfs', [
    '-F',
    '-Q',
    '-q',
    '-L',
    spec.label,
    '-p',
    String(spec.hiddenSectors),
    '-H',
    '255',
    '-S',
    '63',
    '-s',
    '512',
    '-c',
    String(cluster),
    path,
  ]);
  setSerial(path, spec.sizeBytes);
  const mount = `rw,streams_interface=windows${content.compressedFolder ? ',compression' : ''}`;
  mounted(path, mount, (top) => {
    for (const folder of content.folders) mkdirSync(inside(top, folder), { recursive: true });
    if (content.compressedFolder) {
      mkdirSync(inside(top, content.compressedFolder), { recursive: true });
      must('setfattr', ['-n', 'system.ntfs_attrib_be', '-v', '0x00000800', inside(top, content.compressedFolder)]);
    }
    for (const file of content.files) if (file.stored !== 'pieces' && file.path !== HIBERNATION) writeOne(top, file);
  });
  const pieces = content.files.filter((each) => each.stored === 'pieces');
  if (pieces.length > 0) {
    inPieces(path, cluster, () => {
      mounted(path, mount, (top) => {
        for (const file of pieces) writeOne(top, file);
      });
    });
  }
  const restore = join(scratch, 'attributes.txt');
  writeFileSync(restore, attributes(content));
  mounted(path, mount, (top) => {
    for (const file of content.files) if (file.path === HIBERNATION) writeOne(top, file);
    must('sh', ['-c', 'cd "$1" && setfattr --restore="$2"', 'sh', top, restore]);
  });
}

/** The volume's serial number by its label instead of a random one, in the boot sector and its copy. */
function setSerial(path: string, sizeBytes: number): void {
  const file = openSync(path, 'r+');
  for (const sector of [0, sizeBytes - 512]) writeSync(file, noise('serial', 8), 0, 8, sector + 72);
  closeSync(file);
}

/** Runs of $Bitmap as ntfsinfo prints them. */
function bitmapPlace(path: string, cluster: number): { readonly offset: number; readonly sizeBytes: number } {
  const text = must('ntfsinfo', ['-v', '-i', '6', path]);
  const data = text.slice(text.indexOf('$DATA (0x80)'));
  const size = Number(/Data size:\s+(\d+)/.exec(data)?.[1]);
  const runs = [...data.matchAll(/^\s+0x[0-9a-f]+\t+0x([0-9a-f]+)\t+0x[0-9a-f]+\s*$/gm)];
  if (runs.length !== 1 || !(size > 0)) throw new Error('$Bitmap is not where mkntfs puts it');
  return { offset: Number.parseInt(runs[0]![1]!, 16) * cluster, sizeBytes: size };
}

/**
 * Lets ntfs-3g write files in small pieces: it always takes the largest free stretch, so only some clusters in every eight look free while `work` runs.
 * Afterwards everything that was free and is not used now is free again.
 */
function inPieces(path: string, cluster: number, work: () => void): void {
  const place = bitmapPlace(path, cluster);
  const read = (): Buffer => {
    const bytes = Buffer.alloc(place.sizeBytes);
    const file = openSync(path, 'r');
    readSync(file, bytes, 0, bytes.length, place.offset);
    closeSync(file);
    return bytes;
  };
  const write = (bytes: Uint8Array): void => {
    const file = openSync(path, 'r+');
    writeSync(file, bytes, 0, bytes.length, place.offset);
    closeSync(file);
  };
  const before = read();
  // Bits 0 to 2 of each byte stay as they are: pieces of up to three clusters.
  const scarce = before.map((byte) => byte | 0xf8);
  write(scarce);
  work();
  write(read().map((byte, i) => (byte & 0x07) | (before[i]! & 0xf8)));
}

/** Size of a file as it lies on this disk, in bytes. */
export function allocatedBytes(path: string): number {
  return statSync(path).blocks * 512;
}
