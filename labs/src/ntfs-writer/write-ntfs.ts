import { type Attribute, TYPE } from './attribute.ts';
import { COLLATION, writeIndex } from './folder.ts';
import { compareNames, type IndexEntry, nameEntry, viewEntry } from './names.ts';
import { alignUp, fileReference, viewOf } from './numbers.ts';
import { fileRecord, fileRecords, RECORD_FLAG, stamp } from './record.ts';
import { byteOf, placesOf } from './runs.ts';
import { securityId } from './secure.ts';
import { ClusterSpace } from './space.ts';
import { SparseImage } from './sparse-image.ts';
import {
  ATTRIBUTE_FLAG,
  type InRecord,
  isStored,
  type Medium,
  resident,
  type Stored,
  storeBytes,
  storeStream,
  streamOf,
  writeRuns,
} from './stream.ts';
import { bootClusters, systemFiles } from './system-files.ts';
import { EXTEND, FIRST_RECORD, keyOf, type Node, nodeTree, RESERVED, SYSTEM, sequenceOf, UNUSED } from './tree.ts';
import type { WriteNtfs, WrittenFile, WrittenIndexBlock, WrittenNtfs, WrittenRun } from './types.ts';
import { bootSector, fileName, reparsePoint, standardInformation, type Times, timesOf } from './values.ts';

/** 2024-07-01T00:00:00Z. */
const DEFAULT_TIME = 133_642_656_000_000_000n;
const MIB = 1 << 20;
/** DOS attributes that follow from a file's contents. @source [MS-FSCC] 2.6 */
const DOS = { archive: 0x20, sparse: 0x200, reparse: 0x400, compressed: 0x800, encrypted: 0x4000 } as const;
/** Flags of names only. @source Linux-NTFS "$FILE_NAME" */
const NAME_FLAG = { folder: 0x1000_0000, viewIndex: 0x2000_0000 } as const;

/** What is known of a file while it is written. */
interface Draft {
  readonly node: Node;
  readonly attributes: Attribute[];
  readonly runs: Map<string, readonly WrittenRun[]>;
  readonly times: Times;
  dosAttributes: number;
  reparseTag: number;
  indexBlocks: readonly WrittenIndexBlock[];
}

const sizes = (body: InRecord | Stored | undefined): { allocatedBytes: number; sizeBytes: number } => {
  if (!body) return { allocatedBytes: 0, sizeBytes: 0 };
  if (!isStored(body)) return { allocatedBytes: alignUp(body.value.length, 8), sizeBytes: body.value.length };
  return { allocatedBytes: body.clusterBytesUsed, sizeBytes: body.sizeBytes };
};

/**
 * Writes a whole NTFS 3.1 volume: system files, folders as B-trees, files. What it leaves out of a volume made by Windows: boot code, object ids, quota entries,
 * a change journal, extended attributes; $FILE_NAME of $MFT keeps the size of a fresh volume, as Windows does.
 * @throws {RangeError} a description that cannot be met: volume too small, a name twice, an attribute that does not fit.
 * @source Linux-NTFS project, NTFS documentation
 */
export function writeNtfs(spec: WriteNtfs): WrittenNtfs {
  const sectorBytes = spec.sectorBytes ?? 512;
  const clusterBytes = spec.clusterBytes ?? Math.max(4096, sectorBytes);
  const recordBytes = spec.recordBytes ?? (sectorBytes === 4096 ? 4096 : 1024);
  const indexBytes = spec.indexBytes ?? 4096;
  if (spec.sizeBytes % sectorBytes !== 0 || spec.sizeBytes < 2 * MIB) throw new RangeError(`a volume of ${spec.sizeBytes} bytes`);
  const totalSectors = spec.sizeBytes / sectorBytes - 1;
  const clusters = Math.floor((totalSectors * sectorBytes) / clusterBytes);
  const image = new SparseImage(spec.sizeBytes, sectorBytes);
  const medium: Medium = { image, space: new ClusterSpace(clusters), clusterBytes };
  const geometry = { clusterBytes, recordBytes, indexBytes };
  const lsn = spec.lsn ?? 0n;
  const always = timesOf(spec.time ?? DEFAULT_TIME, {} as Times);
  const { nodes, root, nextRecord } = nodeTree(spec);

  const drafts = new Map<Node, Draft>();
  for (const node of nodes) {
    const { entry } = node;
    drafts.set(node, {
      node,
      attributes: [],
      runs: new Map(),
      times: timesOf(entry.times, always),
      dosAttributes: entry.dosAttributes ?? (node.directory ? 0 : DOS.archive),
      reparseTag: 0,
      indexBlocks: [],
    });
  }
  const system = new Map(
    nodes.filter((each) => each.record < (spec.firstRecord ?? FIRST_RECORD)).map((each) => [each.record, drafts.get(each)!]),
  );
  const of = (record: number): Draft => system.get(record)!;
  const put = (draft: Draft, type: number, name: string, body: InRecord | Stored): void => {
    draft.attributes.push({ type, name, body });
    if (isStored(body) && body.runs.length > 0) draft.runs.set(name, body.runs);
  };

  // Places that are asked for come first, so that nothing else is there.
  medium.space.takeAt(0, bootClusters(clusterBytes));
  const early = new Map<Node, Map<string, InRecord | Stored>>();
  const streams = (node: Node): (readonly [string, ReturnType<typeof streamOf>])[] => {
    const { content, streams: named = {} } = node.entry;
    const unnamed = content === undefined ? (node.directory ? [] : [['', streamOf('')] as const]) : [['', streamOf(content)] as const];
    return [...unnamed, ...Object.entries(named).map(([name, each]) => [name, streamOf(each)] as const)];
  };
  const userNodes = nodes.filter((each) => !system.has(each.record));
  for (const node of userNodes) {
    for (const [name, stream] of streams(node)) {
      if (!stream.atClusters) continue;
      const bodies = early.get(node) ?? new Map<string, InRecord | Stored>();
      early.set(node, bodies.set(name, storeStream(medium, stream)));
    }
  }

  const { parts, mirror, bitmap, secure } = systemFiles(medium, spec, recordBytes, early.size === 0);
  for (const { record, type, name, body } of parts) put(of(record), type, name, body);

  // Contents of files.
  for (const node of userNodes) {
    const draft = drafts.get(node)!;
    const { entry } = node;
    for (const [name, stream] of streams(node)) {
      const body = early.get(node)?.get(name) ?? storeStream(medium, stream);
      put(draft, TYPE.data, name, body);
      if (body.flags & ATTRIBUTE_FLAG.sparse) draft.dosAttributes |= DOS.sparse;
      if (body.flags & ATTRIBUTE_FLAG.compressed) draft.dosAttributes |= DOS.compressed;
      if (body.flags & ATTRIBUTE_FLAG.encrypted) draft.dosAttributes |= DOS.encrypted;
      if (entry.deleted && isStored(body)) {
        for (const { lcn, clusters: count } of body.runs) if (lcn !== undefined) medium.space.free({ lcn, clusters: count });
      }
    }
    if (entry.ownDescriptor) put(draft, TYPE.securityDescriptor, '', resident(entry.ownDescriptor));
    if (entry.reparse) {
      const { tag, value } = reparsePoint(entry.reparse);
      draft.reparseTag = tag;
      draft.dosAttributes |= DOS.reparse;
      put(draft, TYPE.reparsePoint, '', resident(value));
    }
  }

  // Names, in records and in the indexes of their folders.
  const content = new Map<Node, { readonly name: string; readonly entry: IndexEntry }[]>();
  for (const node of nodes) {
    const draft = drafts.get(node)!;
    const isView = node.record === SYSTEM.$Secure || Object.values(EXTEND).some((each) => each === node.record);
    // A fresh $MFT has 16 records; its name is not brought up to date.
    const unnamed =
      node.record === SYSTEM.$MFT ? undefined : draft.attributes.find((each) => each.type === TYPE.data && each.name === '')?.body;
    const size = node.record === SYSTEM.$MFT ? { allocatedBytes: 16 * recordBytes, sizeBytes: 16 * recordBytes } : sizes(unnamed);
    for (const { parent, name, nameSpace } of node.names) {
      const value = fileName({
        parent: fileReference(parent.record, parent.sequence),
        name,
        nameSpace,
        times: timesOf(node.entry.nameTimes, draft.times),
        ...size,
        attributes: draft.dosAttributes | (node.directory ? NAME_FLAG.folder : 0) | (isView ? NAME_FLAG.viewIndex : 0),
        reparseTag: draft.reparseTag,
      });
      draft.attributes.push({ type: TYPE.fileName, name: '', body: resident(value), indexed: true });
      if (node.entry.deleted) continue;
      const list = content.get(parent) ?? [];
      content.set(parent, list);
      list.push({ name, entry: nameEntry(fileReference(node.record, node.sequence), value, name) });
    }
    const id = node.entry.ownDescriptor ? 0 : securityId(node.entry.security ?? 0);
    draft.attributes.push({
      type: TYPE.standardInformation,
      name: '',
      body: resident(standardInformation(draft.times, draft.dosAttributes, id)),
    });
  }

  // Indexes of folders and views.
  const index = (draft: Draft, name: string, collation: number, entries: readonly IndexEntry[], keyType = 0): void => {
    const { entry } = draft.node;
    const blocks = writeIndex(medium, geometry, {
      name,
      keyType,
      collation,
      entries,
      lsn: entry.indexLsn ?? lsn,
      entriesPerBlock: entry.entriesPerBlock,
      fragments: entry.indexFragments,
      stale: (entry.staleEntries ?? []).map((each) => staleEntry(draft, each)),
      beside: draft.attributes,
      besideList: entry.attributeList !== undefined || entry.namesInExtensions === true,
    });
    draft.attributes.push(...blocks.attributes);
    if (!blocks.stored) return;
    const { runs } = blocks.stored;
    draft.runs.set(name, runs);
    draft.indexBlocks = blocks.blocks.map(({ vcn, level, names }, i) => ({
      vcn,
      level,
      names,
      offset: byteOf(runs, i * indexBytes, clusterBytes),
    }));
  };
  const staleEntry = (draft: Draft, name: string): IndexEntry =>
    nameEntry(
      fileReference(nextRecord, 7),
      fileName({
        parent: fileReference(draft.node.record, draft.node.sequence),
        name,
        nameSpace: 1,
        times: draft.times,
        allocatedBytes: 0,
        sizeBytes: 0,
        attributes: DOS.archive,
        reparseTag: 0,
      }),
      name,
    );
  for (const node of nodes) {
    if (!node.directory) continue;
    const entries = (content.get(node) ?? []).toSorted((a, b) => compareNames(a.name, b.name)).map((each) => each.entry);
    index(drafts.get(node)!, '$I30', COLLATION.fileName, entries, TYPE.fileName);
  }
  index(of(SYSTEM.$Secure), '$SDH', COLLATION.securityHash, secure.sdh);
  index(of(SYSTEM.$Secure), '$SII', COLLATION.ulong, secure.sii);
  index(of(EXTEND.$Quota), '$O', COLLATION.sid, []);
  index(of(EXTEND.$Quota), '$Q', COLLATION.ulong, []);
  index(of(EXTEND.$ObjId), '$O', COLLATION.ulongs, []);
  index(of(EXTEND.$Reparse), '$R', COLLATION.ulongs, reparseEntries([...drafts.values()]));

  // Records.
  let next = nextRecord;
  const newRecord = (): { record: number; sequence: number } => ({ record: next++, sequence: 1 });
  const records = new Map<number, Uint8Array>();
  const extensions = new Map<Node, number[]>();
  const inUse = new Set<number>();
  const build = (draft: Draft, fresh = newRecord): void => {
    const { node } = draft;
    const { entry } = node;
    const more: number[] = [];
    const flags =
      (entry.deleted ? 0 : RECORD_FLAG.inUse) |
      (node.directory ? RECORD_FLAG.directory : 0) |
      (node.record === SYSTEM.$Secure ? RECORD_FLAG.viewIndex : 0) |
      (Object.values(EXTEND).some((each) => each === node.record) ? RECORD_FLAG.extend | RECORD_FLAG.viewIndex : 0);
    const made = fileRecords(
      { record: node.record, sequence: node.sequence, flags, links: node.names.length, lsn: entry.lsn ?? lsn },
      draft.attributes,
      {
        recordBytes,
        attributeList: entry.attributeList,
        namesInExtensions: entry.namesInExtensions,
        newRecord: () => {
          const made = fresh();
          more.push(made.record);
          return made;
        },
        store: (bytes) => storeBytes(medium, bytes),
      },
    );
    for (const { record, bytes } of made) {
      records.set(record, bytes);
      if (!entry.deleted) inUse.add(record);
    }
    extensions.set(node, more);
  };
  for (const draft of drafts.values()) if (draft.node.record !== SYSTEM.$MFT) build(draft);
  for (let record: number = RESERVED.from; record <= RESERVED.to; record++) {
    const attributes: Attribute[] = [
      { type: TYPE.standardInformation, name: '', body: resident(standardInformation(always, 6, securityId(0))) },
      { type: TYPE.data, name: '', body: resident(new Uint8Array()) },
    ];
    const head = { record, sequence: sequenceOf(record), flags: RECORD_FLAG.inUse, links: 0, lsn };
    for (const each of fileRecords(head, attributes, { recordBytes, newRecord, store: (bytes) => storeBytes(medium, bytes) }))
      records.set(each.record, each.bytes);
    inUse.add(record);
  }

  // $MFT, now that the number of records is known. Its own extension records come early: a reader has to reach them by the runs of the base record alone.
  const perCluster = Math.max(1, clusterBytes / recordBytes);
  const recordCount = alignUp(next + (spec.spareRecords ?? 8), Math.max(perCluster, 8));
  const mft = of(SYSTEM.$MFT);
  const mftStored = storeBytes(
    medium,
    new Uint8Array(recordCount * recordBytes),
    spec.mftFragments ? { fragments: spec.mftFragments } : {},
  );
  // Readers find these four by the boot sector alone.
  if (mftStored.runs[0]!.clusters * clusterBytes < 4 * recordBytes) throw new RangeError('the first piece of $MFT is too small');
  const mftBitmap = new Uint8Array(alignUp(recordCount / 8, 8));
  const mftBitmapStored = storeBytes(medium, mftBitmap);
  put(mft, TYPE.data, '', mftStored);
  mft.attributes.push({ type: TYPE.bitmap, name: '', body: mftBitmapStored });
  mft.runs.set('$BITMAP', mftBitmapStored.runs);
  let nextOwn: number = UNUSED.from;
  build(mft, () => {
    if (nextOwn > UNUSED.to) throw new RangeError('$MFT lies in too many pieces');
    const record = nextOwn++;
    return { record, sequence: sequenceOf(record) };
  });
  for (const record of inUse) mftBitmap[record >> 3]! |= 1 << (record & 7);
  for (let record = 0; record < recordCount; record++) {
    const bytes = records.get(record) ?? fileRecord({ record, sequence: sequenceOf(record), flags: 0, links: 0, lsn: 0n }, recordBytes, []);
    stamp(bytes);
    writeRuns(medium, mftStored.runs, record * recordBytes, bytes);
    if (record < mirror.sizeBytes / recordBytes) writeRuns(medium, mirror.runs, record * recordBytes, bytes);
  }
  writeRuns(medium, mftBitmapStored.runs, 0, mftBitmap);
  writeRuns(medium, bitmap.runs, 0, medium.space.bitmap());
  const boot = bootSector({
    sectorBytes,
    clusterBytes,
    recordBytes,
    indexBytes,
    totalSectors,
    hiddenSectors: spec.hiddenSectors ?? 0,
    mftLcn: mftStored.runs[0]!.lcn!,
    mirrorLcn: mirror.runs[0]!.lcn!,
    serial: spec.serial ?? 0x1a2b_3c4d_5e6f_7081n,
  });
  image.write(0, boot);
  image.write(spec.sizeBytes - sectorBytes, boot);

  const recordPlace: WrittenNtfs['recordPlace'] = (record) => placesOf(mftStored.runs, record * recordBytes, recordBytes, clusterBytes);
  const files = [...drafts.values()].map((draft): WrittenFile => {
    const { node, runs, indexBlocks } = draft;
    return {
      path: node.path,
      paths: node === root ? [''] : node.names.map(({ parent, name }) => (parent.path === '' ? name : `${parent.path}\\${name}`)),
      record: node.record,
      sequence: node.sequence,
      directory: node.directory,
      deleted: node.entry.deleted === true,
      extensionRecords: extensions.get(node) ?? [],
      runs,
      indexBlocks,
    };
  });
  const byKey = new Map<string, WrittenFile>();
  for (const file of files.toSorted((a, b) => Number(b.deleted) - Number(a.deleted)))
    for (const path of file.paths) byKey.set(keyOf(path), file);
  return {
    image,
    clusterBytes,
    recordBytes,
    indexBytes,
    sectorBytes,
    clusters,
    recordCount,
    files,
    file(path) {
      const file = byKey.get(keyOf(path));
      if (!file) throw new RangeError(`no file ${path} was written`);
      return file;
    },
    recordPlace,
    recordOffset: (record) => recordPlace(record)[0]!.offset,
  };
}

/** Entries of $Reparse: tag and file reference, without data, ordered as words. */
function reparseEntries(drafts: readonly Draft[]): IndexEntry[] {
  const keyed = drafts.flatMap(({ node, reparseTag }) => {
    if (reparseTag === 0 || node.entry.deleted) return [];
    const key = new Uint8Array(12);
    viewOf(key).setUint32(0, reparseTag, true);
    viewOf(key).setBigUint64(4, fileReference(node.record, node.sequence), true);
    return [{ key, tag: reparseTag, record: node.record, path: node.path }];
  });
  return keyed.toSorted((a, b) => a.tag - b.tag || a.record - b.record).map(({ key, path }) => viewEntry(key, new Uint8Array(), path));
}
