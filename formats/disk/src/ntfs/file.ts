import { viewOf } from '@winmedic/bytes';
import { addExtent, listValue, parseList } from './attribute-list.ts';
import type { Context } from './context.ts';
import { SILENT, type Tell } from './damages.ts';
import { MAX_REPARSE_BYTES, MAX_RUNS_KEPT } from './limits.ts';
import { bestName, parseFileName, parseTimes } from './names.ts';
import type { RawAttribute, RawRecord } from './record.ts';
import { parseReparse, type ReparsePoint } from './reparse.ts';
import { attributeValue } from './stream.ts';
import { ATTRIBUTE, type Attribute, type FileName, type NtfsFile, type NtfsTimes, type Run } from './types.ts';

/** An attribute and the record it stands in. */
interface Placed {
  readonly raw: RawAttribute;
  readonly record: number;
}

const NO_TIMES: NtfsTimes = { created: 0n, modified: 0n, mftChanged: 0n, accessed: 0n };

/**
 * A file from its base record and extension records; undefined for a record that is unusable (told) or extends another. Files read last are kept: a folder is
 * asked for again with each path through it.
 */
export function readFile(context: Context, number: number, asked = context.tell): NtfsFile | undefined {
  const kept = context.files.get(number);
  if (kept !== undefined) return kept;
  const file = assemble(context, number, asked);
  const runs = file?.attributes.reduce((sum, attribute) => sum + attribute.runs.length, 0) ?? 0;
  // What was read in silence has told nothing yet.
  if (file !== undefined && asked === context.tell && runs <= MAX_RUNS_KEPT) context.files.set(number, file);
  return file;
}

function assemble(context: Context, number: number, asked: Tell): NtfsFile | undefined {
  const base = context.table.record(number, asked);
  if (base === undefined || base.base !== undefined) return undefined;
  const tell = base.inUse ? asked : SILENT;
  const at = context.table.place(number)?.[0]?.offset ?? 0;
  const { placed, extensions } = gather({ ...context, tell }, base, at);
  const attributes = join(context, placed, tell);
  const names = namesOf(placed, tell, at, number);
  const standard = placed.find(({ raw }) => raw.type === ATTRIBUTE.standardInformation)?.raw.value;
  const facts = standard === undefined || standard.length < 48 ? undefined : viewOf(standard);
  if (facts === undefined) tell('NTFS_ATTRIBUTE', at, `$STANDARD_INFORMATION of record ${number}`, 48, standard?.length ?? 'none');
  const data = attributes.find((attribute) => attribute.type === ATTRIBUTE.data && attribute.name === '');
  const reparse = reparseOf({ ...context, tell }, attributes, at, number);
  return {
    reference: { record: number, sequence: base.sequence },
    inUse: base.inUse,
    isDirectory: base.isDirectory,
    lsn: base.lsn,
    extensionRecords: extensions,
    times: facts === undefined ? NO_TIMES : parseTimes(facts, 0),
    dosAttributes: facts?.getUint32(32, true) ?? 0,
    // Volumes before NTFS 3.0 have the shorter form, without a security id.
    securityId: facts !== undefined && facts.byteLength >= 56 ? facts.getUint32(52, true) : 0,
    names,
    attributes,
    name: bestName(names)?.name ?? '',
    sizeBytes: base.isDirectory ? 0 : (data?.sizeBytes ?? 0),
    ...(reparse === undefined ? {} : { reparse }),
  };
}

/** The attributes of the base record and of those extension records that are really the file's. */
function gather(
  context: Context,
  base: RawRecord,
  at: number,
): { readonly placed: readonly Placed[]; readonly extensions: readonly number[] } {
  const placed: Placed[] = base.attributes.map((raw) => ({ raw, record: base.number }));
  const list = base.attributes.find((attribute) => attribute.type === ATTRIBUTE.attributeList);
  if (list === undefined) return { placed, extensions: [] };
  const { tell } = context;
  const wrong = (need: string, have: string): void =>
    tell('NTFS_ATTRIBUTE_LIST', at, `attribute list of record ${base.number}`, need, have);
  const value = listValue(context.source, context.boot, list, at, tell);
  const records = new Map<number, ReadonlySet<string> | undefined>([[base.number, keysOf(base)]]);
  const extensions: number[] = [];
  for (const entry of value === undefined ? [] : parseList(value, at, tell)) {
    const { record, sequence } = entry.reference;
    if (!records.has(record)) {
      const found = context.table.record(record, tell);
      const ours = found?.inUse === base.inUse && found.base?.record === base.number && found.sequence === sequence;
      // A deleted file's sequence number was counted up after its extension records were written.
      const same = found?.base?.sequence === base.sequence || !base.inUse;
      records.set(record, ours && same ? keysOf(found) : undefined);
      if (ours && same) {
        extensions.push(record);
        for (const raw of found.attributes) placed.push({ raw, record });
      } else wrong(`extension record ${record}, sequence ${sequence}`, found === undefined ? 'unusable' : 'a record of another file');
    }
    const holds = records.get(record);
    if (holds !== undefined && !holds.has(`${entry.type} ${entry.firstVcn} ${entry.name}`)) {
      wrong(`attribute 0x${entry.type.toString(16)} in record ${record}`, 'none');
    }
  }
  return { placed, extensions };
}

/** Which attributes and extents a record holds, as its file's list names them. */
function keysOf(record: RawRecord): ReadonlySet<string> {
  return new Set(record.attributes.map((raw) => `${raw.type} ${raw.extent?.firstVcn ?? 0} ${raw.name}`));
}

/** Joins the extents of each long attribute; everything else stays as it is. In the order of type, then of the records. */
function join(context: Context, placed: readonly Placed[], tell: Tell): Attribute[] {
  const out: Attribute[] = [];
  const long = new Map<string, Placed[]>();
  for (const one of placed) {
    const { raw, record } = one;
    if (raw.extent === undefined) {
      const sizeBytes = raw.value!.length;
      out.push({
        ...{ type: raw.type, name: raw.name, id: raw.id, resident: true, flags: raw.flags },
        ...{ sizeBytes, allocatedBytes: 0, initializedBytes: sizeBytes, compressionUnit: 0, runs: [] },
        places: [{ record, offset: raw.offset, firstVcn: 0 }],
      });
      continue;
    }
    const key = `${raw.type} ${raw.name}`;
    const extents = long.get(key);
    if (extents === undefined) long.set(key, [one]);
    else extents.push(one);
  }
  for (const extents of long.values()) {
    const attribute = joinExtents(context, extents, tell);
    if (attribute !== undefined) out.push(attribute);
  }
  return out.sort((a, b) => a.type - b.type);
}

function joinExtents(context: Context, extents: Placed[], tell: Tell): Attribute | undefined {
  extents.sort((a, b) => a.raw.extent!.firstVcn - b.raw.extent!.firstVcn);
  const { raw, record } = extents[0]!;
  const first = raw.extent!;
  const where = ({ raw, record }: Placed): number => (context.table.place(record)?.[0]?.offset ?? 0) + raw.offset;
  const what = `attribute 0x${raw.type.toString(16)} of record ${record}`;
  // Sizes stand in the first extent: without it nothing can be said of the rest.
  if (first.firstVcn !== 0) {
    tell('NTFS_RUNS', where(extents[0]!), what, 'VCN 0', `VCN ${first.firstVcn}`);
    return undefined;
  }
  const runs: Run[] = [];
  const places: { record: number; offset: number; firstVcn: number }[] = [];
  let next = 0;
  for (const one of extents) {
    const extent = one.raw.extent!;
    if (extent.firstVcn !== next) {
      tell('NTFS_RUNS', where(one), what, `VCN ${next}`, `VCN ${extent.firstVcn}`);
      // A second extent of the same clusters is not believed; behind a missing one the rest is good.
      if (extent.firstVcn < next) continue;
    }
    addExtent(runs, extent, context.boot, where(one), tell);
    const last = runs.at(-1);
    next = Math.max(extent.endVcn, last === undefined ? 0 : last.vcn + last.clusters);
    places.push({ record: one.record, offset: one.raw.offset, firstVcn: extent.firstVcn });
  }
  const covered = next * context.boot.clusterBytes;
  if (covered < Math.min(first.sizeBytes, first.initializedBytes)) tell('NTFS_RUNS', where(extents[0]!), what, first.sizeBytes, covered);
  return {
    ...{ type: raw.type, name: raw.name, id: raw.id, resident: false, flags: raw.flags },
    ...{ sizeBytes: first.sizeBytes, allocatedBytes: first.allocatedBytes, initializedBytes: first.initializedBytes },
    // Sparse attributes have a unit too, and no compressed data.
    compressionUnit: (raw.flags & 0xff) !== 0 && first.compressionUnit > 0 && first.compressionUnit <= 16 ? 2 ** first.compressionUnit : 0,
    runs,
    places,
  };
}

function namesOf(placed: readonly Placed[], tell: Tell, at: number, number: number): FileName[] {
  const names: FileName[] = [];
  for (const { raw } of placed) {
    if (raw.type !== ATTRIBUTE.fileName) continue;
    const name = raw.value === undefined ? undefined : parseFileName(raw.value);
    if (name === undefined) tell('NTFS_ATTRIBUTE', at + raw.offset, `$FILE_NAME of record ${number}`, 'a name', 'none');
    else names.push(name);
  }
  return names;
}

function reparseOf(context: Context, attributes: readonly Attribute[], at: number, number: number): ReparsePoint | undefined {
  const attribute = attributes.find((one) => one.type === ATTRIBUTE.reparsePoint);
  if (attribute === undefined) return undefined;
  const read = parseReparse(attributeValue(context, attribute, MAX_REPARSE_BYTES));
  if (read === undefined || read.broken) context.tell('NTFS_REPARSE', at, `reparse point of record ${number}`, 'a link', 'broken data');
  return read?.point;
}
