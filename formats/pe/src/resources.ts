import { type ByteSource, readUpTo, viewOf } from '@winmedic/bytes';
import { type Directory, fileOffsetOf, type Section } from './headers.ts';
import { MAX_RESOURCE_ENTRIES, MAX_VERSION_BYTES, MAX_VERSIONS } from './limits.ts';
import type { Report } from './reader.ts';

/*
 * The tree of resources has three levels: type, name, language. Only these are followed, so that a tree that leads back into itself ends.
 * Source: learn.microsoft.com, windows/win32/debug/pe-format, "The .rsrc Section"; windows/win32/menurc/resource-types (RT_VERSION).
 */

const RT_VERSION = 16;
const DIRECTORY_HEADER_BYTES = 16;
const ENTRY_BYTES = 8;
const DATA_ENTRY_BYTES = 16;
/** Set in the second word of an entry that leads to another directory. */
const SUBDIRECTORY = 0x8000_0000;

/** A version resource with the language under which it stands. */
export interface VersionResource {
  readonly language: number;
  readonly bytes: Uint8Array;
  /** Where it begins in the file. */
  readonly offset: number;
}

interface Entry {
  /** Number of the entry; `undefined` for a named one. */
  readonly id: number | undefined;
  readonly to: number;
  readonly isDirectory: boolean;
}

/** The version resources of an image, in the order of the file. */
export function versionResources(
  source: ByteSource,
  directory: Directory,
  sections: readonly Section[],
  report: Report,
): VersionResource[] {
  if (directory.at === 0 || directory.sizeBytes === 0) return [];
  const tree = new Tree(source, directory, sections, report);
  const version = tree.entries(0, 'resource types').find(({ id, isDirectory }) => id === RT_VERSION && isDirectory);
  if (version === undefined) return [];
  const leaves: { readonly language: number; readonly to: number }[] = [];
  for (const name of tree.entries(version.to, 'names of versions')) {
    if (!name.isDirectory) continue;
    for (const { id, to, isDirectory } of tree.entries(name.to, 'languages of a version')) {
      if (isDirectory) continue;
      if (leaves.length === MAX_VERSIONS) {
        report('PE_LIMIT', directory.at, 'version resources', undefined, MAX_VERSIONS);
        return tree.resources(leaves);
      }
      leaves.push({ language: id ?? 0, to });
    }
  }
  return tree.resources(leaves);
}

class Tree {
  readonly #source: ByteSource;
  readonly #directory: Directory;
  readonly #sections: readonly Section[];
  readonly #report: Report;

  constructor(source: ByteSource, directory: Directory, sections: readonly Section[], report: Report) {
    this.#source = source;
    this.#directory = directory;
    this.#sections = sections;
    this.#report = report;
  }

  /** Entries of the directory at an offset from the root of the tree. */
  entries(at: number, what: string): Entry[] {
    const head = this.#read(this.#directory.at + at, DIRECTORY_HEADER_BYTES, what);
    if (head === undefined) return [];
    const counts = viewOf(head.bytes);
    const count = counts.getUint16(12, true) + counts.getUint16(14, true);
    const wanted = Math.min(count, MAX_RESOURCE_ENTRIES);
    if (wanted < count) this.#report('PE_LIMIT', head.offset, what, count, MAX_RESOURCE_ENTRIES);
    const rows = this.#read(this.#directory.at + at + DIRECTORY_HEADER_BYTES, wanted * ENTRY_BYTES, what);
    if (rows === undefined) return [];
    const view = viewOf(rows.bytes);
    return Array.from({ length: wanted }, (_, i) => {
      const id = view.getUint32(i * ENTRY_BYTES, true);
      const to = view.getUint32(i * ENTRY_BYTES + 4, true);
      return { id: id >= SUBDIRECTORY ? undefined : id, to: to % SUBDIRECTORY, isDirectory: to >= SUBDIRECTORY };
    });
  }

  /** Bytes of the leaves. */
  resources(leaves: readonly { readonly language: number; readonly to: number }[]): VersionResource[] {
    return leaves.flatMap(({ language, to }) => {
      const entry = this.#read(this.#directory.at + to, DATA_ENTRY_BYTES, 'data entry of a version');
      if (entry === undefined) return [];
      const view = viewOf(entry.bytes);
      const size = view.getUint32(4, true);
      if (size > MAX_VERSION_BYTES) this.#report('PE_LIMIT', entry.offset, 'size of a version', size, MAX_VERSION_BYTES);
      const data = this.#read(view.getUint32(0, true), Math.min(size, MAX_VERSION_BYTES), 'version');
      return data === undefined ? [] : [{ language, ...data }];
    });
  }

  #read(address: number, size: number, what: string): { readonly bytes: Uint8Array; readonly offset: number } | undefined {
    const offset = fileOffsetOf(this.#sections, address, size);
    if (offset === undefined) {
      this.#report('PE_RESOURCES', address, `${what}: address in no section`, size);
      return undefined;
    }
    const bytes = readUpTo(this.#source, offset, size);
    if (bytes.length === size) return { bytes, offset };
    this.#report('PE_TRUNCATED', offset, what, size, bytes.length);
    return undefined;
  }
}
