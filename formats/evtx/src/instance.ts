import type { Template } from './template.ts';
import type { Window } from './window.ts';

/** Value types of a descriptor. @source [MS-EVEN6] 2.2.12 ValueType */
export const TYPE = {
  NULL: 0x00,
  STRING: 0x01,
  ANSI: 0x02,
  I8: 0x03,
  U8: 0x04,
  I16: 0x05,
  U16: 0x06,
  I32: 0x07,
  U32: 0x08,
  I64: 0x09,
  U64: 0x0a,
  F32: 0x0b,
  F64: 0x0c,
  BOOL: 0x0d,
  BINARY: 0x0e,
  GUID: 0x0f,
  SIZE: 0x10,
  FILETIME: 0x11,
  SYSTEMTIME: 0x12,
  SID: 0x13,
  HEX32: 0x14,
  HEX64: 0x15,
  HANDLE: 0x20,
  BINXML: 0x21,
} as const;
/** Added to a type: array of it. */
export const ARRAY = 0x80;

/**
 * A template with the values that fill it (or, for a fragment without template, a tree without values). Values stay bytes in the
 * window; `offsets[first + i]` is where value `i` starts and `offsets[first + i + 1]` where it ends.
 */
export class Instance {
  template: Template;
  window: Window;
  /** Window offset of the first 4-byte descriptor (u16 size, u8 type, u8 0). */
  descriptors: number;
  count: number;
  offsets: Int32Array;
  first: number;
  /** Value index of the first (nearly always the only) value of type 0x21 and its fragments; -1: none. */
  nestedSlot = -1;
  nested: readonly Instance[] | undefined = undefined;
  /** Fragments of further values of type 0x21. */
  more: Map<number, readonly Instance[]> | undefined = undefined;
  /** The list that holds this instance alone: what most values of type 0x21 consist of. */
  readonly alone: readonly Instance[];

  constructor(template: Template, window: Window, descriptors: number, count: number, offsets: Int32Array, first: number) {
    this.template = template;
    this.window = window;
    this.descriptors = descriptors;
    this.count = count;
    this.offsets = offsets;
    this.first = first;
    this.alone = [this];
  }

  /** Type of value `i`; NULL for a value the instance does not have. */
  type(i: number): number {
    return i < this.count ? this.window.bytes[this.descriptors + i * 4 + 2]! : 0;
  }

  start(i: number): number {
    return this.offsets[this.first + i]!;
  }

  end(i: number): number {
    return this.offsets[this.first + i + 1]!;
  }

  /** Fragments inside value `i`; undefined when it is no nested BinXML. */
  fragments(i: number): readonly Instance[] | undefined {
    return i === this.nestedSlot ? this.nested : this.more?.get(i);
  }

  /** Every nested fragment. */
  allNested(): Instance[] {
    return [...(this.nested ?? []), ...[...(this.more?.values() ?? [])].flat()];
  }

  /** False when the element's dependency says it must not be printed. @source [MS-EVEN6] 2.2.12.1 */
  has(dependency: number): boolean {
    return dependency < 0 || this.type(dependency) !== 0;
  }
}
