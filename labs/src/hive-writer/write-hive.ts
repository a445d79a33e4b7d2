import { unixMsToTicks } from '@winmedic/bytes';
import { baseBlock } from './base-block.ts';
import { HiveTree } from './tree.ts';
import type { HiveDescription } from './types.ts';
import { HIVE } from './types.ts';

/** Last-written time of a description that names none. */
export function savedAtOf(description: HiveDescription): bigint {
  return description.savedAt ?? unixMsToTicks(Date.now());
}

/** File name of a description that names none. */
export const DEFAULT_FILE_NAME = '\\SystemRoot\\System32\\Config\\SYSTEM';

/**
 * Writes a clean hive.
 * @throws {RangeError} for names that are too long, missing or met twice under one key, and for changes of things that are not there.
 */
export function writeHive(description: HiveDescription): Uint8Array {
  const savedAt = savedAtOf(description);
  const tree = new HiveTree(description, savedAt);
  for (const change of description.changes ?? []) tree.change(change);
  const sequence = description.sequence ?? 1;
  return joinHive(
    baseBlock({
      primary: sequence,
      secondary: sequence,
      savedAt,
      minorVersion: description.minorVersion ?? 5,
      fileType: 0,
      rootCell: tree.rootCell,
      binsSize: tree.space.size,
      fileName: description.fileName ?? DEFAULT_FILE_NAME,
    }),
    tree.space.bytes,
    description.tail,
  );
}

/** Puts base block, bins and room behind them together. */
export function joinHive(base: Uint8Array, bins: Uint8Array, tail = 0): Uint8Array {
  const out = new Uint8Array(HIVE.base + bins.length + tail);
  out.set(base);
  out.set(bins, HIVE.base);
  return out;
}
