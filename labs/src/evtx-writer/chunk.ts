import { writeFragmentHeader, writeNodes } from './binxml.ts';
import { ByteWriter } from './byte-writer.ts';
import type { EventBuilder, EventFragments, Instance, SlotValue, Template } from './event-template.ts';
import { elementNode } from './event-template.ts';
import { crc32, nameHash } from './hash.ts';
import { typeCode, VALUE_TYPE, writeValue } from './values.ts';

/** Sizes and offsets of a chunk, checked on real logs. */
export const CHUNK = {
  size: 65_536,
  headerSize: 128,
  nameTable: 128,
  nameBuckets: 64,
  templateTable: 384,
  templateBuckets: 32,
  firstRecord: 512,
  /** Largest free-space offset seen in 421 real chunks; libevtx loses the last record of a chunk filled to 65,536. */
  fillLimit: 65_520,
} as const;
/** The trailing copy of the record size. */
const RECORD_TRAILER = 4;
const MAX_VALUE_BYTES = 0xffff;

/** One 64 KiB chunk being filled. Names and templates are stored at their first use and referred to afterwards. */
export class ChunkBuilder {
  readonly bytes = new Uint8Array(CHUNK.size);
  readonly #view = new DataView(this.bytes.buffer);
  readonly #builder: EventBuilder;
  #free: number = CHUNK.firstRecord;
  #lastRecord = 0;
  #count = 0;
  #firstId = 0n;
  #lastId = 0n;
  #names = new Map<string, number>();
  #nameHeads = new Uint32Array(CHUNK.nameBuckets);
  #templates = new Map<string, number>();
  #templateHeads = new Uint32Array(CHUNK.templateBuckets);

  constructor(builder: EventBuilder) {
    this.#builder = builder;
  }

  get count(): number {
    return this.#count;
  }

  /** Appends a record; returns false and leaves the chunk as it was when the record does not fit any more. */
  append(fragments: EventFragments, recordId: bigint, timeTicks: bigint, padding: 'zero' | 'noise'): boolean {
    const before = {
      names: new Map(this.#names),
      nameHeads: this.#nameHeads.slice(),
      templates: new Map(this.#templates),
      templateHeads: this.#templateHeads.slice(),
    };
    const record = this.#encode(fragments, recordId, timeTicks, padding);
    if (this.#free + record.length > CHUNK.fillLimit) {
      this.#names = before.names;
      this.#nameHeads = before.nameHeads;
      this.#templates = before.templates;
      this.#templateHeads = before.templateHeads;
      return false;
    }
    this.bytes.set(record, this.#free);
    this.#lastRecord = this.#free;
    this.#free += record.length;
    if (this.#count === 0) this.#firstId = recordId;
    this.#lastId = recordId;
    this.#count++;
    return true;
  }

  /**
   * Fills the chunk header. An empty chunk gets the values of a cleared Windows log (ids and last number all ones, last record 0).
   * `firstNumber` is the 1-based number of the first record in the log, whatever its id.
   */
  finish(firstNumber: bigint, noCrc: boolean): Uint8Array {
    const view = this.#view;
    this.bytes.set(new TextEncoder().encode('ElfChnk\0'), 0);
    const empty = this.#count === 0;
    view.setBigUint64(8, firstNumber, true);
    view.setBigUint64(16, empty ? 0xffff_ffff_ffff_ffffn : firstNumber + BigInt(this.#count) - 1n, true);
    view.setBigUint64(24, empty ? 0xffff_ffff_ffff_ffffn : this.#firstId, true);
    view.setBigUint64(32, empty ? 0xffff_ffff_ffff_ffffn : this.#lastId, true);
    view.setUint32(40, CHUNK.headerSize, true);
    view.setUint32(44, this.#lastRecord, true);
    view.setUint32(48, this.#free, true);
    this.#nameHeads.forEach((offset, bucket) => {
      view.setUint32(CHUNK.nameTable + bucket * 4, offset, true);
    });
    this.#templateHeads.forEach((offset, bucket) => {
      view.setUint32(CHUNK.templateTable + bucket * 4, offset, true);
    });
    view.setUint32(52, noCrc ? 0 : crc32(this.bytes.subarray(CHUNK.firstRecord, this.#free)), true);
    view.setUint32(120, noCrc ? 4 : 1, true);
    view.setUint32(124, noCrc ? 0 : chunkHeaderCrc(this.bytes), true);
    return this.bytes;
  }

  #encode(fragments: EventFragments, recordId: bigint, timeTicks: bigint, padding: 'zero' | 'noise'): Uint8Array {
    const out = new ByteWriter(this.#free, 4096);
    out.u32(0x00002a2a);
    out.u32(0);
    out.u64(recordId);
    out.u64(timeTicks);
    writeFragmentHeader(out);
    if ('template' in fragments.event) this.#writeInstance(fragments.event, out);
    else writeNodes([fragments.event], out, this, false);
    if (fragments.rendering) {
      writeFragmentHeader(out);
      writeNodes([fragments.rendering], out, this, false);
    }
    out.u8(0);
    const used = out.position - this.#free;
    const size = (used + RECORD_TRAILER + 7) & ~7;
    for (let i = used; i < size - RECORD_TRAILER; i++) out.u8(padding === 'noise' ? (i * 151 + this.#free) & 0xff : 0);
    out.u32(size);
    out.patchU32(this.#free + 4, size);
    return out.written;
  }

  writeName(out: ByteWriter, name: string): void {
    const known = this.#names.get(name);
    if (known !== undefined) {
      out.u32(known);
      return;
    }
    const offset = out.position + 4;
    out.u32(offset);
    const hash = nameHash(name);
    const bucket = hash % CHUNK.nameBuckets;
    out.u32(this.#nameHeads[bucket]!);
    out.u16(hash);
    out.u16(name.length);
    out.utf16(name);
    out.u16(0);
    this.#nameHeads[bucket] = offset;
    this.#names.set(name, offset);
  }

  /** 0x0c, 1, template id, offset of the definition, [definition at its first use], then value count, descriptors and values. */
  #writeInstance(instance: Instance, out: ByteWriter): void {
    const { template } = instance;
    out.u8(0x0c);
    out.u8(1);
    out.bytes(template.guid.subarray(0, 4));
    const known = this.#templates.get(template.key);
    if (known !== undefined) out.u32(known);
    else this.#writeDefinition(template, out);
    out.u32(instance.values.length);
    const descriptors = out.position;
    for (let i = 0; i < instance.values.length; i++) out.u32(0);
    instance.values.forEach((value, index) => {
      const start = out.position;
      this.#writeSlot(value, out);
      const size = out.position - start;
      const type = 'type' in value ? typeCode(value) : VALUE_TYPE.binxml;
      if (size > MAX_VALUE_BYTES) throw new RangeError(`value ${index} has ${size} bytes; a descriptor holds at most ${MAX_VALUE_BYTES}`);
      out.patchU16(descriptors + index * 4, size);
      out.patchU16(descriptors + index * 4 + 2, type);
    });
  }

  #writeDefinition(template: Template, out: ByteWriter): void {
    const offset = out.position + 4;
    out.u32(offset);
    const bucket = new DataView(template.guid.buffer).getUint32(0, true) % CHUNK.templateBuckets;
    out.u32(this.#templateHeads[bucket]!);
    out.bytes(template.guid);
    const sizeAt = out.position;
    out.u32(0);
    this.#templateHeads[bucket] = offset;
    this.#templates.set(template.key, offset);
    writeFragmentHeader(out);
    writeNodes(template.nodes, out, this, true);
    out.u8(0);
    out.patchU32(sizeAt, out.position - sizeAt - 4);
  }

  #writeSlot(value: SlotValue, out: ByteWriter): void {
    if (!('type' in value)) {
      writeFragmentHeader(out);
      this.#writeInstance(value, out);
      out.u8(0);
    } else if (value.type === 'binxml') {
      if (value.fragmentHeader !== false) writeFragmentHeader(out);
      if (value.template) this.#writeInstance(this.#builder.nested(value.element), out);
      else writeNodes([elementNode(value.element, undefined)], out, this, false);
      out.u8(0);
    } else writeValue(value, out);
  }
}

/** CRC of a chunk header: bytes 0 to 119 and 128 to 511. */
export function chunkHeaderCrc(chunk: Uint8Array): number {
  return crc32(chunk.subarray(0, 120), chunk.subarray(CHUNK.headerSize, CHUNK.firstRecord));
}
