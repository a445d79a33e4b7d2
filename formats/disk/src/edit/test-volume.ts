/** Volumes for tests of edits, by the writer of `labs`, read through an overlay. */
import { type SparseImage, type WriteEntry, type WriteNtfs, type WrittenNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { Overlay } from '../block/index.ts';
import { DiskError } from '../errors.ts';
import { type NtfsVolume, openNtfs } from '../ntfs/index.ts';
import type { EditPreview } from './types.ts';

/** Folder all tests work in. */
export const FOLDER = 'Windows\\System32\\drivers\\CrowdStrike';

/** Name of a channel file. */
export const channel = (number: number): string => `C-00000291-00000000-${String(number).padStart(8, '0')}.sys`;

/** A folder of channel files with 8.3 names, and some files beside it of every kind an edit must tell apart. */
export function entries(count: number, perBlock?: number): WriteEntry[] {
  const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) & 0xff);
  return [
    { path: FOLDER, directory: true, ...(perBlock !== undefined && { entriesPerBlock: perBlock }) },
    ...Array.from({ length: count }, (_, i) => ({
      path: `${FOLDER}\\${channel(i)}`,
      dosName: `C${String(i).padStart(5, '0')}~1.SYS`,
      content: i % 5 === 0 ? bytes(6000 + i) : bytes(40),
      lsn: BigInt(0x1000 + i),
    })),
    { path: 'small\\alone.sys', content: bytes(9000) },
    { path: 'small\\hive', content: { data: bytes(8192), resident: false, spareClusters: 1 } },
    { path: 'small\\pieces', content: { data: bytes(30_000), fragments: [1, 2, 1] } },
    { path: 'small\\listed.sys', content: bytes(20_000), streams: { more: bytes(5000) }, attributeList: 'always', namesInExtensions: true },
    { path: 'small\\linked.sys', links: [{ path: 'small\\link.sys' }] },
    { path: 'small\\secret.sys', content: { data: bytes(9000), encrypted: true } },
    { path: 'small\\sparse.dat', content: { data: bytes(300_000), holes: [{ offset: 65_536, sizeBytes: 131_072 }] } },
    { path: 'small\\late.dat', content: { data: bytes(20_000), initializedBytes: 5000 } },
    { path: 'small\\order.sys' },
    { path: 'small\\order.sys.bak' },
    { path: 'small\\there.sys' },
    { path: 'small\\there.sy_' },
    { path: 'small\\noextension', dosName: 'NOEXTE~1' },
  ];
}

/** A written volume and the volume read through an overlay over it. */
export interface TestVolume {
  readonly written: WrittenNtfs;
  readonly overlay: Overlay;
  readonly volume: NtfsVolume;
}

/** Opens a written volume through a fresh overlay. */
export function opened(written: WrittenNtfs): TestVolume {
  const overlay = new Overlay(written.image);
  return { written, overlay, volume: openNtfs(overlay) };
}

/** Writes and opens. */
export function testVolume(options: Partial<WriteNtfs> & { readonly count?: number; readonly perBlock?: number } = {}): TestVolume {
  const { count = 60, perBlock, ...rest } = options;
  return opened(writeNtfs({ sizeBytes: 32 << 20, entries: entries(count, perBlock), ...rest }));
}

/** The image as it would be after the repair. */
export function after({ written, overlay }: TestVolume): SparseImage {
  const image = written.image.clone();
  for (const { offset, new: bytes } of overlay.plan().changes) image.write(offset, bytes);
  return image;
}

/** Stretches that differ but lie outside what the previews named. */
export function outside(test: TestVolume, previews: readonly EditPreview[]): { readonly offset: number }[] {
  const blocks = previews.flatMap((preview) => preview.blocks);
  /** First byte from `at` on that no block names; blocks may touch. */
  const uncovered = (at: number, end: number): number => {
    let from = at;
    while (from < end) {
      const block = blocks.find(({ offset, sizeBytes }) => from >= offset && from < offset + sizeBytes);
      if (!block) return from;
      from = block.offset + block.sizeBytes;
    }
    return end;
  };
  return test.written.image
    .differences(after(test))
    .filter(({ offset, sizeBytes }) => uncovered(offset, offset + sizeBytes) < offset + sizeBytes);
}

/** Code of the DiskError a call throws; other errors are passed on. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DiskError) return error.code;
    throw error;
  }
  return 'none';
}

/** A repeatable source of numbers from 0 to 1. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
