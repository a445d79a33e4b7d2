import {
  growFile,
  type NtfsVolume,
  Overlay,
  openLogFile,
  openNtfs,
  overwriteData,
  quarantineFile,
  RECORD,
  resetLogFile,
  setVolumeDirty,
  undeleteFile,
} from '@winmedic/disk';
import { LogWriter } from '@winmedic/labs/logfile-writer';
import { OPEN_DESCRIPTOR, type WriteEntry, type WriteNtfs, type WrittenNtfs, writeNtfs } from '@winmedic/labs/ntfs-writer';
import { carriedOut, errorsOf, guarded, noNewErrors, orderlyDisk, sameAsOverlay } from './disk-device.ts';
import { mutateImage, ntfsRegions } from './disk-regions.ts';
import { walkNtfs } from './disk-walk.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';

const FOLDER = 'Windows\\System32\\drivers\\CrowdStrike';
const LOG_BYTES = 256 << 10;

/**
 * NTFS volumes with everything the writer knows: all that the reader gives, the whole check, the log, and edits through an overlay. An edit that was not
 * refused must leave no error that was not there before.
 */
export function ntfsKind(): Kind {
  const inputs = seeds().map(({ name, written }) => {
    const bytes = written.image.bytes();
    return { name, bytes, target: new Uint8Array(bytes.length), regions: ntfsRegions(written), sectorBytes: written.sectorBytes };
  });
  return {
    name: 'ntfs',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const { bytes, target, regions } = inputs[seed]!;
      target.set(bytes);
      const names = mutateImage(target, regions, random);
      if (random.below(40) > 0) return { bytes: target, names };
      const cut = random.below(bytes.length + 1);
      return { bytes: target.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes, random, seed) => read(bytes, inputs[seed]!.sectorBytes, random),
    maxMs: 5000,
    extension: 'ntfs',
  };
}

function read(bytes: Uint8Array, sectorBytes: number, random: Random): Record<string, number> {
  const counts = { files: 0, entries: 0, damages: 0, edits: 0, refused: 0 };
  const device = guarded(bytes, sectorBytes);
  counts.refused += Number(
    !orderlyDisk(() => {
      const volume = openNtfs(device, { onDamage: () => counts.damages++ });
      const seen = walkNtfs(volume, random);
      counts.files += seen.files;
      counts.entries += seen.entries;
      const before = errorsOf(volume);
      if (random.below(2) === 0) return;
      const overlay = new Overlay(device);
      const edited = openNtfs(overlay);
      if (!orderlyDisk(() => edit(edited, random))) return;
      counts.edits++;
      sameAsOverlay(overlay, carriedOut(overlay.plan(), bytes, sectorBytes));
      noNewErrors(before, errorsOf(openNtfs(overlay)));
    }),
  );
  return counts;
}

/** One edit of any kind, and what the log says of it. */
function edit(volume: NtfsVolume, random: Random): void {
  const log = volume.file(RECORD.logFile);
  const data = log === undefined ? undefined : volume.open(log);
  const judge = openLogFile(data ?? { sizeBytes: 0, readAt: () => 0 }, volume.boot);
  const avoid = (lcn: number, clusters: number): boolean => judge.touchesClusters(lcn, clusters);
  const preview = anyEdit(volume, random, avoid);
  judge.judge(preview.blocks);
}

function anyEdit(volume: NtfsVolume, random: Random, avoid: (lcn: number, clusters: number) => boolean): ReturnType<typeof setVolumeDirty> {
  const path = random.pick(PATHS);
  const file = volume.lookup(path);
  switch (random.below(file === undefined ? 3 : 8)) {
    case 0:
      return setVolumeDirty(volume, random.below(2) === 0);
    case 1:
      return resetLogFile(volume);
    case 2:
      return quarantineFile(volume, path);
    case 3: {
      const renamed = quarantineFile(volume, path);
      const [change] = renamed.changes;
      const to = change?.kind === 'rename' ? change.to : '';
      undeleteFile(volume, `${path.slice(0, path.lastIndexOf('\\') + 1)}${to}`, path.slice(path.lastIndexOf('\\') + 1));
      return renamed;
    }
    case 4:
    case 5: {
      const size = Math.min(file!.sizeBytes, 1 + random.below(9000));
      const offset = random.below(Math.min(file!.sizeBytes - size, 1 << 20) + 1);
      return overwriteData(volume, file!, '', offset, new Uint8Array(size).fill(0x5a), random.below(2) === 0 ? { avoid } : undefined);
    }
    default:
      return growFile(volume, file!, file!.sizeBytes + random.below(3) * 4096 + random.below(40_000), { avoid });
  }
}

const channel = (number: number): string => `C-00000291-00000000-${String(number).padStart(8, '0')}.sys`;
const PATHS = [
  `${FOLDER}\\${channel(3)}`,
  `${FOLDER}\\${channel(10)}`,
  `${FOLDER}\\${channel(27)}`,
  'small\\alone.sys',
  'small\\pieces.dat',
  'small\\listed.sys',
  'small\\sparse.dat',
  'small\\late.dat',
  'small\\packed.dat',
  'small\\hive',
] as const;

function seeds(): { name: string; written: WrittenNtfs }[] {
  const large: Partial<WriteNtfs> = { sizeBytes: 3 << 20 };
  return [
    { name: 'flat', written: volume({}) },
    { name: 'deep', written: volume({ mftFragments: [8, 3, 2] }, 4) },
    { name: 'small clusters', written: volume({ clusterBytes: 512 }, 6) },
    { name: 'large clusters', written: volume({ ...large, clusterBytes: 16_384 }) },
    { name: 'sectors of 4096', written: volume({ ...large, sectorBytes: 4096, clusterBytes: 4096 }, 5) },
    { name: 'pending log', written: volume({ logFile: pendingLog() }, 8) },
  ];
}

function pendingLog(): Uint8Array {
  const log = new LogWriter({ sizeBytes: LOG_BYTES, version: '2.0', client: '1.0' });
  log.append(2, 0, 0n, new Uint8Array(0x70));
  log.checkpoint({
    attributes: [
      { target: 0x18, record: 0, type: 0x80 },
      { target: 0x40, record: 5, sequence: 5, type: 0xa0, name: '$I30', indexBytes: 4096 },
      { target: 0x68, record: 6, type: 0x80 },
    ],
  });
  for (let i = 0; i < 12; i++) {
    const transaction = 0x18 + (i % 3) * 0x28;
    const [target, redo, undo] = (
      [
        [0x18, 0x07, 0x07],
        [0x40, 0x0e, 0x0f],
        [0x68, 0x15, 0x16],
      ] as const
    )[i % 3]!;
    log.record({ redo, undo, transaction, target, vcn: i, lcns: [40 + i], redoData: new Uint8Array(8 + i), undoData: new Uint8Array(8) });
    if (i % 4 === 3) log.end(transaction);
  }
  return log.write().bytes();
}

function volume(options: Partial<WriteNtfs>, perBlock?: number): WrittenNtfs {
  const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) & 0xff);
  const entries: WriteEntry[] = [
    { path: FOLDER, directory: true, staleEntries: ['C-00000291-old.sys'], ...(perBlock !== undefined && { entriesPerBlock: perBlock }) },
    ...Array.from({ length: 28 }, (_, i) => ({
      path: `${FOLDER}\\${channel(i)}`,
      dosName: `C${String(i).padStart(5, '0')}~1.SYS`,
      content: i % 5 === 0 ? bytes(5000 + i) : bytes(40),
      lsn: BigInt(0x1000 + i),
      deleted: i === 20,
    })),
    { path: 'small\\alone.sys', content: bytes(9000), ownDescriptor: OPEN_DESCRIPTOR },
    { path: 'small\\hive', content: { data: bytes(8192), resident: false, spareClusters: 1 } },
    { path: 'small\\pieces.dat', content: { data: bytes(40_000), fragments: [1, 1, 2], backwards: true } },
    {
      path: 'small\\listed.sys',
      content: { data: bytes(20_000), fragments: [1, 1] },
      streams: { more: bytes(5000) },
      attributeList: 'always',
      namesInExtensions: true,
    },
    { path: 'small\\outside.sys', content: bytes(5000), attributeList: 'nonresident' },
    { path: 'small\\linked.sys', links: [{ path: 'small\\link.sys' }], streams: { tag: 'text' } },
    { path: 'small\\sparse.dat', content: { data: bytes(200_000), holes: [{ offset: 65_536, sizeBytes: 65_536 }] } },
    { path: 'small\\late.dat', content: { data: bytes(20_000), initializedBytes: 5000 } },
    { path: 'small\\junction', directory: true, reparse: { junction: 'C:\\Windows' } },
    { path: 'small\\symlink', reparse: { symlink: '..\\small', relative: true } },
    { path: 'small\\日本語のファイル.txt', content: 'text', dosName: 'NIHONG~1.TXT' },
    ...((options.clusterBytes ?? 4096) <= 4096
      ? [{ path: 'small\\packed.dat', content: { data: bytes(150_000), compressed: true } }]
      : [{ path: 'small\\packed.dat', content: bytes(30_000) }]),
    { path: 'hiberfil.sys', content: new Uint8Array(5000) },
  ];
  return writeNtfs({ sizeBytes: 2 << 20, logFileBytes: LOG_BYTES, entries, lsn: 0x900n, ...options });
}
