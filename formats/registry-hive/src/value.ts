import { decodeUtf16 } from '@winmedic/bytes';
import { type CellUse, cellAt, type HiveContext } from './cells.ts';
import { type DataRange, dataRanges } from './data.ts';
import { BASE_BLOCK_SIZE, SEGMENT_SIZE, VALUE_COMP_NAME, VK, VK_SIZE } from './layout.ts';
import { valueTypeName } from './names.ts';
import type { Block } from './pages.ts';
import type { HiveValue } from './types.ts';

/** Types whose data is one text. */
const TEXT_TYPES: ReadonlySet<number> = new Set([1, 2, 6]);
const MULTI_SZ = 7;
/** Top bit of the data size: the data (4 bytes or less) stands in the offset field. */
const INLINE = 0x8000_0000;

/** A value of an opened hive. @source msuhanov/regf, "Key value" */
export class Value implements HiveValue {
  readonly #hive: HiveContext;
  readonly #use: CellUse;
  readonly #inlineData: Uint8Array | undefined;
  readonly #dataRelative: number;
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly sizeBytes: number;

  constructor(hive: HiveContext, use: CellUse, relative: number, block: Block, at: number, name: string) {
    const { view } = block;
    this.#hive = hive;
    this.#use = use;
    this.name = name;
    this.offset = BASE_BLOCK_SIZE + relative;
    this.type = view.getUint32(at + 12, true);
    const size = view.getUint32(at + 4, true);
    this.#dataRelative = view.getUint32(at + 8, true);
    if (size >= INLINE) {
      this.sizeBytes = size - INLINE;
      const length = Math.min(4, this.sizeBytes);
      this.#inlineData = block.bytes.slice(at + 8, at + 8 + length);
    } else {
      this.sizeBytes = size;
      this.#inlineData = size === 0 ? new Uint8Array(0) : undefined;
    }
  }

  get typeName(): string {
    return valueTypeName(this.type);
  }

  get inline(): boolean {
    return this.#inlineData !== undefined;
  }

  get dataOffset(): number {
    return this.inline ? this.offset + 4 + 8 : BASE_BLOCK_SIZE + this.#dataRelative + 4;
  }

  /** Where the data lies in the file: one stretch, or one per segment of big data. */
  ranges(): readonly DataRange[] {
    if (this.#inlineData !== undefined)
      return this.#inlineData.length === 0 ? [] : [{ offset: this.dataOffset, length: this.#inlineData.length }];
    return dataRanges(this.#hive, this.#dataRelative, Math.min(this.sizeBytes, this.#hive.limits.maxDataBytes), this.offset, this.#use);
  }

  data(): Uint8Array {
    const { pages, damages, limits } = this.#hive;
    if (this.#inlineData !== undefined) {
      if (this.sizeBytes > 4 && this.#use === 'allocated')
        damages.add('HIVE_DATA', this.offset, 'value data', { need: this.sizeBytes, have: 4 });
      return this.#inlineData.slice();
    }
    if (this.sizeBytes > limits.maxDataBytes && this.#use === 'allocated')
      damages.add('HIVE_LIMIT', this.offset, 'value data', { need: this.sizeBytes, have: limits.maxDataBytes });
    const ranges = this.ranges();
    let total = 0;
    for (const range of ranges) total += range.length;
    const out = new Uint8Array(total);
    let done = 0;
    for (const { offset, length } of ranges) {
      const there = pages.readable(offset, length);
      pages.copy(offset, out.subarray(done, done + there));
      done += there;
      if (there < length) {
        if (this.#use === 'allocated') damages.add('HIVE_TRUNCATED', offset, 'value data', { need: length, have: there });
        break;
      }
    }
    return done < total ? out.slice(0, done) : out;
  }

  text(): string | undefined {
    if (!TEXT_TYPES.has(this.type)) return undefined;
    const text = this.#utf16();
    const nul = text.indexOf('\0');
    return nul < 0 ? text : text.slice(0, nul);
  }

  texts(): readonly string[] | undefined {
    if (this.type !== MULTI_SZ) return undefined;
    const parts = this.#utf16().split('\0');
    // An empty string ends the list, whatever follows; a list that lacks its end still counts.
    const end = parts.indexOf('');
    return end < 0 ? parts : parts.slice(0, end);
  }

  /** The data as UTF-16 without a last odd byte. */
  #utf16(): string {
    if (this.#inlineData === undefined && this.sizeBytes <= SEGMENT_SIZE) {
      // Most texts lie in one piece in a block that is in memory: no copy is needed.
      const [range, more] = this.ranges();
      if (range === undefined) return '';
      const { pages } = this.#hive;
      if (more === undefined && pages.readable(range.offset, range.length) === range.length) {
        const block = pages.block(range.offset, range.length);
        return block.text.decode(range.offset - block.start, range.length >> 1);
      }
    }
    const data = this.data();
    return decodeUtf16(data, 0, data.length >> 1);
  }

  number(): bigint | undefined {
    const need = this.type === 11 ? 8 : this.type === 4 || this.type === 5 ? 4 : 0;
    if (need === 0 || this.sizeBytes < need) return undefined;
    const data = this.data();
    if (data.length < need) return undefined;
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    return need === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, this.type === 4));
  }
}

/**
 * The value in the cell at `relative`, or `undefined` with a HIVE_VALUE damage (none for remnants) when there is none.
 */
export function readValue(hive: HiveContext, relative: number, use: CellUse): Value | undefined {
  const cell = cellAt(hive, relative, 'key value', use);
  const offset = BASE_BLOCK_SIZE + relative;
  const damage = (need: number | string, have: number | string): undefined => {
    if (use === 'allocated') hive.damages.add('HIVE_VALUE', offset, 'key value', { need, have });
    return undefined;
  };
  if (cell === undefined) return undefined;
  const { block, at, length } = cell;
  if (length < VK_SIZE) return damage(VK_SIZE, length);
  if (block.view.getUint16(at, true) !== VK) return damage('vk', `0x${block.view.getUint16(at, true).toString(16)}`);
  const nameLength = block.view.getUint16(at + 2, true);
  if (VK_SIZE + nameLength > length) return damage(VK_SIZE + nameLength, length);
  const ascii = (block.view.getUint16(at + 16, true) & VALUE_COMP_NAME) !== 0;
  const name = ascii ? block.latin1(at + VK_SIZE, nameLength) : block.text.decode(at + VK_SIZE, nameLength >> 1);
  return new Value(hive, use, relative, block, at, name);
}
