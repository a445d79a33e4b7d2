/** Reads all that a volume gives out, as the verbs `ls`, `stat`, `cat` and `find` do, with caps that only an endless answer reaches. */
import type { ByteSource } from '@winmedic/bytes';
import { ATTRIBUTE, type FatVolume, type NtfsVolume } from '@winmedic/disk';
import { diskFile, listFolder } from '../../core/disk/files.ts';
import { hibernationState } from '../../core/disk/hibernation.ts';
import { orderly } from './disk-device.ts';
import type { Random } from './random.ts';

const MAX_ANSWERS = 20_000;
const MAX_READ = 256 << 10;
const buffer = new Uint8Array(MAX_READ);

/** Reads the beginning, the end and a place in the middle of a stream. @throws {Error} when more is given than there is. */
export function readSome(source: ByteSource, random: Random): number {
  if (!Number.isSafeInteger(source.sizeBytes) || source.sizeBytes < 0) throw new Error(`a stream of ${source.sizeBytes} bytes`);
  let got = source.readAt(0, buffer);
  if (got > source.sizeBytes) throw new Error('more bytes than the stream has');
  if (source.sizeBytes > MAX_READ) {
    got += source.readAt(source.sizeBytes - 4096, buffer.subarray(0, 8192));
    got += source.readAt(random.below(Math.min(source.sizeBytes, 2 ** 40)), buffer.subarray(0, 8192));
  }
  return got;
}

/** What was seen on a volume. */
export interface Walked {
  files: number;
  entries: number;
  bytes: number;
}

/** Every record, name, stream, descriptor and folder of a volume; lookups of what is there and of what is not. */
export function walkNtfs(volume: NtfsVolume, random: Random): Walked {
  const seen: Walked = { files: 0, entries: 0, bytes: 0 };
  const count = Math.min(volume.recordCount, 512);
  for (let record = 0; record < count; record++) {
    const file = volume.file(record);
    volume.recordPlace(record);
    if (file === undefined) continue;
    seen.files++;
    const path = volume.pathOf(file);
    diskFile(path ?? '', file);
    const descriptor = volume.security(file);
    if (descriptor !== undefined && descriptor.length > 1 << 20) throw new Error('a descriptor of more than 1 MiB');
    for (const { type, name } of file.attributes) {
      if (type !== ATTRIBUTE.data) continue;
      const stream = volume.open(file, name);
      if (stream !== undefined) seen.bytes += readSome(stream, random);
    }
    if (path !== undefined) volume.lookup(path);
    if (!file.isDirectory) continue;
    let inside = 0;
    for (const { name, place } of volume.entries(file)) {
      if (++inside > MAX_ANSWERS) throw new Error('a folder without end');
      if (random.below(8) === 0) volume.entry(file, name);
      if (place.vcn !== undefined && random.below(8) === 0) volume.readIndexBlock(file, place.vcn);
    }
    seen.entries += inside;
    for (const _ of volume.entries(file, 'C-00000291')) seen.entries++;
  }
  for (const options of [{}, { glob: '*.sys', deleted: true }, { below: 'Windows', glob: '**\\C-0000029?-*.sys', modifiedFrom: 1n }]) {
    let found = 0;
    for (const _ of volume.find(options)) if (++found > MAX_ANSWERS) throw new Error('a search without end');
  }
  for (const path of ['', '\\', 'Windows\\System32\\drivers', 'windows/system32/nothing', '$MFT', '__proto__', '?\\a']) {
    volume.lookup(path);
    orderly(() => void listFolder(volume, path));
  }
  hibernationState(volume);
  return seen;
}

/** Every folder and file of a FAT volume. */
export function walkFat(volume: FatVolume, random: Random): Walked {
  const seen: Walked = { files: 0, entries: 0, bytes: 0 };
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const path = folder;
    const entries = orderly(() => void volume.lookup(path)) ? entriesOf(volume, path) : [];
    for (const entry of entries) {
      if (++seen.entries > MAX_ANSWERS) throw new Error('folders without end');
      const inside = path === '' ? entry.name : `${path}\\${entry.name}`;
      if (entry.isDirectory) {
        // A loop is the volume's fault; that it is followed here is not the reader's.
        if (inside.split('\\').length < 6) folders.push(inside);
        continue;
      }
      seen.files++;
      orderly(() => {
        seen.bytes += readSome(volume.open(entry), random);
      });
    }
  }
  return seen;
}

function entriesOf(volume: FatVolume, path: string): readonly ReturnType<FatVolume['entries']>[number][] {
  let entries: ReturnType<FatVolume['entries']> = [];
  orderly(() => {
    entries = volume.entries(path);
  });
  return entries;
}
