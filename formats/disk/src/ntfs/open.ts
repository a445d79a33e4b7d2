import { type ByteSource, viewOf, wholeReads } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { readBoot } from './boot.ts';
import { Lru } from './cache.ts';
import type { Context } from './context.ts';
import { type Tell, teller } from './damages.ts';
import { Directories } from './directory.ts';
import { readFile } from './file.ts';
import { findFiles } from './find.ts';
import type { IndexCache } from './index-tree.ts';
import { CACHED_FILES, CACHED_INDEX_BLOCKS, MAX_LABEL_BYTES } from './limits.ts';
import { unitsText } from './numbers.ts';
import { dataStream, streamObstacle } from './obstacle.ts';
import { findByPath, pathByParents } from './paths.ts';
import { securityDescriptor } from './secure.ts';
import { attributeSource, attributeValue } from './stream.ts';
import { RecordTable } from './table.ts';
import {
  ATTRIBUTE,
  type DirectoryEntry,
  type FindOptions,
  type FoundFile,
  type NtfsBoot,
  type NtfsFile,
  type NtfsOptions,
  type NtfsVolume,
  RECORD,
} from './types.ts';
import { UpCase } from './upcase.ts';

/**
 * Opens an NTFS volume; reads the boot sector, its copy and the first record of $MFT (and, where $MFT is in many pieces, the records that list them).
 * @param device the volume, first byte to last sector.
 * @throws {DiskError} NTFS_NOT_NTFS, NTFS_GEOMETRY, NTFS_NO_MFT; what the device throws is passed on, here and from every later read.
 * @source Linux-NTFS documentation (public description of the on-disk structures); [MS-FSCC]
 */
export function openNtfs(device: BlockDevice, options: NtfsOptions = {}): NtfsVolume {
  const tell = teller(options.onDamage, options.origin ?? 0);
  const source = wholeReads(device);
  const boot = readBoot(device, source, tell);
  const bytes = boot.totalSectors * boot.sectorBytes;
  if (bytes > device.sizeBytes) tell('NTFS_SHORT', device.sizeBytes, 'volume', bytes, device.sizeBytes);
  return new Volume(device, source, boot, tell);
}

/** Facts of record 3. */
interface VolumeFacts {
  readonly label: string;
  readonly version: { readonly major: number; readonly minor: number };
  readonly flags: number;
}

class Volume implements NtfsVolume {
  readonly device: BlockDevice;
  readonly boot: NtfsBoot;
  readonly #source: ByteSource;
  readonly #tell: Tell;
  readonly #blocks: IndexCache = new Lru(CACHED_INDEX_BLOCKS);
  #context!: Context;
  #upCase!: UpCase;
  #directories!: Directories;
  #facts: VolumeFacts | undefined;

  constructor(device: BlockDevice, source: ByteSource, boot: NtfsBoot, tell: Tell) {
    this.device = device;
    this.boot = boot;
    this.#source = source;
    this.#tell = tell;
    this.refresh();
  }

  get label(): string {
    return this.#volumeFacts().label;
  }

  get version(): { readonly major: number; readonly minor: number } {
    return this.#volumeFacts().version;
  }

  get volumeFlags(): number {
    return this.#volumeFacts().flags;
  }

  get recordCount(): number {
    return this.#context.table.count;
  }

  upCase(text: string): string {
    return this.#upCase.text(text);
  }

  compareNames(a: string, b: string): number {
    return this.#upCase.compare(a, b);
  }

  file(record: number): NtfsFile | undefined {
    return readFile(this.#context, record);
  }

  lookup(path: string): NtfsFile | undefined {
    return findByPath(this.#context, this.#directories, path)?.file;
  }

  entry(directory: NtfsFile, name: string): DirectoryEntry | undefined {
    return this.#directories.entry(directory, name);
  }

  entries(directory: NtfsFile, prefix?: string): Iterable<DirectoryEntry> {
    const directories = this.#directories;
    return { [Symbol.iterator]: () => directories.entries(directory, prefix) };
  }

  find(options: FindOptions): Iterable<FoundFile> {
    return { [Symbol.iterator]: () => findFiles(this.#context, this.#directories, this.#upCase, options) };
  }

  pathOf(file: NtfsFile): string | undefined {
    return pathByParents(this.#context, file);
  }

  open(file: NtfsFile, stream = ''): ByteSource | undefined {
    const data = dataStream(file, stream);
    if (data === undefined) return undefined;
    const obstacle = streamObstacle(file, stream);
    if (obstacle === undefined) return attributeSource(this.#context, data);
    const { record } = file.reference;
    this.#tell(obstacle, this.#context.table.place(record)?.[0]?.offset ?? 0, `content of record ${record}`);
    return undefined;
  }

  security(file: NtfsFile): Uint8Array | undefined {
    return securityDescriptor(this.#context, this.#blocks, file);
  }

  recordPlace(record: number): readonly { readonly offset: number; readonly sizeBytes: number }[] | undefined {
    return this.#context.table.place(record);
  }

  readRecord(record: number): Uint8Array | undefined {
    return this.#context.table.bytes(record)?.slice();
  }

  readIndexBlock(directory: NtfsFile, vcn: number): Uint8Array | undefined {
    return this.#directories.block(directory, vcn);
  }

  refresh(): void {
    this.#blocks.clear();
    this.#facts = undefined;
    const table = RecordTable.open(this.#source, this.boot, this.#tell);
    this.#context = { source: this.#source, boot: this.boot, tell: this.#tell, table, files: new Lru(CACHED_FILES) };
    this.#upCase = new UpCase(this.#context);
    this.#directories = new Directories(this.#context, this.#blocks, this.#upCase);
  }

  #volumeFacts(): VolumeFacts {
    this.#facts ??= volumeFacts(this.#context);
    return this.#facts;
  }
}

/** What $Volume says. @source Linux-NTFS documentation, "$VOLUME_NAME", "$VOLUME_INFORMATION" */
function volumeFacts(context: Context): VolumeFacts {
  const file = readFile(context, RECORD.volume);
  const value = (type: number): Uint8Array => {
    const attribute = file?.attributes.find((one) => one.type === type);
    return attribute === undefined ? new Uint8Array(0) : attributeValue(context, attribute, MAX_LABEL_BYTES);
  };
  const name = value(ATTRIBUTE.volumeName);
  const label = unitsText(viewOf(name), 0, name.length >> 1);
  const information = value(ATTRIBUTE.volumeInformation);
  if (information.length < 12) {
    context.tell('NTFS_ATTRIBUTE', context.table.place(RECORD.volume)?.[0]?.offset ?? 0, '$VOLUME_INFORMATION', 12, information.length);
    return { label, version: { major: 0, minor: 0 }, flags: 0 };
  }
  const view = viewOf(information);
  return { label, version: { major: view.getUint8(8), minor: view.getUint8(9) }, flags: view.getUint16(10, true) };
}
