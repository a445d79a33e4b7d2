import { CHUNK_SIZE, MIN_RECORD_SIZE } from './limits.ts';
import type { QueryCompiler, QueryPlan } from './query.ts';
import type { Window } from './window.ts';

/** `0f 01 01 00`: the fragment header every record begins with. */
export const FRAGMENT_HEADER = 0x0001_010f;
/** Token of a template instance. */
export const TEMPLATE_TOKEN = 0x0c;

/** Entries of the direct-mapped table: a chunk has some twenty definitions. */
const ENTRIES = 256;
/** Descriptor of an EventID: two bytes, type U16. */
const ID_DESCRIPTOR = 0x0006_0002;
/** In place of a value index: every record of the definition can be left out. */
const ALL = -2;
/** In place of a value index: nothing is known from the first bytes. */
const NONE = -1;

/**
 * Leaves out records that no query can match, on a few bytes of each: the definition of its template, which the pass has met before
 * in this chunk, and the event id. Most records of a scan end here, so all it needs lies in small tables.
 */
export class SkipTable {
  readonly #groupOf: Uint16Array;
  readonly #groups: number;
  readonly #maxValues: number;
  /** By entry: chunk number and definition offset; value index of the event id; by group whether some query asks. */
  readonly #keys = new Int32Array(ENTRIES).fill(-1);
  readonly #slots = new Int32Array(ENTRIES);
  readonly #asked: Uint8Array;
  #chunk = 0;

  constructor(compiler: QueryCompiler, maxValues: number) {
    this.#groupOf = compiler.groupOf;
    this.#groups = compiler.groups;
    this.#maxValues = maxValues;
    this.#asked = new Uint8Array(ENTRIES * compiler.groups);
  }

  /** Forgets the definitions of the chunk read before. */
  nextChunk(): void {
    this.#chunk = (this.#chunk + 1) & 0x7fff;
    if (this.#chunk === 0) this.#keys.fill(-1);
  }

  /** Remembers what the queries ask of records whose definition lies at a chunk-relative offset. */
  learn(definition: number, plan: QueryPlan, literalAsked: boolean): void {
    if (definition >= CHUNK_SIZE) return;
    const entry = entryOf(definition);
    const key = (this.#chunk << 16) | definition;
    if (this.#keys[entry] === key) return;
    this.#keys[entry] = key;
    if (plan.system === null) this.#slots[entry] = NONE;
    else if (plan.dead) this.#slots[entry] = ALL;
    else if (plan.literalId >= 0) this.#slots[entry] = literalAsked ? NONE : ALL;
    else this.#slots[entry] = plan.idSlot;
    this.#asked.set(plan.asked, entry * this.#groups);
  }

  /** True when no query can match the record at a window offset, and its frame holds. @param base where the chunk starts. */
  skips(window: Window, base: number, at: number): boolean {
    const { view } = window;
    const size = view.getUint32(at + 4, true);
    if (size < MIN_RECORD_SIZE + 18 || view.getUint32(at + 24, true) !== FRAGMENT_HEADER || view.getUint8(at + 28) !== TEMPLATE_TOKEN)
      return false;
    const definition = view.getUint32(at + 34, true);
    const values = at + 38;
    const entry = entryOf(definition);
    if (definition >= CHUNK_SIZE || this.#keys[entry] !== ((this.#chunk << 16) | definition) || definition === values - base) return false;
    const slot = this.#slots[entry]!;
    if (slot === NONE) return false;
    const count = view.getUint32(values, true);
    const end = at + size - 4;
    let position = values + 4 + count * 4;
    if (count > this.#maxValues || position > end) return false;
    if (slot === ALL) return true;
    if (slot >= count) return false;
    let descriptor = values + 4;
    for (const last = descriptor + slot * 4; descriptor < last; descriptor += 4) position += view.getUint16(descriptor, true);
    if (position + 2 > end || (view.getUint32(descriptor, true) & 0xff_ffff) !== ID_DESCRIPTOR) return false;
    return this.#asked[entry * this.#groups + this.#groupOf[view.getUint16(position, true)]!] === 0;
  }
}

function entryOf(definition: number): number {
  return (Math.imul(definition, 0x9e37_79b1) >>> 24) & (ENTRIES - 1);
}
