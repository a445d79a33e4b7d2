import { viewOf } from '@winmedic/bytes';
import { BITMAP_RANGE, BLOCK_BYTES } from './layout.ts';
import type { OpenAttribute } from './open-attributes.ts';
import { type Effect, effectOf } from './operations.ts';
import { type NtfsRecord, operationData } from './records.ts';
import type { TouchedBlock } from './types.ts';

/** Sizes of the volume, in bytes. */
export interface Geometry {
  readonly clusterBytes: number;
  readonly recordBytes: number;
  readonly indexBytes: number;
}

/** Half-open stretch of bytes. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Bytes an operation changes: in the stream it belongs to, and on the volume as far as the record names clusters. */
export interface Touch {
  readonly effect: Exclude<Effect, 'nothing'>;
  /** Stream the bytes lie in; undefined when the open attribute table does not say. */
  readonly stream?: { readonly record: number; readonly type: number };
  readonly inStream: Stretch;
  readonly onVolume: readonly Stretch[];
  /** Every byte was found on the volume: what does not overlap there is not touched. */
  readonly located: boolean;
}

const MFT_RECORD = 0;
const BITMAP_FILE = 6;
const DATA = 0x80;

/** What the redo or undo operation of a record changes; undefined for one that changes nothing on the volume. */
export function touchOf(
  record: NtfsRecord,
  side: 'redo' | 'undo',
  attribute: OpenAttribute | undefined,
  volume: Geometry,
): Touch | undefined {
  const effect = effectOf(record[side]);
  if (effect === 'nothing') return undefined;
  const { clusterBytes } = volume;
  const listed = record.lcns.length * clusterBytes;
  const start = record.clusterBlock * BLOCK_BYTES;
  const base = record.vcn * clusterBytes;
  const part = partOf(effect, record, side, attribute, volume) ?? { from: 0, to: Math.max(listed, start + clusterBytes) };
  const onVolume: Stretch[] = [];
  let located = part.to <= listed;
  // Only the listed clusters are walked: what is claimed beyond them has no place, and no bound.
  for (let at = part.from; at < Math.min(part.to, listed); ) {
    const index = Math.floor(at / clusterBytes);
    const end = Math.min(part.to, (index + 1) * clusterBytes);
    const lcn = record.lcns[index] ?? -1;
    if (lcn < 0) located = false;
    else onVolume.push({ from: lcn * clusterBytes + (at - index * clusterBytes), to: lcn * clusterBytes + (end - index * clusterBytes) });
    at = end;
  }
  const stream = effect === 'file-record' ? { record: MFT_RECORD, type: DATA } : attribute?.identity;
  return {
    effect,
    ...(stream === undefined ? {} : { stream: { record: stream.record, type: stream.type } }),
    inStream: { from: base + part.from, to: base + part.to },
    onVolume,
    located,
  };
}

/** Stretch from the target VCN on; undefined when the operation does not say how much. */
function partOf(
  effect: Effect,
  record: NtfsRecord,
  side: 'redo' | 'undo',
  attribute: OpenAttribute | undefined,
  { recordBytes, indexBytes }: Geometry,
): Stretch | undefined {
  const start = record.clusterBlock * BLOCK_BYTES;
  if (effect === 'file-record') return { from: start, to: start + recordBytes };
  if (effect === 'index-block')
    return { from: start, to: start + (isIndexSize(attribute?.indexBytes) ? attribute.indexBytes : indexBytes) };
  if (effect === 'value') {
    // Which of the two offsets is used depends on the stream; the other one was 0 in every log seen. The sum covers both.
    const from = start + record.recordOffset + record.attributeOffset;
    // A side without data of its own takes back, or repeats, the bytes of the other.
    const bytes = Math.max(record.redoBytes, record.undoBytes);
    return bytes === 0 ? undefined : { from, to: from + bytes };
  }
  if (effect === 'bits') {
    const range = bitRange(record, side);
    return range === undefined ? undefined : { from: start + Math.floor(range.from / 8), to: start + Math.floor((range.to - 1) / 8) + 1 };
  }
  return undefined;
}

function isIndexSize(bytes: number | undefined): bytes is number {
  return bytes !== undefined && bytes >= 512 && bytes <= 65536;
}

/** Bits that SetBits or ClearBits name, counted from the target VCN; undefined when they do not lie in the record or reach beyond the listed clusters. */
function bitRange(record: NtfsRecord, side: 'redo' | 'undo'): Stretch | undefined {
  // The undo of an allocation repeats the range; when it has no data of its own the redo's is the same range.
  const own = operationData(record, side);
  const data = own !== undefined && own.length >= BITMAP_RANGE.bytes ? own : operationData(record, side === 'redo' ? 'undo' : 'redo');
  if (data === undefined || data.length < BITMAP_RANGE.bytes) return undefined;
  const view = viewOf(data);
  const from = view.getUint32(BITMAP_RANGE.first, true);
  const bits = view.getUint32(BITMAP_RANGE.bits, true);
  return bits === 0 ? undefined : { from, to: from + bits };
}

/** Where a block lies: on the volume, and in the streams it belongs to. */
export interface BlockPlaces {
  readonly onVolume: Stretch;
  readonly inStreams: readonly { readonly record: number; readonly type: number; readonly stretches: readonly Stretch[] }[];
}

/** Places of a block, worked out once: a log has many records. */
export function placesOf(block: TouchedBlock, { clusterBytes, recordBytes, indexBytes }: Geometry): BlockPlaces {
  const inStreams: { readonly record: number; readonly type: number; readonly stretches: readonly Stretch[] }[] = [];
  if (block.fileRecord !== undefined) {
    inStreams.push({
      record: MFT_RECORD,
      type: DATA,
      stretches: [{ from: block.fileRecord * recordBytes, to: (block.fileRecord + 1) * recordBytes }],
    });
  }
  if (block.stream !== undefined) {
    const { record, type, vcn, clusters } = block.stream;
    // VCNs of index blocks smaller than a cluster count 512-byte units; both readings are kept, the length is then the block's own.
    const stretches =
      clusterBytes > indexBytes
        ? [clusterBytes, BLOCK_BYTES].map((unit) => ({ from: vcn * unit, to: vcn * unit + block.sizeBytes }))
        : [{ from: vcn * clusterBytes, to: vcn * clusterBytes + Math.max(clusters * clusterBytes, block.sizeBytes) }];
    inStreams.push({ record, type, stretches });
  }
  return { onVolume: { from: block.offset, to: block.offset + block.sizeBytes }, inStreams };
}

/** Whether a block is touched: for certain, certainly not, or perhaps. */
export function touches(touch: Touch, { onVolume, inStreams }: BlockPlaces): 'yes' | 'no' | 'maybe' {
  for (const stretch of touch.onVolume) if (overlap(stretch, onVolume)) return 'yes';
  const { stream } = touch;
  if (stream !== undefined) {
    for (const { record, type, stretches } of inStreams) {
      if (stream.record === record && stream.type === type && stretches.some((stretch) => overlap(stretch, touch.inStream))) return 'yes';
    }
  }
  if (touch.located || (stream !== undefined && inStreams.length > 0)) return 'no';
  return 'maybe';
}

function overlap(a: Stretch, b: Stretch): boolean {
  return a.from < b.to && b.from < a.to;
}

/**
 * Clusters that an operation allocates, frees or writes to: its own, and for $Bitmap (or a stream nobody names) those its bits stand for. Undefined when
 * that cannot be told.
 */
export function touchedClusters(
  record: NtfsRecord,
  side: 'redo' | 'undo',
  touch: Touch,
  { clusterBytes }: Geometry,
): readonly Stretch[] | undefined {
  const clusters = touch.onVolume.map(({ from, to }) => ({ from: Math.floor(from / clusterBytes), to: Math.ceil(to / clusterBytes) }));
  const { stream, effect } = touch;
  const mayBeBitmap = stream === undefined || (stream.record === BITMAP_FILE && stream.type === DATA);
  if (!mayBeBitmap) return clusters;
  const firstBit = record.vcn * clusterBytes * 8 + record.clusterBlock * BLOCK_BYTES * 8;
  if (effect === 'bits') {
    const range = bitRange(record, side);
    return range === undefined ? undefined : [...clusters, { from: firstBit + range.from, to: firstBit + range.to }];
  }
  // Bytes written to $Bitmap stand for eight clusters each. A stream without a name might be $Bitmap only if it is not an index.
  if (effect === 'value' || effect === 'unknown') {
    if (stream === undefined) return undefined;
    return [...clusters, { from: touch.inStream.from * 8, to: touch.inStream.to * 8 }];
  }
  return clusters;
}
