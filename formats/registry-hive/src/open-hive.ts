import { type ByteSource, wholeReads } from '@winmedic/bytes';
import { BASE_FIELDS, type BaseBlock, baseBlockChecksum, binSize } from './base-block.ts';
import { bins } from './bins.ts';
import type { HiveContext } from './cells.ts';
import { Claims } from './claims.ts';
import { Damages } from './damages.ts';
import { HiveError } from './errors.ts';
import { hasBigData, type Key, readKey } from './key.ts';
import { BASE_BLOCK_SIZE, BASE_SECTOR, BIN_HEADER_SIZE, KEY_HIVE_ENTRY, PAGE_SIZE } from './layout.ts';
import { MAX_BIN_SEARCH, withDefaults } from './limits.ts';
import { Pages } from './pages.ts';
import { type Replay, replay } from './replay.ts';
import { deletedEntries, salvageEntries } from './scan.ts';
import type { DeletedEntry, Hive, HiveHeader, HiveKey, HiveOptions, HiveState } from './types.ts';

/** Smallest cells of a key node (a name of one character) and of a key value (no name). */
const SMALLEST_KEY = 88;
const SMALLEST_VALUE = 24;

/**
 * Opens a registry hive (regf 1.3 to 1.6) and lays its transaction logs over it, in memory, as Windows does when it loads the hive. Only the
 * base block, the root key and, of a dirty hive, the logs are read before more is asked for.
 * @throws {HiveError} HIVE_EMPTY, HIVE_NOT_HIVE or HIVE_TOO_LARGE; everything else is a damage. What a source throws (an I/O error) is thrown on, here
 * and by every later read.
 */
export function openHive(source: ByteSource, options: HiveOptions = {}): Hive {
  return new OpenedHive(source, options);
}

/** The file that a replay leads to. */
export interface ReplayedFile {
  readonly source: ByteSource;
  /** File offsets that logs bring bytes for, ascending and apart from each other; what lies outside, but for the base block, is as in the file. */
  readonly stretches: readonly (readonly [start: number, end: number])[];
}

/** A hive opened to be written: with the bytes that a replay leads to. */
export interface ReplayedHive extends Hive {
  replayed(): ReplayedFile;
}

/** As {@link openHive}; for the writer. */
export function openReplayed(source: ByteSource, options: HiveOptions): ReplayedHive {
  return new OpenedHive(source, options);
}

class OpenedHive implements ReplayedHive {
  readonly #source: ByteSource;
  readonly #damages: Damages;
  readonly #replay: Replay;
  readonly #context: HiveContext;
  readonly header: HiveHeader;
  readonly root: Key | undefined;
  #binsChecked = false;

  constructor(given: ByteSource, options: HiveOptions) {
    const source = wholeReads(given);
    const limits = withDefaults(options.limits);
    if (source.sizeBytes === 0) throw new HiveError('HIVE_EMPTY', 'hive');
    if (source.sizeBytes > limits.maxHiveBytes) throw new HiveError('HIVE_TOO_LARGE', 'hive', source.sizeBytes);
    const damages = new Damages(options.onDamage);
    const logs = (options.logs ?? []).map((log) => ({ name: log.name, source: wholeReads(log.source) }));
    const done = replay(source, logs, limits.maxHiveBytes, damages);
    const usable = done.base?.signature === true ? done.base : undefined;
    // A log is no hive, though it begins with the same base block and holds its pages.
    if (done.own?.signature === true && done.own.checksumValid && done.own.fileType !== 0)
      throw new HiveError('HIVE_NOT_HIVE', 'file type');
    if (usable === undefined && !hasBin(source)) throw new HiveError('HIVE_NOT_HIVE', 'base block');
    this.#source = source;
    this.#damages = damages;
    this.#replay = done;
    this.header = headerOf(done, usable, source.sizeBytes);
    tellBase(done, usable, damages);
    if (done.dirty && done.noLogs) damages.add('HIVE_DIRTY_NO_LOGS', 0, 'transaction logs');
    const claimed = BASE_BLOCK_SIZE + this.header.binsDataSize;
    const patched = done.patches.stretches().at(-1)?.[1] ?? 0;
    const end = Math.max(BASE_BLOCK_SIZE, Math.min(claimed, Math.max(source.sizeBytes, patched), limits.maxHiveBytes));
    const pages = new Pages(source, done.patches, end);
    if (end < claimed || pages.readable(BASE_BLOCK_SIZE, end - BASE_BLOCK_SIZE) < end - BASE_BLOCK_SIZE)
      damages.add('HIVE_TRUNCATED', Math.min(source.sizeBytes, end), 'hive bins data', {
        need: claimed,
        have: Math.min(source.sizeBytes, end),
      });
    this.#context = {
      pages,
      damages,
      limits,
      claimedEnd: claimed,
      bigData: hasBigData(this.header.minorVersion),
      rootOffset: this.header.rootOffset,
      adopted: new Map(),
      // Index roots list further elements than keys, never more of them.
      listed: new Claims(end, SMALLEST_KEY / 2),
      valued: new Claims(end, SMALLEST_VALUE),
    };
    this.root = this.#readRoot();
  }

  get state(): HiveState {
    if (this.#damages.serious) return 'damaged';
    if (this.#replay.replayed) return 'replayed';
    return this.#replay.dirty ? 'dirty' : 'clean';
  }

  get logs(): Hive['logs'] {
    return this.#replay.logs;
  }

  key(path: string): HiveKey | undefined {
    let key = this.root;
    for (const name of path.split('\\')) {
      if (key === undefined) return undefined;
      if (name !== '') key = key.subkey(name);
    }
    return key;
  }

  *walk(from?: HiveKey): IterableIterator<HiveKey> {
    if (from === undefined) this.#checkBins();
    const start = from ?? this.root;
    if (start === undefined) return;
    let left = this.#context.limits.maxKeys;
    yield start;
    const open: IterableIterator<HiveKey>[] = [start.subkeys()];
    while (open.length > 0) {
      const { value: key, done } = open.at(-1)!.next();
      if (done === true) {
        open.pop();
        continue;
      }
      if (--left <= 0) {
        this.#damages.add('HIVE_LIMIT', key.offset, 'keys', { have: this.#context.limits.maxKeys });
        return;
      }
      yield key;
      if (key.subkeyCount > 0) open.push(key.subkeys());
    }
  }

  deleted(): IterableIterator<DeletedEntry> {
    return deletedEntries(this.#context);
  }

  salvage(): IterableIterator<DeletedEntry> {
    return salvageEntries(this.#context);
  }

  image(): Uint8Array {
    const { source } = this.replayed();
    const out = new Uint8Array(source.sizeBytes);
    source.readAt(0, out);
    return out;
  }

  /** The file the replay leads to, read from the hive and its logs piece by piece as it is asked for. */
  replayed(): ReplayedFile {
    const source = this.#source;
    const { pages } = this.#context;
    const { rebuilt, replayed, patches } = this.#replay;
    if (!replayed && !rebuilt) return { source, stretches: [] };
    const sizeBytes = Math.max(source.sizeBytes, pages.end);
    const head = this.#replayedHead();
    return {
      stretches: patches.stretches(),
      source: {
        sizeBytes,
        readAt: (offset, into) => {
          const part = into.subarray(0, Math.max(0, Math.min(into.length, sizeBytes - offset)));
          part.fill(0, source.readAt(offset, part));
          const from = Math.max(offset, BASE_BLOCK_SIZE);
          const to = Math.min(offset + part.length, pages.end);
          if (from < to) patches.apply(from, part.subarray(from - offset, to - offset));
          if (offset < head.length) part.set(head.subarray(offset, offset + part.length));
          return part.length;
        },
      },
    };
  }

  /** First sector of the base block that the replay leads to. */
  #replayedHead(): Uint8Array {
    const { base } = this.#replay;
    const sequence = this.#replay.sequence ?? base!.primarySequence;
    const head = base!.bytes.slice(0, BASE_SECTOR);
    const view = new DataView(head.buffer);
    view.setUint32(BASE_FIELDS.fileType, 0, true);
    view.setUint32(BASE_FIELDS.binsDataSize, this.header.binsDataSize, true);
    view.setUint32(BASE_FIELDS.flags, this.header.flags, true);
    view.setUint32(BASE_FIELDS.primarySequence, sequence, true);
    view.setUint32(BASE_FIELDS.secondarySequence, sequence, true);
    view.setUint32(BASE_FIELDS.checksum, baseBlockChecksum(head), true);
    return head;
  }

  #readRoot(): Key | undefined {
    const { rootOffset } = this.header;
    const root = readKey(this.#context, rootOffset, undefined, 'allocated');
    const offset = BASE_BLOCK_SIZE + rootOffset;
    if (root === undefined) {
      this.#damages.add('HIVE_ROOT', offset, 'root cell', { need: 'nk', have: 'no key node' });
      return undefined;
    }
    if ((root.flags & KEY_HIVE_ENTRY) !== 0) return root;
    this.#damages.add('HIVE_ROOT', offset, 'root key flags', { need: KEY_HIVE_ENTRY, have: root.flags });
    // With a sound base block the offset is what the hive was written with; else it may lead to any key.
    return this.header.checksumValid ? root : undefined;
  }

  /** A walk of everything vouches for the whole file, so it looks at every bin once. */
  #checkBins(): void {
    if (this.#binsChecked) return;
    this.#binsChecked = true;
    const broken = (start: number, end: number): void =>
      this.#damages.add('HIVE_BIN', start, 'hive bin', { need: 'hbin', have: end - start });
    for (const _ of bins(this.#context.pages, broken));
  }
}

/** Some page holds a bin at the place its header names. */
function hasBin(source: ByteSource): boolean {
  const bytes = new Uint8Array(BIN_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  const end = Math.min(source.sizeBytes, MAX_BIN_SEARCH);
  for (let start = BASE_BLOCK_SIZE; start + BIN_HEADER_SIZE <= end; start += PAGE_SIZE) {
    if (source.readAt(start, bytes) < bytes.length) return false;
    if (binSize(view, 0, start - BASE_BLOCK_SIZE) !== undefined) return true;
  }
  return false;
}

/** First cell of the first bin: where the root is when no base block says. */
const USUAL_ROOT = BIN_HEADER_SIZE;
/** Version of most hives, by which the rest is read when no base block says. */
const USUAL_MINOR = 5;

function headerOf({ rebuilt, binsDataSize, flags }: Replay, base: BaseBlock | undefined, fileSize: number): HiveHeader {
  const byFile = Math.max(0, Math.floor((fileSize - BASE_BLOCK_SIZE) / PAGE_SIZE) * PAGE_SIZE);
  if (base === undefined) {
    return {
      primarySequence: 0,
      secondarySequence: 0,
      lastWritten: 0n,
      majorVersion: 1,
      minorVersion: USUAL_MINOR,
      rootOffset: USUAL_ROOT,
      binsDataSize: byFile,
      fileName: '',
      flags: 0,
      checksumValid: false,
      rebuilt: false,
    };
  }
  // With a wrong checksum a size that cannot be is more likely the damage than the file.
  const plausible = base.checksumValid || (binsDataSize % PAGE_SIZE === 0 && binsDataSize > 0 && binsDataSize <= byFile);
  return {
    primarySequence: base.primarySequence,
    secondarySequence: base.secondarySequence,
    lastWritten: base.lastWritten,
    majorVersion: base.majorVersion,
    minorVersion: base.minorVersion,
    rootOffset: base.rootOffset,
    binsDataSize: plausible ? binsDataSize : byFile,
    fileName: base.fileName,
    flags,
    checksumValid: base.checksumValid,
    rebuilt,
  };
}

/** Tells what is wrong with the base block. */
function tellBase({ own, rebuilt }: Replay, base: BaseBlock | undefined, damages: Damages): void {
  if (own?.signature !== true || own.fileType !== 0) damages.add('HIVE_BASE_BLOCK', 0, 'base block', { need: 'regf', harmless: rebuilt });
  else if (!own.checksumValid) damages.add('HIVE_BASE_CHECKSUM', BASE_FIELDS.checksum, 'base block');
  if (base !== undefined && (base.majorVersion !== 1 || base.minorVersion < 3 || base.minorVersion > 6))
    damages.add('HIVE_VERSION', 20, 'base block', { need: '1.3 to 1.6', have: `${base.majorVersion}.${base.minorVersion}` });
}
