import { viewOf } from '@winmedic/bytes';
import type { Context } from './context.ts';
import { type IndexCache, IndexTree, type PlacedEntry, type Position } from './index-tree.ts';
import { keyName, NAME_IS_DIRECTORY } from './names.ts';
import { reference } from './numbers.ts';
import type { DirectoryEntry, NtfsFile } from './types.ts';
import type { UpCase } from './upcase.ts';

/** Index of file names. */
const NAME_INDEX = '$I30';

/** Reads the indexes of directories. */
export class Directories {
  readonly #context: Context;
  readonly #cache: IndexCache;
  readonly #upCase: UpCase;

  constructor(context: Context, cache: IndexCache, upCase: UpCase) {
    this.#context = context;
    this.#cache = cache;
    this.#upCase = upCase;
  }

  /** Entries in index order; with a prefix (any case) only those. */
  *entries(directory: NtfsFile, prefix = ''): Generator<DirectoryEntry> {
    const start = this.#upCase.text(prefix);
    yield* this.#range(directory, (name) => {
      if (start === '') return 0;
      const upper = this.#upCase.text(name.slice(0, start.length));
      return upper === start ? 0 : this.#upCase.compare(upper, start) < 0 ? -1 : 1;
    });
  }

  /** The entry of a name: written just so, or else the first without regard to case. */
  entry(directory: NtfsFile, name: string): DirectoryEntry | undefined {
    let first: DirectoryEntry | undefined;
    for (const entry of this.#range(directory, (other) => sign(this.#upCase.compare(other, name)))) {
      if (entry.name === name) return entry;
      first ??= entry;
    }
    return first;
  }

  /** An INDX block of the directory, a copy. */
  block(directory: NtfsFile, vcn: number): Uint8Array | undefined {
    return IndexTree.of(this.#context, this.#cache, directory, NAME_INDEX)?.block(vcn)?.slice();
  }

  *#range(directory: NtfsFile, order: (name: string) => -1 | 0 | 1): Generator<DirectoryEntry> {
    const { record } = directory.reference;
    const at = this.#context.table.place(record)?.[0]?.offset ?? 0;
    const tree = IndexTree.of(this.#context, this.#cache, directory, NAME_INDEX);
    if (tree === undefined) {
      if (directory.isDirectory) this.#context.tell('NTFS_INDEX', at, `directory, record ${record}`, NAME_INDEX, 'none');
      return;
    }
    // A key that is no name sorts nowhere: it is passed on and told below.
    const position: Position = (key) => {
      const name = keyName(key);
      return name === undefined ? 0 : order(name);
    };
    for (const placed of tree.range(position)) {
      const entry = directoryEntry(placed);
      if (entry === undefined) {
        this.#context.tell('NTFS_INDEX', at, `entry at ${place(placed)} of directory, record ${record}`, 'a name', 'none');
        continue;
      }
      const parent = reference(viewOf(placed.entry.key), 0);
      if (parent.record !== record || (parent.sequence !== directory.reference.sequence && parent.sequence !== 0)) {
        this.#context.tell('NTFS_ENTRY', at, `entry at ${place(placed)} of directory, record ${record}`, record, parent.record);
      }
      yield entry;
    }
  }
}

function directoryEntry({ entry, vcn }: PlacedEntry): DirectoryEntry | undefined {
  const name = keyName(entry.key);
  if (name === undefined) return undefined;
  return {
    reference: reference(viewOf(entry.bytes), 0),
    name,
    nameSpace: entry.key[65]!,
    isDirectory: (viewOf(entry.key).getUint32(56, true) & NAME_IS_DIRECTORY) !== 0,
    place: { vcn, offset: entry.offset },
  };
}

function place({ entry, vcn }: PlacedEntry): string {
  return vcn === undefined ? `root offset ${entry.offset}` : `VCN ${vcn} offset ${entry.offset}`;
}

function sign(value: number): -1 | 0 | 1 {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}
